//! One rotation of a key store at a time, whichever process makes it.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use diesel::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use secrecy::SecretString;

use super::keys::KeyStore;
use super::open::{Target, postgres};
use super::stop::Fault;

/// Held for as long as a rotation goes on; the end of its process ends it too.
#[must_use = "another rotation may begin when it is dropped"]
pub struct Turn {
    _file: Option<File>,
    _session: Option<PgConnection>,
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

impl KeyStore {
    /// Takes the key store for a rotation.
    ///
    /// # Errors
    /// A fault when another rotation is under way, or of the store.
    pub fn take_turn(&self) -> Result<Turn, Fault> {
        Ok(match &self.target {
            Target::Sqlite(file) | Target::Scratch(file) => Turn { _file: Some(of_file(file)?), _session: None },
            Target::Postgres(url) => Turn { _file: None, _session: Some(of_database(url)?) },
        })
    }
}

fn of_file(file: &Path) -> Result<File, Fault> {
    let lock = file.with_extension("rotation.lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&lock);
    let open = open.map_err(|error| Fault::Store(format!("{} cannot be opened: {error}", lock.display())))?;
    match open.try_lock() {
        Ok(()) => Ok(open),
        Err(TryLockError::WouldBlock) => Err(taken()),
        Err(TryLockError::Error(error)) => Err(Fault::Store(format!("{} cannot be locked: {error}", lock.display()))),
    }
}

/// A lock of the session's, on a connection of its own.
fn of_database(url: &SecretString) -> Result<PgConnection, Fault> {
    let mut conn = postgres(url)?;
    let row: Taken = diesel::sql_query("SELECT pg_try_advisory_lock(7521904403) AS taken").get_result(&mut conn)?;
    if row.taken { Ok(conn) } else { Err(taken()) }
}

fn taken() -> Fault {
    Fault::Store("another rotation is under way".to_owned())
}
