//! The only room that knows which database it is.
//!
//! Everything above speaks to two doors. The **read door** ([`Db::read`]) hands out a [`View`]: one snapshot, SELECT only, by type and by the
//! database's own read-only switch. The **write door** ([`Db::write`]) hands out a [`Tx`], whose only way to change anything is
//! [`Tx::save`], which takes a state together with its event. Both open to a [`Permit`](crate::kernel::actor::Permit) alone, and both confirm
//! in their own transaction that its session still stands and its roles still suffice.
//!
//! Closures given to the doors run on threads that each own a connection. A write closure may run twice (a lost race, a failed group commit),
//! so it must not do anything that cannot be rolled back: no network, no hashing of passwords, no sending.
//!
//! Never in here: a rule of the practice. The tables' own refusals (overlap, immutability, uniqueness) arrive as one typed
//! [`Fault::Constraint`], named alike on both stores.

mod backend;
mod copies;
mod door;
mod executor;
mod idempotency;
mod keys;
pub mod lock;
mod look;
mod migrate;
mod open;
pub mod schema;
mod session;
mod stop;
mod trace;
mod transaction;
mod turn;
pub mod types;

pub use backend::MultiBackend;
pub use copies::Throwaway;
pub use door::Db;
pub use idempotency::{Created, IdempotencyKey, Receipt, forget_receipts};
pub use keys::{DestroyedKey, KeyStore, Master, WrappedKey};
pub use lock::Lock;
pub use look::Look;
pub use migrate::{MIGRATION_NAMES, Migrated};
pub use open::{Opened, Target};
pub use stop::{Fault, Stop};
pub use transaction::{Persist, Reaction, Tx, View, Writer};
pub use turn::Turn;
