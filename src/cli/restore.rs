//! `restore`: check a backup, or put it into an empty store.
//!
//! What was destroyed since the backup was made stays destroyed: the key store that is there keeps its list, and what that list, the backup's
//! or any later backup's beside it names is not put back. Keys that the key store there holds are taken from there, and from a copy only what
//! it lacks. The keys come first and the rows last, so what is broken off leaves an empty store.

use std::path::{Path, PathBuf};

use clap::Args;

use super::backup::keys_in;
use super::{Failure, parts, say};
use crate::app::{App, Parts};
use crate::config::{Config, temporary_folder};
use crate::db::{KeyStore, Target, Throwaway};
use crate::kernel::actor::Permit;
use crate::kernel::time::Clock;
use crate::notes;
use crate::vault::KeysCopy;

#[derive(Args)]
pub(super) struct Ask {
    /// The folder of one backup
    dir: PathBuf,
    /// Only check that it could be restored; touches nothing
    #[arg(long)]
    verify: bool,
    /// The copy of the keys [default: the one in the folder; without one, the key store that is there]
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

pub(super) async fn run(config: &Config, ask: &Ask) -> Result<(), Failure> {
    if !ask.verify {
        config.target.must_be_empty()?;
    }
    let copies = Copies::found(config, ask)?;
    let folder = temporary_folder()?;
    let checked = verify(config, ask, &copies, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    say(checked?);
    if ask.verify {
        return Ok(());
    }
    // Not `prepare` alone, which would make a new master key where the old one is gone.
    config.kept_keys()?;
    let parts = parts(config)?;
    let _alone = config.target.take()?;
    copies.put_into(&KeyStore::open(&config.keys)?)?;
    config.target.put_copy(&ask.dir)?;
    config.target.migrate()?;
    let app = App::beside(parts).await?;
    let restored = inspect(&app).await;
    app.db.close();
    restored?;
    say("It is restored.");
    Ok(())
}

/// Restores into a store that is thrown away, and looks at it there.
async fn verify(config: &Config, ask: &Ask, copies: &Copies, folder: &Path) -> Result<String, Failure> {
    let throwaway = Throwaway::like(&config.target, folder)?;
    throwaway.store.put_copy(&ask.dir)?;
    throwaway.store.check()?;
    throwaway.store.migrate()?;
    copies.put_into(&KeyStore::open(&throwaway.keys)?)?;
    let (target, keys) = (throwaway.store.clone(), Some(throwaway.keys.clone()));
    let parts =
        Parts { target, keys, master: config.kept_keys()?, clock: Clock::system(), allowed_origins: Vec::new() };
    let app = App::beside(parts).await?;
    let told = inspect(&app).await;
    app.db.close();
    told
}

/// That every key opens, and that the newest notes do; that those are there which the rows count on was seen when the store was opened.
async fn inspect(app: &App) -> Result<String, Failure> {
    let permit = Permit::system("cli.restore");
    let keys = app.vault.try_every_key()?;
    let vault = app.vault.clone();
    let opened = app.db.write(&permit, move |tx| notes::try_newest(tx, &vault)).await?;
    Ok(format!("The backup is sound: {keys} keys open, and so do the newest notes ({opened})."))
}

/// What the key store there holds, the copy of the keys, and every list of destroyed ones that can be found.
struct Copies {
    here: Option<KeysCopy>,
    named: Option<KeysCopy>,
    lists: Vec<KeysCopy>,
}

impl Copies {
    fn found(config: &Config, ask: &Ask) -> Result<Self, Failure> {
        let mut lists = Vec::new();
        let absolute = std::path::absolute(&ask.dir)?;
        for beside in std::fs::read_dir(absolute.parent().unwrap_or(&absolute))? {
            for file in keys_in(&beside?.path())? {
                lists.push(read(&file)?.without_keys());
            }
        }
        let named = match &ask.keys {
            Some(file) => Some(file.clone()),
            None => keys_in(&ask.dir)?.into_iter().next(),
        };
        let (here, named) = (standing(&config.keys)?, named.map(|file| read(&file)).transpose()?);
        if here.is_none() && named.is_none() {
            let gone =
                "the backup's copy of the keys is gone, as it must be after a week; name a later one with --keys";
            return Err(Failure::Told(gone.to_owned()));
        }
        Ok(Self { here, named, lists })
    }

    fn put_into(&self, store: &KeyStore) -> Result<(), Failure> {
        for list in &self.lists {
            list.list_into(store)?;
        }
        for keys in self.here.iter().chain(&self.named) {
            keys.put_into(store)?;
        }
        Ok(())
    }
}

/// What the key store at a place holds, if there is one.
fn standing(place: &Target) -> Result<Option<KeysCopy>, Failure> {
    if place.file().is_some_and(|file| !file.exists()) {
        return Ok(None);
    }
    let copy = KeysCopy::of(&KeyStore::open(place)?, Clock::system().now())?;
    Ok(Some(copy).filter(|copy| !copy.is_new()))
}

fn read(file: &Path) -> Result<KeysCopy, Failure> {
    let text = std::fs::read_to_string(file)?;
    serde_json::from_str(&text).map_err(|_| Failure::Told(format!("{} is no copy of keys", file.display())))
}
