//! Facts are locked before they are read.
//!
//! A transaction that changes, or decides by, facts about a therapist, a client or a room takes that one's lock first, all of them in one
//! sorted call before the first read. Under READ COMMITTED every later read then sees whatever the previous holder committed. SQLite needs
//! none: its write transactions follow one another.

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;

use super::backend::Any;
use super::stop::Stop;
use crate::kernel::ids::{AccountId, ClientId, CredentialId, RoomId, TherapistId};

/// What a transaction may lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Everything the therapist's calendar and entitlement are decided by.
    Therapist(TherapistId),
    /// Everything the client's calendar and screening are decided by.
    Client(ClientId),
    /// A room's calendar.
    Room(RoomId),
    /// An account's sessions, roles and state.
    Account(AccountId),
    /// A credential's assertions.
    Credential(CredentialId),
    /// Something of which a store has one: `setup`, `token_keys`.
    Only(&'static str),
}

impl Lock {
    /// A stable number; two things that share one wait for each other needlessly, and nothing worse.
    pub(super) fn key(self) -> i64 {
        let (kind, id) = match self {
            Self::Therapist(id) => (1, id.0),
            Self::Client(id) => (2, id.0),
            Self::Account(id) => (3, id.0),
            Self::Credential(id) => (4, id.0),
            Self::Room(id) => (6, id.0),
            Self::Only(name) => {
                let folded = name.bytes().fold(5_i64, |hash, byte| hash.wrapping_mul(31).wrapping_add(i64::from(byte)));
                return folded;
            }
        };
        let (_, random) = id.as_u64_pair();
        i64::from_ne_bytes(random.to_ne_bytes()).wrapping_mul(8).wrapping_add(kind)
    }
}

/// Takes the locks in one order that every transaction shares, and holds them to its end.
pub(super) fn take(conn: &mut Any, locks: &[Lock]) -> Result<(), Stop> {
    let Any::Postgres(conn) = conn else {
        return Ok(());
    };
    let mut keys: Vec<i64> = locks.iter().map(|lock| lock.key()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        diesel::sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(key).execute(conn)?;
    }
    Ok(())
}

/// Takes a lock if nobody holds it, to the end of the transaction; SQLite's single writer always succeeds.
pub(super) fn try_take(conn: &mut Any, key: i64) -> Result<bool, Stop> {
    #[derive(diesel::QueryableByName)]
    struct Taken {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        taken: bool,
    }
    let Any::Postgres(conn) = conn else {
        return Ok(true);
    };
    let row: Taken =
        diesel::sql_query("SELECT pg_try_advisory_xact_lock($1) AS taken").bind::<BigInt, _>(key).get_result(conn)?;
    Ok(row.taken)
}
