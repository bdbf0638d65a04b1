//! Bookings whose zone's clocks were changed.

use actix_web::{get, post};
use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::bookings::model::{ZoneChange, ZoneOutcome};
use crate::bookings::store;
use crate::http::answer::{shown, versioned};
use crate::http::extract::page_ask;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Query};
use crate::kernel::ids::{AccountId, BookingId, ClientId, TherapistId, ZoneChangeId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::{policies, text_schema};

text_schema!(ZoneOutcome);

policies! {
    /// Listing bookings whose zone's clocks were changed.
    ListZoneChanges = "zone_changes.list": [Therapist, FrontDesk, Admin];
    /// Saying that one has been looked at.
    AcknowledgeZoneChange = "zone_changes.acknowledge": [Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_zone_changes).service(acknowledge_zone_change);
}

/// What became of a booking when its zone's clocks were changed.
#[derive(Serialize, ToSchema)]
struct ZoneChangeView {
    id: ZoneChangeId,
    booking_id: BookingId,
    client_id: ClientId,
    therapist_id: TherapistId,
    /// What the clock was to show, as it was agreed.
    #[schema(value_type = String, format = "date-time-local")]
    local_start: NaiveDateTime,
    zone: String,
    old_tz_version: String,
    new_tz_version: String,
    /// When the clock was to show it by the old rules.
    old_starts_at: Timestamp,
    /// When it does by the new ones; absent where it never does, or twice.
    new_starts_at: Option<Timestamp>,
    outcome: ZoneOutcome,
    noticed_at: Timestamp,
    acknowledged_by: Option<AccountId>,
    acknowledged_at: Option<Timestamp>,
    version: i32,
}

impl From<ZoneChange> for ZoneChangeView {
    fn from(change: ZoneChange) -> Self {
        Self {
            id: change.id,
            booking_id: change.booking,
            client_id: change.client,
            therapist_id: change.therapist,
            local_start: change.local_start,
            zone: change.zone.name().to_owned(),
            old_tz_version: change.old_version,
            new_tz_version: change.new_version,
            old_starts_at: change.old_start,
            new_starts_at: change.new_start,
            outcome: change.outcome,
            noticed_at: change.noticed_at,
            acknowledged_by: change.acknowledged.map(|(by, _)| by),
            acknowledged_at: change.acknowledged.map(|(_, at)| at),
            version: change.version,
        }
    }
}

/// A page of them.
#[derive(Serialize, ToSchema)]
struct ZoneChangesView {
    items: Vec<ZoneChangeView>,
    next_cursor: Option<Uuid>,
}

/// Which of them.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ZoneChangesQuery {
    /// Whether to list those too that somebody has acknowledged.
    #[serde(default)]
    all: bool,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<Uuid>,
}

/// List bookings whose zone's clocks were changed after they were agreed
///
/// When the program brings a newer database of time zones, each booking to come keeps its local time, and so moves to another instant, unless
/// that collides with something else or the clocks show that time never or twice; then it stays at its instant. Either way it is listed here, and
/// among the desk's tasks, until somebody acknowledges it; who treats, and the client, have a task too where the clock shows another time than
/// was promised. Therapists see those of their own calendar.
#[utoipa::path(tag = "bookings", params(ZoneChangesQuery), responses((status = 200, body = ZoneChangesView)))]
#[get("/bookings/zone-changes")]
async fn list_zone_changes(guard: Guard<ListZoneChanges, Query<ZoneChangesQuery>>) -> Answer {
    let Query(ZoneChangesQuery { all, limit, cursor }) = guard.input;
    let ask = page_ask(limit, cursor)?;
    let page = guard
        .read(move |view| {
            let actor = view.actor();
            store::zone_changes(view, &actor, all, ask)
        })
        .await?;
    let page = page.map(ZoneChangeView::from);
    shown(&ZoneChangesView { items: page.items, next_cursor: page.next_cursor })
}

/// Say that a change of a booking's zone has been looked at
#[utoipa::path(tag = "bookings", params(IfMatchHeader), responses((status = 200, body = ZoneChangeView),
    (status = 409, description = "invalid_transition: somebody has looked at it already")))]
#[post("/bookings/zone-changes/{id}/acknowledge")]
async fn acknowledge_zone_change(guard: Guard<AcknowledgeZoneChange, (At<ZoneChangeId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    let change = guard
        .write(move |tx| {
            let (actor, now) = (tx.actor(), tx.now());
            let change = store::zone_change(tx, &actor, id)?;
            if change.version != version {
                return Err(Refusal::VersionMismatch.into());
            }
            let by = actor.account().ok_or(Refusal::Unauthenticated)?;
            tx.save(change.acknowledge(by, now)?)
        })
        .await?;
    versioned(change.version, &ZoneChangeView::from(change))
}
