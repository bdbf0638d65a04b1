//! What is said of a credential: by whom, on what ground, from which day, and when it was recorded.

use chrono::NaiveDate;

use crate::kernel::fields::Fields;
use crate::kernel::ids::{AccountId, AssertionId, CredentialId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// What an assertion says.
    pub enum AssertionKind {
        /// It was put forward.
        Submitted = "submitted",
        /// Somebody other than the holder has checked it.
        Verified = "verified",
        /// It was checked and did not hold.
        Rejected = "rejected",
        /// It was put forward again, corrected.
        Resubmitted = "resubmitted",
        /// It does not count for the time being.
        Suspended = "suspended",
        /// It counts again.
        Reinstated = "reinstated",
        /// It never counts again.
        Revoked = "revoked",
    }
}

impl AssertionKind {
    /// Whether it says that the credential counts, and so may rest on nobody's word but an outsider's.
    pub(super) fn grants(self) -> bool {
        matches!(self, Self::Verified | Self::Reinstated)
    }

    /// The step that asserts it, as paths and refusals name it.
    pub(super) fn step(self) -> &'static str {
        match self {
            Self::Submitted => "submit",
            Self::Verified => "verify",
            Self::Rejected => "reject",
            Self::Resubmitted => "resubmit",
            Self::Suspended => "suspend",
            Self::Reinstated => "reinstate",
            Self::Revoked => "revoke",
        }
    }

    /// The event of its being asserted.
    pub(super) fn event(self) -> &'static str {
        match self {
            Self::Submitted => "credential.submitted",
            Self::Verified => "credential.verified",
            Self::Rejected => "credential.rejected",
            Self::Resubmitted => "credential.resubmitted",
            Self::Suspended => "credential.suspended",
            Self::Reinstated => "credential.reinstated",
            Self::Revoked => "credential.revoked",
        }
    }
}

text_enum! {
    /// On what ground something is said.
    pub enum Method {
        /// The issuer or its register was asked.
        PrimarySource = "primary_source",
        /// The document was seen.
        DocumentSeen = "document_seen",
        /// The holder says so.
        SelfAttested = "self_attested",
    }
}

/// One thing said of a credential. Inserted, never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// Which one.
    pub id: AssertionId,
    /// Of which credential.
    pub credential: CredentialId,
    /// What is said.
    pub kind: AssertionKind,
    /// The day from which it is so.
    pub effective_on: NaiveDate,
    /// When it was written down; grows strictly within a credential.
    pub recorded_at: Timestamp,
    /// Who says so.
    pub by: AccountId,
    /// On what ground, where there is one.
    pub method: Option<Method>,
    /// Why.
    pub reason: Option<String>,
    /// What was consulted: a register, a letter, a case number.
    pub source: Option<String>,
}

/// What somebody says about a credential, unchecked.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    /// The day from which it is so; today, if none is named.
    pub effective_on: Option<NaiveDate>,
    /// On what ground; a verification needs one.
    pub method: Option<Method>,
    /// Why; whatever takes a credential's force away or gives it back needs one.
    pub reason: Option<String>,
    /// What was consulted; a verification needs it.
    pub source: Option<String>,
}

/// Who speaks, about whose credential, and when.
#[derive(Clone, Copy, Debug)]
pub struct Occasion {
    /// Who speaks.
    pub by: AccountId,
    /// The holder's login, if it is known.
    pub holder: Option<AccountId>,
    /// Now.
    pub now: Timestamp,
    /// Today, on the practice's wall.
    pub today: NaiveDate,
}

impl Occasion {
    /// Whether the holder speaks.
    pub(super) fn holder_speaks(self) -> bool {
        self.holder == Some(self.by)
    }
}

/// A statement that holds together.
pub(super) struct Checked {
    pub(super) effective_on: NaiveDate,
    pub(super) method: Option<Method>,
    pub(super) reason: Option<String>,
    pub(super) source: Option<String>,
}

impl Statement {
    /// Checks the statement as one of `kind` about a credential issued on `issued_on`.
    ///
    /// A future day is refused: what will be so can be said when it is, and until then today's answer is simply what was said last.
    pub(super) fn check(self, kind: AssertionKind, issued_on: NaiveDate, today: NaiveDate) -> Result<Checked, Refusal> {
        let mut fields = Fields::default();
        let effective_on = self.effective_on.unwrap_or(today);
        fields.require(effective_on <= today, "/effective_on", "in_future", "must not lie in the future");
        fields.require(
            effective_on >= issued_on,
            "/effective_on",
            "before_issue",
            "must not lie before the day of issue",
        );
        let reason = fields.optional_text("/reason", self.reason.as_deref(), 1_000);
        let source = fields.optional_text("/source", self.source.as_deref(), 1_000);
        if kind == AssertionKind::Verified {
            fields.require(self.method.is_some(), "/method", "required", "say how it was verified");
            let by_other = self.method != Some(Method::SelfAttested);
            fields.require(by_other, "/method", "not_a_verification", "the holder's own word verifies nothing");
            fields.require(source != Some(None), "/source", "required", "say what was consulted");
        } else {
            fields.require(reason != Some(None), "/reason", "required", "say why");
        }
        let method = self.method;
        fields.finish(|| Some(Checked { effective_on, method, reason: reason?, source: source? }))
    }
}
