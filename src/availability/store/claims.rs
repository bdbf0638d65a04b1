//! What stands on somebody's time: claims, as rows.

use chrono::TimeDelta;
use diesel::prelude::*;
use uuid::Uuid;

use super::span;
use crate::availability::model::occupancy::{Holder, Occupancy, Resource};
use crate::db::schema::occupancies;
use crate::db::types::AnyId;
use crate::db::{Stop, View, Writer};
use crate::kernel::ids::{BookingId, OccupancyId, SessionTypeId, SlotHoldId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};

crate::text_column!(Resource);

/// No claim lasts longer: an hour's session with two hours of buffer on either side.
pub(super) const LONGEST_CLAIM: TimeDelta = TimeDelta::hours(5);

/// What stands on somebody's time.
pub(super) struct Claim {
    pub resource_id: AnyId,
    /// With its buffers.
    pub span: Span,
    pub session_type: SessionTypeId,
    /// Without them.
    pub session: Span,
}

type ClaimRow = (AnyId, Timestamp, Timestamp, SessionTypeId, Timestamp, Timestamp);

/// What stands on the time of each of these, but for the claims of `besides`, and for those of holds that have run out.
pub(super) fn claims(
    view: &mut View<'_>,
    resource: Resource,
    ids: Vec<AnyId>,
    known: Span,
    besides: &[Holder],
) -> Result<Vec<Claim>, Stop> {
    let now = view.now();
    let mut query = occupancies::table
        .filter(occupancies::resource.eq(resource))
        .filter(occupancies::resource_id.eq_any(ids))
        .filter(occupancies::starts_at.gt(known.start().minus(LONGEST_CLAIM)))
        .filter(occupancies::starts_at.lt(known.end()))
        .filter(occupancies::ends_at.gt(known.start()))
        .filter(occupancies::expires_at.is_null().or(occupancies::expires_at.gt(now)))
        .select((
            occupancies::resource_id,
            occupancies::starts_at,
            occupancies::ends_at,
            occupancies::session_type_id,
            occupancies::session_starts_at,
            occupancies::session_ends_at,
        ))
        .into_boxed();
    for holder in besides {
        query = match *holder {
            Holder::Booking(id) => query.filter(occupancies::booking_id.is_null().or(occupancies::booking_id.ne(id))),
            Holder::Hold(id) => query.filter(occupancies::hold_id.is_null().or(occupancies::hold_id.ne(id))),
        };
    }
    let rows: Vec<ClaimRow> = view.load(query)?;
    let read = |(resource_id, start, end, session_type, from, until): ClaimRow| {
        Ok(Claim { resource_id, span: span(start, end)?, session_type, session: span(from, until)? })
    };
    rows.into_iter().map(read).collect()
}

/// What claims something's time then; not the holds that have run out.
///
/// # Errors
/// A fault of the store.
pub fn holders(view: &mut View<'_>, (resource, id): (Resource, Uuid), then: Span) -> Result<Vec<Holder>, Stop> {
    let now = view.now();
    let rows: Vec<(Option<BookingId>, Option<SlotHoldId>)> = view.load(
        occupancies::table
            .filter(occupancies::resource.eq(resource))
            .filter(occupancies::resource_id.eq(AnyId(id)))
            .filter(occupancies::starts_at.gt(then.start().minus(LONGEST_CLAIM)))
            .filter(occupancies::starts_at.lt(then.end()))
            .filter(occupancies::ends_at.gt(then.start()))
            .filter(occupancies::expires_at.is_null().or(occupancies::expires_at.gt(now)))
            .select((occupancies::booking_id, occupancies::hold_id)),
    )?;
    let holder = |(booking, hold): (Option<_>, Option<_>)| booking.map(Holder::Booking).or(hold.map(Holder::Hold));
    Ok(rows.into_iter().filter_map(holder).collect())
}

#[derive(Insertable)]
#[diesel(table_name = occupancies)]
struct OccupancyRow {
    id: OccupancyId,
    resource: Resource,
    resource_id: AnyId,
    starts_at: Timestamp,
    ends_at: Timestamp,
    booking_id: Option<BookingId>,
    hold_id: Option<SlotHoldId>,
    expires_at: Option<Timestamp>,
    session_type_id: SessionTypeId,
    session_starts_at: Timestamp,
    session_ends_at: Timestamp,
}

impl From<&Occupancy> for OccupancyRow {
    fn from(claim: &Occupancy) -> Self {
        let (booking_id, hold_id) = match claim.by.holder {
            Holder::Booking(id) => (Some(id), None),
            Holder::Hold(id) => (None, Some(id)),
        };
        Self {
            id: claim.id,
            resource: claim.resource,
            resource_id: AnyId(claim.resource_id),
            starts_at: claim.span.start(),
            ends_at: claim.span.end(),
            booking_id,
            hold_id,
            expires_at: claim.by.expires_at,
            session_type_id: claim.by.session_type,
            session_starts_at: claim.by.session.start(),
            session_ends_at: claim.by.session.end(),
        }
    }
}

/// Writes a claim, as part of the booking or the hold that makes it. What expired holds still claim there is swept away first: the tables keep
/// claims apart and know no time of day.
///
/// # Errors
/// `SlotUnavailable`, `ClientAlreadyBooked` or `RoomUnavailable` when the database finds another claim there; a fault of the store.
pub fn occupy(writer: &mut Writer<'_, '_>, claim: &Occupancy) -> Result<(), Stop> {
    let expired = occupancies::table
        .filter(occupancies::resource.eq(claim.resource))
        .filter(occupancies::resource_id.eq(AnyId(claim.resource_id)))
        .filter(occupancies::expires_at.le(writer.now()));
    writer.execute(diesel::delete(expired))?;
    let taken = || match claim.resource {
        Resource::Therapist => Refusal::SlotUnavailable { alternatives: Vec::new() },
        Resource::Client => Refusal::ClientAlreadyBooked,
        Resource::Room => Refusal::RoomUnavailable,
    };
    let written = writer.execute(diesel::insert_into(occupancies::table).values(&OccupancyRow::from(claim)));
    written.map(drop).map_err(|stop| stop.on_constraint("occupancies_overlap", taken))
}

/// Takes back what a booking or a hold claims.
///
/// # Errors
/// A fault of the store.
pub fn release(writer: &mut Writer<'_, '_>, holder: Holder) -> Result<(), Stop> {
    match holder {
        Holder::Booking(id) => {
            writer.execute(diesel::delete(occupancies::table.filter(occupancies::booking_id.eq(id))))?
        }
        Holder::Hold(id) => writer.execute(diesel::delete(occupancies::table.filter(occupancies::hold_id.eq(id))))?,
    };
    Ok(())
}
