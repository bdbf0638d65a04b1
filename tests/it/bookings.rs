//! Bookings, rule by rule: who may book whom, when, and what keeps a session from going ahead.

use serde_json::{Value, json};

use crate::app::Practice;
use crate::calendar::{Calendar, at, blocks, hand_in, id, signed_in, step};
use crate::on_each_store;

on_each_store!(
    a_client_books_answers_and_comes,
    each_rule_refuses_by_its_name,
    every_listed_slot_can_be_booked,
    a_booking_is_made_once,
    an_expired_certification_is_named,
    a_revoked_certification_blocks_and_its_return_frees,
    a_guardian_books_for_a_child,
    a_refused_finding_blocks_and_is_named_to_few,
    a_clearance_frees,
    a_form_may_have_to_come_first,
    others_bookings_are_not_there,
    reasons_are_sealed_and_looks_at_them_recorded,
    a_booking_moves_in_place,
    the_cancellation_window_binds_clients,
    a_no_show_may_be_put_right,
);

fn a_client_books_answers_and_comes(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let made = calendar.book(&mia, &own, "2027-03-02T10:00:00Z");
    assert_eq!(made.header("etag"), Some("\"1\""));
    let location = made.header("location").unwrap().to_owned();
    let booking = made.expect(201);
    assert_eq!(location, at(&booking, ""));
    assert_eq!((&booking["state"], blocks(&booking)), (&json!("confirmed"), vec!["intake"]));
    assert_eq!(booking["blocks"][0]["remedy"], "answer_form");
    assert_eq!(
        (&booking["local_start"], &booking["ends_at"]),
        (&json!("2027-03-02T10:00:00"), &json!("2027-03-02T11:00:00Z"))
    );
    let forms = mia.get(&format!("/api/v1/intake-responses?client_id={own}")).expect(200);
    assert_eq!(
        (&forms["items"][0]["state"], &forms["items"][0]["due_at"]),
        (&json!("issued"), &json!("2027-03-02T10:00:00Z"))
    );

    calendar.turn_to("2027-03-02T09:30:00Z");
    let no = step(&calendar.desk, &booking, "check-in", &json!({})).refused(409, "blocked");
    assert_eq!(no["blocks"], json!(["intake"]));
    let mia = signed_in(&practice, "mia");
    hand_in(&mia, &own, &json!({}));
    let free = mia.get(&location).expect(200);
    assert_eq!((blocks(&free), &free["version"], &free["allowed_actions"]), (vec![], &json!(2), &json!([])));
    step(&calendar.desk, &booking, "check-in", &json!({})).refused(412, "version_mismatch");
    let here = step(&calendar.desk, &free, "check-in", &json!({})).expect(200);
    assert_eq!((&here["state"], &here["fhir_status"]), (&json!("checked_in"), &json!("arrived")));
    let no = step(&calendar.mara, &here, "complete", &json!({ "actual": null })).refused(422, "policy_violation");
    assert_eq!(no["rule"], "not_before_start");
    practice.turn_to("2027-03-02T11:00:00Z");
    calendar.mara = signed_in(&practice, "mara");
    let actual = json!({ "actual": { "start": "2027-03-02T10:05:00Z", "end": "2027-03-02T10:55:00Z" } });
    let done = step(&calendar.mara, &here, "complete", &actual).expect(200);
    assert_eq!((&done["state"], &done["actual"]), (&json!("completed"), &actual["actual"]));
    step(&calendar.mara, &done, "cancel", &json!({ "reason": "other" })).refused(409, "invalid_transition");
}

fn each_rule_refuses_by_its_name(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let refused = |start: &str, status, code: &str| calendar.book(&mia, &own, start).refused(status, code);
    assert_eq!(refused("2027-03-01T09:45:00Z", 422, "too_soon")["earliest"], "2027-03-01T10:00:00Z");
    assert_eq!(refused("2027-05-30T08:15:00Z", 422, "too_far_ahead")["latest"], "2027-05-30T08:00:00Z");
    refused("2027-03-02T07:45:00Z", 422, "outside_availability");
    refused("2027-03-02T17:15:00Z", 422, "outside_availability");
    assert_eq!(refused("2027-03-02T10:05:00Z", 422, "not_on_grid")["minutes"], 15);
    calendar.book(&leo, &other, "2027-03-02T10:00:00Z").expect(201);
    let no = refused("2027-03-02T10:15:00Z", 409, "slot_unavailable");
    assert_eq!(no["alternatives"], json!(["2027-03-02T11:30:00Z", "2027-03-02T11:45:00Z", "2027-03-02T08:30:00Z"]));
    let (_, noa) = calendar.colleague("Noa");
    let mut ask = calendar.ask(&other, "2027-03-02T10:45:00Z");
    ask["therapist_id"] = json!(noa);
    leo.post("/api/v1/bookings", &ask).refused(409, "client_already_booked");
    ask["starts_at"] = json!("2027-03-02T11:00:00Z");
    leo.post("/api/v1/bookings", &ask).expect(201);

    mia.post("/api/v1/bookings", &json!({ "client_id": own })).refused(422, "invalid_fields");
    let mut odd = calendar.ask(&own, "2027-03-03T10:00:00Z");
    odd["reasons"] = json!(["boredom"]);
    mia.post("/api/v1/bookings", &odd).refused(422, "invalid_fields");
    let retire = format!("/api/v1/session-types/{}/retire", calendar.session_type);
    calendar.admin.act(&retire, &json!(1), &json!({})).expect(200);
    assert_eq!(refused("2027-03-03T10:00:00Z", 422, "policy_violation")["rule"], "session_type_retired");
}

fn every_listed_slot_can_be_booked(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    calendar.book(&leo, &other, "2027-03-03T12:00:00Z").expect(201);
    let query = format!("from=2027-03-03T00:00:00Z&to=2027-03-04T00:00:00Z&client_id={own}");
    let listed = calendar.slots(&mia, &query);
    for hour in 7..19 {
        for minute in (0..60).step_by(15) {
            let start = format!("2027-03-03T{hour:02}:{minute:02}:00Z");
            let reply = calendar.book(&mia, &own, &start);
            assert_eq!(reply.status == 201, listed.contains(&start), "{start}: {}", reply.body);
            if reply.status == 201 {
                step(&mia, &reply.body, "cancel", &json!({})).expect(200);
            }
        }
    }
}

fn a_booking_is_made_once(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let key = [("Idempotency-Key", "a-b-c")];
    let ask = calendar.ask(&own, "2027-03-02T10:00:00Z");
    let first = mia.send("POST", "/api/v1/bookings", &key, Some(&ask)).expect(201);
    let second = mia.send("POST", "/api/v1/bookings", &key, Some(&ask));
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(second.expect(201)["id"], first["id"]);
    let other = calendar.ask(&own, "2027-03-02T12:00:00Z");
    mia.send("POST", "/api/v1/bookings", &key, Some(&other)).refused(422, "idempotency_key_reused");
}

fn an_expired_certification_is_named(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    calendar.book(&mia, &own, "2027-05-01T10:00:00Z").expect(201);
    let no = calendar.book(&mia, &own, "2027-05-02T10:00:00Z").refused(422, "certification_expired");
    assert_eq!(no["missing"][0]["why"], "expired");
    let (_, record) = practice.therapist(&calendar.admin, "Noa");
    let noa = id(&record);
    calendar.works(&noa, "08:00", "18:00");
    let mut ask = calendar.ask(&own, "2027-03-02T10:00:00Z");
    ask["therapist_id"] = json!(noa);
    mia.post("/api/v1/bookings", &ask).refused(404, "not_found");
    let no = calendar.desk.post("/api/v1/bookings", &ask).refused(422, "therapist_not_eligible");
    assert_eq!(no["missing"][0]["why"], "not_held");
}

fn a_revoked_certification_blocks_and_its_return_frees(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    hand_in(&mia, &own, &json!({}));
    let booking = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    assert!(blocks(&booking).is_empty());
    let change = |step: &str| {
        let path = format!("/api/v1/credentials/{}", id(&calendar.credential));
        let version = calendar.admin.get(&path).expect(200)["version"].clone();
        calendar.admin.act(&format!("{path}/{step}"), &version, &json!({ "reason": "a letter" })).expect(200);
    };
    change("suspend");
    let blocked = mia.get(&at(&booking, "")).expect(200);
    assert_eq!((blocks(&blocked), &blocked["blocks"][0]["by"]), (vec!["credential"], &json!("credential.suspended")));
    assert_eq!(blocked["state"], "confirmed");
    calendar.book(&mia, &own, "2027-03-02T14:00:00Z").refused(422, "therapist_not_eligible");
    change("reinstate");
    assert!(blocks(&mia.get(&at(&booking, "")).expect(200)).is_empty());
    change("revoke");
    // A session that cannot take place holds nobody to the window.
    practice.turn_to("2027-03-02T08:00:00Z");
    let mia = signed_in(&practice, "mia");
    let blocked = mia.get(&at(&booking, "")).expect(200);
    assert_eq!((blocks(&blocked), &blocked["allowed_actions"]), (vec!["credential"], &json!(["reschedule", "cancel"])));
    step(&mia, &blocked, "cancel", &json!({})).expect(200);
}

fn a_guardian_books_for_a_child(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, _) = calendar.client("Mia");
    let ward = json!({ "name": "Lou", "date_of_birth": "2020-05-01", "guardianship": { "basis": "parent" } });
    let lou = id(&mia.post("/api/v1/clients", &ward).expect(201));
    calendar.book(&mia, &lou, "2027-03-02T10:00:00Z").refused(404, "not_found");
    let booking = calendar.book(&calendar.desk, &lou, "2027-03-02T10:00:00Z").expect(201);
    assert_eq!(blocks(&booking), ["guardian", "intake"]);
    let tie = calendar.desk.get(&format!("/api/v1/clients/{lou}/guardians")).expect(200)["items"][0].clone();
    let accept = format!("/api/v1/clients/{lou}/guardians/{}/accept", id(&tie));
    calendar.desk.act(&accept, &tie["version"], &json!({})).expect(200);
    let seen = mia.get(&at(&booking, "")).expect(200);
    assert_eq!(blocks(&seen), ["intake"]);
    calendar.book(&mia, &lou, "2027-03-03T10:00:00Z").expect(201);
    hand_in(&mia, &lou, &json!({}));
    assert!(blocks(&mia.get(&at(&booking, "")).expect(200)).is_empty());
    assert_eq!(mia.get("/api/v1/bookings").expect(200)["items"].as_array().unwrap().len(), 2);
}

fn a_refused_finding_blocks_and_is_named_to_few(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    hand_in(&mia, &own, &json!({ "brain_swelling": { "status": "current", "onset": "unknown" } }));
    let blocked = calendar.desk.get(&at(&booking, "")).expect(200);
    assert_eq!((blocks(&blocked), &blocked["blocks"][0]["remedy"]), (vec!["screening"], &json!("cancel")));
    calendar.book(&mia, &own, "2027-03-04T10:00:00Z").refused(422, "contraindicated");
    calendar.book(&calendar.mara, &own, "2027-03-04T10:00:00Z").refused(422, "contraindicated");
    let told = calendar.book(&calendar.desk, &own, "2027-03-04T10:00:00Z").refused(422, "screening_blocked");
    assert!(!told.to_string().contains("swelling"));
    let query = format!("from=2027-03-04T00:00:00Z&to=2027-03-05T00:00:00Z&client_id={own}");
    assert!(calendar.slots(&mia, &query).is_empty());
    let no = step(&calendar.desk, &blocked, "reschedule", &json!({ "starts_at": "2027-03-04T10:00:00Z" }));
    no.refused(422, "screening_blocked");
}

fn a_clearance_frees(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    let response = hand_in(&mia, &own, &json!({ "brain_aneurysm": { "status": "current", "onset": "unknown" } }));
    assert_eq!(blocks(&mia.get(&at(&booking, "")).expect(200)), ["clearance"]);
    let review = format!("/api/v1/intake-responses/{}/review", id(&response));
    calendar.mara.act(&review, &response["version"], &json!({ "verdict": "clearance_pending" })).expect(200);
    let letter = json!({
        "intake_response_id": response["id"], "clinician_name": "Dr Ida Stern", "profession": "Neurologist",
        "registration": "BE-1234", "findings": ["brain_aneurysm"], "valid_from": "2027-03-01", "valid_until": "2027-03-31",
    });
    calendar.mara.post("/api/v1/clearances", &letter).expect(201);
    assert!(blocks(&mia.get(&at(&booking, "")).expect(200)).is_empty());
    // The letter is good for March only.
    let later = calendar.book(&mia, &own, "2027-04-03T10:00:00Z").expect(201);
    assert_eq!(blocks(&later), ["clearance"]);
}

fn a_form_may_have_to_come_first(practice: Practice) {
    let calendar = Calendar::of(&practice);
    calendar.sets("intake_timing", &json!("before_booking"));
    let (mia, own) = calendar.client("Mia");
    let query = format!("from=2027-03-02T00:00:00Z&to=2027-03-03T00:00:00Z&client_id={own}");
    assert!(calendar.slots(&mia, &query).is_empty());
    calendar.book(&mia, &own, "2027-03-02T10:00:00Z").refused(422, "intake_required");
    hand_in(&mia, &own, &json!({}));
    assert_eq!(calendar.slots(&mia, &query).len(), 37);
    assert!(blocks(&calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201)).is_empty());
}

fn others_bookings_are_not_there(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let (noa, therapist) = calendar.colleague("Noa");
    calendar.book(&calendar.mara, &own, "2027-03-02T10:00:00Z").refused(404, "not_found");
    calendar.book(&leo, &own, "2027-03-02T10:00:00Z").refused(404, "not_found");
    practice
        .anonymous()
        .post("/api/v1/bookings", &calendar.ask(&own, "2027-03-02T10:00:00Z"))
        .refused(401, "unauthenticated");
    let booking = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    calendar.book(&leo, &other, "2027-03-02T14:00:00Z").expect(201);
    // Mara treats Mia now.
    calendar.book(&calendar.mara, &own, "2027-03-09T10:00:00Z").expect(201);

    for stranger in [&leo, &noa] {
        stranger.get(&at(&booking, "")).refused(404, "not_found");
        stranger.get(&at(&booking, "/allowed-actions")).refused(404, "not_found");
        step(stranger, &booking, "cancel", &json!({ "reason": "other" })).refused(404, "not_found");
    }
    let count = |by: &crate::app::Caller<'_>, query: &str| {
        by.get(&format!("/api/v1/bookings?{query}")).expect(200)["items"].as_array().unwrap().len()
    };
    assert_eq!([count(&mia, ""), count(&leo, ""), count(&calendar.mara, ""), count(&noa, "")], [2, 1, 3, 0]);
    assert_eq!(count(&calendar.desk, &format!("client_id={own}")), 2);
    assert_eq!(count(&calendar.desk, &format!("therapist_id={therapist}")), 0);
    assert_eq!(count(&calendar.desk, "state=cancelled"), 0);
    assert_eq!(count(&calendar.desk, "from=2027-03-02T12:00:00Z&to=2027-03-09T10:00:00Z"), 1);
    let first = calendar.desk.get("/api/v1/bookings?limit=2").expect(200);
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(count(&calendar.desk, &format!("limit=2&cursor={next}")), 1);
    let vera = practice.staff(&calendar.admin, "Vera", "verifier");
    vera.get("/api/v1/bookings").refused(403, "forbidden");
}

fn reasons_are_sealed_and_looks_at_them_recorded(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let mut ask = calendar.ask(&own, "2027-03-02T10:00:00Z");
    ask["reasons"] = json!(["tinnitus", "headache"]);
    ask["reasons_text"] = json!("a whistling kettle since Tuesday");
    let booking = mia.send("POST", "/api/v1/bookings", &[("Idempotency-Key", "k")], Some(&ask)).expect(201);
    assert_eq!(booking["has_reasons"], true);
    assert!(!booking.to_string().contains("tinnitus"));
    let reasons = calendar.mara.get(&at(&booking, "/reasons")).expect(200);
    assert_eq!(reasons["reasons"], json!(["headache", "tinnitus"]));
    assert_eq!(mia.get(&at(&booking, "/reasons")).expect(200)["reasons_text"], ask["reasons_text"]);
    calendar.desk.get(&at(&booking, "/reasons")).refused(403, "forbidden");
    calendar.admin.get(&at(&booking, "/reasons")).refused(403, "forbidden");
    let looks = calendar.admin.get("/api/v1/audit-events?action=booking.reasons_viewed").expect(200);
    assert_eq!(looks["items"].as_array().unwrap().len(), 2);
    let bytes = practice.every_byte();
    assert!(!bytes.windows(17).any(|window| window == b"a whistling kettl"));
}

fn a_booking_moves_in_place(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let (noa, therapist) = calendar.colleague("Noa");
    let booking = calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    // Over its own old time, which does not stand in its way.
    let moved = step(&mia, &booking, "reschedule", &json!({ "starts_at": "2027-03-03T10:30:00Z" })).expect(200);
    assert_eq!((&moved["id"], &moved["version"]), (&booking["id"], &json!(2)));
    calendar.book(&leo, &other, "2027-03-03T09:00:00Z").expect(201);
    let taken = step(&mia, &moved, "reschedule", &json!({ "starts_at": "2027-03-03T09:15:00Z" }));
    taken.refused(409, "slot_unavailable");
    assert_eq!(mia.get(&at(&booking, "")).expect(200)["starts_at"], "2027-03-03T10:30:00Z");

    noa.get(&at(&booking, "")).refused(404, "not_found");
    let ask = json!({ "starts_at": "2027-03-03T10:30:00Z", "therapist_id": therapist });
    let moved = step(&mia, &moved, "reschedule", &ask).expect(200);
    assert_eq!(moved["therapist_id"], json!(therapist));
    noa.get(&format!("/api/v1/clients/{own}")).expect(200);
    calendar.mara.get(&format!("/api/v1/clients/{own}")).refused(404, "not_found");
    calendar.mara.get(&at(&booking, "")).refused(404, "not_found");
    calendar.book(&leo, &other, "2027-03-03T11:00:00Z").expect(201);
    let late = step(&mia, &moved, "reschedule", &json!({ "starts_at": "2027-05-02T10:30:00Z" }));
    late.refused(422, "certification_expired");
}

fn the_cancellation_window_binds_clients(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let early = calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    let late = calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    calendar.mara.get(&format!("/api/v1/clients/{own}")).expect(200);
    step(&calendar.desk, &early, "cancel", &json!({})).refused(422, "invalid_fields");
    let gone = step(&mia, &early, "cancel", &json!({})).expect(200);
    assert_eq!((&gone["state"], &gone["cancel_reason"]), (&json!("cancelled"), &json!("client_request")));
    let (leo, other) = calendar.client("Leo");
    calendar.book(&leo, &other, "2027-03-03T10:00:00Z").expect(201);

    calendar.turn_to("2027-03-03T10:30:00Z");
    let mia = signed_in(&practice, "mia");
    step(&mia, &late, "cancel", &json!({})).refused(422, "cancellation_window_passed");
    step(&mia, &late, "reschedule", &json!({ "starts_at": "2027-03-05T10:00:00Z" }))
        .refused(422, "cancellation_window_passed");
    step(&mia, &late, "check-in", &json!({})).refused(403, "forbidden");
    step(&calendar.desk, &late, "cancel", &json!({ "reason": "weather" })).expect(200);
    // What the bookings began ended with them.
    calendar.mara.get(&format!("/api/v1/clients/{own}")).refused(404, "not_found");
}

fn a_no_show_may_be_put_right(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    hand_in(&mia, &own, &json!({}));
    let booking = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    step(&calendar.desk, &booking, "no-show", &json!({})).refused(422, "policy_violation");
    step(&calendar.desk, &booking, "confirm", &json!({})).refused(409, "invalid_transition");
    step(&calendar.desk, &booking, "decline", &json!({})).refused(409, "invalid_transition");
    calendar.turn_to("2027-03-02T10:30:00Z");
    let gone = step(&calendar.desk, &booking, "no-show", &json!({})).expect(200);
    assert_eq!(gone["state"], "no_show");
    let wrong: Value = json!({ "reason": "arrived_late" });
    let put_right = step(&calendar.desk, &gone, "correct", &wrong).expect(200);
    assert_eq!(put_right["state"], "completed");
    calendar.desk.send("POST", &at(&booking, "/correct"), &[], Some(&wrong)).refused(428, "if_match_required");
}
