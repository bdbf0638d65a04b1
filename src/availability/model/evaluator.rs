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
mod facts;
mod limits;

use super::waiver::Waivers;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};
use calendar::Calendar;
pub use facts::{Facts, RoomNeed, RoomTime, Session, SessionRules, TakenSession};

/// How many other starts a refused one is answered with.
const ALTERNATIVES: usize = 3;

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

/// The first `limit` sessions that may begin in `window` with one therapist, by their start. A team may begin whenever each of it may.
#[must_use]
pub fn slots(facts: &Facts, window: Span, limit: usize) -> Vec<Session> {
    Calendar::of(facts).slots(window).take(limit).collect()
}

fn decide_by(team: &[Calendar], start: Timestamp) -> Result<Session, Refusal> {
    let decided = team.iter().map(|calendar| calendar.decide(start, calendar.facts.waived));
    decided.reduce(|agreed, next| agreed.and(next)).unwrap_or(Err(Refusal::OutsideAvailability))
}

/// Whenever each of a team may begin: what is listed of the first and decided of the others.
fn listed(team: &[Calendar], window: Span) -> impl Iterator<Item = Session> {
    let (first, others) = team.split_first().unzip();
    let (starts, others) = (first.into_iter().flat_map(move |first| first.slots(window)), others.unwrap_or_default());
    let nothing = Waivers::default();
    starts.filter(move |session| others.iter().all(|other| other.decide(session.span.start(), nothing).is_ok()))
}

/// The free starts nearest to one that is taken, nearest first.
fn nearest(team: &[Calendar], start: Timestamp) -> Vec<Timestamp> {
    let known =
        team.iter().map(|calendar| calendar.facts.known).reduce(|one, other| one.intersection(other).unwrap_or(one));
    let sessions = known.into_iter().flat_map(|known| listed(team, known));
    let mut free: Vec<Timestamp> = sessions.map(|session| session.span.start()).collect();
    free.sort_by_key(|other| (other.since(start).abs(), *other));
    free.truncate(ALTERNATIVES);
    free
}

#[cfg(test)]
mod tests;
