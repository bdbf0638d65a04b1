//! What lost a conflict over a draft, and what its author does about it.

use actix_web::{delete, get, post};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::shape::NoteContentShape;
use super::view::{NoteView, TimeSpan};
use crate::http::answer::{done, shown, versioned};
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Under};
use crate::kernel::ids::{NoteId, NoteSiblingId};
use crate::kernel::time::Timestamp;
use crate::notes::model::Sibling;
use crate::notes::{acts, sealing, store};
use crate::policies;

policies! {
    /// Listing what is kept beside a note.
    ListSiblings = "session_notes.list_siblings": [Therapist];
    /// Reading it.
    ReadSibling = "session_notes.read_sibling": [Therapist];
    /// Taking it up.
    AdoptSibling = "session_notes.adopt_sibling": [Therapist];
    /// Giving it up.
    DiscardSibling = "session_notes.discard_sibling": [Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_session_note_siblings)
        .service(read_session_note_sibling)
        .service(adopt_session_note_sibling)
        .service(discard_session_note_sibling);
}

/// What was kept in a conflict, unopened.
#[derive(Serialize, ToSchema)]
struct SiblingView {
    id: NoteSiblingId,
    note_id: NoteId,
    /// The version it was written upon; 0 where the note was not known to exist.
    base_version: i32,
    kept_at: Timestamp,
}

impl From<&Sibling> for SiblingView {
    fn from(sibling: &Sibling) -> Self {
        let Sibling { id, note, base_version, kept_at, .. } = *sibling;
        Self { id, note_id: note, base_version, kept_at }
    }
}

/// All that is kept beside a note, oldest first.
#[derive(Serialize, ToSchema)]
struct SiblingsView {
    items: Vec<SiblingView>,
}

/// What was kept in a conflict.
#[derive(Serialize, ToSchema)]
struct OpenSiblingView {
    #[serde(flatten)]
    sibling: SiblingView,
    #[schema(value_type = NoteContentShape)]
    content: Value,
    actual: Option<TimeSpan>,
}

/// List what is kept beside a note, unopened
///
/// For its author: the drafts that lost a conflict, and what a draft said before one of them was taken up.
#[utoipa::path(tag = "notes", responses((status = 200, body = SiblingsView)))]
#[get("/session-notes/{id}/siblings")]
async fn list_session_note_siblings(guard: Guard<ListSiblings, At<NoteId>>) -> Answer {
    let id = guard.input.0;
    let siblings = guard
        .read(move |view| {
            let actor = view.actor();
            store::siblings(view, &actor, id)
        })
        .await?;
    shown(&SiblingsView { items: siblings.iter().map(SiblingView::from).collect() })
}

/// Read what is kept beside a note
#[utoipa::path(tag = "notes", responses((status = 200, body = OpenSiblingView)))]
#[get("/session-notes/{id}/siblings/{sibling_id}")]
async fn read_session_note_sibling(guard: Guard<ReadSibling, Under<NoteId, NoteSiblingId>>) -> Answer {
    let Under(id, sibling) = guard.input;
    let look = guard
        .write(move |tx| {
            let actor = tx.actor();
            store::sibling(tx, &actor, id, sibling)?;
            let client = store::note(tx, &actor, id)?.note.client;
            tx.look(sealing::VIEWED, id, client)
        })
        .await?;
    let vault = guard.vault();
    let view = guard
        .read(move |view| {
            let actor = view.actor();
            let sibling = store::sibling(view, &actor, id, sibling)?;
            let content = sealing::open_sibling(&vault, view, &look, &sibling)?;
            let actual = sibling.actual.map(TimeSpan::from);
            Ok(OpenSiblingView { sibling: SiblingView::from(&sibling), content, actual })
        })
        .await?;
    shown(&view)
}

/// Take up what is kept beside a draft
///
/// It becomes the draft, and what the draft said is kept in its place.
#[utoipa::path(tag = "notes", params(IfMatchHeader),
    responses((status = 200, body = NoteView), (status = 409, description = "invalid_transition")))]
#[post("/session-notes/{id}/siblings/{sibling_id}/adopt")]
async fn adopt_session_note_sibling(guard: Guard<AdoptSibling, (Under<NoteId, NoteSiblingId>, IfMatch)>) -> Answer {
    let (Under(id, sibling), IfMatch(version)) = guard.input;
    let vault = guard.vault();
    let filed = guard.write(move |tx| acts::adopt(tx, &vault, id, sibling, version)).await?;
    versioned(filed.note.version, &NoteView::from(&filed))
}

/// Give up what is kept beside a note
#[utoipa::path(tag = "notes", responses((status = 204)))]
#[delete("/session-notes/{id}/siblings/{sibling_id}")]
async fn discard_session_note_sibling(guard: Guard<DiscardSibling, Under<NoteId, NoteSiblingId>>) -> Answer {
    let Under(id, sibling) = guard.input;
    guard.write(move |tx| acts::discard(tx, id, sibling)).await?;
    done()
}
