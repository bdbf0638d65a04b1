//! What a decision rests on, and what it makes: plain data.

use std::num::NonZeroU16;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use crate::availability::model::limits::DayLimits;
use crate::availability::model::waiver::Waivers;
use crate::kernel::ids::RoomId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};

/// What a session type and the practice's settings say of starts; lengths in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRules {
    /// How long the session is.
    pub duration: NonZeroU16,
    /// What the therapist needs before it.
    pub buffer_before: u16,
    /// What the therapist needs after it.
    pub buffer_after: u16,
    /// The step of the grid of starts.
    pub increment: NonZeroU16,
    /// How far ahead a start must be at least.
    pub min_notice: TimeDelta,
    /// How far ahead a start may be at most.
    pub max_advance: TimeDelta,
    /// What it needs of a room; nothing where it needs none.
    pub room: Option<RoomNeed>,
    /// The most sessions of its type that one therapist holds in a local day.
    pub max_per_day: Option<u16>,
    /// The same in an ISO week.
    pub max_per_week: Option<u16>,
}

/// What a session needs of a room, besides its time and buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoomNeed {
    /// Minutes from the end of the session until the room may be used again; the buffer after it counts towards them.
    pub rest: u16,
}

impl SessionRules {
    /// The session that begins at `start`, in no room yet; `None` at the end of the calendar.
    #[must_use]
    pub fn session(&self, start: Timestamp) -> Option<Session> {
        let span = Span::new(start, start.plus(self.duration()))?;
        Some(Session { span, claim: self.claim(span), room: None, room_claim: None })
    }

    /// What a session claims of each therapist: its time with their buffers.
    #[must_use]
    pub fn claim(&self, session: Span) -> Span {
        session.padded(self.before(), self.after())
    }

    /// What it claims of its room, if it has one: as much, until the room has rested.
    #[must_use]
    pub fn room_claim(&self, session: Span) -> Span {
        session.padded(self.before(), self.room_after())
    }

    /// The time that facts must be known for, so that every start in `window` can be judged.
    #[must_use]
    pub fn reach(&self, window: Span) -> Span {
        window.padded(self.before(), self.duration() + self.room_after())
    }

    pub(super) fn duration(&self) -> TimeDelta {
        minutes(self.duration.get())
    }

    pub(super) fn before(&self) -> TimeDelta {
        minutes(self.buffer_before)
    }

    pub(super) fn after(&self) -> TimeDelta {
        minutes(self.buffer_after)
    }

    /// How long after the session its room, if it has one, is free again.
    pub(super) fn room_after(&self) -> TimeDelta {
        self.after().max(minutes(self.room.map_or(0, |need| need.rest)))
    }
}

/// A session that could be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session {
    /// From its start to its end; what it claims of the client.
    pub span: Span,
    /// The same with its buffers; what it claims of each therapist.
    pub claim: Span,
    /// The room it would take, if it needs one.
    pub room: Option<RoomId>,
    /// What it claims of that room.
    pub room_claim: Option<Span>,
}

/// A room that would do, and what stands on its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomTime {
    /// Which one.
    pub id: RoomId,
    /// Each with its own buffers and rest.
    pub claims: Vec<Span>,
}

/// A session that the therapist holds already, without its buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakenSession {
    /// From its start to its end.
    pub session: Span,
    /// Whether it is of the type that is asked about.
    pub session_type_is_same: bool,
}

/// Everything a decision rests on, for one therapist at one place. Spans may come in any order and may overlap.
pub struct Facts<'a> {
    /// The instant of the decision.
    pub now: Timestamp,
    /// The time for which the spans below are complete. Of openings there are more: all that may set the grid of a start in it; and of
    /// sessions, all of the local weeks it touches. What is not known to be free is refused as outside availability.
    pub known: Span,
    /// The therapist's openings, as [`Openings::open`](crate::availability::model::openings::Openings::open) gives them.
    pub open: Vec<Span>,
    /// Their time off.
    pub off: Vec<Span>,
    /// What stands on their time, each with its own buffers: bookings, holds.
    pub therapist_claims: Vec<Span>,
    /// What stands on the client's time; empty while no client is named.
    pub client_claims: Vec<Span>,
    /// The rooms of the right kind at the place; the first that is free is taken.
    pub rooms: Vec<RoomTime>,
    /// The sessions that count towards the limits.
    pub sessions: Vec<TakenSession>,
    /// How much the therapist does in a day.
    pub limits: DayLimits,
    /// The rules of the session.
    pub rules: SessionRules,
    /// The rules that are not asked.
    pub waived: Waivers,
    /// The zone in which the session has its date.
    pub zone: Tz,
    /// Whether the session may be held on that date.
    pub eligible_on: &'a dyn Fn(NaiveDate) -> Result<(), Refusal>,
}

pub(super) fn minutes(count: u16) -> TimeDelta {
    TimeDelta::minutes(i64::from(count))
}
