//! Texts and their versions.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::sha256;
use crate::consents::TREATMENT_CONSENT_V1;
use crate::consents::model::{
    ConsentTemplate, ConsentVersion, Requirement, SignOff, TemplateDraft, VersionDocument, Walk,
};
use crate::db::schema::{consent_sign_offs, consent_template_versions, consent_templates, consent_walks};
use crate::db::{Fault, Lock, Persist, Stop, Tx, View, Writer};
use crate::kernel::ids::{AccountId, ClientId, ConsentTemplateId, ConsentVersionId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// What the shipped text is called.
const SHIPPED: &str = "Treatment consent";

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = consent_templates)]
struct TemplateRow {
    id: ConsentTemplateId,
    name: String,
    requirement: Requirement,
    session_types: String,
    version: i32,
    created_at: Timestamp,
}

impl TryFrom<TemplateRow> for ConsentTemplate {
    type Error = Stop;
    fn try_from(row: TemplateRow) -> Result<Self, Stop> {
        let session_types = serde_json::from_str(&row.session_types)
            .map_err(|_| Fault::Corrupt("session types of a consent that are not JSON"))?;
        let TemplateRow { id, name, requirement, version, created_at, .. } = row;
        Ok(Self { id, name, requirement, session_types, version, created_at })
    }
}

impl Persist for ConsentTemplate {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = TemplateRow {
            id: self.id,
            name: self.name.clone(),
            requirement: self.requirement,
            session_types: serde_json::to_string(&self.session_types)
                .map_err(|_| Fault::Corrupt("session types that are not JSON"))?,
            version: self.version,
            created_at: self.created_at,
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(consent_templates::table).values(&row)).map(drop);
        }
        let before = consent_templates::table
            .filter(consent_templates::id.eq(self.id))
            .filter(consent_templates::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))?;
        begin_walk(writer, self.id)
    }
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = consent_template_versions)]
struct VersionRow {
    id: ConsentVersionId,
    template_id: ConsentTemplateId,
    number: i32,
    document: String,
    content_hash: Option<String>,
    published_at: Option<Timestamp>,
    version: i32,
    created_at: Timestamp,
}

impl TryFrom<VersionRow> for ConsentVersion {
    type Error = Stop;
    fn try_from(row: VersionRow) -> Result<Self, Stop> {
        let document = serde_json::from_str(&row.document)
            .map_err(|_| Fault::Corrupt("a version of a consent that cannot be read"))?;
        Ok(Self {
            id: row.id,
            template: row.template_id,
            number: row.number,
            document,
            content_hash: row.content_hash,
            published_at: row.published_at,
            version: row.version,
            created_at: row.created_at,
        })
    }
}

impl Persist for ConsentVersion {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = VersionRow {
            id: self.id,
            template_id: self.template,
            number: self.number,
            document: document_text(&self.document)?,
            content_hash: self.content_hash.clone(),
            published_at: self.published_at,
            version: self.version,
            created_at: self.created_at,
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(consent_template_versions::table).values(&row)).map(drop);
        }
        let before = consent_template_versions::table
            .filter(consent_template_versions::id.eq(self.id))
            .filter(consent_template_versions::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))?;
        // With its first published version a text can be required.
        if self.published_at.is_some() { begin_walk(writer, self.template) } else { Ok(()) }
    }
}

/// The document as it is stored and hashed.
pub(in crate::consents) fn document_text(document: &VersionDocument) -> Result<String, Stop> {
    serde_json::to_string(document).map_err(|_| Fault::Corrupt("a consent that is not JSON").into())
}

/// Whoever has sessions to come is seen to, from the first.
fn begin_walk(writer: &mut Writer<'_, '_>, template: ConsentTemplateId) -> Result<(), Stop> {
    writer.execute(diesel::delete(consent_walks::table.filter(consent_walks::template_id.eq(template))))?;
    writer.execute(diesel::insert_into(consent_walks::table).values(consent_walks::template_id.eq(template))).map(drop)
}

impl Persist for Walk {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let this = consent_walks::table.filter(consent_walks::template_id.eq(self.template));
        if self.is_over {
            return writer.execute(diesel::delete(this)).map(drop);
        }
        writer.update_one(diesel::update(this).set(consent_walks::after_client_id.eq(self.after)))
    }
}

/// The next work that is left after a requirement has changed.
pub(super) fn walk(view: &mut View<'_>) -> Result<Option<Walk>, Stop> {
    let row: Option<(ConsentTemplateId, Option<ClientId>)> =
        view.first(consent_walks::table.order(consent_walks::template_id))?;
    Ok(row.map(|(template, after)| Walk { template, after, is_over: false }))
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = consent_sign_offs)]
struct SignOffRow {
    template_version_id: ConsentVersionId,
    clinician: String,
    profession: String,
    signed_off_on: NaiveDate,
    recorded_by: AccountId,
    recorded_at: Timestamp,
}

impl Persist for SignOff {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = SignOffRow {
            template_version_id: self.version,
            clinician: self.clinician.clone(),
            profession: self.profession.clone(),
            signed_off_on: self.signed_off_on,
            recorded_by: self.recorded_by,
            recorded_at: self.recorded_at,
        };
        writer.execute(diesel::insert_into(consent_sign_offs::table).values(&row)).map(drop)
    }
}

/// Who stands for a version, if somebody does.
pub(in crate::consents) fn sign_off(view: &mut View<'_>, id: ConsentVersionId) -> Result<Option<SignOff>, Stop> {
    let row: Option<SignOffRow> =
        view.first(consent_sign_offs::table.filter(consent_sign_offs::template_version_id.eq(id)))?;
    Ok(row.map(|row| SignOff {
        version: row.template_version_id,
        clinician: row.clinician,
        profession: row.profession,
        signed_off_on: row.signed_off_on,
        recorded_by: row.recorded_by,
        recorded_at: row.recorded_at,
    }))
}

/// The texts, in the order they were made.
pub(in crate::consents) fn templates(view: &mut View<'_>, ask: PageAsk) -> Result<Page<ConsentTemplate>, Stop> {
    let mut query = consent_templates::table.order(consent_templates::id).limit(ask.limit + 1).into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(consent_templates::id.gt(ConsentTemplateId(after)));
    }
    let page = Page::cut(view.load::<_, TemplateRow>(query)?, ask, |row| row.id.0);
    let items = page.items.into_iter().map(ConsentTemplate::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// One text.
pub(in crate::consents) fn template(view: &mut View<'_>, id: ConsentTemplateId) -> Result<ConsentTemplate, Stop> {
    let row: Option<TemplateRow> = view.first(consent_templates::table.filter(consent_templates::id.eq(id)))?;
    row.ok_or(Refusal::NotThere)?.try_into()
}

/// The texts of one requirement that can be signed.
pub(super) fn signable(view: &mut View<'_>, requirement: Requirement) -> Result<Vec<ConsentTemplate>, Stop> {
    let published = consent_template_versions::table
        .filter(consent_template_versions::published_at.is_not_null())
        .select(consent_template_versions::template_id);
    let rows: Vec<TemplateRow> = view.load(
        consent_templates::table
            .filter(consent_templates::requirement.eq(requirement))
            .filter(consent_templates::id.eq_any(published))
            .order(consent_templates::id),
    )?;
    rows.into_iter().map(ConsentTemplate::try_from).collect()
}

/// The versions of a text, drafts only for those who may see them.
pub(in crate::consents) fn versions(
    view: &mut View<'_>,
    (template, drafts): (ConsentTemplateId, bool),
    ask: PageAsk,
) -> Result<Page<ConsentVersion>, Stop> {
    let mut query = consent_template_versions::table
        .filter(consent_template_versions::template_id.eq(template))
        .order(consent_template_versions::id)
        .limit(ask.limit + 1)
        .into_boxed();
    if !drafts {
        query = query.filter(consent_template_versions::published_at.is_not_null());
    }
    if let Some(after) = ask.after {
        query = query.filter(consent_template_versions::id.gt(ConsentVersionId(after)));
    }
    let page = Page::cut(view.load::<_, VersionRow>(query)?, ask, |row| row.id.0);
    let items = page.items.into_iter().map(ConsentVersion::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// One version.
pub(in crate::consents) fn version(view: &mut View<'_>, id: ConsentVersionId) -> Result<ConsentVersion, Stop> {
    let row: Option<VersionRow> =
        view.first(consent_template_versions::table.filter(consent_template_versions::id.eq(id)))?;
    row.ok_or(Refusal::NotThere)?.try_into()
}

/// One version of a text.
pub(in crate::consents) fn version_of(
    view: &mut View<'_>,
    template: ConsentTemplateId,
    id: ConsentVersionId,
) -> Result<ConsentVersion, Stop> {
    let version = version(view, id)?;
    if version.template == template { Ok(version) } else { Err(Refusal::NotThere.into()) }
}

/// The version of a text that is presented now.
pub(in crate::consents) fn newest_published(
    view: &mut View<'_>,
    template: ConsentTemplateId,
) -> Result<Option<ConsentVersion>, Stop> {
    let row: Option<VersionRow> = view.first(
        consent_template_versions::table
            .filter(consent_template_versions::template_id.eq(template))
            .filter(consent_template_versions::published_at.is_not_null())
            .order(consent_template_versions::number.desc()),
    )?;
    row.map(ConsentVersion::try_from).transpose()
}

/// The number of a text's next version; whoever asks holds the lock of the texts.
pub(in crate::consents) fn next_number(view: &mut View<'_>, template: ConsentTemplateId) -> Result<i32, Stop> {
    let last: Option<i32> = view.first(
        consent_template_versions::table
            .filter(consent_template_versions::template_id.eq(template))
            .order(consent_template_versions::number.desc())
            .select(consent_template_versions::number),
    )?;
    Ok(last.map_or(1, |number| number.saturating_add(1)))
}

/// Publishes the shipped text, unless there is a text already; says whether it did.
///
/// # Errors
/// A fault of the store, or a shipped text that does not hold together.
pub(in crate::consents) fn publish_shipped(tx: &mut Tx<'_>) -> Result<bool, Stop> {
    tx.lock(&[Lock::Only("consent_templates")])?;
    if tx.first::<_, ConsentTemplateId>(consent_templates::table.select(consent_templates::id))?.is_some() {
        return Ok(false);
    }
    let now = tx.now();
    let name = SHIPPED.to_owned();
    let draft = TemplateDraft { name, requirement: Requirement::Undecided, session_types: Vec::new() };
    let template = tx.save(ConsentTemplate::create(ConsentTemplateId::new(now), draft, now)?)?;
    let document = serde_json::from_str(TREATMENT_CONSENT_V1)
        .map_err(|_| Fault::Corrupt("the shipped consent does not hold together"))?;
    let id = ConsentVersionId::new(now);
    let version = tx.save(ConsentVersion::draft(id, (template.id, 1), document, now)?)?;
    let hash = sha256(&document_text(&version.document)?);
    tx.save(version.publish(1, hash, now)?)?;
    Ok(true)
}
