//! What can be booked, when next, and why not.
//!
//! Each request loads what it needs once, in as many queries for one therapist and a day as for all of them and two months; what is left is
//! arithmetic in memory.

mod choice;
mod query;
mod why;

use actix_web::get;
use chrono::NaiveDateTime;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::availability::model::offer::Opening;
use crate::http::answer::shown;
use crate::http::{Answer, Guard, Query};
use crate::kernel::ids::{LocationId, TherapistId};
use crate::kernel::time::Timestamp;
use crate::policies;
use choice::Choice;
use query::{Asked, NextQuery, SlotsQuery};
use why::ExplanationView;

policies! {
    /// Looking for a free time.
    ListSlots = "slots.list": anyone;
    /// Looking for the next free time.
    NextSlots = "slots.next": anyone;
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(next_slots);
    config.service(list_slots);
}

/// The most slots one answer holds.
const MOST_SLOTS: usize = 5_000;

/// A session that can be booked.
#[derive(Serialize, ToSchema)]
struct SlotView {
    therapist_id: TherapistId,
    /// The other therapist, where the session takes two.
    #[serde(skip_serializing_if = "Option::is_none")]
    co_therapist_id: Option<TherapistId>,
    location_id: LocationId,
    start: Timestamp,
    end: Timestamp,
    /// The start on a wall of the asked zone.
    #[schema(value_type = String, format = "date-time-local")]
    local_start: NaiveDateTime,
    zone: String,
    /// What the session costs with this therapist, in the currency's minor unit.
    price_minor: i64,
    /// ISO 4217.
    currency: String,
    /// Whether somebody may still be refused it, because no client was named.
    depends_on_client: bool,
}

/// What can be booked, by start.
#[derive(Serialize, ToSchema)]
struct SlotsView {
    items: Vec<SlotView>,
    /// Where to go on asking from, when there are more than fit one answer.
    next_from: Option<Timestamp>,
    /// Of each therapist asked about, whether the start can be booked or what refuses it; only with `explain`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    explanations: Vec<ExplanationView>,
}

/// The first that can be booked, by start.
#[derive(Serialize, ToSchema)]
struct NextSlotsView {
    items: Vec<SlotView>,
}

fn view_of(opening: &Opening, choice: &Choice, asked: &Asked) -> SlotView {
    let span = opening.session.span;
    let zone = asked.whom.zone.unwrap_or(opening.zone);
    SlotView {
        therapist_id: opening.therapist,
        co_therapist_id: opening.second,
        location_id: opening.location,
        start: span.start(),
        end: span.end(),
        local_start: span.start().utc().with_timezone(&zone).naive_local(),
        zone: zone.name().to_owned(),
        price_minor: opening.price_minor,
        currency: choice.offer.session_type.currency.as_str().to_owned(),
        depends_on_client: asked.whom.client.is_none(),
    }
}

/// List what can be booked
///
/// Without a client it tells which times are free; with one, every listed time can be booked for them. Why a time is taken is told to nobody
/// but those who keep the calendar: with `explain`, the desk learns of each therapist, and a therapist of themself, which rule refuses the
/// start `at`.
#[utoipa::path(tag = "availability", params(SlotsQuery), security(()), responses((status = 200, body = SlotsView),
    (status = 404, description = "not_found: no such session type, therapist or client for whoever asks")))]
#[get("/slots")]
async fn list_slots(guard: Guard<ListSlots, Query<SlotsQuery>>) -> Answer {
    let asked = guard.input.0.parse()?;
    let listed = guard.read(move |view| {
        if asked.explain {
            why::may_explain(&view.actor(), &asked)?;
        }
        let choice = Choice::load(view, &asked)?;
        Ok(list(&choice, &asked))
    });
    shown(&listed.await?)
}

fn list(choice: &Choice, asked: &Asked) -> SlotsView {
    let openings = choice.openings(&asked.whom, asked.window, MOST_SLOTS + 1);
    let next_from = openings.get(MOST_SLOTS).map(|opening| opening.session.span.start());
    let fits = |opening: &&Opening| next_from.is_none_or(|next| opening.session.span.start() < next);
    let items = openings.iter().take_while(fits).map(|opening| view_of(opening, choice, asked)).collect();
    let explanations = if asked.explain { why::explain(choice, asked) } else { Vec::new() };
    SlotsView { items, next_from, explanations }
}

/// Find the next that can be booked
///
/// The first times from an instant on, as far ahead as bookings are taken.
#[utoipa::path(tag = "availability", params(NextQuery), security(()), responses((status = 200, body = NextSlotsView),
    (status = 404, description = "not_found: no such session type, therapist or client for whoever asks")))]
#[get("/slots/next")]
async fn next_slots(guard: Guard<NextSlots, Query<NextQuery>>) -> Answer {
    let (asked, limit) = guard.input.0.parse(guard.now())?;
    let found = guard.read(move |view| {
        let choice = Choice::load(view, &asked)?;
        let openings = choice.openings(&asked.whom, asked.window, limit);
        Ok(NextSlotsView { items: openings.iter().map(|opening| view_of(opening, &choice, &asked)).collect() })
    });
    shown(&found.await?)
}
