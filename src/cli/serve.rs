//! `serve`: the practice, until the machine or the operator says stop.

use std::net::{SocketAddr, TcpListener};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Failure, parts, say};
use crate::accounts;
use crate::app::{App, Started};
use crate::config::Config;
use crate::db::Migrated;
use crate::jobs::Jobs;
use crate::kernel::actor::Permit;

pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    let end = End::awaited()?;
    // The lock is held to the end: a second server on the same embedded store finds it taken.
    let Started { app, migrated, lock: _lock } = App::start(parts(config)?).await?;
    note(&migrated);
    let listener = TcpListener::bind(config.listen).map_err(|error| Failure::Listen(config.listen, error))?;
    let address = listener.local_addr()?;
    if let Some(file) = config.target.file() {
        say(format_args!("store    {}", std::path::absolute(file)?.display()));
    }
    say(format_args!("address  http://{address}"));
    offer_set_up(&app, address).await?;
    until(end, &app, listener, config.workers).await
}

/// The signals that end the program, from the moment they are awaited: one that comes while the store is being opened is not lost, and does
/// not break off a migration.
pub(super) struct End {
    terminate: Signal,
    interrupt: Signal,
}

impl End {
    pub(super) fn awaited() -> Result<Self, Failure> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn comes(mut self) {
        tokio::select! { _ = self.terminate.recv() => {} _ = self.interrupt.recv() => {} }
        tracing::info!("stopping: nothing new is taken, what was accepted is finished");
    }
}

/// Serves until the end comes, finishes what was accepted and closes the store.
pub(super) async fn until(end: End, app: &App, listener: TcpListener, workers: usize) -> Result<(), Failure> {
    let serving = app.serve(listener, workers)?;
    let jobs = Jobs::start(&app.db, &app.vault);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), workers, "serving");
    let ended = serving.until(end.comes()).await;
    drop(jobs);
    app.db.close();
    tracing::info!("stopped");
    Ok(ended?)
}

fn note(migrated: &Migrated) {
    for name in &migrated.applied {
        tracing::info!(migration = name, "applied");
    }
    if let Some(snapshot) = &migrated.snapshot {
        tracing::info!(snapshot = %snapshot.display(), "the store as it was before is kept");
    }
}

/// While nobody can let anybody in, prints the token that makes the first admin. Never to the log, which others may read.
async fn offer_set_up(app: &App, address: SocketAddr) -> Result<(), Failure> {
    let Some(token) = app.db.write(&Permit::system("setup.offer"), accounts::issue_setup).await? else {
        return Ok(());
    };
    say(format_args!(
        "\nThere is no admin yet. This token makes the first one, once, within 30 minutes:\n\n\
         set-up token  {token}\n\n\
         POST http://{address}/api/v1/setup {{\"token\": …, \"email\": …, \"name\": …, \"password\": …}}\n"
    ));
    Ok(())
}
