//! The waiting list: who would come if time came free, and who is asked first when it does.
//!
//! ```text
//!   (joined) -> waiting <-> offered                 asked, one slot at a time; declined or lapsed, they go on waiting
//!   waiting | offered -> booked | withdrawn
//!   offered -> accepted
//!   waiting -> expired                              the last date passed
//! ```
//!
//! Time comes free when a booking is called off, declined, expires or is moved, when a hold ends, when time off, an override or a holiday is
//! taken back, and when hours, a date that is open or a room are added. The event's own transaction notes whose time and when: with the room
//! that is free too, and with the days over which a limit counts. A job then asks of each who waits, in turn, whether they could book a slot
//! in it.
//!
//! Invariants:
//! - What is offered is found by the evaluator that lists slots and that booking is decided by, and is held for the one who is asked: nobody
//!   else is offered it meanwhile, and of two who look at once the locks and the database let one have it.
//! - One offer at a time for each place on the list. An offer is made with its hold in one transaction, and its clock begins with that: nobody's
//!   time to answer runs before their tasks tell of it. It ends early enough that the slot keeps its notice.
//! - Who has waited longest is asked first. Who declined a slot, or let it lapse, is not asked again for that time with that therapist, but
//!   keeps their turn for any other.
//! - Accepting is booking, by the one act that does: what stands in a booking's way stands in its way. The desk may accept what the client
//!   says by phone, and it is kept that it did.
//! - Nobody waits whom booking would refuse for what screening found; it is asked again before each offer.
//! - A place on the list ends when the client has what they wait for: a confirmed booking of that type that meets their wishes, however it
//!   came to be. One that does not meet them, such as a later session taken to be safe, ends nothing.
//! - Nothing here is clinical. Events tell ids, codes and times.

mod acts;
mod http;
pub mod model;
mod offering;
mod reactions;
pub mod store;

pub use http::routes;
pub use offering::{expire_next_entry, offer_next};
pub use reactions::{follow, note_freed};
