//! What a note may begin with: words of the practice or of a therapist, and nothing of any client.

use super::content::NoteContent;
use crate::kernel::actor::{Actor, Role};
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{NoteTemplateId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;

/// A template. Its content is not sealed, so it takes none of the parts that hold what a client said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteTemplate {
    /// Which one.
    pub id: NoteTemplateId,
    /// Whose; the practice's if nobody's.
    pub owner: Option<TherapistId>,
    /// What it is called.
    pub name: String,
    /// What a note begins with.
    pub content: NoteContent,
    /// Grows by one with every change.
    pub version: i32,
    /// When it was written.
    pub created_at: Timestamp,
    /// Since when it is offered no longer.
    pub retired_at: Option<Timestamp>,
}

/// A template as somebody wrote it down, unchecked.
#[derive(Clone, Debug)]
pub struct TemplateDraft {
    /// See [`NoteTemplate::name`].
    pub name: String,
    /// See [`NoteTemplate::content`].
    pub content: NoteContent,
}

impl NoteTemplate {
    /// Writes one down, for the practice or, with an owner, for one therapist.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] to who may not for that owner; [`Refusal::Fields`] naming what is at fault.
    pub fn write(
        id: NoteTemplateId,
        owner: Option<TherapistId>,
        draft: TemplateDraft,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Change<Self>, Refusal> {
        let (name, content) = (String::new(), NoteContent::default());
        let blank = Self { id, owner, name, content, version: 1, created_at: now, retired_at: None };
        blank.require_keeper(actor)?;
        Ok(blank.written(draft)?.told("note_template.written"))
    }

    /// Writes it anew. Notes that began with it keep what they say.
    ///
    /// # Errors
    /// As [`NoteTemplate::write`]; [`Refusal::InvalidTransition`] once retired, [`Refusal::VersionMismatch`] when it was changed since.
    pub fn change(self, draft: TemplateDraft, expected: i32, actor: &Actor) -> Result<Change<Self>, Refusal> {
        Ok(self.next("change", expected, actor)?.written(draft)?.told("note_template.changed"))
    }

    /// Offers it no longer.
    ///
    /// # Errors
    /// As [`NoteTemplate::change`].
    pub fn retire(self, expected: i32, actor: &Actor, now: Timestamp) -> Result<Change<Self>, Refusal> {
        let next = self.next("retire", expected, actor)?;
        Ok(Self { retired_at: Some(now), ..next }.told("note_template.retired"))
    }

    /// Whether the actor may know of it: the practice's all who treat or run it, a therapist's they alone.
    #[must_use]
    pub fn is_known_to(&self, actor: &Actor) -> bool {
        self.owner.is_none_or(|owner| actor.therapist() == Some(owner))
    }

    fn next(self, step: &'static str, expected: i32, actor: &Actor) -> Result<Self, Refusal> {
        if !self.is_known_to(actor) {
            return Err(Refusal::NotThere);
        }
        self.require_keeper(actor)?;
        if self.retired_at.is_some() {
            return Err(Refusal::InvalidTransition { what: "note_template", from: "retired", step });
        }
        if self.version != expected {
            return Err(Refusal::VersionMismatch);
        }
        Ok(Self { version: self.version.saturating_add(1), ..self })
    }

    fn require_keeper(&self, actor: &Actor) -> Result<(), Refusal> {
        let keeps = match self.owner {
            None => actor.has(Role::Admin),
            Some(owner) => actor.therapist() == Some(owner),
        };
        if keeps { Ok(()) } else { Err(Refusal::Forbidden { operation: "note_templates.write" }) }
    }

    fn written(self, draft: TemplateDraft) -> Result<Self, Refusal> {
        let mut fields = Fields::default();
        let name = fields.text("/name", &draft.name, 1..=200);
        let told = "what a client says, reports, rates and feels belongs to one session and to no template";
        fields.require(draft.content.is_of_nobody(), "/content", "of_a_client", told);
        let name = fields.finish(|| name)?;
        draft.content.check("/content")?;
        Ok(Self { name, content: draft.content, ..self })
    }

    fn told(self, action: &'static str) -> Change<Self> {
        let event = Event::new(action, self.id);
        Change::new(self, event)
    }
}

/// What is said where there is no template to begin with.
#[must_use]
pub fn no_such_template() -> Refusal {
    let message = "must be a template that is offered to you";
    Refusal::Fields(vec![Violation::at("/start_from/template", "unknown", message)])
}
