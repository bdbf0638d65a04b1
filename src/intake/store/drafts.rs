//! Forms that are still written: one draft a form, which becomes its next version or goes.

use diesel::prelude::*;

use super::documents::{self, Form, FormVersion, canonical, content_hash};
use crate::db::schema::{intake_form_drafts, intake_form_versions, intake_forms};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::intake::model::draft::{Discarded, FormDraft};
use crate::intake::model::form::FormDefinition;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{FormId, FormVersionId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = intake_form_drafts)]
struct DraftRow {
    id: FormVersionId,
    form_id: FormId,
    number: i32,
    definition: String,
    version: i32,
    begun_at: Timestamp,
}

impl Persist for FormDraft {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = DraftRow {
            id: self.id,
            form_id: self.form,
            number: self.number,
            definition: canonical(&self.definition)?,
            version: self.version,
            begun_at: self.begun_at,
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(intake_form_drafts::table).values(&row)).map(drop);
        }
        let before = intake_form_drafts::table
            .filter(intake_form_drafts::id.eq(self.id))
            .filter(intake_form_drafts::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

impl Persist for Discarded {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.execute(diesel::delete(intake_form_drafts::table.filter(intake_form_drafts::id.eq(self.0)))).map(drop)
    }
}

/// A draft that has become a version.
pub(in crate::intake) struct Published(pub FormVersion);

impl Persist for Published {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        Discarded(self.0.id).persist(writer)?;
        writer.execute(diesel::insert_into(intake_form_versions::table).values(&self.0)).map(drop)
    }
}

impl Persist for Form {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.execute(diesel::insert_into(intake_forms::table).values(self)).map(drop)
    }
}

/// The draft as the version it becomes, hashed as it is kept.
pub(in crate::intake) fn published(draft: &FormDraft, now: Timestamp) -> Result<Change<Published>, Stop> {
    let definition = canonical(&draft.definition)?;
    let version = FormVersion {
        id: draft.id,
        form_id: draft.form,
        number: draft.number,
        content_hash: content_hash(&definition),
        definition,
        published_at: now,
    };
    let event = Event::new("intake_form.published", draft.form)
        .with("form_version", version.id)
        .with("content_hash", &version.content_hash);
    Ok(Change::new(Published(version), event))
}

/// The draft of a form, if one is written.
pub(in crate::intake) fn draft(view: &mut View<'_>, form: FormId) -> Result<Option<FormDraft>, Stop> {
    documents::form(view, form)?;
    let row: Option<DraftRow> = view.first(intake_form_drafts::table.filter(intake_form_drafts::form_id.eq(form)))?;
    row.map(FormDraft::try_from).transpose().map_err(Stop::from)
}

impl TryFrom<DraftRow> for FormDraft {
    type Error = Fault;
    fn try_from(row: DraftRow) -> Result<Self, Fault> {
        let definition: Result<FormDefinition, _> = serde_json::from_str(&row.definition);
        Ok(Self {
            id: row.id,
            form: row.form_id,
            number: row.number,
            definition: definition.map_err(|_| Fault::Corrupt("a draft of a form that cannot be read"))?,
            version: row.version,
            begun_at: row.begun_at,
        })
    }
}

/// What the next version of a form goes by: the version before it or, for a form that has none, what the health history asks.
pub(in crate::intake) fn before(view: &mut View<'_>, form: FormId) -> Result<FormDefinition, Stop> {
    match documents::newest_version(view, form) {
        Err(Stop::Refused(Refusal::NotThere)) => documents::health_history(view)?.read(),
        newest => newest?.read(),
    }
}
