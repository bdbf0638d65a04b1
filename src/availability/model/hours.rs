//! The hours a therapist works every week, and the openings they make.
//!
//! Hours are wall-clock times on one weekday in the zone of their place, in effect from one day to another, both included. They never cross
//! midnight: a night is two spans, and an end of 00:00 is the midnight that closes the day.

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};
use chrono_tz::Tz;

use super::local;
use crate::kernel::ids::{LocationId, TherapistId, WorkingHoursId};
use crate::kernel::refusal::Violation;
use crate::kernel::time::Span;

/// One span of weekly hours. [`WorkingHours::parse`] makes none that is empty or never in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkingHours {
    /// Its id.
    pub id: WorkingHoursId,
    /// Who works.
    pub therapist: TherapistId,
    /// Where.
    pub location: LocationId,
    /// On which day of the week.
    pub weekday: Weekday,
    /// From when.
    pub start: NaiveTime,
    /// Until when; 00:00 is the midnight that closes the day.
    pub end: NaiveTime,
    /// Whose clocks show these times.
    pub zone: Tz,
    /// The first day they are in effect.
    pub effective_from: NaiveDate,
    /// The last day they are in effect, itself included; `None` is for good.
    pub effective_until: Option<NaiveDate>,
}

/// Weekly hours as somebody wrote them down.
#[derive(Clone, Debug)]
pub struct HoursDraft {
    /// Where.
    pub location: LocationId,
    /// ISO 8601: 1 is Monday, 7 is Sunday.
    pub weekday: i32,
    /// `HH:MM`.
    pub start: String,
    /// `HH:MM`; 00:00 is the midnight that closes the day.
    pub end: String,
    /// An IANA name, such as `Europe/Berlin`.
    pub zone: String,
    /// The first day.
    pub effective_from: NaiveDate,
    /// The last day, itself included.
    pub effective_until: Option<NaiveDate>,
}

impl WorkingHours {
    /// Reads a draft, naming every fault in it.
    ///
    /// # Errors
    /// `unknown_weekday`, `not_a_time`, `unknown_zone`, `not_after_start`, `not_after_from` and `out_of_range`, each at its field.
    pub fn parse(id: WorkingHoursId, therapist: TherapistId, draft: &HoursDraft) -> Result<Self, Vec<Violation>> {
        let weekday = weekday(draft.weekday);
        let (start, end) = (time("/start", &draft.start), time("/end", &draft.end));
        let zone = draft
            .zone
            .parse::<Tz>()
            .map_err(|_| Violation::at("/zone", "unknown_zone", "expected an IANA time zone, such as Europe/Berlin"));
        let order = match (&start, &end) {
            (Ok(start), Ok(end)) if !ends_after(*end, *start) => {
                Err(Violation::at("/end", "not_after_start", "hours must end after they start, on the same day"))
            }
            _ => Ok(()),
        };
        let effect = match draft.effective_until {
            Some(until) if until < draft.effective_from => {
                Err(Violation::at("/effective_until", "not_after_from", "the last day must not come before the first"))
            }
            _ => in_calendar("/effective_from", Some(draft.effective_from))
                .and_then(|()| in_calendar("/effective_until", draft.effective_until)),
        };
        match (weekday, start, end, zone, order, effect) {
            (Ok(weekday), Ok(start), Ok(end), Ok(zone), Ok(()), Ok(())) => Ok(Self {
                id,
                therapist,
                location: draft.location,
                weekday,
                start,
                end,
                zone,
                effective_from: draft.effective_from,
                effective_until: draft.effective_until,
            }),
            (weekday, start, end, zone, order, effect) => {
                Err([weekday.err(), start.err(), end.err(), zone.err(), order.err(), effect.err()]
                    .into_iter()
                    .flatten()
                    .collect())
            }
        }
    }

    /// Whether there is a day on which both are worked at the same time. Wall-clock times of two zones have no fixed order, so those are not
    /// compared: such hours are of two places, and whoever books first decides where the therapist is.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let last = [self.effective_until, other.effective_until].into_iter().flatten().min();
        self.weekday == other.weekday
            && self.zone == other.zone
            && ends_after(self.end, other.start)
            && ends_after(other.end, self.start)
            && next_on(self.weekday, self.effective_from.max(other.effective_from))
                .is_some_and(|day| last.is_none_or(|last| day <= last))
    }

    /// What these hours open on each of their days that may share an instant with `window`, by the day.
    pub(super) fn openings(&self, window: Span) -> impl Iterator<Item = (NaiveDate, Span)> {
        // A day's hours may close, or open, on the far side of a midnight that the clocks move: one day more on either side is enough.
        let first = window.start().date_in(self.zone);
        let first = first.pred_opt().unwrap_or(first).max(self.effective_from);
        let last = window.end().date_in(self.zone);
        let last = last.succ_opt().unwrap_or(last);
        let last = self.effective_until.map_or(last, |until| until.min(last));
        next_on(self.weekday, first)
            .into_iter()
            .flat_map(|day| day.iter_weeks())
            .take_while(move |day| *day <= last)
            .filter_map(|day| Some((day, local::span_on(day, self.start, self.end, self.zone)?)))
    }
}

/// What weekly hours alone open in a window, as tests begin from it.
#[cfg(test)]
pub(super) fn open_spans<'a>(hours: impl IntoIterator<Item = &'a WorkingHours>, window: Span) -> Vec<Span> {
    sorted(hours.into_iter().flat_map(|hours| hours.openings(window)).map(|(_, opening)| opening), window)
}

/// Those openings that share an instant with a window, once each.
pub(super) fn sorted(openings: impl Iterator<Item = Span>, window: Span) -> Vec<Span> {
    let mut open: Vec<Span> = openings.filter(|opening| opening.overlaps(window)).collect();
    open.sort_unstable();
    open.dedup();
    open
}

/// Whether a span that ends at `end` still runs after `time`; 00:00 is the last end of all.
pub(super) fn ends_after(end: NaiveTime, time: NaiveTime) -> bool {
    end == NaiveTime::MIN || end > time
}

/// The first such weekday on or after a day.
fn next_on(weekday: Weekday, from: NaiveDate) -> Option<NaiveDate> {
    from.iter_days().take(7).find(|day| day.weekday() == weekday)
}

fn weekday(iso: i32) -> Result<Weekday, Violation> {
    iso.checked_sub(1)
        .and_then(|index| u8::try_from(index).ok())
        .and_then(|index| Weekday::try_from(index).ok())
        .ok_or_else(|| Violation::at("/weekday", "unknown_weekday", "expected 1 for Monday to 7 for Sunday"))
}

/// A day that both stores and every calendar can print back.
///
/// # Errors
/// `out_of_range` for any other.
pub fn in_calendar(pointer: &str, day: Option<NaiveDate>) -> Result<(), Violation> {
    if day.is_none_or(|day| (1900..=9999).contains(&day.year())) {
        return Ok(());
    }
    Err(Violation::at(pointer, "out_of_range", "the year must be between 1900 and 9999"))
}

/// How a time of day is written.
const FORM: &str = "%H:%M";

/// A time of day in its one spelling.
pub(super) fn time(pointer: &str, text: &str) -> Result<NaiveTime, Violation> {
    // chrono would also read `9:5` and leading spaces; the round trip leaves one spelling.
    NaiveTime::parse_from_str(text, FORM)
        .ok()
        .filter(|time| time.format(FORM).to_string() == text)
        .ok_or_else(|| Violation::at(pointer, "not_a_time", "expected a time of day such as 09:30; midnight is 00:00"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::Timestamp;
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    fn draft(weekday: i32, start: &str, end: &str) -> HoursDraft {
        HoursDraft {
            location: LocationId(uuid::Uuid::nil()),
            weekday,
            start: start.into(),
            end: end.into(),
            zone: "Europe/Berlin".into(),
            effective_from: "2027-01-01".parse().unwrap(),
            effective_until: None,
        }
    }

    fn parse(draft: &HoursDraft) -> Result<WorkingHours, Vec<Violation>> {
        WorkingHours::parse(WorkingHoursId(uuid::Uuid::nil()), TherapistId(uuid::Uuid::nil()), draft)
    }

    fn hours(weekday: i32, start: &str, end: &str) -> WorkingHours {
        parse(&draft(weekday, start, end)).unwrap()
    }

    fn span(start: &str, end: &str) -> Span {
        let at = |text: &str| Timestamp::from(text.parse::<DateTime<Utc>>().unwrap());
        Span::new(at(start), at(end)).unwrap()
    }

    #[test]
    fn every_fault_of_a_draft_is_named_at_its_field() {
        let bad = HoursDraft {
            zone: "Europe/Bonn".into(),
            effective_until: Some("2026-12-31".parse().unwrap()),
            ..draft(8, "9 o'clock", "25:00")
        };
        let faults = parse(&bad).unwrap_err();
        let named: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(
            named,
            [
                ("/weekday", "unknown_weekday"),
                ("/start", "not_a_time"),
                ("/end", "not_a_time"),
                ("/zone", "unknown_zone"),
                ("/effective_until", "not_after_from"),
            ]
        );
        for time in ["9:30", " 9:30", "09:30:00", "24:00"] {
            assert_eq!(parse(&draft(1, time, "23:00")).unwrap_err()[0].code, "not_a_time", "{time}");
        }
        for weekday in [i32::MIN, -1, 0, 8, 257] {
            assert_eq!(parse(&draft(weekday, "09:00", "10:00")).unwrap_err()[0].code, "unknown_weekday");
        }
    }

    #[test]
    fn hours_end_after_they_start_and_midnight_is_the_last_end() {
        assert_eq!(parse(&draft(1, "10:00", "10:00")).unwrap_err()[0].code, "not_after_start");
        assert_eq!(parse(&draft(1, "22:00", "06:00")).unwrap_err()[0].code, "not_after_start");
        assert!(parse(&draft(1, "22:00", "00:00")).is_ok());
        assert!(parse(&draft(1, "00:00", "00:00")).is_ok());
    }

    #[test]
    fn hours_may_be_in_effect_for_one_day_alone() {
        let first = draft(1, "09:00", "10:00");
        assert!(parse(&HoursDraft { effective_until: Some(first.effective_from), ..first }).is_ok());
    }

    #[test]
    fn hours_keep_their_wall_clock_time_through_a_change_of_the_clocks() {
        let open = open_spans(&[hours(7, "09:00", "12:00")], span("2027-03-20T00:00:00Z", "2027-03-30T00:00:00Z"));
        assert_eq!(
            open,
            [
                span("2027-03-21T08:00:00Z", "2027-03-21T11:00:00Z"),
                span("2027-03-28T07:00:00Z", "2027-03-28T10:00:00Z")
            ]
        );
    }

    #[test]
    fn both_days_of_effect_are_worked_and_no_other() {
        let hours = WorkingHours {
            effective_from: "2027-03-08".parse().unwrap(),
            effective_until: Some("2027-03-15".parse().unwrap()),
            ..hours(1, "09:00", "10:00")
        };
        let open = open_spans(&[hours], span("2027-02-01T00:00:00Z", "2027-05-01T00:00:00Z"));
        assert_eq!(
            open,
            [
                span("2027-03-08T08:00:00Z", "2027-03-08T09:00:00Z"),
                span("2027-03-15T08:00:00Z", "2027-03-15T09:00:00Z")
            ]
        );
    }

    #[test]
    fn hours_that_meet_a_midnight_shown_twice_are_found_from_either_day() {
        let in_zone = |hours, zone| WorkingHours { zone, effective_from: "2010-01-01".parse().unwrap(), ..hours };
        // In Havana one o'clock becomes midnight again, and Saturday's hours last until the second.
        let saturday = in_zone(hours(6, "22:00", "00:00"), chrono_tz::America::Havana);
        let open = open_spans(&[saturday], span("2027-11-07T04:10:00Z", "2027-11-07T04:20:00Z"));
        assert_eq!(open, [span("2027-11-07T02:00:00Z", "2027-11-07T05:00:00Z")]);
        // In St John's it once was Saturday again after a minute of Sunday, and Sunday's hours had begun.
        let sunday = in_zone(hours(7, "00:00", "02:30"), chrono_tz::America::St_Johns);
        let open = open_spans(&[sunday], span("2010-11-07T02:40:00Z", "2010-11-07T02:50:00Z"));
        assert_eq!(open, [span("2010-11-07T02:30:00Z", "2010-11-07T06:00:00Z")]);
    }

    proptest! {
        #[test]
        fn a_window_shows_the_whole_openings_it_meets(
            zone in proptest::sample::select(&chrono_tz::TZ_VARIANTS[..]), start in 0..40_000_i64, length in 1..5_000_i64
        ) {
            let week: Vec<_> = (1..=7)
                .flat_map(|day| [hours(day, "00:00", "02:30"), hours(day, "09:00", "17:00"), hours(day, "22:00", "00:00")])
                .map(|hours| WorkingHours { zone, ..hours })
                .collect();
            let at = |minute: i64| Timestamp::from_unix_micros((30_000_000 + minute) * 60_000_000).unwrap();
            let window = Span::new(at(start), at(start + length)).unwrap();
            let mut expected = open_spans(&week, Span::new(at(-10_000), at(60_000)).unwrap());
            expected.retain(|opening| opening.overlaps(window));
            prop_assert_eq!(open_spans(&week, window), expected);
        }
    }
}
