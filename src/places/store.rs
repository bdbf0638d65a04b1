//! The practice, its settings and its locations, as rows; its rooms and holidays have files of their own.

mod holidays;
mod rooms;

use chrono_tz::Tz;
use diesel::prelude::*;

use super::model::{Currency, Location, Practice, Settings};
use crate::db::schema::{accounts, locations, practices};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::ids::{AccountId, LocationId, PracticeId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;

pub use holidays::{holiday, holidays, holidays_between};
pub(super) use rooms::rooms;
pub use rooms::{room, rooms_of_kind};

#[derive(Queryable, Insertable)]
#[diesel(table_name = practices)]
struct PracticeRow {
    id: PracticeId,
    one: i32,
    name: String,
    contact_email: String,
    phone: Option<String>,
    zone: String,
    currency: String,
    cancellation_text: String,
    privacy_notice: String,
    settings: String,
    settings_version: i32,
    version: i32,
}

impl PracticeRow {
    /// A new practice, which begins with the settings every practice begins with.
    fn founded(practice: &Practice) -> Result<Self, Fault> {
        let settings = Settings::default();
        Ok(Self {
            id: practice.id,
            one: 1,
            name: practice.name.clone(),
            contact_email: practice.contact_email.clone(),
            phone: practice.phone.clone(),
            zone: practice.zone.name().to_owned(),
            currency: practice.currency.as_str().to_owned(),
            cancellation_text: practice.cancellation_text.clone(),
            privacy_notice: practice.privacy_notice.clone(),
            settings: written(&settings)?,
            settings_version: settings.version,
            version: practice.version,
        })
    }
}

impl TryFrom<PracticeRow> for Practice {
    type Error = Fault;
    fn try_from(row: PracticeRow) -> Result<Self, Fault> {
        Ok(Self {
            id: row.id,
            name: row.name,
            contact_email: row.contact_email,
            phone: row.phone,
            zone: zone(&row.zone)?,
            currency: currency(&row.currency)?,
            cancellation_text: row.cancellation_text,
            privacy_notice: row.privacy_notice,
            version: row.version,
        })
    }
}

impl Persist for Practice {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        if self.version == 1 {
            return writer
                .execute(diesel::insert_into(practices::table).values(&PracticeRow::founded(self)?))
                .map(drop);
        }
        let before = practices::table.filter(practices::id.eq(self.id)).filter(practices::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set((
            practices::name.eq(&self.name),
            practices::contact_email.eq(&self.contact_email),
            practices::phone.eq(&self.phone),
            practices::zone.eq(self.zone.name()),
            practices::currency.eq(self.currency.as_str()),
            practices::cancellation_text.eq(&self.cancellation_text),
            practices::privacy_notice.eq(&self.privacy_notice),
            practices::version.eq(self.version),
        )))
    }
}

impl Persist for Settings {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        // A store holds one practice, so its settings need no other key than their version.
        let before = practices::table.filter(practices::settings_version.eq(self.version - 1));
        writer.update_one(
            diesel::update(before)
                .set((practices::settings.eq(written(self)?), practices::settings_version.eq(self.version))),
        )
    }
}

fn written(settings: &Settings) -> Result<String, Fault> {
    serde_json::to_string(settings).map_err(|_| Fault::Corrupt("settings that are not JSON"))
}

fn row(view: &mut View<'_>) -> Result<Option<PracticeRow>, Stop> {
    view.first(practices::table)
}

/// The practice.
///
/// # Errors
/// `NotThere` before the first admin has set it up; a fault of the store.
pub fn practice(view: &mut View<'_>) -> Result<Practice, Stop> {
    Ok(row(view)?.ok_or(Refusal::NotThere)?.try_into()?)
}

/// The address of an account that has just come to be.
pub(super) fn email_of(view: &mut View<'_>, account: AccountId) -> Result<String, Stop> {
    let email: Option<String> = view.first(accounts::table.filter(accounts::id.eq(account)).select(accounts::email))?;
    Ok(email.ok_or(Refusal::NotThere)?)
}

/// Whether the practice was founded.
pub(super) fn is_founded(view: &mut View<'_>) -> Result<bool, Stop> {
    Ok(row(view)?.is_some())
}

/// The rules the practice decides by.
///
/// # Errors
/// As [`practice`].
pub fn settings(view: &mut View<'_>) -> Result<Settings, Stop> {
    let row = row(view)?.ok_or(Refusal::NotThere)?;
    Ok(serde_json::from_str(&row.settings).map_err(|_| Fault::Corrupt("settings that are none"))?)
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = locations)]
struct LocationRow {
    id: LocationId,
    name: String,
    address_lines: String,
    zone: String,
    active: bool,
    version: i32,
}

impl TryFrom<LocationRow> for Location {
    type Error = Fault;
    fn try_from(row: LocationRow) -> Result<Self, Fault> {
        let address_lines =
            serde_json::from_str(&row.address_lines).map_err(|_| Fault::Corrupt("an address that is no list"))?;
        Ok(Self {
            id: row.id,
            name: row.name,
            address_lines,
            zone: zone(&row.zone)?,
            active: row.active,
            version: row.version,
        })
    }
}

impl Persist for Location {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = LocationRow {
            id: self.id,
            name: self.name.clone(),
            address_lines: serde_json::to_string(&self.address_lines)
                .map_err(|_| Fault::Corrupt("an address that is not JSON"))?,
            zone: self.zone.name().to_owned(),
            active: self.active,
            version: self.version,
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(locations::table).values(&row)).map(drop);
        }
        let before = locations::table.filter(locations::id.eq(self.id)).filter(locations::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

/// A location, open or closed: past sessions were held there.
///
/// # Errors
/// `NotThere`; a fault of the store.
pub fn location(view: &mut View<'_>, id: LocationId) -> Result<Location, Stop> {
    let row: Option<LocationRow> = view.first(locations::table.filter(locations::id.eq(id)))?;
    Ok(row.ok_or(Refusal::NotThere)?.try_into()?)
}

/// Every location, open or closed; a practice has few.
///
/// # Errors
/// A fault of the store.
pub fn all_locations(view: &mut View<'_>) -> Result<Vec<Location>, Stop> {
    let rows: Vec<LocationRow> = view.load(locations::table.order(locations::id))?;
    Ok(rows.into_iter().map(Location::try_from).collect::<Result<_, _>>()?)
}

/// The locations where sessions can be booked, or, with `closed`, all there ever were.
pub(super) fn locations(view: &mut View<'_>, closed: bool, ask: PageAsk) -> Result<Page<Location>, Stop> {
    let mut query = locations::table.order(locations::id).limit(ask.limit + 1).into_boxed();
    if !closed {
        query = query.filter(locations::active.eq(true));
    }
    if let Some(after) = ask.after {
        query = query.filter(locations::id.gt(LocationId(after)));
    }
    let rows: Vec<LocationRow> = view.load(query)?;
    let page = Page::cut(rows, ask, |row| row.id.0);
    let items = page.items.into_iter().map(Location::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

fn zone(name: &str) -> Result<Tz, Fault> {
    name.parse().map_err(|_| Fault::Corrupt("a zone that is none"))
}

/// A currency as a column holds it.
pub(crate) fn currency(code: &str) -> Result<Currency, Fault> {
    Currency::parse(code).ok_or(Fault::Corrupt("a currency that is none"))
}
