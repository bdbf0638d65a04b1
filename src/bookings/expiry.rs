//! Requests that nobody answered.

use super::model::{Asked, Side};
use super::store;
use crate::db::{Fault, Lock, Stop, Tx};
use crate::kernel::refusal::Refusal;

/// Lets one pending booking expire that nobody answered as long as it was to wait, and says how many that were: one or none.
///
/// One at a time, so that a calendar is locked no longer than a booking of it would lock it.
///
/// # Errors
/// `NotThere` or `Forbidden` to anybody but the program; a fault of the store.
pub fn expire_next(tx: &mut Tx<'_>) -> Result<usize, Stop> {
    let (actor, now) = (tx.actor(), tx.now());
    let Some(due) = store::next_unanswered(tx)? else { return Ok(0) };
    let seen = store::booking(tx, &actor, due)?;
    tx.lock(&[Lock::Therapist(seen.placement.therapist), Lock::Client(seen.client)])?;
    let booking = store::booking(tx, &actor, due)?;
    // Answered, called off or moved while the locks were waited for: the next look finds what is due then.
    if booking.version != seen.version {
        return Err(Fault::Retry.into());
    }
    let side = Side::of(&actor, booking.placement.therapist, false).ok_or(Refusal::NotThere)?;
    tx.save(booking.expire(Asked::plainly(side, now))?)?;
    Ok(1)
}
