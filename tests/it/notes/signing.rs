//! Signing: who shows once more that it is they, several at once, and what a signature covers.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::arranged::{Arranged, id_of, literal, path};
use crate::app::{Caller, PASSWORD, Practice};
use crate::on_each_store;

on_each_store!(
    who_signs_shows_once_more_that_it_is_they,
    what_was_shown_is_good_in_one_session_for_a_while,
    several_notes_are_signed_in_one_call,
    a_signature_covers_the_whole_note,
    a_signature_freezes_what_the_decision_finds,
    a_note_left_unsigned_is_listed_and_counted,
);

const NOTES: &str = "/api/v1/session-notes";
const STEP_UP: &str = "/api/v1/auth/step-up";

/// The therapist, signed in on another device.
fn elsewhere<'p>(practice: &'p Practice) -> Caller<'p> {
    let ask = json!({ "email": "tom.still@example.org", "password": PASSWORD });
    practice.signed_in(&practice.anonymous().post("/api/v1/auth/login", &ask).expect(200))
}

fn who_signs_shows_once_more_that_it_is_they(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (draft, signed) = (here.drafted("rest"), here.signed("rest"));
    let tom = elsewhere(&practice);
    let refused = |caller: &Caller<'_>| {
        caller.act(&path(&draft, "/sign"), &draft["version"], &json!({})).refused(403, "step_up_required");
        caller.post(&path(&signed, "/addenda"), &json!({ "text": "more" })).refused(403, "step_up_required");
        let ask = json!({ "reason": "mixed up" });
        caller.act(&path(&signed, "/enter-in-error"), &signed["version"], &ask).refused(403, "step_up_required");
        let ask = json!({ "notes": [{ "id": draft["id"], "version": draft["version"], "confirmed": true }] });
        let told = caller.post(&format!("{NOTES}/sign"), &ask).expect(200);
        assert_eq!(told["items"][0]["problem"]["code"], "step_up_required");
    };
    refused(&tom);
    tom.post(STEP_UP, &json!({ "password": "not the right one" })).refused(401, "wrong_credentials");
    refused(&tom);
    practice.anonymous().post(STEP_UP, &json!({ "password": PASSWORD })).refused(401, "unauthenticated");
    // Saving and sharing sign nothing.
    tom.put(&path(&draft, "/draft"), &draft["version"], &json!({ "content": { "plan": "again" } })).expect(200);
    tom.post(&path(&signed, "/share"), &json!({})).expect(200);
    let until = tom.post(STEP_UP, &json!({ "password": PASSWORD })).expect(200);
    assert_eq!(until["until"], "2027-03-01T08:15:00Z");
    tom.act(&path(&draft, "/sign"), &json!(3), &json!({})).expect(200);
    let log = here.admin.get("/api/v1/audit-events?limit=200").expect(200).to_string();
    assert!(log.contains("session.stepped_up") && log.contains("account.step_up_refused"));
}

fn what_was_shown_is_good_in_one_session_for_a_while(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (one, two) = (here.drafted("one"), here.drafted("two"));
    let tom = elsewhere(&practice);
    tom.act(&path(&one, "/sign"), &one["version"], &json!({})).refused(403, "step_up_required");
    practice.pass(TimeDelta::minutes(9));
    let tom = elsewhere(&practice);
    tom.steps_up();
    practice.pass(TimeDelta::minutes(9));
    tom.act(&path(&one, "/sign"), &one["version"], &json!({})).expect(200);
    // An access token lasts ten minutes, and what was shown fifteen: the session is the same after a refresh.
    let ask = json!({ "email": "tom.still@example.org", "password": PASSWORD });
    let tokens = practice.anonymous().post("/api/v1/auth/login", &ask).expect(200);
    practice.signed_in(&tokens).steps_up();
    practice.pass(TimeDelta::minutes(14));
    let refresh = json!({ "refresh_token": tokens["refresh_token"] });
    let tokens = practice.anonymous().post("/api/v1/auth/refresh", &refresh).expect(200);
    let tom = practice.signed_in(&tokens);
    practice.pass(TimeDelta::minutes(1));
    tom.act(&path(&two, "/sign"), &two["version"], &json!({})).refused(403, "step_up_required");
    tom.steps_up();
    tom.act(&path(&two, "/sign"), &two["version"], &json!({})).expect(200);
}

fn several_notes_are_signed_in_one_call(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (one, two, three) = (here.drafted("one"), here.drafted("two"), here.drafted("three"));
    let blank = here.started();
    let stranger = uuid::Uuid::from_u128(0x0195_a3a0_5b1e_7c3d_8f00_0000_0000_cafe);
    let entry =
        |id: &Value, version: &Value, confirmed: bool| json!({ "id": id, "version": version, "confirmed": confirmed });
    let ask = json!({ "notes": [
        entry(&one["id"], &one["version"], true),
        entry(&two["id"], &two["version"], false),
        entry(&three["id"], &json!(1), true),
        entry(&blank["id"], &blank["version"], true),
        entry(&json!(stranger), &json!(1), true),
        entry(&three["id"], &three["version"], true),
    ] });
    let told = here.therapist.post(&format!("{NOTES}/sign"), &ask).expect(200);
    let codes: Vec<_> = told["items"].as_array().unwrap().iter().map(|one| one["problem"]["code"].as_str()).collect();
    let expected =
        [None, Some("invalid_fields"), Some("version_mismatch"), Some("invalid_fields"), Some("not_found"), None];
    assert_eq!(codes, expected);
    assert_eq!((&told["items"][0]["signed"], &told["items"][0]["note"]["state"]), (&json!(true), &json!("signed")));
    assert_eq!(told["items"][1]["problem"]["violations"][0]["pointer"], "/notes/1/confirmed");
    let states = [&one, &two, &three].map(|note| here.therapist.get(&path(note, "")).expect(200)["state"].clone());
    assert_eq!(states, ["signed", "draft", "signed"]);
    here.therapist.post(&format!("{NOTES}/sign"), &json!({ "notes": [] })).refused(422, "invalid_fields");
}

fn a_signature_covers_the_whole_note(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.signed("rest");
    let read = here.therapist.get(&path(&note, "")).expect(200);
    assert_eq!(read["intact"], json!("document"));
    // Anybody who may read it can compute it again from what they are shown.
    let names = [
        "id",
        "booking_id",
        "client_id",
        "therapist_id",
        "author_id",
        "corrects_id",
        "supervisor_id",
        "planned",
        "actual",
        "date_of_service",
        "created_at",
        "signed_at",
        "version",
        "carried",
        "content",
        "credentials_snapshot",
        "decision_snapshot",
    ];
    let document: serde_json::Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), read[*name].clone())).collect();
    let hash = Sha256::digest(Value::Object(document).to_string());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(read["document_hash"], json!(hash));
    // Who owns the schema can drop a trigger; then it shows.
    let id = literal(&practice, id_of(&note));
    let on = if practice.is_sqlite() { "" } else { " ON session_notes" };
    practice.sql(&format!("DROP TRIGGER session_notes_no_update{on}")).unwrap();
    practice.sql(&format!("UPDATE session_notes SET date_of_service = '2027-02-28' WHERE id = {id}")).unwrap();
    assert_eq!(here.therapist.get(&path(&note, "")).expect(200)["intact"], json!("broken"));
    // Without that hash no more is claimed than is known.
    practice.sql(&format!("DROP TRIGGER session_notes_signed_whole{on}")).unwrap();
    practice.sql(&format!("UPDATE session_notes SET document_hash = NULL WHERE id = {id}")).unwrap();
    assert_eq!(here.therapist.get(&path(&note, "")).expect(200)["intact"], json!("content"));
}

fn a_signature_freezes_what_the_decision_finds(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.signed("rest");
    let read = here.therapist.get(&path(&note, "")).expect(200);
    let decision = &read["decision_snapshot"];
    assert_eq!((&decision["valid_on"], &decision["decided_at"]), (&json!("2027-03-01"), &note["signed_at"]));
    // The client has answered no form: the note is signed all the same.
    assert_eq!(decision["blocks"], json!(["intake"]));
}

fn a_note_left_unsigned_is_listed_and_counted(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (left, _) = (here.drafted("left"), here.signed("done"));
    let overdue = |caller: &Caller<'_>| -> Vec<Value> {
        let list = caller.get(&format!("{NOTES}?overdue=true")).expect(200);
        list["items"].as_array().unwrap().iter().map(|note| note["id"].clone()).collect()
    };
    let counts = |caller: &Caller<'_>| caller.get(&format!("{NOTES}/unsigned-counts")).expect(200)["items"].clone();
    assert_eq!((overdue(&here.therapist), counts(&here.admin)), (Vec::new(), json!([])));
    practice.pass(TimeDelta::hours(25));
    let tom = elsewhere(&practice);
    let ask = json!({ "email": "admin@example.org", "password": PASSWORD });
    let admin = practice.signed_in(&practice.anonymous().post("/api/v1/auth/login", &ask).expect(200));
    assert_eq!(overdue(&tom), [left["id"].clone()]);
    let told = counts(&admin);
    assert_eq!(told, json!([{ "therapist_id": here.therapist_id, "count": 1 }]));
    tom.get(&format!("{NOTES}/unsigned-counts")).refused(403, "forbidden");
    tom.steps_up();
    tom.act(&path(&left, "/sign"), &left["version"], &json!({})).expect(200);
    assert_eq!((overdue(&tom), counts(&admin)), (Vec::new(), json!([])));
}
