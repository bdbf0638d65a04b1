//! The command line: one file a verb. What a verb has to say goes to stdout, the log and what went wrong to stderr.

mod account;
mod admin;
mod backup;
mod config;
mod demo;
mod keys;
mod log;
mod migrate;
mod openapi;
mod restore;
mod serve;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::{App, Parts};
use crate::config::{Config, ConfigError, Flags};
use crate::db::{Fault, Stop};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Clock;

/// Booking and session notes for craniosacral-therapy and bodywork practices.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve the practice; what happens when no verb is given
    Serve,
    /// Serve a made-up practice from a temporary folder
    Demo,
    /// Bring the store's tables up to date, or undo that
    Migrate(migrate::Ask),
    /// Make admins
    #[command(subcommand)]
    Admin(admin::Ask),
    /// Help people back into their accounts
    #[command(subcommand)]
    Account(account::Ask),
    /// The keys that seal what clients tell
    #[command(subcommand)]
    Keys(keys::Ask),
    /// Copy the store and, apart from it, the keys; a server may be running
    Backup(backup::Ask),
    /// Put a backup into an empty store, or check that one could be
    Restore(restore::Ask),
    /// Print the OpenAPI document
    Openapi,
    /// Look at the configuration
    #[command(subcommand)]
    Config(config::Ask),
}

/// Why a verb could not be done, for the operator.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Store(Fault),
    #[error("{0}")]
    Told(String),
    #[error("cannot listen on {0}: {1}")]
    Listen(std::net::SocketAddr, std::io::Error),
    #[error(transparent)]
    Machine(#[from] std::io::Error),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            // Written for the operator already.
            Fault::Store(why) => Self::Told(why),
            other => Self::Store(other),
        }
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Fault(fault) => fault.into(),
            Stop::Refused(refusal) | Stop::RefusedWith(refusal, _) => Self::Told(in_words(&refusal)),
        }
    }
}

/// The refusals that a verb of the command line can meet.
fn in_words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotThere => "there is no such account or client".to_owned(),
        Refusal::Erased => "they were erased before".to_owned(),
        Refusal::AlreadyExists { pointer } => format!("{} is taken already", pointer.trim_start_matches('/')),
        Refusal::Fields(faults) => {
            let words = |fault: &Violation| format!("{} {}", fault.pointer.trim_start_matches('/'), fault.message);
            faults.iter().map(words).collect::<Vec<_>>().join("; ")
        }
        other => format!("refused: {other:?}"),
    }
}

/// Runs the program with the process's arguments.
pub fn run() -> ExitCode {
    match obey(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "stillpoint: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn obey(Cli { flags, verb }: Cli) -> Result<(), Failure> {
    match verb {
        Some(Verb::Openapi) => return openapi::run(),
        Some(Verb::Keys(keys::Ask::Restore { to: Some(file) })) => return keys::restore_to(file),
        _ => {}
    }
    let config = Config::load(&flags)?;
    log::start(&config);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match verb.unwrap_or(Verb::Serve) {
            Verb::Serve => serve::run(&config).await,
            Verb::Demo => demo::run().await,
            Verb::Migrate(ask) => migrate::run(&config, &ask),
            Verb::Admin(ask) => admin::run(&config, ask).await,
            Verb::Account(ask) => account::run(&config, ask).await,
            Verb::Keys(ask) => keys::run(&config, ask).await,
            Verb::Backup(ask) => backup::run(&config, &ask).await,
            Verb::Restore(ask) => restore::run(&config, &ask).await,
            Verb::Openapi => openapi::run(),
            Verb::Config(ask) => config::run(&config, &ask),
        }
    })
}

/// What the program is made of, by its configuration.
fn parts(config: &Config) -> Result<Parts, Failure> {
    Ok(Parts {
        master: config.prepare()?,
        target: config.target.clone(),
        keys: Some(config.keys.clone()),
        clock: Clock::system(),
        allowed_origins: config.allowed_origins.clone(),
    })
}

/// The program beside a server that may be running, for a verb that does one short thing.
async fn beside(config: &Config) -> Result<App, Failure> {
    Ok(App::beside(parts(config)?).await?)
}

/// Prints to stdout. Whoever closed it does not want to know.
fn say(text: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}
