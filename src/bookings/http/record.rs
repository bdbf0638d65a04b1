//! Recording sessions that were agreed past the program.

use actix_web::post;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::views::BookingView;
use crate::bookings::acts::{self, Record};
use crate::bookings::model::{RecordReason, RecordSource, Told};
use crate::http::answer::{created, made};
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, Guard, Json};
use crate::kernel::ids::{ClientId, LocationId, SessionTypeId, TherapistId};
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Recording a session that was agreed past the program.
    RecordSession = "bookings.record": [Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(record_session);
}

/// Who was treated, or is to be, by whom, when and how that came about.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "client_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "therapist_id": "0197a3a0-5b1e-7c3d-8f00-000000000002",
    "session_type_id": "0197a3a0-5b1e-7c3d-8f00-000000000003", "starts_at": "2027-02-26T10:00:00+01:00",
    "ends_at": "2027-02-26T10:50:00+01:00", "source": "past_session", "reason": "recorded_late"
}))]
struct RecordAsk {
    client_id: ClientId,
    therapist_id: TherapistId,
    /// Who treats beside them, in a session of two.
    co_therapist_id: Option<TherapistId>,
    session_type_id: SessionTypeId,
    /// Where; may be left out where the practice has one open place.
    location_id: Option<LocationId>,
    starts_at: Timestamp,
    /// When a past session ended; if absent, as long after its start as its type lasts.
    ends_at: Option<Timestamp>,
    source: RecordSource,
    reason: RecordReason,
}

impl RecordAsk {
    fn parse(self) -> Record {
        Record {
            client: self.client_id,
            therapist: self.therapist_id,
            co_therapist: self.co_therapist_id,
            session_type: self.session_type_id,
            location: self.location_id,
            told: Told { source: self.source, start: self.starts_at, end: self.ends_at },
            why: self.reason,
        }
    }
}

/// Record a walk-in, a session agreed on the telephone, or one that has taken place
///
/// No rule of notice, hours, grid or limits refuses it; an overlap does, with what is over its session alone and with what is to come its buffers too.
/// What is to come ends what is held for the client, a past session only what it overlaps. The decision (credential, screening, form, guardian) is asked all the same and
/// kept as the booking's blocks. A past session is completed at once, with its blocks beside it; a walk-in is confirmed, and what blocks it is
/// still in the way at check-in. What is agreed for later is refused (`blocked`) where nothing but a cancellation would mend it.
/// Therapists record their own sessions with clients they treat.
#[utoipa::path(tag = "bookings", request_body = RecordAsk, params(IdempotencyHeader), responses(
    (status = 201, body = BookingView),
    (status = 404, description = "not_found: no such client, therapist, session type or location for whoever asks"),
    (status = 409, description = "slot_unavailable, client_already_booked, room_unavailable, blocked or idempotency_in_progress")))]
#[post("/bookings/records")]
async fn record_session(guard: Guard<RecordSession, Json<RecordAsk>>) -> Answer {
    let record = guard.input.0.clone().parse();
    let receipt = guard
        .create(move |tx| {
            let booking = acts::record(tx, &record)?;
            created(format!("/api/v1/bookings/{}", booking.id), booking.version, &BookingView::from(booking))
        })
        .await?;
    made(&receipt)
}
