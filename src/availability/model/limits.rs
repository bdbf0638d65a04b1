//! How much a therapist takes on in a day.

use chrono::TimeDelta;

use super::standing::Standing;
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::TherapistId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Span;

/// The pause that breaks a row of sessions where nobody says otherwise.
const USUAL_PAUSE: u16 = 15;

/// The most of one local day, over all session types and places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayLimits {
    /// Minutes of sessions, without their buffers.
    pub hands_on_minutes: Option<u16>,
    /// Sessions with less than the pause between them.
    pub in_a_row: Option<u16>,
    /// How many minutes without a session break a row.
    pub pause: u16,
}

impl Default for DayLimits {
    /// None but what the day itself sets.
    fn default() -> Self {
        Self { hands_on_minutes: None, in_a_row: None, pause: USUAL_PAUSE }
    }
}

impl DayLimits {
    /// Whether less than a pause lies between the two.
    #[must_use]
    pub fn joins(self, one: Span, other: Span) -> bool {
        let (none, pause) = (TimeDelta::zero(), TimeDelta::minutes(self.pause.into()));
        one.padded(none, pause).overlaps(other.padded(none, pause))
    }

    /// Of one therapist's sessions, by their start, those of days that are fuller than this, and of rows that are longer.
    pub fn exceeded_by(self, sessions: &[Standing]) -> impl Iterator<Item = &Standing> {
        sessions.chunk_by(|one, next| one.date() == next.date()).flat_map(move |day| {
            let hands_on: TimeDelta = day.iter().map(|one| one.session.length()).sum();
            let is_full = self.hands_on_minutes.is_some_and(|most| hands_on > TimeDelta::minutes(most.into()));
            let rows = day.chunk_by(move |one, next| self.joins(one.session, next.session));
            let is_long = move |row: &[Standing]| self.in_a_row.is_some_and(|most| row.len() > usize::from(most));
            rows.filter(move |row| is_full || is_long(row)).flatten()
        })
    }
}

/// A therapist's limits with their version; 0 until somebody sets some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TherapistLimits {
    /// Whose.
    pub therapist: TherapistId,
    /// The limits.
    pub limits: DayLimits,
    /// Grows by one each time they are set.
    pub version: i32,
}

impl TherapistLimits {
    /// Sets other limits in the place of these. Days that are fuller already stay so: bookings that stand are not moved.
    ///
    /// # Errors
    /// [`Refusal::Fields`] with `out_of_range`: a limit leaves room for one session at least, and a pause is at most two hours.
    pub fn set(self, limits: DayLimits) -> Result<Change<Self>, Refusal> {
        let mut fields = Fields::default();
        if let Some(most) = limits.hands_on_minutes {
            fields.within("/hands_on_minutes", most, 60..=1_440);
        }
        if let Some(most) = limits.in_a_row {
            fields.within("/in_a_row", most, 1..=48);
        }
        fields.within("/pause_minutes", limits.pause, 1..=120);
        let set = fields.finish(|| Some(Self { limits, version: self.version.saturating_add(1), ..self }))?;
        let event = Event::new("day_limits.set", self.therapist).with("version", set.version);
        Ok(Change::new(set, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::BookingId;
    use crate::kernel::time::Timestamp;

    #[test]
    fn what_is_too_much_of_a_day_or_of_a_row_is_found() {
        // Three hours from midnight, ten minutes apart but for the last; and one on the next day.
        let sessions = [0, 70, 150, 1_440].map(|minute| {
            let at = |minute: i64| Timestamp::from_unix_micros(minute * 60_000_000).unwrap();
            let session = Span::new(at(minute), at(minute + 60)).unwrap();
            let (booking, therapist) = (BookingId(uuid::Uuid::nil()), TherapistId(uuid::Uuid::nil()));
            Standing { booking, therapist, location: None, zone: chrono_tz::UTC, session }
        });
        let found = |hands_on_minutes, in_a_row| {
            let limits = DayLimits { hands_on_minutes, in_a_row, pause: 15 };
            limits.exceeded_by(&sessions).map(|one| one.session.start().unix_micros() / 60_000_000).collect::<Vec<_>>()
        };
        assert_eq!(found(Some(179), None), [0, 70, 150]);
        assert_eq!((found(Some(180), Some(2)), found(None, None)), (vec![], vec![]));
        assert_eq!(found(None, Some(1)), [0, 70]);
        assert_eq!(found(Some(60), Some(1)), [0, 70, 150], "each once");
    }

    #[test]
    fn limits_keep_to_their_ranges() {
        let none =
            TherapistLimits { therapist: TherapistId(uuid::Uuid::nil()), limits: DayLimits::default(), version: 0 };
        let set = |hands_on_minutes, in_a_row, pause| {
            let limits = DayLimits { hands_on_minutes, in_a_row, pause };
            let set = none.set(limits)?.into_parts().0;
            assert_eq!(set.limits, limits);
            Ok(set.version)
        };
        assert_eq!(set(None, None, 15), Ok(1));
        assert_eq!(set(Some(60), Some(1), 1), Ok(1));
        assert_eq!(set(Some(1_440), Some(48), 120), Ok(1));
        let Err(Refusal::Fields(faults)) = set(Some(59), Some(0), 121) else { panic!("set") };
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, ["/hands_on_minutes", "/in_a_row", "/pause_minutes"]);
        assert!(set(None, None, 0).is_err());
    }
}
