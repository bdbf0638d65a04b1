//! The same with the real program in processes of its own: two at once on one store, and one that is killed again and again.
//!
//! Who was not answered asks again: a booking under its key, which must never book twice; a step of the version it was to be taken from.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;

use chrono::{DateTime, Utc};
use stillpoint::kernel::time::Clock;

use super::drive::Play;
use super::line::Addresses;
use super::record::{History, Outcome};
use super::stage::Stage;
use super::{ASTRAY, judge, operations, seed};
use crate::app::{count_on_postgres, count_on_sqlite};
use crate::cluster::{self, Database};

/// How often a server is killed in a run.
const KILLS: usize = 4;
const OPERATIONS: usize = 500;

/// A machine with a folder, and a database unless the store is to be embedded.
struct Machine {
    folder: tempfile::TempDir,
    database: Option<Database>,
}

impl Machine {
    fn with(database: Option<Database>) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database }
    }

    fn serve(&self) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stillpoint"));
        command.args(["--listen", "127.0.0.1:0", "--log-level", "error", "--workers", "2"]);
        command.current_dir(self.folder.path()).env_clear().env("STILLPOINT_MASTER_KEY", "5e".repeat(32));
        command.envs(self.database.as_ref().map(|database| ("DATABASE_URL", database.url())));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let base = said(&mut out, "address  ");
        Server { child, out, base }
    }

    fn count(&self, sql: &str) -> i64 {
        match &self.database {
            Some(database) => count_on_postgres(&database.url(), sql),
            None => count_on_sqlite(&self.folder.path().join("data/stillpoint.db"), sql),
        }
    }
}

/// A process that serves; gone, without a word, when this is dropped.
struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    base: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGKILL, wherever it may be in its work.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What follows a word at the beginning of a line.
fn said(out: &mut BufReader<ChildStdout>, word: &str) -> String {
    loop {
        let mut line = String::new();
        assert!(out.read_line(&mut line).unwrap() > 0, "the server ends before it says its {word}");
        if let Some(rest) = line.strip_prefix(word) {
            return rest.trim().to_owned();
        }
    }
}

fn now() -> DateTime<Utc> {
    Clock::system().now().utc()
}

#[test]
fn two_servers_on_one_store_are_as_one() {
    let Some(cluster) = cluster::postgres() else { return };
    let machine = Machine::with(Some(cluster.create_database("two_servers")));
    let mut one = machine.serve();
    let token = said(&mut one.out, "set-up token");
    let other = machine.serve();
    let addresses = Addresses::of(vec![one.base.clone(), other.base.clone()]);
    let stage = Stage::set_up(&addresses, &token, now());
    let (seed, operations) = (seed(), operations(OPERATIONS));
    let (told, heard) = mpsc::channel();
    let history: History = std::thread::scope(|scope| {
        let play = Play { stage: &stage, addresses: &addresses, seed, operations, now: &now, turn: None };
        let playing = scope.spawn(move || play.run(Some(&told)));
        // Whoever starts does at once what the program does by itself, such as to offer what came free.
        while heard.iter().take(operations / (KILLS + 1)).count() > 0 {
            drop(machine.serve());
        }
        playing.join().unwrap()
    });
    judge(seed, &history);
    assert!(history.records.iter().all(|record| record.outcome() != Outcome::Unknown), "an answer is missing");
    assert_eq!(machine.count(ASTRAY), 0);
}

#[test]
fn a_killed_server_has_lost_nothing_on_sqlite() {
    is_killed(&Machine::with(None));
}

#[test]
fn a_killed_server_has_lost_nothing_on_postgres() {
    let Some(cluster) = cluster::postgres() else { return };
    is_killed(&Machine::with(Some(cluster.create_database("killed"))));
}

fn is_killed(machine: &Machine) {
    let mut server = machine.serve();
    let addresses = Addresses::of(vec![server.base.clone()]);
    let stage = Stage::set_up(&addresses, &said(&mut server.out, "set-up token"), now());
    let (seed, operations) = (seed(), operations(OPERATIONS));
    let (told, heard) = mpsc::channel();
    let history: History = std::thread::scope(|scope| {
        let play = Play { stage: &stage, addresses: &addresses, seed, operations, now: &now, turn: None };
        let playing = scope.spawn(move || play.run(Some(&told)));
        for _ in 0..KILLS {
            if heard.iter().take(operations / (KILLS + 1)).count() == 0 {
                break;
            }
            drop(server);
            assert_eq!(machine.count(ASTRAY), 0);
            server = machine.serve();
            addresses.change(vec![server.base.clone()]);
        }
        playing.join().unwrap()
    });
    judge(seed, &history);
    let lost = history.records.iter().filter(|record| record.outcome() == Outcome::Unknown).count();
    assert!(lost > 0, "nobody was waiting for an answer when the server was killed");
    assert_eq!(machine.count(ASTRAY), 0);
}
