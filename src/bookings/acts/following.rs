//! Changing a session of a course and all that follow it, or none of them.

use super::cancelling::{Cancellation, cancel};
use super::deciding::locks;
use super::moving::{To, claimed, move_booking};
use crate::bookings::model::{Booking, Series, SetAside, Shift, Step, refuses_course};
use crate::bookings::store::{self, Course, DECIDER};
use crate::db::{Fault, Lock, Stop, Tx};
use crate::kernel::ids::{BookingId, BookingSeriesId};
use crate::kernel::refusal::{OccurrenceAnswer, Refusal};
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;

/// Moves a session and those that follow it, and answers with them as they are then: each as far as the first, by the clock on
/// the wall. What has begun or is called off stays as it is.
///
/// # Errors
/// `NotThere` to whoever may not know of each of them; `VersionMismatch`; `Fields` for a session that the course has not; `SeriesUnavailable`
/// with the answer to each where one cannot be moved; a fault of the store.
pub(in crate::bookings) fn move_following(
    tx: &mut Tx<'_>,
    (id, version): (BookingSeriesId, i32),
    ordinal: i32,
    to: (Timestamp, SetAside),
) -> Result<Course, Stop> {
    let seen = following(tx, (id, version), ordinal)?;
    let moves = moves(&seen.bookings, to, tx.now())?;
    let mut wanted: Vec<Lock> = Vec::new();
    for (booking, to) in &moves {
        wanted.extend(locks(tx, &to.sought(booking))?);
    }
    let course = under_locks(tx, &seen, ordinal, wanted)?;
    let mut answers = Vec::new();
    for (booking, to) in moves {
        let moved = move_booking(tx, (booking.id, booking.version), &to);
        answers.push((ordinal_of(booking), to.start, moved));
    }
    let bookings = all(answers)?;
    tx.save(course.reschedule(ordinal))?;
    Ok(Course { bookings, ..store::series(tx, &DECIDER, id)? })
}

/// Calls off a session and those that follow it, and answers with them as they are then. What is over or called off stays as it is.
///
/// # Errors
/// As [`move_following`].
pub(in crate::bookings) fn cancel_following(
    tx: &mut Tx<'_>,
    (id, version): (BookingSeriesId, i32),
    (ordinal, by): (i32, &Cancellation),
) -> Result<Course, Stop> {
    let seen = following(tx, (id, version), ordinal)?;
    let now = tx.now();
    let is_ahead = |booking: &&Booking| booking.state.is_open() && booking.placement.session.end() > now;
    let open: Vec<&Booking> = seen.bookings.iter().filter(is_ahead).collect();
    if open.is_empty() {
        return Err(Refusal::InvalidTransition { what: "course", from: "over", step: Step::Cancel.as_str() }.into());
    }
    let course = under_locks(tx, &seen, ordinal, Vec::new())?;
    let mut answers = Vec::new();
    for booking in open {
        let start = booking.placement.session.start();
        answers.push((ordinal_of(booking), start, cancel(tx, (booking.id, booking.version), by)));
    }
    let bookings = all(answers)?;
    tx.save(course.cancel(ordinal, by.reason))?;
    Ok(Course { bookings, ..store::series(tx, &DECIDER, id)? })
}

/// A course from one session on: of those that follow, every one must be known to whoever asks.
fn following(tx: &mut Tx<'_>, (id, version): (BookingSeriesId, i32), ordinal: i32) -> Result<Course, Stop> {
    let actor = tx.actor();
    let course = store::series(tx, &actor, id)?;
    if course.version != version {
        return Err(Refusal::VersionMismatch.into());
    }
    let Course { series, bookings, .. } = course;
    let members = series.following(ordinal)?;
    let known = |id: BookingId| bookings.iter().find(|booking| booking.id == id).cloned();
    let bookings: Option<Vec<Booking>> = members.into_iter().map(|(_, id)| known(id)).collect();
    Ok(Course { bookings: bookings.ok_or(Refusal::NotThere)?, series, version })
}

/// The same course, with all that it claims locked, and `further` locks in the same call.
fn under_locks(tx: &mut Tx<'_>, seen: &Course, ordinal: i32, further: Vec<Lock>) -> Result<Series, Stop> {
    let locks: Vec<Lock> = seen.bookings.iter().flat_map(claimed).chain(further).collect();
    tx.lock(&locks)?;
    let again = following(tx, (seen.series.id, seen.version), ordinal)?;
    // Changed while the locks were waited for: they may not be the ones it needs now.
    if again != *seen {
        return Err(Fault::Retry.into());
    }
    Ok(again.series)
}

/// Where each goes, in an order in which none goes where another has yet to make way.
fn moves(
    bookings: &[Booking],
    (start, set_aside): (Timestamp, SetAside),
    now: Timestamp,
) -> Result<Vec<(&Booking, To)>, Refusal> {
    let (first, others) = bookings.split_first().ok_or(Refusal::NotThere)?;
    let to = |start| To { start, therapist: None, co_therapist: None, location: None, room: None, set_aside };
    let shift = Shift::between(first.placement.local_start, start, first.placement.zone);
    let mut moves = vec![(first, to(start))];
    let goes =
        |booking: &&Booking| booking.state.after(Step::Reschedule).is_some() && booking.placement.session.start() > now;
    for booking in others.iter().filter(goes) {
        let at = &booking.placement;
        moves.push((booking, to(shift.of(at.local_start, at.zone)?)));
    }
    // Single sessions may have been moved past others of the course since.
    moves.sort_by_key(|(booking, _)| booking.placement.session.start());
    if shift.is_later() {
        moves.reverse();
    }
    Ok(moves)
}

/// What was answered to each, if all were let.
fn all(answers: Vec<(i32, Timestamp, Result<Booking, Stop>)>) -> Result<Vec<Booking>, Stop> {
    let (mut changed, mut occurrences) = (Vec::new(), Vec::new());
    for (ordinal, start, answer) in answers {
        let refusal = match answer {
            Ok(booking) => {
                changed.push(booking);
                None
            }
            Err(Stop::Refused(refusal)) if !refuses_course(&refusal) => Some(refusal),
            Err(stop) => return Err(stop),
        };
        occurrences.push(OccurrenceAnswer { ordinal, start, refusal });
    }
    if changed.len() < occurrences.len() {
        occurrences.sort_by_key(|one| one.ordinal);
        return Err(Refusal::SeriesUnavailable { occurrences }.into());
    }
    changed.sort_by_key(ordinal_of);
    Ok(changed)
}

fn ordinal_of(booking: &Booking) -> i32 {
    booking.series.map_or(0, |member| member.ordinal)
}
