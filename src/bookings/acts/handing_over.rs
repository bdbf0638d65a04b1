//! Handing a therapist's calendar over to another, as when they leave.
//!
//! Each booking is moved by itself, in a transaction of its own: nobody's calendar is locked for longer than one move takes, what cannot be
//! moved keeps nothing else from it, and whoever is cut off in the middle asks again for the rest.

use chrono::NaiveDate;

use super::moving::To;
use crate::availability::model::waiver::Waiver;
use crate::bookings::model::{Booking, BookingState, OverrideReason, Placement, SetAside};
use crate::bookings::store::{self, Order, Wanted};
use crate::db::{Stop, View};
use crate::kernel::ids::TherapistId;
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::therapists::model::NOT_BOOKABLE;
use crate::{places, therapists};

/// How many bookings are handed over at once.
const MOST: i64 = 500;

/// The rules that bind who asks for a time, and not who takes over one that was agreed.
const AGREED: [Waiver; 5] = [Waiver::MinNotice, Waiver::MaxAdvance, Waiver::Grid, Waiver::Limits, Waiver::Age];

/// From whom, to whom, and since when.
#[derive(Clone, Copy, Debug)]
pub(in crate::bookings) struct Handover {
    /// Whose calendar it is.
    pub from: TherapistId,
    /// Who takes over.
    pub to: TherapistId,
    /// The first day, by the clock of each booking's place.
    pub since: NaiveDate,
}

impl Handover {
    /// Where a booking goes: to the same time, place and room, as long as the room is in use.
    fn of(&self, view: &mut View<'_>, at: &Placement) -> Result<To, Stop> {
        let (therapist, co_therapist) =
            if at.therapist == self.from { (Some(self.to), None) } else { (None, Some(self.to)) };
        let room = match at.room {
            Some((room, _)) => Some(places::store::room(view, room)?).filter(|room| room.active).map(|room| room.id),
            None => None,
        };
        let set_aside = SetAside::parse(&AGREED, Some(OverrideReason::Handover))?;
        Ok(To { start: at.session.start(), therapist, co_therapist, location: at.location, room, set_aside })
    }
}

/// The bookings to come that are to be handed over, by their start, and where each goes; and whether there are more.
///
/// # Errors
/// `NotThere` for therapists who are not; `PolicyViolation` for one who would take over from themself, or cannot be booked; a fault of the store.
pub(in crate::bookings) fn to_hand_over(
    view: &mut View<'_>,
    handover: Handover,
) -> Result<(Vec<(Booking, To)>, bool), Stop> {
    let (actor, now) = (view.actor(), view.now());
    therapists::store::therapist(view, handover.from)?;
    let to = therapists::store::therapist(view, handover.to)?;
    if handover.from == handover.to {
        let detail = "somebody else must take over";
        return Err(Refusal::PolicyViolation { rule: "same_therapist", detail }.into());
    }
    if !therapists::store::is_bookable(view, &to)? {
        return Err(NOT_BOOKABLE.into());
    }
    // A day begins somewhere up to a day before it does in UTC.
    let since = handover.since.pred_opt().and_then(|day| day.and_hms_opt(0, 0, 0)).map(|at| at.and_utc().into());
    let wanted = Wanted {
        therapist: Some(handover.from),
        states: vec![BookingState::Pending, BookingState::Confirmed],
        from: Some(since.map_or(now, |since| now.max(since))),
        order: Order::Start,
        ..Wanted::default()
    };
    let Page { items, next_cursor } = store::list(view, &actor, &wanted, PageAsk { limit: MOST, after: None })?;
    let mut due = Vec::new();
    for booking in items.into_iter().filter(|booking| booking.placement.date() >= handover.since) {
        let to = handover.of(view, &booking.placement)?;
        due.push((booking, to));
    }
    Ok((due, next_cursor.is_some()))
}
