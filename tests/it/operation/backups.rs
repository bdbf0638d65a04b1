//! Backups, made by the real binary beside a practice at work, and what may and may not come back out of them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::TimeDelta;

use super::Machine;
use crate::app::{Practice, count_on_postgres, count_on_sqlite};
use crate::cluster::{self, Database};
use crate::notes::arranged::{Arranged, path};

crate::on_each_store!(a_backup_comes_back, what_was_destroyed_does_not, a_backup_without_its_keys_is_said_to_be_none);

const SENTENCE: &str = "a kingfisher sat on the lock gate";

/// An operator's machine, set up for a practice's store.
fn operator(practice: &Practice) -> Machine {
    let master = practice.master_file();
    Machine::new(&[("DATABASE_URL", &practice.url()), ("STILLPOINT_MASTER_KEY_FILE", master.to_str().unwrap())])
}

/// An empty store somewhere else, and the database that has to be kept while it is used.
fn elsewhere(practice: &Practice, name: &str) -> (Machine, String, Option<Database>) {
    let database = (!practice.is_sqlite()).then(|| cluster::postgres().unwrap().create_database(name));
    let url = database.as_ref().map_or("sqlite:data/stillpoint.db".to_owned(), Database::url);
    let machine = operator(practice).with("DATABASE_URL", &url);
    (machine, url, database)
}

fn backed_up(machine: &Machine) -> PathBuf {
    // Two in one second would be one.
    let backups = machine.path("backups");
    let before: Vec<PathBuf> = folders(&backups);
    loop {
        if machine.run(&["backup", "backups"]).status.success()
            && let Some(made) = folders(&backups).into_iter().find(|folder| !before.contains(folder))
        {
            return made;
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(folders(&backups).len() < 9);
    }
}

fn folders(of: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(of).map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
}

/// Everything a backup says, unpacked.
fn bytes_of(backup: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in folders(backup) {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
        bytes.extend(std::fs::read(&file).unwrap());
        if file.extension().is_some_and(|extension| extension == "pgdump") {
            bytes.extend(Command::new("pg_restore").args(["-f", "-"]).arg(&file).output().unwrap().stdout);
        }
    }
    bytes
}

fn count(machine: &Machine, url: &str, sql: &str) -> i64 {
    match url.strip_prefix("sqlite:") {
        Some(file) => count_on_sqlite(&machine.path(file), sql),
        None => count_on_postgres(url, sql),
    }
}

fn a_backup_comes_back(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    here.signed(SENTENCE);
    let machine = operator(&practice);
    let backup = backed_up(&machine);
    let bytes = bytes_of(&backup);
    let holds = |word: &str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
    assert!(holds("note.signed") && !holds(SENTENCE) && !holds("kingfisher"));
    let folder = backup.to_str().unwrap();
    let told = machine.told(&["restore", folder, "--verify"]);
    assert!(told.contains("is sound") && told.contains("(1)"), "{told}");
    assert!(machine.refused(&["restore", folder]).contains("not empty"));

    let (other, url, _database) = elsewhere(&practice, "backup_back");
    let told = other.told(&["restore", folder]);
    assert!(told.contains("It is restored"), "{told}");
    assert_eq!(count(&other, &url, "SELECT count(*) AS count FROM session_notes WHERE state = 'signed'"), 1);
    let server = other.serve();
    assert!(server.stop().clean);

    // Its keys are in an older wrapping after a rotation; the key store that is there has them all.
    machine.told(&["keys", "rotate"]);
    assert!(machine.told(&["restore", folder, "--verify"]).contains("is sound"));

    // One that is damaged, or whose keys another master key wraps, is not taken for sound.
    let wrong =
        operator(&practice).with("STILLPOINT_MASTER_KEY_FILE", "").with("STILLPOINT_MASTER_KEY", &"77".repeat(32));
    assert!(wrong.refused(&["restore", folder, "--verify"]).contains("not the one"));
    let copy = folders(&backup).into_iter().find(|file| file.to_string_lossy().contains("store.")).unwrap();
    let whole = std::fs::read(&copy).unwrap();
    let mut damaged = whole.clone();
    let half = damaged.len() / 2;
    damaged[half..].fill(0x5e);
    std::fs::write(&copy, damaged).unwrap();
    machine.refused(&["restore", folder, "--verify"]);
}

fn what_was_destroyed_does_not(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    let note = here.signed(SENTENCE);
    let machine = operator(&practice);
    let yesterday = backed_up(&machine);
    let yesterday = yesterday.to_str().unwrap();
    let client = here.client_id.to_string();
    let destroy = ["keys", "destroy", "--client", &client, "--reason", "erasure_request"];
    assert!(machine.refused(&destroy).contains("nothing was destroyed"));
    here.therapist.get(&path(&note, "")).expect(200);
    assert!(
        machine
            .refused(&["keys", "destroy", "--client", &client, "--reason", "whim", "--yes"])
            .contains("retention_ended")
    );
    let told = machine.told(&[&destroy[..], &["--yes"]].concat());
    assert!(told.contains("keys were destroyed"), "{told}");
    practice.pass(TimeDelta::seconds(5));
    here.therapist.get(&path(&note, "")).refused(410, "erased");

    // Where the key store was kept, its list says so.
    let told = machine.told(&["restore", yesterday, "--verify"]);
    assert!(told.contains("(0)"), "{told}");
    let keys = match practice.url().strip_prefix("sqlite:") {
        Some(file) => format!("sqlite:{}", Path::new(file).with_file_name("keys.sqlite3").display()),
        None => practice.url(),
    };
    let (other, url, _database) = elsewhere(&practice, "backup_kept_keys");
    let other = other.with("KEYS_DATABASE_URL", &keys);
    is_gone(&other, &url, yesterday);

    // Where everything was lost but the backups, a later one beside it says so.
    let _today = backed_up(&machine);
    let (other, url, _database) = elsewhere(&practice, "backup_all_lost");
    is_gone(&other, &url, yesterday);
}

/// Restored, the note and whoever it was about are as erased as they were.
fn is_gone(machine: &Machine, url: &str, backup: &str) {
    let told = machine.told(&["restore", backup]);
    assert!(told.contains("(0)") && told.contains("It is restored"), "{told}");
    assert_eq!(count(machine, url, "SELECT count(*) AS count FROM session_notes WHERE sealed IS NOT NULL"), 1);
    assert_eq!(
        count(
            machine,
            url,
            "SELECT count(*) AS count FROM data_keys WHERE destroyed_at IS NULL AND class = 'session_note'"
        ),
        0
    );
    assert_eq!(
        count(machine, url, "SELECT count(*) AS count FROM clients WHERE name = 'Erased client' AND email IS NULL"),
        1
    );
}

fn a_backup_without_its_keys_is_said_to_be_none(practice: Practice) {
    let here = Arranged::in_practice(&practice);
    here.signed(SENTENCE);
    let machine = operator(&practice);
    let old = backed_up(&machine);
    let keys = folders(&old).into_iter().find(|file| file.to_string_lossy().contains("keys-until-")).unwrap();
    let expired = old.join("keys-until-2020-01-01.json");
    std::fs::rename(&keys, &expired).unwrap();
    let new = backed_up(&machine);
    assert!(!expired.exists(), "the next backup destroys what is over its time");
    let old = old.to_str().unwrap();
    let (other, _, _database) = elsewhere(&practice, "backup_no_keys");
    assert!(other.refused(&["restore", old, "--verify"]).contains("--keys"));
    let later = folders(&new).into_iter().find(|file| file.to_string_lossy().contains("keys-until-")).unwrap();
    let told = other.told(&["restore", old, "--verify", "--keys", later.to_str().unwrap()]);
    assert!(told.contains("(1)"), "{told}");
}
