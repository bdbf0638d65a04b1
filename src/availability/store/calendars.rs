//! All that the evaluator needs of several therapists, in a fixed number of queries.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::claims::claims;
use super::{dates_around, hours, overrides, terms, time_off};
use crate::availability::model::evaluator::SessionRules;
use crate::availability::model::occupancy::{Holder, Resource};
use crate::availability::model::offer::{Calendar, Offer};
use crate::availability::model::waiver::Waivers;
use crate::clients::model::Client;
use crate::credentials;
use crate::db::types::AnyId;
use crate::db::{Fault, Stop, View};
use crate::kernel::ids::{SessionTypeId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Span;
use crate::places::model::Room;
use crate::session_types::model::SessionType;
use crate::{places, session_types};

/// No therapist's session lasts longer, whatever their own terms.
const LONGEST_SESSION: TimeDelta = TimeDelta::minutes(60);

/// The rest of any local week lies within as much of any of its instants.
const WEEK: TimeDelta = TimeDelta::days(8);

/// What is asked of a session type whose sessions begin in `window`. It names no client yet. The claims of `besides` count nowhere here: of a
/// booking that is to be moved, of a hold that is the asker's own.
///
/// # Errors
/// `NotThere`; `PolicyViolation` when it is retired; a fault of the store.
pub fn offer(
    view: &mut View<'_>,
    session_type: SessionTypeId,
    window: Span,
    besides: &[Holder],
) -> Result<Offer, Stop> {
    let session_type = session_types::store::session_type(view, session_type)?;
    if !session_type.active {
        let detail = "sessions of this type are no longer offered";
        return Err(Refusal::PolicyViolation { rule: "session_type_retired", detail }.into());
    }
    offer_of(view, session_type, window, besides)
}

/// The same of a session type as it is given, retired or not: for a session that was booked as it.
///
/// # Errors
/// A fault of the store.
pub fn offer_of(
    view: &mut View<'_>,
    session_type: SessionType,
    window: Span,
    besides: &[Holder],
) -> Result<Offer, Stop> {
    let settings = places::store::settings(view)?;
    let longest = SessionRules::of(&session_type.clone().lasting(LONGEST_SESSION), &settings);
    let known = longest.ok_or(Fault::Corrupt("a session type that lasts no time"))?.reach(window);
    let (first, last) = dates_around(known);
    Ok(Offer {
        now: view.now(),
        known,
        locations: places::store::all_locations(view)?,
        holidays: places::store::holidays_between(view, first, last)?,
        rooms: rooms(view, &session_type, known, besides)?,
        session_type,
        settings,
        client_claims: Vec::new(),
        client_birth: None,
        waived: Waivers::default(),
    })
}

/// The rooms a session type may be held in; none where it needs none.
///
/// # Errors
/// `NotThere` for an unknown session type; a fault of the store.
pub fn rooms_for(view: &mut View<'_>, session_type: SessionTypeId) -> Result<Vec<Room>, Stop> {
    match session_types::store::room_kind(view, session_type)? {
        Some(kind) => places::store::rooms_of_kind(view, &kind),
        None => Ok(Vec::new()),
    }
}

/// The rooms that would do for a session type, each with what stands on its time.
fn rooms(
    view: &mut View<'_>,
    session_type: &SessionType,
    known: Span,
    besides: &[Holder],
) -> Result<Vec<(Room, Vec<Span>)>, Stop> {
    let Some(kind) = &session_type.room_kind else { return Ok(Vec::new()) };
    let rooms = places::store::rooms_of_kind(view, kind)?;
    let ids = rooms.iter().map(|room| AnyId(room.id.0)).collect();
    // A room may rest for longer than the therapist, and so claim beyond what is known of them.
    let known = known.padded(TimeDelta::zero(), TimeDelta::minutes(session_type.room_rest_minutes.into()));
    let mut taken: BTreeMap<uuid::Uuid, Vec<Span>> = BTreeMap::new();
    for claim in claims(view, Resource::Room, ids, known, besides)? {
        taken.entry(claim.resource_id.0).or_default().push(claim.span);
    }
    let with_claims = |room: Room| {
        let claims = taken.remove(&room.id.0).unwrap_or_default();
        (room, claims)
    };
    Ok(rooms.into_iter().map(with_claims).collect())
}

/// Names the client an offer is for: what stands on their time, and when they were born. For rooms that were shown the client.
///
/// # Errors
/// A fault of the store.
pub fn for_client(view: &mut View<'_>, client: &Client, offer: &mut Offer, besides: &[Holder]) -> Result<(), Stop> {
    offer.client_birth = client.details.date_of_birth;
    let claims = claims(view, Resource::Client, vec![AnyId(client.id.0)], offer.known, besides)?;
    offer.client_claims = claims.into_iter().map(|claim| claim.span).collect();
    Ok(())
}

/// The calendars of therapists for what an offer asks about. A booking among `besides`, which is to be moved, keeps its own price and length
/// whatever the therapist now asks.
///
/// # Errors
/// A fault of the store.
pub fn calendars(
    view: &mut View<'_>,
    offer: &Offer,
    therapists: &[TherapistId],
    besides: &[Holder],
) -> Result<BTreeMap<TherapistId, Calendar>, Stop> {
    let mut calendars: BTreeMap<TherapistId, Calendar> =
        therapists.iter().map(|id| (*id, Calendar::default())).collect();
    for hours in hours::weekly(view, therapists)? {
        calendars.entry(hours.therapist).or_default().hours.push(hours);
    }
    for other in overrides::around(view, therapists, offer.known)? {
        calendars.entry(other.therapist).or_default().overrides.push(other);
    }
    for off in time_off::may_touch(view, therapists, offer.known)? {
        calendars.entry(off.therapist).or_default().off.extend(off.spans(offer.known));
    }
    for held in credentials::store::held_by(view, therapists)? {
        calendars.entry(held.credential.therapist).or_default().held.push(held);
    }
    for own in terms::limits_of(view, therapists)? {
        calendars.entry(own.therapist).or_default().limits = own.limits;
    }
    if !besides.iter().any(|holder| matches!(holder, Holder::Booking(_))) {
        for own in terms::offerings_of(view, therapists, offer.session_type.id)? {
            calendars.entry(own.therapist).or_default().offering = Some(own);
        }
    }
    let ids = therapists.iter().map(|id| AnyId(id.0)).collect();
    for claim in claims(view, Resource::Therapist, ids, offer.known.padded(WEEK, WEEK), besides)? {
        let calendar = calendars.entry(TherapistId(claim.resource_id.0)).or_default();
        calendar.sessions.push((claim.session_type, claim.session));
        if claim.span.overlaps(offer.known) {
            calendar.claims.push(claim.span);
        }
    }
    Ok(calendars)
}
