//! `backup`: copy the store, and apart from it the keys, beside a running server.
//!
//! ```text
//! DIR/20270301T080000Z/          0700
//!   store.sqlite3 | store.pgdump 0600   the rows, sealed as they are; may be kept
//!   keys-until-2027-03-08.json   0600   the wrapped keys; a copy of them undoes what is destroyed later, so it goes after a week
//! ```

use std::path::{Path, PathBuf};

use clap::Args;
use uuid::Uuid;

use super::{Failure, beside, say};
use crate::config::{Config, private_folder, write_private};
use crate::kernel::actor::Permit;
use crate::kernel::change::Event;
use crate::kernel::time::Timestamp;
use crate::vault::KeysCopy;

/// How the names of copies of keys begin; the day follows.
pub(super) const KEYS: &str = "keys-until-";

#[derive(Args)]
pub(super) struct Ask {
    /// The folder for backups; each gets a folder of its own in it
    dir: PathBuf,
}

pub(super) async fn run(config: &Config, Ask { dir }: &Ask) -> Result<(), Failure> {
    let app = beside(config).await?;
    let now = app.db.clock().now();
    let folder = dir.join(now.utc().format("%Y%m%dT%H%M%SZ").to_string());
    private_folder(&folder)?;
    let noted =
        app.db.write(&Permit::system("cli.backup"), |tx| tx.record(&Event::new("backup.made", Uuid::nil()))).await;
    app.db.close();
    noted?;
    // The keys after the rows: whatever the rows' copy was sealed with is in the keys' copy, or on its list.
    let rows = config.target.copy_into(&folder)?;
    let keys = write_keys(&app.vault.copy_keys()?, &folder)?;
    say(format_args!("{}\n{}", rows.display(), keys.display()));
    for old in expired(dir, now)? {
        std::fs::remove_file(&old)?;
        say(format_args!("destroyed, for its time is over: {}", old.display()));
    }
    Ok(())
}

fn write_keys(copy: &KeysCopy, folder: &Path) -> Result<PathBuf, Failure> {
    let file = folder.join(format!("{KEYS}{}.json", copy.good_until.utc().format("%Y-%m-%d")));
    let text = serde_json::to_string(copy).map_err(|_| Failure::Told("the keys cannot be written".to_owned()))?;
    write_private(&file, text.as_bytes())?;
    Ok(file)
}

/// The copies of keys below a folder of backups whose last day is over.
fn expired(dir: &Path, now: Timestamp) -> Result<Vec<PathBuf>, Failure> {
    let today = now.utc().format("%Y-%m-%d").to_string();
    let mut expired = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let keys = keys_in(&entry?.path())?;
        expired.extend(keys.into_iter().filter(|file| last_day(file).is_some_and(|day| *day < *today)));
    }
    Ok(expired)
}

/// The copies of keys in one backup.
pub(super) fn keys_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let files =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    Ok(files.into_iter().filter(|file| last_day(file).is_some()).collect())
}

/// The last day of a copy of keys, by its name.
fn last_day(file: &Path) -> Option<&str> {
    file.file_name()?.to_str()?.strip_prefix(KEYS)?.strip_suffix(".json")
}
