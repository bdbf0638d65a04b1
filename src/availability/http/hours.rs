//! A therapist's week.

use actix_web::{get, put};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::SeeHours;
use crate::availability::model::hours::{HoursDraft, WorkingHours};
use crate::availability::model::schedule::{Schedule, Week};
use crate::availability::store;
use crate::db::{Lock, Stop, View};
use crate::http::answer::versioned;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::kernel::ids::{BookingId, LocationId, TherapistId, WorkingHoursId};
use crate::kernel::refusal::Refusal;
use crate::{places, policies};

policies! {
    /// Writing a therapist's week.
    WriteHours = "working_hours.write": [Admin, Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(working_hours).service(write_working_hours);
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
    /// The bookings to come that stand outside these hours, to be moved or cancelled one by one.
    bookings_affected: Vec<BookingId>,
}

impl WeekView {
    fn of(view: &mut View<'_>, week: &Week) -> Result<Self, Stop> {
        let hours = week.schedule.hours().iter().map(HoursView::from).collect();
        let bookings_affected = store::outside(view, week)?;
        Ok(Self { therapist_id: week.therapist, hours, version: week.version, bookings_affected })
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
            let week = store::week(view, &actor, id)?;
            WeekView::of(view, &week)
        })
        .await?;
    versioned(week.version, &week)
}

/// Write a therapist's whole week anew
///
/// The version of a week that nobody has written yet is 0. Bookings that stand outside the new hours are not moved: the answer names them.
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
            let week = tx.save(week.write(schedule))?;
            WeekView::of(tx, &week)
        })
        .await?;
    versioned(week.version, &week)
}
