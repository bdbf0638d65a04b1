//! Whole journeys, end to end, through nothing but the API.
//!
//! The first goes from an empty store to a signed note, and it is the walk of the README: [`walk`] runs that one as it stands there, and both
//! must leave the same trail in the log. What the others go through is told by their names.

mod first;
mod walk;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, at, blocks, hand_in, id, signed_in, step};
use crate::on_each_store;
use first::First;

on_each_store!(
    a_practice_goes_from_an_empty_store_to_a_signed_note_and_answers_for_it,
    the_readmes_walk_is_the_first_journey,
    a_parent_books_for_a_small_child,
    a_revoked_credential_blocks_and_another_frees,
);

fn a_practice_goes_from_an_empty_store_to_a_signed_note_and_answers_for_it(practice: Practice) {
    let here = First::to_a_signed_note(&practice);
    let note = format!("/api/v1/session-notes/{}", id(&here.note));

    here.mia.get(&note).refused(404, "not_found");
    here.tom.post(&format!("{note}/share"), &json!({})).expect(200);
    let late = json!({ "text": "The left side was meant, not the right." });
    here.tom.post(&format!("{note}/addenda"), &late).expect(201);
    let read = here.mia.get(&note).expect(200);
    assert_eq!((&read["content"]["plan"], &read["amended"]), (&json!("again in two weeks"), &json!(true)));
    assert_eq!(read["addenda"][0]["content"], late);
    here.admin.get(&note).refused(403, "forbidden");
    here.vera.get(&note).refused(403, "forbidden");

    let day = read["date_of_service"].as_str().unwrap();
    let register = here.admin.get(&format!("/api/v1/credentials/register?valid_on={day}")).expect(200);
    let lines = register["items"].as_array().unwrap();
    let proves = |number: &str| {
        lines.iter().any(|line| {
            (&line["number"], &line["therapist_name"], &line["validity"], &line["verification"]["source"])
                == (&json!(number), &json!("Tom"), &json!("valid"), &json!("the issuer's register"))
        })
    };
    assert!(lines.len() == 2 && proves("MT 1234") && proves("CST-T 4711"), "{register}");

    let looks = here.mia.get(&format!("/api/v1/clients/{}/access-log?limit=200", here.own)).expect(200);
    let looked = |name: &str, action: &str| {
        looks["items"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|look| look["name"] == name && look["action"] == action)
            .count()
    };
    // Tom's signature is a look as well: what is signed is opened.
    assert_eq!((looked("Mia", "session_note.viewed"), looked("Tom", "session_note.viewed")), (1, 2), "{looks}");
    assert_eq!((looked("Tom", "intake_response.screening_viewed"), looked("Tom", "note.signed")), (1, 1), "{looks}");
    let actions: Vec<String> = trail(&here.admin).into_iter().map(|(_, action)| action).collect();
    for told in [
        "practice.founded",
        "invitation.accepted",
        "credential.verified",
        "therapist.listed",
        "booking.requested",
        "intake_response.submitted",
        "booking.completed",
        "note.signed",
        "note.shared",
        "note.amended",
    ] {
        assert!(actions.iter().any(|action| action == told), "{told} is missing: {actions:?}");
    }
}

fn the_readmes_walk_is_the_first_journey(practice: Practice) {
    if !walk::follow(&practice) {
        return;
    }
    let other = Practice::on_sqlite();
    First::to_a_signed_note(&other);
    let (walked, journey) = (trail(&signed_in(&practice, "ada")), trail(&signed_in(&other, "admin")));
    assert_eq!(walked, journey, "the README's walk and the first journey part");
}

fn a_parent_books_for_a_small_child(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, _) = calendar.client("Mia");
    let ward = json!({ "name": "Lou", "date_of_birth": "2025-06-01", "guardianship": { "basis": "parent" } });
    let record = mia.post("/api/v1/clients", &ward).expect(201);
    let (lou, tie) = (id(&record), &record["guardianship"]);
    calendar.book(&mia, &lou, "2027-03-02T10:00:00Z").refused(404, "not_found");
    let accept = format!("/api/v1/clients/{lou}/guardians/{}/accept", id(tie));
    calendar.desk.act(&accept, &tie["version"], &json!({})).expect(200);
    let acting_for = mia.get("/api/v1/auth/me").expect(200)["acting_for"].clone();
    assert_eq!(acting_for, json!([lou]));

    let booking = calendar.book(&mia, &lou, "2027-03-02T10:00:00Z").expect(201);
    assert_eq!((&booking["client_id"], blocks(&booking)), (&json!(lou), vec!["clearance", "intake"]));
    let response = hand_in(&mia, &lou, &json!({}));
    let found = mia.get(&format!("/api/v1/intake-responses/{}/screening", id(&response))).expect(200);
    assert_eq!(found["outcome"], "needs_clearance");
    assert_eq!(found["hits"][0]["finding"], "under_two");
    assert_eq!(blocks(&mia.get(&at(&booking, "")).expect(200)), ["clearance"]);

    let review = format!("/api/v1/intake-responses/{}/review", id(&response));
    calendar.mara.act(&review, &response["version"], &json!({ "verdict": "clearance_pending" })).expect(200);
    let letter = json!({
        "intake_response_id": response["id"], "clinician_name": "Dr Ida Stern", "profession": "Paediatrician",
        "registration": "BE-1234", "findings": ["under_two"], "valid_from": "2027-03-01", "valid_until": "2027-03-31",
    });
    calendar.mara.post("/api/v1/clearances", &letter).expect(201);
    calendar.turn_to("2027-03-02T09:45:00Z");
    let freed = calendar.desk.get(&at(&booking, "")).expect(200);
    assert!(blocks(&freed).is_empty(), "{freed}");
    let here = step(&calendar.desk, &freed, "check-in", &json!({})).expect(200);
    practice.turn_to("2027-03-02T11:00:00Z");
    calendar.mara = signed_in(&practice, "mara");
    step(&calendar.mara, &here, "complete", &json!({})).expect(200);
}

fn a_revoked_credential_blocks_and_another_frees(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    hand_in(&mia, &own, &json!({}));
    let booking = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    let judge = |calendar: &Calendar<'_>, credential: &str, step: &str, ask: &Value| {
        let path = format!("/api/v1/credentials/{credential}");
        let version = calendar.admin.get(&path).expect(200)["version"].clone();
        calendar.admin.act(&format!("{path}/{step}"), &version, ask).expect(200);
        // What was said of a credential counts from the instant after.
        practice.pass(TimeDelta::seconds(1));
    };
    let blocked = |by: &Caller<'_>| {
        let seen = by.get(&at(&booking, "")).expect(200);
        blocks(&seen).iter().map(|code| (*code).to_owned()).collect::<Vec<_>>()
    };
    let letter = json!({ "reason": "the board's letter" });
    judge(&calendar, &id(&calendar.credential), "revoke", &letter);
    assert_eq!(blocked(&mia), ["credential"]);
    calendar.book(&mia, &own, "2027-03-03T10:00:00Z").refused(422, "therapist_not_eligible");

    let again = json!({
        "credential_type_id": practice.credential_type("upledger_cst_t"), "number": "4712", "issued_on": "2027-02-01",
        "reverify_by": "2028-01-01",
    });
    let again = id(&calendar.mara.post("/api/v1/credentials", &again).expect(201));
    assert_eq!(blocked(&mia), ["credential"], "nobody has checked it yet");
    judge(&calendar, &again, "verify", &json!({ "method": "document_seen", "source": "paper" }));
    assert!(blocked(&mia).is_empty());
    judge(&calendar, &again, "suspend", &letter);
    calendar.turn_to("2027-03-02T09:45:00Z");
    let stopped = calendar.desk.get(&at(&booking, "")).expect(200);
    let no = step(&calendar.desk, &stopped, "check-in", &json!({})).refused(409, "blocked");
    assert_eq!(no["blocks"], json!(["credential"]));
    judge(&calendar, &again, "reinstate", &letter);
    let freed = calendar.desk.get(&at(&booking, "")).expect(200);
    assert!(blocks(&freed).is_empty(), "{freed}");
    assert_eq!(step(&calendar.desk, &freed, "check-in", &json!({})).expect(200)["state"], "checked_in");
}

/// What people did: each operation and what it left in the log, sorted, because while the clock stands nothing is earlier.
fn trail(admin: &Caller<'_>) -> Vec<(String, String)> {
    let mut trail = Vec::new();
    let mut path = "/api/v1/audit-events?limit=200".to_owned();
    loop {
        let page = admin.get(&path).expect(200);
        let text = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
        let people = page["items"].as_array().unwrap().iter().filter(|event| event["actor"] != "system");
        trail.extend(people.map(|event| (text(event, "operation"), text(event, "action"))));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/audit-events?limit=200&cursor={cursor}");
    }
    trail.sort();
    trail
}
