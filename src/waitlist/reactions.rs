//! What the waiting list does about earlier rooms' events.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc, Weekday};

use super::model::{AcceptedBy, FreedTime, next_date};
use super::offering::{again, dates_around};
use super::store;
use crate::availability::model::local;
use crate::availability::store::limits_of;
use crate::bookings::acts::take_back;
use crate::bookings::model::{BookingState, OverrideReason, Placement};
use crate::bookings::store::{booking, slot_hold};
use crate::clients::store::acts_for;
use crate::db::{Fault, Stop, Tx, View};
use crate::kernel::actor::Actor;
use crate::kernel::change::Event;
use crate::kernel::ids::{BookingId, ClientId, LocationId, SessionTypeId, SlotHoldId, TherapistId};
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::{Span, Timestamp};
use crate::{places, session_types};

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
            let booking = booking(view, &KEEPER, BookingId(event.subject_id))?;
            claimed(view, booking.session_type, &booking.placement)
        }
        "booking.moved" | "booking.zone_followed" => moved_from(view, event),
        "slot_hold.released" | "slot_hold.replaced" | "slot_hold.expired" => {
            let hold = slot_hold(view, &KEEPER, SlotHoldId(event.subject_id))?;
            claimed(view, hold.session_type, &hold.placement)
        }
        "time_off.removed" => time_off(view, event),
        // A date that closes sets nothing free.
        "override.written" if event.detail("spans") != Some("0") => day(view, event),
        "override.removed" | "holiday.lifted" => day(view, event),
        "schedule.written" => Ok(vec![(Some(TherapistId(event.subject_id)), bookable(view)?)]),
        "room.added" => Ok(vec![(None, bookable(view)?)]),
        _ => Ok(Vec::new()),
    }
}

/// All that was claimed: of the therapists, and of whoever works then where somebody else could have the room.
fn claimed(view: &mut View<'_>, session_type: SessionTypeId, at: &Placement) -> Result<Vec<Free>, Stop> {
    let whole = |room: Span| Span::new(at.claim.start(), at.claim.end().max(room.end())).unwrap_or(at.claim);
    let room = at.room.map(|(_, claim)| whole(claim));
    let mut free: Vec<Free> = room.map(|whole| (None, whole)).into_iter().collect();
    for therapist in at.therapists() {
        let span = counted(view, (therapist, session_type), at)?.unwrap_or(at.claim);
        if room.is_none_or(|whole| !whole.contains(span)) {
            free.push((Some(therapist), span));
        }
    }
    Ok(free)
}

/// The local days over which a limit counts a therapist's sessions, if one does: with one session less, others of those days may be possible.
fn counted(
    view: &mut View<'_>,
    (therapist, session_type): (TherapistId, SessionTypeId),
    at: &Placement,
) -> Result<Option<Span>, Stop> {
    let session_type = session_types::store::session_type(view, session_type)?;
    let own = limits_of(view, &[therapist])?;
    let by_day = session_type.max_per_day.is_some()
        || own.iter().any(|own| own.limits.hands_on_minutes.is_some() || own.limits.in_a_row.is_some());
    let week = at.date().week(Weekday::Mon);
    Ok(match session_type.max_per_week {
        Some(_) => local::days(week.first_day(), week.last_day(), at.zone),
        None if by_day => local::days(at.date(), at.date(), at.zone),
        None => None,
    })
}

/// Where a booking was. What it claims is as long as before; of two therapists it may have left either. What a therapist hands over because they
/// will not be there is nobody's to book.
fn moved_from(view: &mut View<'_>, event: &Event) -> Result<Vec<Free>, Stop> {
    let booking = booking(view, &KEEPER, BookingId(event.subject_id))?;
    let at = booking.placement;
    let (from, to) = (instant(event, "from"), instant(event, "to"));
    let handed_over = event.detail("override_reason") == Some(OverrideReason::Handover.as_str());
    let stays = event.action == "booking.zone_followed" || handed_over;
    let Some(start) = from.filter(|_| !stays || from != to) else { return Ok(Vec::new()) };
    let by = start.since(at.session.start());
    let before = Placement {
        therapist: event.detail("from_therapist").and_then(|id| id.parse().ok()).unwrap_or(at.therapist),
        session: at.session.shifted(by),
        claim: at.claim.shifted(by),
        room: at.room.map(|(room, claim)| (room, claim.shifted(by))),
        ..at
    };
    let free = claimed(view, booking.session_type, &before)?;
    let either = before.co_therapist.is_some();
    Ok(free.into_iter().map(|(therapist, span)| (therapist.filter(|_| !either), span)).collect())
}

/// All the time that can be booked.
fn bookable(view: &mut View<'_>) -> Result<Span, Stop> {
    let furthest = places::store::settings(view)?.max_advance_days;
    let now = view.now();
    Ok(Span::new(now, now.plus(TimeDelta::days(furthest.into())))
        .ok_or(Fault::Corrupt("a practice that is never open"))?)
}

/// One span; of days that come each year all that can be booked.
fn time_off(view: &mut View<'_>, event: &Event) -> Result<Vec<Free>, Stop> {
    let therapist = event.detail("therapist").and_then(|id| id.parse().ok());
    let span = match instant(event, "starts_at").zip(instant(event, "ends_at")) {
        Some((start, end)) => Span::new(start, end),
        None => Some(bookable(view)?),
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
        "booking.requested" | "booking.confirmed" | "booking.moved" | "booking.recorded" | "booking.imported" => {
            event.client.map_or(Ok(()), |client| booked(tx, BookingId(event.subject_id), client))
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
fn booked(tx: &mut Tx<'_>, id: BookingId, client: ClientId) -> Result<(), Stop> {
    let entries = store::of_client(tx, &KEEPER, client)?;
    if entries.is_empty() {
        return Ok(());
    }
    let booking = booking(tx, &KEEPER, id)?;
    if booking.state != BookingState::Confirmed {
        return Ok(());
    }
    let at = &booking.placement;
    for entry in entries.into_iter().filter(|entry| entry.session_type == booking.session_type) {
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
