//! Whether notes can still be opened: what the check of a restored store asks.

use super::{sealing, store};
use crate::db::{Stop, Tx};
use crate::vault::{Vault, unless_erased};

/// How many are tried.
const SAMPLE: i64 = 10;

/// Opens the newest notes and shows them to nobody; answers how many there were to open. What was erased cannot be, and is no fault.
///
/// # Errors
/// A fault for a note that does not open.
pub fn try_newest(tx: &mut Tx<'_>, vault: &Vault) -> Result<usize, Stop> {
    let mut opened = 0_usize;
    for (id, client, sealed) in store::newest_sealed(tx, SAMPLE)? {
        let look = tx.look(sealing::VIEWED, id, client)?;
        let plain = unless_erased(vault.open(tx, &look, sealing::place_of(client, id), &sealed))?;
        opened = opened.saturating_add(usize::from(plain.is_some()));
    }
    Ok(opened)
}
