//! The days on which the practice is closed. They are declared here, because here is known which bookings stand on them.

use actix_web::{delete, get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::availability::model::standing::Finds;
use crate::availability::store;
use crate::db::{Lock, Stop, Tx};
use crate::http::answer::{created, done, made, shown};
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, At, Guard, Json, PageQuery, Query};
use crate::kernel::ids::{BookingId, HolidayId, LocationId};
use crate::places::model::{Holiday, HolidayDraft};
use crate::{places, policies, therapists};

policies! {
    /// Listing holidays.
    ListHolidays = "holidays.list": anyone;
    /// Declaring a holiday.
    DeclareHoliday = "holidays.declare": [Admin];
    /// Taking a holiday back.
    LiftHoliday = "holidays.lift": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_holidays).service(declare_holiday).service(lift_holiday);
}

/// A day on which nobody works by their weekly hours.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"location_id": null, "date": "2027-12-25", "yearly": true, "name": "Christmas Day"}))]
struct HolidayAsk {
    /// One place, or every place if null.
    location_id: Option<LocationId>,
    /// A date of the place.
    date: NaiveDate,
    /// Whether it comes again every year after; a 29 February in leap years only.
    #[serde(default)]
    yearly: bool,
    name: String,
}

impl From<HolidayAsk> for HolidayDraft {
    fn from(ask: HolidayAsk) -> Self {
        Self { location: ask.location_id, date: ask.date, yearly: ask.yearly, name: ask.name }
    }
}

/// A holiday.
#[derive(Serialize, ToSchema)]
struct HolidayView {
    id: HolidayId,
    location_id: Option<LocationId>,
    date: NaiveDate,
    yearly: bool,
    name: String,
}

impl From<Holiday> for HolidayView {
    fn from(holiday: Holiday) -> Self {
        let Holiday { id, location, date, yearly, name } = holiday;
        Self { id, location_id: location, date, yearly, name }
    }
}

/// A holiday, as the admin is told who declared it.
#[derive(Serialize, ToSchema)]
struct DeclaredHolidayView {
    #[serde(flatten)]
    holiday: HolidayView,
    /// The bookings that stand on it, to be moved or cancelled one by one.
    bookings_affected: Vec<BookingId>,
}

/// A page of holidays.
#[derive(Serialize, ToSchema)]
struct HolidaysView {
    items: Vec<HolidayView>,
    next_cursor: Option<uuid::Uuid>,
}

/// List the days on which the practice is closed
#[utoipa::path(tag = "practice", security(()), params(PageQuery), responses((status = 200, body = HolidaysView)))]
#[get("/holidays")]
async fn list_holidays(guard: Guard<ListHolidays, Query<PageQuery>>) -> Answer {
    let ask = guard.input.0.ask()?;
    let page = guard.read(move |view| places::store::holidays(view, ask)).await?.map(HolidayView::from);
    shown(&HolidaysView { items: page.items, next_cursor: page.next_cursor })
}

/// Declare a holiday of one place or of all
///
/// A therapist who works on it all the same says so with an override. Bookings that stand on it are not moved: people decide about those, and
/// the answer names them.
#[utoipa::path(tag = "practice", request_body = HolidayAsk, params(IdempotencyHeader),
    responses((status = 201, body = DeclaredHolidayView), (status = 409, description = "idempotency_in_progress")))]
#[post("/holidays")]
async fn declare_holiday(guard: Guard<DeclareHoliday, Json<HolidayAsk>>) -> Answer {
    let draft = HolidayDraft::from(guard.input.0.clone());
    let receipt = guard
        .create(move |tx| {
            lock_everybody(tx)?;
            let places = places::store::all_locations(tx)?;
            let holiday = tx.save(Holiday::declare(&draft, &places, tx.now())?)?;
            let bookings_affected = holiday.affected(&store::standing(tx, None)?);
            let at = format!("/api/v1/holidays/{}", holiday.id);
            created(at, 1, &DeclaredHolidayView { holiday: holiday.into(), bookings_affected })
        })
        .await?;
    made(&receipt)
}

/// A booking that is decided at this moment is waited for, so that it is either told of here or refused by the holiday.
fn lock_everybody(tx: &mut Tx<'_>) -> Result<(), Stop> {
    let everybody: Vec<Lock> = therapists::store::everybody(tx)?.into_iter().map(Lock::Therapist).collect();
    tx.lock(&everybody)
}

/// Take a holiday back
#[utoipa::path(tag = "practice", responses((status = 204)))]
#[delete("/holidays/{id}")]
async fn lift_holiday(guard: Guard<LiftHoliday, At<HolidayId>>) -> Answer {
    let At(id) = guard.input;
    guard
        .write(move |tx| {
            let holiday = places::store::holiday(tx, id)?;
            tx.save(holiday.lift()).map(drop)
        })
        .await?;
    done()
}
