//! When a therapist works at one place, once everything was heard.
//!
//! On each local date the strongest word stands: a [`DateOverride`] before a [`Holiday`], and either before the weekly hours. Time off is
//! stronger than all of them, but it is told in instants and taken away later. No order of the rules matters, because there is one override
//! for a date at the most and everything else only adds up.

use chrono::NaiveDate;

use super::hours::{WorkingHours, sorted};
use super::overrides::DateOverride;
use crate::kernel::time::Span;
use crate::places::model::Holiday;

/// What is said of one therapist's time at one place.
#[derive(Clone, Debug, Default)]
pub struct Openings<'a> {
    /// Their weekly hours there.
    pub hours: Vec<&'a WorkingHours>,
    /// Their overrides there.
    pub overrides: Vec<&'a DateOverride>,
    /// The holidays of that place.
    pub holidays: Vec<&'a Holiday>,
}

impl Openings<'_> {
    /// The whole spans that are open in a window, sorted. They are neither cut to the window nor merged where they touch, because the grid of
    /// starts counts from the beginning of each.
    #[must_use]
    pub fn open(&self, window: Span) -> Vec<Span> {
        let stands = |date: NaiveDate| {
            !self.overrides.iter().any(|other| other.date == date)
                && !self.holidays.iter().any(|holiday| holiday.is_on(date))
        };
        let weekly = self.hours.iter().flat_map(|hours| hours.openings(window));
        let weekly = weekly.filter(|(date, _)| stands(*date)).map(|(_, opening)| opening);
        sorted(weekly.chain(self.overrides.iter().flat_map(|other| other.openings())), window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::availability::model::hours::HoursDraft;
    use crate::availability::model::overrides::OverrideDraft;
    use crate::kernel::ids::{HolidayId, LocationId, TherapistId, WorkingHoursId};
    use crate::kernel::time::Timestamp;
    use crate::places::model::Location;
    use chrono_tz::Tz;

    const PLACE: LocationId = LocationId(uuid::Uuid::nil());
    const MARA: TherapistId = TherapistId(uuid::Uuid::nil());

    fn at(text: &str) -> Timestamp {
        Timestamp::from(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap())
    }

    fn span(date: &str, start: &str, end: &str) -> Span {
        Span::new(at(&format!("{date}T{start}:00Z")), at(&format!("{date}T{end}:00Z"))).unwrap()
    }

    /// Monday, nine to five.
    fn monday() -> WorkingHours {
        let draft = HoursDraft {
            location: PLACE,
            weekday: 1,
            start: "09:00".into(),
            end: "17:00".into(),
            zone: "UTC".into(),
            effective_from: "2027-01-01".parse().unwrap(),
            effective_until: None,
        };
        WorkingHours::parse(WorkingHoursId(uuid::Uuid::nil()), MARA, &draft).unwrap()
    }

    fn on(date: &str, spans: &[(&str, &str)]) -> DateOverride {
        let spans = spans.iter().map(|(start, end)| ((*start).to_owned(), (*end).to_owned())).collect();
        let draft = OverrideDraft { location: PLACE, date: date.parse().unwrap(), spans };
        let place = Location {
            id: PLACE,
            name: String::new(),
            address_lines: Vec::new(),
            zone: Tz::UTC,
            active: true,
            version: 1,
        };
        DateOverride::write(MARA, &draft, &[place], at("2027-01-01T00:00:00Z")).unwrap().into_parts().0
    }

    fn holiday(date: &str) -> Holiday {
        Holiday {
            id: HolidayId(uuid::Uuid::nil()),
            location: None,
            date: date.parse().unwrap(),
            yearly: false,
            name: "Spring".into(),
        }
    }

    #[test]
    fn an_override_is_stronger_than_a_holiday_and_a_holiday_than_the_week() {
        let (hours, closed) = (monday(), holiday("2027-03-08"));
        let march = Span::new(at("2027-03-01T00:00:00Z"), at("2027-03-22T00:00:00Z")).unwrap();
        let (other, extra) = (on("2027-03-15", &[]), on("2027-03-16", &[("10:00", "12:00")]));
        let mut rules = Openings { hours: vec![&hours], overrides: vec![&other, &extra], holidays: vec![&closed] };
        let expected = [span("2027-03-01", "09:00", "17:00"), span("2027-03-16", "10:00", "12:00")];
        assert_eq!(rules.open(march), expected);
        let worked = on("2027-03-08", &[("13:00", "14:00"), ("09:00", "10:00")]);
        rules.overrides.push(&worked);
        let mut open = rules.open(march);
        assert_eq!(open.drain(1..3).collect::<Vec<_>>(), worked.openings().collect::<Vec<_>>());
        assert_eq!(open, expected);
        rules.overrides.reverse();
        assert_eq!(rules.open(march).len(), 4);
        assert_eq!(rules.open(span("2027-03-16", "12:00", "13:00")), []);
    }
}
