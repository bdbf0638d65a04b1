//! The words every room shares: ids, time, who acts, what may be refused, what a change is.
//!
//! Pure: `std`, `serde`, `chrono` and `uuid` only. Nothing here knows HTTP, SQL or a clock, so every rule written in these words can be
//! tested by handing it values. A thing belongs here when at least three rooms need it and it decides nothing about a practice.

pub mod actor;
pub mod change;
pub mod fields;
pub mod form_link;
pub mod ids;
pub mod page;
pub mod refusal;
pub mod sealed;
pub mod text_enum;
pub mod time;
