//! Content that only the vault can read.
//!
//! Models carry [`Sealed`] values about without being able to look inside; the bytes are opened nowhere but in the vault, and only against
//! proof that the look was recorded.

use super::ids::DataKeyId;

/// Ciphertext with the id of the data key that sealed it.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The key that opens it.
    pub key: DataKeyId,
    /// Nonce and ciphertext, as the vault wrote them.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes under {})", self.bytes.len(), self.key)
    }
}
