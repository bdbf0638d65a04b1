//! What a booking is decided by, loaded whole.

use chrono::{NaiveDate, TimeDelta};

use crate::availability::model::offer::Opening;
use crate::availability::store as availability;
use crate::bookings::model::{Booking, Clinical, Decision, Entitlement};
use crate::db::{Stop, View};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{BookingId, ClientId, SessionTypeId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::Settings;
use crate::therapists::model::TherapistState;
use crate::{clients, credentials, intake, places, session_types, therapists};

/// How far around a start that is taken others are looked for.
const NEARBY: TimeDelta = TimeDelta::days(3);

/// In whose name the facts of a decision are read: whoever asks may have no right to them, and is told only what follows from them.
const DECIDER: Actor = Actor::System("bookings.decide");

/// A time that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Sought {
    /// Who is to be treated.
    pub client: ClientId,
    /// By whom.
    pub therapist: TherapistId,
    /// What kind of session.
    pub session_type: SessionTypeId,
    /// From when.
    pub start: Timestamp,
    /// The booking that is to be moved there, if one is.
    pub moving: Option<BookingId>,
}

/// Lays a time that is asked for before the evaluator: where the session would be, and what it asks of the therapist.
///
/// # Errors
/// `NotThere` for a therapist the asker may not know of; the evaluator's refusal; a fault of the store.
pub fn place(view: &mut View<'_>, sought: &Sought) -> Result<(Opening, Entitlement), Stop> {
    let actor = view.actor();
    let Sought { client, therapist, session_type, start, moving } = *sought;
    if therapists::store::therapist_seen_by(view, &actor, therapist)?.state == TherapistState::Offboarded {
        return Err(Refusal::OutsideAvailability.into());
    }
    let around = Span::new(start.minus(NEARBY), start.plus(NEARBY)).ok_or(Refusal::OutsideAvailability)?;
    let mut offer = availability::offer(view, session_type, around)?;
    offer.client_claims = availability::client_claims(view, &DECIDER, client, offer.known, moving)?;
    let mut calendars = availability::calendars(view, &[therapist], offer.known, moving)?;
    let calendar = calendars.remove(&therapist).unwrap_or_default();
    let opening = offer.decide(therapist, &calendar, start)?;
    Ok((opening, Entitlement { session_type: offer.session_type, held: calendar.held, settings: offer.settings }))
}

/// What is known of a client for a date.
///
/// # Errors
/// `NotThere`; a fault of the store.
pub fn clinical(view: &mut View<'_>, client: ClientId, date: NaiveDate, settings: &Settings) -> Result<Clinical, Stop> {
    let record = clients::store::client(view, &DECIDER, client)?;
    let lacks_guardian = record.is_minor_on(date) && !clients::store::is_guarded(view, &record, date)?;
    let standing = intake::standing(view, client, date)?;
    Ok(Clinical { standing, lacks_guardian, timing: settings.intake_timing })
}

/// Asks the decision afresh about a booking as it stands.
///
/// # Errors
/// A fault of the store.
pub fn decide(view: &mut View<'_>, booking: &Booking) -> Result<Decision, Stop> {
    let placement = &booking.placement;
    let entitlement = Entitlement {
        session_type: session_types::store::session_type(view, booking.session_type)?,
        held: credentials::store::held(view, placement.therapist)?,
        settings: places::store::settings(view)?,
    };
    let date = placement.session.start().date_in(placement.zone);
    let clinical = clinical(view, booking.client, date, &entitlement.settings)?;
    Ok(Decision::of(&entitlement, clinical, date))
}
