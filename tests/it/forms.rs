//! The forms themselves: written, published, and answered in the version they were issued in; and what was said before, said again.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::app::{Caller, Practice, Reply};
use crate::calendar::{Calendar, blocks, hand_in, signed_in};
use crate::on_each_store;

on_each_store!(
    a_version_is_drafted_checked_and_published,
    what_is_published_is_what_was_hashed,
    answers_belong_to_the_version_they_were_given_to,
    every_kind_of_answer_can_be_asked,
    what_is_hidden_when_it_is_handed_in_is_dropped,
    nothing_has_changed,
    not_everything_can_be_attested,
    an_attestation_answers_the_form_of_a_booking,
    earlier_answers_are_a_beginning,
    a_guardian_is_told_apart,
    answers_count_as_long_as_the_practice_says,
    another_form_is_given_by_hand,
);

const SENTENCE: &str = "the quiet after the storm of 1987";

fn responses(by: &Caller<'_>, client: &str) -> Vec<Value> {
    by.get(&format!("/api/v1/intake-responses?client_id={client}&limit=200")).expect(200)["items"]
        .as_array()
        .unwrap()
        .clone()
}

fn issue(by: &Caller<'_>, client: &str) -> Value {
    by.post("/api/v1/intake-responses", &json!({ "client_id": client })).expect(201)
}

/// The one form that the client has not begun to answer.
fn issued(by: &Caller<'_>, client: &str) -> Value {
    responses(by, client).into_iter().find(|one| one["state"] == "issued").unwrap()
}

fn path(response: &Value, rest: &str) -> String {
    format!("/api/v1/intake-responses/{}{rest}", response["id"].as_str().unwrap())
}

fn answer(by: &Caller<'_>, response: &Value, answers: &Value) -> Reply {
    let version = format!("\"{}\"", response["version"]);
    by.send("PATCH", &path(response, "/answers"), &[("If-Match", &version)], Some(&json!({ "answers": answers })))
}

fn submit(by: &Caller<'_>, response: &Value) -> Reply {
    by.act(&path(response, "/submit"), &response["version"], &json!({}))
}

fn answers(by: &Caller<'_>, response: &Value) -> Value {
    by.get(&path(response, "/answers")).expect(200)["answers"].clone()
}

fn screening(by: &Caller<'_>, response: &Value) -> Value {
    let mut found = by.get(&path(response, "/screening")).expect(200);
    found.as_object_mut().unwrap().retain(|member, _| ["outcome", "hits"].contains(&member.as_str()));
    found
}

fn attest(by: &Caller<'_>, response: &Value) -> Reply {
    by.post(&path(response, "/attest"), &json!({ "nothing_has_changed": true }))
}

fn health_history(by: &Caller<'_>) -> String {
    let forms = by.get("/api/v1/intake-forms").expect(200);
    let code = |form: &&Value| form["code"] == "health_history";
    let form = forms["items"].as_array().unwrap().iter().find(code).unwrap();
    format!("/api/v1/intake-forms/{}", form["id"].as_str().unwrap())
}

/// Begins the form's next version, changes it and writes it down.
fn draft(admin: &Caller<'_>, form: &str, change: impl FnOnce(&mut Value)) -> Value {
    let draft = admin.send("POST", &format!("{form}/versions"), &[], None).expect(201);
    let mut definition = draft["definition"].clone();
    change(&mut definition);
    admin.put(&format!("{form}/draft"), &draft["version"], &json!({ "definition": definition })).expect(200)
}

fn publish(admin: &Caller<'_>, form: &str, draft: &Value) -> Reply {
    admin.act(&format!("{form}/draft/publish"), &draft["version"], &json!({}))
}

/// Publishes a next version of the health history that asks one question more.
fn republish(admin: &Caller<'_>, question: &Value) -> Value {
    let form = health_history(admin);
    let draft = draft(admin, &form, |definition| {
        definition["sections"][0]["questions"].as_array_mut().unwrap().push(question.clone());
    });
    publish(admin, &form, &draft).expect(200)
}

fn sleep(required: bool) -> Value {
    json!({ "id": "sleep_hours", "prompt": "How long do you sleep?", "required": required,
        "answer": { "type": "number", "unit": "hours a night", "min": 0, "max": 24 } })
}

fn a_version_is_drafted_checked_and_published(practice: Practice) {
    let admin = practice.set_up();
    let form = health_history(&admin);
    admin.get(&format!("{form}/draft")).refused(404, "not_found");
    let begun = admin.send("POST", &format!("{form}/versions"), &[], None).expect(201);
    assert_eq!((&begun["number"], &begun["faults"]), (&json!(2), &json!([])));
    admin.send("POST", &format!("{form}/versions"), &[], None).refused(409, "already_exists");
    let at = format!("{form}/draft");

    let mut wrong = begun["definition"].clone();
    wrong["sections"][0]["questions"][1]["id"] = json!("reasons_for_visit");
    wrong["sections"][0]["questions"][2]["when"] = json!({ "question": "preferred_light", "any_of": ["dim"] });
    wrong["sections"][2]["questions"][0]["required"] = json!(false);
    wrong["sections"][3]["questions"].as_array_mut().unwrap().remove(0);
    wrong["raises"].as_array_mut().unwrap().remove(0);
    let kept = admin.put(&at, &begun["version"], &json!({ "definition": wrong })).expect(200);
    let told: Vec<(&str, &str)> = kept["faults"].as_array().unwrap().iter().map(place).collect();
    for fault in [
        ("/definition/sections/0/questions/1/id", "repeated"),
        ("/definition/sections/0/questions/2/when/question", "unknown_question"),
        ("/definition/sections/2/questions/0", "finding_not_asked"),
        ("/definition/sections", "finding_not_asked"),
        ("/definition/raises", "raise_dropped"),
    ] {
        assert!(told.contains(&fault), "{fault:?} is not told: {told:?}");
    }
    let refused = publish(&admin, &form, &kept).refused(422, "invalid_fields");
    assert_eq!(refused["violations"], kept["faults"]);
    admin.put(&at, &begun["version"], &json!({ "definition": wrong })).refused(412, "version_mismatch");
    let shapeless = json!({ "definition": { "code": "health_history" } });
    let refused = admin.put(&at, &kept["version"], &shapeless).refused(422, "invalid_fields");
    assert_eq!(refused["violations"][0]["pointer"], "/definition/version");
    let mut renamed = begun["definition"].clone();
    renamed["code"] = json!("another");
    let refused = admin.put(&at, &kept["version"], &json!({ "definition": renamed })).refused(422, "invalid_fields");
    assert_eq!(refused["violations"][0]["pointer"], "/definition/code");

    let version = format!("\"{}\"", kept["version"]);
    assert_eq!(admin.send("DELETE", &at, &[("If-Match", &version)], None).status, 204);
    admin.get(&at).refused(404, "not_found");
    let published = republish(&admin, &sleep(false));
    assert_eq!(published["number"], 2);
    admin.get(&at).refused(404, "not_found");
    let versions = admin.get(&format!("{form}/versions")).expect(200);
    let numbers: Vec<_> = versions["items"].as_array().unwrap().iter().map(|one| one["number"].clone()).collect();
    assert!(numbers.contains(&json!(1)) && numbers.contains(&json!(2)), "{numbers:?}");
}

fn place(fault: &Value) -> (&str, &str) {
    (fault["pointer"].as_str().unwrap(), fault["code"].as_str().unwrap())
}

fn what_is_published_is_what_was_hashed(practice: Practice) {
    let admin = practice.set_up();
    let second = republish(&admin, &sleep(false));
    let form = health_history(&admin);
    let versions = admin.get(&format!("{form}/versions")).expect(200);
    for version in versions["items"].as_array().unwrap() {
        let id = version["id"].as_str().unwrap();
        let read = admin.get(&format!("/api/v1/intake-form-versions/{id}")).expect(200);
        // What `serde_json` writes of a value is its canonical form.
        let digest = Sha256::digest(read["definition"].to_string().as_bytes());
        let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!((&read["content_hash"], &version["content_hash"]), (&json!(hash), &json!(hash)));
    }
    for sql in
        ["UPDATE intake_form_versions SET definition = '{}' WHERE number = 2", "DELETE FROM intake_form_versions"]
    {
        let refused = practice.sql(sql).expect_err(sql);
        assert!(refused.contains("intake_form_versions_immutable"), "{refused}");
    }
    let log = admin.get("/api/v1/audit-events?limit=200").expect(200);
    let tells = |event: &Value| {
        event["action"] == "intake_form.published" && event["details"]["content_hash"] == second["content_hash"]
    };
    assert!(log["items"].as_array().unwrap().iter().any(tells));
}

fn answers_belong_to_the_version_they_were_given_to(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let ((mia, mia_id), (leo, leo_id)) = (calendar.client("Mia"), calendar.client("Leo"));
    let changes = json!({ "goals": SENTENCE, "burns": { "status": "past", "onset": "2027-02-01" } });
    let old = hand_in(&leo, &leo_id, &changes);
    let before = (answers(&leo, &old), screening(&leo, &old));
    let begun = issue(&mia, &mia_id);
    let begun = answer(&mia, &begun, &json!({ "goals": "rest" })).expect(200);

    republish(&calendar.admin, &sleep(true));
    let refused = answer(&mia, &begun, &json!({ "sleep_hours": 7 })).refused(422, "invalid_fields");
    assert_eq!(refused["violations"][0]["code"], "unknown_question");
    let done = hand_in(&mia, &mia_id, &json!({}));
    assert_eq!((&done["id"], &done["state"]), (&begun["id"], &json!("screened")));
    assert_eq!(done["form_version_id"], begun["form_version_id"], "it went on with the first version");

    assert_eq!((answers(&leo, &old), screening(&leo, &old)), before, "what was said stays as it was said");
    let next = issue(&leo, &leo_id);
    assert_ne!(next["form_version_id"], old["form_version_id"]);
    hand_in(&leo, &leo_id, &json!({ "sleep_hours": 7, "burns": { "status": "past", "onset": "2027-02-01" } }));
    assert_eq!(screening(&leo, &next), before.1, "the same answers are weighed the same");
    assert_eq!(answers(&leo, &old), before.0);
}

fn every_kind_of_answer_can_be_asked(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let form = health_history(&calendar.admin);
    let regions =
        json!([{ "code": "shoulder", "label": "Shoulder", "sided": true }, { "code": "sacrum", "label": "Sacrum" }]);
    let meaning = "I have answered as well as I know.";
    let more = json!({ "id": "more", "title": "A little more", "questions": [
        { "id": "held", "prompt": "Where do you feel it?", "help": "As many as fit.", "required": true,
          "answer": { "type": "body_region", "regions": regions } },
        { "id": "sacrum_since", "prompt": "Since when?", "required": true, "answer": { "type": "date" },
          "when": { "question": "held", "any_of": ["sacrum"] } },
        { "id": "signed", "prompt": "Please sign.", "required": true, "answer": { "type": "signature", "meaning": meaning } },
    ]});
    let draft = draft(&calendar.admin, &form, |definition| {
        definition["sections"].as_array_mut().unwrap().push(more);
    });
    publish(&calendar.admin, &form, &draft).expect(200);

    let (mia, own) = calendar.client("Mia");
    let issued = issue(&mia, &own);
    let refused = submit_with(&mia, &issued, &json!({ "held": [{ "region": "sacrum" }] }));
    let missing: Vec<(&str, &str)> = refused["violations"].as_array().unwrap().iter().map(place).collect();
    assert!(missing.contains(&("/answers/sacrum_since", "required")), "{missing:?}");
    assert!(missing.contains(&("/answers/signed", "required")), "{missing:?}");
    let said = json!({
        "held": [{ "region": "shoulder", "side": "left" }], "signed": { "name": "Mia Frank", "meaning": meaning },
        "discomfort": 4,
    });
    let done = hand_in(&mia, &own, &said);
    let told = answers(&mia, &done);
    for kind in ["held", "signed", "discomfort"] {
        assert_eq!(told[kind], said[kind]);
    }
    let attested = attest(&mia, &done).expect(201);
    assert_eq!(answers(&mia, &attested), told, "what was signed is attested with it");
}

fn submit_with(by: &Caller<'_>, response: &Value, said: &Value) -> Value {
    let response = answer(by, response, said).expect(200);
    submit(by, &response).refused(422, "invalid_fields")
}

fn what_is_hidden_when_it_is_handed_in_is_dropped(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let issued = issue(&mia, &own);
    let shown = json!({ "surgeries": "yes", "surgeries_details": SENTENCE });
    let response = answer(&mia, &issued, &shown).expect(200);
    let response = answer(&mia, &response, &json!({ "surgeries": "no" })).expect(200);
    assert_eq!(answers(&mia, &response)["surgeries_details"], SENTENCE, "who changes their mind finds it again");
    let done = hand_in(&mia, &own, &json!({}));
    assert_eq!(answers(&mia, &done).get("surgeries_details"), None);
    assert_eq!(practice.count("SELECT count(*) AS count FROM intake_answers WHERE question = 'surgeries_details'"), 0);
}

fn nothing_has_changed(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let changes = json!({ "goals": SENTENCE, "concussion": { "status": "past", "onset": "2026-10-20" } });
    let first = hand_in(&mia, &own, &changes);
    assert_eq!(screening(&mia, &first)["hits"][0]["reason"], "recent");
    practice.turn_to("2027-06-01T08:00:00Z");
    let mia = signed_in(&practice, "mia");
    let unsure = json!({ "nothing_has_changed": false });
    mia.post(&path(&first, "/attest"), &unsure).refused(422, "invalid_fields");
    let attested = attest(&mia, &first).expect(201);
    assert_eq!((&attested["state"], &attested["carried_from"]), (&json!("screened"), &first["id"]));
    assert_eq!((&attested["answered_as"], &attested["attested_at"]), (&json!("own"), &attested["submitted_at"]));
    assert_eq!(answers(&mia, &attested), answers(&mia, &first));
    assert_ne!(screening(&mia, &attested), screening(&mia, &first), "it is weighed on its own day");
    let kept = responses(&mia, &own);
    assert_eq!((&kept[0]["state"], &kept[0]["attested_at"]), (&json!("superseded"), &Value::Null));
    let count = |sql: &str| {
        practice.count(&format!("SELECT count(DISTINCT {sql}) AS count FROM intake_answers WHERE question = 'goals'"))
    };
    assert_eq!(count("sealed"), 2, "each copy is sealed for its own place");
    let bytes = practice.every_byte();
    assert!(!bytes.windows(SENTENCE.len()).any(|window| window == SENTENCE.as_bytes()));
    let log = mia.get(&format!("/api/v1/clients/{own}/access-log?limit=200")).expect(200);
    for action in ["intake_response.answers_carried", "intake_response.attested"] {
        assert!(log["items"].as_array().unwrap().iter().any(|entry| entry["action"] == action), "{action}");
    }
    // A year from the day of the first, the second still counts.
    practice.turn_to("2028-04-01T08:00:00Z");
    attest(&signed_in(&practice, "mia"), &attested).expect(201);
}

fn not_everything_can_be_attested(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let issued = issue(&mia, &own);
    attest(&mia, &issued).refused(409, "invalid_transition");
    let first = hand_in(&mia, &own, &json!({}));
    attest(&practice.client("Eve"), &first).refused(404, "not_found");
    attest(&calendar.mara, &first).refused(403, "forbidden");
    let begun = answer(&mia, &issue(&mia, &own), &json!({ "goals": "sleep" })).expect(200);
    attest(&mia, &first).refused(409, "invalid_transition");
    let second = hand_in(&mia, &own, &json!({}));
    assert_eq!(second["id"], begun["id"]);
    attest(&mia, &first).refused(409, "invalid_transition");

    republish(&calendar.admin, &sleep(false));
    let refused = attest(&mia, &second).refused(422, "policy_violation");
    assert_eq!(refused["rule"], "form_changed");
    practice.turn_to("2028-03-02T08:00:00Z");
    let refused = attest(&signed_in(&practice, "mia"), &second).refused(422, "policy_violation");
    assert_eq!(refused["rule"], "intake_expired");
}

fn an_attestation_answers_the_form_of_a_booking(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    calendar.sets("intake_valid_months", &json!(1));
    let (mia, own) = calendar.client("Mia");
    let first = hand_in(&mia, &own, &json!({}));
    calendar.turn_to("2027-03-25T08:00:00Z");
    let mia = signed_in(&practice, "mia");
    let booking = calendar.book(&mia, &own, "2027-04-05T10:00:00Z").expect(201);
    assert_eq!(blocks(&booking), ["intake"], "on the session's date the answers no longer count");
    let issued = issued(&mia, &own);
    assert_eq!((&issued["state"], &issued["booking_id"]), (&json!("issued"), &booking["id"]));
    let attested = attest(&mia, &first).expect(201);
    assert_eq!((&attested["booking_id"], &attested["due_at"]), (&booking["id"], &issued["due_at"]));
    assert_eq!(mia.get(&path(&issued, "")).expect(200)["state"], "superseded");
    let booking = mia.get(&format!("/api/v1/bookings/{}", booking["id"].as_str().unwrap())).expect(200);
    assert!(blocks(&booking).is_empty(), "it is freed in the same step");
}

fn earlier_answers_are_a_beginning(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let first = hand_in(&mia, &own, &json!({ "goals": SENTENCE, "discomfort": 4 }));
    republish(&calendar.admin, &sleep(true));
    let ask = json!({ "client_id": own, "prefill_from": first["id"] });
    let stranger = practice.client("Eve");
    stranger.post("/api/v1/intake-responses", &ask).refused(404, "not_found");
    calendar.desk.post("/api/v1/intake-responses", &ask).refused(404, "not_found");
    assert_eq!(responses(&mia, &own).len(), 1, "what is refused is not issued");
    let begun = mia.post("/api/v1/intake-responses", &ask).expect(201);
    assert_eq!((&begun["state"], &begun["carried_from"]), (&json!("in_progress"), &first["id"]));
    assert_eq!(answers(&mia, &begun), answers(&mia, &first));
    let refused = submit(&mia, &begun).refused(422, "invalid_fields");
    assert_eq!(refused["violations"][0]["pointer"], "/answers/sleep_hours");
    let begun = answer(&mia, &begun, &json!({ "sleep_hours": 7, "discomfort": 2 })).expect(200);
    let second = submit(&mia, &begun).expect(200);

    let third = issue(&mia, &own);
    let third = answer(&mia, &third, &json!({ "goals": "sleep" })).expect(200);
    let fill = |from: &Value| mia.act(&path(&third, "/prefill"), &third["version"], &json!({ "from": from["id"] }));
    fill(&third).refused(422, "invalid_fields");
    let filled = fill(&second).expect(200);
    fill(&second).refused(412, "version_mismatch");
    let told = answers(&mia, &filled);
    assert_eq!((&told["goals"], &told["discomfort"]), (&json!("sleep"), &json!(2)), "what is answered already stays");
}

fn a_guardian_is_told_apart(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, _) = calendar.client("Mia");
    let ask = json!({ "name": "Leo", "date_of_birth": "2020-05-01", "guardianship": { "basis": "parent" } });
    let leo = mia.post("/api/v1/clients", &ask).expect(201);
    let (leo_id, tie) = (leo["id"].as_str().unwrap(), &leo["guardianship"]);
    let accept = format!("/api/v1/clients/{leo_id}/guardians/{}/accept", tie["id"].as_str().unwrap());
    calendar.desk.act(&accept, &tie["version"], &json!({})).expect(200);
    let issued = issue(&mia, leo_id);
    assert_eq!((&issued["answered_as"], &issued["answered_by"]), (&Value::Null, &Value::Null));
    let done = hand_in(&mia, leo_id, &json!({}));
    let account = mia.get("/api/v1/auth/me").expect(200)["account_id"].clone();
    assert_eq!((&done["answered_as"], &done["answered_by"]), (&json!("guardian"), &account));
    assert_eq!(attest(&mia, &done).expect(201)["answered_as"], "guardian");
}

fn answers_count_as_long_as_the_practice_says(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    hand_in(&mia, &own, &json!({}));
    let booked = |start: &str| calendar.book(&mia, &own, start).expect(201);
    assert!(blocks(&booked("2027-04-02T10:00:00Z")).is_empty());
    calendar.sets("intake_valid_months", &json!(1));
    assert!(blocks(&booked("2027-04-01T10:00:00Z")).is_empty(), "the last day is one of them");
    assert!(responses(&mia, &own).iter().all(|one| one["state"] != "issued"));
    let late = booked("2027-04-02T13:00:00Z");
    assert_eq!(blocks(&late), ["intake"]);
    let issued = issued(&mia, &own);
    assert_eq!((&issued["state"], &issued["booking_id"]), (&json!("issued"), &late["id"]));
}

fn another_form_is_given_by_hand(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let ask = json!({ "code": "childs_history", "name": "Your child's health history" });
    let form = calendar.admin.post("/api/v1/intake-forms", &ask).expect(201);
    calendar.admin.post("/api/v1/intake-forms", &ask).refused(409, "already_exists");
    let nameless = json!({ "code": "Über", "name": " " });
    let refused = calendar.admin.post("/api/v1/intake-forms", &nameless).refused(422, "invalid_fields");
    assert_eq!(refused["violations"].as_array().unwrap().len(), 2);
    let (mia, own) = calendar.client("Mia");
    let give = json!({ "client_id": own, "form_id": form["id"] });
    calendar.desk.post("/api/v1/intake-responses", &give).refused(404, "not_found");
    let at = format!("/api/v1/intake-forms/{}", form["id"].as_str().unwrap());
    let draft = draft(&calendar.admin, &at, |_| ());
    assert_eq!((&draft["number"], &draft["definition"]["title"]), (&json!(1), &ask["name"]));
    let version = publish(&calendar.admin, &at, &draft).expect(200);
    let given = calendar.desk.post("/api/v1/intake-responses", &give).expect(201);
    assert_eq!(given["form_version_id"], version["id"]);
    hand_in(&mia, &own, &json!({}));
    let next = issue(&mia, &own);
    assert_ne!(next["form_version_id"], version["id"], "unless said otherwise it is the health history");
}
