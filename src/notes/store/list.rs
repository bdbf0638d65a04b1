//! Lists of notes, each cut to who asks.

use std::collections::BTreeMap;

use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::note::{FiledRow, NoteRow, filed, from_row};
use crate::bookings::model::BookingState;
use crate::clients;
use crate::db::schema::{bookings, note_cosignatures, note_errors, note_shares, note_summaries, session_notes};
use crate::db::{Stop, View};
use crate::kernel::actor::{Actor, Role};
use crate::kernel::ids::{AccountId, BookingId, ClientId, DataKeyId, NoteId, TherapistId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::time::Timestamp;
use crate::notes::model::{Filed, Note, NoteState, SIGNED_WITHIN};
use crate::therapists;

/// Where a booking stands whose session happens, so that its note can be signed.
const HAPPENS: [BookingState; 3] = [BookingState::Confirmed, BookingState::CheckedIn, BookingState::Completed];

/// Which notes a list is asked for.
#[derive(Clone, Copy, Default)]
pub(in crate::notes) struct Wanted {
    /// Only this client's.
    pub(in crate::notes) client: Option<ClientId>,
    /// Only this booking's.
    pub(in crate::notes) booking: Option<BookingId>,
    /// Only those that stand here.
    pub(in crate::notes) state: Option<NoteState>,
    /// Only those that should have been signed by now.
    pub(in crate::notes) overdue: bool,
    /// Only those that wait for the actor's co-signature.
    pub(in crate::notes) to_cosign: bool,
}

/// The drafts that the actor has begun and can still sign: of sessions that happen. The oldest session first.
///
/// # Errors
/// A fault of the store.
pub fn drafts(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Note>, Stop> {
    let Some((author, therapist)) = actor.account().zip(actor.therapist()) else { return Ok(Vec::new()) };
    let rows: Vec<NoteRow> = view.load(
        session_notes::table
            .inner_join(bookings::table.on(bookings::id.eq(session_notes::booking_id)))
            .filter(session_notes::author_id.eq(author))
            .filter(session_notes::therapist_id.eq(therapist))
            .filter(session_notes::state.eq(NoteState::Draft))
            .filter(bookings::state.eq_any(HAPPENS))
            .order((session_notes::planned_starts_at, session_notes::id))
            .select(session_notes::all_columns),
    )?;
    Ok(rows.into_iter().map(Note::try_from).collect::<Result<_, _>>()?)
}

/// The last signed note of a client's sessions before an instant that stands, for who treats them now.
pub(in crate::notes) fn last_signed(
    view: &mut View<'_>,
    actor: &Actor,
    client: ClientId,
    before: Timestamp,
) -> Result<Option<Filed>, Stop> {
    if !clients::store::treats(view, actor, client)? {
        return Err(Refusal::NotThere.into());
    }
    let row: Option<FiledRow> = view.first(
        filed()
            .filter(session_notes::client_id.eq(client))
            .filter(session_notes::state.eq(NoteState::Signed))
            .filter(not(exists(note_errors::table.filter(note_errors::note_id.eq(session_notes::id)))))
            .filter(session_notes::planned_starts_at.lt(before))
            .order((session_notes::planned_starts_at.desc(), session_notes::id.desc())),
    )?;
    row.map(from_row).transpose()
}

/// How many notes each therapist has left unsigned for longer than they may; for whoever runs the practice, and nothing else of them.
pub(in crate::notes) fn unsigned_counts(view: &mut View<'_>, actor: &Actor) -> Result<Vec<(TherapistId, usize)>, Stop> {
    if !actor.has(Role::Admin) {
        return Err(Refusal::NotThere.into());
    }
    let late = view.now().minus(SIGNED_WITHIN);
    let rows: Vec<TherapistId> = view.load(
        session_notes::table
            .inner_join(bookings::table.on(bookings::id.eq(session_notes::booking_id)))
            .filter(session_notes::state.eq(NoteState::Draft))
            .filter(session_notes::planned_ends_at.le(late))
            .filter(bookings::state.eq_any(HAPPENS))
            .select(session_notes::therapist_id),
    )?;
    let mut counts = BTreeMap::new();
    for therapist in rows {
        *counts.entry(therapist).or_insert(0) += 1;
    }
    Ok(counts.into_iter().collect())
}

/// The notes that wait for the actor's co-signature, the oldest signature first.
///
/// # Errors
/// A fault of the store.
pub fn to_cosign(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Note>, Stop> {
    let Some(own) = actor.therapist() else { return Ok(Vec::new()) };
    let trainees = therapists::store::supervised_by(view, own)?;
    let rows: Vec<NoteRow> = view.load(
        session_notes::table
            .filter(session_notes::state.eq(NoteState::Signed))
            .filter(session_notes::supervisor_id.is_not_null())
            .filter(session_notes::supervisor_id.eq(own).or(session_notes::therapist_id.eq_any(trainees)))
            .filter(not(exists(note_cosignatures::table.filter(note_cosignatures::note_id.eq(session_notes::id)))))
            .filter(not(exists(note_errors::table.filter(note_errors::note_id.eq(session_notes::id)))))
            .order((session_notes::signed_at, session_notes::id)),
    )?;
    Ok(rows.into_iter().map(Note::try_from).collect::<Result<_, _>>()?)
}

/// The notes an actor may know of: an author's own, a client's all for who treats them, a client's shared ones for who acts for them; and what
/// waits for a supervisor's name, for that one.
pub(in crate::notes) fn notes(
    view: &mut View<'_>,
    actor: &Actor,
    wanted: Wanted,
    ask: PageAsk,
) -> Result<Page<Filed>, Stop> {
    let mut query = filed().order(session_notes::id).limit(ask.limit + 1).into_boxed();
    query = match scope(view, actor, wanted)? {
        Scope::WrittenBy(author) => query.filter(session_notes::author_id.eq(author)),
        Scope::AllOf(client) => query.filter(session_notes::client_id.eq(client)),
        Scope::SharedWith(client) => {
            let shared = note_shares::table.filter(note_shares::client_id.eq(client)).select(note_shares::note_id);
            let told = note_summaries::table.filter(note_summaries::client_id.eq(client));
            let told = told.select(note_summaries::note_id);
            query.filter(session_notes::id.eq_any(shared).or(session_notes::id.eq_any(told)))
        }
        Scope::Only(ids) => query.filter(session_notes::id.eq_any(ids)),
    };
    if let Some(client) = wanted.client {
        query = query.filter(session_notes::client_id.eq(client));
    }
    if let Some(booking) = wanted.booking {
        query = query.filter(session_notes::booking_id.eq(booking));
    }
    if let Some(state) = wanted.state {
        query = query.filter(session_notes::state.eq(state));
    }
    if wanted.overdue {
        query = query.filter(session_notes::planned_ends_at.le(view.now().minus(SIGNED_WITHIN)));
    }
    if let Some(after) = ask.after {
        query = query.filter(session_notes::id.gt(NoteId(after)));
    }
    let rows: Vec<FiledRow> = view.load(query)?;
    let page = Page::cut(rows, ask, |(row, ..)| row.id.0);
    let items = page.items.into_iter().map(from_row).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

enum Scope {
    WrittenBy(AccountId),
    AllOf(ClientId),
    SharedWith(ClientId),
    Only(Vec<NoteId>),
}

fn scope(view: &mut View<'_>, actor: &Actor, wanted: Wanted) -> Result<Scope, Stop> {
    let client = wanted.client;
    if wanted.to_cosign {
        return Ok(Scope::Only(to_cosign(view, actor)?.iter().map(|note| note.id).collect()));
    }
    if let Some(client) = client {
        if clients::store::treats(view, actor, client)? {
            return Ok(Scope::AllOf(client));
        }
        if clients::store::acts_for(view, actor, client)? {
            return Ok(Scope::SharedWith(client));
        }
    }
    let author = actor.account().filter(|_| actor.has(Role::Therapist)).map(Scope::WrittenBy);
    // Somebody else's record was asked for: that is not there, rather than empty.
    let own = actor.client().filter(|_| client.is_none()).map(Scope::SharedWith);
    Ok(author.or(own).ok_or(Refusal::NotThere)?)
}

/// The newest notes that have content, sealed; nobody is shown them.
pub(in crate::notes) fn newest_sealed(
    view: &mut View<'_>,
    limit: i64,
) -> Result<Vec<(NoteId, ClientId, Sealed)>, Stop> {
    let sealed = session_notes::table.filter(session_notes::sealed.is_not_null());
    let columns = (
        session_notes::id,
        session_notes::client_id,
        session_notes::data_key_id.assume_not_null(),
        session_notes::sealed.assume_not_null(),
    );
    let rows: Vec<(NoteId, ClientId, DataKeyId, Vec<u8>)> =
        view.load(sealed.order(session_notes::id.desc()).limit(limit).select(columns))?;
    Ok(rows.into_iter().map(|(id, client, key, bytes)| (id, client, Sealed { key, bytes })).collect())
}
