//! Unwrapped data keys, remembered for a moment.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;

use super::aead::RawKey;
use super::class::Class;
use crate::kernel::ids::{ClientId, DataKeyId};
use crate::kernel::time::Timestamp;

/// The longest that an unwrapped key is remembered, so the longest that a destroyed one may still open something.
const LIFETIME: TimeDelta = TimeDelta::seconds(5);

/// Whose key it is, of which class.
type Owner = (ClientId, Class);

/// The keys remembered, each until its instant. Dropped, a key is overwritten.
#[derive(Default)]
pub(super) struct Held {
    keys: Mutex<HashMap<DataKeyId, (Owner, RawKey, Timestamp)>>,
}

impl Held {
    /// A key of an owner, if it was read less than its lifetime ago.
    pub(super) fn get(&self, id: DataKeyId, owner: Owner, now: Timestamp) -> Option<RawKey> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let (whose, key, until) = keys.get(&id)?;
        (*whose == owner && now < *until).then(|| key.clone())
    }

    /// Remembers a key from the instant at which it began to be read.
    pub(super) fn put(&self, id: DataKeyId, owner: Owner, key: &RawKey, read_at: Timestamp) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(id, (owner, key.clone(), read_at.plus(LIFETIME)));
    }

    /// Forgets some keys.
    pub(super) fn forget(&self, ids: impl IntoIterator<Item = DataKeyId>) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        ids.into_iter().for_each(|id| drop(keys.remove(&id)));
    }

    /// Forgets the keys whose time is over.
    pub(super) fn forget_stale(&self, now: Timestamp) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, (_, _, until)| now < *until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_seconds_and_no_longer_and_nobody_elses() {
        let at = Timestamp::from_unix_micros(0).unwrap();
        let (held, id, owner) = (Held::default(), DataKeyId::new(at), (ClientId::new(at), Class::Intake));
        held.put(id, owner, &RawKey::new([7; 32]), at);
        assert!(held.get(id, owner, at.plus(TimeDelta::milliseconds(4_999))).is_some());
        assert!(held.get(id, owner, at.plus(LIFETIME)).is_none());
        assert!(held.get(id, (ClientId::new(at), Class::Intake), at).is_none());
        assert!(held.get(id, (owner.0, Class::Booking), at).is_none());
        held.forget([id]);
        assert!(held.get(id, owner, at).is_none());
        held.put(id, owner, &RawKey::new([7; 32]), at);
        held.forget_stale(at.plus(LIFETIME));
        assert!(held.keys.lock().unwrap().is_empty());
    }
}
