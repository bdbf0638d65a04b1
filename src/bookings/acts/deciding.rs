//! What every act begins with and ends with: what it locks, what it is decided by, and what an agreed time brings with it.

use crate::bookings::model::{
    Approval, Booking, BookingAsk, BookingState, Decision, Placement, Side, SlotHold, Source, entrusts,
};
use crate::bookings::store::holds::slot_hold;
use crate::bookings::store::{self, DECIDER, Diary, Place, Sought};
use crate::clients::model::CARE_AFTER_SESSION;
use crate::clients::store::acts_for;
use crate::db::{Fault, Lock, Stop, Tx, View};
use crate::kernel::actor::Actor;
use crate::kernel::change::Change;
use crate::kernel::ids::{BookingId, ClientId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::time::Timestamp;
use crate::{availability, clients, consents, intake};

/// What a time that is asked for must lock: therapists, client, and every room it may come to be in. To try several in one transaction, lock
/// those of all of them in one call first.
///
/// # Errors
/// `NotThere` for an unknown session type; a fault of the store.
pub fn locks(view: &mut View<'_>, sought: &Sought) -> Result<Vec<Lock>, Stop> {
    let rooms = match sought.room {
        Some(room) => vec![room],
        None => availability::store::rooms_for(view, sought.session_type)?.into_iter().map(|room| room.id).collect(),
    };
    let people = sought.therapists().map(Lock::Therapist).chain([Lock::Client(sought.client)]);
    let mut locks: Vec<Lock> = people.chain(rooms.into_iter().map(Lock::Room)).collect();
    // What is held for the client gives way, and so its therapists' and its room's time changes too.
    if let Some(held) = standing(view, sought.client)? {
        locks.extend(claimed(&held.placement));
    }
    Ok(locks)
}

/// The client's hold that nothing but time has ended, whoever asks.
pub(super) fn standing(view: &mut View<'_>, client: ClientId) -> Result<Option<SlotHold>, Stop> {
    match store::held_for(view, client)? {
        Some(id) => slot_hold(view, &DECIDER, id).map(Some),
        None => Ok(None),
    }
}

/// The locks of the therapists and the room of a placement.
pub(super) fn claimed(at: &Placement) -> impl Iterator<Item = Lock> + use<> {
    at.therapists().map(Lock::Therapist).chain(at.room.map(|(room, _)| Lock::Room(room)))
}

/// What came to be after the locks were taken is not decided about without its own.
pub(super) fn is_locked(placement: &Placement, locks: &[Lock]) -> Result<(), Fault> {
    if claimed(placement).all(|lock| locks.contains(&lock)) { Ok(()) } else { Err(Fault::Retry) }
}

/// What is held for the client, as long as it is locked too.
pub(super) fn standing_under(view: &mut View<'_>, client: ClientId, locks: &[Lock]) -> Result<Option<SlotHold>, Stop> {
    let held = standing(view, client)?;
    held.iter().try_for_each(|held| is_locked(&held.placement, locks))?;
    Ok(held)
}

/// Who asks for a time with a client, and on whose side.
pub(super) struct Asker {
    actor: Actor,
    side: Option<Side>,
    now: Timestamp,
    /// Whether they take what the practice has offered them.
    accepts: bool,
}

impl Asker {
    /// Whoever looks. Only staff set rules aside, and nobody else learns anything by trying.
    pub(super) fn of(view: &mut View<'_>, sought: &Sought, operation: &'static str) -> Result<Self, Stop> {
        let actor = view.actor();
        // Whoever may know of a client may book for them.
        clients::store::client(view, &actor, sought.client)?;
        let own = actor.therapist().filter(|own| sought.therapists().any(|id| id == *own));
        let acts = acts_for(view, &actor, sought.client)?;
        let side = Side::of(&actor, own.unwrap_or(sought.therapist), acts);
        sought.set_aside.by(side, operation)?;
        Ok(Self { actor, side, now: view.now(), accepts: false })
    }

    /// Notes whose place their booking is to take: what was offered, the practice has said yes to.
    pub(super) fn accepts(&mut self, hold: &SlotHold) {
        self.accepts = hold.offered_to.is_some();
    }

    /// How much the practice lets its clients book, in the light of what this one has; staff who book know what they do.
    pub(super) fn within_limits(&self, diary: &Diary, place: &Place) -> Result<(), Refusal> {
        if self.side != Some(Side::Client) {
            return Ok(());
        }
        diary.booked(place.placement.date(), None).leaves_room(&place.entitlement.settings.limits)
    }

    /// The booking they ask for, as it would be.
    pub(super) fn request(
        &self,
        sought: &Sought,
        (place, decision): (&Place, &Decision),
        (id, reasons): (BookingId, Option<Sealed>),
    ) -> Result<Change<Booking>, Refusal> {
        let Place { placement, price_minor, entitlement } = place;
        let ask = BookingAsk {
            client: sought.client,
            session_type: sought.session_type,
            placement: placement.clone(),
            price_minor: *price_minor,
            currency: entitlement.session_type.currency.as_str().to_owned(),
            reasons,
            requested_by: self.actor.account().ok_or(Refusal::Unauthenticated)?,
            terms: entitlement.settings.terms,
            source: if self.side == Some(Side::Client) { Source::Online } else { Source::Desk },
            set_aside: sought.set_aside,
        };
        let rule = entitlement.settings.booking_approval;
        let approval = if self.accepts { Approval::NotNeeded } else { Approval::of(rule, self.side) };
        Booking::request(id, ask, decision.blocks("booking.requested", self.now), approval, self.now)
    }
}

/// Asks the decision about a place that the evaluator has found free.
pub(super) fn decide(view: &mut View<'_>, client: ClientId, place: &Place) -> Result<Decision, Stop> {
    let date = place.placement.date();
    let clinical =
        store::clinical(view, (client, place.entitlement.session_type.id), date, &place.entitlement.settings)?;
    Ok(Decision::of(&place.entitlement, clinical, date))
}

/// What a booking brings with it once its time is agreed: the client has a form to answer and what the session requires to consent to, and each therapist may open the client's record if
/// they were chosen by who may choose ([`entrusts`]), and nobody else by it. A pending one brings nothing yet, and one that was over when
/// it was recorded no form.
pub(super) fn agreed(tx: &mut Tx<'_>, booking: &Booking, decision: &Decision) -> Result<(), Stop> {
    let actor = tx.actor();
    let acts = acts_for(tx, &actor, booking.client)?;
    brings(tx, booking, decision, |therapist| entrusts(&actor, therapist, acts))
}

/// The same for a booking that staff have confirmed: it was asked for by who acts for the client, of the therapists they chose.
///
/// # Errors
/// A fault of the store.
pub(in crate::bookings) fn confirmed(tx: &mut Tx<'_>, booking: &Booking) -> Result<(), Stop> {
    let decision = store::decide(tx, booking)?;
    brings(tx, booking, &decision, |_| true)
}

/// What a session that took place brings with it: whoever treats the client goes on seeing their record for a time. Only what took place does
/// that, so that nobody prolongs their own sight by booking and calling off.
///
/// # Errors
/// A fault of the store.
pub(in crate::bookings) fn treated(tx: &mut Tx<'_>, booking: &Booking) -> Result<(), Stop> {
    // Of what is written down afterwards, who wrote it down decided whom it lets see the record.
    if booking.state != BookingState::Completed || booking.source == Source::PastSession {
        return Ok(());
    }
    let until = booking.placement.session.end().plus(CARE_AFTER_SESSION);
    for therapist in booking.placement.therapists() {
        clients::store::prolong_treatment(tx, booking.client, therapist, until)?;
    }
    Ok(())
}

fn brings(
    tx: &mut Tx<'_>,
    booking: &Booking,
    decision: &Decision,
    is_chosen: impl Fn(TherapistId) -> bool,
) -> Result<(), Stop> {
    if !matches!(booking.state, BookingState::Confirmed | BookingState::Completed) {
        return Ok(());
    }
    let session = booking.placement.session;
    let until = session.end().plus(CARE_AFTER_SESSION);
    for therapist in booking.placement.therapists() {
        if is_chosen(therapist) {
            clients::store::begin_treatment(tx, booking.client, therapist, booking.id, until)?;
        }
    }
    if booking.state == BookingState::Confirmed && decision.awaits_answers() {
        intake::issue_for_booking(tx, booking.client, booking.id, session.start())?;
    }
    if booking.state == BookingState::Confirmed && decision.awaits_consent() {
        let when = (booking.placement.date(), session.start());
        consents::present_lacking(tx, booking.client, booking.session_type, when)?;
    }
    Ok(())
}

/// On whose side somebody acts on a booking that they may see.
pub(in crate::bookings) fn side(view: &mut View<'_>, actor: &Actor, booking: &Booking) -> Result<Side, Stop> {
    let acts = acts_for(view, actor, booking.client)?;
    Ok(Side::of(actor, booking.placement.acting(actor), acts).ok_or(Refusal::NotThere)?)
}

/// A booking with what the decision finds of it now, `by` whatever made it be asked: for the steps that go by what stands, and their preview.
pub(in crate::bookings) fn judged(view: &mut View<'_>, booking: Booking, by: &str) -> Result<Booking, Stop> {
    let found = store::decide(view, &booking)?.blocks(by, view.now());
    Ok(booking.with_found(found))
}

/// Whether somebody may be told what screening found: the client, who acts for them, and who treats them.
pub(super) fn knows(view: &mut View<'_>, actor: &Actor, client: ClientId) -> Result<bool, Stop> {
    Ok(acts_for(view, actor, client)? || clients::store::treats(view, actor, client)?)
}
