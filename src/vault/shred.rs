//! Destroying keys: told to the register first, then done in the key store.

use super::class::{Class, Reason};
use super::sealing::Vault;
use super::store;
use crate::db::{DestroyedKey, Fault, Stop, Tx};
use crate::kernel::ids::ClientId;
use crate::kernel::text_enum::TextEnum;

/// Keys that the register says are destroyed, and that the key store has still to destroy, once the transaction that says so is committed.
#[derive(Debug)]
#[must_use = "the key store has still to destroy them"]
pub struct Condemned(Vec<DestroyedKey>);

impl Condemned {
    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Vault {
    /// Notes in the register that a client's keys of these classes are destroyed. What they sealed stays and opens no more; what is sealed later
    /// gets keys of its own. A key that was made and never came into the register, or was left behind by a destruction that was broken off, goes
    /// with them.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn condemn(
        &self,
        tx: &mut Tx<'_>,
        client: ClientId,
        classes: &[Class],
        reason: Reason,
    ) -> Result<Condemned, Stop> {
        let mut condemned = Vec::new();
        for class in classes {
            let live = store::live(tx, client, *class)?;
            if let Some(id) = live {
                store::condemn(tx, id, client, *class, reason)?;
            }
            let kept = self.keys.key_of(client, class.as_str())?.map(|key| key.id).filter(|id| Some(*id) != live);
            if let Some(id) = kept
                && store::destroyed_at(tx, client, *class, id)?.is_none()
            {
                store::register_destroyed(tx, id, client, *class, reason)?;
            }
            condemned.extend(live.into_iter().chain(kept).map(|id| DestroyedKey {
                id,
                client_id: client,
                class: class.as_str().to_owned(),
                destroyed_at: tx.now(),
            }));
        }
        Ok(Condemned(condemned))
    }

    /// Destroys what was condemned, after the commit that says so. Where this fails, it is done when the store is next opened.
    ///
    /// # Errors
    /// A fault of the key store.
    pub fn shred(&self, condemned: &Condemned) -> Result<(), Fault> {
        self.held.forget(condemned.0.iter().map(|key| key.id));
        if condemned.is_empty() { Ok(()) } else { self.keys.destroy(&condemned.0) }
    }
}
