//! Copies of a store that is being served, and putting them back.
//!
//! An embedded store copies itself in one snapshot; of a served one PostgreSQL's own tools make and take the copy. Keys are not in it.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use secrecy::{ExposeSecret, SecretString};

use super::migrate;
use super::open::{KEYS_SCHEMA, Target, postgres, sqlite};
use super::stop::Fault;

/// What a copy is called in its folder.
const ON_SQLITE: &str = "store.sqlite3";
const ON_POSTGRES: &str = "store.pgdump";

const SCRATCH: &str = "PRAGMA synchronous=OFF;";

#[derive(QueryableByName)]
struct Said {
    #[diesel(sql_type = Text)]
    said: String,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Target {
    /// Copies the store into a folder as it is at this instant, whoever serves it meanwhile.
    ///
    /// # Errors
    /// A fault that says what is in the way.
    pub fn copy_into(&self, folder: &Path) -> Result<PathBuf, Fault> {
        let copy = folder.join(self.copy_name());
        match self {
            Self::Sqlite(file) | Self::Scratch(file) => {
                let path = copy.to_str().ok_or(Fault::Corrupt("a path that is not UTF-8"))?.replace('\'', "''");
                sqlite(file, SCRATCH)?.batch_execute(&format!("VACUUM INTO '{path}'"))?;
            }
            Self::Postgres(url) => {
                let mut dump = tool("pg_dump", url)?;
                dump.args(["--format=custom", "--no-owner", "--no-privileges"]);
                dump.arg(format!("--exclude-schema={KEYS_SCHEMA}")).arg("--file").arg(&copy);
                finished("pg_dump", dump)?;
            }
        }
        failing(&copy, fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)))?;
        failing(&copy, File::open(&copy).and_then(|file| file.sync_all()))?;
        Ok(copy)
    }

    /// Puts the copy in a folder into this store, which must be empty.
    ///
    /// # Errors
    /// A fault that says what is in the way.
    pub fn put_copy(&self, folder: &Path) -> Result<(), Fault> {
        let copy = folder.join(self.copy_name());
        if !copy.is_file() {
            return Err(Fault::Store(format!("there is no {}", copy.display())));
        }
        self.must_be_empty()?;
        match self {
            Self::Sqlite(file) | Self::Scratch(file) => failing(file, put(&copy, file)),
            Self::Postgres(url) => {
                let mut restore = tool("pg_restore", url)?;
                restore.args(["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]).arg(&copy);
                finished("pg_restore", restore)
            }
        }
    }

    /// That nothing is in it, so that a copy may be put there.
    ///
    /// # Errors
    /// A fault when there is something, or of the store.
    pub fn must_be_empty(&self) -> Result<(), Fault> {
        let empty = match self {
            Self::Sqlite(file) | Self::Scratch(file) => fs::metadata(file).map_or(true, |file| file.len() == 0),
            Self::Postgres(url) => {
                let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
                diesel::sql_query(tables).get_result::<Counted>(&mut postgres(url)?)?.count == 0
            }
        };
        if !empty {
            return Err(Fault::Store("the store is not empty; a backup is restored into an empty one".to_owned()));
        }
        match self.file().and_then(left_beside) {
            None => Ok(()),
            Some(left) => Err(Fault::Store(format!(
                "{} is left of another store, and would be taken into the one that is restored; move it away",
                left.display()
            ))),
        }
    }

    /// That the store is sound, and of a program no newer than this one.
    ///
    /// # Errors
    /// A fault that says what is wrong.
    pub fn check(&self) -> Result<(), Fault> {
        match self {
            Self::Sqlite(file) | Self::Scratch(file) => {
                let conn = &mut sqlite(file, SCRATCH)?;
                let whole = "SELECT integrity_check AS said FROM pragma_integrity_check LIMIT 1";
                let told: Said = diesel::sql_query(whole).get_result(conn)?;
                let lost = "SELECT count(*) AS count FROM pragma_foreign_key_check";
                let lost: Counted = diesel::sql_query(lost).get_result(conn)?;
                if told.said != "ok" || lost.count > 0 {
                    return Err(Fault::Store(format!(
                        "the copy is damaged: {}, {} rows without what they refer to",
                        told.said, lost.count
                    )));
                }
                migrate::known_to_sqlite(conn)
            }
            Self::Postgres(url) => migrate::known_to_postgres(&mut postgres(url)?),
        }
    }

    fn copy_name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) | Self::Scratch(_) => ON_SQLITE,
            Self::Postgres(_) => ON_POSTGRES,
        }
    }
}

/// A store of the same kind as another, with a key store, that is gone when this is dropped.
pub struct Throwaway {
    /// The store, empty.
    pub store: Target,
    /// Its keys'.
    pub keys: Target,
    /// The database that has to be dropped, and where to say so.
    database: Option<(SecretString, String)>,
}

impl Throwaway {
    /// Makes one, in a folder that is gone later or beside a served database.
    ///
    /// # Errors
    /// A fault that says what is in the way.
    pub fn like(target: &Target, folder: &Path) -> Result<Self, Fault> {
        let keys = Target::Scratch(folder.join("keys.sqlite3"));
        let Target::Postgres(url) = target else {
            return Ok(Self { store: Target::Scratch(folder.join("stillpoint.db")), keys, database: None });
        };
        let name = format!("stillpoint_verify_{}", uuid::Uuid::new_v4().simple());
        postgres(url)?.batch_execute(&format!("CREATE DATABASE {name}"))?;
        let store = Target::Postgres(of_database(url.expose_secret(), &name).into());
        Ok(Self { store, keys, database: Some((url.clone(), name)) })
    }
}

impl Drop for Throwaway {
    fn drop(&mut self) {
        let Some((url, name)) = &self.database else { return };
        let dropped =
            postgres(url).and_then(|mut conn| Ok(conn.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"))?));
        if let Err(fault) = dropped {
            tracing::warn!(%fault, database = name, "a database made for a check could not be dropped");
        }
    }
}

/// The URL of another database on the same server.
fn of_database(url: &str, name: &str) -> String {
    let (server, query) = url.split_once('?').map_or((url, None), |(server, query)| (server, Some(query)));
    let (scheme, rest) = server.split_once("://").unwrap_or(("postgres", server));
    let authority = rest.split('/').next().unwrap_or("");
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{authority}/{name}{query}")
}

/// One of PostgreSQL's tools on a database. A password goes by the environment: everybody on the machine can read arguments.
fn tool(name: &str, url: &SecretString) -> Result<Command, Fault> {
    let url = url.expose_secret();
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = user.split_once(':').map_or((user, None), |(user, password)| (user, Some(password)));
    if after.contains("password=") {
        return Err(Fault::Store(
            "the password stands in the query of the database's URL; put it before the host".to_owned(),
        ));
    }
    let at = if user.is_empty() { "" } else { "@" };
    let mut command = Command::new(name);
    command.arg("--dbname").arg(format!("{scheme}://{user}{at}{host}{after}"));
    if let Some(password) = password {
        let escaped = format!("p={}", password.replace('+', "%2B"));
        let plain = form_urlencoded::parse(escaped.as_bytes()).next();
        command.env("PGPASSWORD", plain.map(|(_, value)| value.into_owned()).unwrap_or_default());
    }
    Ok(command)
}

fn finished(name: &str, mut command: Command) -> Result<(), Fault> {
    let output = command.output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => Fault::Store(format!(
            "{name} is not on the PATH. It comes with PostgreSQL (postgresql-client); a copy of a served store is made and put back by its tools"
        )),
        _ => Fault::Store(format!("{name} could not be run: {error}")),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Fault::Store(format!("{name} failed: {}", said.lines().next().unwrap_or_default())))
}

/// What SQLite writes beside a store and takes into whatever file then has the store's name.
fn left_beside(file: &Path) -> Option<PathBuf> {
    let with = |suffix: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    ["-wal", "-shm", "-journal"].into_iter().map(with).find(|left| left.exists())
}

/// Whole or not at all: what is broken off stands under another name.
fn put(from: &Path, to: &Path) -> std::io::Result<()> {
    let draft = to.with_extension("restoring");
    let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    std::io::copy(&mut File::open(from)?, &mut out)?;
    out.sync_all()?;
    fs::rename(&draft, to)?;
    File::open(to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")))?.sync_all()
}

fn failing<T>(file: &Path, done: std::io::Result<T>) -> Result<T, Fault> {
    done.map_err(|error| Fault::Store(format!("{}: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_is_on_the_same_server() {
        for (url, other) in [
            ("postgres://a:b@localhost:5433/x?sslmode=disable", "postgres://a:b@localhost:5433/y?sslmode=disable"),
            ("postgres:///x?host=%2Frun%2Fpg", "postgres:///y?host=%2Frun%2Fpg"),
            ("postgresql://localhost", "postgresql://localhost/y"),
        ] {
            assert_eq!(of_database(url, "y"), other);
        }
    }

    #[test]
    fn what_is_left_of_another_store_is_not_taken_in() {
        let folder = tempfile::tempdir().unwrap();
        let (file, backup) = (folder.path().join("stillpoint.db"), folder.path().join("backup"));
        fs::create_dir(&backup).unwrap();
        fs::write(backup.join(ON_SQLITE), "rows").unwrap();
        let target = Target::Sqlite(file.clone());
        for left in ["stillpoint.db-wal", "stillpoint.db-shm", "stillpoint.db-journal"] {
            fs::write(folder.path().join(left), "").unwrap();
            let told = format!("{}", target.put_copy(&backup).unwrap_err());
            assert!(told.contains(left) && !file.exists(), "{told}");
            fs::remove_file(folder.path().join(left)).unwrap();
        }
        target.put_copy(&backup).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "rows");
        assert!(target.must_be_empty().is_err());
    }

    #[test]
    fn a_password_is_no_argument() {
        let command = tool("pg_dump", &"postgres://ann:hu%40sh@localhost/x?sslmode=disable".into()).unwrap();
        let arguments: Vec<_> = command.get_args().collect();
        assert_eq!(arguments, ["--dbname", "postgres://ann@localhost/x?sslmode=disable"]);
        let set: Vec<_> = command.get_envs().collect();
        assert_eq!(set, [("PGPASSWORD".as_ref(), Some("hu@sh".as_ref()))]);
        let socket = tool("pg_dump", &"postgres:///x?host=%2Frun%2Fpg".into()).unwrap();
        assert_eq!(socket.get_args().last().unwrap(), "postgres:///x?host=%2Frun%2Fpg");
    }
}
