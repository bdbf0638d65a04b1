//! What is done to notes, each in one transaction.

mod drafting;
mod signing;

pub(super) use drafting::{Saving, StartFrom, adopt, discard, first_save, save, start};
pub(super) use signing::{cosign, sign};

use super::model::{Filed, Note};
use super::store;
use crate::bookings;
use crate::bookings::model::Booking;
use crate::db::{Lock, Stop, Tx};
use crate::kernel::ids::NoteId;

/// A note and its booking as they stand, with the therapist and the client of both locked.
pub(super) fn locked(tx: &mut Tx<'_>, id: NoteId) -> Result<(Filed, Booking), Stop> {
    let actor = tx.actor();
    // Whose note it is never changes; the rest is read once nobody else can change it.
    let Note { therapist, client, .. } = store::note(tx, &actor, id)?.note;
    tx.lock(&[Lock::Therapist(therapist), Lock::Client(client)])?;
    let filed = store::note(tx, &actor, id)?;
    let booking = bookings::store::booking(tx, &actor, filed.note.booking)?;
    Ok((filed, booking))
}
