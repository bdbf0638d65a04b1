//! `keys`: change the master key, write it down, take it back, destroy a client's.

use std::fmt;
use std::io::{Read, Write};
use std::path::PathBuf;

use clap::Subcommand;
use uuid::Uuid;

use super::{Failure, beside, say};
use crate::app::App;
use crate::clients;
use crate::config::Config;
use crate::db::{KeyStore, Stop, Tx};
use crate::kernel::actor::Permit;
use crate::kernel::change::Event;
use crate::kernel::ids::ClientId;
use crate::kernel::text_enum::TextEnum;
use crate::vault::{Class, Condemned, Reason, from_escrow};

#[derive(Subcommand)]
pub(super) enum Ask {
    /// Wrap every key with a new master key, beside a running server; made again, it goes on where it was broken off
    Rotate,
    /// Print the recovery copy of the master key, to be kept on paper
    Escrow,
    /// Take a recovery copy from stdin and make the master key's file of it
    Restore {
        /// The file to make [default: where the data folder's key lies]
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Destroy a client's keys, so that nothing they sealed can ever be read again; without a class, erase the client
    Destroy {
        /// Whose
        #[arg(long, value_name = "ID")]
        client: ClientId,
        /// booking, intake or session_note [default: all of them, and who the client is]
        #[arg(long, value_name = "CLASS", value_parser = class)]
        class: Option<Class>,
        /// retention_ended, erasure_request or recorded_in_error
        #[arg(long, value_name = "CODE", value_parser = reason)]
        reason: Reason,
        /// That it is meant; without it nothing is destroyed
        #[arg(long)]
        yes: bool,
    },
}

/// Who a client is goes with all the rest or not at all.
fn class(text: &str) -> Result<Class, String> {
    word(text, &[Class::Booking, Class::Intake, Class::SessionNote])
}

/// Nobody but a restored list replays.
fn reason(text: &str) -> Result<Reason, String> {
    word(text, &[Reason::RetentionEnded, Reason::ErasureRequest, Reason::RecordedInError])
}

fn word<T: TextEnum>(text: &str, allowed: &[T]) -> Result<T, String> {
    let found = allowed.iter().copied().find(|word| word.as_str() == text);
    let words: Vec<&str> = allowed.iter().map(|word| word.as_str()).collect();
    found.ok_or_else(|| format!("expected one of {}", words.join(", ")))
}

pub(super) async fn run(config: &Config, ask: Ask) -> Result<(), Failure> {
    match ask {
        Ask::Rotate => rotate(config).await,
        Ask::Escrow => escrow(config).await,
        Ask::Restore { to } => restore(config, to),
        Ask::Destroy { yes: false, .. } => {
            Err(Failure::Told("nothing was destroyed. What is destroyed cannot be had back; say --yes".to_owned()))
        }
        Ask::Destroy { client, class, reason, .. } => destroy(config, client, class, reason).await,
    }
}

async fn rotate(config: &Config) -> Result<(), Failure> {
    let app = beside(config).await?;
    let rotated = app.vault.rotate()?;
    let event = Event::new("master_key.rotated", Uuid::nil()).with("master_key", &rotated.master);
    note(&app, "cli.keys_rotate", event.with("rewrapped", rotated.rewrapped)).await?;
    say(format_args!("{} keys are wrapped by the new master key ({})", rotated.rewrapped, rotated.master));
    if rotated.left_stands {
        say("The old one still stands behind it where the keys are kept, and is of no more use: take it away.");
    }
    say("Its recovery copy is another one too: stillpoint keys escrow");
    say(
        "Make a backup now: the keys of an older one are wrapped by the master key that was left. stillpoint backup DIR",
    );
    Ok(())
}

async fn escrow(config: &Config) -> Result<(), Failure> {
    let app = beside(config).await?;
    let (name, text) = app.vault.escrow()?;
    print(&Escrow(&text))?;
    app.vault.note_escrow(&name)?;
    note(&app, "cli.keys_escrow", Event::new("master_key.escrowed", Uuid::nil()).with("master_key", name)).await
}

/// Prints what must not be believed to have been read when it was not.
fn print(text: &impl fmt::Display) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Records what was done to the keys, and closes the program.
async fn note(app: &App, operation: &'static str, event: Event) -> Result<(), Failure> {
    let noted = app.db.write(&Permit::system(operation), move |tx| tx.record(&event)).await;
    app.db.close();
    Ok(noted?)
}

/// A recovery copy and how to use it.
struct Escrow<'t>(&'t str);

impl fmt::Display for Escrow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.0)?;
        write!(
            f,
            "This is the master key. With it and a backup everything can be read; without it nothing sealed can be. Keep it on paper, away \
             from this machine and its backups. It is taken back by: stillpoint keys restore"
        )
    }
}

fn restore(config: &Config, to: Option<PathBuf>) -> Result<(), Failure> {
    let key = read_copy()?;
    let known = config.keys.file().is_none_or(std::path::Path::exists);
    let masters = if known { KeyStore::open(&config.keys)?.masters()? } else { Vec::new() };
    if !masters.is_empty() && masters.iter().all(|master| master.id != key.id()) {
        return Err(Failure::Told("that is the recovery copy of another master key than this store's".to_owned()));
    }
    put(&key, to.unwrap_or_else(|| config.key_file()))
}

/// Takes a recovery copy into a file of one's own choice, for which no configuration has to be sound.
pub(super) fn restore_to(file: PathBuf) -> Result<(), Failure> {
    put(&read_copy()?, file)
}

fn read_copy() -> Result<crate::vault::MasterKey, Failure> {
    let mut text = zeroize::Zeroizing::new(String::new());
    std::io::stdin().read_to_string(&mut text)?;
    from_escrow(&text).map_err(Failure::Told)
}

fn put(key: &crate::vault::MasterKey, file: PathBuf) -> Result<(), Failure> {
    let file = std::path::absolute(file)?;
    Config::put_key(&file, key)?;
    say(format_args!("the master key {} is in {}", key.id(), file.display()));
    Ok(())
}

async fn destroy(config: &Config, client: ClientId, class: Option<Class>, reason: Reason) -> Result<(), Failure> {
    let app = beside(config).await?;
    let vault = app.vault.clone();
    let work = move |tx: &mut Tx<'_>| -> Result<Condemned, Stop> {
        match class {
            None => clients::erase(tx, &vault, client, reason),
            Some(class) => clients::forget_class(tx, &vault, client, class, reason),
        }
    };
    let condemned = app.db.write(&Permit::system("cli.keys_destroy"), work).await;
    app.db.close();
    let condemned = condemned?;
    app.vault.shred(&condemned)?;
    say(format_args!("{} keys were destroyed; every process has forgotten them within five seconds", condemned.len()));
    if class.is_none() {
        say("The record is an erased client's now. A login of theirs is not erased: an admin disables it.");
    }
    for copy in older_copies(config)? {
        say(format_args!("{} is from before that and still holds it: delete it", copy.display()));
    }
    Ok(())
}

/// The copies that updates of an embedded store left beside it.
fn older_copies(config: &Config) -> Result<Vec<PathBuf>, Failure> {
    let Some(folder) = config.target.file().and_then(std::path::Path::parent) else { return Ok(Vec::new()) };
    let mut copies = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().contains(".before-")) {
            copies.push(path);
        }
    }
    Ok(copies)
}
