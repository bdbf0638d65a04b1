//! `openapi`: print the contract; needs no store.

use super::{Failure, say};
use crate::app;

pub(super) fn run() -> Result<(), Failure> {
    say(format_args!("{:#}", app::document()));
    Ok(())
}
