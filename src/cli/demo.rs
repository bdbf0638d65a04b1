//! `demo`: a made-up practice in a temporary folder, which is gone when the demo ends.
//!
//! It looks at no configuration, so that it can never touch a real store. The practice's two months are told by [`story`] through the API
//! itself, on a loopback port nobody else knows of and with a clock that is turned; then the clock is the machine's and the doors open.

mod caller;
mod cast;
mod consenting;
mod story;

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;

use super::serve::{End, until};
use super::{Failure, parts, say};
use crate::accounts::{self, Passwords};
use crate::app::{App, Parts, Started};
use crate::config::{Config, temporary_folder};
use crate::db::Fault;
use crate::kernel::actor::Permit;
use crate::kernel::time::Clock;

/// The first port that is tried, and how many more.
const FIRST_PORT: u16 = 8080;
const MORE_PORTS: u16 = 100;

/// Somebody one can sign in as.
struct Login {
    role: &'static str,
    email: String,
}

pub(super) async fn run() -> Result<(), Failure> {
    let end = End::awaited()?;
    let folder = temporary_folder()?;
    let ended = play(end, &Config::apart(folder.clone())?).await;
    std::fs::remove_dir_all(&folder)?;
    ended
}

async fn play(end: End, config: &Config) -> Result<(), Failure> {
    // What the story's clock shows, in microseconds; nothing once it is over.
    let shown = Arc::new(AtomicI64::new(0));
    let (told, system) = (Arc::clone(&shown), Clock::system());
    let clock = Clock::told_by(move || match told.load(Ordering::SeqCst) {
        0 => system.now().utc(),
        micros => DateTime::from_timestamp_micros(micros).unwrap_or_else(|| system.now().utc()),
    });
    let parts = Parts { clock, target: config.target.scratch(), keys: Some(config.keys.scratch()), ..parts(config)? };
    let Started { mut app, lock: _lock, .. } = App::start(parts).await?;
    app.passwords = Passwords::start_for_random()?;
    let password = password()?;
    let logins = seed(&app, &shown, &password).await?;
    let listener = free_listener()?;
    let address = format!("http://{}", listener.local_addr()?);
    say(format_args!("store    {}  (gone when this ends)\naddress  {address}\n", config.data.display()));
    for login in &logins {
        say(format_args!("{:<12} {:<28} {password}", login.role, login.email));
    }
    let client = logins.last().map_or("", |login| login.email.as_str());
    say(format_args!(
        "\nThree things to try:\n  \
         1. browse the contract:      {address}/docs/\n  \
         2. sign in as the client:    curl -s {address}/api/v1/auth/login -H 'content-type: application/json' -d '{{\"email\": \"{client}\", \"password\": \"{password}\"}}'\n  \
         3. see what is hers and her child's, with the token: curl -s {address}/api/v1/bookings -H 'authorization: Bearer …'\n\n\
         Ctrl-C ends it."
    ));
    until(end, &app, listener, config.workers).await
}

/// Lets the story happen on a server of its own, and answers who can sign in afterwards.
async fn seed(app: &App, shown: &Arc<AtomicI64>, password: &str) -> Result<Vec<Login>, Failure> {
    let now = app.db.clock().now().utc();
    let setup = app.db.write(&Permit::system("setup.offer"), accounts::issue_setup).await?;
    let setup = setup.ok_or(Fault::Corrupt("a new store that has an admin"))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let api = caller::Api::at(format!("http://{}", listener.local_addr()?));
    let serving = app.serve(listener, 2)?;
    let (turned, password) = (Arc::clone(shown), password.to_owned());
    let told = tokio::task::spawn_blocking(move || {
        let turn = move |at: DateTime<chrono::Utc>| turned.store(at.timestamp_micros(), Ordering::SeqCst);
        story::play(api, &turn, &setup, &password, now)
    });
    let (finished, over) = tokio::sync::oneshot::channel::<()>();
    let stage = serving.until(async { over.await.unwrap_or_default() });
    let (logins, ended) = tokio::join!(
        async {
            let logins = told.await;
            let _ = finished.send(());
            logins
        },
        stage
    );
    ended?;
    shown.store(0, Ordering::SeqCst);
    logins.map_err(|_| Failure::Told("the demo's story broke off".to_owned()))?.map_err(Failure::Told)
}

fn password() -> Result<String, Failure> {
    let mut random = [0_u8; 15];
    getrandom::fill(&mut random).map_err(|_| Fault::Vault("no randomness"))?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

fn free_listener() -> Result<TcpListener, Failure> {
    let last = FIRST_PORT.saturating_add(MORE_PORTS);
    let found = (FIRST_PORT..=last).find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
    // Where all are taken, whichever the machine has left.
    found.map_or_else(|| Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?), Ok)
}
