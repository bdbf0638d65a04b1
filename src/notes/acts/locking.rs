//! What every act upon a note begins with.

use crate::bookings;
use crate::bookings::model::Booking;
use crate::db::{Lock, Stop, Tx};
use crate::kernel::ids::{NoteId, TherapistId};
use crate::notes::model::{Filed, Note};
use crate::notes::store;

/// A note as it stands, with the therapist and the client of it locked.
pub(in crate::notes) fn held(tx: &mut Tx<'_>, id: NoteId) -> Result<Filed, Stop> {
    locked(tx, id, None)
}

/// The same, with the therapist locked who asks: what they are to its author decides.
pub(in crate::notes) fn held_with_own(tx: &mut Tx<'_>, id: NoteId) -> Result<Filed, Stop> {
    let own = tx.actor().therapist();
    locked(tx, id, own)
}

fn locked(tx: &mut Tx<'_>, id: NoteId, also: Option<TherapistId>) -> Result<Filed, Stop> {
    let actor = tx.actor();
    // Whose note it is never changes; the rest is read once nobody else can change it.
    let Note { therapist, client, .. } = store::note(tx, &actor, id)?.note;
    let mut locks = vec![Lock::Therapist(therapist), Lock::Client(client)];
    locks.extend(also.filter(|also| *also != therapist).map(Lock::Therapist));
    tx.lock(&locks)?;
    store::note(tx, &actor, id)
}

/// The same, with its booking, for who may see that.
pub(in crate::notes) fn held_with_booking(tx: &mut Tx<'_>, id: NoteId) -> Result<(Filed, Booking), Stop> {
    let filed = held(tx, id)?;
    let actor = tx.actor();
    let booking = bookings::store::booking(tx, &actor, filed.note.booking)?;
    Ok((filed, booking))
}
