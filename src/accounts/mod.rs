//! Accounts: who may sign in, as what, and for how long.
//!
//! A person's record is not a login: this slice knows e-mail addresses, passwords and sets of roles, and nothing of anybody's health or
//! calendar. A client's or therapist's record is made by the later slices when they see an account come to be.
//!
//! ```text
//! account:  active <-> disabled
//! session:  open -> ended          (signed out, replaced password, disabled, or a refresh token used twice)
//! token:    fresh -> used          (a refresh token; its use makes the next one)
//! link:     fresh -> used | too old (set-up token, invitation, recovery link)
//! ```
//!
//! Invariants:
//! - Passwords are kept as argon2id hashes and every other secret as a SHA-256 hash; none is ever logged or shown twice.
//! - An unknown address and a wrong password look and last the same.
//! - A refresh token works once. Used again, it ends its whole family: one of the two users is a thief.
//! - Being signed in is not enough to sign: whoever signs shows once more that it is they ([`require_step_up`]), which is good for a quarter of an
//!   hour and in that session alone. The password is one way to show it; others are told by the event.
//! - The last active admin can be neither disabled nor demoted.
//! - Taking roles away or disabling an account works at the next request, since every door confirms both.

mod acts;
mod http;
pub mod model;
mod password;
mod store;

pub use acts::{issue_recovery, issue_setup, make_admin, require_step_up};
pub use http::routes;
pub use password::Passwords;
pub use store::{secret, secret_hash, token_keys};
