//! What the practice makes of earlier rooms' events.

use super::model::{Practice, PracticeDraft};
use super::store;
use crate::db::{Lock, Stop, Tx};
use crate::kernel::actor::Role;
use crate::kernel::change::Event;
use crate::kernel::ids::AccountId;
use crate::kernel::text_enum::TextEnum;

/// The first admin's coming founds the practice, with a name and a zone that they will want to change: there is always something to read, and
/// a version to change it from.
///
/// # Errors
/// A fault of the store.
pub fn found(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    let is_admin = event.detail("roles").is_some_and(|roles| roles.split(' ').any(|role| role == Role::Admin.as_str()));
    if event.action != "account.joined" || !is_admin {
        return Ok(());
    }
    tx.lock(&[Lock::Only("practice")])?;
    if store::is_founded(tx)? {
        return Ok(());
    }
    let draft = PracticeDraft {
        name: "New practice".to_owned(),
        contact_email: store::email_of(tx, AccountId(event.subject_id))?,
        zone: "UTC".to_owned(),
        currency: "EUR".to_owned(),
        ..PracticeDraft::default()
    };
    tx.save(Practice::found(&draft, tx.now())?).map(drop)
}
