//! Therapists: the public and bookable self of somebody who treats.
//!
//! A therapist is not a login. The record may stand before its account does (a practice prepares a profile, then invites), and stays when
//! the person leaves, because notes and past sessions name it. Once an account is tied to it, the tie is never handed to another: who holds
//! a credential, and so who may not verify it, follows from it.
//!
//! ```text
//! (added) -> active -> offboarded          listed | unlisted while active
//! ```
//!
//! Invariants
//! - An offboarded therapist is not listed, and nothing about them changes any more.
//! - Somebody in training has a supervisor, a colleague who answers for themself; what the trainee signs waits for that one's name.
//! - Who can be booked at all is one question, [`Therapist::is_bookable`](model::Therapist::is_bookable): they work here, and their login may
//!   act as a therapist. Slots, bookings and readiness ask it.
//! - What is missing before a therapist can be booked is one list, [`Readiness`](model::Readiness), computed and never stored.

mod http;
pub mod model;
mod reactions;
pub mod store;

pub use http::routes;
pub use reactions::welcome;
