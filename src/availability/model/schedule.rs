//! A therapist's week: weekly hours that do not overlap, written down as a whole.

use super::hours::{HoursDraft, WorkingHours};
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{TherapistId, WorkingHoursId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;
use crate::places::model::Location;

/// The most spans a week is written with; more than anybody works.
const MOST_SPANS: usize = 100;

/// The weekly hours of one therapist, no two of which overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule(Vec<WorkingHours>);

impl Schedule {
    /// A whole week at once.
    ///
    /// # Errors
    /// `overlapping_hours` at the index of each span that overlaps one before it.
    pub fn new(hours: Vec<WorkingHours>) -> Result<Self, Vec<Violation>> {
        let meets_earlier =
            |index: usize, one: &WorkingHours| hours.iter().take(index).any(|other| one.overlaps(other));
        let faults: Vec<Violation> = (hours.iter().enumerate())
            .filter(|(index, one)| meets_earlier(*index, one))
            .map(|(index, _)| overlapping(format!("/{index}")))
            .collect();
        if faults.is_empty() { Ok(Self(hours)) } else { Err(faults) }
    }

    /// Reads a whole week of drafts, naming every fault under `/hours/{index}`.
    ///
    /// # Errors
    /// [`Refusal::Fields`] with what [`WorkingHours::parse`] and [`Schedule::new`] find, or `too_many`.
    pub fn parse(therapist: TherapistId, drafts: &[HoursDraft], now: Timestamp) -> Result<Self, Refusal> {
        let under_hours = |faults: Vec<Violation>, index: Option<usize>| -> Vec<Violation> {
            let at = index.map(|index| format!("/{index}")).unwrap_or_default();
            let moved = |fault: Violation| Violation { pointer: format!("/hours{at}{}", fault.pointer), ..fault };
            faults.into_iter().map(moved).collect()
        };
        if drafts.len() > MOST_SPANS {
            let many = Violation::at("/hours", "too_many", format!("must be at most {MOST_SPANS} spans"));
            return Err(Refusal::Fields(vec![many]));
        }
        let (mut hours, mut faults) = (Vec::with_capacity(drafts.len()), Vec::new());
        for (index, draft) in drafts.iter().enumerate() {
            match WorkingHours::parse(WorkingHoursId::new(now), therapist, draft) {
                Ok(parsed) => hours.push(parsed),
                Err(found) => faults.extend(under_hours(found, Some(index))),
            }
        }
        if !faults.is_empty() {
            return Err(Refusal::Fields(faults));
        }
        Self::new(hours).map_err(|found| Refusal::Fields(under_hours(found, None)))
    }

    /// Hours are worked in places that are open, by the clock on their wall; so the hours of one place are in one zone.
    ///
    /// # Errors
    /// [`Refusal::Fields`] with `unknown_location` or `zone_differs_from_location` for each span that is not.
    pub fn takes_place_in(&self, places: &[Location]) -> Result<(), Refusal> {
        let fault = |(index, hours): (usize, &WorkingHours)| {
            let at = |field: &str| format!("/hours/{index}/{field}");
            match places.iter().find(|place| place.id == hours.location && place.active) {
                None => {
                    let message = "must be a location of the practice that is open";
                    Some(Violation::at(at("location_id"), "unknown_location", message))
                }
                Some(place) if place.zone != hours.zone => {
                    let message = "must be the zone of the location";
                    Some(Violation::at(at("zone"), "zone_differs_from_location", message))
                }
                Some(_) => None,
            }
        };
        let faults: Vec<Violation> = self.0.iter().enumerate().filter_map(fault).collect();
        if faults.is_empty() { Ok(()) } else { Err(Refusal::Fields(faults)) }
    }

    /// The spans of the week.
    #[must_use]
    pub fn hours(&self) -> &[WorkingHours] {
        &self.0
    }
}

/// A therapist's week with its version; 0 until somebody writes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Week {
    /// Whose.
    pub therapist: TherapistId,
    /// The hours.
    pub schedule: Schedule,
    /// Grows by one each time it is written.
    pub version: i32,
}

impl Week {
    /// Puts other hours in the place of all of these. Bookings that stand outside the new hours are not moved: people decide about those.
    pub fn write(self, schedule: Schedule) -> Change<Self> {
        let version = self.version.saturating_add(1);
        let event = Event::new("schedule.written", self.therapist)
            .with("version", version)
            .with("spans", schedule.hours().len());
        Change::new(Self { schedule, version, ..self }, event)
    }
}

fn overlapping(pointer: String) -> Violation {
    Violation::at(pointer, "overlapping_hours", "the therapist already works at this time of the week")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::LocationId;

    const NOBODY: TherapistId = TherapistId(uuid::Uuid::nil());

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

    fn week(drafts: &[HoursDraft]) -> Result<Schedule, Refusal> {
        Schedule::parse(NOBODY, drafts, Timestamp::from_unix_micros(0).unwrap())
    }

    fn faults(week: Result<Schedule, Refusal>) -> Vec<String> {
        match week {
            Err(Refusal::Fields(faults)) => faults.into_iter().map(|fault| fault.pointer + " " + fault.code).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn hours_overlap_only_on_a_day_both_are_worked() {
        let morning = draft(1, "09:00", "12:00");
        let apart =
            [morning.clone(), draft(1, "12:00", "17:00"), draft(2, "09:00", "12:00"), draft(1, "17:00", "00:00")];
        assert_eq!(week(&apart).unwrap().hours().len(), 4);
        let late = [draft(1, "12:00", "17:00"), draft(1, "16:59", "00:00")];
        assert_eq!(faults(week(&late)), ["/hours/1 overlapping_hours"]);

        // 2027-03-01 is a Monday: the old hours last until the Sunday before, or include it.
        let renewed = HoursDraft { effective_from: "2027-03-01".parse().unwrap(), ..morning.clone() };
        let ended = |until: &str| HoursDraft { effective_until: Some(until.parse().unwrap()), ..morning.clone() };
        assert!(week(&[ended("2027-02-28"), renewed.clone()]).is_ok());
        assert_eq!(faults(week(&[ended("2027-03-01"), renewed])), ["/hours/1 overlapping_hours"]);
    }

    #[test]
    fn a_fault_is_named_at_its_span() {
        let bad = [draft(1, "09:00", "12:00"), draft(9, "09:00", "12:00")];
        assert_eq!(faults(week(&bad)), ["/hours/1/weekday unknown_weekday"]);
        assert_eq!(faults(week(&vec![draft(1, "09:00", "12:00"); 101])), ["/hours too_many"]);
    }

    #[test]
    fn a_week_has_a_hundred_spans_at_the_most() {
        let each = (0..100).map(|index| {
            let (weekday, from) = (index % 7 + 1, index / 7);
            draft(weekday, &format!("{from:02}:00"), &format!("{:02}:00", from + 1))
        });
        assert_eq!(week(&each.collect::<Vec<_>>()).unwrap().hours().len(), 100);
    }

    #[test]
    fn hours_are_worked_in_places_that_are_open_by_their_clocks() {
        let place = |number, zone, active| {
            let (id, name, address_lines) = (LocationId(uuid::Uuid::from_u128(number)), String::new(), Vec::new());
            Location { id, name, address_lines, zone, active, version: 1 }
        };
        let berlin = chrono_tz::Europe::Berlin;
        let places = [place(2, berlin, true), place(0, berlin, true)];
        let in_place = |number, day| HoursDraft {
            location: LocationId(uuid::Uuid::from_u128(number)),
            ..draft(day, "09:00", "12:00")
        };
        let both = week(&[in_place(0, 1), in_place(2, 2)]).unwrap();
        assert_eq!(both.takes_place_in(&places), Ok(()));
        let refused = |places: &[Location]| faults(both.takes_place_in(places).map(|()| both.clone()));
        assert_eq!(refused(&places[..1]), ["/hours/0/location_id unknown_location"]);
        let closed = [place(0, berlin, true), place(2, berlin, false)];
        assert_eq!(refused(&closed), ["/hours/1/location_id unknown_location"]);
        let moved = [place(0, berlin, true), place(2, chrono_tz::Europe::Lisbon, true)];
        assert_eq!(refused(&moved), ["/hours/1/zone zone_differs_from_location"]);
    }

    #[test]
    fn a_week_is_written_as_a_whole_under_one_version() {
        let blank = Week { therapist: NOBODY, schedule: Schedule::default(), version: 0 };
        let monday = week(&[draft(1, "09:00", "12:00")]).unwrap();
        let (written, event) = blank.write(monday.clone()).into_parts();
        assert_eq!((written.version, event.action), (1, "schedule.written"));
        assert_eq!(written.schedule, monday);
        assert_eq!(written.write(Schedule::default()).state().version, 2);
    }
}
