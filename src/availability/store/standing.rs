//! The sessions that stand, whoever asks: a rule that is being set must know of all it touches.

use diesel::prelude::*;

use super::claims::LONGEST_CLAIM;
use super::{span, zone};
use crate::availability::model::occupancy::Resource;
use crate::availability::model::standing::Standing;
use crate::db::schema::{bookings, occupancies};
use crate::db::types::AnyId;
use crate::db::{Fault, Stop, View};
use crate::kernel::ids::{BookingId, LocationId, TherapistId};
use crate::kernel::time::Timestamp;

type StandingRow = (BookingId, AnyId, Option<LocationId>, String, Timestamp, Timestamp);

/// The sessions of one therapist, or of all, that are not over yet, by their start.
///
/// Where and in which zone a session is, only its booking says. That belongs to a later slice, which may not be called from here, so the table
/// is read for just that.
pub(in crate::availability) fn standing(
    view: &mut View<'_>,
    therapist: Option<TherapistId>,
) -> Result<Vec<Standing>, Stop> {
    let of_booking = occupancies::booking_id.nullable().eq(bookings::id.nullable());
    let mut query = occupancies::table
        .inner_join(bookings::table.on(of_booking))
        .filter(occupancies::resource.eq(Resource::Therapist))
        .filter(occupancies::starts_at.gt(view.now().minus(LONGEST_CLAIM)))
        .filter(occupancies::session_ends_at.gt(view.now()))
        .order((occupancies::session_starts_at, bookings::id))
        .select((
            bookings::id,
            occupancies::resource_id,
            bookings::location_id,
            bookings::zone,
            occupancies::session_starts_at,
            occupancies::session_ends_at,
        ))
        .into_boxed();
    if let Some(therapist) = therapist {
        query = query.filter(occupancies::resource_id.eq(AnyId(therapist.0)));
    }
    let rows: Vec<StandingRow> = view.load(query)?;
    Ok(rows.into_iter().map(read).collect::<Result<_, Fault>>()?)
}

fn read((booking, therapist, location, name, start, end): StandingRow) -> Result<Standing, Fault> {
    let (zone, session) = (zone(&name)?, span(start, end)?);
    Ok(Standing { booking, therapist: TherapistId(therapist.0), location, zone, session })
}
