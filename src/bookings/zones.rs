//! Following the zones: what the program does when it brings a newer database of them than the one bookings were agreed by.

use super::acts::locked;
use super::model::{Booking, Placement, Reading};
use super::reactions::again;
use super::store;
use crate::availability::model::occupancy::Holder;
use crate::db::{Stop, Tx, View};
use crate::kernel::ids::BookingId;

/// Brings one booking to come to the program's zone rules, and says how many that were: one or none. Where several are in each other's way, the
/// foremost goes first, so that a whole day of sessions can move on.
///
/// No rule of notice, hours or grid is asked: the time was agreed. Only that nothing overlaps is not the wall's to say.
///
/// # Errors
/// `NotThere` to anybody but the program; a fault of the store.
pub fn follow_next_zone(tx: &mut Tx<'_>) -> Result<usize, Stop> {
    let Some(due) = store::next_by_older_rules(tx)? else { return Ok(0) };
    let foremost = foremost(tx, due)?;
    // Moved or called off while the locks were waited for: the next look finds what is due then.
    let booking = locked(tx, foremost, &[]).map_err(again)?;
    let is_free = match booking.placement.reading() {
        Reading::Elsewhere(to) => store::in_the_way(tx, booking.client, &to, Some(booking.id))?.is_empty(),
        Reading::Same | Reading::Nowhere(_) => true,
    };
    let now = tx.now();
    tx.save(booking.follow_zone(is_free, now))?;
    Ok(1)
}

/// Of a booking and those in its way that will go out of it, the one nobody is in the way of, or whose way nobody will clear.
fn foremost(view: &mut View<'_>, first: BookingId) -> Result<(BookingId, i32), Stop> {
    let actor = view.actor();
    let mut passed = Vec::new();
    let mut booking = store::booking(view, &actor, first)?;
    while let Reading::Elsewhere(to) = booking.placement.reading() {
        match ahead(view, &booking, &to)? {
            // Those that wait for each other wait for ever.
            Some(next) if !passed.contains(&next.id) => {
                passed.push(booking.id);
                booking = next;
            }
            _ => break,
        }
    }
    Ok((booking.id, booking.version))
}

/// A booking in another's way, if all that is in its way will go elsewhere.
fn ahead(view: &mut View<'_>, booking: &Booking, to: &Placement) -> Result<Option<Booking>, Stop> {
    let actor = view.actor();
    let mut ahead = None;
    for holder in store::in_the_way(view, booking.client, to, Some(booking.id))? {
        let Holder::Booking(id) = holder else { return Ok(None) };
        let other = store::booking(view, &actor, id)?;
        let goes = store::goes_by_older_rules(view, &other);
        if !goes || !matches!(other.placement.reading(), Reading::Elsewhere(_)) {
            return Ok(None);
        }
        ahead = Some(other);
    }
    Ok(ahead)
}
