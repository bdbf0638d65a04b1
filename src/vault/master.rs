//! A master key and what is derived from it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// 32 random bytes that wrap every data key. Lost, nothing sealed can be read again; it is never in the store.
#[derive(Clone)]
pub struct MasterKey {
    bytes: Zeroizing<[u8; 32]>,
}

impl MasterKey {
    /// A fresh key from the operating system's randomness.
    ///
    /// # Errors
    /// When the system has none.
    pub fn generate() -> Result<Self, String> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| "the system has no randomness".to_owned())?;
        Ok(Self { bytes })
    }

    /// Reads a key written as 64 hexadecimal digits.
    ///
    /// # Errors
    /// What is wrong with it; never the key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let mut bytes = Zeroizing::new([0_u8; 32]);
        if text.len() != 64 || !text.is_ascii() {
            return Err("a master key is 64 hexadecimal digits".to_owned());
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(index * 2..index * 2 + 2).unwrap_or("");
            *byte = u8::from_str_radix(digits, 16).map_err(|_| "a master key is 64 hexadecimal digits".to_owned())?;
        }
        Ok(Self { bytes })
    }

    /// The key as it is written to its file.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(64));
        for byte in self.bytes.iter() {
            text.push_str(&format!("{byte:02x}"));
        }
        text
    }

    pub(super) fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self { bytes }
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// A name by which a wrapped key says which master key wrapped it.
    #[must_use]
    pub fn id(&self) -> String {
        self.mac("id", b"").iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// A key for one purpose: HKDF-Expand (RFC 5869) of one block, the master key being uniform already.
    pub(super) fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0_u8; 32]);
        key.iter_mut().zip(self.mac(purpose, &[1])).for_each(|(to, from)| *to = from);
        key
    }

    /// HMAC-SHA-256 of content under a purpose.
    pub(super) fn mac(&self, purpose: &str, content: &[u8]) -> Vec<u8> {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.bytes.as_slice()) else {
            // HMAC takes keys of any length.
            return Vec::new();
        };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(content);
        mac.finalize().into_bytes().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_file() {
        let key = MasterKey::generate().unwrap();
        assert_eq!(*MasterKey::parse(&key.to_text()).unwrap().bytes, *key.bytes);
        assert!(MasterKey::parse("short").is_err());
        assert!(MasterKey::parse(&"g".repeat(64)).is_err());
    }

    #[test]
    fn purposes_do_not_share_keys() {
        let key = MasterKey::generate().unwrap();
        assert_ne!(*key.derive("wrap"), *key.derive("seeds"));
        assert_ne!(key.mac("a", b"bc"), key.mac("ab", b"c"));
    }
}
