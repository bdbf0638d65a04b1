//! How a note's plaintext goes into the vault and comes out again.
//!
//! What is sealed is the content's canonical JSON (RFC 8785: members sorted, no blanks), so the hash that a signature freezes is simply
//! the hash of what was sealed, and anybody who may read the note can compute it again from what they are shown.

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::model::{Addendum, Note};
use crate::db::{Fault, Look, Stop, Tx, View};
use crate::kernel::ids::{AddendumId, ClientId, NoteId};
use crate::kernel::sealed::Sealed;
use crate::vault::{Class, Place, Vault};

/// The event of a look at a note. The vault opens notes for looks at this subject alone.
pub(super) const VIEWED: &str = "session_note.viewed";

/// Where a note's content stands.
pub(super) fn of_note(note: &Note) -> Place<'static> {
    place_of(note.client, note.id)
}

/// Where the content of a client's note stands.
pub(super) fn place_of(client: ClientId, id: NoteId) -> Place<'static> {
    let row = id.0;
    Place { client, class: Class::SessionNote, record: row, table: "session_notes", row, column: "content" }
}

/// Where the text of an addendum to a client's note stands.
pub(super) fn of_addendum(client: ClientId, note: NoteId, id: AddendumId) -> Place<'static> {
    let (record, row) = (note.0, id.0);
    Place { client, class: Class::SessionNote, record, table: "note_addenda", row, column: "content" }
}

/// Seals content for its place.
pub(super) fn seal(vault: &Vault, tx: &mut Tx<'_>, place: Place<'_>, content: &impl Serialize) -> Result<Sealed, Stop> {
    vault.seal(tx, place, &canonical(content)?)
}

/// The content of a note, as it was sealed; `None` until its first save.
pub(super) fn open_note(vault: &Vault, view: &mut View<'_>, look: &Look, note: &Note) -> Result<Option<Value>, Stop> {
    let sealed = note.content.as_ref();
    sealed.map(|sealed| Ok(parsed(&vault.open(view, look, of_note(note), sealed)?)?)).transpose()
}

/// The content of an addendum, as it was sealed.
pub(super) fn open_addendum(
    vault: &Vault,
    view: &mut View<'_>,
    look: &Look,
    addendum: &Addendum,
) -> Result<Value, Stop> {
    let place = of_addendum(look.client(), addendum.note, addendum.id);
    Ok(parsed(&vault.open(view, look, place, &addendum.content)?)?)
}

/// The SHA-256 of a note's canonical content, in hexadecimal; empty while there is none.
///
/// It opens the content, so a look is recorded; unlike a reader's, it need not be committed first, since nobody is shown anything.
pub(super) fn fingerprint(vault: &Vault, tx: &mut Tx<'_>, note: &Note) -> Result<String, Stop> {
    let Some(sealed) = &note.content else {
        return Ok(String::new());
    };
    let look = tx.look(VIEWED, note.id, note.client)?;
    let plain = vault.open(tx, &look, of_note(note), sealed)?;
    Ok(Sha256::digest(plain.as_slice()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

/// Canonical JSON. Our members have ASCII names and our numbers are small integers, so sorting a `Value`'s members is all RFC 8785 asks.
fn canonical(content: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let value = serde_json::to_value(content).map_err(|_| Fault::Vault("content that is not JSON"))?;
    serde_json::to_vec(&value).map(Zeroizing::new).map_err(|_| Fault::Vault("content that is not JSON"))
}

fn parsed(plain: &[u8]) -> Result<Value, Fault> {
    serde_json::from_slice(plain).map_err(|_| Fault::Vault("sealed content that is not JSON"))
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use crate::notes::model::{NoteContent, RegionHeld};

    #[test]
    fn canonical_json_is_sorted_and_without_blanks() {
        let content = NoteContent {
            subjective: "tab\tquote\" é \u{7f}".to_owned(),
            regions: vec![RegionHeld { region: "sacrum".to_owned(), side: None }],
            ..NoteContent::default()
        };
        let json = canonical(&content).unwrap();
        assert_eq!(
            std::str::from_utf8(&json).unwrap(),
            "{\"assessment\":\"\",\"client_reports\":[],\"homework\":\"\",\"modifications\":[],\"objective\":\"\",\"plan\":\"\",\
             \"pressure\":\"light\",\"regions\":[{\"region\":\"sacrum\"}],\"response\":\"\",\"schools\":[],\"scores\":[],\
             \"subjective\":\"tab\\tquote\\\" é \u{7f}\",\"techniques\":[]}"
        );
    }
}
