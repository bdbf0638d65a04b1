//! How each request is put to the server.

use serde_json::{Value, json};
use uuid::Uuid;

use super::record::{Ask, Wish};

/// A request.
pub struct Call {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Value>,
}

impl Call {
    /// Reads a path.
    pub fn get(path: &str) -> Self {
        Self { method: "GET", path: format!("/api/v1{path}"), headers: Vec::new(), body: None }
    }

    /// What asks for it.
    pub fn of(ask: &Ask) -> Self {
        match ask {
            Ask::Book { wish, room, key, hold } => {
                let mut body = wished(wish);
                (body["slot_hold_id"], body["room_id"]) = (json!(hold), json!(room));
                create("bookings", key, body)
            }
            Ask::Move { booking, version, team, start, room } => {
                let (therapist, co) = (team.map(|(one, _)| one), team.and_then(|(_, other)| other));
                let body =
                    json!({ "starts_at": start, "therapist_id": therapist, "co_therapist_id": co, "room_id": room });
                step("bookings", *booking, "/reschedule", *version, Some(body))
            }
            Ask::Cancel { booking, version } => step("bookings", *booking, "/cancel", *version, Some(reason())),
            Ask::Confirm { booking, version } => step("bookings", *booking, "/confirm", *version, None),
            Ask::Decline { booking, version } => step("bookings", *booking, "/decline", *version, None),
            Ask::Hold { wish, key } => create("slot-holds", key, wished(wish)),
            Ask::Extend { hold, version } => step("slot-holds", *hold, "/extend", *version, None),
            Ask::Release { hold, version } => delete(step("slot-holds", *hold, "", *version, None)),
            Ask::Course { wish, starts, all, key } => {
                let mut body = wished(wish);
                body.as_object_mut().unwrap().remove("starts_at");
                (body["starts"], body["mode"]) = (json!(starts), json!(if *all { "all" } else { "possible" }));
                create("booking-series", key, body)
            }
            Ask::MoveRest { course, version, from, start } => {
                let body = json!({ "from_ordinal": from, "starts_at": start });
                step("booking-series", *course, "/reschedule", *version, Some(body))
            }
            Ask::CancelRest { course, version, from } => {
                let mut body = reason();
                body["from_ordinal"] = json!(from);
                step("booking-series", *course, "/cancel", *version, Some(body))
            }
            Ask::Join { client, kind, therapist, date, key } => {
                let body = json!({
                    "client_id": client, "session_type_id": kind, "therapist_id": therapist,
                    "earliest_date": date, "latest_date": date,
                });
                create("waitlist-entries", key, body)
            }
            Ask::Look => Self::get("/waitlist-entries?limit=200&state=offered"),
            Ask::Accept(offer) => step("waitlist-entries", offer.entry, "/accept", offer.version, None),
            Ask::Pass(offer) => step("waitlist-entries", offer.entry, "/decline", offer.version, None),
            Ask::Leave(offer) => delete(step("waitlist-entries", offer.entry, "", offer.version, None)),
        }
    }
}

fn wished(wish: &Wish) -> Value {
    json!({
        "client_id": wish.client, "therapist_id": wish.therapist, "co_therapist_id": wish.co,
        "session_type_id": wish.kind, "starts_at": wish.start,
    })
}

/// One that nobody is late for who works here.
fn reason() -> Value {
    json!({ "reason": "therapist_unavailable" })
}

fn create(what: &str, key: &str, body: Value) -> Call {
    let headers = vec![("Idempotency-Key", key.to_owned())];
    Call { method: "POST", path: format!("/api/v1/{what}"), headers, body: Some(body) }
}

fn step(what: &str, id: Uuid, step: &str, version: i64, body: Option<Value>) -> Call {
    let headers = vec![("If-Match", format!("\"{version}\""))];
    Call { method: "POST", path: format!("/api/v1/{what}/{id}{step}"), headers, body }
}

fn delete(call: Call) -> Call {
    Call { method: "DELETE", ..call }
}
