//! What can be booked, as pure values: a session type, its schools and its rules.

mod draft;
mod session_type;

pub use draft::SessionTypeDraft;
pub use session_type::{School, SessionType};

#[cfg(test)]
mod tests;
