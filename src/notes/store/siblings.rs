//! What lost a conflict, as rows.

use diesel::prelude::*;

use super::note::note;
use crate::db::schema::note_siblings;
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{DataKeyId, NoteId, NoteSiblingId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::time::{Span, Timestamp};
use crate::notes::model::{Discarded, Sibling, Swap};

#[derive(Queryable, Insertable)]
#[diesel(table_name = note_siblings)]
struct SiblingRow {
    id: NoteSiblingId,
    note_id: NoteId,
    base_version: i32,
    content_mac: Vec<u8>,
    carried: String,
    data_key_id: DataKeyId,
    sealed: Vec<u8>,
    actual_starts_at: Option<Timestamp>,
    actual_ends_at: Option<Timestamp>,
    kept_at: Timestamp,
}

impl TryFrom<SiblingRow> for Sibling {
    type Error = Fault;

    fn try_from(row: SiblingRow) -> Result<Self, Fault> {
        let span = |(start, end)| Span::new(start, end).ok_or(Fault::Corrupt("a session that ends before it starts"));
        Ok(Self {
            id: row.id,
            note: row.note_id,
            base_version: row.base_version,
            content: Sealed { key: row.data_key_id, bytes: row.sealed },
            mac: row.content_mac,
            carried: serde_json::from_str(&row.carried).map_err(|_| Fault::Corrupt("marks that are not JSON"))?,
            actual: row.actual_starts_at.zip(row.actual_ends_at).map(span).transpose()?,
            kept_at: row.kept_at,
        })
    }
}

impl Persist for Sibling {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = SiblingRow {
            id: self.id,
            note_id: self.note,
            base_version: self.base_version,
            content_mac: self.mac.clone(),
            carried: serde_json::to_string(&self.carried).map_err(|_| Fault::Corrupt("marks that are not JSON"))?,
            data_key_id: self.content.key,
            sealed: self.content.bytes.clone(),
            actual_starts_at: self.actual.map(Span::start),
            actual_ends_at: self.actual.map(Span::end),
            kept_at: self.kept_at,
        };
        writer.execute(diesel::insert_into(note_siblings::table).values(&row)).map(drop)
    }
}

impl Persist for Discarded {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.update_one(diesel::delete(note_siblings::table.filter(note_siblings::id.eq(self.0))))
    }
}

impl Persist for Swap {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        self.note.persist(writer)?;
        Discarded(self.adopted).persist(writer)?;
        self.displaced.iter().try_for_each(|sibling| sibling.persist(writer))
    }
}

/// What is kept beside a note, oldest first, for its author.
pub(in crate::notes) fn siblings(view: &mut View<'_>, actor: &Actor, id: NoteId) -> Result<Vec<Sibling>, Stop> {
    let filed = note(view, actor, id)?;
    filed.note.authored(actor)?;
    let rows: Vec<SiblingRow> =
        view.load(note_siblings::table.filter(note_siblings::note_id.eq(id)).order(note_siblings::id))?;
    Ok(rows.into_iter().map(Sibling::try_from).collect::<Result<_, _>>()?)
}

/// One of them.
pub(in crate::notes) fn sibling(
    view: &mut View<'_>,
    actor: &Actor,
    note: NoteId,
    id: NoteSiblingId,
) -> Result<Sibling, Stop> {
    siblings(view, actor, note)?.into_iter().find(|one| one.id == id).ok_or_else(|| Refusal::NotThere.into())
}
