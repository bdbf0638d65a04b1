//! `demo`: a made-up practice in a temporary folder, which is gone when the demo ends.
//!
//! It looks at no configuration, so that it can never touch a real store.

use std::net::{Ipv4Addr, TcpListener};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use super::serve::{End, until};
use super::{Failure, parts, say};
use crate::accounts::model::{Account, AccountDraft};
use crate::app::{App, Started};
use crate::config::{Config, temporary_folder};
use crate::db::Fault;
use crate::kernel::actor::{Permit, Role};

/// The first port that is tried, and how many more.
const FIRST_PORT: u16 = 8080;
const MORE_PORTS: u16 = 100;

/// Somebody one can sign in as.
struct Login {
    role: &'static str,
    email: String,
    password: SecretString,
}

pub(super) async fn run() -> Result<(), Failure> {
    let end = End::awaited()?;
    let folder = temporary_folder()?;
    let ended = play(end, &Config::apart(folder.clone())?).await;
    std::fs::remove_dir_all(&folder)?;
    ended
}

async fn play(end: End, config: &Config) -> Result<(), Failure> {
    let Started { app, lock: _lock, .. } = App::start(parts(config)?).await?;
    let logins = seed(&app).await?;
    let listener = free_listener()?;
    let address = format!("http://{}", listener.local_addr()?);
    say(format_args!("store    {}  (gone when this ends)\naddress  {address}\n", config.data.display()));
    for login in &logins {
        say(format_args!("{:<12} {:<28} {}", login.role, login.email, login.password.expose_secret()));
    }
    say(format_args!(
        "\nThree things to try:\n  \
         1. browse the contract:  {address}/docs/\n  \
         2. sign in:              curl -s {address}/api/v1/auth/login -H 'content-type: application/json' -d '{{\"email\": …, \"password\": …}}'\n  \
         3. see who you are:      curl -s {address}/api/v1/auth/me -H 'authorization: Bearer …'\n\n\
         Ctrl-C ends it."
    ));
    until(end, &app, listener, config.workers).await
}

fn free_listener() -> Result<TcpListener, Failure> {
    let last = FIRST_PORT.saturating_add(MORE_PORTS);
    let found = (FIRST_PORT..=last).find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
    // Where all are taken, whichever the machine has left.
    found.map_or_else(|| Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?), Ok)
}

/// Fills the store and answers who can sign in.
async fn seed(app: &App) -> Result<Vec<Login>, Failure> {
    let mut random = [0_u8; 15];
    getrandom::fill(&mut random).map_err(|_| Fault::Vault("no randomness"))?;
    let password = SecretString::from(URL_SAFE_NO_PAD.encode(random));
    let (email, name) = AccountDraft::checked("admin@demo.example", "Ada Demo", password.expose_secret())
        .map_err(crate::db::Stop::from)?;
    let draft = AccountDraft { email, name, password_hash: app.passwords.hash(password.clone()).await? };
    let joined = move |tx: &mut crate::db::Tx<'_>| tx.save(Account::join(draft.clone(), Role::Admin, tx.now()));
    let admin = app.db.write(&Permit::system("demo.seed"), joined).await?;
    Ok(vec![Login { role: "admin", email: admin.email, password }])
}
