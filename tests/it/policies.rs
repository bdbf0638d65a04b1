//! What was agreed about a booking: windows, fees, who sets them aside, how much one client may book, and the receipt.

use serde_json::{Value, json};

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, at, hand_in, signed_in, step};
use crate::on_each_store;

on_each_store!(
    what_was_agreed_holds_whatever_is_set_later,
    a_late_cancellation_has_its_price_and_its_preview,
    staff_set_a_rule_aside_by_name_and_say_why,
    rules_of_time_are_set_aside_by_staff_and_no_others,
    not_coming_has_its_price_until_it_is_put_right,
    nobody_pays_for_a_session_that_could_not_be,
    a_client_books_no_more_than_the_practice_takes,
    a_receipt_is_for_what_is_owed,
    a_move_waits_no_longer_than_to_its_start,
);

const DAY: &str = "2027-03-04T10:00:00Z";

/// A practice that charges half the price for a late cancellation and all of it for not coming.
fn priced(practice: &Practice) -> Calendar<'_> {
    let calendar = Calendar::of(practice);
    calendar.sets("late_cancel_fee_percent", &json!(50));
    calendar.sets("no_show_fee_percent", &json!(100));
    calendar
}

/// What each step would cost, by its name.
fn preview(by: &Caller<'_>, booking: &Value) -> Vec<(String, i64, Value)> {
    let told = by.get(&at(booking, "/allowed-actions")).expect(200);
    let each = told["allowed_actions"].as_array().unwrap().iter();
    each.map(|one| {
        assert_eq!(one["currency"], "EUR");
        (one["action"].as_str().unwrap().to_owned(), one["fee_minor"].as_i64().unwrap(), one["fee_code"].clone())
    })
    .collect()
}

fn fee(booking: &Value) -> (&Value, &Value) {
    (&booking["fee_minor"], &booking["fee_code"])
}

/// What the one event of a kind tells of a booking.
fn details(calendar: &Calendar<'_>, action: &str, booking: &Value) -> Value {
    let told = calendar.admin.get(&format!("/api/v1/audit-events?action={action}")).expect(200);
    let of_it = |event: &&Value| event["subject_id"] == booking["id"];
    told["items"].as_array().unwrap().iter().find(of_it).unwrap()["details"].clone()
}

fn what_was_agreed_holds_whatever_is_set_later(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let before = calendar.book(&mia, &own, DAY).expect(201);
    let terms = json!({ "cancellation_window_hours": 24, "reschedule_window_hours": 24, "late_cancel_fee_percent": null,
        "no_show_fee_percent": 0 });
    assert_eq!((&before["terms"], &before["source"]), (&terms, &json!("online")));
    for (rule, to) in [
        ("cancellation_window_hours", json!(48)),
        ("reschedule_window_hours", json!(48)),
        ("late_cancel_fee_percent", json!(50)),
        ("no_show_fee_percent", json!(100)),
    ] {
        calendar.sets(rule, &to);
    }
    let after = calendar.book(&mia, &own, "2027-03-04T14:00:00Z").expect(201);
    assert_eq!(after["terms"]["cancellation_window_hours"], 48);
    // Moved and blocked and freed, it keeps them.
    hand_in(&mia, &own, &json!({}));
    let before = mia.get(&at(&before, "")).expect(200);
    let before = step(&mia, &before, "reschedule", &json!({ "starts_at": "2027-03-04T10:30:00Z" })).expect(200);
    assert_eq!(before["terms"], terms);

    calendar.turn_to("2027-03-03T12:00:00Z");
    let mia = signed_in(&practice, "mia");
    step(&mia, &before, "cancel", &json!({})).refused(422, "cancellation_window_passed");
    step(&mia, &before, "reschedule", &json!({ "starts_at": "2027-03-05T10:00:00Z" }))
        .refused(422, "cancellation_window_passed");
    let after = mia.get(&at(&after, "")).expect(200);
    step(&mia, &after, "reschedule", &json!({ "starts_at": "2027-03-05T15:00:00Z" }))
        .refused(422, "cancellation_window_passed");
    assert_eq!(fee(&step(&mia, &after, "cancel", &json!({})).expect(200)), (&json!(4500), &json!("late_cancel")));
    let by_desk = calendar.book(&calendar.desk, &own, "2027-03-05T14:00:00Z").expect(201);
    assert_eq!(by_desk["source"], "desk");
}

fn a_late_cancellation_has_its_price_and_its_preview(practice: Practice) {
    let mut calendar = priced(&practice);
    let (mia, own) = calendar.client("Mia");
    let early = calendar.book(&mia, &own, "2027-03-05T10:00:00Z").expect(201);
    let late = calendar.book(&mia, &own, DAY).expect(201);
    let free = |step: &str| (step.to_owned(), 0, Value::Null);
    assert_eq!(preview(&mia, &late), [free("reschedule"), free("cancel")]);
    calendar.turn_to("2027-03-03T10:30:00Z");
    let mia = signed_in(&practice, "mia");
    let half = ("cancel".to_owned(), 4500, json!("late_cancel"));
    assert_eq!(preview(&mia, &late), std::slice::from_ref(&half));
    assert_eq!(preview(&calendar.desk, &late), [free("reschedule"), half]);
    assert_eq!(fee(&step(&mia, &early, "cancel", &json!({})).expect(200)), (&Value::Null, &Value::Null));
    let gone = step(&mia, &late, "cancel", &json!({ "reason": "illness" })).expect(200);
    assert_eq!(fee(&gone), (&json!(4500), &json!("late_cancel")));
    assert_eq!(details(&calendar, "booking.cancelled", &late), json!({ "fee": "late_cancel", "reason": "illness" }));
    assert_eq!(mia.get(&at(&late, "")).expect(200)["fee_minor"], 4500);
}

fn rules_of_time_are_set_aside_by_staff_and_no_others(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (ben, other) = calendar.client("Ben");
    let path = "/api/v1/bookings";
    let wish = |client: &str, start: &str, names: &Value, why: &Value| {
        let mut ask = calendar.ask(client, start);
        ask["override"] = names.clone();
        ask["override_reason"] = why.clone();
        ask
    };
    // The clock stands at eight: half past nine is too soon, and seven minutes past is on no grid.
    let soon = "2027-03-01T09:37:00Z";
    let both = json!(["min_notice", "grid"]);
    calendar.desk.post(path, &wish(&own, soon, &json!([]), &Value::Null)).refused(422, "too_soon");
    calendar
        .desk
        .post(path, &wish(&own, soon, &json!(["min_notice"]), &json!("emergency")))
        .refused(422, "not_on_grid");
    calendar.desk.post(path, &wish(&own, soon, &both, &Value::Null)).refused(422, "invalid_fields");
    mia.post(path, &wish(&own, soon, &both, &json!("emergency"))).refused(403, "forbidden");
    let booking = calendar.desk.post(path, &wish(&own, soon, &both, &json!("emergency"))).expect(201);
    let told = details(&calendar, "booking.requested", &booking);
    assert_eq!((&told["override"], &told["override_reason"]), (&json!("min_notice,grid"), &json!("emergency")));
    // Who may not set them aside learns nothing by trying, of what is taken neither.
    ben.post("/api/v1/booking-checks", &wish(&other, soon, &both, &json!("other"))).refused(403, "forbidden");
    // What is taken has no name.
    let all = json!(["min_notice", "max_advance", "working_hours", "grid", "limits", "age"]);
    calendar.desk.post(path, &wish(&other, soon, &all, &json!("other"))).refused(409, "slot_unavailable");

    let evening = json!({ "starts_at": "2027-03-04T22:10:00Z" });
    step(&calendar.desk, &booking, "reschedule", &evening).refused(422, "outside_availability");
    let named =
        json!({ "starts_at": "2027-03-04T22:10:00Z", "override": ["working_hours"], "override_reason": "goodwill" });
    step(&mia, &booking, "reschedule", &named).refused(403, "forbidden");
    let moved = step(&calendar.desk, &booking, "reschedule", &named).expect(200);
    assert_eq!(details(&calendar, "booking.moved", &moved)["override"], "working_hours");
    ben.post(path, &calendar.ask(&other, "2027-03-04T10:00:00Z")).expect(201);
}

fn staff_set_a_rule_aside_by_name_and_say_why(practice: Practice) {
    let mut calendar = priced(&practice);
    let (mia, own) = calendar.client("Mia");
    let booked = |start: &str| calendar.book(&mia, &own, start).expect(201);
    let (first, second, third) = (booked(DAY), booked("2027-03-04T12:00:00Z"), booked("2027-03-04T14:00:00Z"));
    calendar.sets("late_cancel_fee_percent", &json!(null));
    let strict = booked("2027-03-04T16:00:00Z");
    calendar.turn_to("2027-03-04T09:00:00Z");
    let mia = signed_in(&practice, "mia");
    let waived = json!({ "reason": "client_request", "override": ["cancellation_fee"], "override_reason": "goodwill" });
    step(&mia, &first, "cancel", &waived).refused(403, "forbidden");
    let desk = &calendar.desk;
    let unsaid = json!({ "reason": "client_request", "override": ["cancellation_fee"] });
    let no = step(desk, &first, "cancel", &unsaid).refused(422, "invalid_fields");
    assert_eq!(no["violations"][0]["pointer"], "/override_reason");
    let elsewhere = json!({ "reason": "client_request", "override": ["no_show_fee"], "override_reason": "goodwill" });
    let no = step(desk, &first, "cancel", &elsewhere).refused(422, "invalid_fields");
    assert_eq!(no["violations"][0]["pointer"], "/override/0");
    let unknown = json!({ "reason": "client_request", "override": ["overlap"], "override_reason": "goodwill" });
    step(desk, &first, "cancel", &unknown).refused(422, "invalid_fields");

    assert_eq!(fee(&step(desk, &first, "cancel", &waived).expect(200)), (&Value::Null, &Value::Null));
    let told = json!({ "override": "cancellation_fee", "override_reason": "goodwill", "reason": "client_request" });
    assert_eq!(details(&calendar, "booking.cancelled", &first), told);
    let charged = step(desk, &second, "cancel", &json!({ "reason": "client_request" })).expect(200);
    assert_eq!(charged["fee_minor"], 4500);
    let own_reason = step(desk, &third, "cancel", &json!({ "reason": "therapist_unavailable" })).expect(200);
    assert_eq!(own_reason["fee_minor"], Value::Null);

    step(desk, &strict, "cancel", &json!({ "reason": "client_request" })).refused(422, "cancellation_window_passed");
    let opened = json!({ "reason": "client_request", "override": ["cancellation_fee", "cancellation_window"],
        "override_reason": "emergency" });
    assert_eq!(step(desk, &strict, "cancel", &opened).expect(200)["fee_minor"], Value::Null);
    let both = details(&calendar, "booking.cancelled", &strict)["override"].clone();
    assert_eq!(both, "cancellation_window,cancellation_fee");
}

fn not_coming_has_its_price_until_it_is_put_right(practice: Practice) {
    let mut calendar = priced(&practice);
    let (mia, own) = calendar.client("Mia");
    hand_in(&mia, &own, &json!({}));
    let first = calendar.book(&mia, &own, DAY).expect(201);
    let second = calendar.book(&mia, &own, "2027-03-04T12:00:00Z").expect(201);
    calendar.turn_to("2027-03-04T13:30:00Z");
    let desk = &calendar.desk;
    let all = ("no_show".to_owned(), 9000, json!("no_show"));
    assert!(preview(desk, &first).contains(&all));
    let gone = step(desk, &first, "no-show", &json!({})).expect(200);
    assert_eq!(fee(&gone), (&json!(9000), &json!("no_show")));
    let right = json!({ "reason": "arrived_late" });
    let came = step(desk, &gone, "correct", &right).expect(200);
    assert_eq!((&came["state"], fee(&came)), (&json!("completed"), (&Value::Null, &Value::Null)));
    assert!(preview(desk, &came).contains(&("correct".to_owned(), 9000, json!("no_show"))));
    let gone = step(desk, &came, "correct", &json!({ "reason": "left_before_session" })).expect(200);
    assert_eq!(fee(&gone), (&json!(9000), &json!("no_show")));
    let waived = json!({ "override": ["no_show_fee"], "override_reason": "illness" });
    assert_eq!(fee(&step(desk, &second, "no-show", &waived).expect(200)), (&Value::Null, &Value::Null));
    assert_eq!(
        details(&calendar, "booking.no_show", &second),
        json!({ "override": "no_show_fee", "override_reason": "illness" })
    );
}

fn nobody_pays_for_a_session_that_could_not_be(practice: Practice) {
    let mut calendar = priced(&practice);
    let (mia, own) = calendar.client("Mia");
    let called_off = calendar.book(&mia, &own, DAY).expect(201);
    let missed = calendar.book(&mia, &own, "2027-03-04T12:00:00Z").expect(201);
    hand_in(&mia, &own, &json!({ "brain_swelling": { "status": "current", "onset": "unknown" } }));
    calendar.turn_to("2027-03-04T09:00:00Z");
    let mia = signed_in(&practice, "mia");
    let called_off = mia.get(&at(&called_off, "")).expect(200);
    assert!(preview(&mia, &called_off).contains(&("cancel".to_owned(), 0, Value::Null)));
    assert_eq!(step(&mia, &called_off, "cancel", &json!({})).expect(200)["fee_minor"], Value::Null);
    calendar.turn_to("2027-03-04T12:30:00Z");
    let missed = calendar.desk.get(&at(&missed, "")).expect(200);
    assert_eq!(step(&calendar.desk, &missed, "no-show", &json!({})).expect(200)["fee_minor"], Value::Null);
}

fn a_client_books_no_more_than_the_practice_takes(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    calendar.sets("max_bookings_per_client_per_week", &json!(1));
    let sunday = calendar.book(&mia, &own, "2027-03-07T10:00:00Z").expect(201);
    let full = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").refused(422, "limit_reached");
    assert_eq!(full["limit"], "max_bookings_per_client_per_week");
    // What could not be booked is neither listed nor held; of the next week it is.
    let listed = |by: &Caller<'_>, from: &str, to: &str| {
        let week =
            format!("from={from}T00:00:00Z&to={to}T00:00:00Z&client_id={own}&therapist_id={}", calendar.therapist);
        let path = format!("/api/v1/slots?session_type_id={}&{week}", calendar.session_type);
        by.get(&path).expect(200)["items"].as_array().unwrap().len()
    };
    assert_eq!(listed(&mia, "2027-03-01", "2027-03-08"), 0);
    assert!(listed(&mia, "2027-03-08", "2027-03-10") > 0 && listed(&calendar.desk, "2027-03-01", "2027-03-08") > 0);
    mia.post("/api/v1/slot-holds", &calendar.ask(&own, "2027-03-02T10:00:00Z")).refused(422, "limit_reached");
    // Within its own week it moves, and not into another's.
    let sunday = step(&mia, &sunday, "reschedule", &json!({ "starts_at": "2027-03-06T10:00:00Z" })).expect(200);
    calendar.book(&mia, &own, "2027-03-08T10:00:00Z").expect(201);
    let into = json!({ "starts_at": "2027-03-09T10:00:00Z" });
    step(&mia, &sunday, "reschedule", &into).refused(422, "limit_reached");
    step(&calendar.desk, &sunday, "reschedule", &into).expect(200);
    calendar.book(&calendar.desk, &own, "2027-03-10T10:00:00Z").expect(201);

    calendar.sets("max_bookings_per_client_per_week", &json!(null));
    calendar.sets("max_open_bookings_per_client", &json!(4));
    let fourth = calendar.book(&mia, &own, "2027-03-11T10:00:00Z").expect(201);
    let full = calendar.book(&mia, &own, "2027-03-12T10:00:00Z").refused(422, "limit_reached");
    assert_eq!(full["limit"], "max_open_bookings_per_client");
    let fourth = step(&mia, &fourth, "reschedule", &json!({ "starts_at": "2027-03-11T12:00:00Z" })).expect(200);
    step(&mia, &fourth, "cancel", &json!({})).expect(200);
    calendar.book(&mia, &own, "2027-03-12T10:00:00Z").expect(201);
}

fn a_receipt_is_for_what_is_owed(practice: Practice) {
    let mut calendar = priced(&practice);
    let (mia, own) = calendar.client("Mia");
    calendar.client("Leo");
    hand_in(&mia, &own, &json!({}));
    let held = calendar.book(&mia, &own, DAY).expect(201);
    let missed = calendar.book(&mia, &own, "2027-03-04T12:00:00Z").expect(201);
    mia.get(&at(&held, "/receipt")).refused(404, "not_found");
    calendar.turn_to("2027-03-04T13:30:00Z");
    step(&calendar.desk, &held, "complete", &json!({ "actual": null })).expect(200);
    step(&calendar.desk, &missed, "no-show", &json!({})).expect(200);
    let (mia, leo) = (signed_in(&practice, "mia"), signed_in(&practice, "leo"));
    let reply = mia.get(&at(&held, "/receipt"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let receipt = reply.expect(200);
    assert_eq!(receipt["client_name"], "Mia");
    assert_eq!(receipt["therapist_names"], json!(["Mara"]));
    assert_eq!((&receipt["session_type"], &receipt["minutes"]), (&json!("60 minutes"), &json!(60)));
    assert_eq!((&receipt["local_start"], &receipt["zone"]), (&json!("2027-03-04T10:00:00"), &json!("UTC")));
    assert_eq!(receipt["practice"]["location"], json!({ "name": "Harbour rooms", "address_lines": ["Kai 3"] }));
    let owed = |receipt: &Value| ["price_minor", "fee_minor", "total_minor"].map(|name| receipt[name].clone());
    assert_eq!(owed(&receipt), [json!(9000), Value::Null, json!(9000)]);
    assert!(receipt["number"].as_str().unwrap().starts_with("R-") && receipt["cancellation_text"].is_string());
    for by in [&calendar.desk, &calendar.mara] {
        assert_eq!(by.get(&at(&held, "/receipt")).expect(200), receipt);
    }
    leo.get(&at(&held, "/receipt")).refused(404, "not_found");
    let fee = mia.get(&at(&missed, "/receipt")).expect(200);
    assert_eq!((owed(&fee), &fee["fee_code"]), ([json!(9000), json!(9000), json!(9000)], &json!("no_show")));
}

fn a_move_waits_no_longer_than_to_its_start(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    calendar.sets("reschedule_window_hours", &json!(0));
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, DAY).expect(201);
    calendar.turn_to("2027-03-04T09:59:59Z");
    let mia = signed_in(&practice, "mia");
    let moved = step(&mia, &booking, "reschedule", &json!({ "starts_at": "2027-03-04T12:00:00Z" })).expect(200);
    calendar.turn_to("2027-03-04T12:00:00Z");
    let late = step(&calendar.desk, &moved, "reschedule", &json!({ "starts_at": "2027-03-05T10:00:00Z" }));
    assert_eq!(late.refused(422, "policy_violation")["rule"], "already_started");
}
