//! What the answers mean together: the strictest level of anything reported.
//!
//! A function of its arguments and nothing else, so that a decision can be replayed years later with what was known then. Days are counted
//! from the session's date, where there is one: a finding grows older, and a child older, until then.
//!
//! How answers are read: unsure counts as current, an unknown date as recent, and a finding that the form did not ask as needing a clearance
//! at the most, since silence is no reason to refuse and none to clear.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::answer::{Finding, FindingStatus, Onset};
use super::answers::Answers;
use super::form::FormDefinition;
use super::ruleset::{Level, Levels, Ruleset};
use crate::kernel::refusal::Refusal;
use crate::text_enum;

text_enum! {
    /// What made a finding read as it does.
    pub enum Reason {
        /// It stands.
        Current = "current",
        /// It may stand.
        Unsure = "unsure",
        /// It stood once.
        Past = "past",
        /// It happened within the practice's recency.
        Recent = "recent",
        /// Nobody knows when it happened, so it counts as recent.
        Undated = "undated",
        /// It happened before the practice's recency.
        Older = "older",
        /// The form did not ask, or the answer is missing.
        Unanswered = "unanswered",
        /// The client is too young.
        Age = "age",
        /// A clearance that is valid on the session date names it.
        Cleared = "cleared",
    }
}

/// What is known beside the answers.
#[derive(Clone, Copy, Debug)]
pub struct ScreeningFacts<'a> {
    /// The day of the session in its location's zone; without one, no clearance counts and days are counted from the answers.
    pub session_date: Option<NaiveDate>,
    /// The day the answers were submitted.
    pub answered_on: NaiveDate,
    /// From the client's record.
    pub date_of_birth: Option<NaiveDate>,
    /// How many days the practice calls recent.
    pub recency_days: u32,
    /// The client's written clearances.
    pub clearances: &'a [ClearanceFact],
}

/// What a written clearance says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClearanceFact {
    /// The findings it names.
    pub findings: Vec<String>,
    /// The first day it is valid.
    pub valid_from: NaiveDate,
    /// The last day it is valid.
    pub valid_until: NaiveDate,
}

/// What the answers mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Screening {
    /// The strictest level of all hits; clear if there are none.
    pub outcome: Level,
    /// Everything reported, the strictest first. What a clearance covers stays here, so that the therapist still sees it.
    pub hits: Vec<Hit>,
}

/// One finding that was reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// Its code.
    pub finding: String,
    /// What it means for the session.
    pub level: Level,
    /// Why.
    pub reason: Reason,
}

impl Screening {
    /// Whether a session may take place, as far as screening goes.
    ///
    /// # Errors
    /// [`Refusal::Contraindicated`] or [`Refusal::ClearanceRequired`], naming the findings. Whoever may not know them is told
    /// [`Refusal::ScreeningBlocked`] instead; that is for the caller to see to.
    pub fn admits(&self) -> Result<(), Refusal> {
        match self.outcome {
            Level::Clear | Level::Caution => Ok(()),
            Level::NeedsClearance => Err(Refusal::ClearanceRequired { findings: self.findings(Level::NeedsClearance) }),
            Level::Refuse => Err(Refusal::Contraindicated { findings: self.findings(Level::Refuse) }),
        }
    }

    /// The findings that a written clearance is waited for: those that need one, covered or not; where none does and the therapist asked for
    /// one all the same, everything reported.
    #[must_use]
    pub fn awaited(&self) -> Vec<&str> {
        let needs = |hit: &&Hit| hit.level == Level::NeedsClearance || hit.reason == Reason::Cleared;
        let needed: Vec<&str> = self.hits.iter().filter(needs).map(|hit| hit.finding.as_str()).collect();
        if needed.is_empty() { self.hits.iter().map(|hit| hit.finding.as_str()).collect() } else { needed }
    }

    /// Whether a clearance covers a finding that was reported.
    #[must_use]
    pub fn is_cleared(&self, finding: &str) -> bool {
        self.hits.iter().any(|hit| hit.finding == finding && hit.reason == Reason::Cleared)
    }

    /// The codes of the findings read at a level.
    #[must_use]
    pub fn findings(&self, level: Level) -> Vec<String> {
        self.hits.iter().filter(|hit| hit.level == level).map(|hit| hit.finding.clone()).collect()
    }
}

/// Reads answers by a ruleset.
#[must_use]
pub fn screen(ruleset: &Ruleset, form: &FormDefinition, answers: &Answers, facts: ScreeningFacts<'_>) -> Screening {
    let asked = form.findings();
    let answered: BTreeMap<&str, Finding> =
        asked.filter_map(|(question, finding)| Some((finding, answers.finding(question)?))).collect();
    let reported = answered.iter().filter_map(|(finding, answer)| {
        let levels = ruleset.levels_of(finding)?;
        let (level, reason) = grade(levels, *answer, facts)?;
        Some(Hit { finding: (*finding).to_owned(), level, reason })
    });
    let silent = ruleset.rules.iter().filter(|rule| !answered.contains_key(rule.finding.as_str())).map(|rule| Hit {
        finding: rule.finding.clone(),
        level: rule.levels.strictest().min(Level::NeedsClearance),
        reason: Reason::Unanswered,
    });
    let young = too_young(ruleset, answers, facts);
    let mut hits: Vec<Hit> = reported.chain(silent).chain(young).map(|hit| cleared(hit, facts)).collect();
    hits.sort_by(|one, other| other.level.cmp(&one.level).then_with(|| one.finding.cmp(&other.finding)));
    let outcome = hits.first().map_or(Level::Clear, |hit| hit.level);
    Screening { outcome, hits }
}

impl ClearanceFact {
    /// Whether it names a finding and is valid on a day.
    #[must_use]
    pub fn covers(&self, finding: &str, day: NaiveDate) -> bool {
        (self.valid_from..=self.valid_until).contains(&day) && self.findings.iter().any(|named| named == finding)
    }
}

impl ScreeningFacts<'_> {
    /// The day that ages and recency are counted to.
    fn day(&self) -> NaiveDate {
        self.session_date.unwrap_or(self.answered_on)
    }

    /// The last day of the practice's recency counts as recent.
    fn is_recent(&self, on: NaiveDate) -> bool {
        self.day().signed_duration_since(on).num_days() <= i64::from(self.recency_days)
    }
}

/// The level of an answer and why; nothing for a finding the client never had. The date is named as the reason only where it decides.
fn grade(levels: Levels, answer: Finding, facts: ScreeningFacts<'_>) -> Option<(Level, Reason)> {
    let Finding::Reported { status, onset } = answer else { return None };
    let (by_onset, standing) = match status {
        FindingStatus::Current => (levels.current, Reason::Current),
        FindingStatus::Unsure => (levels.current, Reason::Unsure),
        FindingStatus::Past => (levels.past, Reason::Past),
    };
    let (level, dated) = match onset {
        Onset::Unknown => (by_onset.recent, Reason::Undated),
        Onset::On(day) if facts.is_recent(day) => (by_onset.recent, Reason::Recent),
        Onset::On(_) => (by_onset.older, Reason::Older),
    };
    Some((level, if by_onset.recent == by_onset.older { standing } else { dated }))
}

/// The age rule, where a date of birth is known. Of two that differ the later counts: it is the stricter.
fn too_young(ruleset: &Ruleset, answers: &Answers, facts: ScreeningFacts<'_>) -> Option<Hit> {
    let rule = &ruleset.age_rule;
    let born = facts.date_of_birth.max(answers.date(&rule.asked_by))?;
    let level = rule.level_on(born, facts.day())?;
    Some(Hit { finding: rule.finding.clone(), level, reason: Reason::Age })
}

fn cleared(hit: Hit, facts: ScreeningFacts<'_>) -> Hit {
    let covers = |day| facts.clearances.iter().any(|clearance| clearance.covers(&hit.finding, day));
    if hit.level == Level::NeedsClearance && facts.session_date.is_some_and(covers) {
        return Hit { level: Level::Clear, reason: Reason::Cleared, ..hit };
    }
    hit
}

#[cfg(test)]
mod tests;
