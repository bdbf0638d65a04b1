//! A booking as it is shown.

use chrono::NaiveDateTime;
use serde::Serialize;
use utoipa::ToSchema;

use crate::availability::model::waiver::Waiver;
use crate::bookings::model::{
    AllowedAction, Block, BlockCode, Booking, BookingState, CancelReason, CorrectionReason, FeeCode, Override,
    OverrideReason, RecordReason, RecordSource, Remedy, Source, Step, VisitReason,
};
use crate::kernel::ids::{BookingId, BookingSeriesId, ClientId, LocationId, RoomId, SessionTypeId, TherapistId};
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::Terms;
use crate::text_schema;

text_schema!(BlockCode, BookingState, CancelReason, CorrectionReason, FeeCode, Override, OverrideReason);
text_schema!(RecordReason, RecordSource, Remedy, Source, Step, VisitReason, Waiver);

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

/// What was agreed about a booking, whatever the practice has set since.
#[derive(Serialize, ToSchema)]
pub(super) struct TermsView {
    cancellation_window_hours: i32,
    reschedule_window_hours: i32,
    /// Absent where a client cannot cancel late.
    late_cancel_fee_percent: Option<i32>,
    no_show_fee_percent: i32,
}

impl From<Terms> for TermsView {
    fn from(terms: Terms) -> Self {
        Self {
            cancellation_window_hours: terms.cancellation_window_hours,
            reschedule_window_hours: terms.reschedule_window_hours,
            late_cancel_fee_percent: terms.late_cancel_fee_percent,
            no_show_fee_percent: terms.no_show_fee_percent,
        }
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
    /// What was agreed when it was booked.
    terms: TermsView,
    /// What the client owes for breaking it.
    fee_minor: Option<i64>,
    /// What that fee is for.
    fee_code: Option<FeeCode>,
    /// How it came to be.
    source: Source,
    /// While it is pending: when it expires unless somebody has answered.
    answer_by: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// The course it was booked with, if it was.
    series_id: Option<BookingSeriesId>,
    /// Which session of that course it is, from 1.
    ordinal: Option<i32>,
    version: i32,
    /// The steps open to whoever asks, now.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_actions: Option<Vec<Step>>,
}

impl From<Booking> for BookingView {
    fn from(booking: Booking) -> Self {
        let answer_by = (booking.state == BookingState::Pending).then(|| booking.answer_by());
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
            actual: booking.actual.filter(|_| booking.state == BookingState::Completed).map(SpanView::from),
            terms: booking.terms.into(),
            fee_minor: booking.fee.map(|fee| fee.minor),
            fee_code: booking.fee.map(|fee| fee.code),
            source: booking.source,
            answer_by,
            created_at: booking.created_at,
            updated_at: booking.updated_at,
            series_id: booking.series.map(|member| member.series),
            ordinal: booking.series.map(|member| member.ordinal),
            version: booking.version,
            allowed_actions: None,
        }
    }
}

impl BookingView {
    /// The same with the steps open to whoever asks.
    pub(super) fn allowing(self, actions: &[AllowedAction]) -> Self {
        Self { allowed_actions: Some(actions.iter().map(|action| action.step).collect()), ..self }
    }
}
