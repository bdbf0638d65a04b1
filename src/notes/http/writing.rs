//! Beginning notes and saving drafts.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, post, put};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::shape::NoteContentShape;
use super::view::{NoteView, TimeSpan, location};
use crate::http::answer::{created, made, tagged, versioned};
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, At, Guard, Json, Known};
use crate::kernel::ids::{BookingId, NoteId, NoteTemplateId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Span;
use crate::notes::acts::{self, Saving, StartFrom};
use crate::notes::model::NoteContent;
use crate::policies;

policies! {
    /// Beginning a note.
    StartNote = "session_notes.start": [Therapist];
    /// Saving a draft.
    SaveDraft = "session_notes.save_draft": [Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(start_session_note).service(save_session_note_draft);
}

/// Which session the note is of, and what it begins with.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"booking_id": "0197a3a0-5b1e-7c3d-8f00-000000000001"}))]
struct StartAsk {
    booking_id: BookingId,
    /// An id of the device's own choosing, a UUID version 7.
    id: Option<NoteId>,
    /// Blank, if absent.
    start_from: Option<StartFromAsk>,
}

/// What a note begins with: `"last"`, the last note of the client that was signed before this session, but for what the client said, reported,
/// rated and felt; or `{"template": id}`.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StartFrom)]
enum StartFromAsk {
    Last,
    Template(NoteTemplateId),
}

impl From<StartFromAsk> for StartFrom {
    fn from(ask: StartFromAsk) -> Self {
        match ask {
            StartFromAsk::Last => Self::Last,
            StartFromAsk::Template(id) => Self::Template(id),
        }
    }
}

/// Begin the note of a session
///
/// By the booking's therapist, once the client is checked in or the session's start is reached. A booking has one note, and another once that was
/// entered in error. What is carried over is marked in `carried` until it is changed.
#[utoipa::path(tag = "notes", request_body = StartAsk, params(IdempotencyHeader),
    responses((status = 201, body = NoteView), (status = 404, description = "not_found"),
        (status = 409, description = "already_exists, invalid_transition or idempotency_in_progress"),
        (status = 422, description = "policy_violation or invalid_fields")))]
#[post("/session-notes")]
async fn start_session_note(guard: Guard<StartNote, Json<StartAsk>>) -> Answer {
    let ask = guard.input.0.clone();
    ask.id.map_or(Ok(()), |id| is_of_our_kind(id, "/id"))?;
    let vault = guard.vault();
    let receipt = guard
        .create(move |tx| {
            let filed = acts::start(tx, &vault, ask.id, ask.booking_id, ask.start_from.map(StartFrom::from))?;
            created(location(filed.note.id), filed.note.version, &NoteView::from(&filed))
        })
        .await?;
    made(&receipt)
}

fn is_of_our_kind(id: NoteId, pointer: &str) -> Result<(), Refusal> {
    let fault = || Refusal::Fields(vec![Violation::at(pointer, "not_version_7", "must be a UUID version 7")]);
    if id.0.get_version_num() == 7 { Ok(()) } else { Err(fault()) }
}

/// The whole content, and when the session really was.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"content": {"subjective": "slept badly", "regions": [{"region": "sacrum", "side": "midline", "point": {"view": "back", "x": 500, "y": 560}}], "plan": "again in two weeks"}}))]
struct DraftAsk {
    #[schema(value_type = NoteContentShape)]
    content: NoteContent,
    actual: Option<TimeSpan>,
    /// Which session the note is of; with `If-None-Match: *`, and passed over otherwise.
    booking_id: Option<BookingId>,
}

impl DraftAsk {
    /// What is to be kept, once every field is found in order.
    fn checked(self) -> Result<Saving, Refusal> {
        self.content.check("/content")?;
        let span = |actual: TimeSpan| {
            Span::new(actual.start, actual.end).ok_or_else(|| {
                Refusal::Fields(vec![Violation::at("/actual/end", "not_after_start", "must be later than the start")])
            })
        };
        Ok(Saving { actual: self.actual.map(span).transpose()?, content: self.content })
    }
}

/// The headers of a save: one of the two.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "read by utoipa")]
struct KnownHeaders {
    /// The entity tag that was read, such as `"3"`.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
    /// `*`: the note is new, and its id the device's own choosing.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

/// Save a draft
///
/// Replaces the whole content. A device may choose a note's id, a UUID version 7, and begin it by its first save, with `If-None-Match: *` and
/// `booking_id`. Nothing that was sent is lost: what was written upon an older version, or begun on two devices, is answered 412 with
/// `sibling`, where it is kept beside the note; the same save sent again succeeds again. The actual time lies within a day of the planned one. A
/// draft whose session was called off is still saved, and cannot be signed.
#[utoipa::path(tag = "notes", request_body = DraftAsk, params(KnownHeaders),
    responses((status = 200, body = NoteView), (status = 201, description = "It is begun.", body = NoteView),
        (status = 409, description = "invalid_transition or already_exists"),
        (status = 412, description = "version_mismatch, with `sibling` where what was sent is kept")))]
#[put("/session-notes/{id}/draft")]
async fn save_session_note_draft(guard: Guard<SaveDraft, (At<NoteId>, Known, Json<DraftAsk>)>) -> Answer {
    let (At(id), known, Json(ask)) = guard.input.clone();
    let (vault, booking) = (guard.vault(), ask.booking_id);
    let saving = ask.checked()?;
    let Known::Version(version) = known else {
        return begin_with(&guard, id, booking, saving).await;
    };
    let filed = guard.write(move |tx| acts::save(tx, &vault, id, version, saving.clone())).await?;
    versioned(filed.note.version, &NoteView::from(&filed))
}

/// The first save of a note whose id the device chose.
async fn begin_with(
    guard: &Guard<SaveDraft, (At<NoteId>, Known, Json<DraftAsk>)>,
    id: NoteId,
    booking: Option<BookingId>,
    saving: Saving,
) -> Answer {
    is_of_our_kind(id, "id")?;
    let missing = || Refusal::Fields(vec![Violation::at("/booking_id", "missing", "is required with If-None-Match")]);
    let (vault, booking) = (guard.vault(), booking.ok_or_else(missing)?);
    let (filed, begun) = guard.write(move |tx| acts::first_save(tx, &vault, id, booking, saving.clone())).await?;
    let view = NoteView::from(&filed);
    if !begun {
        return versioned(filed.note.version, &view);
    }
    Ok(tagged(&mut HttpResponse::Created(), filed.note.version).insert_header((LOCATION, location(id))).json(view))
}
