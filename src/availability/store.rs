//! Weekly hours, time off and claims, as rows; and all that the evaluator needs of several therapists in a fixed number of queries.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime, TimeDelta, Weekday};
use diesel::prelude::*;

use super::model::hours::WorkingHours;
use super::model::occupancy::{Occupancy, Resource};
use super::model::offer::{Calendar, Offer};
use super::model::schedule::{Schedule, Week};
use super::model::time_off::TimeOff;
use super::model::waiver::Waivers;
use crate::credentials;
use crate::db::schema::{occupancies, schedules, time_off, working_hours};
use crate::db::types::AnyId;
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::{Actor, Role};
use crate::kernel::ids::{
    BookingId, ClientId, LocationId, OccupancyId, SessionTypeId, TherapistId, TimeOffId, WorkingHoursId,
};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};
use crate::session_types::model::SessionType;
use crate::{clients, places, session_types, therapists};

crate::text_column!(Resource);

/// No claim lasts longer: an hour's session with two hours of buffer on either side.
const LONGEST_CLAIM: TimeDelta = TimeDelta::hours(5);

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
pub(super) fn iso(weekday: Weekday) -> i32 {
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

/// Refuses whoever may not see a therapist's hours.
fn known_to(view: &mut View<'_>, actor: &Actor, id: TherapistId) -> Result<(), Stop> {
    let known = actor.is_desk() || actor.is_system() || actor.therapist() == Some(id);
    if known { therapists::store::therapist(view, id).map(drop) } else { Err(Refusal::NotThere.into()) }
}

/// Refuses whoever may not change a therapist's hours: all but the therapist and an admin.
pub(super) fn kept_by(actor: &Actor, id: TherapistId) -> Result<(), Refusal> {
    let may = actor.has(Role::Admin) || actor.therapist() == Some(id);
    if may { Ok(()) } else { Err(Refusal::NotThere) }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = time_off)]
struct TimeOffRow {
    id: TimeOffId,
    therapist_id: TherapistId,
    starts_at: Timestamp,
    ends_at: Timestamp,
}

impl TryFrom<TimeOffRow> for TimeOff {
    type Error = Fault;
    fn try_from(row: TimeOffRow) -> Result<Self, Fault> {
        Ok(Self { id: row.id, therapist: row.therapist_id, span: span(row.starts_at, row.ends_at)? })
    }
}

impl Persist for TimeOff {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = TimeOffRow {
            id: self.id,
            therapist_id: self.therapist,
            starts_at: self.span.start(),
            ends_at: self.span.end(),
        };
        writer.execute(diesel::insert_into(time_off::table).values(&row)).map(drop)
    }
}

/// Time off that was taken back.
impl Persist for TimeOffId {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.execute(diesel::delete(time_off::table.filter(time_off::id.eq(self)))).map(drop)
    }
}

/// A therapist's time off, that which is over too, for those who may see their hours.
pub(super) fn times_off(
    view: &mut View<'_>,
    actor: &Actor,
    id: TherapistId,
    ask: PageAsk,
) -> Result<Page<TimeOff>, Stop> {
    known_to(view, actor, id)?;
    let mut query =
        time_off::table.filter(time_off::therapist_id.eq(id)).order(time_off::id).limit(ask.limit + 1).into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(time_off::id.gt(TimeOffId(after)));
    }
    let rows: Vec<TimeOffRow> = view.load(query)?;
    let page = Page::cut(rows, ask, |row| row.id.0);
    let items = page.items.into_iter().map(TimeOff::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// One span of a therapist's time off, for those who may see their hours.
pub(super) fn one_time_off(
    view: &mut View<'_>,
    actor: &Actor,
    id: TherapistId,
    off: TimeOffId,
) -> Result<TimeOff, Stop> {
    known_to(view, actor, id)?;
    let row: Option<TimeOffRow> =
        view.first(time_off::table.filter(time_off::id.eq(off)).filter(time_off::therapist_id.eq(id)))?;
    Ok(row.ok_or(Refusal::NotThere)?.try_into()?)
}

/// What is asked of a session type whose sessions begin in `window`. It names no client's claims yet.
///
/// # Errors
/// `NotThere`; `PolicyViolation` when it is retired; a fault of the store.
pub fn offer(view: &mut View<'_>, session_type: SessionTypeId, window: Span) -> Result<Offer, Stop> {
    let session_type = session_types::store::session_type(view, session_type)?;
    if !session_type.active {
        let detail = "sessions of this type are no longer offered";
        return Err(Refusal::PolicyViolation { rule: "session_type_retired", detail }.into());
    }
    offer_of(view, session_type, window)
}

/// The same of a session type as it is given, retired or not: for a session that was booked as it.
///
/// # Errors
/// A fault of the store.
pub fn offer_of(view: &mut View<'_>, session_type: SessionType, window: Span) -> Result<Offer, Stop> {
    let settings = places::store::settings(view)?;
    let known = Offer::reach(&session_type, &settings, window);
    let known = known.ok_or(Fault::Corrupt("a session type that lasts no time"))?;
    let (now, client_claims, waived) = (view.now(), Vec::new(), Waivers::default());
    let locations = places::store::all_locations(view)?;
    let (holidays, rooms, client_birth) = (Vec::new(), Vec::new(), None);
    Ok(Offer { now, known, session_type, settings, locations, holidays, rooms, client_claims, client_birth, waived })
}

/// The calendars of therapists for a time. `besides` is a booking whose claims do not count, because it is the one to be moved.
///
/// # Errors
/// A fault of the store.
pub fn calendars(
    view: &mut View<'_>,
    therapists: &[TherapistId],
    known: Span,
    besides: Option<BookingId>,
) -> Result<BTreeMap<TherapistId, Calendar>, Stop> {
    let mut calendars: BTreeMap<TherapistId, Calendar> =
        therapists.iter().map(|id| (*id, Calendar::default())).collect();
    let hours: Vec<HoursRow> =
        view.load(working_hours::table.filter(working_hours::therapist_id.eq_any(therapists)))?;
    for row in hours {
        if let Some(calendar) = calendars.get_mut(&row.therapist_id) {
            calendar.hours.push(row.try_into()?);
        }
    }
    let off: Vec<TimeOffRow> = view.load(
        time_off::table
            .filter(time_off::therapist_id.eq_any(therapists))
            .filter(time_off::ends_at.gt(known.start()))
            .filter(time_off::starts_at.lt(known.end())),
    )?;
    for row in off {
        if let Some(calendar) = calendars.get_mut(&row.therapist_id) {
            calendar.off.push(span(row.starts_at, row.ends_at)?);
        }
    }
    let ids: Vec<AnyId> = therapists.iter().map(|id| AnyId(id.0)).collect();
    for (id, claim) in claims(view, Resource::Therapist, ids, known, besides)? {
        if let Some(calendar) = calendars.get_mut(&TherapistId(id.0)) {
            calendar.claims.push(claim);
        }
    }
    for held in credentials::store::held_by(view, therapists)? {
        if let Some(calendar) = calendars.get_mut(&held.credential.therapist) {
            calendar.held.push(held);
        }
    }
    Ok(calendars)
}

/// What stands on a client's time, for those who may know of the client.
///
/// # Errors
/// `NotThere` to everybody else; a fault of the store.
pub fn client_claims(
    view: &mut View<'_>,
    actor: &Actor,
    client: ClientId,
    known: Span,
    besides: Option<BookingId>,
) -> Result<Vec<Span>, Stop> {
    clients::store::client(view, actor, client)?;
    let claims = claims(view, Resource::Client, vec![AnyId(client.0)], known, besides)?;
    Ok(claims.into_iter().map(|(_, claim)| claim).collect())
}

fn claims(
    view: &mut View<'_>,
    resource: Resource,
    ids: Vec<AnyId>,
    known: Span,
    besides: Option<BookingId>,
) -> Result<Vec<(AnyId, Span)>, Stop> {
    let mut query = occupancies::table
        .filter(occupancies::resource.eq(resource))
        .filter(occupancies::resource_id.eq_any(ids))
        .filter(occupancies::starts_at.gt(known.start().minus(LONGEST_CLAIM)))
        .filter(occupancies::starts_at.lt(known.end()))
        .filter(occupancies::ends_at.gt(known.start()))
        .select((occupancies::resource_id, occupancies::starts_at, occupancies::ends_at))
        .into_boxed();
    if let Some(booking) = besides {
        query = query.filter(occupancies::booking_id.ne(booking));
    }
    let rows: Vec<(AnyId, Timestamp, Timestamp)> = view.load(query)?;
    rows.into_iter().map(|(id, start, end)| Ok((id, span(start, end)?))).collect()
}

#[derive(Insertable)]
#[diesel(table_name = occupancies)]
struct OccupancyRow {
    id: OccupancyId,
    resource: Resource,
    resource_id: AnyId,
    starts_at: Timestamp,
    ends_at: Timestamp,
    booking_id: BookingId,
    session_type_id: SessionTypeId,
    session_starts_at: Timestamp,
    session_ends_at: Timestamp,
}

/// Writes a claim, as part of the booking that makes it.
///
/// # Errors
/// `SlotUnavailable`, `ClientAlreadyBooked` or `RoomUnavailable` when the database finds another claim there; a fault of the store.
pub fn occupy(writer: &mut Writer<'_, '_>, claim: &Occupancy) -> Result<(), Stop> {
    let row = OccupancyRow {
        id: claim.id,
        resource: claim.resource,
        resource_id: AnyId(claim.resource_id),
        starts_at: claim.span.start(),
        ends_at: claim.span.end(),
        booking_id: claim.by.booking,
        session_type_id: claim.by.session_type,
        session_starts_at: claim.by.session.start(),
        session_ends_at: claim.by.session.end(),
    };
    let taken = || match claim.resource {
        Resource::Therapist => Refusal::SlotUnavailable { alternatives: Vec::new() },
        Resource::Client => Refusal::ClientAlreadyBooked,
        Resource::Room => Refusal::RoomUnavailable,
    };
    let written = writer.execute(diesel::insert_into(occupancies::table).values(&row));
    written.map(drop).map_err(|stop| stop.on_constraint("occupancies_overlap", taken))
}

/// Takes back what a booking claims.
///
/// # Errors
/// A fault of the store.
pub fn release(writer: &mut Writer<'_, '_>, booking: BookingId) -> Result<(), Stop> {
    writer.execute(diesel::delete(occupancies::table.filter(occupancies::booking_id.eq(booking)))).map(drop)
}

fn span(start: Timestamp, end: Timestamp) -> Result<Span, Fault> {
    Span::new(start, end).ok_or(Fault::Corrupt("a span that ends before it starts"))
}
