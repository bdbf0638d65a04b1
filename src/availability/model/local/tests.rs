//! Local time, held against every change of every zone's clocks.

mod changes;

use super::*;
use chrono::TimeDelta;
use chrono_tz::{Africa, America, Asia, Australia, Europe, Pacific, TZ_VARIANTS};
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
    let noon = |zone| resolve(date("2027-01-15"), time("12:00"), None, zone).unwrap();
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
        (Africa::Casablanca, "2027-03-14", "02:00"),
        (America::Sao_Paulo, "2018-11-04", "00:59"),
        (Pacific::Chatham, "2027-09-26", "02:45"),
        (Pacific::Apia, "2011-12-30", "12:00"),
    ] {
        assert_eq!(resolve(date(day), time(skipped), None, zone), Err(Refusal::NonexistentLocalTime), "{zone} {day}");
    }
    assert!(resolve(date("2027-10-03"), time("02:30"), None, Australia::Lord_Howe).is_ok());
}

#[test]
fn what_follows_from_a_named_time_is_laid_on_the_first_instant_that_shows_it_or_comes_after() {
    let first = |local: &str| first_shown(local.parse().unwrap(), Europe::Berlin).unwrap();
    assert_eq!(first("2027-01-15T12:00:00"), (utc("2027-01-15T11:00:00Z"), true));
    assert_eq!(first("2027-03-28T02:30:00"), (utc("2027-03-28T01:00:00Z"), false));
    assert_eq!(first("2027-10-31T02:30:00"), (utc("2027-10-31T00:30:00Z"), true));
}

#[test]
fn a_time_shown_twice_needs_its_offset() {
    for (zone, day, twice, offsets) in [
        (America::New_York, "2027-11-07", "01:00", (-240, -300)),
        (Europe::Berlin, "2027-10-31", "02:59", (120, 60)),
        (Australia::Lord_Howe, "2027-04-04", "01:30", (660, 630)),
        (Africa::Casablanca, "2027-02-07", "02:30", (60, 0)),
        (America::Sao_Paulo, "2018-02-17", "23:00", (-120, -180)),
        (Pacific::Chatham, "2027-04-04", "02:45", (825, 765)),
    ] {
        let at = |minutes: Option<i32>| {
            let offset = minutes.map(|minutes| FixedOffset::east_opt(minutes * 60).unwrap());
            resolve(date(day), time(twice), offset, zone)
        };
        assert_eq!(at(None), Err(Refusal::AmbiguousLocalTime), "{zone} {day}");
        let (first, second) = (at(Some(offsets.0)).unwrap(), at(Some(offsets.1)).unwrap());
        assert_eq!(second.since(first).num_minutes(), i64::from(offsets.0 - offsets.1), "{zone} {day}");
        assert_eq!(at(Some(offsets.1 - 15)), Err(Refusal::NonexistentLocalTime), "{zone} {day}");
    }
    assert!(resolve(date("2027-04-04"), time("01:29"), None, Australia::Lord_Howe).is_ok());
}

#[test]
fn an_offset_that_the_clocks_do_not_have_names_no_time() {
    let noon =
        |hours: i32| resolve(date("2027-01-15"), time("12:00"), FixedOffset::east_opt(hours * 3_600), Europe::Berlin);
    assert_eq!(noon(1), Ok(utc("2027-01-15T11:00:00Z")));
    assert_eq!(noon(2), Err(Refusal::NonexistentLocalTime));
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
        match resolve(shown.date(), shown.time(), None, zone) {
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
                prop_assert!(resolve(day, time("12:00"), None, zone).is_err());
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
