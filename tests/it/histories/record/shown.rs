//! Bookings, holds, courses and places on the waiting list, as answers show them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Span, Wish};

/// A booking or a hold.
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
    /// Of a booking that waits for a yes, from when on it is too late for one.
    pub answer_by: Option<DateTime<Utc>>,
}

fn id(body: &Value, key: &str) -> Option<Uuid> {
    body[key].as_str()?.parse().ok()
}

fn time(body: &Value, key: &str) -> Option<DateTime<Utc>> {
    body[key].as_str()?.parse().ok()
}

impl Shown {
    /// Reads a booking or a hold of the contract.
    pub fn read(body: &Value) -> Option<Self> {
        let (client, kind) = (id(body, "client_id")?, id(body, "session_type_id")?);
        let (therapist, co) = (id(body, "therapist_id")?, id(body, "co_therapist_id"));
        let wish = Wish { client, therapist, co, kind, start: time(body, "starts_at")? };
        Some(Self {
            id: id(body, "id")?,
            version: body["version"].as_i64()?,
            wish,
            end: time(body, "ends_at")?,
            room: id(body, "room_id"),
            state: body["state"].as_str()?.to_owned(),
            expires: body["extensions_left"].as_i64().and_then(|_| time(body, "expires_at")),
            answer_by: time(body, "answer_by"),
        })
    }

    /// As an answer shows it.
    pub fn told(&self) -> Value {
        let Wish { client, therapist, co, kind, start } = self.wish;
        json!({
            "id": self.id, "version": self.version, "client_id": client, "therapist_id": therapist, "co_therapist_id": co,
            "session_type_id": kind, "starts_at": start, "ends_at": self.end, "room_id": self.room, "state": self.state,
            "expires_at": self.expires, "extensions_left": self.expires.map(|_| 0), "answer_by": self.answer_by,
        })
    }

    pub fn session(&self) -> Span {
        Span { start: self.wish.start, end: self.end }
    }

    /// Whether it can still be moved, called off, extended or used.
    pub fn is_open(&self) -> bool {
        ["pending", "confirmed", "held"].contains(&&*self.state)
    }

    pub fn is_pending(&self) -> bool {
        self.state == "pending"
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

/// A course, with those of its sessions that an answer shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    pub id: Uuid,
    pub client: Uuid,
    pub version: i64,
    /// By their number, from 1.
    pub sessions: Vec<(i64, Shown)>,
}

impl Course {
    pub fn read(body: &Value) -> Option<Self> {
        let of = |one: &Value| Some((one["ordinal"].as_i64()?, Shown::read(&one["booking"])?));
        let sessions = body["occurrences"].as_array()?.iter().filter_map(of).collect();
        let (client, version) = (id(body, "client_id")?, body["version"].as_i64()?);
        Some(Self { id: id(body, "id")?, client, version, sessions })
    }
}

/// A slot that is held for the answer of somebody who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Their place on the list, and the version of it to answer.
    pub entry: Uuid,
    pub version: i64,
    /// The hold, in whatever room.
    pub held: Shown,
}

/// A place on the waiting list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: Uuid,
    pub version: i64,
    pub client: Uuid,
    pub kind: Uuid,
    pub therapist: Option<Uuid>,
    pub state: String,
    /// What was waited for.
    pub booking: Option<Uuid>,
    pub offer: Option<Offer>,
}

impl Entry {
    pub fn read(body: &Value) -> Option<Self> {
        let entry = Self {
            id: id(body, "id")?,
            version: body["version"].as_i64()?,
            client: id(body, "client_id")?,
            kind: id(body, "session_type_id")?,
            therapist: id(body, "therapist_id"),
            state: body["state"].as_str()?.to_owned(),
            booking: id(body, "booking_id"),
            offer: None,
        };
        Some(Self { offer: entry.offered(&body["offer"]), ..entry })
    }

    fn offered(&self, offer: &Value) -> Option<Offer> {
        let (therapist, co) = (id(offer, "therapist_id")?, id(offer, "co_therapist_id"));
        let start = time(offer, "starts_at")?;
        let held = Shown {
            id: id(offer, "slot_hold_id")?,
            version: 1,
            wish: Wish { client: self.client, therapist, co, kind: self.kind, start },
            end: time(offer, "ends_at")?,
            room: None,
            state: "held".to_owned(),
            expires: time(offer, "expires_at"),
            answer_by: None,
        };
        Some(Offer { entry: self.id, version: self.version, held })
    }
}
