//! How much a therapist takes on in a day.

use actix_web::{get, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::SeeHours;
use crate::availability::model::limits::{DayLimits, TherapistLimits};
use crate::availability::store;
use crate::db::Lock;
use crate::http::answer::versioned;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::kernel::ids::TherapistId;
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
}

impl From<TherapistLimits> for DayLimitsView {
    fn from(own: TherapistLimits) -> Self {
        let DayLimits { hands_on_minutes, in_a_row, pause } = own.limits;
        Self { therapist_id: own.therapist, hands_on_minutes, in_a_row, pause_minutes: pause, version: own.version }
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
            store::day_limits(view, &actor, id)
        })
        .await?;
    versioned(own.version, &DayLimitsView::from(own))
}

/// Set how much a therapist takes on in a day
///
/// The version of limits that nobody has set yet is 0. A day that is fuller already stays so: bookings that stand are not moved.
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
            tx.save(own.set(limits)?)
        })
        .await?;
    versioned(own.version, &DayLimitsView::from(own))
}
