//! Requests that nobody answered.

use super::acts::locked;
use super::model::{Asked, Side};
use super::reactions::again;
use super::store;
use crate::db::{Stop, Tx};
use crate::kernel::refusal::Refusal;

/// Lets one pending booking expire that nobody answered as long as it was to wait, and says how many that were: one or none.
///
/// One at a time, so that a calendar is locked no longer than a booking of it would lock it.
///
/// # Errors
/// `NotThere` or `Forbidden` to anybody but the program; a fault of the store.
pub fn expire_next(tx: &mut Tx<'_>) -> Result<usize, Stop> {
    let actor = tx.actor();
    let Some(due) = store::next_unanswered(tx)? else { return Ok(0) };
    let version = store::booking(tx, &actor, due)?.version;
    // Answered, called off or moved while the locks were waited for: the next look finds what is due then.
    let booking = locked(tx, (due, version), &[]).map_err(again)?;
    let side = Side::of(&actor, booking.placement.therapist, false).ok_or(Refusal::NotThere)?;
    tx.save(booking.expire(Asked::plainly(side, tx.now()))?)?;
    Ok(1)
}
