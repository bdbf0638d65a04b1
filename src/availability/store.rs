//! Who works when and what is taken, as rows.
//!
//! Claims are here; each kind of rule has its own file, and [`calendars`] lays all of it before the evaluator.

mod calendars;
mod hours;
mod overrides;
mod sight;
mod standing;
mod terms;
mod time_off;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use diesel::prelude::*;

use super::model::occupancy::{Occupancy, Resource};
use crate::db::schema::occupancies;
use crate::db::types::AnyId;
use crate::db::{Fault, Stop, View, Writer};
use crate::kernel::ids::{BookingId, OccupancyId, SessionTypeId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};

pub use calendars::{calendars, for_client, offer, offer_of};
pub(super) use hours::iso;
pub use hours::week;
pub(super) use overrides::{Dates, one_override, overrides};
pub(super) use sight::kept_by;
pub(super) use standing::standing;
pub(super) use terms::{day_limits, offering, offerings};
pub(super) use time_off::{one_time_off, times_off};

crate::text_column!(Resource);

/// No claim lasts longer: an hour's session with two hours of buffer on either side.
const LONGEST_CLAIM: TimeDelta = TimeDelta::hours(5);

/// However a place's clock differs from that of UTC, and whatever opens on a neighbouring day, these are all the dates that matter.
const SURROUNDINGS: TimeDelta = TimeDelta::days(4);

/// What stands on somebody's time.
struct Claim {
    resource_id: AnyId,
    /// With its buffers.
    span: Span,
    session_type: SessionTypeId,
    /// Without them.
    session: Span,
}

type ClaimRow = (AnyId, Timestamp, Timestamp, SessionTypeId, Timestamp, Timestamp);

fn claims(
    view: &mut View<'_>,
    resource: Resource,
    ids: Vec<AnyId>,
    known: Span,
    besides: Option<BookingId>,
) -> Result<Vec<Claim>, Stop> {
    let mut query = occupancies::table
        .filter(occupancies::resource.eq(resource))
        .filter(occupancies::resource_id.eq_any(ids))
        .filter(occupancies::starts_at.gt(known.start().minus(LONGEST_CLAIM)))
        .filter(occupancies::starts_at.lt(known.end()))
        .filter(occupancies::ends_at.gt(known.start()))
        .select((
            occupancies::resource_id,
            occupancies::starts_at,
            occupancies::ends_at,
            occupancies::session_type_id,
            occupancies::session_starts_at,
            occupancies::session_ends_at,
        ))
        .into_boxed();
    if let Some(booking) = besides {
        query = query.filter(occupancies::booking_id.ne(booking));
    }
    let rows: Vec<ClaimRow> = view.load(query)?;
    let read = |(resource_id, start, end, session_type, from, until): ClaimRow| {
        Ok(Claim { resource_id, span: span(start, end)?, session_type, session: span(from, until)? })
    };
    rows.into_iter().map(read).collect()
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

fn zone(name: &str) -> Result<Tz, Fault> {
    name.parse().map_err(|_| Fault::Corrupt("a zone that is none"))
}

/// The first and the last local date that any place may show around a window.
fn dates_around(window: Span) -> (NaiveDate, NaiveDate) {
    let around = window.padded(SURROUNDINGS, SURROUNDINGS);
    (around.start().date_in(Tz::UTC), around.end().date_in(Tz::UTC))
}
