//! Looking at bookings.

use actix_web::get;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::views::BookingView;
use crate::bookings::model::{AllowedAction, Booking, FeeCode, Step, VisitReason};
use crate::bookings::open_reasons;
use crate::bookings::preview::open_steps;
use crate::bookings::store::{self, Facts};
use crate::clients::store::{acts_for, treats};
use crate::http::answer::{shown, versioned};
use crate::http::{Answer, At, Guard};
use crate::kernel::ids::BookingId;
use crate::kernel::refusal::Refusal;
use crate::policies;

policies! {
    /// Seeing one booking.
    SeeBooking = "bookings.see": [Client, Therapist, FrontDesk, Admin];
    /// Reading the reasons for a visit.
    ReadReasons = "bookings.read_reasons": [Therapist, Client];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(see_booking).service(allowed_actions).service(booking_reasons);
}

/// See one booking
#[utoipa::path(tag = "bookings", responses((status = 200, body = BookingView)))]
#[get("/bookings/{id}")]
async fn see_booking(guard: Guard<SeeBooking, At<BookingId>>) -> Answer {
    let At(id) = guard.input;
    let (booking, actions) = guard
        .read(move |view| {
            let actor = view.actor();
            let booking = store::booking(view, &actor, id)?;
            let actions = open_steps(view, &mut Facts::default(), &booking)?;
            Ok((booking, actions))
        })
        .await?;
    versioned(booking.version, &BookingView::from(booking).allowing(&actions))
}

/// A step that may be taken now, and what it would cost the client.
#[derive(Serialize, ToSchema)]
struct AllowedActionView {
    action: Step,
    /// In minor units; nothing for most.
    fee_minor: i64,
    /// ISO 4217.
    currency: String,
    /// What the fee is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_code: Option<FeeCode>,
}

impl AllowedActionView {
    fn of(action: AllowedAction, booking: &Booking) -> Self {
        Self {
            action: action.step,
            fee_minor: action.fee.map_or(0, |fee| fee.minor),
            currency: booking.currency.clone(),
            fee_code: action.fee.map(|fee| fee.code),
        }
    }
}

/// What may be done to a booking, by whoever asks, now.
#[derive(Serialize, ToSchema)]
struct AllowedActionsView {
    id: BookingId,
    allowed_actions: Vec<AllowedActionView>,
    version: i32,
}

/// See what may be done to a booking now
///
/// Each step with the fee it would cost the client at this moment. Staff are told what a cancellation costs at the client's wish; for the practice's
/// own reasons it costs nothing.
#[utoipa::path(tag = "bookings", responses((status = 200, body = AllowedActionsView)))]
#[get("/bookings/{id}/allowed-actions")]
async fn allowed_actions(guard: Guard<SeeBooking, At<BookingId>>) -> Answer {
    let At(id) = guard.input;
    let view = guard
        .read(move |view| {
            let actor = view.actor();
            let booking = store::booking(view, &actor, id)?;
            let actions = open_steps(view, &mut Facts::default(), &booking)?.into_iter();
            let allowed_actions = actions.map(|action| AllowedActionView::of(action, &booking)).collect();
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
#[utoipa::path(tag = "bookings", responses((status = 200, body = ReasonsView), (status = 410, description = "erased")))]
#[get("/bookings/{id}/reasons")]
async fn booking_reasons(guard: Guard<ReadReasons, At<BookingId>>) -> Answer {
    let At(id) = guard.input;
    let (look, booking) = guard
        .write(move |tx| {
            let actor = tx.actor();
            let booking = store::booking(tx, &actor, id)?;
            let treating = actor.therapist().is_some_and(|own| booking.placement.is_with(own))
                && treats(tx, &actor, booking.client)?;
            if !treating && !acts_for(tx, &actor, booking.client)? {
                return Err(Refusal::NotThere.into());
            }
            if booking.reasons.is_none() {
                return Err(Refusal::NotThere.into());
            }
            Ok((tx.look("booking.reasons_viewed", id, booking.client)?, booking))
        })
        .await?;
    let vault = guard.vault();
    let reasons =
        guard.read(move |view| Ok(open_reasons(view, &vault, &look, &booking)?.ok_or(Refusal::NotThere)?)).await?;
    shown(&ReasonsView { booking_id: id, reasons: reasons.codes, reasons_text: reasons.text })
}
