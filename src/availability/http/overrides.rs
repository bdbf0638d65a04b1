//! The dates on which a therapist works other hours than every week.

use actix_web::{delete, get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::SeeHours;
use crate::availability::model::overrides::{DateOverride, OverrideDraft};
use crate::availability::model::standing::{Finds, Standing};
use crate::availability::store::{self, Dates};
use crate::db::Lock;
use crate::http::answer::{created, done, made, shown};
use crate::http::extract::page_ask;
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, At, Guard, Json, Query, Under};
use crate::kernel::ids::{BookingId, LocationId, OverrideId, TherapistId};
use crate::{places, policies, therapists};

policies! {
    /// Writing what is worked on a date.
    WriteOverride = "overrides.write": [Admin, Therapist];
    /// Taking an override back.
    RemoveOverride = "overrides.remove": [Admin, Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_overrides).service(write_override).service(remove_override);
}

/// From when until when, by the clock on the wall of the place.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LocalSpan {
    /// Such as `09:00`.
    start: String,
    /// Such as `17:30`; `00:00` is the midnight that closes the day.
    end: String,
}

/// What a therapist works on one date at one place, in the stead of their weekly hours.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"location_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "date": "2027-12-24",
    "spans": [{"start": "09:00", "end": "13:00"}]}))]
struct OverrideAsk {
    location_id: LocationId,
    /// A date of the place.
    date: NaiveDate,
    /// None at all is a day off.
    spans: Vec<LocalSpan>,
}

impl From<OverrideAsk> for OverrideDraft {
    fn from(ask: OverrideAsk) -> Self {
        let spans = ask.spans.into_iter().map(|span| (span.start, span.end)).collect();
        Self { location: ask.location_id, date: ask.date, spans }
    }
}

/// An override.
#[derive(Serialize, ToSchema)]
struct OverrideView {
    id: OverrideId,
    therapist_id: TherapistId,
    location_id: LocationId,
    date: NaiveDate,
    spans: Vec<LocalSpan>,
    /// The zone of the place.
    zone: String,
    /// The bookings that stand outside these hours, to be moved or cancelled one by one.
    bookings_affected: Vec<BookingId>,
}

impl OverrideView {
    fn of(one: &DateOverride, standing: &[Standing]) -> Self {
        let told = |time: chrono::NaiveTime| time.format("%H:%M").to_string();
        Self {
            id: one.id,
            therapist_id: one.therapist,
            location_id: one.location,
            date: one.date,
            spans: one.spans.iter().map(|(start, end)| LocalSpan { start: told(*start), end: told(*end) }).collect(),
            zone: one.zone.name().to_owned(),
            bookings_affected: one.affected(standing),
        }
    }
}

/// A page of overrides.
#[derive(Serialize, ToSchema)]
struct OverridesView {
    items: Vec<OverrideView>,
    next_cursor: Option<Uuid>,
}

/// Which dates are asked about.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OverridesQuery {
    /// The first date.
    from: Option<NaiveDate>,
    /// The last date, itself included.
    to: Option<NaiveDate>,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<Uuid>,
}

/// List the dates on which a therapist works other hours
#[utoipa::path(tag = "availability", params(OverridesQuery), responses((status = 200, body = OverridesView)))]
#[get("/therapists/{id}/overrides")]
async fn list_overrides(guard: Guard<SeeHours, (At<TherapistId>, Query<OverridesQuery>)>) -> Answer {
    let (At(id), Query(OverridesQuery { from, to, limit, cursor })) = guard.input.clone();
    let ask = page_ask(limit, cursor)?;
    let page = guard
        .read(move |view| {
            let actor = view.actor();
            let page = store::overrides(view, &actor, id, Dates { from, to }, ask)?;
            let standing = store::standing(view, Some(id))?;
            Ok(page.map(|one| OverrideView::of(&one, &standing)))
        })
        .await?;
    shown(&OverridesView { items: page.items, next_cursor: page.next_cursor })
}

/// Say what a therapist works on one date at one place
///
/// It stands in the place of their weekly hours and of a holiday. There is one for a date and a place; to say something else, take it back
/// first. Bookings that stand outside it are not moved: people decide about those, and the answer names them.
#[utoipa::path(tag = "availability", request_body = OverrideAsk, params(IdempotencyHeader),
    responses((status = 201, body = OverrideView), (status = 409, description = "already_exists or idempotency_in_progress")))]
#[post("/therapists/{id}/overrides")]
async fn write_override(guard: Guard<WriteOverride, (At<TherapistId>, Json<OverrideAsk>)>) -> Answer {
    let (At(id), Json(ask)) = guard.input.clone();
    let draft = OverrideDraft::from(ask);
    let receipt = guard
        .create(move |tx| {
            tx.lock(&[Lock::Therapist(id)])?;
            store::kept_by(&tx.actor(), id)?;
            therapists::store::therapist(tx, id)?;
            let places = places::store::all_locations(tx)?;
            let one = tx.save(DateOverride::write(id, &draft, &places, tx.now())?)?;
            let at = format!("/api/v1/therapists/{id}/overrides/{}", one.id);
            created(at, 1, &OverrideView::of(&one, &store::standing(tx, Some(id))?))
        })
        .await?;
    made(&receipt)
}

/// Take an override back, so that the date is like any other
#[utoipa::path(tag = "availability", responses((status = 204)))]
#[delete("/therapists/{id}/overrides/{override_id}")]
async fn remove_override(guard: Guard<RemoveOverride, Under<TherapistId, OverrideId>>) -> Answer {
    let Under(id, one) = guard.input;
    guard
        .write(move |tx| {
            tx.lock(&[Lock::Therapist(id)])?;
            let actor = tx.actor();
            store::kept_by(&actor, id)?;
            let one = store::one_override(tx, &actor, id, one)?;
            tx.save(one.remove()).map(drop)
        })
        .await?;
    done()
}
