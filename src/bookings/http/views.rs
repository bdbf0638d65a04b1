//! A booking as it is shown.

use chrono::NaiveDateTime;
use serde::Serialize;
use utoipa::ToSchema;

use crate::bookings::model::{
    Block, BlockCode, Booking, BookingState, CancelReason, CorrectionReason, Remedy, Step, VisitReason,
};
use crate::kernel::ids::{BookingId, ClientId, LocationId, RoomId, SessionTypeId, TherapistId};
use crate::kernel::page::Page;
use crate::kernel::time::{Span, Timestamp};
use crate::text_schema;

text_schema!(BlockCode, BookingState, CancelReason, CorrectionReason, Remedy, Step, VisitReason);

/// Why a booking that stands may not go ahead yet.
#[derive(Serialize, ToSchema)]
pub(super) struct BlockView {
    code: BlockCode,
    since: Timestamp,
    /// What set it: the name of an event.
    by: String,
    remedy: Remedy,
}

impl From<&Block> for BlockView {
    fn from(block: &Block) -> Self {
        Self { code: block.code, since: block.since, by: block.by.clone(), remedy: block.remedy }
    }
}

/// From when until when.
#[derive(Serialize, ToSchema)]
pub(super) struct SpanView {
    start: Timestamp,
    end: Timestamp,
}

impl From<Span> for SpanView {
    fn from(span: Span) -> Self {
        Self { start: span.start(), end: span.end() }
    }
}

/// A client, a therapist and a time.
#[derive(Serialize, ToSchema)]
pub(super) struct BookingView {
    id: BookingId,
    client_id: ClientId,
    therapist_id: TherapistId,
    /// Who treats beside them, in a session of two.
    co_therapist_id: Option<TherapistId>,
    session_type_id: SessionTypeId,
    location_id: Option<LocationId>,
    room_id: Option<RoomId>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    /// What the clock on the wall was to show when the time was agreed.
    #[schema(value_type = String, format = "date-time-local")]
    local_start: NaiveDateTime,
    zone: String,
    state: BookingState,
    /// FHIR's `AppointmentStatus`.
    fhir_status: &'static str,
    /// What keeps it from going ahead.
    blocks: Vec<BlockView>,
    price_minor: i64,
    currency: String,
    /// Whether reasons for the visit were given; they are read at `/reasons`.
    has_reasons: bool,
    cancel_reason: Option<CancelReason>,
    /// When the session really took place.
    actual: Option<SpanView>,
    created_at: Timestamp,
    version: i32,
    /// The steps open to whoever asks, now.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_actions: Option<Vec<Step>>,
}

impl From<Booking> for BookingView {
    fn from(booking: Booking) -> Self {
        let placement = booking.placement;
        Self {
            id: booking.id,
            client_id: booking.client,
            therapist_id: placement.therapist,
            co_therapist_id: placement.co_therapist,
            session_type_id: booking.session_type,
            location_id: placement.location,
            room_id: placement.room.map(|(room, _)| room),
            starts_at: placement.session.start(),
            ends_at: placement.session.end(),
            local_start: placement.local_start,
            zone: placement.zone.name().to_owned(),
            state: booking.state,
            fhir_status: booking.state.fhir(),
            blocks: booking.blocks.iter().map(BlockView::from).collect(),
            price_minor: booking.price_minor,
            currency: booking.currency,
            has_reasons: booking.reasons.is_some(),
            cancel_reason: booking.cancel_reason,
            actual: booking.actual.map(SpanView::from),
            created_at: booking.created_at,
            version: booking.version,
            allowed_actions: None,
        }
    }
}

impl BookingView {
    /// The same with the steps open to whoever asks.
    pub(super) fn allowing(self, steps: Vec<Step>) -> Self {
        Self { allowed_actions: Some(steps), ..self }
    }
}

/// A page of bookings.
#[derive(Serialize, ToSchema)]
pub(super) struct BookingsView {
    items: Vec<BookingView>,
    next_cursor: Option<uuid::Uuid>,
}

impl From<Page<Booking>> for BookingsView {
    fn from(page: Page<Booking>) -> Self {
        let page = page.map(BookingView::from);
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}
