//! Copies of the key store, and of the master key.
//!
//! A copy of keys undoes every destruction that comes after it, so it names the day on which it is to be destroyed itself.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::escrow::to_escrow;
use super::sealing::Vault;
use crate::db::{DestroyedKey, Fault, KeyStore, Master, WrappedKey};
use crate::kernel::ids::DataKeyId;
use crate::kernel::time::Timestamp;

/// How long a copy of keys may be kept.
const LIFETIME: TimeDelta = TimeDelta::days(7);

/// What the key store holds. Keys are wrapped in it, and no master key is in it.
#[derive(Serialize, Deserialize)]
pub struct KeysCopy {
    /// When it was made.
    pub made_at: Timestamp,
    /// When it is to be destroyed.
    pub good_until: Timestamp,
    masters: Vec<Master>,
    keys: Vec<WrappedKey>,
    destroyed: Vec<DestroyedKey>,
}

impl KeysCopy {
    /// A copy of a key store.
    ///
    /// # Errors
    /// A fault of the key store.
    pub fn of(store: &KeyStore, made_at: Timestamp) -> Result<Self, Fault> {
        let (masters, keys, destroyed) = (store.masters()?, store.keys(None, i64::MAX)?, store.destroyed()?);
        Ok(Self { made_at, good_until: made_at.plus(LIFETIME), masters, keys, destroyed })
    }

    /// The same copy without its keys: the list of those that were destroyed.
    #[must_use]
    pub fn without_keys(self) -> Self {
        Self { keys: Vec::new(), ..self }
    }

    /// Puts the keys that a key store lacks into it, but for those which its list or the copy's says were destroyed, and joins the lists. What it
    /// holds stays wrapped as it is: it may have been rotated since, and the copy's master key be gone.
    ///
    /// # Errors
    /// A fault of the key store.
    pub fn put_into(&self, store: &KeyStore) -> Result<(), Fault> {
        store.destroy(&self.destroyed)?;
        let mut there: BTreeSet<DataKeyId> = store.keys(None, i64::MAX)?.into_iter().map(|key| key.id).collect();
        there.extend(store.destroyed()?.into_iter().map(|key| key.id));
        let lacking: Vec<&WrappedKey> = self.keys.iter().filter(|key| !there.contains(&key.id)).collect();
        let is_new = store.masters()?.is_empty();
        for master in &self.masters {
            if is_new || lacking.iter().any(|key| key.master_key == master.id) {
                store.add_older_master(master)?;
            }
        }
        lacking.into_iter().try_for_each(|key| store.keep(key).map(drop))
    }

    /// Destroys in a key store what the copy's list says was destroyed, and joins the lists.
    ///
    /// # Errors
    /// A fault of the key store.
    pub fn list_into(&self, store: &KeyStore) -> Result<(), Fault> {
        store.destroy(&self.destroyed)
    }

    /// Whether it is of a key store that was never used.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.masters.is_empty()
    }
}

impl Vault {
    /// A copy of the key store.
    ///
    /// # Errors
    /// A fault of the key store.
    pub fn copy_keys(&self) -> Result<KeysCopy, Fault> {
        KeysCopy::of(&self.keys, self.clock.now())
    }

    /// That every key of the key store opens; answers how many there are.
    ///
    /// # Errors
    /// A fault for one that does not.
    pub fn try_every_key(&self) -> Result<usize, Fault> {
        let keys = self.keys.keys(None, i64::MAX)?;
        keys.iter().try_for_each(|key| self.unwrapped(key).map(drop))?;
        Ok(keys.len())
    }

    /// The recovery copy of the master key that wraps what is new, and its name.
    ///
    /// # Errors
    /// A fault of the key store.
    pub fn escrow(&self) -> Result<(String, Zeroizing<String>), Fault> {
        let newest = self.keys.masters()?.into_iter().next();
        let master = newest.and_then(|newest| self.masters.named(&newest.id));
        let master = master.ok_or(Fault::Vault("an unknown master key"))?;
        Ok((master.id(), to_escrow(&master)))
    }

    /// Notes that a recovery copy was handed out.
    ///
    /// # Errors
    /// A fault of the key store.
    pub fn note_escrow(&self, name: &str) -> Result<(), Fault> {
        self.keys.note_escrow(name, self.clock.now())
    }

    /// What an operator should see to, in stable words.
    ///
    /// # Errors
    /// A fault of the key store.
    pub fn warnings(&self) -> Result<Vec<&'static str>, Fault> {
        let masters = self.keys.masters()?;
        let mut warnings = Vec::new();
        if masters.first().is_none_or(|master| master.escrowed_at.is_none()) {
            warnings.push("master_key_not_in_escrow");
        }
        if masters.len() > 1 {
            warnings.push("rotation_unfinished");
        }
        Ok(warnings)
    }
}
