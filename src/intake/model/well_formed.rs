//! What a form must satisfy before it is published; afterwards it never changes, so a fault found later would stay.

use std::collections::{BTreeMap, BTreeSet};

use super::form::{AnswerType, Condition, FormDefinition, Question, Raise};
use crate::kernel::refusal::Violation;

/// Longer texts are refused whatever the form says; a form is no place for a file.
const LONGEST_TEXT: usize = 10_000;

impl FormDefinition {
    /// Reads a definition and checks that it holds together.
    ///
    /// # Errors
    /// Everything that is wrong with it, each at a pointer into the document.
    pub fn parse(json: &str) -> Result<Self, Vec<Violation>> {
        let form: Self =
            serde_json::from_str(json).map_err(|error| vec![Violation::at("", "malformed", error.to_string())])?;
        let found = faults(&form);
        if found.is_empty() { Ok(form) } else { Err(found) }
    }
}

/// Everything that is wrong with a definition, each at a pointer into it. Empty when it can be published.
#[must_use]
pub fn faults(form: &FormDefinition) -> Vec<Violation> {
    let mut faults = Vec::new();
    let mut sections = BTreeSet::new();
    let mut earlier: BTreeMap<&str, &Question> = BTreeMap::new();
    let mut findings = BTreeSet::new();
    if form.sections.is_empty() {
        faults.push(Violation::at("/sections", "empty", "A form needs at least one section."));
    }
    faults.extend(blank("/title", &form.title));
    for (s, section) in form.sections.iter().enumerate() {
        let at = format!("/sections/{s}");
        faults.extend(name_fault(&format!("{at}/id"), &section.id, !sections.insert(&section.id)));
        faults.extend(blank(&format!("{at}/title"), &section.title));
        for (q, question) in section.questions.iter().enumerate() {
            let at = format!("{at}/questions/{q}");
            let known = earlier.contains_key(question.id.as_str());
            faults.extend(name_fault(&format!("{at}/id"), &question.id, known));
            faults.extend(question_faults(&at, question, &earlier));
            if let AnswerType::Finding { finding } = &question.answer
                && !findings.insert(finding)
            {
                faults.push(Violation::at(format!("{at}/answer/finding"), "repeated", "A finding is asked once."));
            }
            earlier.insert(&question.id, question);
        }
    }
    for (r, raise) in form.raises.iter().enumerate() {
        faults.extend(raise_faults(&format!("/raises/{r}"), raise, &earlier));
    }
    faults
}

/// Whether a name can stand in a JSON pointer, a column and a program without being quoted.
#[must_use]
pub fn is_code(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn name_fault(at: &str, name: &str, taken: bool) -> Option<Violation> {
    if !is_code(name) {
        return Some(Violation::at(at, "not_a_code", "A name is lower-case letters, digits and underscores."));
    }
    taken.then(|| Violation::at(at, "repeated", "This name is taken already."))
}

fn blank(at: &str, text: &str) -> Option<Violation> {
    text.trim().is_empty().then(|| Violation::at(at, "blank", "Somebody reads this: it says something."))
}

fn question_faults(at: &str, question: &Question, earlier: &BTreeMap<&str, &Question>) -> Vec<Violation> {
    let mut faults = Vec::new();
    faults.extend(blank(&format!("{at}/prompt"), &question.prompt));
    if let Some(when) = &question.when {
        faults.extend(condition_faults(&format!("{at}/when"), when, earlier));
    }
    faults.extend(answer_faults(&format!("{at}/answer"), &question.answer));
    if matches!(question.answer, AnswerType::Finding { .. }) && (question.when.is_some() || !question.required) {
        faults.push(Violation::at(at, "finding_not_asked", "A finding is asked of everybody, and must be answered."));
    }
    faults
}

fn answer_faults(at: &str, answer: &AnswerType) -> Vec<Violation> {
    match answer {
        AnswerType::Text { max_length } if !(1..=LONGEST_TEXT).contains(max_length) => {
            vec![Violation::at(format!("{at}/max_length"), "out_of_range", "A text has 1 to 10,000 characters.")]
        }
        AnswerType::Number { min, max, .. } if min > max => {
            vec![Violation::at(format!("{at}/max"), "out_of_range", "The most is not less than the least.")]
        }
        AnswerType::Number { unit, .. } => blank(&format!("{at}/unit"), unit).into_iter().collect(),
        AnswerType::Choice { options } | AnswerType::MultiChoice { options } => {
            list_faults(&format!("{at}/options"), options.iter().map(|option| (&*option.code, &*option.label)))
        }
        AnswerType::BodyRegion { regions } => {
            list_faults(&format!("{at}/regions"), regions.iter().map(|region| (&*region.code, &*region.label)))
        }
        AnswerType::Signature { meaning } => blank(&format!("{at}/meaning"), meaning).into_iter().collect(),
        AnswerType::Finding { finding } => name_fault(&format!("{at}/finding"), finding, false).into_iter().collect(),
        AnswerType::Text { .. } | AnswerType::Date {} | AnswerType::YesNoUnsure {} => Vec::new(),
    }
}

/// What is wrong with a list of codes and labels to choose from.
fn list_faults<'a>(at: &str, entries: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Violation> {
    let (mut faults, mut codes) = (Vec::new(), BTreeSet::new());
    for (e, (code, label)) in entries.enumerate() {
        faults.extend(name_fault(&format!("{at}/{e}/code"), code, !codes.insert(code)));
        faults.extend(blank(&format!("{at}/{e}/label"), label));
    }
    if codes.is_empty() {
        faults.push(Violation::at(at, "empty", "A list has at least one entry."));
    }
    faults
}

/// Conditions look back only, so that visibility can be decided from top to bottom and never goes in a circle.
fn condition_faults(at: &str, condition: &Condition, earlier: &BTreeMap<&str, &Question>) -> Vec<Violation> {
    let Some(question) = earlier.get(condition.question.as_str()) else {
        return vec![Violation::at(format!("{at}/question"), "unknown_question", "No earlier question has this name.")];
    };
    if condition.any_of.is_empty() {
        return vec![Violation::at(format!("{at}/any_of"), "empty", "A condition names at least one word.")];
    }
    word_faults(&format!("{at}/any_of"), &condition.any_of, question)
}

fn word_faults(at: &str, words: &[String], question: &Question) -> Vec<Violation> {
    let possible = question.answer.words();
    let named = words.iter().enumerate();
    named
        .filter(|(_, word)| !possible.contains(&word.as_str()))
        .map(|(w, _)| Violation::at(format!("{at}/{w}"), "unknown_word", "That question is never answered so."))
        .collect()
}

fn raise_faults(at: &str, raise: &Raise, questions: &BTreeMap<&str, &Question>) -> Vec<Violation> {
    let mut faults = condition_faults(&format!("{at}/when"), &raise.when, questions);
    let Some(question) = questions.get(raise.question.as_str()) else {
        faults.push(Violation::at(format!("{at}/question"), "unknown_question", "No question has this name."));
        return faults;
    };
    faults.extend(word_faults(&format!("{at}/accepts"), &raise.accepts, question));
    let shown = question.when.as_ref().is_none_or(|when| {
        when.question == raise.when.question && raise.when.any_of.iter().all(|word| when.any_of.contains(word))
    });
    if !shown {
        faults.push(Violation::at(format!("{at}/question"), "hidden", "It may be hidden when it is raised."));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::model::samples::health_history;

    fn codes(change: impl FnOnce(&mut FormDefinition)) -> Vec<(String, &'static str)> {
        let mut form = health_history();
        change(&mut form);
        faults(&form).into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    #[test]
    fn the_shipped_form_is_well_formed() {
        assert_eq!(codes(|_| ()), []);
    }

    #[test]
    fn unknown_fields_are_refused_wherever_they_stand() {
        for (from, to) in [
            (r#""code": "health_history","#, r#""code": "health_history", "extra": 1,"#),
            (r#""type": "date""#, r#""type": "date", "extra": 1"#),
            (r#""max_length": 200"#, r#""max_length": 200, "extra": 1"#),
        ] {
            let json = crate::intake::HEALTH_HISTORY_V1;
            assert!(json.contains(from), "{from}");
            assert_eq!(FormDefinition::parse(&json.replacen(from, to, 1)).unwrap_err()[0].code, "malformed");
        }
    }

    #[test]
    fn each_fault_is_found_at_its_place() {
        assert_eq!(codes(|form| form.sections.clear())[0], ("/sections".into(), "empty"));
        assert_eq!(
            codes(|form| form.sections[1].questions[1].id = "Über".into())[0],
            ("/sections/1/questions/1/id".into(), "not_a_code")
        );
        assert_eq!(
            codes(|form| form.sections[0].questions[1].id = "reasons_for_visit".into())[0],
            ("/sections/0/questions/1/id".into(), "repeated")
        );
        assert_eq!(
            codes(|form| form.sections[2].questions[0].required = false),
            [("/sections/2/questions/0".into(), "finding_not_asked")]
        );
        assert_eq!(
            codes(|form| form.sections[2].questions[1].answer = AnswerType::Finding { finding: "concussion".into() })
                [0],
            ("/sections/2/questions/1/answer/finding".into(), "repeated")
        );
        assert_eq!(
            codes(|form| form.sections[0].questions[0].answer = AnswerType::MultiChoice { options: vec![] })[0],
            ("/sections/0/questions/0/answer/options".into(), "empty")
        );
    }

    #[test]
    fn a_condition_looks_back_and_names_words_that_can_be() {
        let later = Condition { question: "preferred_light".into(), any_of: vec!["dim".into()] };
        assert_eq!(
            codes(|form| form.sections[0].questions[2].when = Some(later)),
            [("/sections/0/questions/2/when/question".into(), "unknown_question")]
        );
        let never = Condition { question: "reasons_for_visit".into(), any_of: vec!["boredom".into()] };
        assert_eq!(
            codes(|form| form.sections[0].questions[2].when = Some(never)),
            [("/sections/0/questions/2/when/any_of/0".into(), "unknown_word")]
        );
    }

    #[test]
    fn a_raised_question_is_never_hidden() {
        let elsewhere = Condition { question: "pregnant".into(), any_of: vec!["yes".into()] };
        let hidden = codes(|form| form.raises[6].question = "pregnancy_weeks".into());
        assert_eq!(hidden, [("/raises/6/question".into(), "hidden")]);
        assert_eq!(codes(|form| form.raises[6].when = elsewhere), [("/raises/6/question".into(), "hidden")]);
    }
}
