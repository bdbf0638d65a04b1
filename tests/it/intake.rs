//! The health history: answered, screened, reviewed, cleared; and who may know what of it.

use chrono::{NaiveDate, TimeDelta};
use serde_json::{Map, Value, json};
use stillpoint::db::View;
use stillpoint::intake::model::ruleset::Level;
use stillpoint::intake::{self, Standing};
use stillpoint::kernel::actor::Permit;
use stillpoint::kernel::ids::ClientId;

use crate::app::{Caller, Practice, Reply};
use crate::on_each_store;

on_each_store!(
    set_up_publishes_the_form_and_rules_nobody_has_signed,
    what_was_reported_decides_the_outcome,
    a_form_is_answered_bit_by_bit_and_handed_in_once,
    contradictory_answers_are_not_taken,
    a_guardian_answers_for_a_child_under_two,
    everyone_sees_as_much_as_they_may,
    answers_findings_and_reviews_are_sealed,
    what_was_published_or_decided_cannot_be_changed,
    every_look_is_in_the_access_log,
    a_caution_is_reviewed_with_its_modification,
    a_clearance_clears_the_days_it_is_valid,
    answers_count_for_a_year,
    a_minor_hands_in_nothing_alone,
    nobody_answers_themselves_out_of_a_refusal,
    a_clearance_counts_from_the_day_it_was_weighed_for,
    a_clearance_is_about_what_is_waited_for,
    a_caution_beside_a_clearance_asks_for_its_modification,
    a_clearance_answers_for_the_age_only_where_it_names_it,
);

const SENTENCE: &str = "the quiet after the storm of 1987";

/// What the tests share: an admin, a treating therapist, the desk, and a client with an issued form.
struct Room<'p> {
    practice: &'p Practice,
    admin: Caller<'p>,
    therapist: Caller<'p>,
    desk: Caller<'p>,
    mia: Caller<'p>,
    mia_id: String,
}

impl<'p> Room<'p> {
    fn of(practice: &'p Practice) -> Self {
        let admin = practice.set_up();
        let therapist = practice.staff(&admin, "Tom", "therapist");
        let desk = practice.staff(&admin, "Dora", "front_desk");
        let mia = practice.client("Mia");
        let mia_id = own_record(&mia);
        let room = Self { practice, admin, therapist, desk, mia, mia_id };
        room.let_treat(&room.mia_id);
        room
    }

    fn let_treat(&self, client: &str) {
        let therapist = self.therapist.get("/api/v1/auth/me").expect(200)["therapist_id"].clone();
        let ask = json!({
            "therapist_id": therapist, "kind": "covering", "until": "2029-01-01T00:00:00Z", "reason": "holidays",
        });
        self.admin.post(&format!("/api/v1/clients/{client}/care-relationships"), &ask).expect(201);
    }

    /// Mia's form, answered with these changes and handed in.
    fn screened(&self, changes: Value) -> Value {
        let response = issue(&self.mia, &self.mia_id);
        let response = fill_in(&self.mia, &response, changes);
        submit(&self.mia, &response).expect(200)
    }

    fn found(&self, response: &Value) -> Value {
        self.mia.get(&path(response, "/screening")).expect(200)
    }

    fn level(&self, day: &str) -> Option<Level> {
        self.standing(&self.mia_id, day).level()
    }

    /// Mia's form, handed in with these changes, and waiting for a clearance.
    fn waiting(&self, changes: Value) -> Value {
        let response = self.screened(changes);
        review(&self.therapist, &response, &json!({ "verdict": "clearance_pending" })).expect(200)
    }

    fn state(&self, response: &Value) -> Value {
        self.mia.get(&path(response, "")).expect(200)["state"].clone()
    }

    /// Mia's child, whose guardianship the desk has accepted.
    fn child(&self, born: &str) -> String {
        let ask = json!({ "name": "Leo", "date_of_birth": born, "guardianship": { "basis": "parent" } });
        let leo = self.mia.post("/api/v1/clients", &ask).expect(201);
        let (leo_id, tie) = (leo["id"].as_str().unwrap().to_owned(), &leo["guardianship"]);
        let accept = format!("/api/v1/clients/{leo_id}/guardians/{}/accept", tie["id"].as_str().unwrap());
        let version = format!("\"{}\"", tie["version"]);
        self.desk.send("POST", &accept, &[("If-Match", &version)], None).expect(200);
        leo_id
    }

    fn standing(&self, client: &str, day: &str) -> Standing {
        let (client, day): (ClientId, NaiveDate) = (client.parse().unwrap(), day.parse().unwrap());
        let db = self.practice.app.db.clone();
        actix_web::rt::System::new().block_on(async move {
            let standing = move |view: &mut View<'_>| Ok(intake::history(view, client)?.standing_on(day)?);
            db.read(&Permit::system("test"), standing).await.unwrap()
        })
    }
}

fn own_record(caller: &Caller<'_>) -> String {
    caller.get("/api/v1/auth/me").expect(200)["client_id"].as_str().unwrap().to_owned()
}

fn issue(caller: &Caller<'_>, client: &str) -> Value {
    caller.post("/api/v1/intake-responses", &json!({ "client_id": client })).expect(201)
}

fn path(response: &Value, rest: &str) -> String {
    format!("/api/v1/intake-responses/{}{rest}", response["id"].as_str().unwrap())
}

fn answer(caller: &Caller<'_>, response: &Value, answers: &Value) -> Reply {
    let version = format!("\"{}\"", response["version"]);
    let body = json!({ "answers": answers });
    caller.send("PATCH", &path(response, "/answers"), &[("If-Match", &version)], Some(&body))
}

fn submit(caller: &Caller<'_>, response: &Value) -> Reply {
    let version = format!("\"{}\"", response["version"]);
    caller.send("POST", &path(response, "/submit"), &[("If-Match", &version)], None)
}

fn review(caller: &Caller<'_>, response: &Value, body: &Value) -> Reply {
    caller.act(&path(response, "/review"), &response["version"], body)
}

/// Answers everything the form requires with nothing to report, and then with these changes.
fn fill_in(caller: &Caller<'_>, response: &Value, changes: Value) -> Value {
    let version = response["form_version_id"].as_str().unwrap();
    let form = caller.get(&format!("/api/v1/intake-form-versions/{version}")).expect(200);
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
    answer(caller, response, &Value::Object(answers)).expect(200)
}

fn past(onset: &str) -> Value {
    json!({ "status": "past", "onset": onset })
}

fn clearance(response: &Value, finding: &str, until: &str) -> Value {
    json!({
        "intake_response_id": response["id"], "clinician_name": "Dr Ida Stern", "profession": "Neurologist",
        "registration": "BE-1234", "findings": [finding], "valid_from": "2027-03-01", "valid_until": until,
    })
}

fn set_up_publishes_the_form_and_rules_nobody_has_signed(practice: Practice) {
    let admin = practice.set_up();
    let forms = admin.get("/api/v1/intake-forms").expect(200);
    assert_eq!(forms["items"].as_array().unwrap().len(), 1);
    let form = forms["items"][0]["id"].as_str().unwrap();
    let versions = admin.get(&format!("/api/v1/intake-forms/{form}/versions")).expect(200);
    assert_eq!(versions["items"][0]["number"], 1);
    assert_eq!(versions["items"][0]["content_hash"].as_str().unwrap().len(), 64);
    let rules = admin.get("/api/v1/screening-rulesets").expect(200);
    assert_eq!(rules["items"][0]["clinical_review"], "not clinically reviewed");
    let mia = practice.client("Mia");
    mia.get("/api/v1/intake-forms").expect(200);
    mia.get("/api/v1/screening-rulesets").refused(403, "forbidden");
    practice.anonymous().get("/api/v1/intake-forms").refused(401, "unauthenticated");
    practice.staff(&admin, "Ben", "admin");
    assert_eq!(admin.get("/api/v1/intake-forms").expect(200)["items"].as_array().unwrap().len(), 1);
}

fn what_was_reported_decides_the_outcome(practice: Practice) {
    let room = Room::of(&practice);
    for (changes, outcome) in [
        (json!({}), "clear"),
        (json!({ "burns": past("2027-02-01") }), "caution"),
        (json!({ "brain_aneurysm": past("2001-01-01") }), "needs_clearance"),
        (json!({ "concussion": past("2026-01-01"), "burns": past("unknown") }), "needs_clearance"),
        (json!({ "concussion": past("2027-02-01") }), "refuse"),
        (json!({ "concussion": past("unknown") }), "refuse"),
        (json!({ "blood_clots": { "status": "unsure", "onset": "unknown" } }), "refuse"),
    ] {
        let response = room.screened(changes.clone());
        assert_eq!(response["state"], "screened", "{changes}");
        let found = room.mia.get(&path(&response, "/screening")).expect(200);
        assert_eq!((&found["outcome"], &found["ruleset_number"]), (&json!(outcome), &json!(1)));
        assert_eq!(found["clinical_review"], "not clinically reviewed");
        for finding in changes.as_object().unwrap().keys() {
            assert!(found["hits"].as_array().unwrap().iter().any(|hit| hit["finding"] == finding.as_str()), "{found}");
        }
        assert_eq!(serde_json::to_value(room.standing(&room.mia_id, "2027-03-10").level().unwrap()).unwrap(), outcome);
    }
    let all = room.mia.get("/api/v1/intake-responses?state=superseded").expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 6, "a newer response stands in an older one's place");
}

fn a_form_is_answered_bit_by_bit_and_handed_in_once(practice: Practice) {
    let room = Room::of(&practice);
    assert!(!room.standing(&room.mia_id, "2027-03-10").is_answered());
    let issued = issue(&room.mia, &room.mia_id);
    room.mia.post("/api/v1/intake-responses", &json!({ "client_id": room.mia_id })).refused(409, "already_exists");
    submit(&room.mia, &issued).refused(422, "invalid_fields");
    let begun = answer(&room.mia, &issued, &json!({ "goals": "rest", "pregnant": "no" })).expect(200);
    assert_eq!(begun["state"], "in_progress");
    answer(&room.mia, &issued, &json!({ "goals": "sleep" })).refused(412, "version_mismatch");
    let fault = answer(&room.mia, &begun, &json!({ "goals": 7, "nonsense": "x" })).refused(422, "invalid_fields");
    assert_eq!(fault["violations"].as_array().unwrap().len(), 2);
    assert_eq!(fault["violations"][0]["pointer"], "/answers/goals");
    let again = answer(&room.mia, &begun, &json!({ "goals": "sleep", "pregnant": null })).expect(200);
    let told = room.mia.get(&path(&again, "/answers"));
    assert_eq!(told.header("ETag"), Some("\"3\""));
    assert_eq!(told.expect(200)["answers"], json!({ "goals": "sleep" }));
    room.mia.get(&path(&again, "/screening")).refused(404, "not_found");

    let whole = fill_in(&room.mia, &again, json!({}));
    let first = submit(&room.mia, &whole).expect(200);
    let second = submit(&room.mia, &whole).expect(200);
    assert_eq!(first, second);
    assert_eq!(submit(&room.mia, &first).expect(200), first);
    answer(&room.mia, &first, &json!({ "goals": "more" })).refused(409, "invalid_transition");
}

fn contradictory_answers_are_not_taken(practice: Practice) {
    let room = Room::of(&practice);
    let response = issue(&room.mia, &room.mia_id);
    let response = fill_in(&room.mia, &response, json!({ "reasons_for_visit": ["post_concussion_symptoms"] }));
    let refused = submit(&room.mia, &response).refused(422, "contradictory_answers");
    assert_eq!(refused["violations"][0]["pointer"], "/answers/concussion");
    let kept = room.mia.get(&path(&response, "")).expect(200);
    assert_eq!((&kept["state"], &kept["version"]), (&json!("in_progress"), &response["version"]));
    let mended = answer(&room.mia, &response, &json!({ "concussion": past("2027-02-20") })).expect(200);
    submit(&room.mia, &mended).expect(200);
    assert_eq!(room.found(&mended)["outcome"], "refuse");
}

fn a_guardian_answers_for_a_child_under_two(practice: Practice) {
    let room = Room::of(&practice);
    let ask = json!({ "name": "Kim", "date_of_birth": "2025-06-01", "guardianship": { "basis": "parent" } });
    let kim = room.mia.post("/api/v1/clients", &ask).expect(201);
    room.mia.post("/api/v1/intake-responses", &json!({ "client_id": kim["id"] })).refused(404, "not_found");
    let leo_id = &*room.child("2025-06-01");

    let response = issue(&room.mia, leo_id);
    let response = fill_in(&room.mia, &response, json!({}));
    submit(&room.mia, &response).expect(200);
    let found = room.found(&response);
    assert_eq!(found["outcome"], "needs_clearance");
    assert_eq!((&found["hits"][0]["finding"], &found["hits"][0]["reason"]), (&json!("under_two"), &json!("age")));
    assert_eq!(room.standing(leo_id, "2027-05-31").by_age, Some(Level::NeedsClearance));
    assert_eq!(room.standing(leo_id, "2027-06-01").by_age, None);
}

fn everyone_sees_as_much_as_they_may(practice: Practice) {
    let room = Room::of(&practice);
    let response = room.screened(json!({ "brain_aneurysm": past("2001-01-01") }));
    let (own, answers, found) = (path(&response, ""), path(&response, "/answers"), path(&response, "/screening"));
    let list = format!("/api/v1/intake-responses?client_id={}", room.mia_id);
    let clearances = format!("/api/v1/clearances?client_id={}", room.mia_id);

    for caller in [&room.mia, &room.therapist] {
        assert!(
            caller.get(&own).expect(200).get("outcome").is_none(),
            "what was found is read where the look is recorded"
        );
        assert!(caller.get(&list).expect(200)["items"][0].get("outcome").is_none());
        assert_eq!(caller.get(&answers).expect(200)["answers"]["brain_aneurysm"], past("2001-01-01"));
        assert_eq!(caller.get(&found).expect(200)["hits"][0]["finding"], "brain_aneurysm");
        caller.get(&clearances).expect(200);
    }
    let stranger = practice.client("Eve");
    let colleague = practice.staff(&room.admin, "Uma", "therapist");
    for caller in [&stranger, &colleague] {
        for path in [&own, &answers, &found, &list, &clearances] {
            caller.get(path).refused(404, "not_found");
        }
    }
    submit(&stranger, &response).refused(404, "not_found");
    answer(&stranger, &response, &json!({ "goals": "x" })).refused(404, "not_found");
    review(&colleague, &response, &json!({ "verdict": "decline" })).refused(404, "not_found");
    answer(&room.therapist, &response, &json!({ "goals": "x" })).refused(403, "forbidden");

    for caller in [&room.desk, &room.admin] {
        let status = caller.get(&own).expect(200);
        assert_eq!(status["state"], "screened");
        assert!(status.get("outcome").is_none(), "{status}");
        assert!(caller.get(&list).expect(200)["items"][0].get("outcome").is_none());
        for path in [&answers, &found, &clearances] {
            caller.get(path).refused(403, "forbidden");
        }
        review(caller, &response, &json!({ "verdict": "decline" })).refused(403, "forbidden");
    }
    let verifier = practice.staff(&room.admin, "Vera", "verifier");
    verifier.get(&own).refused(403, "forbidden");
}

fn answers_findings_and_reviews_are_sealed(practice: Practice) {
    let room = Room::of(&practice);
    let changes = json!({ "goals": SENTENCE, "burns": past("2019-04-03"), "severe_osteoporosis": past("unknown") });
    let response = room.screened(changes);
    let told = room.mia.get(&path(&response, "/answers")).expect(200);
    assert_eq!(told["answers"]["goals"], SENTENCE, "what is searched for below was kept");
    let modified = json!({ "verdict": "clear", "modification": "hands off the scar, as she asked" });
    let response = review(&room.therapist, &response, &modified).expect(200);
    let bytes = practice.every_byte();
    for secret in [SENTENCE, "2019-04-03", "hands off the scar", "\"reason\":\"past\""] {
        let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "{secret:?} stands in the store");
    }
    let found = room.mia.get(&path(&response, "/screening")).expect(200);
    assert_eq!(found["review"]["modification"], "hands off the scar, as she asked");
}

fn what_was_published_or_decided_cannot_be_changed(practice: Practice) {
    let room = Room::of(&practice);
    let response = room.screened(json!({ "brain_aneurysm": past("2001-01-01") }));
    let waiting = review(&room.therapist, &response, &json!({ "verdict": "clearance_pending" })).expect(200);
    room.therapist.post("/api/v1/clearances", &clearance(&waiting, "brain_aneurysm", "2027-09-01")).expect(201);
    for (table, column) in [
        ("intake_form_versions", "definition = ''"),
        ("screening_rulesets", "document = ''"),
        ("screening_decisions", "outcome = 'clear'"),
        ("intake_reviews", "verdict = 'clear'"),
        ("clearances", "valid_until = '2099-01-01'"),
    ] {
        for sql in [format!("UPDATE {table} SET {column}"), format!("DELETE FROM {table}")] {
            let refused = practice.sql(&sql).expect_err(&sql);
            assert!(refused.contains(&format!("{table}_immutable")), "{sql}: {refused}");
        }
    }
}

fn every_look_is_in_the_access_log(practice: Practice) {
    let room = Room::of(&practice);
    let response = room.screened(json!({ "burns": past("2019-04-03") }));
    room.therapist.get(&path(&response, "/answers")).expect(200);
    room.therapist.get(&path(&response, "/screening")).expect(200);
    room.therapist.get(&format!("/api/v1/clearances?client_id={}", room.mia_id)).expect(200);
    let log = room.mia.get(&format!("/api/v1/clients/{}/access-log?limit=200", room.mia_id)).expect(200);
    let log = log["items"].as_array().unwrap();
    for action in [
        "intake_response.issued",
        "intake_response.answered",
        "intake_response.screened",
        "intake_response.submitted",
        "intake_response.answers_viewed",
        "intake_response.screening_viewed",
        "clearance.listed",
        "screening_decision.recorded",
    ] {
        let seen = log.iter().filter(|entry| entry["action"] == action).count();
        assert_eq!(seen, 1, "{action}");
    }
    let looks = log.iter().filter(|entry| entry["action"].as_str().unwrap().ends_with("_viewed"));
    assert!(looks.clone().all(|entry| entry["role"] == "therapist"), "{log:?}");
}

fn a_caution_is_reviewed_with_its_modification(practice: Practice) {
    let room = Room::of(&practice);
    let response = room.screened(json!({ "burns": past("2019-04-03") }));
    assert!(!room.standing(&room.mia_id, "2027-03-10").is_reviewed());
    let bare = review(&room.therapist, &response, &json!({ "verdict": "clear" })).refused(422, "invalid_fields");
    assert_eq!(bare["violations"][0]["pointer"], "/modification");
    let clear = json!({ "verdict": "clear", "modification": "light touch on the arm" });
    let reviewed = review(&room.therapist, &response, &clear).expect(200);
    assert_eq!(reviewed["state"], "reviewed_clear");
    review(&room.therapist, &response, &clear).refused(412, "version_mismatch");
    assert!(room.standing(&room.mia_id, "2027-03-10").is_reviewed());

    let refused = room.screened(json!({ "concussion": past("2027-02-20") }));
    review(&room.therapist, &refused, &clear).refused(422, "policy_violation");
    let declined = review(&room.therapist, &refused, &json!({ "verdict": "decline" })).expect(200);
    assert_eq!(declined["state"], "declined");
    assert_eq!(room.standing(&room.mia_id, "2027-03-10").level(), Some(Level::Refuse));
}

fn a_clearance_clears_the_days_it_is_valid(practice: Practice) {
    let room = Room::of(&practice);
    let level = |day: &str| room.standing(&room.mia_id, day).level();
    let both = json!({ "brain_aneurysm": past("2001-01-01"), "cerebral_haemorrhage": past("2001-01-01") });
    let response = room.screened(both);
    let aneurysm = clearance(&response, "brain_aneurysm", "2027-09-01");
    room.therapist.post("/api/v1/clearances", &aneurysm).refused(409, "invalid_transition");
    review(&room.therapist, &response, &json!({ "verdict": "clear" })).refused(422, "policy_violation");
    let waiting = review(&room.therapist, &response, &json!({ "verdict": "clearance_pending" })).expect(200);
    assert_eq!(waiting["state"], "clearance_pending");

    room.mia.post("/api/v1/clearances", &aneurysm).refused(403, "forbidden");
    let unknown = clearance(&response, "boredom", "2027-09-01");
    room.therapist.post("/api/v1/clearances", &unknown).refused(422, "invalid_fields");
    room.therapist.post("/api/v1/clearances", &aneurysm).expect(201);
    let state = |state: &str| assert_eq!(room.mia.get(&path(&response, "")).expect(200)["state"], state);
    state("clearance_pending");
    assert_eq!(level("2027-03-10"), Some(Level::NeedsClearance), "one finding is still open");
    // Rows of one millisecond have no order among themselves.
    practice.pass(TimeDelta::seconds(1));
    let haemorrhage = clearance(&response, "cerebral_haemorrhage", "2027-06-01");
    room.therapist.post("/api/v1/clearances", &haemorrhage).expect(201);
    state("cleared");
    assert_eq!(level("2027-06-01"), Some(Level::Clear));
    assert_eq!(level("2027-06-02"), Some(Level::NeedsClearance), "one of the two has run out");
    room.therapist.post("/api/v1/clearances", &clearance(&response, "cerebral_haemorrhage", "2027-12-01")).expect(201);
    assert_eq!(level("2027-09-01"), Some(Level::Clear));
    assert_eq!(level("2027-09-02"), Some(Level::NeedsClearance));

    let all = room.mia.get(&format!("/api/v1/clearances?client_id={}&limit=2", room.mia_id)).expect(200);
    assert_eq!(all["items"][0]["findings"], json!(["brain_aneurysm"]));
    assert!(all["next_cursor"].is_string());
    let found = room.therapist.get(&path(&response, "/screening")).expect(200);
    assert_eq!((&found["hits"][0]["level"], &found["hits"][0]["reason"]), (&json!("clear"), &json!("cleared")));
}

fn a_minor_hands_in_nothing_alone(practice: Practice) {
    let room = Room::of(&practice);
    let record = format!("/api/v1/clients/{}", room.mia_id);
    let version = room.desk.get(&record).expect(200)["version"].clone();
    let young = json!({ "name": "Mia", "date_of_birth": "2012-05-01" });
    room.desk.put(&record, &version, &young).expect(200);
    let response = fill_in(&room.mia, &issue(&room.mia, &room.mia_id), json!({}));
    submit(&room.mia, &response).refused(422, "guardian_required");
}

fn answers_count_for_a_year(practice: Practice) {
    let room = Room::of(&practice);
    room.screened(json!({}));
    assert!(room.standing(&room.mia_id, "2028-03-01").is_answered());
    assert!(!room.standing(&room.mia_id, "2028-03-02").is_answered());
    practice.pass(TimeDelta::days(30));
    let again = practice.signed_in(
        &practice
            .anonymous()
            .post("/api/v1/auth/login", &json!({ "email": "mia@example.org", "password": crate::app::PASSWORD }))
            .expect(200),
    );
    let response = issue(&again, &room.mia_id);
    let response = fill_in(&again, &response, json!({}));
    submit(&again, &response).expect(200);
    assert!(room.standing(&room.mia_id, "2028-03-31").is_answered());
}

fn nobody_answers_themselves_out_of_a_refusal(practice: Practice) {
    let room = Room::of(&practice);
    let level = || room.level("2027-03-10");
    let swelling = json!({ "brain_swelling": { "status": "current", "onset": "unknown" } });
    let refused = room.screened(swelling);
    practice.pass(TimeDelta::seconds(1));
    room.screened(json!({}));
    assert_eq!(level(), Some(Level::Refuse), "the older form was never reviewed");
    practice.pass(TimeDelta::seconds(1));
    let milder = room.screened(json!({ "brain_aneurysm": past("2001-01-01") }));
    assert_eq!(level(), Some(Level::Refuse), "nor do two milder ones in turn lower it");
    review(&room.therapist, &refused, &json!({ "verdict": "decline" })).refused(412, "version_mismatch");
    let declined = review(&room.therapist, &milder, &json!({ "verdict": "decline" })).expect(200);
    assert_eq!(declined["state"], "declined");
    practice.pass(TimeDelta::seconds(1));
    let clear = room.screened(json!({}));
    assert_eq!(room.found(&clear)["outcome"], "clear");
    assert_eq!(level(), Some(Level::Refuse), "a therapist declined, and none has looked again");
    review(&room.therapist, &clear, &json!({ "verdict": "clear" })).expect(200);
    assert_eq!(level(), Some(Level::Clear));
}

fn a_clearance_counts_from_the_day_it_was_weighed_for(practice: Practice) {
    let room = Room::of(&practice);
    // An injury of 20 October counts as recent until 18 April, and asks for a clearance until then.
    let changes = json!({ "brain_aneurysm": past("2001-01-01"), "cranial_injury": past("2026-10-20") });
    let response = room.waiting(changes);
    let letter = |from: &str, until: &str| {
        let mut letter = clearance(&response, "brain_aneurysm", until);
        letter["valid_from"] = json!(from);
        letter["modification"] = json!("nothing above the neck");
        letter
    };
    room.therapist.post("/api/v1/clearances", &letter("2027-03-01", "2027-12-31")).expect(201);
    assert_eq!(room.state(&response), "clearance_pending", "the injury is still recent");
    room.therapist.post("/api/v1/clearances", &letter("2027-05-01", "2027-11-30")).expect(201);
    assert_eq!(room.state(&response), "cleared");
    assert_eq!(room.level("2027-03-10"), Some(Level::NeedsClearance), "on that day the injury is recent");
    assert_eq!(room.level("2027-05-01"), Some(Level::Caution));
    let found = room.found(&response);
    assert_eq!((&found["holds_from"], &found["holds_until"]), (&json!("2027-05-01"), &json!("2027-12-31")));
}

fn a_clearance_is_about_what_is_waited_for(practice: Practice) {
    let room = Room::of(&practice);
    let response = room.waiting(json!({ "burns": past("2027-02-01") }));
    let unrelated = clearance(&response, "concussion", "2027-12-31");
    let refused = room.therapist.post("/api/v1/clearances", &unrelated).refused(422, "invalid_fields");
    let (pointer, code) = (&refused["violations"][0]["pointer"], &refused["violations"][0]["code"]);
    assert_eq!((pointer, code), (&json!("/findings"), &json!("not_awaited")));
    assert_eq!(room.state(&response), "clearance_pending");
    assert_eq!(room.level("2027-03-10"), Some(Level::NeedsClearance));
    let all = room.mia.get(&format!("/api/v1/clearances?client_id={}", room.mia_id)).expect(200);
    assert_eq!(all["items"], json!([]), "what is refused is not kept");
}

fn a_caution_beside_a_clearance_asks_for_its_modification(practice: Practice) {
    let room = Room::of(&practice);
    let response = room.waiting(json!({ "brain_aneurysm": past("2001-01-01"), "burns": past("2027-02-01") }));
    let mut letter = clearance(&response, "brain_aneurysm", "2027-12-31");
    let bare = room.therapist.post("/api/v1/clearances", &letter).refused(422, "invalid_fields");
    assert_eq!(bare["violations"][0]["pointer"], "/modification");
    assert_eq!(room.state(&response), "clearance_pending");
    letter["modification"] = json!("light touch on the arm");
    room.therapist.post("/api/v1/clearances", &letter).expect(201);
    assert_eq!(room.state(&response), "cleared");
    assert_eq!(room.level("2027-03-10"), Some(Level::Caution));
    assert_eq!(room.level("2028-01-01"), Some(Level::NeedsClearance));
    assert_eq!(room.found(&response)["review"]["modification"], "light touch on the arm");
    let further = clearance(&response, "brain_aneurysm", "2028-02-01");
    room.therapist.post("/api/v1/clearances", &further).expect(201);
    assert_eq!(room.level("2028-01-01"), Some(Level::Caution), "what was said about the session still stands");
}

fn a_clearance_answers_for_the_age_only_where_it_names_it(practice: Practice) {
    let room = Room::of(&practice);
    let leo = room.child("2020-05-01");
    room.let_treat(&leo);
    let response = issue(&room.mia, &leo);
    let response = fill_in(&room.mia, &response, json!({ "brain_aneurysm": past("2021-01-01") }));
    let response = submit(&room.mia, &response).expect(200);
    let pending = json!({ "verdict": "clearance_pending" });
    let response = review(&room.therapist, &response, &pending).expect(200);
    let level = || room.standing(&leo, "2027-03-10").level();
    room.therapist.post("/api/v1/clearances", &clearance(&response, "brain_aneurysm", "2027-12-31")).expect(201);
    assert_eq!(level(), Some(Level::Clear));
    let record = room.desk.get(&format!("/api/v1/clients/{leo}")).expect(200);
    let corrected = json!({ "name": "Leo", "date_of_birth": "2026-05-01" });
    room.desk.put(&format!("/api/v1/clients/{leo}"), &record["version"], &corrected).expect(200);
    assert_eq!(level(), Some(Level::NeedsClearance), "no letter is about the age of a child of ten months");
    room.therapist.post("/api/v1/clearances", &clearance(&response, "under_two", "2027-06-30")).expect(201);
    assert_eq!(level(), Some(Level::Clear));
    assert_eq!(room.standing(&leo, "2027-07-01").level(), Some(Level::NeedsClearance));
}
