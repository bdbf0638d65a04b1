//! The therapist's credentials as they stood for the session, and what the booking decision found of it, to be frozen with the signature.

use chrono::NaiveDate;
use serde::Serialize;

use crate::bookings::model::{BlockCode, Decision};
use crate::credentials::model::{AsOf, CredentialType, Held, Validity};
use crate::kernel::ids::CredentialId;
use crate::kernel::time::Timestamp;

/// What counted, or was said to count, on the day of the session, by all that was known when the note was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CredentialsSnapshot {
    /// The day of the session.
    pub valid_on: NaiveDate,
    /// When the note was signed, or the last word known then was recorded, if that seems later: asked again by these two clocks, the
    /// credentials' history answers the same.
    pub known_at: Timestamp,
    /// The credentials, in the order of their types' codes.
    pub credentials: Vec<CredentialThen>,
}

/// One credential then. A holder's own word is told apart by its `validity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CredentialThen {
    /// Which one.
    pub id: CredentialId,
    /// The code of its type.
    pub type_code: String,
    /// The name of its type.
    pub type_name: String,
    /// Its number; empty where the kind has none.
    pub number: String,
    /// Who issued it.
    pub issuer: String,
    /// What it was worth.
    pub validity: Validity,
}

impl CredentialsSnapshot {
    /// Keeps those that were worth something as of a day and a state of knowledge.
    #[must_use]
    pub fn take(held: &[Held], types: &[CredentialType], as_of: AsOf, grace_days: i32) -> Self {
        let mut credentials: Vec<_> = held
            .iter()
            .filter_map(|held| {
                let validity = held.validity(as_of, grace_days);
                let of = types.iter().find(|one| one.id == held.credential.credential_type)?;
                validity.counts(true).then(|| CredentialThen {
                    id: held.credential.id,
                    type_code: of.code.clone(),
                    type_name: of.name.clone(),
                    number: held.credential.number.clone(),
                    issuer: of.issuer.clone(),
                    validity,
                })
            })
            .collect();
        credentials.sort_by(|one, other| (&one.type_code, one.id).cmp(&(&other.type_code, other.id)));
        Self { valid_on: as_of.on, known_at: as_of.known_at, credentials }
    }
}

/// What the one decision about a session found, asked once more when its note was signed. It never prevents a signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DecisionSnapshot {
    /// The day of the session.
    pub valid_on: NaiveDate,
    /// When it was asked.
    pub decided_at: Timestamp,
    /// What would have kept the session from going ahead; nothing where all was in order.
    pub blocks: Vec<BlockCode>,
}

impl DecisionSnapshot {
    /// Takes the codes of what was found.
    #[must_use]
    pub fn take(decision: &Decision, valid_on: NaiveDate, now: Timestamp) -> Self {
        let blocks = decision.blocks("note.signed", now).into_iter().map(|block| block.code).collect();
        Self { valid_on, decided_at: now, blocks }
    }
}
