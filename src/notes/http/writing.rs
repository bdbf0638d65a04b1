//! Writing, signing, sharing and amending notes.

use actix_web::{post, put};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::{AddendumView, NoteContentShape, NoteView, TimeSpan};
use crate::bookings;
use crate::bookings::model::Booking;
use crate::credentials::{self, model::AsOf};
use crate::db::{Fault, Lock, Stop, Tx};
use crate::http::answer::{created, made, shown, versioned};
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::kernel::ids::{AddendumId, BookingId, NoteId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Span;
use crate::notes::model::{AddendumContent, CredentialsSnapshot, Note, NoteContent, Signature, Writing};
use crate::notes::sealing;
use crate::notes::store::{self, Filed};
use crate::places;
use crate::policies;
use crate::vault::Vault;

policies! {
    /// Beginning a note.
    StartNote = "session_notes.start": [Therapist];
    /// Saving a draft.
    SaveDraft = "session_notes.save_draft": [Therapist];
    /// Signing a note.
    SignNote = "session_notes.sign": [Therapist];
    /// Opening a signed note to its client.
    ShareNote = "session_notes.share": [Therapist];
    /// Adding to a signed note.
    AmendNote = "session_notes.amend": [Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(start_session_note)
        .service(save_session_note_draft)
        .service(sign_session_note)
        .service(share_session_note)
        .service(amend_session_note);
}

/// Which session the note is of.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"booking_id": "0197a3a0-5b1e-7c3d-8f00-000000000001"}))]
struct StartAsk {
    booking_id: BookingId,
    /// An id of the device's own choosing, a UUID version 7.
    id: Option<NoteId>,
}

/// Begin the note of a session
///
/// By the booking's therapist, once the client is checked in or the session's start is reached. A booking has one note.
#[utoipa::path(tag = "notes", request_body = StartAsk, params(IdempotencyHeader),
    responses((status = 201, body = NoteView), (status = 404, description = "not_found"),
        (status = 409, description = "already_exists, invalid_transition or idempotency_in_progress"),
        (status = 422, description = "policy_violation or invalid_fields")))]
#[post("/session-notes")]
async fn start_session_note(guard: Guard<StartNote, Json<StartAsk>>) -> Answer {
    let ask = guard.input.0.clone();
    if ask.id.is_some_and(|id| id.0.get_version_num() != 7) {
        return Err(Refusal::Fields(vec![Violation::at("/id", "not_version_7", "must be a UUID version 7")]).into());
    }
    let receipt = guard
        .create(move |tx| {
            let actor = tx.actor();
            let client = bookings::store::booking(tx, &actor, ask.booking_id)?.client;
            tx.lock(&[Lock::Client(client)])?;
            let booking = bookings::store::booking(tx, &actor, ask.booking_id)?;
            let now = tx.now();
            let id = ask.id.unwrap_or_else(|| NoteId::new(now));
            let note = tx.save(Note::start(id, Writing { booking: &booking, actor: &actor, now })?)?;
            let filed = Filed { note, shared_at: None, amended: false };
            created(location(id), filed.note.version, &NoteView::from(&filed))
        })
        .await?;
    made(&receipt)
}

/// The whole content, and when the session really was.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"content": {"subjective": "slept badly", "regions": [{"region": "sacrum", "side": "midline"}], "plan": "again in two weeks"}}))]
struct DraftAsk {
    #[schema(value_type = NoteContentShape)]
    content: NoteContent,
    actual: Option<TimeSpan>,
}

impl DraftAsk {
    /// The session's actual span, once every field is found in order.
    fn check(&self) -> Result<Option<Span>, Refusal> {
        self.content.check("/content")?;
        let span = |actual: TimeSpan| {
            Span::new(actual.start, actual.end).ok_or_else(|| {
                Refusal::Fields(vec![Violation::at("/actual/end", "not_after_start", "must be later than the start")])
            })
        };
        self.actual.map(span).transpose()
    }
}

/// Save a draft
///
/// Replaces the whole content. A save that names an older version is refused and changes nothing, so the device still has what it sent. The
/// actual time lies within a day of the planned one. A draft whose session was called off is not saved any more.
#[utoipa::path(tag = "notes", request_body = DraftAsk, params(IfMatchHeader),
    responses((status = 200, body = NoteView), (status = 409, description = "invalid_transition")))]
#[put("/session-notes/{id}/draft")]
async fn save_session_note_draft(guard: Guard<SaveDraft, (At<NoteId>, IfMatch, Json<DraftAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let actual = ask.check()?;
    let vault = guard.vault();
    let filed = guard
        .write(move |tx| {
            let (filed, booking) = locked(tx, id)?;
            let sealed = sealing::seal(&vault, tx, sealing::of_note(&filed.note), &ask.content)?;
            let (actor, now) = (tx.actor(), tx.now());
            let at = Writing { booking: &booking, actor: &actor, now };
            let note = tx.save(filed.note.save_draft(sealed, actual, version, at)?)?;
            Ok(Filed { note, ..filed })
        })
        .await?;
    versioned(filed.note.version, &NoteView::from(&filed))
}

/// Sign a note, for good
///
/// Not before the booked start. Freezes the content's hash and the therapist's credentials for the day of the session. Nothing a credential
/// says prevents it.
#[utoipa::path(tag = "notes", params(IfMatchHeader),
    responses((status = 200, body = NoteView), (status = 409, description = "invalid_transition"),
        (status = 422, description = "policy_violation or invalid_fields")))]
#[post("/session-notes/{id}/sign")]
async fn sign_session_note(guard: Guard<SignNote, (At<NoteId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    let vault = guard.vault();
    let filed = guard
        .write(move |tx| {
            let (filed, booking) = locked(tx, id)?;
            let (actor, now) = (tx.actor(), tx.now());
            let at = Writing { booking: &booking, actor: &actor, now };
            let signature = signature(tx, &vault, &filed.note, at.date_of_service())?;
            let note = tx.save(filed.note.sign(signature, version, at)?)?;
            Ok(Filed { note, ..filed })
        })
        .await?;
    versioned(filed.note.version, &NoteView::from(&filed))
}

/// A note and its booking as they stand, with the therapist and the client of both locked.
fn locked(tx: &mut Tx<'_>, id: NoteId) -> Result<(Filed, Booking), Stop> {
    let actor = tx.actor();
    // Whose note it is never changes; the rest is read once nobody else can change it.
    let Note { therapist, client, .. } = store::note(tx, &actor, id)?.note;
    tx.lock(&[Lock::Therapist(therapist), Lock::Client(client)])?;
    let filed = store::note(tx, &actor, id)?;
    let booking = bookings::store::booking(tx, &actor, filed.note.booking)?;
    Ok((filed, booking))
}

/// What a signature of this note, now, would freeze.
fn signature(tx: &mut Tx<'_>, vault: &Vault, note: &Note, on: NaiveDate) -> Result<Signature, Stop> {
    let held = credentials::store::held(tx, note.therapist)?;
    let types = credentials::store::catalogue(tx)?;
    let grace_days = places::store::settings(tx)?.reverify_grace_days;
    let as_of = AsOf::known_so_far(on, &held, tx.now());
    let snapshot = CredentialsSnapshot::take(&held, &types, as_of, grace_days);
    let credentials_snapshot =
        serde_json::to_string(&snapshot).map_err(|_| Fault::Corrupt("a snapshot that is not JSON"))?;
    Ok(Signature { content_hash: sealing::fingerprint(vault, tx, note)?, credentials_snapshot })
}

/// Open a signed note to its client
///
/// Asking again changes nothing.
#[utoipa::path(tag = "notes",
    responses((status = 200, body = NoteView), (status = 409, description = "invalid_transition")))]
#[post("/session-notes/{id}/share")]
async fn share_session_note(guard: Guard<ShareNote, At<NoteId>>) -> Answer {
    let id = guard.input.0;
    let filed = guard
        .write(move |tx| {
            let actor = tx.actor();
            let filed = store::note(tx, &actor, id)?;
            let share = filed.note.share(&actor, tx.now())?;
            if filed.shared_at.is_some() {
                return Ok(filed);
            }
            let share = tx.save(share)?;
            Ok(Filed { shared_at: Some(share.shared_at), ..filed })
        })
        .await?;
    shown(&NoteView::from(&filed))
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
/// An addendum is signed as it is written. The answer does not repeat its text; the note shows it.
#[utoipa::path(tag = "notes", request_body = AddendumAsk, params(IdempotencyHeader),
    responses((status = 201, body = AddendumView), (status = 409, description = "invalid_transition or idempotency_in_progress")))]
#[post("/session-notes/{id}/addenda")]
async fn amend_session_note(guard: Guard<AmendNote, (At<NoteId>, Json<AddendumAsk>)>) -> Answer {
    let (At(id), Json(ask)) = guard.input.clone();
    let content = AddendumContent { text: ask.text };
    content.check("")?;
    let vault = guard.vault();
    let receipt = guard
        .create(move |tx| {
            let (actor, now) = (tx.actor(), tx.now());
            let note = store::note(tx, &actor, id)?.note;
            let addendum = AddendumId::new(now);
            let place = sealing::of_addendum(note.client, note.id, addendum);
            let sealed = sealing::seal(&vault, tx, place, &content)?;
            let addendum = tx.save(note.amend(addendum, sealed, &actor, now)?)?;
            created(location(id), note.version, &AddendumView::from(&addendum))
        })
        .await?;
    made(&receipt)
}

fn location(id: NoteId) -> String {
    format!("/api/v1/session-notes/{id}")
}
