//! Handing a therapist's calendar over to another.

use serde_json::{Value, json};

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, at, id, session, step};
use crate::on_each_store;

on_each_store!(
    what_can_go_goes_and_the_rest_is_told,
    those_who_have_left_are_still_followed,
    a_handover_is_no_wish_of_the_clients,
    nobody_takes_over_who_cannot,
    what_is_held_stays_held_unless_it_is_in_the_way,
    a_room_that_was_retired_is_left,
);

fn hand_over(by: &Caller<'_>, from: &str, to: &str, dry_run: bool) -> Value {
    let ask = json!({ "to_therapist_id": to, "from": "2027-03-03", "dry_run": dry_run });
    by.post(&format!("/api/v1/therapists/{from}/handover"), &ask).expect(200)
}

/// The start of each and what became of it.
fn told(answer: &Value) -> Vec<(String, String)> {
    let item = |one: &Value| {
        assert_eq!(one["moved"] == true, one["code"].is_null());
        (one["starts_at"].as_str().unwrap().to_owned(), one["code"].as_str().unwrap_or("moved").to_owned())
    };
    answer["items"].as_array().unwrap().iter().map(item).collect()
}

fn treating(by: &Caller<'_>, client: &str, therapist: &str) -> bool {
    let listed = by.get(&format!("/api/v1/clients/{client}/care-relationships")).expect(200)["items"].clone();
    let now = "2027-03-01T08:00:00Z";
    let in_force =
        |one: &&Value| one["therapist_id"] == therapist && one["until"].as_str().is_none_or(|until| until > now);
    listed.as_array().unwrap().iter().any(|one| in_force(&one))
}

fn what_can_go_goes_and_the_rest_is_told(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let (noa_herself, noa) = calendar.colleague("Noa");
    let before = calendar.book(&mia, &own, "2027-03-02T12:00:00Z").expect(201);
    let goes = calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    let late = calendar.book(&mia, &own, "2027-03-04T16:00:00Z").expect(201);
    let taken = calendar.book(&mia, &own, "2027-03-05T10:00:00Z").expect(201);
    let mut with_noa = calendar.ask(&other, "2027-03-05T10:30:00Z");
    with_noa["therapist_id"] = json!(noa);
    leo.post("/api/v1/bookings", &with_noa).expect(201);
    calendar.works(&noa, "08:05", "15:00");

    let expected = [
        ("2027-03-03T10:00:00Z", "moved"),
        ("2027-03-04T16:00:00Z", "outside_availability"),
        ("2027-03-05T10:00:00Z", "slot_unavailable"),
    ]
    .map(|(start, code)| (start.to_owned(), code.to_owned()));
    let tried = hand_over(&calendar.desk, &calendar.therapist, &noa, true);
    assert_eq!((told(&tried), &tried["dry_run"]), (expected.to_vec(), &json!(true)));
    assert_eq!(calendar.desk.get(&at(&goes, "")).expect(200)["version"], json!(1));
    let done = hand_over(&calendar.desk, &calendar.therapist, &noa, false);
    assert_eq!((told(&done), &done["more"]), (expected.to_vec(), &json!(false)));

    let gone = calendar.desk.get(&at(&goes, "")).expect(200);
    assert_eq!((&gone["therapist_id"], &gone["starts_at"]), (&json!(noa), &goes["starts_at"]));
    assert_eq!((&gone["price_minor"], &gone["fee_minor"]), (&goes["price_minor"], &Value::Null));
    for stays in [&before, &late, &taken] {
        assert_eq!(calendar.desk.get(&at(stays, "")).expect(200)["therapist_id"], json!(calendar.therapist));
    }
    let history = calendar.desk.get(&at(&goes, "/history")).expect(200)["items"][1].clone();
    assert_eq!((&history["change"], &history["therapist_id"]), (&json!("booking.moved"), &json!(noa)));
    let event = calendar.admin.get("/api/v1/audit-events?action=booking.moved").expect(200)["items"][0].clone();
    assert_eq!(event["details"]["override_reason"], "handover");
    // The desk's choice opens the record; what is left with the other keeps it open to them.
    assert!(treating(&calendar.desk, &own, &noa) && treating(&calendar.desk, &own, &calendar.therapist));
    noa_herself.get(&format!("/api/v1/clients/{own}")).expect(200);
    assert!(
        !told(&hand_over(&calendar.desk, &calendar.therapist, &noa, false)).iter().any(|(_, code)| code == "moved")
    );
}

fn those_who_have_left_are_still_followed(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (_, noa) = calendar.colleague("Noa");
    let booking = calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    let path = format!("/api/v1/therapists/{}", calendar.therapist);
    let version = calendar.admin.get(&path).expect(200)["version"].clone();
    calendar.admin.act(&format!("{path}/offboard"), &version, &json!({})).expect(200);
    let blocked = calendar.desk.get(&at(&booking, "")).expect(200);
    assert!(blocked["blocks"].to_string().contains("credential"));
    let done = hand_over(&calendar.desk, &calendar.therapist, &noa, false);
    assert_eq!(told(&done), [("2027-03-03T10:00:00Z".to_owned(), "moved".to_owned())]);
    let after = calendar.desk.get(&at(&booking, "")).expect(200);
    assert!(!after["blocks"].to_string().contains("credential"));
    assert!(treating(&calendar.desk, &own, &noa) && !treating(&calendar.desk, &own, &calendar.therapist));
}

fn a_handover_is_no_wish_of_the_clients(practice: Practice) {
    let calendar = Calendar::of(&practice);
    calendar.sets("booking_approval", &json!("by_staff"));
    let (mia, own) = calendar.client("Mia");
    let (_, noa) = calendar.colleague("Noa");
    let waits = calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    // Nobody may book this soon, and her hours set another grid: what was agreed was agreed.
    calendar.sets("min_notice_minutes", &json!(20_160));
    calendar.works(&noa, "08:07", "18:00");
    let done = hand_over(&calendar.admin, &calendar.therapist, &noa, false);
    assert_eq!(told(&done), [("2027-03-03T10:00:00Z".to_owned(), "moved".to_owned())]);
    let after = mia.get(&at(&waits, "")).expect(200);
    assert_eq!((&after["state"], &after["therapist_id"]), (&json!("pending"), &json!(noa)));
    // A request that waits opens nothing yet.
    assert!(!treating(&calendar.desk, &own, &noa));
}

fn nobody_takes_over_who_cannot(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (tess, record) = practice.therapist(&calendar.admin, "Tess");
    let uncertified = id(&record);
    calendar.works(&uncertified, "08:00", "18:00");
    calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    let answer = hand_over(&calendar.desk, &calendar.therapist, &uncertified, false);
    assert_eq!(told(&answer), [("2027-03-03T10:00:00Z".to_owned(), "therapist_not_eligible".to_owned())]);
    let path = format!("/api/v1/therapists/{}/handover", calendar.therapist);
    let ask = |to: &str| json!({ "to_therapist_id": to, "from": "2027-03-03" });
    let same = calendar.desk.post(&path, &ask(&calendar.therapist)).refused(422, "policy_violation");
    assert_eq!(same["rule"], "same_therapist");
    calendar.desk.post(&path, &ask(&own)).refused(404, "not_found");
    let version = calendar.admin.get(&format!("/api/v1/therapists/{uncertified}")).expect(200)["version"].clone();
    calendar.admin.act(&format!("/api/v1/therapists/{uncertified}/offboard"), &version, &json!({})).expect(200);
    calendar.desk.post(&path, &ask(&uncertified)).refused(422, "policy_violation");
    tess.post(&path, &ask(&uncertified)).refused(403, "forbidden");
}

fn what_is_held_stays_held_unless_it_is_in_the_way(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (_, noa) = calendar.colleague("Noa");
    calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    let later = calendar.book(&mia, &own, "2027-03-05T10:00:00Z").expect(201);
    let held = |start: &str| {
        let mut ask = calendar.ask(&own, start);
        ask["therapist_id"] = json!(noa);
        id(&mia.post("/api/v1/slot-holds", &ask).expect(201))
    };
    let state = |hold: &str| mia.get(&format!("/api/v1/slot-holds/{hold}")).expect(200)["state"].clone();
    let hold = held("2027-03-04T10:00:00Z");
    assert_eq!(told(&hand_over(&calendar.desk, &calendar.therapist, &noa, false)).len(), 2);
    assert_eq!(state(&hold), "held");
    // Back to Mara, and over again: now what is held with Noa is where her buffer would be.
    let back = json!({ "starts_at": later["starts_at"], "therapist_id": calendar.therapist });
    let moved = calendar.desk.get(&at(&later, "")).expect(200);
    step(&calendar.desk, &moved, "reschedule", &back).expect(200);
    let hold = held("2027-03-05T11:00:00Z");
    let done = hand_over(&calendar.desk, &calendar.therapist, &noa, false);
    assert_eq!(told(&done), [("2027-03-05T10:00:00Z".to_owned(), "moved".to_owned())]);
    assert_eq!(state(&hold), "replaced");
}

fn a_room_that_was_retired_is_left(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (_, noa) = calendar.colleague("Noa");
    let mut table = session(30, (0, 0), 15, &json!([]));
    table["room_kind"] = json!("table");
    let kind = id(&calendar.admin.post("/api/v1/session-types", &table).expect(201));
    let room = |name: &str| {
        let room = json!({ "location_id": calendar.location, "name": name, "kind": "table" });
        calendar.admin.post("/api/v1/rooms", &room).expect(201)
    };
    let north = room("North");
    let mut ask = calendar.ask(&own, "2027-03-03T10:00:00Z");
    ask["session_type_id"] = json!(kind);
    let booking = mia.post("/api/v1/bookings", &ask).expect(201);
    assert_eq!(booking["room_id"], north["id"]);
    let south = room("South");
    let retire = format!("/api/v1/rooms/{}/retire", id(&north));
    calendar.admin.act(&retire, &north["version"], &json!({})).expect(200);
    for dry_run in [true, false] {
        let answer = hand_over(&calendar.desk, &calendar.therapist, &noa, dry_run);
        assert_eq!(told(&answer), [("2027-03-03T10:00:00Z".to_owned(), "moved".to_owned())]);
    }
    assert_eq!(calendar.desk.get(&at(&booking, "")).expect(200)["room_id"], south["id"]);
}
