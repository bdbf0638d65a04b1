//! Sessions that were agreed past the program: somebody walked in, rang up, or was treated before anybody wrote it down.
//!
//! What is recorded is what happened, so no rule of notice, hours, grid or limits refuses it. Two sessions at once cannot have happened, so an
//! overlap still does. The decision is asked all the same and its blocks are kept: they hold up a walk-in at check-in, and stay beside a past
//! session for the register.

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::block::{self, Block};
use super::booking::{self, Booking, BookingAsk};
use super::state::{BookingState, Source};
use crate::kernel::change::Change;
use crate::kernel::fields::Fields;
use crate::kernel::ids::BookingId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};
use crate::text_enum;

text_enum! {
    /// A source that staff may record.
    pub enum RecordSource {
        /// The client is at the door: it begins now, and the gates at check-in still hold.
        WalkIn = "walk_in",
        /// It was agreed on the telephone, for later.
        Phone = "phone",
        /// It has taken place.
        PastSession = "past_session",
    }
}

text_enum! {
    /// Why a session is recorded past the rules of booking. A list, because free text here would soon hold clinical content.
    pub enum RecordReason {
        /// The client asked for it at the door or on the telephone.
        ClientAsked = "client_asked",
        /// The program could not be reached then.
        SystemUnavailable = "system_unavailable",
        /// Nobody wrote it down in time.
        RecordedLate = "recorded_late",
        /// It stood in another calendar.
        OtherCalendar = "other_calendar",
        /// None of these.
        Other = "other",
    }
}

/// How far from now a walk-in may begin.
const NOW: TimeDelta = TimeDelta::minutes(60);
/// How far back a session may be recorded, and how far ahead.
const FURTHEST: TimeDelta = TimeDelta::days(365);
/// No session lasts longer.
const LONGEST: TimeDelta = TimeDelta::minutes(180);

impl RecordSource {
    /// The same as a booking keeps it.
    #[must_use]
    pub fn source(self) -> Source {
        match self {
            Self::WalkIn => Source::WalkIn,
            Self::Phone => Source::Phone,
            Self::PastSession => Source::PastSession,
        }
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_past(self) -> bool {
        self == Self::PastSession
    }
}

/// A session as staff tell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// How it came to be.
    pub source: RecordSource,
    /// When it began or is to begin.
    pub start: Timestamp,
    /// When it ended, if it did.
    pub end: Option<Timestamp>,
}

impl Told {
    /// The session's time. `usual` is how long its type lasts, `born` the client's first day, counted in `zone`.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a time that does not go with the source or the client.
    pub fn session(self, usual: TimeDelta, born: Option<NaiveDate>, zone: Tz, now: Timestamp) -> Result<Span, Refusal> {
        let Self { source, start, end } = self;
        let mut fields = Fields::default();
        let span = Span::new(start, end.unwrap_or_else(|| start.plus(usual)));
        let span = fields.parsed("/ends_at", span, "not_after_start", "a session must end after it starts");
        fields.require(end.is_none() || source.is_past(), "/ends_at", "not_over", "only a past session has ended");
        if let Some(span) = span {
            fields.require(
                span.length() <= LONGEST,
                "/ends_at",
                "too_long",
                "no session lasts longer than 180 minutes",
            );
            let over = !source.is_past() || span.end() <= now;
            fields.require(over, "/ends_at", "in_the_future", "a past session cannot have ended later than now");
        }
        let away = start.since(now);
        let at_the_door = source != RecordSource::WalkIn || away.abs() <= NOW;
        fields.require(at_the_door, "/starts_at", "not_now", "a walk-in begins within an hour of now");
        let to_come = source != RecordSource::Phone || start > now;
        fields.require(to_come, "/starts_at", "in_the_past", "what is agreed on the telephone is yet to begin");
        fields.require(away.abs() <= FURTHEST, "/starts_at", "too_far", "must be within a year of now");
        let alive = born.is_none_or(|born| born <= start.date_in(zone));
        fields.require(alive, "/starts_at", "before_birth", "must not be before the client was born");
        fields.finish(|| span)
    }
}

impl Booking {
    /// Writes down a session that was agreed past the program. A past one is completed at once; `found` is what the decision says of it.
    ///
    /// # Errors
    /// [`Refusal::Blocked`] for one that is only agreed on, when a block is found that no waiting would mend.
    pub fn record(
        id: BookingId,
        ask: BookingAsk,
        found: Vec<Block>,
        why: RecordReason,
        now: Timestamp,
    ) -> Result<Change<Self>, Refusal> {
        let past = ask.source == Source::PastSession;
        if ask.source == Source::Phone {
            booking::refuse_barred(&found)?;
        }
        let state = if past { BookingState::Completed } else { BookingState::Confirmed };
        let session = ask.placement.session;
        let recorded = Self {
            blocks: block::settle(&[], found),
            actual: past.then_some(session),
            ..Self::asked_for(id, ask, state, now)
        };
        let event = recorded
            .event("booking.recorded")
            .with("therapist", recorded.placement.therapist)
            .with_some("co_therapist", recorded.placement.co_therapist)
            .with("session_type", recorded.session_type)
            .with("state", state)
            .with("source", recorded.source)
            .with("reason", why);
        let event = recorded.blocks.iter().fold(event, |event, block| event.with("block", block.code));
        Ok(Change::new(recorded, event))
    }
}
