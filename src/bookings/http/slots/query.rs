//! What is looked for, as asked and as it makes sense.

use chrono::{Datelike, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use serde::Deserialize;
use serde::de::value::{Error, StrDeserializer};
use utoipa::IntoParams;

use crate::availability::model::local;
use crate::kernel::ids::{ClientId, SessionTypeId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::{Span, Timestamp};

/// The longest time that can be asked about at once.
const LONGEST_WINDOW: TimeDelta = TimeDelta::days(62);

/// No practice takes bookings further ahead.
const LONGEST_ADVANCE: TimeDelta = TimeDelta::days(730);

/// The smallest step of time.
const TICK: TimeDelta = TimeDelta::microseconds(1);

/// How a local time may be written: with seconds, and without.
const LOCAL: [&str; 2] = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];

/// What is looked for.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SlotsQuery {
    /// What kind of session.
    session_type_id: SessionTypeId,
    /// With whom; with anybody who is listed, if absent.
    therapist_id: Option<TherapistId>,
    /// With whom besides, where the session takes two therapists; with anybody who is listed, if absent.
    co_therapist_id: Option<TherapistId>,
    /// For whom; with a client, every listed slot can be booked.
    client_id: Option<ClientId>,
    /// Starting then or later: an instant with its offset. Needed unless a start is to be explained.
    from: Option<Timestamp>,
    /// Starting earlier than that; at most 62 days later. Needed with `from`.
    to: Option<Timestamp>,
    /// The IANA zone of `local_start`; each place's own, if absent.
    time_zone: Option<String>,
    /// Whether to say of the start `at` why it cannot be booked. For the desk, and for a therapist about themself.
    explain: Option<bool>,
    /// The start to explain: an instant with its offset, or a local time on the clocks of `time_zone`. One that those clocks show twice needs
    /// its offset.
    at: Option<String>,
}

/// What is looked for, however late.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NextQuery {
    /// What kind of session.
    session_type_id: SessionTypeId,
    /// With whom; with anybody who is listed, if absent.
    therapist_id: Option<TherapistId>,
    /// With whom besides, where the session takes two therapists; with anybody who is listed, if absent.
    co_therapist_id: Option<TherapistId>,
    /// For whom; with a client, every listed slot can be booked.
    client_id: Option<ClientId>,
    /// Starting then or later; now, if absent.
    from: Option<Timestamp>,
    /// How many, 1 to 50; one, if absent.
    limit: Option<usize>,
    /// The IANA zone of `local_start`; each place's own, if absent.
    time_zone: Option<String>,
}

/// What kind of session, with whom and for whom.
#[derive(Clone)]
pub struct Whom {
    /// What kind.
    pub session_type: SessionTypeId,
    /// With these; with anybody, if there are none.
    pub with: Vec<TherapistId>,
    /// For whom.
    pub client: Option<ClientId>,
    /// Whose clocks are shown; each place's own, if `None`.
    pub zone: Option<Tz>,
}

/// A query that makes sense.
#[derive(Clone)]
pub struct Asked {
    /// What is looked for.
    pub whom: Whom,
    /// When.
    pub window: Span,
    /// Whether each therapist's obstacle is told, for the one start in the window.
    pub explain: bool,
}

impl SlotsQuery {
    /// Reads it, or names what is wrong.
    pub fn parse(&self) -> Result<Asked, Refusal> {
        let zone = zone(self.time_zone.as_deref())?;
        let with = with(self.therapist_id, self.co_therapist_id)?;
        let explain = self.explain.unwrap_or(false);
        let window = match (explain, &self.at) {
            (true, Some(at)) => from_on(instant(at, zone)?, TICK)?,
            (true, None) => return Err(fault("at", "required", "say which start is to be explained")),
            (false, Some(_)) => return Err(fault("at", "not_explained", "is taken with explain=true only")),
            (false, None) => self.window()?,
        };
        let whom = Whom { session_type: self.session_type_id, with, client: self.client_id, zone };
        Ok(Asked { whom, window, explain })
    }

    fn window(&self) -> Result<Span, Refusal> {
        let required = |name| fault(name, "required", "is required");
        let from = self.from.ok_or_else(|| required("from"))?;
        let to = self.to.ok_or_else(|| required("to"))?;
        let window = Span::new(from, to).ok_or_else(|| fault("to", "not_after_from", "must be after from"))?;
        if window.length() > LONGEST_WINDOW {
            return Err(fault("to", "too_long", "must be at most 62 days after from"));
        }
        Ok(window)
    }
}

impl NextQuery {
    /// Reads it, or names what is wrong: what is looked for, and how many.
    pub fn parse(&self, now: Timestamp) -> Result<(Asked, usize), Refusal> {
        let zone = zone(self.time_zone.as_deref())?;
        let with = with(self.therapist_id, self.co_therapist_id)?;
        let limit = self.limit.unwrap_or(1);
        if !(1..=50).contains(&limit) {
            return Err(fault("limit", "out_of_range", "must be between 1 and 50"));
        }
        let whom = Whom { session_type: self.session_type_id, with, client: self.client_id, zone };
        let window = from_on(self.from.unwrap_or(now).max(now), LONGEST_ADVANCE)?;
        Ok((Asked { whom, window, explain: false }, limit))
    }
}

fn from_on(start: Timestamp, length: TimeDelta) -> Result<Span, Refusal> {
    Span::new(start, start.plus(length)).ok_or(Refusal::OutsideAvailability)
}

fn with(one: Option<TherapistId>, other: Option<TherapistId>) -> Result<Vec<TherapistId>, Refusal> {
    if one.is_some() && one == other {
        return Err(fault("co_therapist_id", "same_therapist", "must be another therapist"));
    }
    Ok(one.into_iter().chain(other).collect())
}

fn zone(name: Option<&str>) -> Result<Option<Tz>, Refusal> {
    let zone = name.map(str::parse::<Tz>).transpose();
    zone.map_err(|_| fault("time_zone", "unknown_zone", "expected an IANA time zone, such as Europe/Berlin"))
}

fn instant(text: &str, zone: Option<Tz>) -> Result<Timestamp, Refusal> {
    if let Ok(at) = Timestamp::deserialize(StrDeserializer::<Error>::new(text)) {
        return Ok(at);
    }
    let local = LOCAL.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    let local = local.filter(|local| (1900..=9999).contains(&local.year()));
    let local = local.ok_or_else(|| {
        fault("at", "not_a_time", "expected an instant such as 2027-03-01T10:00:00Z, or a local time without an offset")
    })?;
    let zone = zone.ok_or_else(|| fault("time_zone", "required", "a local time needs the zone of its clocks"))?;
    local::resolve(local.date(), local.time(), None, zone)
}

fn fault(name: &str, code: &'static str, message: &str) -> Refusal {
    Refusal::Fields(vec![Violation::at(name, code, message)])
}
