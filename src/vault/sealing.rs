//! Sealing and opening.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::OnceLock;

use zeroize::Zeroizing;

use super::aead::{associated_data, decrypt, encrypt};
use super::class::{Class, Place};
use super::held::Held;
use super::master::MasterKey;
use super::ring::MasterKeys;
use crate::db::{Fault, KeyStore, Look, Stop, Tx, View};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Clock;

/// Seals and opens. Knows the master keys; share it, do not make another.
pub struct Vault {
    pub(super) masters: MasterKeys,
    pub(super) keys: KeyStore,
    pub(super) clock: Clock,
    pub(super) held: Held,
    /// What the program's own secrets hang on, once the vault is settled.
    pub(super) program: OnceLock<MasterKey>,
}

impl Vault {
    /// A vault over master keys and a key store. It has to be [settled](Vault::settle) with the store it seals for before it is used.
    #[must_use]
    pub fn new(masters: MasterKeys, keys: KeyStore, clock: Clock) -> Self {
        Self { masters, keys, clock, held: Held::default(), program: OnceLock::new() }
    }

    /// Seals content for its place, under the client's data key of that class, which is made at first use.
    ///
    /// # Errors
    /// A fault of the store or of sealing.
    pub fn seal(&self, tx: &mut Tx<'_>, place: Place<'_>, plain: &[u8]) -> Result<Sealed, Stop> {
        let (key, data_key) = self.data_key_or_new(tx, place.client, place.class)?;
        let bytes = encrypt(&data_key, plain, &associated_data(&place, key))?;
        Ok(Sealed { key, bytes })
    }

    /// Opens content against the proof of a recorded look at this very record, or at all of the client's content of its class, in the one
    /// transaction that the look is good for.
    ///
    /// # Errors
    /// `Erased` when its key was destroyed; a fault when the look is for something else or was used up, or the seal does not fit its place.
    pub fn open(
        &self,
        view: &mut View<'_>,
        look: &Look,
        place: Place<'_>,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, Stop> {
        permits(view, look, &place)?;
        let data_key = self.data_key(view, place.client, place.class, sealed.key)?;
        Ok(decrypt(&data_key, &sealed.bytes, &associated_data(&place, sealed.key))?)
    }

    /// Opens many pieces as [`Vault::open`] opens each, and asks for each key once.
    ///
    /// # Errors
    /// As [`Vault::open`], for any one of them.
    pub fn open_all(
        &self,
        view: &mut View<'_>,
        look: &Look,
        pieces: &[(Place<'_>, Sealed)],
    ) -> Result<Vec<Zeroizing<Vec<u8>>>, Stop> {
        let (mut keys, mut opened) = (BTreeMap::new(), Vec::with_capacity(pieces.len()));
        for (place, sealed) in pieces {
            permits(view, look, place)?;
            let data_key = match keys.entry((place.client, place.class, sealed.key)) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.data_key(view, place.client, place.class, sealed.key)?),
            };
            opened.push(decrypt(data_key, &sealed.bytes, &associated_data(place, sealed.key))?);
        }
        Ok(opened)
    }

    /// Wraps a small secret of the program's own, such as a signing key.
    ///
    /// # Errors
    /// A fault of sealing.
    pub fn wrap(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, Fault> {
        encrypt(&self.program_key().derive(purpose), secret, purpose.as_bytes())
    }

    /// Unwraps what [`Vault::wrap`] wrapped.
    ///
    /// # Errors
    /// A fault when it was wrapped by another program's key.
    pub fn unwrap(&self, purpose: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        decrypt(&self.program_key().derive(purpose), wrapped, purpose.as_bytes())
    }

    /// A keyed hash of something that must be recognised again but not guessed from the store.
    #[must_use]
    pub fn mac(&self, purpose: &str, content: &[u8]) -> Vec<u8> {
        self.program_key().mac(purpose, content)
    }

    /// Forgets unwrapped keys whose time is over; for whoever has a timer.
    pub fn forget_stale(&self) {
        self.held.forget_stale(self.clock.now());
    }

    fn program_key(&self) -> MasterKey {
        self.program.get().cloned().unwrap_or_else(|| self.masters.current())
    }
}

/// What was opened, or nothing where it was erased: for a call that shows much at once, the rest of which is there to be read.
///
/// # Errors
/// Whatever else stood in the way.
pub fn unless_erased<T>(opened: Result<T, Stop>) -> Result<Option<T>, Stop> {
    match opened {
        Err(Stop::Refused(Refusal::Erased)) => Ok(None),
        other => other.map(Some),
    }
}

/// That a look is at what stands at a place, and was used in no other transaction.
fn permits(view: &View<'_>, look: &Look, place: &Place<'_>) -> Result<(), Fault> {
    if look.client() != place.client || !covers(look, place) {
        return Err(Fault::Vault("the look is for something else"));
    }
    if view.spends(look) { Ok(()) } else { Err(Fault::Vault("the look was used before")) }
}

/// Whether a look at the place's client is at what stands there: at all of its class, or at its record.
fn covers(look: &Look, place: &Place<'_>) -> bool {
    let (subject, record) = look.subject();
    look.classes().contains(&place.class.as_str()) || (Some(place.class) == class_of(subject) && record == place.record)
}

/// Which class a look at a subject opens; the event of the look names the subject.
fn class_of(subject: &str) -> Option<Class> {
    match subject {
        "booking" => Some(Class::Booking),
        "intake_response" | "clearance" | "consent" => Some(Class::Intake),
        "session_note" | "note_summary" => Some(Class::SessionNote),
        _ => None,
    }
}
