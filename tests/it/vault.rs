//! The vault through the store: what is sealed opens where it was sealed and nowhere else, and not without its key.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::app::Practice;
use crate::notes::arranged::{Arranged, care, client_row, id_of, literal, path};
use crate::on_each_store;

on_each_store!(
    a_seal_moved_to_another_row_does_not_open,
    a_seal_moved_to_another_client_does_not_open,
    a_seal_moved_to_another_column_does_not_open,
    a_seal_that_was_changed_does_not_open,
    without_its_key_nothing_opens,
    a_key_moved_to_another_client_does_not_open,
);

const SENTENCE: &str = "the heron stood in the shallow water";

/// Two drafts: the client's own, and one of the client's or of another's.
fn two_drafts<'p>(practice: &'p Practice, of_another: bool) -> (Arranged<'p>, Value, Value) {
    let here = Arranged::in_practice(practice);
    let mine = here.drafted(SENTENCE);
    let client = if of_another { client_row(practice, None) } else { here.client_id };
    care(practice, here.therapist_id, client, "treating");
    let ask = json!({ "booking_id": here.booking_of(client) });
    let other = here.therapist.post("/api/v1/session-notes", &ask).expect(201);
    let other = here.saved(&other, SENTENCE);
    (here, mine, other)
}

/// The note answers that something is wrong, and not what.
fn is_shut(here: &Arranged<'_>, note: &Value) {
    let told = here.therapist.get(&path(note, "")).refused(500, "internal");
    let mut members: Vec<_> = told.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["code", "request_id", "status", "title", "type"]);
    assert!(!told.to_string().contains("heron"));
    // A signature would have to read it, and does not.
    here.therapist.act(&path(note, "/sign"), &note["version"], &json!({})).refused(500, "internal");
}

fn moved(practice: &Practice, from: &Value, to: &Value) {
    let (from, to) = (literal(practice, id_of(from)), literal(practice, id_of(to)));
    let taken = |column: &str| format!("{column} = (SELECT {column} FROM session_notes WHERE id = {from})");
    practice
        .sql(&format!("UPDATE session_notes SET {}, {} WHERE id = {to}", taken("sealed"), taken("data_key_id")))
        .unwrap();
}

fn a_seal_moved_to_another_row_does_not_open(practice: Practice) {
    let (here, mine, other) = two_drafts(&practice, false);
    moved(&practice, &mine, &other);
    is_shut(&here, &other);
    assert_eq!(here.therapist.get(&path(&mine, "")).expect(200)["content"]["plan"], json!(SENTENCE));
}

fn a_seal_moved_to_another_client_does_not_open(practice: Practice) {
    let (here, mine, other) = two_drafts(&practice, true);
    moved(&practice, &mine, &other);
    is_shut(&here, &other);
    here.therapist.get(&path(&mine, "")).expect(200);
}

fn a_seal_moved_to_another_column_does_not_open(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.signed(SENTENCE);
    let id = literal(&practice, id_of(&note));
    // The same row id under the same key: only the table's name differs from where it was sealed.
    practice
        .sql(&format!(
            "INSERT INTO note_addenda (id, note_id, author_id, data_key_id, sealed, signed_at) \
             SELECT id, id, author_id, data_key_id, sealed, signed_at FROM session_notes WHERE id = {id}"
        ))
        .unwrap();
    let told = here.therapist.get(&path(&note, "")).refused(500, "internal");
    assert!(!told.to_string().contains("heron"));
}

fn a_seal_that_was_changed_does_not_open(practice: Practice) {
    let (here, mine, _) = two_drafts(&practice, false);
    let id = literal(&practice, id_of(&mine));
    let zeros =
        if practice.is_sqlite() { "zeroblob(length(sealed))" } else { "decode(repeat('00', length(sealed)), 'hex')" };
    practice.sql(&format!("UPDATE session_notes SET sealed = {zeros} WHERE id = {id}")).unwrap();
    is_shut(&here, &mine);
    let cut = if practice.is_sqlite() { "x'00'" } else { "'\\x00'::bytea" };
    practice.sql(&format!("UPDATE session_notes SET sealed = {cut} WHERE id = {id}")).unwrap();
    is_shut(&here, &mine);
}

fn without_its_key_nothing_opens(practice: Practice) {
    let (here, mine, other) = two_drafts(&practice, true);
    let mine_id = literal(&practice, here.client_id);
    assert!(practice.sql("DELETE FROM data_keys").unwrap_err().contains("data_keys_immutable"));
    practice.keys_sql(&format!("DELETE FROM wrapped_keys WHERE client_id = {mine_id}")).unwrap();
    practice.pass(TimeDelta::seconds(5));
    is_shut(&here, &mine);
    here.therapist.get(&path(&other, "")).expect(200);
}

fn a_key_moved_to_another_client_does_not_open(practice: Practice) {
    let (here, mine, other) = two_drafts(&practice, true);
    let client = literal(&practice, here.client_id);
    let taken = format!("(SELECT wrapped FROM wrapped_keys WHERE client_id <> {client} AND class = 'session_note')");
    practice.keys_sql(&format!("UPDATE wrapped_keys SET wrapped = {taken} WHERE client_id = {client}")).unwrap();
    practice.pass(TimeDelta::seconds(5));
    is_shut(&here, &mine);
    here.therapist.get(&path(&other, "")).expect(200);
}
