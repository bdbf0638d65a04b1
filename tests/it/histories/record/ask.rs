//! What can be asked for.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{Offer, Wish};

/// Whatever version stands: of a session that is changed with its course, which has a version of its own.
pub const ANY: i64 = 0;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Under an idempotency key, so that it may be sent again; from a hold, if there is one; in this room, if one is named.
    Book {
        wish: Wish,
        room: Option<Uuid>,
        key: String,
        hold: Option<Uuid>,
    },
    /// Of the version that was read; to other therapists and to a room if they are named.
    Move {
        booking: Uuid,
        version: i64,
        team: Option<(Uuid, Option<Uuid>)>,
        start: DateTime<Utc>,
        room: Option<Uuid>,
    },
    Cancel {
        booking: Uuid,
        version: i64,
    },
    Confirm {
        booking: Uuid,
        version: i64,
    },
    Decline {
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
    /// Sessions like the one that is wished for at each of these starts; all, or those that can be had.
    Course {
        wish: Wish,
        starts: Vec<DateTime<Utc>>,
        all: bool,
        key: String,
    },
    /// This session of a course and those that follow it.
    MoveRest {
        course: Uuid,
        version: i64,
        from: i64,
        start: DateTime<Utc>,
    },
    CancelRest {
        course: Uuid,
        version: i64,
        from: i64,
    },
    /// A place on the waiting list, for any hour of a day.
    Join {
        client: Uuid,
        kind: Uuid,
        therapist: Option<Uuid>,
        date: NaiveDate,
        key: String,
    },
    /// What is offered to those who wait.
    Look,
    Accept(Offer),
    /// Not to take what is offered, and to wait on.
    Pass(Offer),
    /// Not to take it, and to wait no longer.
    Leave(Offer),
}

impl Ask {
    /// The thing that is to change, and from which version.
    pub fn step(&self) -> Option<(Uuid, i64)> {
        match self {
            Self::Move { booking: id, version, .. }
            | Self::Cancel { booking: id, version }
            | Self::Confirm { booking: id, version }
            | Self::Decline { booking: id, version }
            | Self::Extend { hold: id, version }
            | Self::Release { hold: id, version } => Some((*id, *version)),
            _ => None,
        }
    }

    /// The course that is to change, and its first session that is.
    pub fn rest(&self) -> Option<(Uuid, i64)> {
        match self {
            Self::MoveRest { course, from, .. } | Self::CancelRest { course, from, .. } => Some((*course, *from)),
            _ => None,
        }
    }

    /// The one thing that is to be, and under which key.
    pub fn creation(&self) -> Option<(&Wish, &str)> {
        match self {
            Self::Book { wish, key, .. } | Self::Hold { wish, key } => Some((wish, key)),
            _ => None,
        }
    }

    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Course { key, .. } | Self::Join { key, .. } => Some(key),
            _ => self.creation().map(|(_, key)| key),
        }
    }

    /// The room that is named.
    pub fn room(&self) -> Option<Uuid> {
        match self {
            Self::Book { room, .. } | Self::Move { room, .. } => *room,
            _ => None,
        }
    }

    /// The offer that is to be answered.
    pub fn offer(&self) -> Option<&Offer> {
        match self {
            Self::Accept(offer) | Self::Pass(offer) | Self::Leave(offer) => Some(offer),
            _ => None,
        }
    }

    /// The hold that is to be used, extended or given up.
    pub fn hold(&self) -> Option<Uuid> {
        match self {
            Self::Book { hold, .. } => *hold,
            Self::Extend { hold, .. } | Self::Release { hold, .. } => Some(*hold),
            _ => self.offer().map(|offer| offer.held.id),
        }
    }

    /// Whether it ends what is held for its client.
    pub fn is_mind_made_up(&self) -> bool {
        matches!(self, Self::Book { .. } | Self::Hold { .. } | Self::Move { .. })
    }

    /// Whether its answer shows one booking or hold, or at least would.
    pub fn shows_one(&self) -> bool {
        self.creation().is_some() || self.step().is_some()
    }

    pub fn name(&self) -> &'static str {
        match self {
            Self::Book { hold: None, .. } => "book",
            Self::Book { hold: Some(_), .. } => "convert",
            Self::Move { .. } => "move",
            Self::Cancel { .. } => "cancel",
            Self::Confirm { .. } => "confirm",
            Self::Decline { .. } => "decline",
            Self::Hold { .. } => "hold",
            Self::Extend { .. } => "extend",
            Self::Release { .. } => "release",
            Self::Course { .. } => "course",
            Self::MoveRest { .. } => "move-rest",
            Self::CancelRest { .. } => "cancel-rest",
            Self::Join { .. } => "join",
            Self::Look => "look",
            Self::Accept(_) => "accept",
            Self::Pass(_) => "pass",
            Self::Leave(_) => "leave",
        }
    }
}
