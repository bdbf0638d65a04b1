//! What a client answered, typed by the form it answers.
//!
//! On the wire and at rest an answer is plain JSON under its question's name; only the form says that `"2024-05-01"` is a day and `"dim"` a
//! choice. So there is one way in, [`Answers::patched`], which takes the form along and reports every fault at once.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::{Answer, Finding, pointer};
use super::form::{AnswerType, FormDefinition};
use super::reading::read;
use crate::kernel::refusal::Violation;

/// The answers of one response, by question. In the order of the names, so that the same answers are always the same document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Answers(BTreeMap<String, Answer>);

impl Answers {
    /// These answers with a patch laid over them: a value answers anew, `null` takes an answer back. Days after `today` are refused.
    ///
    /// # Errors
    /// Every value that does not fit its question, at a pointer such as `/answers/concussion/onset`. Nothing is taken then.
    pub fn patched(
        &self,
        form: &FormDefinition,
        patch: &Map<String, Value>,
        today: NaiveDate,
    ) -> Result<Self, Vec<Violation>> {
        let mut answers = self.0.clone();
        let mut violations = Vec::new();
        for (id, value) in patch {
            match form.question(id).map(|question| read(&question.answer, value, today)) {
                None => violations.push(Violation::at(pointer(id), "unknown_question", "The form does not ask this.")),
                Some(_) if value.is_null() => {
                    answers.remove(id);
                }
                Some(Ok(answer)) => {
                    answers.insert(id.clone(), answer);
                }
                Some(Err(fault)) => violations.push(fault.of(id)),
            }
        }
        if violations.is_empty() { Ok(Self(answers)) } else { Err(violations) }
    }

    /// Reads a whole set of answers, as they were written with `serde_json`.
    ///
    /// # Errors
    /// As [`Answers::patched`].
    pub fn parse(form: &FormDefinition, values: &Map<String, Value>, today: NaiveDate) -> Result<Self, Vec<Violation>> {
        Self::default().patched(form, values, today)
    }

    /// Of values that answered another version of a form, those that answer this one too. A signature is not among them: it was given to what
    /// stood above it then.
    #[must_use]
    pub fn fitting(form: &FormDefinition, values: Map<String, Value>, today: NaiveDate) -> Map<String, Value> {
        let fits = |(id, value): &(String, Value)| {
            form.question(id).is_some_and(|question| {
                !matches!(question.answer, AnswerType::Signature { .. }) && read(&question.answer, value, today).is_ok()
            })
        };
        values.into_iter().filter(fits).collect()
    }

    /// These answers but for those to some questions.
    #[must_use]
    pub fn without(mut self, questions: &[String]) -> Self {
        self.0.retain(|id, _| !questions.contains(id));
        self
    }

    /// The questions that are answered, in the order of their names.
    pub fn questions(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The answer to a question.
    #[must_use]
    pub fn get(&self, question: &str) -> Option<&Answer> {
        self.0.get(question)
    }

    /// The day answered to a question.
    #[must_use]
    pub fn date(&self, question: &str) -> Option<NaiveDate> {
        match self.get(question) {
            Some(Answer::Date(date)) => Some(*date),
            _ => None,
        }
    }

    /// The finding answered to a question.
    #[must_use]
    pub fn finding(&self, question: &str) -> Option<Finding> {
        match self.get(question) {
            Some(Answer::Finding(finding)) => Some(*finding),
            _ => None,
        }
    }

    /// Whether the answer to a question has one of these words.
    #[must_use]
    pub fn says_any(&self, question: &str, words: &[String]) -> bool {
        self.get(question).is_some_and(|answer| words.iter().any(|word| answer.says(word)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::model::form::Question;
    use crate::intake::model::samples::{TODAY, health_history, object};
    use serde_json::json;

    fn faults(patch: Value) -> Vec<(String, &'static str)> {
        let violations = Answers::parse(&health_history(), &object(patch), TODAY).unwrap_err();
        violations.into_iter().map(|violation| (violation.pointer, violation.code)).collect()
    }

    #[test]
    fn all_faults_are_told_at_once_and_pointers_are_escaped() {
        let told = faults(json!({"a/b~c": 1, "goals": 1}));
        assert_eq!(told, [("/answers/a~1b~0c".into(), "unknown_question"), ("/answers/goals".into(), "wrong_type")]);
    }

    #[test]
    fn a_patch_answers_anew_and_null_takes_back() {
        let form = health_history();
        let first = Answers::parse(&form, &object(json!({"goals": "rest", "pregnant": "no"})), TODAY).unwrap();
        let patch = object(json!({"goals": "sleep", "pregnant": null}));
        let second = first.patched(&form, &patch, TODAY).unwrap();
        assert_eq!(second.get("goals"), Some(&Answer::Text("sleep".into())));
        assert_eq!(second.get("pregnant"), None);
    }

    #[test]
    fn what_fits_another_version_is_carried_over_but_no_signature() {
        let mut form = health_history();
        let signature = AnswerType::Signature { meaning: "All this is so.".to_owned() };
        let signed = Question { id: "signed".to_owned(), answer: signature, ..form.sections[0].questions[1].clone() };
        form.sections[0].questions.push(signed);
        let values = object(json!({
            "goals": "rest", "asked_no_more": "yes", "preferred_light": "neon", "discomfort": 4,
            "signed": {"name": "Mia", "meaning": "All this is so."},
        }));
        let kept = Answers::fitting(&form, values, TODAY);
        assert_eq!(Value::Object(kept), json!({"goals": "rest", "discomfort": 4}));
    }

    #[test]
    fn answers_are_read_back_as_they_were_written() {
        let form = health_history();
        let values = object(json!({
            "reasons_for_visit": ["other", "stress"],
            "discomfort": 4,
            "pregnant": "unsure",
            "infant_date_of_birth": "2024-02-29",
            "burns": {"status": "none"},
            "concussion": {"status": "past", "onset": "2024-01-01"},
            "blood_clots": {"status": "unsure", "onset": "unknown"},
        }));
        let answers = Answers::parse(&form, &values, TODAY).unwrap();
        assert_eq!(serde_json::to_value(&answers).unwrap(), Value::Object(values));
    }
}
