//! Sealing of clinical content.
//!
//! Answers, findings, reasons for visit and notes never stand in the store as they are. Each is sealed with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha)
//! under a **data key** that belongs to one client and one retention class; data keys are kept wrapped by the **master key**, which is never in
//! the store. The associated data of each seal names its table, row, column, client and key, so a ciphertext moved to another place does not
//! open.
//!
//! Opening asks for a [`Look`]: the proof that a committed event says who looked. There is no other way to plaintext, and nothing in here logs,
//! caches or formats it.

mod keys;
mod store;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use uuid::Uuid;
use zeroize::Zeroizing;

pub use keys::MasterKey;

use crate::db::{Fault, Look, Stop, Tx, View};
use crate::kernel::ids::{ClientId, DataKeyId};
use crate::kernel::sealed::Sealed;
use crate::kernel::text_enum::TextEnum;
use crate::text_enum;

text_enum! {
    /// Content that is kept equally long and destroyed together; also what a [`Look`] must be for.
    pub enum Class {
        /// Reasons for a visit, with the booking they came with.
        Booking = "booking",
        /// Answers, findings and screening.
        Intake = "intake",
        /// Session notes and their addenda.
        SessionNote = "session_note",
    }
}

/// Where a piece of sealed content stands; what its seal is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Whose content it is.
    pub client: ClientId,
    /// Its retention class.
    pub class: Class,
    /// The record it belongs to, which a look must name: the note of an addendum, the response of an answer.
    pub record: Uuid,
    /// The table.
    pub table: &'static str,
    /// The row.
    pub row: Uuid,
    /// The column, or the question of an answer.
    pub column: &'a str,
}

const NONCE: usize = 24;

/// Seals and opens. Holds the master key; clone the `Arc` around it, not the key.
pub struct Vault {
    master: MasterKey,
}

impl Vault {
    /// A vault over a master key.
    #[must_use]
    pub fn new(master: MasterKey) -> Self {
        Self { master }
    }

    /// Seals content for its place, under the client's data key of that class, which is made at first use.
    ///
    /// # Errors
    /// A fault of the store or of sealing.
    pub fn seal(&self, tx: &mut Tx<'_>, place: Place<'_>, plain: &[u8]) -> Result<Sealed, Stop> {
        let (key, data_key) = store::data_key_or_new(tx, &self.master, place.client, place.class)?;
        let bytes = encrypt(&data_key, plain, &associated_data(&place, key))?;
        Ok(Sealed { key, bytes })
    }

    /// Opens content against the proof of a recorded look at this very record, or at all of the client's content of its class, in the one
    /// transaction that the look is good for.
    ///
    /// # Errors
    /// A fault when the look is for something else or was used up, the key is gone, or the seal does not fit its place.
    pub fn open(
        &self,
        view: &mut View<'_>,
        look: &Look,
        place: Place<'_>,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, Stop> {
        permits(view, look, &place)?;
        let data_key = store::data_key(view, &self.master, place.client, place.class, sealed.key)?;
        Ok(decrypt(&data_key, &sealed.bytes, &associated_data(&place, sealed.key))?)
    }

    /// Opens many pieces as [`Vault::open`] opens each, and asks the store for each key once.
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
                Entry::Vacant(new) => {
                    new.insert(store::data_key(view, &self.master, place.client, place.class, sealed.key)?)
                }
            };
            opened.push(decrypt(data_key, &sealed.bytes, &associated_data(place, sealed.key))?);
        }
        Ok(opened)
    }

    /// Wraps a small secret of the program's own, such as a signing key, under the master key.
    ///
    /// # Errors
    /// A fault of sealing.
    pub fn wrap(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, Fault> {
        encrypt(&self.master.derive(purpose), secret, purpose.as_bytes())
    }

    /// Unwraps what [`Vault::wrap`] wrapped.
    ///
    /// # Errors
    /// A fault when the master key is another one.
    pub fn unwrap(&self, purpose: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
        decrypt(&self.master.derive(purpose), wrapped, purpose.as_bytes())
    }

    /// A keyed hash of something that must be recognised again but not guessed from the store.
    #[must_use]
    pub fn mac(&self, purpose: &str, content: &[u8]) -> Vec<u8> {
        self.master.mac(purpose, content)
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
        "intake_response" | "clearance" => Some(Class::Intake),
        "session_note" | "note_summary" => Some(Class::SessionNote),
        _ => None,
    }
}

fn associated_data(place: &Place<'_>, key: DataKeyId) -> Vec<u8> {
    let mut data = Vec::with_capacity(128);
    for part in [place.table.as_bytes(), place.column.as_bytes(), place.class.as_str().as_bytes()] {
        data.extend_from_slice(part);
        data.push(0);
    }
    for id in [place.record, place.row, place.client.0, key.0] {
        data.extend_from_slice(id.as_bytes());
    }
    data
}

fn encrypt(key: &[u8; 32], plain: &[u8], aad: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut nonce = [0_u8; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| Fault::Vault("no randomness"))?;
    let sealed = XChaCha20Poly1305::new(&Key::from(*key))
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad })
        .map_err(|_| Fault::Vault("sealing failed"))?;
    let mut bytes = nonce.to_vec();
    bytes.extend_from_slice(&sealed);
    Ok(bytes)
}

fn decrypt(key: &[u8; 32], bytes: &[u8], aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(Fault::Vault("a seal that is too short"))?;
    XChaCha20Poly1305::new(&Key::from(*key))
        .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad })
        .map(Zeroizing::new)
        .map_err(|_| Fault::Vault("a seal that does not open here"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::Timestamp;

    fn place(client: ClientId) -> Place<'static> {
        let (record, row) = (Uuid::from_u128(6), Uuid::from_u128(7));
        Place { client, class: Class::SessionNote, record, table: "session_notes", row, column: "content" }
    }

    #[test]
    fn a_seal_opens_only_where_it_was_made() {
        let at = Timestamp::from_unix_micros(0).unwrap();
        let (here, key) = (place(ClientId::new(at)), DataKeyId::new(at));
        let sealed = encrypt(&[7; 32], b"sacrum, three minutes", &associated_data(&here, key)).unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"sacrum"));
        assert_eq!(
            decrypt(&[7; 32], &sealed, &associated_data(&here, key)).unwrap().as_slice(),
            b"sacrum, three minutes"
        );
        let elsewhere = [
            Place { client: ClientId::new(at), ..here },
            Place { class: Class::Intake, ..here },
            Place { table: "note_addenda", ..here },
            Place { row: Uuid::from_u128(8), ..here },
            Place { record: Uuid::from_u128(8), ..here },
            Place { column: "summary", ..here },
        ];
        for other in elsewhere {
            assert!(decrypt(&[7; 32], &sealed, &associated_data(&other, key)).is_err(), "{other:?}");
        }
        assert!(decrypt(&[7; 32], &sealed, &associated_data(&here, DataKeyId::new(at))).is_err());
        assert!(decrypt(&[8; 32], &sealed, &associated_data(&here, key)).is_err());
    }
}
