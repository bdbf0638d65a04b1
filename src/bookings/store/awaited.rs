//! What a calendar, and the people it is kept for, wait for.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use diesel::prelude::*;

use super::{BookingRow, treated_by, with_blocks};
use crate::bookings::model::{Booking, BookingState, Remedy, Side, Step};
use crate::clients::store::acted_for;
use crate::db::schema::{booking_blocks, bookings};
use crate::db::{Stop, View};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{ClientId, TherapistId};
use crate::kernel::time::{Span, Timestamp};

/// A session that took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Past {
    /// Who was treated.
    pub client: ClientId,
    /// By whom.
    pub therapist: TherapistId,
    /// And by whom beside them.
    pub co_therapist: Option<TherapistId>,
    /// From when, as it was planned.
    pub start: Timestamp,
}

/// The bookings of the actor's own calendar that start within a span, in the order of their start.
///
/// # Errors
/// A fault of the store.
pub fn on_calendar(view: &mut View<'_>, actor: &Actor, within: Span) -> Result<Vec<Booking>, Stop> {
    let Some(therapist) = actor.therapist() else { return Ok(Vec::new()) };
    let rows: Vec<BookingRow> = view.load(
        bookings::table
            .filter(treated_by(therapist))
            .filter(bookings::starts_at.ge(within.start()))
            .filter(bookings::starts_at.lt(within.end()))
            .order((bookings::starts_at, bookings::id)),
    )?;
    with_blocks(view, rows)
}

/// The sessions that these clients have had, with whomever; the asking slice has seen to it that the actor may know.
///
/// # Errors
/// A fault of the store.
pub fn past_sessions(view: &mut View<'_>, clients: &[ClientId]) -> Result<Vec<Past>, Stop> {
    let rows: Vec<(ClientId, TherapistId, Option<TherapistId>, Timestamp)> = view.load(
        bookings::table
            .filter(bookings::client_id.eq_any(clients))
            .filter(bookings::state.eq(BookingState::Completed))
            .select((bookings::client_id, bookings::therapist_id, bookings::co_therapist_id, bookings::starts_at)),
    )?;
    let past = |(client, therapist, co_therapist, start)| Past { client, therapist, co_therapist, start };
    Ok(rows.into_iter().map(past).collect())
}

/// The requests that wait for a yes the actor may give.
///
/// # Errors
/// A fault of the store.
pub fn to_confirm(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Booking>, Stop> {
    let now = view.now();
    let mut query = bookings::table
        .filter(bookings::state.eq(BookingState::Pending))
        .filter(bookings::starts_at.gt(now))
        .order((bookings::starts_at, bookings::id))
        .into_boxed();
    match actor.therapist() {
        _ if actor.is_desk() => {}
        Some(therapist) => query = query.filter(treated_by(therapist)),
        None => return Ok(Vec::new()),
    }
    let rows: Vec<BookingRow> = view.load(query)?;
    let own = acted_for(view, actor)?;
    let takes = |booking: &Booking| {
        let side = Side::of(actor, booking.placement.acting(actor), own.contains(&booking.client));
        side.is_some_and(|side| side.takes(Step::Confirm)) && booking.answer_by() > now
    };
    let mut asked = with_blocks(view, rows)?;
    asked.retain(takes);
    Ok(asked)
}

/// The sessions beginning soon that something keeps from going ahead, for the desk; none for anybody else.
///
/// # Errors
/// A fault of the store.
pub fn blocked_within(view: &mut View<'_>, actor: &Actor, ahead: TimeDelta) -> Result<Vec<Booking>, Stop> {
    if !actor.is_desk() {
        return Ok(Vec::new());
    }
    let until = view.now().plus(ahead);
    let blocked = booking_blocks::table.select(booking_blocks::booking_id);
    let rows: Vec<BookingRow> = view.load(
        bookings::table
            .filter(bookings::id.eq_any(blocked))
            .filter(bookings::state.eq_any(open_states()))
            .filter(bookings::ends_at.gt(view.now()))
            .filter(bookings::starts_at.lt(until))
            .order((bookings::starts_at, bookings::id)),
    )?;
    // Who acts for the client is on the client's side.
    let own = acted_for(view, actor)?;
    with_blocks(view, rows.into_iter().filter(|row| !own.contains(&row.client_id)).collect())
}

/// The sessions to come, of the actor and their wards, that wait for what would mend them, by their start.
///
/// # Errors
/// A fault of the store.
pub fn lacking(view: &mut View<'_>, actor: &Actor, remedy: Remedy) -> Result<Vec<Booking>, Stop> {
    let own: BTreeSet<ClientId> = acted_for(view, actor)?.into_iter().collect();
    let lacking = booking_blocks::table.filter(booking_blocks::remedy.eq(remedy)).select(booking_blocks::booking_id);
    let rows: Vec<BookingRow> = view.load(
        bookings::table
            .filter(bookings::client_id.eq_any(own))
            .filter(bookings::id.eq_any(lacking))
            .filter(bookings::state.eq_any(open_states()))
            .filter(bookings::ends_at.gt(view.now()))
            .order((bookings::starts_at, bookings::id)),
    )?;
    with_blocks(view, rows)
}

/// The sessions to come of the actor's own calendar, by their start.
///
/// # Errors
/// A fault of the store.
pub fn to_treat(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Booking>, Stop> {
    let Some(therapist) = actor.therapist() else { return Ok(Vec::new()) };
    let rows: Vec<BookingRow> = view.load(
        bookings::table
            .filter(treated_by(therapist))
            .filter(bookings::state.eq_any(open_states()))
            .filter(bookings::ends_at.gt(view.now()))
            .order((bookings::starts_at, bookings::id)),
    )?;
    with_blocks(view, rows)
}

fn open_states() -> Vec<BookingState> {
    use crate::kernel::text_enum::TextEnum;
    BookingState::ALL.iter().copied().filter(|state| state.is_open()).collect()
}
