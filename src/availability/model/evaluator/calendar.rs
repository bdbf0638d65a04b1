//! The facts about one therapist, sorted once, and every rule asked of them.

use chrono::{NaiveDate, TimeDelta};

use super::facts::{Facts, Session, minutes};
use super::limits::Limits;
use crate::availability::model::spans;
use crate::availability::model::waiver::{Waiver, Waivers};
use crate::kernel::ids::RoomId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};

/// The smallest step of time; turns "up to and including" into "up to but not including".
const TICK: TimeDelta = TimeDelta::microseconds(1);

pub(super) struct Calendar<'a> {
    pub(super) facts: &'a Facts<'a>,
    /// From each opening to the next: where its grid is in force.
    grids: Vec<Span>,
    /// Open and not off.
    worked: Vec<Span>,
    taken: Vec<Span>,
    client_taken: Vec<Span>,
    rooms: Vec<(RoomId, Vec<Span>)>,
    limits: Limits,
}

impl<'a> Calendar<'a> {
    pub(super) fn of(facts: &'a Facts<'a>) -> Self {
        let open = spans::union(facts.open.iter().copied());
        let worked = spans::difference(&open, &spans::union(facts.off.iter().copied()));
        let rooms = facts.rooms.iter().map(|room| (room.id, spans::union(room.claims.iter().copied())));
        Self {
            grids: grids(&facts.open),
            worked,
            taken: spans::union(facts.therapist_claims.iter().copied()),
            client_taken: spans::union(facts.client_claims.iter().copied()),
            rooms: rooms.collect(),
            limits: Limits::of(facts),
            facts,
        }
    }

    /// Every rule but those that are waived, in their order. Which other starts would do is for the whole team to say.
    pub(super) fn decide(&self, start: Timestamp, waived: Waivers) -> Result<Session, Refusal> {
        self.in_horizon(start, waived)?;
        let session = self.facts.rules.session(start).filter(|session| self.is_known(session));
        let session = session.ok_or(Refusal::OutsideAvailability)?;
        if !waived.contains(Waiver::WorkingHours) {
            self.is_worked(&session, waived)?;
        }
        let date = start.date_in(self.facts.zone);
        (self.facts.eligible_on)(date)?;
        if spans::touches(&self.taken, session.claim) {
            return Err(Refusal::SlotUnavailable { alternatives: Vec::new() });
        }
        if spans::touches(&self.client_taken, session.span) {
            return Err(Refusal::ClientAlreadyBooked);
        }
        let session = self.roomed(session)?;
        if !waived.contains(Waiver::Limits) {
            self.limits.allow(session.span, date)?;
        }
        Ok(session)
    }

    /// Every session in `window` that no rule refuses, by its start.
    pub(super) fn slots(&self, window: Span) -> impl Iterator<Item = Session> {
        let mut day = None;
        let mut is_eligible = move |date: NaiveDate| match day {
            // Starts come in order, so each date is asked about once.
            Some((asked, answer)) if asked == date => answer,
            _ => day.insert((date, (self.facts.eligible_on)(date).is_ok())).1,
        };
        let starts = self.free_starts(window).into_iter().flat_map(|starts| self.on_grid(starts));
        starts.filter_map(move |start| {
            let date = start.date_in(self.facts.zone);
            let session = self.facts.rules.session(start).filter(|_| is_eligible(date))?;
            let session = self.roomed(session).ok()?;
            self.limits.allow(session.span, date).is_ok().then_some(session)
        })
    }

    /// The instants in `window` at which a session would break no rule about hours and claims.
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

    /// The starts in `window` that are within the horizon and whose claims are within what is known.
    fn bounds(&self, window: Span) -> Option<Span> {
        let rules = &self.facts.rules;
        let known = Span::new(
            self.facts.known.start().plus(rules.before()),
            self.facts.known.end().minus(rules.duration() + rules.room_after()).plus(TICK),
        )?;
        let (earliest, latest) = (self.facts.now.plus(rules.min_notice), self.facts.now.plus(rules.max_advance));
        window.intersection(known)?.intersection(Span::new(earliest, latest.plus(TICK))?)
    }

    /// Where the shortest notice is waived, a session still cannot begin in the past.
    fn in_horizon(&self, start: Timestamp, waived: Waivers) -> Result<(), Refusal> {
        let Facts { now, rules, .. } = self.facts;
        let notice = if waived.contains(Waiver::MinNotice) { TimeDelta::zero() } else { rules.min_notice };
        let (earliest, latest) = (now.plus(notice), now.plus(rules.max_advance));
        if start < earliest {
            return Err(Refusal::TooSoon { earliest });
        }
        if start > latest && !waived.contains(Waiver::MaxAdvance) {
            return Err(Refusal::TooFarAhead { latest });
        }
        Ok(())
    }

    /// Whether all that the session would claim is within what is known.
    fn is_known(&self, session: &Session) -> bool {
        let rules = &self.facts.rules;
        self.facts.known.contains(rules.room_claim(session.span))
    }

    /// Whether the session is in hours that are worked, and on the grid they set.
    fn is_worked(&self, session: &Session, waived: Waivers) -> Result<(), Refusal> {
        let start = session.span.start();
        if !spans::last_from(&self.worked, start).is_some_and(|worked| worked.contains(session.span)) {
            return Err(Refusal::OutsideAvailability);
        }
        let grid = spans::last_from(&self.grids, start);
        if waived.contains(Waiver::Grid) || grid.is_some_and(|grid| self.to_next_step(grid, start).is_zero()) {
            return Ok(());
        }
        Err(Refusal::NotOnGrid { minutes: i32::from(self.facts.rules.increment.get()) })
    }

    /// The session in the first room that is free for it.
    fn roomed(&self, session: Session) -> Result<Session, Refusal> {
        let rules = &self.facts.rules;
        if rules.room.is_none() {
            return Ok(session);
        }
        let claim = rules.room_claim(session.span);
        let free = self.rooms.iter().find(|(_, claims)| !spans::touches(claims, claim));
        let (room, _) = free.ok_or(Refusal::RoomUnavailable)?;
        Ok(Session { room: Some(*room), room_claim: Some(claim), ..session })
    }

    /// The starts on the grid within a span.
    fn on_grid(&self, starts: Span) -> impl Iterator<Item = Timestamp> {
        let step = minutes(self.facts.rules.increment.get());
        let first = self.grids.partition_point(|grid| grid.end() <= starts.start());
        let grids = self.grids.iter().skip(first).map_while(move |grid| Some((grid, grid.intersection(starts)?)));
        grids.flat_map(move |(grid, part)| {
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
