//! Writing down a session that was agreed past the program.

use chrono::TimeDelta;

use super::deciding::{agreed, claimed, is_locked, standing, standing_under};
use super::holding::give_way;
use crate::availability;
use crate::availability::model::evaluator::SessionRules;
use crate::availability::model::occupancy::{Holder, Resource};
use crate::availability::store::holders;
use crate::bookings::model::{
    Booking, BookingAsk, OWN_THERAPIST, Placement, RecordReason, SetAside, SlotHold, Told, second_fault,
};
use crate::bookings::store::{self, Facts};
use crate::db::{Fault, Lock, Stop, Tx, View};
use crate::kernel::ids::{BookingId, ClientId, LocationId, RoomId, SessionTypeId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Span;
use crate::places::model::Location;
use crate::session_types::model::SessionType;
use crate::{clients, places, session_types, therapists};

/// A session as it is told.
#[derive(Clone, Copy, Debug)]
pub(in crate::bookings) struct Record {
    /// Who was treated, or is to be.
    pub client: ClientId,
    /// By whom.
    pub therapist: TherapistId,
    /// And by whom beside them.
    pub co_therapist: Option<TherapistId>,
    /// How.
    pub session_type: SessionTypeId,
    /// Where; may be left out where the practice has one open place.
    pub location: Option<LocationId>,
    /// When, and how that came about.
    pub told: Told,
    /// Why it is recorded past the rules.
    pub why: RecordReason,
}

/// Writes it down. What a therapist records of themself entrusts the client's record to nobody.
///
/// Whether the time is free is left to the database, which alone decides about that: no rule of the evaluator is asked of what happened.
///
/// # Errors
/// `NotThere` for what whoever records it may not know of or book for; `Fields` for a time that does not go with the rest; `SlotUnavailable`,
/// `ClientAlreadyBooked` or `RoomUnavailable` where two sessions would be at once; `Blocked` for one that is only agreed on and that no
/// waiting would mend; a fault of the store.
pub(in crate::bookings) fn record(tx: &mut Tx<'_>, record: &Record) -> Result<Booking, Stop> {
    let people = [Lock::Therapist(record.therapist), Lock::Client(record.client)].into_iter();
    let rooms = availability::store::rooms_for(tx, record.session_type)?.into_iter().map(|room| Lock::Room(room.id));
    let mut locks: Vec<Lock> = people.chain(record.co_therapist.map(Lock::Therapist)).chain(rooms).collect();
    if let Some(held) = standing(tx, record.client)? {
        locks.extend(claimed(&held.placement));
    }
    tx.lock(&locks)?;
    let (actor, now) = (tx.actor(), tx.now());
    let requested_by = actor.account().ok_or(Refusal::Unauthenticated)?;
    let session_type = session_types::store::session_type(tx, record.session_type)?;
    let (session_type, price_minor) = terms(tx, session_type, (record.therapist, record.co_therapist))?;
    let held = standing_under(tx, record.client, &locks)?;
    let own = held.as_ref().map(|held| Holder::Hold(held.id));
    let placement = place(tx, record, &session_type, own)?;
    is_locked(&placement, &locks)?;
    let decision = Facts::default().decide_of(tx, record.client, session_type.id, &placement)?;
    let found = decision.blocks("booking.recorded", now);
    let ask = BookingAsk {
        client: record.client,
        session_type: session_type.id,
        placement,
        price_minor,
        currency: session_type.currency.as_str().to_owned(),
        reasons: None,
        requested_by,
        terms: places::store::settings(tx)?.terms,
        source: record.told.source.source(),
        set_aside: SetAside::default(),
    };
    let change = Booking::record(BookingId::new(now), ask, found, record.why, now)?;
    // Whoever was treated has made up their mind about nothing that is yet to come.
    let is_past = record.told.source.is_past();
    let ends = |held: &SlotHold| !is_past || held.placement.collides(&change.state().placement, record.client);
    give_way(tx, held.filter(ends), None)?;
    let booking = tx.save(change)?;
    agreed(tx, &booking, &decision)?;
    Ok(booking)
}

/// The session type, as long and at the price as the one therapist offers it themself, if they do.
pub(super) fn terms(
    view: &mut View<'_>,
    session_type: SessionType,
    (therapist, co_therapist): (TherapistId, Option<TherapistId>),
) -> Result<(SessionType, i64), Stop> {
    if co_therapist.is_some() {
        let price_minor = session_type.price_minor;
        return Ok((session_type, price_minor));
    }
    let own = availability::store::offering(view, therapist, session_type.id)?;
    let price_minor = own.price_minor.unwrap_or(session_type.price_minor);
    Ok(match own.duration_minutes {
        Some(minutes) => (session_type.lasting(TimeDelta::minutes(minutes.into())), price_minor),
        None => (session_type, price_minor),
    })
}

/// Where and when the session was or is to be, of a client and therapists whom whoever records it may know and book for.
fn place(
    view: &mut View<'_>,
    record: &Record,
    session_type: &SessionType,
    own: Option<Holder>,
) -> Result<Placement, Stop> {
    let actor = view.actor();
    let therapists: Vec<TherapistId> = [record.therapist].into_iter().chain(record.co_therapist).collect();
    if !actor.is_desk() && actor.therapist() != Some(record.therapist) {
        return Err(Refusal::NotThere.into());
    }
    let past = record.told.source.is_past();
    // Who acts for the client books like any client; what has taken place, whoever is staff may write down.
    if !past && clients::store::acts_for(view, &actor, record.client)? {
        return Err(Refusal::Forbidden { operation: "bookings.record" }.into());
    }
    is_held_by_so_many(record, session_type)?;
    if !past && !session_type.active {
        let detail = "sessions of this type are no longer offered";
        return Err(Refusal::PolicyViolation { rule: "session_type_retired", detail }.into());
    }
    let client = clients::store::client(view, &actor, record.client)?;
    for id in &therapists {
        let therapist = therapists::store::therapist(view, *id)?.id;
        if store::themself(view, &client)? == Some(therapist) {
            return Err(OWN_THERAPIST.into());
        }
    }
    let location = location(view, record.location)?;
    if !past && !location.active {
        return Err(
            Refusal::PolicyViolation { rule: "location_closed", detail: "nobody is treated there any more" }.into()
        );
    }
    let usual = TimeDelta::minutes(session_type.duration_minutes.into());
    let session = record.told.session(usual, client.details.date_of_birth, location.zone, view.now())?;
    // What is over took no more time than it took, and left its room as it is.
    let rules = SessionRules::of(session_type, &places::store::settings(view)?);
    let rules = rules.ok_or(Fault::Corrupt("a session type that lasts no time"))?;
    let claim = if past { session } else { rules.claim(session) };
    let taken = rules.room_claim(session);
    let is_free = |view: &mut View<'_>, room: RoomId| {
        let holders = holders(view, (Resource::Room, room.0), taken)?;
        Ok(holders.iter().all(|holder| Some(*holder) == own))
    };
    let room = if past { None } else { free_room(view, (session_type, location.id), taken, is_free)? };
    let placement = Placement::new(record.therapist, session, location.zone).at(Some(location.id)).claiming(claim);
    Ok(placement.beside(record.co_therapist).within(room))
}

/// By one therapist, or by two, as the session type has it; what is over was held by whoever held it.
fn is_held_by_so_many(record: &Record, session_type: &SessionType) -> Result<(), Refusal> {
    let past = record.told.source.is_past();
    let two = if past { record.co_therapist.is_some() } else { session_type.therapists_needed == 2 };
    match second_fault(two, record.therapist, record.co_therapist) {
        Some((code, message)) => Err(fault("/co_therapist_id", code, message)),
        None => Ok(()),
    }
}

fn location(view: &mut View<'_>, named: Option<LocationId>) -> Result<Location, Stop> {
    if let Some(id) = named {
        return places::store::location(view, id);
    }
    let only = Location::only_open(&places::store::all_locations(view)?).cloned();
    Ok(only.ok_or_else(|| fault("/location_id", "required", "say at which of the practice's places"))?)
}

/// Any room of the right kind that is free there then; none where the session needs none.
pub(super) fn free_room(
    view: &mut View<'_>,
    (session_type, location): (&SessionType, LocationId),
    taken: Span,
    is_free: impl Fn(&mut View<'_>, RoomId) -> Result<bool, Stop>,
) -> Result<Option<(RoomId, Span)>, Stop> {
    let Some(kind) = &session_type.room_kind else { return Ok(None) };
    for room in places::store::rooms_of_kind(view, kind)? {
        if room.location == location && is_free(view, room.id)? {
            return Ok(Some((room.id, taken)));
        }
    }
    Err(Refusal::RoomUnavailable.into())
}

fn fault(pointer: &'static str, code: &'static str, message: &'static str) -> Refusal {
    Refusal::Fields(vec![Violation::at(pointer, code, message)])
}
