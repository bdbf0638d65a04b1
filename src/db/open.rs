//! Opening a store: which one, with which switches, by whom alone.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, SqliteConnection};
use secrecy::{ExposeSecret, SecretString};

use super::backend::Any;
use super::door::Db;
use super::executor::{Connect, Executor, Mode};
use super::migrate::{self, Migrated};
use super::stop::Fault;
use super::transaction::Reaction;
use crate::kernel::time::Clock;

const SQLITE_READERS: usize = 3;
const POSTGRES_READERS: usize = 4;
const POSTGRES_WRITERS: usize = 8;

/// Where keys are kept in a served database.
pub(super) const KEYS_SCHEMA: &str = "stillpoint_keys";

/// Which store is meant.
#[derive(Clone, Debug)]
pub enum Target {
    /// The embedded store in this file.
    Sqlite(PathBuf),
    /// An embedded store that is gone with the process and need not survive a power cut.
    Scratch(PathBuf),
    /// The PostgreSQL database (14 or newer) at this URL.
    Postgres(SecretString),
}

/// A store that is open and up to date.
pub struct Opened {
    /// Its doors.
    pub db: Db,
    /// What had to be done to bring it up to date.
    pub migrated: Migrated,
    /// Held for as long as the embedded store is served; a second server on the same file is refused by it.
    pub lock: Option<File>,
}

impl Target {
    /// Reads a `DATABASE_URL`: `postgres://` or `postgresql://` URLs, and `sqlite:` followed by a path.
    ///
    /// # Errors
    /// What is wrong with it, for the operator; never the URL itself, which may hold a password.
    pub fn parse(url: &SecretString) -> Result<Self, String> {
        let text = url.expose_secret();
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return local_or_tls(text).map(|()| Self::Postgres(url.clone()));
        }
        match text.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite(path.trim_start_matches("//").into())),
            _ => Err("expected postgres://… or sqlite:PATH".to_owned()),
        }
    }

    /// Opens the store, brings its tables up to date and starts its threads. `alone` takes the embedded store for this process.
    ///
    /// # Errors
    /// A fault that says what is in the way.
    pub fn open(&self, clock: Clock, reactions: Vec<Reaction>, alone: bool) -> Result<Opened, Fault> {
        let lock = if alone { self.take()? } else { None };
        let migrated = if alone { self.migrate()? } else { self.migrate_beside()? };
        let openers =
            |count: usize, reads: bool| -> Vec<Connect> { (0..count).map(|_| self.connector(reads)).collect() };
        let executor = match self {
            Self::Sqlite(_) | Self::Scratch(_) => {
                Executor::start(openers(SQLITE_READERS, true), openers(1, false), Mode::Group)?
            }
            Self::Postgres(_) => {
                Executor::start(openers(POSTGRES_READERS, true), openers(POSTGRES_WRITERS, false), Mode::Single)?
            }
        };
        Ok(Opened { db: Db::new(executor, clock, reactions), migrated, lock })
    }

    /// The same embedded store without the care for power cuts; a served one stays as it is.
    #[must_use]
    pub fn scratch(&self) -> Self {
        match self {
            Self::Sqlite(file) | Self::Scratch(file) => Self::Scratch(file.clone()),
            Self::Postgres(url) => Self::Postgres(url.clone()),
        }
    }

    /// The file of an embedded store; a served one has none.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(file) | Self::Scratch(file) => Some(file),
            Self::Postgres(_) => None,
        }
    }

    /// Where its keys are kept unless another place is named: a file beside an embedded store, a schema of its own in a served one.
    #[must_use]
    pub fn keys(&self) -> Self {
        match self {
            Self::Sqlite(file) => Self::Sqlite(file.with_file_name("keys.sqlite3")),
            Self::Scratch(file) => Self::Scratch(file.with_file_name("keys.sqlite3")),
            Self::Postgres(url) => Self::Postgres(url.clone()),
        }
    }

    /// The same place in words that hold no secret.
    #[must_use]
    pub fn told_keys(&self) -> String {
        match self.keys() {
            Self::Sqlite(file) | Self::Scratch(file) => format!("sqlite:{}", file.display()),
            Self::Postgres(_) => format!("schema {} of the database", KEYS_SCHEMA),
        }
    }

    /// Takes an embedded store for this process, for as long as the answer is kept.
    ///
    /// # Errors
    /// A fault when another process has it.
    pub fn take(&self) -> Result<Option<File>, Fault> {
        match self {
            Self::Sqlite(file) | Self::Scratch(file) => take_file(file).map(Some),
            Self::Postgres(_) => Ok(None),
        }
    }

    /// Applies what migrations are missing, after a snapshot of an embedded store that has some already.
    ///
    /// # Errors
    /// A fault that says what is in the way.
    pub fn migrate(&self) -> Result<Migrated, Fault> {
        match self {
            Self::Sqlite(file) => migrate::sqlite(&mut sqlite(file, DURABLE)?, file),
            Self::Scratch(file) => migrate::sqlite(&mut sqlite(file, SCRATCH)?, file),
            Self::Postgres(url) => migrate::postgres(&mut postgres(url)?),
        }
    }

    /// Tables do not change under a server: beside one that may be running, only a store that nobody serves is brought up to date. Who serves a
    /// PostgreSQL database cannot be told, so of those only an empty one is.
    fn migrate_beside(&self) -> Result<Migrated, Fault> {
        let standing = match self {
            Self::Sqlite(file) | Self::Scratch(file) => migrate::standing_of_sqlite(&mut sqlite(file, DURABLE)?)?,
            Self::Postgres(url) => migrate::standing_of_postgres(&mut postgres(url)?)?,
        };
        if !standing.behind {
            return Ok(Migrated::default());
        }
        let behind = || {
            let why = "the store has to be brought up to date first: run `stillpoint migrate` while nothing is serving";
            Fault::Store(why.to_owned())
        };
        if standing.in_use && matches!(self, Self::Postgres(_)) {
            return Err(behind());
        }
        let _alone = self.take().map_err(|_| behind())?;
        self.migrate()
    }

    /// Undoes the newest `count` migrations, losing what they hold.
    ///
    /// # Errors
    /// A fault that says what is in the way.
    pub fn revert(&self, count: usize) -> Result<Vec<String>, Fault> {
        match self {
            Self::Sqlite(file) | Self::Scratch(file) => migrate::revert_sqlite(&mut sqlite(file, DURABLE)?, count),
            Self::Postgres(url) => migrate::revert_postgres(&mut postgres(url)?, count),
        }
    }

    fn connector(&self, reads: bool) -> Connect {
        match self.clone() {
            Self::Sqlite(file) => Box::new(move || sqlite(&file, if reads { READS } else { DURABLE }).map(Any::Sqlite)),
            Self::Scratch(file) => {
                Box::new(move || sqlite(&file, if reads { READS } else { SCRATCH }).map(Any::Sqlite))
            }
            Self::Postgres(url) => Box::new(move || postgres(&url).map(Any::Postgres)),
        }
    }
}

/// An acknowledged booking survives a power cut.
const DURABLE: &str = "PRAGMA synchronous=FULL;";
/// Nothing is waited for.
const SCRATCH: &str = "PRAGMA synchronous=OFF;";
/// What is read is not written.
const READS: &str = "PRAGMA query_only=ON;";

pub(super) fn sqlite(file: &Path, manner: &str) -> Result<SqliteConnection, Fault> {
    let path = file.to_str().ok_or_else(|| Fault::Store("the store's path is not UTF-8".into()))?;
    let mut conn = SqliteConnection::establish(path).map_err(|error| Fault::Store(error.to_string()))?;
    // `recursive_triggers`: REPLACE fires the triggers that forbid DELETE. `secure_delete`: what is deleted is overwritten.
    conn.batch_execute(
        "PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; \
         PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON;",
    )?;
    conn.batch_execute(manner)?;
    Ok(conn)
}

pub(super) fn postgres(url: &SecretString) -> Result<PgConnection, Fault> {
    // The connection's error may repeat the URL, and with it a password.
    let mut conn = PgConnection::establish(url.expose_secret())
        .map_err(|_| Fault::Unreachable("PostgreSQL cannot be reached with the URL that is configured"))?;
    conn.batch_execute("SET TIME ZONE 'UTC'; SET client_min_messages = warning;")?;
    Ok(conn)
}

fn take_file(file: &Path) -> Result<File, Fault> {
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(file.with_extension("lock"))
        .map_err(|error| Fault::Store(format!("the store's lock file cannot be opened: {error}")))?;
    lock.try_lock().map_err(|_| Fault::Store("another server is serving this store".into()))?;
    Ok(lock)
}

/// Health histories cross a network only under TLS with a server that proved who it is: libpq's own default, `sslmode=prefer`, would go on
/// without. A build that has no TLS stays on this machine.
fn local_or_tls(url: &str) -> Result<(), String> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = authority.split('/').next().unwrap_or("");
    let named = authority.rsplit('@').next().unwrap_or("");
    let in_query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(key, _)| *key == "host" || *key == "hostaddr");
    let hosts = named.split(',').chain(in_query.flat_map(|(_, hosts)| hosts.split(',')));
    for host in hosts {
        let bare = match host.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or(""),
            None => host.split(':').next().unwrap_or(""),
        };
        let socket = bare.is_empty() || bare.starts_with('/') || bare.to_ascii_lowercase().starts_with("%2f");
        let loopback = bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
        if !socket && !loopback {
            return verified_tls(query);
        }
    }
    Ok(())
}

fn verified_tls(query: &str) -> Result<(), String> {
    if !cfg!(feature = "postgres-tls") {
        return Err("this build has no TLS for PostgreSQL, so the server must be on a socket or on loopback; \
                    build with --features postgres-tls"
            .to_owned());
    }
    match query.split('&').any(|pair| matches!(pair, "sslmode=verify-full" | "sslmode=verify-ca")) {
        true => Ok(()),
        false => {
            Err("a server on another machine needs sslmode=verify-full and sslrootcert=FILE in the URL".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_served_is_not_brought_up_to_date_beside_its_server() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(folder.path().join("stillpoint.db"));
        let open = |alone| target.open(Clock::system(), Vec::new(), alone);
        let serving = open(true).unwrap();
        target.revert(1).unwrap();
        let Err(Fault::Store(told)) = open(false) else { panic!("it was brought up to date") };
        assert!(told.contains("stillpoint migrate"), "{told}");
        serving.db.close();
        drop(serving.lock);
        let beside = open(false).unwrap();
        assert_eq!(beside.migrated.applied.len(), 1);
        beside.db.close();
    }

    #[test]
    fn a_remote_server_needs_tls() {
        for fine in [
            "postgres://localhost/x",
            "postgres://a:b@127.0.0.1:5433/x",
            "postgres://[::1]:5432/x",
            "postgresql:///x?host=/run/pg",
            "postgres://%2Frun%2Fpg/x",
        ] {
            assert!(local_or_tls(fine).is_ok(), "{fine}");
        }
        for remote in [
            "postgres://db.example.org/x",
            "postgres:///x?host=10.0.0.1",
            "postgres://u:p@10.0.0.1/x",
            "postgres://localhost,evil/x",
        ] {
            assert!(local_or_tls(remote).is_err(), "{remote}");
        }
        let proven = local_or_tls("postgres://db.example.org/x?sslmode=verify-full&sslrootcert=/etc/ca.pem");
        assert_eq!(proven.is_ok(), cfg!(feature = "postgres-tls"));
    }
}
