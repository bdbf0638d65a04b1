//! What a booking is decided by, loaded whole.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::{NaiveDate, TimeDelta};

use crate::availability::model::offer::{Offer, Opening};
use crate::availability::store as availability;
use crate::bookings::model::{Booking, Clinical, Decision, Entitlement, OWN_THERAPIST};
use crate::clients::model::{Client, Guardians};
use crate::credentials::model::Held;
use crate::db::{Fault, Stop, View};
use crate::intake::History;
use crate::kernel::actor::Actor;
use crate::kernel::ids::{BookingId, ClientId, SessionTypeId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::{IntakeTiming, Settings};
use crate::session_types::model::SessionType;
use crate::therapists::model::NOT_BOOKABLE;
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
    pub moving: Option<Moving>,
}

/// A booking that is to be moved: it keeps what it was booked as, though nobody could book that any more.
#[derive(Clone, Copy, Debug)]
pub struct Moving {
    /// Which one.
    pub booking: BookingId,
    /// Who was to treat.
    pub therapist: TherapistId,
    /// How long its session lasts.
    pub length: TimeDelta,
}

impl From<&Booking> for Moving {
    fn from(booking: &Booking) -> Self {
        let placement = &booking.placement;
        Self { booking: booking.id, therapist: placement.therapist, length: placement.session.length() }
    }
}

/// Lays a time that is asked for before the evaluator: where the session would be, and what it asks of the therapist.
///
/// # Errors
/// `NotThere` for a therapist the asker may not know of or book; `PolicyViolation` for a therapist who cannot be booked, for the client's own
/// person, and for a session type that is retired; the evaluator's refusal; a fault of the store.
pub fn place(view: &mut View<'_>, sought: &Sought) -> Result<(Opening, Entitlement), Stop> {
    let Sought { client, therapist, session_type, start, moving } = *sought;
    may_treat(view, sought)?;
    let around = Span::new(start.minus(NEARBY), start.plus(NEARBY)).ok_or(Refusal::OutsideAvailability)?;
    let besides = moving.map(|moving| moving.booking);
    let mut offer = match moving {
        Some(moving) => {
            let booked = session_types::store::session_type(view, session_type)?.lasting(moving.length);
            availability::offer_of(view, booked, around, besides)?
        }
        None => availability::offer(view, session_type, around)?,
    };
    availability::for_client(view, &DECIDER, client, &mut offer, besides)?;
    let mut calendars = availability::calendars(view, &offer, &[therapist], besides)?;
    let calendar = calendars.remove(&therapist).unwrap_or_default();
    let opening = offer.decide(therapist, &calendar, start)?;
    let Offer { session_type, settings, .. } = offer;
    Ok((opening, Entitlement { session_type, bookable: true, held: calendar.held, settings }))
}

/// Refuses a therapist whom whoever asks may not book for this client. Whoever has a booking with a therapist may know of them, listed or not.
fn may_treat(view: &mut View<'_>, sought: &Sought) -> Result<(), Stop> {
    let actor = view.actor();
    let Sought { client, therapist: id, moving, .. } = *sought;
    let has_them = moving.is_some_and(|moving| moving.therapist == id);
    let therapist = if has_them {
        therapists::store::therapist(view, id)?
    } else {
        therapists::store::therapist_seen_by(view, &actor, id)?
    };
    if !therapists::store::is_bookable(view, &therapist)? {
        let told = has_them || actor.is_staff();
        return Err(if told { NOT_BOOKABLE } else { Refusal::NotThere }.into());
    }
    let client = clients::store::client(view, &DECIDER, client)?;
    if themself(view, &client)? == Some(id) {
        return Err(OWN_THERAPIST.into());
    }
    Ok(())
}

/// The therapist who is the client's own person, if one is.
///
/// # Errors
/// A fault of the store.
pub(in crate::bookings) fn themself(view: &mut View<'_>, client: &Client) -> Result<Option<TherapistId>, Stop> {
    let Some(account) = client.account else { return Ok(None) };
    Ok(therapists::store::therapist_of_account(view, account)?.map(|therapist| therapist.id))
}

/// What is known of a client for a date.
///
/// # Errors
/// `NotThere`; a fault of the store.
pub fn clinical(view: &mut View<'_>, client: ClientId, date: NaiveDate, settings: &Settings) -> Result<Clinical, Stop> {
    Ok(Chart::of(view, client, settings)?.on(date)?)
}

/// What is known of a client, loaded once and asked of any date.
pub struct Chart {
    record: Client,
    guardians: Guardians,
    history: History,
    timing: IntakeTiming,
}

impl Chart {
    /// Loads what is known of a client.
    ///
    /// # Errors
    /// `NotThere`; a fault of the store.
    pub fn of(view: &mut View<'_>, client: ClientId, settings: &Settings) -> Result<Self, Stop> {
        let record = clients::store::client(view, &DECIDER, client)?;
        let guardians = clients::store::guardians(view, &record)?;
        Ok(Self { record, guardians, history: intake::history(view, client)?, timing: settings.intake_timing })
    }

    /// What is known for one date.
    ///
    /// # Errors
    /// A fault where the history does not hold together.
    pub fn on(&self, date: NaiveDate) -> Result<Clinical, Fault> {
        let lacks_guardian = self.guardians.are_lacking(&self.record, date);
        Ok(Clinical { standing: self.history.standing_on(date)?, lacks_guardian, timing: self.timing })
    }
}

/// Asks the decision afresh about a booking as it stands.
///
/// # Errors
/// A fault of the store.
pub fn decide(view: &mut View<'_>, booking: &Booking) -> Result<Decision, Stop> {
    Facts::default().decide(view, booking)
}

/// What several bookings are decided by, each thing loaded once.
#[derive(Debug, Default)]
pub struct Facts {
    settings: Option<Settings>,
    session_types: BTreeMap<SessionTypeId, SessionType>,
    therapists: BTreeMap<TherapistId, (bool, Vec<Held>)>,
}

impl Facts {
    /// Asks the decision afresh about one of them.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn decide(&mut self, view: &mut View<'_>, booking: &Booking) -> Result<Decision, Stop> {
        let placement = &booking.placement;
        let (bookable, held) = self.therapist(view, placement.therapist)?;
        let session_type = self.session_type(view, booking.session_type)?;
        let entitlement = Entitlement { session_type, bookable, held, settings: self.settings(view)? };
        let date = placement.session.start().date_in(placement.zone);
        let clinical = clinical(view, booking.client, date, &entitlement.settings)?;
        Ok(Decision::of(&entitlement, clinical, date))
    }

    fn settings(&mut self, view: &mut View<'_>) -> Result<Settings, Stop> {
        match self.settings {
            Some(settings) => Ok(settings),
            None => Ok(*self.settings.insert(places::store::settings(view)?)),
        }
    }

    fn session_type(&mut self, view: &mut View<'_>, id: SessionTypeId) -> Result<SessionType, Stop> {
        Ok(match self.session_types.entry(id) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(unknown) => unknown.insert(session_types::store::session_type(view, id)?).clone(),
        })
    }

    fn therapist(&mut self, view: &mut View<'_>, id: TherapistId) -> Result<(bool, Vec<Held>), Stop> {
        Ok(match self.therapists.entry(id) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(unknown) => {
                let therapist = therapists::store::therapist(view, id)?;
                let bookable = therapists::store::is_bookable(view, &therapist)?;
                unknown.insert((bookable, credentials::store::held(view, id)?)).clone()
            }
        })
    }
}
