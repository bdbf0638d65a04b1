//! Session types: what can be booked, for how long, at what price, and by whom it may be given.
//!
//! A session lasts 30 to 60 minutes; the time around it that nobody else may have is its buffers. What a therapist must hold to be booked for it is
//! its requirements: all of them, each met by any one of the credential types it names. A school says what is done in the session, and only the
//! chiropractic school adjusts, so a session type of that school requires a licence under which adjustments may be made.
//!
//! It may need a room of a kind, and name limits of its own: notice and advance in place of the practice's, how many a day and a week with one
//! therapist, how old a client may be on the session's date.
//!
//! ```text
//! (created) -> active -> retired
//! ```
//!
//! Invariants
//! - 30 to 60 minutes, no price below zero, a currency of ISO 4217, at least one school.
//! - No course is ever required: hours attended are not a certification.
//! - A session type of the chiropractic school has a requirement that nothing but an adjusting licence meets.
//! - A retired session type is kept, because sessions were booked as it, and changes no more.

mod http;
pub mod model;
pub mod store;

pub use http::routes;
