//! A course of sessions: what could be booked for it, and booking it.
//!
//! What is proposed is found by one load of facts, whatever the number of sessions; each session that is found counts for those after it. A
//! course that is booked is proposed first, under its locks, and each session then made by the one act that makes bookings.

use std::sync::Arc;

use super::booking::{Wish, book};
use super::deciding::{Asker, knows, locks};
use crate::bookings::model::{Booking, Cadence, Decision, Membership, Mode, Series, Wished, refuses_course};
use crate::bookings::store::{self, Chart, Course, DECIDER, Diary, Ground, Sought};
use crate::db::{Stop, Tx, View};
use crate::kernel::ids::{BookingId, BookingSeriesId};
use crate::kernel::refusal::{OccurrenceAnswer, Refusal};
use crate::kernel::time::Timestamp;
use crate::vault::Vault;

/// A course that somebody wants.
#[derive(Clone, Debug)]
pub(in crate::bookings) struct CourseAsk {
    /// For whom, with whom and where, and the first start.
    pub sought: Sought,
    /// When each session is to be.
    pub wished: Vec<Wished>,
    /// How far apart they are, unless each start was chosen.
    pub cadence: Option<Cadence>,
    /// Whether all of them must be had.
    pub mode: Mode,
}

/// What a session of a course comes to.
#[derive(Clone, Debug)]
pub(in crate::bookings) struct Proposed {
    /// What was wished for.
    pub wished: Wished,
    /// The booking that it would become, or has; or why there is none.
    pub found: Result<Booking, Refusal>,
}

/// What each session of a course would be: at the start that is wished for, or else at the nearest within its window. Nothing is made.
///
/// # Errors
/// What refuses the course as a whole ([`refuses_course`]) and what forbids any session with this client or team; a fault of the store.
pub(in crate::bookings) fn propose(
    view: &mut View<'_>,
    sought: &Sought,
    wished: &[Wished],
) -> Result<Vec<Proposed>, Stop> {
    let mut prospect = Prospect::load(view, sought, wished)?;
    let mut proposals = Vec::new();
    for one in wished {
        proposals.push(prospect.propose(*one)?);
    }
    Ok(proposals)
}

/// Books a course, or those of its sessions that can be had.
///
/// # Errors
/// As [`propose`]; `SeriesUnavailable` with the answer to each session where one is missing, or all are; a fault of the store.
pub(in crate::bookings) fn book_course(
    tx: &mut Tx<'_>,
    vault: &Arc<Vault>,
    ask: &CourseAsk,
) -> Result<(Course, Vec<Proposed>), Stop> {
    let locks = locks(tx, &ask.sought)?;
    tx.lock(&locks)?;
    let mut proposals = propose(tx, &ask.sought, &ask.wished)?;
    let found = proposals.iter().filter(|one| one.found.is_ok()).count();
    if found == 0 || (ask.mode == Mode::All && found < proposals.len()) {
        return Err(unavailable(&proposals).into());
    }
    let id = BookingSeriesId::new(tx.now());
    let mut members = Vec::new();
    for Proposed { wished, found } in &mut proposals {
        let Ok(prospect) = found else { continue };
        let sought = Sought { start: prospect.placement.session.start(), ..ask.sought };
        let booking = book(tx, vault, &Wish { sought, hold: None, reasons: None })?;
        members.push((wished.ordinal, booking.id));
        *prospect = Booking { series: Some(Membership { series: id, ordinal: wished.ordinal }), ..booking };
    }
    let series = Series {
        id,
        client: ask.sought.client,
        therapist: ask.sought.therapist,
        session_type: ask.sought.session_type,
        cadence: ask.cadence,
        requested_by: tx.actor().account().ok_or(Refusal::Unauthenticated)?,
        members,
        version: 1,
        created_at: tx.now(),
    };
    tx.save(series.book())?;
    Ok((store::series(tx, &DECIDER, id)?, proposals))
}

fn unavailable(proposals: &[Proposed]) -> Refusal {
    let answer = |one: &Proposed| match &one.found {
        Ok(found) => (found.placement.session.start(), None),
        Err(refusal) => (one.wished.start, Some(refusal.clone())),
    };
    let answers = proposals.iter().map(|one| {
        let (start, refusal) = answer(one);
        OccurrenceAnswer { ordinal: one.wished.ordinal, start, refusal }
    });
    Refusal::SeriesUnavailable { occurrences: answers.collect() }
}

/// All that the sessions of a course are decided by.
struct Prospect<'a> {
    sought: &'a Sought,
    ground: Ground,
    chart: Chart,
    asker: Asker,
    knows: bool,
    diary: Diary,
    now: Timestamp,
}

impl<'a> Prospect<'a> {
    fn load(view: &mut View<'_>, sought: &'a Sought, wished: &[Wished]) -> Result<Self, Stop> {
        let (actor, client) = (view.actor(), sought.client);
        let asker = Asker::of(view, sought, "booking_series.book")?;
        let reach = reach(wished).ok_or(Refusal::OutsideAvailability)?;
        let ground = Ground::load(view, sought, reach)?;
        Ok(Self {
            sought,
            chart: Chart::of(view, (client, sought.session_type), ground.settings())?,
            ground,
            asker,
            knows: knows(view, &actor, client)?,
            diary: Diary::of(view, client)?,
            now: view.now(),
        })
    }

    /// Finds a start for one session, and counts it as taken.
    fn propose(&mut self, wished: Wished) -> Result<Proposed, Stop> {
        let found = self.find(&wished)?;
        if let Ok(booking) = &found {
            self.ground.take(&booking.placement);
            self.diary.add(booking);
        }
        Ok(Proposed { wished, found })
    }

    fn find(&self, wished: &Wished) -> Result<Result<Booking, Refusal>, Stop> {
        let wish = if wished.is_shown { self.at(wished.start)? } else { Err(Refusal::NonexistentLocalTime) };
        let others = wished.around().filter(|_| wish.is_err());
        for start in others.into_iter().flat_map(|around| self.ground.nearest(wished.start, around)) {
            let other = self.at(start)?;
            if other.is_ok() {
                return Ok(other);
            }
        }
        Ok(wish)
    }

    /// The booking that would begin then.
    fn at(&self, start: Timestamp) -> Result<Result<Booking, Refusal>, Stop> {
        let place = match self.ground.place(start) {
            Ok(place) => place,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let date = place.placement.date();
        let decision = Decision::of(&place.entitlement, self.chart.on(date)?, date);
        let booking = decision.admits(self.knows).and_then(|()| {
            self.asker.within_limits(&self.diary, &place)?;
            self.asker.request(self.sought, (&place, &decision), (BookingId::new(self.now), None))
        });
        match booking {
            Ok(change) => Ok(Ok(change.into_parts().0)),
            Err(refusal) if refuses_course(&refusal) => Err(refusal.into()),
            Err(refusal) => Ok(Err(refusal)),
        }
    }
}

/// The earliest start that may come about, and the latest.
fn reach(wished: &[Wished]) -> Option<(Timestamp, Timestamp)> {
    let around = |one: &Wished| one.around().map_or((one.start, one.start), |span| (span.start(), span.end()));
    let (first, last) = (around(wished.first()?), around(wished.last()?));
    Some((first.0, last.1))
}
