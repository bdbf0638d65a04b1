//! Bringing over bookings that were agreed in another calendar.
//!
//! A file is looked at whole before anything is written, so trying it and taking it answer alike, and one row at fault leaves nothing behind.
//! What its rows would take is kept apart by the same facts as everything else, and from each other.

mod naming;

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use uuid::Uuid;

use super::deciding::{agreed, claimed, is_locked, standing, standing_under};
use super::holding::give_way;
use super::recording::{free_room, terms};
use crate::availability::model::evaluator::SessionRules;
use crate::availability::model::occupancy::{Holder, Resource};
use crate::availability::store::{holders, rooms_for};
use crate::bookings::model::{
    Booking, BookingAsk, Decision, Import, ImportLine, Imported, Placement, RowOutcome, SetAside, Source,
};
use crate::bookings::sheet::Row;
use crate::bookings::store::{self, Facts};
use crate::db::{Fault, Lock, Stop, Tx, View};
use crate::kernel::change::Change;
use crate::kernel::ids::{BookingId, ImportId, RoomId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Span;
use crate::places::model::Settings;
use crate::{clients, places};
use naming::{Named, Names, fault};

/// How far ahead a session may have been agreed; what is further is a slip of the pen.
const FURTHEST: TimeDelta = TimeDelta::days(731);

/// What became, or would become, of a row.
#[derive(Clone, Copy, Debug)]
pub(in crate::bookings) struct RowAnswer {
    /// Its number in the file.
    pub row: usize,
    /// What.
    pub outcome: RowOutcome,
    /// The booking that was made of it, now or before.
    pub booking: Option<BookingId>,
}

/// What a row comes to.
enum Planned {
    New(Box<(Change<Booking>, Decision)>),
    Known(BookingId),
}

/// Time that is taken by the rows before.
type Taken = Vec<(Resource, Uuid, Span)>;

/// Makes bookings of all rows. What `fingerprint` is of is the file.
///
/// # Errors
/// As [`try_import`]; nothing is written then.
pub(in crate::bookings) fn import(
    tx: &mut Tx<'_>,
    rows: &[Row],
    fingerprint: &[u8],
) -> Result<(Import, Vec<RowAnswer>), Stop> {
    let locks = locks(tx, rows)?;
    tx.lock(&locks)?;
    let plan = plan(tx, rows)?;
    for (_, planned) in &plan {
        is_planned_under(tx, planned, &locks)?;
    }
    let (now, by) = (tx.now(), tx.actor().account().ok_or(Refusal::Unauthenticated)?);
    let created = plan.iter().filter(|(_, planned)| matches!(planned, Planned::New(_))).count();
    let count = |count: usize| i32::try_from(count).map_err(|_| Fault::Corrupt("more rows than can be counted"));
    let (id, rows, created) = (ImportId::new(now), count(plan.len())?, count(created)?);
    let fingerprint = fingerprint.to_vec();
    let import = tx.save(Import { id, by, at: now, rows, created, fingerprint }.made())?;
    let mut answers = Vec::new();
    for (row, planned) in plan {
        let (outcome, booking) = match planned {
            Planned::Known(booking) => (RowOutcome::AlreadyImported, booking),
            Planned::New(new) => (RowOutcome::New, write(tx, id, row, *new)?),
        };
        answers.push(RowAnswer { row: row.0, outcome, booking: Some(booking) });
    }
    Ok((import, answers))
}

/// What would become of the rows. Nothing is written.
///
/// # Errors
/// `Fields` with every fault of every row; a fault of the store.
pub(in crate::bookings) fn try_import(view: &mut View<'_>, rows: &[Row]) -> Result<Vec<RowAnswer>, Stop> {
    let answer = |((row, _), planned)| match planned {
        Planned::Known(booking) => RowAnswer { row, outcome: RowOutcome::AlreadyImported, booking: Some(booking) },
        Planned::New(_) => RowAnswer { row, outcome: RowOutcome::New, booking: None },
    };
    Ok(plan(view, rows)?.into_iter().map(answer).collect())
}

fn write(
    tx: &mut Tx<'_>,
    import: ImportId,
    (_, line): (usize, &ImportLine),
    (change, decision): (Change<Booking>, Decision),
) -> Result<BookingId, Stop> {
    let (booking, event) = change.into_parts();
    let reference = line.reference.clone();
    let held = standing(tx, booking.client)?;
    give_way(tx, held, None)?;
    let Imported { booking, .. } = tx.save(Change::new(Imported { booking, import, reference }, event))?;
    agreed(tx, &booking, &decision)?;
    Ok(booking.id)
}

/// Whom a row means may have changed before the locks were taken: nobody is decided about without their own.
fn is_planned_under(view: &mut View<'_>, planned: &Planned, locks: &[Lock]) -> Result<(), Stop> {
    let Planned::New(new) = planned else { return Ok(()) };
    let booking = new.0.state();
    is_locked(&booking.placement, locks)?;
    if !locks.contains(&Lock::Client(booking.client)) {
        return Err(Fault::Retry.into());
    }
    standing_under(view, booking.client, locks).map(drop)
}

/// Everybody and every room that the rows may come to be about, and that no other file is brought in meanwhile.
fn locks(view: &mut View<'_>, rows: &[Row]) -> Result<Vec<Lock>, Stop> {
    let names = Names::of(view, rows)?;
    let mut locks = vec![Lock::Only("bookings.import")];
    let mut session_types = BTreeSet::new();
    for named in rows.iter().filter_map(|row| names.named(row.line.as_ref().ok()?).ok()) {
        locks.push(Lock::Client(named.client));
        locks.extend(named.therapists().map(Lock::Therapist));
        if let Some(held) = standing(view, named.client)? {
            locks.extend(claimed(&held.placement));
        }
        session_types.insert(named.session_type.id);
    }
    for id in session_types {
        locks.extend(rooms_for(view, id)?.into_iter().map(|room| Lock::Room(room.id)));
    }
    Ok(locks)
}

/// A row of the file, by its number, and what is to be done about it.
type PlannedRow<'r> = ((usize, &'r ImportLine), Planned);

/// Looks at every row, in the light of those before it.
fn plan<'r>(view: &mut View<'_>, rows: &'r [Row]) -> Result<Vec<PlannedRow<'r>>, Stop> {
    let names = Names::of(view, rows)?;
    let references: Vec<&str> = rows.iter().filter_map(|row| Some(&*row.line.as_ref().ok()?.reference)).collect();
    let known = store::imported(view, &references)?;
    let settings = places::store::settings(view)?;
    let mut planner =
        Planner { names, known, settings, facts: Facts::default(), taken: Taken::new(), seen: BTreeSet::new() };
    let (mut plan, mut faults) = (Vec::new(), Vec::new());
    for row in rows {
        let planned = match &row.line {
            Ok(line) => planner.plan(view, line).map(|planned| ((row.number, line), planned)),
            Err(refusal) => Err(refusal.clone().into()),
        };
        match planned {
            Ok(planned) => plan.push(planned),
            Err(Stop::Refused(Refusal::Fields(own))) => faults.extend(own.into_iter().map(|fault| at(row, fault))),
            Err(stop) => return Err(stop),
        }
    }
    if faults.is_empty() { Ok(plan) } else { Err(Refusal::Fields(faults).into()) }
}

/// A fault of a cell, told by its row and column.
fn at(row: &Row, fault: Violation) -> Violation {
    let column = if fault.pointer.is_empty() { String::new() } else { format!("/{}", fault.pointer) };
    Violation { pointer: format!("/csv/{}{column}", row.number), ..fault }
}

/// What rows are looked at by.
struct Planner<'r> {
    names: Names,
    known: BTreeMap<String, BookingId>,
    settings: Settings,
    facts: Facts,
    taken: Taken,
    seen: BTreeSet<&'r str>,
}

impl<'r> Planner<'r> {
    fn plan(&mut self, view: &mut View<'_>, line: &'r ImportLine) -> Result<Planned, Stop> {
        if !self.seen.insert(&line.reference) {
            return Err(fault("reference", "duplicate_reference", "stands in a row before").into());
        }
        if let Some(booking) = self.known.get(&line.reference) {
            return Ok(Planned::Known(*booking));
        }
        let named = self.names.named(line)?;
        let (session_type, price_minor) =
            terms(view, named.session_type.clone(), (named.therapist, named.co_therapist))?;
        let named = Named { session_type, ..named };
        let placement = self.place(view, line, &named)?;
        let now = view.now();
        let decision = self.facts.decide_of(view, named.client, named.session_type.id, &placement)?;
        let found = decision.blocks("booking.imported", now);
        let ask = BookingAsk {
            client: named.client,
            session_type: named.session_type.id,
            placement,
            price_minor: line.price_minor.unwrap_or(price_minor),
            currency: named.session_type.currency.as_str().to_owned(),
            reasons: None,
            requested_by: view.actor().account().ok_or(Refusal::Unauthenticated)?,
            terms: self.settings.terms,
            source: Source::Import,
            set_aside: SetAside::default(),
        };
        let claims: Taken = ask.placement.claims(named.client).collect();
        let change = Booking::import(BookingId::new(now), ask, found, now)
            .map_err(|_| fault("client", "screening_blocked", "screening does not allow the session"))?;
        self.taken.extend(claims);
        Ok(Planned::New(Box::new((change, decision))))
    }

    /// Where and when the session is to be, if nothing stands there.
    fn place(&self, view: &mut View<'_>, line: &ImportLine, named: &Named) -> Result<Placement, Stop> {
        let Named { session_type, location, .. } = named;
        let start = line.start.instant(location.zone)?;
        let (column, away) = (line.start.column(), start.since(view.now()));
        if away <= TimeDelta::zero() {
            return Err(fault(column, "in_the_past", "must be yet to come").into());
        }
        if away > FURTHEST {
            return Err(fault(column, "too_far", "must be within two years").into());
        }
        may_be_brought(view, named)?;
        let own = standing(view, named.client)?.map(|held| Holder::Hold(held.id));
        let minutes = |minutes: i32| TimeDelta::minutes(minutes.into());
        let session = Span::new(start, start.plus(minutes(session_type.duration_minutes)));
        let session = session.ok_or(Fault::Corrupt("a session type that lasts no time"))?;
        let rules = SessionRules::of(session_type, &self.settings);
        let rules = rules.ok_or(Fault::Corrupt("a session type that lasts no time"))?;
        let claim = rules.claim(session);
        let placement = Placement::new(named.therapist, session, location.zone).at(Some(location.id)).claiming(claim);
        let placement = placement.beside(named.co_therapist);
        for (resource, id, span) in placement.claims(named.client) {
            if !self.is_free(view, (resource, id, span), own)? {
                return Err(taken(resource).into());
            }
        }
        let span = rules.room_claim(session);
        let is_free = |view: &mut View<'_>, room: RoomId| self.is_free(view, (Resource::Room, room.0, span), own);
        let room = free_room(view, (session_type, location.id), span, is_free).map_err(|stop| match stop {
            Stop::Refused(Refusal::RoomUnavailable) => taken(Resource::Room).into(),
            other => other,
        })?;
        Ok(placement.within(room))
    }

    /// Whether neither a row before nor what stands takes it, but for what is the client's `own` hold.
    fn is_free(
        &self,
        view: &mut View<'_>,
        (resource, id, then): (Resource, Uuid, Span),
        own: Option<Holder>,
    ) -> Result<bool, Stop> {
        let is_it =
            |(kind, taken, span): &(Resource, Uuid, Span)| (*kind, *taken) == (resource, id) && span.overlaps(then);
        let holders = holders(view, (resource, id), then)?;
        Ok(!self.taken.iter().any(is_it) && holders.iter().all(|holder| Some(*holder) == own))
    }
}

/// Nobody is their own therapist, and who acts for a client books for them as clients do, by the rules.
fn may_be_brought(view: &mut View<'_>, named: &Named) -> Result<(), Stop> {
    let actor = view.actor();
    let client = clients::store::client(view, &actor, named.client)?;
    let themself = store::themself(view, &client)?;
    if named.therapists().any(|id| themself == Some(id)) {
        return Err(fault("therapist", "own_therapist", "nobody is their own therapist").into());
    }
    if clients::store::acts_for(view, &actor, named.client)? {
        return Err(fault("client", "own_booking", "is brought over by somebody else than who acts for them").into());
    }
    Ok(())
}

fn taken(resource: Resource) -> Refusal {
    match resource {
        Resource::Therapist => fault("therapist", "slot_unavailable", "has something else at that time"),
        Resource::Client => fault("client", "client_already_booked", "has another session at that time"),
        Resource::Room => fault("session_type", "room_unavailable", "no room is free at that time"),
    }
}
