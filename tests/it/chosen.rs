//! Who comes to treat whom by a booking, who can be booked at all, and what becomes of bookings when that changes.

use serde_json::{Value, json};

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, at, blocks, hand_in, id, session, signed_in, step};
use crate::on_each_store;

on_each_store!(
    no_therapist_comes_to_treat_by_booking,
    only_what_took_place_prolongs_sight,
    a_request_that_waits_stays_with_who_was_asked,
    a_caution_holds_the_session_up_until_it_is_reviewed,
    who_has_no_login_that_may_treat_cannot_be_booked,
    who_has_left_opens_no_record_and_frees_their_clients,
    staff_are_clients_where_they_are_the_client,
    a_booking_moves_though_nobody_could_book_it_any_more,
    the_preview_promises_only_what_is_then_done,
);

const TEN: &str = "2027-03-02T10:00:00Z";

/// The kinds of care on a client's record of one therapist. Rows of one millisecond have no order among themselves, so by name.
fn care(calendar: &Calendar<'_>, client: &str, therapist: &str) -> Vec<String> {
    let all = calendar.admin.get(&format!("/api/v1/clients/{client}/care-relationships")).expect(200);
    let theirs = all["items"].as_array().unwrap().iter().filter(|one| one["therapist_id"] == therapist);
    let mut kinds: Vec<String> = theirs.map(|one| one["kind"].as_str().unwrap().to_owned()).collect();
    kinds.sort();
    kinds
}

fn with(mut ask: Value, therapist: &str) -> Value {
    ask["therapist_id"] = json!(therapist);
    ask
}

/// The account behind a caller, as an admin sees it.
fn user(calendar: &Calendar<'_>, of: &Caller<'_>) -> (String, Value) {
    let account = of.get("/api/v1/auth/me").expect(200)["account_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/users/{account}");
    let version = calendar.admin.get(&path).expect(200)["version"].clone();
    (path, version)
}

fn sets_roles(calendar: &Calendar<'_>, path: &str, roles: &Value) {
    let version = calendar.admin.get(path).expect(200)["version"].clone();
    calendar.admin.put(&format!("{path}/roles"), &version, &json!({ "roles": roles })).expect(200);
}

fn no_therapist_comes_to_treat_by_booking(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (noa, noas) = calendar.colleague("Noa");
    let (kim, kims) = calendar.colleague("Kim");
    let cover = json!({ "therapist_id": noas, "kind": "covering", "until": "2027-03-05T00:00:00Z", "reason": "leave" });
    calendar.admin.post(&format!("/api/v1/clients/{own}/care-relationships"), &cover).expect(201);
    noa.post("/api/v1/bookings", &with(calendar.ask(&own, TEN), &noas)).expect(201);
    noa.post("/api/v1/bookings", &with(calendar.ask(&own, "2027-03-03T10:00:00Z"), &kims)).expect(201);
    assert_eq!((care(&calendar, &own, &noas), care(&calendar, &own, &kims)), (vec!["covering".to_owned()], vec![]));

    let booking = calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    let moved = json!({ "starts_at": "2027-03-04T10:00:00Z", "therapist_id": kims });
    let booking = step(&calendar.mara, &booking, "reschedule", &moved).expect(200);
    kim.get(&format!("/api/v1/clients/{own}")).refused(404, "not_found");
    // The client's own word, or the desk's, is what opens the record.
    step(&mia, &booking, "reschedule", &json!({ "starts_at": "2027-03-04T12:00:00Z" })).expect(200);
    kim.get(&format!("/api/v1/clients/{own}")).expect(200);
    calendar.desk.post("/api/v1/bookings", &with(calendar.ask(&own, "2027-03-05T10:00:00Z"), &noas)).expect(201);
    assert_eq!(care(&calendar, &own, &noas), ["covering", "treating"]);
    // Who treats already goes on treating.
    noa.post("/api/v1/bookings", &with(calendar.ask(&own, "2027-03-12T10:00:00Z"), &noas)).expect(201);
    assert_eq!(care(&calendar, &own, &noas), ["covering", "treating"]);
}

fn only_what_took_place_prolongs_sight(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    hand_in(&mia, &own, &json!({}));
    calendar.book(&mia, &own, TEN).expect(201);
    let until = |calendar: &Calendar<'_>| {
        let all = calendar.admin.get(&format!("/api/v1/clients/{own}/care-relationships")).expect(200);
        all["items"][0]["until"].as_str().unwrap().to_owned()
    };
    let before = until(&calendar);
    let alone = calendar.book(&calendar.mara, &own, "2027-03-09T10:00:00Z").expect(201);
    assert_eq!(until(&calendar), before, "nobody prolongs their own sight by booking");
    calendar.turn_to("2027-03-09T11:30:00Z");
    step(&calendar.mara, &alone, "complete", &json!({ "actual": null })).expect(200);
    assert_eq!(&until(&calendar)[..10], "2028-03-08");
    assert!(before < until(&calendar));

    // What proves to have taken place does too, as if it had been told so at once.
    let missed = calendar.book(&calendar.mara, &own, "2027-03-16T10:00:00Z").expect(201);
    calendar.turn_to("2027-03-16T11:30:00Z");
    let missed = step(&calendar.mara, &missed, "no-show", &json!({})).expect(200);
    assert_eq!(&until(&calendar)[..10], "2028-03-08");
    step(&calendar.mara, &missed, "correct", &json!({ "reason": "arrived_late" })).expect(200);
    assert_eq!(&until(&calendar)[..10], "2028-03-15");
}

fn a_request_that_waits_stays_with_who_was_asked(practice: Practice) {
    let calendar = Calendar::of(&practice);
    calendar.sets("booking_approval", &json!("by_staff"));
    let (mia, own) = calendar.client("Mia");
    let (_, noas) = calendar.colleague("Noa");
    let booking = calendar.book(&mia, &own, TEN).expect(201);
    let moved = json!({ "starts_at": TEN, "therapist_id": noas });
    let no = step(&calendar.mara, &booking, "reschedule", &moved).refused(422, "policy_violation");
    assert_eq!(no["rule"], "therapist_not_chosen");
    step(&calendar.desk, &booking, "reschedule", &moved).expect(200);
}

fn a_caution_holds_the_session_up_until_it_is_reviewed(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, TEN).expect(201);
    let response = hand_in(&mia, &own, &json!({ "burns": { "status": "current", "onset": "unknown" } }));
    let blocked = calendar.desk.get(&at(&booking, "")).expect(200);
    assert_eq!((blocks(&blocked), &blocked["blocks"][0]["remedy"]), (vec!["intake"], &json!("await_review")));
    calendar.turn_to("2027-03-02T09:30:00Z");
    step(&calendar.desk, &blocked, "check-in", &json!({})).refused(409, "blocked");
    let review = format!("/api/v1/intake-responses/{}/review", id(&response));
    let clear = json!({ "verdict": "clear", "modification": "a light touch, away from the arm" });
    calendar.mara.act(&review, &response["version"], &clear).expect(200);
    let free = calendar.desk.get(&at(&booking, "")).expect(200);
    step(&calendar.desk, &free, "check-in", &json!({})).expect(200);
}

fn who_has_no_login_that_may_treat_cannot_be_booked(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    hand_in(&mia, &own, &json!({}));
    let booking = calendar.book(&mia, &own, TEN).expect(201);
    let query = format!("from=2027-03-03T00:00:00Z&to=2027-03-04T00:00:00Z&client_id={own}");
    let (path, _) = user(&calendar, &calendar.mara);
    let change = |step: &str| {
        let version = calendar.admin.get(&path).expect(200)["version"].clone();
        calendar.admin.act(&format!("{path}/{step}"), &version, &json!({})).expect(200);
    };
    let is_out = |gap: &str| {
        assert!(calendar.slots(&mia, &query).is_empty());
        calendar.book(&mia, &own, "2027-03-03T10:00:00Z").refused(404, "not_found");
        let no = calendar.book(&calendar.desk, &own, "2027-03-03T10:00:00Z").refused(422, "policy_violation");
        assert_eq!(no["rule"], "therapist_not_bookable");
        let readiness = format!("/api/v1/therapists/{}/readiness", calendar.therapist);
        assert_eq!(calendar.admin.get(&readiness).expect(200)["missing"], json!([gap]));
        assert_eq!(blocks(&mia.get(&at(&booking, "")).expect(200)), ["credential"]);
    };
    change("disable");
    is_out("account_disabled");
    change("enable");
    assert!(blocks(&mia.get(&at(&booking, "")).expect(200)).is_empty());
    sets_roles(&calendar, &path, &json!(["front_desk"]));
    is_out("role_missing");
    sets_roles(&calendar, &path, &json!(["therapist"]));
    assert!(!calendar.slots(&mia, &query).is_empty());

    let ghost = calendar.admin.post("/api/v1/therapists", &json!({ "name": "Ghost" })).expect(201);
    calendar.admin.act(&format!("/api/v1/therapists/{}/list", id(&ghost)), &json!(1), &json!({})).expect(200);
    mia.post("/api/v1/bookings", &with(calendar.ask(&own, TEN), &id(&ghost))).refused(404, "not_found");
}

fn who_has_left_opens_no_record_and_frees_their_clients(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    hand_in(&mia, &own, &json!({}));
    let booking = calendar.book(&mia, &own, TEN).expect(201);
    let record = format!("/api/v1/clients/{own}");
    calendar.mara.get(&record).expect(200);
    let path = format!("/api/v1/therapists/{}", calendar.therapist);
    let version = calendar.admin.get(&path).expect(200)["version"].clone();
    calendar.admin.act(&format!("{path}/offboard"), &version, &json!({})).expect(200);
    calendar.mara.get(&record).refused(404, "not_found");
    assert!(calendar.mara.get("/api/v1/clients").expect(200)["items"].as_array().unwrap().is_empty());
    // Within the window, and held to nothing.
    practice.turn_to("2027-03-02T08:00:00Z");
    let mia = signed_in(&practice, "mia");
    let blocked = mia.get(&at(&booking, "")).expect(200);
    assert_eq!((blocks(&blocked), &blocked["blocks"][0]["by"]), (vec!["credential"], &json!("therapist.offboarded")));
    step(&mia, &blocked, "cancel", &json!({})).expect(200);
}

fn staff_are_clients_where_they_are_the_client(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (path, _) = user(&calendar, &calendar.desk);
    sets_roles(&calendar, &path, &json!(["client", "front_desk"]));
    let dora = signed_in(&practice, "dora");
    let own = dora.get("/api/v1/auth/me").expect(200)["client_id"].as_str().unwrap().to_owned();
    hand_in(&dora, &own, &json!({}));
    let soon = calendar.book(&dora, &own, "2027-03-01T11:00:00Z").expect(201);
    step(&dora, &soon, "cancel", &json!({ "reason": "other" })).refused(422, "cancellation_window_passed");
    step(&dora, &soon, "check-in", &json!({})).refused(403, "forbidden");

    let (path, _) = user(&calendar, &calendar.mara);
    sets_roles(&calendar, &path, &json!(["client", "therapist"]));
    let mara = signed_in(&practice, "mara");
    let own = mara.get("/api/v1/auth/me").expect(200)["client_id"].as_str().unwrap().to_owned();
    for by in [&mara, &calendar.admin] {
        assert_eq!(calendar.book(by, &own, TEN).refused(422, "policy_violation")["rule"], "own_therapist");
    }
    let query = format!("from=2027-03-03T00:00:00Z&to=2027-03-04T00:00:00Z&client_id={own}");
    assert!(calendar.slots(&mara, &query).is_empty());
}

fn a_booking_moves_though_nobody_could_book_it_any_more(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    let kind = format!("/api/v1/session-types/{}", calendar.session_type);
    let mut shorter = session(30, (15, 15), 15, &json!([]));
    shorter["price_minor"] = json!(100);
    calendar.admin.put(&kind, &json!(1), &shorter).expect(200);
    calendar.admin.act(&format!("{kind}/retire"), &json!(2), &json!({})).expect(200);
    let path = format!("/api/v1/therapists/{}", calendar.therapist);
    let version = calendar.admin.get(&path).expect(200)["version"].clone();
    calendar.admin.act(&format!("{path}/unlist"), &version, &json!({})).expect(200);
    let moved = step(&mia, &booking, "reschedule", &json!({ "starts_at": "2027-03-05T10:00:00Z" })).expect(200);
    assert_eq!((&moved["ends_at"], &moved["price_minor"]), (&json!("2027-03-05T11:00:00Z"), &json!(9000)));
    calendar.book(&mia, &own, "2027-03-08T10:00:00Z").refused(404, "not_found");
}

fn the_preview_promises_only_what_is_then_done(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    hand_in(&mia, &own, &json!({}));
    let booking = calendar.book(&mia, &own, TEN).expect(201);
    // No event of hers, and yet she lacks what the session now requires.
    let licence = json!([{ "any_of": [practice.credential_type("licence_chiropractor")] }]);
    let kind = format!("/api/v1/session-types/{}", calendar.session_type);
    calendar.admin.put(&kind, &json!(1), &session(60, (15, 15), 15, &licence)).expect(200);
    calendar.turn_to("2027-03-02T09:30:00Z");
    let preview = |by: &Caller<'_>| by.get(&at(&booking, "")).expect(200)["allowed_actions"].clone();
    assert_eq!(preview(&calendar.desk), json!(["reschedule", "cancel"]));
    step(&calendar.desk, &booking, "check-in", &json!({})).refused(409, "blocked");
    let mia = signed_in(&practice, "mia");
    assert_eq!(preview(&mia), json!(["reschedule", "cancel"]));
    step(&mia, &booking, "cancel", &json!({})).expect(200);
}
