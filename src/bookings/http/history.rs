//! What became of a booking, change by change.

use actix_web::get;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::bookings::model::{BookingState, PastVersion};
use crate::bookings::store;
use crate::http::answer::shown;
use crate::http::{Answer, At, Guard};
use crate::kernel::ids::{AccountId, BookingId, LocationId, RoomId, TherapistId};
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Seeing what became of a booking.
    SeeBookingHistory = "bookings.see_history": [Client, Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(booking_history);
}

/// One version of a booking, and how it came to be.
#[derive(Serialize, ToSchema)]
struct PastVersionView {
    version: i32,
    /// What happened: the name of the event.
    change: String,
    /// Where the booking stood from then on.
    state: BookingState,
    starts_at: Timestamp,
    ends_at: Timestamp,
    therapist_id: TherapistId,
    co_therapist_id: Option<TherapistId>,
    location_id: Option<LocationId>,
    room_id: Option<RoomId>,
    /// By whom, for the staff; absent where the program did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_by: Option<AccountId>,
    at: Timestamp,
}

impl From<PastVersion> for PastVersionView {
    fn from(past: PastVersion) -> Self {
        Self {
            version: past.version,
            change: past.change,
            state: past.state,
            starts_at: past.session.start(),
            ends_at: past.session.end(),
            therapist_id: past.therapist,
            co_therapist_id: past.co_therapist,
            location_id: past.location,
            room_id: past.room,
            changed_by: past.changed_by,
            at: past.at,
        }
    }
}

/// Every version of a booking, oldest first.
#[derive(Serialize, ToSchema)]
struct BookingHistoryView {
    items: Vec<PastVersionView>,
}

/// See what became of a booking, change by change
///
/// For whoever may see the booking. Staff are told by whom each change was made, clients what and when.
#[utoipa::path(tag = "bookings", responses((status = 200, body = BookingHistoryView)))]
#[get("/bookings/{id}/history")]
async fn booking_history(guard: Guard<SeeBookingHistory, At<BookingId>>) -> Answer {
    let At(id) = guard.input;
    let past = guard
        .read(move |view| {
            let actor = view.actor();
            store::past_versions(view, &actor, id)
        })
        .await?;
    shown(&BookingHistoryView { items: past.into_iter().map(PastVersionView::from).collect() })
}
