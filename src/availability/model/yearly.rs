//! Days that come again every year.

use std::fmt;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use super::local;
use crate::kernel::time::Span;

/// A day of the calendar without its year, as `MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MonthDay {
    month: u32,
    day: u32,
}

/// From one day of every year to another, both included and whole; over the turn of the year where the first comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yearly {
    /// The first day. Where a year has no 29 February, it begins on 1 March.
    pub from: MonthDay,
    /// The last day. Where a year has no 29 February, it ends on the 28th.
    pub until: MonthDay,
    /// Whose calendar.
    pub zone: Tz,
}

/// A year with every day there is.
const LEAP_YEAR: i32 = 2_000;

impl MonthDay {
    /// Reads `MM-DD`; `None` for a day that no year has, and for any other spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let date = NaiveDate::parse_from_str(&format!("{LEAP_YEAR}-{text}"), "%Y-%m-%d").ok()?;
        let read = Self { month: date.month(), day: date.day() };
        (read.to_string() == text).then_some(read)
    }

    fn in_year(self, year: i32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(year, self.month, self.day)
    }
}

impl fmt::Display for MonthDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}-{:02}", self.month, self.day)
    }
}

impl Yearly {
    /// Each time it comes that shares an instant with a window.
    pub fn spans(&self, window: Span) -> impl Iterator<Item = Span> {
        // What began last year may still last, and the year of a place may be another than that of UTC.
        let years = window.start().utc().year().saturating_sub(2)..=window.end().utc().year().saturating_add(1);
        years.filter_map(|year| self.beginning_in(year)).filter(move |span| span.overlaps(window))
    }

    fn beginning_in(&self, year: i32) -> Option<Span> {
        let last_year = if self.until < self.from { year.checked_add(1)? } else { year };
        let first = self.from.in_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))?;
        let last = self.until.in_year(last_year).or_else(|| NaiveDate::from_ymd_opt(last_year, 2, 28))?;
        if first <= last { local::days(first, last, self.zone) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::Timestamp;

    fn span(start: &str, end: &str) -> Span {
        let at = |text: &str| Timestamp::from(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
        Span::new(at(start), at(end)).unwrap()
    }

    fn spans(from: &str, until: &str, zone: Tz, window: Span) -> Vec<Span> {
        let read = |text| MonthDay::parse(text).unwrap();
        Yearly { from: read(from), until: read(until), zone }.spans(window).collect()
    }

    #[test]
    fn a_day_of_the_year_has_one_spelling() {
        for text in ["02-29", "12-31", "01-01"] {
            assert_eq!(MonthDay::parse(text).unwrap().to_string(), text);
        }
        for text in ["02-30", "13-01", "1-01", "01-1", " 01-01", "2027-01-01", "00-10", ""] {
            assert_eq!(MonthDay::parse(text), None, "{text}");
        }
    }

    #[test]
    fn it_comes_every_year_in_whole_local_days() {
        let window = span("2027-01-01T00:00:00Z", "2029-01-01T00:00:00Z");
        let august = spans("08-01", "08-14", Tz::Europe__Berlin, window);
        let expected = [
            span("2027-07-31T22:00:00Z", "2027-08-14T22:00:00Z"),
            span("2028-07-31T22:00:00Z", "2028-08-14T22:00:00Z"),
        ];
        assert_eq!(august, expected);
        // The clocks go forward on the last of these days.
        let march = spans("03-27", "03-28", Tz::Europe__Berlin, span("2027-03-28T12:00:00Z", "2027-03-28T13:00:00Z"));
        assert_eq!(march, [span("2027-03-26T23:00:00Z", "2027-03-28T22:00:00Z")]);
    }

    #[test]
    fn it_may_last_over_the_turn_of_the_year() {
        let inside = spans("12-24", "01-02", Tz::UTC, span("2028-01-01T12:00:00Z", "2028-01-01T13:00:00Z"));
        assert_eq!(inside, [span("2027-12-24T00:00:00Z", "2028-01-03T00:00:00Z")]);
        assert_eq!(spans("12-24", "01-02", Tz::UTC, span("2028-01-03T00:00:00Z", "2028-12-24T00:00:00Z")), []);
        let kiritimati =
            spans("01-01", "01-01", Tz::Pacific__Kiritimati, span("2027-12-31T11:00:00Z", "2027-12-31T12:00:00Z"));
        assert_eq!(kiritimati, [span("2027-12-31T10:00:00Z", "2028-01-01T10:00:00Z")]);
    }

    #[test]
    fn the_29th_of_february_gives_way_where_there_is_none() {
        let window = span("2027-01-01T00:00:00Z", "2029-01-01T00:00:00Z");
        let from = spans("02-29", "03-02", Tz::UTC, window);
        assert_eq!(
            from,
            [
                span("2027-03-01T00:00:00Z", "2027-03-03T00:00:00Z"),
                span("2028-02-29T00:00:00Z", "2028-03-03T00:00:00Z")
            ]
        );
        let until = spans("02-27", "02-29", Tz::UTC, window);
        assert_eq!(
            until,
            [
                span("2027-02-27T00:00:00Z", "2027-03-01T00:00:00Z"),
                span("2028-02-27T00:00:00Z", "2028-03-01T00:00:00Z")
            ]
        );
        let alone = spans("02-29", "02-29", Tz::UTC, window);
        assert_eq!(alone, [span("2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z")]);
    }
}
