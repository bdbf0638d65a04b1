//! Somebody in training signs, and somebody who answers for them puts their name under it.

use serde_json::{Value, json};

use super::arranged::{Arranged, id_of, literal, path};
use crate::app::{Caller, Practice};
use crate::on_each_store;

on_each_store!(
    a_trainees_note_waits_for_the_supervisor,
    a_supervisor_is_a_colleague_who_answers_for_themself,
    who_is_in_training_or_gone_answers_for_nobody,
    a_name_under_another_document_counts_for_nothing,
    whoever_answers_for_the_trainee_now_may_sign_too,
);

const NOTES: &str = "/api/v1/session-notes";

pub(super) fn supervised(here: &Arranged<'_>, trainee: &Value, by: &Value) -> crate::app::Reply {
    let path = format!("/api/v1/therapists/{}", trainee.as_str().unwrap());
    let version = here.admin.get(&path).expect(200)["version"].clone();
    here.admin.put(&format!("{path}/supervisor"), &version, &json!({ "supervisor_id": by }))
}

fn waiting(by: &Caller<'_>) -> Vec<Value> {
    let list = by.get(&format!("{NOTES}?awaiting_cosignature=true")).expect(200);
    let listed: Vec<Value> = list["items"].as_array().unwrap().iter().map(|note| note["id"].clone()).collect();
    let tasks = by.get("/api/v1/tasks?limit=200").expect(200);
    let tasks = tasks["items"].as_array().unwrap().iter().filter(|task| task["kind"] == "cosign_note");
    let tasks: Vec<Value> = tasks.map(|task| task["subject_id"].clone()).collect();
    assert_eq!(tasks, listed);
    listed
}

fn a_trainees_note_waits_for_the_supervisor(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (mara, mara_id) = here.colleague("Mara Master");
    let (other, _) = here.colleague("Otto Other");
    let earlier = here.signed("before");
    let shown = supervised(&here, &json!(here.therapist_id), &json!(mara_id)).expect(200);
    assert_eq!(shown["supervisor_id"], json!(mara_id));
    assert!(practice.anonymous().get("/api/v1/therapists").expect(200).to_string().find("supervisor").is_none());
    let draft = here.drafted("a draft");
    mara.get(&path(&draft, "")).refused(404, "not_found");
    let note = here.signed("rest");
    assert_eq!((&note["supervisor_id"], &note["awaits_cosignature"]), (&json!(mara_id), &json!(true)));
    assert_eq!((waiting(&mara), waiting(&other), waiting(&here.therapist)), (vec![note["id"].clone()], vec![], vec![]));
    // The supervisor reads that note, with a look, and no other of the client's.
    assert_eq!(mara.get(&path(&note, "")).expect(200)["content"]["plan"], json!("rest"));
    assert_eq!(here.told("session_note.viewed", &note), 2);
    mara.get(&path(&earlier, "")).refused(404, "not_found");
    other.get(&path(&note, "")).refused(404, "not_found");
    here.therapist.post(&path(&note, "/addenda"), &json!({ "text": "and walk" })).expect(201);
    // Until then its client reads nothing of it.
    let waits = here.therapist.post(&path(&note, "/share"), &json!({})).refused(422, "policy_violation");
    assert_eq!(waits["rule"], "awaits_cosignature");
    here.therapist.post(&path(&note, "/summary"), &json!({ "text": "rest" })).refused(422, "policy_violation");

    let cosign = path(&note, "/cosign");
    here.therapist.act(&cosign, &note["version"], &json!({})).refused(404, "not_found");
    other.act(&cosign, &note["version"], &json!({})).refused(404, "not_found");
    mara.act(&cosign, &note["version"], &json!({})).refused(403, "step_up_required");
    mara.steps_up();
    mara.act(&cosign, &json!(2), &json!({})).refused(412, "version_mismatch");
    let signed = mara.act(&cosign, &note["version"], &json!({})).expect(200);
    assert_eq!(
        (&signed["awaits_cosignature"], &signed["cosigned_at"]),
        (&json!(false), &json!("2027-03-01T08:00:00Z"))
    );
    mara.act(&cosign, &note["version"], &json!({})).refused(409, "invalid_transition");
    assert_eq!((waiting(&mara), here.told("note.cosigned", &note)), (vec![], 1));
    here.therapist.post(&path(&note, "/share"), &json!({})).expect(200);
    assert!(here.client.get(&path(&note, "")).expect(200)["cosigned_at"].is_string());
    // What nobody would answer for does not reach the client.
    let alone =
        here.therapist.post(&path(&note, "/addenda"), &json!({ "text": "more" })).refused(422, "policy_violation");
    assert_eq!(alone["rule"], "author_in_training");
    here.therapist.post(&path(&earlier, "/addenda"), &json!({ "text": "more" })).refused(422, "policy_violation");
    // The supervisor writes nothing of it.
    mara.post(&path(&note, "/addenda"), &json!({ "text": "mine" })).refused(404, "not_found");
    for attack in ["UPDATE note_cosignatures SET signed_at = signed_at", "DELETE FROM note_cosignatures"] {
        assert!(practice.sql(attack).unwrap_err().contains("note_cosignatures_immutable"), "{attack}");
    }
}

fn a_supervisor_is_a_colleague_who_answers_for_themself(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (_, mara) = here.colleague("Mara Master");
    let (tom, mara) = (json!(here.therapist_id), json!(mara));
    supervised(&here, &tom, &tom).refused(422, "invalid_fields");
    supervised(&here, &tom, &json!("0195a3a0-5b1e-7c3d-8f00-00000000cafe")).refused(422, "invalid_fields");
    supervised(&here, &tom, &mara).expect(200);
    supervised(&here, &mara, &tom).refused(422, "invalid_fields");
    let (_, noa) = here.colleague("Noa Next");
    supervised(&here, &mara, &json!(noa)).refused(422, "invalid_fields");
    let path = format!("/api/v1/therapists/{}", mara.as_str().unwrap());
    let version = here.admin.get(&path).expect(200)["version"].clone();
    let open = here.admin.act(&format!("{path}/offboard"), &version, &json!({})).refused(422, "policy_violation");
    assert_eq!(open["rule"], "has_trainees");
    supervised(&here, &tom, &Value::Null).expect(200);
    assert_eq!(here.signed("rest")["awaits_cosignature"], json!(false));
}

fn whoever_answers_for_the_trainee_now_may_sign_too(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (mara, mara_id) = here.colleague("Mara Master");
    let (noa, noa_id) = here.colleague("Noa Next");
    let tom = json!(here.therapist_id);
    supervised(&here, &tom, &json!(mara_id)).expect(200);
    let (one, two) = (here.signed("one"), here.signed("two"));
    supervised(&here, &tom, &json!(noa_id)).expect(200);
    assert_eq!((waiting(&mara).len(), waiting(&noa).len()), (2, 2));
    mara.steps_up();
    noa.steps_up();
    mara.act(&path(&one, "/cosign"), &one["version"], &json!({})).expect(200);
    noa.act(&path(&two, "/cosign"), &two["version"], &json!({})).expect(200);
    assert_eq!((waiting(&mara).len(), waiting(&noa).len()), (0, 0));
    // What is in error waits for nobody.
    let wrong = here.signed("wrong");
    assert_eq!(waiting(&noa), [wrong["id"].clone()]);
    here.in_error(&wrong, "mixed up").expect(200);
    assert_eq!(waiting(&noa), Vec::<Value>::new());
    noa.act(&path(&wrong, "/cosign"), &wrong["version"], &json!({})).refused(409, "invalid_transition");
}

fn who_is_in_training_or_gone_answers_for_nobody(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (mara, mara_id) = here.colleague("Mara Master");
    let (_, noa_id) = here.colleague("Noa Next");
    let (tom, mara_json) = (json!(here.therapist_id), json!(mara_id));
    supervised(&here, &tom, &mara_json).expect(200);
    let note = here.signed("rest");
    supervised(&here, &tom, &Value::Null).expect(200);
    mara.steps_up();
    assert_eq!(waiting(&mara), [note["id"].clone()], "the signature named her");
    // In training herself, she answers for nobody.
    supervised(&here, &mara_json, &json!(noa_id)).expect(200);
    assert_eq!(waiting(&mara), Vec::<Value>::new());
    mara.get(&path(&note, "")).refused(404, "not_found");
    mara.act(&path(&note, "/cosign"), &note["version"], &json!({})).refused(404, "not_found");
    let left = "UPDATE therapists SET supervisor_id = NULL, state = 'offboarded'";
    practice.sql(&format!("{left} WHERE id = {}", literal(&practice, mara_id))).unwrap();
    mara.get(&path(&note, "")).refused(404, "not_found");
    mara.act(&path(&note, "/cosign"), &note["version"], &json!({})).refused(404, "not_found");
}

fn a_name_under_another_document_counts_for_nothing(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (mara, mara_id) = here.colleague("Mara Master");
    supervised(&here, &json!(here.therapist_id), &json!(mara_id)).expect(200);
    let note = here.signed("rest");
    let id = literal(&practice, id_of(&note));
    practice
        .sql(&format!(
            "INSERT INTO note_cosignatures (note_id, therapist_id, cosigned_by, document_hash, signed_at) \
             SELECT id, therapist_id, author_id, 'another', signed_at FROM session_notes WHERE id = {id}"
        ))
        .unwrap();
    assert_eq!(waiting(&mara), [note["id"].clone()]);
    here.therapist.post(&path(&note, "/share"), &json!({})).refused(422, "policy_violation");
}
