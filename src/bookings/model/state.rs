//! The states of a booking, the steps between them, and who may take which.

use crate::kernel::actor::{Actor, Role};
use crate::kernel::ids::TherapistId;
use crate::text_enum;

text_enum! {
    /// Where a booking stands.
    pub enum BookingState {
        /// Asked for; somebody has still to say yes.
        Pending = "pending",
        /// Agreed.
        Confirmed = "confirmed",
        /// Refused by the practice.
        Declined = "declined",
        /// Nobody answered in time.
        Expired = "expired",
        /// Called off.
        Cancelled = "cancelled",
        /// The client is here.
        CheckedIn = "checked_in",
        /// The session took place.
        Completed = "completed",
        /// The client did not come.
        NoShow = "no_show",
    }
}

text_enum! {
    /// How a booking came to be.
    pub enum Source {
        /// The client, or who acts for them, asked for it.
        Online = "online",
        /// Staff booked it.
        Desk = "desk",
        /// The client was at the door; staff recorded it.
        WalkIn = "walk_in",
        /// It was agreed on the telephone; staff recorded it.
        Phone = "phone",
        /// It had taken place when staff recorded it.
        PastSession = "past_session",
        /// It was brought over from another system.
        Import = "import",
    }
}

text_enum! {
    /// What may be done to a booking.
    pub enum Step {
        /// Say yes to a pending booking.
        Confirm = "confirm",
        /// Say no to a pending booking.
        Decline = "decline",
        /// Let a pending booking lapse.
        Expire = "expire",
        /// Move it to another time, place or therapist.
        Reschedule = "reschedule",
        /// Call it off.
        Cancel = "cancel",
        /// Record that the client is here.
        CheckIn = "check_in",
        /// Record that the session took place.
        Complete = "complete",
        /// Record that the client did not come.
        NoShow = "no_show",
        /// Turn a wrong no-show into a completion, or the reverse.
        Correct = "correct",
    }
}

text_enum! {
    /// Why a booking was called off. A list, because free text here would soon hold clinical content.
    pub enum CancelReason {
        /// The client wishes it.
        ClientRequest = "client_request",
        /// The therapist cannot.
        TherapistUnavailable = "therapist_unavailable",
        /// Somebody is ill.
        Illness = "illness",
        /// The weather forbids it.
        Weather = "weather",
        /// Screening forbids it.
        Screening = "screening",
        /// It was booked twice.
        Duplicate = "duplicate",
        /// None of these.
        Other = "other",
    }
}

text_enum! {
    /// Why a no-show was really a completion, or the reverse.
    pub enum CorrectionReason {
        /// The wrong button, or the wrong booking.
        RecordedInError = "recorded_in_error",
        /// The client came after they had been given up.
        ArrivedLate = "arrived_late",
        /// The client left before the session began.
        LeftBeforeSession = "left_before_session",
        /// None of these.
        Other = "other",
    }
}

impl CancelReason {
    /// Whether the practice calls off for a reason of its own, so that the client owes nothing for it; any other is the client's wish.
    #[must_use]
    pub fn is_the_practices_own(self) -> bool {
        matches!(self, Self::TherapistUnavailable | Self::Weather | Self::Screening | Self::Duplicate)
    }
}

impl BookingState {
    /// The diagram: where a step leads from here, or `None` where it does not exist.
    #[must_use]
    pub fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Pending, Step::Confirm) => Some(Self::Confirmed),
            (Self::Pending, Step::Decline) => Some(Self::Declined),
            (Self::Pending, Step::Expire) => Some(Self::Expired),
            (Self::Pending | Self::Confirmed, Step::Reschedule) => Some(self),
            // Of what is over, only what never took place: a session recorded by mistake.
            (Self::Pending | Self::Confirmed | Self::CheckedIn | Self::Completed, Step::Cancel) => {
                Some(Self::Cancelled)
            }
            (Self::Confirmed, Step::CheckIn) => Some(Self::CheckedIn),
            (Self::Confirmed | Self::CheckedIn, Step::Complete) => Some(Self::Completed),
            (Self::Confirmed, Step::NoShow) => Some(Self::NoShow),
            (Self::NoShow, Step::Correct) => Some(Self::Completed),
            (Self::Completed, Step::Correct) => Some(Self::NoShow),
            _ => None,
        }
    }

    /// Whether the session may still take place, so that the decision about it is worth asking again.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Confirmed | Self::CheckedIn)
    }

    /// Whether the therapist's and the client's time is taken by it. A completed session and a no-show took theirs.
    #[must_use]
    pub fn claims_time(self) -> bool {
        !matches!(self, Self::Declined | Self::Expired | Self::Cancelled)
    }

    /// The word of FHIR's `AppointmentStatus`, which tells a declined or lapsed request from a cancelled one no more than this.
    #[must_use]
    pub fn fhir(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "booked",
            Self::CheckedIn => "arrived",
            Self::Completed => "fulfilled",
            Self::Declined | Self::Expired | Self::Cancelled => "cancelled",
            Self::NoShow => "noshow",
        }
    }
}

impl Step {
    /// The name of the event it leaves.
    #[must_use]
    pub fn event(self) -> &'static str {
        match self {
            Self::Confirm => "booking.confirmed",
            Self::Decline => "booking.declined",
            Self::Expire => "booking.expired",
            Self::Reschedule => "booking.moved",
            Self::Cancel => "booking.cancelled",
            Self::CheckIn => "booking.checked_in",
            Self::Complete => "booking.completed",
            Self::NoShow => "booking.no_show",
            Self::Correct => "booking.corrected",
        }
    }

    /// The name of the operation that asks for it.
    #[must_use]
    pub fn operation(self) -> &'static str {
        match self {
            Self::Confirm => "bookings.confirm",
            Self::Decline => "bookings.decline",
            Self::Expire => "bookings.expire",
            Self::Reschedule => "bookings.reschedule",
            Self::Cancel => "bookings.cancel",
            Self::CheckIn => "bookings.check_in",
            Self::Complete => "bookings.complete",
            Self::NoShow => "bookings.no_show",
            Self::Correct => "bookings.correct",
        }
    }
}

/// Whether somebody's yes to a booking opens the client's record to its therapist: that of the client or who acts for them, and the desk's for
/// anybody but themself. A therapist's own word never does, whomever else they may speak for: a guardian who treats their ward opens the record
/// as the guardian, and as the therapist not by this.
#[must_use]
pub fn entrusts(actor: &Actor, therapist: TherapistId, acts_for_client: bool) -> bool {
    actor.therapist() != Some(therapist) && (acts_for_client || actor.is_desk())
}

/// On whose side somebody acts on a booking they may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The client, or a guardian for them.
    Client,
    /// The practice, in a role.
    Staff(Role),
    /// The program's own jobs.
    System,
}

impl Side {
    /// The side on which an actor meets a therapist's booking; `None` for whoever has no part in it. Who acts for the client is on the client's
    /// side, whatever they are to the practice, and a therapist is staff only where they treat.
    #[must_use]
    pub fn of(actor: &Actor, therapist: TherapistId, acts_for_client: bool) -> Option<Self> {
        let desk = [Role::FrontDesk, Role::Admin].into_iter().find(|role| actor.has(*role));
        let treats = (actor.therapist() == Some(therapist)).then_some(Role::Therapist);
        match desk.or(treats) {
            _ if actor.is_system() => Some(Self::System),
            _ if acts_for_client => Some(Self::Client),
            role => role.map(Self::Staff),
        }
    }

    /// Whether this side ever takes such a step.
    #[must_use]
    pub fn takes(self, step: Step) -> bool {
        match self {
            Self::Client => matches!(step, Step::Reschedule | Step::Cancel),
            Self::Staff(Role::Therapist | Role::FrontDesk | Role::Admin) => step != Step::Expire,
            Self::Staff(Role::Client | Role::Verifier) => false,
            Self::System => step == Step::Expire,
        }
    }
}
