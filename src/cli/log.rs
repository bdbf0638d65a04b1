//! The log, on stderr.
//!
//! Our own lines are written from the chosen level on. Those of the libraries beneath only from `warn` on, whatever is chosen: at lower levels
//! they tell of paths, headers and statements, which may hold what nobody should find in a log.

use std::io::IsTerminal;

use tracing::Level;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, LogFormat};

/// Starts the log; does nothing where one was started before.
pub(super) fn start(config: &Config) {
    let ours = Targets::new().with_target(env!("CARGO_PKG_NAME"), config.log_level);
    let filter = ours.with_default(config.log_level.min(Level::WARN));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match config.log_format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
    // A panic's message may quote what it choked on; where it happened is enough to find it.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a thread panicked");
    }));
}
