//! Every "no" the domain can say.
//!
//! A refusal is a decision, not a failure: it names the rule and carries what the asker may know. It knows no status codes; `http/problem.rs`
//! turns each into one, in a match without a catch-all, so a new refusal does not compile until it has an answer. What is *not* in here (a
//! broken disk, a lost connection) is a fault and never a refusal.

use serde::Serialize;

use super::ids::{CredentialTypeId, NoteId, NoteSiblingId};
use super::time::Timestamp;

/// One field at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// A JSON Pointer (RFC 6901) into the request's body, or the name of a query parameter, path parameter or header.
    pub pointer: String,
    /// A stable word for the fault.
    pub code: &'static str,
    /// What is wrong, for a person.
    pub message: String,
}

impl Violation {
    /// A violation at a pointer.
    pub fn at(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, message: message.into() }
    }
}

/// A required credential that a therapist cannot show for a day: any one of `types` would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MissingCredential {
    /// The credential types of which one is needed.
    pub any_of: Vec<CredentialTypeId>,
    /// Their names, for a person.
    pub names: Vec<String>,
    /// Why none counts on the day: `not_held`, `not_verified`, `not_yet_valid`, `expired`, `suspended` or `revoked`.
    pub why: &'static str,
}

/// What one session of a course was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OccurrenceAnswer {
    /// Which of the course, from 1.
    pub ordinal: i32,
    /// The start it was asked about.
    pub start: Timestamp,
    /// Why it cannot be; absent where it could.
    pub refusal: Option<Refusal>,
}

/// Every refusal. Order: who, what, shape, state, time, entitlement, clinical.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody is signed in, or the session no longer stands.
    Unauthenticated,
    /// The name and password do not go together, or there is no such account; the two are not told apart.
    WrongCredentials,
    /// Signed in, but in no role that may do this.
    Forbidden {
        /// The operation's stable name.
        operation: &'static str,
    },
    /// Whoever signs shows once more, in the session they sign in, that it is they.
    StepUpRequired,
    /// There is no such thing, or none that this actor may know of.
    NotThere,
    /// A single-use link or token is wrong, spent or too old; which of them is not said.
    LinkSpent,
    /// Values that cannot be accepted, each with its place.
    Fields(Vec<Violation>),
    /// Something with this unique value exists already.
    AlreadyExists {
        /// Which field.
        pointer: &'static str,
    },
    /// The thing was changed since it was read.
    VersionMismatch,
    /// A draft was changed since it was read; what was sent is kept beside it, and nothing is lost.
    DraftKeptBeside {
        /// The note.
        note: NoteId,
        /// What was sent.
        sibling: NoteSiblingId,
    },
    /// The state does not allow this step.
    InvalidTransition {
        /// What it is: `booking`, `credential`, `note`.
        what: &'static str,
        /// The state it is in.
        from: &'static str,
        /// The step that was asked for.
        step: &'static str,
    },
    /// The same idempotency key came before with another body.
    IdempotencyKeyReused,
    /// The same request is being carried out at this moment.
    IdempotencyInProgress,
    /// A rule of the practice forbids it.
    PolicyViolation {
        /// A stable word for the rule.
        rule: &'static str,
        /// What the rule says.
        detail: &'static str,
    },
    /// The therapist is taken at that time.
    SlotUnavailable {
        /// Starts near it that are free.
        alternatives: Vec<Timestamp>,
    },
    /// The slot hold has run out, was given up, or was used.
    SlotHoldExpired,
    /// What was offered to somebody who waits is offered to them no longer.
    OfferGone,
    /// No room is free at that time.
    RoomUnavailable,
    /// The client has another session at that time.
    ClientAlreadyBooked,
    /// Not every session of a course that was to be changed whole can be, or none of one that is to be booked.
    SeriesUnavailable {
        /// What each was told.
        occurrences: Vec<OccurrenceAnswer>,
    },
    /// The start is nearer than the shortest notice.
    TooSoon {
        /// The first start that is not.
        earliest: Timestamp,
    },
    /// The start is further off than bookings are taken.
    TooFarAhead {
        /// The last start that is not.
        latest: Timestamp,
    },
    /// The therapist does not work then.
    OutsideAvailability,
    /// Starts are only at steps of so many minutes from the beginning of working hours.
    NotOnGrid {
        /// Minutes between starts.
        minutes: i32,
    },
    /// As many sessions as a limit allows are booked.
    LimitReached {
        /// Which limit: `sessions_per_day`, `sessions_per_week`, `hands_on_minutes` or `sessions_in_a_row` of the therapist, or a setting's name.
        limit: &'static str,
    },
    /// A local time that the zone's clocks skip.
    NonexistentLocalTime,
    /// A local time that the zone's clocks show twice; its offset is needed.
    AmbiguousLocalTime,
    /// The therapist lacks required credentials on the session's date.
    TherapistNotEligible {
        /// What is missing, each with the reason.
        missing: Vec<MissingCredential>,
    },
    /// The one thing missing is that a required credential has run out by the session's date.
    CertificationExpired {
        /// What has run out.
        missing: Vec<MissingCredential>,
    },
    /// The change comes later than the practice's cancellation window.
    CancellationWindowPassed,
    /// A health-history form must be answered first.
    IntakeRequired,
    /// The booking has open blocks.
    Blocked {
        /// Their codes.
        blocks: Vec<&'static str>,
    },
    /// A written clearance is needed. Findings are named only to those who may know.
    ClearanceRequired {
        /// The findings' codes.
        findings: Vec<String>,
    },
    /// A finding forbids the session. Findings are named only to those who may know.
    Contraindicated {
        /// The findings' codes.
        findings: Vec<String>,
    },
    /// Screening forbids it, and the asker may not know why.
    ScreeningBlocked,
    /// The answers contradict each other.
    ContradictoryAnswers(Vec<Violation>),
    /// A minor's guardian must do this.
    GuardianRequired,
    /// Consent must be given first.
    ConsentRequired,
}
