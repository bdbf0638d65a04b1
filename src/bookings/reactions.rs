//! What bookings do about earlier rooms' events.

use super::store::{self, Whose};
use crate::db::{Fault, Lock, Stop, Tx};
use crate::kernel::change::Event;
use crate::kernel::refusal::Refusal;

/// Asks the decision again about every session to come that an event may have changed it for, and sets or frees its blocks.
///
/// # Errors
/// A fault of the store.
pub fn redecide(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    let Some(whose) = touched(event) else { return Ok(()) };
    // Whoever books with the same person meanwhile either sees the event or is seen here.
    tx.lock(&[match whose {
        Whose::Therapist(id) => Lock::Therapist(id),
        Whose::Client(id) => Lock::Client(id),
    }])?;
    let now = tx.now();
    for booking in store::to_come(tx, whose)? {
        let found = store::decide(tx, &booking)?.blocks(event.action, now);
        if let Some(change) = booking.set_blocks(found) {
            tx.save(change).map_err(again)?;
        }
    }
    Ok(())
}

/// Whose sessions an event is about; nobody's, for most.
fn touched(event: &Event) -> Option<Whose> {
    match event.subject {
        "credential" => event.detail("therapist")?.parse().ok().map(Whose::Therapist),
        // A form that was only handed out or half answered changes nothing yet.
        "intake_response" if matches!(event.action, "intake_response.issued" | "intake_response.answered") => None,
        "client" if event.action != "client.amended" => None,
        "intake_response" | "screening" | "screening_decision" | "clearance" | "guardianship" | "client" => {
            event.client.map(Whose::Client)
        }
        _ => None,
    }
}

/// Two events that touch one booking at once: the later one looks again.
fn again(stop: Stop) -> Stop {
    match stop {
        Stop::Refused(Refusal::VersionMismatch) => Fault::Retry.into(),
        other => other,
    }
}
