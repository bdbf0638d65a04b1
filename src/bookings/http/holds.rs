//! Slot holds: a time that is kept for a client while they make up their mind.

use actix_web::{delete, get, post};
use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::when::{LocalStart, When};
use crate::bookings::acts;
use crate::bookings::model::{HoldState, SetAside, SlotHold};
use crate::bookings::store::Sought;
use crate::bookings::store::holds::slot_hold;
use crate::http::answer::{created, done, made, versioned};
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::kernel::ids::{BookingId, ClientId, LocationId, RoomId, SessionTypeId, SlotHoldId, TherapistId};
use crate::kernel::time::Timestamp;
use crate::{policies, text_schema};

text_schema!(HoldState);

policies! {
    /// Holding a slot.
    HoldSlot = "slot_holds.make": [Client, Therapist, FrontDesk, Admin];
    /// Seeing a slot hold.
    SeeHold = "slot_holds.see": [Client, Therapist, FrontDesk, Admin];
    /// Holding a slot for longer.
    ExtendHold = "slot_holds.extend": [Client, Therapist, FrontDesk, Admin];
    /// Giving a held slot up.
    ReleaseHold = "slot_holds.release": [Client, Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(hold_slot).service(see_slot_hold).service(extend_slot_hold).service(release_slot_hold);
}

/// For whom a slot is held, with whom, how and when. When is told by `starts_at` or by `local_start`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "client_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "therapist_id": "0197a3a0-5b1e-7c3d-8f00-000000000002",
    "session_type_id": "0197a3a0-5b1e-7c3d-8f00-000000000003", "starts_at": "2027-03-02T14:00:00+01:00"
}))]
struct HoldSlotAsk {
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
}

impl HoldSlotAsk {
    fn sought(&self, start: Timestamp) -> Sought {
        Sought {
            client: self.client_id,
            therapist: self.therapist_id,
            co_therapist: self.co_therapist_id,
            session_type: self.session_type_id,
            start,
            location: self.location_id,
            room: self.room_id,
            moving: None,
            held_since: None,
            set_aside: SetAside::default(),
        }
    }
}

/// A slot that is, or was, held for a client.
#[derive(Serialize, ToSchema)]
struct SlotHoldView {
    id: SlotHoldId,
    client_id: ClientId,
    therapist_id: TherapistId,
    co_therapist_id: Option<TherapistId>,
    session_type_id: SessionTypeId,
    location_id: Option<LocationId>,
    room_id: Option<RoomId>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    /// What the clock on the wall of the place shows at the start.
    #[schema(value_type = String, format = "date-time-local")]
    local_start: NaiveDateTime,
    zone: String,
    /// What has become of it by now.
    state: HoldState,
    /// From when on it is worth nothing.
    expires_at: Timestamp,
    /// How often it may still be held for longer, while the client's form is open.
    extensions_left: i32,
    /// The booking that took it over.
    booking_id: Option<BookingId>,
    created_at: Timestamp,
    version: i32,
}

impl SlotHoldView {
    fn of(hold: SlotHold, now: Timestamp) -> Self {
        let (state, extensions_left, at) = (hold.state_at(now), hold.extensions_left(), hold.placement);
        Self {
            id: hold.id,
            client_id: hold.client,
            therapist_id: at.therapist,
            co_therapist_id: at.co_therapist,
            session_type_id: hold.session_type,
            location_id: at.location,
            room_id: at.room.map(|(room, _)| room),
            starts_at: at.session.start(),
            ends_at: at.session.end(),
            local_start: at.local_start,
            zone: at.zone.name().to_owned(),
            state,
            expires_at: hold.expires_at,
            extensions_left,
            booking_id: hold.booking,
            created_at: hold.created_at,
            version: hold.version,
        }
    }
}

/// Hold a slot for five minutes
///
/// Clients hold for themselves and their wards, therapists for those they treat, the desk for anybody. Nobody else is offered the time
/// meanwhile. A client has one slot held at a time: a new one replaces the old. A booking that names the hold takes it over; any other booking
/// of the client ends it. Holding agrees nothing: it opens no record and hands out no form.
#[utoipa::path(tag = "bookings", request_body = HoldSlotAsk, params(IdempotencyHeader), responses(
    (status = 201, body = SlotHoldView),
    (status = 404, description = "not_found: no such client, therapist or session type for whoever asks"),
    (status = 409, description = "slot_unavailable, client_already_booked, room_unavailable or idempotency_in_progress")))]
#[post("/slot-holds")]
async fn hold_slot(guard: Guard<HoldSlot, Json<HoldSlotAsk>>) -> Answer {
    let Json(ask) = guard.input.clone();
    let when = When::parse(ask.starts_at, ask.local_start, ask.location_id)?;
    let receipt = guard
        .create(move |tx| {
            let start = when.start(tx, ask.therapist_id)?;
            let hold = acts::hold(tx, &ask.sought(start))?;
            created(format!("/api/v1/slot-holds/{}", hold.id), hold.version, &SlotHoldView::of(hold, tx.now()))
        })
        .await?;
    made(&receipt)
}

/// See a held slot
#[utoipa::path(tag = "bookings", responses((status = 200, body = SlotHoldView)))]
#[get("/slot-holds/{id}")]
async fn see_slot_hold(guard: Guard<SeeHold, At<SlotHoldId>>) -> Answer {
    let At(id) = guard.input;
    let view = guard
        .read(move |view| {
            let actor = view.actor();
            Ok(SlotHoldView::of(slot_hold(view, &actor, id)?, view.now()))
        })
        .await?;
    versioned(view.version, &view)
}

/// Hold a slot for longer
///
/// For five minutes from now, twice at the most, and only while the client's health-history form is open.
#[utoipa::path(tag = "bookings", params(IfMatchHeader), responses((status = 200, body = SlotHoldView),
    (status = 410, description = "slot_hold_expired"), (status = 422, description = "policy_violation")))]
#[post("/slot-holds/{id}/extend")]
async fn extend_slot_hold(guard: Guard<ExtendHold, (At<SlotHoldId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    let view = guard.write(move |tx| Ok(SlotHoldView::of(acts::extend(tx, id, version)?, tx.now()))).await?;
    versioned(view.version, &view)
}

/// Give a held slot up
#[utoipa::path(tag = "bookings", params(IfMatchHeader),
    responses((status = 204), (status = 410, description = "slot_hold_expired")))]
#[delete("/slot-holds/{id}")]
async fn release_slot_hold(guard: Guard<ReleaseHold, (At<SlotHoldId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    guard.write(move |tx| acts::release(tx, id, version).map(drop)).await?;
    done()
}
