//! The practice and its places: who it is, by which rules it books, where it treats.
//!
//! A store holds one practice. Its [`Settings`](model::Settings) are the numbers every later room decides by (notice, horizon, grace,
//! recency), kept apart from the practice's public face so that a change of a phone number and a change of a rule leave different events.
//! A location has its own zone: "valid on the session's date" means the date on the wall of the place where the session is held.
//!
//! ```text
//! location:  (added) -> active <-> closed
//! room:      (added) -> active -> retired
//! ```
//!
//! The first admin's coming founds the practice, so that there is always one to read and a version to change it from.
//!
//! Invariants
//! - A zone is an IANA zone and a currency an ISO 4217 currency; there is no practice or location with any other word in their place.
//! - Every setting lies in its range; a slot increment divides the hour, so that starts fall on the same minutes of every hour.
//! - A location is closed and a room retired, never deleted: past sessions were held there.
//! - Holidays come and go. They are declared in the room that knows which bookings stand on them.

mod http;
pub mod model;
mod reactions;
pub mod store;

pub use http::routes;
pub use reactions::found;
