//! What this room does about what happens to logins.

use super::model::{Client, ClientDetails, PersonName};
use super::store;
use crate::accounts::model::EmailAddress;
use crate::db::{Stop, Tx};
use crate::kernel::change::Event;
use crate::kernel::ids::{AccountId, ClientId};

/// Makes the record of a login that has come to hold the client's role.
///
/// # Errors
/// A fault of the store.
pub fn keep_record(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    if !matches!(event.action, "account.registered" | "account.joined" | "account.roles_set") {
        return Ok(());
    }
    let account = AccountId(event.subject_id);
    let Some((name, email)) = store::account_behind(tx, account)? else {
        return Ok(());
    };
    if store::has_record(tx, account)? {
        return Ok(());
    }
    let details = ClientDetails {
        name: PersonName::kept(name),
        date_of_birth: None,
        email: Some(EmailAddress::kept(email)),
        phone: None,
    };
    let (now, today) = (tx.now(), store::today(tx)?);
    tx.save(Client::register(ClientId::new(now), Some(account), details, today, now)?).map(drop)
}
