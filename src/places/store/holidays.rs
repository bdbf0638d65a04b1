//! Holidays, as rows.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::holidays;
use crate::db::{Persist, Stop, View, Writer};
use crate::kernel::ids::{HolidayId, LocationId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::places::model::Holiday;

#[derive(Queryable, Insertable)]
#[diesel(table_name = holidays)]
struct HolidayRow {
    id: HolidayId,
    location_id: Option<LocationId>,
    local_date: NaiveDate,
    yearly: bool,
    name: String,
}

impl From<HolidayRow> for Holiday {
    fn from(row: HolidayRow) -> Self {
        Self { id: row.id, location: row.location_id, date: row.local_date, yearly: row.yearly, name: row.name }
    }
}

impl Persist for Holiday {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = HolidayRow {
            id: self.id,
            location_id: self.location,
            local_date: self.date,
            yearly: self.yearly,
            name: self.name.clone(),
        };
        writer.execute(diesel::insert_into(holidays::table).values(&row)).map(drop)
    }
}

/// A holiday that was taken back.
impl Persist for HolidayId {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.update_one(diesel::delete(holidays::table.filter(holidays::id.eq(self))))
    }
}

/// A holiday.
///
/// # Errors
/// `NotThere`; a fault of the store.
pub fn holiday(view: &mut View<'_>, id: HolidayId) -> Result<Holiday, Stop> {
    let row: Option<HolidayRow> = view.first(holidays::table.filter(holidays::id.eq(id)))?;
    Ok(row.ok_or(Refusal::NotThere)?.into())
}

/// A page of the holidays, past ones too.
///
/// # Errors
/// A fault of the store.
pub fn holidays(view: &mut View<'_>, ask: PageAsk) -> Result<Page<Holiday>, Stop> {
    let mut query = holidays::table.order(holidays::id).limit(ask.limit + 1).into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(holidays::id.gt(HolidayId(after)));
    }
    let rows: Vec<HolidayRow> = view.load(query)?;
    Ok(Page::cut(rows, ask, |row| row.id.0).map(Holiday::from))
}

/// The holidays that may fall on a date from one to another, both included: those of the dates, and all that come every year.
///
/// # Errors
/// A fault of the store.
pub fn holidays_between(view: &mut View<'_>, first: NaiveDate, last: NaiveDate) -> Result<Vec<Holiday>, Stop> {
    let then = holidays::local_date.between(first, last);
    let rows: Vec<HolidayRow> = view.load(holidays::table.filter(holidays::yearly.eq(true).or(then)))?;
    Ok(rows.into_iter().map(Holiday::from).collect())
}
