//! The note, what follows it, and the plaintext that the vault seals.

mod carried;
mod conflict;
mod content;
mod faults;
mod filed;
mod last;
mod note;
mod signing;
mod snapshot;
mod template;
#[cfg(test)]
mod tests;
mod vocabulary;

pub use carried::{Carried, Mark};
pub use conflict::{Discarded, Sibling, Swap};
pub use content::{
    AddendumContent, BodyPoint, BodyView, Modification, NoteContent, PressureClass, RegionHeld, Score, Side,
};
pub use filed::{Addendum, Cosignature, EnteredInError, Filed, Share, Summary};
pub use last::LastNote;
pub use note::{Beginning, Note, NoteState, SIGNED_WITHIN, Writing, Written};
pub use signing::{Integrity, Signature};
pub use snapshot::{CredentialThen, CredentialsSnapshot, DecisionSnapshot};
pub use template::{NoteTemplate, TemplateDraft, no_such_template};
pub use vocabulary::{Vocabulary, Words};
