//! What a therapist needs of a client's health history before a session, and no more of it.

use chrono::NaiveDate;

use super::answer::{Answer, Finding, FindingStatus, Onset};
use super::answers::Answers;
use super::clearance::ClearanceContent;
use super::form::{AnswerType, FormDefinition};
use super::ruleset::{Level, Ruleset};
use super::screening::{Reason, Screening};
use super::standing::Standing;

/// The question about what the client would like from their sessions, in forms that ask it.
const GOALS: &str = "goals";

/// The section about light, sound and what else helps, in forms that have it.
const PREFERENCES: &str = "preferences";

/// What is told of a client before a session on a day. It does not print itself.
pub struct Brief {
    /// Where the client stands on the day.
    pub standing: Standing,
    /// Whether a form is out that the client has still to answer.
    pub is_asked: bool,
    /// What the response that counts on the day says; nothing where none does.
    pub told: Told,
    /// How the session is to be modified, in the words of the review.
    pub modification: Option<String>,
    /// The written clearances that are valid on the day.
    pub clearances: Vec<Covering>,
}

/// What the client told, weighed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Everything reported, the strictest first.
    pub findings: Vec<Reported>,
    /// What they would like from their sessions.
    pub goals: Option<String>,
    /// What makes them comfortable, by question.
    pub preferences: Vec<(String, Answer)>,
}

/// A finding as it was reported and weighed.
#[derive(Clone, PartialEq, Eq)]
pub struct Reported {
    /// Its code.
    pub finding: String,
    /// Its name, for a person.
    pub name: String,
    /// How it stands; absent where it was not asked, as the client's age is not.
    pub status: Option<FindingStatus>,
    /// Since when, if the client knew.
    pub onset: Option<NaiveDate>,
    /// What it means for the session.
    pub level: Level,
    /// Why.
    pub reason: Reason,
}

/// A clearance and the days it is valid on.
pub struct Covering {
    /// What it says.
    pub content: ClearanceContent,
    /// The first day.
    pub valid_from: NaiveDate,
    /// The last day.
    pub valid_until: NaiveDate,
}

impl Brief {
    /// Whether something was asked and not answered: no form that counts on the day, one that is out, or a finding left open.
    #[must_use]
    pub fn is_unanswered(&self) -> bool {
        let silent = |told: &Reported| told.reason == Reason::Unanswered;
        !self.standing.is_answered() || self.is_asked || self.told.findings.iter().any(silent)
    }
}

impl Told {
    /// Whether the answer to a question is among what is told, so that the others can stay sealed.
    #[must_use]
    pub fn tells(form: &FormDefinition, question: &str) -> bool {
        let asked = form.question(question).map(|question| &question.answer);
        matches!(asked, Some(AnswerType::Finding { .. }))
            || question == GOALS
            || preferences(form).any(|it| it == question)
    }

    /// Puts the answers beside what screening made of them.
    #[must_use]
    pub fn of(form: &FormDefinition, answers: &Answers, rules: &Ruleset, screening: Screening) -> Self {
        let reported = |finding: &str| {
            let (question, _) = form.findings().find(|(_, code)| *code == finding)?;
            answers.finding(question)
        };
        let findings = screening.hits.into_iter().map(|hit| {
            let (status, onset) = match reported(&hit.finding) {
                Some(Finding::Reported { status, onset: Onset::On(day) }) => (Some(status), Some(day)),
                Some(Finding::Reported { status, onset: Onset::Unknown }) => (Some(status), None),
                Some(Finding::Absent) | None => (None, None),
            };
            let name = rules.name_of(&hit.finding).unwrap_or(&hit.finding).to_owned();
            Reported { finding: hit.finding, name, status, onset, level: hit.level, reason: hit.reason }
        });
        let goals = match answers.get(GOALS) {
            Some(Answer::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let preferred = preferences(form).filter_map(|id| Some((id.to_owned(), answers.get(id)?.clone())));
        Self { findings: findings.collect(), goals, preferences: preferred.collect() }
    }
}

fn preferences(form: &FormDefinition) -> impl Iterator<Item = &str> {
    let section = form.sections.iter().filter(|section| section.id == PREFERENCES);
    section.flat_map(|section| &section.questions).map(|question| question.id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::model::samples::{TODAY, health_history, object};
    use crate::intake::model::screening::Hit;
    use serde_json::json;

    fn rules() -> Ruleset {
        serde_json::from_str(crate::intake::SCREENING_RULESET_V1).unwrap()
    }

    fn hit(finding: &str, level: Level, reason: Reason) -> Hit {
        Hit { finding: finding.to_owned(), level, reason }
    }

    #[test]
    fn the_shipped_form_has_goals_and_preferences() {
        let form = health_history();
        assert!(form.question(GOALS).is_some());
        assert!(preferences(&form).any(|question| question == "preferred_light"));
        for (question, tells) in [("goals", true), ("preferred_music", true), ("burns", true), ("surgeries", false)] {
            assert_eq!(Told::tells(&form, question), tells, "{question}");
        }
        assert!(!Told::tells(&form, "nonsense"));
    }

    #[test]
    fn a_finding_is_told_with_what_the_client_said_of_it() {
        let form = health_history();
        let values = json!({
            "burns": { "status": "current", "onset": "2027-01-02" }, "concussion": { "status": "unsure", "onset": "unknown" },
            "goals": "sleep", "preferred_light": "dim",
        });
        let answers = Answers::parse(&form, &object(values), TODAY).unwrap();
        let hits = vec![
            hit("concussion", Level::Refuse, Reason::Undated),
            hit("burns", Level::Caution, Reason::Current),
            hit("client_under_two", Level::NeedsClearance, Reason::Age),
        ];
        let told = Told::of(&form, &answers, &rules(), Screening { outcome: Level::Refuse, hits });
        let said: Vec<_> = told.findings.iter().map(|one| (one.status, one.onset)).collect();
        let day = "2027-01-02".parse().ok();
        assert_eq!(said, [(Some(FindingStatus::Unsure), None), (Some(FindingStatus::Current), day), (None, None)]);
        assert_eq!(told.goals.as_deref(), Some("sleep"));
        assert_eq!(told.preferences, [("preferred_light".to_owned(), Answer::Choice("dim".to_owned()))]);
    }

    #[test]
    fn what_is_out_or_left_open_is_unanswered() {
        let nothing = Standing::of(&[], None);
        let brief = Brief {
            standing: nothing,
            is_asked: false,
            told: Told::default(),
            modification: None,
            clearances: Vec::new(),
        };
        assert!(brief.is_unanswered());
    }
}
