//! Calling a booking off.

use super::deciding::{judged, side};
use super::moving::locked;
use crate::bookings::model::{Asked, Booking, CancelReason, Override, OverrideReason, Source, Step};
use crate::clients;
use crate::db::{Stop, Tx};
use crate::kernel::ids::BookingId;

/// Why a booking is called off, and past which rules.
#[derive(Clone, Debug)]
pub(in crate::bookings) struct Cancellation {
    /// Why.
    pub reason: Option<CancelReason>,
    /// The rules that staff set aside.
    pub overrides: Vec<Override>,
    /// Why they are set aside.
    pub override_reason: Option<OverrideReason>,
}

/// Calls off a booking of the version that was read. Whoever would have treated may open the client's record no longer because of it. It refuses
/// before its first write, so several may be tried in one transaction.
///
/// # Errors
/// `NotThere` to whoever may not know of it; `VersionMismatch`; what its state, its terms and the arguments refuse; a fault of the store.
pub(in crate::bookings) fn cancel(
    tx: &mut Tx<'_>,
    (id, version): (BookingId, i32),
    by: &Cancellation,
) -> Result<Booking, Stop> {
    let booking = locked(tx, (id, version), &[])?;
    let actor = tx.actor();
    let asked = Asked::plainly(side(tx, &actor, &booking)?, tx.now());
    let booking = judged(tx, booking, Step::Cancel.event())?;
    let asked = asked.overriding(Step::Cancel, &by.overrides, by.override_reason)?;
    let booking = tx.save(booking.cancel(asked, by.reason)?)?;
    // What never took place entrusts nobody.
    if tx.now() < booking.placement.session.start() || booking.source == Source::PastSession {
        clients::store::end_treatment(tx, booking.id)?;
    }
    Ok(booking)
}
