//! Clients: people who receive sessions, who may act for them, and who may treat them.
//!
//! A client is a record, not a login: an infant has a record and guardians and no account. A guardian is a client too.
//!
//! ```text
//!   guardianship:       (asked) -> pending -> accepted -> ended
//!                                    +-> declined
//!   care relationship:  (begun) -> in force -> over        (both derived from its dates)
//! ```
//!
//! Invariants:
//! - A guardianship is asked for a minor, by somebody who is not known to be one, and acts only once staff have accepted it. It stops acting on
//!   the ward's eighteenth birthday without anybody ending it: [`Guardianship::acts_for`](model::Guardianship::acts_for) asks the date.
//! - Age is counted on a day that is given, the session's, never today's by default.
//! - A treating relationship comes from a booking, one from each; a covering or supervising one is granted with a reason and for a period, and
//!   never to oneself.
//! - Who has a login with the client's role has a record from the same transaction on. One that staff made before is taken over with a code that
//!   works once, and replaces the empty one the sign-up made.
//! - A known date of birth is corrected by the desk alone, since guardianship and clearance hang on it.
//! - A look at a record, or at a list of them, by anybody but the person and those who act for them, is an event of the audit log.
//! - An erased client's row stays under a neutral label; who they were is sealed under a key that is destroyed in the same act.
//! - Names, addresses and numbers are types that cannot be made but by parsing, and that do not print what they hold.

mod erasure;
mod http;
pub mod model;
mod reactions;
pub mod store;

pub use erasure::{erase, forget_class, forget_identity};
pub use http::routes;
pub use reactions::keep_record;
