//! What may be done to a booking, by whoever asks, now: what the steps themselves go by.

use super::acts::side;
use super::model::{AllowedAction, Asked, Booking};
use super::store::Facts;
use crate::db::{Stop, View};

/// The steps open to whoever asks, and what each would cost, by what the decision finds now, as the steps themselves go. `facts` may be shared
/// by several bookings.
///
/// # Errors
/// `NotThere` to whoever has no part in it; a fault of the store.
pub fn open_steps(view: &mut View<'_>, facts: &mut Facts, booking: &Booking) -> Result<Vec<AllowedAction>, Stop> {
    let actor = view.actor();
    let asked = Asked::plainly(side(view, &actor, booking)?, view.now());
    let found = facts.decide(view, booking)?.blocks("booking.seen", view.now());
    Ok(booking.clone().with_found(found).allowed_actions(asked))
}
