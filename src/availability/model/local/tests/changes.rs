//! Every change of the clocks of every IANA zone from 2010 to 2037.

use std::sync::OnceLock;

use chrono_tz::OffsetComponents;

use super::*;

/// From one instant on, the clocks of a zone are so many seconds ahead of UTC, and before it so many.
#[derive(Clone, Copy, Debug)]
struct Change {
    zone: Tz,
    at: i64,
    before: i64,
    after: i64,
}

const DAY: i64 = 86_400;

fn offset(zone: Tz, at: i64) -> i64 {
    let offset = zone.offset_from_utc_datetime(&DateTime::from_timestamp(at, 0).unwrap().naive_utc());
    (offset.base_utc_offset() + offset.dst_offset()).num_seconds()
}

/// The changes of a zone, found by looking at each day and then halving the days on which the offset is another.
fn changes_of(zone: Tz) -> Vec<Change> {
    let [first, last] = ["2010-01-01T00:00:00Z", "2038-01-01T00:00:00Z"].map(|at| utc(at).unix_seconds());
    let (mut changes, mut from, mut before) = (Vec::new(), first, offset(zone, first));
    while from < last {
        let until = from + DAY;
        let after = offset(zone, until);
        if after != before {
            let (mut old, mut new) = (from, until);
            while new - old > 1 {
                let middle = old + (new - old) / 2;
                if offset(zone, middle) == before { old = middle } else { new = middle }
            }
            changes.push(Change { zone, at: new, before, after });
        }
        (from, before) = (until, after);
    }
    changes
}

fn changes() -> &'static [Change] {
    static CHANGES: OnceLock<Vec<Change>> = OnceLock::new();
    CHANGES.get_or_init(|| TZ_VARIANTS.iter().flat_map(|zone| changes_of(*zone)).collect())
}

impl Change {
    fn instant(&self, seconds: i64) -> Timestamp {
        Timestamp::from_unix_micros((self.at + seconds) * 1_000_000).unwrap()
    }

    /// What a clock shows that is so many seconds ahead of UTC, so long after the change.
    fn shown(&self, seconds: i64, offset: i64) -> NaiveDateTime {
        DateTime::from_timestamp(self.at + seconds + offset, 0).unwrap().naive_utc()
    }

    fn resolve(&self, shown: NaiveDateTime, offset: Option<i64>) -> Result<Timestamp, Refusal> {
        let offset = offset.map(|offset| FixedOffset::east_opt(i32::try_from(offset).unwrap()).unwrap());
        resolve(shown.date(), shown.time(), offset, self.zone)
    }
}

#[test]
fn there_are_as_many_changes_as_the_zones_are_known_for() {
    let of = |zone: Tz| changes().iter().filter(|change| change.zone == zone).count();
    assert_eq!((of(America::New_York), of(Europe::Berlin), of(Australia::Lord_Howe)), (56, 56, 56));
    assert_eq!((of(Asia::Kathmandu), of(Pacific::Chatham)), (0, 56));
    assert!(of(Africa::Casablanca) > 56 && of(America::Sao_Paulo) > 15);
    let skipped = changes().iter().find(|change| change.zone == Pacific::Apia && change.after - change.before == DAY);
    assert_eq!(skipped.unwrap().instant(0), utc("2011-12-30T10:00:00Z"));
}

#[test]
fn what_the_clocks_skip_is_refused_when_asked_for_and_left_out_when_ruled() {
    for change in changes().iter().filter(|change| change.after > change.before) {
        let gap = change.after - change.before;
        for seconds in [0, gap / 2, gap - 1] {
            let skipped = change.shown(seconds, change.before);
            for offset in [None, Some(change.before), Some(change.after)] {
                assert_eq!(change.resolve(skipped, offset), Err(Refusal::NonexistentLocalTime), "{change:?} {skipped}");
            }
            assert_eq!(shown_at(skipped, change.zone), Some((change.instant(0), change.instant(0))), "{change:?}");
        }
        let (last, next) = (change.shown(-1, change.before), change.shown(0, change.after));
        assert_eq!(change.resolve(last, Some(change.before)), Ok(change.instant(-1)), "{change:?}");
        assert_eq!(change.resolve(next, Some(change.after)), Ok(change.instant(0)), "{change:?}");
        let (first, end) = (change.shown(0, change.before), change.shown(gap - 1, change.before));
        if first.date() == end.date() {
            assert_eq!(span_on(first.date(), first.time(), end.time(), change.zone), None, "{change:?}");
        }
    }
}

#[test]
fn what_the_clocks_show_twice_needs_its_offset_and_is_worked_twice() {
    for change in changes().iter().filter(|change| change.after < change.before) {
        let again = change.before - change.after;
        for seconds in [0, again / 2, again - 1] {
            let twice = change.shown(seconds, change.after);
            assert_eq!(change.resolve(twice, None), Err(Refusal::AmbiguousLocalTime), "{change:?} {twice}");
            let (first, second) = (change.instant(seconds - again), change.instant(seconds));
            assert_eq!(change.resolve(twice, Some(change.before)), Ok(first), "{change:?}");
            assert_eq!(change.resolve(twice, Some(change.after)), Ok(second), "{change:?}");
            assert_eq!(
                change.resolve(twice, Some(change.after - 900)),
                Err(Refusal::NonexistentLocalTime),
                "{change:?}"
            );
            assert_eq!(shown_at(twice, change.zone), Some((first, second)), "{change:?}");
        }
        assert_eq!(change.resolve(change.shown(-again - 1, change.before), None), Ok(change.instant(-again - 1)));
        assert_eq!(change.resolve(change.shown(again, change.after), None), Ok(change.instant(again)));
    }
}

#[test]
fn hours_keep_their_wall_clock_times_around_every_change() {
    let hours =
        [("00:00", "03:30"), ("09:00", "17:00"), ("22:15", "00:00")].map(|(start, end)| (time(start), time(end)));
    for change in changes() {
        let day = change.shown(0, change.after).date();
        for date in day.pred_opt().unwrap().iter_days().take(3) {
            for (start, end) in hours {
                let Some(worked) = span_on(date, start, end, change.zone) else {
                    assert_eq!(change.resolve(date.and_time(start), None), Err(Refusal::NonexistentLocalTime));
                    continue;
                };
                let last = if end == NaiveTime::MIN { date.succ_opt().unwrap() } else { date };
                for (named, at) in [(date.and_time(start), worked.start()), (last.and_time(end), worked.end())] {
                    let shown = at.utc().with_timezone(&change.zone).naive_local();
                    let is_skipped = change.resolve(named, None) == Err(Refusal::NonexistentLocalTime);
                    assert!(shown == named || (is_skipped && shown > named), "{change:?}: {named} is {shown}");
                }
            }
        }
    }
}
