//! What follows a signature, as rows.

use diesel::prelude::*;

use crate::db::schema::{note_addenda, note_cosignatures, note_errors, note_shares, note_summaries};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{AccountId, AddendumId, ClientId, DataKeyId, NoteId, NoteSummaryId};
use crate::kernel::sealed::Sealed;
use crate::kernel::time::Timestamp;
use crate::notes::model::{Addendum, Cosignature, EnteredInError, Share, Summary};

use super::note::{note, summarised_note};

/// Done twice at once; the one that comes second runs again and finds the first.
fn second(stop: Stop) -> Stop {
    match stop {
        Stop::Fault(Fault::Constraint(_)) => Fault::Retry.into(),
        other => other,
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
        writer.execute(diesel::insert_into(note_shares::table).values(row)).map(drop).map_err(second)
    }
}

impl Persist for EnteredInError {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = (
            note_errors::note_id.eq(self.note),
            note_errors::entered_by.eq(self.entered_by),
            note_errors::data_key_id.eq(self.reason.key),
            note_errors::sealed.eq(&self.reason.bytes),
            note_errors::entered_at.eq(self.entered_at),
        );
        writer.execute(diesel::insert_into(note_errors::table).values(row)).map(drop).map_err(second)
    }
}

impl Persist for Cosignature {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = (
            note_cosignatures::note_id.eq(self.note),
            note_cosignatures::therapist_id.eq(self.therapist),
            note_cosignatures::cosigned_by.eq(self.cosigned_by),
            note_cosignatures::document_hash.eq(&self.document_hash),
            note_cosignatures::signed_at.eq(self.signed_at),
        );
        writer.execute(diesel::insert_into(note_cosignatures::table).values(row)).map(drop).map_err(second)
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = note_summaries)]
struct SummaryRow {
    id: NoteSummaryId,
    note_id: NoteId,
    client_id: ClientId,
    author_id: AccountId,
    data_key_id: DataKeyId,
    sealed: Vec<u8>,
    shared_at: Timestamp,
}

impl Persist for Summary {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = SummaryRow {
            id: self.id,
            note_id: self.note,
            client_id: self.client,
            author_id: self.author,
            data_key_id: self.content.key,
            sealed: self.content.bytes.clone(),
            shared_at: self.shared_at,
        };
        writer.execute(diesel::insert_into(note_summaries::table).values(&row)).map(drop)
    }
}

/// The addenda to a note whose words the actor may read, oldest first.
pub(in crate::notes) fn addenda(view: &mut View<'_>, actor: &Actor, id: NoteId) -> Result<Vec<Addendum>, Stop> {
    let filed = note(view, actor, id)?;
    if filed.note.content.is_none() {
        return Ok(Vec::new());
    }
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

/// Why a note whose words the actor may read was entered in error, sealed; nothing of one that stands.
pub(in crate::notes) fn reason(view: &mut View<'_>, actor: &Actor, id: NoteId) -> Result<Option<Sealed>, Stop> {
    let filed = note(view, actor, id)?;
    if filed.note.content.is_none() {
        return Ok(None);
    }
    let row: Option<(DataKeyId, Vec<u8>)> = view.first(
        note_errors::table
            .filter(note_errors::note_id.eq(filed.note.id))
            .select((note_errors::data_key_id, note_errors::sealed)),
    )?;
    Ok(row.map(|(key, bytes)| Sealed { key, bytes }))
}

/// The note in plain language, the last that was written, for those who may read it.
pub(in crate::notes) fn summary(view: &mut View<'_>, actor: &Actor, id: NoteId) -> Result<Option<Summary>, Stop> {
    let filed = summarised_note(view, actor, id)?;
    let row: Option<SummaryRow> = view.first(
        note_summaries::table
            .filter(note_summaries::note_id.eq(filed.note.id))
            .order((note_summaries::shared_at.desc(), note_summaries::id.desc())),
    )?;
    Ok(row.map(|row| Summary {
        id: row.id,
        note: row.note_id,
        client: row.client_id,
        author: row.author_id,
        content: Sealed { key: row.data_key_id, bytes: row.sealed },
        shared_at: row.shared_at,
    }))
}
