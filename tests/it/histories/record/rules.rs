//! The facts of a practice that do not change while it is played with.

use chrono::{TimeDelta, Timelike};
use uuid::Uuid;

use super::{Span, Wish};

/// A session type, in minutes.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub id: Uuid,
    pub minutes: i64,
    pub before: i64,
    pub after: i64,
    /// How long the room that it needs rests afterwards; nothing where it needs none.
    pub rest: Option<i64>,
    /// Whether two therapists hold it.
    pub two: bool,
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
    /// Whether what clients ask for themselves waits for a yes.
    pub approval: bool,
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
