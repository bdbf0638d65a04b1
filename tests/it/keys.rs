//! The life of keys: committed before they are used, remembered for five seconds, rewrapped beside writers, destroyed for good.

use std::sync::Arc;

use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::{Value, json};
use stillpoint::app::App;
use stillpoint::clients;
use stillpoint::db::schema::token_keys;
use stillpoint::db::{KeyStore, Stop, Tx};
use stillpoint::kernel::actor::Permit;
use stillpoint::kernel::ids::ClientId;
use stillpoint::kernel::refusal::Refusal;
use stillpoint::kernel::sealed::Sealed;
use stillpoint::kernel::time::Clock;
use stillpoint::vault::{Class, Condemned, MasterKey, MasterKeys, Place, Reason, Vault};
use uuid::Uuid;

use crate::app::Practice;
use crate::notes::arranged::{Arranged, client_row, literal, path, place as place_rows, seen};
use crate::{log, on_each_store};

on_each_store!(
    a_destroyed_key_opens_nothing_and_another_takes_its_place,
    another_process_forgets_within_five_seconds,
    a_key_outlives_the_transaction_it_was_made_for,
    what_is_written_during_rotations_opens_after_them,
    a_rotation_that_was_broken_off_is_made_again,
    rotations_at_once_lose_no_key,
    a_master_key_that_wraps_something_must_stand,
    an_older_stores_keys_are_moved,
    a_lost_key_store_is_not_replaced,
    another_master_key_is_refused,
    an_erased_client_is_a_label,
    an_erased_client_is_not_named_anew,
    a_destruction_that_was_broken_off_is_finished,
    a_key_the_register_never_knew_goes_too,
    a_store_without_some_of_its_keys_is_not_opened,
    what_was_destroyed_is_not_undone_by_a_migration,
    either_list_is_enough,
    a_sentence_stands_nowhere,
);

const SENTENCE: &str = "the osprey turned twice above the weir";

fn run<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}

fn write<T: Send + 'static>(
    app: &App,
    work: impl Fn(&mut Tx<'_>, &Vault) -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    let vault = Arc::clone(&app.vault);
    run(app.db.write(&Permit::system("test"), move |tx| work(tx, &vault)))
}

fn condemn(app: &App, client: ClientId) -> Condemned {
    write(app, move |tx, vault| vault.condemn(tx, client, &[Class::SessionNote], Reason::RetentionEnded)).unwrap()
}

fn keys(practice: &Practice) -> KeyStore {
    KeyStore::open(&practice.target().keys()).unwrap()
}

fn place(client: ClientId) -> Place<'static> {
    let row = client.0;
    Place { client, class: Class::SessionNote, record: row, table: "session_notes", row, column: "content" }
}

fn seal(app: &App, client: ClientId) -> Sealed {
    write(app, move |tx, vault| vault.seal(tx, place(client), SENTENCE.as_bytes())).unwrap()
}

fn open(app: &App, client: ClientId, sealed: &Sealed) -> Result<Vec<u8>, Stop> {
    let sealed = sealed.clone();
    write(app, move |tx, vault| {
        let look = tx.look("session_note.viewed", client, client)?;
        vault.open(tx, &look, place(client), &sealed).map(|plain| plain.to_vec())
    })
}

fn warnings(practice: &Practice) -> Value {
    practice.anonymous().get("/readyz").expect(200)["warnings"].clone()
}

fn a_destroyed_key_opens_nothing_and_another_takes_its_place(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.drafted(SENTENCE);
    here.therapist.get(&path(&note, "")).expect(200);
    let condemned = condemn(&practice.app, here.client_id);
    assert_eq!(condemned.len(), 1);
    practice.app.vault.shred(&condemned).unwrap();
    here.therapist.get(&path(&note, "")).refused(410, "erased");
    let client = literal(&practice, here.client_id);
    assert_eq!(
        practice.count(&format!(
            "SELECT count(*) AS count FROM session_notes WHERE sealed IS NOT NULL AND client_id = {client}"
        )),
        1
    );
    let told = "SELECT count(*) AS count FROM audit_events WHERE action = 'data_key.destroyed' AND details LIKE '%retention_ended%'";
    assert_eq!(practice.count(told), 1);
    assert!(practice.sql("UPDATE data_keys SET destroyed_at = NULL WHERE destroyed_at IS NOT NULL").is_err());
    let saved = here.saved(&note, "another sentence");
    assert_eq!(here.therapist.get(&path(&saved, "")).expect(200)["content"]["plan"], json!("another sentence"));
}

fn another_process_forgets_within_five_seconds(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.drafted(SENTENCE);
    practice.pass(TimeDelta::seconds(5));
    here.therapist.get(&path(&note, "")).expect(200);
    let other = practice.beside().unwrap();
    other.vault.shred(&condemn(&other, here.client_id)).unwrap();
    other.db.close();
    practice.pass(TimeDelta::milliseconds(4_999));
    here.therapist.get(&path(&note, "")).expect(200);
    practice.pass(TimeDelta::milliseconds(1));
    here.therapist.get(&path(&note, "")).refused(410, "erased");
}

fn a_key_outlives_the_transaction_it_was_made_for(practice: Practice) {
    let client = client_row(&practice, None);
    let refused: Result<(), Stop> = write(&practice.app, move |tx, vault| {
        vault.seal(tx, place(client), b"never kept")?;
        Err(Refusal::NotThere.into())
    });
    assert!(matches!(refused, Err(Stop::Refused(Refusal::NotThere))));
    let made = keys(&practice).key_of(client, "session_note").unwrap().unwrap().id;
    assert_eq!(practice.count("SELECT count(*) AS count FROM data_keys"), 0);
    assert_eq!(seal(&practice.app, client).key, made);
}

fn what_is_written_during_rotations_opens_after_them(practice: Practice) {
    let other = practice.beside().unwrap();
    let first = keys(&practice).masters().unwrap();
    let (done, rotating) = std::sync::mpsc::channel::<()>();
    let rotations = std::thread::spawn(move || {
        let mut rotations = 0;
        while rotations < 3 || rotating.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) && rotations < 50 {
            assert!(!other.vault.rotate().unwrap().left_stands);
            rotations += 1;
        }
        other.db.close();
        rotations
    });
    let sealed: Vec<(ClientId, Sealed)> = (0..25)
        .map(|_| {
            let client = client_row(&practice, None);
            (client, seal(&practice.app, client))
        })
        .collect();
    done.send(()).ok();
    assert!(rotations.join().unwrap() >= 3);
    practice.pass(TimeDelta::seconds(5));
    let again = practice.beside().unwrap();
    for (client, sealed) in &sealed {
        for app in [&practice.app, &again] {
            assert_eq!(open(app, *client, sealed).unwrap(), SENTENCE.as_bytes());
        }
    }
    assert!(again.vault.try_every_key().unwrap() >= 25);
    again.db.close();
    let last = keys(&practice).masters().unwrap();
    assert!(last.len() == 1 && last[0].id != first[0].id);
    assert_eq!(std::fs::read_to_string(practice.master_file()).unwrap().lines().count(), 1);
}

fn a_rotation_that_was_broken_off_is_made_again(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.drafted(SENTENCE);
    assert_eq!(warnings(&practice), json!(["master_key_not_in_escrow"]));
    // As the first steps leave it: two keys in the file, the new one's name in the key store.
    let (old, new) = (std::fs::read_to_string(practice.master_file()).unwrap(), MasterKey::generate().unwrap());
    std::fs::write(practice.master_file(), format!("{}\n{}\n", &*new.to_text(), old.trim())).unwrap();
    keys(&practice).add_master(&new.id(), practice.now().into()).unwrap();
    assert_eq!(warnings(&practice), json!(["master_key_not_in_escrow", "rotation_unfinished"]));
    let client = client_row(&practice, None);
    seal(&practice.app, client);
    assert_eq!(keys(&practice).key_of(client, "session_note").unwrap().unwrap().master_key, new.id());
    let other = practice.beside().unwrap();
    let rotated = other.vault.rotate().unwrap();
    other.db.close();
    assert_eq!((rotated.master, rotated.left_stands), (new.id(), false));
    practice.pass(TimeDelta::seconds(5));
    here.therapist.get(&path(&note, "")).expect(200);
    assert_eq!(keys(&practice).masters().unwrap().len(), 1);
    // A master key that wraps something is not let go, whoever asks.
    let pragma = if practice.is_sqlite() { "PRAGMA foreign_keys = ON;" } else { "" };
    assert!(
        practice
            .keys_sql(&format!("{pragma} DELETE FROM master_keys"))
            .unwrap_err()
            .to_lowercase()
            .contains("foreign key")
    );
}

/// Two that were started before either rotated, one after the other and then both at once.
fn rotations_at_once_lose_no_key(practice: Practice) {
    let client = client_row(&practice, None);
    let sealed = seal(&practice.app, client);
    let (one, two) = (practice.beside().unwrap(), practice.beside().unwrap());
    one.vault.rotate().unwrap();
    two.vault.rotate().unwrap();
    let both = [one, two].map(|app| {
        std::thread::spawn(move || {
            let made = (0..6).filter(|_| app.vault.rotate().is_ok()).count();
            app.db.close();
            made
        })
    });
    assert!(both.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>() >= 1);
    let again = practice.beside().unwrap();
    again.vault.try_every_key().unwrap();
    practice.pass(TimeDelta::seconds(5));
    for app in [&practice.app, &again] {
        assert_eq!(open(app, client, &sealed).unwrap(), SENTENCE.as_bytes());
    }
    again.db.close();
    assert_eq!(keys(&practice).masters().unwrap().len(), 1);
    assert_eq!(std::fs::read_to_string(practice.master_file()).unwrap().lines().count(), 1);
}

/// Somebody put another key into the file beside a process that still remembers the old one.
fn a_master_key_that_wraps_something_must_stand(practice: Practice) {
    let kept = std::fs::read_to_string(practice.master_file()).unwrap();
    std::fs::write(practice.master_file(), &*MasterKey::generate().unwrap().to_text()).unwrap();
    let told = format!("{:?}", practice.app.vault.rotate().unwrap_err());
    assert!(told.contains("still wraps keys"), "{told}");
    std::fs::write(practice.master_file(), kept).unwrap();
    practice.app.vault.rotate().unwrap();
}

fn an_older_stores_keys_are_moved(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.drafted(SENTENCE);
    let store = keys(&practice);
    let key = store.key_of(here.client_id, "session_note").unwrap().unwrap();
    let hex: String = key.wrapped.iter().map(|byte| format!("{byte:02x}")).collect();
    let (drop, bytes) = if practice.is_sqlite() {
        ("DROP TRIGGER data_keys_no_update", format!("x'{hex}'"))
    } else {
        ("DROP TRIGGER data_keys_no_update ON data_keys", format!("'\\x{hex}'::bytea"))
    };
    let master = &key.master_key;
    hang_secrets_on_the_master_key(&practice);
    practice.sql(&format!("{drop}; UPDATE data_keys SET wrapped = {bytes}, master_key = '{master}'")).unwrap();
    practice.keys_sql("DELETE FROM wrapped_keys; DELETE FROM master_keys").unwrap();
    practice.beside().unwrap().db.close();
    practice.pass(TimeDelta::seconds(5));
    here.therapist.get(&path(&note, "")).expect(200);
    assert_eq!(
        practice.count("SELECT count(*) AS count FROM data_keys WHERE wrapped IS NOT NULL OR master_key IS NOT NULL"),
        0
    );
    assert_eq!(practice.count("SELECT count(*) AS count FROM audit_events WHERE action = 'data_keys.moved'"), 1);
    practice.beside().unwrap().db.close();
    assert_eq!(practice.count("SELECT count(*) AS count FROM audit_events WHERE action = 'data_keys.moved'"), 1);
    // What hung on the master key itself still opens: whoever was signed in stays so.
    here.therapist.get("/api/v1/auth/me").expect(200);
}

/// Wraps the seeds of token keys as they were wrapped before there was a key store.
fn hang_secrets_on_the_master_key(practice: &Practice) {
    let masters = MasterKeys::parse(&std::fs::read_to_string(practice.master_file()).unwrap()).unwrap();
    let unsettled = Vault::new(masters, keys(practice), Clock::system());
    let seeds = seen(practice, |view| view.load::<_, Vec<u8>>(token_keys::table.select(token_keys::sealed_seed)));
    for seed in seeds {
        let plain = practice.app.vault.unwrap("token-keys", &seed).unwrap();
        let older = unsettled.wrap("token-keys", &plain).unwrap();
        place_rows(practice, move |writer| {
            writer.execute(diesel::update(token_keys::table).set(token_keys::sealed_seed.eq(&older))).map(drop)
        });
    }
}

fn a_lost_key_store_is_not_replaced(practice: Practice) {
    let client = client_row(&practice, None);
    seal(&practice.app, client);
    practice.keys_sql("DELETE FROM wrapped_keys; DELETE FROM master_keys").unwrap();
    let told = practice.beside().err().unwrap();
    assert!(told.contains("the key store is gone"), "{told}");
}

fn another_master_key_is_refused(practice: Practice) {
    std::fs::write(practice.master_file(), "77".repeat(32)).unwrap();
    let told = practice.beside().err().unwrap();
    assert!(told.contains("is not the one this store's keys are wrapped with"), "{told}");
}

fn an_erased_client_is_a_label(practice: Practice) {
    let client = client_row(&practice, Some("1990-05-01".parse().unwrap()));
    let sealed = seal(&practice.app, client);
    let erase = move |tx: &mut Tx<'_>, vault: &Vault| clients::erase(tx, vault, client, Reason::ErasureRequest);
    let condemned = write(&practice.app, erase).unwrap();
    assert_eq!(condemned.len(), 2, "the notes' and the identity's");
    practice.app.vault.shred(&condemned).unwrap();
    assert!(matches!(open(&practice.app, client, &sealed), Err(Stop::Refused(Refusal::Erased))));
    let id = literal(&practice, client);
    let blank = format!(
        "SELECT count(*) AS count FROM clients JOIN client_identities ON client_id = id WHERE id = {id} AND name = 'Erased client' \
         AND date_of_birth IS NULL AND email IS NULL AND phone IS NULL"
    );
    assert_eq!(practice.count(&blank), 1);
    assert!(keys(&practice).key_of(client, "identity").unwrap().is_none());
    assert_eq!(keys(&practice).destroyed().unwrap().len(), 2);
    assert!(matches!(write(&practice.app, erase), Err(Stop::Refused(Refusal::Erased))));
    let nobody =
        write(&practice.app, |tx, vault| clients::erase(tx, vault, ClientId(Uuid::nil()), Reason::ErasureRequest));
    assert!(matches!(nobody, Err(Stop::Refused(Refusal::NotThere))));
}

fn an_erased_client_is_not_named_anew(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let client = here.client_id;
    let erase = move |tx: &mut Tx<'_>, vault: &Vault| clients::erase(tx, vault, client, Reason::ErasureRequest);
    practice.app.vault.shred(&write(&practice.app, erase).unwrap()).unwrap();
    let path = format!("/api/v1/clients/{client}");
    here.client.put(&path, &json!(2), &json!({ "name": "Not forgotten" })).refused(410, "erased");
}

fn a_destruction_that_was_broken_off_is_finished(practice: Practice) {
    let (client, second) = (client_row(&practice, None), client_row(&practice, None));
    let (sealed, _) = (seal(&practice.app, client), seal(&practice.app, second));
    let _unfinished = (condemn(&practice.app, client), condemn(&practice.app, second));
    // Whoever seals meanwhile gets a new key and not the condemned one.
    let old = keys(&practice).key_of(second, "session_note").unwrap().unwrap().id;
    assert_ne!(seal(&practice.app, second).key, old);
    practice.pass(TimeDelta::seconds(5));
    assert!(keys(&practice).key(sealed.key).unwrap().is_some());
    assert!(
        matches!(open(&practice.app, client, &sealed), Err(Stop::Refused(Refusal::Erased))),
        "the register is enough"
    );
    assert_eq!(run(practice.app.vault.finish_destroying(&practice.app.db)).unwrap(), 1);
    assert_eq!(run(practice.app.vault.finish_destroying(&practice.app.db)).unwrap(), 0);
    practice.beside().unwrap().db.close();
    assert!(keys(&practice).key(sealed.key).unwrap().is_none());
    practice.pass(TimeDelta::seconds(5));
    assert!(matches!(open(&practice.app, client, &sealed), Err(Stop::Refused(Refusal::Erased))));
}

fn a_key_the_register_never_knew_goes_too(practice: Practice) {
    let client = client_row(&practice, None);
    let refused: Result<(), Stop> = write(&practice.app, move |tx, vault| {
        vault.seal(tx, place(client), b"never kept")?;
        Err(Refusal::NotThere.into())
    });
    assert!(refused.is_err());
    let made = keys(&practice).key_of(client, "session_note").unwrap().unwrap().id;
    let condemned = condemn(&practice.app, client);
    assert_eq!(condemned.len(), 1);
    practice.app.vault.shred(&condemned).unwrap();
    assert!(keys(&practice).key(made).unwrap().is_none());
    assert_eq!(practice.count("SELECT count(*) AS count FROM data_keys WHERE destroyed_at IS NOT NULL"), 1);
}

fn a_store_without_some_of_its_keys_is_not_opened(practice: Practice) {
    let client = client_row(&practice, None);
    seal(&practice.app, client);
    practice.keys_sql("DELETE FROM wrapped_keys WHERE class = 'session_note'").unwrap();
    let told = practice.beside().err().unwrap();
    assert!(told.contains("1 keys are missing"), "{told}");
}

fn what_was_destroyed_is_not_undone_by_a_migration(practice: Practice) {
    let (names, _) = (stillpoint::db::MIGRATION_NAMES)();
    let since = names.len() - names.iter().position(|name| name == "0014_keys").unwrap();
    let client = client_row(&practice, None);
    seal(&practice.app, client);
    practice.app.vault.shred(&condemn(&practice.app, client)).unwrap();
    let told = format!("{:?}", practice.target().revert(since).unwrap_err());
    assert!(told.contains("nothing_was_destroyed"), "{told}");
    assert_eq!(practice.count("SELECT count(*) AS count FROM data_keys WHERE destroyed_at IS NOT NULL"), 1);
}

/// A copy of the rows from before a destruction comes back, then one of the keys; neither brings back what was destroyed.
fn either_list_is_enough(practice: Practice) {
    let client = client_row(&practice, None);
    let sealed = seal(&practice.app, client);
    let copy = practice.app.vault.copy_keys().unwrap();
    let key = keys(&practice).key(sealed.key).unwrap().unwrap();
    practice.app.vault.shred(&condemn(&practice.app, client)).unwrap();
    copy.put_into(&keys(&practice)).unwrap();
    assert!(keys(&practice).key(sealed.key).unwrap().is_none(), "the list keeps it out");
    practice.keys_sql("DELETE FROM destroyed_keys").unwrap();
    assert!(keys(&practice).keep(&key).unwrap(), "as a file that was copied back would hold it");
    practice.beside().unwrap().db.close();
    assert!(keys(&practice).key(sealed.key).unwrap().is_none(), "the register knows");
    let (drop, id) = (if practice.is_sqlite() { "" } else { " ON data_keys" }, literal(&practice, client));
    practice
        .sql(&format!(
            "DROP TRIGGER data_keys_no_update{drop}; UPDATE data_keys SET destroyed_at = NULL WHERE client_id = {id}"
        ))
        .unwrap();
    practice.beside().unwrap().db.close();
    assert_eq!(
        practice
            .count(&format!("SELECT count(*) AS count FROM data_keys WHERE client_id = {id} AND destroyed_at IS NULL")),
        0
    );
}

fn a_sentence_stands_nowhere(practice: Practice) {
    log::listen();
    let here = Arranged::in_practice(&practice);
    here.signed(SENTENCE);
    let client = here.client_id;
    let panicked: Result<(), Stop> = write(&practice.app, move |tx, vault| {
        let sealed = vault.seal(tx, place(client), SENTENCE.as_bytes())?;
        let look = tx.look("session_note.viewed", client, client)?;
        let plain = vault.open(tx, &look, place(client), &sealed)?;
        assert!(plain.is_empty(), "a panic while it is open");
        Ok(())
    });
    assert!(panicked.is_err());
    let holds = |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    let bytes = practice.every_byte();
    assert!(holds(&bytes, "note.signed"), "the search sees what is there");
    for word in [SENTENCE, "osprey"] {
        assert!(!holds(&bytes, word) && !log::heard().contains(word), "{word}");
    }
}
