//! Tasks: each is there as long as its cause, for those whose it is.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stillpoint::agenda::model::TaskKind;
use stillpoint::kernel::text_enum::TextEnum;

use super::{child, draft, guardian, letter, sign};
use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, hand_in, id, signed_in, step};
use crate::contract::Operation;
use crate::on_each_store;

on_each_store!(
    a_form_is_answered_then_reviewed,
    a_form_is_due_by_the_first_session_that_waits_for_it,
    a_clearance_is_brought_and_taken,
    a_request_waits_for_who_may_say_yes,
    the_desk_sees_to_blocked_sessions_of_the_next_week,
    a_note_is_signed_within_a_day,
    a_guardianship_waits_for_the_desk,
    a_guardian_does_what_their_ward_would,
    a_credential_waits_for_another_to_judge_it,
    tasks_come_in_order_and_in_pages,
);

/// All that waits for somebody.
fn tasks(by: &Caller<'_>) -> Vec<Value> {
    by.get("/api/v1/tasks?limit=200").expect(200)["items"].as_array().unwrap().clone()
}

fn kinds(by: &Caller<'_>) -> Vec<String> {
    tasks(by).iter().map(|task| task["kind"].as_str().unwrap().to_owned()).collect()
}

/// The one task of a kind.
#[track_caller]
fn the(by: &Caller<'_>, kind: &str) -> Value {
    let all = tasks(by);
    let [one] = &all.iter().filter(|task| task["kind"] == kind).collect::<Vec<_>>()[..] else {
        panic!("{kind}: {all:?}")
    };
    (*one).clone()
}

fn has(by: &Caller<'_>, kind: &str) -> bool {
    kinds(by).iter().any(|one| one == kind)
}

fn aneurysm() -> Value {
    json!({ "brain_aneurysm": { "status": "current", "onset": "unknown" } })
}

#[test]
fn every_task_names_an_operation_of_the_contract() {
    let document = stillpoint::app::document();
    let operations: BTreeSet<&str> = Operation::all(&document).iter().map(Operation::id).collect();
    for kind in TaskKind::ALL {
        assert!(kind.operation().is_none_or(|operation| operations.contains(operation)), "{kind}");
    }
}

fn a_form_is_answered_then_reviewed(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, _) = calendar.client("Leo");
    let (noa, _) = calendar.colleague("Noa");
    practice.anonymous().get("/api/v1/tasks").refused(401, "unauthenticated");
    assert_eq!(kinds(&mia), Vec::<String>::new());
    let booking = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    let form = the(&mia, "answer_form");
    assert_eq!((&form["client_id"], &form["booking_id"]), (&json!(own), &booking["id"]));
    assert_eq!((&form["due_at"], &form["operation"]), (&json!("2027-03-02T10:00:00Z"), &json!("give_answers")));
    assert_eq!(form["since"], "2027-03-01T08:00:00Z");
    assert!(!has(&calendar.mara, "review_form"));

    let response = hand_in(&mia, &own, &json!({ "burns": { "status": "current", "onset": "unknown" } }));
    assert_eq!(kinds(&mia), Vec::<String>::new());
    let review = the(&calendar.mara, "review_form");
    assert_eq!((&review["subject_id"], &review["operation"]), (&response["id"], &json!("review_response")));
    assert!(!review.to_string().contains("burns") && !review.to_string().contains("caution"));
    for other in [&leo, &noa] {
        assert_eq!(kinds(other), Vec::<String>::new(), "another's tasks");
    }
    assert_eq!(kinds(&calendar.desk), ["unblock_booking"], "the desk reviews nothing");
    let verdict = json!({ "verdict": "clear", "modification": "light touch" });
    let path = format!("/api/v1/intake-responses/{}/review", id(&response));
    calendar.mara.act(&path, &response["version"], &verdict).expect(200);
    assert_eq!((kinds(&calendar.mara), kinds(&calendar.desk)), (Vec::new(), Vec::new()));
    // A look at tasks is no look at anybody.
    let log = mia.get(&format!("/api/v1/clients/{own}/access-log?limit=200")).expect(200);
    assert!(!log.to_string().contains("task"));
}

fn a_form_is_due_by_the_first_session_that_waits_for_it(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let due = |by: &Caller<'_>, kind: &str| {
        let task = the(by, kind);
        (task["booking_id"].clone(), task["due_at"].clone())
    };
    let of = |booking: &Value| (booking["id"].clone(), booking["starts_at"].clone());
    let second = calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    let first = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    assert_eq!(due(&mia, "answer_form"), of(&first));
    step(&mia, &first, "cancel", &json!({})).expect(200);
    assert_eq!(due(&mia, "answer_form"), of(&second));
    let ask = json!({ "starts_at": "2027-03-05T10:00:00Z" });
    let second = step(&mia, &second, "reschedule", &ask).expect(200);
    assert_eq!(due(&mia, "answer_form"), of(&second));
    step(&mia, &second, "cancel", &json!({})).expect(200);
    assert!(!has(&mia, "answer_form"), "nothing waits for it");
    // The form is still there, and another session asks for it.
    let third = calendar.book(&mia, &own, "2027-03-08T10:00:00Z").expect(201);
    assert_eq!(due(&mia, "answer_form"), of(&third));
    hand_in(&mia, &own, &json!({ "burns": { "status": "current", "onset": "unknown" } }));
    assert_eq!(due(&calendar.mara, "review_form"), of(&third));

    let (leo, other) = calendar.client("Leo");
    leo.post("/api/v1/intake-responses", &json!({ "client_id": other })).expect(201);
    assert_eq!(due(&leo, "answer_form"), (Value::Null, Value::Null), "who took one up themself goes on with it");
}

fn a_clearance_is_brought_and_taken(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    let response = hand_in(&mia, &own, &aneurysm());
    let bring = the(&mia, "bring_clearance");
    assert_eq!((&bring["subject_id"], &bring["due_at"]), (&booking["id"], &booking["starts_at"]));
    assert_eq!((&bring["remedies"], &bring["operation"]), (&json!(["bring_clearance"]), &json!(null)));
    assert!(!has(&calendar.mara, "accept_clearance"));
    let review = format!("/api/v1/intake-responses/{}/review", id(&response));
    calendar.mara.act(&review, &response["version"], &json!({ "verdict": "clearance_pending" })).expect(200);
    assert_eq!(kinds(&calendar.mara), ["accept_clearance"]);
    assert_eq!(the(&calendar.mara, "accept_clearance")["subject_id"], response["id"]);
    calendar.mara.post("/api/v1/clearances", &letter(&response)).expect(201);
    assert_eq!((kinds(&mia), kinds(&calendar.mara)), (Vec::new(), Vec::new()));
    // The letter is good for March only.
    let later = calendar.book(&mia, &own, "2027-04-03T10:00:00Z").expect(201);
    assert_eq!(the(&mia, "bring_clearance")["subject_id"], later["id"]);
    step(&mia, &later, "cancel", &json!({})).expect(200);
    assert_eq!(kinds(&mia), Vec::<String>::new());
}

fn a_request_waits_for_who_may_say_yes(practice: Practice) {
    let calendar = Calendar::of(&practice);
    calendar.sets("booking_approval", &json!("by_staff"));
    let (mia, own) = calendar.client("Mia");
    let (noa, _) = calendar.colleague("Noa");
    let booking = calendar.book(&mia, &own, "2027-03-20T10:00:00Z").expect(201);
    for staff in [&calendar.mara, &calendar.desk, &calendar.admin] {
        let task = the(staff, "confirm_booking");
        assert_eq!((&task["subject_id"], &task["due_at"]), (&booking["id"], &booking["starts_at"]));
    }
    assert!(!has(&mia, "confirm_booking") && !has(&noa, "confirm_booking"));
    // Whoever is asked in two roles is asked once; and nobody at the desk says yes to what they themselves asked for.
    let me = calendar.mara.get("/api/v1/auth/me").expect(200);
    let user = format!("/api/v1/users/{}", me["account_id"].as_str().unwrap());
    let roles = |roles: &Value| {
        let version = calendar.admin.get(&user).expect(200)["version"].clone();
        calendar.admin.put(&format!("{user}/roles"), &version, &json!({ "roles": roles })).expect(200);
    };
    roles(&json!(["therapist", "front_desk", "client"]));
    let mara = signed_in(&practice, "mara");
    the(&mara, "confirm_booking");
    step(&calendar.desk, &booking, "decline", &json!({})).expect(200);
    assert!(![&mara, &calendar.desk, &calendar.admin].into_iter().any(|staff| has(staff, "confirm_booking")));
    let herself = mara.get("/api/v1/auth/me").expect(200)["client_id"].as_str().unwrap().to_owned();
    let (_, therapist) = calendar.colleague("Pia");
    let mut ask = calendar.ask(&herself, "2027-03-20T10:00:00Z");
    ask["therapist_id"] = json!(therapist);
    assert_eq!(mara.post("/api/v1/bookings", &ask).expect(201)["state"], "pending");
    assert!(has(&calendar.desk, "confirm_booking") && !has(&mara, "confirm_booking"));
}

fn the_desk_sees_to_blocked_sessions_of_the_next_week(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let soon = calendar.book(&mia, &own, "2027-03-08T07:45:00Z");
    assert_eq!(soon.status, 422, "before hours");
    let soon = calendar.book(&mia, &own, "2027-03-05T10:00:00Z").expect(201);
    let later = calendar.book(&mia, &own, "2027-03-09T10:00:00Z").expect(201);
    let task = the(&calendar.desk, "unblock_booking");
    assert_eq!((&task["subject_id"], &task["remedies"]), (&soon["id"], &json!(["answer_form"])));
    assert_eq!((&task["due_at"], &task["client_id"]), (&soon["starts_at"], &json!(own)));
    assert!(!has(&calendar.mara, "unblock_booking"));
    calendar.turn_to("2027-03-02T11:00:00Z");
    assert_eq!(kinds(&calendar.desk), ["unblock_booking", "unblock_booking"]);
    let mia = signed_in(&practice, "mia");
    step(&mia, &soon, "cancel", &json!({})).expect(200);
    assert_eq!(the(&calendar.desk, "unblock_booking")["subject_id"], later["id"]);
    hand_in(&mia, &own, &json!({}));
    assert_eq!(kinds(&calendar.desk), Vec::<String>::new());
}

fn a_note_is_signed_within_a_day(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let booking = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    let missed = calendar.book(&leo, &other, "2027-03-02T13:00:00Z").expect(201);
    hand_in(&mia, &own, &json!({}));
    calendar.turn_to("2027-03-02T14:00:00Z");
    let note = draft(&calendar.mara, &booking);
    draft(&calendar.mara, &missed);
    step(&calendar.mara, &missed, "no-show", &json!({})).expect(200);
    calendar.turn_to("2027-03-03T10:59:00Z");
    assert!(!has(&calendar.mara, "sign_note"));
    calendar.turn_to("2027-03-03T11:00:00Z");
    let task = the(&calendar.mara, "sign_note");
    assert_eq!((&task["subject_id"], &task["booking_id"]), (&note["id"], &booking["id"]));
    assert_eq!((&task["due_at"], &task["operation"]), (&json!("2027-03-03T11:00:00Z"), &json!("sign_session_note")));
    calendar.turn_to("2027-03-04T11:00:00Z");
    the(&calendar.mara, "sign_note");
    sign(&calendar.mara, &note);
    assert!(!has(&calendar.mara, "sign_note"), "the note of a session that was not cannot be signed");
}

fn a_guardianship_waits_for_the_desk(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, _) = calendar.client("Mia");
    let (leo, _) = calendar.client("Leo");
    let ask = json!({ "name": "Nils", "date_of_birth": "2020-01-01", "guardianship": { "basis": "parent" } });
    let made = mia.post("/api/v1/clients", &ask).expect(201);
    let tie = &made["guardianship"];
    assert_eq!((&the(&mia, "await_guardianship")["subject_id"], kinds(&leo)), (&tie["id"], Vec::new()));
    for staff in [&calendar.desk, &calendar.admin] {
        let task = the(staff, "decide_guardianship");
        assert_eq!((&task["client_id"], &task["operation"]), (&made["id"], &json!("accept_guardian")));
    }
    assert_eq!(kinds(&calendar.mara), Vec::<String>::new());
    let accept = guardian(&id(&made), tie, "accept");
    calendar.desk.act(&accept, &tie["version"], &json!({})).expect(200);
    assert_eq!((kinds(&mia), kinds(&calendar.desk)), (Vec::new(), Vec::new()));
}

fn a_guardian_does_what_their_ward_would(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, _) = calendar.client("Mia");
    let (ward, tie) = child(&calendar, &mia, "2020-01-01");
    calendar.book(&mia, &ward, "2027-03-03T10:00:00Z").expect(201);
    assert_eq!(the(&mia, "answer_form")["client_id"], json!(ward));
    hand_in(&mia, &ward, &aneurysm());
    assert_eq!(kinds(&mia), ["bring_clearance"]);
    let end = guardian(&ward, &tie, "end");
    calendar.desk.act(&end, &tie["version"], &json!({})).expect(200);
    assert_eq!(kinds(&mia), Vec::<String>::new(), "who has lost the ward sees nothing");
}

fn a_credential_waits_for_another_to_judge_it(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let vera = practice.staff(&calendar.admin, "Vera", "verifier");
    assert_eq!(kinds(&vera), Vec::<String>::new());
    let course = json!({
        "credential_type_id": practice.credential_type("upledger_cst_d"), "number": "4712", "issued_on": "2026-01-01",
        "expires_on": null, "reverify_by": "2028-01-01",
    });
    let held = calendar.mara.post("/api/v1/credentials", &course).expect(201);
    for judge in [&vera, &calendar.admin] {
        let task = the(judge, "judge_credential");
        assert_eq!((&task["subject_id"], &task["operation"]), (&held["id"], &json!("verify_credential")));
        assert_eq!(task["client_id"], json!(null));
    }
    assert_eq!((kinds(&calendar.mara), kinds(&calendar.desk)), (Vec::new(), Vec::new()));
    let me = calendar.mara.get("/api/v1/auth/me").expect(200);
    let user = format!("/api/v1/users/{}", me["account_id"].as_str().unwrap());
    let version = calendar.admin.get(&user).expect(200)["version"].clone();
    let roles = json!({ "roles": ["therapist", "verifier"] });
    calendar.admin.put(&format!("{user}/roles"), &version, &roles).expect(200);
    assert!(!has(&signed_in(&practice, "mara"), "judge_credential"), "nobody judges their own");
    let seen = json!({ "method": "document_seen", "source": "paper" });
    vera.act(&format!("/api/v1/credentials/{}/verify", id(&held)), &held["version"], &seen).expect(200);
    // Nobody has said yet whether sessions wait for the shipped consent.
    assert_eq!((kinds(&vera), kinds(&calendar.admin)), (Vec::new(), vec!["decide_consent".to_owned()]));
}

fn tasks_come_in_order_and_in_pages(practice: Practice) {
    let calendar = Calendar::of(&practice);
    calendar.sets("booking_approval", &json!("by_staff"));
    let (mia, own) = calendar.client("Mia");
    let starts = ["2027-03-20T10:00:00Z", "2027-03-18T10:00:00Z", "2027-03-19T10:00:00Z"];
    for start in starts {
        calendar.book(&mia, &own, start).expect(201);
    }
    let ask = json!({ "name": "Nils", "date_of_birth": "2020-01-01", "guardianship": { "basis": "parent" } });
    mia.post("/api/v1/clients", &ask).expect(201);
    let (mut told, mut query) = (Vec::new(), "limit=1".to_owned());
    loop {
        let page = calendar.desk.get(&format!("/api/v1/tasks?{query}")).expect(200);
        told.extend(page["items"].as_array().unwrap().iter().map(|task| task["due_at"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        query = format!("limit=1&cursor={next}");
    }
    assert_eq!(told, [json!(starts[1]), json!(starts[2]), json!(starts[0]), json!(null)]);
    for wrong in ["cursor=0197a3a0-5b1e-7c3d-8f00-000000000001", "limit=0", "page=2"] {
        calendar.desk.get(&format!("/api/v1/tasks?{wrong}")).refused(422, "invalid_fields");
    }
}
