//! Days on which the practice is closed.

use chrono::{Datelike, NaiveDate};

use super::Location;
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{HolidayId, LocationId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// A date on which nobody works by their weekly hours, in one place or in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holiday {
    /// Its id.
    pub id: HolidayId,
    /// Where it is kept; everywhere if `None`.
    pub location: Option<LocationId>,
    /// The date on the wall of each place.
    pub date: NaiveDate,
    /// Whether it comes again on the same day of every later year. A 29 February comes in leap years only.
    pub yearly: bool,
    /// What it is called.
    pub name: String,
}

/// A holiday as somebody wrote it down, unchecked.
#[derive(Clone, Debug)]
pub struct HolidayDraft {
    /// See [`Holiday::location`].
    pub location: Option<LocationId>,
    /// See [`Holiday::date`].
    pub date: NaiveDate,
    /// See [`Holiday::yearly`].
    pub yearly: bool,
    /// See [`Holiday::name`].
    pub name: String,
}

impl Holiday {
    /// Declares a holiday. Bookings that stand on it are not moved: people decide about those.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn declare(draft: &HolidayDraft, places: &[Location], now: Timestamp) -> Result<Change<Self>, Refusal> {
        let mut fields = Fields::default();
        let name = fields.text("/name", &draft.name, 1..=200);
        let known = draft.location.is_none_or(|id| places.iter().any(|place| place.id == id && place.active));
        fields.require(known, "/location_id", "unknown_location", "must be a location of the practice that is open");
        fields.within("/date", draft.date.year(), 1_900..=9_999);
        let id = HolidayId::new(now);
        let (location, date, yearly) = (draft.location, draft.date, draft.yearly);
        let holiday = fields.finish(|| Some(Self { id, location, date, yearly, name: name? }))?;
        Ok(holiday.told("holiday.declared", |holiday| holiday))
    }

    /// Takes it back. What is left to save is the id of the row that goes.
    pub fn lift(self) -> Change<HolidayId> {
        self.told("holiday.lifted", |holiday| holiday.id)
    }

    /// Whether it falls on a date.
    #[must_use]
    pub fn is_on(&self, date: NaiveDate) -> bool {
        let comes_again = self.yearly
            && date.year() >= self.date.year()
            && (date.month(), date.day()) == (self.date.month(), self.date.day());
        date == self.date || comes_again
    }

    /// Whether it is kept in a place.
    #[must_use]
    pub fn is_kept_at(&self, location: LocationId) -> bool {
        self.location.is_none_or(|only| only == location)
    }

    fn told<T>(self, action: &'static str, state: impl FnOnce(Self) -> T) -> Change<T> {
        let mut event = Event::new(action, self.id).with("date", self.date).with("yearly", self.yearly);
        if let Some(location) = self.location {
            event = event.with("location", location);
        }
        Change::new(state(self), event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(date: &str, yearly: bool) -> Holiday {
        let draft = HolidayDraft { location: None, date: date.parse().unwrap(), yearly, name: "Rest".into() };
        Holiday::declare(&draft, &[], Timestamp::from_unix_micros(0).unwrap()).unwrap().into_parts().0
    }

    fn is_on(holiday: &Holiday, date: &str) -> bool {
        holiday.is_on(date.parse().unwrap())
    }

    #[test]
    fn a_yearly_holiday_comes_again_and_another_does_not() {
        let once = declared("2027-05-01", false);
        assert!(is_on(&once, "2027-05-01") && !is_on(&once, "2028-05-01") && !is_on(&once, "2027-05-02"));
        let yearly = declared("2027-05-01", true);
        assert!(is_on(&yearly, "2027-05-01") && is_on(&yearly, "2030-05-01"));
        assert!(!is_on(&yearly, "2026-05-01") && !is_on(&yearly, "2028-06-01") && !is_on(&yearly, "2028-05-02"));
        let leap = declared("2028-02-29", true);
        assert!(is_on(&leap, "2032-02-29") && !is_on(&leap, "2029-02-28") && !is_on(&leap, "2029-03-01"));
    }

    #[test]
    fn a_holiday_is_kept_in_one_place_or_in_all() {
        let [here, there] = [LocationId(uuid::Uuid::nil()), LocationId(uuid::Uuid::max())];
        let all = declared("2027-05-01", false);
        assert!(all.is_kept_at(here) && all.is_kept_at(there));
        let one = Holiday { location: Some(here), ..all };
        assert!(one.is_kept_at(here) && !one.is_kept_at(there));
    }

    #[test]
    fn every_field_at_fault_is_named() {
        let draft = HolidayDraft {
            location: Some(LocationId(uuid::Uuid::nil())),
            date: "+12027-05-01".parse().unwrap(),
            yearly: false,
            name: " ".into(),
        };
        let declared = Holiday::declare(&draft, &[], Timestamp::from_unix_micros(0).unwrap());
        let Err(Refusal::Fields(faults)) = declared else { panic!("declared") };
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, ["/name", "/location_id", "/date"]);
    }
}
