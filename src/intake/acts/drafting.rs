//! Writing the practice's forms: a draft is begun, revised, and published or given up. What is out stays as it is.

use crate::db::{Lock, Stop, Tx};
use crate::intake::model::draft::FormDraft;
use crate::intake::model::form::FormDefinition;
use crate::intake::model::well_formed::is_code;
use crate::intake::store::documents::{self, Form, FormVersion};
use crate::intake::store::drafts;
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::FormId;
use crate::kernel::refusal::Refusal;

/// All forms and rulesets are written one step at a time.
const DOCUMENTS: Lock = Lock::Only("intake_documents");

/// Makes a further form, which has no version yet.
pub(in crate::intake) fn add(tx: &mut Tx<'_>, code: &str, name: &str) -> Result<Form, Stop> {
    let mut fields = Fields::default();
    let name = fields.text("/name", name, 1..=200);
    fields.require(is_code(code) && code.len() <= 60, "/code", "not_a_code", "lower-case letters, digits, underscores");
    let name = fields.finish(|| name)?;
    tx.lock(&[DOCUMENTS])?;
    if documents::form_called(tx, code)?.is_some() {
        return Err(Refusal::AlreadyExists { pointer: "/code" }.into());
    }
    let form = Form { id: FormId::new(tx.now()), code: code.to_owned(), name };
    let event = Event::new("intake_form.added", form.id).with("code", code);
    tx.save(Change::new(form, event))
}

/// Begins the next version of a form with what its last one asks.
pub(in crate::intake) fn begin(tx: &mut Tx<'_>, form: FormId) -> Result<FormDraft, Stop> {
    tx.lock(&[DOCUMENTS])?;
    if drafts::draft(tx, form)?.is_some() {
        return Err(Refusal::AlreadyExists { pointer: "" }.into());
    }
    let (before, now) = (drafts::before(tx, form)?, tx.now());
    let form = documents::form(tx, form)?;
    let definition = if before.code == form.code {
        FormDefinition { version: before.version.saturating_add(1), ..before }
    } else {
        FormDefinition { code: form.code, title: form.name, version: 1, ..before }
    };
    tx.save(FormDraft::begin(form.id, definition, now))
}

/// Writes a draft anew.
pub(in crate::intake) fn revise(
    tx: &mut Tx<'_>,
    (form, version): (FormId, i32),
    definition: FormDefinition,
) -> Result<FormDraft, Stop> {
    let draft = to_change(tx, form, version)?;
    tx.save(draft.revise(definition)?)
}

/// Gives a draft up.
pub(in crate::intake) fn discard(tx: &mut Tx<'_>, form: FormId, version: i32) -> Result<(), Stop> {
    let draft = to_change(tx, form, version)?;
    tx.save(draft.discard()).map(drop)
}

/// Publishes a draft with which nothing is wrong.
pub(in crate::intake) fn publish(tx: &mut Tx<'_>, form: FormId, version: i32) -> Result<FormVersion, Stop> {
    let draft = to_change(tx, form, version)?;
    let (rules, before, now) = (documents::newest_ruleset(tx)?.rules, drafts::before(tx, form)?, tx.now());
    let faults = draft.faults(&rules, &before);
    if !faults.is_empty() {
        return Err(Refusal::Fields(faults).into());
    }
    Ok(tx.save(drafts::published(&draft, now)?)?.0)
}

fn to_change(tx: &mut Tx<'_>, form: FormId, version: i32) -> Result<FormDraft, Stop> {
    tx.lock(&[DOCUMENTS])?;
    let draft = drafts::draft(tx, form)?.ok_or(Refusal::NotThere)?;
    if draft.version == version { Ok(draft) } else { Err(Refusal::VersionMismatch.into()) }
}
