//! The sessions that stand, whoever asks: a rule that is being set must know of all it touches.

use chrono::TimeDelta;
use diesel::prelude::*;

use super::claims::LONGEST_CLAIM;
use super::{overrides, span, zone};
use crate::availability::model::limits::TherapistLimits;
use crate::availability::model::occupancy::Resource;
use crate::availability::model::schedule::Week;
use crate::availability::model::standing::{Finds, Standing};
use crate::db::schema::{bookings, occupancies};
use crate::db::types::AnyId;
use crate::db::{Fault, Stop, View};
use crate::kernel::ids::{BookingId, LocationId, TherapistId};
use crate::kernel::time::Timestamp;

/// No local day began longer ago.
const TODAY: TimeDelta = TimeDelta::hours(25);

type StandingRow = (BookingId, AnyId, Option<LocationId>, String, Timestamp, Timestamp);

/// The sessions of one therapist, or of all, that are not over yet, by their start.
///
/// Where and in which zone a session is, only its booking says. That belongs to a later slice, which may not be called from here, so the table
/// is read for just that.
pub(in crate::availability) fn standing(
    view: &mut View<'_>,
    therapist: Option<TherapistId>,
) -> Result<Vec<Standing>, Stop> {
    let now = view.now();
    not_over(view, therapist, now)
}

/// The same that were not over at an instant.
fn not_over(view: &mut View<'_>, therapist: Option<TherapistId>, at: Timestamp) -> Result<Vec<Standing>, Stop> {
    let of_booking = occupancies::booking_id.nullable().eq(bookings::id.nullable());
    let mut query = occupancies::table
        .inner_join(bookings::table.on(of_booking))
        .filter(occupancies::resource.eq(Resource::Therapist))
        .filter(occupancies::starts_at.gt(at.minus(LONGEST_CLAIM)))
        .filter(occupancies::session_ends_at.gt(at))
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

/// The bookings that a therapist's week leaves outside its hours, by their start; but for dates of which something else was said.
pub(in crate::availability) fn outside(view: &mut View<'_>, week: &Week) -> Result<Vec<BookingId>, Stop> {
    let mut standing = standing(view, Some(week.therapist))?;
    let Some((first, last)) = standing.first().zip(standing.last()) else { return Ok(Vec::new()) };
    let window = span(first.session.start(), last.session.end())?;
    let said = overrides::around(view, &[week.therapist], window)?;
    standing.retain(|one| !said.iter().any(|date| date.is_about(one)));
    Ok(week.affected(&standing))
}

/// The bookings that are not over and are more than a therapist takes on in a day, by their start. What is over already counts for its day.
pub(in crate::availability) fn too_many(view: &mut View<'_>, own: &TherapistLimits) -> Result<Vec<BookingId>, Stop> {
    let now = view.now();
    let sessions = not_over(view, Some(own.therapist), now.minus(TODAY))?;
    let found = own.limits.exceeded_by(&sessions).filter(|one| one.session.end() > now);
    Ok(found.map(|one| one.booking).collect())
}

fn read((booking, therapist, location, name, start, end): StandingRow) -> Result<Standing, Fault> {
    let (zone, session) = (zone(&name)?, span(start, end)?);
    Ok(Standing { booking, therapist: TherapistId(therapist.0), location, zone, session })
}
