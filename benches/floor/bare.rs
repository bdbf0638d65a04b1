//! The floor: recorded statements on one connection to a copy of the store, prepared once each, and nothing else.

use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chrono::DateTime;
use diesel::connection::SimpleConnection;
use diesel::deserialize::QueryableByName;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::row::NamedRow;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text, Untyped};
use diesel::sqlite::Sqlite;

use crate::app::Practice;
use crate::cluster::{self, Database};
use crate::load::Measured;
use crate::recording::{Datum, Statement};

/// What the tests' PostgreSQL runs without, and a durable one with.
pub const DURABLE: [&str; 3] = ["fsync", "full_page_writes", "synchronous_commit"];

/// Switches on what the tests' server runs without.
pub fn make_durable(practice: &Practice) {
    for setting in DURABLE {
        practice.sql(&format!("ALTER SYSTEM SET {setting} = on")).unwrap();
    }
    practice.sql("SELECT pg_reload_conf()").unwrap();
    let all_on = "DO $$ BEGIN ASSERT (SELECT every(setting = 'on') FROM pg_settings \
                  WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')), 'not durable'; END $$";
    // The server's processes read the new settings each in its own time.
    let is_on = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        practice.sql(all_on).is_ok()
    });
    assert!(is_on, "the server does not switch to durable commits");
}

/// A copy of a practice's store.
pub enum Bare {
    Sqlite(tempfile::TempDir),
    Postgres(Database),
}

impl Bare {
    /// Copies the store as it is now.
    pub fn copy(practice: &Practice) -> Self {
        if practice.is_sqlite() {
            let folder = tempfile::tempdir().unwrap();
            practice.sql(&format!("VACUUM INTO '{}'", folder.path().join("bare.db").display())).unwrap();
            return Self::Sqlite(folder);
        }
        let database = cluster::postgres().unwrap().create_database("bare");
        let psql = ["-q", "-v", "ON_ERROR_STOP=1", "-d", &database.url()];
        let mut psql = Command::new("psql").args(psql).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        psql.stdin.take().unwrap().write_all(&practice.every_byte()).unwrap();
        assert!(psql.wait().unwrap().success());
        Self::Postgres(database)
    }

    /// Does again what was recorded, so many bookings to a commit.
    pub fn replay(&self, bookings: &[Vec<Statement>], per_commit: usize) -> Measured {
        match self {
            Self::Sqlite(folder) => {
                let mut conn = SqliteConnection::establish(folder.path().join("bare.db").to_str().unwrap()).unwrap();
                conn.batch_execute(
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; \
                     PRAGMA recursive_triggers=ON; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY",
                )
                .unwrap();
                timed(&mut conn, "BEGIN IMMEDIATE", bookings, per_commit, |conn, statement| {
                    Prepared(statement).load::<Row>(conn).map(drop)
                })
            }
            Self::Postgres(database) => {
                let mut conn = PgConnection::establish(&database.url()).unwrap();
                let mut names = HashMap::new();
                timed(&mut conn, "BEGIN", bookings, per_commit, |conn, statement| {
                    let next = format!("s{}", names.len());
                    if !names.contains_key(&*statement.sql) {
                        conn.batch_execute(&format!("PREPARE {next} AS {}", statement.sql))?;
                    }
                    let name: &String = names.entry(&*statement.sql).or_insert(next);
                    let values: Vec<String> = statement.values.iter().map(literal).collect();
                    let values = if values.is_empty() { String::new() } else { format!("({})", values.join(", ")) };
                    conn.batch_execute(&format!("EXECUTE {name}{values}"))
                })
            }
        }
    }
}

fn timed<'s, C: SimpleConnection>(
    conn: &mut C,
    begin: &str,
    bookings: &'s [Vec<Statement>],
    per_commit: usize,
    mut execute: impl FnMut(&mut C, &'s Statement) -> QueryResult<()>,
) -> Measured {
    let mut took = Vec::new();
    let started = Instant::now();
    for group in bookings.chunks(per_commit) {
        let begun = Instant::now();
        conn.batch_execute(begin).unwrap();
        for statement in group.iter().flatten() {
            execute(conn, statement).unwrap_or_else(|why| panic!("{why}: {} {:?}", statement.sql, statement.values));
        }
        conn.batch_execute("COMMIT").unwrap();
        took.push(begun.elapsed());
    }
    let rate = bookings.len() as f64 / started.elapsed().as_secs_f64();
    took.sort_unstable();
    Measured { rate, p99: took[took.len() * 99 / 100] }
}

/// A statement that SQLite prepares when it first meets its text; all its rows are read.
struct Prepared<'s>(&'s Statement);

impl QueryFragment<Sqlite> for Prepared<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let mut values = self.0.values.iter();
        for (at, text) in self.0.sql.split('?').enumerate() {
            if at > 0 {
                match values.next().unwrap() {
                    Datum::Null => out.push_bind_param::<Nullable<Integer>, _>(&None::<i32>)?,
                    Datum::Id(id) => out.push_bind_param::<Binary, [u8]>(id.as_bytes())?,
                    Datum::Instant(micros) => out.push_bind_param::<BigInt, _>(micros)?,
                    Datum::Number(number) => out.push_bind_param::<BigInt, _>(number)?,
                    Datum::Truth(truth) => out.push_bind_param::<Bool, _>(truth)?,
                    Datum::Text(text) => out.push_bind_param::<Text, _>(text)?,
                    Datum::Bytes(bytes) => out.push_bind_param::<Binary, _>(bytes)?,
                    Datum::Several(_) => panic!("SQLite has no arrays"),
                }
            }
            out.push_sql(text);
        }
        assert!(values.next().is_none(), "a value without a place in {}", self.0.sql);
        Ok(())
    }
}

impl QueryId for Prepared<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Prepared<'_> {
    type SqlType = Untyped;
}

impl RunQueryDsl<SqliteConnection> for Prepared<'_> {}

/// A row that is read and not looked at.
struct Row;

impl QueryableByName<Sqlite> for Row {
    fn build<'r>(_: &impl NamedRow<'r, Sqlite>) -> diesel::deserialize::Result<Self> {
        Ok(Self)
    }
}

/// A value as PostgreSQL reads it where it knows the type.
fn literal(datum: &Datum) -> String {
    match datum {
        Datum::Null => "NULL".to_owned(),
        other => format!("'{}'", plain(other).replace('\'', "''")),
    }
}

fn plain(datum: &Datum) -> String {
    match datum {
        Datum::Null => "NULL".to_owned(),
        Datum::Id(id) => id.to_string(),
        Datum::Instant(micros) => DateTime::from_timestamp_micros(*micros).unwrap().to_rfc3339(),
        Datum::Number(number) => number.to_string(),
        Datum::Truth(truth) => truth.to_string(),
        Datum::Text(text) => text.clone(),
        Datum::Bytes(bytes) => bytes.iter().fold("\\x".to_owned(), |text, byte| format!("{text}{byte:02x}")),
        Datum::Several(several) => format!("{{{}}}", several.iter().map(plain).collect::<Vec<_>>().join(",")),
    }
}
