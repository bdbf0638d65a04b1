//! What time comes free, for whom, and how many are considered for it at once.

use serde_json::{Value, json};
use stillpoint::bookings::follow_next_zone;
use stillpoint::waitlist::offer_next;

use super::{LIST, TEN, ask, cancel, count, joins, leave, look, offers, once, see, taken};
use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, at, id, session, step};
use crate::on_each_store;

on_each_store!(
    a_room_comes_free_for_whoever_works_then,
    a_day_comes_free_that_was_full,
    what_is_added_is_offered,
    what_the_zones_leave_is_offered,
    a_handover_sets_nothing_free,
    one_who_cannot_be_considered_keeps_nobody_waiting,
    so_many_are_considered_at_once,
    what_was_imported_ends_the_wait,
);

fn a_room_comes_free_for_whoever_works_then(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let room = json!({ "location_id": calendar.location, "name": "Blue", "kind": "treatment" });
    calendar.admin.post("/api/v1/rooms", &room).expect(201);
    let mut in_room = session(60, (0, 0), 15, &json!([]));
    (in_room["room_kind"], in_room["room_rest_minutes"]) = (json!("treatment"), json!(30));
    calendar.session_type = id(&calendar.admin.post("/api/v1/session-types", &in_room).expect(201));
    let (_, noa) = calendar.colleague("Noa");
    let (bea, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    let mut with_noa = ask(&calendar, &own);
    with_noa["therapist_id"] = json!(noa);
    let entry = mia.post(LIST, &with_noa).expect(201);
    cancel(&bea, &booking);
    look(&practice);
    assert_eq!(see(&mia, &entry)["offer"]["therapist_id"], json!(noa), "the room was all that was in the way");
}

fn a_day_comes_free_that_was_full(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let mut once_a_day = session(60, (15, 15), 15, &json!([]));
    once_a_day["max_per_day"] = json!(1);
    calendar.session_type = id(&calendar.admin.post("/api/v1/session-types", &once_a_day).expect(201));
    let (bea, first) = calendar.client("Bea");
    let booking = calendar.book(&bea, &first, "2027-03-02T15:00:00Z").expect(201);
    let (mia, own) = calendar.client("Mia");
    let entry = joins(&calendar, &mia, &own);
    cancel(&bea, &booking);
    look(&practice);
    assert_eq!(see(&mia, &entry)["offer"]["starts_at"], TEN, "another hour of the day");
}

fn what_is_added_is_offered(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let offered = |entry: &Value, what: &str| {
        look(&practice);
        let offered = see(&mia, entry);
        assert_eq!(offered["offer"]["starts_at"], TEN, "{what}");
        assert_eq!(leave(&mia, &offered).status, 204);
        look(&practice);
    };
    calendar.works(&calendar.therapist, "14:00", "18:00");
    let entry = joins(&calendar, &mia, &own);
    look(&practice);
    assert_eq!(offers(&mia), []);
    calendar.works(&calendar.therapist, "08:00", "18:00");
    offered(&entry, "longer hours");
    calendar.works(&calendar.therapist, "14:00", "18:00");
    let entry = joins(&calendar, &mia, &own);
    look(&practice);
    let open = json!({ "location_id": calendar.location, "date": "2027-03-02",
        "spans": [{ "start": "09:00", "end": "12:00" }] });
    let overrides = format!("/api/v1/therapists/{}/overrides", calendar.therapist);
    calendar.mara.post(&overrides, &open).expect(201);
    offered(&entry, "a date of its own");
}

fn what_the_zones_leave_is_offered(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (_, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    let entry = joins(&calendar, &mia, &own);
    let sql = "UPDATE bookings SET local_start = '2027-03-02T14:00:00', tz_version = '2001a'";
    practice.sql(sql).unwrap();
    assert_eq!(once(&practice, "zones.follow", follow_next_zone).unwrap(), 1);
    assert_eq!(calendar.desk.get(&at(&booking, "")).expect(200)["starts_at"], "2027-03-02T14:00:00Z");
    look(&practice);
    assert_eq!(see(&mia, &entry)["offer"]["starts_at"], TEN);
}

fn a_handover_sets_nothing_free(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (_, noa) = calendar.colleague("Noa");
    let (_, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    let entry = joins(&calendar, &mia, &own);
    let over = json!({ "to_therapist_id": noa, "from": "2027-03-02", "dry_run": false });
    calendar.desk.post(&format!("/api/v1/therapists/{}/handover", calendar.therapist), &over).expect(200);
    assert_eq!(calendar.desk.get(&at(&booking, "")).expect(200)["therapist_id"], json!(noa));
    count(&practice, "freed_times", 0);
    look(&practice);
    assert_eq!((offers(&mia), &see(&mia, &entry)["state"]), (vec![], &json!("waiting")));
}

fn one_who_cannot_be_considered_keeps_nobody_waiting(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (bea, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    calendar.book(&mia, &own, "2027-03-09T10:00:00Z").expect(201);
    joins(&calendar, &mia, &own);
    practice.pass(chrono::TimeDelta::minutes(1));
    let (leo, other) = calendar.client("Leo");
    let entry = joins(&calendar, &leo, &other);
    cancel(&bea, &booking);
    practice.sql("UPDATE bookings SET zone = 'Nowhere' WHERE local_start = '2027-03-09T10:00:00'").unwrap();
    look(&practice);
    assert_eq!(see(&leo, &entry)["state"], "offered");
}

fn so_many_are_considered_at_once(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (bea, booking) = taken(&calendar);
    let clients: Vec<(Caller<'_>, String)> =
        (0..12).map(|number| calendar.client(&format!("Client{number}"))).collect();
    let mut entries = Vec::new();
    for (number, (by, own)) in clients.iter().enumerate() {
        let mut ask = ask(&calendar, own);
        // Wednesdays, but for the last.
        ask["weekdays"] = if number < 11 { json!([3]) } else { json!([]) };
        entries.push(by.post(LIST, &ask).expect(201));
        practice.pass(chrono::TimeDelta::seconds(1));
    }
    cancel(&bea, &booking);
    let last = || see(&clients[11].0, &entries[11])["state"].clone();
    assert_eq!(once(&practice, "waitlist.offer", offer_next).unwrap(), 1);
    assert_eq!(last(), "waiting", "ten at once");
    count(&practice, "freed_times WHERE considered_entry_id IS NOT NULL", 1);
    assert_eq!(once(&practice, "waitlist.offer", offer_next).unwrap(), 1);
    assert_eq!(last(), "offered");
    look(&practice);
    count(&practice, "freed_times", 0);
}

fn what_was_imported_ends_the_wait(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let entry = joins(&calendar, &mia, &own);
    let file = format!(
        "reference,client,therapist,session_type,starts_at\nA-1,{own},{},{},{TEN}\n",
        calendar.therapist, calendar.session_type
    );
    let import = json!({ "kind": "bookings", "csv": file, "dry_run": false });
    calendar.desk.post("/api/v1/imports", &import).expect(201);
    assert_eq!(see(&mia, &entry)["state"], "booked");
    let booking = json!({ "id": see(&mia, &entry)["booking_id"], "version": 1 });
    step(&mia, &booking, "cancel", &json!({})).expect(200);
}
