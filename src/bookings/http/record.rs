//! Recording sessions that were agreed past the program.

use actix_web::post;
use chrono::TimeDelta;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::request::agreed;
use super::views::BookingView;
use crate::availability::store as availability;
use crate::bookings::model::{
    Booking, BookingAsk, OWN_THERAPIST, Placement, RecordReason, RecordSource, Told, entrusts,
};
use crate::bookings::store::{self, Facts};
use crate::clients;
use crate::db::{Lock, Stop, Tx, View};
use crate::http::answer::{created, made};
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, Guard, Json};
use crate::kernel::ids::{BookingId, ClientId, LocationId, SessionTypeId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;
use crate::policies;
use crate::session_types::model::SessionType;
use crate::{places, session_types, therapists};

policies! {
    /// Recording a session that was agreed past the program.
    RecordSession = "bookings.record": [Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(record_session);
}

/// Who was treated, or is to be, by whom, when and how that came about.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "client_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "therapist_id": "0197a3a0-5b1e-7c3d-8f00-000000000002",
    "session_type_id": "0197a3a0-5b1e-7c3d-8f00-000000000003", "starts_at": "2027-02-26T10:00:00+01:00",
    "ends_at": "2027-02-26T10:50:00+01:00", "source": "past_session", "reason": "recorded_late"
}))]
struct RecordAsk {
    client_id: ClientId,
    therapist_id: TherapistId,
    session_type_id: SessionTypeId,
    /// Where; may be left out where the practice has one open place.
    location_id: Option<LocationId>,
    starts_at: Timestamp,
    /// When a past session ended; if absent, as long after its start as its type lasts.
    ends_at: Option<Timestamp>,
    source: RecordSource,
    reason: RecordReason,
}

/// Record a walk-in, a session agreed on the telephone, or one that has taken place
///
/// No rule of notice, hours, grid or limits refuses it; an overlap does. The decision (credential, screening, form, guardian) is asked all the same and
/// kept as the booking's blocks. A past session is completed at once, with its blocks beside it; a walk-in is confirmed, and what blocks it is
/// still in the way at check-in. What is agreed for later is refused (`blocked`) where nothing but a cancellation would mend it.
/// Therapists record their own sessions with clients they treat.
#[utoipa::path(tag = "bookings", request_body = RecordAsk, params(IdempotencyHeader), responses(
    (status = 201, body = BookingView),
    (status = 404, description = "not_found: no such client, therapist, session type or location for whoever asks"),
    (status = 409, description = "slot_unavailable, client_already_booked, blocked or idempotency_in_progress")))]
#[post("/bookings/records")]
async fn record_session(guard: Guard<RecordSession, Json<RecordAsk>>) -> Answer {
    let Json(ask) = guard.input.clone();
    let receipt = guard
        .create(move |tx| {
            let booking = record(tx, &ask)?;
            created(format!("/api/v1/bookings/{}", booking.id), booking.version, &BookingView::from(booking))
        })
        .await?;
    made(&receipt)
}

/// Locks, loads, decides, saves; what a therapist records of themself entrusts the client's record to nobody.
fn record(tx: &mut Tx<'_>, ask: &RecordAsk) -> Result<Booking, Stop> {
    tx.lock(&[Lock::Therapist(ask.therapist_id), Lock::Client(ask.client_id)])?;
    let (actor, now) = (tx.actor(), tx.now());
    let requested_by = actor.account().ok_or(Refusal::Unauthenticated)?;
    let session_type = session_types::store::session_type(tx, ask.session_type_id)?;
    let placement = place(tx, ask, &session_type)?;
    free(tx, ask.client_id, &placement)?;
    let decision = Facts::default().decide_of(tx, ask.client_id, session_type.id, &placement)?;
    let found = decision.blocks("booking.recorded", now);
    let asked_for = BookingAsk {
        client: ask.client_id,
        session_type: session_type.id,
        placement,
        price_minor: session_type.price_minor,
        currency: session_type.currency.as_str().to_owned(),
        reasons: None,
        requested_by,
        terms: places::store::settings(tx)?.terms,
        source: ask.source.source(),
    };
    let booking = tx.save(Booking::record(BookingId::new(now), asked_for, found, ask.reason, now)?)?;
    let acts = clients::store::acts_for(tx, &actor, ask.client_id)?;
    agreed(tx, &booking, &decision, entrusts(&actor, ask.therapist_id, acts))?;
    Ok(booking)
}

/// Where and when the session was or is to be, of a client and a therapist whom whoever records it may know and book for.
fn place(view: &mut View<'_>, ask: &RecordAsk, session_type: &SessionType) -> Result<Placement, Stop> {
    let actor = view.actor();
    if !actor.is_desk() && actor.therapist() != Some(ask.therapist_id) {
        return Err(Refusal::NotThere.into());
    }
    let client = clients::store::client(view, &actor, ask.client_id)?;
    let therapist = therapists::store::therapist(view, ask.therapist_id)?.id;
    if store::themself(view, &client)? == Some(therapist) {
        return Err(OWN_THERAPIST.into());
    }
    let location = match ask.location_id {
        Some(id) => places::store::location(view, id)?,
        None => {
            let mut open = places::store::all_locations(view)?.into_iter().filter(|place| place.active);
            let which = Violation::at("/location_id", "required", "say at which of the practice's places");
            open.next().filter(|_| open.next().is_none()).ok_or_else(|| Refusal::Fields(vec![which]))?
        }
    };
    let usual = TimeDelta::minutes(session_type.duration_minutes.into());
    let told = Told { source: ask.source, start: ask.starts_at, end: ask.ends_at };
    let session = told.session(usual, client.details.date_of_birth, location.zone, view.now())?;
    // What is over took no more time than it took.
    let buffer = |minutes: i32| TimeDelta::minutes(if ask.source.is_past() { 0 } else { minutes.into() });
    let claim = session.padded(buffer(session_type.buffer_before_minutes), buffer(session_type.buffer_after_minutes));
    Ok(Placement::new(therapist, session, location.zone).at(Some(location.id)).claiming(claim))
}

/// Refuses a time that is taken: two sessions at once cannot have happened.
fn free(view: &mut View<'_>, client: ClientId, at: &Placement) -> Result<(), Stop> {
    let actor = view.actor();
    let calendars = availability::calendars(view, &[at.therapist], at.claim, None)?;
    if calendars.values().flat_map(|calendar| &calendar.claims).any(|claim| claim.overlaps(at.claim)) {
        return Err(Refusal::SlotUnavailable { alternatives: Vec::new() }.into());
    }
    let claims = availability::client_claims(view, &actor, client, at.session, None)?;
    if claims.into_iter().any(|claim| claim.overlaps(at.session)) {
        return Err(Refusal::ClientAlreadyBooked.into());
    }
    Ok(())
}
