//! Time in which a therapist does not work although their hours say so. Why is nobody's business and is not kept.

use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{TherapistId, TimeOffId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::{Span, Timestamp};

/// A span in which a therapist does not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOff {
    /// Its id.
    pub id: TimeOffId,
    /// Who is off.
    pub therapist: TherapistId,
    /// From when until when.
    pub span: Span,
}

impl TimeOff {
    /// Takes time off, from `start` up to but not including `end`. Bookings that stand in it are not moved: people decide about those.
    ///
    /// # Errors
    /// [`Refusal::Fields`] with `not_after_start` when it would be empty.
    pub fn add(
        id: TimeOffId,
        therapist: TherapistId,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Change<Self>, Refusal> {
        let span = Span::new(start, end).ok_or_else(|| {
            Refusal::Fields(vec![Violation::at("/end", "not_after_start", "time off must end after it starts")])
        })?;
        let event = Event::new("time_off.added", id).with("therapist", therapist);
        Ok(Change::new(Self { id, therapist, span }, event))
    }

    /// Takes it back. What is left to save is the id of the row that goes.
    pub fn remove(self) -> Change<TimeOffId> {
        Change::new(self.id, Event::new("time_off.removed", self.id).with("therapist", self.therapist))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_off_comes_and_goes_with_its_event() {
        let at = |micros| Timestamp::from_unix_micros(micros).unwrap();
        let (id, therapist) = (TimeOffId::new(at(0)), TherapistId::new(at(0)));
        let added = TimeOff::add(id, therapist, at(10), at(20)).unwrap();
        assert_eq!(added.event().action, "time_off.added");
        let removed = added.into_parts().0.remove();
        assert_eq!((*removed.state(), removed.event().action), (id, "time_off.removed"));
        assert!(
            matches!(TimeOff::add(id, therapist, at(10), at(10)), Err(Refusal::Fields(faults)) if faults[0].code == "not_after_start")
        );
    }
}
