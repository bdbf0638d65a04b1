//! What a vault does when a store is opened, before anything is sealed or opened: it sees that the two stores belong together, moves keys in that
//! still stand where they stood before there was a key store, and lets the lists of destroyed keys agree.
//!
//! All of it may be done by several processes at once, broken off and done again.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use super::aead::fresh_key;
use super::chest::{PROGRAM, TRIES};
use super::class::{Class, Reason};
use super::master::MasterKey;
use super::sealing::Vault;
use super::store;
use crate::db::{Db, DestroyedKey, Fault, Stop, Tx, WrappedKey};
use crate::kernel::actor::Permit;
use crate::kernel::ids::DataKeyId;
use crate::kernel::text_enum::TextEnum;

impl Vault {
    /// Settles the vault with the store it seals for.
    ///
    /// # Errors
    /// A fault that says what is in the way: a key store that is gone, a master key that is another's, a key that does not open.
    pub async fn settle(&self, db: &Db) -> Result<(), Stop> {
        let permit = Permit::system("vault.settle");
        let (register, unmoved, older) = db
            .read(&permit, |view| Ok((store::all(view)?, store::unmoved(view)?, store::has_token_keys(view)?)))
            .await?;
        let here: BTreeSet<DataKeyId> = unmoved.iter().map(|key| key.id).collect();
        let elsewhere = register.iter().any(|key| key.destroyed_at.is_none() && !here.contains(&key.id));
        self.know_masters(elsewhere)?;
        let moved = unmoved.into_iter().map(|key| self.take_in(key)).collect::<Result<Vec<_>, _>>()?;
        let count = moved.len();
        if count > 0 {
            tracing::warn!(
                count,
                "keys were moved into the key store; older copies of the store still hold them, and should be deleted"
            );
            db.write(&permit, move |tx| store::forget_moved(tx, moved.clone())).await?;
        }
        self.know_program(older)?;
        // In this order: a key that goes meanwhile is on the list, which is read last.
        let held: BTreeSet<DataKeyId> = self.keys.keys(None, i64::MAX)?.into_iter().map(|key| key.id).collect();
        let listed = self.keys.destroyed()?;
        all_there(&register, &held, &listed)?;
        let known: BTreeMap<DataKeyId, bool> =
            register.iter().map(|key| (key.id, key.destroyed_at.is_some())).collect();
        let untold: Vec<DestroyedKey> =
            listed.iter().filter(|key| known.get(&key.id) != Some(&true)).cloned().collect();
        let told = if untold.is_empty() { 0 } else { db.write(&permit, move |tx| tell(tx, &untold)).await? };
        let undone = undone(register, &listed);
        let destroyed = told.saturating_add(undone.len());
        if destroyed > 0 {
            self.keys.destroy(&undone)?;
            tracing::info!(count = destroyed, "keys that one list said were destroyed are");
        }
        Ok(())
    }

    /// Destroys in the key store what the register says was destroyed, where that was broken off between the two; answers how many keys.
    ///
    /// # Errors
    /// A fault of either store.
    pub async fn finish_destroying(&self, db: &Db) -> Result<usize, Stop> {
        let condemned = db.read(&Permit::system("vault.finish_destroying"), store::all_destroyed).await?;
        let undone = undone(condemned, &self.keys.destroyed()?);
        if !undone.is_empty() {
            self.keys.destroy(&undone)?;
        }
        Ok(undone.len())
    }

    /// That every master key which wraps something is known; a new key store begins with the one that is configured.
    fn know_masters(&self, elsewhere: bool) -> Result<(), Fault> {
        if self.keys.masters()?.is_empty() {
            if elsewhere {
                let lost = "the key store is gone, and what the store's keys sealed cannot be opened without it; put it back, or restore a backup";
                return Err(Fault::Store(lost.to_owned()));
            }
            self.keys.add_master(&self.masters.current().id(), self.clock.now())?;
        }
        let mut unknown = String::new();
        // A rotation made meanwhile changes both the names and the file.
        for _ in 0..TRIES {
            let masters = self.keys.masters()?;
            let Some(missing) = masters.into_iter().find(|master| self.masters.named(&master.id).is_none()) else {
                return Ok(());
            };
            unknown = missing.id;
        }
        Err(Fault::Store(format!(
            "the master key that is configured is not the one this store's keys are wrapped with ({unknown})"
        )))
    }

    /// Moves a key into the key store, and sees that it opens there.
    fn take_in(&self, key: store::Unmoved) -> Result<DataKeyId, Fault> {
        let store::Unmoved { id, client, class, wrapped, master, created_at } = key;
        let class = class.as_str().to_owned();
        let moved = WrappedKey { id, client_id: client, class, wrapped, master_key: master, created_at };
        self.keys.keep(&moved)?;
        let kept = self.keys.key(id)?.ok_or(Fault::Vault("a key could not be moved into the key store"))?;
        self.unwrapped(&kept).map(|_| id)
    }

    /// The key that the program's own secrets hang on. In an older store they hang on the master key, so that one is what it becomes.
    fn know_program(&self, older: bool) -> Result<(), Fault> {
        let (client, class) = PROGRAM;
        let raw = if older { Zeroizing::new(*self.masters.current().bytes()) } else { fresh_key()? };
        let wrapped = self.make(client, class, &raw, self.clock.now())?;
        // Whoever settles twice finds the same.
        let _ = self.program.set(MasterKey::from_bytes(self.unwrapped(&wrapped)?));
        Ok(())
    }
}

/// That the key store holds every key which the register counts on, but for those whose destruction the register has still to hear of: a store
/// that was put back without its keys is not served as if it were whole.
fn all_there(register: &[store::Registered], held: &BTreeSet<DataKeyId>, listed: &[DestroyedKey]) -> Result<(), Fault> {
    let gone: BTreeSet<DataKeyId> = listed.iter().map(|key| key.id).collect();
    let counted_on = register.iter().filter(|key| key.destroyed_at.is_none());
    match counted_on.filter(|key| !held.contains(&key.id) && !gone.contains(&key.id)).count() {
        0 => Ok(()),
        missing => Err(Fault::Store(format!(
            "{missing} keys are missing in the key store, and what they sealed cannot be opened: put the key store back, or restore a backup into \
             an empty store and name a later copy of the keys with --keys"
        ))),
    }
}

/// Tells the register of keys that the key store's list says were destroyed; answers how many it did not know of.
fn tell(tx: &mut Tx<'_>, listed: &[DestroyedKey]) -> Result<usize, Stop> {
    let mut told = 0_usize;
    for key in listed {
        let (id, client) = (key.id, key.client_id);
        // A client who came after the copy that was restored is not known here either.
        let Some(class) = Class::parse(&key.class).filter(|_| key.class != PROGRAM.1) else { continue };
        if !store::is_client(tx, client)? {
            continue;
        }
        match store::live(tx, client, class)? {
            Some(live) if live == id => store::condemn(tx, id, client, class, Reason::Replayed)?,
            _ if store::destroyed_at(tx, client, class, id)?.is_some() => continue,
            _ => store::register_destroyed(tx, id, client, class, Reason::Replayed)?,
        }
        told = told.saturating_add(1);
    }
    Ok(told)
}

/// What the register says was destroyed and the key store does not: a process ended between the two, or a copy of the key store came back.
fn undone(register: Vec<store::Registered>, listed: &[DestroyedKey]) -> Vec<DestroyedKey> {
    let listed: BTreeSet<DataKeyId> = listed.iter().map(|key| key.id).collect();
    let destroyed = register.into_iter().filter(|key| !listed.contains(&key.id));
    destroyed
        .filter_map(|key| {
            let class = key.class.as_str().to_owned();
            Some(DestroyedKey { id: key.id, client_id: key.client, class, destroyed_at: key.destroyed_at? })
        })
        .collect()
}
