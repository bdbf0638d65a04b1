//! What admins do to the versions of a text.

use crate::consents::model::{ConsentTemplate, ConsentVersion, SignOff, SignOffDraft, TemplateDraft, VersionDocument};
use crate::consents::store;
use crate::db::{Lock, Stop, Tx};
use crate::kernel::ids::{ConsentTemplateId, ConsentVersionId};
use crate::kernel::refusal::Refusal;

/// What is held by whoever changes a text, or sees to those who are to sign it.
pub const TEXTS: Lock = Lock::Only("consent_templates");

/// Says something else of a text.
pub(in crate::consents) fn change(
    tx: &mut Tx<'_>,
    (id, version): (ConsentTemplateId, i32),
    draft: TemplateDraft,
) -> Result<ConsentTemplate, Stop> {
    tx.lock(&[TEXTS])?;
    let template = store::template(tx, id)?;
    tx.save(template.change(version, draft)?)
}

/// Begins the next version of a text.
pub(in crate::consents) fn draft(
    tx: &mut Tx<'_>,
    template: ConsentTemplateId,
    document: VersionDocument,
) -> Result<ConsentVersion, Stop> {
    tx.lock(&[TEXTS])?;
    store::template(tx, template)?;
    let (number, now) = (store::next_number(tx, template)?, tx.now());
    tx.save(ConsentVersion::draft(ConsentVersionId::new(now), (template, number), document, now)?)
}

/// Publishes a draft under the hash of what it says, as it is stored.
pub(in crate::consents) fn publish(
    tx: &mut Tx<'_>,
    (template, id): (ConsentTemplateId, ConsentVersionId),
    version: i32,
) -> Result<ConsentVersion, Stop> {
    tx.lock(&[TEXTS])?;
    let draft = store::version_of(tx, template, id)?;
    let (hash, now) = (store::sha256(&store::document_text(&draft.document)?), tx.now());
    tx.save(draft.publish(version, hash, now)?)
}

/// Writes down that a clinician stands for a version.
pub(in crate::consents) fn sign_off(
    tx: &mut Tx<'_>,
    (template, id): (ConsentTemplateId, ConsentVersionId),
    expected: i32,
    draft: &SignOffDraft,
) -> Result<ConsentVersion, Stop> {
    tx.lock(&[TEXTS])?;
    let version = store::version_of(tx, template, id)?;
    if version.version != expected {
        return Err(Refusal::VersionMismatch.into());
    }
    if store::sign_off(tx, id)?.is_some() {
        return Err(Refusal::AlreadyExists { pointer: "/clinician" }.into());
    }
    let (today, now) = (store::today(tx)?, tx.now());
    let by = tx.actor().account().ok_or(Refusal::Unauthenticated)?;
    tx.save(SignOff::record(&version, draft, (by, today, now))?)?;
    Ok(version)
}
