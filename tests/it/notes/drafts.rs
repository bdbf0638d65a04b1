//! Drafts that lose no text: the losing side of a conflict, a first save under a chosen id, and a save that is sent again.

use serde_json::{Value, json};

use super::arranged::{Arranged, content, path};
use crate::app::{Practice, Reply};
use crate::on_each_store;

on_each_store!(
    what_lost_a_conflict_is_kept_and_taken_up,
    what_is_not_wanted_is_given_up,
    two_devices_that_race_lose_nothing,
    a_save_that_is_sent_again_succeeds_again,
    a_first_save_begins_a_note_under_a_chosen_id,
    two_devices_that_begin_a_note_lose_nothing,
    nobody_else_sees_what_is_kept,
    a_note_is_not_saved_under_another_sessions_booking,
    a_save_upon_a_version_to_come_is_kept,
    a_save_whose_answer_was_lost_before_the_signature_is_no_conflict,
    marks_follow_the_text_they_are_of,
    a_time_far_from_the_plan_does_not_hold_words_back,
);

const NEW: (&str, &str) = ("If-None-Match", "*");

fn saved(here: &Arranged<'_>, note: &Value, version: i32, plan: &str) -> Reply {
    here.therapist.put(&path(note, "/draft"), &json!(version), &json!({ "content": content(plan) }))
}

fn plan(here: &Arranged<'_>, note: &Value) -> Value {
    here.therapist.get(&path(note, "")).expect(200)["content"]["plan"].clone()
}

fn kept(here: &Arranged<'_>, note: &Value) -> Vec<Value> {
    here.therapist.get(&path(note, "/siblings")).expect(200)["items"].as_array().unwrap().clone()
}

/// All plans that stand or are kept, in order.
fn plans(here: &Arranged<'_>, note: &Value) -> Vec<String> {
    let read = |sibling: &Value| {
        let below = format!("/siblings/{}", sibling["id"].as_str().unwrap());
        here.therapist.get(&path(note, &below)).expect(200)["content"]["plan"].as_str().unwrap().to_owned()
    };
    let mut all: Vec<String> = kept(here, note).iter().map(read).collect();
    all.push(plan(here, note).as_str().unwrap().to_owned());
    all.sort();
    all
}

fn what_lost_a_conflict_is_kept_and_taken_up(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.drafted("from the tablet");
    let ask = json!({
        "content": content("from the phone"), "actual": { "start": "2027-03-01T08:05:00Z", "end": "2027-03-01T09:00:00Z" },
    });
    let late = here.therapist.put(&path(&note, "/draft"), &json!(1), &ask).refused(412, "version_mismatch");
    assert_eq!(late["note_id"], note["id"]);
    let sibling = late["sibling"].as_str().unwrap();
    assert!(sibling.ends_with(late["sibling_id"].as_str().unwrap()));
    let read = here.therapist.get(sibling).expect(200);
    assert_eq!((&read["content"]["plan"], &read["base_version"]), (&json!("from the phone"), &json!(1)));
    assert_eq!(read["actual"], ask["actual"]);
    assert!(here.told("note.sibling_kept", &note) == 1 && here.told("session_note.viewed", &note) == 1);
    let stands = here.therapist.get(&path(&note, "")).expect(200);
    assert_eq!((&stands["contested"], &stands["content"]["plan"]), (&json!(true), &json!("from the tablet")));
    // Sent again, it is kept once.
    let again = here.therapist.put(&path(&note, "/draft"), &json!(1), &ask).refused(412, "version_mismatch");
    assert_eq!((&again["sibling_id"], kept(&here, &note).len()), (&late["sibling_id"], 1));

    here.therapist.act(&format!("{sibling}/adopt"), &json!(1), &json!({})).refused(412, "version_mismatch");
    let taken = here.therapist.act(&format!("{sibling}/adopt"), &json!(2), &json!({})).expect(200);
    assert_eq!((&taken["version"], &taken["actual"], &taken["contested"]), (&json!(3), &ask["actual"], &json!(true)));
    assert_eq!(plan(&here, &note), json!("from the phone"));
    assert_eq!(plans(&here, &note), ["from the phone", "from the tablet"], "swapped, and nothing lost");
    here.therapist.get(sibling).refused(404, "not_found");
}

fn what_is_not_wanted_is_given_up(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.drafted("first");
    let late = saved(&here, &note, 1, "second").refused(412, "version_mismatch");
    let sibling = late["sibling"].as_str().unwrap();
    here.therapist.send("DELETE", sibling, &[], None).expect(204);
    here.therapist.send("DELETE", sibling, &[], None).refused(404, "not_found");
    let read = here.therapist.get(&path(&note, "")).expect(200);
    assert_eq!((&read["contested"], &read["content"]["plan"]), (&json!(false), &json!("first")));
    assert_eq!(here.told("note.sibling_discarded", &note), 1);
    // What was written upon a version that never was, as after a restored backup, is kept too.
    saved(&here, &note, 7, "third").refused(412, "version_mismatch");
    assert_eq!(kept(&here, &note).len(), 1);
}

fn two_devices_that_race_lose_nothing(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.drafted("round 0");
    let mut sent = vec!["round 0".to_owned()];
    for round in 1..6 {
        let version = here.therapist.get(&path(&note, "")).expect(200)["version"].clone();
        let wrote: Vec<String> = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..3)
                .map(|racer| {
                    let (therapist, note, version) = (here.therapist.clone(), &note, &version);
                    scope.spawn(move || {
                        let plan = format!("round {round} racer {racer}");
                        let reply =
                            therapist.put(&path(note, "/draft"), version, &json!({ "content": content(&plan) }));
                        assert!(reply.status == 200 || reply.body["sibling_id"].is_string(), "{}", reply.body);
                        plan
                    })
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        sent.extend(wrote);
        // What stood before the round was read by all and replaced by one of them.
        sent.retain(|plan| !is_replaced(&here, &note, plan));
    }
    sent.sort();
    assert_eq!(plans(&here, &note), sent);
    assert_eq!(sent.len(), 1 + 5 * 2, "one won each round, two are kept of each");
}

/// Whether a text was knowingly replaced: it neither stands nor is kept.
fn is_replaced(here: &Arranged<'_>, note: &Value, sent: &str) -> bool {
    !plans(here, note).iter().any(|plan| plan == sent)
}

fn a_save_that_is_sent_again_succeeds_again(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.started();
    let first = saved(&here, &note, 1, "rest").expect(200);
    let again = saved(&here, &note, 1, "rest").expect(200);
    assert_eq!(first, again);
    assert_eq!((kept(&here, &note).len(), here.told("note.saved", &note)), (0, 1));
}

fn a_first_save_begins_a_note_under_a_chosen_id(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let id = uuid::Uuid::parse_str("0195a3a0-5b1e-7c3d-8f00-00000000cafe").unwrap();
    let at = format!("/api/v1/session-notes/{id}/draft");
    let ask = json!({ "content": content("rest"), "booking_id": here.booking() });
    let made = here.therapist.send("PUT", &at, &[NEW], Some(&ask));
    assert_eq!((made.header("ETag"), made.header("Location")), (Some("\"1\""), at.strip_suffix("/draft")));
    let note = made.expect(201);
    assert_eq!((&note["id"], &note["booking_id"]), (&json!(id), &ask["booking_id"]));
    assert_eq!(plan(&here, &note), json!("rest"));
    // The answer did not arrive.
    assert_eq!(here.therapist.send("PUT", &at, &[NEW], Some(&ask)).expect(200)["version"], json!(1));
    here.therapist.act(&path(&note, "/sign"), &json!(1), &json!({})).expect(200);

    let blank = json!({ "content": content("rest") });
    let other = "/api/v1/session-notes/0195a3a0-5b1e-7c3d-8f00-00000000beef/draft";
    let fault = here.therapist.send("PUT", other, &[NEW], Some(&blank)).refused(422, "invalid_fields");
    assert_eq!(fault["violations"][0]["pointer"], "/booking_id");
    let random = "/api/v1/session-notes/5b1e3c3d-8f00-4c3d-8f00-00000000cafe/draft";
    here.therapist.send("PUT", random, &[NEW], Some(&ask)).refused(422, "invalid_fields");
    here.therapist.send("PUT", other, &[], Some(&ask)).refused(428, "if_match_required");
    let (colleague, _) = here.colleague("Otto Other");
    let theirs = json!({ "content": content("mine"), "booking_id": here.booking() });
    colleague.send("PUT", other, &[NEW], Some(&theirs)).refused(404, "not_found");
}

fn two_devices_that_begin_a_note_lose_nothing(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let booking = here.booking();
    let ids = ["0195a3a0-5b1e-7c3d-8f00-00000000cafe", "0195a3a0-5b1e-7c3d-8f00-00000000beef"];
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        let racers: Vec<_> = ids
            .iter()
            .map(|id| {
                let therapist = here.therapist.clone();
                scope.spawn(move || {
                    let ask = json!({ "content": content(id), "booking_id": booking });
                    therapist.send("PUT", &format!("/api/v1/session-notes/{id}/draft"), &[NEW], Some(&ask))
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 412], "{replies:?}");
    let note = &replies.iter().find(|reply| reply.status == 201).unwrap().body;
    let late = &replies.iter().find(|reply| reply.status == 412).unwrap().body;
    assert_eq!(late["note_id"], note["id"], "it is told whose note it lies beside");
    let mut sent = ids.map(str::to_owned).to_vec();
    sent.sort();
    assert_eq!(plans(&here, note), sent);
}

fn nobody_else_sees_what_is_kept(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.drafted("first");
    let late = saved(&here, &note, 1, "the quiet heron").refused(412, "version_mismatch");
    assert!(!late.to_string().contains("heron"));
    let sibling = late["sibling"].as_str().unwrap().to_owned();
    let (cover, cover_id) = here.colleague("Cora Cover");
    super::arranged::care(&practice, cover_id, here.client_id, "covering");
    let (colleague, _) = here.colleague("Otto Other");
    cover.get(&path(&note, "")).expect(200);
    // Who reads the note reads what stands, and writes nothing beside it.
    cover.put(&path(&note, "/draft"), &json!(1), &json!({ "content": content("mine") })).refused(404, "not_found");
    for (caller, status, code) in [
        (&cover, 404, "not_found"),
        (&colleague, 404, "not_found"),
        (&here.client, 403, "forbidden"),
        (&here.admin, 403, "forbidden"),
    ] {
        caller.get(&path(&note, "/siblings")).refused(status, code);
        caller.get(&sibling).refused(status, code);
        caller.act(&format!("{sibling}/adopt"), &json!(2), &json!({})).refused(status, code);
        caller.send("DELETE", &sibling, &[], None).refused(status, code);
    }
    let other = here.started();
    let astray = sibling.replace(note["id"].as_str().unwrap(), other["id"].as_str().unwrap());
    here.therapist.get(&astray).refused(404, "not_found");
    assert_eq!(kept(&here, &note).len(), 1);
}

fn a_note_is_not_saved_under_another_sessions_booking(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (note, other) = (here.drafted("first"), here.booking());
    let ask = json!({ "content": content("of another session"), "booking_id": other });
    let reply = here.therapist.send("PUT", &path(&note, "/draft"), &[NEW], Some(&ask));
    assert_eq!(reply.refused(409, "already_exists")["violations"][0]["pointer"], "/id");
    assert_eq!((plan(&here, &note), kept(&here, &note).len()), (json!("first"), 0));
}

fn a_save_upon_a_version_to_come_is_kept(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.drafted("first");
    let late = saved(&here, &note, 7, "from before the store was restored").refused(412, "version_mismatch");
    assert!(late["sibling_id"].is_string());
    assert_eq!(plans(&here, &note), ["first", "from before the store was restored"]);
}

fn a_save_whose_answer_was_lost_before_the_signature_is_no_conflict(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.signed("rest");
    assert_eq!(saved(&here, &note, 1, "rest").expect(200)["state"], "signed");
    assert_eq!(kept(&here, &note).len(), 0);
    saved(&here, &note, 1, "walk").refused(412, "version_mismatch");
    assert_eq!(kept(&here, &note).len(), 1);
}

fn marks_follow_the_text_they_are_of(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let template = json!({ "name": "Mine", "own": true, "content": { "plan": "rest", "homework": "walk" } });
    let template = here.therapist.post("/api/v1/note-templates", &template).expect(201);
    let ask = json!({ "booking_id": here.booking(), "start_from": { "template": template["id"] } });
    let note = here.therapist.post("/api/v1/session-notes", &ask).expect(201);
    let save = |version: i32, said: Value| {
        here.therapist.put(&path(&note, "/draft"), &json!(version), &json!({ "content": said }))
    };
    let first = save(1, json!({ "plan": "my own", "homework": "walk" })).expect(200);
    assert_eq!(first["carried"], json!(["homework"]));
    // The other device left the plan as it came, and wrote its own homework.
    let late = save(1, json!({ "plan": "rest", "homework": "swim" })).refused(412, "version_mismatch");
    let adopt = |sibling: &Value, version: i32| {
        let below = format!("/siblings/{}/adopt", sibling.as_str().unwrap());
        here.therapist.act(&path(&note, &below), &json!(version), &json!({})).expect(200)
    };
    assert_eq!(adopt(&late["sibling_id"], 2)["carried"], json!(["plan"]));
    let displaced = kept(&here, &note)[0]["id"].clone();
    assert_eq!(adopt(&displaced, 3)["carried"], json!(["homework"]));
}

fn a_time_far_from_the_plan_does_not_hold_words_back(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.drafted("first");
    let far = json!({
        "content": content("second"), "actual": { "start": "2020-03-01T08:00:00Z", "end": "2020-03-01T09:00:00Z" },
    });
    let late = here.therapist.put(&path(&note, "/draft"), &json!(1), &far).refused(412, "version_mismatch");
    let adopt = format!("{}/adopt", late["sibling"].as_str().unwrap());
    let taken = here.therapist.act(&adopt, &json!(2), &json!({})).expect(200);
    assert_eq!((plan(&here, &note), &taken["actual"]), (json!("second"), &note["actual"]));
}
