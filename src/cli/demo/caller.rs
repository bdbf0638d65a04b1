//! Somebody of the made-up practice who calls its API.

use serde_json::{Value, json};

/// What went wrong, for the operator.
pub(super) type Told<T> = Result<T, String>;

/// Everybody's way to the API.
#[derive(Clone)]
pub(super) struct Api {
    base: String,
    agent: ureq::Agent,
}

/// A signed-in person.
#[derive(Clone)]
pub(super) struct Caller {
    api: Api,
    email: String,
    token: String,
}

impl Api {
    pub(super) fn at(base: String) -> Self {
        Self { base, agent: ureq::Agent::config_builder().http_status_as_error(false).build().into() }
    }

    /// Asks without being anybody.
    pub(super) fn ask(&self, method: &str, path: &str, body: &Value) -> Told<Value> {
        self.send(None, method, path, None, body)
    }

    /// The one whom an answer with tokens has signed in.
    pub(super) fn signed_in(&self, email: &str, tokens: &Value) -> Told<Caller> {
        Ok(Caller { api: self.clone(), email: email.to_owned(), token: text(tokens, "/access_token")? })
    }

    pub(super) fn sign_in(&self, email: &str, password: &str) -> Told<Caller> {
        let tokens = self.ask("POST", "/auth/login", &json!({ "email": email, "password": password }))?;
        self.signed_in(email, &tokens)
    }

    fn send(&self, token: Option<&str>, method: &str, path: &str, version: Option<i64>, body: &Value) -> Told<Value> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}/api/v1{path}", self.base));
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        if let Some(version) = version {
            request = request.header("If-Match", format!("\"{version}\""));
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request =
            request.header("Content-Type", "application/json").body(body).map_err(|error| error.to_string())?;
        let mut response = self.agent.run(request).map_err(|error| format!("{method} {path}: {error}"))?;
        let answer = response.body_mut().read_to_string().map_err(|error| error.to_string())?;
        if !response.status().is_success() {
            return Err(format!("{method} {path}: {answer}"));
        }
        Ok(serde_json::from_str(&answer).unwrap_or(Value::Null))
    }
}

impl Caller {
    pub(super) fn get(&self, path: &str) -> Told<Value> {
        self.api.send(Some(&self.token), "GET", path, None, &Value::Null)
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Told<Value> {
        self.api.send(Some(&self.token), "POST", path, None, body)
    }

    /// Changes what an answer showed, as it was shown.
    pub(super) fn change(&self, method: &str, path: &str, shown: &Value, body: &Value) -> Told<Value> {
        let version = shown.pointer("/version").and_then(Value::as_i64).ok_or("an answer without a version")?;
        self.api.send(Some(&self.token), method, path, Some(version), body)
    }

    /// Signs in again: an access token does not outlive ten minutes, and the story takes sixty days.
    pub(super) fn again(&mut self, password: &str) -> Told<()> {
        self.token = self.api.sign_in(&self.email, password)?.token;
        Ok(())
    }
}

/// A text of an answer.
pub(super) fn text(answer: &Value, pointer: &str) -> Told<String> {
    answer
        .pointer(pointer)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| format!("an answer without {pointer}"))
}

/// The items of a list.
pub(super) fn items(list: &Value) -> &[Value] {
    list.pointer("/items").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
