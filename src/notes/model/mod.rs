//! The note, its addenda and shares, and the plaintext that the vault seals.

mod content;
mod last;
mod note;
mod snapshot;
#[cfg(test)]
mod tests;

pub use content::{AddendumContent, Modification, NoteContent, PressureClass, RegionHeld, Score, Side};
pub use last::LastNote;
pub use note::{Addendum, Note, NoteState, Share, Signature, Writing};
pub use snapshot::{CredentialThen, CredentialsSnapshot};
