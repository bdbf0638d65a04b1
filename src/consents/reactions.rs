//! What consent does about other rooms' events, and once by itself.

use super::model::Unnamed;
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

/// Somebody who is erased is named under no signature any more, neither their own nor one that was given for them.
///
/// # Errors
/// A fault of the store.
pub fn forget_names(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    let (Some(client), "client.erased") = (event.client, event.action) else { return Ok(()) };
    for consent in store::naming(tx, client)? {
        tx.save(Unnamed::because_of(client, consent))?;
    }
    Ok(())
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
