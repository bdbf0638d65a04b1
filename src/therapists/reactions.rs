//! What therapists' records make of earlier rooms' events.

use super::model::{Therapist, TherapistDraft};
use super::store;
use crate::accounts::model::joined_as;
use crate::db::{Stop, Tx};
use crate::kernel::actor::Role;
use crate::kernel::change::Event;

/// Who joins as a therapist finds a record of their own, not yet listed, under the name they gave.
///
/// # Errors
/// A fault of the store.
pub fn welcome(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    let Some(account) = joined_as(event, Role::Therapist) else {
        return Ok(());
    };
    if store::therapist_of_account(tx, account)?.is_some() {
        return Ok(());
    }
    let draft = TherapistDraft { name: store::account_name(tx, account)?, ..TherapistDraft::default() };
    tx.save(Therapist::add(&draft, Some(account), tx.now())?).map(drop)
}
