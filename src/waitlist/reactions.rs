//! What the waiting list does about earlier rooms' events.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::model::{AcceptedBy, FreedTime, next_date};
use super::offering::{again, dates_around};
use super::store;
use crate::availability::model::local;
use crate::bookings::acts::take_back;
use crate::bookings::model::{BookingState, Placement};
use crate::bookings::store::{booking, slot_hold};
use crate::clients::store::acts_for;
use crate::db::{Stop, Tx, View};
use crate::kernel::actor::Actor;
use crate::kernel::change::Event;
use crate::kernel::ids::{BookingId, LocationId, SlotHoldId, TherapistId};
use crate::kernel::time::{Span, Timestamp};
use crate::places;

/// In whose name the list is kept: whoever causes an event may have no right to what follows from it.
const KEEPER: Actor = Actor::System("waitlist.keep");

/// Whose time came free, and when.
type Free = (Option<TherapistId>, Span);

/// Notes time that an event sets free, as long as somebody waits who would come then.
///
/// # Errors
/// A fault of the store.
pub fn note_freed(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    for (therapist, span) in freed(tx, event)? {
        let Some(freed) = FreedTime::note(therapist, span, tx.now()) else { continue };
        if store::is_awaited(tx, dates_around(span))? {
            tx.save(freed)?;
        }
    }
    Ok(())
}

fn freed(view: &mut View<'_>, event: &Event) -> Result<Vec<Free>, Stop> {
    match event.action {
        "booking.cancelled" | "booking.declined" | "booking.expired" => {
            Ok(claimed(&booking(view, &KEEPER, BookingId(event.subject_id))?.placement))
        }
        "booking.moved" => moved_from(view, event),
        "slot_hold.released" | "slot_hold.replaced" | "slot_hold.expired" => {
            Ok(claimed(&slot_hold(view, &KEEPER, SlotHoldId(event.subject_id))?.placement))
        }
        "time_off.removed" => time_off(view, event),
        "override.removed" | "holiday.lifted" => day(view, event),
        _ => Ok(Vec::new()),
    }
}

/// All that was claimed of therapists.
fn claimed(at: &Placement) -> Vec<Free> {
    at.therapists().map(|therapist| (Some(therapist), at.claim)).collect()
}

/// Where a booking was. What it claims is as long as before; of two therapists it may have left either.
fn moved_from(view: &mut View<'_>, event: &Event) -> Result<Vec<Free>, Stop> {
    let at = booking(view, &KEEPER, BookingId(event.subject_id))?.placement;
    let therapist = event.detail("from_therapist").and_then(|id| id.parse().ok());
    let (before, after) = (at.session.start().since(at.claim.start()), at.claim.end().since(at.session.start()));
    let span = instant(event, "from").and_then(|start| Span::new(start.minus(before), start.plus(after)));
    Ok(span.map(|span| (therapist.filter(|_| at.co_therapist.is_none()), span)).into_iter().collect())
}

/// One span; of days that come each year all that can be booked.
fn time_off(view: &mut View<'_>, event: &Event) -> Result<Vec<Free>, Stop> {
    let therapist = event.detail("therapist").and_then(|id| id.parse().ok());
    let span = match instant(event, "starts_at").zip(instant(event, "ends_at")) {
        Some((start, end)) => Span::new(start, end),
        None => {
            let furthest = places::store::settings(view)?.max_advance_days;
            Span::new(view.now(), view.now().plus(TimeDelta::days(furthest.into())))
        }
    };
    Ok(span.map(|span| (therapist, span)).into_iter().collect())
}

/// A date, on the walls of the places it was said of.
fn day(view: &mut View<'_>, event: &Event) -> Result<Vec<Free>, Stop> {
    let Some(date) = event.detail("date").and_then(|date| date.parse::<NaiveDate>().ok()) else {
        return Ok(Vec::new());
    };
    let therapist = event.detail("therapist").and_then(|id| id.parse().ok());
    let only: Option<LocationId> = event.detail("location").and_then(|id| id.parse().ok());
    let yearly = event.detail("yearly") == Some("true");
    let now = view.now();
    let places = places::store::all_locations(view)?.into_iter();
    let days = places.filter(|place| only.is_none_or(|only| only == place.id)).filter_map(|place| {
        let date = next_date(date, yearly, now.date_in(place.zone))?;
        local::days(date, date, place.zone)
    });
    let mut days: Vec<Span> = days.collect();
    days.sort_unstable();
    days.dedup();
    Ok(days.into_iter().map(|span| (therapist, span)).collect())
}

fn instant(event: &Event, detail: &str) -> Option<Timestamp> {
    event.detail(detail)?.parse::<DateTime<Utc>>().ok().map(Timestamp::from)
}

/// Keeps places on the list true to what became of their offers and to what their clients have booked.
///
/// # Errors
/// A fault of the store.
pub fn follow(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    match event.action {
        "slot_hold.converted" | "slot_hold.released" | "slot_hold.replaced" | "slot_hold.expired" => {
            answered(tx, SlotHoldId(event.subject_id))
        }
        "booking.requested" | "booking.confirmed" | "booking.moved" | "booking.recorded" => {
            booked(tx, BookingId(event.subject_id))
        }
        _ => Ok(()),
    }
}

/// An offer has ended: taken, declined or lapsed.
fn answered(tx: &mut Tx<'_>, id: SlotHoldId) -> Result<(), Stop> {
    let hold = slot_hold(tx, &KEEPER, id)?;
    let Some(entry) = hold.offered_to else { return Ok(()) };
    let entry = store::entry(tx, &KEEPER, entry)?;
    let actor = tx.actor();
    let by = if acts_for(tx, &actor, entry.client)? { AcceptedBy::Client } else { AcceptedBy::Phone };
    match entry.answered(&hold, by, tx.now()) {
        Some(change) => tx.save(change).map(drop).map_err(again),
        None => Ok(()),
    }
}

/// Whoever has what they wait for waits no longer: a session of that type, with whom and when they wished, that somebody has said yes to.
fn booked(tx: &mut Tx<'_>, id: BookingId) -> Result<(), Stop> {
    let booking = booking(tx, &KEEPER, id)?;
    if booking.state != BookingState::Confirmed {
        return Ok(());
    }
    let at = &booking.placement;
    for entry in store::of_client(tx, &KEEPER, (booking.client, booking.session_type))? {
        let is_with = entry.therapist.is_none_or(|wanted| at.is_with(wanted));
        if !is_with || !entry.wishes.suit(at.session, (at.location, at.zone)) {
            continue;
        }
        let (offer, now) = (entry.offer, tx.now());
        tx.save(entry.booked(booking.id, now)).map_err(again)?;
        if let Some(offer) = offer {
            take_back(tx, offer)?;
        }
    }
    Ok(())
}
