//! Bringing a store's tables up to date.
//!
//! The same names stand in `migrations/sqlite` and `migrations/postgres`; once landed a migration is never edited. An embedded store is copied
//! aside before the first change (`stillpoint.before-<name>.db`), a served one is the operator's to back up.

use std::path::{Path, PathBuf};

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::{PgConnection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::stop::Fault;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Which embedded source a test may list, `sqlite` first.
pub const MIGRATION_NAMES: fn() -> (Vec<String>, Vec<String>) = names;

/// What an update did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    /// The migrations applied, oldest first.
    pub applied: Vec<String>,
    /// Where the store as it was before can be found.
    pub snapshot: Option<PathBuf>,
}

pub(super) fn sqlite(conn: &mut SqliteConnection, file: &Path) -> Result<Migrated, Fault> {
    let pending = pending(conn, SQLITE)?;
    let Some(first) = pending.first() else {
        return Ok(Migrated::default());
    };
    let has_some = !failing(conn.applied_migrations())?.is_empty();
    let snapshot = has_some.then(|| file.with_extension(format!("before-{first}.db")));
    if let Some(snapshot) = &snapshot {
        // A snapshot of an earlier try that did not finish is older than the store; the store itself is the truth.
        let _ = std::fs::remove_file(snapshot);
        let path = snapshot.to_str().ok_or(Fault::Corrupt("a path that is not UTF-8"))?.replace('\'', "''");
        conn.batch_execute(&format!("VACUUM INTO '{path}'"))?;
    }
    failing(conn.run_pending_migrations(SQLITE).map(drop))?;
    Ok(Migrated { applied: pending, snapshot })
}

pub(super) fn postgres(conn: &mut PgConnection) -> Result<Migrated, Fault> {
    // Several servers may start at once on one database; the first migrates, the others wait and find nothing to do.
    conn.batch_execute("SELECT pg_advisory_lock(7521904401)")?;
    let applied = pending(conn, POSTGRES)?;
    let run = failing(conn.run_pending_migrations(POSTGRES).map(drop));
    conn.batch_execute("SELECT pg_advisory_unlock(7521904401)")?;
    run.map(|()| Migrated { applied, snapshot: None })
}

/// How up to date a store is.
pub(super) struct Standing {
    /// Whether it has tables.
    pub(super) in_use: bool,
    /// Whether it is a program's older than this one.
    pub(super) behind: bool,
}

pub(super) fn standing_of_sqlite(conn: &mut SqliteConnection) -> Result<Standing, Fault> {
    Ok(Standing { in_use: !failing(conn.applied_migrations())?.is_empty(), behind: !pending(conn, SQLITE)?.is_empty() })
}

pub(super) fn standing_of_postgres(conn: &mut PgConnection) -> Result<Standing, Fault> {
    let in_use = !failing(conn.applied_migrations())?.is_empty();
    Ok(Standing { in_use, behind: !pending(conn, POSTGRES)?.is_empty() })
}

/// The names of the migrations that are missing, oldest first.
fn pending<DB: Backend>(conn: &mut impl MigrationHarness<DB>, source: EmbeddedMigrations) -> Result<Vec<String>, Fault>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    Ok(failing(conn.pending_migrations(source))?.iter().map(|one| one.name().to_string()).collect())
}

/// That every migration a store has is one of ours: one that is not was made by a newer program.
pub(super) fn known_to_sqlite(conn: &mut SqliteConnection) -> Result<(), Fault> {
    known(conn, SQLITE)
}

pub(super) fn known_to_postgres(conn: &mut PgConnection) -> Result<(), Fault> {
    known(conn, POSTGRES)
}

fn known<DB: Backend>(conn: &mut impl MigrationHarness<DB>, source: EmbeddedMigrations) -> Result<(), Fault>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let ours = failing(source.migrations())?;
    let ours: Vec<String> = ours.iter().map(|one| one.name().version().to_string()).collect();
    let applied = failing(conn.applied_migrations())?;
    match applied.iter().find(|version| !ours.contains(&version.to_string())) {
        None if applied.is_empty() => Err(Fault::Store("that is no store of this program".to_owned())),
        None => Ok(()),
        Some(newer) => Err(Fault::Store(format!("the store was made by a newer program ({newer})"))),
    }
}

pub(super) fn revert_sqlite(conn: &mut SqliteConnection, count: usize) -> Result<Vec<String>, Fault> {
    revert(conn, || SQLITE, count)
}

pub(super) fn revert_postgres(conn: &mut PgConnection, count: usize) -> Result<Vec<String>, Fault> {
    revert(conn, || POSTGRES, count)
}

/// Each is undone in a transaction of its own, so what cannot be done in full is not begun.
fn revert<DB: Backend>(
    conn: &mut impl MigrationHarness<DB>,
    source: impl Fn() -> EmbeddedMigrations,
    count: usize,
) -> Result<Vec<String>, Fault>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let applied = failing(conn.applied_migrations())?.len();
    if count > applied {
        return Err(Fault::Store(format!("only {applied} migrations can be undone, so none was")));
    }
    (0..count).map(|_| failing(conn.revert_last_migration(source()).map(|version| version.to_string()))).collect()
}

fn failing<T>(result: Result<T, Box<dyn std::error::Error + Send + Sync>>) -> Result<T, Fault> {
    result.map_err(|error| Fault::Store(format!("migration: {error}")))
}

fn names() -> (Vec<String>, Vec<String>) {
    let sqlite = MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE).unwrap_or_default();
    let postgres = MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES).unwrap_or_default();
    (
        sqlite.iter().map(|one| one.name().to_string()).collect(),
        postgres.iter().map(|one| one.name().to_string()).collect(),
    )
}
