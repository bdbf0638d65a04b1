//! What may be done to a booking, by whoever asks, now: what the steps themselves go by.

use super::model::{Asked, Booking, BookingRules, Side, Step};
use super::store::{self, Facts};
use crate::clients::store::acts_for;
use crate::db::{Stop, View};
use crate::kernel::actor::Actor;
use crate::kernel::refusal::Refusal;
use crate::places;

/// Who asks for a step, on whose side and under which rules.
pub(super) fn asked(view: &mut View<'_>, actor: &Actor, booking: &Booking) -> Result<Asked, Stop> {
    let acts = acts_for(view, actor, booking.client)?;
    let side = Side::of(actor, booking.placement.therapist, acts).ok_or(Refusal::NotThere)?;
    let rules = BookingRules::from(&places::store::settings(view)?);
    Ok(Asked { side, now: view.now(), rules })
}

/// A booking with what the decision finds of it now, `by` whatever made it be asked: for the steps that go by what stands, and their preview.
pub(super) fn judged(view: &mut View<'_>, booking: Booking, by: &str) -> Result<Booking, Stop> {
    let found = store::decide(view, &booking)?.blocks(by, view.now());
    Ok(booking.with_found(found))
}

/// The steps open to whoever asks, by what the decision finds now, as the steps themselves go. `facts` may be shared by several bookings.
///
/// # Errors
/// `NotThere` to whoever has no part in it; a fault of the store.
pub fn open_steps(view: &mut View<'_>, facts: &mut Facts, booking: &Booking) -> Result<Vec<Step>, Stop> {
    let actor = view.actor();
    let asked = asked(view, &actor, booking)?;
    let found = facts.decide(view, booking)?.blocks("booking.seen", view.now());
    Ok(booking.clone().with_found(found).allowed_actions(asked))
}
