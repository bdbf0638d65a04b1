//! What was asked, when, and what was answered: all that the checker goes by.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use serde_json::Value;
use uuid::Uuid;

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
    pub kind: Uuid,
    pub start: DateTime<Utc>,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Under an idempotency key, so that it may be sent again.
    Book {
        wish: Wish,
        key: String,
    },
    /// Of the version that was read.
    Move {
        booking: Uuid,
        version: i64,
        therapist: Option<Uuid>,
        start: DateTime<Utc>,
    },
    Cancel {
        booking: Uuid,
        version: i64,
    },
}

impl Ask {
    /// The booking that is to change, and from which version.
    pub fn step(&self) -> Option<(Uuid, i64)> {
        match self {
            Self::Book { .. } => None,
            Self::Move { booking, version, .. } | Self::Cancel { booking, version } => Some((*booking, *version)),
        }
    }
}

/// A booking as an answer shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub id: Uuid,
    pub version: i64,
    pub wish: Wish,
    pub end: DateTime<Utc>,
    pub state: String,
}

impl Shown {
    /// Reads a booking of the contract.
    pub fn read(body: &Value) -> Option<Self> {
        let id = |key: &str| body[key].as_str()?.parse().ok();
        let time = |key: &str| body[key].as_str()?.parse().ok();
        let [client, therapist, kind] = [id("client_id")?, id("therapist_id")?, id("session_type_id")?];
        let wish = Wish { client, therapist, kind, start: time("starts_at")? };
        let state = body["state"].as_str()?.to_owned();
        Some(Self { id: id("id")?, version: body["version"].as_i64()?, wish, end: time("ends_at")?, state })
    }

    pub fn session(&self) -> Span {
        Span { start: self.wish.start, end: self.end }
    }

    /// Whether it can still be moved or called off.
    pub fn is_open(&self) -> bool {
        ["pending", "confirmed"].contains(&&*self.state)
    }

    pub fn claims_time(&self) -> bool {
        !["declined", "expired", "cancelled"].contains(&&*self.state)
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
            Some(Answer { status: 200 | 201, body }) => {
                Shown::read(body).map_or(Outcome::Refused("unreadable"), Outcome::Accepted)
            }
            Some(answer) => Outcome::Refused(answer.body["code"].as_str().unwrap_or("unnamed")),
        }
    }

    pub fn window(&self) -> Window {
        Window { earliest: self.asked, latest: self.answered }
    }
}

/// The clock of the practice, told by the moments of the run.
#[derive(Clone, Debug)]
pub enum Clock {
    /// It stands, and is turned: between when and when, to what.
    Turned { begins: DateTime<Utc>, turns: Vec<(Window, DateTime<Utc>)> },
    /// It runs, from what it showed at the beginning.
    Running { began: DateTime<Utc> },
}

impl Clock {
    /// The least it can show at a moment.
    pub fn earliest(&self, at: Moment) -> DateTime<Utc> {
        match self {
            Self::Turned { begins, turns } => {
                turns.iter().filter(|(window, _)| window.latest <= at).map(|(_, to)| *to).max().unwrap_or(*begins)
            }
            Self::Running { began } => *began + delta(at) - LEEWAY,
        }
    }

    /// The most it can show at a moment.
    pub fn latest(&self, at: Moment) -> DateTime<Utc> {
        match self {
            Self::Turned { begins, turns } => {
                turns.iter().filter(|(window, _)| window.earliest <= at).map(|(_, to)| *to).max().unwrap_or(*begins)
            }
            Self::Running { began } => *began + delta(at) + LEEWAY,
        }
    }
}

/// How far the machine's two clocks may part in a run.
const LEEWAY: TimeDelta = TimeDelta::seconds(2);

fn delta(at: Moment) -> TimeDelta {
    // Never is a hundred years.
    TimeDelta::from_std(at.min(Duration::from_secs(100 * 366 * 86_400))).unwrap()
}

/// A session type, in minutes.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub id: Uuid,
    pub minutes: i64,
    pub before: i64,
    pub after: i64,
}

/// The facts of a practice that do not change while it is played with.
#[derive(Clone, Debug)]
pub struct Rules {
    pub kinds: Vec<Kind>,
    /// From which hour until which everybody works, every day, in UTC.
    pub hours: (u32, u32),
    /// Minutes between starts.
    pub grid: u32,
    pub notice: TimeDelta,
    pub advance: TimeDelta,
    pub cancellation: TimeDelta,
}

impl Rules {
    pub fn kind(&self, id: Uuid) -> Kind {
        *self.kinds.iter().find(|kind| kind.id == id).expect("a session type of the practice")
    }

    /// What a session takes of the client's time, and of the therapist's.
    pub fn spans(&self, wish: &Wish) -> (Span, Span) {
        let kind = self.kind(wish.kind);
        let session = Span { start: wish.start, end: wish.start + TimeDelta::minutes(kind.minutes) };
        let (before, after) = (TimeDelta::minutes(kind.before), TimeDelta::minutes(kind.after));
        (session, Span { start: session.start - before, end: session.end + after })
    }

    pub fn is_open(&self, wish: &Wish) -> bool {
        let (session, _) = self.spans(wish);
        let last = session.end - TimeDelta::microseconds(1);
        let (from, until) = self.hours;
        session.start.date_naive() == last.date_naive() && session.start.hour() >= from && last.hour() < until
    }

    pub fn is_on_grid(&self, wish: &Wish) -> bool {
        wish.start.minute().is_multiple_of(self.grid) && wish.start.second() == 0 && wish.start.nanosecond() == 0
    }
}

/// A run: the facts, the requests, and what stood when everything was over.
#[derive(Clone, Debug)]
pub struct History {
    pub rules: Rules,
    pub clock: Clock,
    pub records: Vec<Record>,
    /// Read when nobody asked for anything any more, all pages of it.
    pub ending: Vec<Shown>,
    pub read: Window,
}
