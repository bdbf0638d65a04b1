//! The last note before a session: what a therapist takes from it into the next one.

use super::model::LastNote;
use super::{sealing, store};
use crate::db::{Look, Stop, View};
use crate::kernel::actor::Actor;
use crate::kernel::time::Timestamp;
use crate::vault::Vault;

/// What the last signed note says of the client of a look, of sessions before an instant; nothing where there is none. The look is one at all
/// that is of the class `session_note`.
///
/// # Errors
/// `NotThere` to whoever does not treat the client now; a fault when the look is for something else, or of the store.
pub fn last_note(
    view: &mut View<'_>,
    vault: &Vault,
    look: &Look,
    actor: &Actor,
    before: Timestamp,
) -> Result<Option<LastNote>, Stop> {
    let Some(filed) = store::last_signed(view, actor, look.client(), before)? else { return Ok(None) };
    let content = sealing::open_note(vault, view, look, &filed.note)?;
    Ok(Some(LastNote::of(&filed.note, filed.amended, content.as_ref())))
}
