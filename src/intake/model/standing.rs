//! What intake says about a session on one day, without opening anything that is sealed.
//!
//! The booking decision is taken by people who may not know a finding, and is taken again by jobs. So it goes by what stands outside the seal:
//! whether the form was answered lately enough, the outcome stored with it, and the client's age on the day.

use chrono::{Months, NaiveDate};

use super::response::{ResponseState, Verdict};
use super::ruleset::Level;
use crate::kernel::ids::IntakeResponseId;

/// Whether answers handed in on a day still count on a later one, the last day included. Health changes, and no source says how soon: for how
/// long they count is the practice's to set.
#[must_use]
pub fn still_counts(answered_on: NaiveDate, validity: Months, day: NaiveDate) -> bool {
    answered_on.checked_add_months(validity).is_none_or(|last| day <= last)
}

/// What one response says about one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The response.
    pub response: IntakeResponseId,
    /// Where it stands.
    pub state: ResponseState,
    /// What the therapist concluded; nothing until they have reviewed it.
    pub verdict: Option<Verdict>,
    /// The stored outcome that holds on the day.
    pub outcome: Level,
    /// Whether that outcome rests on a written clearance valid on the day.
    pub cleared: bool,
    /// Whether that clearance names the client's age.
    pub age_cleared: bool,
}

impl Answered {
    /// Whether a therapist has concluded on it; what came before it is then answered for.
    #[must_use]
    pub fn is_concluded(&self) -> bool {
        self.verdict.is_some()
    }

    /// What it says by itself. One that the therapist declined reads as `refuse`, one whose clearance is awaited or not valid on the day as
    /// `needs_clearance` at the least.
    fn level(&self) -> Level {
        match self.verdict {
            Some(Verdict::Decline) => Level::Refuse,
            Some(Verdict::ClearancePending) if !self.cleared => self.outcome.max(Level::NeedsClearance),
            _ => self.outcome,
        }
    }
}

/// Where a client stands on the day of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What was answered; nothing when no answered form counts on the day.
    pub answered: Option<Answered>,
    /// What earlier responses said that only a therapist can lay aside: that the session is refused, or needs a clearance.
    pub earlier: Option<Level>,
    /// What the age rule says of a client who is too young on the day.
    pub by_age: Option<Level>,
}

impl Standing {
    /// Where a client stands who has said all this, the newest first and back to the last that a therapist concluded on.
    ///
    /// A milder form never lowers by itself what an older one said, however many of them are handed in and however old that one is: nobody
    /// answers themselves out of a refusal. It holds until a therapist has reviewed the newer form.
    #[must_use]
    pub fn of(history: &[Answered], by_age: Option<Level>) -> Self {
        let Some((newest, before)) = history.split_first() else {
            return Self { answered: None, earlier: None, by_age };
        };
        let unsettled = if newest.is_concluded() { &[] } else { before };
        let strictest = unsettled.iter().map(Answered::level).max();
        let earlier = strictest.filter(|level| *level >= Level::NeedsClearance);
        Self { answered: Some(*newest), earlier, by_age }
    }

    /// Whether the client has done their part.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.answered.is_some()
    }

    /// The strictest of what is known for the day; nothing when nothing was answered and the age says nothing. The age is left out where a
    /// clearance that is valid on the day names it.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        let Some(answered) = self.answered else { return self.by_age };
        let by_age = self.by_age.filter(|_| !answered.age_cleared);
        by_age.max(self.earlier).max(Some(answered.level()))
    }

    /// Whether the therapist has looked at it and sees nothing in the way.
    #[must_use]
    pub fn is_reviewed(&self) -> bool {
        self.answered
            .is_some_and(|answered| matches!(answered.state, ResponseState::ReviewedClear | ResponseState::Cleared))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::Timestamp;

    const YOUNG: Option<Level> = Some(Level::NeedsClearance);

    fn answered(verdict: Option<Verdict>, outcome: Level) -> Answered {
        let response = IntakeResponseId::new(Timestamp::from_unix_micros(0).unwrap());
        let state = ResponseState::Screened;
        Answered { response, state, verdict, outcome, cleared: false, age_cleared: false }
    }

    fn level(history: &[Answered], by_age: Option<Level>) -> Option<Level> {
        Standing::of(history, by_age).level()
    }

    #[test]
    fn the_strictest_counts() {
        let pending = Some(Verdict::ClearancePending);
        let cleared = Answered { cleared: true, ..answered(pending, Level::Clear) };
        assert_eq!(level(&[answered(None, Level::Clear)], None), Some(Level::Clear));
        assert_eq!(level(&[answered(None, Level::Clear)], YOUNG), YOUNG);
        assert_eq!(level(&[answered(None, Level::Refuse)], YOUNG), Some(Level::Refuse));
        assert_eq!(level(&[answered(pending, Level::Clear)], None), Some(Level::NeedsClearance));
        assert_eq!(level(&[cleared], None), Some(Level::Clear));
        assert_eq!(level(&[answered(Some(Verdict::Decline), Level::Clear)], None), Some(Level::Refuse));
        assert_eq!(level(&[], YOUNG), YOUNG);
    }

    #[test]
    fn only_a_clearance_that_names_the_age_answers_for_it() {
        let other = Answered { cleared: true, ..answered(Some(Verdict::ClearancePending), Level::Caution) };
        assert_eq!(level(&[other], YOUNG), YOUNG);
        assert_eq!(level(&[Answered { age_cleared: true, ..other }], YOUNG), Some(Level::Caution));
    }

    #[test]
    fn a_milder_form_lowers_nothing_until_a_therapist_has_reviewed_it() {
        let [clear, caution] = [Level::Clear, Level::Caution].map(|outcome| answered(None, outcome));
        let reviewed = answered(Some(Verdict::Clear), Level::Clear);
        let declined = answered(Some(Verdict::Decline), Level::Clear);
        let waiting = answered(None, Level::NeedsClearance);
        let refused = answered(None, Level::Refuse);
        for (history, expected) in [
            (&[clear, refused][..], Level::Refuse),
            (&[clear, declined], Level::Refuse),
            (&[clear, waiting], Level::NeedsClearance),
            (&[clear, clear, waiting, refused], Level::Refuse),
            (&[clear, caution], Level::Clear),
            (&[refused, clear], Level::Refuse),
            (&[clear, reviewed], Level::Clear),
            (&[reviewed, refused], Level::Clear),
        ] {
            assert_eq!(level(history, None), Some(expected), "{history:?}");
        }
    }

    #[test]
    fn answers_count_for_so_many_months() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let year = Months::new(12);
        assert!(still_counts(day("2027-03-01"), year, day("2028-03-01")));
        assert!(!still_counts(day("2027-03-01"), year, day("2028-03-02")));
        assert!(still_counts(day("2024-02-29"), year, day("2025-02-28")));
        assert!(!still_counts(day("2027-03-01"), Months::new(6), day("2027-09-02")));
    }
}
