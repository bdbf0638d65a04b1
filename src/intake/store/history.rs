//! Where a client stands with their health history on any day, from facts loaded once, without opening anything that is sealed.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use chrono_tz::Tz;

use super::clearances::verdicts;
use super::decisions::{Decision, decisions_of};
use super::{date_of_birth, documents, handed_in, validity};
use crate::db::{Fault, Stop, View};
use crate::intake::model::response::{IntakeResponse, Verdict};
use crate::intake::model::ruleset::AgeRule;
use crate::intake::model::standing::{Answered, Standing, still_counts};
use crate::kernel::ids::{ClientId, IntakeResponseId};
use crate::places;

/// What a client has said, and what became of it.
pub struct History {
    /// When they were born, and what the ruleset says of the young; nothing where nobody knows.
    age: Option<(NaiveDate, AgeRule)>,
    /// What counts first, then the others, newest first.
    responses: Vec<IntakeResponse>,
    /// Newest first.
    decisions: Vec<Decision>,
    verdicts: BTreeMap<IntakeResponseId, Verdict>,
    /// Where the practice has its days.
    zone: Tz,
    /// How long answers count.
    validity: Months,
}

/// A client's health history, for the booking decision. The findings behind it are told by [`screening`](super::decisions::screening) against
/// a look.
///
/// # Errors
/// A fault of the store.
pub fn history(view: &mut View<'_>, client: ClientId) -> Result<History, Stop> {
    let age = match date_of_birth(view, client)? {
        Some(born) => Some((born, documents::newest_ruleset(view)?.rules.age_rule)),
        None => None,
    };
    let mut responses = handed_in(view, client)?;
    match responses.iter().position(|response| response.state.is_answered()) {
        Some(newest) => {
            let counts = responses.remove(newest);
            responses.insert(0, counts);
        }
        None => responses.clear(),
    }
    let ids: Vec<IntakeResponseId> = responses.iter().map(|response| response.id).collect();
    let (decisions, verdicts) = (decisions_of(view, &ids)?, verdicts(view, &ids)?);
    let (zone, validity) = (places::store::practice(view)?.zone, validity(view)?);
    Ok(History { age, responses, decisions, verdicts, zone, validity })
}

impl History {
    /// Where the client stands on the day of a session.
    ///
    /// # Errors
    /// A fault where the history does not hold together.
    pub fn standing_on(&self, day: NaiveDate) -> Result<Standing, Fault> {
        let by_age = self.age.as_ref().and_then(|(born, rule)| rule.level_on(*born, day));
        Ok(Standing::of(&self.answered_on(day)?, by_age))
    }

    /// The response that counts on a day, and then the earlier ones as far back as nobody has reviewed them. Nothing when none counts.
    fn answered_on(&self, day: NaiveDate) -> Result<Vec<Answered>, Fault> {
        let Some(counts) = self.responses.first() else { return Ok(Vec::new()) };
        let submitted_at = counts.submitted_at;
        let submitted_at = submitted_at.ok_or(Fault::Corrupt("an answered response that was never submitted"))?;
        if !still_counts(submitted_at.date_in(self.zone), self.validity, day) {
            return Ok(Vec::new());
        }
        let mut answered = Vec::new();
        for response in &self.responses {
            let one = self.one_on(response, day)?;
            answered.push(one);
            if one.is_concluded() {
                break;
            }
        }
        Ok(answered)
    }

    fn one_on(&self, response: &IntakeResponse, day: NaiveDate) -> Result<Answered, Fault> {
        let about = |decision: &&Decision| decision.response_id == response.id && decision.holds_on(day);
        let decision = self.decisions.iter().find(about);
        let decision = decision.ok_or(Fault::Corrupt("an answered response without a decision"))?;
        Ok(Answered {
            response: response.id,
            state: response.state,
            verdict: self.verdicts.get(&response.id).copied(),
            outcome: decision.outcome,
            cleared: decision.holds_until.is_some(),
            age_cleared: decision.age_cleared,
        })
    }
}
