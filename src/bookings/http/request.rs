//! Asking for a booking.

use actix_web::post;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::views::BookingView;
use super::when::{LocalStart, When};
use crate::availability::model::waiver::Waiver;
use crate::bookings::acts::{self, Wish};
use crate::bookings::model::{OverrideReason, Reasons, SetAside, VisitReason};
use crate::bookings::store::Sought;
use crate::db::{Stop, View};
use crate::http::answer::{created, made};
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, Guard, Json};
use crate::kernel::ids::{ClientId, LocationId, RoomId, SessionTypeId, SlotHoldId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Asking for a booking.
    RequestBooking = "bookings.request": [Client, Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(request_booking);
}

/// Who is to be treated, by whom, how and when, and why. When is told by `starts_at` or by `local_start`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "client_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "therapist_id": "0197a3a0-5b1e-7c3d-8f00-000000000002",
    "session_type_id": "0197a3a0-5b1e-7c3d-8f00-000000000003", "starts_at": "2027-03-02T10:00:00+01:00",
    "reasons": ["neck_pain", "stress"]
}))]
pub(super) struct RequestAsk {
    client_id: ClientId,
    therapist_id: TherapistId,
    /// The second therapist, where the session type needs two.
    co_therapist_id: Option<TherapistId>,
    session_type_id: SessionTypeId,
    starts_at: Option<Timestamp>,
    /// What the clock on the wall of the place shows at the start; with its offset, such as `+02:00`, where it shows that time twice.
    #[schema(value_type = Option<String>)]
    local_start: Option<LocalStart>,
    /// Where; wherever the therapist is then, if absent.
    location_id: Option<LocationId>,
    /// In which room; in any that is free and of the right kind, if absent.
    room_id: Option<RoomId>,
    /// The slot that is held for the client and that the booking takes over: the same session type, therapists and start.
    slot_hold_id: Option<SlotHoldId>,
    /// Reasons for the visit, from the list. They are sealed.
    #[serde(default)]
    reasons: Vec<VisitReason>,
    /// The same in words, up to 2000 characters. Sealed too.
    reasons_text: Option<String>,
    /// Rules that staff set aside: `min_notice`, `max_advance`, `working_hours`, `grid`, `limits`, `age`.
    #[serde(default, rename = "override")]
    overrides: Vec<Waiver>,
    /// Why they are set aside.
    override_reason: Option<OverrideReason>,
}

/// A request whose fields make sense by themselves.
#[derive(Clone)]
pub(super) struct Request {
    ask: RequestAsk,
    when: When,
    reasons: Option<Reasons>,
    set_aside: SetAside,
}

impl RequestAsk {
    pub(super) fn parse(self) -> Result<Request, Refusal> {
        let when = When::parse(self.starts_at, self.local_start, self.location_id)?;
        let reasons = Reasons::parse(self.reasons.clone(), self.reasons_text.as_deref())?;
        let set_aside = SetAside::parse(&self.overrides, self.override_reason)?;
        Ok(Request { ask: self, when, reasons, set_aside })
    }
}

impl Request {
    /// What is wished for, now that the zones of places can be looked up.
    pub(super) fn wish(&self, view: &mut View<'_>) -> Result<Wish, Stop> {
        let ask = &self.ask;
        let sought = Sought {
            client: ask.client_id,
            therapist: ask.therapist_id,
            co_therapist: ask.co_therapist_id,
            session_type: ask.session_type_id,
            start: self.when.start(view, ask.therapist_id)?,
            location: ask.location_id,
            room: ask.room_id,
            moving: None,
            held_since: None,
            set_aside: self.set_aside,
        };
        Ok(Wish { sought, hold: ask.slot_hold_id, reasons: self.reasons.clone() })
    }
}

/// Book a session
///
/// Clients book for themselves and their wards, therapists for those they treat, the desk for anybody. The client's booking, and the desk's,
/// lets the therapists open the client's record; a therapist's own opens nothing. A free slot is confirmed at once; where
/// the practice has set `booking_approval` to `by_staff`, a client's own request takes the slot but is `pending` until staff confirm or decline
/// it, and expires when nobody does so in time. How much a client may book for themselves, the practice limits (`limit_reached`). What can
/// still be mended before the day (a form, a clearance, a guardian) does not refuse the booking but blocks it. A slot that is held for the
/// client ends with their booking, which takes it over or takes another in its stead. Staff may set rules of time aside by name, with a reason;
/// an overlap, a room that is taken, a missing credential and a finding that forbids the session have no name.
#[utoipa::path(tag = "bookings", request_body = RequestAsk, params(IdempotencyHeader), responses(
    (status = 201, body = BookingView),
    (status = 404, description = "not_found: no such client, therapist, session type or slot hold for whoever asks"),
    (status = 409, description = "slot_unavailable, client_already_booked, room_unavailable or idempotency_in_progress"),
    (status = 410, description = "slot_hold_expired: it ran out, was given up, or was used")))]
#[post("/bookings")]
async fn request_booking(guard: Guard<RequestBooking, Json<RequestAsk>>) -> Answer {
    let request = guard.input.0.clone().parse()?;
    let vault = guard.vault();
    let receipt = guard
        .create(move |tx| {
            let wish = request.wish(tx)?;
            let booking = acts::book(tx, &vault, &wish)?;
            created(format!("/api/v1/bookings/{}", booking.id), booking.version, &BookingView::from(booking))
        })
        .await?;
    made(&receipt)
}
