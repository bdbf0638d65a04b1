//! What consent does about other rooms' events, and once by itself.

use super::store;
use crate::db::{Stop, Tx};
use crate::kernel::change::Event;
use crate::kernel::refusal::Refusal;
use crate::places;

/// A practice that is founded begins with the shipped text.
///
/// # Errors
/// A fault of the store.
pub fn publish_shipped(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    if event.action == "practice.founded" { store::publish_shipped(tx).map(drop) } else { Ok(()) }
}

/// A practice that was founded before there were texts is given the shipped one; says how many were published.
///
/// # Errors
/// A fault of the store.
pub fn publish_next_shipped(tx: &mut Tx<'_>) -> Result<usize, Stop> {
    match places::store::practice(tx) {
        Ok(_) => Ok(usize::from(store::publish_shipped(tx)?)),
        Err(Stop::Refused(Refusal::NotThere)) => Ok(0),
        Err(stop) => Err(stop),
    }
}
