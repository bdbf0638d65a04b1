//! What consent is: texts and their versions, what becomes of a consent, and what all of a client's are worth to a session.

mod consent;
mod standing;
mod template;
mod version;
mod walk;

pub use consent::{
    Authenticated, Consent, ConsentState, End, EndKind, Ending, Meaning, Proof, Signature, Signed, Signing, Unnamed,
    Vouched,
};
pub use standing::{Consents, Given};
pub use template::{ConsentTemplate, Requirement, TemplateDraft};
pub use version::{ConsentText, ConsentVersion, SignOff, SignOffDraft, VersionDocument};
pub use walk::Walk;
