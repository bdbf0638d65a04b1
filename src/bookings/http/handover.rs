//! Handing a therapist's calendar over.

use actix_web::http::StatusCode;
use actix_web::{ResponseError, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::bookings::acts::{self, Handover};
use crate::bookings::model::Booking;
use crate::http::answer::shown;
use crate::http::{Answer, At, Guard, Json, Problem};
use crate::kernel::ids::{BookingId, ClientId, TherapistId};
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Handing a therapist's calendar over.
    HandOver = "bookings.hand_over": [FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(hand_over_calendar);
}

/// To whom, since when, and whether only to try.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"to_therapist_id": "0197a3a0-5b1e-7c3d-8f00-000000000002", "from": "2027-04-01", "dry_run": true}))]
struct HandoverAsk {
    /// Who takes over.
    to_therapist_id: TherapistId,
    /// The first day, by the clock of each booking's place.
    from: NaiveDate,
    /// Whether only to say what would become of each booking.
    #[serde(default)]
    dry_run: bool,
}

/// What became, or would become, of one booking.
#[derive(Serialize, ToSchema)]
struct HandedOverView {
    booking_id: BookingId,
    client_id: ClientId,
    starts_at: Timestamp,
    /// Whether it was handed over, or would be; otherwise it stays where it is.
    moved: bool,
    /// Why it stays: the code of the refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The same for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl HandedOverView {
    fn of(booking: &Booking, refused: Option<&Problem>) -> Self {
        Self {
            booking_id: booking.id,
            client_id: booking.client,
            starts_at: booking.placement.session.start(),
            moved: refused.is_none(),
            code: refused.map(Problem::code),
            detail: refused.map(|problem| problem.words().to_owned()),
        }
    }
}

/// What became, or would become, of each booking.
#[derive(Serialize, ToSchema)]
struct HandoverView {
    dry_run: bool,
    /// By their start.
    items: Vec<HandedOverView>,
    /// Whether there are bookings after the last of these, which another call with a later day hands over.
    more: bool,
}

/// Hand a therapist's calendar over to another
///
/// Every open booking to come, from a day on, goes to the other therapist at the same time and place, where that one may hold it, works then and
/// is free; the others stay and say why. It stays in its room, unless that is in use no more. Notice, grid and limits do not count, nobody owes a
/// fee, and what is held for the client stays held unless it would be in the way. The client's record is opened to the one and,
/// as far as the booking had opened it, closed to the other. Each booking is moved by itself: what is cut off in the middle is asked again.
/// The therapist may have been offboarded already.
#[utoipa::path(tag = "therapists", request_body = HandoverAsk, responses((status = 200, body = HandoverView),
    (status = 422, description = "policy_violation: the other cannot be booked, or is the same")))]
#[post("/therapists/{id}/handover")]
async fn hand_over_calendar(guard: Guard<HandOver, (At<TherapistId>, Json<HandoverAsk>)>) -> Answer {
    let (At(from), Json(ask)) = guard.input;
    let handover = Handover { from, to: ask.to_therapist_id, since: ask.from };
    let (due, more) = guard.read(move |view| acts::to_hand_over(view, handover)).await?;
    let mut items = Vec::new();
    for (booking, to) in due {
        let (id, version) = (booking.id, booking.version);
        let moved = if ask.dry_run {
            guard.read(move |view| acts::check_move(view, id, &to)).await
        } else {
            guard.write(move |tx| acts::move_booking(tx, (id, version), &to).map(drop)).await
        };
        items.push(HandedOverView::of(&booking, refused(moved)?.as_ref()));
    }
    shown(&HandoverView { dry_run: ask.dry_run, items, more })
}

/// A refusal is about its booking; whoever is not signed in any more, or a store that fails, ends the whole.
fn refused(moved: Result<(), Problem>) -> Result<Option<Problem>, Problem> {
    match moved {
        Ok(()) => Ok(None),
        Err(problem) => {
            let status = problem.status_code();
            let is_fault = status.is_server_error() || status == StatusCode::UNAUTHORIZED;
            if is_fault { Err(problem) } else { Ok(Some(problem)) }
        }
    }
}
