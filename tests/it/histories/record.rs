//! What was asked, when, and what was answered: all that the checker goes by.

mod ask;
mod clock;
mod rules;
mod shown;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

pub use ask::{ANY, Ask};
pub use clock::Clock;
pub use rules::{Kind, Rules};
pub use shown::{Course, Entry, Offer, Shown};

/// How long after the beginning of a run, by a clock that only goes forward.
pub type Moment = Duration;

/// Later than any answer: when a request was answered that never was.
pub const NEVER: Moment = Duration::MAX;

/// From when until when, on the clock of the practice; half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

impl Span {
    pub fn meets(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

/// Something happened at one moment not before the first and not after the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub earliest: Moment,
    pub latest: Moment,
}

/// A session that somebody wishes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    pub client: Uuid,
    pub therapist: Uuid,
    /// The second, of a session of two.
    pub co: Option<Uuid>,
    pub kind: Uuid,
    pub start: DateTime<Utc>,
}

impl Wish {
    pub fn therapists(&self) -> impl Iterator<Item = Uuid> + use<> {
        [self.therapist].into_iter().chain(self.co)
    }
}

/// An answer that came.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

/// What is known of a request's effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    Accepted(Shown),
    /// And what it shows is more than one booking or hold, or none.
    Done,
    /// By the rule of this name.
    Refused(&'a str),
    /// It may have happened, or may yet.
    Unknown,
}

/// A request and its answer.
#[derive(Clone, Debug)]
pub struct Record {
    /// The client who asked for themself; nobody where the practice asked.
    pub client: Option<Uuid>,
    pub ask: Ask,
    pub asked: Moment,
    /// [`NEVER`] without an answer.
    pub answered: Moment,
    pub answer: Option<Answer>,
}

impl Record {
    pub fn outcome(&self) -> Outcome<'_> {
        match &self.answer {
            None => Outcome::Unknown,
            // The server says that it could not, but not how far it came.
            Some(answer) if answer.status == 503 => Outcome::Unknown,
            Some(Answer { status: 200 | 201, body }) if self.ask.shows_one() => {
                Shown::read(body).map_or(Outcome::Refused("unreadable"), Outcome::Accepted)
            }
            Some(Answer { status: 200 | 201 | 204, .. }) => Outcome::Done,
            Some(answer) => Outcome::Refused(answer.body["code"].as_str().unwrap_or("unnamed")),
        }
    }

    /// What came of it, if it was accepted and shows no single thing.
    pub fn done(&self) -> Option<&Value> {
        self.answer.as_ref().filter(|_| self.outcome() == Outcome::Done).map(|answer| &answer.body)
    }

    /// The sessions of a course that it tells of, each with its number; what it does not tell is null.
    pub fn occurrences(&self) -> impl Iterator<Item = (i64, &Value)> {
        let body = self.answer.as_ref().map(|answer| &answer.body);
        let all = body.and_then(|body| body["occurrences"].as_array()).into_iter().flatten();
        all.map(|one| (one["ordinal"].as_i64().unwrap_or_default(), one))
    }

    pub fn is_refused(&self) -> bool {
        matches!(self.outcome(), Outcome::Refused(_))
    }

    pub fn window(&self) -> Window {
        Window { earliest: self.asked, latest: self.answered }
    }
}

/// All there was to be read at one time: of the bookings every page, every course and every place on the waiting list.
#[derive(Clone, Debug)]
pub struct Reading {
    pub within: Window,
    pub bookings: Vec<Shown>,
    pub courses: Vec<Course>,
    pub entries: Vec<Entry>,
}

/// An offer as the audit log and its hold tell of it when everything is over.
#[derive(Clone, Debug)]
pub struct Offered {
    pub entry: Uuid,
    /// The hold as it was made, but for the room, which only the hold itself tells.
    pub held: Shown,
    /// What the clock showed then.
    pub at: DateTime<Utc>,
    /// Whether it stands even now.
    pub stands: bool,
}

/// A run: the facts, the requests, what stood at times, and what stood when everything was over.
#[derive(Clone, Debug)]
pub struct History {
    pub rules: Rules,
    pub clock: Clock,
    pub records: Vec<Record>,
    /// Read while others asked, right after a server had come back.
    pub glances: Vec<Reading>,
    /// Read when nobody asked for anything any more.
    pub ending: Reading,
    pub offered: Vec<Offered>,
    /// Since when each place on the waiting list was there, when it was offered what, and how it ended, by the audit log in the order of time.
    pub told: BTreeMap<Uuid, Vec<(DateTime<Utc>, String)>>,
}
