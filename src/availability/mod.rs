//! When a therapist can be booked.
//!
//! A therapist works weekly hours, told in the local time of a place, other hours on single dates, and is sometimes off, as are all on the
//! practice's holidays. What is left after the claims that stand on their time (bookings with their buffers, slot holds), and within how much
//! they take on in a day, is offered to clients as slots, and is what a booking is measured against. A session may cost and last what its
//! therapist says instead of what the session type does.
//!
//! Invariants:
//! - **One evaluator.** Listing and booking ask the same model: a slot that is listed can be booked, and a start that is not is refused by
//!   a named rule. Clients are told that a time is not to be had; those who keep the calendar, which of its rules says so.
//! - **Hours are local, time is not.** Weekly hours keep wall-clock times and their zone, and become instants only for a given day, so that
//!   nine o'clock stays nine o'clock through every change of the clocks. Everything after that is half-open spans of instants.
//! - **The grid belongs to the opening.** Starts count from the beginning of each day's hours. Time off and claims take starts away and never
//!   move one.
//! - **The strongest word stands.** Time off is stronger than an override of a date, an override than a holiday, a holiday than weekly hours;
//!   in which order they were said does not matter.
//! - **A rule never moves a booking.** What is booked stands. Whoever takes time off, closes a date or declares a holiday is told which bookings
//!   stand in it, and decides; a new week or new limits say nothing of those that stand.
//! - **Why somebody is off** is told to themself, and to the desk where they say so; a slot and an event never tell it.
//! - **Hours do not overlap themselves.** A therapist has no two weekly spans on one weekday that share a minute while both are in effect.

mod http;
pub mod model;
pub mod store;

pub use http::routes;
