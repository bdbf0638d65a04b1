//! What the tests of this room share: the shipped documents, and a form answered in full with nothing to report.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::answers::Answers;
use super::form::FormDefinition;
use super::ruleset::Ruleset;
use crate::intake::{HEALTH_HISTORY_V1, SCREENING_RULESET_V1};

/// The day the tests are answered on.
pub const TODAY: NaiveDate = NaiveDate::from_ymd_opt(2027, 3, 1).unwrap();

/// The shipped form.
pub fn health_history() -> FormDefinition {
    FormDefinition::parse(HEALTH_HISTORY_V1).unwrap()
}

/// The shipped ruleset.
pub fn contraindications() -> Ruleset {
    Ruleset::parse(SCREENING_RULESET_V1).unwrap()
}

/// A JSON object's fields.
pub fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

/// Everything required answered, no finding reported, and then these changes.
pub fn complete_with(changes: Value) -> Answers {
    let form = health_history();
    let mut values = object(json!({
        "reasons_for_visit": ["relaxation"], "goals": "an hour of quiet",
        "prior_injuries": "no", "surgeries": "no", "takes_medication": "no",
    }));
    values.extend(form.findings().map(|(question, _)| (question.to_owned(), json!({"status": "none"}))));
    let complete = Answers::parse(&form, &values, TODAY).unwrap();
    complete.patched(&form, &object(changes), TODAY).unwrap()
}
