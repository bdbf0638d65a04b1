//! Signing notes, one or several, and co-signing a trainee's.

use actix_web::post;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::NoteView;
use crate::http::answer::{shown, versioned};
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Json, Problem};
use crate::kernel::ids::NoteId;
use crate::kernel::refusal::{Refusal, Violation};
use crate::notes::acts;
use crate::policies;

policies! {
    /// Signing a note.
    SignNote = "session_notes.sign": [Therapist];
    /// Signing several.
    SignNotes = "session_notes.sign_several": [Therapist];
    /// Putting a supervisor's name under a trainee's note.
    CosignNote = "session_notes.cosign": [Therapist];
}

/// The most notes that are signed in one call.
const MOST: usize = 50;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(sign_session_notes).service(sign_session_note).service(cosign_session_note);
}

/// Sign a note, for good
///
/// Asks for `POST /auth/step-up` first. Not before the booked start. The signature covers the whole note, and freezes the therapist's credentials
/// for the day of the session and what the booking decision finds of it. Nothing either says prevents it. What is still marked as carried over
/// stays marked. A trainee's note then waits for their supervisor's name.
#[utoipa::path(tag = "notes", params(IfMatchHeader),
    responses((status = 200, body = NoteView), (status = 403, description = "forbidden or step_up_required"),
        (status = 409, description = "invalid_transition"), (status = 422, description = "policy_violation or invalid_fields")))]
#[post("/session-notes/{id}/sign")]
async fn sign_session_note(guard: Guard<SignNote, (At<NoteId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    let vault = guard.vault();
    let filed = guard.write(move |tx| acts::sign(tx, &vault, id, version)).await?;
    versioned(filed.note.version, &NoteView::from(&filed))
}

/// The notes to be signed.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"notes": [{"id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "version": 2, "confirmed": true}]}))]
struct SignAsk {
    /// At most 50.
    #[schema(min_items = 1, max_items = 50)]
    notes: Vec<SignOneAsk>,
}

/// One of them.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignOneAsk {
    id: NoteId,
    /// As it was read.
    version: i32,
    /// That it was read, and is to be signed.
    confirmed: bool,
}

/// What became of each, in the order they were sent.
#[derive(Serialize, ToSchema)]
struct SignedView {
    items: Vec<SignedOneView>,
}

/// What became of one.
#[derive(Serialize, ToSchema)]
struct SignedOneView {
    id: NoteId,
    signed: bool,
    /// The note, if it is signed.
    note: Option<NoteView>,
    /// Why it is not, as a problem (RFC 9457).
    #[schema(value_type = Option<Object>)]
    problem: Option<Value>,
}

/// Sign several notes, each confirmed
///
/// Each is signed, or refused, by itself and as if it had been sent alone.
#[utoipa::path(tag = "notes", request_body = SignAsk,
    responses((status = 200, body = SignedView)))]
#[post("/session-notes/sign")]
async fn sign_session_notes(guard: Guard<SignNotes, Json<SignAsk>>) -> Answer {
    let notes = guard.input.0.notes.clone();
    if !(1..=MOST).contains(&notes.len()) {
        return Err(Problem::field(Violation::at("/notes", "out_of_range", "must be 1 to 50 notes")));
    }
    let mut items = Vec::with_capacity(notes.len());
    for (at, one) in notes.into_iter().enumerate() {
        let signed = sign_one(&guard, at, one).await;
        let (note, problem) = match signed {
            Ok(view) => (Some(view), None),
            Err(problem) => (None, Some(problem.told())),
        };
        items.push(SignedOneView { id: one.id, signed: note.is_some(), note, problem });
    }
    shown(&SignedView { items })
}

async fn sign_one(
    guard: &Guard<SignNotes, Json<SignAsk>>,
    at: usize,
    SignOneAsk { id, version, confirmed }: SignOneAsk,
) -> Result<NoteView, Problem> {
    if !confirmed {
        let pointer = format!("/notes/{at}/confirmed");
        return Err(Refusal::Fields(vec![Violation::at(pointer, "not_confirmed", "must be true")]).into());
    }
    let vault = guard.vault();
    let filed = guard.write(move |tx| acts::sign(tx, &vault, id, version)).await?;
    Ok(NoteView::from(&filed))
}

/// Co-sign the note of somebody in training
///
/// By the supervisor whom the signature named, or who answers for its author now. Asks for `POST /auth/step-up` first. `GET
/// /session-notes?awaiting_cosignature=true` lists what waits.
#[utoipa::path(tag = "notes", params(IfMatchHeader),
    responses((status = 200, body = NoteView), (status = 403, description = "forbidden or step_up_required"),
        (status = 409, description = "invalid_transition")))]
#[post("/session-notes/{id}/cosign")]
async fn cosign_session_note(guard: Guard<CosignNote, (At<NoteId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    let filed = guard.write(move |tx| acts::cosign(tx, id, version)).await?;
    versioned(filed.note.version, &NoteView::from(&filed))
}
