//! The note, as a row.

use chrono::NaiveDate;
use diesel::dsl::{auto_type, exists};
use diesel::prelude::*;

use crate::clients;
use crate::db::schema::{
    note_addenda, note_cosignatures, note_errors, note_shares, note_siblings, note_summaries, session_notes,
};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::{Actor, Role};
use crate::kernel::ids::{AccountId, BookingId, ClientId, DataKeyId, NoteId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::time::{Span, Timestamp};
use crate::notes::model::{Carried, Filed, Note, NoteState};
use crate::therapists;

crate::text_column!(NoteState);

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = session_notes)]
#[diesel(treat_none_as_null = true)]
pub(super) struct NoteRow {
    pub(super) id: NoteId,
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
    corrects_id: Option<NoteId>,
    carried: String,
    content_mac: Option<Vec<u8>>,
    decision_snapshot: Option<String>,
    document_hash: Option<String>,
    supervisor_id: Option<TherapistId>,
}

impl TryFrom<&Note> for NoteRow {
    type Error = Fault;

    fn try_from(note: &Note) -> Result<Self, Fault> {
        Ok(Self {
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
            corrects_id: note.corrects,
            carried: serde_json::to_string(&note.carried).map_err(|_| Fault::Corrupt("marks that are not JSON"))?,
            content_mac: note.mac.clone(),
            decision_snapshot: note.decision_snapshot.clone(),
            document_hash: note.document_hash.clone(),
            supervisor_id: note.supervisor,
        })
    }
}

impl TryFrom<NoteRow> for Note {
    type Error = Fault;

    fn try_from(row: NoteRow) -> Result<Self, Fault> {
        let span = |start, end| Span::new(start, end).ok_or(Fault::Corrupt("a session that ends before it starts"));
        let carried: Carried =
            serde_json::from_str(&row.carried).map_err(|_| Fault::Corrupt("marks that are not JSON"))?;
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
            decision_snapshot: row.decision_snapshot,
            document_hash: row.document_hash,
            corrects: row.corrects_id,
            carried,
            mac: row.content_mac,
            supervisor: row.supervisor_id,
        })
    }
}

impl Persist for Note {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = NoteRow::try_from(self)?;
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
                .on_constraint("session_notes_corrects_id_key", taken("/booking_id"))
                .on_constraint("session_notes_pkey", taken("/id"))
                .on_constraint("session_notes_immutable", taken("/id"))
        })
    }
}

/// A note with what stands in the rows that follow it.
#[auto_type]
pub(super) fn filed() -> _ {
    let columns: <session_notes::table as Table>::AllColumns = session_notes::all_columns;
    let shared_at = note_shares::table
        .filter(note_shares::note_id.eq(session_notes::id))
        .select(note_shares::shared_at)
        .single_value();
    let summarised = exists(note_summaries::table.filter(note_summaries::note_id.eq(session_notes::id)));
    let amended = exists(note_addenda::table.filter(note_addenda::note_id.eq(session_notes::id)));
    let entered_in_error_at = note_errors::table
        .filter(note_errors::note_id.eq(session_notes::id))
        .select(note_errors::entered_at)
        .single_value();
    let cosigned_at = note_cosignatures::table
        .filter(note_cosignatures::note_id.eq(session_notes::id))
        .filter(note_cosignatures::document_hash.nullable().eq(session_notes::document_hash))
        .select(note_cosignatures::signed_at)
        .single_value();
    let contested = exists(note_siblings::table.filter(note_siblings::note_id.eq(session_notes::id)));
    session_notes::table.select((columns, shared_at, summarised, amended, entered_in_error_at, cosigned_at, contested))
}

pub(super) type FiledRow = (NoteRow, Option<Timestamp>, bool, bool, Option<Timestamp>, Option<Timestamp>, bool);

pub(super) fn from_row(row: FiledRow) -> Result<Filed, Stop> {
    let (row, shared_at, summarised, amended, entered_in_error_at, cosigned_at, contested) = row;
    let note = row.try_into()?;
    Ok(Filed { note, shared_at, summarised, amended, entered_in_error_at, cosigned_at, contested })
}

/// A note, for its author, for who treats its client now, for whoever answers for its author, and once shared for the client and who acts for
/// them.
pub(in crate::notes) fn note(view: &mut View<'_>, actor: &Actor, id: NoteId) -> Result<Filed, Stop> {
    let filed = known(view, id)?;
    let client = filed.note.client;
    if is_staff_for(view, actor, &filed)? {
        return Ok(filed);
    }
    let reads = filed.shared_at.is_some() && clients::store::acts_for(view, actor, client)?;
    if reads { Ok(filed.for_client()) } else { Err(Refusal::NotThere.into()) }
}

/// A note whose summary the actor may read: as the note itself, and its client and who acts for them once there is one and as long as the note
/// stands.
pub(in crate::notes) fn summarised_note(view: &mut View<'_>, actor: &Actor, id: NoteId) -> Result<Filed, Stop> {
    let filed = known(view, id)?;
    let client = filed.note.client;
    if filed.summarised && is_staff_for(view, actor, &filed)? {
        return Ok(filed);
    }
    let filed = filed.for_client();
    let reads = filed.summarised && clients::store::acts_for(view, actor, client)?;
    if reads { Ok(filed) } else { Err(Refusal::NotThere.into()) }
}

fn known(view: &mut View<'_>, id: NoteId) -> Result<Filed, Stop> {
    let row: Option<FiledRow> = view.first(filed().filter(session_notes::id.eq(id)))?;
    from_row(row.ok_or(Refusal::NotThere)?)
}

fn is_staff_for(view: &mut View<'_>, actor: &Actor, filed: &Filed) -> Result<bool, Stop> {
    Ok((actor.has(Role::Therapist) && actor.account() == Some(filed.note.author))
        || clients::store::treats(view, actor, filed.note.client)?
        || supervises(view, actor, &filed.note)?)
}

/// Whether the actor answers for a signed note that asked for a co-signature: whom the signature named, and who answers for its author now, as
/// long as they work here and are in training themself no more.
pub(in crate::notes) fn supervises(view: &mut View<'_>, actor: &Actor, note: &Note) -> Result<bool, Stop> {
    let Some((own, named)) = actor.therapist().zip(note.supervisor) else { return Ok(false) };
    let answers = own == named || therapists::store::therapist(view, note.therapist)?.supervisor == Some(own);
    Ok(answers && therapists::store::therapist(view, own)?.answers_for_themself())
}

/// What stands of a booking's notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::notes) enum OfBooking {
    /// None was begun.
    None,
    /// One that stands.
    Standing(NoteId),
    /// All were entered in error, this one last.
    InError(NoteId),
}

/// Where a booking stands with its notes. The caller has found the booking by who asks, and holds its client's lock.
pub(in crate::notes) fn of_booking(view: &mut View<'_>, booking: BookingId) -> Result<OfBooking, Stop> {
    let error = note_errors::table
        .filter(note_errors::note_id.eq(session_notes::id))
        .select(note_errors::entered_at)
        .single_value();
    let rows: Vec<(NoteId, Option<NoteId>, Option<Timestamp>)> =
        view.load(session_notes::table.filter(session_notes::booking_id.eq(booking)).select((
            session_notes::id,
            session_notes::corrects_id,
            error,
        )))?;
    // Each corrects the one before, so the last is the one that none corrects.
    let last = rows.iter().find(|(id, ..)| rows.iter().all(|(_, corrects, _)| *corrects != Some(*id)));
    Ok(match last {
        None => OfBooking::None,
        Some((id, _, None)) => OfBooking::Standing(*id),
        Some((id, _, Some(_))) => OfBooking::InError(*id),
    })
}
