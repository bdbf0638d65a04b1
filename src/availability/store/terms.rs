//! What a therapist takes on in a day, and on which terms, as rows.

use diesel::prelude::*;

use super::sight::known_to;
use crate::availability::model::limits::{DayLimits, TherapistLimits};
use crate::availability::model::offering::Offering;
use crate::db::schema::{day_limits, offerings};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{SessionTypeId, TherapistId};
use crate::kernel::page::{Page, PageAsk};
use crate::therapists;

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = day_limits, treat_none_as_null = true)]
struct LimitsRow {
    therapist_id: TherapistId,
    hands_on_minutes: Option<i32>,
    in_a_row: Option<i32>,
    pause_minutes: i32,
    version: i32,
}

impl TryFrom<LimitsRow> for TherapistLimits {
    type Error = Fault;
    fn try_from(row: LimitsRow) -> Result<Self, Fault> {
        let count = |most: i32| u16::try_from(most).map_err(|_| Fault::Corrupt("a limit that limits nothing"));
        let limits = DayLimits {
            hands_on_minutes: row.hands_on_minutes.map(count).transpose()?,
            in_a_row: row.in_a_row.map(count).transpose()?,
            pause: count(row.pause_minutes)?,
        };
        Ok(Self { therapist: row.therapist_id, limits, version: row.version })
    }
}

impl Persist for TherapistLimits {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = LimitsRow {
            therapist_id: self.therapist,
            hands_on_minutes: self.limits.hands_on_minutes.map(i32::from),
            in_a_row: self.limits.in_a_row.map(i32::from),
            pause_minutes: self.limits.pause.into(),
            version: self.version,
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(day_limits::table).values(&row)).map(drop);
        }
        let before = day_limits::table
            .filter(day_limits::therapist_id.eq(self.therapist))
            .filter(day_limits::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

/// A therapist's limits, for the staff who run calendars and the therapist.
pub(in crate::availability) fn day_limits(
    view: &mut View<'_>,
    actor: &Actor,
    id: TherapistId,
) -> Result<TherapistLimits, Stop> {
    known_to(view, actor, id)?;
    let row: Option<LimitsRow> = view.first(day_limits::table.filter(day_limits::therapist_id.eq(id)))?;
    let unset = TherapistLimits { therapist: id, limits: DayLimits::default(), version: 0 };
    Ok(row.map(TherapistLimits::try_from).transpose()?.unwrap_or(unset))
}

/// The limits of several therapists, as far as they have any.
///
/// # Errors
/// A fault of the store.
pub fn limits_of(view: &mut View<'_>, therapists: &[TherapistId]) -> Result<Vec<TherapistLimits>, Stop> {
    let rows: Vec<LimitsRow> = view.load(day_limits::table.filter(day_limits::therapist_id.eq_any(therapists)))?;
    Ok(rows.into_iter().map(TherapistLimits::try_from).collect::<Result<_, _>>()?)
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = offerings, primary_key(therapist_id, session_type_id), treat_none_as_null = true)]
struct OfferingRow {
    therapist_id: TherapistId,
    session_type_id: SessionTypeId,
    price_minor: Option<i64>,
    duration_minutes: Option<i32>,
    version: i32,
}

impl From<OfferingRow> for Offering {
    fn from(row: OfferingRow) -> Self {
        Self {
            therapist: row.therapist_id,
            session_type: row.session_type_id,
            price_minor: row.price_minor,
            duration_minutes: row.duration_minutes,
            version: row.version,
        }
    }
}

impl Persist for Offering {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = OfferingRow {
            therapist_id: self.therapist,
            session_type_id: self.session_type,
            price_minor: self.price_minor,
            duration_minutes: self.duration_minutes,
            version: self.version,
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(offerings::table).values(&row)).map(drop);
        }
        let before = offerings::table
            .filter(offerings::therapist_id.eq(self.therapist))
            .filter(offerings::session_type_id.eq(self.session_type))
            .filter(offerings::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

/// A therapist's terms for a session type; they say nothing where the session type's own hold.
///
/// # Errors
/// A fault of the store.
pub fn offering(view: &mut View<'_>, therapist: TherapistId, session_type: SessionTypeId) -> Result<Offering, Stop> {
    let row: Option<OfferingRow> = view.first(
        offerings::table
            .filter(offerings::therapist_id.eq(therapist))
            .filter(offerings::session_type_id.eq(session_type)),
    )?;
    Ok(row.map_or_else(|| Offering::unsaid(therapist, session_type), Offering::from))
}

/// What a therapist has terms of their own for, for whoever may know of the therapist.
pub(in crate::availability) fn offerings(
    view: &mut View<'_>,
    actor: &Actor,
    id: TherapistId,
    ask: PageAsk,
) -> Result<Page<Offering>, Stop> {
    therapists::store::therapist_seen_by(view, actor, id)?;
    let said = offerings::price_minor.is_not_null().or(offerings::duration_minutes.is_not_null());
    let mut query = offerings::table
        .filter(offerings::therapist_id.eq(id))
        .filter(said)
        .order(offerings::session_type_id)
        .limit(ask.limit + 1)
        .into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(offerings::session_type_id.gt(SessionTypeId(after)));
    }
    let rows: Vec<OfferingRow> = view.load(query)?;
    Ok(Page::cut(rows, ask, |row| row.session_type_id.0).map(Offering::from))
}

/// The terms of several therapists for a session type, as far as they have any.
pub(super) fn offerings_of(
    view: &mut View<'_>,
    therapists: &[TherapistId],
    session_type: SessionTypeId,
) -> Result<Vec<Offering>, Stop> {
    let rows: Vec<OfferingRow> = view.load(
        offerings::table
            .filter(offerings::therapist_id.eq_any(therapists))
            .filter(offerings::session_type_id.eq(session_type)),
    )?;
    Ok(rows.into_iter().map(Offering::from).collect())
}
