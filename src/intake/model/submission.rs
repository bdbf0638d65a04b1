//! When answers are enough to be submitted: nothing required is missing, and nothing contradicts.
//!
//! A reason for visit never clears a finding, but some raise one: who comes with post-concussion symptoms has had a concussion, and saying
//! "none" to it leaves a question open. The form says which reasons raise which questions; here they are only asked.
//!
//! An answer that another has since hidden is kept while the form is open, so that who changes their mind back finds it again. It counts for
//! nothing meanwhile, and when the form is handed in it is dropped: what was not asked was not said.

use super::answer::pointer;
use super::answers::Answers;
use super::form::{FormDefinition, Question};
use crate::kernel::refusal::{Refusal, Violation};

/// Whether the answers can be submitted.
///
/// # Errors
/// [`Refusal::Fields`] when something required is missing, with the contradictions along, so that the client hears of all at once;
/// [`Refusal::ContradictoryAnswers`] when only contradictions are left.
pub fn check(form: &FormDefinition, answers: &Answers) -> Result<(), Refusal> {
    let contradictions = contradictions(form, answers);
    let mut missing = missing(form, answers);
    missing.retain(|violation| contradictions.iter().all(|raised| raised.pointer != violation.pointer));
    if !missing.is_empty() {
        missing.extend(contradictions);
        return Err(Refusal::Fields(missing));
    }
    if !contradictions.is_empty() {
        return Err(Refusal::ContradictoryAnswers(contradictions));
    }
    Ok(())
}

/// Every required question that is shown and not answered.
#[must_use]
pub fn missing(form: &FormDefinition, answers: &Answers) -> Vec<Violation> {
    form.questions()
        .filter(|question| {
            question.required && answers.get(&question.id).is_none() && is_shown(form, answers, question)
        })
        .map(|question| Violation::at(pointer(&question.id), "required", "Please answer this one."))
        .collect()
}

/// Every question that an answer has raised and that is open, or answered against it.
#[must_use]
pub fn contradictions(form: &FormDefinition, answers: &Answers) -> Vec<Violation> {
    let raised = form.raises.iter().filter(|raise| answers.says_any(&raise.when.question, &raise.when.any_of));
    raised
        .filter_map(|raise| {
            let code = match answers.get(&raise.question) {
                None => "raised_by_reason",
                Some(_) if raise.accepts.is_empty() || answers.says_any(&raise.question, &raise.accepts) => {
                    return None;
                }
                Some(_) => "contradicts_reason",
            };
            Some(Violation::at(pointer(&raise.question), code, &raise.message))
        })
        .collect()
}

/// Whether a question is shown, given what was answered before it. What hangs on a hidden question is hidden with it.
#[must_use]
pub fn is_shown(form: &FormDefinition, answers: &Answers, question: &Question) -> bool {
    question.when.as_ref().is_none_or(|when| {
        answers.says_any(&when.question, &when.any_of)
            && form.question(&when.question).is_some_and(|earlier| is_shown(form, answers, earlier))
    })
}

/// The answers that count: those to what is shown.
#[must_use]
pub fn asked(form: &FormDefinition, answers: Answers) -> Answers {
    let hidden = hidden(form, &answers);
    answers.without(&hidden)
}

/// The questions that are answered and no longer shown.
#[must_use]
pub fn hidden(form: &FormDefinition, answers: &Answers) -> Vec<String> {
    let shown = |id: &&str| form.question(id).is_some_and(|question| is_shown(form, answers, question));
    answers.questions().filter(|id| !shown(id)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::model::samples::{complete_with, health_history};
    use serde_json::{Value, json};

    fn open(changes: Value) -> Vec<(String, &'static str)> {
        let told = match check(&health_history(), &complete_with(changes)) {
            Ok(()) => Vec::new(),
            Err(Refusal::ContradictoryAnswers(violations)) => violations,
            Err(other) => panic!("{other:?}"),
        };
        told.into_iter().map(|violation| (violation.pointer, violation.code)).collect()
    }

    #[test]
    fn a_complete_form_can_be_submitted() {
        assert_eq!(check(&health_history(), &complete_with(json!({}))), Ok(()));
    }

    #[test]
    fn an_empty_form_misses_what_is_shown_and_required_only() {
        let missing = missing(&health_history(), &Answers::default());
        let places: Vec<_> = missing.iter().map(|violation| violation.pointer.as_str()).collect();
        assert!(places.contains(&"/answers/reasons_for_visit") && places.contains(&"/answers/concussion"));
        for hidden_or_optional in ["reasons_other", "infant_guardian", "surgeries_details", "symptoms"] {
            assert!(!places.contains(&pointer(hidden_or_optional).as_str()), "{hidden_or_optional}");
        }
    }

    #[test]
    fn what_an_answer_shows_becomes_required() {
        for (changes, place) in [
            (json!({"reasons_for_visit": ["other"]}), "/answers/reasons_other"),
            (json!({"surgeries": "unsure"}), "/answers/surgeries_details"),
            (
                json!({"other_structural_or_neurological": {"status": "unsure", "onset": "unknown"}}),
                "/answers/other_structural_or_neurological_details",
            ),
        ] {
            let refusal = check(&health_history(), &complete_with(changes)).unwrap_err();
            let Refusal::Fields(violations) = refusal else { panic!("{refusal:?}") };
            assert_eq!(
                violations.iter().map(|v| (v.pointer.as_str(), v.code)).collect::<Vec<_>>(),
                [(place, "required")]
            );
        }
    }

    #[test]
    fn what_is_hidden_counts_for_nothing() {
        let form = health_history();
        let answers = complete_with(json!({"surgeries_details": "a knee", "discomfort": 4}));
        assert_eq!(hidden(&form, &answers), ["surgeries_details"]);
        let asked = asked(&form, answers);
        assert_eq!((asked.get("surgeries_details"), asked.get("discomfort").is_some()), (None, true));
        let shown = complete_with(json!({"surgeries": "yes", "surgeries_details": "a knee"}));
        assert_eq!(hidden(&form, &shown), Vec::<String>::new());
    }

    #[test]
    fn a_reason_that_says_otherwise_than_a_finding_is_a_contradiction() {
        for (reason, finding) in [
            ("post_concussion_symptoms", "concussion"),
            ("traumatic_brain_injury", "brain_injury"),
            ("spinal_cord_injury", "serious_neurological_disease"),
            ("impaired_coordination", "serious_neurological_disease"),
        ] {
            let reasons = json!(["stress", reason]);
            let contradicted = open(json!({"reasons_for_visit": reasons}));
            assert_eq!(contradicted, [(pointer(finding), "contradicts_reason")], "{reason}");
            for status in ["current", "past", "unsure"] {
                let answered = json!({"status": status, "onset": "unknown"});
                assert_eq!(open(json!({"reasons_for_visit": reasons, finding: answered})), [], "{reason} {status}");
            }
        }
    }

    #[test]
    fn infants_and_difficult_pregnancies_raise_their_own_questions() {
        let infant = [
            (pointer("infant_date_of_birth"), "raised_by_reason"),
            (pointer("infant_guardian"), "raised_by_reason"),
            (pointer("infant_medical_clearance"), "raised_by_reason"),
        ];
        assert_eq!(open(json!({"reasons_for_visit": ["infant_colic"]})), infant);
        assert_eq!(open(json!({"reasons_for_visit": ["infant_feeding"]})), infant);
        let pregnancy = json!({"reasons_for_visit": ["difficult_pregnancy"]});
        assert_eq!(open(pregnancy), [(pointer("pregnancy_provider_advised"), "raised_by_reason")]);
        let advised = json!({"reasons_for_visit": ["difficult_pregnancy"], "pregnancy_provider_advised": "no"});
        assert_eq!(open(advised), []);
    }

    #[test]
    fn missing_and_contradicting_answers_are_told_together() {
        let answers = complete_with(json!({"goals": null, "reasons_for_visit": ["post_concussion_symptoms"]}));
        let Err(Refusal::Fields(violations)) = check(&health_history(), &answers) else { panic!("not refused") };
        let codes: Vec<_> = violations.iter().map(|violation| violation.code).collect();
        assert_eq!(codes, ["required", "contradicts_reason"]);
    }
}
