//! An offer, laid before the evaluator: one session type under the practice's rules, asked of therapists' calendars.
//!
//! A therapist may work in several places, and nobody is in two at once. So the evaluator is asked of each place's hours by themselves, with
//! the claims of all of them.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::evaluator::{self, Facts, Session, SessionRules};
use super::hours::{WorkingHours, open_spans};
use super::limits::DayLimits;
use super::offering::Offering;
use super::overrides::DateOverride;
use crate::credentials::model::{AsOf, Held, eligible, not_eligible};
use crate::kernel::ids::{LocationId, SessionTypeId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::{Holiday, Location, Room, Settings};
use crate::session_types::model::SessionType;

/// How far beyond the time that is asked about openings are looked for. None lasts longer than a day on which the clocks go back, so every
/// opening that may set the grid of a start is among them, and the grid is the same however little is asked about.
const SURROUNDINGS: TimeDelta = TimeDelta::days(2);

/// One therapist's time and entitlement.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    /// Their weekly hours.
    pub hours: Vec<WorkingHours>,
    /// The dates on which they work others.
    pub overrides: Vec<DateOverride>,
    /// Their time off.
    pub off: Vec<Span>,
    /// What stands on their time, with its buffers.
    pub claims: Vec<Span>,
    /// Their credentials.
    pub held: Vec<Held>,
    /// How much of a day they take on.
    pub limits: DayLimits,
    /// The sessions that count towards limits, without their buffers: all of the local weeks that the time touches.
    pub sessions: Vec<(SessionTypeId, Span)>,
    /// Their own terms for the session type, if they have any.
    pub offering: Option<Offering>,
}

/// What is asked about.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The instant of the question.
    pub now: Timestamp,
    /// The time for which calendars are loaded.
    pub known: Span,
    /// What kind of session.
    pub session_type: SessionType,
    /// The practice's rules.
    pub settings: Settings,
    /// The practice's places.
    pub locations: Vec<Location>,
    /// The days on which places are closed.
    pub holidays: Vec<Holiday>,
    /// The rooms that would do, each with what stands on its time; none where the session type needs none.
    pub rooms: Vec<(Room, Vec<Span>)>,
    /// What stands on the client's time; nothing while no client is named.
    pub client_claims: Vec<Span>,
    /// When the client was born; `None` while no client is named, or when nobody knows.
    pub client_birth: Option<NaiveDate>,
}

/// A session that could be booked, and with whom and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Its time.
    pub session: Session,
    /// With whom.
    pub therapist: TherapistId,
    /// Where.
    pub location: LocationId,
    /// The zone of that place, in which the session has its date.
    pub zone: Tz,
}

impl Opening {
    /// The date on the wall of the place.
    #[must_use]
    pub fn date(&self) -> NaiveDate {
        self.session.span.start().date_in(self.zone)
    }
}

impl SessionRules {
    /// The rules of a session type in a practice; `None` for lengths that no session type of ours can have.
    #[must_use]
    pub fn of(session_type: &SessionType, settings: &Settings) -> Option<Self> {
        let count = |minutes: i32| u16::try_from(minutes).ok();
        Some(Self {
            duration: NonZeroU16::new(count(session_type.duration_minutes)?)?,
            buffer_before: count(session_type.buffer_before_minutes)?,
            buffer_after: count(session_type.buffer_after_minutes)?,
            increment: NonZeroU16::new(count(session_type.increment_minutes)?)?,
            min_notice: TimeDelta::minutes(
                session_type.min_notice_minutes.unwrap_or(settings.min_notice_minutes).into(),
            ),
            max_advance: TimeDelta::days(session_type.max_advance_days.unwrap_or(settings.max_advance_days).into()),
        })
    }
}

impl Offer {
    /// What a session with a therapist costs, in the minor unit of the session type's currency.
    #[must_use]
    pub fn price_minor(&self, calendar: &Calendar) -> i64 {
        calendar.offering.and_then(|own| own.price_minor).unwrap_or(self.session_type.price_minor)
    }

    /// How many minutes a session with a therapist lasts.
    #[must_use]
    pub fn duration_minutes(&self, calendar: &Calendar) -> i32 {
        calendar.offering.and_then(|own| own.duration_minutes).unwrap_or(self.session_type.duration_minutes)
    }

    /// The sessions that may begin in `window` with one therapist, at most `limit` in each place.
    #[must_use]
    pub fn openings(&self, therapist: TherapistId, calendar: &Calendar, window: Span, limit: usize) -> Vec<Opening> {
        let eligible = |date| self.eligible(calendar, date);
        let listed = self.places(calendar).into_iter().flat_map(|(place, hours)| {
            let facts = self.facts(calendar, place, &hours, &eligible);
            let sessions = facts.map(|facts| evaluator::slots(&facts, window, limit)).unwrap_or_default();
            sessions.into_iter().map(move |session| opening(session, therapist, place))
        });
        listed.collect()
    }

    /// The session that begins at `start` with one therapist, wherever they are then.
    ///
    /// # Errors
    /// The evaluator's refusal, of the place whose hours come nearest to allowing it.
    pub fn decide(&self, therapist: TherapistId, calendar: &Calendar, start: Timestamp) -> Result<Opening, Refusal> {
        let eligible = |date| self.eligible(calendar, date);
        let mut refusal = Refusal::OutsideAvailability;
        for (place, hours) in self.places(calendar) {
            let facts = self.facts(calendar, place, &hours, &eligible);
            match facts.ok_or(Refusal::OutsideAvailability).and_then(|facts| evaluator::decide(&facts, start)) {
                Ok(session) => return Ok(opening(session, therapist, place)),
                Err(Refusal::OutsideAvailability) => {}
                Err(other) => refusal = other,
            }
        }
        Err(refusal)
    }

    /// Whether a therapist may hold the session on a date, as far as is known now.
    fn eligible(&self, calendar: &Calendar, date: NaiveDate) -> Result<(), Refusal> {
        let as_of = AsOf::known_now(date);
        let relied_on = eligible(&self.session_type.requirements, &calendar.held, as_of, &self.settings);
        relied_on.map(drop).map_err(not_eligible)
    }

    /// The open places at which a therapist works, with their hours there.
    fn places<'a>(&'a self, calendar: &'a Calendar) -> Vec<(&'a Location, Vec<&'a WorkingHours>)> {
        let mut places: BTreeMap<LocationId, Vec<&WorkingHours>> = BTreeMap::new();
        for hours in &calendar.hours {
            places.entry(hours.location).or_default().push(hours);
        }
        let place = |id| self.locations.iter().find(|location| location.id == id && location.active);
        places.into_iter().filter_map(|(id, hours)| Some((place(id)?, hours))).collect()
    }

    fn facts<'a>(
        &self,
        calendar: &Calendar,
        place: &Location,
        hours: &[&WorkingHours],
        eligible_on: &'a dyn Fn(NaiveDate) -> Result<(), Refusal>,
    ) -> Option<Facts<'a>> {
        Some(Facts {
            now: self.now,
            known: self.known,
            open: open_spans(hours.iter().copied(), self.known.padded(SURROUNDINGS, SURROUNDINGS)),
            off: calendar.off.clone(),
            therapist_claims: calendar.claims.clone(),
            client_claims: self.client_claims.clone(),
            rules: SessionRules::of(&self.session_type, &self.settings)?,
            zone: place.zone,
            eligible_on,
        })
    }
}

fn opening(session: Session, therapist: TherapistId, place: &Location) -> Opening {
    Opening { session, therapist, location: place.id, zone: place.zone }
}
