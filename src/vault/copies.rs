//! Copies of the key store, and of the master key.
//!
//! A copy of keys undoes every destruction that comes after it, so it names the day on which it is to be destroyed itself.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::escrow::to_escrow;
use super::sealing::Vault;
use super::store;
use crate::db::{DestroyedKey, Fault, KeyStore, Master, Stop, View, WrappedKey};
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

    /// Puts the keys into a key store, but for those which its list or the copy's says were destroyed, and joins the lists.
    ///
    /// # Errors
    /// A fault of the key store.
    pub fn put_into(&self, store: &KeyStore) -> Result<(), Fault> {
        for master in self.masters.iter().rev() {
            store.add_master(&master.id, master.created_at)?;
            if let Some(at) = master.escrowed_at {
                store.note_escrow(&master.id, at)?;
            }
        }
        store.destroy(&self.destroyed)?;
        self.keys.iter().try_for_each(|key| store.keep(key).map(drop))
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

    /// The keys that the register counts on and the key store does not hold: what they sealed cannot be opened.
    ///
    /// # Errors
    /// A fault of either store.
    pub fn missing_keys(&self, view: &mut View<'_>) -> Result<Vec<DataKeyId>, Stop> {
        let held: std::collections::BTreeSet<DataKeyId> =
            self.keys.keys(None, i64::MAX)?.into_iter().map(|key| key.id).collect();
        let counted_on = store::all(view)?.into_iter().filter(|key| key.destroyed_at.is_none());
        Ok(counted_on.map(|key| key.id).filter(|id| !held.contains(id)).collect())
    }

    /// The recovery copy of the master key, and its name; that it was made is noted.
    ///
    /// # Errors
    /// A fault of the key store.
    pub fn escrow(&self) -> Result<(String, Zeroizing<String>), Fault> {
        let master = self.masters.current();
        self.keys.note_escrow(&master.id(), self.clock.now())?;
        Ok((master.id(), to_escrow(&master)))
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
