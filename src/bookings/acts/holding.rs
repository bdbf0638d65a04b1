//! Holding a slot while a client makes up their mind.
//!
//! A hold is decided by the same evaluator as a booking and claims what the booking would. It agrees nothing: nobody is entrusted with
//! anything by it, and no form is handed out; only what must be signed before the booking is presented. What is offered from the waiting list is held in the same way, beside what the client holds.

use super::deciding::{Asker, claimed, decide, is_locked, knows, locks, standing_under};
use crate::bookings::model::{HoldAsk, HoldState, SlotHold};
use crate::bookings::store::holds::{next_expired, slot_hold};
use crate::bookings::store::{self, DECIDER, Diary, Sought};
use crate::clients::store::acts_for;
use crate::db::{Fault, Lock, Stop, Tx, View};
use crate::kernel::change::Change;
use crate::kernel::ids::{BookingId, SlotHoldId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::{consents, intake};

/// Holds a slot for a client, in the place of any other that is held for them.
pub(in crate::bookings) fn hold(tx: &mut Tx<'_>, sought: &Sought) -> Result<SlotHold, Stop> {
    let locks = locks(tx, sought)?;
    tx.lock(&locks)?;
    let (actor, now) = (tx.actor(), tx.now());
    let asker = Asker::of(tx, sought, "slot_holds.hold")?;
    let held_by = actor.account().ok_or(Refusal::Unauthenticated)?;
    let held = standing_under(tx, sought.client, &locks)?;
    let place = store::place(tx, sought)?;
    is_locked(&place.placement, &locks)?;
    asker.within_limits(&Diary::of(tx, sought.client)?, &place)?;
    let decision = decide(tx, sought.client, &place)?;
    // The form and the consent that come first are what the slot is held for.
    let asks_first = match decision.admits(knows(tx, &actor, sought.client)?) {
        Ok(()) => false,
        Err(Refusal::IntakeRequired | Refusal::ConsentRequired) => true,
        Err(refusal) => return Err(refusal.into()),
    };
    let (client, session_type) = (sought.client, sought.session_type);
    let ask = HoldAsk { client, session_type, placement: place.placement, held_by };
    let change = SlotHold::hold(SlotHoldId::new(now), ask, held.as_ref(), now);
    give_way(tx, held, None)?;
    let hold = tx.save(change)?;
    if asks_first && decision.awaits_consent() {
        let at = &hold.placement;
        consents::present_lacking(tx, client, session_type, (at.date(), at.session.start()))?;
    }
    Ok(hold)
}

/// Ends the client's hold: `into` a booking that takes its place, or because the client has made up their mind otherwise.
pub(super) fn give_way(tx: &mut Tx<'_>, held: Option<SlotHold>, into: Option<BookingId>) -> Result<(), Stop> {
    let Some(held) = held else { return Ok(()) };
    let now = tx.now();
    let change = match into {
        Some(booking) => held.convert(booking, now)?,
        None => held.give_way(now),
    };
    tx.save(change).map(drop)
}

/// A wish that is to take the place of a hold: its time as the hold has it, in the room the hold has unless another is named. And the hold.
pub(super) fn taken_up(view: &mut View<'_>, sought: &Sought, id: SlotHoldId) -> Result<(Sought, SlotHold), Stop> {
    let actor = view.actor();
    let hold = slot_hold(view, &actor, id)?;
    if hold.client != sought.client {
        return Err(Refusal::NotThere.into());
    }
    may_answer(view, &hold, "waitlist.accept")?;
    hold.stands(view.now())?;
    let at = &hold.placement;
    let location = sought.location.or(at.location);
    let wanted = (sought.session_type, sought.therapist, sought.co_therapist, location, sought.start);
    if wanted != (hold.session_type, at.therapist, at.co_therapist, at.location, at.session.start()) {
        let fault = "the session type, the therapists, the place and the start must be those that are held";
        return Err(Refusal::Fields(vec![Violation::at("/slot_hold_id", "differs_from_hold", fault)]).into());
    }
    let room = sought.room.or_else(|| at.room.map(|(room, _)| room));
    Ok((Sought { room, location, held_since: Some(hold.created_at), ..*sought }, hold))
}

/// Refuses to answer an offer for somebody else: whoever treats sees it, the client or who acts for them answers it, and the desk for them.
fn may_answer(view: &mut View<'_>, hold: &SlotHold, operation: &'static str) -> Result<(), Stop> {
    let actor = view.actor();
    if hold.offered_to.is_none() || actor.is_desk() || acts_for(view, &actor, hold.client)? {
        return Ok(());
    }
    Err(Refusal::Forbidden { operation }.into())
}

/// Holds it for longer.
pub(in crate::bookings) fn extend(tx: &mut Tx<'_>, id: SlotHoldId, version: i32) -> Result<SlotHold, Stop> {
    change(tx, id, version, |tx, hold| {
        let answering = intake::is_answering(tx, hold.client)?;
        Ok(hold.extend(answering, tx.now())?)
    })
    .map_err(lost)
}

/// Gives it up.
///
/// # Errors
/// `NotThere` to whoever may not know of it; `Forbidden` where it is an offer to somebody else; `VersionMismatch`; `SlotHoldExpired`; a fault of
/// the store.
pub fn release(tx: &mut Tx<'_>, id: SlotHoldId, version: i32) -> Result<SlotHold, Stop> {
    change(tx, id, version, |tx, hold| {
        may_answer(tx, &hold, "waitlist.decline")?;
        Ok(hold.release(tx.now())?)
    })
}

/// Takes an offer back that its client has no more use for. Nothing is claimed by it, so nobody is waited for.
///
/// # Errors
/// A fault of the store.
pub fn take_back(tx: &mut Tx<'_>, id: SlotHoldId) -> Result<(), Stop> {
    let hold = slot_hold(tx, &DECIDER, id)?;
    if hold.state == HoldState::Held { give_way(tx, Some(hold), None) } else { Ok(()) }
}

/// Whoever had a later clock took the time of a hold that had run out by it.
fn lost(stop: Stop) -> Stop {
    match stop {
        Stop::Refused(Refusal::SlotUnavailable { .. } | Refusal::ClientAlreadyBooked | Refusal::RoomUnavailable) => {
            Refusal::SlotHoldExpired.into()
        }
        other => other,
    }
}

/// Writes down of one hold that ran out that it did, and says how many those were: one or none.
///
/// # Errors
/// `NotThere` to anybody but the program; a fault of the store.
pub fn expire_next_hold(tx: &mut Tx<'_>) -> Result<usize, Stop> {
    let actor = tx.actor();
    let Some(due) = next_expired(tx)? else { return Ok(0) };
    let seen = slot_hold(tx, &actor, due)?;
    lock(tx, &seen)?;
    let hold = slot_hold(tx, &actor, due)?;
    // Extended, used or given up while the locks were waited for: the next look finds what is due then.
    if hold.version != seen.version {
        return Err(Fault::Retry.into());
    }
    let change = hold.expire(tx.now())?;
    tx.save(change)?;
    Ok(1)
}

/// Changes a hold of the version that was read, under the locks of all it claims.
fn change(
    tx: &mut Tx<'_>,
    id: SlotHoldId,
    version: i32,
    change: impl Fn(&mut Tx<'_>, SlotHold) -> Result<Change<SlotHold>, Stop>,
) -> Result<SlotHold, Stop> {
    let actor = tx.actor();
    let seen = slot_hold(tx, &actor, id)?;
    lock(tx, &seen)?;
    let hold = slot_hold(tx, &actor, id)?;
    if hold.version != version {
        return Err(Refusal::VersionMismatch.into());
    }
    let change = change(tx, hold)?;
    tx.save(change)
}

/// What a hold claims never changes.
fn lock(tx: &mut Tx<'_>, hold: &SlotHold) -> Result<(), Stop> {
    let locks: Vec<Lock> = claimed(&hold.placement).chain([Lock::Client(hold.client)]).collect();
    tx.lock(&locks)
}
