//! Running the program: the real binary, its verbs, its signals and its files.

mod backups;
mod escrow;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use chrono::TimeDelta;
use stillpoint::db::{Db, Tx};
use stillpoint::kernel::actor::Permit;

use crate::app::{PASSWORD, Practice};
use crate::cluster;

const KEY: &str = "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e";

/// A machine with nothing on it but an empty folder, and no environment but what a test gives.
struct Machine {
    folder: tempfile::TempDir,
    environment: Vec<(&'static str, String)>,
}

impl Machine {
    fn new(environment: &[(&'static str, &str)]) -> Self {
        let environment = environment.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { folder: tempfile::tempdir().unwrap(), environment }
    }

    /// The same machine with one more variable, or another value for it.
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.to_owned()));
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stillpoint"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.envs(self.environment.iter().map(|(name, value)| (*name, value)));
        // For the tools of PostgreSQL that a backup calls.
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a verb that must succeed says.
    fn told(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a verb that must fail complains of.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} succeeded");
        String::from_utf8(output.stderr).unwrap()
    }

    fn serve(&self) -> Server {
        let mut command = self.command(&["--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let log = child.stderr.take().unwrap();
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            if out.read_line(&mut line).unwrap() == 0 {
                let mut complaint = String::new();
                BufReader::new(log).read_to_string(&mut complaint).unwrap();
                panic!("it does not serve: {said}{complaint}");
            }
            said.push_str(&line);
            if let Some(address) = line.strip_prefix("address  http://") {
                break address.trim().to_owned();
            }
        };
        Server { child, out, log, address, said }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn mode(&self, path: &str) -> u32 {
        std::fs::metadata(self.path(path)).unwrap().permissions().mode() & 0o777
    }
}

/// A server that was started as an operator starts it.
struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    log: ChildStderr,
    address: String,
    said: String,
}

/// How a server ended, and all it ever said.
struct Ended {
    clean: bool,
    out: String,
    log: String,
}

impl Server {
    fn setup_token(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.out.read_line(&mut line).unwrap() > 0, "no set-up token: {}", self.said);
            self.said.push_str(&line);
            if let Some(token) = line.strip_prefix("set-up token  ") {
                return token.trim().to_owned();
            }
        }
    }

    fn set_up(&mut self) {
        let token = self.setup_token();
        let ask = json!({ "token": token, "email": "ada@example.org", "name": "Ada Still", "password": PASSWORD });
        assert_eq!(self.post("/api/v1/setup", &ask), 201);
    }

    fn post(&self, path: &str, body: &Value) -> u16 {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        agent.post(format!("http://{}{path}", self.address)).send_json(body).unwrap().status().as_u16()
    }

    fn log_in(&self, password: &str) -> u16 {
        self.post("/api/v1/auth/login", &json!({ "email": "ada@example.org", "password": password }))
    }

    fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    }

    fn end(mut self) -> Ended {
        let (mut out, mut log) = (std::mem::take(&mut self.said), String::new());
        self.out.read_to_string(&mut out).unwrap();
        self.log.read_to_string(&mut log).unwrap();
        let clean = self.child.wait().unwrap().success();
        Ended { clean, out, log }
    }

    fn stop(self) -> Ended {
        self.terminate();
        self.end()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_first_start_prints_where_it_is_and_a_token_and_later_ones_do_not() {
    let machine = Machine::new(&[]);
    let mut server = machine.serve();
    server.set_up();
    assert_eq!(server.log_in(PASSWORD), 200);
    let first = server.stop();
    assert!(first.clean, "{}", first.log);
    let store = machine.path("data/stillpoint.db").canonicalize().unwrap();
    assert!(first.out.contains(&format!("store    {}", store.display())), "{}", first.out);

    let token = first.out.split_once("set-up token  ").unwrap().1.lines().next().unwrap();
    assert!(!first.log.contains(token) && !first.log.contains("ada@example.org"), "{}", first.log);
    assert!(first.log.contains("/api/v1/auth/login") && first.log.contains("request="), "{}", first.log);

    let again = machine.serve();
    assert_eq!(again.log_in(PASSWORD), 200);
    let again = again.stop();
    assert!(again.clean && !again.out.contains("token"), "{}", again.out);
}

#[test]
fn the_data_folder_is_its_users_own() {
    let machine = Machine::new(&[]);
    let server = machine.serve();
    let modes = ["data", "data/keys", "data/keys/master.key", "data/stillpoint.db", "data/stillpoint.db-wal"]
        .map(|path| machine.mode(path));
    assert_eq!(modes, [0o700, 0o700, 0o600, 0o600, 0o600]);
    assert!(server.stop().clean);
}

#[test]
fn what_was_accepted_is_finished_before_it_ends() {
    let machine = Machine::new(&[]);
    let mut server = machine.serve();
    server.set_up();
    let body = json!({ "email": "mia@example.org", "name": "Mia Long", "password": PASSWORD }).to_string();
    let mut caller = TcpStream::connect(&server.address).unwrap();
    write!(
        caller,
        "POST /api/v1/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    )
    .unwrap();
    let (begun, rest) = body.split_at(10);
    caller.write_all(begun.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    server.terminate();
    std::thread::sleep(Duration::from_millis(500));
    assert!(TcpStream::connect(&server.address).is_err(), "it still takes callers");
    caller.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    caller.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let ended = server.end();
    assert!(ended.clean, "{}", ended.log);
    let again = machine.serve();
    let ask = json!({ "email": "mia@example.org", "password": PASSWORD });
    assert_eq!(again.post("/api/v1/auth/login", &ask), 200);
}

#[test]
fn one_store_is_served_once() {
    let machine = Machine::new(&[]);
    let server = machine.serve();
    let complaint = machine.refused(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(complaint.contains("another server is serving this store"), "{complaint}");
    assert!(machine.refused(&["migrate", "--revert", "1"]).contains("another server"));
    assert!(server.stop().clean);
}

#[test]
fn an_admin_and_a_recovery_link_are_made_beside_a_running_server() {
    let machine = Machine::new(&[]);
    let mut server = machine.serve();
    server.set_up();
    let recover = |told: String, password: &str| {
        let token = told.strip_prefix("recovery token: ").unwrap().lines().next().unwrap().to_owned();
        server.post("/api/v1/auth/recover", &json!({ "token": token, "password": password }))
    };
    let told = machine.told(&["account", "recovery-link", "--email", "Ada@example.org"]);
    assert_eq!(recover(told, "another long sentence"), 204);
    assert_eq!((server.log_in(PASSWORD), server.log_in("another long sentence")), (401, 200));

    let told = machine.told(&["admin", "create", "--email", "tom@example.org", "--name", "Tom"]);
    assert_eq!(recover(told, "yet another sentence"), 204);
    let ask = json!({ "email": "tom@example.org", "password": "yet another sentence" });
    assert_eq!(server.post("/api/v1/auth/login", &ask), 200);

    let twice = machine.refused(&["admin", "create", "--email", "tom@example.org", "--name", "Tom"]);
    assert!(twice.contains("email is taken already"), "{twice}");
    let nobody = machine.refused(&["account", "recovery-link", "--email", "no@example.org"]);
    assert!(nobody.contains("no such account"), "{nobody}");
}

#[test]
fn configuration_is_checked_and_shown_without_its_secrets() {
    let key = ("STILLPOINT_MASTER_KEY", KEY);
    let machine = Machine::new(&[key, ("DATABASE_URL", "postgres://ann:hush@localhost/x")]);
    let told = machine.told(&["config", "check", "--workers", "3"]);
    assert!(told.contains("workers") && told.contains("(--workers)") && told.contains("(DATABASE_URL)"), "{told}");
    assert!(!told.contains("hush") && !told.contains("5e5e"), "{told}");

    std::fs::write(machine.path("stillpoint.toml"), "listn = '127.0.0.1:0'\n").unwrap();
    assert!(machine.refused(&["config", "check"]).contains("`listn` in stillpoint.toml is not a known key"));
    assert!(machine.refused(&["config", "check", "--config", "nowhere.toml"]).contains("nowhere.toml cannot be read"));
    assert!(Machine::new(&[("STILLPOINT_LISTN", "x")]).refused(&["serve"]).contains("`STILLPOINT_LISTN`"));
    assert!(!Path::exists(&machine.path("data")), "a check leaves nothing behind");
}

#[test]
fn postgresql_is_refused_without_a_master_key() {
    let machine = Machine::new(&[("DATABASE_URL", "postgres://localhost/x")]);
    assert!(machine.refused(&["serve"]).contains("`master_key` is not set"));
}

#[test]
fn the_contract_is_printed_without_a_store() {
    let document: Value = serde_json::from_str(&Machine::new(&[]).told(&["openapi"])).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
}

/// How many migrations there are.
fn migrations() -> usize {
    (stillpoint::db::MIGRATION_NAMES)().0.len()
}

fn goes_back_and_forth(machine: &Machine) {
    let first = machine.told(&["migrate"]);
    assert!(first.starts_with("applied 0001_") && first.lines().count() == migrations(), "{first}");
    assert_eq!(machine.told(&["migrate"]).trim(), "the store is up to date");
    let mut server = machine.serve();
    server.set_up();
    assert!(server.stop().clean);

    // All but the foundation, so that what stands on it is seen to survive.
    let back = (migrations() - 1).to_string();
    assert_eq!(machine.told(&["migrate", "--revert", &back]).lines().count(), migrations() - 1);
    let forth = machine.told(&["migrate"]);
    assert_eq!(forth.matches("applied ").count(), migrations() - 1, "{forth}");
    let server = machine.serve();
    assert_eq!(server.log_in(PASSWORD), 200);
    assert!(server.stop().clean);

    // And everything, with people in it. More than there is undoes nothing.
    let more = (migrations() + 1).to_string();
    assert!(machine.refused(&["migrate", "--revert", &more]).contains("so none was"));
    machine.told(&["migrate", "--revert", &migrations().to_string()]);
    assert_eq!(machine.told(&["migrate"]).matches("applied ").count(), migrations());
    let mut server = machine.serve();
    server.set_up();
    assert!(server.stop().clean);
}

#[test]
fn migrations_go_back_and_forth_on_sqlite() {
    goes_back_and_forth(&Machine::new(&[]));
}

#[test]
fn migrations_go_back_and_forth_on_postgresql() {
    let Some(cluster) = cluster::postgres() else { return };
    let database = cluster.create_database("operation");
    goes_back_and_forth(&Machine::new(&[("DATABASE_URL", &database.url()), ("STILLPOINT_MASTER_KEY", KEY)]));
}

#[test]
fn the_demo_shows_itself_and_leaves_nothing() {
    let machine = Machine::new(&[("DATABASE_URL", "sqlite:real.db")]);
    let temporary = machine.path("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let mut command = machine.command(&["demo"]);
    command.env("TMPDIR", &temporary).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut said = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    while !said.contains("Ctrl-C") {
        assert!(out.read_line(&mut said).unwrap() > 0, "{said}");
    }
    believable(&said);
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
    assert!(!machine.path("real.db").exists());
}

/// Everybody the demo names can sign in, and what is to be seen is a practice at work.
fn believable(said: &str) {
    let address = said.lines().find_map(|line| line.strip_prefix("address  ")).unwrap().trim().to_owned();
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let tokens: Vec<(&str, String)> = ["admin", "therapist", "front desk", "verifier", "client"]
        .map(|role| {
            let line = said.lines().find(|line| line.starts_with(role)).unwrap_or_else(|| panic!("no {role}: {said}"));
            let words: Vec<&str> = line.split_whitespace().collect();
            let ask = json!({ "email": words[words.len() - 2], "password": words[words.len() - 1] });
            let mut answer = agent.post(format!("{address}/api/v1/auth/login")).send_json(&ask).unwrap();
            let tokens: Value = answer.body_mut().read_json().unwrap();
            (role, tokens["access_token"].as_str().unwrap().to_owned())
        })
        .into();
    let get = |role: &str, path: &str| -> Vec<Value> {
        let token = &tokens.iter().find(|(one, _)| *one == role).unwrap().1;
        let request = agent.get(format!("{address}/api/v1{path}")).header("Authorization", &format!("Bearer {token}"));
        let body: Value = request.call().unwrap().body_mut().read_json().unwrap();
        body["items"].as_array().unwrap_or_else(|| panic!("{path}: {body}")).clone()
    };
    let having = |items: &[Value], key: &str, value: &str| items.iter().filter(|one| one[key] == value).count();
    let bookings = get("front desk", "/bookings?limit=200");
    assert!(having(&bookings, "state", "completed") > 30, "{}", bookings.len());
    assert!(having(&bookings, "state", "confirmed") > 10 && having(&bookings, "state", "cancelled") == 1);
    let codes: std::collections::BTreeSet<&str> = bookings
        .iter()
        .filter(|one| one["state"] == "confirmed")
        .flat_map(|one| one["blocks"].as_array().unwrap())
        .filter_map(|block| block["code"].as_str())
        .collect();
    for code in ["clearance", "credential", "screening"] {
        assert!(codes.contains(code), "{codes:?}");
    }
    let credentials = get("verifier", "/credentials?limit=200");
    assert_eq!(having(&credentials, "state", "revoked"), 1);
    assert!(credentials.iter().any(|one| one["self_attested"] == true));
    assert!(having(&get("therapist", "/session-notes?limit=200"), "state", "signed") > 5);
    assert!(!get("client", "/bookings").is_empty());
    assert!(get("admin", "/audit-events?limit=200").len() == 200);
}

/// What jobs do is told by their effects; when they run is the clock's and not worth waiting for.
mod jobs {
    use super::{forgotten_after_a_day, one_is_elected};

    crate::on_each_store!(forgotten_after_a_day, one_is_elected);
}

fn forgotten_after_a_day(practice: Practice) {
    let admin = practice.set_up();
    let ask = json!({ "email": "tom@example.org", "role": "therapist" });
    admin.send("POST", "/api/v1/invitations", &[("Idempotency-Key", "once")], Some(&ask)).expect(201);
    let forget = || {
        let db = practice.app.db.clone();
        let forget = async move { db.write(&Permit::system("receipts.forget"), stillpoint::db::forget_receipts).await };
        actix_web::rt::System::new().block_on(forget).unwrap()
    };
    assert_eq!(forget(), 0);
    practice.pass(TimeDelta::hours(25));
    assert_eq!((forget(), forget()), (1, 0));
}

fn one_is_elected(practice: Practice) {
    // The embedded store has one writer: the second is elected after the first is done.
    let expected = if practice.is_sqlite() { 2 } else { 1 };
    let elected = |db: Db| async move {
        let work = |tx: &mut Tx<'_>| {
            let elected = tx.elected("test.job")?;
            std::thread::sleep(Duration::from_millis(300));
            Ok(elected)
        };
        db.write(&Permit::system("test.job"), work).await.unwrap()
    };
    let (one, other) = (elected(practice.app.db.clone()), elected(practice.app.db.clone()));
    let (one, other) = actix_web::rt::System::new().block_on(async { tokio::join!(one, other) });
    assert_eq!(usize::from(one) + usize::from(other), expected);
}
