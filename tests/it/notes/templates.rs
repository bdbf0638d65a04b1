//! What a note may begin with: the client's last one, a template, and the words it is offered.

use serde_json::{Value, json};

use super::arranged::{Arranged, content, path};
use crate::app::{Practice, Reply};
use crate::on_each_store;

on_each_store!(
    a_note_begins_with_the_last_one,
    what_is_carried_is_marked_until_it_is_changed,
    a_note_begins_with_a_template,
    templates_are_the_practices_or_ones_own,
    the_words_are_the_practices_to_change,
);

const NOTES: &str = "/api/v1/session-notes";
const TEMPLATES: &str = "/api/v1/note-templates";

fn begun(here: &Arranged<'_>, from: &Value) -> Reply {
    here.therapist.post(NOTES, &json!({ "booking_id": here.booking(), "start_from": from }))
}

/// A signed note of the client's session of an hour ago, and the booking of the one that begins now.
fn last_and_next(here: &Arranged<'_>) -> (Value, Value) {
    let next = json!(here.booking());
    let mut said = content("rest");
    said["homework"] = json!("walk");
    said["response"] = json!("calm");
    let last = here.started();
    let last = here.therapist.put(&path(&last, "/draft"), &last["version"], &json!({ "content": said })).expect(200);
    (here.therapist.act(&path(&last, "/sign"), &last["version"], &json!({})).expect(200), next)
}

fn a_note_begins_with_the_last_one(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let fault = begun(&here, &json!("last")).refused(422, "invalid_fields");
    assert_eq!(fault["violations"][0]["code"], "no_last_note");
    let (last, next) = last_and_next(&here);
    let looks = here.told("session_note.viewed", &last);
    let ask = json!({ "booking_id": next, "start_from": "last" });
    let note = here.therapist.post(NOTES, &ask).expect(201);
    assert_eq!(note["carried"], json!(["homework", "modifications", "objective", "plan", "regions", "techniques"]));
    assert!(!note.to_string().contains("occiput"));
    assert_eq!(here.told("session_note.viewed", &last), looks + 1, "it was opened for that");
    let read = here.therapist.get(&path(&note, "")).expect(200);
    let (said, before) = (&read["content"], content("rest"));
    assert_eq!((&said["plan"], &said["regions"]), (&before["plan"], &before["regions"]));
    // What the client said, reported, rated and felt stays with its session.
    assert_eq!([&said["subjective"], &said["response"]], ["", ""]);
    assert_eq!([&said["client_reports"], &said["scores"]], [&json!([]), &json!([])]);
    // A note in error is nobody's last one.
    here.in_error(&last, "mixed up").expect(200);
    here.therapist
        .post(NOTES, &json!({ "booking_id": last["booking_id"], "start_from": "last" }))
        .refused(422, "invalid_fields");
}

fn what_is_carried_is_marked_until_it_is_changed(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (_, next) = last_and_next(&here);
    let note = here.therapist.post(NOTES, &json!({ "booking_id": next, "start_from": "last" })).expect(201);
    let mut said = here.therapist.get(&path(&note, "")).expect(200)["content"].clone();
    let save = |note: &Value, said: &Value| {
        here.therapist.put(&path(note, "/draft"), &note["version"], &json!({ "content": said })).expect(200)
    };
    let whole = note["carried"].clone();
    said["subjective"] = json!("slept well");
    let note = save(&note, &said);
    assert_eq!(note["carried"], whole);
    said["plan"] = json!("again in a week");
    said["regions"] = json!([{ "region": "feet", "point": { "view": "front", "x": 400, "y": 950 } }]);
    let note = save(&note, &said);
    assert_eq!(note["carried"], json!(["homework", "modifications", "objective", "techniques"]));
    said["plan"] = json!("rest");
    let note = save(&note, &said);
    assert_eq!(note["carried"], json!(["homework", "modifications", "objective", "techniques"]), "it was looked at");
    // Signed so, the marks stay.
    let signed = here.therapist.act(&path(&note, "/sign"), &note["version"], &json!({})).expect(200);
    assert_eq!(signed["carried"], note["carried"]);
    let read = here.therapist.get(&path(&note, "")).expect(200);
    assert_eq!((&read["carried"], &read["intact"]), (&note["carried"], &json!("document")));
}

fn a_note_begins_with_a_template(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let ask =
        json!({ "name": "First visit", "content": { "objective": "breath, sutures", "techniques": ["still point"] } });
    let template = here.admin.post(TEMPLATES, &ask).expect(201);
    assert_eq!(template["therapist_id"], json!(null));
    let from = json!({ "template": template["id"] });
    let note = begun(&here, &from).expect(201);
    assert_eq!(note["carried"], json!(["objective", "techniques"]));
    let said = here.therapist.get(&path(&note, "")).expect(200)["content"].clone();
    assert_eq!((&said["objective"], &said["plan"]), (&json!("breath, sutures"), &json!("")));
    // As it is signed, without another word.
    here.therapist.act(&path(&note, "/sign"), &note["version"], &json!({})).expect(200);
    let retire = format!("{TEMPLATES}/{}/retire", template["id"].as_str().unwrap());
    here.admin.act(&retire, &template["version"], &json!({})).expect(200);
    let fault = begun(&here, &from).refused(422, "invalid_fields");
    assert_eq!(fault["violations"][0]["pointer"], "/start_from/template");
    begun(&here, &json!("first")).refused(422, "invalid_fields");
}

fn templates_are_the_practices_or_ones_own(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (colleague, _) = here.colleague("Otto Other");
    let ask = json!({ "name": "Mine", "own": true, "content": { "plan": "rest" } });
    let own = here.therapist.post(TEMPLATES, &ask).expect(201);
    let shared = json!({ "name": "Ours", "content": { "plan": "walk" } });
    here.therapist.post(TEMPLATES, &shared).refused(403, "forbidden");
    here.admin.post(TEMPLATES, &ask).refused(403, "forbidden");
    let shared = here.admin.post(TEMPLATES, &shared).expect(201);
    let names = |by: &crate::app::Caller<'_>| -> Vec<Value> {
        let list = by.get(TEMPLATES).expect(200);
        let mut names: Vec<Value> = list["items"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
        names.sort_by_key(ToString::to_string);
        names
    };
    assert_eq!(names(&here.therapist), ["Mine", "Ours"]);
    assert_eq!((names(&colleague), names(&here.admin)), (vec![json!("Ours")], vec![json!("Ours")]));
    let at = |template: &Value| format!("{TEMPLATES}/{}", template["id"].as_str().unwrap());
    let anew = json!({ "name": "Mine too", "content": { "plan": "water" } });
    colleague.get(&at(&own)).refused(404, "not_found");
    colleague.put(&at(&own), &own["version"], &anew).refused(404, "not_found");
    here.therapist.put(&at(&shared), &shared["version"], &anew).refused(403, "forbidden");
    let changed = here.therapist.put(&at(&own), &own["version"], &anew).expect(200);
    assert_eq!((&changed["name"], &changed["version"]), (&json!("Mine too"), &json!(2)));
    here.therapist.put(&at(&own), &own["version"], &anew).refused(412, "version_mismatch");
    here.therapist.act(&format!("{}/retire", at(&own)), &changed["version"], &json!({})).expect(200);
    here.therapist.put(&at(&own), &json!(3), &anew).refused(409, "invalid_transition");
    assert_eq!(names(&here.therapist), ["Ours"]);
    // It is not sealed, and takes nothing that a client said.
    for part in [
        json!({ "subjective": "slept badly" }),
        json!({ "client_reports": ["warmth"] }),
        json!({ "response": "calm" }),
        json!({ "scores": [{ "measure": "pain", "before": 7 }] }),
    ] {
        let ask = json!({ "name": "Wrong", "own": true, "content": part });
        let fault = here.therapist.post(TEMPLATES, &ask).refused(422, "invalid_fields");
        assert_eq!(fault["violations"][0]["code"], "of_a_client");
    }
}

fn the_words_are_the_practices_to_change(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let at = "/api/v1/note-vocabulary";
    let mut words = here.therapist.get(at).expect(200);
    let lists = ["techniques", "regions", "client_reports"];
    assert!(lists.iter().all(|list| words[*list].as_array().unwrap().contains(&json!("other"))));
    assert_eq!(words["version"], json!(0));
    let members = words.as_object_mut().unwrap();
    members.retain(|name, _| !["version", "changed_at"].contains(&name.as_str()));
    words["regions"] = json!(["sacrum", "tailbone", "other"]);
    here.therapist.put(at, &json!(0), &words).refused(403, "forbidden");
    here.admin.put(at, &json!(0), &words).expect(200);
    here.admin.put(at, &json!(0), &words).refused(412, "version_mismatch");
    let read = here.therapist.get(at).expect(200);
    assert_eq!((&read["regions"], &read["version"]), (&words["regions"], &json!(1)));
    words["regions"] = json!([" "]);
    here.admin.put(at, &json!(1), &words).refused(422, "invalid_fields");
    // They offer, and do not bind.
    let note = here.started();
    let free = json!({ "content": { "regions": [{ "region": "left little toe" }] } });
    here.therapist.put(&path(&note, "/draft"), &note["version"], &free).expect(200);
}
