//! This session of a course and those that follow it.

use actix_web::post;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::views::SeriesView;
use crate::availability::model::waiver::Waiver;
use crate::bookings::acts::{self, Cancellation};
use crate::bookings::http::when::{LocalStart, When};
use crate::bookings::model::{CancelReason, Override, OverrideReason, SetAside};
use crate::bookings::store;
use crate::http::answer::versioned;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::kernel::ids::BookingSeriesId;
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Moving a session of a course and those that follow it.
    RescheduleSeries = "booking_series.reschedule": [Client, Therapist, FrontDesk, Admin];
    /// Calling off a session of a course and those that follow it.
    CancelSeries = "booking_series.cancel": [Client, Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(reschedule_series).service(cancel_series);
}

/// Where a session and those that follow it are to go.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"from_ordinal": 2, "starts_at": "2027-03-12T14:00:00+01:00"}))]
struct RescheduleSeriesAsk {
    /// The first that is to be moved.
    #[schema(minimum = 1, maximum = 5)]
    from_ordinal: i32,
    /// From when that one is to be; or `local_start` in its stead.
    starts_at: Option<Timestamp>,
    /// What the clock on the wall of its place shows then; with its offset, such as `+02:00`, where it shows that time twice.
    #[schema(value_type = Option<String>)]
    local_start: Option<LocalStart>,
    /// Rules that staff set aside for each: `min_notice`, `max_advance`, `working_hours`, `grid`, `limits`, `age`.
    #[serde(default, rename = "override")]
    overrides: Vec<Waiver>,
    /// Why they are set aside.
    override_reason: Option<OverrideReason>,
}

/// Move a session and those that follow it
///
/// Each as far as the first, by the clock on the wall; all of them or none. What has begun or is called off stays as it is. Windows and limits are
/// those of each booking, as if it were moved by itself.
#[utoipa::path(tag = "bookings", request_body = RescheduleSeriesAsk, params(IfMatchHeader), responses(
    (status = 200, body = SeriesView, description = "The course with the sessions that were moved"),
    (status = 409, description = "series_unavailable: `occurrences` tells of each session whether it could be")))]
#[post("/booking-series/{id}/reschedule")]
async fn reschedule_series(
    guard: Guard<RescheduleSeries, (At<BookingSeriesId>, IfMatch, Json<RescheduleSeriesAsk>)>,
) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let set_aside = SetAside::parse(&ask.overrides, ask.override_reason)?;
    let course = guard
        .write(move |tx| {
            let actor = tx.actor();
            let course = store::series(tx, &actor, id)?;
            let at = course.session(ask.from_ordinal).map(|booking| &booking.placement);
            let when = When::parse(ask.starts_at, ask.local_start, at.and_then(|at| at.location))?;
            let start = when.start(tx, at.map_or(course.series.therapist, |at| at.therapist))?;
            acts::move_following(tx, (id, version), ask.from_ordinal, (start, set_aside))
        })
        .await?;
    versioned(course.version, &SeriesView::from(course))
}

/// Why a session and those that follow it are called off.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"from_ordinal": 2, "reason": "client_request"}))]
struct CancelSeriesAsk {
    /// The first that is to be called off.
    #[schema(minimum = 1, maximum = 5)]
    from_ordinal: i32,
    /// The practice always says why; a client may leave it out before they are here.
    reason: Option<CancelReason>,
    /// Rules that staff set aside: `cancellation_window`, `cancellation_fee`.
    #[serde(default, rename = "override")]
    overrides: Vec<Override>,
    /// Why they are set aside.
    override_reason: Option<OverrideReason>,
}

/// Call off a session and those that follow it
///
/// All that are open and not over, or none. What each costs is what was agreed with it, as if it were called off by itself.
#[utoipa::path(tag = "bookings", request_body = CancelSeriesAsk, params(IfMatchHeader), responses(
    (status = 200, body = SeriesView, description = "The course with the sessions that were called off"),
    (status = 409, description = "series_unavailable: `occurrences` tells of each session whether it could be; or invalid_transition")))]
#[post("/booking-series/{id}/cancel")]
async fn cancel_series(guard: Guard<CancelSeries, (At<BookingSeriesId>, IfMatch, Json<CancelSeriesAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let CancelSeriesAsk { from_ordinal, reason, overrides, override_reason } = ask;
    let cancellation = Cancellation { reason, overrides, override_reason };
    let course =
        guard.write(move |tx| acts::cancel_following(tx, (id, version), (from_ordinal, &cancellation))).await?;
    versioned(course.version, &SeriesView::from(course))
}
