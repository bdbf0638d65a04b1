//! What bookings do about earlier rooms' events.

use super::store::{self, Facts, Whose};
use crate::db::{Fault, Lock, Stop, Tx, View};
use crate::kernel::change::Event;
use crate::kernel::ids::{AccountId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::therapists;

/// Asks the decision again about every session to come that an event may have changed it for, and sets or frees its blocks.
///
/// # Errors
/// A fault of the store.
pub fn redecide(tx: &mut Tx<'_>, event: &Event) -> Result<(), Stop> {
    let Some(whose) = touched(tx, event)? else { return Ok(()) };
    // Whoever books with the same person meanwhile either sees the event or is seen here.
    tx.lock(&[match whose {
        Whose::Therapist(id) => Lock::Therapist(id),
        Whose::Client(id) => Lock::Client(id),
    }])?;
    let (now, mut facts) = (tx.now(), Facts::default());
    for booking in store::to_come(tx, whose)? {
        let found = facts.decide(tx, &booking)?.blocks(event.action, now);
        if let Some(change) = booking.set_blocks(found) {
            tx.save(change).map_err(again)?;
        }
    }
    Ok(())
}

/// Whose sessions an event is about; nobody's, for most.
fn touched(view: &mut View<'_>, event: &Event) -> Result<Option<Whose>, Stop> {
    Ok(match event.subject {
        "credential" => event.detail("therapist").and_then(|id| id.parse().ok()).map(Whose::Therapist),
        // What decides whether a therapist can be booked at all.
        "therapist" if matches!(event.action, "therapist.offboarded" | "therapist.account_linked") => {
            Some(Whose::Therapist(TherapistId(event.subject_id)))
        }
        "account" if matches!(event.action, "account.disabled" | "account.enabled" | "account.roles_set") => {
            let theirs = therapists::store::therapist_of_account(view, AccountId(event.subject_id))?;
            theirs.map(|therapist| Whose::Therapist(therapist.id))
        }
        // A form that was only handed out or half answered changes nothing yet.
        "intake_response" if matches!(event.action, "intake_response.issued" | "intake_response.answered") => None,
        "client" if event.action != "client.amended" => None,
        "intake_response" | "screening" | "screening_decision" | "clearance" | "guardianship" | "client" => {
            event.client.map(Whose::Client)
        }
        _ => None,
    })
}

/// Two events that touch one booking at once: the later one looks again.
pub(super) fn again(stop: Stop) -> Stop {
    match stop {
        Stop::Refused(Refusal::VersionMismatch) => Fault::Retry.into(),
        other => other,
    }
}
