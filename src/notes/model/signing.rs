//! The signature: what it freezes, and the one document it covers.

use serde_json::{Value, json};

use super::note::{Note, NoteState, Writing};
use crate::kernel::change::Change;
use crate::kernel::ids::TherapistId;
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Span;
use crate::text_enum;

text_enum! {
    /// How far what is kept is what was signed.
    pub enum Integrity {
        /// All of it.
        Document = "document",
        /// The content; of the rest nothing is known. So it is of notes that were signed before signatures covered more.
        Content = "content",
        /// It is not.
        Broken = "broken",
    }
}

/// What a signature freezes beside the note.
#[derive(Clone, Copy)]
pub struct Signature<'a> {
    /// What the note says, opened.
    pub content: &'a Value,
    /// The therapist's credentials for the session's day, as JSON.
    pub credentials: &'a str,
    /// What the booking decision found for that day, as JSON.
    pub decision: &'a str,
    /// Who answers for the author, if they are in training.
    pub supervisor: Option<TherapistId>,
    /// SHA-256 of a value's canonical JSON, in hexadecimal.
    pub digest: fn(&Value) -> String,
}

impl Note {
    /// Signs it, for good.
    ///
    /// # Errors
    /// As [`Note::save_draft`], [`Refusal::InvalidTransition`] also when the session does not happen after all, and [`Refusal::Fields`] while there is no content, [`Refusal::PolicyViolation`] before the planned start,
    /// whatever the actual times say: those are the author's own word.
    pub fn sign(self, signature: Signature<'_>, expected: i32, at: Writing<'_>) -> Result<Change<Self>, Refusal> {
        let draft = self.draft("sign", expected, at)?;
        at.happens("sign")?;
        if draft.content.is_none() {
            return Err(Refusal::Fields(vec![Violation::at("/content", "required", "an empty note cannot be signed")]));
        }
        if !at.has_begun() {
            let detail = "a note is signed once its session has begun";
            return Err(Refusal::PolicyViolation { rule: "not_before_start", detail });
        }
        // Not the hash: from that of a very short note its words could be guessed, and admins read events.
        let event = draft.event("note.signed");
        let event = signature.supervisor.iter().fold(event, |event, one| event.with("supervisor", one));
        let signed = Self {
            state: NoteState::Signed,
            version: draft.version.saturating_add(1),
            signed_at: Some(at.now),
            content_hash: Some((signature.digest)(signature.content)),
            credentials_snapshot: Some(signature.credentials.to_owned()),
            decision_snapshot: Some(signature.decision.to_owned()),
            supervisor: signature.supervisor,
            carried: draft.carried.settled(),
            mac: None,
            ..draft
        };
        let document_hash = Some((signature.digest)(&signed.document(signature.content)));
        Ok(Change::new(Self { document_hash, ..signed }, event))
    }

    /// Everything a signed note says and rests on, in one value; its canonical JSON is what the signature covers. Whoever may read the note can
    /// put it together from what they are shown, and a row that was changed past the program no longer makes the same one.
    #[must_use]
    pub fn document(&self, content: &Value) -> Value {
        let span = |span: Span| json!({ "start": span.start(), "end": span.end() });
        let parsed = |text: &Option<String>| text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        json!({
            "id": self.id,
            "booking_id": self.booking,
            "client_id": self.client,
            "therapist_id": self.therapist,
            "author_id": self.author,
            "corrects_id": self.corrects,
            "supervisor_id": self.supervisor,
            "planned": span(self.planned),
            "actual": self.actual.map(span),
            "date_of_service": self.date_of_service,
            "created_at": self.created_at,
            "signed_at": self.signed_at,
            "version": self.version,
            "carried": self.carried.names(),
            "content": content,
            "credentials_snapshot": parsed(&self.credentials_snapshot),
            "decision_snapshot": parsed(&self.decision_snapshot),
        })
    }

    /// How far what is kept is still what was signed; nothing is said of a draft.
    #[must_use]
    pub fn integrity(&self, content: &Value, digest: fn(&Value) -> String) -> Option<Integrity> {
        if *self.content_hash.as_ref()? != digest(content) {
            return Some(Integrity::Broken);
        }
        Some(match &self.document_hash {
            None => Integrity::Content,
            Some(hash) if *hash == digest(&self.document(content)) => Integrity::Document,
            Some(_) => Integrity::Broken,
        })
    }
}
