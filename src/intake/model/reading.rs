//! Reading one JSON value as the kind of answer its question takes, or saying what is wrong with it.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use serde_json::Value;

use super::answer::{ABSENT, Answer, Finding, FindingStatus, Onset, Signature, Spot, Written, YesNoUnsure, pointer};
use super::form::{AnswerType, ChoiceOption, Region};
use crate::kernel::refusal::Violation;
use crate::kernel::text_enum::TextEnum;

/// What is wrong with a value, and where inside it.
pub(super) struct Fault {
    inside: String,
    code: &'static str,
    message: String,
}

impl Fault {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { inside: String::new(), code, message: message.into() }
    }

    fn inside(self, inside: impl Into<String>) -> Self {
        Self { inside: inside.into(), ..self }
    }

    /// The fault as a violation of a question's answer.
    pub(super) fn of(self, question: &str) -> Violation {
        Violation::at(pointer(question) + &self.inside, self.code, self.message)
    }
}

/// How long a typed name may be.
const LONGEST_NAME: usize = 200;

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
        AnswerType::BodyRegion { regions } => read_spots(value, regions).map(Answer::BodyRegion),
        AnswerType::Signature { meaning } => read_signature(value, meaning).map(Answer::Signature),
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

fn read_spots(value: &Value, regions: &[Region]) -> Result<BTreeSet<Spot>, Fault> {
    let values = value.as_array().ok_or_else(|| wrong_type("a list of places, each with its region"))?;
    if values.is_empty() {
        return Err(Fault::new("blank", "Send null to leave this unanswered."));
    }
    let mut spots: BTreeSet<Spot> = BTreeSet::new();
    for (s, value) in values.iter().enumerate() {
        let spot =
            read_spot(value, regions).map_err(|fault| Fault { inside: format!("/{s}{}", fault.inside), ..fault })?;
        if spots.iter().any(|other| other.region == spot.region) {
            return Err(
                Fault::new("repeated", "A region is named once, with both sides if need be.").inside(format!("/{s}"))
            );
        }
        spots.insert(spot);
    }
    Ok(spots)
}

fn read_spot(value: &Value, regions: &[Region]) -> Result<Spot, Fault> {
    let spot = Spot::deserialize(value)
        .map_err(|_| wrong_type("an object with a region and, where it has two, a side: left, right or both"))?;
    let Some(region) = regions.iter().find(|region| region.code == spot.region) else {
        return Err(Fault::new("unknown_option", "This is not one of the regions.").inside("/region"));
    };
    match (region.sided, spot.side) {
        (true, None) => Err(Fault::new("required", "Please say on which side.").inside("/side")),
        (false, Some(_)) => Err(Fault::new("not_applicable", "There is only one of it.").inside("/side")),
        (true, Some(_)) | (false, None) => Ok(spot),
    }
}

fn read_signature(value: &Value, meaning: &str) -> Result<Signature, Fault> {
    let signature = Signature::deserialize(value).map_err(|_| wrong_type("an object with a name and a meaning"))?;
    if signature.meaning != meaning {
        return Err(Fault::new("other_meaning", "Repeat what is signed, word for word.").inside("/meaning"));
    }
    let name = signature.name.trim();
    if name.is_empty() {
        return Err(Fault::new("blank", "Please type your name.").inside("/name"));
    }
    if name.chars().count() > LONGEST_NAME {
        return Err(Fault::new("too_long", format!("At most {LONGEST_NAME} characters.")).inside("/name"));
    }
    Ok(Signature { name: name.to_owned(), meaning: signature.meaning })
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
    use crate::intake::model::form::{AnswerType, FormDefinition, Question, Region};
    use crate::intake::model::samples::{TODAY, health_history, object};
    use serde_json::{Value, json};

    /// The shipped form with a place on the body and a signature asked besides.
    fn with_more() -> FormDefinition {
        let mut form = health_history();
        let question = |id: &str, answer| Question {
            id: id.to_owned(),
            prompt: "Please".to_owned(),
            help: None,
            required: false,
            when: None,
            answer,
        };
        let region = |code: &str, sided| Region { code: code.to_owned(), label: code.to_owned(), sided };
        let regions = vec![region("shoulder", true), region("sacrum", false)];
        let questions = &mut form.sections.last_mut().unwrap().questions;
        questions.push(question("held", AnswerType::BodyRegion { regions }));
        questions.push(question("signed", AnswerType::Signature { meaning: "All this is so.".to_owned() }));
        form
    }

    #[test]
    fn places_and_signatures_are_read_back_as_they_were_written() {
        let values = object(json!({
            "held": [{"region": "sacrum"}, {"region": "shoulder", "side": "both"}],
            "signed": {"name": "Mia Frank", "meaning": "All this is so."},
        }));
        let answers = Answers::parse(&with_more(), &values, TODAY).unwrap();
        assert_eq!(serde_json::to_value(&answers).unwrap(), Value::Object(values));
        assert!(answers.says_any("held", &["sacrum".to_owned()]));
    }

    #[test]
    fn a_place_has_its_side_and_a_signature_its_meaning() {
        for (id, value, place, code) in [
            ("held", json!("sacrum"), "", "wrong_type"),
            ("held", json!([]), "", "blank"),
            ("held", json!([{"region": "sacrum"}, {"region": "elbow"}]), "/1/region", "unknown_option"),
            ("held", json!([{"region": "shoulder"}]), "/0/side", "required"),
            ("held", json!([{"region": "shoulder", "side": "up"}]), "/0", "wrong_type"),
            ("held", json!([{"region": "sacrum", "side": "left"}]), "/0/side", "not_applicable"),
            ("held", json!([{"region": "sacrum"}, {"region": "sacrum"}]), "/1", "repeated"),
            ("signed", json!("Mia"), "", "wrong_type"),
            ("signed", json!({"name": "Mia", "meaning": "Not all."}), "/meaning", "other_meaning"),
            ("signed", json!({"name": " ", "meaning": "All this is so."}), "/name", "blank"),
        ] {
            let violations = Answers::parse(&with_more(), &object(json!({id: value})), TODAY).unwrap_err();
            let told: Vec<_> = violations.into_iter().map(|one| (one.pointer, one.code)).collect();
            assert_eq!(told, [(format!("/answers/{id}{place}"), code)], "{id} {value}");
        }
    }

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
