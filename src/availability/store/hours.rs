//! Weekly hours, as rows.

use chrono::{NaiveDate, NaiveTime, Weekday};
use diesel::prelude::*;

use super::sight::known_to;
use crate::availability::model::hours::WorkingHours;
use crate::availability::model::schedule::{Schedule, Week};
use crate::db::schema::{schedules, working_hours};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{LocationId, TherapistId, WorkingHoursId};

#[derive(Queryable, Insertable)]
#[diesel(table_name = working_hours)]
struct HoursRow {
    id: WorkingHoursId,
    therapist_id: TherapistId,
    location_id: LocationId,
    weekday: i32,
    start_local: NaiveTime,
    end_local: NaiveTime,
    zone: String,
    effective_from: NaiveDate,
    effective_until: Option<NaiveDate>,
}

impl From<&WorkingHours> for HoursRow {
    fn from(hours: &WorkingHours) -> Self {
        Self {
            id: hours.id,
            therapist_id: hours.therapist,
            location_id: hours.location,
            weekday: iso(hours.weekday),
            start_local: hours.start,
            end_local: hours.end,
            zone: hours.zone.name().to_owned(),
            effective_from: hours.effective_from,
            effective_until: hours.effective_until,
        }
    }
}

impl TryFrom<HoursRow> for WorkingHours {
    type Error = Fault;
    fn try_from(row: HoursRow) -> Result<Self, Fault> {
        let weekday = u8::try_from(row.weekday - 1).ok().and_then(|index| Weekday::try_from(index).ok());
        Ok(Self {
            id: row.id,
            therapist: row.therapist_id,
            location: row.location_id,
            weekday: weekday.ok_or(Fault::Corrupt("a weekday that is none"))?,
            start: row.start_local,
            end: row.end_local,
            zone: row.zone.parse().map_err(|_| Fault::Corrupt("a zone that is none"))?,
            effective_from: row.effective_from,
            effective_until: row.effective_until,
        })
    }
}

/// ISO 8601: 1 is Monday, 7 is Sunday.
pub(in crate::availability) fn iso(weekday: Weekday) -> i32 {
    i32::try_from(weekday.number_from_monday()).unwrap_or_default()
}

impl Persist for Week {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        if self.version == 1 {
            let row = (schedules::therapist_id.eq(self.therapist), schedules::version.eq(self.version));
            writer.execute(diesel::insert_into(schedules::table).values(row))?;
        } else {
            let before = schedules::table
                .filter(schedules::therapist_id.eq(self.therapist))
                .filter(schedules::version.eq(self.version - 1));
            writer.update_one(diesel::update(before).set(schedules::version.eq(self.version)))?;
        }
        let old = working_hours::table.filter(working_hours::therapist_id.eq(self.therapist));
        writer.execute(diesel::delete(old))?;
        for hours in self.schedule.hours() {
            writer.execute(diesel::insert_into(working_hours::table).values(&HoursRow::from(hours)))?;
        }
        Ok(())
    }
}

/// A therapist's week, for the staff who run calendars and the therapist.
///
/// # Errors
/// `NotThere` to everybody else; a fault of the store.
pub fn week(view: &mut View<'_>, actor: &Actor, id: TherapistId) -> Result<Week, Stop> {
    known_to(view, actor, id)?;
    let version: Option<i32> =
        view.first(schedules::table.filter(schedules::therapist_id.eq(id)).select(schedules::version))?;
    let rows: Vec<HoursRow> = view.load(working_hours::table.filter(working_hours::therapist_id.eq(id)).order((
        working_hours::weekday,
        working_hours::effective_from,
        working_hours::start_local,
    )))?;
    let hours = rows.into_iter().map(WorkingHours::try_from).collect::<Result<_, _>>()?;
    let schedule = Schedule::new(hours).map_err(|_| Fault::Corrupt("hours that overlap"))?;
    Ok(Week { therapist: id, schedule, version: version.unwrap_or(0) })
}

/// The weekly hours of several therapists.
pub(super) fn weekly(view: &mut View<'_>, therapists: &[TherapistId]) -> Result<Vec<WorkingHours>, Stop> {
    let rows: Vec<HoursRow> = view.load(working_hours::table.filter(working_hours::therapist_id.eq_any(therapists)))?;
    Ok(rows.into_iter().map(WorkingHours::try_from).collect::<Result<_, _>>()?)
}

/// The places where a therapist works on a date: by the weekly hours that are in effect then, or because they said so of that date.
///
/// # Errors
/// A fault of the store.
pub fn workplaces(view: &mut View<'_>, therapist: TherapistId, date: NaiveDate) -> Result<Vec<LocationId>, Stop> {
    let rows: Vec<HoursRow> = view.load(working_hours::table.filter(working_hours::therapist_id.eq(therapist)))?;
    let in_effect =
        rows.iter().filter(|row| row.effective_from <= date && row.effective_until.is_none_or(|last| date <= last));
    let mut places: Vec<LocationId> = in_effect.map(|row| row.location_id).collect();
    places.extend(super::overrides::places_on(view, therapist, date)?);
    places.sort_unstable();
    places.dedup();
    Ok(places)
}
