//! What the program does by itself about those who wait.

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::model::{WaitlistEntry, Wishes};
use super::store;
use crate::availability::model::offer::Opening;
use crate::bookings::acts::{self, Awaited};
use crate::bookings::store::passed_up;
use crate::db::{Fault, Lock, Stop, Tx};
use crate::kernel::ids::TherapistId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Span;
use crate::places;

/// A session that needs some of the time begins no earlier before it, and no later after: an hour, and the longest buffer.
const AROUND: TimeDelta = TimeDelta::hours(3);

/// For so many of those who wait time is considered at once: each takes a look at all that a session is decided by, and nobody else can write
/// to an embedded store meanwhile.
const AT_ONCE: i64 = 10;

/// Takes what came free first and offers a slot in it to the one who has waited longest of those who could book it. Where none of the first could,
/// the next are considered in another transaction; what was considered for everybody is forgotten. Says whether it found anything to do: one
/// or none.
///
/// # Errors
/// A fault of the store.
pub fn offer_next(tx: &mut Tx<'_>) -> Result<usize, Stop> {
    let actor = tx.actor();
    let Some(freed) = store::next_freed(tx)? else { return Ok(0) };
    let mut next = None;
    if let Some(ahead) = freed.ahead(tx.now()) {
        let patience = places::store::settings(tx)?.waitlist_offer_minutes;
        let patience = TimeDelta::minutes(patience.into());
        let entries = store::awaiting(tx, &actor, &freed, dates_around(ahead), AT_ONCE)?;
        next = entries.last().map(|last| last.id).filter(|_| i64::try_from(entries.len()) == Ok(AT_ONCE));
        for entry in entries {
            if offer_to(tx, entry, (freed.therapist, ahead), patience)? {
                // There may be time left for somebody else.
                return Ok(1);
            }
        }
    }
    match next {
        Some(last) => tx.save(freed.considered_to(last)).map(drop).map_err(again)?,
        None => tx.save(freed.spent()).map(drop)?,
    }
    Ok(1)
}

/// Offers somebody a slot that needs some of the time that came free, if there is one. Whoever let one pass is not asked for that again.
fn offer_to(
    tx: &mut Tx<'_>,
    entry: WaitlistEntry,
    (whose, free): (Option<TherapistId>, Span),
    patience: TimeDelta,
) -> Result<bool, Stop> {
    let window = entry.wishes.reach().and_then(|reach| reach.intersection(free.padded(AROUND, AROUND)));
    let Some(window) = window else { return Ok(false) };
    let passed = passed_up(tx, entry.id)?;
    let suits = |opening: &Opening| {
        let span = opening.session.span;
        entry.wishes.suit(span, (Some(opening.location), opening.zone))
            && (opening.session.claim.overlaps(free)
                || opening.session.room_claim.is_some_and(|room| room.overlaps(free)))
            && !passed.iter().any(|(therapist, before)| *therapist == opening.therapist && before.overlaps(span))
    };
    let awaited = Awaited {
        entry: entry.id,
        client: entry.client,
        asked_by: entry.asked_by,
        session_type: entry.session_type,
        with: &team(&entry, whose),
        named: entry.therapist,
        window,
        suits: &suits,
        patience,
    };
    match acts::offer(tx, &awaited) {
        Ok(Some(hold)) => {
            let change = entry.offered(&hold)?;
            tx.save(change).map_err(again)?;
            Ok(true)
        }
        // What would be refused to them is not offered.
        Ok(None) | Err(Stop::Refused(_)) => Ok(false),
        Err(stop) => Err(stop),
    }
}

/// Who must treat: whom they wait for, and whose time it is.
fn team(entry: &WaitlistEntry, whose: Option<TherapistId>) -> Vec<TherapistId> {
    let mut team: Vec<TherapistId> = entry.therapist.into_iter().chain(whose).collect();
    team.dedup();
    team
}

/// All dates on which some of the time may fall, in whatever zone.
pub(super) fn dates_around(span: Span) -> (NaiveDate, NaiveDate) {
    let around = span.padded(TimeDelta::days(1), TimeDelta::days(1));
    (around.start().date_in(Tz::UTC), around.end().date_in(Tz::UTC))
}

/// Ends one place on the list whose last date is over, and says how many those were: one or none.
///
/// # Errors
/// `NotThere` to anybody but the program; a fault of the store.
pub fn expire_next_entry(tx: &mut Tx<'_>) -> Result<usize, Stop> {
    let (actor, today) = (tx.actor(), Wishes::first_date(tx.now()));
    let Some((id, client)) = store::next_outdated(tx, today)? else { return Ok(0) };
    tx.lock(&[Lock::Client(client)])?;
    let entry = store::entry(tx, &actor, id)?;
    // Withdrawn or amended while the lock was waited for: the next look finds what is due then.
    let change = entry.expire(tx.now()).map_err(|_| Stop::from(Fault::Retry))?;
    tx.save(change).map_err(again)?;
    Ok(1)
}

/// Somebody changed the place on the list meanwhile: the later one looks again.
pub(super) fn again(stop: Stop) -> Stop {
    match stop {
        Stop::Refused(Refusal::VersionMismatch) => Fault::Retry.into(),
        other => other,
    }
}
