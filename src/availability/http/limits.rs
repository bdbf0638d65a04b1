//! How much a therapist takes on in a day.

use actix_web::{get, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::SeeHours;
use crate::availability::model::limits::{DayLimits, TherapistLimits};
use crate::availability::store;
use crate::db::{Lock, Stop, View};
use crate::http::answer::versioned;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::kernel::ids::{BookingId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::policies;

policies! {
    /// Setting how much a therapist takes on in a day.
    SetDayLimits = "day_limits.set": [Admin, Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(see_day_limits).service(set_day_limits);
}

/// The most a therapist takes on in one local day, over all session types and places.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"hands_on_minutes": 300, "in_a_row": 3, "pause_minutes": 20}))]
struct DayLimitsAsk {
    /// Minutes of sessions, without their buffers: 60 to 1440; any number if null.
    hands_on_minutes: Option<u16>,
    /// Sessions with less than the pause between them: 1 to 48; any number if null.
    in_a_row: Option<u16>,
    /// How many minutes without a session break a row, 1 to 120; 15, if not said.
    pause_minutes: Option<u16>,
}

/// The most a therapist takes on in one local day.
#[derive(Serialize, ToSchema)]
struct DayLimitsView {
    therapist_id: TherapistId,
    hands_on_minutes: Option<u16>,
    in_a_row: Option<u16>,
    pause_minutes: u16,
    /// 0 until limits are set for the first time.
    version: i32,
    /// The bookings to come of days that are fuller already, and of rows that are longer: to be moved or cancelled one by one.
    bookings_affected: Vec<BookingId>,
}

impl DayLimitsView {
    fn of(view: &mut View<'_>, own: &TherapistLimits) -> Result<Self, Stop> {
        let DayLimits { hands_on_minutes, in_a_row, pause: pause_minutes } = own.limits;
        let bookings_affected = store::too_many(view, own)?;
        let (therapist_id, version) = (own.therapist, own.version);
        Ok(Self { therapist_id, hands_on_minutes, in_a_row, pause_minutes, version, bookings_affected })
    }
}

/// See how much a therapist takes on in a day
#[utoipa::path(tag = "availability", responses((status = 200, body = DayLimitsView)))]
#[get("/therapists/{id}/day-limits")]
async fn see_day_limits(guard: Guard<SeeHours, At<TherapistId>>) -> Answer {
    let At(id) = guard.input;
    let own = guard
        .read(move |view| {
            let actor = view.actor();
            let own = store::day_limits(view, &actor, id)?;
            DayLimitsView::of(view, &own)
        })
        .await?;
    versioned(own.version, &own)
}

/// Set how much a therapist takes on in a day
///
/// The version of limits that nobody has set yet is 0. A day that is fuller already stays so: bookings that stand are not moved, and the answer
/// names them.
#[utoipa::path(tag = "availability", request_body = DayLimitsAsk, params(IfMatchHeader), responses((status = 200, body = DayLimitsView)))]
#[put("/therapists/{id}/day-limits")]
async fn set_day_limits(guard: Guard<SetDayLimits, (At<TherapistId>, IfMatch, Json<DayLimitsAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let pause = ask.pause_minutes.unwrap_or(DayLimits::default().pause);
    let limits = DayLimits { hands_on_minutes: ask.hands_on_minutes, in_a_row: ask.in_a_row, pause };
    let own = guard
        .write(move |tx| {
            tx.lock(&[Lock::Therapist(id)])?;
            let actor = tx.actor();
            store::kept_by(&actor, id)?;
            let own = store::day_limits(tx, &actor, id)?;
            if own.version != version {
                return Err(Refusal::VersionMismatch.into());
            }
            let own = tx.save(own.set(limits)?)?;
            DayLimitsView::of(tx, &own)
        })
        .await?;
    versioned(own.version, &own)
}
