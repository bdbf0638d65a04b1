//! What intake does about other rooms' events.

use super::store::documents;
use crate::db::{Stop, Tx};
use crate::kernel::change::Event;

/// A practice that is founded begins with the shipped form and ruleset.
///
/// # Errors
/// A fault of the store.
pub fn publish_shipped(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    if event.action == "practice.founded" { documents::publish_shipped(tx) } else { Ok(()) }
}
