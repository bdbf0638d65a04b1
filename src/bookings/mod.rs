//! Bookings: a client, a therapist and a time that no other claim may overlap.
//!
//! ```text
//!   (request) -> pending | confirmed                 pending only where somebody must approve
//!   pending    -> confirmed | declined | expired | cancelled
//!   confirmed  -> checked_in | completed | cancelled | no_show
//!   checked_in -> completed | cancelled
//!   completed  -> cancelled                          only what was recorded by mistake and never took place
//!   no_show   <-> completed                          only as a correction, with a reason
//! ```
//!
//! ```text
//!   (hold) -> held -> converted | released | replaced | expired
//! ```
//!
//! Rescheduling is not a state: the booking keeps its id and its state, and its time changes in one update.
//!
//! Invariants:
//! - The diagram is written once, in [`BookingState::after`](model::BookingState::after); who may take a step, and when, once, in
//!   [`Booking::allows`](model::Booking::allows). Every transition asks it first and the preview of allowed actions asks nothing else.
//! - A booking's blocks stand beside its state. The decision about credential, screening, consent, age and guardian is asked at booking,
//!   rescheduling, check-in and completion: those four take its findings as an argument, so none can be done without having asked.
//! - A blocked booking cannot be checked in or completed, by correction either (only what is over before it is recorded can); a caution blocks until the therapist has reviewed it. It keeps its state and its time until the cause is mended.
//! - What the practice sets about windows and fees is agreed with each booking and kept on it ([`Terms`](crate::places::model::Terms)); what it sets
//!   later binds later bookings. Nobody is charged but what the preview told: both ask [`Booking::fee_of`](model::Booking::fee_of).
//! - Staff set a rule aside only by its name and with a reason, which the event tells. An overlap and a finding that forbids the session have
//!   no name.
//! - Nobody is held to a session that cannot lawfully or safely take place: see
//!   [`BlockCode::excuses_client`](model::BlockCode::excuses_client).
//! - A therapist may open a client's record because the client, or the desk, chose them; nobody chooses themself: see
//!   [`entrusts`](model::entrusts). Who acts for the client is on the client's side, whatever they are to the practice, and nobody is their own
//!   therapist.
//! - A booking that is moved keeps its price, its length and, though retired or unlisted since, its session type and therapist.
//! - Slots are listed here and not beside working hours, because only here is it known whether a client may take one: with a client named,
//!   every listed slot can be booked.
//! - A pending booking holds its time and nothing else: the therapist may open the client's record, and the form is handed out, when somebody
//!   has said yes. Where nobody answers as long as was agreed, or by the session's start, its time is free again.
//! - However a booking comes to be, an act made it, [`acts::book`] or, of what was agreed past the program, `acts::record`: under the locks of all it may claim, decided by what stands then, and refused before
//!   anything is written. Its therapists, its client and its room are claimed in one step, or none of them is.
//! - A slot hold claims what the booking would, for minutes, and agrees nothing. From its expiry on it cannot be noticed: readers pass over
//!   its claims, whoever needs the time sweeps them away, and a job writes down that it ran out. It never stands in its own client's way, and
//!   ends with whatever is booked for them; what was over when it was recorded, and a calendar that is handed over, end only what they overlap.
//! - What is offered to one who waits is held beside what they hold themself. It stands like a booking, also in its own client's way, until a
//!   booking takes it up, it is given up, or it runs out.
//! - Of two therapists in one session each is entitled, claimed and entrusted as the one of a session would be, and either takes its steps.
//! - A course is proposed by what its bookings are decided by, and booked in one step. Each of its sessions is a booking like any other, taken
//!   by the same steps; several are changed at once, or none of them.
//! - Reasons for a visit are sealed from the moment they are sent, and each look at them is on record.
//! - A session that was agreed past the program is recorded as it happened: no rule but that of overlaps refuses it, and what the decision finds
//!   is kept beside it. A therapist who records one of their own gains no sight of the client by it.
//! - Buffers keep apart what is to come. What is over claims its session alone, so that another beside it can still be written down.
//! - A therapist's calendar is handed over one booking at a time, each as the one act that moves bookings would: whoever takes over is entitled, at
//!   work and free, or the booking stays and is told.
//! - What is brought over from another calendar was agreed there: a file of it is taken whole or not at all, and twice is once.
//! - A booking keeps the local time that was promised: when a newer database of zones says that the clocks will show it at another instant, the
//!   booking goes there, unless that collides. Nobody has to find out by themself: it is a task of the desk, and where the local time could not be
//!   kept of the client and who treats; see [`ZoneChange`](model::ZoneChange).
//! - Every change raises the version by one, comes with its event and leaves a row of history that nobody can change.

pub mod acts;
mod expiry;
mod http;
pub mod model;
mod preview;
mod reactions;
mod sealing;
mod sheet;
pub mod store;
mod zones;

pub use acts::expire_next_hold;
pub use expiry::expire_next;
pub use http::routes;
pub use preview::open_steps;
pub use reactions::{follow_next_consent, redecide};
pub use sealing::open_reasons;
pub use zones::follow_next_zone;
