//! What is done to notes, each in one transaction.

mod drafting;
mod locking;
mod signing;

pub(super) use drafting::{Saving, StartFrom, adopt, discard, first_save, save, start};
pub(super) use locking::held;
pub(super) use signing::{cosign, sign};
