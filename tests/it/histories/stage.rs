//! A practice to be played with, set up over HTTP wherever it is served.

use std::time::Instant;

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Timelike, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::line::{Addresses, Line};
use super::record::{Kind, Rules};
use crate::app::PASSWORD;
use crate::calendar::session;

/// Minutes of a session, of the buffers before and after it, and of its room's rest, if it needs a room; and whether two hold it.
const KINDS: [(i32, i32, i32, Option<i64>, bool); 4] =
    [(30, 0, 15, Some(30), false), (45, 15, 0, None, false), (60, 15, 15, Some(0), false), (45, 0, 15, Some(15), true)];
/// Fewer than therapists.
const ROOMS: [&str; 2] = ["Blue room", "Green room"];
const THERAPISTS: [&str; 3] = ["mara", "noa", "iris"];
/// The clients who have a login; there are twice as many who have none.
const CLIENTS: [&str; 3] = ["mia", "leo", "ida"];
const DESK: &str = "dora@example.org";
const ADMIN: &str = "ada@example.org";

/// Who and what is there to be booked.
pub struct Stage {
    pub rules: Rules,
    pub therapists: Vec<Uuid>,
    /// All clients, those with a login first.
    pub clients: Vec<Uuid>,
    /// What the clock showed when it was set up.
    pub now: DateTime<Utc>,
}

impl Stage {
    /// Sets it up with the token that makes the first admin.
    pub fn set_up(addresses: &Addresses, token: &str, now: DateTime<Utc>) -> Self {
        let mut admin = Line::new(addresses, ADMIN, Instant::now());
        let ask = json!({ "token": token, "email": ADMIN, "name": "Ada Still", "password": PASSWORD });
        let tokens = admin.expect(201, "POST", "/setup", Some(ask));
        admin.bear(&tokens);
        let place = json!({ "name": "Harbour rooms", "address_lines": ["Kai 3"], "zone": "UTC" });
        let location = admin.expect(201, "POST", "/locations", Some(place))["id"].clone();
        let therapists = THERAPISTS.iter().map(|name| therapist(&mut admin, name, &location)).collect();
        join(&mut admin, DESK, "front_desk");
        let rooms = ROOMS.map(|name| {
            let ask = json!({ "location_id": location, "name": name, "kind": "treatment" });
            id(&admin.expect(201, "POST", "/rooms", Some(ask)))
        });
        approve(&mut admin);
        let kinds = KINDS.map(|kind| session_type(&mut admin, kind));
        let rules = Rules {
            kinds: kinds.into(),
            rooms: rooms.into(),
            hours: (8, 18),
            grid: 15,
            notice: TimeDelta::minutes(120),
            advance: TimeDelta::days(90),
            cancellation: TimeDelta::hours(24),
            approval: true,
        };
        Self { rules, therapists, clients: clients(addresses, &mut admin), now }
    }

    /// The full hour after it was set up: sooner than anybody may book.
    pub fn soon(&self) -> DateTime<Utc> {
        self.midnight(0) + TimeDelta::hours(1 + i64::from(self.now.hour()))
    }

    /// When a day begins, so many days after it was set up.
    pub fn midnight(&self, days: usize) -> DateTime<Utc> {
        (self.now.date_naive() + Days::new(days as u64)).and_time(NaiveTime::MIN).and_utc()
    }

    /// A line for each who asks: the clients who have a login, and the desk for the rest. With it, who the client is.
    pub fn lines<'a>(&self, addresses: &'a Addresses, beginning: Instant) -> Vec<(Line<'a>, Option<Uuid>)> {
        let line = |email: &str| Line::new(addresses, email, beginning);
        let clients = CLIENTS.iter().zip(&self.clients).map(|(name, id)| (line(&address(name)), Some(*id)));
        clients.chain((0..5).map(|_| (line(DESK), None))).collect()
    }

    /// Somebody who sees every booking, and the audit log.
    pub fn reader<'a>(&self, addresses: &'a Addresses, beginning: Instant) -> Line<'a> {
        Line::new(addresses, ADMIN, beginning)
    }
}

fn therapist(admin: &mut Line<'_>, name: &str, location: &Value) -> Uuid {
    join(admin, &address(name), "therapist");
    let all = admin.expect(200, "GET", "/therapists?all=true&limit=200", None);
    let record = all["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
    let path = format!("/therapists/{}", record["id"].as_str().unwrap());
    admin.act("POST", &format!("{path}/list"), &record["version"], json!({}));
    let day = |weekday: i32| {
        json!({
            "location_id": location, "weekday": weekday, "start": "08:00", "end": "18:00", "zone": "UTC",
            "effective_from": "2020-01-01",
        })
    };
    let week = json!({ "hours": (1..=7).map(day).collect::<Vec<_>>() });
    admin.act("PUT", &format!("{path}/working-hours"), &json!(0), week);
    id(record)
}

/// What clients ask for waits an hour for a yes, and what is offered twenty minutes.
fn approve(admin: &mut Line<'_>) {
    let mut settings = admin.read("/settings");
    let version = settings.as_object_mut().unwrap().remove("version").unwrap();
    (settings["booking_approval"], settings["approval_hours"]) = (json!("by_staff"), json!(1));
    settings["waitlist_offer_minutes"] = json!(20);
    admin.act("PUT", "/settings", &version, settings);
}

fn session_type(admin: &mut Line<'_>, kind: (i32, i32, i32, Option<i64>, bool)) -> Kind {
    let (minutes, before, after, rest, two) = kind;
    let mut ask = session(minutes, (before, after), 15, &json!([]));
    ask["name"] = json!(format!("{minutes} minutes, {}", if two { "two therapists" } else { "one" }));
    (ask["room_kind"], ask["room_rest_minutes"]) = (json!(rest.map(|_| "treatment")), json!(rest.unwrap_or(0)));
    ask["therapists_needed"] = json!(1 + i32::from(two));
    let id = id(&admin.expect(201, "POST", "/session-types", Some(ask)));
    Kind { id, minutes: minutes.into(), before: before.into(), after: after.into(), rest, two }
}

/// Somebody joins, by invitation.
fn join(admin: &mut Line<'_>, email: &str, role: &str) {
    let invitation = admin.expect(201, "POST", "/invitations", Some(json!({ "email": email, "role": role })));
    let name = email.split('@').next();
    let ask = json!({ "token": invitation["token"], "name": name, "password": PASSWORD });
    admin.expect(201, "POST", "/invitations/accept", Some(ask));
}

fn clients(addresses: &Addresses, admin: &mut Line<'_>) -> Vec<Uuid> {
    let own = CLIENTS.map(|name| {
        let mut line = Line::new(addresses, &address(name), Instant::now());
        let ask = json!({ "email": address(name), "name": name, "password": PASSWORD });
        let tokens = line.expect(201, "POST", "/auth/register", Some(ask));
        line.bear(&tokens);
        line.expect(200, "GET", "/auth/me", None)["client_id"].as_str().unwrap().parse().unwrap()
    });
    let record = |number: usize| json!({ "name": format!("Guest {number}") });
    let others = (0..2 * CLIENTS.len()).map(|number| id(&admin.expect(201, "POST", "/clients", Some(record(number)))));
    own.into_iter().chain(others).collect()
}

fn address(name: &str) -> String {
    format!("{name}@example.org")
}

fn id(thing: &Value) -> Uuid {
    thing["id"].as_str().unwrap().parse().unwrap()
}
