//! The one evaluator: which starts may be booked, asked of one start ([`decide`]) or of a window ([`slots`]).
//!
//! A start is refused by the first of these rules that it breaks:
//! 1. it respects the shortest notice (`too_soon`) and
//! 2. the furthest advance (`too_far_ahead`);
//! 3. the session lies in open hours and in no time off (`outside_availability`). Buffers may reach beyond both: setting up before
//!    opening is the practice's affair, not the client's;
//! 4. it is a whole number of steps after the last opening before it (`not_on_grid`). Where one opening flows into the next, a session may run
//!    across the seam and the grid starts anew at it. Time off and claims never move the grid;
//! 5. the session may be held on its local date: the therapist is eligible, the client of the right age;
//! 6. the session with its buffers meets no claim on the therapist (`slot_unavailable`, with the nearest starts that would do). Claims
//!    carry their own buffers, so the buffers of neighbours add up;
//! 7. the session itself meets no claim on the client (`client_already_booked`);
//! 8. where it needs a room, some room is free from its first buffer until the room has rested (`room_unavailable`). The first that is, in the
//!    order given, is the one it gets;
//! 9. with it, the therapist does no more than they may: sessions of the type in a day and in a week, minutes and sessions without a pause
//!    in a day (`limit_reached`). A session belongs to the local day it starts on.
//!
//! All spans are half-open, so neighbours may touch. A session that takes a team is decided by each one's facts: it may begin when all may
//! begin.
//!
//! A member of staff may set some rules aside for a start they name ([`Waivers`]); where the hours are set aside, so is the grid they set.
//! What nobody named is never listed by a waiver: [`slots`] asks every rule, so whatever it lists anybody can book.
//!
//! `decide` tests each rule; `slots` computes by sets what concerns time alone, and asks the other rules of what is left. The property tests
//! hold the two together, and to the rules said again without sets. A rule added to one belongs in the other.

mod calendar;
mod limits;

use std::num::NonZeroU16;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::waiver::Waivers;
use crate::kernel::ids::RoomId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};
use calendar::Calendar;

/// How many other starts a refused one is answered with.
const ALTERNATIVES: usize = 3;

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

/// How much a therapist does in one local day, whatever the sessions' types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayLimits {
    /// The most minutes of sessions.
    pub hands_on_minutes: Option<u16>,
    /// The most sessions without a pause between them.
    pub in_a_row: Option<u16>,
    /// How many minutes between two sessions are a pause.
    pub pause: u16,
}

impl Default for DayLimits {
    /// No limits, and a quarter of an hour to be called a pause.
    fn default() -> Self {
        Self { hands_on_minutes: None, in_a_row: None, pause: 15 }
    }
}

impl SessionRules {
    /// The session that begins at `start`, in no room yet; `None` at the end of the calendar.
    #[must_use]
    pub fn session(&self, start: Timestamp) -> Option<Session> {
        let span = Span::new(start, start.plus(self.duration()))?;
        Some(Session { span, claim: span.padded(self.before(), self.after()), room: None, room_claim: None })
    }

    /// The time that facts must be known for, so that every start in `window` can be judged.
    #[must_use]
    pub fn reach(&self, window: Span) -> Span {
        window.padded(self.before(), self.duration() + self.room_after())
    }

    fn duration(&self) -> TimeDelta {
        minutes(self.duration.get())
    }

    fn before(&self) -> TimeDelta {
        minutes(self.buffer_before)
    }

    fn after(&self) -> TimeDelta {
        minutes(self.buffer_after)
    }

    /// How long after the session its room, if it has one, is free again.
    fn room_after(&self) -> TimeDelta {
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
    /// The therapist's openings, as [`super::days::Days::open_spans`] gives them.
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

/// Whether a session may begin at `start` with all of a team, whose facts about client, rooms and rules are the same. Nobody is no team.
///
/// # Errors
/// The first rule it breaks, in the order above, of the first of them with whom it does.
pub fn decide(team: &[Facts], start: Timestamp) -> Result<Session, Refusal> {
    let calendars: Vec<_> = team.iter().map(Calendar::of).collect();
    match decide_by(&calendars, start) {
        Err(Refusal::SlotUnavailable { .. }) => {
            Err(Refusal::SlotUnavailable { alternatives: nearest(&calendars, start) })
        }
        decided => decided,
    }
}

/// The first `limit` sessions that may begin in `window` with all of a team, by their start.
#[must_use]
pub fn slots(team: &[Facts], window: Span, limit: usize) -> Vec<Session> {
    let calendars: Vec<_> = team.iter().map(Calendar::of).collect();
    listed(&calendars, window).take(limit).collect()
}

fn decide_by(team: &[Calendar], start: Timestamp) -> Result<Session, Refusal> {
    let decided = team.iter().map(|calendar| calendar.decide(start, &calendar.facts.waived));
    decided.reduce(|agreed, next| agreed.and(next)).unwrap_or(Err(Refusal::OutsideAvailability))
}

/// What the first lists and the others' rules allow.
fn listed(team: &[Calendar], window: Span) -> impl Iterator<Item = Session> {
    let (first, others) = team.split_first().unzip();
    let (starts, others) = (first.into_iter().flat_map(move |first| first.slots(window)), others.unwrap_or_default());
    let nothing = Waivers::default();
    starts.filter(move |session| others.iter().all(|other| other.decide(session.span.start(), &nothing).is_ok()))
}

/// The free starts nearest to one that is taken, nearest first.
fn nearest(team: &[Calendar], start: Timestamp) -> Vec<Timestamp> {
    let known = team.iter().map(|calendar| calendar.facts.known).reduce(|one, other| one.intersection(other).unwrap_or(one));
    let sessions = known.into_iter().flat_map(|known| listed(team, known));
    let mut free: Vec<Timestamp> = sessions.map(|session| session.span.start()).collect();
    free.sort_by_key(|other| (other.since(start).abs(), *other));
    free.truncate(ALTERNATIVES);
    free
}

fn minutes(count: u16) -> TimeDelta {
    TimeDelta::minutes(i64::from(count))
}

#[cfg(test)]
mod tests;
