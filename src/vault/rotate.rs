//! Rotation: a new master key takes the place of the old one, beside a practice that goes on.

use super::master::MasterKey;
use super::sealing::Vault;
use crate::db::Fault;

/// How many keys are read at once.
const BATCH: i64 = 200;

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The name of the master key that wraps everything now.
    pub master: String,
    /// How many keys it wrapped anew.
    pub rewrapped: usize,
    /// Whether the key that was left still stands where the keys are kept, for the operator to take away.
    pub left_stands: bool,
}

impl Vault {
    /// Wraps every key with a new master key, or goes on with a rotation that was broken off.
    ///
    /// # Errors
    /// A fault when the new key cannot be put where the keys are kept; a fault of the key store.
    pub fn rotate(&self) -> Result<Rotated, Fault> {
        let wrapping = self.keys.masters()?.first().map(|master| master.id.clone());
        let under_way = !self.masters.left().is_empty();
        if !under_way {
            self.begin()?;
        }
        let master = self.masters.current().id();
        if wrapping.as_ref() != Some(&master) {
            self.keys.add_master(&master, self.clock.now())?;
        }
        let rewrapped = self.rewrap_all(&master)?;
        let left_stands = self.masters.write(self.masters.current(), Vec::new()).is_err();
        Ok(Rotated { master, rewrapped, left_stands })
    }

    /// Puts a new key before the old one. From here on every process knows both, or will when it meets the new one's name.
    fn begin(&self) -> Result<(), Fault> {
        let new = MasterKey::generate().map_err(Fault::Store)?;
        self.masters.write(new, vec![self.masters.current()]).map_err(|error| {
            Fault::Store(format!(
                "a new master key cannot be put where the old one is kept ({error}). Put one there by hand, before the old one and with a \
                 line break between, on every machine that serves this store, and rotate again"
            ))
        })
    }

    /// Until nothing is left that another master key wraps: a process that does not know better may still make such a key meanwhile.
    fn rewrap_all(&self, master: &str) -> Result<usize, Fault> {
        let mut rewrapped = 0_usize;
        loop {
            let others = self.keys.keys(Some(master), BATCH)?;
            for key in &others {
                self.keys.rewrap(&self.rewrapped(key)?, &key.master_key)?;
            }
            rewrapped = rewrapped.saturating_add(others.len());
            if others.is_empty() && self.keys.retire_all_but(master)? {
                return Ok(rewrapped);
            }
        }
    }
}
