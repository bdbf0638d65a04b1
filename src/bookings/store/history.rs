//! A row for each version of a booking, written with it and never again.

use diesel::prelude::*;

use crate::bookings::model::{Booking, BookingState, PastVersion, Placement};
use crate::db::schema::booking_history;
use crate::db::{Fault, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{AccountId, BookingId, LocationId, RoomId, TherapistId};
use crate::kernel::time::{Span, Timestamp};

#[derive(Queryable, Insertable)]
#[diesel(table_name = booking_history)]
struct HistoryRow {
    booking_id: BookingId,
    version: i32,
    change: String,
    state: BookingState,
    starts_at: Timestamp,
    ends_at: Timestamp,
    therapist_id: TherapistId,
    co_therapist_id: Option<TherapistId>,
    location_id: Option<LocationId>,
    room_id: Option<RoomId>,
    changed_by: Option<AccountId>,
    changed_at: Timestamp,
}

/// Keeps a version of a booking as it is being written.
pub(super) fn write(writer: &mut Writer<'_, '_>, booking: &Booking) -> Result<(), Stop> {
    let Placement { therapist, co_therapist, location, room, session, .. } = booking.placement;
    let row = HistoryRow {
        booking_id: booking.id,
        version: booking.version,
        change: writer.action().to_owned(),
        state: booking.state,
        starts_at: session.start(),
        ends_at: session.end(),
        therapist_id: therapist,
        co_therapist_id: co_therapist,
        location_id: location,
        room_id: room.map(|(room, _)| room),
        changed_by: writer.account(),
        changed_at: booking.updated_at,
    };
    writer.execute(diesel::insert_into(booking_history::table).values(&row)).map(drop)
}

impl HistoryRow {
    fn read(self) -> Result<PastVersion, Fault> {
        Ok(PastVersion {
            version: self.version,
            change: self.change,
            state: self.state,
            session: Span::new(self.starts_at, self.ends_at).ok_or(Fault::Corrupt("a session that lasts no time"))?,
            therapist: self.therapist_id,
            co_therapist: self.co_therapist_id,
            location: self.location_id,
            room: self.room_id,
            changed_by: self.changed_by,
            at: self.changed_at,
        })
    }
}

/// Every version of a booking, oldest first, for whoever may see it. By whose doing each came to be is for the staff to know.
pub(in crate::bookings) fn past_versions(
    view: &mut View<'_>,
    actor: &Actor,
    id: BookingId,
) -> Result<Vec<PastVersion>, Stop> {
    super::booking(view, actor, id)?;
    let rows: Vec<HistoryRow> =
        view.load(booking_history::table.filter(booking_history::booking_id.eq(id)).order(booking_history::version))?;
    let show = |past: PastVersion| if actor.is_staff() { past } else { past.anonymous() };
    Ok(rows.into_iter().map(|row| row.read().map(show)).collect::<Result<_, _>>()?)
}
