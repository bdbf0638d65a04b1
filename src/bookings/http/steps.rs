//! The steps of a booking, from confirmation to completion.

use actix_web::post;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::views::BookingView;
use super::when::{LocalStart, When};
use crate::availability::model::waiver::Waiver;
use crate::bookings::acts::{self, Cancellation, To, judged, locked, side};
use crate::bookings::model::{
    Asked, Booking, CancelReason, CorrectionReason, Override, OverrideReason, SetAside, Step,
};
use crate::bookings::store;
use crate::db::{Stop, Tx};
use crate::http::answer::versioned;
use crate::http::extract::Part;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::kernel::actor::Policy;
use crate::kernel::ids::{BookingId, LocationId, RoomId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::{Span, Timestamp};
use crate::policies;

policies! {
    /// Saying yes to a pending booking.
    ConfirmBooking = "bookings.confirm": [Therapist, FrontDesk, Admin];
    /// Saying no to a pending booking.
    DeclineBooking = "bookings.decline": [Therapist, FrontDesk, Admin];
    /// Moving a booking.
    RescheduleBooking = "bookings.reschedule": [Client, Therapist, FrontDesk, Admin];
    /// Calling a booking off.
    CancelBooking = "bookings.cancel": [Client, Therapist, FrontDesk, Admin];
    /// Recording that the client is here.
    CheckInBooking = "bookings.check_in": [Therapist, FrontDesk, Admin];
    /// Recording that the session took place.
    CompleteBooking = "bookings.complete": [Therapist, FrontDesk, Admin];
    /// Recording that the client did not come.
    NoShowBooking = "bookings.no_show": [Therapist, FrontDesk, Admin];
    /// Putting a wrong record of attendance right.
    CorrectBooking = "bookings.correct": [Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(confirm_booking)
        .service(decline_booking)
        .service(reschedule_booking)
        .service(cancel_booking)
        .service(check_in_booking)
        .service(complete_booking)
        .service(no_show_booking)
        .service(correct_booking);
}

/// Confirm a pending booking
#[utoipa::path(tag = "bookings", params(IfMatchHeader),
    responses((status = 200, body = BookingView), (status = 409, description = "invalid_transition"), (status = 422, description = "policy_violation")))]
#[post("/bookings/{id}/confirm")]
async fn confirm_booking(guard: Guard<ConfirmBooking, (At<BookingId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    step(&guard, id, version, |tx, booking, asked| {
        let booking = tx.save(booking.confirm(asked)?)?;
        acts::confirmed(tx, &booking)?;
        Ok(booking)
    })
    .await
}

/// Decline a pending booking
#[utoipa::path(tag = "bookings", params(IfMatchHeader),
    responses((status = 200, body = BookingView), (status = 409, description = "invalid_transition")))]
#[post("/bookings/{id}/decline")]
async fn decline_booking(guard: Guard<DeclineBooking, (At<BookingId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    step(&guard, id, version, |tx, booking, asked| tx.save(booking.decline(asked)?)).await
}

/// Where a booking is to go.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"starts_at": "2027-03-03T14:00:00+01:00"}))]
struct RescheduleAsk {
    /// From when; or `local_start` in its stead.
    starts_at: Option<Timestamp>,
    /// What the clock on the wall of the place shows then; with its offset, such as `+02:00`, where it shows that time twice.
    #[schema(value_type = Option<String>)]
    local_start: Option<LocalStart>,
    /// To another therapist; the same if absent.
    therapist_id: Option<TherapistId>,
    /// To another second therapist; the same if absent.
    co_therapist_id: Option<TherapistId>,
    /// To this place; to where the therapist is then, if absent.
    location_id: Option<LocationId>,
    /// To this room; to any that would do, if absent.
    room_id: Option<RoomId>,
    /// Rules that staff set aside: `min_notice`, `max_advance`, `working_hours`, `grid`, `limits`, `age`.
    #[serde(default, rename = "override")]
    overrides: Vec<Waiver>,
    /// Why they are set aside.
    override_reason: Option<OverrideReason>,
}

/// Move a booking to another time or therapist
///
/// It keeps its id, its state, its price and its length, and its therapist or session type though nobody else could book them any more; the
/// old time stands until the new one is taken, and a room is chosen anew. The decision is asked again for the new date. A slot that is held
/// for the client is let go; with `handover` as the reason of what is set aside, only if it would be in the way.
#[utoipa::path(tag = "bookings", request_body = RescheduleAsk, params(IfMatchHeader), responses((status = 200, body = BookingView),
    (status = 409, description = "slot_unavailable, client_already_booked, room_unavailable, blocked or invalid_transition")))]
#[post("/bookings/{id}/reschedule")]
async fn reschedule_booking(guard: Guard<RescheduleBooking, (At<BookingId>, IfMatch, Json<RescheduleAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let when = When::parse(ask.starts_at, ask.local_start, ask.location_id)?;
    let set_aside = SetAside::parse(&ask.overrides, ask.override_reason)?;
    let booking = guard
        .write(move |tx| {
            let actor = tx.actor();
            let now_with = store::booking(tx, &actor, id)?.placement.therapist;
            let start = when.start(tx, ask.therapist_id.unwrap_or(now_with))?;
            let (therapist, co_therapist) = (ask.therapist_id, ask.co_therapist_id);
            let to = To { start, therapist, co_therapist, location: ask.location_id, room: ask.room_id, set_aside };
            acts::move_booking(tx, (id, version), &to)
        })
        .await?;
    versioned(booking.version, &BookingView::from(booking))
}

/// Why a booking is called off.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "client_request", "override": ["cancellation_fee"], "override_reason": "goodwill"}))]
struct CancelAsk {
    /// The practice always says why; a client may leave it out before they are here.
    reason: Option<CancelReason>,
    /// Rules that staff set aside: `cancellation_window`, `cancellation_fee`.
    #[serde(default, rename = "override")]
    overrides: Vec<Override>,
    /// Why they are set aside.
    override_reason: Option<OverrideReason>,
}

/// Call a booking off
///
/// What was agreed when it was booked holds. Later than its window a client may cancel for the agreed fee, or, where none was agreed, not at all.
/// Staff who cancel for `client_request`, `illness` or `other` charge the same fee unless they set `cancellation_fee` aside, and past a window
/// without a fee they set `cancellation_window` aside; for the practice's own reasons (`therapist_unavailable`, `weather`, `screening`,
/// `duplicate`) nothing is owed.
#[utoipa::path(tag = "bookings", request_body = CancelAsk, params(IfMatchHeader), responses((status = 200, body = BookingView),
    (status = 409, description = "invalid_transition"), (status = 422, description = "cancellation_window_passed or invalid_fields")))]
#[post("/bookings/{id}/cancel")]
async fn cancel_booking(guard: Guard<CancelBooking, (At<BookingId>, IfMatch, Json<CancelAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let CancelAsk { reason, overrides, override_reason } = ask;
    let cancellation = Cancellation { reason, overrides, override_reason };
    let booking = guard.write(move |tx| acts::cancel(tx, (id, version), &cancellation)).await?;
    versioned(booking.version, &BookingView::from(booking))
}

/// Record that the client is here
///
/// The decision is asked afresh; an open block refuses, and the answer names its code and nothing more.
#[utoipa::path(tag = "bookings", params(IfMatchHeader), responses((status = 200, body = BookingView),
    (status = 409, description = "invalid_transition or blocked"), (status = 422, description = "policy_violation")))]
#[post("/bookings/{id}/check-in")]
async fn check_in_booking(guard: Guard<CheckInBooking, (At<BookingId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    step(&guard, id, version, |tx, booking, asked| {
        let found = store::decide(tx, &booking)?.blocks(Step::CheckIn.event(), asked.now);
        tx.save(booking.check_in(asked, found)?)
    })
    .await
}

/// When a session really took place.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ActualAsk {
    start: Timestamp,
    end: Timestamp,
}

/// What is known of a session that took place.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"actual": {"start": "2027-03-02T10:05:00+01:00", "end": "2027-03-02T10:55:00+01:00"}}))]
struct CompleteAsk {
    actual: Option<ActualAsk>,
}

impl CompleteAsk {
    fn span(&self) -> Result<Option<Span>, Refusal> {
        let Some(actual) = self.actual else { return Ok(None) };
        let late = || Violation::at("/actual/end", "not_after_start", "a session must end after it starts");
        Span::new(actual.start, actual.end).map(Some).ok_or_else(|| Refusal::Fields(vec![late()]))
    }
}

/// Record that the session took place
#[utoipa::path(tag = "bookings", request_body = CompleteAsk, params(IfMatchHeader),
    responses((status = 200, body = BookingView), (status = 409, description = "invalid_transition or blocked")))]
#[post("/bookings/{id}/complete")]
async fn complete_booking(guard: Guard<CompleteBooking, (At<BookingId>, IfMatch, Json<CompleteAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let actual = ask.span()?;
    step(&guard, id, version, move |tx, booking, asked| {
        let found = store::decide(tx, &booking)?.blocks(Step::Complete.event(), asked.now);
        let booking = tx.save(booking.complete(asked, actual, found)?)?;
        acts::treated(tx, &booking)?;
        Ok(booking)
    })
    .await
}

/// What is known of a session to which the client did not come.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"override": ["no_show_fee"], "override_reason": "illness"}))]
struct NoShowAsk {
    /// Rules that are set aside: `no_show_fee`.
    #[serde(default, rename = "override")]
    overrides: Vec<Override>,
    /// Why they are set aside.
    override_reason: Option<OverrideReason>,
}

/// Record that the client did not come
///
/// It costs the fee that was agreed when it was booked, unless that is set aside. Nothing is owed for a session that could not have taken place.
#[utoipa::path(tag = "bookings", request_body = NoShowAsk, params(IfMatchHeader), responses((status = 200, body = BookingView),
    (status = 409, description = "invalid_transition"), (status = 422, description = "policy_violation or invalid_fields")))]
#[post("/bookings/{id}/no-show")]
async fn no_show_booking(guard: Guard<NoShowBooking, (At<BookingId>, IfMatch, Json<NoShowAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    step(&guard, id, version, move |tx, booking, asked| {
        let booking = judged(tx, booking, Step::NoShow.event())?;
        let asked = asked.overriding(Step::NoShow, &ask.overrides, ask.override_reason)?;
        tx.save(booking.no_show(asked)?)
    })
    .await
}

/// Why a record of attendance was wrong.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "recorded_in_error"}))]
struct CorrectAsk {
    reason: CorrectionReason,
    /// Rules that are set aside: `no_show_fee`.
    #[serde(default, rename = "override")]
    overrides: Vec<Override>,
    /// Why they are set aside.
    override_reason: Option<OverrideReason>,
}

/// Turn a wrong no-show into a completion, or the reverse
///
/// The fee of not coming goes with the one and comes with the other. What keeps a session from going ahead keeps a no-show from becoming a
/// completion, unless it was over before it was recorded.
#[utoipa::path(tag = "bookings", request_body = CorrectAsk, params(IfMatchHeader),
    responses((status = 200, body = BookingView), (status = 409, description = "invalid_transition or blocked")))]
#[post("/bookings/{id}/correct")]
async fn correct_booking(guard: Guard<CorrectBooking, (At<BookingId>, IfMatch, Json<CorrectAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    step(&guard, id, version, move |tx, booking, asked| {
        let found = store::decide(tx, &booking)?.blocks(Step::Correct.event(), asked.now);
        let asked = asked.overriding(Step::Correct, &ask.overrides, ask.override_reason)?;
        let booking = tx.save(booking.correct(asked, ask.reason, found)?)?;
        acts::treated(tx, &booking)?;
        Ok(booking)
    })
    .await
}

/// Takes one step of the version that was read, under the locks of its therapist and client.
async fn step<P: Policy, In: Part>(
    guard: &Guard<P, In>,
    id: BookingId,
    version: i32,
    take: impl Fn(&mut Tx<'_>, Booking, Asked) -> Result<Booking, Stop> + Send + 'static,
) -> Answer {
    let booking = guard
        .write(move |tx| {
            let booking = locked(tx, (id, version), &[])?;
            let actor = tx.actor();
            let asked = Asked::plainly(side(tx, &actor, &booking)?, tx.now());
            take(tx, booking, asked)
        })
        .await?;
    versioned(booking.version, &BookingView::from(booking))
}
