//! What a client shows who pays for the session.

use actix_web::get;
use chrono::NaiveDateTime;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::bookings::model::{Booking, BookingState, FeeCode};
use crate::bookings::store;
use crate::db::{Stop, View};
use crate::http::answer::shown;
use crate::http::{Answer, At, Guard};
use crate::kernel::actor::Actor;
use crate::kernel::ids::BookingId;
use crate::kernel::refusal::Refusal;
use crate::policies;
use crate::{clients, places, session_types, therapists};

policies! {
    /// Seeing the receipt of a booking.
    SeeReceipt = "bookings.see_receipt": [Client, Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(booking_receipt);
}

/// In whose name the names on a receipt are read: whoever may see the booking is told them, and nothing else of those people.
const CLERK: Actor = Actor::System("bookings.receipt");

/// Where a session was to be held.
#[derive(Serialize, ToSchema)]
struct ReceiptPlace {
    name: String,
    address_lines: Vec<String>,
}

/// Who gives the receipt.
#[derive(Serialize, ToSchema)]
struct ReceiptPractice {
    name: String,
    contact_email: String,
    phone: Option<String>,
    location: Option<ReceiptPlace>,
}

/// What was, or is, owed for a booking.
#[derive(Serialize, ToSchema)]
struct ReceiptView {
    /// Always the same for a booking. Numbers do not follow one another.
    number: String,
    booking_id: BookingId,
    practice: ReceiptPractice,
    client_name: String,
    therapist_names: Vec<String>,
    session_type: String,
    /// What the clock on the wall was to show at the start.
    #[schema(value_type = String, format = "date-time-local")]
    local_start: NaiveDateTime,
    zone: String,
    minutes: i64,
    state: BookingState,
    /// The price of the session.
    price_minor: i64,
    /// What is owed in its place.
    fee_minor: Option<i64>,
    fee_code: Option<FeeCode>,
    /// What is owed: the price of a session that took place, or the fee.
    total_minor: i64,
    /// ISO 4217.
    currency: String,
    /// The practice's cancellation terms, in its words.
    cancellation_text: String,
}

/// See the receipt of a session that took place, or of a fee
///
/// For whoever may see the booking; there is none before anything is owed.
#[utoipa::path(tag = "bookings", responses((status = 200, body = ReceiptView),
    (status = 404, description = "not_found: no such booking for whoever asks, or nothing is owed for it")))]
#[get("/bookings/{id}/receipt")]
async fn booking_receipt(guard: Guard<SeeReceipt, At<BookingId>>) -> Answer {
    let At(id) = guard.input;
    let receipt = guard
        .read(move |view| {
            let actor = view.actor();
            let booking = store::booking(view, &actor, id)?;
            receipt(view, booking)
        })
        .await?;
    shown(&receipt)
}

fn receipt(view: &mut View<'_>, booking: Booking) -> Result<ReceiptView, Stop> {
    let total_minor = booking.total_minor().ok_or(Refusal::NotThere)?;
    let practice = places::store::practice(view)?;
    let location = booking.placement.location.map(|id| places::store::location(view, id)).transpose()?;
    let placement = booking.placement;
    let names = placement.therapists().map(|id| Ok(therapists::store::therapist(view, id)?.name));
    let therapist_names = names.collect::<Result<_, Stop>>()?;
    Ok(ReceiptView {
        number: format!("R-{}", booking.id.0.simple()).to_uppercase(),
        booking_id: booking.id,
        client_name: clients::store::client(view, &CLERK, booking.client)?.details.name.as_str().to_owned(),
        therapist_names,
        session_type: session_types::store::session_type(view, booking.session_type)?.name,
        local_start: placement.local_start,
        zone: placement.zone.name().to_owned(),
        minutes: placement.session.length().num_minutes(),
        state: booking.state,
        price_minor: booking.price_minor,
        fee_minor: booking.fee.map(|fee| fee.minor),
        fee_code: booking.fee.map(|fee| fee.code),
        total_minor,
        currency: booking.currency,
        cancellation_text: practice.cancellation_text,
        practice: ReceiptPractice {
            name: practice.name,
            contact_email: practice.contact_email,
            phone: practice.phone,
            location: location.map(|place| ReceiptPlace { name: place.name, address_lines: place.address_lines }),
        },
    })
}
