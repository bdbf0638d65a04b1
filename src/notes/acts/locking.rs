//! What every act upon a note begins with.

use crate::bookings;
use crate::bookings::model::Booking;
use crate::db::{Lock, Stop, Tx};
use crate::kernel::ids::NoteId;
use crate::notes::model::{Filed, Note};
use crate::notes::store;

/// A note as it stands, with the therapist and the client of it locked.
pub(in crate::notes) fn held(tx: &mut Tx<'_>, id: NoteId) -> Result<Filed, Stop> {
    let actor = tx.actor();
    // Whose note it is never changes; the rest is read once nobody else can change it.
    let Note { therapist, client, .. } = store::note(tx, &actor, id)?.note;
    tx.lock(&[Lock::Therapist(therapist), Lock::Client(client)])?;
    store::note(tx, &actor, id)
}

/// The same, with its booking, for who may see that.
pub(in crate::notes) fn held_with_booking(tx: &mut Tx<'_>, id: NoteId) -> Result<(Filed, Booking), Stop> {
    let filed = held(tx, id)?;
    let actor = tx.actor();
    let booking = bookings::store::booking(tx, &actor, filed.note.booking)?;
    Ok((filed, booking))
}
