//! An offer, laid before the evaluator: one session type under the practice's rules, asked of therapists' calendars.
//!
//! A therapist may work in several places, and nobody is in two at once. So the evaluator is asked of each place's hours by themselves, with
//! the claims of all of them. A session that takes two therapists has one place, one room and the session type's own terms; one therapist
//! alone holds it on theirs.

use std::num::NonZeroU16;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::evaluator::{self, Facts, RoomNeed, RoomTime, Session, SessionRules, TakenSession};
use super::hours::WorkingHours;
use super::limits::DayLimits;
use super::offering::Offering;
use super::openings::Openings;
use super::overrides::DateOverride;
use super::waiver::{Waiver, Waivers};
use crate::credentials::model::{AsOf, Held, eligible, not_eligible};
use crate::kernel::ids::{LocationId, SessionTypeId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::{Holiday, Location, Room, Settings};
use crate::session_types::model::SessionType;

/// How far beyond the time that is asked about openings are looked for. None lasts longer than a day on which the clocks go back, so every
/// opening that may set the grid of a start is among them, and the grid is the same however little is asked about.
const SURROUNDINGS: TimeDelta = TimeDelta::days(2);

/// How far beyond it sessions count towards limits: a local week, whatever the zone.
const WEEK: TimeDelta = TimeDelta::days(8);

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

/// A therapist and their calendar.
pub type Member<'a> = (TherapistId, &'a Calendar);

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
    /// The rules that staff set aside for the start that is asked about.
    pub waived: Waivers,
}

/// A session that could be booked, and with whom and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Its time, and its room.
    pub session: Session,
    /// With whom.
    pub therapist: TherapistId,
    /// With whom besides, where it takes two.
    pub second: Option<TherapistId>,
    /// Where.
    pub location: LocationId,
    /// The zone of that place, in which the session has its date.
    pub zone: Tz,
    /// What it costs, in the minor unit of the session type's currency.
    pub price_minor: i64,
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
        let count = |count: i32| u16::try_from(count).ok();
        let min_notice = session_type.min_notice_minutes.unwrap_or(settings.min_notice_minutes);
        let max_advance = session_type.max_advance_days.unwrap_or(settings.max_advance_days);
        let rest = count(session_type.room_rest_minutes)?;
        Some(Self {
            duration: NonZeroU16::new(count(session_type.duration_minutes)?)?,
            buffer_before: count(session_type.buffer_before_minutes)?,
            buffer_after: count(session_type.buffer_after_minutes)?,
            increment: NonZeroU16::new(count(session_type.increment_minutes)?)?,
            min_notice: TimeDelta::minutes(min_notice.into()),
            max_advance: TimeDelta::days(max_advance.into()),
            room: session_type.room_kind.as_ref().map(|_| RoomNeed { rest }),
            max_per_day: session_type.max_per_day.and_then(count),
            max_per_week: session_type.max_per_week.and_then(count),
        })
    }
}

impl Offer {
    /// The rules of a session; `None` for lengths that no session type of ours can have. Only one therapist alone holds it on their own terms.
    pub(super) fn rules(&self, terms: Option<Offering>) -> Option<SessionRules> {
        let rules = SessionRules::of(&self.session_type, &self.settings)?;
        let own = terms.and_then(|own| own.duration_minutes).map(u16::try_from).transpose().ok()?;
        let duration = own.map_or(Some(rules.duration), NonZeroU16::new)?;
        Some(SessionRules { duration, ..rules })
    }

    /// The session that begins at `start` with one therapist, wherever they are then.
    ///
    /// # Errors
    /// The evaluator's refusal, of the place whose hours come nearest to allowing it.
    pub fn decide(&self, therapist: TherapistId, calendar: &Calendar, start: Timestamp) -> Result<Opening, Refusal> {
        self.decide_together(&[(therapist, calendar)], start)
    }

    /// The session that begins at `start` with all of a team, wherever they all are then.
    ///
    /// # Errors
    /// As [`Offer::decide`].
    pub fn decide_together(&self, team: &[Member<'_>], start: Timestamp) -> Result<Opening, Refusal> {
        // Where they all do work then, they are; only where they do not is the place a matter of choice.
        if self.waived.contains(Waiver::WorkingHours) {
            let waived = self.waived.iter().filter(|waiver| *waiver != Waiver::WorkingHours).collect();
            let kept = Self { waived, ..self.clone() }.decide_together(team, start);
            if kept.is_ok() {
                return kept;
            }
        }
        let mut refusal = Refusal::OutsideAvailability;
        for place in self.places(team) {
            match self.decide_at(place, team, start) {
                Ok(opening) => return Ok(opening),
                Err(Refusal::OutsideAvailability) => {}
                Err(other) => refusal = other,
            }
        }
        Err(refusal)
    }

    fn decide_at(&self, place: &Location, team: &[Member<'_>], start: Timestamp) -> Result<Opening, Refusal> {
        let rules = self.rules(self.terms(team)).ok_or(Refusal::OutsideAvailability)?;
        let eligible: Vec<_> = team.iter().map(|(_, calendar)| |date| self.eligible(calendar, date)).collect();
        let members = std::iter::zip(team, &eligible);
        let facts = members.map(|((_, calendar), on)| self.facts(calendar, place, (rules, self.known), on));
        let session = evaluator::decide(&facts.collect::<Vec<_>>(), start)?;
        self.opening(session, team, place).ok_or(Refusal::OutsideAvailability)
    }

    /// Whose own terms a session of a team is held on, if anybody's.
    pub(super) fn terms(&self, team: &[Member<'_>]) -> Option<Offering> {
        match team {
            [(_, alone)] if self.session_type.therapists_needed < 2 => alone.offering,
            _ => None,
        }
    }

    pub(super) fn opening(&self, session: Session, team: &[Member<'_>], place: &Location) -> Option<Opening> {
        let (&(therapist, _), others) = team.split_first()?;
        let second = others.first().map(|(second, _)| *second);
        let price_minor = self.terms(team).and_then(|own| own.price_minor).unwrap_or(self.session_type.price_minor);
        Some(Opening { session, therapist, second, location: place.id, zone: place.zone, price_minor })
    }

    /// Whether a therapist may hold the session with the client on a date, as far as is known now.
    pub(super) fn eligible(&self, calendar: &Calendar, date: NaiveDate) -> Result<(), Refusal> {
        let as_of = AsOf::known_now(date);
        let relied_on = eligible(&self.session_type.requirements, &calendar.held, as_of, &self.settings);
        relied_on.map(drop).map_err(not_eligible)?;
        let waived = self.waived.contains(Waiver::Age);
        self.client_birth.filter(|_| !waived).map_or(Ok(()), |born| of_right_age(&self.session_type, born, date))
    }

    /// The open places at which all of a team work. Where the hours are set aside it may be any place, first those at which they do.
    pub(super) fn places(&self, team: &[Member<'_>]) -> Vec<&Location> {
        let works_at = |place: &Location| team.iter().all(|(_, calendar)| calendar.works_at(place.id));
        let open = || self.locations.iter().filter(|place| place.active);
        let (mut places, others): (Vec<_>, Vec<_>) = open().partition(|place| works_at(place));
        places.sort_by_key(|place| place.id);
        if self.waived.contains(Waiver::WorkingHours) {
            places.extend(others);
        }
        places
    }

    /// What is said of a therapist's time at a place.
    pub(super) fn openings_of<'a>(&'a self, calendar: &'a Calendar, place: &Location) -> Openings<'a> {
        Openings {
            hours: calendar.hours.iter().filter(|hours| hours.location == place.id).collect(),
            overrides: calendar.overrides.iter().filter(|other| other.location == place.id).collect(),
            holidays: self.holidays.iter().filter(|holiday| holiday.is_kept_at(place.id)).collect(),
        }
    }

    /// What a therapist's calendar says of sessions at a place, for the time that is `known`.
    pub(super) fn facts<'a>(
        &self,
        calendar: &Calendar,
        place: &Location,
        (rules, known): (SessionRules, Span),
        eligible_on: &'a dyn Fn(NaiveDate) -> Result<(), Refusal>,
    ) -> Facts<'a> {
        let within = |spans: &[Span]| spans.iter().copied().filter(|span| span.overlaps(known)).collect();
        let weeks = known.padded(WEEK, WEEK);
        let sessions = calendar.sessions.iter().filter(|(_, session)| session.overlaps(weeks));
        let same = |id: &SessionTypeId| *id == self.session_type.id;
        let taken = |(id, session): &(_, Span)| TakenSession { session: *session, session_type_is_same: same(id) };
        let rooms = self.rooms.iter().filter(|(room, _)| room.location == place.id && room.active);
        Facts {
            now: self.now,
            known,
            open: self.openings_of(calendar, place).open(known.padded(SURROUNDINGS, SURROUNDINGS)),
            off: within(&calendar.off),
            therapist_claims: within(&calendar.claims),
            client_claims: within(&self.client_claims),
            rooms: rooms.map(|(room, claims)| RoomTime { id: room.id, claims: within(claims) }).collect(),
            sessions: sessions.map(taken).collect(),
            limits: calendar.limits,
            rules,
            waived: self.waived,
            zone: place.zone,
            eligible_on,
        }
    }
}

impl Calendar {
    fn works_at(&self, place: LocationId) -> bool {
        let hours = self.hours.iter().map(|hours| hours.location);
        hours.chain(self.overrides.iter().map(|other| other.location)).any(|location| location == place)
    }
}

/// Refuses a client who is too young, or too old, on the day of the session.
fn of_right_age(session_type: &SessionType, born: NaiveDate, date: NaiveDate) -> Result<(), Refusal> {
    let years = date.years_since(born).unwrap_or_default();
    let is_past = |limit: Option<i32>, past: fn(&u32, &u32) -> bool| {
        limit.and_then(|limit| u32::try_from(limit).ok()).is_some_and(|limit| past(&years, &limit))
    };
    if is_past(session_type.min_age_years, u32::lt) || is_past(session_type.max_age_years, u32::gt) {
        let detail = "the session type is for clients of another age on the session's date";
        return Err(Refusal::PolicyViolation { rule: "age", detail });
    }
    Ok(())
}
