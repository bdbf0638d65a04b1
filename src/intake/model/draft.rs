//! The next version of a form, while it is written.
//!
//! A draft may be wrong for as long as it is one, and tells all that is wrong with it. Published it is right, and never changes again: it holds
//! together, asks everybody for every finding that the screening rules name, and raises what the version before it raised.

use super::form::{Condition, FormDefinition, Raise};
use super::ruleset::Ruleset;
use super::well_formed;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{FormId, FormVersionId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;

/// A version that is not published yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormDraft {
    /// The id it will have as a version.
    pub id: FormVersionId,
    /// Of which form.
    pub form: FormId,
    /// Which version it will be.
    pub number: i32,
    /// What it asks.
    pub definition: FormDefinition,
    /// Grows by one with every change.
    pub version: i32,
    /// When it was begun.
    pub begun_at: Timestamp,
}

/// A draft that is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discarded(pub FormVersionId);

impl FormDraft {
    /// Begins the next version of a form with what another asks; the definition names the form and the number.
    pub fn begin(form: FormId, definition: FormDefinition, now: Timestamp) -> Change<Self> {
        let (id, number) = (FormVersionId::new(now), definition.version);
        Self { id, form, number, definition, version: 1, begun_at: now }.told("intake_form.drafted")
    }

    /// Writes it anew.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for the name or the number of another form or version.
    pub fn revise(mut self, definition: FormDefinition) -> Result<Change<Self>, Refusal> {
        let mut faults = Vec::new();
        let fixed = |at: &str| Violation::at(format!("{AT}{at}"), "fixed", "This stays as the draft began with.");
        faults.extend((definition.code != self.definition.code).then(|| fixed("/code")));
        faults.extend((definition.version != self.number).then(|| fixed("/version")));
        if !faults.is_empty() {
            return Err(Refusal::Fields(faults));
        }
        self.definition = definition;
        self.version = self.version.saturating_add(1);
        Ok(self.told("intake_form.draft_revised"))
    }

    /// Gives it up.
    pub fn discard(self) -> Change<Discarded> {
        let (draft, event) = self.told("intake_form.draft_discarded").into_parts();
        Change::new(Discarded(draft.id), event)
    }

    /// Everything that keeps it from being published, each at a pointer into what is shown of the draft.
    #[must_use]
    pub fn faults(&self, rules: &Ruleset, before: &FormDefinition) -> Vec<Violation> {
        let form = &self.definition;
        let mut faults = well_formed::faults(form);
        faults.extend(unscreened(form, rules));
        faults.extend(dropped(form, before));
        faults.into_iter().map(|fault| Violation { pointer: format!("{AT}{}", fault.pointer), ..fault }).collect()
    }

    fn told(self, action: &'static str) -> Change<Self> {
        let event = Event::new(action, self.form).with("form_version", self.id).with("number", self.number);
        Change::new(self, event)
    }
}

/// Where a definition stands in what is sent and shown of a draft.
const AT: &str = "/definition";

/// What the screening rules name and the form does not ask, and what it asks and they do not name: neither would be weighed.
fn unscreened(form: &FormDefinition, rules: &Ruleset) -> Vec<Violation> {
    let unasked = rules.unasked(form).into_iter().map(|finding| {
        Violation::at("/sections", "finding_not_asked", format!("The screening rules weigh {finding}; ask about it."))
    });
    let mut faults: Vec<_> = unasked.collect();
    for (s, section) in form.sections.iter().enumerate() {
        for (q, question) in section.questions.iter().enumerate() {
            let known = |finding: &str| rules.rules.iter().any(|rule| rule.finding == finding);
            if question.answer.finding().is_some_and(|finding| !known(finding)) {
                let at = format!("/sections/{s}/questions/{q}/answer/finding");
                faults.push(Violation::at(at, "unknown_finding", "No screening rule weighs this."));
            }
        }
    }
    if form.question(&rules.age_rule.asked_by).is_none() {
        let asked_by = &rules.age_rule.asked_by;
        faults.push(Violation::at("/sections", "age_not_asked", format!("The age is read from {asked_by}; ask it.")));
    }
    faults
}

/// What the version before raised by an answer that can still be given, and this one lets pass.
fn dropped(form: &FormDefinition, before: &FormDefinition) -> Vec<Violation> {
    let mut faults = Vec::new();
    for raise in &before.raises {
        for word in raise.when.any_of.iter().filter(|word| can_be_said(form, &raise.when, word)) {
            if !form.raises.iter().any(|ours| stands_for(ours, raise, word)) {
                let told = format!("{word} raised {}, and does no longer.", raise.question);
                faults.push(Violation::at("/raises", "raise_dropped", told));
            }
        }
    }
    faults
}

fn can_be_said(form: &FormDefinition, when: &Condition, word: &str) -> bool {
    form.question(&when.question).is_some_and(|question| question.answer.words().contains(&word))
}

/// Whether a raise asks at that word what another did, and takes no answer that the other did not.
fn stands_for(ours: &Raise, before: &Raise, word: &str) -> bool {
    let strict = before.accepts.is_empty()
        || !ours.accepts.is_empty() && ours.accepts.iter().all(|accepted| before.accepts.contains(accepted));
    ours.when.question == before.when.question
        && ours.when.any_of.iter().any(|one| one == word)
        && ours.question == before.question
        && strict
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::model::samples::{contraindications, health_history};

    fn draft() -> FormDraft {
        let now = Timestamp::from_unix_micros(0).unwrap();
        let definition = FormDefinition { version: 2, ..health_history() };
        FormDraft::begin(FormId::new(now), definition, now).into_parts().0
    }

    fn faults(change: impl FnOnce(&mut FormDefinition)) -> Vec<(String, &'static str)> {
        let mut draft = draft();
        change(&mut draft.definition);
        let faults = draft.faults(&contraindications(), &health_history());
        faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    #[test]
    fn a_draft_that_changes_nothing_could_be_published() {
        assert_eq!(faults(|_| ()), []);
    }

    #[test]
    fn it_keeps_the_name_and_the_number_it_began_with() {
        let Err(Refusal::Fields(told)) = draft().revise(FormDefinition { code: "x".into(), ..health_history() }) else {
            panic!("not refused")
        };
        let pointers: Vec<_> = told.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/definition/code", "/definition/version"]);
        let (revised, event) = draft().revise(draft().definition).unwrap().into_parts();
        assert_eq!((revised.version, event.action), (2, "intake_form.draft_revised"));
    }

    #[test]
    fn everything_the_rules_weigh_is_asked_and_nothing_else() {
        let told = faults(|form| form.sections[2].questions.retain(|question| question.id != "concussion"));
        assert!(told.contains(&("/definition/sections".into(), "finding_not_asked")), "{told:?}");
        let told = faults(|form| {
            let mut more = form.sections[2].questions[0].clone();
            more.id = "boredom".into();
            more.answer = crate::intake::model::form::AnswerType::Finding { finding: "boredom".into() };
            form.sections[2].questions.insert(0, more);
        });
        assert_eq!(told, [("/definition/sections/2/questions/0/answer/finding".into(), "unknown_finding")]);
    }

    #[test]
    fn what_was_raised_is_raised_on() {
        let told = faults(|form| form.raises.clear());
        assert!(!told.is_empty() && told.iter().all(|fault| *fault == ("/definition/raises".into(), "raise_dropped")));
        let laxer = faults(|form| form.raises[0].accepts.clear());
        assert!(laxer.iter().all(|(_, code)| *code == "raise_dropped") && !laxer.is_empty(), "{laxer:?}");
    }
}
