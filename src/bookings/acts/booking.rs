//! A booking, from the wish to what it brings with it.

use super::deciding::{agreed, decide, is_locked, knows, locks, side_of, standing, within_limits};
use super::holding::{give_way, taken_up};
use crate::bookings::model::{Approval, Booking, BookingAsk, Decision, Placement, Reasons, Side, SlotHold, Source};
use crate::bookings::sealing::seal_reasons;
use crate::bookings::store::{self, Place, Sought};
use crate::clients;
use crate::clients::store::acts_for;
use crate::db::{Stop, Tx, View};
use crate::kernel::actor::Actor;
use crate::kernel::change::Change;
use crate::kernel::ids::{BookingId, ClientId, SlotHoldId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::time::Timestamp;
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
    place: Place,
    decision: Decision,
    /// What is held for the client and ends with the booking: what it takes up, and what they hold themself.
    held: Vec<SlotHold>,
}

/// Makes a booking of a wish.
///
/// # Errors
/// As [`check`]; nothing is written then.
pub fn book(tx: &mut Tx<'_>, vault: &Vault, wish: &Wish) -> Result<Booking, Stop> {
    let locks = locks(tx, &wish.sought)?;
    tx.lock(&locks)?;
    let granted = grant(tx, wish)?;
    is_locked(&granted.place.placement, &locks)?;
    for held in &granted.held {
        is_locked(&held.placement, &locks)?;
    }
    let id = BookingId::new(tx.now());
    let client = wish.sought.client;
    let reasons = wish.reasons.as_ref().map(|reasons| seal_reasons(tx, vault, (client, id), reasons)).transpose()?;
    let change = drawn_up(tx, wish, &granted, (id, reasons))?;
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
    Ok(drawn_up(view, wish, &granted, (id, None))?.into_parts().0)
}

/// Loads all that a wish is decided by, and decides.
fn grant(view: &mut View<'_>, wish: &Wish) -> Result<Granted, Stop> {
    let actor = view.actor();
    // Whoever may know of a client may book for them.
    clients::store::client(view, &actor, wish.sought.client)?;
    wish.sought.set_aside.by(side_of(view, &wish.sought)?, "bookings.request")?;
    let mut held: Vec<SlotHold> = standing(view, wish.sought.client)?.into_iter().collect();
    let sought = match wish.hold {
        Some(id) => {
            let (sought, hold) = taken_up(view, &wish.sought, id)?;
            held.retain(|own| own.id != hold.id);
            held.push(hold);
            sought
        }
        None => wish.sought,
    };
    let place = store::place(view, &sought)?;
    let decision = decide(view, sought.client, &place)?;
    decision.admits(knows(view, &actor, sought.client)?)?;
    within_limits(view, &sought, &place)?;
    Ok(Granted { place, decision, held })
}

/// The booking as it would be.
fn drawn_up(
    view: &mut View<'_>,
    wish: &Wish,
    granted: &Granted,
    sealed: (BookingId, Option<Sealed>),
) -> Result<Change<Booking>, Stop> {
    let Granted { place, decision, .. } = granted;
    let asker = Asker::of(view, wish.sought.client)?;
    Ok(asker.request(&wish.sought, (place, decision), sealed)?)
}

/// Who asks for bookings of a client.
pub(super) struct Asker {
    actor: Actor,
    /// Whether they act for the client.
    acts: bool,
    now: Timestamp,
}

impl Asker {
    /// Whoever looks.
    pub(super) fn of(view: &mut View<'_>, client: ClientId) -> Result<Self, Stop> {
        let actor = view.actor();
        Ok(Self { actor, acts: acts_for(view, &actor, client)?, now: view.now() })
    }

    fn side(&self, placement: &Placement) -> Option<Side> {
        Side::of(&self.actor, placement.acting(&self.actor), self.acts)
    }

    /// Whether they may book no more than the practice allows its clients. Staff who book know what they do.
    pub(super) fn is_limited(&self, placement: &Placement) -> bool {
        self.side(placement) == Some(Side::Client)
    }

    /// The booking they ask for, as it would be.
    pub(super) fn request(
        &self,
        sought: &Sought,
        (place, decision): (&Place, &Decision),
        (id, reasons): (BookingId, Option<Sealed>),
    ) -> Result<Change<Booking>, Refusal> {
        let Place { placement, price_minor, entitlement } = place;
        let side = self.side(placement);
        let ask = BookingAsk {
            client: sought.client,
            session_type: sought.session_type,
            placement: placement.clone(),
            price_minor: *price_minor,
            currency: entitlement.session_type.currency.as_str().to_owned(),
            reasons,
            requested_by: self.actor.account().ok_or(Refusal::Unauthenticated)?,
            terms: entitlement.settings.terms,
            source: if side == Some(Side::Client) { Source::Online } else { Source::Desk },
            set_aside: sought.set_aside,
        };
        let approval = Approval::of(entitlement.settings.booking_approval, side);
        Booking::request(id, ask, decision.blocks("booking.requested", self.now), approval, self.now)
    }
}
