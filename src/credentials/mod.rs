//! Credentials: what a therapist may call themself, who checked it, and what was true on any day.
//!
//! A credential gates booking, so its past matters as much as its present: after a complaint somebody asks "was she certified on the day of
//! that session?" and then "and did you *know* otherwise at the time?". Two clocks answer. Every step is an
//! [`Assertion`](model::Assertion), inserted and never touched again, that carries the day it takes effect (which may lie in the past: a
//! board revokes, and the practice hears of it weeks later) and the instant it was recorded (which only grows).
//! [`Held::validity`](model::Held::validity) reads them for a day and a state of knowledge; the state kept on the credential is only the
//! answer for today.
//!
//! ```text
//! (submit) -> submitted -verify-> verified -suspend-> suspended
//!              |     ^            |   ^                 |   |
//!            reject resubmit      |   +----reinstate----+   |
//!              v     |          revoke                    revoke
//!             rejected            +------> revoked <--------+
//!
//! (renew)  -> a new credential that supersedes a verified one, which stands until its own dates run out
//! ```
//!
//! Invariants
//! - Holder and verifier are different people: no account verifies, rejects, suspends, reinstates or revokes its own credential, and nothing
//!   is verified while it is unknown whose login the holder's is.
//! - Nothing takes effect in the future; so what is true of today is what was last said.
//! - Each assertion is recorded strictly later than the one before it, even if the machine's clock goes back.
//! - A revocation is final: nothing said later lifts it.
//! - A holder's own word is `self_attested`, is never a verification, and counts for booking only where the practice says so.
//! - A course is not a certification: none can be required for a session type, and none expires.

mod http;
pub mod model;
mod reactions;
pub mod store;

pub use http::routes;
pub use reactions::stock_catalogue;
