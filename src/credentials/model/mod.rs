//! Credentials as pure values: kinds and types, the credential and its steps, its history read by two clocks, what a session requires.

mod assertion;
mod credential;
mod credential_type;
mod draft;
mod requirement;
#[cfg(test)]
mod testing;
mod validity;

pub use assertion::{Assertion, AssertionKind, Method, Occasion, Statement};
pub use credential::{Asserted, Credential, CredentialState};
pub use credential_type::{CREDENTIAL_TYPES_V1, Catalogue, CredentialKind, CredentialType, CredentialTypeDraft};
pub use draft::CredentialDraft;
pub use requirement::{RequiredType, Requirement, eligible, not_eligible};
pub use validity::{AsOf, Held, Validity, end_of_day};
