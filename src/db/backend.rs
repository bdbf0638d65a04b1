//! One connection type over two databases.
//!
//! Queries are written once against [`Any`]; diesel renders them for whichever it is. Never call `Any::establish`: it tries one database
//! after the other and swallows the errors. [`open`](super::open) knows which is meant.

#![allow(missing_docs, reason = "the derive writes public items without docs")]

use diesel::{PgConnection, SqliteConnection};

/// A connection to one of the two databases.
#[derive(diesel::MultiConnection)]
pub enum Any {
    /// The embedded one.
    Sqlite(SqliteConnection),
    /// The served one.
    Postgres(PgConnection),
}
