//! The same request twice is the same thing once.
//!
//! A key belongs to one account and one operation and is kept, in the transaction of the work itself, with a keyed hash of the body and the
//! receipt. Only successes are kept: a refusal is decided anew. Receipts live for [`KEPT`].
//!
//! A receipt repeats what its asker was told before, and nothing newer: neither what has become of the thing since, nor whether they could
//! still see it today. It goes to nobody but the account that was told, for the same body, while that account may still ask the operation.

use chrono::TimeDelta;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::schema::idempotency_keys;
use super::stop::{Fault, Stop};
use super::transaction::Tx;
use crate::kernel::ids::AccountId;
use crate::kernel::refusal::Refusal;

/// How long a receipt answers for its key.
pub const KEPT: TimeDelta = TimeDelta::hours(24);

/// What a request brought to be recognised by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The header's value.
    pub key: String,
    /// A keyed hash of the body, so that the store holds nothing a body could be guessed from.
    pub body: Vec<u8>,
}

/// A new thing, as the answer to its creation shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Where it stands.
    pub location: String,
    /// Its version, for the entity tag.
    pub version: i32,
    /// The answer's body. For sealed things, ids and metadata only: it is stored as it is.
    pub body: serde_json::Value,
}

/// A [`Created`] that was committed, now or earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// What was created.
    pub created: Created,
    /// Whether this answers a repeated request.
    pub replayed: bool,
}

impl Receipt {
    pub(super) fn first(created: Created) -> Self {
        Self { created, replayed: false }
    }
}

/// The earlier receipt for this key, if there is one; otherwise the key is this transaction's until it ends.
pub(super) fn claim(tx: &mut Tx<'_>, key: &IdempotencyKey) -> Result<Option<Receipt>, Stop> {
    let (Some(account), operation) = (tx.actor().account(), tx.operation()) else {
        return Ok(None);
    };
    if !tx.try_lock(lock_key(account, operation, &key.key))? {
        return Err(Refusal::IdempotencyInProgress.into());
    }
    let earliest = tx.now().minus(KEPT);
    let earlier: Option<(Vec<u8>, String, i32, String)> = tx.first(
        idempotency_keys::table
            .filter(idempotency_keys::account_id.eq(account))
            .filter(idempotency_keys::operation.eq(operation))
            .filter(idempotency_keys::key.eq(&key.key))
            .filter(idempotency_keys::created_at.gt(earliest))
            .select((
                idempotency_keys::body_mac,
                idempotency_keys::location,
                idempotency_keys::version,
                idempotency_keys::answer,
            )),
    )?;
    let Some((body, location, version, answer)) = earlier else {
        return Ok(None);
    };
    if body != key.body {
        return Err(Refusal::IdempotencyKeyReused.into());
    }
    let body = serde_json::from_str(&answer).map_err(|_| Fault::Corrupt("a receipt that is not JSON"))?;
    Ok(Some(Receipt { created: Created { location, version, body }, replayed: true }))
}

/// Keeps a receipt; one that outlived its time makes room.
pub(super) fn store(tx: &mut Tx<'_>, key: &IdempotencyKey, receipt: &Receipt) -> Result<(), Stop> {
    let (Some(account), operation, now) = (tx.actor().account(), tx.operation(), tx.now()) else {
        return Ok(());
    };
    tx.execute(
        diesel::delete(idempotency_keys::table)
            .filter(idempotency_keys::account_id.eq(account))
            .filter(idempotency_keys::operation.eq(operation))
            .filter(idempotency_keys::key.eq(&key.key)),
    )?;
    tx.execute(diesel::insert_into(idempotency_keys::table).values((
        idempotency_keys::account_id.eq(account),
        idempotency_keys::operation.eq(operation),
        idempotency_keys::key.eq(&key.key),
        idempotency_keys::body_mac.eq(&key.body),
        idempotency_keys::location.eq(&receipt.created.location),
        idempotency_keys::version.eq(receipt.created.version),
        idempotency_keys::answer.eq(receipt.created.body.to_string()),
        idempotency_keys::created_at.eq(now),
    )))?;
    Ok(())
}

/// Forgets the receipts that no longer answer for a key, and says how many.
///
/// # Errors
/// A fault of the store.
pub fn forget_receipts(tx: &mut Tx<'_>) -> Result<usize, Stop> {
    let before = tx.now().minus(KEPT);
    tx.execute(diesel::delete(idempotency_keys::table).filter(idempotency_keys::created_at.le(before)))
}

fn lock_key(account: AccountId, operation: &str, key: &str) -> i64 {
    let digest =
        Sha256::new().chain_update(account.0).chain_update(operation).chain_update([0]).chain_update(key).finalize();
    let mut first = [0_u8; 8];
    first.iter_mut().zip(digest.iter()).for_each(|(to, from)| *to = *from);
    i64::from_be_bytes(first)
}
