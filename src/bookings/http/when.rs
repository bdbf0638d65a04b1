//! When a session is to be: an instant, or what the clock on the wall of its place shows.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime};
use serde::Deserialize;

use crate::availability::model::local::resolve;
use crate::availability::store::workplaces;
use crate::db::{Stop, View};
use crate::kernel::ids::{LocationId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;
use crate::places;

/// What a clock on a wall shows, with its offset from UTC where it shows the same time twice.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct LocalStart(NaiveDateTime, Option<FixedOffset>);

impl TryFrom<String> for LocalStart {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if let Ok(at) = DateTime::parse_from_rfc3339(&text) {
            return Ok(Self(at.naive_local(), Some(*at.offset())));
        }
        let local = text.parse().map_err(|_| "expected a local time such as 2027-03-02T10:00:00")?;
        Ok(Self(local, None))
    }
}

/// A start as it is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    /// At an instant.
    At(Timestamp),
    /// By the clock of a place; of the therapist's, if none is named.
    Local(LocalStart, Option<LocationId>),
}

impl When {
    /// One of the two ways to say it.
    pub(super) fn parse(
        starts_at: Option<Timestamp>,
        local_start: Option<LocalStart>,
        location: Option<LocationId>,
    ) -> Result<Self, Refusal> {
        match (starts_at, local_start) {
            (Some(at), None) => Ok(Self::At(at)),
            (None, Some(local)) if (1900..=9999).contains(&local.0.year()) => Ok(Self::Local(local, location)),
            (None, Some(_)) => Err(fault("/local_start", "invalid", "the year must be between 1900 and 9999")),
            (None, None) => Err(fault("/starts_at", "required", "say starts_at or local_start")),
            (Some(_), Some(_)) => Err(fault("/local_start", "not_both", "say starts_at or local_start, not both")),
        }
    }

    /// The instant, for a session with a therapist.
    pub(super) fn start(self, view: &mut View<'_>, therapist: TherapistId) -> Result<Timestamp, Stop> {
        let (LocalStart(local, offset), location) = match self {
            Self::At(at) => return Ok(at),
            Self::Local(local, location) => (local, location),
        };
        let named = match location {
            Some(id) => vec![id],
            None => workplaces(view, therapist, local.date())?,
        };
        // Who works nowhere on that date is met, if anywhere, where the practice is.
        let anywhere = named.is_empty();
        let mut zones: Vec<chrono_tz::Tz> = (places::store::all_locations(view)?.into_iter())
            .filter(|place| named.contains(&place.id) || (anywhere && place.active))
            .map(|place| place.zone)
            .collect();
        zones.sort_unstable_by_key(|zone| zone.name());
        zones.dedup();
        match *zones {
            [zone] => Ok(resolve(local.date(), local.time(), offset, zone)?),
            [] if location.is_some() => Err(fault("/location_id", "unknown_location", "must be a location").into()),
            // There is no place at all.
            [] => Err(Refusal::OutsideAvailability.into()),
            _ => Err(fault("/location_id", "required", "the therapist works in several time zones").into()),
        }
    }
}

fn fault(pointer: &'static str, code: &'static str, message: &'static str) -> Refusal {
    Refusal::Fields(vec![Violation::at(pointer, code, message)])
}
