//! Reading notes.

use actix_web::get;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::view::{NoteView, NotesView, OpenAddendumView, OpenNoteView, Opened};
use crate::db::{Look, Stop, View};
use crate::http::answer::{shown, versioned};
use crate::http::extract::page_ask;
use crate::http::{Answer, At, Guard, Query};
use crate::kernel::ids::{BookingId, ClientId, NoteId, TherapistId};
use crate::notes::model::NoteState;
use crate::notes::sealing;
use crate::notes::store::{self, Wanted};
use crate::policies;
use crate::vault::Vault;

policies! {
    /// Listing notes, unopened.
    ListNotes = "session_notes.list": [Therapist, Client];
    /// Reading a note.
    ReadNote = "session_notes.read": [Therapist, Client];
    /// Counting what is unsigned.
    CountUnsigned = "session_notes.count_unsigned": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_session_notes).service(count_unsigned_session_notes).service(read_session_note);
}

/// Which notes.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NotesQuery {
    /// Only this client's: all of them for who treats the client, the shared ones for the client and who acts for them.
    client_id: Option<ClientId>,
    /// Only this booking's.
    booking_id: Option<BookingId>,
    /// Only those that stand here.
    state: Option<NoteState>,
    /// `true` for those still to be signed.
    #[serde(default)]
    unsigned: bool,
    /// `true` for those still to be signed a day after their session.
    #[serde(default)]
    overdue: bool,
    /// `true` for those that wait for one's own co-signature.
    #[serde(default)]
    awaiting_cosignature: bool,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<Uuid>,
}

/// List session notes, unopened
///
/// A therapist's own; those of a client they treat with `client_id`; for a client those that were shared, whole or in plain language.
#[utoipa::path(tag = "notes", params(NotesQuery), responses((status = 200, body = NotesView)))]
#[get("/session-notes")]
async fn list_session_notes(guard: Guard<ListNotes, Query<NotesQuery>>) -> Answer {
    let query = guard.input.0.clone();
    let ask = page_ask(query.limit, query.cursor)?;
    let page = guard
        .read(move |view| {
            let actor = view.actor();
            let state = if query.unsigned || query.overdue { Some(NoteState::Draft) } else { query.state };
            let (client, booking) = (query.client_id, query.booking_id);
            let (overdue, to_cosign) = (query.overdue, query.awaiting_cosignature);
            let wanted = Wanted { client, booking, state, overdue, to_cosign };
            store::notes(view, &actor, wanted, ask)
        })
        .await?;
    let page = page.map(|filed| NoteView::from(&filed));
    shown(&NotesView { items: page.items, next_cursor: page.next_cursor })
}

/// How many notes of somebody are overdue.
#[derive(Serialize, ToSchema)]
struct UnsignedCountView {
    therapist_id: TherapistId,
    count: usize,
}

/// Whose notes are overdue. Nobody's who has signed all.
#[derive(Serialize, ToSchema)]
struct UnsignedCountsView {
    items: Vec<UnsignedCountView>,
}

/// Count the notes still to be signed a day after their session, by therapist
///
/// How many, and nothing of them.
#[utoipa::path(tag = "notes", responses((status = 200, body = UnsignedCountsView)))]
#[get("/session-notes/unsigned-counts")]
async fn count_unsigned_session_notes(guard: Guard<CountUnsigned>) -> Answer {
    let counts = guard
        .read(|view| {
            let actor = view.actor();
            store::unsigned_counts(view, &actor)
        })
        .await?;
    let items = counts.into_iter().map(|(therapist_id, count)| UnsignedCountView { therapist_id, count }).collect();
    shown(&UnsignedCountsView { items })
}

/// Read a session note
///
/// For its author, for a therapist who treats the client now, for who answers for its author where they are in training, and once shared for the
/// client and who acts for them, for whom a note in error has no words. `intact` says how far what is kept is still what was signed. Each look is
/// kept on the client's record.
#[utoipa::path(tag = "notes", responses((status = 200, body = OpenNoteView), (status = 410, description = "erased")))]
#[get("/session-notes/{id}")]
async fn read_session_note(guard: Guard<ReadNote, At<NoteId>>) -> Answer {
    let id = guard.input.0;
    let look = guard
        .write(move |tx| {
            let actor = tx.actor();
            let filed = store::note(tx, &actor, id)?;
            tx.look(sealing::VIEWED, id, filed.note.client)
        })
        .await?;
    let vault = guard.vault();
    let note = guard.read(move |view| open(view, &vault, &look, id)).await?;
    versioned(note.version(), &note)
}

fn open(view: &mut View<'_>, vault: &Vault, look: &Look, id: NoteId) -> Result<OpenNoteView, Stop> {
    let actor = view.actor();
    let filed = store::note(view, &actor, id)?;
    let content = sealing::open_note(vault, view, look, &filed.note)?;
    let mut addenda = Vec::new();
    for addendum in store::addenda(view, &actor, id)? {
        let content = sealing::open_addendum(vault, view, look, &addendum)?;
        addenda.push(OpenAddendumView::new(&addendum, content));
    }
    let reason = match store::reason(view, &actor, id)? {
        Some(sealed) => Some(sealing::open_reason(vault, view, look, &filed, &sealed)?),
        None => None,
    };
    Ok(OpenNoteView::new(&filed, Opened { content, addenda, reason })?)
}
