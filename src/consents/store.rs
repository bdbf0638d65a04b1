//! Texts, versions and consents, as rows.
//!
//! [`templates`] keeps what can be consented to, [`given`] what was presented, signed and ended, and [`counted`] what of it a booking, a task or
//! a list goes by.

mod counted;
mod given;
mod templates;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::model::{Authenticated, EndKind, Meaning, Requirement};
use crate::db::{Stop, View};
use crate::places;

pub(super) use counted::{ListAsk, listed};
pub use counted::{consents_of, next_walk, to_sign, undecided};
pub(super) use given::{consent, naming, of_template};
pub(super) use templates::{
    document_text, newest_published, next_number, publish_shipped, sign_off, template, templates, version, version_of,
    versions,
};

crate::text_column!(Authenticated, EndKind, Meaning, Requirement);

/// SHA-256, in hexadecimal.
#[must_use]
pub fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The practice's day now.
pub(super) fn today(view: &mut View<'_>) -> Result<NaiveDate, Stop> {
    let zone = places::store::practice(view)?.zone;
    Ok(view.now().date_in(zone))
}
