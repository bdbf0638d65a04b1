//! `migrate`: bring the store's tables up to date, or undo that.

use clap::Args;

use super::{Failure, say};
use crate::config::Config;
use crate::db::Migrated;

#[derive(Args)]
pub(super) struct Ask {
    /// Undo the newest N migrations, losing what their tables hold; no server may be running
    #[arg(long, value_name = "N")]
    revert: Option<usize>,
}

pub(super) fn run(config: &Config, ask: &Ask) -> Result<(), Failure> {
    config.prepare()?;
    // Tables do not change under a running server.
    let _alone = config.target.take()?;
    match ask.revert {
        None => tell(&config.target.migrate()?),
        Some(count) => config.target.revert(count)?.iter().for_each(|name| say(format_args!("reverted {name}"))),
    }
    Ok(())
}

/// Says what was done to the store's tables.
fn tell(migrated: &Migrated) {
    for name in &migrated.applied {
        say(format_args!("applied {name}"));
    }
    if let Some(snapshot) = &migrated.snapshot {
        say(format_args!("the store as it was before: {}", snapshot.display()));
    }
    if migrated.applied.is_empty() {
        say("the store is up to date");
    }
}
