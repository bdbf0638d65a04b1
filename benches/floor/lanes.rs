//! A practice in which every booking finds a free place: lanes of one therapist and one client each, day and night.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, id, session};
use crate::load;

const LANES: u64 = 32;
/// The first night after the tests' clock begins; the settings let clients book from two hours to 90 days ahead.
const FIRST: &str = "2027-03-02T00:00:00Z";
/// How many half hours a lane has until then.
const HALF_HOURS: u64 = 88 * 48;

/// What is asked, the status of the answer, and the request's text by number.
type Read<'l> = (&'static str, u16, Box<dyn Fn(u64) -> String + Sync + 'l>);

/// The lanes, and which places in them are taken.
pub struct Lanes<'p> {
    address: &'p str,
    lanes: Vec<Lane<'p>>,
    session_type: String,
    /// Somebody who works from eight to six, for those who look for a free time.
    slots: String,
    taken: AtomicU64,
}

struct Lane<'p> {
    caller: Caller<'p>,
    client: String,
    therapist: String,
}

impl<'p> Lanes<'p> {
    /// Sets them up through the API.
    pub fn of(practice: &'p Practice) -> Self {
        let calendar = Calendar::of(practice);
        let ask = session(30, (0, 0), 30, &json!([]));
        let session_type = id(&calendar.admin.post("/api/v1/session-types", &ask).expect(201));
        let lane = |number| {
            let (_, therapist) = calendar.colleague(&format!("Therapist {number}"));
            calendar.works(&therapist, "00:00", "00:00");
            let (caller, client) = calendar.client(&format!("Client {number}"));
            Lane { caller, client, therapist }
        };
        let lanes: Vec<_> = (0..LANES).map(lane).collect();
        let slots = format!(
            "/api/v1/slots?session_type_id={}&therapist_id={}&from={FIRST}&to=2027-04-01T00:00:00Z",
            calendar.session_type, calendar.therapist
        );
        // Somebody's thirty sessions, each day at ten, stand in the way of some of the slots.
        let (mia, own) = calendar.client("Mia");
        for day in 0..30 {
            calendar.book(&mia, &own, &start_of(day * 48 + 20)).expect(201);
        }
        let listed = calendar.slots(&calendar.admin, &slots[slots.find("therapist_id").unwrap()..]);
        assert!(listed.len() > 500 && !listed.contains(&start_of(20)), "a taken slot is listed, or few are");
        Self {
            address: practice.base.strip_prefix("http://").unwrap(),
            lanes,
            session_type,
            slots,
            taken: AtomicU64::new(0),
        }
    }

    /// Where the practice answers.
    pub fn address(&self) -> &str {
        self.address
    }

    /// Takes the next free place.
    pub fn book_one(&self) {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        self.lane(number).caller.post("/api/v1/bookings", &self.ask(number)).expect(201);
    }

    /// The request that takes the next free place.
    pub fn next_booking(&self) -> String {
        let number = self.taken.fetch_add(1, Ordering::Relaxed);
        let token = self.lane(number).caller.token.as_deref();
        load::request("POST", "/api/v1/bookings", token, &self.ask(number).to_string())
    }

    /// The requests that change nothing.
    pub fn reads(&self) -> [Read<'_>; 3] {
        let first = |lane: &Lane<'_>| {
            let listed = lane.caller.get("/api/v1/bookings?limit=1").expect(200);
            let path = format!("/api/v1/bookings/{}", id(&listed["items"][0]));
            load::request("GET", &path, lane.caller.token.as_deref(), "")
        };
        let bookings: Vec<String> = self.lanes.iter().map(first).collect();
        [
            ("a constant answer", 200, Box::new(|_| load::request("GET", "/healthz", None, ""))),
            ("30 days of slots", 200, Box::new(|_| load::request("GET", &self.slots, None, ""))),
            ("a booking by id", 200, Box::new(move |n| bookings[(n % LANES) as usize].clone())),
        ]
    }

    fn lane(&self, number: u64) -> &Lane<'p> {
        &self.lanes[(number % LANES) as usize]
    }

    fn ask(&self, number: u64) -> serde_json::Value {
        let lane = self.lane(number);
        let place = number / LANES;
        assert!(place < HALF_HOURS, "the lanes are full");
        json!({
            "client_id": lane.client, "therapist_id": lane.therapist, "session_type_id": self.session_type,
            "starts_at": start_of(place),
        })
    }
}

fn start_of(place: u64) -> String {
    let first: DateTime<Utc> = FIRST.parse().unwrap();
    (first + TimeDelta::minutes(30 * place as i64)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
