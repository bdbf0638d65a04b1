//! Where staff approve what clients book: what a pending booking holds, who ends the waiting, and what happens when nobody does.

use serde_json::{Value, json};
use stillpoint::bookings::expire_next;
use stillpoint::db::Stop;
use stillpoint::kernel::actor::Permit;

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, at, blocks, signed_in, step};
use crate::on_each_store;

on_each_store!(
    a_clients_request_waits_and_holds_its_time,
    staff_have_said_yes_when_they_ask,
    a_confirmation_brings_what_a_booking_brings,
    what_is_declined_is_free_again,
    a_client_takes_back_what_nobody_answered,
    what_nobody_answers_expires_at_its_start,
    what_nobody_answers_in_time_expires_earlier,
);

const TEN: &str = "2027-03-02T10:00:00Z";
const TWO: &str = "2027-03-02T14:00:00Z";

fn by_staff(practice: &Practice) -> Calendar<'_> {
    let calendar = Calendar::of(practice);
    calendar.sets("booking_approval", &json!("by_staff"));
    calendar
}

fn forms(by: &Caller<'_>, client: &str) -> usize {
    let listed = by.get(&format!("/api/v1/intake-responses?client_id={client}")).expect(200);
    listed["items"].as_array().unwrap().len()
}

/// Runs the job once, as the program does; answers how many bookings it let expire.
fn expire(practice: &Practice) -> usize {
    let db = practice.app.db.clone();
    let job = async move { db.write(&Permit::system("bookings.expire"), expire_next).await };
    let expired: Result<usize, Stop> = actix_web::rt::System::new().block_on(job);
    expired.unwrap()
}

fn a_clients_request_waits_and_holds_its_time(practice: Practice) {
    let calendar = by_staff(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let booking = calendar.book(&mia, &own, TEN).expect(201);
    assert_eq!((&booking["state"], &booking["fhir_status"]), (&json!("pending"), &json!("pending")));
    assert_eq!(blocks(&booking), ["intake"]);
    calendar.book(&leo, &other, TEN).refused(409, "slot_unavailable");
    calendar.book(&mia, &own, TEN).refused(409, "slot_unavailable");
    let query = format!("from=2027-03-02T00:00:00Z&to=2027-03-03T00:00:00Z&client_id={other}");
    assert!(!calendar.slots(&leo, &query).iter().any(|start| start == TEN));

    // The therapist knows of the booking and not yet of the client, who has no form to answer.
    calendar.mara.get(&at(&booking, "")).expect(200);
    calendar.mara.get(&format!("/api/v1/clients/{own}")).refused(404, "not_found");
    assert_eq!(forms(&mia, &own), 0);
    let may = |by: &Caller<'_>| by.get(&at(&booking, "/allowed-actions")).expect(200).to_string();
    assert!(may(&calendar.mara).contains("confirm") && may(&calendar.mara).contains("decline"));
    assert!(!may(&mia).contains("confirm"));
    step(&mia, &booking, "confirm", &json!({})).refused(403, "forbidden");

    // Moved, it still waits, and brings as little.
    let moved = step(&mia, &booking, "reschedule", &json!({ "starts_at": TWO })).expect(200);
    assert_eq!(moved["state"], "pending");
    assert_eq!(forms(&mia, &own), 0);
    calendar.mara.get(&format!("/api/v1/clients/{own}")).refused(404, "not_found");
    calendar.book(&leo, &other, TEN).expect(201);
}

fn staff_have_said_yes_when_they_ask(practice: Practice) {
    let calendar = by_staff(&practice);
    let (mia, own) = calendar.client("Mia");
    let by_desk = calendar.book(&calendar.desk, &own, TEN).expect(201);
    assert_eq!(by_desk["state"], "confirmed");
    // She treats Mia from now on.
    let by_therapist = calendar.book(&calendar.mara, &own, "2027-03-09T10:00:00Z").expect(201);
    assert_eq!(by_therapist["state"], "confirmed");
    assert_eq!(calendar.book(&mia, &own, "2027-03-16T10:00:00Z").expect(201)["state"], "pending");
    // The rule is for what is asked from now on.
    calendar.sets("booking_approval", &json!("automatic"));
    assert_eq!(calendar.book(&mia, &own, "2027-03-23T10:00:00Z").expect(201)["state"], "confirmed");
    assert_eq!(calendar.desk.get("/api/v1/bookings?state=pending").expect(200)["items"].as_array().unwrap().len(), 1);
}

fn a_confirmation_brings_what_a_booking_brings(practice: Practice) {
    let calendar = by_staff(&practice);
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, TEN).expect(201);
    let agreed = step(&calendar.mara, &booking, "confirm", &json!({})).expect(200);
    assert_eq!((&agreed["state"], &agreed["version"]), (&json!("confirmed"), &json!(2)));
    calendar.mara.get(&format!("/api/v1/clients/{own}")).expect(200);
    let listed = mia.get(&format!("/api/v1/intake-responses?client_id={own}")).expect(200);
    assert_eq!((&listed["items"][0]["state"], &listed["items"][0]["due_at"]), (&json!("issued"), &json!(TEN)));
    step(&calendar.desk, &agreed, "confirm", &json!({})).refused(409, "invalid_transition");
}

fn what_is_declined_is_free_again(practice: Practice) {
    let calendar = by_staff(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let booking = calendar.book(&mia, &own, TEN).expect(201);
    let declined = step(&calendar.desk, &booking, "decline", &json!({})).expect(200);
    assert_eq!((&declined["state"], &declined["fhir_status"]), (&json!("declined"), &json!("cancelled")));
    calendar.book(&leo, &other, TEN).expect(201);
    calendar.mara.get(&format!("/api/v1/clients/{own}")).refused(404, "not_found");
    assert_eq!(forms(&mia, &own), 0);
}

fn a_client_takes_back_what_nobody_answered(practice: Practice) {
    let mut calendar = by_staff(&practice);
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, TEN).expect(201);
    // Within the window, which binds to what was agreed and so not to this.
    calendar.turn_to("2027-03-02T09:30:00Z");
    let mia = signed_in(&practice, "mia");
    assert_eq!(step(&mia, &booking, "cancel", &json!({})).expect(200)["state"], "cancelled");
    practice.turn_to("2027-03-02T10:30:00Z");
    assert_eq!(expire(&practice), 0);
}

fn what_nobody_answers_expires_at_its_start(practice: Practice) {
    let mut calendar = by_staff(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let first = calendar.book(&mia, &own, TEN).expect(201);
    let second = calendar.book(&leo, &other, TWO).expect(201);
    let third = calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    let agreed = calendar.book(&calendar.desk, &own, "2027-03-02T12:00:00Z").expect(201);
    practice.turn_to("2027-03-02T09:59:59Z");
    assert_eq!(expire(&practice), 0);

    calendar.turn_to("2027-03-02T14:00:00Z");
    step(&calendar.desk, &first, "confirm", &json!({})).refused(422, "policy_violation");
    // One a time, until nothing is left.
    assert_eq!([expire(&practice), expire(&practice), expire(&practice)], [1, 1, 0]);
    let states =
        [&first, &second, &third, &agreed].map(|one| calendar.desk.get(&at(one, "")).expect(200)["state"].clone());
    assert_eq!(states, ["expired", "expired", "pending", "confirmed"]);
    step(&calendar.desk, &first, "confirm", &json!({})).refused(412, "version_mismatch");
    let told = calendar.admin.get("/api/v1/audit-events?action=booking.expired").expect(200);
    let told: Vec<&Value> = told["items"].as_array().unwrap().iter().collect();
    assert_eq!(told.len(), 2);

    // What expired claims no time: its hours can be cut off under it, and the rest of them taken.
    let ada = signed_in(&practice, "leo");
    calendar.sets("min_notice_minutes", &json!(0));
    calendar.book(&ada, &other, "2027-03-02T14:15:00Z").expect(201);
}

fn what_nobody_answers_in_time_expires_earlier(practice: Practice) {
    let mut calendar = by_staff(&practice);
    calendar.sets("approval_hours", &json!(4));
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let waits = calendar.book(&mia, &own, TWO).expect(201);
    assert_eq!(waits["answer_by"], "2027-03-01T12:00:00Z");
    let near = calendar.book(&leo, &other, "2027-03-01T11:00:00Z").expect(201);
    assert_eq!(near["answer_by"], "2027-03-01T11:00:00Z");
    // What was asked for before goes by what was told then.
    calendar.sets("approval_hours", &json!(null));
    let patient = calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    assert_eq!(patient["answer_by"], "2027-03-03T10:00:00Z");

    practice.turn_to("2027-03-01T11:59:59Z");
    assert_eq!([expire(&practice), expire(&practice)], [1, 0]);
    calendar.turn_to("2027-03-01T12:00:00Z");
    let late = step(&calendar.desk, &waits, "confirm", &json!({})).refused(422, "policy_violation");
    assert_eq!(late["rule"], "not_answered_in_time");
    assert_eq!([expire(&practice), expire(&practice)], [1, 0]);
    let states = [&waits, &near, &patient].map(|one| calendar.desk.get(&at(one, "")).expect(200)["state"].clone());
    assert_eq!(states, ["expired", "expired", "pending"]);
    let told = calendar.desk.get(&at(&waits, "/history")).expect(200);
    assert_eq!((&told["items"][1]["change"], told["items"][1].get("changed_by")), (&json!("booking.expired"), None));
    // Its time is free again.
    calendar.book(&calendar.desk, &other, TWO).expect(201);
}
