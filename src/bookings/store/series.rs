//! Courses, and which bookings are theirs.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::{BookingRow, with_blocks};
use crate::bookings::model::{Booking, Cadence, Membership, Series};
use crate::clients::store::acts_for;
use crate::db::schema::{booking_series, booking_series_members, bookings};
use crate::db::{Persist, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{AccountId, BookingId, BookingSeriesId, ClientId, SessionTypeId, TherapistId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

crate::text_column!(Cadence);

#[derive(Queryable, Insertable)]
#[diesel(table_name = booking_series)]
struct SeriesRow {
    id: BookingSeriesId,
    client_id: ClientId,
    therapist_id: TherapistId,
    session_type_id: SessionTypeId,
    cadence: Option<Cadence>,
    requested_by: AccountId,
    version: i32,
    created_at: Timestamp,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = booking_series_members)]
struct MemberRow {
    series_id: BookingSeriesId,
    ordinal: i32,
    booking_id: BookingId,
}

/// Which bookings a course has never changes, so only a new one writes them.
impl Persist for Series {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let Self { id, version, .. } = *self;
        if version > 1 {
            let before = booking_series::table.filter(booking_series::id.eq(id));
            let before = before.filter(booking_series::version.eq(version - 1));
            return writer.update_one(diesel::update(before).set(booking_series::version.eq(version)));
        }
        let row = SeriesRow {
            id,
            client_id: self.client,
            therapist_id: self.therapist,
            session_type_id: self.session_type,
            cadence: self.cadence,
            requested_by: self.requested_by,
            version,
            created_at: self.created_at,
        };
        writer.execute(diesel::insert_into(booking_series::table).values(&row))?;
        for (ordinal, booking_id) in &self.members {
            let row = MemberRow { series_id: id, ordinal: *ordinal, booking_id: *booking_id };
            writer.execute(diesel::insert_into(booking_series_members::table).values(&row))?;
        }
        Ok(())
    }
}

/// A course with those of its bookings that whoever asks may see, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::bookings) struct Course {
    /// The course.
    pub series: Series,
    /// Its bookings.
    pub bookings: Vec<Booking>,
    /// Grows with every change of the course and of each of its bookings, whoever may see which.
    pub version: i32,
}

impl Course {
    /// One of those bookings, by its number in the course.
    pub(in crate::bookings) fn session(&self, ordinal: i32) -> Option<&Booking> {
        self.bookings.iter().find(|booking| booking.series.is_some_and(|member| member.ordinal == ordinal))
    }
}

/// A course, for whoever may see one of its bookings.
///
/// # Errors
/// `NotThere` to everybody else; a fault of the store.
pub(in crate::bookings) fn series(view: &mut View<'_>, actor: &Actor, id: BookingSeriesId) -> Result<Course, Stop> {
    let row: Option<SeriesRow> = view.first(booking_series::table.filter(booking_series::id.eq(id)))?;
    let row = row.ok_or(Refusal::NotThere)?;
    let client = row.client_id;
    let mut found = courses(view, actor, client, vec![row])?;
    Ok(found.pop().ok_or(Refusal::NotThere)?)
}

/// A client's courses, oldest first, as far as whoever asks may see one of their bookings.
pub(in crate::bookings) fn series_of_client(
    view: &mut View<'_>,
    actor: &Actor,
    client: ClientId,
    ask: PageAsk,
) -> Result<Page<Course>, Stop> {
    let mut query = booking_series::table
        .filter(booking_series::client_id.eq(client))
        .order(booking_series::id)
        .limit(ask.limit + 1)
        .into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(booking_series::id.gt(BookingSeriesId(after)));
    }
    let page = Page::cut(view.load(query)?, ask, |row: &SeriesRow| row.id.0);
    Ok(Page { items: courses(view, actor, client, page.items)?, next_cursor: page.next_cursor })
}

/// Which course a booking belongs to.
pub(super) fn membership(view: &mut View<'_>, booking: BookingId) -> Result<Option<Membership>, Stop> {
    let row: Option<MemberRow> =
        view.first(booking_series_members::table.filter(booking_series_members::booking_id.eq(booking)))?;
    Ok(row.map(|row| Membership { series: row.series_id, ordinal: row.ordinal }))
}

/// Which courses bookings belong to.
pub(super) fn memberships(
    view: &mut View<'_>,
    bookings: &[BookingId],
) -> Result<BTreeMap<BookingId, Membership>, Stop> {
    let of = booking_series_members::booking_id.eq_any(bookings.to_vec());
    let rows: Vec<MemberRow> = view.load(booking_series_members::table.filter(of))?;
    let each = rows.into_iter().map(|row| {
        let MemberRow { series_id: series, ordinal, booking_id } = row;
        (booking_id, Membership { series, ordinal })
    });
    Ok(each.collect())
}

/// One client's courses, without those of which whoever asks may see no booking.
fn courses(view: &mut View<'_>, actor: &Actor, client: ClientId, rows: Vec<SeriesRow>) -> Result<Vec<Course>, Stop> {
    let all = actor.is_desk() || actor.is_system() || acts_for(view, actor, client)?;
    let ids: Vec<BookingSeriesId> = rows.iter().map(|row| row.id).collect();
    let members = booking_series_members::table
        .filter(booking_series_members::series_id.eq_any(ids))
        .order((booking_series_members::series_id, booking_series_members::ordinal));
    let members: Vec<MemberRow> = view.load(members)?;
    let ids: Vec<BookingId> = members.iter().map(|member| member.booking_id).collect();
    let own: Vec<BookingRow> = view.load(bookings::table.filter(bookings::id.eq_any(ids)))?;
    let changes: BTreeMap<BookingId, i32> = own.iter().map(|row| (row.id, row.version - 1)).collect();
    let mut bookings = with_blocks(view, own)?;
    bookings.retain(|booking| all || actor.therapist().is_some_and(|own| booking.placement.is_with(own)));
    bookings.sort_by_key(|booking| booking.series.map(|member| member.ordinal));
    let courses = rows.into_iter().map(|row| {
        let of = |booking: &&Booking| booking.series.is_some_and(|member| member.series == row.id);
        let own = members.iter().filter(|member| member.series_id == row.id);
        let members: Vec<_> = own.map(|member| (member.ordinal, member.booking_id)).collect();
        let changes: i32 = members.iter().filter_map(|(_, id)| changes.get(id)).sum();
        let version = row.version.saturating_add(changes);
        Course { bookings: bookings.iter().filter(of).cloned().collect(), series: row.read(members), version }
    });
    Ok(courses.filter(|course| !course.bookings.is_empty()).collect())
}

impl SeriesRow {
    fn read(self, members: Vec<(i32, BookingId)>) -> Series {
        Series {
            id: self.id,
            client: self.client_id,
            therapist: self.therapist_id,
            session_type: self.session_type_id,
            cadence: self.cadence,
            requested_by: self.requested_by,
            members,
            version: self.version,
            created_at: self.created_at,
        }
    }
}
