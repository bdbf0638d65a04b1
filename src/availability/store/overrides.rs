//! Overrides, as rows.

use chrono::{NaiveDate, NaiveTime};
use diesel::prelude::*;

use super::sight::known_to;
use super::{dates_around, zone};
use crate::availability::model::overrides::DateOverride;
use crate::db::schema::date_overrides;
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{LocationId, OverrideId, TherapistId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Span;

/// A therapist's name for a date is its place: both together are there once.
const ONCE: &str = "date_overrides_therapist_id_location_id_local_date_key";

#[derive(Queryable, Insertable)]
#[diesel(table_name = date_overrides)]
struct OverrideRow {
    id: OverrideId,
    therapist_id: TherapistId,
    location_id: LocationId,
    local_date: NaiveDate,
    spans: String,
    zone: String,
}

impl TryFrom<OverrideRow> for DateOverride {
    type Error = Fault;
    fn try_from(row: OverrideRow) -> Result<Self, Fault> {
        let spans: Vec<(NaiveTime, NaiveTime)> =
            serde_json::from_str(&row.spans).map_err(|_| Fault::Corrupt("spans that are no list"))?;
        Ok(Self {
            id: row.id,
            therapist: row.therapist_id,
            location: row.location_id,
            date: row.local_date,
            spans,
            zone: zone(&row.zone)?,
        })
    }
}

/// The places for which a therapist said something of a date.
pub(super) fn places_on(view: &mut View<'_>, therapist: TherapistId, date: NaiveDate) -> Result<Vec<LocationId>, Stop> {
    let said = date_overrides::table
        .filter(date_overrides::therapist_id.eq(therapist))
        .filter(date_overrides::local_date.eq(date));
    view.load(said.select(date_overrides::location_id))
}

impl Persist for DateOverride {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = OverrideRow {
            id: self.id,
            therapist_id: self.therapist,
            location_id: self.location,
            local_date: self.date,
            spans: serde_json::to_string(&self.spans).map_err(|_| Fault::Corrupt("spans that are not JSON"))?,
            zone: self.zone.name().to_owned(),
        };
        let written = writer.execute(diesel::insert_into(date_overrides::table).values(&row));
        let taken = || Refusal::AlreadyExists { pointer: "/date" };
        written.map(drop).map_err(|stop| stop.on_constraint(ONCE, taken))
    }
}

/// An override that was taken back.
impl Persist for OverrideId {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.execute(diesel::delete(date_overrides::table.filter(date_overrides::id.eq(self)))).map(drop)
    }
}

/// The dates that are asked about, both included; from the first or to the last there is, if not said.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::availability) struct Dates {
    /// The first.
    pub(in crate::availability) from: Option<NaiveDate>,
    /// The last.
    pub(in crate::availability) to: Option<NaiveDate>,
}

/// A therapist's overrides, for those who may see their hours.
pub(in crate::availability) fn overrides(
    view: &mut View<'_>,
    actor: &Actor,
    id: TherapistId,
    dates: Dates,
    ask: PageAsk,
) -> Result<Page<DateOverride>, Stop> {
    known_to(view, actor, id)?;
    let mut query = date_overrides::table
        .filter(date_overrides::therapist_id.eq(id))
        .order(date_overrides::id)
        .limit(ask.limit + 1)
        .into_boxed();
    if let Some(from) = dates.from {
        query = query.filter(date_overrides::local_date.ge(from));
    }
    if let Some(to) = dates.to {
        query = query.filter(date_overrides::local_date.le(to));
    }
    if let Some(after) = ask.after {
        query = query.filter(date_overrides::id.gt(OverrideId(after)));
    }
    let rows: Vec<OverrideRow> = view.load(query)?;
    let page = Page::cut(rows, ask, |row| row.id.0);
    let items = page.items.into_iter().map(DateOverride::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// One of a therapist's overrides, for those who may see their hours.
pub(in crate::availability) fn one_override(
    view: &mut View<'_>,
    actor: &Actor,
    id: TherapistId,
    one: OverrideId,
) -> Result<DateOverride, Stop> {
    known_to(view, actor, id)?;
    let row: Option<OverrideRow> = view
        .first(date_overrides::table.filter(date_overrides::id.eq(one)).filter(date_overrides::therapist_id.eq(id)))?;
    Ok(row.ok_or(Refusal::NotThere)?.try_into()?)
}

/// The overrides of several therapists around a window.
pub(super) fn around(view: &mut View<'_>, therapists: &[TherapistId], window: Span) -> Result<Vec<DateOverride>, Stop> {
    let (first, last) = dates_around(window);
    let rows: Vec<OverrideRow> = view.load(
        date_overrides::table
            .filter(date_overrides::therapist_id.eq_any(therapists))
            .filter(date_overrides::local_date.between(first, last)),
    )?;
    Ok(rows.into_iter().map(DateOverride::try_from).collect::<Result<_, _>>()?)
}
