//! What the catalogue makes of earlier rooms' events.

use super::model::{CREDENTIAL_TYPES_V1, Catalogue, CredentialType};
use super::store;
use crate::db::{Fault, Stop, Tx};
use crate::kernel::change::Event;

/// A practice begins with the shipped catalogue of credential types, which from then on is its own to edit.
///
/// # Errors
/// A fault of the store.
pub fn stock_catalogue(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    if event.action != "practice.founded" || !store::catalogue(tx)?.is_empty() {
        return Ok(());
    }
    let shipped: Catalogue =
        serde_json::from_str(CREDENTIAL_TYPES_V1).map_err(|_| Fault::Corrupt("a shipped catalogue that is none"))?;
    for draft in &shipped.types {
        tx.save(CredentialType::add(draft, tx.now())?)?;
    }
    Ok(())
}
