//! The audit log, read back: who did or saw what, when, and by which right.
//!
//! Nothing is written here. Every change carries its event into the log in its own transaction, looks at sealed content and at clients'
//! records leave theirs, and refusals at the door are noted by a recorder of their own; all of that is the doors' work. This room only
//! answers questions, for an admin the whole log and for a client the part that touches their record, and each answer to an admin is an
//! event itself.
//!
//! Invariants:
//! - An event holds ids and codes, never a name, an address or a clinical word.
//! - No row is ever changed or removed: the database refuses it, on both stores. A schema's owner could lift that refusal.
//! - Newest first; a page's cursor is the id of its last row, so that events that arrive meanwhile shift nothing.

mod http;
pub mod model;
mod store;

pub use http::routes;
