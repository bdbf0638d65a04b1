//! Reading notes.

use actix_web::get;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::view::{NoteView, NotesView, OpenAddendumView, OpenNoteView};
use crate::db::{Look, Stop, View};
use crate::http::answer::{shown, versioned};
use crate::http::extract::page_ask;
use crate::http::{Answer, At, Guard, Query};
use crate::kernel::ids::{BookingId, ClientId, NoteId};
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
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_session_notes).service(read_session_note);
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
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<Uuid>,
}

/// List session notes, unopened
///
/// A therapist's own; those of a client they treat with `client_id`; for a client those that were shared.
#[utoipa::path(tag = "notes", params(NotesQuery), responses((status = 200, body = NotesView)))]
#[get("/session-notes")]
async fn list_session_notes(guard: Guard<ListNotes, Query<NotesQuery>>) -> Answer {
    let query = guard.input.0.clone();
    let ask = page_ask(query.limit, query.cursor)?;
    let page = guard
        .read(move |view| {
            let actor = view.actor();
            let state = if query.unsigned { Some(NoteState::Draft) } else { query.state };
            let wanted = Wanted { client: query.client_id, booking: query.booking_id, state };
            store::notes(view, &actor, wanted, ask)
        })
        .await?;
    let page = page.map(|filed| NoteView::from(&filed));
    shown(&NotesView { items: page.items, next_cursor: page.next_cursor })
}

/// Read a session note
///
/// For its author, for a therapist who treats the client now, and once shared for the client and who acts for them. Each look is kept on the
/// client's record.
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
    Ok(OpenNoteView::new(&filed, content, addenda)?)
}
