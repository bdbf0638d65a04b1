//! A caller's line to the server: it may be cut, and the server be somewhere else afterwards.

use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::call::Call;
use super::record::{Answer, Window};
use crate::app::PASSWORD;

/// Where the servers of a store are.
pub struct Addresses {
    /// How often they changed, and where they are.
    now: Mutex<(usize, Vec<String>)>,
    changed: Condvar,
}

impl Addresses {
    pub fn of(bases: Vec<String>) -> Self {
        Self { now: Mutex::new((0, bases)), changed: Condvar::new() }
    }

    pub fn change(&self, bases: Vec<String>) {
        let mut now = self.now.lock().unwrap();
        *now = (now.0 + 1, bases);
        self.changed.notify_all();
    }

    /// How often they changed.
    pub fn changes(&self) -> usize {
        self.now.lock().unwrap().0
    }

    /// One of them, and of which change it is.
    fn get(&self, turn: usize) -> (usize, String) {
        let (change, bases) = &*self.now.lock().unwrap();
        (*change, bases[turn % bases.len()].clone())
    }

    /// Waits for the servers after those of a change, if they are to come.
    fn wait_beyond(&self, change: usize) {
        let limit = Duration::from_secs(30);
        let waited = self.changed.wait_timeout_while(self.now.lock().unwrap(), limit, |now| now.0 <= change).unwrap();
        assert!(!waited.1.timed_out(), "the line was cut, and no server came back");
    }
}

/// One person at one line.
pub struct Line<'a> {
    addresses: &'a Addresses,
    agent: ureq::Agent,
    beginning: Instant,
    email: String,
    token: Option<String>,
    refresh: Option<String>,
    /// How many requests it made, which is how it takes turns between servers.
    turn: usize,
}

impl<'a> Line<'a> {
    /// Of somebody with this e-mail address; moments are counted from `beginning`.
    pub fn new(addresses: &'a Addresses, email: &str, beginning: Instant) -> Self {
        let idle = Duration::from_secs(2);
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_idle_age(idle).build().into();
        Self { addresses, agent, beginning, email: email.to_owned(), token: None, refresh: None, turn: 0 }
    }

    /// Sends a request, once; an answer that never came is none. Whose token has run out signs in again first.
    pub fn send(&mut self, call: &Call) -> (Window, Option<Answer>) {
        loop {
            let earliest = self.beginning.elapsed();
            let answer = self.attempt(call);
            let latest = self.beginning.elapsed();
            match answer {
                Some(answer) if answer.status == 401 => self.sign_in(),
                answer => return (Window { earliest, latest }, answer),
            }
        }
    }

    /// What is there to be read, however often the line is cut.
    pub fn read(&mut self, path: &str) -> Value {
        loop {
            if let (_, Some(answer)) = self.send(&Call::get(path)) {
                assert_eq!(answer.status, 200, "GET {path}: {}", answer.body);
                return answer.body;
            }
        }
    }

    /// All that is listed there, whatever its pages.
    pub fn list(&mut self, path: &str) -> Vec<Value> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page = self.read(&format!("{path}{cursor}"));
            items.append(page["items"].as_array_mut().unwrap());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// The body of an answer that must come and have this status.
    #[track_caller]
    pub fn expect(&mut self, status: u16, method: &'static str, path: &str, body: Option<Value>) -> Value {
        self.expect_with(status, method, path, Vec::new(), body)
    }

    /// The same with the version it acts on.
    #[track_caller]
    pub fn act(&mut self, method: &'static str, path: &str, version: &Value, body: Value) -> Value {
        self.expect_with(200, method, path, vec![("If-Match", format!("\"{version}\""))], Some(body))
    }

    #[track_caller]
    fn expect_with(
        &mut self,
        status: u16,
        method: &'static str,
        path: &str,
        headers: Vec<(&'static str, String)>,
        body: Option<Value>,
    ) -> Value {
        let path = format!("/api/v1{path}");
        let (_, answer) = self.send(&Call { method, path: path.clone(), headers, body });
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        answer.body
    }

    /// Takes what an answer with tokens gives.
    pub fn bear(&mut self, tokens: &Value) {
        let text = |key: &str| tokens[key].as_str().map(str::to_owned);
        (self.token, self.refresh) = (text("access_token"), text("refresh_token"));
    }

    fn sign_in(&mut self) {
        self.token = None;
        let post =
            |path: &str, body| Call { method: "POST", path: path.to_owned(), headers: Vec::new(), body: Some(body) };
        // Trading the refresh token is cheap, and it works once: where it was lost on the way, the password does.
        let refresh =
            self.refresh.take().map(|secret| post("/api/v1/auth/refresh", json!({ "refresh_token": secret })));
        let login = post("/api/v1/auth/login", json!({ "email": self.email, "password": PASSWORD }));
        for call in refresh.iter().chain(std::iter::repeat_n(&login, 3)) {
            if let Some(answer) = self.attempt(call).filter(|answer| answer.status == 200) {
                return self.bear(&answer.body);
            }
        }
        panic!("{} cannot sign in", self.email);
    }

    /// Sends once; waits for the next server where this one is gone.
    fn attempt(&mut self, call: &Call) -> Option<Answer> {
        self.turn += 1;
        let (change, base) = self.addresses.get(self.turn);
        let answer = self.exchange(&base, call);
        if answer.is_err() {
            self.addresses.wait_beyond(change);
        }
        answer.ok()
    }

    fn exchange(&self, base: &str, call: &Call) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(call.method).uri(format!("{base}{}", call.path));
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if call.body.is_some() {
            request = request.header("Content-Type", "application/json");
        }
        let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
        let mut response = self.agent.run(request.body(body.into_bytes())?)?;
        let text = response.body_mut().read_to_string()?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status: response.status().as_u16(), body })
    }
}
