//! The published forms and rulesets: documents that never change once they are out.
//!
//! A form is kept as its canonical JSON (RFC 8785) and hashed over that, so that whoever reads one can hash what they read. The hash is held
//! against the document each time the program goes by it.

use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::db::schema::{intake_form_versions, intake_forms, screening_rulesets};
use crate::db::{Fault, Lock, Persist, Stop, Tx, View, Writer};
use crate::intake::model::form::FormDefinition;
use crate::intake::model::ruleset::Ruleset;
use crate::intake::{HEALTH_HISTORY_V1, SCREENING_RULESET_V1};
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{FormId, FormVersionId, RulesetId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// A form under its stable name.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = intake_forms)]
pub(in crate::intake) struct Form {
    pub id: FormId,
    pub code: String,
    pub name: String,
}

/// One published version of a form.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = intake_form_versions)]
pub(in crate::intake) struct FormVersion {
    pub id: FormVersionId,
    pub form_id: FormId,
    pub number: i32,
    pub definition: String,
    pub content_hash: String,
    pub published_at: Timestamp,
}

/// One published version of the screening rules.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = screening_rulesets)]
pub(in crate::intake) struct RulesetVersion {
    pub id: RulesetId,
    pub number: i32,
    pub document: String,
    pub content_hash: String,
    pub published_at: Timestamp,
}

/// A ruleset as read from its document.
pub(in crate::intake) struct Rules {
    pub id: RulesetId,
    pub rules: Ruleset,
}

impl FormVersion {
    /// What it asks, if it still is what was published.
    pub fn read(&self) -> Result<FormDefinition, Stop> {
        if content_hash(&self.definition) != self.content_hash {
            return Err(Fault::Corrupt("a form version that is not what was published").into());
        }
        serde_json::from_str(&self.definition).map_err(|_| Fault::Corrupt("a form version that cannot be read").into())
    }
}

impl RulesetVersion {
    /// What it says.
    pub fn read(&self) -> Result<Ruleset, Stop> {
        serde_json::from_str(&self.document).map_err(|_| Fault::Corrupt("a ruleset that cannot be read").into())
    }
}

/// The first version of a form, with the form.
struct FirstVersion {
    form: Form,
    version: FormVersion,
}

impl Persist for FirstVersion {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.execute(diesel::insert_into(intake_forms::table).values(&self.form))?;
        writer.execute(diesel::insert_into(intake_form_versions::table).values(&self.version)).map(drop)
    }
}

impl Persist for RulesetVersion {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.execute(diesel::insert_into(screening_rulesets::table).values(self)).map(drop)
    }
}

/// Publishes the shipped form and ruleset, unless there is a form and a ruleset already.
///
/// # Errors
/// A fault of the store, or a shipped document that does not hold together.
pub(in crate::intake) fn publish_shipped(tx: &mut Tx<'_>) -> Result<(), Stop> {
    tx.lock(&[Lock::Only("intake_documents")])?;
    let now = tx.now();
    if tx.first::<_, FormId>(intake_forms::table.select(intake_forms::id))?.is_none() {
        tx.save(first_form(now)?)?;
    }
    if tx.first::<_, RulesetId>(screening_rulesets::table.select(screening_rulesets::id))?.is_none() {
        tx.save(first_ruleset(now)?)?;
    }
    Ok(())
}

fn first_form(now: Timestamp) -> Result<Change<FirstVersion>, Stop> {
    let definition = FormDefinition::parse(HEALTH_HISTORY_V1)
        .map_err(|_| Fault::Corrupt("the shipped form does not hold together"))?;
    let document = canonical(&definition)?;
    let form = Form { id: FormId::new(now), code: definition.code, name: definition.title };
    let version = FormVersion {
        id: FormVersionId::new(now),
        form_id: form.id,
        number: definition.version,
        content_hash: content_hash(&document),
        definition: document,
        published_at: now,
    };
    let event = Event::new("intake_form.published", form.id)
        .with("form_version", version.id)
        .with("content_hash", &version.content_hash);
    Ok(Change::new(FirstVersion { form, version }, event))
}

fn first_ruleset(now: Timestamp) -> Result<Change<RulesetVersion>, Stop> {
    let rules = Ruleset::parse(SCREENING_RULESET_V1)
        .map_err(|_| Fault::Corrupt("the shipped ruleset does not hold together"))?;
    let ruleset = RulesetVersion {
        id: RulesetId::new(now),
        number: rules.version,
        document: SCREENING_RULESET_V1.to_owned(),
        content_hash: content_hash(SCREENING_RULESET_V1),
        published_at: now,
    };
    let event = Event::new("screening_ruleset.published", ruleset.id)
        .with("number", ruleset.number)
        .with("content_hash", &ruleset.content_hash);
    Ok(Change::new(ruleset, event))
}

/// A definition as RFC 8785 writes it: no blanks, members in the order of their names. Those are all ASCII here and the numbers all whole, where
/// `serde_json` writes just that.
pub(super) fn canonical(definition: &FormDefinition) -> Result<String, Stop> {
    let value = serde_json::to_value(definition).map_err(|_| Fault::Corrupt("a form that is not JSON"))?;
    Ok(value.to_string())
}

pub(super) fn content_hash(document: &str) -> String {
    Sha256::digest(document.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The forms.
pub(in crate::intake) fn forms(view: &mut View<'_>, ask: PageAsk) -> Result<Page<Form>, Stop> {
    let mut query = intake_forms::table.order(intake_forms::id).limit(ask.limit + 1).into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(intake_forms::id.gt(FormId(after)));
    }
    let rows: Vec<Form> = view.load(query)?;
    Ok(Page::cut(rows, ask, |form| form.id.0))
}

/// The versions of a form.
pub(in crate::intake) fn form_versions(
    view: &mut View<'_>,
    form: FormId,
    ask: PageAsk,
) -> Result<Page<FormVersion>, Stop> {
    self::form(view, form)?;
    let mut query = intake_form_versions::table
        .filter(intake_form_versions::form_id.eq(form))
        .order(intake_form_versions::id)
        .limit(ask.limit + 1)
        .into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(intake_form_versions::id.gt(FormVersionId(after)));
    }
    let rows: Vec<FormVersion> = view.load(query)?;
    Ok(Page::cut(rows, ask, |version| version.id.0))
}

/// One version of a form.
pub(in crate::intake) fn form_version(view: &mut View<'_>, id: FormVersionId) -> Result<FormVersion, Stop> {
    let row: Option<FormVersion> = view.first(intake_form_versions::table.filter(intake_form_versions::id.eq(id)))?;
    Ok(row.ok_or(Refusal::NotThere)?)
}

/// One form.
pub(in crate::intake) fn form(view: &mut View<'_>, id: FormId) -> Result<Form, Stop> {
    let row: Option<Form> = view.first(intake_forms::table.filter(intake_forms::id.eq(id)))?;
    Ok(row.ok_or(Refusal::NotThere)?)
}

/// The form of that name, if there is one.
pub(in crate::intake) fn form_called(view: &mut View<'_>, code: &str) -> Result<Option<Form>, Stop> {
    view.first(intake_forms::table.filter(intake_forms::code.eq(code)))
}

/// The version of a form that is given out now; `NotThere` while none is published.
pub(in crate::intake) fn newest_version(view: &mut View<'_>, form: FormId) -> Result<FormVersion, Stop> {
    let newest: Option<FormVersion> = view.first(
        intake_form_versions::table
            .filter(intake_form_versions::form_id.eq(form))
            .order(intake_form_versions::number.desc()),
    )?;
    Ok(newest.ok_or(Refusal::NotThere)?)
}

/// The version of the practice's health history that is given out now.
pub(in crate::intake) fn health_history(view: &mut View<'_>) -> Result<FormVersion, Stop> {
    let form = form_called(view, HEALTH_HISTORY)?.ok_or_else(nothing_published)?;
    newest_version(view, form.id)
}

/// The name of the form that bookings ask for.
const HEALTH_HISTORY: &str = "health_history";

/// The rulesets.
pub(in crate::intake) fn rulesets(view: &mut View<'_>, ask: PageAsk) -> Result<Page<RulesetVersion>, Stop> {
    let mut query = screening_rulesets::table.order(screening_rulesets::id).limit(ask.limit + 1).into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(screening_rulesets::id.gt(RulesetId(after)));
    }
    let rows: Vec<RulesetVersion> = view.load(query)?;
    Ok(Page::cut(rows, ask, |ruleset| ruleset.id.0))
}

/// One ruleset.
pub(in crate::intake) fn ruleset(view: &mut View<'_>, id: RulesetId) -> Result<RulesetVersion, Stop> {
    let row: Option<RulesetVersion> = view.first(screening_rulesets::table.filter(screening_rulesets::id.eq(id)))?;
    Ok(row.ok_or(Refusal::NotThere)?)
}

/// The rules that screening goes by now.
pub(in crate::intake) fn newest_ruleset(view: &mut View<'_>) -> Result<Rules, Stop> {
    let newest: Option<RulesetVersion> =
        view.first(screening_rulesets::table.order(screening_rulesets::number.desc()))?;
    let newest = newest.ok_or_else(nothing_published)?;
    Ok(Rules { id: newest.id, rules: newest.read()? })
}

/// Set-up publishes both; before it there are no clients.
fn nothing_published() -> Stop {
    Fault::Corrupt("no form or ruleset was published").into()
}
