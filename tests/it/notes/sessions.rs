//! A note and the booking it is of: when it may begin, and what keeps the two together.

use serde_json::{Value, json};

use super::arranged::{content, path};
use crate::app::Practice;
use crate::calendar::{Calendar, at, hand_in, signed_in, step};
use crate::on_each_store;

on_each_store!(
    a_note_waits_for_the_client_and_is_signed_after_the_start,
    no_booking_is_moved_once_it_may_have_a_note,
    a_session_that_did_not_happen_has_no_signed_note,
    the_actual_time_is_near_the_planned_one,
);

const NOTES: &str = "/api/v1/session-notes";

/// Mia's booking with Mara on Wednesday at ten, with nothing in its way.
fn booked(calendar: &Calendar<'_>) -> Value {
    let (mia, own) = calendar.client("Mia");
    hand_in(&mia, &own, &json!({}));
    calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201)
}

fn sign(calendar: &Calendar<'_>, note: &Value) -> crate::app::Reply {
    calendar.mara.steps_up();
    calendar.mara.act(&path(note, "/sign"), &note["version"], &json!({}))
}

fn begun(calendar: &Calendar<'_>, booking: &Value) -> Value {
    calendar.mara.post(NOTES, &json!({ "booking_id": booking["id"] })).expect(201)
}

fn saved(calendar: &Calendar<'_>, note: &Value) -> Value {
    let ask = json!({ "content": content("rest") });
    calendar.mara.put(&path(note, "/draft"), &note["version"], &ask).expect(200)
}

fn a_note_waits_for_the_client_and_is_signed_after_the_start(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let booking = booked(&calendar);
    let ask = json!({ "booking_id": booking["id"] });
    let early = calendar.mara.post(NOTES, &ask).refused(422, "policy_violation");
    assert_eq!(early["rule"], "not_before_start");
    calendar.turn_to("2027-03-03T09:30:00Z");
    calendar.mara.post(NOTES, &ask).refused(422, "policy_violation");
    step(&calendar.desk, &booking, "check-in", &json!({})).expect(200);
    let note = begun(&calendar, &booking);
    let ask = json!({
        "content": content("rest"), "actual": { "start": "2027-03-03T09:00:00Z", "end": "2027-03-03T09:20:00Z" },
    });
    let note = calendar.mara.put(&path(&note, "/draft"), &note["version"], &ask).expect(200);
    let early = sign(&calendar, &note).refused(422, "policy_violation");
    assert_eq!(early["rule"], "not_before_start");
    calendar.turn_to("2027-03-03T10:00:00Z");
    sign(&calendar, &note).expect(200);
}

fn no_booking_is_moved_once_it_may_have_a_note(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (_, noa) = calendar.colleague("Noa");
    let (first, (mia, own)) = (booked(&calendar), calendar.client("Leo"));
    hand_in(&mia, &own, &json!({}));
    let second = calendar.book(&mia, &own, "2027-03-03T11:30:00Z").expect(201);
    let moves = |calendar: &Calendar<'_>, booking: &Value, code: &str, status: u16| {
        for to in [
            json!({ "starts_at": "2027-03-05T10:00:00Z" }),
            json!({ "starts_at": "2027-03-05T10:00:00Z", "therapist_id": noa }),
        ] {
            for by in [&calendar.desk, &calendar.admin, &calendar.mara] {
                step(by, booking, "reschedule", &to).refused(status, code);
            }
        }
    };
    // One whose start is reached, and one whose client is early.
    calendar.turn_to("2027-03-03T10:45:00Z");
    let here = step(&calendar.desk, &second, "check-in", &json!({})).expect(200);
    moves(&calendar, &first, "policy_violation", 422);
    moves(&calendar, &here, "invalid_transition", 409);
    let (one, two) = (begun(&calendar, &first), begun(&calendar, &here));
    moves(&calendar, &first, "policy_violation", 422);
    moves(&calendar, &here, "invalid_transition", 409);
    let done = step(&calendar.desk, &first, "complete", &json!({})).expect(200);
    moves(&calendar, &done, "invalid_transition", 409);
    assert_eq!((&one["planned"]["start"], &two["planned"]["start"]), (&first["starts_at"], &second["starts_at"]));
    let noa = signed_in(&practice, "noa");
    noa.put(&path(&one, "/draft"), &one["version"], &json!({ "content": content("mine") })).refused(404, "not_found");
}

fn a_session_that_did_not_happen_has_no_signed_note(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let booking = booked(&calendar);
    calendar.turn_to("2027-03-03T10:00:00Z");
    let note = saved(&calendar, &begun(&calendar, &booking));
    let refused = |calendar: &Calendar<'_>, note: &Value| {
        // What is written is kept all the same.
        let note = saved(calendar, note);
        sign(calendar, &note).refused(409, "invalid_transition");
        note
    };
    let missed = step(&calendar.desk, &booking, "no-show", &json!({})).expect(200);
    let note = refused(&calendar, &note);
    let came = step(&calendar.desk, &missed, "correct", &json!({ "reason": "arrived_late" })).expect(200);
    assert_eq!(came["state"], "completed");
    let note = saved(&calendar, &note);
    sign(&calendar, &note).expect(200);

    let (leo, own) = calendar.client("Leo");
    hand_in(&leo, &own, &json!({}));
    let booking = calendar.book(&leo, &own, "2027-03-03T13:00:00Z").expect(201);
    calendar.turn_to("2027-03-03T12:45:00Z");
    let here = step(&calendar.desk, &booking, "check-in", &json!({})).expect(200);
    let note = saved(&calendar, &begun(&calendar, &here));
    step(&calendar.desk, &here, "cancel", &json!({ "reason": "therapist_unavailable" })).expect(200);
    calendar.turn_to("2027-03-03T13:00:00Z");
    refused(&calendar, &note);
    assert_eq!(calendar.mara.get(&path(&note, "")).expect(200)["state"], "draft");
    let again = json!({ "booking_id": here["id"] });
    calendar.mara.post(NOTES, &again).refused(409, "invalid_transition");
}

fn the_actual_time_is_near_the_planned_one(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let booking = booked(&calendar);
    calendar.turn_to("2027-03-03T10:00:00Z");
    let note = begun(&calendar, &booking);
    let ask = |start: &str, end: &str| json!({ "content": content("rest"), "actual": { "start": start, "end": end } });
    for (start, end) in
        [("2000-01-01T00:00:00Z", "2000-01-01T01:00:00Z"), ("2027-03-03T10:00:00Z", "2027-03-04T11:00:01Z")]
    {
        let far = calendar.mara.put(&path(&note, "/draft"), &note["version"], &ask(start, end));
        assert_eq!(far.refused(422, "invalid_fields")["violations"][0]["pointer"], "/actual");
    }
    let near = ask("2027-03-02T10:00:00Z", "2027-03-02T11:00:00Z");
    let note = calendar.mara.put(&path(&note, "/draft"), &note["version"], &near).expect(200);
    assert_eq!((&note["actual"], &note["date_of_service"]), (&near["actual"], &json!("2027-03-03")));
    assert_eq!(calendar.mara.get(&at(&booking, "")).expect(200)["actual"], Value::Null);
}
