//! Session notes: what the therapist found, did and advised, written once and kept for good.
//!
//! ```text
//!   (started) -> draft -> signed        amended: derived from the addenda that follow
//!                 ^  |       |
//!                 +--+       +-> share, addendum (rows of their own; the note itself does not change)
//!                 save
//! ```
//!
//! Invariants:
//! - Only the treating therapist, under the login that began it, changes a note. To everybody else it is not there.
//! - A signed note is frozen: no transition of it leads anywhere. What is added is an addendum, signed as it is written.
//! - A signature freezes the hash of the content and the therapist's credentials as they stood. Nothing a credential or a screening says
//!   keeps a note from being signed: what happened must be written down.
//! - A save names the version it read; a note that moved on refuses it.
//! - A note is of a session that happens: it begins once the client is here or the booked start is reached, and each save and the signature
//!   ask the booking again, under its lock. From then on a booking is not moved any more, to another time or another therapist, so whoever
//!   holds the session is whoever may write about it. If it is called off, or turns out a no-show, its draft stays a draft.
//! - A note takes client, therapist, time and date of service from its booking, so the two cannot disagree; only how long the session really
//!   was is the therapist's own word, within a day of the plan. It never lets a note be signed before the booked start.
//! - The plaintext ([`NoteContent`](model::NoteContent)) and the note are apart: the note carries what the vault sealed, and the plaintext does not
//!   print itself.

mod http;
mod last;
pub mod model;
mod sampling;
mod sealing;
mod store;

pub use http::routes;
pub use last::last_note;
pub use sampling::try_newest;
pub use store::drafts;
