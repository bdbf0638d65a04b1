//! Notes, addenda and shares, as rows.

use chrono::NaiveDate;
use diesel::dsl::{auto_type, exists};
use diesel::prelude::*;

use super::model::{Addendum, Note, NoteState, Share};
use crate::bookings::model::BookingState;
use crate::clients;
use crate::db::schema::{bookings, note_addenda, note_shares, session_notes};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::{Actor, Role};
use crate::kernel::ids::{AccountId, AddendumId, BookingId, ClientId, DataKeyId, NoteId, TherapistId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::time::{Span, Timestamp};

crate::text_column!(NoteState);

/// A note with what its later rows say of it.
pub(super) struct Filed {
    /// The note.
    pub(super) note: Note,
    /// When it was opened to its client, if it was.
    pub(super) shared_at: Option<Timestamp>,
    /// Whether anything was added to it.
    pub(super) amended: bool,
}

/// Which notes a list is asked for.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted {
    /// Only this client's.
    pub(super) client: Option<ClientId>,
    /// Only this booking's.
    pub(super) booking: Option<BookingId>,
    /// Only those that stand here.
    pub(super) state: Option<NoteState>,
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = session_notes)]
#[diesel(treat_none_as_null = true)]
struct NoteRow {
    id: NoteId,
    booking_id: BookingId,
    client_id: ClientId,
    therapist_id: TherapistId,
    author_id: AccountId,
    state: NoteState,
    data_key_id: Option<DataKeyId>,
    sealed: Option<Vec<u8>>,
    planned_starts_at: Timestamp,
    planned_ends_at: Timestamp,
    actual_starts_at: Option<Timestamp>,
    actual_ends_at: Option<Timestamp>,
    date_of_service: NaiveDate,
    version: i32,
    created_at: Timestamp,
    signed_at: Option<Timestamp>,
    content_hash: Option<String>,
    credentials_snapshot: Option<String>,
}

impl From<&Note> for NoteRow {
    fn from(note: &Note) -> Self {
        Self {
            id: note.id,
            booking_id: note.booking,
            client_id: note.client,
            therapist_id: note.therapist,
            author_id: note.author,
            state: note.state,
            data_key_id: note.content.as_ref().map(|sealed| sealed.key),
            sealed: note.content.as_ref().map(|sealed| sealed.bytes.clone()),
            planned_starts_at: note.planned.start(),
            planned_ends_at: note.planned.end(),
            actual_starts_at: note.actual.map(Span::start),
            actual_ends_at: note.actual.map(Span::end),
            date_of_service: note.date_of_service,
            version: note.version,
            created_at: note.created_at,
            signed_at: note.signed_at,
            content_hash: note.content_hash.clone(),
            credentials_snapshot: note.credentials_snapshot.clone(),
        }
    }
}

impl TryFrom<NoteRow> for Note {
    type Error = Fault;

    fn try_from(row: NoteRow) -> Result<Self, Fault> {
        let span = |start, end| Span::new(start, end).ok_or(Fault::Corrupt("a session that ends before it starts"));
        Ok(Self {
            id: row.id,
            booking: row.booking_id,
            client: row.client_id,
            therapist: row.therapist_id,
            author: row.author_id,
            state: row.state,
            content: row.data_key_id.zip(row.sealed).map(|(key, bytes)| Sealed { key, bytes }),
            planned: span(row.planned_starts_at, row.planned_ends_at)?,
            actual: row.actual_starts_at.zip(row.actual_ends_at).map(|(start, end)| span(start, end)).transpose()?,
            date_of_service: row.date_of_service,
            version: row.version,
            created_at: row.created_at,
            signed_at: row.signed_at,
            content_hash: row.content_hash,
            credentials_snapshot: row.credentials_snapshot,
        })
    }
}

impl Persist for Note {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = NoteRow::from(self);
        if self.version > 1 {
            let before = session_notes::table
                .filter(session_notes::id.eq(self.id))
                .filter(session_notes::version.eq(self.version - 1));
            return writer.update_one(diesel::update(before).set(&row));
        }
        // An id that stands already is refused by the primary key on one store and by the trigger against REPLACE on the other.
        let taken = |pointer| move || Refusal::AlreadyExists { pointer };
        writer.execute(diesel::insert_into(session_notes::table).values(&row)).map(drop).map_err(|stop| {
            stop.on_constraint("session_notes_booking_id_key", taken("/booking_id"))
                .on_constraint("session_notes_pkey", taken("/id"))
                .on_constraint("session_notes_immutable", taken("/id"))
        })
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = note_addenda)]
struct AddendumRow {
    id: AddendumId,
    note_id: NoteId,
    author_id: AccountId,
    data_key_id: DataKeyId,
    sealed: Vec<u8>,
    signed_at: Timestamp,
}

impl Persist for Addendum {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = AddendumRow {
            id: self.id,
            note_id: self.note,
            author_id: self.author,
            data_key_id: self.content.key,
            sealed: self.content.bytes.clone(),
            signed_at: self.signed_at,
        };
        writer.execute(diesel::insert_into(note_addenda::table).values(&row)).map(drop)
    }
}

impl Persist for Share {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = (
            note_shares::note_id.eq(self.note),
            note_shares::client_id.eq(self.client),
            note_shares::shared_by.eq(self.shared_by),
            note_shares::shared_at.eq(self.shared_at),
        );
        writer.execute(diesel::insert_into(note_shares::table).values(row)).map(drop).map_err(|stop| match stop {
            // Shared twice at once; the one that comes second runs again and finds the first.
            Stop::Fault(Fault::Constraint(_)) => Fault::Retry.into(),
            other => other,
        })
    }
}

#[auto_type]
fn filed() -> _ {
    let columns: <session_notes::table as Table>::AllColumns = session_notes::all_columns;
    let shared_at = note_shares::table
        .filter(note_shares::note_id.eq(session_notes::id))
        .select(note_shares::shared_at)
        .single_value();
    let amended = exists(note_addenda::table.filter(note_addenda::note_id.eq(session_notes::id)));
    session_notes::table.select((columns, shared_at, amended))
}

type FiledRow = (NoteRow, Option<Timestamp>, bool);

fn from_row((row, shared_at, amended): FiledRow) -> Result<Filed, Stop> {
    Ok(Filed { note: row.try_into()?, shared_at, amended })
}

/// A note, for its author, for who treats its client now, and once shared for the client and who acts for them.
pub(super) fn note(view: &mut View<'_>, actor: &Actor, id: NoteId) -> Result<Filed, Stop> {
    let row: Option<FiledRow> = view.first(filed().filter(session_notes::id.eq(id)))?;
    let filed = from_row(row.ok_or(Refusal::NotThere)?)?;
    let (author, client) = (filed.note.author, filed.note.client);
    let reads = (actor.has(Role::Therapist) && actor.account() == Some(author))
        || clients::store::treats(view, actor, client)?
        || (filed.shared_at.is_some() && clients::store::acts_for(view, actor, client)?);
    if reads { Ok(filed) } else { Err(Refusal::NotThere.into()) }
}

/// The addenda to a note that the actor may read, oldest first.
pub(super) fn addenda(view: &mut View<'_>, actor: &Actor, id: NoteId) -> Result<Vec<Addendum>, Stop> {
    let filed = note(view, actor, id)?;
    let rows: Vec<AddendumRow> =
        view.load(note_addenda::table.filter(note_addenda::note_id.eq(filed.note.id)).order(note_addenda::id))?;
    let addendum = |row: AddendumRow| Addendum {
        id: row.id,
        note: row.note_id,
        author: row.author_id,
        content: Sealed { key: row.data_key_id, bytes: row.sealed },
        signed_at: row.signed_at,
    };
    Ok(rows.into_iter().map(addendum).collect())
}

/// The drafts that the actor has begun and can still sign: of sessions that happen. The oldest session first.
///
/// # Errors
/// A fault of the store.
pub fn drafts(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Note>, Stop> {
    let Some((author, therapist)) = actor.account().zip(actor.therapist()) else { return Ok(Vec::new()) };
    let happens = [BookingState::Confirmed, BookingState::CheckedIn, BookingState::Completed];
    let rows: Vec<NoteRow> = view.load(
        session_notes::table
            .inner_join(bookings::table.on(bookings::id.eq(session_notes::booking_id)))
            .filter(session_notes::author_id.eq(author))
            .filter(session_notes::therapist_id.eq(therapist))
            .filter(session_notes::state.eq(NoteState::Draft))
            .filter(bookings::state.eq_any(happens))
            .order((session_notes::planned_starts_at, session_notes::id))
            .select(session_notes::all_columns),
    )?;
    Ok(rows.into_iter().map(Note::try_from).collect::<Result<_, _>>()?)
}

/// The last signed note of a client's sessions before an instant, for who treats them now.
pub(super) fn last_signed(
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
            .filter(session_notes::planned_starts_at.lt(before))
            .order((session_notes::planned_starts_at.desc(), session_notes::id.desc())),
    )?;
    row.map(from_row).transpose()
}

/// The notes an actor may know of: an author's own, a client's all for who treats them, a client's shared ones for who acts for them.
pub(super) fn notes(view: &mut View<'_>, actor: &Actor, wanted: Wanted, ask: PageAsk) -> Result<Page<Filed>, Stop> {
    let mut query = filed().order(session_notes::id).limit(ask.limit + 1).into_boxed();
    query = match scope(view, actor, wanted.client)? {
        Scope::WrittenBy(author) => query.filter(session_notes::author_id.eq(author)),
        Scope::AllOf(client) => query.filter(session_notes::client_id.eq(client)),
        Scope::SharedWith(client) => {
            let shared = note_shares::table.filter(note_shares::client_id.eq(client)).select(note_shares::note_id);
            query.filter(session_notes::id.eq_any(shared))
        }
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
    if let Some(after) = ask.after {
        query = query.filter(session_notes::id.gt(NoteId(after)));
    }
    let rows: Vec<FiledRow> = view.load(query)?;
    let page = Page::cut(rows, ask, |(row, _, _)| row.id.0);
    let items = page.items.into_iter().map(from_row).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

enum Scope {
    WrittenBy(AccountId),
    AllOf(ClientId),
    SharedWith(ClientId),
}

fn scope(view: &mut View<'_>, actor: &Actor, client: Option<ClientId>) -> Result<Scope, Stop> {
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
pub(super) fn newest_sealed(view: &mut View<'_>, limit: i64) -> Result<Vec<(NoteId, ClientId, Sealed)>, Stop> {
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
