//! Places on the waiting list, and time that came free, as values.

mod entry;
mod freed;
mod wishes;

pub use entry::{AcceptedBy, EntryAsk, WaitlistEntry, WaitlistState};
pub use freed::{FreedTime, Spent, next_date};
pub use wishes::{Weekdays, Wishes, WishesDraft};
