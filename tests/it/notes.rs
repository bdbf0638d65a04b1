//! Session notes: begun, saved, signed, shared, amended; frozen on every route and in the store; read by those who may and nobody else.

pub mod arranged;
mod drafts;
mod errors;
mod sessions;
mod shapes;
mod signing;
mod templates;
mod trainees;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::app::Practice;
use crate::{log, on_each_store};
use arranged::{Arranged, care, client_row, content, guardian, id_of, literal, path};

on_each_store!(
    a_note_is_begun_saved_signed_and_amended,
    a_booking_has_one_note,
    a_repeated_request_begins_one_note_and_keeps_no_content,
    a_save_that_lost_a_race_changes_nothing,
    what_is_wrong_with_a_note_is_named,
    a_signature_freezes_the_credentials_of_the_day,
    a_signed_note_is_frozen_on_every_route,
    a_signed_note_is_frozen_in_the_store,
    a_draft_does_not_change_whose_it_is,
    nobody_else_reads_a_note,
    a_shared_note_is_read_by_its_client,
    a_guardian_reads_what_was_shared_of_a_minor_ward,
    who_treats_the_client_reads_and_does_not_write,
    lists_are_cut_to_who_asks,
    each_look_is_on_the_clients_record,
    a_sentence_of_a_note_is_in_no_byte_and_no_log_line,
);

const NOTES: &str = "/api/v1/session-notes";

fn a_note_is_begun_saved_signed_and_amended(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let begun = here.therapist.post(NOTES, &json!({ "booking_id": here.booking() }));
    assert_eq!((begun.header("ETag"), begun.header("Location").is_some()), (Some("\"1\""), true));
    let note = begun.expect(201);
    assert_eq!(
        (&note["state"], &note["version"], &note["date_of_service"]),
        (&json!("draft"), &json!(1), &json!("2027-03-01"))
    );
    let empty = here.therapist.get(&path(&note, "")).expect(200);
    assert_eq!((&empty["content"], &empty["addenda"]), (&Value::Null, &json!([])));

    let actual = json!({ "start": "2027-03-01T08:05:00Z", "end": "2027-03-01T09:02:00Z" });
    let ask = json!({ "content": content("rest"), "actual": actual });
    let saved = here.therapist.put(&path(&note, "/draft"), &json!(1), &ask).expect(200);
    assert_eq!((&saved["version"], &saved["actual"]), (&json!(2), &actual));
    let signed = here.therapist.act(&path(&note, "/sign"), &json!(2), &json!({})).expect(200);
    assert_eq!(
        (&signed["state"], &signed["version"], &signed["amended"]),
        (&json!("signed"), &json!(3), &json!(false))
    );

    let addendum = here.therapist.post(&path(&note, "/addenda"), &json!({ "text": "left, not right" })).expect(201);
    let read = here.therapist.get(&path(&note, ""));
    assert_eq!(read.header("ETag"), Some("\"3\""));
    let read = read.expect(200);
    assert_eq!(read["amended"], json!(true));
    assert_eq!(read["addenda"][0]["id"], addendum["id"]);
    assert_eq!(read["addenda"][0]["content"], json!({ "text": "left, not right" }));
    assert_eq!(read["content"]["regions"], content("rest")["regions"]);
    assert_eq!(read["content"]["pressure"], json!("light"));
    // serde_json sorts members, and nothing in here needs more to be canonical.
    let hash = Sha256::digest(read["content"].to_string()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(read["content_hash"], json!(hash));
}

fn a_booking_has_one_note(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let booking = here.booking();
    let id = uuid::Uuid::parse_str("0195a3a0-5b1e-7c3d-8f00-00000000cafe").unwrap();
    let ask = json!({ "booking_id": booking, "id": id });
    assert_eq!(here.therapist.post(NOTES, &ask).expect(201)["id"], json!(id));
    let again = here.therapist.post(NOTES, &json!({ "booking_id": booking })).refused(409, "already_exists");
    assert_eq!(again["violations"][0]["pointer"], "/booking_id");
    let other = json!({ "booking_id": here.booking(), "id": id });
    let taken = here.therapist.post(NOTES, &other).refused(409, "already_exists");
    assert_eq!(taken["violations"][0]["pointer"], "/id");
    let random = json!({ "booking_id": here.booking(), "id": "5b1e3c3d-8f00-4c3d-8f00-00000000cafe" });
    here.therapist.post(NOTES, &random).refused(422, "invalid_fields");
    here.therapist.post(NOTES, &json!({ "booking_id": id })).refused(404, "not_found");
    let (colleague, _) = here.colleague("Otto Other");
    colleague.post(NOTES, &json!({ "booking_id": here.booking() })).refused(404, "not_found");
}

fn a_repeated_request_begins_one_note_and_keeps_no_content(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let key = [("Idempotency-Key", "note-1")];
    let ask = json!({ "booking_id": here.booking() });
    let first = here.therapist.send("POST", NOTES, &key, Some(&ask)).expect(201);
    let second = here.therapist.send("POST", NOTES, &key, Some(&ask));
    assert_eq!(second.header("Idempotency-Replayed"), Some("true"));
    assert_eq!(second.expect(201), first);
    let note = here.signed("rest");
    let ask = json!({ "text": "left, not right" });
    let first = here.therapist.send("POST", &path(&note, "/addenda"), &key, Some(&ask)).expect(201);
    let second = here.therapist.send("POST", &path(&note, "/addenda"), &key, Some(&ask)).expect(201);
    assert_eq!(first, second);
    assert!(!first.to_string().contains("left"));
    let other = json!({ "text": "something else" });
    here.therapist.send("POST", &path(&note, "/addenda"), &key, Some(&other)).refused(422, "idempotency_key_reused");
    assert_eq!(here.therapist.get(&path(&note, "")).expect(200)["addenda"].as_array().unwrap().len(), 1);
}

fn a_save_that_lost_a_race_changes_nothing(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.drafted("the first to save");
    let late = json!({ "content": content("the second to save") });
    here.therapist.put(&path(&note, "/draft"), &json!(1), &late).refused(412, "version_mismatch");
    here.therapist.send("PUT", &path(&note, "/draft"), &[], Some(&late)).refused(428, "if_match_required");
    here.therapist.act(&path(&note, "/sign"), &json!(1), &json!({})).refused(412, "version_mismatch");
    here.therapist.send("POST", &path(&note, "/sign"), &[], None).refused(428, "if_match_required");
    let read = here.therapist.get(&path(&note, "")).expect(200);
    assert_eq!((&read["content"]["plan"], &read["version"]), (&json!("the first to save"), &json!(2)));
    // Both at once, many times: one of each pair wins, and what stands is what the winner sent.
    let mut version = 2;
    for round in 0..8 {
        let replies: Vec<_> = std::thread::scope(|scope| {
            let racers: Vec<_> = (0..2)
                .map(|racer| {
                    let (therapist, note) = (here.therapist.clone(), &note);
                    scope.spawn(move || {
                        let plan = format!("round {round} racer {racer}");
                        let ask = json!({ "content": content(&plan) });
                        (therapist.put(&path(note, "/draft"), &json!(version), &ask).status, plan)
                    })
                })
                .collect();
            racers.into_iter().map(|racer| racer.join().unwrap()).collect()
        });
        let winners: Vec<_> = replies.iter().filter(|(status, _)| *status == 200).collect();
        assert_eq!(winners.len(), 1, "{replies:?}");
        assert!(replies.iter().any(|(status, _)| *status == 412), "{replies:?}");
        let read = here.therapist.get(&path(&note, "")).expect(200);
        assert_eq!(read["content"]["plan"], json!(winners[0].1));
        version += 1;
        assert_eq!(read["version"], json!(version));
    }
}

fn what_is_wrong_with_a_note_is_named(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.started();
    here.therapist.act(&path(&note, "/sign"), &json!(1), &json!({})).refused(422, "invalid_fields");
    let wrong = json!({ "content": { "scores": [{ "measure": "pain", "before": 11 }], "techniques": [" "] } });
    let fault = here.therapist.put(&path(&note, "/draft"), &json!(1), &wrong).refused(422, "invalid_fields");
    let at: Vec<_> = fault["violations"].as_array().unwrap().iter().map(|fault| &fault["pointer"]).collect();
    assert_eq!(at, ["/content/techniques/0", "/content/scores/0/before"]);
    let unknown = json!({ "content": { "grams": 5 } });
    let fault = here.therapist.put(&path(&note, "/draft"), &json!(1), &unknown).refused(422, "invalid_fields");
    assert_eq!(fault["violations"][0]["pointer"], "/content/grams");
    let backwards =
        json!({ "content": {}, "actual": { "start": "2027-03-01T09:00:00Z", "end": "2027-03-01T08:00:00Z" } });
    let fault = here.therapist.put(&path(&note, "/draft"), &json!(1), &backwards).refused(422, "invalid_fields");
    assert_eq!(fault["violations"][0]["pointer"], "/actual/end");
    let signed = here.signed("rest");
    here.therapist.post(&path(&signed, "/addenda"), &json!({ "text": " " })).refused(422, "invalid_fields");
    here.therapist.get(&format!("{NOTES}?colour=blue")).refused(422, "invalid_fields");
}

fn a_signature_freezes_the_credentials_of_the_day(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    here.certified("CST-T-1", true);
    here.certified("CST-D-2", false);
    let note = here.signed("rest");
    let read = here.therapist.get(&path(&note, "")).expect(200);
    let snapshot = &read["credentials_snapshot"];
    assert_eq!(snapshot["valid_on"], json!("2027-03-01"));
    let credentials = snapshot["credentials"].as_array().unwrap();
    assert_eq!(credentials.len(), 1, "what nobody verified is not in it: {snapshot}");
    let (number, issuer, validity) =
        (&credentials[0]["number"], &credentials[0]["issuer"], &credentials[0]["validity"]);
    assert_eq!((number, issuer, validity), (&json!("CST-T-1"), &json!("Upledger Institute"), &json!("valid")));
    here.certified("CST-X-3", true);
    assert_eq!(&here.therapist.get(&path(&note, "")).expect(200)["credentials_snapshot"], snapshot);
}

fn a_signed_note_is_frozen_on_every_route(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.signed("rest");
    let before = here.therapist.get(&path(&note, "")).expect(200);
    let ask = json!({ "content": content("something else") });
    here.therapist.put(&path(&note, "/draft"), &json!(3), &ask).refused(409, "invalid_transition");
    for version in [json!(2), json!(3)] {
        here.therapist.act(&path(&note, "/sign"), &version, &json!({})).refused(409, "invalid_transition");
    }
    let again = json!({ "booking_id": note["booking_id"], "id": note["id"] });
    here.therapist.post(NOTES, &again).refused(409, "already_exists");
    let unlike = "/addenda/0195a3a0-5b1e-7c3d-8f00-00000000cafe";
    for below in [
        "",
        "/draft",
        "/sign",
        "/addenda",
        "/share",
        unlike,
        "/unlock",
        "/cosign",
        "/enter-in-error",
        "/summary",
        "/siblings",
    ] {
        for method in ["PUT", "PATCH", "DELETE"] {
            let tag = [("If-Match", "\"3\"")];
            let status = here.therapist.send(method, &path(&note, below), &tag, Some(&ask)).status;
            assert!(matches!(status, 404 | 405 | 409), "{method} {below}: {status}");
        }
    }
    assert_eq!(here.therapist.get(&path(&note, "")).expect(200), before);
    // Written upon the draft that it was: kept beside it, and the note is what it was.
    here.therapist.put(&path(&note, "/draft"), &json!(2), &ask).refused(412, "version_mismatch");
    let first = json!({ "content": content("something new"), "booking_id": note["booking_id"] });
    here.therapist
        .send("PUT", &path(&note, "/draft"), &[("If-None-Match", "*")], Some(&first))
        .refused(412, "version_mismatch");
    let after = here.therapist.get(&path(&note, "")).expect(200);
    assert_eq!((&after["contested"], &after["intact"]), (&json!(true), &json!("document")));
    assert_eq!([&after["content"], &after["document_hash"]], [&before["content"], &before["document_hash"]]);
    let kept = here.therapist.get(&path(&note, "/siblings")).expect(200)["items"].clone();
    for one in kept.as_array().unwrap() {
        let below = format!("/siblings/{}/adopt", one["id"].as_str().unwrap());
        here.therapist.act(&path(&note, &below), &json!(3), &json!({})).refused(409, "invalid_transition");
    }
    assert_eq!(kept.as_array().unwrap().len(), 2);
}

fn a_signed_note_is_frozen_in_the_store(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (note, draft) = (here.signed("rest"), here.drafted("a draft"));
    here.therapist.post(&path(&note, "/addenda"), &json!({ "text": "left, not right" })).expect(201);
    here.therapist.post(&path(&note, "/share"), &json!({})).expect(200);
    here.therapist.post(&path(&note, "/summary"), &json!({ "text": "rest today" })).expect(201);
    let wrong = here.signed("wrong");
    here.in_error(&wrong, "another's session").expect(200);
    let (mara, mara_id) = here.colleague("Mara Master");
    trainees::supervised(&here, &json!(here.therapist_id), &json!(mara_id)).expect(200);
    let learnt = here.signed("learnt");
    mara.steps_up();
    mara.act(&path(&learnt, "/cosign"), &learnt["version"], &json!({})).expect(200);
    let before = here.therapist.get(&path(&note, "")).expect(200);
    let (id, other) = (literal(&practice, id_of(&note)), literal(&practice, id_of(&draft)));
    let fresh = literal(&practice, uuid::Uuid::from_u128(0x0195_a3a0_5b1e_7c3d_8f00_0000_0000_cafe));
    let booking = format!("(SELECT booking_id FROM session_notes WHERE id = {id})");
    let rest = "client_id, therapist_id, author_id, state, data_key_id, sealed, planned_starts_at, planned_ends_at, \
                actual_starts_at, actual_ends_at, date_of_service, version, created_at, signed_at, content_hash, \
                credentials_snapshot, corrects_id, carried, content_mac, decision_snapshot, document_hash, supervisor_id";
    let mut attacks = vec![
        format!("UPDATE session_notes SET version = version WHERE id = {id}"),
        format!("UPDATE session_notes SET state = 'draft' WHERE id = {id}"),
        format!("UPDATE session_notes SET content_hash = 'x' WHERE id = {id}"),
        format!("UPDATE session_notes SET document_hash = 'x' WHERE id = {id}"),
        format!(
            "UPDATE session_notes SET carried = '{{}}', decision_snapshot = NULL, supervisor_id = NULL WHERE id = {id}"
        ),
        format!("UPDATE session_notes SET corrects_id = {id} WHERE id = {id}"),
        format!("UPDATE session_notes SET id = {fresh} WHERE id = {id}"),
        format!("UPDATE session_notes SET booking_id = {booking} WHERE id = {other}"),
        format!("DELETE FROM session_notes WHERE id = {id}"),
        "DELETE FROM session_notes".to_owned(),
        "UPDATE note_addenda SET signed_at = signed_at".to_owned(),
        format!("UPDATE note_addenda SET note_id = {other}"),
        "DELETE FROM note_addenda".to_owned(),
        "UPDATE note_shares SET shared_at = shared_at".to_owned(),
        "DELETE FROM note_shares".to_owned(),
        "UPDATE note_summaries SET shared_at = shared_at".to_owned(),
        "DELETE FROM note_summaries".to_owned(),
        "UPDATE note_errors SET entered_at = entered_at".to_owned(),
        "DELETE FROM note_errors".to_owned(),
        "UPDATE note_cosignatures SET signed_at = signed_at".to_owned(),
        "DELETE FROM note_cosignatures".to_owned(),
        // Nothing follows a draft, and no draft is signed but whole.
        format!(
            "INSERT INTO note_addenda SELECT {fresh}, {other}, author_id, data_key_id, sealed, signed_at FROM note_addenda"
        ),
        format!("INSERT INTO note_shares SELECT {other}, client_id, shared_by, shared_at FROM note_shares"),
        format!("INSERT INTO note_errors SELECT {other}, entered_by, data_key_id, sealed, entered_at FROM note_errors"),
        format!(
            "INSERT INTO note_cosignatures SELECT {other}, therapist_id, cosigned_by, document_hash, signed_at FROM note_cosignatures"
        ),
        format!(
            "INSERT INTO note_summaries SELECT {fresh}, {other}, client_id, author_id, data_key_id, sealed, shared_at FROM note_summaries"
        ),
        format!(
            "UPDATE session_notes SET state = 'signed', signed_at = created_at, content_hash = 'x', credentials_snapshot = '{{}}' \
             WHERE id = {other}"
        ),
    ];
    if practice.is_sqlite() {
        attacks.extend([
            format!("INSERT OR REPLACE INTO session_notes SELECT * FROM session_notes WHERE id = {id}"),
            format!("REPLACE INTO session_notes SELECT {fresh}, booking_id, {rest} FROM session_notes WHERE id = {id}"),
            format!("REPLACE INTO session_notes SELECT {id}, booking_id, {rest} FROM session_notes WHERE id = {other}"),
            format!("UPDATE OR REPLACE session_notes SET id = {id} WHERE id = {other}"),
            format!("UPDATE OR REPLACE session_notes SET booking_id = {booking} WHERE id = {other}"),
            format!(
                "REPLACE INTO session_notes (rowid, id, booking_id, {rest}) \
                 SELECT 1, {fresh}, {fresh}, {rest} FROM session_notes WHERE id = {other}"
            ),
            format!(
                "INSERT INTO session_notes SELECT * FROM session_notes WHERE id = {id} \
                 ON CONFLICT (id) DO UPDATE SET content_hash = 'x'"
            ),
            "INSERT OR REPLACE INTO note_addenda SELECT * FROM note_addenda".to_owned(),
            "INSERT OR REPLACE INTO note_shares SELECT * FROM note_shares".to_owned(),
            "INSERT OR REPLACE INTO note_errors SELECT * FROM note_errors".to_owned(),
            "INSERT OR REPLACE INTO note_summaries SELECT * FROM note_summaries".to_owned(),
            "INSERT OR REPLACE INTO note_cosignatures SELECT * FROM note_cosignatures".to_owned(),
        ]);
    } else {
        attacks.extend([
            "TRUNCATE session_notes CASCADE".to_owned(),
            "TRUNCATE note_addenda".to_owned(),
            "TRUNCATE note_shares".to_owned(),
            "TRUNCATE note_summaries".to_owned(),
            "TRUNCATE note_errors CASCADE".to_owned(),
            "TRUNCATE note_cosignatures".to_owned(),
            format!(
                "INSERT INTO session_notes SELECT * FROM session_notes WHERE id = {id} \
                 ON CONFLICT (id) DO UPDATE SET content_hash = 'x'"
            ),
            format!(
                "INSERT INTO session_notes SELECT {fresh}, booking_id, {rest} FROM session_notes WHERE id = {id} \
                 ON CONFLICT (booking_id) WHERE corrects_id IS NULL DO UPDATE SET content_hash = 'x'"
            ),
            "INSERT INTO note_addenda SELECT * FROM note_addenda".to_owned(),
        ]);
    }
    for attack in attacks {
        let why = practice.sql(&attack).expect_err(&attack);
        // Refused by a rule, not for a mistake in the attack.
        assert!(["stillpoint:", "_pkey", "rowid"].iter().any(|rule| why.contains(rule)), "{attack}: {why}");
        assert_eq!(here.therapist.get(&path(&note, "")).expect(200), before, "{attack}");
    }
}

fn a_draft_does_not_change_whose_it_is(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let draft = literal(&practice, id_of(&here.drafted("rest")));
    let other = literal(&practice, client_row(&practice, None));
    let moved = practice.sql(&format!("UPDATE session_notes SET client_id = {other} WHERE id = {draft}"));
    assert!(moved.unwrap_err().contains("session_notes_immutable"));
    let author = "author_id = (SELECT id FROM accounts WHERE email = 'admin@example.org')";
    assert!(practice.sql(&format!("UPDATE session_notes SET {author} WHERE id = {draft}")).is_err());
}

fn nobody_else_reads_a_note(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let sentence = "the quiet heron waits";
    let (draft, signed) = (here.drafted(sentence), here.signed(sentence));
    let (colleague, _) = here.colleague("Otto Other");
    let stranger = practice.client("Sven Stranger");
    let callers = [
        (practice.anonymous(), 401),
        (here.admin.clone(), 403),
        (practice.staff(&here.admin, "Dora Desk", "front_desk"), 403),
        (practice.staff(&here.admin, "Vera Verifier", "verifier"), 403),
        (colleague, 404),
        (stranger, 404),
        (here.client.clone(), 404),
    ];
    let ask = json!({ "content": content("mine now") });
    for (caller, status) in callers {
        // Who is let into the building but not into the room is told that there is none; a client is not let in to write at all.
        let writes = if status == 404 && caller.get("/api/v1/auth/me").expect(200)["roles"] == json!(["client"]) {
            403
        } else {
            status
        };
        for note in [&draft, &signed] {
            let replies = [
                (caller.get(&path(note, "")), status),
                (caller.put(&path(note, "/draft"), &note["version"], &ask), writes),
                (caller.act(&path(note, "/sign"), &note["version"], &json!({})), writes),
                (caller.post(&path(note, "/share"), &json!({})), writes),
                (caller.post(&path(note, "/addenda"), &json!({ "text": "mine" })), writes),
                (caller.post(NOTES, &json!({ "booking_id": note["booking_id"] })), writes),
            ];
            for (reply, expected) in replies {
                assert_eq!(reply.status, expected, "{}", reply.body);
                assert!(!reply.body.to_string().contains("heron"));
            }
        }
        let list = caller.get(NOTES);
        assert!(matches!((list.status, status), (401 | 403, _)) || list.body["items"] == json!([]), "{}", list.body);
        let asked = caller.get(&format!("{NOTES}?client_id={}", here.client_id));
        assert!(asked.status >= 400 || asked.body["items"] == json!([]), "{}", asked.body);
    }
    assert_eq!(here.told("session_note.viewed", &draft), 0);
    assert_eq!(here.shares(), 0);
}

fn a_shared_note_is_read_by_its_client(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (note, kept) = (here.signed("drink water"), here.signed("for my eyes"));
    let draft = here.drafted("unfinished");
    here.therapist.post(&path(&draft, "/share"), &json!({})).refused(409, "invalid_transition");
    here.therapist.post(&path(&draft, "/addenda"), &json!({ "text": "too early" })).refused(409, "invalid_transition");
    let shared = here.therapist.post(&path(&note, "/share"), &json!({})).expect(200);
    practice.pass(chrono::TimeDelta::minutes(1));
    let again = here.therapist.post(&path(&note, "/share"), &json!({})).expect(200);
    assert_eq!((&again["shared_at"], here.shares()), (&shared["shared_at"], 1));
    assert_eq!(here.told("note.shared", &note), 1);
    here.therapist.post(&path(&note, "/addenda"), &json!({ "text": "and rest" })).expect(201);
    let read = here.client.get(&path(&note, "")).expect(200);
    assert_eq!(
        (&read["content"]["plan"], &read["addenda"][0]["content"]["text"]),
        (&json!("drink water"), &json!("and rest"))
    );
    here.client.get(&path(&kept, "")).refused(404, "not_found");
    here.client.get(&path(&draft, "")).refused(404, "not_found");
    let list = here.client.get(NOTES).expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["id"], note["id"]);
    assert!(list["items"][0].get("content").is_none());
    let stranger = practice.client("Sven Stranger");
    stranger.get(&path(&note, "")).refused(404, "not_found");
    here.admin.get(&path(&note, "")).refused(403, "forbidden");
}

fn a_guardian_reads_what_was_shared_of_a_minor_ward(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let ward = client_row(&practice, Some("2020-05-01".parse().unwrap()));
    care(&practice, here.therapist_id, ward, "treating");
    guardian(&practice, here.client_id, ward);
    let booking = here.booking_of(ward);
    let note = here.therapist.post(NOTES, &json!({ "booking_id": booking })).expect(201);
    let note = here.saved(&note, "hold the feet");
    let note = here.therapist.act(&path(&note, "/sign"), &note["version"], &json!({})).expect(200);
    here.client.get(&path(&note, "")).refused(404, "not_found");
    here.therapist.post(&path(&note, "/share"), &json!({})).expect(200);
    assert_eq!(here.client.get(&path(&note, "")).expect(200)["content"]["plan"], json!("hold the feet"));
    let wards = here.client.get(&format!("{NOTES}?client_id={ward}")).expect(200);
    assert_eq!(wards["items"].as_array().unwrap().len(), 1);
    assert_eq!(here.client.get(NOTES).expect(200)["items"], json!([]));
}

fn who_treats_the_client_reads_and_does_not_write(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.signed("rest");
    let draft = here.drafted("unfinished");
    let (cover, cover_id) = here.colleague("Cora Cover");
    cover.get(&path(&note, "")).refused(404, "not_found");
    care(&practice, cover_id, here.client_id, "covering");
    assert_eq!(cover.get(&path(&note, "")).expect(200)["content"]["plan"], json!("rest"));
    let list = cover.get(&format!("{NOTES}?client_id={}", here.client_id)).expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    assert_eq!(cover.get(NOTES).expect(200)["items"], json!([]));
    let ask = json!({ "content": content("mine now") });
    cover.put(&path(&draft, "/draft"), &draft["version"], &ask).refused(404, "not_found");
    cover.act(&path(&draft, "/sign"), &draft["version"], &json!({})).refused(404, "not_found");
    cover.post(&path(&note, "/addenda"), &json!({ "text": "mine" })).refused(404, "not_found");
    cover.post(&path(&note, "/share"), &json!({})).refused(404, "not_found");
    // A day later nobody is in a relationship with the client any more; the author still reads.
    practice.pass(chrono::TimeDelta::days(1));
    let signed_in = |email: &str| {
        let ask = json!({ "email": email, "password": crate::app::PASSWORD });
        practice.signed_in(&practice.anonymous().post("/api/v1/auth/login", &ask).expect(200))
    };
    signed_in("cora.cover@example.org").get(&path(&note, "")).refused(404, "not_found");
    signed_in("tom.still@example.org").get(&path(&note, "")).expect(200);
}

fn lists_are_cut_to_who_asks(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let (first, second, third) = (here.signed("one"), here.drafted("two"), here.started());
    let listed = |query: &str| -> Vec<Value> {
        let list = here.therapist.get(&format!("{NOTES}?{query}")).expect(200);
        list["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect()
    };
    let mut drafts = vec![second["id"].clone(), third["id"].clone()];
    drafts.sort_by_key(ToString::to_string);
    assert_eq!(listed("unsigned=true"), drafts);
    assert_eq!(listed("state=draft"), drafts);
    assert_eq!(listed("state=signed"), [first["id"].clone()]);
    assert_eq!(listed(&format!("booking_id={}", second["booking_id"].as_str().unwrap())), [second["id"].clone()]);
    assert_eq!(listed(&format!("client_id={}", here.client_id)).len(), 3);
    let page = here.therapist.get(&format!("{NOTES}?limit=2")).expect(200);
    let rest = listed(&format!("limit=2&cursor={}", page["next_cursor"].as_str().unwrap()));
    assert_eq!((page["items"].as_array().unwrap().len(), rest.len()), (2, 1));
    here.therapist.get(&format!("{NOTES}?state=lost")).refused(422, "invalid_fields");
    here.therapist.get(&format!("{NOTES}?limit=0")).refused(422, "invalid_fields");
}

fn each_look_is_on_the_clients_record(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.drafted("rest");
    assert_eq!(here.told("session_note.viewed", &note), 0);
    here.therapist.get(&path(&note, "")).expect(200);
    assert_eq!(here.told("session_note.viewed", &note), 1);
    // The signature reads the content to hash it.
    let note = here.therapist.act(&path(&note, "/sign"), &note["version"], &json!({})).expect(200);
    assert_eq!(here.told("session_note.viewed", &note), 2);
    here.therapist.post(&path(&note, "/share"), &json!({})).expect(200);
    here.client.get(&path(&note, "")).expect(200);
    assert_eq!(here.told("session_note.viewed", &note), 3);
    here.therapist.get(NOTES).expect(200);
    assert_eq!(here.told("session_note.viewed", &note), 3, "a list opens nothing");
    assert_eq!(here.told("note.signed", &note), 1);
}

fn a_sentence_of_a_note_is_in_no_byte_and_no_log_line(practice: Practice) {
    log::listen();
    let here = Arranged::in_practice(&practice);
    let sentences = ["the heron stood in the shallow water", "the otter slept beneath the alder"];
    let note = here.signed(sentences[0]);
    let key = [("Idempotency-Key", "otter")];
    let ask = json!({ "text": sentences[1] });
    here.therapist.send("POST", &path(&note, "/addenda"), &key, Some(&ask)).expect(201);
    let read = here.therapist.get(&path(&note, "")).expect(200).to_string();
    // A request that is refused holds them too.
    let wrong = json!({ "content": { "plan": sentences[0], "grams": 5 } });
    here.therapist.put(&path(&note, "/draft"), &json!(2), &wrong).refused(422, "invalid_fields");
    here.therapist
        .put(&path(&note, "/draft"), &json!(2), &json!({ "content": content(sentences[1]) }))
        .refused(412, "version_mismatch");
    here.therapist.post(&path(&note, "/summary"), &json!({ "text": sentences[1] })).expect(201);
    here.in_error(&note, sentences[0]).expect(200);
    let (bytes, logged) = (practice.every_byte(), log::heard());
    assert!(logged.contains("answered"), "the log was heard");
    for sentence in sentences {
        assert!(read.contains(sentence));
        // A dump writes bytes as hexadecimal.
        let hex: String = sentence.bytes().map(|byte| format!("{byte:02x}")).collect();
        for form in [sentence.to_owned(), hex] {
            let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
            assert!(!found, "{form} stands in the store");
            assert!(!logged.contains(&form), "{form} stands in the log");
        }
    }
    assert!(bytes.windows(13).any(|window| window == b"session_notes"), "these are the bytes of the store");
}
