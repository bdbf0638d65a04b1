//! What intake says about a session on one day, without opening anything that is sealed.
//!
//! The booking decision is taken by people who may not know a finding, and is taken again by jobs. So it goes by what stands outside the seal:
//! whether the form was answered lately enough, the outcome stored with it, and the client's age on the day.

use chrono::{Months, NaiveDate};

use super::response::ResponseState;
use super::ruleset::Level;
use crate::kernel::ids::IntakeResponseId;

/// How long answers count, from the day they were handed in. Health changes, and a year is what a person can still be asked to answer for;
/// no source sets a number, so it stands here to be changed by one who knows better.
const VALIDITY: Months = Months::new(12);

/// Whether answers handed in on a day still count on a later one, the last day included.
#[must_use]
pub fn still_counts(answered_on: NaiveDate, day: NaiveDate) -> bool {
    answered_on.checked_add_months(VALIDITY).is_none_or(|last| day <= last)
}

/// What the answers say about one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The response that counts.
    pub response: IntakeResponseId,
    /// Where it stands.
    pub state: ResponseState,
    /// The stored outcome that holds on the day.
    pub outcome: Level,
    /// Whether that outcome rests on a written clearance valid on the day. The client's age was weighed with it.
    pub cleared: bool,
}

/// Where a client stands on the day of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What was answered; nothing when no answered form counts on the day.
    pub answered: Option<Answered>,
    /// What the age rule says of a client who is too young on the day.
    pub by_age: Option<Level>,
}

impl Standing {
    /// Whether the client has done their part.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.answered.is_some()
    }

    /// The strictest of what is known for the day; nothing when nothing was answered and the age says nothing. A response that the
    /// therapist declined reads as `refuse`, one whose clearance is awaited or not valid on the day as `needs_clearance` at the least.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        let Some(answered) = self.answered else { return self.by_age };
        match answered.state {
            ResponseState::Declined => Some(Level::Refuse),
            _ if answered.cleared => Some(answered.outcome),
            ResponseState::ClearancePending | ResponseState::Cleared => {
                self.by_age.max(Some(answered.outcome)).max(Some(Level::NeedsClearance))
            }
            _ => self.by_age.max(Some(answered.outcome)),
        }
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

    fn standing(state: ResponseState, outcome: Level, cleared: bool, by_age: Option<Level>) -> Option<Level> {
        let response = IntakeResponseId::new(Timestamp::from_unix_micros(0).unwrap());
        Standing { answered: Some(Answered { response, state, outcome, cleared }), by_age }.level()
    }

    #[test]
    fn the_strictest_counts_and_a_clearance_covers_the_age() {
        let young = Some(Level::NeedsClearance);
        let screened = ResponseState::Screened;
        assert_eq!(standing(screened, Level::Clear, false, None), Some(Level::Clear));
        assert_eq!(standing(screened, Level::Clear, false, young), young);
        assert_eq!(standing(screened, Level::Refuse, false, young), Some(Level::Refuse));
        assert_eq!(standing(ResponseState::Cleared, Level::Clear, true, young), Some(Level::Clear));
        assert_eq!(standing(ResponseState::Cleared, Level::Clear, false, None), Some(Level::NeedsClearance));
        assert_eq!(standing(ResponseState::ClearancePending, Level::Clear, false, None), Some(Level::NeedsClearance));
        assert_eq!(standing(ResponseState::Declined, Level::Clear, false, None), Some(Level::Refuse));
        assert_eq!(Standing { answered: None, by_age: young }.level(), young);
    }

    #[test]
    fn answers_count_for_twelve_months() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert!(still_counts(day("2027-03-01"), day("2028-03-01")));
        assert!(!still_counts(day("2027-03-01"), day("2028-03-02")));
        assert!(still_counts(day("2024-02-29"), day("2025-02-28")));
    }
}
