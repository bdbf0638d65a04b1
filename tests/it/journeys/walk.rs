//! The README's walk, run as it stands there: by bash, with curl and jq, against a server with an empty store.
//!
//! Only time is the test's: `date` tells the practice's, and `sleep` lets it pass instead of waiting for it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use chrono::TimeDelta;

use crate::app::Practice;
use crate::readme;

/// What a reader puts in from what the server printed.
const ADDRESS: &str = "http://127.0.0.1:8080";
const TOKEN: &str = "THE-TOKEN-IT-PRINTED";

/// What surrounds the walk: the first thing that fails ends it, and the time is the practice's.
const TIME: &str = r#"
set -euo pipefail
date() { case $1 in +%s) echo "$NOW" ;; *) jq -nr "$NOW | strftime(\"${1#+}\")" ;; esac; }
sleep() { printf '\nsleep %s\n' "$1"; read -r _; NOW=$((NOW + $1)); }
"#;

/// Goes the README's walk, if this machine has what it takes; says so if it has not.
pub fn follow(practice: &Practice) -> bool {
    let missing = ["bash", "curl", "jq"].into_iter().find(|tool| Command::new(tool).arg("--version").output().is_err());
    if let Some(tool) = missing {
        // Written to the stream itself: libtest captures what the print macros say in a passing test.
        let said = format!("\nthe README's walk SKIPPED: it needs {tool}\n");
        let _ = std::io::stderr().write_all(said.as_bytes());
        return false;
    }
    practice.pass(TimeDelta::seconds(90));
    let mut walker = Command::new("bash")
        .args(["-c", &format!("{TIME}{}", script(practice))])
        .env("NOW", practice.now().timestamp().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    let mut goes_on = walker.stdin.take().unwrap();
    for line in BufReader::new(walker.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(seconds) = line.strip_prefix("sleep ") {
            practice.pass(TimeDelta::seconds(seconds.parse().unwrap()));
            goes_on.write_all(b"\n").unwrap();
        }
        told.push_str(&line);
        told.push('\n');
    }
    let ended = walker.wait_with_output().unwrap();
    assert!(ended.status.success(), "{told}\n{}", String::from_utf8_lossy(&ended.stderr));
    assert!(told.contains("\nsleep "), "the session was still to come: {told}");
    true
}

/// The walk's blocks, one after the other, sent to this practice.
fn script(practice: &Practice) -> String {
    let walk = readme::section("A walk with curl");
    let blocks: Vec<&str> = walk.split("```bash\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    let script = blocks.join("\n");
    assert!(script.contains(ADDRESS) && script.contains(TOKEN), "{script}");
    script.replace(ADDRESS, practice.base()).replace(TOKEN, &practice.setup_token())
}
