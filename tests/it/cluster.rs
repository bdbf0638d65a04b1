//! The PostgreSQL server of one test run: made on first use, shared by every test, gone afterwards.
//!
//! `STILLPOINT_TEST_POSTGRES_URL` names a server to use. Without it a throwaway cluster ([`Throwaway`]) is made, which
//! goes when the run does, a killed one included. Where neither can be had the tests run on SQLite alone and say so,
//! unless `STILLPOINT_REQUIRE_POSTGRES=1` makes that a failure.
//!
//! On a server named by the environment nobody sweeps up after a killed run, so the next one does: a run holds an
//! advisory lock for as long as it lives, and databases whose run no longer holds its lock are dropped.

#[path = "cluster/throwaway.rs"]
mod throwaway;

use std::fmt;
use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text};

use throwaway::Throwaway;

/// A server to use in place of a throwaway one. Its user must be allowed to connect to the database `postgres`, where
/// all runs take their locks, and to create databases.
const SERVER_URL: &str = "STILLPOINT_TEST_POSTGRES_URL";
/// `1` turns "no PostgreSQL here" from a skip into a failure.
const REQUIRED: &str = "STILLPOINT_REQUIRE_POSTGRES";

/// As long as `stillpoint_it_` and eight hex digits.
const RUN_LENGTH: usize = 22;

/// The server of this test run, or `None` where there is none to be had, which is said once.
///
/// # Panics
/// When a server is required or named and cannot be had.
pub fn postgres() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    let found = CLUSTER.get_or_init(|| {
        if let Ok(url) = std::env::var(SERVER_URL) {
            return Some(Cluster::open(Home::Named(url)));
        }
        match Throwaway::start() {
            Ok(server) => Some(Cluster::open(Home::Throwaway(server))),
            Err(why) if std::env::var(REQUIRED).is_ok_and(|it| it == "1") => panic!("PostgreSQL is required: {why}"),
            Err(why) => {
                // Written to the stream itself: libtest captures what the print macros say in a passing test.
                let said = format!("\nPostgreSQL half SKIPPED: {}\n({SERVER_URL} may name a server)\n", why.trim_end());
                let _ = std::io::stderr().write_all(said.as_bytes());
                None
            }
        }
    });
    found.as_ref()
}

/// A running PostgreSQL server on which this test run makes and drops databases.
///
/// The names it is given are the test run's own: on the server they carry a prefix that no other run has.
#[derive(Debug)]
pub struct Cluster {
    home: Home,
    run: String,
    admin: Mutex<Admin>,
}

impl Cluster {
    fn open(home: Home) -> Cluster {
        let run = new_run();
        let admin = Admin::begin(&home.url("postgres"), &run);
        Cluster { home, run, admin: Mutex::new(admin) }
    }

    /// Makes an empty database.
    pub fn create_database(&'static self, name: &str) -> Database {
        self.admin(|admin| admin.execute(&format!("CREATE DATABASE {}", self.full(name)))).expect("a new database");
        Database { cluster: self, name: name.to_owned() }
    }

    /// Makes a database that starts as a copy of `template`, to which nobody may be connected.
    pub fn create_from_template(&'static self, template: &str, name: &str) -> Database {
        self.admin(|admin| {
            // A file copy skips the write-ahead log, several times faster here; before 15 there is no other strategy.
            let strategy = if admin.version >= 150_000 { "STRATEGY FILE_COPY" } else { "" };
            let (name, template) = (self.full(name), self.full(template));
            admin.execute(&format!("CREATE DATABASE {name} TEMPLATE {template} {strategy}"))
        })
        .expect("a copy of the template");
        Database { cluster: self, name: name.to_owned() }
    }

    /// Drops a database, ending whatever connections it still has; one that is not there is no matter.
    pub fn drop_database(&self, name: &str) -> QueryResult<()> {
        self.admin(|admin| admin.drop_database(&self.full(name)))
    }

    /// The address of a database.
    pub fn url(&self, name: &str) -> String {
        self.home.url(&self.full(name))
    }

    fn full(&self, name: &str) -> String {
        let name = format!("{}_{name}", self.run);
        let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        assert!(plain && name.len() < 64, "{name:?} is no plain PostgreSQL name");
        name
    }

    /// Asks the server as its administrator, who is as good as before when another test failed while asking.
    fn admin(&self, ask: impl FnOnce(&mut Admin) -> QueryResult<()>) -> QueryResult<()> {
        ask(&mut self.admin.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A database that is dropped with this value.
#[derive(Debug)]
pub struct Database {
    cluster: &'static Cluster,
    name: String,
}

impl Database {
    /// The name it was made with, good for a template.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address.
    pub fn url(&self) -> String {
        self.cluster.url(&self.name)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let dropped = self.cluster.drop_database(&self.name);
        // A second panic would end the whole run, and hide the first.
        assert!(dropped.is_ok() || std::thread::panicking(), "{} is not dropped: {dropped:?}", self.name);
    }
}

/// Where the server is.
#[derive(Debug)]
enum Home {
    /// At an address from the environment.
    Named(String),
    /// Here, for as long as this run lasts.
    Throwaway(Throwaway),
}

impl Home {
    fn url(&self, database: &str) -> String {
        match self {
            Home::Named(url) => {
                let (address, settings) = url.split_once('?').map_or((url.as_str(), None), |(a, s)| (a, Some(s)));
                let (scheme, rest) = address.split_once("://").expect("the server's address is a postgres:// URL");
                let server = rest.split('/').next().unwrap_or_default();
                let settings = settings.map(|it| format!("?{it}")).unwrap_or_default();
                format!("{scheme}://{server}/{database}{settings}")
            }
            Home::Throwaway(server) => server.url(database),
        }
    }
}

/// The connection that makes and drops databases. While it lasts it holds the lock that says this run is alive.
struct Admin {
    connection: PgConnection,
    version: i32,
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").field("version", &self.version).finish_non_exhaustive()
    }
}

impl Admin {
    fn begin(url: &str, run: &str) -> Admin {
        let mut connection = PgConnection::establish(url).unwrap_or_else(|why| panic!("PostgreSQL: {why}"));
        let version = diesel::select(diesel::dsl::sql::<Integer>("current_setting('server_version_num')::int"))
            .get_result(&mut connection)
            .expect("the server has a version");
        let mut admin = Admin { connection, version };
        assert!(admin.lock(run).expect("a lock can be asked for"), "another test run is called {run}");
        admin.sweep().expect("what dead runs left can be dropped");
        admin
    }

    fn execute(&mut self, statement: &str) -> QueryResult<()> {
        diesel::sql_query(statement).execute(&mut self.connection).map(drop)
    }

    fn drop_database(&mut self, full: &str) -> QueryResult<()> {
        self.execute(&format!("DROP DATABASE IF EXISTS {full} WITH (FORCE)"))
    }

    fn lock(&mut self, run: &str) -> QueryResult<bool> {
        let ask = diesel::dsl::sql::<Bool>("pg_try_advisory_lock(hashtext(").bind::<Text, _>(run).sql("))");
        diesel::select(ask).get_result(&mut self.connection)
    }

    /// Drops the databases of runs that no longer hold their lock.
    fn sweep(&mut self) -> QueryResult<()> {
        let names = "datname::text FROM pg_database WHERE datname ~ '^stillpoint_it_[0-9a-f]{8}_'";
        let names: Vec<String> = diesel::select(diesel::dsl::sql::<Text>(names)).load(&mut self.connection)?;
        for name in names {
            if self.lock(&name[..RUN_LENGTH])? {
                self.drop_database(&name)?;
            }
        }
        Ok(())
    }
}

/// A name that no other run has: the prefix of this run's databases, and what its lock is taken on.
fn new_run() -> String {
    let mut run = format!("stillpoint_it_{}", uuid::Uuid::new_v4().simple());
    run.truncate(RUN_LENGTH);
    run
}

#[test]
fn a_copy_has_what_its_template_has_and_a_dropped_database_is_gone() {
    let Some(cluster) = postgres() else { return };
    let template = cluster.create_database("smoke_template");
    {
        let mut connection = PgConnection::establish(&template.url()).unwrap();
        diesel::sql_query("CREATE TABLE couch (name text)").execute(&mut connection).unwrap();
        diesel::sql_query("INSERT INTO couch VALUES ('by the window')").execute(&mut connection).unwrap();
    }
    let copy = cluster.create_from_template(template.name(), "smoke_copy");
    let url = copy.url();
    let mut connection = PgConnection::establish(&url).unwrap();
    let one = diesel::select(diesel::dsl::sql::<Integer>("1")).get_result::<i32>(&mut connection);
    assert_eq!(one, Ok(1));
    let names = diesel::select(diesel::dsl::sql::<Text>("name FROM couch")).load::<String>(&mut connection);
    assert_eq!(names, Ok(vec!["by the window".to_owned()]));

    drop(copy);
    assert!(PgConnection::establish(&url).is_err(), "dropped, though somebody was connected");
}

#[test]
fn a_named_server_keeps_its_settings_when_the_database_changes() {
    let url = |server: &str| Home::Named(server.to_owned()).url("couch");
    assert_eq!(
        url("postgres://ann:pw@db:5433/postgres?sslmode=disable"),
        "postgres://ann:pw@db:5433/couch?sslmode=disable"
    );
    assert_eq!(url("postgres://%2Frun%2Fpg"), "postgres://%2Frun%2Fpg/couch");
}

#[test]
fn what_a_dead_run_left_is_swept_and_what_a_live_one_uses_is_not() {
    let Some(cluster) = postgres() else { return };
    let (dead, live) = (format!("{}_left_over", new_run()), cluster.create_database("smoke_in_use"));
    cluster.admin(|admin| admin.execute(&format!("CREATE DATABASE {dead}"))).unwrap();
    Admin::begin(&cluster.home.url("postgres"), &new_run());
    assert!(PgConnection::establish(&cluster.home.url(&dead)).is_err());
    assert!(PgConnection::establish(&live.url()).is_ok());
}
