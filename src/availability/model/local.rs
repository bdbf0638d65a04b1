//! Local time to instants.
//!
//! Clocks are put forward and back, so a local time may not exist on a day, or may be shown twice. A person who names such a time is asked
//! again ([`resolve`]). Weekly hours cannot be asked, so they follow one rule ([`span_on`]): time the clocks skip is not worked, and time they
//! show twice is worked twice.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::{GapInfo, Tz};

use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};

/// The instant at which the clocks of a zone show a local date and time.
///
/// # Errors
/// [`Refusal::NonexistentLocalTime`] when they never do, [`Refusal::AmbiguousLocalTime`] when they do so twice.
pub fn resolve(date: NaiveDate, time: NaiveTime, zone: Tz) -> Result<Timestamp, Refusal> {
    match zone.from_local_datetime(&date.and_time(time)) {
        LocalResult::Single(at) => Ok(instant(&at)),
        LocalResult::Ambiguous(..) => Err(Refusal::AmbiguousLocalTime),
        LocalResult::None => Err(Refusal::NonexistentLocalTime),
    }
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
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use chrono_tz::{America, Asia, Australia, Europe, Pacific, TZ_VARIANTS};
    use proptest::prelude::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn time(text: &str) -> NaiveTime {
        text.parse().unwrap()
    }

    fn utc(text: &str) -> Timestamp {
        Timestamp::from(text.parse::<DateTime<chrono::Utc>>().unwrap())
    }

    fn span(start: &str, end: &str) -> Option<Span> {
        Some(Span::new(utc(start), utc(end)).unwrap())
    }

    #[test]
    fn a_plain_time_is_one_instant_whatever_the_offset() {
        let noon = |zone| resolve(date("2027-01-15"), time("12:00"), zone).unwrap();
        assert_eq!(noon(America::New_York), utc("2027-01-15T17:00:00Z"));
        assert_eq!(noon(Asia::Kathmandu), utc("2027-01-15T06:15:00Z"));
        assert_eq!(noon(Pacific::Chatham), utc("2027-01-14T22:15:00Z"));
    }

    #[test]
    fn a_skipped_time_does_not_exist() {
        for (zone, day, skipped) in [
            (America::New_York, "2027-03-14", "02:30"),
            (Europe::Berlin, "2027-03-28", "02:00"),
            (Australia::Lord_Howe, "2027-10-03", "02:29"),
            (Pacific::Apia, "2011-12-30", "12:00"),
        ] {
            assert_eq!(resolve(date(day), time(skipped), zone), Err(Refusal::NonexistentLocalTime), "{zone} {day}");
        }
        assert!(resolve(date("2027-10-03"), time("02:30"), Australia::Lord_Howe).is_ok());
    }

    #[test]
    fn a_time_shown_twice_is_ambiguous() {
        for (zone, day, twice) in [
            (America::New_York, "2027-11-07", "01:00"),
            (Europe::Berlin, "2027-10-31", "02:59"),
            (Australia::Lord_Howe, "2027-04-04", "01:30"),
        ] {
            assert_eq!(resolve(date(day), time(twice), zone), Err(Refusal::AmbiguousLocalTime), "{zone} {day}");
        }
        assert!(resolve(date("2027-04-04"), time("01:29"), Australia::Lord_Howe).is_ok());
    }

    #[test]
    fn hours_in_a_gap_begin_and_end_after_it() {
        let on = |start, end| span_on(date("2027-03-28"), time(start), time(end), Europe::Berlin);
        assert_eq!(on("02:30", "04:00"), span("2027-03-28T01:00:00Z", "2027-03-28T02:00:00Z"));
        assert_eq!(on("01:00", "02:30"), span("2027-03-28T00:00:00Z", "2027-03-28T01:00:00Z"));
        assert_eq!(on("02:15", "02:45"), None);
        assert_eq!(span_on(date("2011-12-30"), time("00:00"), time("00:00"), Pacific::Apia), None);
    }

    #[test]
    fn hours_shown_twice_are_worked_twice() {
        let on = |start, end| span_on(date("2027-10-31"), time(start), time(end), Europe::Berlin);
        assert_eq!(on("02:30", "04:00"), span("2027-10-31T00:30:00Z", "2027-10-31T03:00:00Z"));
        assert_eq!(on("01:00", "02:30"), span("2027-10-30T23:00:00Z", "2027-10-31T01:30:00Z"));
    }

    fn any_zone() -> impl Strategy<Value = Tz> {
        proptest::sample::select(&TZ_VARIANTS[..])
    }

    /// A minute between 1970 and 2070.
    fn any_minute() -> impl Strategy<Value = Timestamp> {
        (0..52_596_000_i64).prop_map(|minute| Timestamp::from_unix_micros(minute * 60_000_000).unwrap())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_the_clocks_show_resolves_to_the_instant_or_is_ambiguous(zone in any_zone(), at in any_minute()) {
            let shown = at.utc().with_timezone(&zone).naive_local();
            match resolve(shown.date(), shown.time(), zone) {
                Ok(resolved) => prop_assert_eq!(resolved, at),
                Err(refusal) => {
                    prop_assert_eq!(refusal, Refusal::AmbiguousLocalTime);
                    let (first, last) = shown_at(shown, zone).unwrap();
                    prop_assert!(first < last && (first == at || last == at));
                }
            }
        }

        #[test]
        fn later_local_times_never_open_earlier(zone in any_zone(), at in any_minute(), one in 0..1439_u32, other in 0..1439_u32) {
            let clock = |minute: u32| NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0).unwrap();
            let opens = |minute| shown_at(at.date_in(zone).and_time(clock(minute)), zone).unwrap();
            let (early, late) = (opens(one.min(other)), opens(one.max(other)));
            prop_assert!(early.0 <= late.0 && early.1 <= late.1);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn whole_days_follow_each_other_and_lose_no_instant(zone in any_zone(), from in any_minute()) {
            let whole = |date| span_on(date, NaiveTime::MIN, NaiveTime::MIN, zone);
            let mut covered: Option<Span> = None;
            // Two hundred days meet at least one change of the clocks wherever there are any.
            for day in from.date_in(zone).iter_days().take(200) {
                let Some(today) = whole(day) else {
                    // Crossing the date line is the only way to lose a day.
                    prop_assert!(resolve(day, time("12:00"), zone).is_err());
                    continue;
                };
                if let Some(yesterday) = covered {
                    // Days share time only where midnight is shown twice.
                    let shared = yesterday.end().since(today.start());
                    prop_assert!(shared >= TimeDelta::zero() && shared <= TimeDelta::days(1), "{} {}", zone, day);
                }
                covered = Some(today);
            }
        }
    }
}
