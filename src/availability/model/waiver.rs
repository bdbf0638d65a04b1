//! Rules that a member of staff may set aside, by name.

use std::collections::BTreeSet;

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waivers(BTreeSet<Waiver>);

impl Waivers {
    /// Whether a rule is set aside.
    #[must_use]
    pub fn contains(&self, waiver: Waiver) -> bool {
        self.0.contains(&waiver)
    }

    /// The rules, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = Waiver> {
        self.0.iter().copied()
    }
}

impl FromIterator<Waiver> for Waivers {
    fn from_iter<I: IntoIterator<Item = Waiver>>(waivers: I) -> Self {
        Self(waivers.into_iter().collect())
    }
}
