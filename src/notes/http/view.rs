//! How a note is shown.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::shape::{AddendumShape, DecisionShape, NoteContentShape, SnapshotShape};
use crate::db::Fault;
use crate::kernel::ids::{AccountId, AddendumId, BookingId, ClientId, NoteId, TherapistId};
use crate::kernel::time::{Span, Timestamp};
use crate::notes::model::{Addendum, Filed, Integrity, NoteState};
use crate::notes::sealing;
use crate::text_schema;

text_schema!(NoteState);
text_schema!(Integrity);

/// A half-open span of time.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TimeSpan {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

impl From<Span> for TimeSpan {
    fn from(span: Span) -> Self {
        Self { start: span.start(), end: span.end() }
    }
}

/// Where a note stands.
pub(super) fn location(id: NoteId) -> String {
    format!("/api/v1/session-notes/{id}")
}

/// What is known of a note without opening it.
#[derive(Serialize, ToSchema)]
pub(super) struct NoteView {
    id: NoteId,
    booking_id: BookingId,
    client_id: ClientId,
    therapist_id: TherapistId,
    author_id: AccountId,
    state: NoteState,
    /// Whether addenda follow.
    amended: bool,
    /// When its author found that it was entered in error; it is kept, and is no longer what happened.
    entered_in_error_at: Option<Timestamp>,
    /// The note of the same session, entered in error, that this one replaces.
    corrects_id: Option<NoteId>,
    /// Who was asked for a co-signature: its author was in training.
    supervisor_id: Option<TherapistId>,
    cosigned_at: Option<Timestamp>,
    /// Whether the co-signature is still awaited.
    awaits_cosignature: bool,
    /// The parts that were carried over from another note or a template and not changed since.
    carried: Vec<String>,
    /// Whether another version of the draft, kept in a conflict, waits beside it.
    contested: bool,
    /// When the session was to be.
    planned: TimeSpan,
    /// When it was.
    actual: Option<TimeSpan>,
    /// The session's day, in the zone it was booked in.
    date_of_service: NaiveDate,
    /// The time of entry.
    created_at: Timestamp,
    signed_at: Option<Timestamp>,
    /// When it was opened to the client.
    shared_at: Option<Timestamp>,
    /// Whether the client has it in plain language.
    summarised: bool,
    /// SHA-256 of the content as canonical JSON (RFC 8785), in hexadecimal; once signed.
    content_hash: Option<String>,
    /// The same of the whole document that the signature covers: the note's ids, times, marks, content and snapshots.
    document_hash: Option<String>,
    version: i32,
}

impl From<&Filed> for NoteView {
    fn from(filed: &Filed) -> Self {
        let note = &filed.note;
        Self {
            id: note.id,
            booking_id: note.booking,
            client_id: note.client,
            therapist_id: note.therapist,
            author_id: note.author,
            state: note.state,
            amended: filed.amended,
            entered_in_error_at: filed.entered_in_error_at,
            corrects_id: note.corrects,
            supervisor_id: note.supervisor,
            cosigned_at: filed.cosigned_at,
            awaits_cosignature: filed.awaits_cosignature(),
            carried: note.carried.names(),
            contested: filed.contested,
            planned: note.planned.into(),
            actual: note.actual.map(TimeSpan::from),
            date_of_service: note.date_of_service,
            created_at: note.created_at,
            signed_at: note.signed_at,
            shared_at: filed.shared_at,
            summarised: filed.summarised,
            content_hash: note.content_hash.clone(),
            document_hash: note.document_hash.clone(),
            version: note.version,
        }
    }
}

/// A page of notes, unopened.
#[derive(Serialize, ToSchema)]
pub(super) struct NotesView {
    pub(super) items: Vec<NoteView>,
    pub(super) next_cursor: Option<uuid::Uuid>,
}

/// A note, opened.
#[derive(Serialize, ToSchema)]
pub(super) struct OpenNoteView {
    #[serde(flatten)]
    note: NoteView,
    /// What it says, just as it was saved; absent until the first save.
    #[schema(value_type = Option<NoteContentShape>)]
    content: Option<Value>,
    addenda: Vec<OpenAddendumView>,
    /// The therapist's credentials for the day of the session, as known at the signature.
    #[schema(value_type = Option<SnapshotShape>)]
    credentials_snapshot: Option<Value>,
    /// What the booking decision found for that day, asked once more at the signature.
    #[schema(value_type = Option<DecisionShape>)]
    decision_snapshot: Option<Value>,
    /// How far what is kept is what was signed, hashed anew; absent of a draft. `document`: all of it. `content`: what it says, for a note that was
    /// signed before signatures covered more. `broken`: it is not.
    intact: Option<Integrity>,
    /// Why it was entered in error.
    error_reason: Option<String>,
}

/// What was opened of a note.
pub(super) struct Opened {
    pub(super) content: Option<Value>,
    pub(super) addenda: Vec<OpenAddendumView>,
    /// Why it was entered in error.
    pub(super) reason: Option<Value>,
}

impl OpenNoteView {
    /// A note with what was opened of it.
    pub(super) fn new(filed: &Filed, opened: Opened) -> Result<Self, Fault> {
        let note = &filed.note;
        let parsed = |text: &Option<String>| {
            let value = text.as_deref().map(serde_json::from_str::<Value>).transpose();
            value.map_err(|_| Fault::Corrupt("a snapshot that is not JSON"))
        };
        let text = |value: &Value| value.get("text").and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            intact: opened.content.as_ref().and_then(|content| note.integrity(content, sealing::digest)),
            credentials_snapshot: parsed(&note.credentials_snapshot)?,
            decision_snapshot: parsed(&note.decision_snapshot)?,
            error_reason: opened.reason.as_ref().and_then(text),
            note: filed.into(),
            content: opened.content,
            addenda: opened.addenda,
        })
    }

    pub(super) fn version(&self) -> i32 {
        self.note.version
    }
}

/// What is known of an addendum without opening it.
#[derive(Serialize, ToSchema)]
pub(super) struct AddendumView {
    id: AddendumId,
    note_id: NoteId,
    author_id: AccountId,
    signed_at: Timestamp,
}

impl From<&Addendum> for AddendumView {
    fn from(addendum: &Addendum) -> Self {
        Self { id: addendum.id, note_id: addendum.note, author_id: addendum.author, signed_at: addendum.signed_at }
    }
}

/// An addendum, opened.
#[derive(Serialize, ToSchema)]
pub(super) struct OpenAddendumView {
    #[serde(flatten)]
    addendum: AddendumView,
    #[schema(value_type = AddendumShape)]
    content: Value,
}

impl OpenAddendumView {
    pub(super) fn new(addendum: &Addendum, content: Value) -> Self {
        Self { addendum: addendum.into(), content }
    }
}
