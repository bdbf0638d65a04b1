//! The rooms of the practice's places.

use actix_web::{get, post, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::answer::{created, made, shown, versioned};
use crate::http::extract::{Part, page_ask};
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json, PublicQuery, Query};
use crate::kernel::actor::Policy;
use crate::kernel::change::Change;
use crate::kernel::ids::{LocationId, RoomId};
use crate::kernel::refusal::Refusal;
use crate::places::model::{Room, RoomDraft};
use crate::places::store;
use crate::policies;

policies! {
    /// Listing rooms.
    ListRooms = "rooms.list": [FrontDesk, Admin, Therapist];
    /// Adding a room.
    AddRoom = "rooms.add": [Admin];
    /// Changing a room.
    ChangeRoom = "rooms.change": [Admin];
    /// Taking a room out of booking.
    RetireRoom = "rooms.retire": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_rooms).service(add_room).service(change_room).service(retire_room);
}

/// A room.
#[derive(Serialize, ToSchema)]
struct RoomView {
    id: RoomId,
    location_id: LocationId,
    name: String,
    /// What it is good for; session types ask for a kind of room.
    kind: String,
    active: bool,
    version: i32,
}

impl From<Room> for RoomView {
    fn from(room: Room) -> Self {
        let Room { id, location, name, kind, active, version } = room;
        Self { id, location_id: location, name, kind, active, version }
    }
}

/// A page of rooms.
#[derive(Serialize, ToSchema)]
struct RoomsView {
    items: Vec<RoomView>,
    next_cursor: Option<uuid::Uuid>,
}

/// List the rooms
#[utoipa::path(tag = "practice", params(PublicQuery), responses((status = 200, body = RoomsView)))]
#[get("/rooms")]
async fn list_rooms(guard: Guard<ListRooms, Query<PublicQuery>>) -> Answer {
    let Query(PublicQuery { all, limit, cursor }) = guard.input;
    let ask = page_ask(limit, cursor)?;
    let page = guard.read(move |view| store::rooms(view, all, ask)).await?.map(RoomView::from);
    shown(&RoomsView { items: page.items, next_cursor: page.next_cursor })
}

/// A room to be added; the place it is in it keeps.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"location_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "name": "Blue room", "kind": "treatment"}))]
struct AddRoomAsk {
    location_id: LocationId,
    name: String,
    /// A short word of the practice's own, the same however it is capitalised.
    kind: String,
}

/// A room as it is to be.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Blue room", "kind": "treatment"}))]
struct RoomAsk {
    name: String,
    /// A short word of the practice's own, the same however it is capitalised.
    kind: String,
}

/// Add a room to a location
#[utoipa::path(tag = "practice", request_body = AddRoomAsk, params(IdempotencyHeader),
    responses((status = 201, body = RoomView), (status = 409, description = "idempotency_in_progress")))]
#[post("/rooms")]
async fn add_room(guard: Guard<AddRoom, Json<AddRoomAsk>>) -> Answer {
    let AddRoomAsk { location_id, name, kind } = guard.input.0.clone();
    let draft = RoomDraft { name, kind };
    let receipt = guard
        .create(move |tx| {
            let places = store::all_locations(tx)?;
            let room = tx.save(Room::add(location_id, &draft, &places, tx.now())?)?;
            created(format!("/api/v1/rooms/{}", room.id), room.version, &RoomView::from(room))
        })
        .await?;
    made(&receipt)
}

/// Change a room's name and kind; bookings keep the room they have
#[utoipa::path(tag = "practice", request_body = RoomAsk, params(IfMatchHeader),
    responses((status = 200, body = RoomView), (status = 409, description = "invalid_transition")))]
#[put("/rooms/{id}")]
async fn change_room(guard: Guard<ChangeRoom, (At<RoomId>, IfMatch, Json<RoomAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(RoomAsk { name, kind })) = guard.input.clone();
    let draft = RoomDraft { name, kind };
    change(&guard, id, version, move |room| room.change(&draft)).await
}

/// Take a room out of booking; bookings that have it keep it
#[utoipa::path(tag = "practice", params(IfMatchHeader),
    responses((status = 200, body = RoomView), (status = 409, description = "invalid_transition")))]
#[post("/rooms/{id}/retire")]
async fn retire_room(guard: Guard<RetireRoom, (At<RoomId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    change(&guard, id, version, Room::retire).await
}

/// A booking that is decided at this moment may still choose the room as it was, as if it had been booked a moment before.
async fn change<P: Policy, In: Part>(
    guard: &Guard<P, In>,
    id: RoomId,
    version: i32,
    step: impl Fn(Room) -> Result<Change<Room>, Refusal> + Send + 'static,
) -> Answer {
    let room = guard
        .write(move |tx| {
            let room = store::room(tx, id)?;
            if room.version != version {
                return Err(Refusal::VersionMismatch.into());
            }
            tx.save(step(room)?)
        })
        .await?;
    versioned(room.version, &RoomView::from(room))
}
