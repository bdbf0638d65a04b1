//! Everything this test process logs, at every level, for tests that ask what is not in it.

use std::io::Write;
use std::sync::{Mutex, Once, PoisonError};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::prelude::*;

static HEARD: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Ear;

impl Write for Ear {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        HEARD.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to listen; the servers of all tests of the process are heard from then on.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The tests' own client tells byte by byte what it sends, which is no server's doing.
        let client = [("ureq", LevelFilter::OFF), ("ureq_proto", LevelFilter::OFF)];
        let servers = Targets::new().with_default(LevelFilter::TRACE).with_targets(client);
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Ear);
        tracing_subscriber::registry().with(lines.with_filter(servers)).init();
    });
}

/// What was heard so far.
pub fn heard() -> String {
    String::from_utf8_lossy(&HEARD.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}
