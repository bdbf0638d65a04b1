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
    /// Under an idempotency key, so that it may be sent again; from a hold, if there is one.
    Book {
        wish: Wish,
        key: String,
        hold: Option<Uuid>,
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
    /// Under an idempotency key too.
    Hold {
        wish: Wish,
        key: String,
    },
    Extend {
        hold: Uuid,
        version: i64,
    },
    Release {
        hold: Uuid,
        version: i64,
    },
}

impl Ask {
    /// The thing that is to change, and from which version.
    pub fn step(&self) -> Option<(Uuid, i64)> {
        match self {
            Self::Book { .. } | Self::Hold { .. } => None,
            Self::Move { booking: id, version, .. } | Self::Cancel { booking: id, version } => Some((*id, *version)),
            Self::Extend { hold: id, version } | Self::Release { hold: id, version } => Some((*id, *version)),
        }
    }

    /// The thing that is to be, and under which key.
    pub fn creation(&self) -> Option<(&Wish, &str)> {
        match self {
            Self::Book { wish, key, .. } | Self::Hold { wish, key } => Some((wish, key)),
            _ => None,
        }
    }

    /// Whether it ends what is held for its client.
    pub fn is_mind_made_up(&self) -> bool {
        matches!(self, Self::Book { .. } | Self::Hold { .. } | Self::Move { .. })
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Book { hold: None, .. } => "book",
            Self::Book { hold: Some(_), .. } => "convert",
            Self::Move { .. } => "move",
            Self::Cancel { .. } => "cancel",
            Self::Hold { .. } => "hold",
            Self::Extend { .. } => "extend",
            Self::Release { .. } => "release",
        }
    }
}

/// A booking or a hold, as an answer shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub id: Uuid,
    pub version: i64,
    pub wish: Wish,
    pub end: DateTime<Utc>,
    pub room: Option<Uuid>,
    pub state: String,
    /// Of a hold, from when on it is worth nothing.
    pub expires: Option<DateTime<Utc>>,
}

impl Shown {
    /// Reads a booking or a hold of the contract.
    pub fn read(body: &Value) -> Option<Self> {
        let id = |key: &str| body[key].as_str()?.parse().ok();
        let time = |key: &str| body[key].as_str()?.parse().ok();
        let [client, therapist, kind] = [id("client_id")?, id("therapist_id")?, id("session_type_id")?];
        let wish = Wish { client, therapist, kind, start: time("starts_at")? };
        let (version, state) = (body["version"].as_i64()?, body["state"].as_str()?.to_owned());
        let expires = body["extensions_left"].as_i64().and_then(|_| time("expires_at"));
        Some(Self { id: id("id")?, version, wish, end: time("ends_at")?, room: id("room_id"), state, expires })
    }

    pub fn session(&self) -> Span {
        Span { start: self.wish.start, end: self.end }
    }

    /// Whether it can still be moved, called off, extended or used.
    pub fn is_open(&self) -> bool {
        ["pending", "confirmed", "held"].contains(&&*self.state)
    }

    pub fn is_hold(&self) -> bool {
        self.expires.is_some()
    }

    pub fn claims_time(&self) -> bool {
        if self.is_hold() {
            self.state == "held"
        } else {
            !["declined", "expired", "cancelled"].contains(&&*self.state)
        }
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
    /// And there is nothing more to show.
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
            Some(Answer { status: 200 | 201, body }) => {
                Shown::read(body).map_or(Outcome::Refused("unreadable"), Outcome::Accepted)
            }
            Some(Answer { status: 204, .. }) => Outcome::Done,
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

impl Clock {
    /// When it comes to show an instant.
    pub fn reaches(&self, at: DateTime<Utc>) -> Window {
        match self {
            Self::Turned { begins, turns } => {
                let to =
                    turns.iter().filter(|(_, to)| *to >= at).map(|(window, _)| *window).min_by_key(|one| one.earliest);
                let never = Window { earliest: NEVER, latest: NEVER };
                if *begins >= at {
                    Window { earliest: Moment::ZERO, latest: Moment::ZERO }
                } else {
                    to.unwrap_or(never)
                }
            }
            Self::Running { began } => {
                let until = |delta: TimeDelta| delta.to_std().unwrap_or_default();
                Window { earliest: until(at - *began - LEEWAY), latest: until(at - *began + LEEWAY) }
            }
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
    /// How long the room that it needs rests afterwards; nothing where it needs none.
    pub rest: Option<i64>,
}

/// The facts of a practice that do not change while it is played with.
#[derive(Clone, Debug)]
pub struct Rules {
    pub kinds: Vec<Kind>,
    /// All good for every session type that needs one.
    pub rooms: Vec<Uuid>,
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

    /// What a session takes of its room's time, if it needs one.
    pub fn room_span(&self, wish: &Wish) -> Option<Span> {
        let kind = self.kind(wish.kind);
        let (session, padded) = self.spans(wish);
        let end = session.end + TimeDelta::minutes(kind.after.max(kind.rest?));
        Some(Span { start: padded.start, end })
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
