//! Following the zones: what the program does when it brings a newer database of them than the one bookings were agreed by.

use chrono::TimeDelta;

use super::acts::{locked, take_back};
use super::model::{Booking, Placement, Reading};
use super::reactions::again;
use super::store;
use crate::availability::model::occupancy::Holder;
use crate::db::{Fault, Stop, Tx, View};
use crate::kernel::ids::{BookingId, SlotHoldId};
use crate::kernel::time::Timestamp;

/// A booking that is to begin sooner waits for nobody's hold to end: people must be told while there is time.
const SOON: TimeDelta = TimeDelta::hours(3);

/// What stands where a booking is to go.
enum Way {
    /// Nothing, or it goes nowhere.
    Free,
    /// What its own client holds, which gives way.
    Own(SlotHoldId),
    /// What is only held, for minutes or until an offer is answered.
    Held,
    /// Another booking.
    Taken,
}

/// Brings one booking to come to the program's zone rules, and says how many that were: one or none. Where several are in each other's way, the
/// foremost goes first, so that a whole day of sessions can move on. One that only a hold is in the way of is left by its older rules for a
/// later look.
///
/// No rule of notice, hours or grid is asked: the time was agreed. Only that nothing overlaps is not the wall's to say.
///
/// # Errors
/// `NotThere` to anybody but the program; a fault of the store.
pub fn follow_next_zone(tx: &mut Tx<'_>) -> Result<usize, Stop> {
    let mut passed = None;
    while let Some((start, id)) = store::next_by_older_rules(tx, passed)? {
        let foremost = foremost(tx, id)?;
        // Asked without locks, so that none are kept for one that is left.
        if !matches!(way(tx, &foremost)?, Way::Held) {
            return follow(tx, &foremost).map(|()| 1);
        }
        passed = Some((start, id));
    }
    Ok(0)
}

fn follow(tx: &mut Tx<'_>, seen: &Booking) -> Result<(), Stop> {
    // Moved or called off while the locks were waited for: the next look finds what is due then.
    let booking = locked(tx, (seen.id, seen.version), &[]).map_err(again)?;
    let is_free = match way(tx, &booking)? {
        Way::Free => true,
        Way::Own(hold) => {
            take_back(tx, hold).map_err(again)?;
            true
        }
        Way::Held => return Err(Fault::Retry.into()),
        Way::Taken => false,
    };
    let now = tx.now();
    tx.save(booking.follow_zone(is_free, now)).map(drop)
}

/// Where a booking is to go, if that is yet to come.
fn ahead_of(booking: &Booking, now: Timestamp) -> Option<Placement> {
    match booking.placement.reading() {
        Reading::Elsewhere(to) => Some(to).filter(|to| to.session.start() > now),
        Reading::Same | Reading::Nowhere(_) => None,
    }
}

fn way(view: &mut View<'_>, booking: &Booking) -> Result<Way, Stop> {
    let now = view.now();
    let Some(to) = ahead_of(booking, now) else { return Ok(Way::Free) };
    let own = store::held_for(view, booking.client)?;
    let first = to.session.start().min(booking.placement.session.start());
    let mut way = Way::Free;
    for holder in store::in_the_way(view, booking.client, &to, Some(booking.id))? {
        match holder {
            Holder::Hold(id) if own != Some(id) && first > now.plus(SOON) => way = Way::Held,
            Holder::Hold(id) if own == Some(id) => {
                if matches!(way, Way::Free) {
                    way = Way::Own(id);
                }
            }
            Holder::Hold(_) | Holder::Booking(_) => return Ok(Way::Taken),
        }
    }
    Ok(way)
}

/// Of a booking and those in its way that will go out of it, the one no booking is in the way of, or whose way nobody will clear.
fn foremost(view: &mut View<'_>, first: BookingId) -> Result<Booking, Stop> {
    let actor = view.actor();
    let mut passed = Vec::new();
    let mut booking = store::booking(view, &actor, first)?;
    while let Some(to) = ahead_of(&booking, view.now()) {
        match ahead(view, &booking, &to)? {
            // Those that wait for each other wait for ever.
            Some(next) if !passed.contains(&next.id) => {
                passed.push(booking.id);
                booking = next;
            }
            _ => break,
        }
    }
    Ok(booking)
}

/// A booking in another's way, if all bookings in its way will go elsewhere.
fn ahead(view: &mut View<'_>, booking: &Booking, to: &Placement) -> Result<Option<Booking>, Stop> {
    let actor = view.actor();
    let mut ahead = None;
    for holder in store::in_the_way(view, booking.client, to, Some(booking.id))? {
        let Holder::Booking(id) = holder else { continue };
        let other = store::booking(view, &actor, id)?;
        if !store::goes_by_older_rules(view, &other) || ahead_of(&other, view.now()).is_none() {
            return Ok(None);
        }
        ahead = Some(other);
    }
    Ok(ahead)
}
