//! A therapist's week and time off. Slots are listed by the bookings room, which alone knows whether a client may take them.

use actix_web::{delete, get, post, put};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::hours::{HoursDraft, WorkingHours};
use super::model::schedule::{Schedule, Week};
use super::model::time_off::TimeOff;
use super::store;
use crate::db::Lock;
use crate::http::answer::{created, done, made, shown, versioned};
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json, PageQuery, Query, Under};
use crate::kernel::ids::{LocationId, TherapistId, TimeOffId, WorkingHoursId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::{places, policies};

policies! {
    /// Seeing a therapist's week and time off.
    SeeHours = "working_hours.see": [FrontDesk, Admin, Therapist];
    /// Writing a therapist's week.
    WriteHours = "working_hours.write": [Admin, Therapist];
    /// Taking time off.
    TakeTimeOff = "time_off.take": [Admin, Therapist];
    /// Taking time off back.
    RemoveTimeOff = "time_off.remove": [Admin, Therapist];
}

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(working_hours)
        .service(write_working_hours)
        .service(list_time_off)
        .service(take_time_off)
        .service(remove_time_off);
}

/// One span of weekly hours, in the local time of its place.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HoursAsk {
    location_id: LocationId,
    /// 1 is Monday, 7 is Sunday.
    weekday: i32,
    /// Such as `09:00`.
    start: String,
    /// Such as `17:30`; `00:00` is the midnight that closes the day.
    end: String,
    /// The location's IANA time zone: these are times of the clock on its wall.
    zone: String,
    /// The first day these hours are worked.
    effective_from: NaiveDate,
    /// The last day, itself included; for good if absent.
    effective_until: Option<NaiveDate>,
}

impl From<HoursAsk> for HoursDraft {
    fn from(ask: HoursAsk) -> Self {
        Self {
            location: ask.location_id,
            weekday: ask.weekday,
            start: ask.start,
            end: ask.end,
            zone: ask.zone,
            effective_from: ask.effective_from,
            effective_until: ask.effective_until,
        }
    }
}

/// A whole week, put in the place of the one before.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"hours": [{
    "location_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "weekday": 1, "start": "09:00", "end": "17:00",
    "zone": "Europe/Berlin", "effective_from": "2027-03-01", "effective_until": null
}]}))]
struct WeekAsk {
    hours: Vec<HoursAsk>,
}

/// One span of weekly hours.
#[derive(Serialize, ToSchema)]
struct HoursView {
    id: WorkingHoursId,
    location_id: LocationId,
    weekday: i32,
    start: String,
    end: String,
    zone: String,
    effective_from: NaiveDate,
    effective_until: Option<NaiveDate>,
}

impl From<&WorkingHours> for HoursView {
    fn from(hours: &WorkingHours) -> Self {
        Self {
            id: hours.id,
            location_id: hours.location,
            weekday: store::iso(hours.weekday),
            start: hours.start.format("%H:%M").to_string(),
            end: hours.end.format("%H:%M").to_string(),
            zone: hours.zone.name().to_owned(),
            effective_from: hours.effective_from,
            effective_until: hours.effective_until,
        }
    }
}

/// A therapist's week.
#[derive(Serialize, ToSchema)]
struct WeekView {
    therapist_id: TherapistId,
    hours: Vec<HoursView>,
    /// 0 until a week is written for the first time.
    version: i32,
}

impl From<Week> for WeekView {
    fn from(week: Week) -> Self {
        let hours = week.schedule.hours().iter().map(HoursView::from).collect();
        Self { therapist_id: week.therapist, hours, version: week.version }
    }
}

/// See a therapist's weekly hours
#[utoipa::path(tag = "availability", responses((status = 200, body = WeekView)))]
#[get("/therapists/{id}/working-hours")]
async fn working_hours(guard: Guard<SeeHours, At<TherapistId>>) -> Answer {
    let At(id) = guard.input;
    let week = guard
        .read(move |view| {
            let actor = view.actor();
            store::week(view, &actor, id)
        })
        .await?;
    versioned(week.version, &WeekView::from(week))
}

/// Write a therapist's whole week anew
///
/// The version of a week that nobody has written yet is 0. Bookings that stand outside the new hours are not moved.
#[utoipa::path(tag = "availability", request_body = WeekAsk, params(IfMatchHeader), responses((status = 200, body = WeekView)))]
#[put("/therapists/{id}/working-hours")]
async fn write_working_hours(guard: Guard<WriteHours, (At<TherapistId>, IfMatch, Json<WeekAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let drafts: Vec<HoursDraft> = ask.hours.into_iter().map(HoursDraft::from).collect();
    let week = guard
        .write(move |tx| {
            tx.lock(&[Lock::Therapist(id)])?;
            let actor = tx.actor();
            store::kept_by(&actor, id)?;
            let week = store::week(tx, &actor, id)?;
            if week.version != version {
                return Err(Refusal::VersionMismatch.into());
            }
            let schedule = Schedule::parse(id, &drafts, tx.now())?;
            schedule.takes_place_in(&places::store::all_locations(tx)?)?;
            tx.save(week.write(schedule))
        })
        .await?;
    versioned(week.version, &WeekView::from(week))
}

/// When a therapist is to be off.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"start": "2027-08-02T00:00:00+02:00", "end": "2027-08-16T00:00:00+02:00"}))]
struct TimeOffAsk {
    start: Timestamp,
    end: Timestamp,
}

/// Time off, from its start up to but not including its end.
#[derive(Serialize, ToSchema)]
struct TimeOffView {
    id: TimeOffId,
    therapist_id: TherapistId,
    start: Timestamp,
    end: Timestamp,
}

impl From<TimeOff> for TimeOffView {
    fn from(off: TimeOff) -> Self {
        let (start, end) = (off.span.start(), off.span.end());
        Self { id: off.id, therapist_id: off.therapist, start, end }
    }
}

/// A page of time off.
#[derive(Serialize, ToSchema)]
struct TimesOffView {
    items: Vec<TimeOffView>,
    next_cursor: Option<uuid::Uuid>,
}

/// List a therapist's time off
#[utoipa::path(tag = "availability", params(PageQuery), responses((status = 200, body = TimesOffView)))]
#[get("/therapists/{id}/time-off")]
async fn list_time_off(guard: Guard<SeeHours, (At<TherapistId>, Query<PageQuery>)>) -> Answer {
    let (At(id), Query(page)) = guard.input.clone();
    let ask = page.ask()?;
    let page = guard
        .read(move |view| {
            let actor = view.actor();
            store::times_off(view, &actor, id, ask)
        })
        .await?
        .map(TimeOffView::from);
    shown(&TimesOffView { items: page.items, next_cursor: page.next_cursor })
}

/// Take time off
///
/// Bookings that stand in it are not moved: people decide about those.
#[utoipa::path(tag = "availability", request_body = TimeOffAsk, params(IdempotencyHeader),
    responses((status = 201, body = TimeOffView), (status = 409, description = "idempotency_in_progress")))]
#[post("/therapists/{id}/time-off")]
async fn take_time_off(guard: Guard<TakeTimeOff, (At<TherapistId>, Json<TimeOffAsk>)>) -> Answer {
    let (At(id), Json(ask)) = guard.input.clone();
    let receipt = guard
        .create(move |tx| {
            tx.lock(&[Lock::Therapist(id)])?;
            store::kept_by(&tx.actor(), id)?;
            crate::therapists::store::therapist(tx, id)?;
            let off = tx.save(TimeOff::add(TimeOffId::new(tx.now()), id, ask.start, ask.end)?)?;
            created(format!("/api/v1/therapists/{id}/time-off/{}", off.id), 1, &TimeOffView::from(off))
        })
        .await?;
    made(&receipt)
}

/// Take time off back
#[utoipa::path(tag = "availability", responses((status = 204)))]
#[delete("/therapists/{id}/time-off/{time_off_id}")]
async fn remove_time_off(guard: Guard<RemoveTimeOff, Under<TherapistId, TimeOffId>>) -> Answer {
    let Under(id, off) = guard.input;
    guard
        .write(move |tx| {
            tx.lock(&[Lock::Therapist(id)])?;
            let actor = tx.actor();
            store::kept_by(&actor, id)?;
            let off = store::one_time_off(tx, &actor, id, off)?;
            tx.save(off.remove()).map(drop)
        })
        .await?;
    done()
}
