//! Session types, as rows.

use diesel::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::model::SessionType;
use crate::credentials::model::{CredentialType, RequiredType, Requirement};
use crate::credentials::store::catalogue;
use crate::db::schema::session_types;
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::ids::{CredentialTypeId, SessionTypeId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::places::store::currency;

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = session_types, treat_none_as_null = true)]
struct SessionTypeRow {
    id: SessionTypeId,
    name: String,
    description: String,
    duration_minutes: i32,
    price_minor: i64,
    currency: String,
    preparation_text: String,
    schools: String,
    requirements: String,
    buffer_before_minutes: i32,
    buffer_after_minutes: i32,
    increment_minutes: i32,
    active: bool,
    version: i32,
    room_kind: Option<String>,
    room_rest_minutes: i32,
    min_notice_minutes: Option<i32>,
    max_advance_days: Option<i32>,
    max_per_day: Option<i32>,
    max_per_week: Option<i32>,
    min_age_years: Option<i32>,
    max_age_years: Option<i32>,
    therapists_needed: i32,
}

impl SessionTypeRow {
    /// The row as a value; the names of what it requires come from the catalogue, so that they are the ones in use today.
    fn read(self, catalogue: &[CredentialType]) -> Result<SessionType, Fault> {
        Ok(SessionType {
            id: self.id,
            name: self.name,
            description: self.description,
            duration_minutes: self.duration_minutes,
            price_minor: self.price_minor,
            currency: currency(&self.currency)?,
            preparation_text: self.preparation_text,
            schools: from_json(&self.schools)?,
            buffer_before_minutes: self.buffer_before_minutes,
            buffer_after_minutes: self.buffer_after_minutes,
            increment_minutes: self.increment_minutes,
            room_kind: self.room_kind,
            room_rest_minutes: self.room_rest_minutes,
            min_notice_minutes: self.min_notice_minutes,
            max_advance_days: self.max_advance_days,
            max_per_day: self.max_per_day,
            max_per_week: self.max_per_week,
            min_age_years: self.min_age_years,
            max_age_years: self.max_age_years,
            therapists_needed: self.therapists_needed,
            requirements: requirements(&self.requirements, catalogue)?,
            active: self.active,
            version: self.version,
        })
    }
}

impl Persist for SessionType {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let required: Vec<Vec<CredentialTypeId>> =
            self.requirements.iter().map(|group| group.any_of.iter().map(|one| one.id).collect()).collect();
        let row = SessionTypeRow {
            id: self.id,
            name: self.name.clone(),
            description: self.description.clone(),
            duration_minutes: self.duration_minutes,
            price_minor: self.price_minor,
            currency: self.currency.as_str().to_owned(),
            preparation_text: self.preparation_text.clone(),
            schools: to_json(&self.schools)?,
            requirements: to_json(&required)?,
            buffer_before_minutes: self.buffer_before_minutes,
            buffer_after_minutes: self.buffer_after_minutes,
            increment_minutes: self.increment_minutes,
            active: self.active,
            version: self.version,
            room_kind: self.room_kind.clone(),
            room_rest_minutes: self.room_rest_minutes,
            min_notice_minutes: self.min_notice_minutes,
            max_advance_days: self.max_advance_days,
            max_per_day: self.max_per_day,
            max_per_week: self.max_per_week,
            min_age_years: self.min_age_years,
            max_age_years: self.max_age_years,
            therapists_needed: self.therapists_needed,
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(session_types::table).values(&row)).map(drop);
        }
        let before = session_types::table
            .filter(session_types::id.eq(self.id))
            .filter(session_types::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

/// A session type, active or retired.
///
/// # Errors
/// `NotThere`; a fault of the store.
pub fn session_type(view: &mut View<'_>, id: SessionTypeId) -> Result<SessionType, Stop> {
    let row: Option<SessionTypeRow> = view.first(session_types::table.filter(session_types::id.eq(id)))?;
    let row = row.ok_or(Refusal::NotThere)?;
    let catalogue = catalogue(view)?;
    Ok(row.read(&catalogue)?)
}

/// What kind of room a session type is held in, if it needs one.
///
/// # Errors
/// `NotThere`; a fault of the store.
pub fn room_kind(view: &mut View<'_>, id: SessionTypeId) -> Result<Option<String>, Stop> {
    let row: Option<Option<String>> =
        view.first(session_types::table.filter(session_types::id.eq(id)).select(session_types::room_kind))?;
    Ok(row.ok_or(Refusal::NotThere)?)
}

/// Several session types, active or retired.
///
/// # Errors
/// A fault of the store.
pub fn these(view: &mut View<'_>, ids: &[SessionTypeId]) -> Result<Vec<SessionType>, Stop> {
    let rows: Vec<SessionTypeRow> =
        view.load(session_types::table.filter(session_types::id.eq_any(ids)).order(session_types::id))?;
    let catalogue = catalogue(view)?;
    Ok(rows.into_iter().map(|row| row.read(&catalogue)).collect::<Result<_, _>>()?)
}

/// The session types that can be booked.
///
/// # Errors
/// A fault of the store.
pub fn active(view: &mut View<'_>) -> Result<Vec<SessionType>, Stop> {
    let rows: Vec<SessionTypeRow> =
        view.load(session_types::table.filter(session_types::active.eq(true)).order(session_types::id))?;
    let catalogue = catalogue(view)?;
    Ok(rows.into_iter().map(|row| row.read(&catalogue)).collect::<Result<_, _>>()?)
}

/// A page of the session types that can be booked, or, with `retired`, of all there ever were.
pub(super) fn session_types(view: &mut View<'_>, retired: bool, ask: PageAsk) -> Result<Page<SessionType>, Stop> {
    let mut query = session_types::table.order(session_types::id).limit(ask.limit + 1).into_boxed();
    if !retired {
        query = query.filter(session_types::active.eq(true));
    }
    if let Some(after) = ask.after {
        query = query.filter(session_types::id.gt(SessionTypeId(after)));
    }
    let rows: Vec<SessionTypeRow> = view.load(query)?;
    let catalogue = catalogue(view)?;
    let page = Page::cut(rows, ask, |row| row.id.0);
    let items = page.items.into_iter().map(|row| row.read(&catalogue)).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

fn requirements(json: &str, catalogue: &[CredentialType]) -> Result<Vec<Requirement>, Fault> {
    let groups: Vec<Vec<CredentialTypeId>> = from_json(json)?;
    let required = |id: CredentialTypeId| {
        let known = catalogue.iter().find(|known| known.id == id);
        let known = known.ok_or(Fault::Corrupt("a requirement that is not in the catalogue"))?;
        Ok(RequiredType { id, name: known.name.clone() })
    };
    groups
        .into_iter()
        .map(|group| Ok(Requirement { any_of: group.into_iter().map(required).collect::<Result<_, Fault>>()? }))
        .collect()
}

fn to_json(value: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|_| Fault::Corrupt("a session type that is not JSON"))
}

fn from_json<T: DeserializeOwned>(json: &str) -> Result<T, Fault> {
    serde_json::from_str(json).map_err(|_| Fault::Corrupt("a session type's list that is none"))
}
