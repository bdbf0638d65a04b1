//! The keys of access tokens, shared by every process on the store.

use std::sync::Arc;

use diesel::prelude::*;

use crate::db::schema::token_keys;
use crate::db::{Db, Fault, Lock, Persist, Stop, Tx, Writer};
use crate::http::{TokenKey, Tokens};
use crate::kernel::actor::Permit;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::TokenKeyId;
use crate::kernel::time::Timestamp;
use crate::vault::Vault;

const PURPOSE: &str = "token-keys";

#[derive(Insertable)]
#[diesel(table_name = token_keys)]
struct Row {
    id: TokenKeyId,
    public_key: Vec<u8>,
    sealed_seed: Vec<u8>,
    created_at: Timestamp,
}

impl Persist for Row {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.execute(diesel::insert_into(token_keys::table).values(self)).map(drop)
    }
}

/// The store's token keys; the first process on a new store makes the first one.
///
/// # Errors
/// A fault of the store, or a master key that is not the one the keys were wrapped with.
pub async fn load_or_make(db: &Db, vault: &Arc<Vault>) -> Result<Tokens, Stop> {
    let vault = Arc::clone(vault);
    let keys = db.write(&Permit::system("token_keys.load"), move |tx| load(tx, &vault)).await?;
    Ok(Tokens::new(keys))
}

fn load(tx: &mut Tx<'_>, vault: &Vault) -> Result<Vec<TokenKey>, Stop> {
    tx.lock(&[Lock::Only("token_keys")])?;
    let rows: Vec<(TokenKeyId, Vec<u8>)> =
        tx.load(token_keys::table.select((token_keys::id, token_keys::sealed_seed)).order(token_keys::id))?;
    if rows.is_empty() {
        return Ok(vec![make(tx, vault)?]);
    }
    rows.into_iter()
        .map(|(id, sealed)| {
            let plain =
                vault.unwrap(PURPOSE, &sealed).map_err(|_| Fault::Vault("this master key is not the store's"))?;
            let seed = plain.as_slice().try_into().map_err(|_| Fault::Corrupt("a seed of the wrong length"))?;
            Ok(TokenKey::new(id, seed))
        })
        .collect()
}

fn make(tx: &mut Tx<'_>, vault: &Vault) -> Result<TokenKey, Stop> {
    let mut seed = zeroize::Zeroizing::new([0_u8; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|_| Fault::Vault("no randomness"))?;
    let id = TokenKeyId::new(tx.now());
    let key = TokenKey::new(id, &seed);
    let sealed_seed = vault.wrap(PURPOSE, seed.as_slice())?;
    let row = Row { id, public_key: key.public().to_vec(), sealed_seed, created_at: tx.now() };
    tx.save(Change::new(row, Event::new("token_key.created", id)))?;
    Ok(key)
}
