//! Who answers an offer, and what becomes of the answer.

use serde_json::{Value, json};

use super::{LIST, TEN, answer, ask, cancel, joins, look, offers, path, see, taken};
use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, id, session};
use crate::on_each_store;

on_each_store!(
    an_offer_is_taken_in_another_room,
    nobody_but_the_client_and_the_desk_answers,
    what_was_offered_needs_no_further_yes,
    whom_they_named_need_not_be_listed,
    a_ward_is_asked_through_their_guardian,
    nobody_waits_beyond_the_calendar,
);

/// The id of the hold that is offered.
fn held(entry: &Value) -> &str {
    entry["offer"]["slot_hold_id"].as_str().unwrap()
}

/// Books what is offered, as any booking that takes a hold up.
fn take_up(calendar: &Calendar<'_>, by: &Caller<'_>, entry: &Value) -> crate::app::Reply {
    let mut ask = calendar.ask(entry["client_id"].as_str().unwrap(), TEN);
    ask["slot_hold_id"] = json!(held(entry));
    by.post("/api/v1/bookings", &ask)
}

fn an_offer_is_taken_in_another_room(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let room = |name: &str| {
        let ask = json!({ "location_id": calendar.location, "name": name, "kind": "treatment" });
        id(&calendar.admin.post("/api/v1/rooms", &ask).expect(201))
    };
    let (blue, green) = (room("Blue"), room("Green"));
    let mut in_rooms = session(60, (15, 15), 15, &json!([]));
    in_rooms["room_kind"] = json!("treatment");
    calendar.session_type = id(&calendar.admin.post("/api/v1/session-types", &in_rooms).expect(201));
    let (bea, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    let entry = joins(&calendar, &mia, &own);
    cancel(&bea, &booking);
    look(&practice);
    let offered = see(&mia, &entry);
    let mut ask = calendar.ask(&own, TEN);
    ask["slot_hold_id"] = json!(held(&offered));
    let hold = mia.get(&format!("/api/v1/slot-holds/{}", held(&offered))).expect(200);
    let other = if hold["room_id"] == json!(blue) { green } else { blue };
    ask["room_id"] = json!(other);
    let booked = mia.post("/api/v1/bookings", &ask).expect(201);
    assert_eq!(booked["room_id"], json!(other));
    assert_eq!(see(&mia, &entry)["state"], "accepted");
}

fn nobody_but_the_client_and_the_desk_answers(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (bea, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    // She treats the client, and so knows of what is held for them with her.
    calendar.book(&calendar.desk, &own, "2027-03-09T10:00:00Z").expect(201);
    let entry = joins(&calendar, &mia, &own);
    cancel(&bea, &booking);
    look(&practice);
    let offered = see(&mia, &entry);
    let path = format!("/api/v1/slot-holds/{}", held(&offered));
    calendar.mara.get(&path).expect(200);
    calendar.mara.send("DELETE", &path, &[("If-Match", "\"1\"")], None).refused(403, "forbidden");
    take_up(&calendar, &calendar.mara, &offered).refused(403, "forbidden");
    assert_eq!(see(&mia, &entry)["state"], "offered");
    assert_eq!(mia.send("DELETE", &path, &[("If-Match", "\"1\"")], None).status, 204);
    assert_eq!(see(&mia, &entry)["state"], "waiting");
}

fn what_was_offered_needs_no_further_yes(practice: Practice) {
    let calendar = Calendar::of(&practice);
    calendar.sets("booking_approval", &json!("by_staff"));
    let (bea, booking) = taken(&calendar);
    assert_eq!(booking["state"], "pending");
    let (mia, own) = calendar.client("Mia");
    let entry = joins(&calendar, &mia, &own);
    cancel(&bea, &booking);
    look(&practice);
    let accepted = answer(&mia, &see(&mia, &entry), "/accept").expect(200);
    assert_eq!(accepted["state"], "accepted");
    let booking = mia.get(&format!("/api/v1/bookings/{}", accepted["booking_id"].as_str().unwrap())).expect(200);
    assert_eq!(booking["state"], "confirmed");
    // What nobody offered waits for a yes.
    assert_eq!(calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201)["state"], "pending");
}

fn whom_they_named_need_not_be_listed(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (bea, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let therapist = format!("/api/v1/therapists/{}", calendar.therapist);
    let version = calendar.admin.get(&therapist).expect(200)["version"].clone();
    calendar.admin.act(&format!("{therapist}/unlist"), &version, &json!({})).expect(200);
    // Who waits for anybody is asked for nobody whom the practice does not list.
    let mut any = ask(&calendar, &other);
    any["therapist_id"] = Value::Null;
    leo.post(LIST, &any).expect(201);
    let entry = joins(&calendar, &calendar.desk, &own);
    cancel(&bea, &booking);
    look(&practice);
    assert_eq!(offers(&leo), []);
    let offered = see(&mia, &entry);
    assert_eq!(offered["offer"]["starts_at"], TEN);
    assert_eq!(answer(&mia, &offered, "/accept").expect(200)["state"], "accepted");
}

fn a_ward_is_asked_through_their_guardian(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (bea, booking) = taken(&calendar);
    let (mia, _) = calendar.client("Mia");
    let child = json!({ "name": "Nils", "date_of_birth": "2020-01-01", "guardianship": { "basis": "parent" } });
    let made = mia.post("/api/v1/clients", &child).expect(201);
    let (ward, tie) = (id(&made), &made["guardianship"]);
    let accept = format!("/api/v1/clients/{ward}/guardians/{}/accept", id(tie));
    let tie = calendar.desk.act(&accept, &tie["version"], &json!({})).expect(200);
    let entry = joins(&calendar, &mia, &ward);
    cancel(&bea, &booking);
    look(&practice);
    assert_eq!((offers(&mia).len(), offers(&calendar.desk)), (1, vec![]));
    assert_eq!(see(&mia, &entry)["offer"]["starts_at"], TEN);
    let end = format!("/api/v1/clients/{ward}/guardians/{}/end", id(&tie));
    calendar.desk.act(&end, &tie["version"], &json!({})).expect(200);
    assert_eq!((offers(&mia), offers(&calendar.desk).len()), (vec![], 1), "now they are called");
}

fn nobody_waits_beyond_the_calendar(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let wishing = |earliest: &str, latest: &str| {
        let mut ask = ask(&calendar, &own);
        (ask["earliest_date"], ask["latest_date"]) = (json!(earliest), json!(latest));
        ask
    };
    mia.post(LIST, &wishing("+10000-01-01", "+10000-01-02")).refused(422, "invalid_fields");
    mia.post(LIST, &wishing("2029-03-01", "2029-03-02")).refused(422, "invalid_fields");
    let entry = mia.post(LIST, &wishing("2027-03-02", "2028-03-01")).expect(201);
    let later = json!({ "earliest_date": "2027-03-02", "latest_date": "+10000-01-02" });
    mia.put(&path(&entry, ""), &entry["version"], &later).refused(422, "invalid_fields");
}
