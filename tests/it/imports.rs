//! Bringing over bookings from another calendar: whole or not at all, and twice is once.

use serde_json::{Value, json};

use crate::app::{Caller, Practice, Reply};
use crate::calendar::{Calendar, at, blocks, hand_in, id, signed_in};
use crate::on_each_store;

on_each_store!(
    a_file_is_tried_then_taken_and_twice_is_once,
    one_row_at_fault_keeps_all_out,
    rows_are_kept_apart_from_what_stands_and_from_each_other,
    what_was_agreed_is_refused_by_findings_alone,
    a_room_is_found_for_each_or_it_is_told,
    a_session_of_two_names_both,
    what_is_held_for_a_client_gives_way_to_what_was_agreed,
    nobody_brings_over_their_own,
);

const HEADER: &str = "reference,client,therapist,session_type,local_start";

fn send(by: &Caller<'_>, csv: &str, dry_run: bool) -> Reply {
    by.post("/api/v1/imports", &json!({ "kind": "bookings", "csv": csv, "dry_run": dry_run }))
}

/// The faults of a file: where and what.
fn faults(reply: Reply) -> Vec<(String, String)> {
    let refused = reply.refused(422, "invalid_fields");
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let faults = refused["violations"].as_array().unwrap().iter();
    faults.map(|one| (text(one, "pointer"), text(one, "code"))).collect()
}

fn outcomes(answer: &Value) -> Vec<(u64, &str)> {
    let rows = answer["rows"].as_array().unwrap().iter();
    rows.map(|row| (row["row"].as_u64().unwrap(), row["outcome"].as_str().unwrap())).collect()
}

fn count(by: &Caller<'_>) -> usize {
    by.get("/api/v1/bookings?limit=200").expect(200)["items"].as_array().unwrap().len()
}

fn named(faults: &[(&str, &str)]) -> Vec<(String, String)> {
    faults.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
}

fn a_file_is_tried_then_taken_and_twice_is_once(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (_, other) = calendar.client("Leo");
    // Sooner than anybody may book, on no grid and after hours; another price.
    let file = format!(
        "\u{feff}{HEADER},zone,starts_at,price_minor\r\n\
         A-1,MIA@example.org,Mara,60 minutes,2027-03-01T20:07,,,8000\r\n\
         \"A,2\",{other},{},{},,,2027-03-02T10:00:00+01:00,\r\n\
         A-3,mia@example.org,mara@example.org,60 minutes,2027-03-03 10:00,Europe/Berlin,,\r\n",
        calendar.therapist, calendar.session_type
    );
    let tried = send(&calendar.desk, &file, true).expect(200);
    assert_eq!(outcomes(&tried), [(2, "new"), (3, "new"), (4, "new")]);
    assert_eq!((&tried["id"], &tried["dry_run"], count(&calendar.desk)), (&Value::Null, &json!(true), 0));
    let headers = [("Idempotency-Key", "k")];
    let body = json!({ "kind": "bookings", "csv": file });
    let reply = calendar.desk.send("POST", "/api/v1/imports", &headers, Some(&body));
    let location = reply.header("location").unwrap().to_owned();
    let taken = reply.expect(201);
    assert_eq!(outcomes(&taken), outcomes(&tried));
    assert_eq!(calendar.desk.send("POST", "/api/v1/imports", &headers, Some(&body)).expect(201), taken);
    assert_eq!(count(&calendar.desk), 3);

    let booking = |row: usize| json!({ "id": taken["rows"][row]["booking_id"] });
    let first = mia.get(&at(&booking(0), "")).expect(200);
    assert_eq!((&first["state"], &first["source"]), (&json!("confirmed"), &json!("import")));
    assert_eq!((&first["price_minor"], &first["local_start"]), (&json!(8000), &json!("2027-03-01T20:07:00")));
    assert_eq!((blocks(&first), &first["client_id"]), (vec!["intake"], &json!(own)));
    assert_eq!(calendar.desk.get(&at(&booking(1), "")).expect(200)["starts_at"], "2027-03-02T09:00:00Z");
    assert_eq!(mia.get(&at(&booking(2), "")).expect(200)["starts_at"], "2027-03-03T09:00:00Z");
    // It brings what a booking by the desk brings.
    calendar.mara.get(&format!("/api/v1/clients/{own}")).expect(200);
    hand_in(&mia, &own, &json!({}));
    let history = calendar.desk.get(&at(&first, "/history")).expect(200)["items"][0].clone();
    assert_eq!(history["change"], "booking.imported");
    let kept = calendar.desk.get(&location).expect(200);
    assert_eq!((&kept["row_count"], &kept["created_count"]), (&json!(3), &json!(3)));
    assert_eq!(kept["bookings"][0], json!({ "reference": "A,2", "booking_id": booking(1)["id"] }));

    let again = send(&calendar.admin, &file, false).expect(201);
    assert!(outcomes(&again).iter().all(|(_, outcome)| *outcome == "already_imported"));
    assert_eq!(again["rows"][0]["booking_id"], booking(0)["id"]);
    assert_eq!(outcomes(&send(&calendar.desk, &file, true).expect(200))[0], (2, "already_imported"));
    assert_eq!(count(&calendar.desk), 3);
    // Two of one instant are listed as their ids go.
    let mut both = [id(&kept), id(&again)];
    both.sort();
    let first = calendar.desk.get("/api/v1/imports?limit=1").expect(200);
    assert_eq!((id(&first["items"][0]), &first["items"][0]["row_count"]), (both[0].clone(), &json!(3)));
    let rest = calendar.desk.get(&format!("/api/v1/imports?cursor={}", both[0])).expect(200);
    assert_eq!((id(&rest["items"][0]), &rest["next_cursor"]), (both[1].clone(), &Value::Null));
    let twin = calendar.desk.get(&format!("/api/v1/imports/{}", id(&again))).expect(200);
    assert_eq!((&twin["fingerprint"], &twin["created_count"]), (&kept["fingerprint"], &json!(0)));
}

fn one_row_at_fault_keeps_all_out(practice: Practice) {
    let calendar = Calendar::of(&practice);
    calendar.client("Mia");
    let file = format!(
        "{HEADER},price_minor\n\
         A-1,mia@example.org,Mara,60 minutes,2027-03-03T10:00,\n\
         A-1,mia@example.org,Mara,60 minutes,2027-03-03T12:00,\n\
         A-3,nobody@example.org,Mara,60 minutes,2027-03-03T12:00,\n\
         A-4,mia@example.org,Nobody,60 minutes,2027-03-03T12:00,\n\
         A-5,mia@example.org,Mara,Nothing,2027-03-03T12:00,\n\
         A-6,mia@example.org,Mara,60 minutes,2027-03-01T08:00,\n\
         A-7,mia@example.org,Mara,60 minutes,2207-03-01T08:00,\n\
         =A8,mia@example.org,Mara,60 minutes,2027-03-03T12:00,free\n\
         A-9,mia@example.org\n"
    );
    let expected = named(&[
        ("/csv/3/reference", "duplicate_reference"),
        ("/csv/4/client", "unknown"),
        ("/csv/5/therapist", "unknown"),
        ("/csv/6/session_type", "unknown"),
        ("/csv/7/local_start", "in_the_past"),
        ("/csv/8/local_start", "too_far"),
        ("/csv/9/price_minor", "invalid"),
        ("/csv/9/reference", "formula"),
        ("/csv/10", "wrong_number_of_cells"),
    ]);
    let reply = send(&calendar.desk, &file, false);
    assert!(!reply.body.to_string().contains("=A8"), "no cell is repeated");
    assert_eq!(faults(reply), expected);
    assert_eq!(faults(send(&calendar.desk, &file, true)), expected);
    assert_eq!(count(&calendar.desk), 0);
    assert_eq!(faults(send(&calendar.desk, "", false)), named(&[("/csv", "missing_column")]));
    let notes = calendar.desk.post("/api/v1/imports", &json!({ "kind": "notes", "csv": "" }));
    assert_eq!(faults(notes), named(&[("/kind", "unknown_value")]));
    let long = format!("{HEADER}\n{}", "x".repeat(300_000));
    send(&calendar.desk, &long, false).refused(413, "too_large");
    // Of two who share an address, it is not guessed who is meant.
    let child = json!({ "name": "Lou", "date_of_birth": "1990-05-01", "email": "mia@example.org" });
    calendar.desk.post("/api/v1/clients", &child).expect(201);
    let row = format!("{HEADER}\nA-1,mia@example.org,Mara,60 minutes,2027-03-03T10:00\n");
    assert_eq!(faults(send(&calendar.desk, &row, true)), named(&[("/csv/2/client", "ambiguous")]));
}

fn rows_are_kept_apart_from_what_stands_and_from_each_other(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    calendar.client("Leo");
    calendar.colleague("Noa");
    calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    let file = format!(
        "{HEADER}\n\
         A-1,leo@example.org,Mara,60 minutes,2027-03-03T11:29\n\
         A-2,mia@example.org,Noa,60 minutes,2027-03-03T10:59\n\
         A-3,leo@example.org,Noa,60 minutes,2027-03-04T10:00\n\
         A-4,mia@example.org,Noa,60 minutes,2027-03-04T11:00\n\
         A-5,leo@example.org,Mara,60 minutes,2027-03-04T10:30\n"
    );
    let expected = named(&[
        ("/csv/2/therapist", "slot_unavailable"),
        ("/csv/3/client", "client_already_booked"),
        ("/csv/5/therapist", "slot_unavailable"),
        ("/csv/6/client", "client_already_booked"),
    ]);
    assert_eq!(faults(send(&calendar.desk, &file, true)), expected);
    assert_eq!(faults(send(&calendar.desk, &file, false)), expected);
    let touching = format!(
        "{HEADER}\nA-1,leo@example.org,Mara,60 minutes,2027-03-03T11:30\nA-2,mia@example.org,Mara,60 minutes,2027-03-03T13:00\n"
    );
    assert_eq!(outcomes(&send(&calendar.desk, &touching, false).expect(201)).len(), 2);
}

fn what_was_agreed_is_refused_by_findings_alone(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    calendar.client("Leo");
    let swelling = json!({ "brain_swelling": { "status": "current", "onset": "unknown" } });
    hand_in(&mia, &own, &swelling);
    let row = |client: &str, start: &str| format!("{HEADER}\nA-1,{client}@example.org,Mara,60 minutes,{start}\n");
    let refused = send(&calendar.desk, &row("mia", "2027-03-03T10:00"), false);
    assert_eq!(faults(refused), named(&[("/csv/2/client", "screening_blocked")]));
    // Her certification will have run out by then: that can still be mended.
    let taken = send(&calendar.desk, &row("leo", "2027-06-03T10:00"), false).expect(201);
    let booking = calendar.desk.get(&at(&json!({ "id": taken["rows"][0]["booking_id"] }), "")).expect(200);
    assert_eq!((&booking["state"], blocks(&booking)), (&json!("confirmed"), vec!["credential", "intake"]));
}

fn a_room_is_found_for_each_or_it_is_told(practice: Practice) {
    let calendar = Calendar::of(&practice);
    for name in ["Mia", "Leo", "Zoe"] {
        calendar.client(name);
    }
    for name in ["Noa", "Pia"] {
        calendar.colleague(name);
    }
    let mut table = crate::calendar::session(30, (0, 0), 15, &json!([]));
    table["room_kind"] = json!("table");
    table["room_rest_minutes"] = json!(30);
    calendar.admin.post("/api/v1/session-types", &table).expect(201);
    for name in ["North", "South"] {
        let room = json!({ "location_id": calendar.location, "name": name, "kind": "table" });
        calendar.admin.post("/api/v1/rooms", &room).expect(201);
    }
    let file = |third: &str| {
        format!(
            "{HEADER}\nA-1,mia@example.org,Mara,30 minutes,2027-03-03T10:00\nA-2,leo@example.org,Noa,30 minutes,2027-03-03T10:00\n\
             A-3,zoe@example.org,Pia,30 minutes,2027-03-03T{third}\n"
        )
    };
    // Both rooms rest until eleven.
    let refused = send(&calendar.desk, &file("10:59"), false);
    assert_eq!(faults(refused), named(&[("/csv/4/session_type", "room_unavailable")]));
    let taken = send(&calendar.desk, &file("11:00"), false).expect(201);
    let room = |row: usize| {
        calendar.desk.get(&at(&json!({ "id": taken["rows"][row]["booking_id"] }), "")).expect(200)["room_id"].clone()
    };
    assert!(room(0).is_string() && room(0) != room(1) && room(2).is_string());
}

fn a_session_of_two_names_both(practice: Practice) {
    let calendar = Calendar::of(&practice);
    calendar.client("Mia");
    calendar.colleague("Noa");
    let mut pair = crate::calendar::session(45, (0, 0), 15, &json!([]));
    pair["therapists_needed"] = json!(2);
    calendar.admin.post("/api/v1/session-types", &pair).expect(201);
    let row = |kind: &str, second: &str| {
        format!("{HEADER},co_therapist\nA-1,mia@example.org,Mara,{kind},2027-03-03T10:00,{second}\n")
    };
    let fault = |kind: &str, second: &str| {
        let faults = faults(send(&calendar.desk, &row(kind, second), false));
        assert_eq!((faults.len(), &*faults[0].0), (1, "/csv/2/co_therapist"));
        faults[0].1.clone()
    };
    assert_eq!(fault("45 minutes", ""), "required");
    assert_eq!(fault("45 minutes", "Mara"), "same_therapist");
    assert_eq!(fault("60 minutes", "Noa"), "not_needed");
    let taken = send(&calendar.desk, &row("45 minutes", "Noa"), false).expect(201);
    let booking = calendar.desk.get(&at(&json!({ "id": taken["rows"][0]["booking_id"] }), "")).expect(200);
    assert!(booking["co_therapist_id"].is_string());
}

fn what_is_held_for_a_client_gives_way_to_what_was_agreed(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    calendar.client("Leo");
    let hold = mia.post("/api/v1/slot-holds", &calendar.ask(&own, "2027-03-03T10:00:00Z")).expect(201);
    let file = |second: &str| {
        format!(
            "{HEADER}\nA-1,mia@example.org,Mara,60 minutes,2027-03-03T10:00\nA-2,{second}@example.org,Mara,60 minutes,2027-03-03T12:00\n"
        )
    };
    let other = format!("{HEADER}\nA-1,leo@example.org,Mara,60 minutes,2027-03-03T10:00\n");
    assert_eq!(faults(send(&calendar.desk, &other, true)), named(&[("/csv/2/therapist", "slot_unavailable")]));
    assert_eq!(outcomes(&send(&calendar.desk, &file("mia"), true).expect(200)).len(), 2);
    assert_eq!(outcomes(&send(&calendar.desk, &file("mia"), false).expect(201)).len(), 2);
    let ended = mia.get(&format!("/api/v1/slot-holds/{}", id(&hold))).expect(200);
    assert_eq!(ended["state"], "replaced");
}

fn nobody_brings_over_their_own(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let account = calendar.desk.get("/api/v1/auth/me").expect(200)["account_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/users/{account}");
    let version = calendar.admin.get(&path).expect(200)["version"].clone();
    let roles = json!({ "roles": ["client", "front_desk"] });
    calendar.admin.put(&format!("{path}/roles"), &version, &roles).expect(200);
    let dora = signed_in(&practice, "dora");
    let own = dora.get("/api/v1/auth/me").expect(200)["client_id"].as_str().unwrap().to_owned();
    // In an hour, which no rule would let a client book.
    let row = format!("{HEADER}\nA-1,{own},Mara,60 minutes,2027-03-01T09:00\n");
    assert_eq!(faults(send(&dora, &row, false)), named(&[("/csv/2/client", "own_booking")]));
    assert_eq!(outcomes(&send(&calendar.admin, &row, false).expect(201)), [(2, "new")]);
}
