//! How much a therapist takes on in a day.

use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::TherapistId;
use crate::kernel::refusal::Refusal;

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
