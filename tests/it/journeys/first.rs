//! From an empty store to a signed note, step by step as the README walks it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::app::{Caller, Practice};
use crate::calendar::{at, blocks, hand_in, id, signed_in, step};

/// The journey so far: who takes part, and what has come to be.
pub struct First<'p> {
    pub admin: Caller<'p>,
    pub tom: Caller<'p>,
    pub vera: Caller<'p>,
    pub mia: Caller<'p>,
    /// Mia's record.
    pub own: String,
    /// The signed note.
    pub note: Value,
}

impl<'p> First<'p> {
    /// Goes all the way.
    pub fn to_a_signed_note(practice: &'p Practice) -> Self {
        // Between two starts of a session, so that the next is still to come.
        practice.pass(TimeDelta::seconds(90));
        let admin = practice.set_up();
        let (location, session_type) = furnished(practice, &admin);
        let tom = practice.staff(&admin, "Tom", "therapist");
        let vera = practice.staff(&admin, "Vera", "verifier");
        for (code, number) in [("licence_massage_therapist", "MT 1234"), ("upledger_cst_t", "CST-T 4711")] {
            certified(practice, &tom, &vera, (code, number));
        }
        let therapist = opened(&admin, &tom, &location);

        let mia = practice.client("Mia");
        let own = mia.get("/api/v1/auth/me").expect(200)["client_id"].as_str().unwrap().to_owned();
        let booking = booked(practice, &mia, (&own, &therapist, &session_type));
        let response = hand_in(&mia, &own, &json!({}));
        let path = format!("/api/v1/intake-responses/{}", id(&response));
        assert_eq!(tom.get(&format!("{path}/screening")).expect(200)["outcome"], "clear");
        tom.act(&format!("{path}/review"), &response["version"], &json!({ "verdict": "clear" })).expect(200);

        let tom = attended(practice, &tom, &booking);
        let note = written(&tom, &booking);
        Self { admin, tom, vera, mia, own, note }
    }
}

/// The practice as it is from now on, a place and what can be booked there: their ids.
fn furnished(practice: &Practice, admin: &Caller<'_>) -> (String, String) {
    let face = json!({
        "name": "Still Water", "contact_email": "desk@stillwater.example", "zone": "Europe/Berlin", "currency": "EUR",
        "cancellation_text": "Free of charge until 24 hours before.",
    });
    admin.put("/api/v1/practice", &json!(1), &face).expect(200);
    let mut rules = admin.get("/api/v1/settings").expect(200);
    let version = rules.as_object_mut().unwrap().remove("version").unwrap();
    rules["min_notice_minutes"] = json!(0);
    admin.put("/api/v1/settings", &version, &rules).expect(200);
    let place = json!({ "name": "Harbour rooms", "address_lines": ["Kai 3"], "zone": "Europe/Berlin" });
    let location = admin.post("/api/v1/locations", &place).expect(201);
    let licence = practice.credential_type("licence_massage_therapist");
    let certification = practice.credential_type("upledger_cst_t");
    let kind = json!({
        "name": "Craniosacral session", "duration_minutes": 60, "price_minor": 9000, "increment_minutes": 5,
        "schools": ["manual_cranial_sacral"], "requirements": [{ "any_of": [licence] }, { "any_of": [certification] }],
    });
    (id(&location), id(&admin.post("/api/v1/session-types", &kind).expect(201)))
}

/// The therapist puts a credential forward, and somebody else checks it.
fn certified(practice: &Practice, tom: &Caller<'_>, vera: &Caller<'_>, (code, number): (&str, &str)) {
    let held = json!({
        "credential_type_id": practice.credential_type(code), "number": number, "issued_on": "2024-05-01",
        "reverify_by": "2028-12-31",
    });
    let held = tom.post("/api/v1/credentials", &held).expect(201);
    let path = format!("/api/v1/credentials/{}/verify", id(&held));
    let seen = json!({ "method": "primary_source", "source": "the issuer's register" });
    tom.act(&path, &held["version"], &seen).refused(403, "forbidden");
    assert_eq!(vera.act(&path, &held["version"], &seen).expect(200)["validity"], "valid");
}

/// The therapist works around the clock, so that the journey can be made at any hour, and is put on the list: their id.
fn opened(admin: &Caller<'_>, tom: &Caller<'_>, location: &str) -> String {
    let me = tom.get("/api/v1/auth/me").expect(200)["therapist_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/therapists/{me}");
    let gaps = tom.get(&format!("{path}/readiness")).expect(200)["missing"].clone();
    assert_eq!(gaps, json!(["no_working_hours", "not_listed"]));
    let day = |weekday: i32| {
        json!({ "location_id": location, "weekday": weekday, "start": "00:00", "end": "00:00", "zone": "Europe/Berlin",
            "effective_from": "2025-01-01" })
    };
    let week = json!({ "hours": (1..=7).map(day).collect::<Vec<_>>() });
    tom.put(&format!("{path}/working-hours"), &json!(0), &week).expect(200);
    let version = admin.get(&path).expect(200)["version"].clone();
    admin.act(&format!("{path}/list"), &version, &json!({})).expect(200);
    let ready = tom.get(&format!("{path}/readiness")).expect(200);
    assert_eq!((&ready["ready"], &ready["missing"]), (&json!(true), &json!([])));
    me
}

/// The first slot from a minute on.
fn booked(practice: &Practice, mia: &Caller<'_>, (own, therapist, session_type): (&str, &str, &str)) -> Value {
    let instant = |delta: TimeDelta| (practice.now() + delta).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (from, to) = (instant(TimeDelta::minutes(1)), instant(TimeDelta::days(1)));
    let query = format!("session_type_id={session_type}&client_id={own}&from={from}&to={to}");
    let slots = mia.get(&format!("/api/v1/slots?{query}")).expect(200);
    let ask = json!({
        "client_id": own, "therapist_id": therapist, "session_type_id": session_type,
        "starts_at": slots["items"][0]["start"], "reasons": ["stress"],
    });
    let booking = mia.post("/api/v1/bookings", &ask).expect(201);
    assert_eq!((&booking["state"], blocks(&booking)), (&json!("confirmed"), vec!["intake"]));
    booking
}

/// Mia comes, and once the session has begun it can be recorded. Answers as whom the therapist goes on.
fn attended<'p>(practice: &'p Practice, tom: &Caller<'_>, booking: &Value) -> Caller<'p> {
    let booking = tom.get(&at(booking, "")).expect(200);
    assert!(blocks(&booking).is_empty(), "{booking}");
    let here = step(tom, &booking, "check-in", &json!({})).expect(200);
    let tom = signed_in(practice, "tom");
    step(&tom, &here, "complete", &json!({})).refused(422, "policy_violation");
    practice.pass(TimeDelta::minutes(4));
    assert_eq!(step(&tom, &here, "complete", &json!({})).expect(200)["state"], "completed");
    tom
}

/// The note, saved twice and signed.
fn written(tom: &Caller<'_>, booking: &Value) -> Value {
    let note = tom.post("/api/v1/session-notes", &json!({ "booking_id": booking["id"] })).expect(201);
    let path = format!("/api/v1/session-notes/{}", id(&note));
    let draft = |plan: &str| json!({ "content": { "subjective": "slept badly", "regions": [{ "region": "sacrum", "side": "midline" }], "plan": plan } });
    let first = tom.put(&format!("{path}/draft"), &note["version"], &draft("again soon")).expect(200);
    let second = tom.put(&format!("{path}/draft"), &first["version"], &draft("again in two weeks")).expect(200);
    tom.act(&format!("{path}/sign"), &second["version"], &json!({})).refused(403, "step_up_required");
    tom.steps_up();
    let signed = tom.act(&format!("{path}/sign"), &second["version"], &json!({})).expect(200);
    assert_eq!(signed["state"], "signed");
    tom.put(&format!("{path}/draft"), &signed["version"], &draft("other")).refused(409, "invalid_transition");
    let read = tom.get(&path).expect(200);
    assert_eq!(read["content"]["plan"], "again in two weeks");
    assert_eq!(read["credentials_snapshot"]["credentials"].as_array().unwrap().len(), 2, "{read}");
    signed
}
