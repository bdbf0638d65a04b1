//! A course as it is shown.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::bookings::acts::Proposed;
use crate::bookings::http::checks::ProspectView;
use crate::bookings::http::views::BookingView;
use crate::bookings::model::{Booking, Cadence};
use crate::bookings::store::Course;
use crate::http::Problem;
use crate::kernel::ids::{BookingSeriesId, ClientId, SessionTypeId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// What one session of a course could be, or why it cannot.
#[derive(Serialize, ToSchema)]
pub(super) struct ProposalView {
    ordinal: i32,
    /// The start that is wished for; where the clocks skip that time, the first instant after.
    wished_at: Timestamp,
    bookable: bool,
    /// What would be booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    booking: Option<ProspectView>,
    /// The stable word of what refuses the start that is wished for, where nothing within the window would do either.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The problem that booking it would answer with: `alternatives` and what else belongs to its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<Value>,
}

impl From<Proposed> for ProposalView {
    fn from(proposed: Proposed) -> Self {
        let Proposed { wished, found } = proposed;
        let (booking, refusal) = match found {
            Ok(booking) => (Some(booking), None),
            Err(refusal) => (None, Some(refusal)),
        };
        let (code, problem) = told(refusal);
        Self {
            ordinal: wished.ordinal,
            wished_at: wished.start,
            bookable: booking.is_some(),
            booking: booking.map(ProspectView::from),
            code,
            problem,
        }
    }
}

/// What each session of a course could be.
#[derive(Serialize, ToSchema)]
pub(super) struct ProposalsView {
    pub occurrences: Vec<ProposalView>,
}

/// One session of a course: its booking as it stands, or why there is none.
#[derive(Serialize, ToSchema)]
pub(super) struct OccurrenceView {
    ordinal: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    booking: Option<BookingView>,
    /// The stable word of what refused it; told once, when the course is booked.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The whole of that problem: `alternatives` and what else belongs to its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<Value>,
}

impl OccurrenceView {
    fn of(ordinal: i32, found: Result<Booking, Refusal>) -> Self {
        let (booking, refusal) = match found {
            Ok(booking) => (Some(booking), None),
            Err(refusal) => (None, Some(refusal)),
        };
        let (code, problem) = told(refusal);
        Self { ordinal, booking: booking.map(BookingView::from), code, problem }
    }

    fn standing(booking: Booking) -> Self {
        Self::of(booking.series.map_or(0, |member| member.ordinal), Ok(booking))
    }
}

fn told(refusal: Option<Refusal>) -> (Option<&'static str>, Option<Value>) {
    let problem = refusal.map(Problem::from);
    (problem.as_ref().map(Problem::code), problem.as_ref().map(Problem::told))
}

/// A course of sessions that were booked together.
#[derive(Serialize, ToSchema)]
pub(super) struct SeriesView {
    id: BookingSeriesId,
    client_id: ClientId,
    /// With whom it was booked.
    therapist_id: TherapistId,
    session_type_id: SessionTypeId,
    /// How far apart the sessions were to be, unless each start was chosen.
    cadence: Option<Cadence>,
    occurrences: Vec<OccurrenceView>,
    created_at: Timestamp,
    version: i32,
}

impl SeriesView {
    fn of(Course { series, version, .. }: Course, occurrences: Vec<OccurrenceView>) -> Self {
        Self {
            id: series.id,
            client_id: series.client,
            therapist_id: series.therapist,
            session_type_id: series.session_type,
            cadence: series.cadence,
            occurrences,
            created_at: series.created_at,
            version,
        }
    }

    /// A course that was just booked, with what could not be.
    pub(super) fn booked(course: Course, proposals: Vec<Proposed>) -> Self {
        let each = proposals.into_iter().map(|one| OccurrenceView::of(one.wished.ordinal, one.found));
        Self::of(course, each.collect())
    }
}

impl From<Course> for SeriesView {
    fn from(mut course: Course) -> Self {
        let bookings = std::mem::take(&mut course.bookings);
        Self::of(course, bookings.into_iter().map(OccurrenceView::standing).collect())
    }
}

/// A page of a client's courses.
#[derive(Serialize, ToSchema)]
pub(super) struct SeriesListView {
    pub items: Vec<SeriesView>,
    pub next_cursor: Option<Uuid>,
}
