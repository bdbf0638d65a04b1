//! What is sent about a course.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::availability::model::waiver::Waiver;
use crate::bookings::acts::CourseAsk;
use crate::bookings::http::when::{LocalStart, When, zone};
use crate::bookings::model::{Cadence, Mode, OverrideReason, Plan, SetAside, Wished};
use crate::bookings::store::Sought;
use crate::db::{Stop, View};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{ClientId, LocationId, RoomId, SessionTypeId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::text_schema;

text_schema!(Cadence, Mode);

/// Whose courses.
#[derive(Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SeriesQuery {
    /// The client who is treated.
    pub client_id: ClientId,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<i64>,
    /// Where the page before ended.
    pub cursor: Option<Uuid>,
}

/// Who is to be treated, by whom, how, from when on and how often. When it begins is told by `starts_at` or by `local_start`.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "client_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "therapist_id": "0197a3a0-5b1e-7c3d-8f00-000000000002",
    "session_type_id": "0197a3a0-5b1e-7c3d-8f00-000000000003", "starts_at": "2027-03-04T10:00:00+01:00",
    "cadence": "weekly", "count": 3, "window_minutes": 120
}))]
pub(super) struct ProposalAsk {
    client_id: ClientId,
    therapist_id: TherapistId,
    /// The second therapist, where the session type needs two.
    co_therapist_id: Option<TherapistId>,
    session_type_id: SessionTypeId,
    starts_at: Option<Timestamp>,
    /// What the clock on the wall of the place shows at the first start; with its offset, such as `+02:00`, where it shows that time twice.
    #[schema(value_type = Option<String>)]
    local_start: Option<LocalStart>,
    /// Where; wherever the therapist is then, if absent.
    location_id: Option<LocationId>,
    /// In which room; in any that is free and of the right kind, if absent.
    room_id: Option<RoomId>,
    cadence: Cadence,
    /// How many sessions: 3 to 5.
    #[schema(minimum = 3, maximum = 5)]
    count: i32,
    /// How many minutes before or after its time a session may be: 0, if not said, to 4320, which are three days.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 4320)]
    window_minutes: i64,
    /// Rules that staff set aside for each session: `min_notice`, `max_advance`, `working_hours`, `grid`, `limits`, `age`.
    #[serde(default, rename = "override")]
    overrides: Vec<Waiver>,
    /// Why they are set aside.
    override_reason: Option<OverrideReason>,
}

/// A course as it is wished for, or its starts as they were chosen.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "client_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "therapist_id": "0197a3a0-5b1e-7c3d-8f00-000000000002",
    "session_type_id": "0197a3a0-5b1e-7c3d-8f00-000000000003", "mode": "all", "cadence": "weekly",
    "starts": ["2027-03-04T10:00:00+01:00", "2027-03-11T10:00:00+01:00", "2027-03-18T11:00:00+01:00"]
}))]
pub(super) struct SeriesAsk {
    client_id: ClientId,
    therapist_id: TherapistId,
    /// The second therapist, where the session type needs two.
    co_therapist_id: Option<TherapistId>,
    session_type_id: SessionTypeId,
    /// The chosen starts, 3 to 5 of them, in order and within a year; in place of a first start, `count` and `window_minutes`.
    #[schema(min_items = 3, max_items = 5)]
    starts: Option<Vec<Timestamp>>,
    starts_at: Option<Timestamp>,
    /// What the clock on the wall of the place shows at the first start; with its offset, such as `+02:00`, where it shows that time twice.
    #[schema(value_type = Option<String>)]
    local_start: Option<LocalStart>,
    /// Where; wherever the therapist is then, if absent.
    location_id: Option<LocationId>,
    /// In which room; in any that is free and of the right kind, if absent.
    room_id: Option<RoomId>,
    /// Needed with a first start; beside `starts` it only tells how they came about.
    cadence: Option<Cadence>,
    /// How many sessions: 3 to 5.
    #[schema(minimum = 3, maximum = 5)]
    count: Option<i32>,
    /// How many minutes before or after its time a session may be: 0, if not said, to 4320, which are three days.
    #[schema(minimum = 0, maximum = 4320)]
    window_minutes: Option<i64>,
    mode: Mode,
    /// Rules that staff set aside for each session: `min_notice`, `max_advance`, `working_hours`, `grid`, `limits`, `age`.
    #[serde(default, rename = "override")]
    overrides: Vec<Waiver>,
    /// Why they are set aside.
    override_reason: Option<OverrideReason>,
}

/// A course whose fields make sense by themselves.
#[derive(Clone)]
pub(super) struct CourseRequest {
    whose: Whose,
    times: Times,
}

#[derive(Clone, Copy)]
struct Whose {
    client: ClientId,
    therapist: TherapistId,
    co_therapist: Option<TherapistId>,
    session_type: SessionTypeId,
    location: Option<LocationId>,
    room: Option<RoomId>,
    set_aside: SetAside,
}

#[derive(Clone)]
enum Times {
    Planned(When, Plan),
    Chosen(Vec<Wished>),
}

impl ProposalAsk {
    pub(super) fn parse(self) -> Result<CourseRequest, Refusal> {
        let whose = Whose {
            client: self.client_id,
            therapist: self.therapist_id,
            co_therapist: self.co_therapist_id,
            session_type: self.session_type_id,
            location: self.location_id,
            room: self.room_id,
            set_aside: SetAside::parse(&self.overrides, self.override_reason)?,
        };
        let when = When::parse(self.starts_at, self.local_start, self.location_id)?;
        let plan = Plan::parse(self.cadence, self.count, self.window_minutes)?;
        Ok(CourseRequest { whose, times: Times::Planned(when, plan) })
    }
}

/// A course to be booked, whose fields make sense by themselves.
#[derive(Clone)]
pub(super) struct BookRequest {
    course: CourseRequest,
    cadence: Option<Cadence>,
    mode: Mode,
}

impl SeriesAsk {
    pub(super) fn parse(self) -> Result<BookRequest, Refusal> {
        let whose = Whose {
            client: self.client_id,
            therapist: self.therapist_id,
            co_therapist: self.co_therapist_id,
            session_type: self.session_type_id,
            location: self.location_id,
            room: self.room_id,
            set_aside: SetAside::parse(&self.overrides, self.override_reason)?,
        };
        let (cadence, mode) = (self.cadence, self.mode);
        Ok(BookRequest { course: CourseRequest { whose, times: self.times()? }, cadence, mode })
    }

    fn times(self) -> Result<Times, Refusal> {
        let Some(starts) = self.starts else {
            let mut fields = Fields::default();
            let cadence = fields.parsed("/cadence", self.cadence, "required", "say how far apart the sessions are");
            let count = fields.parsed("/count", self.count, "required", "say how many sessions there are to be");
            let (cadence, count) = fields.finish(|| Some((cadence?, count?)))?;
            let plan = Plan::parse(cadence, count, self.window_minutes.unwrap_or_default())?;
            return Ok(Times::Planned(When::parse(self.starts_at, self.local_start, self.location_id)?, plan));
        };
        let mut fields = Fields::default();
        let others = [
            ("/starts_at", self.starts_at.is_some()),
            ("/local_start", self.local_start.is_some()),
            ("/count", self.count.is_some()),
            ("/window_minutes", self.window_minutes.is_some()),
        ];
        for (pointer, is_said) in others {
            fields.require(!is_said, pointer, "not_both", "say starts, or how they follow from the first");
        }
        fields.finish(|| Some(()))?;
        Ok(Times::Chosen(Wished::exactly(&starts)?))
    }
}

impl CourseRequest {
    /// What is wished for, now that the zones of places can be looked up.
    pub(super) fn wished(&self, view: &mut View<'_>) -> Result<(Sought, Vec<Wished>), Stop> {
        let Whose { client, therapist, co_therapist, session_type, location, room, set_aside } = self.whose;
        let wished = match &self.times {
            Times::Chosen(wished) => wished.clone(),
            Times::Planned(when, plan) => {
                let first = when.start(view, therapist)?;
                plan.wishes(first, zone(view, therapist, location, first.utc().date_naive())?)?
            }
        };
        let start = wished.first().ok_or(Refusal::OutsideAvailability)?.start;
        let (moving, held_since) = (None, None);
        let sought = Sought {
            client,
            therapist,
            co_therapist,
            session_type,
            start,
            location,
            room,
            moving,
            held_since,
            set_aside,
        };
        Ok((sought, wished))
    }
}

impl BookRequest {
    /// The course that is wished for.
    pub(super) fn ask(&self, view: &mut View<'_>) -> Result<CourseAsk, Stop> {
        let (sought, wished) = self.course.wished(view)?;
        Ok(CourseAsk { sought, wished, cadence: self.cadence, mode: self.mode })
    }
}
