//! What can be booked.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use actix_web::get;
use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::availability::model::occupancy::Holder;
use crate::availability::model::offer::Opening;
use crate::availability::store as availability;
use crate::bookings::store;
use crate::clients;
use crate::db::{Stop, View};
use crate::http::answer::shown;
use crate::http::{Answer, Guard, Query};
use crate::kernel::ids::{ClientId, LocationId, SessionTypeId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::Settings;
use crate::policies;
use crate::therapists;

policies! {
    /// Looking for a free time.
    ListSlots = "slots.list": anyone;
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_slots);
}

/// The longest time that can be asked about at once.
const LONGEST_WINDOW: TimeDelta = TimeDelta::days(62);

/// The most slots one answer holds.
const MOST_SLOTS: usize = 5_000;

/// What is looked for.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct SlotsQuery {
    /// What kind of session.
    session_type_id: SessionTypeId,
    /// With whom; with anybody who is listed, if absent.
    therapist_id: Option<TherapistId>,
    /// For whom; with a client, every listed slot can be booked.
    client_id: Option<ClientId>,
    /// Starting then or later.
    from: Timestamp,
    /// Starting earlier than that; at most 62 days later.
    to: Timestamp,
    /// The IANA zone of `local_start`; each place's own, if absent.
    time_zone: Option<String>,
}

/// A query that makes sense.
#[derive(Clone, Copy)]
struct Search {
    session_type: SessionTypeId,
    therapist: Option<TherapistId>,
    client: Option<ClientId>,
    window: Span,
    zone: Option<Tz>,
}

impl SlotsQuery {
    fn parse(&self) -> Result<Search, Refusal> {
        let fault = |name: &str, code, message| Refusal::Fields(vec![Violation::at(name, code, message)]);
        let window =
            Span::new(self.from, self.to).ok_or_else(|| fault("to", "not_after_from", "must be after from"))?;
        if window.length() > LONGEST_WINDOW {
            return Err(fault("to", "too_long", "must be at most 62 days after from"));
        }
        let zone = self.time_zone.as_deref().map(str::parse::<Tz>).transpose();
        let zone =
            zone.map_err(|_| fault("time_zone", "unknown_zone", "expected an IANA time zone, such as Europe/Berlin"))?;
        let (session_type, therapist, client) = (self.session_type_id, self.therapist_id, self.client_id);
        Ok(Search { session_type, therapist, client, window, zone })
    }
}

/// A session that can be booked.
#[derive(Serialize, ToSchema)]
struct SlotView {
    therapist_id: TherapistId,
    location_id: LocationId,
    start: Timestamp,
    end: Timestamp,
    /// The start on a wall of the asked zone.
    #[schema(value_type = String, format = "date-time-local")]
    local_start: NaiveDateTime,
    zone: String,
    /// Whether somebody may still be refused it, because no client was named.
    depends_on_client: bool,
}

impl SlotView {
    fn of(opening: &Opening, search: &Search) -> Self {
        let span = opening.session.span;
        let zone = search.zone.unwrap_or(opening.zone);
        Self {
            therapist_id: opening.therapist,
            location_id: opening.location,
            start: span.start(),
            end: span.end(),
            local_start: span.start().utc().with_timezone(&zone).naive_local(),
            zone: zone.name().to_owned(),
            depends_on_client: search.client.is_none(),
        }
    }
}

/// What can be booked, by start.
#[derive(Serialize, ToSchema)]
struct SlotsView {
    items: Vec<SlotView>,
    /// Where to go on asking from, when there are more than fit one answer.
    next_from: Option<Timestamp>,
}

/// List what can be booked
///
/// Without a client it tells which times are free; with one, every listed time can be booked for them. Why a time is taken is never told.
#[utoipa::path(tag = "availability", params(SlotsQuery), security(()), responses((status = 200, body = SlotsView),
    (status = 404, description = "not_found: no such session type, therapist or client for whoever asks")))]
#[get("/slots")]
async fn list_slots(guard: Guard<ListSlots, Query<SlotsQuery>>) -> Answer {
    let search = guard.input.0.parse()?;
    let mut openings = guard.read(move |view| find(view, &search)).await?;
    openings.sort_by_key(|opening| (opening.session, opening.therapist, opening.location));
    let next_from = openings.get(MOST_SLOTS).map(|opening| opening.session.span.start());
    let items = openings.iter().take_while(|opening| next_from.is_none_or(|next| opening.session.span.start() < next));
    shown(&SlotsView { items: items.map(|opening| SlotView::of(opening, &search)).collect(), next_from })
}

/// A fixed number of queries for each date at the most, however many therapists there are.
fn find(view: &mut View<'_>, search: &Search) -> Result<Vec<Opening>, Stop> {
    let actor = view.actor();
    // What is held for the client does not stand in their own way.
    let own = match search.client {
        Some(client) => store::held_for(view, client)?.map(Holder::Hold),
        None => None,
    };
    let own = own.as_slice();
    let mut offer = availability::offer(view, search.session_type, search.window, own)?;
    let mut themself = None;
    if let Some(client) = search.client {
        if actor.account().is_none() {
            return Err(Refusal::Unauthenticated.into());
        }
        let record = clients::store::client(view, &actor, client)?;
        themself = store::themself(view, &record)?;
        availability::for_client(view, &actor, client, &mut offer, own)?;
    }
    let mut therapists = match search.therapist {
        Some(id) => vec![with_whom(view, id)?],
        None => therapists::store::bookable(view)?,
    };
    therapists.retain(|id| themself != Some(*id));
    let calendars = availability::calendars(view, &offer, &therapists, own)?;
    let openings =
        calendars.iter().flat_map(|(id, calendar)| offer.openings(*id, calendar, search.window, MOST_SLOTS + 1));
    let openings = openings.collect();
    match search.client {
        Some(client) => admitted(view, client, openings, &offer.settings),
        None => Ok(openings),
    }
}

fn with_whom(view: &mut View<'_>, id: TherapistId) -> Result<TherapistId, Stop> {
    let actor = view.actor();
    let therapist = therapists::store::therapist_seen_by(view, &actor, id)?;
    if therapists::store::is_bookable(view, &therapist)? { Ok(id) } else { Err(Refusal::NotThere.into()) }
}

/// The openings on dates on which the client may receive a session. Each date is asked about once.
fn admitted(
    view: &mut View<'_>,
    client: ClientId,
    openings: Vec<Opening>,
    settings: &Settings,
) -> Result<Vec<Opening>, Stop> {
    let mut dates: BTreeMap<NaiveDate, bool> = BTreeMap::new();
    for opening in &openings {
        if let Entry::Vacant(date) = dates.entry(opening.date()) {
            let clinical = store::clinical(view, client, opening.date(), settings)?;
            date.insert(clinical.admits(true).is_ok());
        }
    }
    Ok(openings.into_iter().filter(|opening| dates.get(&opening.date()).copied().unwrap_or(false)).collect())
}
