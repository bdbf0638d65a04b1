//! Session notes: what the therapist found, did and advised, written once and kept for good.
//!
//! ```text
//!   (started) -> draft -> signed        amended, entered in error, co-signed: derived from rows that follow
//!                 ^  |       |
//!                 +--+       +-> share, summary, addendum, co-signature, entered in error
//!                 save           (rows of their own, as frozen as the note; the note itself does not change)
//!
//!   (a save that comes too late) -> sibling -> adopted | discarded
//! ```
//!
//! Invariants:
//! - Only the treating therapist, under the login that began it, changes a note. To everybody else it is not there.
//! - A signed note is frozen: no transition of it leads anywhere. What is added is an addendum, signed as it is written.
//! - Whoever signs, adds to a note, co-signs it or marks it as entered in error has shown once more that it is they
//!   ([`require_step_up`](crate::accounts::require_step_up)).
//! - A signature freezes the therapist's credentials as they stood and what the booking decision finds, and covers the note whole: one document is
//!   hashed ([`Note::document`](model::Note::document)), and each reader is told how far what is kept still makes the same one. Nothing a
//!   credential or a screening says keeps a note from being signed: what happened must be written down.
//! - No text is lost. A save names the version it read, or that it knows of none; what was written upon an older one is refused and kept beside
//!   the note, for its author to take up or give up. Taking it up keeps what the draft said in its place.
//! - What is carried over from the client's last note or a template is marked, part by part, until it is changed, for good if it is signed so. What
//!   the client said, reported, rated and felt is never carried.
//! - A booking has one note that stands. One that was entered in error is kept and says why; the next names it, and the store refuses a second
//!   next.
//! - What somebody in training signs waits for a supervisor's name, and until then no client reads it. The supervisor reads that note. What
//!   nobody would answer for any more is not added: a trainee amends only what still waits.
//! - A client reads what was shared: the note, or what it says in plain language, which is a record and a look of its own. Of a note that
//!   was entered in error they are told that, and shown no word any more.
//! - Templates and the words that are offered hold nothing of any client, and are not sealed.
//! - A note is of a session that happens: it begins once the client is here or the booked start is reached, and the signature asks the
//!   booking again, under its lock. From then on a booking is not moved any more, to another time or another therapist, so whoever
//!   holds the session is whoever may write about it. If it is called off, or turns out a no-show, its draft stays a draft that can be saved.
//! - A note takes client, therapist, time and date of service from its booking, so the two cannot disagree; only how long the session really
//!   was is the therapist's own word, within a day of the plan. It never lets a note be signed before the booked start.
//! - The plaintext ([`NoteContent`](model::NoteContent)) and the note are apart: the note carries what the vault sealed, and the plaintext does not
//!   print itself.

mod acts;
mod http;
mod last;
pub mod model;
mod sampling;
mod sealing;
mod store;

pub use http::routes;
pub use last::last_note;
pub use sampling::try_newest;
pub use store::{drafts, to_cosign};
