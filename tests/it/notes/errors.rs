//! Notes that were entered in error, those that replace them, and what clients are told in plain language.

use serde_json::{Value, json};

use super::arranged::{Arranged, care, id_of, literal, path};
use crate::app::Practice;
use crate::on_each_store;

on_each_store!(
    a_note_in_error_is_kept_and_takes_nothing_more,
    a_session_is_given_another_note_once_the_first_is_in_error,
    only_one_note_replaces_another,
    a_client_reads_the_plain_words_and_not_the_note,
);

const NOTES: &str = "/api/v1/session-notes";

fn a_note_in_error_is_kept_and_takes_nothing_more(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let draft = here.drafted("a draft");
    here.in_error(&draft, "too early").refused(409, "invalid_transition");
    let note = here.signed("rest");
    here.therapist.post(&path(&note, "/share"), &json!({})).expect(200);
    here.therapist.post(&path(&note, "/addenda"), &json!({ "text": "and walk" })).expect(201);
    here.in_error(&note, " ").refused(422, "invalid_fields");
    here.therapist
        .act(&path(&note, "/enter-in-error"), &json!(2), &json!({ "reason": "x" }))
        .refused(412, "version_mismatch");
    let marked = here.in_error(&note, "written for the client before").expect(200);
    assert_eq!((&marked["state"], &marked["entered_in_error_at"]), (&json!("signed"), &json!("2027-03-01T08:00:00Z")));
    assert!(!marked.to_string().contains("before"), "the reason is sealed");
    let read = here.therapist.get(&path(&note, "")).expect(200);
    assert_eq!((&read["error_reason"], &read["intact"]), (&json!("written for the client before"), &json!("document")));
    assert_eq!(read["content"]["plan"], json!("rest"));
    here.in_error(&note, "again").refused(409, "invalid_transition");
    here.therapist.post(&path(&note, "/share"), &json!({})).refused(409, "invalid_transition");
    here.therapist.post(&path(&note, "/summary"), &json!({ "text": "rest" })).refused(409, "invalid_transition");
    here.therapist.post(&path(&note, "/addenda"), &json!({ "text": "more" })).refused(409, "invalid_transition");
    // Its client was shown it, and is told that it was wrong, without a word of it.
    let told = here.client.get(&path(&note, "")).expect(200);
    assert_eq!(told["entered_in_error_at"], marked["entered_in_error_at"]);
    assert_eq!([&told["content"], &told["error_reason"], &told["content_hash"]], [&Value::Null; 3]);
    assert_eq!(told["addenda"], json!([]));
    let (cover, cover_id) = here.colleague("Cora Cover");
    care(&practice, cover_id, here.client_id, "covering");
    let other = here.signed("another");
    let ask = json!({ "reason": "mine" });
    cover.act(&path(&other, "/enter-in-error"), &other["version"], &ask).refused(404, "not_found");
}

fn a_session_is_given_another_note_once_the_first_is_in_error(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let wrong = here.signed("another's session");
    let ask = json!({ "booking_id": wrong["booking_id"] });
    here.therapist.post(NOTES, &ask).refused(409, "already_exists");
    here.in_error(&wrong, "mixed up").expect(200);
    let right = here.therapist.post(NOTES, &ask).expect(201);
    assert_eq!(right["corrects_id"], wrong["id"]);
    here.therapist.post(NOTES, &ask).refused(409, "already_exists");
    let right = here.saved(&right, "rest");
    let right = here.therapist.act(&path(&right, "/sign"), &right["version"], &json!({})).expect(200);
    // And once more.
    here.in_error(&right, "mixed up again").expect(200);
    let third = here.therapist.post(NOTES, &ask).expect(201);
    assert_eq!(third["corrects_id"], right["id"]);
    let booking = wrong["booking_id"].as_str().unwrap();
    let all = here.therapist.get(&format!("{NOTES}?booking_id={booking}")).expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 3);
    // In the store: no note replaces one that stands, and nothing is replaced twice.
    let (stands, fresh) = (here.signed("stands"), uuid::Uuid::from_u128(0x0195_a3a0_5b1e_7c3d_8f00_0000_0000_cafe));
    let copied = |of: &serde_json::Value, corrects: &serde_json::Value| {
        practice.sql(&format!(
            "INSERT INTO session_notes (id, booking_id, client_id, therapist_id, author_id, state, planned_starts_at, planned_ends_at, \
             date_of_service, version, created_at, carried, corrects_id) \
             SELECT {}, booking_id, client_id, therapist_id, author_id, 'draft', planned_starts_at, planned_ends_at, \
             date_of_service, 1, created_at, '{{}}', {} FROM session_notes WHERE id = {}",
            literal(&practice, fresh),
            literal(&practice, id_of(corrects)),
            literal(&practice, id_of(of)),
        ))
    };
    assert!(copied(&wrong, &wrong).unwrap_err().contains("session_notes_corrects_id_key"));
    if !practice.is_sqlite() {
        // The test's own connection to SQLite asks for no foreign keys.
        assert!(copied(&stands, &stands).unwrap_err().contains("session_notes_corrects_id_fkey"));
        let elsewhere = here.signed("another's");
        here.in_error(&elsewhere, "mixed up").expect(200);
        assert!(copied(&stands, &elsewhere).unwrap_err().contains("session_notes_corrects_booking_fkey"));
    }
}

fn only_one_note_replaces_another(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let wrong = here.signed("wrong");
    here.in_error(&wrong, "mixed up").expect(200);
    let ask = json!({ "booking_id": wrong["booking_id"] });
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..4)
            .map(|_| {
                let (therapist, ask) = (here.therapist.clone(), &ask);
                scope.spawn(move || therapist.post(NOTES, ask).status)
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409]);
}

fn a_client_reads_the_plain_words_and_not_the_note(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.signed("the quiet heron");
    let summary = path(&note, "/summary");
    here.client.get(&summary).refused(404, "not_found");
    here.therapist.get(&summary).refused(404, "not_found");
    here.therapist.post(&summary, &json!({ "text": "  " })).refused(422, "invalid_fields");
    let draft = here.drafted("unfinished");
    here.therapist.post(&path(&draft, "/summary"), &json!({ "text": "too early" })).refused(409, "invalid_transition");
    let told = here.therapist.post(&summary, &json!({ "text": "We worked at your neck." })).expect(201);
    assert!(!told.to_string().contains("neck"));
    let read = here.client.get(&summary).expect(200);
    assert_eq!((&read["text"], &read["id"]), (&json!("We worked at your neck."), &told["id"]));
    here.client.get(&path(&note, "")).refused(404, "not_found");
    let list = here.client.get(NOTES).expect(200);
    let listed = &list["items"][0];
    assert_eq!((&listed["id"], &listed["summarised"], &listed["shared_at"]), (&note["id"], &json!(true), &json!(null)));
    assert_eq!([&listed["content_hash"], &listed["document_hash"], &listed["corrects_id"]], [&Value::Null; 3]);
    // A look of its own, at that and not at the note.
    let own = here.client_id;
    let log = here.client.get(&format!("/api/v1/clients/{own}/access-log?limit=200")).expect(200).to_string();
    assert!(log.contains("note_summary.viewed"), "{log}");
    let looks = here.told("session_note.viewed", &note);
    // Another takes its place in their eyes.
    practice.pass(chrono::TimeDelta::seconds(1));
    here.therapist.post(&summary, &json!({ "text": "We worked at your lower back." })).expect(201);
    assert_eq!(here.client.get(&summary).expect(200)["text"], "We worked at your lower back.");
    assert_eq!(here.told("session_note.viewed", &note), looks);
    here.in_error(&note, "mixed up").expect(200);
    here.client.get(&summary).refused(404, "not_found");
    here.therapist.get(&summary).expect(200);
    let listed = here.client.get(NOTES).expect(200)["items"][0].clone();
    assert_eq!((listed["entered_in_error_at"].is_string(), &listed["summarised"]), (true, &json!(false)));
    practice.client("Sven Stranger").get(&summary).refused(404, "not_found");
    here.admin.get(&summary).refused(403, "forbidden");
    let (colleague, _) = here.colleague("Otto Other");
    colleague.get(&summary).refused(404, "not_found");
    colleague.post(&summary, &json!({ "text": "mine" })).refused(404, "not_found");
}
