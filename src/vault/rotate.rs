//! Rotation: a new master key takes the place of the old one, beside a practice that goes on.
//!
//! One at a time: it holds the key store and the master key's file from its first read to its last write, so nothing it decides by can
//! be stale. What it writes into the file always holds every master key that the key store still names.

use super::master::MasterKey;
use super::sealing::Vault;
use crate::db::{Fault, Master};

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
    /// A fault when another rotation is under way, when a master key that wraps something is not where the keys are kept, or when the new one
    /// cannot be put there; a fault of the key store.
    pub fn rotate(&self) -> Result<Rotated, Fault> {
        let _turn = self.keys.take_turn()?;
        let _file = self.masters.take().map_err(Fault::Store)?;
        self.masters.read_again().map_err(Fault::Store)?;
        let wrapping = self.keys.masters()?;
        self.must_stand(&wrapping)?;
        if self.masters.left().is_empty() {
            self.begin()?;
        }
        let target = self.masters.current();
        let master = target.id();
        if wrapping.first().is_none_or(|newest| newest.id != master) {
            self.keys.add_master(&master, self.clock.now())?;
        }
        let rewrapped = self.rewrap_all(&target)?;
        let left_stands = self.put(&target)?.is_err();
        Ok(Rotated { master, rewrapped, left_stands })
    }

    /// That whatever wraps something stands where the keys are kept. That this process still remembers it would not outlive the process.
    fn must_stand(&self, wrapping: &[Master]) -> Result<(), Fault> {
        match wrapping.iter().find(|master| !self.masters.stands(&master.id)) {
            None => Ok(()),
            Some(master) => Err(Fault::Store(format!(
                "the master key {} still wraps keys and is not where the master key is kept; put it back there, behind the current one, and \
                 rotate again",
                master.id
            ))),
        }
    }

    /// Puts a new key before the old one. From here on every process knows both, or will when it meets the new one's name.
    fn begin(&self) -> Result<(), Fault> {
        let new = MasterKey::generate().map_err(Fault::Store)?;
        self.put(&new)?.map_err(|error| {
            Fault::Store(format!(
                "a new master key cannot be put where the old one is kept ({error}). Put one there by hand, before the old one and with a \
                 line break between, on every machine that serves this store, and rotate again"
            ))
        })
    }

    /// Writes a key where the keys are kept, and behind it every other that the key store still names.
    fn put(&self, current: &MasterKey) -> Result<std::io::Result<()>, Fault> {
        let named = self.keys.masters()?.into_iter().filter(|master| master.id != current.id());
        let left = named
            .map(|master| self.masters.named(&master.id).ok_or(Fault::Vault("an unknown master key")))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(self.masters.write(current.clone(), left))
    }

    /// Until nothing is left that another master key wraps: a process that does not know better may still make such a key meanwhile.
    fn rewrap_all(&self, target: &MasterKey) -> Result<usize, Fault> {
        let (master, mut rewrapped) = (target.id(), 0_usize);
        loop {
            let others = self.keys.keys(Some(&master), BATCH)?;
            for key in &others {
                self.keys.rewrap(&self.rewrapped(key, target)?, &key.master_key)?;
            }
            rewrapped = rewrapped.saturating_add(others.len());
            if others.is_empty() && self.keys.retire_all_but(&master)? {
                return Ok(rewrapped);
            }
        }
    }
}
