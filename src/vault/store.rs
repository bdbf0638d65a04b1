//! Data keys: wrapped rows, one for each client and retention class.

use diesel::prelude::*;
use zeroize::Zeroizing;

use super::{Class, MasterKey, decrypt, encrypt};
use crate::db::schema::data_keys;
use crate::db::{Fault, Persist, Stop, Tx, View, Writer};
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{ClientId, DataKeyId};
use crate::kernel::time::Timestamp;

crate::text_column!(Class);

type RawKey = Zeroizing<[u8; 32]>;

#[derive(Insertable)]
#[diesel(table_name = data_keys)]
struct DataKey {
    id: DataKeyId,
    client_id: ClientId,
    class: Class,
    wrapped: Vec<u8>,
    master_key: String,
    created_at: Timestamp,
}

impl Persist for DataKey {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.execute(diesel::insert_into(data_keys::table).values(self)).map(drop).map_err(|stop| match stop {
            // Two transactions may seal a client's first content at once; the loser runs again and finds the winner's key.
            Stop::Fault(Fault::Constraint(name)) if name == "data_keys_client_id_class_key" => Fault::Retry.into(),
            other => other,
        })
    }
}

/// The client's key of a class, made if there is none yet.
pub(super) fn data_key_or_new(
    tx: &mut Tx<'_>,
    master: &MasterKey,
    client: ClientId,
    class: Class,
) -> Result<(DataKeyId, RawKey), Stop> {
    let held: Option<(DataKeyId, Vec<u8>)> = tx.first(
        data_keys::table
            .filter(data_keys::client_id.eq(client))
            .filter(data_keys::class.eq(class))
            .select((data_keys::id, data_keys::wrapped)),
    )?;
    if let Some((id, wrapped)) = held {
        return Ok((id, unwrap(master, id, &wrapped)?));
    }
    let id = DataKeyId::new(tx.now());
    let mut raw = RawKey::default();
    getrandom::fill(raw.as_mut_slice()).map_err(|_| Fault::Vault("no randomness"))?;
    let wrapped = encrypt(&master.derive("data-keys"), raw.as_slice(), id.0.as_bytes())?;
    let row = DataKey { id, client_id: client, class, wrapped, master_key: master.id(), created_at: tx.now() };
    let event = Event::new("data_key.created", id).about(client).with("class", class);
    tx.save(Change::new(row, event))?;
    Ok((id, raw))
}

/// The key that sealed something.
pub(super) fn data_key(
    view: &mut View<'_>,
    master: &MasterKey,
    client: ClientId,
    class: Class,
    id: DataKeyId,
) -> Result<RawKey, Stop> {
    let wrapped: Option<Vec<u8>> = view.first(
        data_keys::table
            .filter(data_keys::id.eq(id))
            .filter(data_keys::client_id.eq(client))
            .filter(data_keys::class.eq(class))
            .select(data_keys::wrapped),
    )?;
    let wrapped = wrapped.ok_or(Fault::Vault("the key was destroyed"))?;
    Ok(unwrap(master, id, &wrapped)?)
}

fn unwrap(master: &MasterKey, id: DataKeyId, wrapped: &[u8]) -> Result<RawKey, Fault> {
    let plain = decrypt(&master.derive("data-keys"), wrapped, id.0.as_bytes())?;
    let raw: [u8; 32] = plain.as_slice().try_into().map_err(|_| Fault::Vault("a data key of the wrong length"))?;
    Ok(RawKey::new(raw))
}
