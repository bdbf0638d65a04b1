//! A booking, from the wish to what it brings with it.

use super::deciding::{Asker, agreed, claimed, decide, is_locked, knows, locks, standing};
use super::holding::{give_way, taken_up};
use crate::bookings::model::{Booking, Decision, Reasons, SlotHold};
use crate::bookings::sealing::seal_reasons;
use crate::bookings::store::{self, Diary, Place, Sought};
use crate::db::{Lock, Stop, Tx, View};
use crate::kernel::change::Change;
use crate::kernel::ids::{BookingId, SlotHoldId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::vault::Vault;

/// A booking that somebody wants.
#[derive(Clone, Debug)]
pub struct Wish {
    /// For whom, with whom, where and when.
    pub sought: Sought,
    /// The hold whose place it is to take.
    pub hold: Option<SlotHoldId>,
    /// Why the client comes.
    pub reasons: Option<Reasons>,
}

/// A wish that can be granted.
struct Granted {
    asker: Asker,
    place: Place,
    decision: Decision,
    /// What is held for the client and ends with the booking: what it takes up, and what they hold themself.
    held: Vec<SlotHold>,
}

/// What a wish must lock: all that [`locks`] names, and what the hold claims whose place it is to take, wherever else the session is to be.
///
/// # Errors
/// `NotThere` for a hold that the asker may not know of, and for an unknown session type; a fault of the store.
pub fn locks_of(view: &mut View<'_>, wish: &Wish) -> Result<Vec<Lock>, Stop> {
    let actor = view.actor();
    let mut locks = locks(view, &wish.sought)?;
    if let Some(id) = wish.hold {
        locks.extend(claimed(&store::slot_hold(view, &actor, id)?.placement));
    }
    Ok(locks)
}

/// Makes a booking of a wish.
///
/// # Errors
/// As [`check`]; nothing is written then.
pub fn book(tx: &mut Tx<'_>, vault: &Vault, wish: &Wish) -> Result<Booking, Stop> {
    let locks = locks_of(tx, wish)?;
    tx.lock(&locks)?;
    let granted = grant(tx, wish)?;
    is_locked(&granted.place.placement, &locks)?;
    for held in &granted.held {
        is_locked(&held.placement, &locks)?;
    }
    let id = BookingId::new(tx.now());
    let client = wish.sought.client;
    let reasons = wish.reasons.as_ref().map(|reasons| seal_reasons(tx, vault, (client, id), reasons)).transpose()?;
    let change = granted.request(&wish.sought, (id, reasons))?;
    for held in granted.held {
        let into = wish.hold.filter(|taken_up| *taken_up == held.id).map(|_| id);
        give_way(tx, Some(held), into)?;
    }
    let booking = tx.save(change)?;
    agreed(tx, &booking, &granted.decision)?;
    Ok(booking)
}

/// The booking that a wish would become. It is not made.
///
/// # Errors
/// `NotThere` for a client, a therapist or a hold that the asker may not know of; `SlotHoldExpired`; `Fields` where the wish differs from its
/// hold; what [`store::place`] and [`Decision::admits`] refuse; a fault of the store.
pub fn check(view: &mut View<'_>, wish: &Wish) -> Result<Booking, Stop> {
    let granted = grant(view, wish)?;
    let id = BookingId::new(view.now());
    Ok(granted.request(&wish.sought, (id, None))?.into_parts().0)
}

impl Granted {
    fn request(&self, sought: &Sought, sealed: (BookingId, Option<Sealed>)) -> Result<Change<Booking>, Refusal> {
        self.asker.request(sought, (&self.place, &self.decision), sealed)
    }
}

/// Loads all that a wish is decided by, and decides.
fn grant(view: &mut View<'_>, wish: &Wish) -> Result<Granted, Stop> {
    let actor = view.actor();
    let mut asker = Asker::of(view, &wish.sought, "bookings.request")?;
    let mut held: Vec<SlotHold> = standing(view, wish.sought.client)?.into_iter().collect();
    let sought = match wish.hold {
        Some(id) => {
            let (sought, hold) = taken_up(view, &wish.sought, id)?;
            held.retain(|own| own.id != hold.id);
            asker.accepts(&hold);
            held.push(hold);
            sought
        }
        None => wish.sought,
    };
    let place = store::place(view, &sought)?;
    let decision = decide(view, sought.client, &place)?;
    decision.admits(knows(view, &actor, sought.client)?)?;
    asker.within_limits(&Diary::of(view, sought.client)?, &place)?;
    Ok(Granted { asker, place, decision, held })
}
