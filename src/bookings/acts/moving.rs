//! Moving a booking, and taking any step with it, under the locks of all it claims.

use super::deciding::{self, agreed, decide, is_locked, judged, knows, locks, side, standing_under};
use super::holding::give_way;
use crate::bookings::model::{Asked, Booking, Decision, SetAside, Side, SlotHold, Step, entrusts};
use crate::bookings::store::{self, Moving, Sought};
use crate::clients;
use crate::clients::store::acts_for;
use crate::db::{Fault, Lock, Stop, Tx, View};
use crate::kernel::change::Change;
use crate::kernel::ids::{BookingId, LocationId, RoomId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// Where a booking is to go.
#[derive(Clone, Copy, Debug)]
pub struct To {
    /// From when.
    pub start: Timestamp,
    /// To another therapist; the same if absent.
    pub therapist: Option<TherapistId>,
    /// To another second therapist, in a session of two; the same if absent.
    pub co_therapist: Option<TherapistId>,
    /// To a place; wherever the therapist is then, if absent.
    pub location: Option<LocationId>,
    /// To a room; to any that would do, if absent.
    pub room: Option<RoomId>,
    /// The rules that staff set aside for it.
    pub set_aside: SetAside,
}

impl To {
    /// What a booking would be there.
    #[must_use]
    pub fn sought(&self, booking: &Booking) -> Sought {
        let at = &booking.placement;
        Sought {
            client: booking.client,
            therapist: self.therapist.unwrap_or(at.therapist),
            co_therapist: self.co_therapist.or(at.co_therapist),
            session_type: booking.session_type,
            start: self.start,
            location: self.location,
            room: self.room,
            moving: Some(Moving::from(booking)),
            held_since: None,
            set_aside: self.set_aside,
        }
    }
}

/// Moves a booking of the version that was read. It refuses before its first write, so several may be tried in one transaction.
///
/// # Errors
/// `NotThere` to whoever may not know of it; `VersionMismatch`; what its state, its place and the decision refuse; a fault of the store.
pub fn move_booking(tx: &mut Tx<'_>, (id, version): (BookingId, i32), to: &To) -> Result<Booking, Stop> {
    let actor = tx.actor();
    let seen = store::booking(tx, &actor, id)?;
    let locks = locks(tx, &to.sought(&seen))?;
    let booking = locked(tx, (id, version), &locks)?;
    let before = booking.placement.clone();
    let (change, decision) = moved(tx, booking, to)?;
    is_locked(&change.state().placement, &locks)?;
    let (client, at) = (change.state().client, &change.state().placement);
    // Who is handed over has not made up their mind about anything.
    let ends = |held: &SlotHold| !to.set_aside.is_handover() || held.placement.collides(at, client);
    let held = standing_under(tx, client, &locks)?.filter(ends);
    give_way(tx, held, None)?;
    let booking = tx.save(change)?;
    for therapist in before.therapists().filter(|before| !booking.placement.is_with(*before)) {
        clients::store::end_treatment_by(tx, booking.id, therapist)?;
    }
    agreed(tx, &booking, &decision)?;
    Ok(booking)
}

/// Whether a booking may be moved. It is not.
///
/// # Errors
/// As [`move_booking`].
pub(in crate::bookings) fn check_move(view: &mut View<'_>, id: BookingId, to: &To) -> Result<(), Stop> {
    let actor = view.actor();
    let booking = store::booking(view, &actor, id)?;
    moved(view, booking, to).map(drop)
}

/// A booking as it would be elsewhere, and what the decision says of it there.
fn moved(view: &mut View<'_>, booking: Booking, to: &To) -> Result<(Change<Booking>, Decision), Stop> {
    let (actor, now) = (view.actor(), view.now());
    let booking = judged(view, booking, Step::Reschedule.event())?;
    let asked = Asked::plainly(side(view, &actor, &booking)?, now).setting_aside(to.set_aside)?;
    booking.allows(Step::Reschedule, asked)?;
    let sought = to.sought(&booking);
    let acts = acts_for(view, &actor, booking.client)?;
    for therapist in sought.therapists() {
        booking.may_move_to(therapist, entrusts(&actor, therapist, acts))?;
    }
    let place = store::place(view, &sought)?;
    let decision = decide(view, booking.client, &place)?;
    decision.admits(knows(view, &actor, booking.client)?)?;
    if asked.side == Side::Client {
        let booked = store::Diary::of(view, booking.client)?.booked(place.placement.date(), Some(&booking));
        booked.leaves_room(&place.entitlement.settings.limits)?;
    }
    let found = decision.blocks(Step::Reschedule.event(), now);
    Ok((booking.reschedule(asked, place.placement, found)?, decision))
}

/// A booking of the version that was read, with all that it claims locked, and `further` locks in the same call.
///
/// # Errors
/// `NotThere` to whoever may not know of it; `VersionMismatch`; a fault of the store.
pub(in crate::bookings) fn locked(
    tx: &mut Tx<'_>,
    (id, version): (BookingId, i32),
    further: &[Lock],
) -> Result<Booking, Stop> {
    let actor = tx.actor();
    let seen = store::booking(tx, &actor, id)?;
    let locks: Vec<Lock> = claimed(&seen).chain(further.iter().copied()).collect();
    tx.lock(&locks)?;
    let booking = store::booking(tx, &actor, id)?;
    // Moved elsewhere while the locks were waited for: these are not the ones it needs now.
    if claimed(&booking).any(|lock| !locks.contains(&lock)) {
        return Err(Fault::Retry.into());
    }
    if booking.version != version {
        return Err(Refusal::VersionMismatch.into());
    }
    Ok(booking)
}

/// The locks of all that a booking claims.
pub(super) fn claimed(booking: &Booking) -> impl Iterator<Item = Lock> + use<> {
    deciding::claimed(&booking.placement).chain([Lock::Client(booking.client)])
}
