//! What the practice makes of earlier rooms' events.

use super::model::{Practice, PracticeDraft};
use super::store;
use crate::accounts::model::joined_as;
use crate::db::{Lock, Stop, Tx};
use crate::kernel::actor::Role;
use crate::kernel::change::Event;

/// The first admin's coming founds the practice, with a name and a zone that they will want to change: there is always something to read, and
/// a version to change it from.
///
/// # Errors
/// A fault of the store.
pub fn found(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    let Some(admin) = joined_as(event, Role::Admin) else {
        return Ok(());
    };
    tx.lock(&[Lock::Only("practice")])?;
    if store::is_founded(tx)? {
        return Ok(());
    }
    let draft = PracticeDraft {
        name: "New practice".to_owned(),
        contact_email: store::email_of(tx, admin)?,
        zone: "UTC".to_owned(),
        currency: "EUR".to_owned(),
        ..PracticeDraft::default()
    };
    tx.save(Practice::found(&draft, tx.now())?).map(drop)
}
