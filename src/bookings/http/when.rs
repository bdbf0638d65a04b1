//! When a session is to be: an instant, or what the clock on the wall of its place shows.

use chrono::{Datelike, NaiveDateTime};

use crate::availability::model::local::resolve;
use crate::availability::store::workplaces;
use crate::db::{Stop, View};
use crate::kernel::ids::{LocationId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;
use crate::places;

/// A start as it is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    /// At an instant.
    At(Timestamp),
    /// By the clock of a place; of the therapist's, if none is named.
    Local(NaiveDateTime, Option<LocationId>),
}

impl When {
    /// One of the two ways to say it.
    pub(super) fn parse(
        starts_at: Option<Timestamp>,
        local_start: Option<NaiveDateTime>,
        location: Option<LocationId>,
    ) -> Result<Self, Refusal> {
        match (starts_at, local_start) {
            (Some(at), None) => Ok(Self::At(at)),
            (None, Some(local)) if (1900..=9999).contains(&local.year()) => Ok(Self::Local(local, location)),
            (None, Some(_)) => Err(fault("/local_start", "invalid", "the year must be between 1900 and 9999")),
            (None, None) => Err(fault("/starts_at", "required", "say starts_at or local_start")),
            (Some(_), Some(_)) => Err(fault("/local_start", "not_both", "say starts_at or local_start, not both")),
        }
    }

    /// The instant, for a session with a therapist.
    pub(super) fn start(self, view: &mut View<'_>, therapist: TherapistId) -> Result<Timestamp, Stop> {
        let (local, location) = match self {
            Self::At(at) => return Ok(at),
            Self::Local(local, location) => (local, location),
        };
        let named = match location {
            Some(id) => vec![id],
            None => workplaces(view, therapist)?,
        };
        let mut zones: Vec<chrono_tz::Tz> = (places::store::all_locations(view)?.into_iter())
            .filter(|place| named.contains(&place.id))
            .map(|place| place.zone)
            .collect();
        zones.sort_unstable_by_key(|zone| zone.name());
        zones.dedup();
        match *zones {
            [zone] => Ok(resolve(local.date(), local.time(), None, zone)?),
            [] if location.is_some() => Err(fault("/location_id", "unknown_location", "must be a location").into()),
            // Who works nowhere is there at no time.
            [] => Err(Refusal::OutsideAvailability.into()),
            _ => Err(fault("/location_id", "required", "the therapist works in several time zones").into()),
        }
    }
}

fn fault(pointer: &'static str, code: &'static str, message: &'static str) -> Refusal {
    Refusal::Fields(vec![Violation::at(pointer, code, message)])
}
