//! Why a booking that stands may not go ahead yet.

use serde::{Deserialize, Serialize};

use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// What is amiss. A booking has at most one block of each.
    pub enum BlockCode {
        /// The therapist lacks a required credential on the session's date.
        Credential = "credential",
        /// A finding forbids the session.
        Screening = "screening",
        /// A finding needs a written clearance that is not there.
        Clearance = "clearance",
        /// A consent is missing or was withdrawn.
        Consent = "consent",
        /// A minor has no accepted guardian.
        Guardian = "guardian",
        /// The health-history form is not answered or not reviewed.
        Intake = "intake",
    }
}

text_enum! {
    /// What a person can do about a block.
    pub enum Remedy {
        /// Book with somebody who holds the credential.
        ChooseAnotherTherapist = "choose_another_therapist",
        /// Cancel; nothing else frees it.
        Cancel = "cancel",
        /// Bring a written clearance.
        BringClearance = "bring_clearance",
        /// Sign the consent.
        SignConsent = "sign_consent",
        /// Name a guardian, whom staff accept.
        NameGuardian = "name_guardian",
        /// Answer the form.
        AnswerForm = "answer_form",
        /// Wait until the therapist has reviewed the answers; the client has done their part.
        AwaitReview = "await_review",
    }
}

impl BlockCode {
    /// What a person can do about it, unless the decision found something nearer.
    #[must_use]
    pub fn remedy(self) -> Remedy {
        match self {
            Self::Credential => Remedy::ChooseAnotherTherapist,
            Self::Screening => Remedy::Cancel,
            Self::Clearance => Remedy::BringClearance,
            Self::Consent => Remedy::SignConsent,
            Self::Guardian => Remedy::NameGuardian,
            Self::Intake => Remedy::AnswerForm,
        }
    }

    /// Whether a session so blocked may not even be booked or moved to: waiting would not mend it.
    #[must_use]
    pub fn bars_booking(self) -> bool {
        matches!(self, Self::Credential | Self::Screening)
    }

    /// Whether it frees the client from the windows and fees they agreed to: the session could not take place however willing they are.
    #[must_use]
    pub fn excuses_client(self) -> bool {
        matches!(self, Self::Credential | Self::Screening)
    }
}

/// One open block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// What is amiss.
    pub code: BlockCode,
    /// Since when.
    pub since: Timestamp,
    /// What set it: the name of an event or a subject, such as `credential.revoked`; never a finding.
    pub by: String,
    /// What a person can do about it now.
    pub remedy: Remedy,
}

impl Block {
    /// A block as the decision has just found it.
    pub fn found(code: BlockCode, by: impl Into<String>, now: Timestamp) -> Self {
        Self { code, since: now, by: by.into(), remedy: code.remedy() }
    }
}

/// What stands once `found` is known: one block a code, in the order of the codes, and a block that stood before as it was but
/// for its remedy, so that its `since` and `by` go on telling when and how it began.
pub(super) fn settle(standing: &[Block], found: Vec<Block>) -> Vec<Block> {
    let as_it_stood = |new: Block| match standing.iter().find(|old| old.code == new.code) {
        Some(old) => Block { remedy: new.remedy, ..old.clone() },
        None => new,
    };
    let mut settled: Vec<Block> = found.into_iter().map(as_it_stood).collect();
    settled.sort_by_key(|block| block.code);
    settled.dedup_by_key(|block| block.code);
    settled
}
