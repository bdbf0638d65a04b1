//! Instants, spans and the one clock.
//!
//! Nothing in the crate but [`Clock`] may ask what time it is; everything else is told. Spans are half-open, `[start, end)`: a session that
//! ends at 10:00 and one that starts at 10:00 do not overlap.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in microseconds, which is what both stores keep; finer digits are cut off when one is made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The instant so many microseconds after 1970-01-01T00:00:00Z; `None` outside the calendar's range.
    #[must_use]
    pub fn from_unix_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros).map(Self)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, as JWT claims have them.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        self.0.timestamp()
    }

    /// The same instant as chrono has it.
    #[must_use]
    pub fn utc(self) -> DateTime<Utc> {
        self.0
    }

    /// The instant so much later; the same one where the sum leaves the calendar.
    #[must_use]
    pub fn plus(self, delta: TimeDelta) -> Self {
        self.0.checked_add_signed(delta).map_or(self, Self::from)
    }

    /// The instant so much earlier; the same one where the difference leaves the calendar.
    #[must_use]
    pub fn minus(self, delta: TimeDelta) -> Self {
        self.0.checked_sub_signed(delta).map_or(self, Self::from)
    }

    /// How much later `self` is than `earlier`; negative when it is not.
    #[must_use]
    pub fn since(self, earlier: Self) -> TimeDelta {
        self.0.signed_duration_since(earlier.0)
    }

    /// The calendar day of this instant in a zone.
    #[must_use]
    pub fn date_in(self, zone: chrono_tz::Tz) -> NaiveDate {
        self.0.with_timezone(&zone).date_naive()
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Self(DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// RFC 3339 with an offset, and years a calendar can print back: 1900 to 9999.
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let at = DateTime::parse_from_rfc3339(&text).map_err(|_| {
            serde::de::Error::custom("expected an RFC 3339 instant with an offset, such as 2027-03-01T10:00:00+01:00")
        })?;
        let at = at.with_timezone(&Utc);
        if !(1900..=9999).contains(&chrono::Datelike::year(&at)) {
            return Err(serde::de::Error::custom("the year must be between 1900 and 9999"));
        }
        Ok(Self::from(at))
    }
}

/// A half-open span of time, `[start, end)`, never empty and never backwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    start: Timestamp,
    end: Timestamp,
}

impl Span {
    /// The span from `start` up to but not including `end`; `None` unless `start < end`.
    #[must_use]
    pub fn new(start: Timestamp, end: Timestamp) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// The first instant inside.
    #[must_use]
    pub fn start(self) -> Timestamp {
        self.start
    }

    /// The first instant after.
    #[must_use]
    pub fn end(self) -> Timestamp {
        self.end
    }

    /// How long it lasts.
    #[must_use]
    pub fn length(self) -> TimeDelta {
        self.end.since(self.start)
    }

    /// Whether the two share an instant; touching ends do not.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies wholly inside.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The part both share.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// The span so much later, or earlier where that is negative; the same one at the end of the calendar.
    #[must_use]
    pub fn shifted(self, by: TimeDelta) -> Self {
        Self::new(self.start.plus(by), self.end.plus(by)).unwrap_or(self)
    }

    /// The span grown by so much on either side; lengths below zero count as zero.
    #[must_use]
    pub fn padded(self, before: TimeDelta, after: TimeDelta) -> Self {
        Self {
            start: self.start.minus(before.max(TimeDelta::zero())),
            end: self.end.plus(after.max(TimeDelta::zero())),
        }
    }
}

/// The one place that knows what time it is.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the one place that may ask the machine")]
    pub fn system() -> Self {
        Self(Arc::new(Utc::now))
    }

    /// A clock that answers what it is told to; for tests and for the demo's past.
    pub fn told_by(source: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::from((self.0)())
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_unix_micros(micros).unwrap()
    }

    #[test]
    fn touching_spans_do_not_overlap() {
        let first = Span::new(at(0), at(10)).unwrap();
        let second = Span::new(at(10), at(20)).unwrap();
        assert!(!first.overlaps(second) && !second.overlaps(first));
        assert!(first.overlaps(Span::new(at(9), at(11)).unwrap()));
    }

    #[test]
    fn a_span_is_never_empty() {
        assert_eq!(Span::new(at(5), at(5)), None);
        assert_eq!(Span::new(at(6), at(5)), None);
    }

    #[test]
    fn instants_keep_microseconds_only() {
        let fine = DateTime::from_timestamp(1, 123_456_789).unwrap();
        assert_eq!(Timestamp::from(fine).unix_micros(), 1_123_456);
    }
}
