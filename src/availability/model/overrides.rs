//! Dates on which a therapist works other hours than every week: more, fewer, or none.
//!
//! An override stands in the place of the weekly hours of one date at one place, and of a holiday that falls on it: who says that they work on
//! a holiday does. There is one for a date and a place, so two can never say different things.

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;

use super::hours::{ends_after, in_calendar, time};
use super::local;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{LocationId, OverrideId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::Location;

/// The most spans one date is written with.
const MOST_SPANS: usize = 12;

/// What a therapist works on one date at one place, whatever their weekly hours say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateOverride {
    /// Its id.
    pub id: OverrideId,
    /// Who works, or does not.
    pub therapist: TherapistId,
    /// Where.
    pub location: LocationId,
    /// On which date of that place.
    pub date: NaiveDate,
    /// From when until when, sorted and apart; 00:00 as an end is the midnight that closes the day. None at all is a day off.
    pub spans: Vec<(NaiveTime, NaiveTime)>,
    /// Whose clocks show these times: the place's.
    pub zone: Tz,
}

/// An override as somebody wrote it down, unchecked.
#[derive(Clone, Debug)]
pub struct OverrideDraft {
    /// Where.
    pub location: LocationId,
    /// On which date.
    pub date: NaiveDate,
    /// Each from when until when, as `HH:MM`.
    pub spans: Vec<(String, String)>,
}

impl DateOverride {
    /// Writes down what is worked on a date. Bookings that stand outside it are not moved: people decide about those.
    ///
    /// # Errors
    /// [`Refusal::Fields`] with `unknown_location`, `out_of_range`, `too_many`, and at each span `not_a_time`, `not_after_start` or
    /// `overlapping_hours`.
    pub fn write(
        therapist: TherapistId,
        draft: &OverrideDraft,
        places: &[Location],
        now: Timestamp,
    ) -> Result<Change<Self>, Refusal> {
        let place = places.iter().find(|place| place.id == draft.location && place.active);
        let (spans, mut faults) = read_spans(&draft.spans);
        faults.extend(in_calendar("/date", Some(draft.date)).err());
        let Some(place) = place.filter(|_| faults.is_empty()) else {
            if place.is_none() {
                let message = "must be a location of the practice that is open";
                faults.push(Violation::at("/location_id", "unknown_location", message));
            }
            return Err(Refusal::Fields(faults));
        };
        let (id, date) = (OverrideId::new(now), draft.date);
        let event = Event::new("override.written", id)
            .with("therapist", therapist)
            .with("location", place.id)
            .with("date", date)
            .with("spans", spans.len());
        Ok(Change::new(Self { id, therapist, location: place.id, date, spans, zone: place.zone }, event))
    }

    /// Takes it back, so that the date is like any other. What is left to save is the id of the row that goes.
    pub fn remove(self) -> Change<OverrideId> {
        let event = Event::new("override.removed", self.id)
            .with("therapist", self.therapist)
            .with("location", self.location)
            .with("date", self.date);
        Change::new(self.id, event)
    }

    /// What it opens.
    pub fn openings(&self) -> impl Iterator<Item = Span> {
        self.spans.iter().filter_map(|(start, end)| local::span_on(self.date, *start, *end, self.zone))
    }
}

/// The spans of a day in order, and every fault in them.
fn read_spans(texts: &[(String, String)]) -> (Vec<(NaiveTime, NaiveTime)>, Vec<Violation>) {
    if texts.len() > MOST_SPANS {
        let many = Violation::at("/spans", "too_many", format!("must be at most {MOST_SPANS} spans"));
        return (Vec::new(), vec![many]);
    }
    let (mut spans, mut faults): (Vec<(NaiveTime, NaiveTime)>, Vec<Violation>) = (Vec::new(), Vec::new());
    for (index, (start, end)) in texts.iter().enumerate() {
        let at = |field: &str| format!("/spans/{index}{field}");
        let (start, end) = match (time(&at("/start"), start), time(&at("/end"), end)) {
            (Ok(start), Ok(end)) => (start, end),
            (start, end) => {
                faults.extend([start.err(), end.err()].into_iter().flatten());
                continue;
            }
        };
        if !ends_after(end, start) {
            faults.push(Violation::at(at("/end"), "not_after_start", "must end after it starts, on the same day"));
        } else if spans.iter().any(|other| ends_after(end, other.0) && ends_after(other.1, start)) {
            faults.push(Violation::at(at(""), "overlapping_hours", "overlaps another span of the date"));
        } else {
            spans.push((start, end));
        }
    }
    spans.sort_unstable();
    (spans, faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap())
    }

    fn place() -> Location {
        Location {
            id: LocationId(uuid::Uuid::nil()),
            name: "Harbour rooms".into(),
            address_lines: vec!["Kai 3".into()],
            zone: Tz::Europe__Berlin,
            active: true,
            version: 1,
        }
    }

    fn write(spans: &[(&str, &str)]) -> Result<DateOverride, Refusal> {
        let spans = spans.iter().map(|(start, end)| ((*start).to_owned(), (*end).to_owned())).collect();
        let draft = OverrideDraft { location: place().id, date: "2027-03-28".parse().unwrap(), spans };
        let therapist = TherapistId(uuid::Uuid::nil());
        Ok(DateOverride::write(therapist, &draft, &[place()], at("2027-03-01T00:00:00Z"))?.into_parts().0)
    }

    #[test]
    fn a_date_has_its_own_hours_on_the_clock_of_its_place() {
        let open: Vec<_> = write(&[("13:00", "00:00"), ("01:00", "04:00")]).unwrap().openings().collect();
        let span = |start, end| Span::new(at(start), at(end)).unwrap();
        assert_eq!(
            open,
            [
                // The clocks go forward on this night, so one of the three hours is missing.
                span("2027-03-28T00:00:00Z", "2027-03-28T02:00:00Z"),
                span("2027-03-28T11:00:00Z", "2027-03-28T22:00:00Z")
            ]
        );
        assert_eq!(write(&[]).unwrap().openings().count(), 0);
    }

    #[test]
    fn every_fault_is_named_at_its_span() {
        let bad = [("9", "10:00"), ("10:00", "10:00"), ("11:00", "13:00"), ("12:59", "00:00")];
        let Err(Refusal::Fields(faults)) = write(&bad) else { panic!("written") };
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(
            found,
            [("/spans/0/start", "not_a_time"), ("/spans/1/end", "not_after_start"), ("/spans/3", "overlapping_hours")]
        );
        assert!(write(&[("09:00", "12:00"), ("12:00", "13:00")]).is_ok());
        let hours = [
            "00:00", "01:00", "02:00", "03:00", "04:00", "05:00", "06:00", "07:00", "08:00", "09:00", "10:00", "11:00",
            "12:00",
        ];
        let twelve: Vec<_> = hours.windows(2).map(|pair| (pair[0], pair[1])).collect();
        assert_eq!(write(&twelve).unwrap().spans.len(), 12);
        assert!(
            matches!(write(&[("09:00", "10:00"); 13]), Err(Refusal::Fields(faults)) if faults[0].code == "too_many")
        );
        let draft = OverrideDraft { location: place().id, date: "+12027-01-01".parse().unwrap(), spans: Vec::new() };
        let closed = Location { active: false, ..place() };
        let written =
            DateOverride::write(TherapistId(uuid::Uuid::nil()), &draft, &[closed], at("2027-03-01T00:00:00Z"));
        let Err(Refusal::Fields(faults)) = written else { panic!("written") };
        assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), ["out_of_range", "unknown_location"]);
    }
}
