//! How the reason for a withdrawal goes into the vault and comes out again.

use zeroize::Zeroizing;

use super::model::Consent;
use crate::db::{Fault, Look, Stop, Tx, View};
use crate::kernel::ids::{ClientId, ConsentId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::vault::{Class, Place, Vault};

fn place(client: ClientId, consent: ConsentId) -> Place<'static> {
    let (record, table) = (consent.0, "consent_ends");
    Place { client, class: Class::Intake, record, table, row: record, column: "reason" }
}

/// Seals a reason to the consent that it ends.
pub(super) fn seal_reason(tx: &mut Tx<'_>, vault: &Vault, consent: &Consent, reason: &str) -> Result<Sealed, Stop> {
    vault.seal(tx, place(consent.client, consent.id), reason.as_bytes())
}

/// The reason a consent was withdrawn for, if one was given.
pub(super) fn open_reason(
    view: &mut View<'_>,
    vault: &Vault,
    look: &Look,
    consent: &Consent,
) -> Result<Zeroizing<String>, Stop> {
    let sealed = consent.end.as_ref().and_then(|end| end.reason.as_ref()).ok_or(Refusal::NotThere)?;
    let plain = vault.open(view, look, place(consent.client, consent.id), sealed)?;
    let text = std::str::from_utf8(&plain).map_err(|_| Fault::Corrupt("a reason that is not text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}
