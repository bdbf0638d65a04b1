//! What a booking is decided by, loaded whole.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::{NaiveDate, TimeDelta};

use super::holds;
use crate::availability::model::listing::Search;
use crate::availability::model::occupancy::Holder;
use crate::availability::model::offer::{Calendar, Member, Offer};
use crate::availability::store as availability;
use crate::bookings::model::{
    Booking, BookingState, Clinical, Decision, Entitled, Entitlement, OWN_THERAPIST, Placement, SetAside, second_fault,
};
use crate::clients::model::{Client, Guardians};
use crate::consents::model::Consents;
use crate::db::{Fault, Stop, View};
use crate::intake::History;
use crate::kernel::actor::Actor;
use crate::kernel::ids::{BookingId, ClientId, LocationId, RoomId, SessionTypeId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::{ConsentTiming, IntakeTiming, Settings};
use crate::session_types::model::SessionType;
use crate::therapists::model::NOT_BOOKABLE;
use crate::{clients, consents, credentials, intake, places, session_types, therapists};

/// How far around a start that is taken others are looked for.
const NEARBY: TimeDelta = TimeDelta::days(3);

/// In whose name the facts of a decision are read: whoever asks may have no right to them, and is told only what follows from them.
pub(in crate::bookings) const DECIDER: Actor = Actor::System("bookings.decide");

/// A time that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Sought {
    /// Who is to be treated.
    pub client: ClientId,
    /// By whom.
    pub therapist: TherapistId,
    /// And by whom beside them, in a session of two.
    pub co_therapist: Option<TherapistId>,
    /// What kind of session.
    pub session_type: SessionTypeId,
    /// From when.
    pub start: Timestamp,
    /// Where; wherever the therapist is then, if absent.
    pub location: Option<LocationId>,
    /// In which room; in any that would do, if absent.
    pub room: Option<RoomId>,
    /// The booking that is to be moved there, if one is.
    pub moving: Option<Moving>,
    /// Since when the time is held for the client, if it is to be booked from a hold: how soon a session may be is counted from then.
    pub held_since: Option<Timestamp>,
    /// The rules that staff set aside for it; whether it is staff, the acts ask.
    pub set_aside: SetAside,
}

impl Sought {
    /// Everybody who is to treat.
    pub fn therapists(&self) -> impl Iterator<Item = TherapistId> + use<> {
        std::iter::once(self.therapist).chain(self.co_therapist)
    }
}

/// A booking that is to be moved: it keeps what it was booked as, though nobody could book that any more.
#[derive(Clone, Copy, Debug)]
pub struct Moving {
    /// Which one.
    pub booking: BookingId,
    /// Who was to treat.
    pub therapist: TherapistId,
    /// And beside them.
    pub co_therapist: Option<TherapistId>,
    /// How long its session lasts.
    pub length: TimeDelta,
}

impl From<&Booking> for Moving {
    fn from(booking: &Booking) -> Self {
        let Placement { therapist, co_therapist, session, .. } = booking.placement;
        Self { booking: booking.id, therapist, co_therapist, length: session.length() }
    }
}

/// A place that is free, and what a session there asks of its therapists.
#[derive(Clone, Debug)]
pub struct Place {
    /// With whom, where and when.
    pub placement: Placement,
    /// What the session costs there, in minor units.
    pub price_minor: i64,
    /// What it requires, and what they hold.
    pub entitlement: Entitlement,
}

/// All that times for one client with one team are decided by, whichever of them is asked about, loaded once.
pub struct Ground {
    session_type: SessionTypeId,
    team: Vec<TherapistId>,
    offer: Offer,
    calendars: BTreeMap<TherapistId, Calendar>,
}

impl Ground {
    /// Loads what is known for starts from a first to a last. What the client holds or means to move does not stand in their own way.
    ///
    /// # Errors
    /// As [`place`], but for the evaluator's refusal.
    pub fn load(view: &mut View<'_>, sought: &Sought, (first, last): (Timestamp, Timestamp)) -> Result<Self, Stop> {
        let window = Span::new(first.minus(NEARBY), last.plus(NEARBY)).ok_or(Refusal::OutsideAvailability)?;
        let client = clients::store::client(view, &DECIDER, sought.client)?;
        let own = themself(view, &client)?;
        for therapist in sought.therapists() {
            may_treat(view, sought, therapist)?;
            if own == Some(therapist) {
                return Err(OWN_THERAPIST.into());
            }
        }
        let besides = besides(view, sought)?;
        let mut offer = offer(view, sought, window, &besides)?;
        availability::for_client(view, &client, &mut offer, &besides)?;
        let team: Vec<TherapistId> = sought.therapists().collect();
        let calendars = availability::calendars(view, &offer, &team, &besides)?;
        Ok(Self { session_type: sought.session_type, team, offer, calendars })
    }

    /// Lays a start before the evaluator.
    ///
    /// # Errors
    /// The evaluator's refusal.
    pub fn place(&self, start: Timestamp) -> Result<Place, Refusal> {
        let team = self.team.iter().map(|id| Some((*id, self.calendars.get(id)?)));
        let team: Vec<Member<'_>> = team.collect::<Option<_>>().ok_or(Refusal::OutsideAvailability)?;
        let opening = self.offer.decide_together(&team, start)?;
        let held = self.calendars.values().map(|calendar| Entitled { bookable: true, held: calendar.held.clone() });
        let Offer { session_type, settings, .. } = &self.offer;
        let entitlement =
            Entitlement { therapists: held.collect(), session_type: session_type.clone(), settings: *settings };
        Ok(Place { placement: Placement::of(&opening), price_minor: opening.price_minor, entitlement })
    }

    /// The starts in a part of that time that are free, nearest to one first, and of two as near the earlier.
    #[must_use]
    pub fn nearest(&self, to: Timestamp, window: Span) -> Vec<Timestamp> {
        let search = Search { window, limit: usize::MAX, with: &self.team, admits: &|_| Ok(()) };
        let openings = self.offer.openings(&self.calendars, &search);
        let mut starts: Vec<Timestamp> = openings.iter().map(|opening| opening.session.span.start()).collect();
        starts.sort_by_key(|start| (start.since(to).abs(), *start));
        starts.dedup();
        starts
    }

    /// Counts a place as taken from now on, and its session towards the limits.
    pub fn take(&mut self, at: &Placement) {
        self.offer.client_claims.push(at.session);
        for calendar in self.calendars.values_mut() {
            calendar.claims.push(at.claim);
            calendar.sessions.push((self.session_type, at.session));
        }
        for (room, claims) in &mut self.offer.rooms {
            claims.extend(at.room.filter(|(taken, _)| *taken == room.id).map(|(_, claim)| claim));
        }
    }

    /// The practice's rules.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.offer.settings
    }
}

/// Lays a time that is asked for before the evaluator: where the session would be, and what it asks of the therapists. What the client holds or
/// means to move does not stand in their own way.
///
/// # Errors
/// `NotThere` for a therapist the asker may not know of or book; `PolicyViolation` for a therapist who cannot be booked, for the client's own
/// person, and for a session type that is retired; `Fields` for a second therapist too many or too few; the evaluator's refusal; a fault of
/// the store.
pub fn place(view: &mut View<'_>, sought: &Sought) -> Result<Place, Stop> {
    let start = sought.start;
    Ok(Ground::load(view, sought, (start, start))?.place(start)?)
}

/// What is offered in the time that is asked about.
fn offer(view: &mut View<'_>, sought: &Sought, window: Span, besides: &[Holder]) -> Result<Offer, Stop> {
    let Sought { session_type, start, moving, .. } = *sought;
    let mut offer = match moving {
        Some(moving) => {
            let booked = session_types::store::session_type(view, session_type)?.lasting(moving.length);
            availability::offer_of(view, booked, window, besides)?
        }
        None => availability::offer(view, session_type, window, besides)?,
    };
    let second = moving.map_or(offer.session_type.therapists_needed == 2, |moving| moving.co_therapist.is_some());
    if let Some((code, message)) = second_fault(second, sought.therapist, sought.co_therapist) {
        return Err(Refusal::Fields(vec![Violation::at("/co_therapist_id", code, message)]).into());
    }
    if let Some(location) = sought.location {
        offer.locations.retain(|place| place.id == location);
    }
    if let Some(room) = sought.room {
        offer.rooms.retain(|(candidate, _)| candidate.id == room);
    }
    // Nothing makes a session bookable that has begun.
    offer.waived = sought.set_aside.rules;
    offer.now = sought.held_since.filter(|_| offer.now <= start).unwrap_or(offer.now);
    Ok(offer)
}

/// Whose claims are the asker's own.
fn besides(view: &mut View<'_>, sought: &Sought) -> Result<Vec<Holder>, Stop> {
    // An offer is a promise that stands like a booking, but for the booking that takes a hold up.
    let held = match sought.held_since {
        Some(_) => holds::all_held_for(view, sought.client)?,
        None => holds::held_for(view, sought.client)?.into_iter().collect(),
    };
    let moving = sought.moving.map(|moving| Holder::Booking(moving.booking));
    Ok(moving.into_iter().chain(held.into_iter().map(Holder::Hold)).collect())
}

/// Refuses a therapist whom whoever asks may not book for this client. Whoever has a booking with a therapist, or time of theirs held for them,
/// may know of them, listed or not.
fn may_treat(view: &mut View<'_>, sought: &Sought, id: TherapistId) -> Result<(), Stop> {
    let actor = view.actor();
    let has_them = sought.held_since.is_some()
        || sought.moving.is_some_and(|moving| moving.therapist == id || moving.co_therapist == Some(id));
    let therapist = if has_them {
        therapists::store::therapist(view, id)?
    } else {
        therapists::store::therapist_seen_by(view, &actor, id)?
    };
    if !therapists::store::is_bookable(view, &therapist)? {
        let told = has_them || actor.is_staff();
        return Err(if told { NOT_BOOKABLE } else { Refusal::NotThere }.into());
    }
    Ok(())
}

/// The therapist who is the client's own person, if one is.
///
/// # Errors
/// A fault of the store.
pub fn themself(view: &mut View<'_>, client: &Client) -> Result<Option<TherapistId>, Stop> {
    let Some(account) = client.account else { return Ok(None) };
    Ok(therapists::store::therapist_of_account(view, account)?.map(|therapist| therapist.id))
}

/// What is known of a client for a session of a type on a date.
///
/// # Errors
/// `NotThere`; a fault of the store.
pub fn clinical(
    view: &mut View<'_>,
    whose: (ClientId, SessionTypeId),
    date: NaiveDate,
    settings: &Settings,
) -> Result<Clinical, Stop> {
    Ok(Chart::of(view, whose, settings)?.on(date)?)
}

/// What is known of a client for sessions of a type, loaded once and asked of any date.
pub struct Chart {
    record: Client,
    guardians: Guardians,
    history: History,
    consents: Consents,
    timing: IntakeTiming,
    consent_timing: ConsentTiming,
}

impl Chart {
    /// Loads what is known of a client.
    ///
    /// # Errors
    /// `NotThere`; a fault of the store.
    pub fn of(
        view: &mut View<'_>,
        (client, session_type): (ClientId, SessionTypeId),
        settings: &Settings,
    ) -> Result<Self, Stop> {
        let record = clients::store::client(view, &DECIDER, client)?;
        let guardians = clients::store::guardians(view, &record)?;
        let consents = consents::consents_of(view, client, session_type)?;
        let Settings { intake_timing: timing, consent_timing, .. } = *settings;
        Ok(Self { record, guardians, history: intake::history(view, client)?, consents, timing, consent_timing })
    }

    /// What is known for one date.
    ///
    /// # Errors
    /// A fault where the history does not hold together.
    pub fn on(&self, date: NaiveDate) -> Result<Clinical, Fault> {
        let lacks_guardian = self.guardians.are_lacking(&self.record, date);
        let (timing, consent_timing) = (self.timing, self.consent_timing);
        let (standing, lacks_consent) = (self.history.standing_on(date)?, self.consents.are_lacking_on(date));
        Ok(Clinical { standing, lacks_guardian, lacks_consent, timing, consent_timing })
    }

    /// What is known for a session that has begun: what was consented to then, whatever was withdrawn since.
    fn during(&self, date: NaiveDate, session: Span) -> Result<Clinical, Fault> {
        Ok(Clinical { lacks_consent: self.consents.were_lacking_in(date, session), ..self.on(date)? })
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
    therapists: BTreeMap<TherapistId, Entitled>,
}

impl Facts {
    /// Asks the decision afresh about one of them.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn decide(&mut self, view: &mut View<'_>, booking: &Booking) -> Result<Decision, Stop> {
        let has_begun = booking.state == BookingState::CheckedIn || booking.placement.session.end() <= view.now();
        self.found(view, (booking.client, booking.session_type), &booking.placement, has_begun)
    }

    /// Asks the decision about a session that is no booking yet.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn decide_of(
        &mut self,
        view: &mut View<'_>,
        client: ClientId,
        session_type: SessionTypeId,
        placement: &Placement,
    ) -> Result<Decision, Stop> {
        let is_over = placement.session.end() <= view.now();
        self.found(view, (client, session_type), placement, is_over)
    }

    fn found(
        &mut self,
        view: &mut View<'_>,
        (client, session_type): (ClientId, SessionTypeId),
        placement: &Placement,
        has_begun: bool,
    ) -> Result<Decision, Stop> {
        let session_type = self.session_type(view, session_type)?;
        let mut therapists = Vec::new();
        for therapist in placement.therapists() {
            therapists.push(self.therapist(view, therapist)?);
        }
        let entitlement = Entitlement { session_type, therapists, settings: self.settings(view)? };
        let date = placement.date();
        let chart = Chart::of(view, (client, entitlement.session_type.id), &entitlement.settings)?;
        let clinical = if has_begun { chart.during(date, placement.session)? } else { chart.on(date)? };
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

    fn therapist(&mut self, view: &mut View<'_>, id: TherapistId) -> Result<Entitled, Stop> {
        Ok(match self.therapists.entry(id) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(unknown) => {
                let therapist = therapists::store::therapist(view, id)?;
                let bookable = therapists::store::is_bookable(view, &therapist)?;
                unknown.insert(Entitled { bookable, held: credentials::store::held(view, id)? }).clone()
            }
        })
    }
}
