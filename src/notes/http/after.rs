//! What follows a signature: sharing, summaries, addenda, and what was entered in error.

use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::{AddendumView, NoteView, location};
use crate::accounts::require_step_up;
use crate::http::answer::{created, made, shown};
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::kernel::ids::{AccountId, AddendumId, NoteId, NoteSummaryId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::notes::acts::held;
use crate::notes::model::{AddendumContent, Filed, Summary};
use crate::notes::{sealing, store};
use crate::{policies, therapists};

policies! {
    /// Opening a signed note to its client.
    ShareNote = "session_notes.share": [Therapist];
    /// Telling a client of a signed note in plain language.
    SummariseNote = "session_notes.summarise": [Therapist];
    /// Reading what is told in plain language.
    ReadSummary = "session_notes.read_summary": [Therapist, Client];
    /// Adding to a signed note.
    AmendNote = "session_notes.amend": [Therapist];
    /// Marking a signed note as entered in error.
    EnterInError = "session_notes.enter_in_error": [Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(share_session_note)
        .service(summarise_session_note)
        .service(read_session_note_summary)
        .service(amend_session_note)
        .service(enter_session_note_in_error);
}

/// Open a signed note to its client
///
/// Asking again changes nothing. A trainee's note is co-signed first.
#[utoipa::path(tag = "notes",
    responses((status = 200, body = NoteView), (status = 409, description = "invalid_transition"),
        (status = 422, description = "policy_violation")))]
#[post("/session-notes/{id}/share")]
async fn share_session_note(guard: Guard<ShareNote, At<NoteId>>) -> Answer {
    let id = guard.input.0;
    let filed = guard
        .write(move |tx| {
            let filed = held(tx, id)?;
            let actor = tx.actor();
            let share = filed.share(&actor, tx.now())?;
            if filed.shared_at.is_some() {
                return Ok(filed);
            }
            let share = tx.save(share)?;
            Ok(Filed { shared_at: Some(share.shared_at), ..filed })
        })
        .await?;
    shown(&NoteView::from(&filed))
}

/// What the client is told.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "We worked at your neck and lower back. Rest today, and drink a little more than usual."}))]
struct SummaryAsk {
    #[schema(min_length = 1, max_length = 20000)]
    text: String,
}

/// A note in plain language, unopened.
#[derive(Serialize, ToSchema)]
struct SummaryView {
    id: NoteSummaryId,
    note_id: NoteId,
    author_id: AccountId,
    shared_at: Timestamp,
}

impl From<&Summary> for SummaryView {
    fn from(summary: &Summary) -> Self {
        Self { id: summary.id, note_id: summary.note, author_id: summary.author, shared_at: summary.shared_at }
    }
}

/// A note in plain language.
#[derive(Serialize, ToSchema)]
struct OpenSummaryView {
    #[serde(flatten)]
    summary: SummaryView,
    text: String,
}

/// Tell the client of a signed note in plain language
///
/// The client, and who acts for them, reads this and not the note, unless that is shared as well. Another summary takes its place in their eyes; both
/// are kept. The answer does not repeat the text.
#[utoipa::path(tag = "notes", request_body = SummaryAsk, params(IdempotencyHeader),
    responses((status = 201, body = SummaryView), (status = 409, description = "invalid_transition or idempotency_in_progress"),
        (status = 422, description = "policy_violation or invalid_fields")))]
#[post("/session-notes/{id}/summary")]
async fn summarise_session_note(guard: Guard<SummariseNote, (At<NoteId>, Json<SummaryAsk>)>) -> Answer {
    let (At(id), Json(ask)) = guard.input.clone();
    let content = AddendumContent { text: ask.text };
    content.check("")?;
    let vault = guard.vault();
    let receipt = guard
        .create(move |tx| {
            let filed = held(tx, id)?;
            let (actor, now) = (tx.actor(), tx.now());
            let summary = NoteSummaryId::new(now);
            let sealed = sealing::seal(&vault, tx, sealing::of_summary(filed.note.client, summary), &content)?;
            let summary = tx.save(filed.summarise(summary, sealed, &actor, now)?)?;
            created(format!("{}/summary", location(id)), 1, &SummaryView::from(&summary))
        })
        .await?;
    made(&receipt)
}

/// Read a note in plain language
///
/// The last that was written, for those who may read the note, and for the client and who acts for them unless the note was entered in error. Each look is kept on the client's record.
#[utoipa::path(tag = "notes", responses((status = 200, body = OpenSummaryView)))]
#[get("/session-notes/{id}/summary")]
async fn read_session_note_summary(guard: Guard<ReadSummary, At<NoteId>>) -> Answer {
    let id = guard.input.0;
    let look = guard
        .write(move |tx| {
            let actor = tx.actor();
            let summary = store::summary(tx, &actor, id)?.ok_or(Refusal::NotThere)?;
            tx.look(sealing::SUMMARY_VIEWED, summary.id, summary.client)
        })
        .await?;
    let vault = guard.vault();
    let view = guard
        .read(move |view| {
            let actor = view.actor();
            let summary = store::summary(view, &actor, id)?.ok_or(Refusal::NotThere)?;
            let told = sealing::open_summary(&vault, view, &look, &summary)?;
            let text = told.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
            Ok(OpenSummaryView { summary: SummaryView::from(&summary), text })
        })
        .await?;
    shown(&view)
}

/// What is to be added.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "The left side was meant, not the right."}))]
struct AddendumAsk {
    #[schema(min_length = 1, max_length = 20000)]
    text: String,
}

/// Add to a signed note
///
/// An addendum is signed as it is written, so it asks for `POST /auth/step-up` first. Whoever is in training adds only while the note waits for
/// their supervisor's name. The answer does not repeat its text; the note shows it.
#[utoipa::path(tag = "notes", request_body = AddendumAsk, params(IdempotencyHeader),
    responses((status = 201, body = AddendumView), (status = 403, description = "forbidden or step_up_required"),
        (status = 409, description = "invalid_transition or idempotency_in_progress"),
        (status = 422, description = "policy_violation or invalid_fields")))]
#[post("/session-notes/{id}/addenda")]
async fn amend_session_note(guard: Guard<AmendNote, (At<NoteId>, Json<AddendumAsk>)>) -> Answer {
    let (At(id), Json(ask)) = guard.input.clone();
    let content = AddendumContent { text: ask.text };
    content.check("")?;
    let vault = guard.vault();
    let receipt = guard
        .create(move |tx| {
            let filed = held(tx, id)?;
            let (actor, now) = (tx.actor(), tx.now());
            filed.note.authored(&actor)?;
            require_step_up(tx, &actor)?;
            let addendum = AddendumId::new(now);
            let place = sealing::of_addendum(filed.note.client, id, addendum);
            let sealed = sealing::seal(&vault, tx, place, &content)?;
            let in_training = !therapists::store::therapist(tx, filed.note.therapist)?.answers_for_themself();
            let addendum = tx.save(filed.amend(addendum, sealed, in_training, (&actor, now))?)?;
            created(location(id), filed.note.version, &AddendumView::from(&addendum))
        })
        .await?;
    made(&receipt)
}

/// Why a note was entered in error.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Written for the client before."}))]
struct ErrorAsk {
    /// Sealed, as the note is.
    #[schema(min_length = 1, max_length = 20000)]
    reason: String,
}

/// Mark a signed note as entered in error
///
/// By its author, with a reason; asks for `POST /auth/step-up` first. The note is kept and shown as such, and takes nothing more; its client is
/// told that it was in error and reads no word of it any more. The session may be given another note, which says which one it replaces.
#[utoipa::path(tag = "notes", request_body = ErrorAsk, params(IfMatchHeader),
    responses((status = 200, body = NoteView), (status = 403, description = "forbidden or step_up_required"),
        (status = 409, description = "invalid_transition")))]
#[post("/session-notes/{id}/enter-in-error")]
async fn enter_session_note_in_error(guard: Guard<EnterInError, (At<NoteId>, IfMatch, Json<ErrorAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let content = AddendumContent { text: ask.reason };
    content.check_as("/reason")?;
    let vault = guard.vault();
    let filed = guard
        .write(move |tx| {
            let filed = held(tx, id)?;
            let (actor, now) = (tx.actor(), tx.now());
            filed.note.authored(&actor)?;
            require_step_up(tx, &actor)?;
            if filed.note.version != version {
                return Err(Refusal::VersionMismatch.into());
            }
            let sealed = sealing::seal(&vault, tx, sealing::of_reason(&filed.note), &content)?;
            let error = tx.save(filed.enter_in_error(sealed, &actor, now)?)?;
            Ok(Filed { entered_in_error_at: Some(error.entered_at), ..filed })
        })
        .await?;
    shown(&NoteView::from(&filed))
}
