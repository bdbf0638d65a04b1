//! Data keys: found, made, unwrapped.

use uuid::Uuid;

use super::aead::{RawKey, decrypt, encrypt, fresh_key};
use super::class::Class;
use super::master::MasterKey;
use super::sealing::Vault;
use super::store;
use crate::db::{DestroyedKey, Fault, Stop, Tx, View, WrappedKey};
use crate::kernel::ids::{ClientId, DataKeyId};
use crate::kernel::refusal::Refusal;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;

/// The purpose that data keys are wrapped for.
const PURPOSE: &str = "data-keys";
/// How often another try may win what two processes do at once.
pub(super) const TRIES: usize = 4;

impl Vault {
    /// The client's key of a class, made if there is none yet.
    pub(super) fn data_key_or_new(
        &self,
        tx: &mut Tx<'_>,
        client: ClientId,
        class: Class,
    ) -> Result<(DataKeyId, RawKey), Stop> {
        if let Some(id) = store::live(tx, client, class)? {
            return Ok((id, self.data_key(tx, client, class, id)?));
        }
        let wrapped = self.kept_or_made(tx, client, class)?;
        let key = self.unwrapped(&wrapped)?;
        store::register(tx, wrapped.id, client, class)?;
        Ok((wrapped.id, key))
    }

    /// A key that is committed in the key store and not yet in the register.
    fn kept_or_made(&self, tx: &mut Tx<'_>, client: ClientId, class: Class) -> Result<WrappedKey, Stop> {
        if let Some(kept) = self.keys.key_of(client, class.as_str())? {
            match store::destroyed_at(tx, client, class, kept.id)? {
                None => return Ok(kept),
                // Its destruction was broken off between the two stores.
                Some(destroyed_at) => {
                    let class = kept.class;
                    self.keys.destroy(&[DestroyedKey { id: kept.id, client_id: client, class, destroyed_at }])?;
                }
            }
        }
        Ok(self.make(client, class.as_str(), &*fresh_key()?, tx.now())?)
    }

    /// Commits a key of a client and class to the key store; of two that are made at once one is kept, and both makers get that one.
    pub(super) fn make(
        &self,
        client: ClientId,
        class: &str,
        raw: &[u8; 32],
        now: Timestamp,
    ) -> Result<WrappedKey, Fault> {
        for _ in 0..TRIES {
            if let Some(kept) = self.keys.key_of(client, class)? {
                return Ok(kept);
            }
            let masters = self.keys.masters()?;
            let newest = masters.first().ok_or(Fault::Vault("a key store without a master key"))?;
            // One that a rotation has retired since it was read is asked for again.
            let Some(master) = self.masters.named(&newest.id) else { continue };
            let id = DataKeyId::new(now);
            let wrapped = encrypt(&master.derive(PURPOSE), raw, id.0.as_bytes())?;
            let (class, master_key) = (class.to_owned(), newest.id.clone());
            let key = WrappedKey { id, client_id: client, class, wrapped, master_key, created_at: now };
            if self.keys.keep(&key)? {
                return Ok(key);
            }
        }
        Err(Fault::Vault("an unknown master key"))
    }

    /// The key that sealed something.
    pub(super) fn data_key(
        &self,
        view: &mut View<'_>,
        client: ClientId,
        class: Class,
        id: DataKeyId,
    ) -> Result<RawKey, Stop> {
        let (owner, read_at) = ((client, class), self.clock.now());
        if let Some(key) = self.held.get(id, owner, read_at) {
            return Ok(key);
        }
        // The register first: it is told of a destruction before the key store is.
        if store::destroyed_at(view, client, class, id)?.is_some() {
            return Err(Refusal::Erased.into());
        }
        let Some(wrapped) = self.keys.key(id)? else {
            // Between the two.
            return Err(match store::destroyed_at(view, client, class, id)? {
                Some(_) => Refusal::Erased.into(),
                None => Fault::Vault("the key of a seal is gone").into(),
            });
        };
        if wrapped.client_id != client || wrapped.class != class.as_str() {
            return Err(Fault::Vault("the key of a seal is another's").into());
        }
        let key = self.unwrapped(&wrapped)?;
        self.held.put(id, owner, &key, read_at);
        Ok(key)
    }

    /// A key, out of its wrapping; read again where a rotation has given it another meanwhile.
    pub(super) fn unwrapped(&self, wrapped: &WrappedKey) -> Result<RawKey, Fault> {
        let mut wrapped = wrapped.clone();
        for _ in 0..TRIES {
            if let Some(key) = self.unwrapped_by(&wrapped) {
                return key;
            }
            wrapped = self.keys.key(wrapped.id)?.ok_or(Fault::Vault("the key of a seal is gone"))?;
        }
        Err(Fault::Vault("an unknown master key"))
    }

    fn unwrapped_by(&self, wrapped: &WrappedKey) -> Option<Result<RawKey, Fault>> {
        let master = self.masters.named(&wrapped.master_key)?;
        let plain = decrypt(&master.derive(PURPOSE), &wrapped.wrapped, wrapped.id.0.as_bytes());
        Some(plain.and_then(|plain| {
            let raw: [u8; 32] =
                plain.as_slice().try_into().map_err(|_| Fault::Vault("a data key of the wrong length"))?;
            Ok(RawKey::new(raw))
        }))
    }

    /// The same key in a master key's wrapping.
    pub(super) fn rewrapped(&self, key: &WrappedKey, master: &MasterKey) -> Result<WrappedKey, Fault> {
        let raw = self.unwrapped(key)?;
        let wrapped = encrypt(&master.derive(PURPOSE), raw.as_slice(), key.id.0.as_bytes())?;
        Ok(WrappedKey { wrapped, master_key: master.id(), ..key.clone() })
    }
}

/// Whose the program's own key is: nobody's.
pub(super) const PROGRAM: (ClientId, &str) = (ClientId(Uuid::nil()), "program");
