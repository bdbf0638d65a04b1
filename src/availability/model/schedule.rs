//! A therapist's week: weekly hours that do not overlap.

use super::hours::WorkingHours;
use crate::kernel::change::{Change, Event};
use crate::kernel::refusal::{Refusal, Violation};

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

    /// Adds hours to the week.
    ///
    /// # Errors
    /// [`Refusal::Fields`] with `overlapping_hours` when they overlap what is there.
    pub fn add(&self, hours: WorkingHours) -> Result<Change<WorkingHours>, Refusal> {
        if self.0.iter().any(|other| hours.overlaps(other)) {
            return Err(Refusal::Fields(vec![overlapping("/start".to_owned())]));
        }
        let event = Event::new("working_hours.added", hours.id).with("therapist", hours.therapist);
        Ok(Change::new(hours, event))
    }

    /// The spans of the week.
    #[must_use]
    pub fn hours(&self) -> &[WorkingHours] {
        &self.0
    }
}

fn overlapping(pointer: String) -> Violation {
    Violation::at(pointer, "overlapping_hours", "the therapist already works at this time of the week")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::availability::model::hours::HoursDraft;
    use crate::kernel::ids::{LocationId, TherapistId, WorkingHoursId};

    fn hours(weekday: i32, start: &str, end: &str) -> WorkingHours {
        let draft = HoursDraft {
            location: LocationId(uuid::Uuid::nil()),
            weekday,
            start: start.into(),
            end: end.into(),
            zone: "Europe/Berlin".into(),
            effective_from: "2027-01-01".parse().unwrap(),
            effective_until: None,
        };
        WorkingHours::parse(WorkingHoursId(uuid::Uuid::nil()), TherapistId(uuid::Uuid::nil()), &draft).unwrap()
    }

    #[test]
    fn hours_overlap_only_on_a_day_both_are_worked() {
        let (monday, afternoon) = (hours(1, "09:00", "12:00"), hours(1, "12:00", "17:00"));
        let week = Schedule::new(vec![monday.clone(), afternoon, hours(2, "09:00", "12:00")]).unwrap();
        let late = hours(1, "16:59", "00:00");
        assert!(matches!(week.add(late), Err(Refusal::Fields(faults)) if faults[0].code == "overlapping_hours"));
        assert_eq!(week.add(hours(1, "17:00", "00:00")).unwrap().event().action, "working_hours.added");

        // 2027-03-01 is a Monday: the old hours last until the Sunday before, or include it.
        let renewed = WorkingHours { effective_from: "2027-03-01".parse().unwrap(), ..monday.clone() };
        let ended = |until: &str| WorkingHours { effective_until: Some(until.parse().unwrap()), ..monday.clone() };
        assert!(Schedule::new(vec![ended("2027-02-28"), renewed.clone()]).is_ok());
        let faults = Schedule::new(vec![ended("2027-03-01"), renewed]).unwrap_err();
        assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/1", "overlapping_hours"));
    }
}
