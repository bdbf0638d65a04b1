//! The one evaluator: which starts may be booked, asked of one start ([`decide`]) or of a window ([`slots`]).
//!
//! A start is refused by the first of these rules that it breaks:
//! 1. it respects the shortest notice (`too_soon`) and
//! 2. the furthest advance (`too_far_ahead`);
//! 3. the session lies in open hours and in no time off (`outside_availability`). Buffers may reach beyond both: setting up before
//!    opening is the practice's affair, not the client's;
//! 4. it is a whole number of steps after the last opening before it (`not_on_grid`). Where one opening flows into the next, a session may run
//!    across the seam and the grid starts anew at it. Time off and claims never move the grid;
//! 5. the therapist is eligible on the session's local date;
//! 6. the session with its buffers meets no claim on the therapist (`slot_unavailable`, with the nearest starts that would do). Claims
//!    carry their own buffers, so the buffers of neighbours add up;
//! 7. the session itself meets no claim on the client (`client_already_booked`).
//!
//! All spans are half-open, so neighbours may touch. `decide` tests each rule; `slots` computes the set of starts that pass them all, and the
//! property tests hold the two together. A rule added to one belongs in the other.

use std::num::NonZeroU16;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::spans;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};

/// How many other starts a refused one is answered with.
const ALTERNATIVES: usize = 3;

/// The smallest step of time; turns "up to and including" into "up to but not including".
const TICK: TimeDelta = TimeDelta::microseconds(1);

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
}

impl SessionRules {
    /// The session that begins at `start`; `None` at the end of the calendar.
    #[must_use]
    pub fn session(&self, start: Timestamp) -> Option<Session> {
        let span = Span::new(start, start.plus(self.duration()))?;
        Some(Session { span, claim: span.padded(self.before(), self.after()) })
    }

    /// The time that facts must be known for, so that every start in `window` can be judged.
    #[must_use]
    pub fn reach(&self, window: Span) -> Span {
        window.padded(self.before(), self.duration() + self.after())
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
}

/// A session that could be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Session {
    /// From its start to its end; what it claims of the client.
    pub span: Span,
    /// The same with its buffers; what it claims of the therapist.
    pub claim: Span,
}

/// Everything a decision rests on. Spans may come in any order and may overlap.
pub struct Facts<'a> {
    /// The instant of the decision.
    pub now: Timestamp,
    /// The time for which the spans below are complete. Of openings there are more: all that may set the grid
    /// of a start in it. What is not known to be free is refused as outside availability.
    pub known: Span,
    /// The therapist's openings, as [`super::hours::open_spans`] gives them.
    pub open: Vec<Span>,
    /// Their time off.
    pub off: Vec<Span>,
    /// What stands on their time, each with its own buffers: bookings, holds.
    pub therapist_claims: Vec<Span>,
    /// What stands on the client's time; empty while no client is named.
    pub client_claims: Vec<Span>,
    /// The rules of the session.
    pub rules: SessionRules,
    /// The zone in which the session has its date.
    pub zone: Tz,
    /// Whether the therapist may hold the session on that date.
    pub eligible_on: &'a dyn Fn(NaiveDate) -> Result<(), Refusal>,
}

/// Whether a session may begin at `start`.
///
/// # Errors
/// The first rule it breaks, in the order above.
pub fn decide(facts: &Facts, start: Timestamp) -> Result<Session, Refusal> {
    Calendar::of(facts).decide(start)
}

/// The first `limit` sessions that may begin in `window`, by their start.
#[must_use]
pub fn slots(facts: &Facts, window: Span, limit: usize) -> Vec<Session> {
    Calendar::of(facts).slots(window).take(limit).collect()
}

/// The facts, sorted once.
struct Calendar<'a> {
    facts: &'a Facts<'a>,
    /// From each opening to the next: where its grid is in force.
    grids: Vec<Span>,
    /// Open and not off.
    worked: Vec<Span>,
    taken: Vec<Span>,
    client_taken: Vec<Span>,
}

impl<'a> Calendar<'a> {
    fn of(facts: &'a Facts<'a>) -> Self {
        let open = spans::union(facts.open.iter().copied());
        let worked = spans::difference(&open, &spans::union(facts.off.iter().copied()));
        Self {
            grids: grids(&facts.open),
            worked,
            taken: spans::union(facts.therapist_claims.iter().copied()),
            client_taken: spans::union(facts.client_claims.iter().copied()),
            facts,
        }
    }

    fn decide(&self, start: Timestamp) -> Result<Session, Refusal> {
        let (earliest, latest) = self.booking_horizon();
        if start < earliest {
            return Err(Refusal::TooSoon { earliest });
        }
        if start > latest {
            return Err(Refusal::TooFarAhead { latest });
        }
        let session = self.facts.rules.session(start).filter(|session| self.is_worked(session));
        let session = session.ok_or(Refusal::OutsideAvailability)?;
        if spans::last_from(&self.grids, start).is_none_or(|grid| self.to_next_step(grid, start) > TimeDelta::zero()) {
            return Err(Refusal::NotOnGrid { minutes: i32::from(self.facts.rules.increment.get()) });
        }
        (self.facts.eligible_on)(start.date_in(self.facts.zone))?;
        if spans::touches(&self.taken, session.claim) {
            return Err(Refusal::SlotUnavailable { alternatives: self.nearest(start) });
        }
        if spans::touches(&self.client_taken, session.span) {
            return Err(Refusal::ClientAlreadyBooked);
        }
        Ok(session)
    }

    fn slots(&self, window: Span) -> impl Iterator<Item = Session> {
        let mut day = None;
        let eligible = move |session: &Session| {
            let date = session.span.start().date_in(self.facts.zone);
            // Starts come in order, so each date is asked about once.
            match day {
                Some((asked, answer)) if asked == date => answer,
                _ => day.insert((date, (self.facts.eligible_on)(date).is_ok())).1,
            }
        };
        let starts = self.free_starts(window).into_iter().flat_map(|starts| self.on_grid(starts));
        starts.filter_map(|start| self.facts.rules.session(start)).filter(eligible)
    }

    /// The instants in `window` at which a session would break no rule about time but that of the grid.
    fn free_starts(&self, window: Span) -> Vec<Span> {
        let rules = &self.facts.rules;
        let Some(bounds) = self.bounds(window) else { return Vec::new() };
        let fits = self.worked.iter().filter_map(|worked| {
            let fits = Span::new(worked.start(), worked.end().minus(rules.duration()).plus(TICK))?;
            fits.intersection(bounds)
        });
        // A claim bars every start from which the session would still be running, or already set up, within it.
        let barred = |claim: &Span, before, after| {
            Span::new(claim.start().minus(rules.duration() + after).plus(TICK), claim.end().plus(before))
        };
        let by_therapist = self.taken.iter().filter_map(|claim| barred(claim, rules.before(), rules.after()));
        let none = TimeDelta::zero();
        let by_client = self.client_taken.iter().filter_map(|claim| barred(claim, none, none));
        spans::difference(&fits.collect::<Vec<_>>(), &spans::union(by_therapist.chain(by_client)))
    }

    /// The starts in `window` that are within the horizon and whose claim is within what is known.
    fn bounds(&self, window: Span) -> Option<Span> {
        let rules = &self.facts.rules;
        let (earliest, latest) = self.booking_horizon();
        let known = Span::new(
            self.facts.known.start().plus(rules.before()),
            self.facts.known.end().minus(rules.duration() + rules.after()).plus(TICK),
        )?;
        window.intersection(known)?.intersection(Span::new(earliest, latest.plus(TICK))?)
    }

    /// The first and the last start that may be booked now.
    fn booking_horizon(&self) -> (Timestamp, Timestamp) {
        let Facts { now, rules, .. } = self.facts;
        (now.plus(rules.min_notice), now.plus(rules.max_advance))
    }

    fn is_worked(&self, session: &Session) -> bool {
        self.facts.known.contains(session.claim)
            && spans::last_from(&self.worked, session.span.start()).is_some_and(|worked| worked.contains(session.span))
    }

    /// The starts on the grid within a span.
    fn on_grid(&self, starts: Span) -> impl Iterator<Item = Timestamp> {
        let step = minutes(self.facts.rules.increment.get());
        let first = self.grids.partition_point(|grid| grid.end() <= starts.start());
        let grids = self.grids.iter().skip(first).take_while(move |grid| grid.start() < starts.end());
        grids.filter_map(move |grid| Some((grid, grid.intersection(starts)?))).flat_map(move |(grid, part)| {
            let first = part.start().plus(self.to_next_step(*grid, part.start()));
            std::iter::successors(Some(first), move |start| Some(start.plus(step)).filter(|next| next > start))
                .take_while(move |start| *start < part.end())
        })
    }

    /// How long from `at` to the next start on the grid; nothing when it is one.
    fn to_next_step(&self, grid: Span, at: Timestamp) -> TimeDelta {
        let step = i64::from(self.facts.rules.increment.get()) * 60_000_000;
        TimeDelta::microseconds((grid.start().unix_micros() - at.unix_micros()).rem_euclid(step))
    }

    /// The free starts nearest to one that is taken, nearest first.
    fn nearest(&self, start: Timestamp) -> Vec<Timestamp> {
        let mut free: Vec<Timestamp> = self.slots(self.facts.known).map(|session| session.span.start()).collect();
        free.sort_by_key(|other| (other.since(start).abs(), *other));
        free.truncate(ALTERNATIVES);
        free
    }
}

/// From each opening to the next, and from the last one to its close.
fn grids(open: &[Span]) -> Vec<Span> {
    let mut openings: Vec<Timestamp> = open.iter().map(|span| span.start()).collect();
    openings.sort_unstable();
    openings.dedup();
    let close = open.iter().map(|span| span.end()).max();
    let ends = openings.iter().copied().skip(1).chain(close);
    openings.iter().zip(ends).filter_map(|(opening, end)| Span::new(*opening, end)).collect()
}

fn minutes(count: u16) -> TimeDelta {
    TimeDelta::minutes(i64::from(count))
}

#[cfg(test)]
mod tests;
