//! Where sessions are held.

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
use crate::kernel::ids::LocationId;
use crate::kernel::refusal::Refusal;
use crate::places::model::{Location, LocationDraft};
use crate::places::store;
use crate::policies;

policies! {
    /// Listing locations.
    ListLocations = "locations.list": anyone;
    /// Adding a location.
    AddLocation = "locations.add": [Admin];
    /// Changing a location.
    ChangeLocation = "locations.change": [Admin];
    /// Closing a location to new sessions.
    CloseLocation = "locations.close": [Admin];
    /// Opening a location again.
    ReopenLocation = "locations.reopen": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_locations)
        .service(add_location)
        .service(change_location)
        .service(close_location)
        .service(reopen_location);
}

/// A location.
#[derive(Serialize, ToSchema)]
struct LocationView {
    id: LocationId,
    name: String,
    address_lines: Vec<String>,
    /// The IANA zone of the clock on its wall.
    zone: String,
    active: bool,
    version: i32,
}

impl From<Location> for LocationView {
    fn from(location: Location) -> Self {
        Self {
            id: location.id,
            name: location.name,
            address_lines: location.address_lines,
            zone: location.zone.name().to_owned(),
            active: location.active,
            version: location.version,
        }
    }
}

/// A page of locations.
#[derive(Serialize, ToSchema)]
struct LocationsView {
    items: Vec<LocationView>,
    next_cursor: Option<uuid::Uuid>,
}

/// List the locations where sessions can be booked
#[utoipa::path(tag = "practice", security((), ("bearer" = [])), params(PublicQuery), responses((status = 200, body = LocationsView)))]
#[get("/locations")]
async fn list_locations(guard: Guard<ListLocations, Query<PublicQuery>>) -> Answer {
    let Query(PublicQuery { all, limit, cursor }) = guard.input;
    let ask = page_ask(limit, cursor)?;
    let page = guard
        .read(move |view| {
            if all {
                view.actor().require_staff(ListLocations::RULE.name)?;
            }
            store::locations(view, all, ask)
        })
        .await?
        .map(LocationView::from);
    shown(&LocationsView { items: page.items, next_cursor: page.next_cursor })
}

/// A location as it is to be.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Harbour rooms", "address_lines": ["Kai 3", "20457 Hamburg"], "zone": "Europe/Berlin"}))]
struct LocationAsk {
    name: String,
    address_lines: Vec<String>,
    zone: String,
}

impl From<LocationAsk> for LocationDraft {
    fn from(ask: LocationAsk) -> Self {
        Self { name: ask.name, address_lines: ask.address_lines, zone: ask.zone }
    }
}

/// Add a location
#[utoipa::path(tag = "practice", request_body = LocationAsk, params(IdempotencyHeader),
    responses((status = 201, body = LocationView), (status = 409, description = "idempotency_in_progress")))]
#[post("/locations")]
async fn add_location(guard: Guard<AddLocation, Json<LocationAsk>>) -> Answer {
    let draft = LocationDraft::from(guard.input.0.clone());
    let receipt = guard
        .create(move |tx| {
            let location = tx.save(Location::add(&draft, tx.now())?)?;
            let at = format!("/api/v1/locations/{}", location.id);
            created(at, location.version, &LocationView::from(location))
        })
        .await?;
    made(&receipt)
}

/// Change a location
#[utoipa::path(tag = "practice", request_body = LocationAsk, params(IfMatchHeader), responses((status = 200, body = LocationView)))]
#[put("/locations/{id}")]
async fn change_location(guard: Guard<ChangeLocation, (At<LocationId>, IfMatch, Json<LocationAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let draft = LocationDraft::from(ask);
    change(&guard, id, version, move |location| location.change(&draft)).await
}

/// Close a location to new sessions
#[utoipa::path(tag = "practice", params(IfMatchHeader),
    responses((status = 200, body = LocationView), (status = 409, description = "invalid_transition")))]
#[post("/locations/{id}/close")]
async fn close_location(guard: Guard<CloseLocation, (At<LocationId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    change(&guard, id, version, Location::close).await
}

/// Open a location again
#[utoipa::path(tag = "practice", params(IfMatchHeader),
    responses((status = 200, body = LocationView), (status = 409, description = "invalid_transition")))]
#[post("/locations/{id}/reopen")]
async fn reopen_location(guard: Guard<ReopenLocation, (At<LocationId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    change(&guard, id, version, Location::reopen).await
}

async fn change<P: Policy, In: Part>(
    guard: &Guard<P, In>,
    id: LocationId,
    version: i32,
    step: impl Fn(Location) -> Result<Change<Location>, Refusal> + Send + 'static,
) -> Answer {
    let location = guard
        .write(move |tx| {
            let location = store::location(tx, id)?;
            if location.version != version {
                return Err(Refusal::VersionMismatch.into());
            }
            tx.save(step(location)?)
        })
        .await?;
    versioned(location.version, &LocationView::from(location))
}
