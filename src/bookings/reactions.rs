//! What bookings do about earlier rooms' events.

use super::model::{Booking, BookingState};
use super::store::{self, Facts, Whose};
use crate::consents;
use crate::db::{Fault, Lock, Stop, Tx, View};
use crate::kernel::change::Event;
use crate::kernel::ids::{AccountId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::therapists;

/// Asks the decision again about every session to come that an event may have changed it for, and sets or frees its blocks. What a
/// session has come to wait for by a consent's end is presented anew.
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
    let mut coming = store::to_come(tx, whose)?;
    coming.sort_by_key(|booking| booking.placement.session.start());
    // A withdrawal, or another date of birth, takes away what was signed; who has sessions to come is asked anew.
    let asks = event.subject == "consent" || event.action == "client.amended";
    for booking in coming {
        let decision = facts.decide(tx, &booking)?;
        if asks && decision.awaits_consent() {
            present(tx, &booking)?;
        }
        let found = decision.blocks(event.action, now);
        if let Some(change) = booking.set_blocks(found, now) {
            tx.save(change).map_err(again)?;
        }
    }
    Ok(())
}

/// Sees to the next client with sessions to come, where a text has come to be required, or is so no longer: presents what is lacking and asks the
/// decision again. Says how many were seen to. All in one transaction would lock everybody.
///
/// # Errors
/// A fault of the store.
pub fn follow_next_consent(tx: &mut Tx<'_>) -> Result<usize, Stop> {
    let Some(walk) = consents::next_walk(tx)? else { return Ok(0) };
    let client = store::next_client_to_come(tx, walk.after)?;
    let locks: Vec<Lock> = client.map(Lock::Client).into_iter().chain([consents::TEXTS]).collect();
    tx.lock(&locks)?;
    if consents::next_walk(tx)? != Some(walk) {
        return Err(Fault::Retry.into());
    }
    let Some(client) = client else { return tx.save(walk.end()).map(|_| 1) };
    let (now, mut facts) = (tx.now(), Facts::default());
    let mut coming = store::to_come(tx, Whose::Client(client))?;
    coming.sort_by_key(|booking| booking.placement.session.start());
    for booking in coming {
        let decision = facts.decide(tx, &booking)?;
        present(tx, &booking)?;
        if let Some(change) = booking.set_blocks(decision.blocks("consent_template.changed", now), now) {
            tx.save(change).map_err(again)?;
        }
    }
    tx.save(walk.past(client)).map(|_| 1)
}

/// Presents what a session that was agreed waits for.
fn present(tx: &mut Tx<'_>, booking: &Booking) -> Result<(), Stop> {
    if booking.state != BookingState::Confirmed {
        return Ok(());
    }
    let when = (booking.placement.date(), booking.placement.session.start());
    consents::present_lacking(tx, booking.client, booking.session_type, when)
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
        // What was only presented blocks no more than before, and what a newer one replaces counts no less.
        "consent" if matches!(event.action, "consent.signed" | "consent.withdrawn") => event.client.map(Whose::Client),
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
