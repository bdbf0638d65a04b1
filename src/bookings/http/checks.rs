//! Asking whether a booking could be made.

use actix_web::post;
use chrono::NaiveDateTime;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::request::RequestAsk;
use super::views::BlockView;
use crate::bookings::acts;
use crate::bookings::model::{Booking, BookingState};
use crate::db::Stop;
use crate::http::answer::shown;
use crate::http::{Answer, Guard, Json, Problem};
use crate::kernel::ids::{LocationId, RoomId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Asking whether a booking could be made.
    CheckBooking = "bookings.check": [Client, Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(check_booking);
}

/// The booking that would be made now.
#[derive(Serialize, ToSchema)]
pub(super) struct ProspectView {
    therapist_id: TherapistId,
    co_therapist_id: Option<TherapistId>,
    location_id: Option<LocationId>,
    room_id: Option<RoomId>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    /// What the clock on the wall of the place shows at the start.
    #[schema(value_type = String, format = "date-time-local")]
    local_start: NaiveDateTime,
    zone: String,
    /// `pending` where staff would have to say yes first.
    state: BookingState,
    /// What it would carry, to be mended before the day.
    blocks: Vec<BlockView>,
    price_minor: i64,
    currency: String,
}

impl From<Booking> for ProspectView {
    fn from(booking: Booking) -> Self {
        let at = booking.placement;
        Self {
            therapist_id: at.therapist,
            co_therapist_id: at.co_therapist,
            location_id: at.location,
            room_id: at.room.map(|(room, _)| room),
            starts_at: at.session.start(),
            ends_at: at.session.end(),
            local_start: at.local_start,
            zone: at.zone.name().to_owned(),
            state: booking.state,
            blocks: booking.blocks.iter().map(BlockView::from).collect(),
            price_minor: booking.price_minor,
            currency: booking.currency,
        }
    }
}

/// Whether a booking could be made, and what it would be or why not.
#[derive(Serialize, ToSchema)]
struct CheckView {
    bookable: bool,
    /// What would be booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    booking: Option<ProspectView>,
    /// The stable word of what refuses it.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The problem that booking would answer with: `alternatives`, `earliest` and what else belongs to its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<Value>,
}

/// See whether a session can be booked
///
/// Takes what a booking takes and answers what it would answer, but books nothing. Somebody else may still be faster: a slot hold keeps a time.
#[utoipa::path(tag = "bookings", request_body = RequestAsk, responses(
    (status = 200, body = CheckView),
    (status = 404, description = "not_found: no such client, therapist, session type or slot hold for whoever asks")))]
#[post("/booking-checks")]
async fn check_booking(guard: Guard<CheckBooking, Json<RequestAsk>>) -> Answer {
    let request = guard.input.0.clone().parse()?;
    let checked = guard
        .read(move |view| match request.wish(view).and_then(|wish| acts::check(view, &wish)) {
            Err(Stop::Refused(refusal)) if answers(&refusal) => Ok(Err(refusal)),
            other => other.map(Ok),
        })
        .await?;
    shown(&match checked {
        Ok(booking) => CheckView { bookable: true, booking: Some(booking.into()), code: None, problem: None },
        Err(refusal) => {
            let problem = Problem::from(refusal);
            let (code, problem) = (Some(problem.code()), Some(problem.told()));
            CheckView { bookable: false, booking: None, code, problem }
        }
    })
}

/// Whether a refusal is the answer to the question, and not a question that cannot be asked.
fn answers(refusal: &Refusal) -> bool {
    !matches!(refusal, Refusal::NotThere | Refusal::Unauthenticated | Refusal::Forbidden { .. } | Refusal::Fields(_))
}
