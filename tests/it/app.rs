//! A practice to test against: the real program on an isolated store, spoken to over real HTTP, with a clock that tests may turn.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::thread::JoinHandle;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection};
use serde_json::{Value, json};
use stillpoint::accounts::Passwords;
use stillpoint::app::{App, Parts};
use stillpoint::db::Target;
use stillpoint::kernel::actor::Permit;
use stillpoint::kernel::time::Clock;
use stillpoint::vault::MasterKey;

use crate::cluster::{self, Database};

/// Monday, 1 March 2027, 08:00 UTC: when every test begins.
pub const BEGINNING: &str = "2027-03-01T08:00:00Z";

/// Runs each named `fn(Practice)` of the module on either store: `on_each_store!(a_client_books, a_race_has_one_winner);`.
#[macro_export]
macro_rules! on_each_store {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name($crate::app::Practice::on_sqlite()); })+
        }
        mod postgres {
            $(#[test] fn $name() {
                if let Some(practice) = $crate::app::Practice::on_postgres() { super::$name(practice); }
            })+
        }
    };
}

enum Store {
    Sqlite(tempfile::TempDir),
    Postgres(Database),
}

/// A running program and its store, both gone when this is dropped.
pub struct Practice {
    /// The program, for what is not done over HTTP.
    pub app: App,
    /// Where it answers, such as `http://127.0.0.1:4711`.
    pub base: String,
    agent: ureq::Agent,
    micros: Arc<AtomicI64>,
    stop: Option<actix_web::dev::ServerHandle>,
    thread: Option<JoinHandle<()>>,
    store: Option<Store>,
}

impl Practice {
    /// On an embedded store of its own.
    pub fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("stillpoint.db");
        std::fs::copy(sqlite_template(), &file).unwrap();
        // No power cut is tested here, and waiting for the disk is most of what a small test does.
        Self::start(Target::Scratch(file), Store::Sqlite(folder))
    }

    /// On a PostgreSQL database of its own, where there is a server.
    pub fn on_postgres() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let cluster = cluster::postgres()?;
        postgres_template();
        let database = {
            // PostgreSQL refuses to copy a template that is being copied.
            static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
            let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            cluster.create_from_template("template", &format!("practice_{}", NUMBER.fetch_add(1, Ordering::Relaxed)))
        };
        let target = Target::Postgres(database.url().into());
        Some(Self::start(target, Store::Postgres(database)))
    }

    fn start(target: Target, store: Store) -> Self {
        let beginning: DateTime<Utc> = BEGINNING.parse().unwrap();
        let micros = Arc::new(AtomicI64::new(beginning.timestamp_micros()));
        let told = Arc::clone(&micros);
        let clock = Clock::told_by(move || DateTime::from_timestamp_micros(told.load(Ordering::SeqCst)).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (ready, started) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let parts = Parts {
                    target,
                    clock,
                    master: MasterKey::parse(&"5e".repeat(32)).unwrap(),
                    allowed_origins: vec!["https://desk.example.org".to_owned()],
                };
                let mut started = App::start(parts).await.expect("the program starts");
                // Nobody guesses here, and slowing guesses took a third of the time of all tests.
                started.app.passwords = Passwords::start_for_random().expect("threads");
                let serving = started.app.serve(listener, 2).expect("the program serves");
                ready.send((started.app.clone(), serving.server.handle())).unwrap();
                serving.server.await.unwrap();
                serving.recorder.await.unwrap();
                started.app.db.close();
            });
        });
        let (app, stop) = started.recv().expect("the program starts");
        // The server closes a connection that was idle for five seconds; one that is nearly so must not be used again.
        let idle = std::time::Duration::from_secs(2);
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_idle_age(idle).build().into();
        Self { app, base, agent, micros, stop: Some(stop), thread: Some(thread), store: Some(store) }
    }

    /// Lets time pass.
    pub fn pass(&self, delta: TimeDelta) {
        self.micros.fetch_add(delta.num_microseconds().unwrap(), Ordering::SeqCst);
    }

    /// Turns the clock to an instant.
    pub fn turn_to(&self, at: &str) {
        let at: DateTime<Utc> = at.parse().unwrap();
        self.micros.store(at.timestamp_micros(), Ordering::SeqCst);
    }

    /// What the practice's clock says.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.micros.load(Ordering::SeqCst)).unwrap()
    }

    /// A caller without a token.
    pub fn anonymous(&self) -> Caller<'_> {
        Caller { practice: self, token: None }
    }

    /// The first admin, made with the set-up token.
    pub fn set_up(&self) -> Caller<'_> {
        let token = self.setup_token();
        let ask = json!({ "token": token, "email": "admin@example.org", "name": "Ada Admin", "password": PASSWORD });
        self.signed_in(&self.anonymous().post("/api/v1/setup", &ask).expect(201))
    }

    /// A fresh set-up token, as the server prints it.
    pub fn setup_token(&self) -> String {
        let db = self.app.db.clone();
        let token = actix_web::rt::System::new().block_on(async move {
            db.write(&Permit::system("test"), stillpoint::accounts::issue_setup).await.unwrap()
        });
        token.expect("there is no admin yet")
    }

    /// A recovery link's secret, as the operator's verb prints it.
    pub fn recovery_token(&self, email: &str) -> String {
        let (db, email) = (self.app.db.clone(), email.to_owned());
        actix_web::rt::System::new().block_on(async move {
            let work = move |tx: &mut stillpoint::db::Tx<'_>| stillpoint::accounts::issue_recovery(tx, &email);
            db.write(&Permit::system("test"), work).await.unwrap()
        })
    }

    /// A new client who signed up.
    pub fn client(&self, name: &str) -> Caller<'_> {
        let email = format!("{}@example.org", name.to_lowercase().replace(' ', "."));
        let ask = json!({ "email": email, "name": name, "password": PASSWORD });
        self.signed_in(&self.anonymous().post("/api/v1/auth/register", &ask).expect(201))
    }

    /// Somebody the admin invited, who accepted.
    pub fn staff(&self, admin: &Caller<'_>, name: &str, role: &str) -> Caller<'_> {
        let email = format!("{}@example.org", name.to_lowercase().replace(' ', "."));
        let invitation = admin.post("/api/v1/invitations", &json!({ "email": email, "role": role })).expect(201);
        let ask = json!({ "token": invitation["token"], "name": name, "password": PASSWORD });
        self.signed_in(&self.anonymous().post("/api/v1/invitations/accept", &ask).expect(201))
    }

    /// The caller whom an answer with tokens signed in.
    pub fn signed_in(&self, tokens: &Value) -> Caller<'_> {
        Caller { practice: self, token: Some(tokens["access_token"].as_str().unwrap().to_owned()) }
    }

    /// Runs SQL as the schema's owner, past the program: what a test may try to break.
    pub fn sql(&self, sql: &str) -> Result<(), String> {
        match self.store.as_ref().unwrap() {
            Store::Sqlite(folder) => {
                let file = folder.path().join("stillpoint.db");
                let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
                conn.batch_execute("PRAGMA busy_timeout=5000").unwrap();
                conn.batch_execute(sql).map_err(|error| error.to_string())
            }
            Store::Postgres(database) => {
                let mut conn = PgConnection::establish(&database.url()).unwrap();
                conn.batch_execute(sql).map_err(|error| error.to_string())
            }
        }
    }

    /// Every byte the store holds: the files of an embedded one, a plain dump of a served one.
    pub fn every_byte(&self) -> Vec<u8> {
        match self.store.as_ref().unwrap() {
            Store::Sqlite(folder) => std::fs::read_dir(folder.path())
                .unwrap()
                .flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
                .collect(),
            Store::Postgres(database) => {
                let dump = std::process::Command::new("pg_dump").arg(database.url()).output().unwrap();
                assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
                dump.stdout
            }
        }
    }

    /// Whether this is the embedded store.
    pub fn is_sqlite(&self) -> bool {
        matches!(self.store, Some(Store::Sqlite(_)))
    }

    /// Somebody who joined as a therapist, and the record that was made for them.
    pub fn therapist(&self, admin: &Caller<'_>, name: &str) -> (Caller<'_>, Value) {
        let caller = self.staff(admin, name, "therapist");
        let all = admin.get("/api/v1/therapists?all=true&limit=200").expect(200);
        let record = all["items"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone();
        (caller, record)
    }

    /// The id of a credential type of the shipped catalogue.
    pub fn credential_type(&self, code: &str) -> Value {
        let all = self.anonymous().get("/api/v1/credential-types?limit=200").expect(200);
        all["items"].as_array().unwrap().iter().find(|one| one["code"] == code).unwrap()["id"].clone()
    }

    /// A session type of 60 minutes, with requirements such as `json!([{ "any_of": [..] }])`.
    pub fn session_type(&self, admin: &Caller<'_>, requirements: &Value) -> Value {
        let ask = json!({
            "name": "Craniosacral session", "duration_minutes": 60, "price_minor": 9000, "schools": ["manual_cranial_sacral"],
            "requirements": requirements,
        });
        admin.post("/api/v1/session-types", &ask).expect(201)
    }

    /// Where it is served, for who calls it from outside.
    pub fn base(&self) -> &str {
        &self.base
    }
}

/// Everybody's password.
pub const PASSWORD: &str = "a long quiet sentence";

impl Drop for Practice {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            actix_web::rt::System::new().block_on(stop.stop(false));
        }
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                ended.unwrap();
            }
        }
        self.store.take();
    }
}

fn sqlite_template() -> &'static PathBuf {
    static TEMPLATE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, file) = TEMPLATE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("template.db");
        Target::Sqlite(file.clone()).migrate().unwrap();
        // What the last connection wrote must be in the one file that is copied.
        let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
        conn.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        (folder, file)
    });
    file
}

fn postgres_template() {
    static TEMPLATE: OnceLock<Database> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let database = cluster::postgres().unwrap().create_database("template");
        Target::Postgres(database.url().into()).migrate().unwrap();
        database
    });
}

/// Somebody who calls the API.
#[derive(Clone)]
pub struct Caller<'p> {
    practice: &'p Practice,
    /// What says who calls; nobody in particular without it.
    pub token: Option<String>,
}

impl Caller<'_> {
    /// GET.
    pub fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], None)
    }

    /// POST with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[], Some(body))
    }

    /// Shows once more that it is they, as whoever signs does.
    pub fn steps_up(&self) {
        self.post("/api/v1/auth/step-up", &json!({ "password": PASSWORD })).expect(200);
    }

    /// POST with a JSON body and the version it acts on.
    pub fn act(&self, path: &str, version: &Value, body: &Value) -> Reply {
        self.send("POST", path, &[("If-Match", &format!("\"{version}\""))], Some(body))
    }

    /// PUT with the version it replaces.
    pub fn put(&self, path: &str, version: &Value, body: &Value) -> Reply {
        self.send("PUT", path, &[("If-Match", &format!("\"{version}\""))], Some(body))
    }

    /// Any request.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Reply {
        let text = body.map(Value::to_string);
        let mut headers = headers.to_vec();
        if body.is_some() {
            headers.push(("Content-Type", "application/json"));
        }
        self.raw(method, path, &headers, text.as_deref().unwrap_or("").as_bytes())
    }

    /// A POST that is sent but for its last byte, on a connection of its own: it can be let go at a given instant.
    pub fn poised(&self, path: &str, body: &Value) -> Poised {
        let (address, body) = (self.practice.base.trim_start_matches("http://"), body.to_string());
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.token.as_deref().unwrap_or_default(),
            body.len(),
        );
        let (most, last) = body.as_bytes().split_at(body.len() - 1);
        stream.set_nodelay(true).unwrap();
        stream.write_all(&[head.as_bytes(), most].concat()).unwrap();
        Poised { stream, last: last[0] }
    }

    /// Any bytes.
    pub fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.practice.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let mut response = self.practice.agent.run(request.body(body.to_vec()).unwrap()).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        }
    }
}

/// A request of which one byte is still to be sent.
pub struct Poised {
    stream: TcpStream,
    last: u8,
}

impl Poised {
    /// Sends it; answers with the status and everything else that was said.
    pub fn go(mut self) -> (u16, String) {
        self.stream.write_all(&[self.last]).unwrap();
        let mut said = String::new();
        self.stream.read_to_string(&mut said).unwrap();
        let status = said.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_else(|| panic!("no status: {said}")), said)
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: ureq::http::HeaderMap,
    /// The body; text that is not JSON as a string.
    pub body: Value,
}

impl Reply {
    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The body of a refusal that must have this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        self.body
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

#[derive(diesel::QueryableByName)]
struct Counted {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

impl Practice {
    /// What a query counts, past the program, as `count`.
    pub fn count(&self, sql: &str) -> i64 {
        match self.store.as_ref().unwrap() {
            Store::Sqlite(folder) => count_on_sqlite(&folder.path().join("stillpoint.db"), sql),
            Store::Postgres(database) => count_on_postgres(&database.url(), sql),
        }
    }
}

/// What a query counts in the file of an embedded store, as `count`.
pub fn count_on_sqlite(file: &Path, sql: &str) -> i64 {
    let mut conn = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    conn.batch_execute("PRAGMA busy_timeout=5000").unwrap();
    diesel::sql_query(sql).get_result::<Counted>(&mut conn).unwrap().count
}

/// What a query counts in a database, as `count`.
pub fn count_on_postgres(url: &str, sql: &str) -> i64 {
    let mut conn = PgConnection::establish(url).unwrap();
    diesel::sql_query(sql).get_result::<Counted>(&mut conn).unwrap().count
}
