//! The key store: wrapped data keys, kept apart from the rows they seal.
//!
//! A copy of the rows may be kept for years; a copy of a key that was destroyed since would undo its destruction. So keys have a store of their
//! own, with copies that live for days: a second file beside an embedded store, a schema of its own in a served one, or whatever place the
//! operator names. What is written here is committed at once, on a connection that no transaction of the practice's shares.
//!
//! It knows ids and bytes, and nothing of what wraps them: that is the vault's. Two of its own rules the database keeps: a client has one key
//! of a class, and no key is wrapped by a master key that was retired.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::{Mutex, PoisonError};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use serde::{Deserialize, Serialize};

use super::backend::Any;
use super::open::{KEYS_SCHEMA, Target, postgres, sqlite};
use super::stop::Fault;
use crate::kernel::ids::{ClientId, DataKeyId};
use crate::kernel::time::Timestamp;

mod tables {
    diesel::table! {
        use diesel::sql_types::*;
        use crate::db::types::{Id, Instant};

        master_keys (id) {
            id -> Text,
            ordinal -> Integer,
            created_at -> Instant,
            escrowed_at -> Nullable<Instant>,
        }
    }

    diesel::table! {
        use diesel::sql_types::*;
        use crate::db::types::{Id, Instant};

        wrapped_keys (id) {
            id -> Id,
            client_id -> Id,
            class -> Text,
            wrapped -> Binary,
            master_key -> Text,
            created_at -> Instant,
        }
    }

    diesel::table! {
        use diesel::sql_types::*;
        use crate::db::types::{Id, Instant};

        destroyed_keys (id) {
            id -> Id,
            client_id -> Id,
            class -> Text,
            destroyed_at -> Instant,
        }
    }
}

use tables::{destroyed_keys, master_keys, wrapped_keys};

/// A master key as the store knows it: by name.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = master_keys)]
pub struct Master {
    /// Its name, which a key it wrapped repeats.
    pub id: String,
    /// Grows with each that follows another; the highest is the one that wraps.
    pub ordinal: i32,
    /// Since when.
    pub created_at: Timestamp,
    /// When its recovery copy was made, if it was.
    pub escrowed_at: Option<Timestamp>,
}

/// A data key, wrapped.
#[derive(Clone, Queryable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = wrapped_keys)]
pub struct WrappedKey {
    /// Which.
    pub id: DataKeyId,
    /// Whose content it seals.
    pub client_id: ClientId,
    /// Of which class.
    pub class: String,
    /// The key, as the master key wrapped it.
    pub wrapped: Vec<u8>,
    /// The master key's name.
    pub master_key: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// A key that was destroyed. What names it stays, so that no restored copy brings it back.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = destroyed_keys)]
pub struct DestroyedKey {
    /// Which.
    pub id: DataKeyId,
    /// Whose content it had sealed.
    pub client_id: ClientId,
    /// Of which class.
    pub class: String,
    /// When.
    pub destroyed_at: Timestamp,
}

/// The store of keys, on a connection of its own.
pub struct KeyStore {
    pub(super) target: Target,
    conn: Mutex<Option<Any>>,
}

const ON_SQLITE: &str = "
    CREATE TABLE IF NOT EXISTS master_keys (
        id TEXT NOT NULL PRIMARY KEY, ordinal INTEGER NOT NULL UNIQUE, created_at INTEGER NOT NULL, escrowed_at INTEGER
    ) STRICT;
    CREATE TABLE IF NOT EXISTS wrapped_keys (
        id BLOB NOT NULL PRIMARY KEY, client_id BLOB NOT NULL, class TEXT NOT NULL, wrapped BLOB NOT NULL,
        master_key TEXT NOT NULL REFERENCES master_keys (id), created_at INTEGER NOT NULL, UNIQUE (client_id, class)
    ) STRICT;
    CREATE INDEX IF NOT EXISTS wrapped_keys_by_master_key ON wrapped_keys (master_key);
    CREATE TABLE IF NOT EXISTS destroyed_keys (
        id BLOB NOT NULL PRIMARY KEY, client_id BLOB NOT NULL, class TEXT NOT NULL, destroyed_at INTEGER NOT NULL
    ) STRICT;";

const ON_POSTGRES: &str = "
    CREATE TABLE IF NOT EXISTS master_keys (
        id TEXT NOT NULL PRIMARY KEY, ordinal INTEGER NOT NULL UNIQUE, created_at timestamptz NOT NULL, escrowed_at timestamptz
    );
    CREATE TABLE IF NOT EXISTS wrapped_keys (
        id uuid NOT NULL PRIMARY KEY, client_id uuid NOT NULL, class TEXT NOT NULL, wrapped bytea NOT NULL,
        master_key TEXT NOT NULL REFERENCES master_keys (id), created_at timestamptz NOT NULL, UNIQUE (client_id, class)
    );
    CREATE INDEX IF NOT EXISTS wrapped_keys_by_master_key ON wrapped_keys (master_key);
    CREATE TABLE IF NOT EXISTS destroyed_keys (
        id uuid NOT NULL PRIMARY KEY, client_id uuid NOT NULL, class TEXT NOT NULL, destroyed_at timestamptz NOT NULL
    );";

impl KeyStore {
    /// Opens the key store at a place, and makes it there if need be.
    ///
    /// # Errors
    /// A fault that says what is in the way.
    pub fn open(target: &Target) -> Result<Self, Fault> {
        if let Some(file) = target.file() {
            // For its own user alone, from before there is anything in it.
            let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(file);
            made.map_err(|error| Fault::Store(format!("the key store {} cannot be opened: {error}", file.display())))?;
        }
        let store = Self { target: target.clone(), conn: Mutex::new(None) };
        let mut conn = store.connect()?;
        match &mut conn {
            Any::Sqlite(conn) => conn.batch_execute(ON_SQLITE)?,
            Any::Postgres(conn) => {
                // Several servers may start at once.
                conn.batch_execute("SELECT pg_advisory_lock(7521904402)")?;
                // Made by hand it may be the role's that could not make it.
                let schema = format!(
                    "DO $$ BEGIN IF to_regnamespace('{KEYS_SCHEMA}') IS NULL THEN CREATE SCHEMA {KEYS_SCHEMA}; END IF; END $$; {ON_POSTGRES}"
                );
                let made = conn.batch_execute(&schema);
                conn.batch_execute("SELECT pg_advisory_unlock(7521904402)")?;
                made?;
            }
        }
        *store.conn.lock().unwrap_or_else(PoisonError::into_inner) = Some(conn);
        Ok(store)
    }

    fn connect(&self) -> Result<Any, Fault> {
        match &self.target {
            Target::Sqlite(file) => sqlite(file, "PRAGMA synchronous=FULL;").map(Any::Sqlite),
            Target::Scratch(file) => sqlite(file, "PRAGMA synchronous=OFF;").map(Any::Sqlite),
            Target::Postgres(url) => {
                let mut conn = postgres(url)?;
                conn.batch_execute(&format!("SET search_path = {KEYS_SCHEMA}"))?;
                Ok(Any::Postgres(conn))
            }
        }
    }

    /// Runs one piece of work, again on a fresh connection where the old one was lost.
    fn run<T>(&self, work: impl Fn(&mut Any) -> QueryResult<T>) -> Result<T, Fault> {
        let mut held = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut conn) = held.take() {
            match work(&mut conn) {
                Err(error) if is_lost(&error) => {}
                done => {
                    *held = Some(conn);
                    return Ok(done?);
                }
            }
        }
        let mut conn = self.connect()?;
        let done = work(&mut conn)?;
        *held = Some(conn);
        Ok(done)
    }

    /// The key with this id.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn key(&self, id: DataKeyId) -> Result<Option<WrappedKey>, Fault> {
        self.run(|conn| wrapped_keys::table.filter(wrapped_keys::id.eq(id)).first(conn).optional())
    }

    /// A client's key of a class.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn key_of(&self, client: ClientId, class: &str) -> Result<Option<WrappedKey>, Fault> {
        let of = |conn: &mut Any| {
            let of_class = wrapped_keys::table.filter(wrapped_keys::class.eq(class));
            of_class.filter(wrapped_keys::client_id.eq(client)).first(conn).optional()
        };
        self.run(of)
    }

    /// Every key, or those that another than this master key wrapped, by id; at most so many.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn keys(&self, not_by: Option<&str>, limit: i64) -> Result<Vec<WrappedKey>, Fault> {
        self.run(|conn| {
            let mut query = wrapped_keys::table.order(wrapped_keys::id).limit(limit).into_boxed();
            if let Some(master) = not_by {
                query = query.filter(wrapped_keys::master_key.ne(master));
            }
            query.load(conn)
        })
    }

    /// Keeps a new key; answers whether it did. It does not where the client has one of that class, where this one was destroyed, or where
    /// its master key was retired meanwhile.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn keep(&self, key: &WrappedKey) -> Result<bool, Fault> {
        let kept = self.run(|conn| {
            let kept = conn.transaction(|conn| {
                // Written before anything is read: what SQLite lets begin as a reader it may not let write.
                diesel::insert_into(wrapped_keys::table).values(key.clone()).execute(conn)?;
                let destroyed = destroyed_keys::table.filter(destroyed_keys::id.eq(key.id)).count();
                if destroyed.get_result::<i64>(conn)? > 0 { Err(Error::RollbackTransaction) } else { Ok(true) }
            });
            match kept {
                Err(Error::RollbackTransaction) => Ok(false),
                other => other,
            }
        });
        unless_refused(kept)
    }

    /// Puts the same key, wrapped by another master key, in the place of what one master key wrapped.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn rewrap(&self, key: &WrappedKey, by: &str) -> Result<(), Fault> {
        self.run(|conn| {
            let of = wrapped_keys::table.filter(wrapped_keys::id.eq(key.id)).filter(wrapped_keys::master_key.eq(by));
            let set = (wrapped_keys::wrapped.eq(&key.wrapped), wrapped_keys::master_key.eq(&key.master_key));
            diesel::update(of).set(set).execute(conn).map(drop)
        })
    }

    /// The master keys that wrap what is here, the one that wraps what is new first.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn masters(&self) -> Result<Vec<Master>, Fault> {
        self.run(|conn| master_keys::table.order(master_keys::ordinal.desc()).load(conn))
    }

    /// Lets a master key wrap from now on; another process may have done so already.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn add_master(&self, id: &str, now: Timestamp) -> Result<(), Fault> {
        let added = self.run(|conn| {
            let last: Option<i32> = master_keys::table.select(diesel::dsl::max(master_keys::ordinal)).first(conn)?;
            let ordinal = last.unwrap_or(0).saturating_add(1);
            let row = Master { id: id.to_owned(), ordinal, created_at: now, escrowed_at: None };
            diesel::insert_into(master_keys::table).values(row).execute(conn).map(|_| true)
        });
        unless_refused(added).map(drop)
    }

    /// Enters a master key that a copy's keys are wrapped by, behind those that are known: what is new it does not wrap.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn add_older_master(&self, master: &Master) -> Result<(), Fault> {
        let added = self.run(|conn| {
            let first: Option<i32> = master_keys::table.select(diesel::dsl::min(master_keys::ordinal)).first(conn)?;
            let row = Master { ordinal: first.unwrap_or(1).saturating_sub(1), ..master.clone() };
            diesel::insert_into(master_keys::table).values(row).execute(conn).map(|_| true)
        });
        unless_refused(added).map(drop)
    }

    /// Retires every master key but one; answers whether it could: none is while it wraps a key.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn retire_all_but(&self, id: &str) -> Result<bool, Fault> {
        let retired = self
            .run(|conn| diesel::delete(master_keys::table.filter(master_keys::id.ne(id))).execute(conn).map(|_| true));
        unless_refused(retired)
    }

    /// Notes that a recovery copy of a master key was made.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn note_escrow(&self, id: &str, now: Timestamp) -> Result<(), Fault> {
        self.run(|conn| {
            let of = master_keys::table.filter(master_keys::id.eq(id));
            diesel::update(of).set(master_keys::escrowed_at.eq(now)).execute(conn).map(drop)
        })
    }

    /// Destroys keys: their bytes are overwritten, and the list keeps their names.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn destroy(&self, keys: &[DestroyedKey]) -> Result<(), Fault> {
        self.run(|conn| {
            conn.transaction(|conn| {
                for key in keys {
                    let row = wrapped_keys::table.filter(wrapped_keys::id.eq(key.id));
                    diesel::update(row).set(wrapped_keys::wrapped.eq(vec![0_u8; 72])).execute(conn)?;
                    diesel::delete(row).execute(conn)?;
                    let listed = destroyed_keys::table.filter(destroyed_keys::id.eq(key.id)).count();
                    if listed.get_result::<i64>(conn)? == 0 {
                        diesel::insert_into(destroyed_keys::table).values(key.clone()).execute(conn)?;
                    }
                }
                Ok::<_, Error>(())
            })?;
            // What was overwritten still stands in the write-ahead log, or as a dead row.
            match conn {
                Any::Sqlite(conn) => conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)"),
                Any::Postgres(conn) => conn.batch_execute("VACUUM wrapped_keys"),
            }
        })
    }

    /// Every key that was destroyed.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn destroyed(&self) -> Result<Vec<DestroyedKey>, Fault> {
        self.run(|conn| destroyed_keys::table.order(destroyed_keys::id).load(conn))
    }
}

/// Whether an error means that the connection is of no use any more, and not that the work was refused.
fn is_lost(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection, _) => true,
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            let message = info.message();
            message.contains("terminating connection") || message.contains("server closed the connection")
        }
        Error::BrokenTransactionManager => true,
        _ => false,
    }
}

/// `false` for what one of the store's own rules refused.
fn unless_refused(done: Result<bool, Fault>) -> Result<bool, Fault> {
    match done {
        Err(Fault::Constraint(_)) => Ok(false),
        other => other,
    }
}
