//! The master key, from the operator's side: written down, lost, taken back, changed beside a server.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use super::Machine;
use crate::app::PASSWORD;

fn ready(address: &str) -> Value {
    ureq::get(format!("http://{address}/readyz")).call().unwrap().body_mut().read_json().unwrap()
}

/// Runs a verb with something on its stdin; answers whether it succeeded, and what it said.
fn fed(machine: &Machine, arguments: &[&str], text: &str) -> (bool, String) {
    let mut command = machine.command(arguments);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[test]
fn a_lost_master_key_comes_back_from_its_recovery_copy() {
    let machine = Machine::new(&[]);
    let mut server = machine.serve();
    server.set_up();
    assert_eq!(ready(&server.address)["warnings"], json!(["master_key_not_in_escrow"]));
    // What could not be printed was not handed out.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let printed = machine.command(&["keys", "escrow"]).stdout(full).stderr(Stdio::null()).status().unwrap();
    assert!(!printed.success());
    assert_eq!(ready(&server.address)["warnings"], json!(["master_key_not_in_escrow"]));
    let told = machine.told(&["keys", "escrow"]);
    assert_eq!(ready(&server.address)["warnings"], json!([]));
    let copy = told.split("\n\n").next().unwrap();
    assert!(server.stop().clean);

    let file = machine.path("data/keys/master.key");
    let key = std::fs::read_to_string(&file).unwrap();
    assert!(
        fed(&machine, &["keys", "restore"], copy).1.contains("cannot be made"),
        "a key that is there is not replaced"
    );
    std::fs::remove_file(&file).unwrap();
    assert!(machine.refused(&["serve"]).contains("recovery copy"));
    assert!(!fed(&machine, &["keys", "restore"], &copy[1..]).0);
    let elsewhere = Machine::new(&[]);
    let others = elsewhere.told(&["keys", "escrow"]);
    let (done, told) = fed(&machine, &["keys", "restore"], others.split("\n\n").next().unwrap());
    assert!(!done && told.contains("another master key"), "{told}");
    let (done, told) = fed(&machine, &["keys", "restore"], &copy.to_lowercase().replace('-', " "));
    assert!(done, "{told}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), key);
    assert_eq!(machine.mode("data/keys/master.key"), 0o600);
    let server = machine.serve();
    assert_eq!(server.log_in(PASSWORD), 200);
    assert!(server.stop().clean);

    let to = machine.path("another.key");
    assert!(fed(&machine, &["keys", "restore", "--to", "another.key"], copy).0);
    assert_eq!(std::fs::read_to_string(&to).unwrap(), key);
    assert!(machine.told(&["keys", "rotate", "--master-key-file", "another.key"]).contains("Make a backup now"));
    let changed = std::fs::read_to_string(&to).unwrap();
    assert!(changed != key && changed.lines().count() == 1);
}

#[test]
fn the_master_key_is_changed_beside_a_server() {
    let machine = Machine::new(&[]);
    let mut server = machine.serve();
    server.set_up();
    machine.told(&["keys", "escrow"]);
    let file = machine.path("data/keys/master.key");
    let first = std::fs::read_to_string(&file).unwrap();
    assert!(machine.told(&["keys", "rotate"]).contains("wrapped by the new master key"));
    let second = std::fs::read_to_string(&file).unwrap();
    assert!(first.trim() != second.trim() && second.lines().count() == 1);
    assert_eq!(machine.mode("data/keys/master.key"), 0o600);
    assert_eq!(machine.mode("data/keys.sqlite3"), 0o600);
    assert_eq!(server.log_in(PASSWORD), 200);
    assert_eq!(ready(&server.address)["warnings"], json!(["master_key_not_in_escrow"]), "that copy is of the old one");
    assert!(server.stop().clean);
    let server = machine.serve();
    assert_eq!(server.log_in(PASSWORD), 200);
    assert!(server.stop().clean);

    // Given by value, a key can be changed only where the operator puts the new one before it.
    let by_value = |keys: &str| {
        let mut command = machine.command(&["keys", "rotate"]);
        let output = command.env("STILLPOINT_MASTER_KEY", keys).output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    assert!(by_value(second.trim()).contains("by hand"));
    let third = "5e".repeat(32);
    let told = by_value(&format!("{third} {}", second.trim()));
    assert!(told.contains("take it away"), "{told}");
    std::fs::write(&file, third).unwrap();
    let server = machine.serve();
    assert_eq!(server.log_in(PASSWORD), 200);
    assert!(server.stop().clean);
}
