//! How a note is shown.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::db::Fault;
use crate::kernel::ids::{AccountId, AddendumId, BookingId, ClientId, CredentialId, NoteId, TherapistId};
use crate::kernel::time::{Span, Timestamp};
use crate::notes::model::{Addendum, NoteState, PressureClass, Side};
use crate::notes::store::Filed;
use crate::text_schema;

text_schema!(NoteState, PressureClass, Side);

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
    /// SHA-256 of the content as canonical JSON (RFC 8785), in hexadecimal; once signed.
    content_hash: Option<String>,
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
            planned: note.planned.into(),
            actual: note.actual.map(TimeSpan::from),
            date_of_service: note.date_of_service,
            created_at: note.created_at,
            signed_at: note.signed_at,
            shared_at: filed.shared_at,
            content_hash: note.content_hash.clone(),
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
}

impl OpenNoteView {
    /// A note with its opened content and addenda.
    pub(super) fn new(filed: &Filed, content: Option<Value>, addenda: Vec<OpenAddendumView>) -> Result<Self, Fault> {
        let snapshot = filed.note.credentials_snapshot.as_deref().map(serde_json::from_str).transpose();
        let credentials_snapshot = snapshot.map_err(|_| Fault::Corrupt("a snapshot that is not JSON"))?;
        Ok(Self { note: filed.into(), content, addenda, credentials_snapshot })
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

/// The shapes of what the models themselves put into JSON, for the document: models know no HTTP. A test holds them to the models.
mod shape {
    use super::{CredentialId, NaiveDate, PressureClass, Side, Timestamp, ToSchema};

    /// What a note says.
    #[derive(ToSchema)]
    #[schema(as = NoteContent)]
    #[allow(dead_code, reason = "read by utoipa")]
    pub struct NoteContentShape {
        /// What the client says.
        #[schema(required = false, max_length = 20000)]
        subjective: String,
        /// What the therapist observes.
        #[schema(required = false, max_length = 20000)]
        objective: String,
        /// What the therapist makes of it.
        #[schema(required = false, max_length = 20000)]
        assessment: String,
        /// What comes next.
        #[schema(required = false, max_length = 20000)]
        plan: String,
        #[schema(required = false, max_items = 100)]
        schools: Vec<String>,
        #[schema(required = false, max_items = 100)]
        techniques: Vec<String>,
        /// The regions held, in their order.
        #[schema(required = false, max_items = 100)]
        regions: Vec<RegionHeldShape>,
        #[schema(required = false)]
        pressure: PressureClass,
        /// What the client reported during the session.
        #[schema(required = false, max_items = 100)]
        client_reports: Vec<String>,
        /// How the client was afterwards.
        #[schema(required = false, max_length = 20000)]
        response: String,
        #[schema(required = false, max_length = 20000)]
        homework: String,
        /// Ratings before and after, 0 to 10.
        #[schema(required = false, max_items = 100)]
        scores: Vec<ScoreShape>,
        /// What was done otherwise for each caution.
        #[schema(required = false, max_items = 100)]
        modifications: Vec<ModificationShape>,
    }

    /// A region that was held.
    #[derive(ToSchema)]
    #[schema(as = RegionHeld)]
    #[allow(dead_code, reason = "read by utoipa")]
    pub struct RegionHeldShape {
        #[schema(min_length = 1, max_length = 200)]
        region: String,
        side: Option<Side>,
    }

    /// How the client rated something.
    #[derive(ToSchema)]
    #[schema(as = Score)]
    #[allow(dead_code, reason = "read by utoipa")]
    pub struct ScoreShape {
        #[schema(min_length = 1, max_length = 200)]
        measure: String,
        #[schema(maximum = 10)]
        before: Option<u8>,
        #[schema(maximum = 10)]
        after: Option<u8>,
    }

    /// How the session was modified for a caution.
    #[derive(ToSchema)]
    #[schema(as = Modification)]
    #[allow(dead_code, reason = "read by utoipa")]
    pub struct ModificationShape {
        /// The finding's code.
        #[schema(min_length = 1, max_length = 200)]
        finding: String,
        #[schema(min_length = 1, max_length = 20000)]
        how: String,
    }

    /// What an addendum says.
    #[derive(ToSchema)]
    #[schema(as = AddendumContent)]
    #[allow(dead_code, reason = "read by utoipa")]
    pub struct AddendumShape {
        text: String,
    }

    /// Credentials as they stood.
    #[derive(ToSchema)]
    #[schema(as = CredentialsSnapshot)]
    #[allow(dead_code, reason = "read by utoipa")]
    pub struct SnapshotShape {
        /// The day of the session.
        valid_on: NaiveDate,
        /// When the note was signed; or when the last word about the credentials was recorded, if that seems later.
        known_at: Timestamp,
        credentials: Vec<CredentialThenShape>,
    }

    /// One credential as it stood.
    #[derive(ToSchema)]
    #[schema(as = CredentialThen)]
    #[allow(dead_code, reason = "read by utoipa")]
    pub struct CredentialThenShape {
        id: CredentialId,
        type_code: String,
        type_name: String,
        number: String,
        issuer: String,
        /// `valid`, `reverify_due`, or `self_attested`: on its holder's word alone, not verified.
        validity: String,
    }
}

pub(super) use shape::{AddendumShape, NoteContentShape, SnapshotShape};
