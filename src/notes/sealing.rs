//! How a note's plaintext goes into the vault and comes out again.
//!
//! What is sealed is the content's canonical JSON (RFC 8785: members sorted, no blanks), so the hash that a signature freezes is simply
//! the hash of what was sealed, and anybody who may read the note can compute it again from what they are shown.

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::model::{Addendum, Filed, Mark, Note, NoteContent, Sibling, Summary};
use crate::db::{Fault, Look, Stop, Tx, View};
use crate::kernel::ids::{AddendumId, ClientId, NoteId, NoteSiblingId, NoteSummaryId};
use crate::kernel::sealed::Sealed;
use crate::vault::{Class, Place, Vault};

/// The event of a look at a note. The vault opens notes for looks at this subject alone.
pub(super) const VIEWED: &str = "session_note.viewed";

/// The event of a look at what a client is told of a note in plain language, which is a look at that and not at the note.
pub(super) const SUMMARY_VIEWED: &str = "note_summary.viewed";

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

/// Where stands why a note was entered in error.
pub(super) fn of_reason(note: &Note) -> Place<'static> {
    let (client, row) = (note.client, note.id.0);
    Place { client, class: Class::SessionNote, record: row, table: "note_errors", row, column: "reason" }
}

/// Where a version of a client's draft stands that lost a conflict.
pub(super) fn of_sibling(client: ClientId, note: NoteId, id: NoteSiblingId) -> Place<'static> {
    let (record, row) = (note.0, id.0);
    Place { client, class: Class::SessionNote, record, table: "note_siblings", row, column: "content" }
}

/// Where a note in plain language stands. It is a record of its own: who looks at it has not looked at the note.
pub(super) fn of_summary(client: ClientId, id: NoteSummaryId) -> Place<'static> {
    Place { client, class: Class::SessionNote, record: id.0, table: "note_summaries", row: id.0, column: "content" }
}

/// A keyed hash of what a draft says, by which a save that is sent again is known.
pub(super) fn mac(vault: &Vault, note: NoteId, content: &NoteContent) -> Result<Vec<u8>, Fault> {
    let mut said = note.0.as_bytes().to_vec();
    said.extend_from_slice(&canonical(content)?);
    let mac = vault.mac("note-drafts", &said);
    zeroize::Zeroize::zeroize(&mut said);
    Ok(mac)
}

/// What makes the keyed hash of a part of a note that was carried over.
pub(super) fn with_marks<T>(vault: &Vault, note: NoteId, then: impl FnOnce(Mark<'_>) -> T) -> T {
    then(&|name, part| hex(&vault.mac("note-carried", format!("{note}.{name}={part}").as_bytes())))
}

/// SHA-256 of a value's canonical JSON, in hexadecimal.
pub(super) fn digest(value: &Value) -> String {
    hex(&Sha256::digest(value.to_string().as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
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

/// Why a note was entered in error, as it was sealed.
pub(super) fn open_reason(
    vault: &Vault,
    view: &mut View<'_>,
    look: &Look,
    filed: &Filed,
    sealed: &Sealed,
) -> Result<Value, Stop> {
    Ok(parsed(&vault.open(view, look, of_reason(&filed.note), sealed)?)?)
}

/// What lost a conflict, as it was sealed.
pub(super) fn open_sibling(vault: &Vault, view: &mut View<'_>, look: &Look, sibling: &Sibling) -> Result<Value, Stop> {
    let place = of_sibling(look.client(), sibling.note, sibling.id);
    Ok(parsed(&vault.open(view, look, place, &sibling.content)?)?)
}

/// A note in plain language, as it was sealed.
pub(super) fn open_summary(vault: &Vault, view: &mut View<'_>, look: &Look, summary: &Summary) -> Result<Value, Stop> {
    Ok(parsed(&vault.open(view, look, of_summary(look.client(), summary.id), &summary.content)?)?)
}

/// What a note says, for the program's own use in the transaction: to hash it, to begin another with it. Nothing while there is none.
///
/// It opens the content, so a look is recorded; unlike a reader's, it need not be committed first, since nobody is shown anything.
pub(super) fn reread(vault: &Vault, tx: &mut Tx<'_>, note: &Note) -> Result<Option<Value>, Stop> {
    if note.content.is_none() {
        return Ok(None);
    }
    let look = tx.look(VIEWED, note.id, note.client)?;
    open_note(vault, tx, &look, note)
}

/// Content as it was sealed, back as content.
pub(super) fn content(value: Value) -> Result<NoteContent, Fault> {
    serde_json::from_value(value).map_err(|_| Fault::Vault("sealed content that is none"))
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
            regions: vec![RegionHeld { region: "sacrum".to_owned(), side: None, point: None }],
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
