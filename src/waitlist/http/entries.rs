//! Joining the waiting list, seeing it, and leaving it.

use actix_web::{delete, get, post, put};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::view::WaitlistEntryView;
use crate::http::answer::{created, done, made, shown, versioned};
use crate::http::extract::page_ask;
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json, Query};
use crate::kernel::ids::{ClientId, LocationId, SessionTypeId, TherapistId, WaitlistEntryId};
use crate::policies;
use crate::waitlist::acts::{self, Joining};
use crate::waitlist::model::{WaitlistState, WishesDraft};
use crate::waitlist::store::{self, Wanted};

policies! {
    /// Taking a place on the waiting list.
    JoinWaitlist = "waitlist.join": [Client, FrontDesk, Admin];
    /// Listing who waits.
    ListWaitlist = "waitlist.list": [Client, Therapist, FrontDesk, Admin];
    /// Seeing a place on the waiting list.
    SeeEntry = "waitlist.see": [Client, Therapist, FrontDesk, Admin];
    /// Changing what is waited for.
    AmendEntry = "waitlist.amend": [Client, FrontDesk, Admin];
    /// Giving a place on the waiting list up.
    LeaveWaitlist = "waitlist.leave": [Client, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_waitlist).service(join_waitlist);
    config.service(see_waitlist_entry).service(amend_waitlist_entry).service(leave_waitlist);
}

/// Who waits for what, and when and where they would come.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "client_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "session_type_id": "0197a3a0-5b1e-7c3d-8f00-000000000003",
    "therapist_id": "0197a3a0-5b1e-7c3d-8f00-000000000002", "earliest_date": "2027-03-01", "latest_date": "2027-03-31",
    "weekdays": [1, 2, 3], "hours_from": "09:00", "hours_until": "13:00"
}))]
struct JoinWaitlistAsk {
    client_id: ClientId,
    session_type_id: SessionTypeId,
    /// With whom; with whomever if absent.
    therapist_id: Option<TherapistId>,
    /// Where; anywhere if absent.
    location_id: Option<LocationId>,
    /// The first date that would do, on the wall of the place.
    earliest_date: NaiveDate,
    /// The last one, within a year from today.
    latest_date: NaiveDate,
    /// ISO 8601 numbers, Monday being 1; every day if there are none.
    #[serde(default)]
    weekdays: Vec<i32>,
    /// Not to begin before this, as `HH:MM` by the clock on the wall of the place.
    hours_from: Option<String>,
    /// To be over by this, on the same day.
    hours_until: Option<String>,
}

/// When and where somebody who waits would come from now on.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"earliest_date": "2027-03-01", "latest_date": "2027-04-30", "weekdays": [5], "hours_from": "14:00"}))]
struct WishesAsk {
    /// Where; anywhere if absent.
    location_id: Option<LocationId>,
    /// The first date that would do, on the wall of the place.
    earliest_date: NaiveDate,
    /// The last one, within a year from today.
    latest_date: NaiveDate,
    /// ISO 8601 numbers, Monday being 1; every day if there are none.
    #[serde(default)]
    weekdays: Vec<i32>,
    /// Not to begin before this, as `HH:MM` by the clock on the wall of the place.
    hours_from: Option<String>,
    /// To be over by this, on the same day.
    hours_until: Option<String>,
}

impl From<JoinWaitlistAsk> for Joining {
    fn from(ask: JoinWaitlistAsk) -> Self {
        let wishes = WishesDraft {
            location: ask.location_id,
            earliest: ask.earliest_date,
            latest: ask.latest_date,
            weekdays: ask.weekdays,
            from: ask.hours_from,
            until: ask.hours_until,
        };
        Self { client: ask.client_id, session_type: ask.session_type_id, therapist: ask.therapist_id, wishes }
    }
}

impl From<WishesAsk> for WishesDraft {
    fn from(ask: WishesAsk) -> Self {
        Self {
            location: ask.location_id,
            earliest: ask.earliest_date,
            latest: ask.latest_date,
            weekdays: ask.weekdays,
            from: ask.hours_from,
            until: ask.hours_until,
        }
    }
}

/// Wait for time to come free
///
/// Clients wait for themselves and their wards, the desk puts anybody on the list. When time comes free, whoever has waited longest of those
/// who could book it is offered a slot: it is among their tasks and held for them until they have to have answered. What would forbid every
/// booking of the client forbids waiting.
#[utoipa::path(tag = "bookings", request_body = JoinWaitlistAsk, params(IdempotencyHeader), responses(
    (status = 201, body = WaitlistEntryView),
    (status = 404, description = "not_found: no such client, therapist or session type for whoever asks"),
    (status = 409, description = "already_exists: they wait for the same already; or idempotency_in_progress")))]
#[post("/waitlist-entries")]
async fn join_waitlist(guard: Guard<JoinWaitlist, Json<JoinWaitlistAsk>>) -> Answer {
    let joining = Joining::from(guard.input.0.clone());
    let receipt = guard
        .create(move |tx| {
            let entry = acts::join(tx, &joining)?;
            let view = WaitlistEntryView::of(tx, entry)?;
            created(format!("/api/v1/waitlist-entries/{}", view.id), view.version, &view)
        })
        .await?;
    made(&receipt)
}

/// A page of the waiting list.
#[derive(Serialize, ToSchema)]
struct WaitlistView {
    items: Vec<WaitlistEntryView>,
    next_cursor: Option<Uuid>,
}

/// Which places.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WaitlistQuery {
    /// Whose.
    client_id: Option<ClientId>,
    /// Where they stand.
    #[param(inline)]
    state: Option<WaitlistState>,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<Uuid>,
}

/// List who waits
///
/// Clients see their own places and their wards', therapists those that name them, the desk all.
#[utoipa::path(tag = "bookings", params(WaitlistQuery), responses((status = 200, body = WaitlistView)))]
#[get("/waitlist-entries")]
async fn list_waitlist(guard: Guard<ListWaitlist, Query<WaitlistQuery>>) -> Answer {
    let Query(query) = guard.input.clone();
    let (wanted, ask) = (Wanted { client: query.client_id, state: query.state }, page_ask(query.limit, query.cursor)?);
    let view = guard
        .read(move |view| {
            let actor = view.actor();
            let page = store::entries(view, &actor, wanted, ask)?;
            Ok(WaitlistView { items: WaitlistEntryView::all(view, page.items)?, next_cursor: page.next_cursor })
        })
        .await?;
    shown(&view)
}

/// See a place on the waiting list, and what is offered
#[utoipa::path(tag = "bookings", responses((status = 200, body = WaitlistEntryView)))]
#[get("/waitlist-entries/{id}")]
async fn see_waitlist_entry(guard: Guard<SeeEntry, At<WaitlistEntryId>>) -> Answer {
    let At(id) = guard.input;
    let view = guard
        .read(move |view| {
            let actor = view.actor();
            let entry = store::entry(view, &actor, id)?;
            WaitlistEntryView::of(view, entry)
        })
        .await?;
    versioned(view.version, &view)
}

/// Change when and where one would come
///
/// The turn is kept. While an offer waits for its answer, that comes first.
#[utoipa::path(tag = "bookings", request_body = WishesAsk, params(IfMatchHeader),
    responses((status = 200, body = WaitlistEntryView), (status = 409, description = "invalid_transition")))]
#[put("/waitlist-entries/{id}")]
async fn amend_waitlist_entry(guard: Guard<AmendEntry, (At<WaitlistEntryId>, IfMatch, Json<WishesAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let wishes = WishesDraft::from(ask);
    let view = guard
        .write(move |tx| {
            let entry = acts::amend(tx, (id, version), &wishes)?;
            WaitlistEntryView::of(tx, entry)
        })
        .await?;
    versioned(view.version, &view)
}

/// Wait no longer; what is offered is given up
#[utoipa::path(tag = "bookings", params(IfMatchHeader),
    responses((status = 204), (status = 409, description = "invalid_transition")))]
#[delete("/waitlist-entries/{id}")]
async fn leave_waitlist(guard: Guard<LeaveWaitlist, (At<WaitlistEntryId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    guard.write(move |tx| acts::withdraw(tx, id, version)).await?;
    done()
}
