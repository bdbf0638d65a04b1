//! Accounts, sessions and links, as values.

mod account;
mod link;
mod session;

pub use account::{Account, AccountDraft, AccountState, EmailAddress, joined_as, password_fits};
pub use link::{Invitation, LinkPurpose, OneTimeToken};
pub use session::{Rotated, Session, SessionStep};
