//! Templates and the vocabulary, as rows.

use diesel::prelude::*;

use crate::db::schema::{note_templates, note_vocabularies};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{AccountId, NoteTemplateId, TherapistId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::notes::model::{NoteTemplate, Vocabulary};

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = note_templates, treat_none_as_null = true)]
struct TemplateRow {
    id: NoteTemplateId,
    therapist_id: Option<TherapistId>,
    name: String,
    content: String,
    version: i32,
    created_at: Timestamp,
    retired_at: Option<Timestamp>,
}

impl TryFrom<TemplateRow> for NoteTemplate {
    type Error = Fault;

    fn try_from(row: TemplateRow) -> Result<Self, Fault> {
        Ok(Self {
            id: row.id,
            owner: row.therapist_id,
            name: row.name,
            content: serde_json::from_str(&row.content).map_err(|_| Fault::Corrupt("a template that is no content"))?,
            version: row.version,
            created_at: row.created_at,
            retired_at: row.retired_at,
        })
    }
}

impl Persist for NoteTemplate {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let content =
            serde_json::to_string(&self.content).map_err(|_| Fault::Corrupt("a template that is not JSON"))?;
        let row = TemplateRow {
            id: self.id,
            therapist_id: self.owner,
            name: self.name.clone(),
            content,
            version: self.version,
            created_at: self.created_at,
            retired_at: self.retired_at,
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(note_templates::table).values(&row)).map(drop);
        }
        let before = note_templates::table
            .filter(note_templates::id.eq(self.id))
            .filter(note_templates::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

/// A template, retired or not, for those who may know of it.
pub(in crate::notes) fn template(view: &mut View<'_>, actor: &Actor, id: NoteTemplateId) -> Result<NoteTemplate, Stop> {
    let row: Option<TemplateRow> = view.first(note_templates::table.filter(note_templates::id.eq(id)))?;
    let template = row.map(NoteTemplate::try_from).transpose()?;
    Ok(template.filter(|template| template.is_known_to(actor)).ok_or(Refusal::NotThere)?)
}

/// The templates that are offered to the actor: the practice's, and a therapist's own.
pub(in crate::notes) fn templates(
    view: &mut View<'_>,
    actor: &Actor,
    ask: PageAsk,
) -> Result<Page<NoteTemplate>, Stop> {
    let mut query = note_templates::table
        .filter(note_templates::retired_at.is_null())
        .order(note_templates::id)
        .limit(ask.limit + 1)
        .into_boxed();
    query = match actor.therapist() {
        Some(own) => query.filter(note_templates::therapist_id.is_null().or(note_templates::therapist_id.eq(own))),
        None => query.filter(note_templates::therapist_id.is_null()),
    };
    if let Some(after) = ask.after {
        query = query.filter(note_templates::id.gt(NoteTemplateId(after)));
    }
    let rows: Vec<TemplateRow> = view.load(query)?;
    let page = Page::cut(rows, ask, |row| row.id.0);
    let items = page.items.into_iter().map(NoteTemplate::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

impl Persist for Vocabulary {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let (by, at) = self.changed.ok_or(Fault::Corrupt("words that nobody changed"))?;
        let words = serde_json::to_string(&self.words).map_err(|_| Fault::Corrupt("words that are not JSON"))?;
        let row = (
            note_vocabularies::version.eq(self.version),
            note_vocabularies::words.eq(words),
            note_vocabularies::changed_by.eq(by),
            note_vocabularies::changed_at.eq(at),
        );
        writer.execute(diesel::insert_into(note_vocabularies::table).values(row)).map(drop).map_err(|stop| match stop {
            // Changed twice at once.
            Stop::Fault(Fault::Constraint(_)) => Refusal::VersionMismatch.into(),
            other => other,
        })
    }
}

/// The words that count now.
pub(in crate::notes) fn vocabulary(view: &mut View<'_>) -> Result<Vocabulary, Stop> {
    let row: Option<(i32, String, AccountId, Timestamp)> =
        view.first(note_vocabularies::table.order(note_vocabularies::version.desc()))?;
    let Some((version, words, by, at)) = row else { return Ok(Vocabulary::shipped()) };
    let words = serde_json::from_str(&words).map_err(|_| Fault::Corrupt("words that are no lists"))?;
    Ok(Vocabulary { words, version, changed: Some((by, at)) })
}
