//! Why a door's closure ended without an answer.

use diesel::result::{DatabaseErrorKind, Error};

use crate::kernel::refusal::Refusal;

/// What is not a decision: the store or the machine could not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The queue is full; try again shortly.
    #[error("the store's queue is full")]
    Overloaded,
    /// The database refused by one of its own rules, named alike on both stores; expected ones become refusals in a slice's store.
    #[error("the store refused by {0}")]
    Constraint(String),
    /// A race was lost in a way that running again can win.
    #[error("the transaction must run again")]
    Retry,
    /// The database cannot be reached; its URL is not repeated, since it may hold a password.
    #[error("{0}")]
    Unreachable(&'static str),
    /// The database failed.
    #[error("the store failed: {0}")]
    Store(String),
    /// What is stored does not make sense.
    #[error("the store holds what it should not: {0}")]
    Corrupt(&'static str),
    /// Sealing or opening failed.
    #[error("the vault failed: {0}")]
    Vault(&'static str),
    /// The closure panicked; its transaction was undone.
    #[error("the work panicked")]
    Panicked,
}

/// The end of a closure that has no answer to give.
#[derive(Debug)]
pub enum Stop {
    /// No; everything is rolled back.
    Refused(Refusal),
    /// No; but the trace that was saved is kept. Made by [`Tx::refuse_and_keep`](super::Tx::refuse_and_keep) alone.
    RefusedWith(Refusal, Kept),
    /// It could not be done; everything is rolled back.
    Fault(Fault),
}

/// The proof that a trace was saved before refusing.
#[derive(Debug)]
pub struct Kept(pub(super) ());

impl Stop {
    /// Turns the database's refusal by the constraint `name` into the domain's; everything else stays what it is.
    #[must_use]
    pub fn on_constraint(self, name: &str, refusal: impl FnOnce() -> Refusal) -> Self {
        match self {
            Self::Fault(Fault::Constraint(broken)) if broken == name => Self::Refused(refusal()),
            other => other,
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// The one reading of a database error, for both stores.
///
/// Only the names of UNIQUE constraints, CHECK constraints and of our triggers are the same on both, so only those may be waited for by name:
/// SQLite names no foreign key and no NOT NULL, and calls a primary key by its columns.
///
/// PostgreSQL names the constraint. SQLite says `UNIQUE constraint failed: accounts.email`, which becomes PostgreSQL's default name
/// `accounts_email_key`; a CHECK by its name; and a trigger's RAISE by the text it was given, which our triggers begin with `stillpoint:`
/// and the name that the other store's constraint bears. PostgreSQL triggers of ours raise the same text.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match &error {
            Error::DatabaseError(kind, info) => {
                let message = info.message();
                if let Some(name) = message.strip_prefix("stillpoint:") {
                    return Self::Constraint(name.trim().to_owned());
                }
                match kind {
                    DatabaseErrorKind::SerializationFailure => Self::Retry,
                    DatabaseErrorKind::UniqueViolation
                    | DatabaseErrorKind::CheckViolation
                    | DatabaseErrorKind::ForeignKeyViolation
                    | DatabaseErrorKind::ExclusionViolation
                    | DatabaseErrorKind::NotNullViolation
                    | DatabaseErrorKind::RestrictViolation => {
                        Self::Constraint(info.constraint_name().map_or_else(|| sqlite_name(message), str::to_owned))
                    }
                    // SQLSTATE 40P01, which diesel does not hand on; sessions are opened with English messages where that is allowed.
                    _ if message.contains("deadlock detected") => Self::Retry,
                    _ if message.contains("database is locked") || message.contains("database table is locked") => {
                        Self::Overloaded
                    }
                    _ => Self::Store(message.to_owned()),
                }
            }
            Error::DeserializationError(_) => Self::Corrupt("a column that cannot be read"),
            _ => Self::Store(error.to_string()),
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Fault(error.into())
    }
}

fn sqlite_name(message: &str) -> String {
    let Some((kind, columns)) = message.split_once(" constraint failed: ") else {
        return message.to_owned();
    };
    if kind != "UNIQUE" {
        return columns.to_owned();
    }
    let mut name = String::new();
    for (index, column) in columns.split(", ").enumerate() {
        match column.split_once('.') {
            Some((table, column)) if index == 0 => name = format!("{table}_{column}"),
            Some((_, column)) => {
                name.push('_');
                name.push_str(column);
            }
            None => return columns.trim_start_matches("index '").trim_end_matches('\'').to_owned(),
        }
    }
    name + "_key"
}

#[cfg(test)]
mod tests {
    use super::sqlite_name;

    #[test]
    fn sqlite_names_a_constraint_as_postgresql_does() {
        assert_eq!(sqlite_name("UNIQUE constraint failed: accounts.email"), "accounts_email_key");
        assert_eq!(
            sqlite_name("UNIQUE constraint failed: answers.response_id, answers.question"),
            "answers_response_id_question_key"
        );
        assert_eq!(sqlite_name("CHECK constraint failed: bookings_state_check"), "bookings_state_check");
        assert_eq!(sqlite_name("UNIQUE constraint failed: index 'one_live_hold'"), "one_live_hold");
        assert_eq!(sqlite_name("FOREIGN KEY constraint failed"), "FOREIGN KEY constraint failed");
    }
}
