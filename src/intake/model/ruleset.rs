//! What each finding means for a session, as a practice's clinician can read, sign and change it.
//!
//! A rule grades a finding four ways: it stands or is resolved, it is recent or older. That square is the whole of the language; "unsure" and
//! "unknown" are not in it, because screening reads them as current and recent before it looks here.

use std::collections::BTreeSet;

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::form::FormDefinition;
use super::well_formed::is_code;
use crate::kernel::refusal::Violation;
use crate::text_enum;

text_enum! {
    /// What a finding, or all of them together, mean for a session. Each is stricter than the one before.
    pub enum Level {
        /// Nothing stands in the way.
        Clear = "clear",
        /// The therapist acknowledges it and records how the session is modified.
        Caution = "caution",
        /// A written clearance must be valid on the session date.
        NeedsClearance = "needs_clearance",
        /// Not bookable, and nobody overrides it.
        Refuse = "refuse",
    }
}

/// One version of the screening rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruleset {
    /// The stable name of the ruleset, the same in every version.
    pub code: String,
    /// Which version this is; published versions never change.
    pub version: i32,
    /// What it is called.
    pub title: String,
    /// How many days count as recent in a practice that has not said otherwise.
    pub recency_days_default: u32,
    /// Why so many.
    pub recency_note: String,
    /// Where the rules come from.
    pub sources: Vec<Source>,
    /// One rule a finding.
    pub rules: Vec<Rule>,
    /// The finding whose rule grades a finding that has none of its own.
    pub catch_all: String,
    /// The rule about the very young.
    pub age_rule: AgeRule,
}

/// Where a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its short name in the rules.
    pub code: String,
    /// What it is.
    pub title: String,
}

/// What one finding means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its stable code, by which forms ask and clearances name it.
    pub finding: String,
    /// Its name, for a person.
    pub name: String,
    /// Its levels.
    pub levels: Levels,
    /// The codes of its sources.
    pub sources: Vec<String>,
    /// A source's own words, where they carry the grade.
    pub quoted: Option<String>,
    /// How the sources were read, for the clinician who signs.
    pub reading: String,
    /// Who stands for it; nobody yet, if absent.
    pub sign_off: Option<SignOff>,
}

/// A rule's levels, by how the finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    /// While it stands.
    pub current: ByOnset,
    /// Once it is resolved.
    pub past: ByOnset,
}

/// Levels by how long ago a finding began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByOnset {
    /// Within the practice's recency.
    pub recent: Level,
    /// Before that.
    pub older: Level,
}

/// A level for clients below an age on the session's date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeRule {
    /// The code by which a clearance names it.
    pub finding: String,
    /// Its name, for a person.
    pub name: String,
    /// The age from which it no longer holds.
    pub under_years: u32,
    /// What it means.
    pub level: Level,
    /// The form's question for the date of birth, read beside the client's record.
    pub asked_by: String,
    /// The codes of its sources.
    pub sources: Vec<String>,
    /// A source's own words.
    pub quoted: Option<String>,
    /// How the sources were read.
    pub reading: String,
    /// Who stands for it.
    pub sign_off: Option<SignOff>,
}

/// A clinician's word that a rule is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOff {
    /// Who.
    pub clinician: String,
    /// By what qualification.
    pub qualification: String,
    /// When.
    pub on: NaiveDate,
}

impl Ruleset {
    /// Reads a ruleset and checks that it holds together.
    ///
    /// # Errors
    /// Everything that is wrong with it, each at a pointer into the document.
    pub fn parse(json: &str) -> Result<Self, Vec<Violation>> {
        let ruleset: Self =
            serde_json::from_str(json).map_err(|error| vec![Violation::at("", "malformed", error.to_string())])?;
        let faults = ruleset.faults();
        if faults.is_empty() { Ok(ruleset) } else { Err(faults) }
    }

    /// The levels of a finding: its own, or those of the catch-all. `None` cannot be in a ruleset that was parsed.
    #[must_use]
    pub fn levels_of(&self, finding: &str) -> Option<Levels> {
        let named = |code: &str| self.rules.iter().find(|rule| rule.finding == code).map(|rule| rule.levels);
        named(finding).or_else(|| named(&self.catch_all))
    }

    /// A finding's name for a person, the age rule's included.
    #[must_use]
    pub fn name_of(&self, finding: &str) -> Option<&str> {
        if self.age_rule.finding == finding {
            return Some(&self.age_rule.name);
        }
        self.rules.iter().find(|rule| rule.finding == finding).map(|rule| rule.name.as_str())
    }

    /// The findings that a form fails to ask; one that is to be screened by these rules must ask them all.
    #[must_use]
    pub fn unasked(&self, form: &FormDefinition) -> Vec<&str> {
        let asked: BTreeSet<&str> = form.findings().map(|(_, finding)| finding).collect();
        self.rules.iter().map(|rule| rule.finding.as_str()).filter(|finding| !asked.contains(finding)).collect()
    }

    /// Whether a clinician has signed every rule. Until then it is shown as not clinically reviewed.
    #[must_use]
    pub fn is_clinically_reviewed(&self) -> bool {
        self.age_rule.sign_off.is_some() && self.rules.iter().all(|rule| rule.sign_off.is_some())
    }

    fn faults(&self) -> Vec<Violation> {
        let mut faults = Vec::new();
        let mut codes = BTreeSet::from([self.age_rule.finding.as_str()]);
        for (r, rule) in self.rules.iter().enumerate() {
            let at = format!("/rules/{r}");
            if !is_code(&rule.finding) || !codes.insert(&rule.finding) {
                faults.push(Violation::at(format!("{at}/finding"), "repeated", "A finding has one rule, and a code."));
            }
            faults.extend(self.source_fault(&at, &rule.sources));
            faults.extend(rule.levels.fault().map(|why| Violation::at(format!("{at}/levels"), "inconsistent", why)));
        }
        faults.extend(self.source_fault("/age_rule", &self.age_rule.sources));
        if !self.rules.iter().any(|rule| rule.finding == self.catch_all) {
            faults.push(Violation::at("/catch_all", "unknown_finding", "No rule is about this finding."));
        }
        faults
    }

    fn source_fault(&self, at: &str, sources: &[String]) -> Option<Violation> {
        let known = |code: &String| self.sources.iter().any(|source| source.code == *code);
        let cited = !sources.is_empty() && sources.iter().all(known);
        (!cited)
            .then(|| Violation::at(format!("{at}/sources"), "unknown_source", "A rule cites sources that are listed."))
    }
}

impl AgeRule {
    /// What the rule says of somebody born on a day, on another; nothing for those who are old enough.
    #[must_use]
    pub fn level_on(&self, born: NaiveDate, day: NaiveDate) -> Option<Level> {
        let comes_of_age = born.checked_add_months(Months::new(self.under_years.saturating_mul(12)));
        let old_enough = comes_of_age.is_some_and(|birthday| day >= birthday);
        (!old_enough).then_some(self.level)
    }
}

impl Levels {
    /// The strictest of them.
    #[must_use]
    pub fn strictest(self) -> Level {
        self.all().into_iter().max().unwrap_or(Level::Refuse)
    }

    fn all(self) -> [Level; 4] {
        [self.current.recent, self.current.older, self.past.recent, self.past.older]
    }

    /// Time may ease a finding and never worsen it, nothing listed is nothing, and what was once refused asks at least for a clearance.
    fn fault(self) -> Option<&'static str> {
        let mildest = self.all().into_iter().min().unwrap_or(Level::Clear);
        let worsens = |by_onset: ByOnset| by_onset.recent < by_onset.older;
        let past_is_worse = self.past.recent > self.current.recent || self.past.older > self.current.older;
        if worsens(self.current) || worsens(self.past) || past_is_worse {
            return Some("What is older or resolved is never graded stricter.");
        }
        if mildest == Level::Clear {
            return Some("A finding with a rule is never clear.");
        }
        (self.strictest() == Level::Refuse && mildest < Level::NeedsClearance)
            .then_some("A finding that refuses asks at least for a clearance, however old.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::model::samples::{contraindications, health_history};
    use crate::kernel::text_enum::TextEnum;

    #[test]
    fn the_shipped_rules_are_all_asked_cited_and_yet_unsigned() {
        let ruleset = contraindications();
        assert_eq!(ruleset.unasked(&health_history()), Vec::<&str>::new());
        assert!(health_history().question(&ruleset.age_rule.asked_by).is_some());
        assert!(!ruleset.is_clinically_reviewed());
    }

    #[test]
    fn every_finding_the_form_asks_has_a_rule_of_its_own() {
        let ruleset = contraindications();
        for (_, finding) in health_history().findings() {
            assert!(ruleset.rules.iter().any(|rule| rule.finding == finding), "{finding}");
        }
    }

    #[test]
    fn levels_grow_stricter_in_the_order_declared() {
        assert!(Level::ALL.is_sorted());
        assert_eq!(Level::ALL.iter().max(), Some(&Level::Refuse));
    }

    #[test]
    fn a_rule_that_makes_no_sense_is_refused() {
        let square = |current: [Level; 2], past: [Level; 2]| Levels {
            current: ByOnset { recent: current[0], older: current[1] },
            past: ByOnset { recent: past[0], older: past[1] },
        };
        let [clear, caution, clearance, refuse] = [Level::Clear, Level::Caution, Level::NeedsClearance, Level::Refuse];
        for nonsense in [
            square([caution, clearance], [caution, caution]),
            square([caution, caution], [clearance, caution]),
            square([caution, caution], [caution, clear]),
            square([refuse, clearance], [clearance, caution]),
        ] {
            let mut ruleset = contraindications();
            ruleset.rules[3].levels = nonsense;
            assert_eq!(ruleset.faults()[0].pointer, "/rules/3/levels", "{nonsense:?}");
        }
    }

    #[test]
    fn a_ruleset_names_its_sources_and_its_catch_all() {
        let mut ruleset = contraindications();
        ruleset.rules[0].sources = vec!["S9".into()];
        ruleset.catch_all = "nothing".into();
        ruleset.rules[1].finding = "concussion".into();
        let pointers: Vec<_> = ruleset.faults().into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(pointers, ["/rules/0/sources", "/rules/1/finding", "/catch_all"]);
    }
}
