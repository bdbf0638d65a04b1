//! Notes and what hangs on them, as rows.

mod after;
mod list;
mod note;
mod siblings;
mod templates;

pub(super) use after::{addenda, reason, summary};
pub(super) use list::{Wanted, last_signed, newest_sealed, notes, unsigned_counts};
pub use list::{drafts, to_cosign};
pub(super) use note::{OfBooking, note, of_booking, supervises};
pub(super) use siblings::{sibling, siblings};
pub(super) use templates::{template, templates, vocabulary};
