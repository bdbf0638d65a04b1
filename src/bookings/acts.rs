//! The acts by which bookings come to be, are held and are moved.
//!
//! There is one of each, whoever wants it: a client, the desk, a series, a waiting list, an import. Each locks everybody and every room it may
//! come to be about, loads, decides, saves, and sees to what follows. None writes before it has decided, so several may be tried in one
//! transaction; whoever does so takes the [`locks`] of all of them in one call first.

mod booking;
mod cancelling;
mod course;
mod deciding;
mod following;
mod handing_over;
mod holding;
mod importing;
mod moving;
mod offering;
mod recording;

pub use booking::{Wish, book, check, locks_of};
pub(super) use cancelling::{Cancellation, cancel};
pub(super) use course::{CourseAsk, Proposed, book_course, propose};
pub use deciding::locks;
pub(super) use deciding::{confirmed, judged, side, treated};
pub(super) use following::{cancel_following, move_following};
pub(super) use handing_over::{Handover, to_hand_over};
pub use holding::{expire_next_hold, release, take_back};
pub(super) use holding::{extend, hold};
pub(super) use importing::{RowAnswer, import, try_import};
pub use moving::{To, move_booking};
pub(super) use moving::{check_move, locked};
pub use offering::{Awaited, offer};
pub(super) use recording::{Record, record};
