//! A text that clients consent to, and whether sessions wait for it.

use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{ConsentTemplateId, SessionTypeId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// Whether sessions wait for a consent.
    pub enum Requirement {
        /// Nobody has said yet; no session waits for it.
        Undecided = "undecided",
        /// No session goes ahead without it.
        Required = "required",
        /// It can be signed, and nothing waits for it.
        Optional = "optional",
    }
}

/// The most letters of a name.
const NAME: usize = 120;
/// The most session types that one text names.
const SESSION_TYPES: usize = 200;

/// A text that clients consent to, in all its versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentTemplate {
    /// Which one.
    pub id: ConsentTemplateId,
    /// What the practice calls it.
    pub name: String,
    /// Whether sessions wait for it.
    pub requirement: Requirement,
    /// Which sessions do; all of them where none is named.
    pub session_types: Vec<SessionTypeId>,
    /// Grows by one with every change.
    pub version: i32,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What is said of a text, unchecked.
#[derive(Clone, Debug)]
pub struct TemplateDraft {
    /// See [`ConsentTemplate::name`].
    pub name: String,
    /// See [`ConsentTemplate::requirement`].
    pub requirement: Requirement,
    /// See [`ConsentTemplate::session_types`].
    pub session_types: Vec<SessionTypeId>,
}

impl ConsentTemplate {
    /// A new text, still without words.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn create(id: ConsentTemplateId, draft: TemplateDraft, now: Timestamp) -> Result<Change<Self>, Refusal> {
        let TemplateDraft { name, requirement, session_types } = draft.checked()?;
        let template = Self { id, name, requirement, session_types, version: 1, created_at: now };
        let event = Event::new("consent_template.created", id).with("requirement", requirement);
        Ok(Change::new(template, event))
    }

    /// Says something else of it. What was signed stays signed.
    ///
    /// # Errors
    /// [`Refusal::VersionMismatch`]; [`Refusal::Fields`]; [`Refusal::PolicyViolation`] to leave again undecided what was decided.
    pub fn change(self, expected: i32, draft: TemplateDraft) -> Result<Change<Self>, Refusal> {
        if self.version != expected {
            return Err(Refusal::VersionMismatch);
        }
        let TemplateDraft { name, requirement, session_types } = draft.checked()?;
        if requirement == Requirement::Undecided && self.requirement != Requirement::Undecided {
            let detail = "it was decided whether sessions wait for it; say which of the two it is now";
            return Err(Refusal::PolicyViolation { rule: "consent_requirement_is_decided", detail });
        }
        let event = Event::new("consent_template.changed", self.id).with("requirement", requirement);
        let version = self.version.saturating_add(1);
        Ok(Change::new(Self { name, requirement, session_types, version, ..self }, event))
    }

    /// Whether a session of this type waits for it, once there is a published version to sign.
    #[must_use]
    pub fn is_required_for(&self, session_type: SessionTypeId) -> bool {
        let concerns = self.session_types.is_empty() || self.session_types.contains(&session_type);
        self.requirement == Requirement::Required && concerns
    }
}

impl TemplateDraft {
    fn checked(mut self) -> Result<Self, Refusal> {
        self.session_types.sort_unstable();
        self.session_types.dedup();
        if self.session_types.len() > SESSION_TYPES {
            let many = Violation::at("/session_type_ids", "too_many", "name at most 200, or none for all");
            return Err(Refusal::Fields(vec![many]));
        }
        let mut fields = Fields::default();
        let name = fields.text("/name", &self.name, 1..=NAME);
        fields.finish(|| Some(Self { name: name?, ..self }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_unix_micros(0).unwrap()
    }

    fn draft(requirement: Requirement, session_types: &[SessionTypeId]) -> TemplateDraft {
        TemplateDraft { name: "Treatment".to_owned(), requirement, session_types: session_types.to_vec() }
    }

    fn template(requirement: Requirement, session_types: &[SessionTypeId]) -> ConsentTemplate {
        let change = ConsentTemplate::create(ConsentTemplateId::new(now()), draft(requirement, session_types), now());
        change.unwrap().into_parts().0
    }

    #[test]
    fn only_what_is_required_is_waited_for_and_only_by_the_sessions_it_names() {
        let (one, other) = (SessionTypeId::new(now()), SessionTypeId::new(now()));
        assert!(template(Requirement::Required, &[]).is_required_for(one));
        assert!(template(Requirement::Required, &[one]).is_required_for(one));
        assert!(!template(Requirement::Required, &[one]).is_required_for(other));
        assert!(!template(Requirement::Undecided, &[]).is_required_for(one));
        assert!(!template(Requirement::Optional, &[one]).is_required_for(one));
    }

    #[test]
    fn what_was_decided_is_not_undecided_again() {
        let decided = template(Requirement::Undecided, &[]).change(1, draft(Requirement::Optional, &[])).unwrap();
        let decided = decided.into_parts().0;
        assert_eq!(decided.clone().change(1, draft(Requirement::Required, &[])), Err(Refusal::VersionMismatch));
        let refused = decided.change(2, draft(Requirement::Undecided, &[])).unwrap_err();
        assert!(matches!(refused, Refusal::PolicyViolation { rule: "consent_requirement_is_decided", .. }));
    }
}
