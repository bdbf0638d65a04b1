//! Offering a slot to somebody who waits for one.
//!
//! The slot is found by the evaluator that lists slots and decides about bookings, so what is offered is what the client could book; it is
//! looked for without locks, and found again under those of all it would claim.

use chrono::TimeDelta;

use super::deciding::is_locked;
use crate::availability::model::evaluator::SessionRules;
use crate::availability::model::listing::Search;
use crate::availability::model::offer::{Offer, Opening};
use crate::bookings::model::{HoldAsk, Placement, SlotHold};
use crate::bookings::store::{self, Chart, DECIDER, themself};
use crate::clients::model::Client;
use crate::db::{Fault, Lock, Stop, Tx, View};
use crate::kernel::ids::{AccountId, ClientId, SessionTypeId, SlotHoldId, TherapistId, WaitlistEntryId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};
use crate::{availability, clients, session_types, therapists};

/// Who is not left as long to answer is not asked: they may find the slot listed.
const SHORTEST_ANSWER: TimeDelta = TimeDelta::minutes(10);

/// What somebody waits for.
pub struct Awaited<'a> {
    /// Their place on the waiting list.
    pub entry: WaitlistEntryId,
    /// Who waits.
    pub client: ClientId,
    /// The login that put them there.
    pub asked_by: AccountId,
    /// For what kind of session.
    pub session_type: SessionTypeId,
    /// With these therapists, all of whom must treat; with whomever is listed if there are none.
    pub with: &'a [TherapistId],
    /// Whom they have asked for by name, listed or not.
    pub named: Option<TherapistId>,
    /// Beginning in this time.
    pub window: Span,
    /// What else an opening must be.
    pub suits: &'a dyn Fn(&Opening) -> bool,
    /// How long they are given to answer.
    pub patience: TimeDelta,
}

/// Holds the first slot that suits somebody who waits and that they could book, if there is one. From then on, the clock of their answer runs.
///
/// # Errors
/// A fault of the store, which is to be run again where the slot was lost meanwhile.
pub fn offer(tx: &mut Tx<'_>, awaited: &Awaited<'_>) -> Result<Option<SlotHold>, Stop> {
    let seen = match opening(tx, awaited) {
        // Nothing is written yet. What is amiss with one of those who wait keeps nobody else from being asked.
        Err(Stop::Fault(fault @ (Fault::Corrupt(_) | Fault::Vault(_)))) => {
            tracing::error!(entry = %awaited.entry, %fault, "who waits there cannot be considered");
            return Ok(None);
        }
        seen => seen?,
    };
    let Some((seen, _)) = seen else { return Ok(None) };
    let rooms = availability::store::rooms_for(tx, awaited.session_type)?;
    let people = [Lock::Therapist(seen.therapist), Lock::Client(awaited.client)].into_iter();
    let locks: Vec<Lock> =
        people.chain(seen.second.map(Lock::Therapist)).chain(rooms.iter().map(|room| Lock::Room(room.id))).collect();
    tx.lock(&locks)?;
    let slot = |opening: &Opening| (opening.therapist, opening.second, opening.session.span);
    let Some((found, until)) = opening(tx, awaited)?.filter(|(found, _)| slot(found) == slot(&seen)) else {
        return Err(Fault::Retry.into());
    };
    let (placement, now) = (Placement::of(&found), tx.now());
    is_locked(&placement, &locks)?;
    let Awaited { entry, client, session_type, asked_by, .. } = *awaited;
    let ask = HoldAsk { client, session_type, placement, held_by: asked_by };
    tx.save(SlotHold::offer(SlotHoldId::new(now), ask, (entry, until), now)).map(Some)
}

/// The first opening that suits and that the client could book, and until when they have to have answered: while the slot could still be booked
/// without an offer.
fn opening(view: &mut View<'_>, awaited: &Awaited<'_>) -> Result<Option<(Opening, Timestamp)>, Stop> {
    let session_type = session_types::store::session_type(view, awaited.session_type)?;
    let record = clients::store::client(view, &DECIDER, awaited.client)?;
    let Some(team) = team(view, awaited, (session_type.therapists_needed, &record))? else { return Ok(None) };
    if !session_type.active {
        return Ok(None);
    }
    let mut offer = availability::store::offer_of(view, session_type, awaited.window, &[])?;
    availability::store::for_client(view, &record, &mut offer, &[])?;
    let calendars = availability::store::calendars(view, &offer, &team, &[])?;
    let chart = Chart::of(view, (awaited.client, offer.session_type.id), &offer.settings)?;
    let admits = |date| chart.on(date).map_err(|_| Refusal::OutsideAvailability)?.admits(false);
    let search = Search { window: awaited.window, limit: usize::MAX, with: awaited.with, admits: &admits };
    let mut found = offer.openings(&calendars, &search);
    found.retain(|opening| (awaited.suits)(opening));
    within_limits(view, awaited, &offer, found)
}

/// Of openings the first that can be answered for in time, and that what the client may have booked leaves room for.
fn within_limits(
    view: &mut View<'_>,
    awaited: &Awaited<'_>,
    offer: &Offer,
    found: Vec<Opening>,
) -> Result<Option<(Opening, Timestamp)>, Stop> {
    let Some(rules) = SessionRules::of(&offer.session_type, &offer.settings) else { return Ok(None) };
    let diary = store::Diary::of(view, awaited.client)?;
    for opening in found {
        let last = opening.session.span.start().minus(rules.min_notice);
        let until = offer.now.plus(awaited.patience).min(last);
        if until < offer.now.plus(SHORTEST_ANSWER) {
            continue;
        }
        if diary.booked(opening.date(), None).leaves_room(&offer.settings.limits).is_ok() {
            return Ok(Some((opening, until)));
        }
    }
    Ok(None)
}

/// Who could treat: those who are asked for, and whoever is listed where that is not enough; nobody where one who is asked for cannot. Whom
/// the client has asked for by name need not be listed.
fn team(
    view: &mut View<'_>,
    awaited: &Awaited<'_>,
    (needed, client): (i32, &Client),
) -> Result<Option<Vec<TherapistId>>, Stop> {
    let own = themself(view, client)?;
    let mut able = therapists::store::bookable(view)?;
    if let Some(named) = awaited.named.filter(|named| !able.contains(named)) {
        let therapist = therapists::store::therapist(view, named)?;
        able.extend(therapists::store::is_bookable(view, &therapist)?.then_some(named));
    }
    able.retain(|id| own != Some(*id));
    let asked = i32::try_from(awaited.with.len()).unwrap_or(i32::MAX);
    if asked > needed || !awaited.with.iter().all(|id| able.contains(id)) {
        return Ok(None);
    }
    Ok(Some(if asked == needed { awaited.with.to_vec() } else { able }))
}
