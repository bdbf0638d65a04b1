//! Looking at bookings.

use actix_web::get;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::views::{BookingView, BookingsView};
use crate::bookings::acts::{asked, judged, reasons_place};
use crate::bookings::model::{Booking, BookingState, Reasons, Step, VisitReason};
use crate::bookings::store::{self, Wanted};
use crate::clients::store::{acts_for, treats};
use crate::db::{Fault, Stop, View};
use crate::http::answer::{shown, versioned};
use crate::http::extract::page_ask;
use crate::http::{Answer, At, Guard, Query};
use crate::kernel::ids::{BookingId, ClientId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Listing bookings.
    ListBookings = "bookings.list": [Client, Therapist, FrontDesk, Admin];
    /// Seeing one booking.
    SeeBooking = "bookings.see": [Client, Therapist, FrontDesk, Admin];
    /// Reading the reasons for a visit.
    ReadReasons = "bookings.read_reasons": [Therapist, Client];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_bookings).service(see_booking).service(allowed_actions).service(booking_reasons);
}

/// Which bookings.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BookingsQuery {
    /// On whose calendar.
    therapist_id: Option<TherapistId>,
    /// Whose sessions.
    client_id: Option<ClientId>,
    /// Where they stand.
    #[param(inline)]
    state: Option<BookingState>,
    /// Starting then or later.
    from: Option<Timestamp>,
    /// Starting earlier than that.
    to: Option<Timestamp>,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<Uuid>,
}

/// List bookings
///
/// Clients see their own and their wards', therapists those of their calendar, the desk all.
#[utoipa::path(tag = "bookings", params(BookingsQuery), responses((status = 200, body = BookingsView)))]
#[get("/bookings")]
async fn list_bookings(guard: Guard<ListBookings, Query<BookingsQuery>>) -> Answer {
    let Query(query) = guard.input.clone();
    let ask = page_ask(query.limit, query.cursor)?;
    let BookingsQuery { therapist_id: therapist, client_id: client, state, from, to, .. } = query;
    let wanted = Wanted { therapist, client, state, from, to };
    let page = guard
        .read(move |view| {
            let actor = view.actor();
            store::list(view, &actor, wanted, ask)
        })
        .await?;
    shown(&BookingsView::from(page))
}

/// See one booking
#[utoipa::path(tag = "bookings", responses((status = 200, body = BookingView)))]
#[get("/bookings/{id}")]
async fn see_booking(guard: Guard<SeeBooking, At<BookingId>>) -> Answer {
    let At(id) = guard.input;
    let (booking, steps) = guard
        .read(move |view| {
            let actor = view.actor();
            let booking = store::booking(view, &actor, id)?;
            let steps = steps(view, &booking)?;
            Ok((booking, steps))
        })
        .await?;
    versioned(booking.version, &BookingView::from(booking).allowing(steps))
}

/// The steps open to whoever asks, by what the decision finds now, as the steps themselves go.
fn steps(view: &mut View<'_>, booking: &Booking) -> Result<Vec<Step>, Stop> {
    let actor = view.actor();
    let asked = asked(view, &actor, booking)?;
    Ok(judged(view, booking.clone(), "booking.seen")?.allowed_actions(asked))
}

/// What may be done to a booking, by whoever asks, now.
#[derive(Serialize, ToSchema)]
struct AllowedActionsView {
    id: BookingId,
    allowed_actions: Vec<Step>,
    version: i32,
}

/// See what may be done to a booking now
#[utoipa::path(tag = "bookings", responses((status = 200, body = AllowedActionsView)))]
#[get("/bookings/{id}/allowed-actions")]
async fn allowed_actions(guard: Guard<SeeBooking, At<BookingId>>) -> Answer {
    let At(id) = guard.input;
    let view = guard
        .read(move |view| {
            let actor = view.actor();
            let booking = store::booking(view, &actor, id)?;
            let allowed_actions = steps(view, &booking)?;
            Ok(AllowedActionsView { id, allowed_actions, version: booking.version })
        })
        .await?;
    versioned(view.version, &view)
}

/// Why a client comes, as they reported it.
#[derive(Serialize, ToSchema)]
struct ReasonsView {
    booking_id: BookingId,
    reasons: Vec<VisitReason>,
    reasons_text: Option<String>,
}

/// Read the reasons for a visit
///
/// They are sealed; only the client, their guardian and the therapist who treats them may open them, and each look is on record.
#[utoipa::path(tag = "bookings", responses((status = 200, body = ReasonsView)))]
#[get("/bookings/{id}/reasons")]
async fn booking_reasons(guard: Guard<ReadReasons, At<BookingId>>) -> Answer {
    let At(id) = guard.input;
    let (look, sealed) = guard
        .write(move |tx| {
            let actor = tx.actor();
            let booking = store::booking(tx, &actor, id)?;
            let treating = actor.therapist().is_some_and(|own| booking.placement.is_with(own))
                && treats(tx, &actor, booking.client)?;
            if !treating && !acts_for(tx, &actor, booking.client)? {
                return Err(Refusal::NotThere.into());
            }
            let sealed = booking.reasons.ok_or(Refusal::NotThere)?;
            Ok((tx.look("booking.reasons_viewed", id, booking.client)?, sealed))
        })
        .await?;
    let vault = guard.vault();
    let reasons = guard
        .read(move |view| {
            let plain = vault.open(view, &look, reasons_place(look.client(), id), &sealed)?;
            let reasons: Reasons =
                serde_json::from_slice(&plain).map_err(|_| Fault::Corrupt("reasons that cannot be read"))?;
            Ok(reasons)
        })
        .await?;
    shown(&ReasonsView { booking_id: id, reasons: reasons.codes, reasons_text: reasons.text })
}
