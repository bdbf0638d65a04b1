//! `config check`: print the configuration in effect and where each value came from, secrets hidden.

use clap::Subcommand;

use super::{Failure, say};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Ask {
    /// Print the configuration in effect and where each value came from; fails where it could not be used
    Check,
}

pub(super) fn run(config: &Config, Ask::Check: &Ask) -> Result<(), Failure> {
    for (key, value, origin) in config.told() {
        say(format_args!("{key:<16} {value:<40} ({origin})"));
    }
    Ok(())
}
