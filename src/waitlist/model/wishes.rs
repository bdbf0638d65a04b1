//! When and where somebody who waits would come.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta, Weekday};
use chrono_tz::Tz;

use crate::availability::model::hours::in_calendar;
use crate::kernel::fields::Fields;
use crate::kernel::ids::LocationId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::Location;

/// Nobody waits for longer from today.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(366);

/// A date is over everywhere so long after it is over by UTC, and begins somewhere so long before.
const FURTHEST_ZONE: TimeDelta = TimeDelta::hours(15);

/// Days of the week, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekdays(u8);

impl Weekdays {
    /// Every day.
    pub const ALL: Self = Self(0b111_1111);

    /// The days of these ISO 8601 numbers, Monday being 1; every day where none is named.
    #[must_use]
    pub fn of(numbers: &[i32]) -> Option<Self> {
        if numbers.is_empty() {
            return Some(Self::ALL);
        }
        numbers.iter().try_fold(Self(0), |days, number| match number {
            1..=7 => Some(Self(days.0 | 1 << (number - 1))),
            _ => None,
        })
    }

    /// One bit a day, Monday the lowest.
    #[must_use]
    pub fn bits(self) -> i32 {
        self.0.into()
    }

    /// The days of such bits.
    #[must_use]
    pub fn from_bits(bits: i32) -> Option<Self> {
        u8::try_from(bits).ok().filter(|bits| (1..=Self::ALL.0).contains(bits)).map(Self)
    }

    /// Their ISO 8601 numbers.
    pub fn numbers(self) -> impl Iterator<Item = i32> {
        (1..=7).filter(move |number| self.0 & 1 << (number - 1) != 0)
    }

    fn contains(self, day: Weekday) -> bool {
        self.0 & 1 << day.num_days_from_monday() != 0
    }
}

/// When and where somebody would come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wishes {
    /// Where; anywhere if absent.
    pub location: Option<LocationId>,
    /// The first date, on the wall of the place.
    pub earliest: NaiveDate,
    /// The last date.
    pub latest: NaiveDate,
    /// On which days of the week.
    pub weekdays: Weekdays,
    /// Not to begin before this, by the clock on the wall of the place.
    pub from: Option<NaiveTime>,
    /// To be over by this, on the same day.
    pub until: Option<NaiveTime>,
}

/// Wishes as somebody wrote them down, unchecked.
#[derive(Clone, Debug)]
pub struct WishesDraft {
    /// See [`Wishes::location`].
    pub location: Option<LocationId>,
    /// See [`Wishes::earliest`].
    pub earliest: NaiveDate,
    /// See [`Wishes::latest`].
    pub latest: NaiveDate,
    /// ISO 8601 numbers, Monday being 1; every day where none is named.
    pub weekdays: Vec<i32>,
    /// As `HH:MM`.
    pub from: Option<String>,
    /// As `HH:MM`.
    pub until: Option<String>,
}

impl WishesDraft {
    /// Checks them.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn parse(&self, places: &[Location], now: Timestamp) -> Result<Wishes, Refusal> {
        let mut fields = Fields::default();
        let (earliest, latest, location) = (self.earliest, self.latest, self.location);
        let known = location.is_none_or(|id| places.iter().any(|place| place.id == id && place.active));
        fields.require(known, "/location_id", "unknown_location", "must be a location of the practice that is open");
        for (pointer, date) in [("/earliest_date", earliest), ("/latest_date", latest)] {
            if let Err(fault) = in_calendar(pointer, Some(date)) {
                fields.fault(fault.pointer, fault.code, fault.message);
            }
        }
        fields.require(latest >= earliest, "/latest_date", "before_earliest", "must not be before `earliest_date`");
        fields.require(latest >= Wishes::first_date(now), "/latest_date", "in_the_past", "must not be over");
        let near = latest <= now.plus(LONGEST_WAIT).date_in(Tz::UTC);
        fields.require(near, "/latest_date", "too_far", "must be within a year from today");
        let weekdays = Weekdays::of(&self.weekdays);
        fields.require(
            weekdays.is_some(),
            "/weekdays",
            "not_a_weekday",
            "must be numbers from 1, Monday, to 7, Sunday",
        );
        let from = time(&mut fields, "/hours_from", self.from.as_deref());
        let until = time(&mut fields, "/hours_until", self.until.as_deref());
        let ordered = from.zip(until).is_none_or(|(from, until)| from < until);
        fields.require(ordered, "/hours_until", "not_after_start", "must be later than `hours_from`");
        fields.finish(|| Some(Wishes { location, earliest, latest, weekdays: weekdays?, from, until }))
    }
}

fn time(fields: &mut Fields, pointer: &str, text: Option<&str>) -> Option<NaiveTime> {
    let time = NaiveTime::parse_from_str(text?, "%H:%M").ok();
    fields.require(time.is_some(), pointer, "not_a_time", "must be a time of day such as 09:30");
    time
}

impl Wishes {
    /// The first date that is not over everywhere.
    #[must_use]
    pub fn first_date(now: Timestamp) -> NaiveDate {
        now.minus(FURTHEST_ZONE).date_in(Tz::UTC)
    }

    /// Whether they can no longer be met.
    #[must_use]
    pub fn are_over(&self, now: Timestamp) -> bool {
        self.latest < Self::first_date(now)
    }

    /// All the time in which a session of theirs may begin, in whatever zone.
    #[must_use]
    pub fn reach(&self) -> Option<Span> {
        let midnight = |date: NaiveDate| Timestamp::from(date.and_time(NaiveTime::MIN).and_utc());
        let whole = Span::new(midnight(self.earliest), midnight(self.latest.succ_opt()?))?;
        Some(whole.padded(FURTHEST_ZONE, FURTHEST_ZONE))
    }

    /// Whether a session at a place would do.
    #[must_use]
    pub fn suit(&self, session: Span, (location, zone): (Option<LocationId>, Tz)) -> bool {
        let local = |at: Timestamp| at.utc().with_timezone(&zone).naive_local();
        let (start, end) = (local(session.start()), local(session.end()));
        let ends_in_time = |until: NaiveTime| end.date() == start.date() && end.time() <= until;
        (self.earliest..=self.latest).contains(&start.date())
            && self.weekdays.contains(start.weekday())
            && self.from.is_none_or(|from| from <= start.time())
            && self.until.is_none_or(ends_in_time)
            && self.location.is_none_or(|wanted| location == Some(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::Europe;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap())
    }

    fn hour(start: &str) -> Span {
        Span::new(at(start), at(start).plus(TimeDelta::hours(1))).unwrap()
    }

    fn draft() -> WishesDraft {
        WishesDraft {
            location: None,
            earliest: "2027-03-01".parse().unwrap(),
            latest: "2027-03-31".parse().unwrap(),
            weekdays: vec![1, 3],
            from: Some("09:00".into()),
            until: Some("12:00".into()),
        }
    }

    #[test]
    fn they_are_meant_by_the_clock_on_the_wall() {
        let wishes = draft().parse(&[], at("2027-03-01T08:00:00Z")).unwrap();
        let suits = |start: &str| wishes.suit(hour(start), (None, Europe::Berlin));
        // Mondays and Wednesdays, in winter and in summer.
        assert!(suits("2027-03-01T08:00:00Z") && suits("2027-03-03T10:00:00Z") && suits("2027-03-29T07:00:00Z"));
        assert!(!suits("2027-03-01T07:45:00Z"), "too early");
        assert!(!suits("2027-03-01T10:15:00Z"), "over too late");
        assert!(!suits("2027-03-02T09:00:00Z"), "a Tuesday");
        assert!(!suits("2027-04-05T09:00:00Z"), "too late in the year");
    }

    #[test]
    fn every_fault_is_named() {
        let draft = WishesDraft {
            location: Some(LocationId(uuid::Uuid::nil())),
            latest: "2027-02-01".parse().unwrap(),
            weekdays: vec![0],
            from: Some("25:00".into()),
            ..draft()
        };
        let Err(Refusal::Fields(faults)) = draft.parse(&[], at("2027-03-01T08:00:00Z")) else { panic!("accepted") };
        let codes: Vec<_> = faults.iter().map(|fault| fault.code).collect();
        assert_eq!(codes, ["unknown_location", "before_earliest", "in_the_past", "not_a_weekday", "not_a_time"]);
    }

    #[test]
    fn nobody_waits_for_longer_than_a_year_from_now() {
        let codes = |earliest: &str, latest: &str| {
            let draft = WishesDraft { earliest: earliest.parse().unwrap(), latest: latest.parse().unwrap(), ..draft() };
            match draft.parse(&[], at("2027-03-01T08:00:00Z")) {
                Err(Refusal::Fields(faults)) => faults.iter().map(|fault| fault.code).collect(),
                other => other.map(|_| Vec::new()).unwrap(),
            }
        };
        assert_eq!(codes("2027-03-01", "2028-03-01"), Vec::<&str>::new());
        assert_eq!(codes("2028-03-01", "2028-03-02"), ["too_far"]);
        // Beyond these years a date is not in the order of its text, by which one store compares.
        assert_eq!(codes("2027-03-01", "+10000-01-01"), ["out_of_range", "too_far"]);
        assert_eq!(codes("-0001-01-01", "2027-03-02"), ["out_of_range"]);
    }

    #[test]
    fn days_are_what_they_were_written_as() {
        assert_eq!(Weekdays::of(&[]), Some(Weekdays::ALL));
        assert_eq!(Weekdays::of(&[7, 1]).unwrap().numbers().collect::<Vec<_>>(), [1, 7]);
        assert_eq!((Weekdays::from_bits(0), Weekdays::from_bits(128)), (None, None));
    }

    proptest! {
        #[test]
        fn whatever_suits_lies_within_reach(
            micros in 1_700_000_000_000_000_i64..1_900_000_000_000_000, days in 0_u64..40, before in 0_u64..3,
            zone in proptest::sample::select(&chrono_tz::TZ_VARIANTS[..]),
        ) {
            let start = Timestamp::from_unix_micros(micros).unwrap();
            let earliest = start.date_in(zone) - chrono::Days::new(before);
            let wishes = Wishes {
                location: None, earliest, latest: earliest + chrono::Days::new(days), weekdays: Weekdays::ALL,
                from: None, until: None,
            };
            let session = Span::new(start, start.plus(TimeDelta::hours(1))).unwrap();
            let reach = wishes.reach().unwrap();
            prop_assert!(!wishes.suit(session, (None, zone)) || (reach.start() <= start && start < reach.end()));
            prop_assert!(!(wishes.are_over(start) && wishes.suit(session, (None, zone))));
        }
    }
}
