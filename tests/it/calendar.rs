//! A practice that can be booked: a place, a session type that asks for a certification, and a therapist who holds it and works.

use serde_json::{Map, Value, json};

use crate::app::{Caller, PASSWORD, Practice, Reply};

/// The admin, the desk, a therapist, and what can be booked with her.
pub struct Calendar<'p> {
    pub practice: &'p Practice,
    pub admin: Caller<'p>,
    pub desk: Caller<'p>,
    pub mara: Caller<'p>,
    /// Mara's record.
    pub therapist: String,
    /// Her certification.
    pub credential: Value,
    pub location: String,
    /// 60 minutes with 15 before and after, every 15 minutes.
    pub session_type: String,
}

impl<'p> Calendar<'p> {
    /// Mara works from eight to six, every day, in a place in UTC.
    pub fn of(practice: &'p Practice) -> Self {
        let admin = practice.set_up();
        let desk = practice.staff(&admin, "Dora", "front_desk");
        let place = json!({ "name": "Harbour rooms", "address_lines": ["Kai 3"], "zone": "UTC" });
        let location = id(&admin.post("/api/v1/locations", &place).expect(201));
        let wanted = json!([{ "any_of": [practice.credential_type("upledger_cst_t")] }]);
        let session_type = id(&admin.post("/api/v1/session-types", &session(60, (15, 15), 15, &wanted)).expect(201));
        let (mara, therapist, credential) = certified(practice, &admin, "Mara");
        let calendar = Self { practice, admin, desk, mara, therapist, credential, location, session_type };
        calendar.works(&calendar.therapist, "08:00", "18:00");
        calendar
    }

    /// Another therapist who holds the same and works the same hours.
    pub fn colleague(&self, name: &str) -> (Caller<'p>, String) {
        let (caller, therapist, _) = certified(self.practice, &self.admin, name);
        self.works(&therapist, "08:00", "18:00");
        (caller, therapist)
    }

    /// Writes a therapist's week anew: the same hours every day.
    pub fn works(&self, therapist: &str, start: &str, end: &str) {
        let path = format!("/api/v1/therapists/{therapist}/working-hours");
        let version = self.admin.get(&path).expect(200)["version"].clone();
        self.admin.put(&path, &version, &self.week(start, end)).expect(200);
    }

    /// The same hours every day.
    pub fn week(&self, start: &str, end: &str) -> Value {
        let day = |weekday: i32| {
            json!({
                "location_id": self.location, "weekday": weekday, "start": start, "end": end, "zone": "UTC",
                "effective_from": "2027-01-01",
            })
        };
        json!({ "hours": (1..=7).map(day).collect::<Vec<_>>() })
    }

    /// Sets one of the practice's rules.
    pub fn sets(&self, rule: &str, to: &Value) {
        let mut settings = self.admin.get("/api/v1/settings").expect(200);
        let version = settings.as_object_mut().unwrap().remove("version").unwrap();
        settings[rule] = to.clone();
        self.admin.put("/api/v1/settings", &version, &settings).expect(200);
    }

    /// A new client and the id of their record.
    pub fn client(&self, name: &str) -> (Caller<'p>, String) {
        let caller = self.practice.client(name);
        let own = caller.get("/api/v1/auth/me").expect(200)["client_id"].as_str().unwrap().to_owned();
        (caller, own)
    }

    /// What a booking with Mara asks for.
    pub fn ask(&self, client: &str, start: &str) -> Value {
        json!({
            "client_id": client, "therapist_id": self.therapist, "session_type_id": self.session_type, "starts_at": start,
        })
    }

    /// Asks for a booking with Mara.
    pub fn book(&self, by: &Caller<'_>, client: &str, start: &str) -> Reply {
        by.post("/api/v1/bookings", &self.ask(client, start))
    }

    /// The starts that are listed.
    pub fn slots(&self, by: &Caller<'_>, more: &str) -> Vec<String> {
        let path = format!("/api/v1/slots?session_type_id={}&{more}", self.session_type);
        let listed = by.get(&path).expect(200);
        listed["items"].as_array().unwrap().iter().map(|slot| slot["start"].as_str().unwrap().to_owned()).collect()
    }

    /// Turns the clock and signs everybody in anew, since tokens are short-lived.
    pub fn turn_to(&mut self, at: &str) {
        self.practice.turn_to(at);
        self.admin = signed_in(self.practice, "admin");
        self.desk = signed_in(self.practice, "dora");
        self.mara = signed_in(self.practice, "mara");
    }
}

/// Somebody who signs in again.
pub fn signed_in<'p>(practice: &'p Practice, name: &str) -> Caller<'p> {
    let login = json!({ "email": format!("{name}@example.org"), "password": PASSWORD });
    practice.signed_in(&practice.anonymous().post("/api/v1/auth/login", &login).expect(200))
}

/// What a session type is made with.
pub fn session(minutes: i32, buffers: (i32, i32), increment: i32, requirements: &Value) -> Value {
    json!({
        "name": format!("{minutes} minutes"), "duration_minutes": minutes, "price_minor": 9000,
        "schools": ["manual_cranial_sacral"], "buffer_before_minutes": buffers.0, "buffer_after_minutes": buffers.1,
        "increment_minutes": increment, "requirements": requirements,
    })
}

/// The id of a thing.
pub fn id(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

/// A path of a booking.
pub fn at(booking: &Value, rest: &str) -> String {
    format!("/api/v1/bookings/{}{rest}", booking["id"].as_str().unwrap())
}

/// Takes a step with a booking as it was read.
pub fn step(by: &Caller<'_>, booking: &Value, step: &str, body: &Value) -> Reply {
    by.act(&at(booking, &format!("/{step}")), &booking["version"], body)
}

/// The codes of a booking's blocks.
pub fn blocks(booking: &Value) -> Vec<&str> {
    booking["blocks"].as_array().unwrap().iter().map(|block| block["code"].as_str().unwrap()).collect()
}

/// Answers the client's open form with nothing to report but these changes, and hands it in.
pub fn hand_in(by: &Caller<'_>, client: &str, changes: &Value) -> Value {
    let listed = by.get(&format!("/api/v1/intake-responses?client_id={client}")).expect(200);
    let is_open = |one: &&Value| ["issued", "in_progress"].contains(&one["state"].as_str().unwrap());
    let open = listed["items"].as_array().unwrap().iter().find(is_open).cloned();
    let response =
        open.unwrap_or_else(|| by.post("/api/v1/intake-responses", &json!({ "client_id": client })).expect(201));
    let form = response["form_version_id"].as_str().unwrap();
    let form = by.get(&format!("/api/v1/intake-form-versions/{form}")).expect(200);
    let questions = form["definition"]["sections"].as_array().unwrap().iter();
    let questions = questions.flat_map(|section| section["questions"].as_array().unwrap());
    let findings = questions.filter(|question| question["answer"]["type"] == "finding");
    let mut answers: Map<String, Value> =
        findings.map(|finding| (finding["id"].as_str().unwrap().to_owned(), json!({ "status": "none" }))).collect();
    let plain = json!({
        "reasons_for_visit": ["relaxation"], "goals": "an hour of quiet",
        "prior_injuries": "no", "surgeries": "no", "takes_medication": "no",
    });
    answers.extend(plain.as_object().unwrap().clone());
    answers.extend(changes.as_object().unwrap().clone());
    let path = format!("/api/v1/intake-responses/{}", id(&response));
    let version = |of: &Value| format!("\"{}\"", of["version"]);
    let headers = [("If-Match", &*version(&response))];
    let body = json!({ "answers": answers });
    let answered = by.send("PATCH", &format!("{path}/answers"), &headers, Some(&body)).expect(200);
    by.send("POST", &format!("{path}/submit"), &[("If-Match", &*version(&answered))], None).expect(200)
}

fn certified<'p>(practice: &'p Practice, admin: &Caller<'p>, name: &str) -> (Caller<'p>, String, Value) {
    let (caller, record) = practice.therapist(admin, name);
    let therapist = id(&record);
    let certification = json!({
        "credential_type_id": practice.credential_type("upledger_cst_t"), "number": "4711", "issued_on": "2026-01-01",
        "expires_on": "2027-05-01", "reverify_by": "2028-01-01",
    });
    let credential = caller.post("/api/v1/credentials", &certification).expect(201);
    let verify = format!("/api/v1/credentials/{}/verify", id(&credential));
    let seen = json!({ "method": "document_seen", "source": "paper" });
    let credential = admin.act(&verify, &credential["version"], &seen).expect(200);
    admin.act(&format!("/api/v1/therapists/{therapist}/list"), &record["version"], &json!({})).expect(200);
    (caller, therapist, credential)
}
