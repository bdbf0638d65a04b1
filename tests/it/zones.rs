//! A newer database of zones: bookings keep the local time that was promised, as far as that can be, and people are told.

use serde_json::{Value, json};
use stillpoint::bookings::follow_next_zone;
use stillpoint::db::Stop;
use stillpoint::kernel::actor::Permit;

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, at, id, step};
use crate::on_each_store;

on_each_store!(
    what_the_clocks_still_show_is_only_noted,
    those_in_each_others_way_move_on_in_turn,
    what_collides_stays_and_is_told,
    what_the_clocks_show_never_or_twice_stays,
    a_change_is_told_to_whom_it_concerns_until_somebody_has_looked,
    what_is_over_or_off_is_left_alone,
    what_is_only_held_is_in_the_way_for_minutes,
    nothing_goes_to_what_is_past,
    a_change_is_a_task_for_whom_it_concerns,
);

const CHANGES: &str = "/api/v1/bookings/zone-changes";

/// Runs the job to its end, as the program does; answers how many bookings it looked at.
fn follow(practice: &Practice) -> usize {
    let mut looked_at = 0;
    loop {
        let db = practice.app.db.clone();
        let job = async move { db.write(&Permit::system("zones.follow"), follow_next_zone).await };
        let done: Result<usize, Stop> = actix_web::rt::System::new().block_on(job);
        match done.unwrap() {
            0 => return looked_at,
            done => looked_at += done,
        }
    }
}

/// As if a booking had been agreed by older rules, by which its instant was shown as another time.
fn agreed_as(practice: &Practice, shown: &str, promised: &str) {
    let sql = format!(
        "UPDATE bookings SET local_start = '2027-{promised}:00', tz_version = '2001a' WHERE local_start = '2027-{shown}:00'"
    );
    practice.sql(&sql).unwrap();
}

fn start(by: &Caller<'_>, booking: &Value) -> String {
    by.get(&at(booking, "")).expect(200)["starts_at"].as_str().unwrap().to_owned()
}

/// What became of each booking, by what it was to show.
fn told(by: &Caller<'_>) -> Vec<(String, String)> {
    let listed = by.get(CHANGES).expect(200)["items"].clone();
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let mut told: Vec<_> = (listed.as_array().unwrap().iter())
        .map(|one| (text(one, "local_start")[5..16].to_owned(), text(one, "outcome")))
        .collect();
    told.sort();
    told
}

fn what_the_clocks_still_show_is_only_noted(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    assert_eq!(follow(&practice), 0, "what was agreed by today's rules is not looked at");
    agreed_as(&practice, "03-04T10:00", "03-04T10:00");
    assert_eq!(follow(&practice), 1);
    let after = mia.get(&at(&booking, "")).expect(200);
    assert_eq!((&after["starts_at"], &after["version"]), (&booking["starts_at"], &json!(2)));
    assert_eq!(told(&calendar.desk), []);
    let history = calendar.desk.get(&at(&booking, "/history")).expect(200)["items"][1].clone();
    assert_eq!((&history["change"], &history["version"]), (&json!("booking.zone_followed"), &json!(2)));
    let event = calendar.admin.get("/api/v1/audit-events?action=booking.zone_followed").expect(200)["items"][0].clone();
    assert_eq!((&event["details"]["old_version"], &event["actor"]), (&json!("2001a"), &json!("system")));
    assert_eq!(follow(&practice), 0);
}

fn those_in_each_others_way_move_on_in_turn(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let clients = ["Mia", "Leo"].map(|name| calendar.client(name));
    // Each stands where the one before it is to go: the therapist's buffers leave no minute between them.
    let starts = ["08:30", "10:00", "11:30", "13:00"];
    let bookings: Vec<Value> = std::iter::zip(starts, clients.iter().cycle())
        .map(|(start, (by, own))| calendar.book(by, own, &format!("2027-03-04T{start}:00Z")).expect(201))
        .collect();
    // Later ones first, for each line names the bookings by what they show now.
    for (shown, promised) in [("13:00", "14:30"), ("11:30", "13:00"), ("10:00", "11:30"), ("08:30", "10:00")] {
        agreed_as(&practice, &format!("03-04T{shown}"), &format!("03-04T{promised}"));
    }
    assert_eq!(follow(&practice), 4);
    let after: Vec<String> = bookings.iter().map(|booking| start(&calendar.desk, booking)).collect();
    assert_eq!(after, ["10:00", "11:30", "13:00", "14:30"].map(|start| format!("2027-03-04T{start}:00Z")));
    assert!(told(&calendar.desk).iter().all(|(_, outcome)| outcome == "kept_local_time"));
    assert_eq!(told(&calendar.desk).len(), 4);
    let moved = calendar.desk.get(&at(&bookings[0], "")).expect(200);
    assert_eq!((&moved["local_start"], &moved["version"]), (&json!("2027-03-04T10:00:00"), &json!(2)));
    assert_eq!(moved["ends_at"], "2027-03-04T11:00:00Z");
    // What was left is free, and what was taken is not.
    let (zoe, other) = calendar.client("Zoe");
    calendar.book(&zoe, &other, "2027-03-04T14:30:00Z").refused(409, "slot_unavailable");
    calendar.book(&zoe, &other, "2027-03-04T08:30:00Z").expect(201);

    // The other way, of the same calendar: an hour and a half earlier.
    for (shown, promised) in [("10:00", "06:00"), ("11:30", "10:00"), ("13:00", "11:30"), ("14:30", "13:00")] {
        agreed_as(&practice, &format!("03-04T{shown}"), &format!("03-04T{promised}"));
    }
    assert_eq!(follow(&practice), 4);
    let after: Vec<String> = bookings.iter().map(|booking| start(&calendar.desk, booking)).collect();
    // Before anybody works: the hours are not asked about what was agreed.
    assert_eq!(after, ["06:00", "10:00", "11:30", "13:00"].map(|start| format!("2027-03-04T{start}:00Z")));
}

fn what_collides_stays_and_is_told(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let clients = ["Mia", "Leo"].map(|name| calendar.client(name));
    let book = |of: usize, start: &str| {
        let (by, own) = &clients[of];
        calendar.book(by, own, &format!("2027-{start}:00Z")).expect(201)
    };
    let _stands = book(0, "03-04T13:00");
    let blocked = book(1, "03-04T11:30");
    let behind = book(0, "03-04T10:00");
    agreed_as(&practice, "03-04T11:30", "03-04T13:00");
    // Nobody but the one that stays is named so now.
    practice.sql("UPDATE bookings SET local_start = '2027-03-04T11:30:00', tz_version = '2001a' WHERE local_start = '2027-03-04T10:00:00'").unwrap();
    // Two that are each to go where the other is.
    let one = book(0, "03-05T10:00");
    let other = book(1, "03-05T12:00");
    agreed_as(&practice, "03-05T10:00", "03-05T12:01");
    agreed_as(&practice, "03-05T12:00", "03-05T10:00");
    // A client's other session is in the way as much as a therapist's.
    let (_, noa) = calendar.colleague("Noa");
    let twice = book(0, "03-06T10:00");
    let mut elsewhere = calendar.ask(&clients[0].1, "2027-03-06T12:00:00Z");
    elsewhere["therapist_id"] = json!(noa);
    clients[0].0.post("/api/v1/bookings", &elsewhere).expect(201);
    agreed_as(&practice, "03-06T10:00", "03-06T12:30");

    assert_eq!(follow(&practice), 5);
    for (booking, start_before) in [
        (&blocked, "2027-03-04T11:30:00Z"),
        (&behind, "2027-03-04T10:00:00Z"),
        (&one, "2027-03-05T10:00:00Z"),
        (&other, "2027-03-05T12:00:00Z"),
        (&twice, "2027-03-06T10:00:00Z"),
    ] {
        assert_eq!(start(&calendar.desk, booking), start_before);
    }
    let promised = ["03-04T11:30", "03-04T13:00", "03-05T10:00", "03-05T12:01", "03-06T12:30"];
    assert_eq!(told(&calendar.desk), promised.map(|promised| (promised.to_owned(), "collides".to_owned())));
    // It is told by the wall as it is now, and not tried again.
    let after = calendar.desk.get(&at(&blocked, "")).expect(200);
    assert_eq!((&after["local_start"], &after["version"]), (&json!("2027-03-04T11:30:00"), &json!(2)));
    assert_eq!(follow(&practice), 0);
}

fn what_the_clocks_show_never_or_twice_stays(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    calendar.sets("max_advance_days", &json!(365));
    // Her certification ends in spring; what was agreed stands, whatever blocks it.
    let record = |start: &str| {
        json!({ "client_id": own, "therapist_id": calendar.therapist, "session_type_id": calendar.session_type,
            "starts_at": start, "source": "phone", "reason": "client_asked" })
    };
    let never = calendar.book(&mia, &own, "2027-03-28T10:00:00Z").expect(201);
    agreed_as(&practice, "03-28T10:00", "03-28T02:30");
    let twice = calendar.desk.post("/api/v1/bookings/records", &record("2027-04-30T10:00:00Z")).expect(201);
    agreed_as(&practice, "04-30T10:00", "10-31T02:30");
    practice.sql("UPDATE bookings SET zone = 'Europe/Berlin'").unwrap();
    assert_eq!(follow(&practice), 2);
    let outcomes: Vec<String> = told(&calendar.desk).into_iter().map(|(_, outcome)| outcome).collect();
    assert_eq!(outcomes, ["nonexistent", "ambiguous"]);
    assert_eq!(start(&mia, &never), "2027-03-28T10:00:00Z");
    let after = calendar.desk.get(&at(&twice, "")).expect(200);
    assert_eq!(
        (&after["starts_at"], &after["local_start"]),
        (&json!("2027-04-30T10:00:00Z"), &json!("2027-04-30T12:00:00"))
    );
}

fn a_change_is_told_to_whom_it_concerns_until_somebody_has_looked(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (noa, _) = calendar.colleague("Noa");
    let booking = calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    agreed_as(&practice, "03-04T10:00", "03-04T11:00");
    assert_eq!(follow(&practice), 1);
    let change = calendar.mara.get(CHANGES).expect(200)["items"][0].clone();
    let named = |name: &str| change[name].as_str().unwrap().to_owned();
    assert_eq!((named("booking_id"), named("client_id")), (id(&booking), own));
    assert_eq!(
        [named("old_starts_at"), named("new_starts_at"), named("old_tz_version")],
        ["2027-03-04T10:00:00Z", "2027-03-04T11:00:00Z", "2001a"]
    );
    assert_ne!(named("new_tz_version"), "2001a");
    assert_eq!(told(&noa), []);
    mia.get(CHANGES).refused(403, "forbidden");

    let path = format!("{CHANGES}/{}/acknowledge", id(&change));
    noa.act(&path, &json!(1), &json!({})).refused(404, "not_found");
    calendar.desk.act(&path, &json!(7), &json!({})).refused(412, "version_mismatch");
    let seen = calendar.desk.act(&path, &change["version"], &json!({})).expect(200);
    assert_eq!((&seen["version"], seen["acknowledged_by"].is_string()), (&json!(2), true));
    calendar.mara.act(&path, &json!(2), &json!({})).refused(409, "invalid_transition");
    assert_eq!(told(&calendar.mara), []);
    let all = calendar.mara.get(&format!("{CHANGES}?all=true")).expect(200);
    assert_eq!(all["items"][0]["acknowledged_at"], "2027-03-01T08:00:00Z");
}

fn what_is_over_or_off_is_left_alone(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let past = calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    let off = calendar.book(&mia, &own, "2027-03-08T10:00:00Z").expect(201);
    step(&mia, &off, "cancel", &json!({})).expect(200);
    agreed_as(&practice, "03-04T10:00", "03-04T11:00");
    agreed_as(&practice, "03-08T10:00", "03-08T11:00");
    calendar.turn_to("2027-03-04T10:00:00Z");
    assert_eq!(follow(&practice), 0);
    assert_eq!(calendar.desk.get(&at(&past, "")).expect(200)["version"], json!(1));
}

fn what_is_only_held_is_in_the_way_for_minutes(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let clients = ["Mia", "Leo"].map(|name| calendar.client(name));
    let held = |of: usize, start: &str| {
        let (by, own) = &clients[of];
        by.post("/api/v1/slot-holds", &calendar.ask(own, start)).expect(201)
    };
    let book = |of: usize, start: &str| {
        let (by, own) = &clients[of];
        calendar.book(by, own, start).expect(201)
    };
    let first = book(0, "2027-03-04T10:00:00Z");
    let next = book(0, "2027-03-05T10:00:00Z");
    agreed_as(&practice, "03-04T10:00", "03-04T13:00");
    agreed_as(&practice, "03-05T10:00", "03-05T13:00");
    // Another's hold on the one, and on the other the client's own.
    held(1, "2027-03-04T13:00:00Z");
    let own = held(0, "2027-03-05T13:00:00Z");
    assert_eq!(follow(&practice), 1);
    assert_eq!(start(&calendar.desk, &first), "2027-03-04T10:00:00Z");
    assert_eq!(start(&calendar.desk, &next), "2027-03-05T13:00:00Z");
    let own = format!("/api/v1/slot-holds/{}", id(&own));
    assert_eq!(calendar.desk.get(&own).expect(200)["state"], "replaced");
    assert_eq!(told(&calendar.desk), [("03-05T13:00".to_owned(), "kept_local_time".to_owned())]);
    calendar.turn_to("2027-03-01T08:05:00Z");
    assert_eq!(follow(&practice), 1);
    assert_eq!(start(&calendar.desk, &first), "2027-03-04T13:00:00Z");
}

fn nothing_goes_to_what_is_past(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    agreed_as(&practice, "03-02T10:00", "03-01T07:30");
    assert_eq!(follow(&practice), 1);
    assert_eq!(start(&mia, &booking), "2027-03-02T10:00:00Z");
    assert_eq!(told(&calendar.desk), [("03-01T07:30".to_owned(), "collides".to_owned())]);
}

fn a_change_is_a_task_for_whom_it_concerns(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (noa, _) = calendar.colleague("Noa");
    let kept = calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    let stays = calendar.book(&mia, &own, "2027-03-05T10:00:00Z").expect(201);
    calendar.book(&mia, &own, "2027-03-05T14:00:00Z").expect(201);
    agreed_as(&practice, "03-04T10:00", "03-04T11:00");
    agreed_as(&practice, "03-05T10:00", "03-05T14:00");
    assert_eq!(follow(&practice), 2);
    let tasks = |by: &Caller<'_>, kind: &str| -> Vec<Value> {
        let all = by.get("/api/v1/tasks").expect(200)["items"].clone();
        all.as_array().unwrap().iter().filter(|one| one["kind"] == kind).cloned().collect()
    };
    let acknowledge = |by: &Caller<'_>| tasks(by, "acknowledge_zone_change");
    let booked = |tasks: Vec<Value>| tasks.iter().map(|one| one["booking_id"].clone()).collect::<Vec<_>>();
    assert_eq!(booked(acknowledge(&calendar.desk)), [kept["id"].clone(), stays["id"].clone()]);
    assert_eq!(booked(acknowledge(&calendar.mara)), [stays["id"].clone()]);
    assert_eq!((acknowledge(&noa), acknowledge(&mia)), (vec![], vec![]));
    let new = tasks(&mia, "note_new_time");
    assert_eq!(
        (new.len(), &new[0]["subject_id"], &new[0]["due_at"]),
        (1, &stays["id"], &json!("2027-03-05T10:00:00Z"))
    );
    for task in acknowledge(&calendar.desk) {
        let path = format!("{CHANGES}/{}/acknowledge", task["subject_id"].as_str().unwrap());
        calendar.desk.act(&path, &json!(1), &json!({})).expect(200);
    }
    assert_eq!((acknowledge(&calendar.desk), acknowledge(&calendar.mara)), (vec![], vec![]));
    assert_eq!(tasks(&mia, "note_new_time"), Vec::<Value>::new());
}
