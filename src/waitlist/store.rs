//! Places on the waiting list, and time that came free, as rows.

mod entries;
mod freed;

pub use entries::open_offers;
pub(super) use entries::{Wanted, awaiting, entries, entry, next_outdated, of_client, with_offers};
pub(super) use freed::{is_awaited, next_freed};
