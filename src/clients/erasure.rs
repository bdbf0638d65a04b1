//! Erasing a client: what identified them is sealed under a key of its own, and all their keys are destroyed.
//!
//! The row stays, under a neutral label, since bookings and signed notes hang on it. That it was blanked is what this room does about the
//! destruction of an identity's key, whoever tells of it: a copy from before the erasure that is restored tells of it too.

use serde_json::json;
use zeroize::Zeroizing;

use super::store::{self, Identity};
use crate::db::{Fault, Lock, Stop, Tx};
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::ClientId;
use crate::kernel::refusal::Refusal;
use crate::kernel::text_enum::TextEnum;
use crate::vault::{Class, Condemned, Place, Reason, Vault};

/// Seals away who a client was and condemns all their keys.
///
/// # Errors
/// `NotThere` for no such client, `Erased` for one who was erased before; a fault of the store.
pub fn erase(tx: &mut Tx<'_>, vault: &Vault, client: ClientId, reason: Reason) -> Result<Condemned, Stop> {
    tx.lock(&[Lock::Client(client)])?;
    let actor = tx.actor();
    let record = store::client(tx, &actor, client)?;
    if store::is_erased(tx, client)? {
        return Err(Refusal::Erased.into());
    }
    let details = record.details;
    let identity = json!({
        "name": details.name.as_str(),
        "date_of_birth": details.date_of_birth,
        "email": details.email.as_ref().map(|email| email.as_str()),
        "phone": details.phone.as_ref().map(|phone| phone.as_str()),
    });
    let plain =
        serde_json::to_vec(&identity).map(Zeroizing::new).map_err(|_| Fault::Vault("content that is not JSON"))?;
    let (class, id) = (Class::Identity, client.0);
    let place = Place { client, class, record: id, table: "client_identities", row: id, column: "identity" };
    let sealed = vault.seal(tx, place, &plain)?;
    let event = Event::new("client.identity_sealed", client).about(client).with("reason", reason);
    tx.save(Change::new(Identity { client, sealed, sealed_at: tx.now() }, event))?;
    vault.condemn(tx, client, Class::ALL, reason)
}

/// Condemns a client's keys of one class; who they are stays known.
///
/// # Errors
/// `NotThere` for no such client; a fault of the store.
pub fn forget_class(
    tx: &mut Tx<'_>,
    vault: &Vault,
    client: ClientId,
    class: Class,
    reason: Reason,
) -> Result<Condemned, Stop> {
    tx.lock(&[Lock::Client(client)])?;
    let actor = tx.actor();
    store::client(tx, &actor, client)?;
    vault.condemn(tx, client, &[class], reason)
}

/// Blanks the record of a client whose identity's key is destroyed.
///
/// # Errors
/// A fault of the store.
pub fn forget_identity(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    let identity = event.detail("class") == Some(Class::Identity.as_str());
    let (Some(client), true) = (event.client, identity && event.action == "data_key.destroyed") else {
        return Ok(());
    };
    let actor = tx.actor();
    let record = store::client(tx, &actor, client)?;
    tx.save(record.erase()).map(drop)
}
