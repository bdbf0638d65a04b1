//! Local time to instants.
//!
//! Clocks are put forward and back, so a local time may not exist on a day, or may be shown twice. A person who names such a time is asked
//! again, for another time or for its offset ([`resolve`]). What follows from a time somebody named, such as the same time a month later, is
//! laid on the first instant that shows it or comes after ([`first_shown`]). Weekly hours cannot be asked, so they follow one rule
//! ([`span_on`]): time the clocks skip is not worked, and time they show twice is worked twice.

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::{GapInfo, Tz};

use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};

/// The instant at which the clocks of a zone show a local date and time, at that offset if one is said.
///
/// # Errors
/// [`Refusal::NonexistentLocalTime`] when they never do, or never at that offset; [`Refusal::AmbiguousLocalTime`] when they do so twice and no
/// offset says which is meant.
pub fn resolve(date: NaiveDate, time: NaiveTime, offset: Option<FixedOffset>, zone: Tz) -> Result<Timestamp, Refusal> {
    let shown = zone.from_local_datetime(&date.and_time(time));
    let instants = match (shown, offset) {
        (LocalResult::Ambiguous(..), None) => return Err(Refusal::AmbiguousLocalTime),
        (LocalResult::Ambiguous(one, other), Some(_)) => [Some(one), Some(other)],
        (LocalResult::Single(at), _) => [Some(at), None],
        (LocalResult::None, _) => [None, None],
    };
    let is_meant = |at: &DateTime<Tz>| offset.is_none_or(|offset| at.offset().fix() == offset);
    instants.iter().flatten().find(|at| is_meant(at)).map(instant).ok_or(Refusal::NonexistentLocalTime)
}

/// The first instant at which the clocks of a zone show a local time; where they skip it, the first after the gap, and `false`.
#[must_use]
pub fn first_shown(local: NaiveDateTime, zone: Tz) -> Option<(Timestamp, bool)> {
    let (first, _) = shown_at(local, zone)?;
    Some((first, first.utc().with_timezone(&zone).naive_local() == local))
}

/// The span from `start` to `end` as worked on one local day; an `end` of 00:00 is the midnight that closes the day.
///
/// A boundary the clocks skip moves to the first instant after the gap. Of two instants that show the same time, a start takes the earlier
/// and an end the later. `None` when the clocks skip the whole span.
#[must_use]
pub fn span_on(date: NaiveDate, start: NaiveTime, end: NaiveTime, zone: Tz) -> Option<Span> {
    let last_day = if end == NaiveTime::MIN { date.succ_opt()? } else { date };
    let (start, _) = shown_at(date.and_time(start), zone)?;
    let (_, end) = shown_at(last_day.and_time(end), zone)?;
    Span::new(start, end)
}

/// All of the local days from one to another, both included; `None` when there are none.
#[must_use]
pub fn days(first: NaiveDate, last: NaiveDate, zone: Tz) -> Option<Span> {
    let (start, _) = shown_at(first.and_time(NaiveTime::MIN), zone)?;
    let (_, end) = shown_at(last.succ_opt()?.and_time(NaiveTime::MIN), zone)?;
    Span::new(start, end)
}

/// The first and the last instant at which a local time is shown, or twice the end of the gap that swallows it.
fn shown_at(local: NaiveDateTime, zone: Tz) -> Option<(Timestamp, Timestamp)> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(at) => Some((instant(&at), instant(&at))),
        LocalResult::Ambiguous(one, other) => Some((instant(&one.min(other)), instant(&one.max(other)))),
        LocalResult::None => {
            let after = instant(&GapInfo::new(&local, &zone)?.end?);
            Some((after, after))
        }
    }
}

fn instant(at: &DateTime<Tz>) -> Timestamp {
    Timestamp::from(at.to_utc())
}

#[cfg(test)]
mod tests;
