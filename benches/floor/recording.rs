//! Listens to what the program says to its store: each statement with its values.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

static LISTENING: AtomicBool = AtomicBool::new(false);
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A statement that was executed.
pub struct Statement {
    /// Its text, with places for the values.
    pub sql: String,
    /// The values.
    pub values: Vec<Datum>,
}

/// A value, as far as the store tells values apart.
#[derive(Debug)]
pub enum Datum {
    Null,
    Id(uuid::Uuid),
    /// In microseconds since 1970.
    Instant(i64),
    Number(i64),
    Truth(bool),
    Text(String),
    Bytes(Vec<u8>),
    Several(Vec<Datum>),
}

/// Has every connection that is opened from now on listened to.
pub fn install() {
    set_default_instrumentation(|| Some(Box::new(Listener))).unwrap();
}

/// What each of so many acts, done one after the other, had executed, without the transactions around it.
pub fn record(times: usize, act: impl Fn()) -> Vec<Vec<Statement>> {
    LISTENING.store(true, Ordering::SeqCst);
    let recorded = (0..times).map(|_| {
        act();
        std::mem::take(&mut *HEARD.lock().unwrap()).iter().filter_map(|heard| statement(heard)).collect()
    });
    let recorded = recorded.collect();
    LISTENING.store(false, Ordering::SeqCst);
    recorded
}

struct Listener;

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event
            && LISTENING.load(Ordering::SeqCst)
        {
            HEARD.lock().unwrap().push(query.to_string());
        }
    }
}

/// Reads `SQL -- binds: [values]`; `None` for what begins and ends transactions.
fn statement(heard: &str) -> Option<Statement> {
    let frames = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"];
    if frames.iter().any(|frame| heard.starts_with(frame)) {
        return None;
    }
    let (sql, values) = heard.split_once(" -- binds: ").unwrap_or((heard, "[]"));
    Some(Statement { sql: sql.to_owned(), values: list(values) })
}

/// Reads `[a, b]` as `Debug` writes it.
fn list(written: &str) -> Vec<Datum> {
    let inner = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let inner = inner.unwrap_or_else(|| panic!("{written}"));
    let (mut depth, mut quoted, mut escaped, mut from, mut values) = (0, false, false, 0, Vec::new());
    for (at, letter) in inner.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '[' | '(' => depth += 1,
            ']' | ')' => depth -= 1,
            ',' if depth == 0 => {
                values.push(datum(inner[from..at].trim()));
                from = at + 1;
            }
            _ => {}
        }
    }
    if !inner[from..].trim().is_empty() {
        values.push(datum(inner[from..].trim()));
    }
    values
}

fn datum(written: &str) -> Datum {
    if written == "None" {
        return Datum::Null;
    }
    if written.starts_with('"') {
        return Datum::Text(serde_json::from_str(written).unwrap());
    }
    if written.starts_with('[') {
        let several = list(written);
        let byte = |one: &Datum| if let Datum::Number(byte) = one { u8::try_from(*byte).ok() } else { None };
        let bytes: Option<Vec<u8>> = several.iter().map(byte).collect();
        return bytes.filter(|bytes| !bytes.is_empty()).map_or(Datum::Several(several), Datum::Bytes);
    }
    // `Some(x)`, and ids such as `ClientId(x)`.
    if let Some((_, inner)) = written.split_once('(') {
        return datum(inner.strip_suffix(')').unwrap());
    }
    let number = written.parse().map(Datum::Number).ok();
    let truth = || written.parse().map(Datum::Truth).ok();
    let id = || written.parse().map(Datum::Id).ok();
    let instant = || written.parse::<DateTime<Utc>>().map(|at| Datum::Instant(at.timestamp_micros())).ok();
    number.or_else(truth).or_else(id).or_else(instant).unwrap_or_else(|| Datum::Text(word(written)))
}

/// The word that is stored for a value of an enum; dates are as they are.
fn word(written: &str) -> String {
    let mut word = String::new();
    for (at, letter) in written.char_indices() {
        if letter.is_ascii_uppercase() && at > 0 {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}
