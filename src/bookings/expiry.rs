//! Requests that nobody answered.

use super::acts::locked;
use super::model::{Asked, BookingRules, Side};
use super::reactions::again;
use super::store;
use crate::db::{Stop, Tx};
use crate::kernel::refusal::Refusal;

/// Lets one pending booking expire whose session was to begin by now, and says how many that were: one or none.
///
/// One at a time, so that a calendar is locked no longer than a booking of it would lock it.
///
/// # Errors
/// `NotThere` or `Forbidden` to anybody but the program; a fault of the store.
pub fn expire_next(tx: &mut Tx<'_>) -> Result<usize, Stop> {
    let (actor, now) = (tx.actor(), tx.now());
    let Some(due) = store::next_unanswered(tx)? else { return Ok(0) };
    let version = store::booking(tx, &actor, due)?.version;
    // Answered, called off or moved while the locks were waited for: the next look finds what is due then.
    let booking = locked(tx, (due, version), &[]).map_err(again)?;
    let side = Side::of(&actor, booking.placement.therapist, false).ok_or(Refusal::NotThere)?;
    // Nothing the practice sets moves the session's start, which is all that counts here.
    let asked = Asked { side, now, rules: BookingRules::default() };
    tx.save(booking.expire(asked)?)?;
    Ok(1)
}
