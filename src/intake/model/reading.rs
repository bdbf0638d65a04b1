//! Reading one JSON value as the kind of answer its question takes, or saying what is wrong with it.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use serde_json::Value;

use super::answer::{ABSENT, Answer, Finding, FindingStatus, Onset, Written, YesNoUnsure, pointer};
use super::form::{AnswerType, ChoiceOption};
use crate::kernel::refusal::Violation;
use crate::kernel::text_enum::TextEnum;

/// What is wrong with a value, and where inside it.
pub(super) struct Fault {
    inside: &'static str,
    code: &'static str,
    message: String,
}

impl Fault {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { inside: "", code, message: message.into() }
    }

    fn inside(self, inside: &'static str) -> Self {
        Self { inside, ..self }
    }

    /// The fault as a violation of a question's answer.
    pub(super) fn of(self, question: &str) -> Violation {
        Violation::at(pointer(question) + self.inside, self.code, self.message)
    }
}

fn wrong_type(expected: &str) -> Fault {
    Fault::new("wrong_type", format!("Expected {expected}."))
}

/// The answer a value is to a question of this kind.
pub(super) fn read(kind: &AnswerType, value: &Value, today: NaiveDate) -> Result<Answer, Fault> {
    match kind {
        AnswerType::Text { max_length } => read_text(value, *max_length).map(Answer::Text),
        AnswerType::Choice { options } => read_code(value, options).map(Answer::Choice),
        AnswerType::MultiChoice { options } => read_codes(value, options).map(Answer::MultiChoice),
        AnswerType::Date {} => read_day(value, today).map(Answer::Date),
        AnswerType::Number { min, max, .. } => {
            let number = value.as_i64().ok_or_else(|| wrong_type("a whole number"))?;
            let range = || Fault::new("out_of_range", format!("Expected a number from {min} to {max}."));
            if (*min..=*max).contains(&number) { Ok(Answer::Number(number)) } else { Err(range()) }
        }
        AnswerType::YesNoUnsure {} => {
            let word = value.as_str().and_then(YesNoUnsure::parse);
            word.map(Answer::YesNoUnsure).ok_or_else(|| Fault::new("unknown_option", "Expected yes, no or unsure."))
        }
        AnswerType::Finding { .. } => read_finding(value, today).map(Answer::Finding),
    }
}

fn read_text(value: &Value, max_length: usize) -> Result<String, Fault> {
    let text = value.as_str().ok_or_else(|| wrong_type("text"))?;
    if text.trim().is_empty() {
        return Err(Fault::new("blank", "Send null to leave this unanswered."));
    }
    if text.chars().count() > max_length {
        return Err(Fault::new("too_long", format!("At most {max_length} characters.")));
    }
    Ok(text.to_owned())
}

fn read_code(value: &Value, options: &[ChoiceOption]) -> Result<String, Fault> {
    let code = value.as_str().ok_or_else(|| wrong_type("the code of one of the options"))?;
    let known = options.iter().find(|option| option.code == code);
    known
        .map(|option| option.code.clone())
        .ok_or_else(|| Fault::new("unknown_option", "This is not one of the options."))
}

fn read_codes(value: &Value, options: &[ChoiceOption]) -> Result<BTreeSet<String>, Fault> {
    let values = value.as_array().ok_or_else(|| wrong_type("a list of the options' codes"))?;
    if values.is_empty() {
        return Err(Fault::new("blank", "Send null to leave this unanswered."));
    }
    values.iter().map(|value| read_code(value, options)).collect()
}

fn read_day(value: &Value, today: NaiveDate) -> Result<NaiveDate, Fault> {
    let day: NaiveDate =
        value.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| wrong_type("a day such as 2024-05-31"))?;
    if day.year() < 1900 {
        return Err(Fault::new("out_of_range", "Expected a year from 1900 on."));
    }
    if day > today {
        return Err(Fault::new("in_the_future", "This day has not come yet."));
    }
    Ok(day)
}

fn read_finding(value: &Value, today: NaiveDate) -> Result<Finding, Fault> {
    let written = Written::deserialize(value)
        .map_err(|_| wrong_type("an object with a status and, unless it is none, an onset"))?;
    if written.status == ABSENT {
        return match written.onset {
            None => Ok(Finding::Absent),
            Some(_) => Err(Fault::new("not_applicable", "What never was has no date.").inside("/onset")),
        };
    }
    let status = FindingStatus::parse(&written.status)
        .ok_or_else(|| Fault::new("unknown_option", "Expected none, current, past or unsure.").inside("/status"))?;
    let onset = match written.onset.as_deref() {
        None => return Err(Fault::new("required", "Please give the day, or \"unknown\".").inside("/onset")),
        Some("unknown") => Onset::Unknown,
        Some(day) => Onset::On(read_day(&Value::from(day), today).map_err(|fault| fault.inside("/onset"))?),
    };
    Ok(Finding::Reported { status, onset })
}

#[cfg(test)]
mod tests {
    use crate::intake::model::answers::Answers;
    use crate::intake::model::samples::{TODAY, health_history, object};
    use serde_json::{Value, json};

    fn faults(patch: Value) -> Vec<(String, &'static str)> {
        let violations = Answers::parse(&health_history(), &object(patch), TODAY).unwrap_err();
        violations.into_iter().map(|violation| (violation.pointer, violation.code)).collect()
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused_at_its_place() {
        for (id, value, place, code) in [
            ("nonsense", json!("x"), "", "unknown_question"),
            ("goals", json!(5), "", "wrong_type"),
            ("goals", json!("  "), "", "blank"),
            ("goals", json!("é".repeat(2001)), "", "too_long"),
            ("preferred_light", json!("neon"), "", "unknown_option"),
            ("reasons_for_visit", json!("stress"), "", "wrong_type"),
            ("reasons_for_visit", json!([]), "", "blank"),
            ("reasons_for_visit", json!(["stress", "boredom"]), "", "unknown_option"),
            ("discomfort", json!(11), "", "out_of_range"),
            ("discomfort", json!(1.5), "", "wrong_type"),
            ("pregnant", json!(true), "", "unknown_option"),
            ("infant_date_of_birth", json!("2024-02-30"), "", "wrong_type"),
            ("infant_date_of_birth", json!("1492-10-12"), "", "out_of_range"),
            ("infant_date_of_birth", json!("2030-01-01"), "", "in_the_future"),
            ("concussion", json!("past"), "", "wrong_type"),
            ("concussion", json!({"status": "past", "extra": 1}), "", "wrong_type"),
            ("concussion", json!({"status": "maybe"}), "/status", "unknown_option"),
            ("concussion", json!({"status": "past"}), "/onset", "required"),
            ("concussion", json!({"status": "none", "onset": "unknown"}), "/onset", "not_applicable"),
            ("concussion", json!({"status": "past", "onset": "2030-01-01"}), "/onset", "in_the_future"),
        ] {
            assert_eq!(faults(json!({id: value})), [(format!("/answers/{id}{place}"), code)], "{id} {value}");
        }
    }
}
