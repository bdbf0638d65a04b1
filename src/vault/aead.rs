//! One piece of content, one key, one place: XChaCha20-Poly1305 and what is bound into it.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::class::Place;
use crate::db::Fault;
use crate::kernel::ids::DataKeyId;
use crate::kernel::text_enum::TextEnum;

/// A key as it is used, gone from memory when it is dropped.
pub(super) type RawKey = Zeroizing<[u8; 32]>;

const NONCE: usize = 24;

/// A fresh key from the operating system's randomness.
pub(super) fn fresh_key() -> Result<RawKey, Fault> {
    let mut raw = RawKey::default();
    getrandom::fill(raw.as_mut_slice()).map_err(|_| Fault::Vault("no randomness"))?;
    Ok(raw)
}

pub(super) fn associated_data(place: &Place<'_>, key: DataKeyId) -> Vec<u8> {
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

pub(super) fn encrypt(key: &[u8; 32], plain: &[u8], aad: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut nonce = [0_u8; NONCE];
    getrandom::fill(&mut nonce).map_err(|_| Fault::Vault("no randomness"))?;
    let sealed = XChaCha20Poly1305::new(&Key::from(*key))
        .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad })
        .map_err(|_| Fault::Vault("sealing failed"))?;
    let mut bytes = nonce.to_vec();
    bytes.extend_from_slice(&sealed);
    Ok(bytes)
}

pub(super) fn decrypt(key: &[u8; 32], bytes: &[u8], aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE>().ok_or(Fault::Vault("a seal that is too short"))?;
    XChaCha20Poly1305::new(&Key::from(*key))
        .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad })
        .map(Zeroizing::new)
        .map_err(|_| Fault::Vault("a seal that does not open here"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::ClientId;
    use crate::kernel::time::Timestamp;
    use crate::vault::class::Class;
    use uuid::Uuid;

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
