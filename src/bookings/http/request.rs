//! Asking for a booking.

use actix_web::post;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::knows;
use super::views::BookingView;
use crate::availability::model::offer::Opening;
use crate::bookings::model::{
    Approval, Booking, BookingAsk, BookingState, Decision, Entitlement, Placement, Reasons, Side, VisitReason, entrusts,
};
use crate::bookings::sealing::seal_reasons;
use crate::bookings::store::{self, Sought};
use crate::clients;
use crate::clients::model::CARE_AFTER_SESSION;
use crate::db::{Lock, Stop, Tx};
use crate::http::answer::{created, made};
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, Guard, Json};
use crate::intake;
use crate::kernel::ids::{BookingId, ClientId, SessionTypeId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::policies;
use crate::vault::Vault;

policies! {
    /// Asking for a booking.
    RequestBooking = "bookings.request": [Client, Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(request_booking);
}

/// Who is to be treated, by whom, how and when, and why.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "client_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "therapist_id": "0197a3a0-5b1e-7c3d-8f00-000000000002",
    "session_type_id": "0197a3a0-5b1e-7c3d-8f00-000000000003", "starts_at": "2027-03-02T10:00:00+01:00",
    "reasons": ["neck_pain", "stress"]
}))]
struct RequestAsk {
    client_id: ClientId,
    therapist_id: TherapistId,
    session_type_id: SessionTypeId,
    starts_at: Timestamp,
    /// Reasons for the visit, from the list. They are sealed.
    #[serde(default)]
    reasons: Vec<VisitReason>,
    /// The same in words, up to 2000 characters. Sealed too.
    reasons_text: Option<String>,
}

/// Book a session
///
/// Clients book for themselves and their wards, therapists for those they treat, the desk for anybody. The client's booking, and the desk's,
/// lets the therapist open the client's record; a therapist's own only prolongs what they may. A free slot is confirmed at once; where
/// the practice has set `booking_approval` to `by_staff`, a client's own request takes the slot but is `pending` until staff confirm or decline
/// it, and expires when its session was to begin. What can still be mended before the day (a form, a clearance, a guardian) does not refuse
/// the booking but blocks it.
#[utoipa::path(tag = "bookings", request_body = RequestAsk, params(IdempotencyHeader), responses(
    (status = 201, body = BookingView),
    (status = 404, description = "not_found: no such client, therapist or session type for whoever asks"),
    (status = 409, description = "slot_unavailable, client_already_booked or idempotency_in_progress")))]
#[post("/bookings")]
async fn request_booking(guard: Guard<RequestBooking, Json<RequestAsk>>) -> Answer {
    let Json(ask) = guard.input.clone();
    let reasons = Reasons::parse(ask.reasons, ask.reasons_text.as_deref())?;
    let vault = guard.vault();
    let (client, therapist, session_type) = (ask.client_id, ask.therapist_id, ask.session_type_id);
    let sought = Sought { client, therapist, session_type, start: ask.starts_at, moving: None };
    let receipt = guard
        .create(move |tx| {
            let booking = request(tx, &vault, &sought, reasons.as_ref())?;
            created(format!("/api/v1/bookings/{}", booking.id), booking.version, &BookingView::from(booking))
        })
        .await?;
    made(&receipt)
}

/// Locks, loads, decides, saves, and sees to what a booking brings with it.
fn request(tx: &mut Tx<'_>, vault: &Vault, sought: &Sought, reasons: Option<&Reasons>) -> Result<Booking, Stop> {
    tx.lock(&[Lock::Therapist(sought.therapist), Lock::Client(sought.client)])?;
    let (actor, now) = (tx.actor(), tx.now());
    // Whoever may know of a client may book for them.
    clients::store::client(tx, &actor, sought.client)?;
    let requested_by = actor.account().ok_or(Refusal::Unauthenticated)?;
    let (opening, entitlement) = store::place(tx, sought)?;
    let knows = knows(tx, &actor, sought.client)?;
    let decision = decide(tx, sought.client, &opening, &entitlement)?;
    decision.admits(knows)?;

    let id = BookingId::new(now);
    let ask = BookingAsk {
        client: sought.client,
        session_type: sought.session_type,
        placement: placement(&opening),
        price_minor: entitlement.session_type.price_minor,
        currency: entitlement.session_type.currency.as_str().to_owned(),
        reasons: reasons.map(|reasons| seal_reasons(tx, vault, (sought.client, id), reasons)).transpose()?,
        requested_by,
    };
    let found = decision.blocks("booking.requested", now);
    let acts = clients::store::acts_for(tx, &actor, sought.client)?;
    let side = Side::of(&actor, sought.therapist, acts);
    let approval = Approval::of(entitlement.settings.booking_approval, side);
    let booking = tx.save(Booking::request(id, ask, found, approval, now)?)?;
    agreed(tx, &booking, &decision, entrusts(&actor, sought.therapist, acts))?;
    Ok(booking)
}

/// Asks the decision about a place that the evaluator has found free.
pub(super) fn decide(
    tx: &mut Tx<'_>,
    client: ClientId,
    opening: &Opening,
    entitlement: &Entitlement,
) -> Result<Decision, Stop> {
    let date = opening.date();
    let clinical = store::clinical(tx, client, date, &entitlement.settings)?;
    Ok(Decision::of(entitlement, clinical, date))
}

/// What a booking brings with it once its time is agreed: the client has a form to answer, and the therapist may open the client's record if
/// they were chosen by who may choose (`entrusted`), or as long as they may already. A pending one brings nothing yet.
pub(super) fn agreed(tx: &mut Tx<'_>, booking: &Booking, decision: &Decision, entrusted: bool) -> Result<(), Stop> {
    if booking.state != BookingState::Confirmed {
        return Ok(());
    }
    let placement = &booking.placement;
    let until = placement.session.end().plus(CARE_AFTER_SESSION);
    if entrusted {
        clients::store::begin_treatment(tx, booking.client, placement.therapist, booking.id, until)?;
    } else {
        clients::store::prolong_treatment(tx, booking.client, placement.therapist, until)?;
    }
    if decision.awaits_answers() {
        intake::issue_for_booking(tx, booking.client, booking.id, placement.session.start())?;
    }
    Ok(())
}

/// The place as a booking keeps it.
pub(super) fn placement(opening: &Opening) -> Placement {
    let Opening { session, therapist, location, zone, .. } = *opening;
    Placement::new(therapist, session.span, zone).at(Some(location)).claiming(session.claim)
}
