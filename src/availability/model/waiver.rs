//! Rules that a member of staff may set aside, by name.

use crate::kernel::text_enum::TextEnum;
use crate::text_enum;

text_enum! {
    /// A rule that may be set aside. That nobody is in two places, that the room is free and that the therapist is qualified never are, and so
    /// have no name here.
    pub enum Waiver {
        /// The shortest notice.
        MinNotice = "min_notice",
        /// The furthest advance.
        MaxAdvance = "max_advance",
        /// The therapist's hours, and with them the grid that they set.
        WorkingHours = "working_hours",
        /// The grid of starts.
        Grid = "grid",
        /// How much a therapist does in a day or a week.
        Limits = "limits",
        /// For whom a session type is meant, by age.
        Age = "age",
    }
}

/// The rules that are set aside for one session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waivers(u8);

impl Waivers {
    /// Whether a rule is set aside.
    #[must_use]
    pub fn contains(self, waiver: Waiver) -> bool {
        self.0 & waiver.bit() != 0
    }

    /// Whether every rule holds.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The rules, in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Waiver> {
        Waiver::ALL.iter().copied().filter(move |waiver| self.contains(*waiver))
    }
}

impl Waiver {
    fn bit(self) -> u8 {
        match self {
            Self::MinNotice => 1,
            Self::MaxAdvance => 2,
            Self::WorkingHours => 4,
            Self::Grid => 8,
            Self::Limits => 16,
            Self::Age => 32,
        }
    }
}

impl FromIterator<Waiver> for Waivers {
    fn from_iter<I: IntoIterator<Item = Waiver>>(waivers: I) -> Self {
        Self(waivers.into_iter().fold(0, |rules, waiver| rules | waiver.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_aside_is_what_was_named_however_often() {
        let some: Waivers = [Waiver::Limits, Waiver::Grid, Waiver::Limits].into_iter().collect();
        assert_eq!(some.iter().collect::<Vec<_>>(), [Waiver::Grid, Waiver::Limits]);
        assert!(!some.is_empty() && Waivers::default().is_empty());
        let all: Waivers = Waiver::ALL.iter().copied().collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), Waiver::ALL);
    }
}
