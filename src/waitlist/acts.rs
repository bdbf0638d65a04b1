//! What people do about the waiting list.

use super::model::{EntryAsk, WaitlistEntry, WishesDraft};
use super::store;
use crate::bookings::acts::{self as bookings, Wish};
use crate::bookings::model::{OWN_THERAPIST, SetAside, SlotHold};
use crate::bookings::store::{Sought, clinical, slot_hold, themself};
use crate::clients::store::{acts_for, treats};
use crate::db::{Lock, Stop, Tx, View};
use crate::kernel::ids::{ClientId, SessionTypeId, SlotHoldId, TherapistId, WaitlistEntryId};
use crate::kernel::refusal::Refusal;
use crate::therapists::model::NOT_BOOKABLE;
use crate::vault::Vault;
use crate::{clients, places, session_types, therapists};

/// A place on the list as it is asked for, unchecked.
#[derive(Clone, Debug)]
pub(super) struct Joining {
    /// Who is to wait.
    pub client: ClientId,
    /// For what kind of session.
    pub session_type: SessionTypeId,
    /// With whom; with whomever if absent.
    pub therapist: Option<TherapistId>,
    /// When and where they would come.
    pub wishes: WishesDraft,
}

/// Puts somebody on the list whom booking would not refuse for who they are.
///
/// # Errors
/// `NotThere` for whom and what the asker may not know of; what forbids the session whenever it were; `Fields`; `AlreadyExists` where they
/// wait for the same already; a fault of the store.
pub(super) fn join(tx: &mut Tx<'_>, joining: &Joining) -> Result<WaitlistEntry, Stop> {
    tx.lock(&[Lock::Client(joining.client)])?;
    let (actor, now) = (tx.actor(), tx.now());
    acts_on(tx, joining.client)?;
    let asked_by = actor.account().ok_or(Refusal::Unauthenticated)?;
    let client = clients::store::client(tx, &actor, joining.client)?;
    if !session_types::store::session_type(tx, joining.session_type)?.active {
        let detail = "sessions of this type are no longer offered";
        return Err(Refusal::PolicyViolation { rule: "session_type_retired", detail }.into());
    }
    if let Some(id) = joining.therapist {
        let therapist = therapists::store::therapist_seen_by(tx, &actor, id)?;
        if !therapists::store::is_bookable(tx, &therapist)? {
            return Err(NOT_BOOKABLE.into());
        }
        if themself(tx, &client)? == Some(id) {
            return Err(OWN_THERAPIST.into());
        }
    }
    let wishes = joining.wishes.parse(&places::store::all_locations(tx)?, now)?;
    let knows = acts_for(tx, &actor, client.id)? || treats(tx, &actor, client.id)?;
    let settings = places::store::settings(tx)?;
    clinical(tx, (client.id, joining.session_type), wishes.earliest, &settings)?.admits(knows)?;
    let Joining { session_type, therapist, .. } = *joining;
    tx.save(WaitlistEntry::join(EntryAsk { client: client.id, session_type, therapist, wishes, asked_by }, now))
}

/// Changes the wishes of one who waits.
///
/// # Errors
/// `NotThere`; `VersionMismatch`; `InvalidTransition`; `Fields`; a fault of the store.
pub(super) fn amend(
    tx: &mut Tx<'_>,
    (id, version): (WaitlistEntryId, i32),
    wishes: &WishesDraft,
) -> Result<WaitlistEntry, Stop> {
    let entry = locked(tx, id)?.of_version(version)?;
    let wishes = wishes.parse(&places::store::all_locations(tx)?, tx.now())?;
    let change = entry.amend(wishes)?;
    tx.save(change)
}

/// Takes somebody off the list, and their offer back.
///
/// # Errors
/// `NotThere`; `VersionMismatch`; `InvalidTransition`; a fault of the store.
pub(super) fn withdraw(tx: &mut Tx<'_>, id: WaitlistEntryId, version: i32) -> Result<(), Stop> {
    let entry = locked(tx, id)?.of_version(version)?;
    let (offer, now) = (entry.offer, tx.now());
    let change = entry.withdraw(now)?;
    tx.save(change)?;
    offer.map_or(Ok(()), |offer| bookings::take_back(tx, offer))
}

/// Books what is offered. The booking takes the place of the hold in the one act that makes bookings, and the list follows it.
///
/// # Errors
/// `NotThere`; `OfferGone`; `VersionMismatch`; what booking refuses; a fault of the store.
pub(super) fn accept(tx: &mut Tx<'_>, vault: &Vault, id: WaitlistEntryId, version: i32) -> Result<WaitlistEntry, Stop> {
    let actor = tx.actor();
    let seen = acting(tx, id)?;
    let wish = wish_for(&open_offer(tx, &seen)?);
    let locks = bookings::locks_of(tx, &wish)?;
    tx.lock(&locks)?;
    let entry = acting(tx, id)?;
    let hold = open_offer(tx, &entry)?;
    if entry.version != version || wish.hold != Some(hold.id) {
        return Err(Refusal::VersionMismatch.into());
    }
    bookings::book(tx, vault, &wish).map_err(gone)?;
    store::entry(tx, &actor, id)
}

/// Declines what is offered; they go on waiting.
///
/// # Errors
/// `NotThere`; `OfferGone`; `VersionMismatch`; a fault of the store.
pub(super) fn decline(tx: &mut Tx<'_>, id: WaitlistEntryId, version: i32) -> Result<WaitlistEntry, Stop> {
    let actor = tx.actor();
    let entry = acting(tx, id)?;
    let hold = open_offer(tx, &entry)?;
    entry.of_version(version)?;
    bookings::release(tx, hold.id, hold.version).map_err(gone)?;
    store::entry(tx, &actor, id)
}

impl WaitlistEntry {
    fn of_version(self, version: i32) -> Result<Self, Refusal> {
        if self.version == version { Ok(self) } else { Err(Refusal::VersionMismatch) }
    }
}

/// The offer that stands, if one does.
///
/// # Errors
/// `OfferGone`; a fault of the store.
fn open_offer(view: &mut View<'_>, entry: &WaitlistEntry) -> Result<SlotHold, Stop> {
    let actor = view.actor();
    let offer: SlotHoldId = entry.offer.ok_or(Refusal::OfferGone)?;
    let hold = slot_hold(view, &actor, offer)?;
    hold.stands(view.now()).map_err(|_| Refusal::OfferGone)?;
    Ok(hold)
}

/// The booking that would take the place of an offer.
fn wish_for(hold: &SlotHold) -> Wish {
    let at = &hold.placement;
    let sought = Sought {
        client: hold.client,
        therapist: at.therapist,
        co_therapist: at.co_therapist,
        session_type: hold.session_type,
        start: at.session.start(),
        location: at.location,
        room: None,
        moving: None,
        held_since: None,
        set_aside: SetAside::default(),
    };
    Wish { sought, hold: Some(hold.id), reasons: None }
}

/// An offer that ran out while its locks were waited for.
fn gone(stop: Stop) -> Stop {
    match stop {
        Stop::Refused(Refusal::SlotHoldExpired) => Refusal::OfferGone.into(),
        other => other,
    }
}

/// A place on the list under its client's lock, for who may act on it.
fn locked(tx: &mut Tx<'_>, id: WaitlistEntryId) -> Result<WaitlistEntry, Stop> {
    let client = acting(tx, id)?.client;
    tx.lock(&[Lock::Client(client)])?;
    acting(tx, id)
}

/// A place on the list, for who may act on it: the client, who acts for them, and the desk.
fn acting(view: &mut View<'_>, id: WaitlistEntryId) -> Result<WaitlistEntry, Stop> {
    let actor = view.actor();
    let entry = store::entry(view, &actor, id)?;
    acts_on(view, entry.client)?;
    Ok(entry)
}

fn acts_on(view: &mut View<'_>, client: ClientId) -> Result<(), Stop> {
    let actor = view.actor();
    if actor.is_desk() || acts_for(view, &actor, client)? { Ok(()) } else { Err(Refusal::NotThere.into()) }
}
