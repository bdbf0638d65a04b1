//! Agenda: what awaits somebody. A therapist's day, and everybody's tasks.
//!
//! This slice keeps nothing of its own. It asks the earlier ones what stands, and lays it out for the person who has to do with it.
//!
//! Invariants:
//! - A task is derived from its cause each time it is asked for and never stored: it is there as long as the cause is, and no longer.
//! - A task names what to do and about what, in ids and codes. It tells nothing clinical, so it needs no look.
//! - Tasks are one's own and one's wards', those of one's own calendar and of those one treats, or those of one's role; each store that is
//!   asked takes the actor and answers by who that is now. Who acts for a client is on the client's side and is given none of the staff's.
//! - The day opens the records of those whom the therapist treats now and of nobody else: a session of another is shown, and says that it is
//!   closed. All that is opened of one client is opened under one look, `day.viewed`, committed with the answer.
//! - A day is a local one, by the clocks of the place where the session is held.

mod http;
pub mod model;
mod store;

pub use http::routes;
