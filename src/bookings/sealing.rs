//! How the reasons for a visit go into the vault and come out again.

use zeroize::Zeroizing;

use super::model::{Booking, Reasons};
use crate::db::{Fault, Look, Stop, Tx, View};
use crate::kernel::ids::{BookingId, ClientId};
use crate::kernel::sealed::Sealed;
use crate::vault::{Class, Place, Vault};

fn place(client: ClientId, booking: BookingId) -> Place<'static> {
    Place { client, class: Class::Booking, record: booking.0, table: "bookings", row: booking.0, column: "reasons" }
}

/// Seals reasons to the booking they come with.
pub(super) fn seal_reasons(
    tx: &mut Tx<'_>,
    vault: &Vault,
    (client, booking): (ClientId, BookingId),
    reasons: &Reasons,
) -> Result<Sealed, Stop> {
    let plain = serde_json::to_vec(reasons).map_err(|_| Fault::Corrupt("reasons that are not JSON"))?;
    vault.seal(tx, place(client, booking), &Zeroizing::new(plain))
}

/// The reasons a booking came with, if any were given.
///
/// # Errors
/// A fault when the look is for something else, or of the store.
pub fn open_reasons(
    view: &mut View<'_>,
    vault: &Vault,
    look: &Look,
    booking: &Booking,
) -> Result<Option<Reasons>, Stop> {
    let Some(sealed) = &booking.reasons else { return Ok(None) };
    let plain = vault.open(view, look, place(booking.client, booking.id), sealed)?;
    Ok(Some(serde_json::from_slice(&plain).map_err(|_| Fault::Corrupt("reasons that cannot be read"))?))
}
