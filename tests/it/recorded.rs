//! Sessions recorded past the rules of booking, the history of a booking, and the lists a front desk works from.

use serde_json::{Value, json};

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, at, blocks, hand_in, id, signed_in, step};
use crate::on_each_store;

on_each_store!(
    a_past_session_is_completed_with_what_was_found,
    a_walk_in_stands_until_the_gates,
    what_is_recorded_overlaps_nothing,
    what_was_over_is_written_down_beside_another,
    a_recorded_session_ends_the_clients_hold,
    a_blocked_past_session_is_put_right_there_and_back,
    nobody_records_for_those_they_may_not_know,
    a_guardian_who_treats_their_ward_gains_nothing_by_it,
    each_change_leaves_its_row_and_no_more,
    a_desk_finds_what_it_looks_for,
    a_list_by_start_is_read_to_its_end,
);

fn record(calendar: &Calendar<'_>, client: &str, source: &str, start: &str) -> Value {
    json!({ "client_id": client, "therapist_id": calendar.therapist, "session_type_id": calendar.session_type,
        "starts_at": start, "source": source, "reason": "recorded_late" })
}

const RECORDS: &str = "/api/v1/bookings/records";

fn a_past_session_is_completed_with_what_was_found(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    // A Sunday night, on no grid, months ago, before her certification counted for anything.
    let mut ask = record(&calendar, &own, "past_session", "2026-12-20T21:07:00Z");
    ask["ends_at"] = json!("2026-12-20T22:20:00Z");
    let headers = [("Idempotency-Key", "k")];
    let made = calendar.desk.send("POST", RECORDS, &headers, Some(&ask));
    let booking = made.expect(201);
    assert_eq!((&booking["state"], &booking["source"]), (&json!("completed"), &json!("past_session")));
    assert_eq!((blocks(&booking), &booking["version"]), (vec!["credential", "intake"], &json!(1)));
    assert_eq!(booking["actual"]["end"], "2026-12-20T22:20:00Z");
    let again = calendar.desk.send("POST", RECORDS, &headers, Some(&ask));
    assert_eq!((again.header("idempotency-replayed"), id(&again.body)), (Some("true"), id(&booking)));
    let told = calendar.admin.get("/api/v1/audit-events?action=booking.recorded").expect(200)["items"][0].clone();
    assert_eq!(
        (&told["details"]["source"], &told["details"]["reason"]),
        (&json!("past_session"), &json!("recorded_late"))
    );

    // What is answered later changes nothing of it, and no form was asked for by it.
    assert!(
        mia.get(&format!("/api/v1/intake-responses?client_id={own}")).expect(200)["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    hand_in(&mia, &own, &json!({}));
    assert_eq!(blocks(&mia.get(&at(&booking, "")).expect(200)), ["credential", "intake"]);
    // The desk chose her, so she may write the session down.
    calendar.mara.get(&format!("/api/v1/clients/{own}")).expect(200);
    calendar.mara.post("/api/v1/session-notes", &json!({ "booking_id": id(&booking) })).expect(201);

    let fault = |change: &dyn Fn(&mut Value)| {
        let mut ask = record(&calendar, &own, "past_session", "2027-02-01T10:00:00Z");
        change(&mut ask);
        calendar.desk.post(RECORDS, &ask).refused(422, "invalid_fields")["violations"][0]["code"].clone()
    };
    assert_eq!(fault(&|ask| ask["starts_at"] = json!("2026-02-01T10:00:00Z")), "too_far");
    assert_eq!(fault(&|ask| ask["starts_at"] = json!("2027-03-01T07:30:00Z")), "in_the_future");
    assert_eq!(fault(&|ask| ask["source"] = json!("walk_in")), "not_now");
    assert_eq!(fault(&|ask| ask["source"] = json!("import")), "unknown_value");
}

fn a_walk_in_stands_until_the_gates(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let swelling = json!({ "brain_swelling": { "status": "current", "onset": "unknown" } });
    let walk_in = record(&calendar, &own, "walk_in", "2027-03-01T08:10:00Z");
    let booking = calendar.desk.post(RECORDS, &walk_in).expect(201);
    assert_eq!((&booking["state"], blocks(&booking)), (&json!("confirmed"), vec!["intake"]));
    hand_in(&mia, &own, &swelling);
    let booking = mia.get(&at(&booking, "")).expect(200);
    assert_eq!(blocks(&booking), ["screening"]);
    step(&calendar.desk, &booking, "check-in", &json!({})).refused(409, "blocked");
    // What is to come must be possible; what has come stands as it was found.
    let later = record(&calendar, &own, "phone", "2027-03-01T19:00:00Z");
    let no = calendar.desk.post(RECORDS, &later).refused(409, "blocked");
    assert_eq!(no["blocks"], json!(["screening"]));
    let (_, other) = calendar.client("Leo");
    let mut later = later;
    later["client_id"] = json!(other);
    // After hours, and sooner than anybody may book.
    assert_eq!(calendar.desk.post(RECORDS, &later).expect(201)["source"], "phone");
}

fn what_is_recorded_overlaps_nothing(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (_, other) = calendar.client("Leo");
    let first = record(&calendar, &own, "past_session", "2027-02-26T10:00:00Z");
    calendar.desk.post(RECORDS, &first).expect(201);
    let at_once = record(&calendar, &other, "past_session", "2027-02-26T10:59:00Z");
    calendar.desk.post(RECORDS, &at_once).refused(409, "slot_unavailable");
    let next = record(&calendar, &other, "past_session", "2027-02-26T11:00:00Z");
    calendar.desk.post(RECORDS, &next).expect(201);
    let (_, noa) = calendar.colleague("Noa");
    let mut elsewhere = record(&calendar, &own, "past_session", "2027-02-26T10:30:00Z");
    elsewhere["therapist_id"] = json!(noa);
    calendar.desk.post(RECORDS, &elsewhere).refused(409, "client_already_booked");
    // What is to come keeps its buffers clear.
    calendar.desk.post(RECORDS, &record(&calendar, &own, "phone", "2027-03-01T20:00:00Z")).expect(201);
    calendar
        .desk
        .post(RECORDS, &record(&calendar, &other, "phone", "2027-03-01T21:29:00Z"))
        .refused(409, "slot_unavailable");
    mia.post(RECORDS, &first).refused(403, "forbidden");
}

fn a_recorded_session_ends_the_clients_hold(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let start = "2027-03-02T10:00:00Z";
    let hold = mia.post("/api/v1/slot-holds", &calendar.ask(&own, start)).expect(201);
    let booking = calendar.desk.post("/api/v1/bookings/records", &record(&calendar, &own, "phone", start)).expect(201);
    assert_eq!(booking["state"], "confirmed");
    let ended = mia.get(&format!("/api/v1/slot-holds/{}", hold["id"].as_str().unwrap())).expect(200);
    assert_eq!(ended["state"], "replaced");

    // What was over says nothing of what is yet to be decided.
    let hold = mia.post("/api/v1/slot-holds", &calendar.ask(&own, "2027-03-03T10:00:00Z")).expect(201);
    calendar.desk.post(RECORDS, &record(&calendar, &own, "past_session", "2027-02-26T10:00:00Z")).expect(201);
    let stands = mia.get(&format!("/api/v1/slot-holds/{}", id(&hold))).expect(200);
    assert_eq!(stands["state"], "held");
}

fn what_was_over_is_written_down_beside_another(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (_, other) = calendar.client("Leo");
    hand_in(&mia, &own, &json!({}));
    let came = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    let missed = calendar.book(&mia, &own, "2027-03-02T15:00:00Z").expect(201);
    calendar.turn_to("2027-03-02T18:00:00Z");
    let past = |start: &str| calendar.desk.post(RECORDS, &record(&calendar, &other, "past_session", start));
    past("2027-03-02T11:00:00Z").refused(409, "slot_unavailable");
    step(&calendar.mara, &came, "complete", &json!({})).expect(200);
    past("2027-03-02T10:59:00Z").refused(409, "slot_unavailable");
    past("2027-03-02T11:00:00Z").expect(201);
    let missed = step(&calendar.mara, &missed, "no-show", &json!({})).expect(200);
    past("2027-03-02T14:00:00Z").expect(201);
    step(&calendar.mara, &missed, "correct", &json!({ "reason": "arrived_late" })).expect(200);
}

fn a_blocked_past_session_is_put_right_there_and_back(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (_, own) = calendar.client("Mia");
    let past = record(&calendar, &own, "past_session", "2027-02-26T10:00:00Z");
    let booking = calendar.desk.post(RECORDS, &past).expect(201);
    assert!(blocks(&booking).contains(&"intake"));
    let wrong = json!({ "reason": "recorded_in_error" });
    let gone = step(&calendar.desk, &booking, "correct", &wrong).expect(200);
    assert_eq!((&gone["state"], &gone["actual"]), (&json!("no_show"), &Value::Null));
    let back = step(&calendar.desk, &gone, "correct", &wrong).expect(200);
    assert_eq!((&back["state"], &back["actual"]), (&booking["state"], &booking["actual"]));
}

fn nobody_records_for_those_they_may_not_know(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (noa, _) = calendar.colleague("Noa");
    let past = |start: &str| record(&calendar, &own, "past_session", start);
    calendar.mara.post(RECORDS, &past("2027-02-26T10:00:00Z")).refused(404, "not_found");
    calendar.book(&mia, &own, "2027-03-05T10:00:00Z").expect(201);
    noa.post(RECORDS, &past("2027-02-26T10:00:00Z")).refused(404, "not_found");
    let booking = calendar.mara.post(RECORDS, &past("2027-02-26T10:00:00Z")).expect(201);
    assert_eq!((&booking["state"], &booking["location_id"]), (&json!("completed"), &json!(calendar.location)));
    let place = json!({ "name": "Hill rooms", "address_lines": ["Berg 1"], "zone": "Europe/Vienna" });
    let hill = id(&calendar.admin.post("/api/v1/locations", &place).expect(201));
    let which = calendar.desk.post(RECORDS, &past("2027-02-25T10:00:00Z")).refused(422, "invalid_fields");
    assert_eq!(which["violations"][0]["pointer"], "/location_id");
    let mut there = past("2027-02-25T10:00:00Z");
    there["location_id"] = json!(hill);
    assert_eq!(calendar.desk.post(RECORDS, &there).expect(201)["local_start"], "2027-02-25T11:00:00");
}

fn a_guardian_who_treats_their_ward_gains_nothing_by_it(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let account = calendar.mara.get("/api/v1/auth/me").expect(200)["account_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/users/{account}");
    let version = calendar.admin.get(&path).expect(200)["version"].clone();
    calendar.admin.put(&format!("{path}/roles"), &version, &json!({ "roles": ["client", "therapist"] })).expect(200);
    let mara = signed_in(&practice, "mara");
    let ward = json!({ "name": "Lou", "date_of_birth": "2020-05-01", "guardianship": { "basis": "parent" } });
    let lou = id(&mara.post("/api/v1/clients", &ward).expect(201));
    let tie = calendar.desk.get(&format!("/api/v1/clients/{lou}/guardians")).expect(200)["items"][0].clone();
    let accept = format!("/api/v1/clients/{lou}/guardians/{}/accept", id(&tie));
    calendar.desk.act(&accept, &tie["version"], &json!({})).expect(200);
    let treating =
        || calendar.desk.get(&format!("/api/v1/clients/{lou}/care-relationships")).expect(200)["items"].clone();
    calendar.book(&mara, &lou, "2027-03-05T10:00:00Z").expect(201);
    mara.post(RECORDS, &record(&calendar, &lou, "past_session", "2027-02-26T10:00:00Z")).expect(201);
    assert_eq!(treating(), json!([]));
    calendar.desk.post(RECORDS, &record(&calendar, &lou, "past_session", "2027-02-25T10:00:00Z")).expect(201);
    assert_eq!(treating()[0]["therapist_id"], json!(calendar.therapist));
}

fn each_change_leaves_its_row_and_no_more(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (_, therapist) = calendar.colleague("Noa");
    let booking = calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    hand_in(&mia, &own, &json!({}));
    let booking = mia.get(&at(&booking, "")).expect(200);
    let ask = json!({ "starts_at": "2027-03-04T12:00:00Z", "therapist_id": therapist });
    let booking = step(&mia, &booking, "reschedule", &ask).expect(200);
    calendar.turn_to("2027-03-04T11:30:00Z");
    let booking = step(&calendar.desk, &booking, "check-in", &json!({})).expect(200);
    assert_eq!((&booking["version"], &booking["updated_at"]), (&json!(4), &json!("2027-03-04T11:30:00Z")));
    step(&calendar.desk, &booking, "decline", &json!({})).refused(409, "invalid_transition");

    let told = calendar.desk.get(&at(&booking, "/history")).expect(200)["items"].clone();
    let rows = told.as_array().unwrap();
    let named = |name: &str| rows.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(named("version"), [1, 2, 3, 4]);
    assert_eq!(named("change"), ["booking.requested", "booking.blocks_changed", "booking.moved", "booking.checked_in"]);
    assert_eq!(named("state"), ["confirmed", "confirmed", "confirmed", "checked_in"]);
    assert_eq!(named("starts_at")[1..3], ["2027-03-04T10:00:00Z", "2027-03-04T12:00:00Z"]);
    assert_eq!(named("therapist_id")[1..3], [json!(calendar.therapist), json!(therapist)]);
    let account = |by: &Caller<'_>| by.get("/api/v1/auth/me").expect(200)["account_id"].clone();
    let mia = signed_in(&practice, "mia");
    assert_eq!(named("changed_by"), [account(&mia), account(&mia), account(&mia), account(&calendar.desk)]);
    assert_eq!(named("at")[3], "2027-03-04T11:30:00Z");
    // A client learns what and when.
    let own = mia.get(&at(&booking, "/history")).expect(200)["items"].clone();
    assert_eq!(own.as_array().unwrap().len(), 4);
    assert!(own.as_array().unwrap().iter().all(|row| row.get("changed_by").is_none() && row["at"].is_string()));
    calendar.mara.get(&at(&booking, "/history")).refused(404, "not_found");
    signed_in(&practice, "noa").get(&at(&booking, "/history")).expect(200);

    for sql in ["UPDATE booking_history SET change = 'x'", "DELETE FROM booking_history"] {
        assert!(practice.sql(sql).unwrap_err().contains("booking_history_immutable"), "{sql}");
    }
}

fn a_desk_finds_what_it_looks_for(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let first = calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    let second = calendar.book(&leo, &other, "2027-03-04T12:00:00Z").expect(201);
    let third = calendar.book(&calendar.desk, &other, "2027-03-03T12:00:00Z").expect(201);
    let past = record(&calendar, &own, "past_session", "2027-02-26T10:00:00Z");
    let fourth = calendar.desk.post(RECORDS, &past).expect(201);
    hand_in(&mia, &own, &json!({}));
    calendar.turn_to("2027-03-02T08:00:00Z");
    let gone = step(&calendar.desk, &second, "cancel", &json!({ "reason": "weather" })).expect(200);
    let found = |query: &str| -> Vec<String> {
        let listed = calendar.desk.get(&format!("/api/v1/bookings?{query}")).expect(200);
        listed["items"].as_array().unwrap().iter().map(id).collect()
    };
    let by_start = [&fourth, &third, &first, &second].map(id);
    assert_eq!(found("order=starts_at"), by_start);
    // As they were made, which for those of one instant is as their ids go.
    let of = |these: &[&Value]| {
        let mut ids: Vec<String> = these.iter().map(|one| id(one)).collect();
        ids.sort();
        ids
    };
    assert_eq!(found(""), of(&[&first, &second, &third, &fourth]));
    assert_eq!(found("state=cancelled,completed"), of(&[&second, &fourth]));
    assert_eq!(found("state=confirmed"), of(&[&first, &third]));
    assert_eq!(found("source=desk"), of(&[&third]));
    assert_eq!(found("blocked=false"), of(&[&first]));
    assert_eq!(found("blocked=true&state=confirmed"), of(&[&third]));
    assert_eq!(found("blocked=intake"), of(&[&second, &third, &fourth]));
    assert_eq!(found("blocked=screening"), Vec::<String>::new());
    assert_eq!(found("updated_since=2027-03-02T08:00:00Z"), of(&[&gone]));
    assert_eq!(
        found(&format!("location_id={}&session_type_id={}&client_id={own}", calendar.location, calendar.session_type)),
        of(&[&first, &fourth])
    );
    assert_eq!(found(&format!("location_id={}", calendar.therapist)), Vec::<String>::new());
    assert_eq!(found(&format!("session_type_id={}", calendar.location)), Vec::<String>::new());
    let beyond_time = "cursor=-8000000000000000000.0197a3a0-5b1e-7c3d-8f00-000000000001";
    let wrong = ["state=cancelled,gone", "blocked=maybe", "order=price", "source=fax", "cursor=x", "cursor=1.2"];
    for wrong in wrong.into_iter().chain([beyond_time]) {
        let no = calendar.desk.get(&format!("/api/v1/bookings?{wrong}")).refused(422, "invalid_fields");
        assert_eq!(no["violations"][0]["pointer"], wrong.split('=').next().unwrap());
    }
    // The filters narrow what one may see and never widen it.
    let mia = signed_in(&practice, "mia");
    let seen = mia.get("/api/v1/bookings?blocked=intake").expect(200);
    assert_eq!(seen["items"].as_array().unwrap().iter().map(id).collect::<Vec<_>>(), of(&[&fourth]));
}

fn a_list_by_start_is_read_to_its_end(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (_, noa) = calendar.colleague("Noa");
    let clients = ["Mia", "Leo"].map(|name| calendar.client(name).1);
    for (client, therapist) in clients.iter().zip([&calendar.therapist, &noa]) {
        for day in [6, 4, 5] {
            let mut ask = calendar.ask(client, &format!("2027-03-0{day}T10:00:00Z"));
            ask["therapist_id"] = json!(therapist);
            calendar.desk.post("/api/v1/bookings", &ask).expect(201);
        }
    }
    let (mut seen, mut query) = (Vec::new(), "order=starts_at&limit=1".to_owned());
    loop {
        let page = calendar.desk.get(&format!("/api/v1/bookings?{query}")).expect(200);
        let item = page["items"][0].clone();
        if seen.len() == 1 {
            // What was just read is moved past all others: the list goes on from where it stood.
            let later = json!({ "starts_at": "2027-03-08T10:00:00Z" });
            step(&calendar.desk, &item, "reschedule", &later).expect(200);
        }
        seen.push(item["starts_at"].as_str().unwrap().to_owned());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        query = format!("order=starts_at&limit=1&cursor={cursor}");
    }
    let days: Vec<&str> = seen.iter().map(|start| &start[8..10]).collect();
    assert_eq!(days, ["04", "04", "05", "05", "06", "06", "08"]);
}
