//! Signatures: the author's, and that of who answers for them.

use serde::Serialize;
use serde_json::Value;

use super::locking::{held_with_booking, held_with_own};
use crate::accounts::require_step_up;
use crate::bookings::model::Booking;
use crate::credentials::{self, model::AsOf};
use crate::db::{Fault, Stop, Tx};
use crate::kernel::ids::NoteId;
use crate::kernel::refusal::Refusal;
use crate::notes::model::{CredentialsSnapshot, DecisionSnapshot, Filed, Note, Signature, Writing};
use crate::notes::sealing;
use crate::notes::store;
use crate::vault::Vault;
use crate::{bookings, places, therapists};

/// Signs a note, for good.
pub(in crate::notes) fn sign(tx: &mut Tx<'_>, vault: &Vault, id: NoteId, expected: i32) -> Result<Filed, Stop> {
    let (filed, booking) = held_with_booking(tx, id)?;
    let (actor, now) = (tx.actor(), tx.now());
    filed.note.authored(&actor)?;
    require_step_up(tx, &actor)?;
    let content = sealing::reread(vault, tx, &filed.note)?.unwrap_or(Value::Null);
    let (credentials, decision) = snapshots(tx, &filed.note, &booking)?;
    let supervisor = therapists::store::therapist(tx, filed.note.therapist)?.supervisor;
    let signature = Signature {
        content: &content,
        credentials: &credentials,
        decision: &decision,
        supervisor,
        digest: sealing::digest,
    };
    let note = tx.save(filed.note.sign(signature, expected, Writing { booking: &booking, actor: &actor, now })?)?;
    Ok(Filed { note, ..filed })
}

/// Puts the supervisor's name under a trainee's note.
pub(in crate::notes) fn cosign(tx: &mut Tx<'_>, id: NoteId, expected: i32) -> Result<Filed, Stop> {
    let filed = held_with_own(tx, id)?;
    let (actor, now) = (tx.actor(), tx.now());
    let answers = store::supervises(tx, &actor, &filed.note)?;
    let change = filed.cosign(&actor, answers, now);
    if change == Err(Refusal::NotThere) {
        return Err(Refusal::NotThere.into());
    }
    require_step_up(tx, &actor)?;
    if filed.note.version != expected {
        return Err(Refusal::VersionMismatch.into());
    }
    let cosignature = tx.save(change?)?;
    Ok(Filed { cosigned_at: Some(cosignature.signed_at), ..filed })
}

/// What a signature of this note, now, would freeze of the session's day: credentials, and what the booking decision finds.
fn snapshots(tx: &mut Tx<'_>, note: &Note, booking: &Booking) -> Result<(String, String), Stop> {
    let on = booking.placement.date();
    let held = credentials::store::held(tx, note.therapist)?;
    let types = credentials::store::catalogue(tx)?;
    let grace_days = places::store::settings(tx)?.reverify_grace_days;
    let as_of = AsOf::known_so_far(on, &held, tx.now());
    let credentials = CredentialsSnapshot::take(&held, &types, as_of, grace_days);
    let decision = DecisionSnapshot::take(&bookings::store::decide(tx, booking)?, on, tx.now());
    Ok((json(&credentials)?, json(&decision)?))
}

fn json(snapshot: &impl Serialize) -> Result<String, Fault> {
    serde_json::to_string(snapshot).map_err(|_| Fault::Corrupt("a snapshot that is not JSON"))
}
