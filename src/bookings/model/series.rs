//! A course of sessions: the starts it wishes for, and the bookings it became.
//!
//! A cadence counts local dates and keeps the local time of the first session, whatever the clocks do between. Where they skip that time on a
//! day, or it cannot be had, the nearest start within the window takes its place. Once booked, each session is a booking like any other; the
//! course only knows which they are, so that several can be moved or called off at once.

use chrono::{Days, Months, NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use super::state::CancelReason;
use crate::availability::model::local::first_shown;
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{AccountId, BookingId, BookingSeriesId, ClientId, SessionTypeId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::{Span, Timestamp};
use crate::text_enum;

/// The fewest sessions of a course.
const FEWEST: i32 = 3;

/// The most sessions of a course.
const MOST: i32 = 5;

/// The widest window, in minutes to either side: three days, so that the sessions of consecutive weeks cannot change places.
const WIDEST: i64 = 3 * 24 * 60;

/// How long a course lasts at the most where its starts are chosen: all that is known of that time is laid out at once.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// The smallest step of time; turns "up to and including" into "up to but not including".
const TICK: TimeDelta = TimeDelta::microseconds(1);

text_enum! {
    /// How far apart the sessions of a course are.
    pub enum Cadence {
        /// A week.
        Weekly = "weekly",
        /// Two weeks.
        EveryTwoWeeks = "every_two_weeks",
        /// Three weeks.
        EveryThreeWeeks = "every_three_weeks",
        /// A month, on the same day of it, or on its last where it has no such day.
        Monthly = "monthly",
        /// A week, then two, then three, then a month.
        Graduated = "graduated",
    }
}

impl Cadence {
    /// The date of the session so many after the first.
    fn date(self, first: NaiveDate, after: u32) -> Option<NaiveDate> {
        let weeks = |weeks: u32| first.checked_add_days(Days::new(u64::from(weeks) * 7));
        match (self, after) {
            (Self::Weekly, _) => weeks(after),
            (Self::EveryTwoWeeks, _) => weeks(2 * after),
            (Self::EveryThreeWeeks, _) => weeks(3 * after),
            (Self::Monthly, _) => first.checked_add_months(Months::new(after)),
            (Self::Graduated, 0..=3) => weeks((0..=after).sum()),
            (Self::Graduated, _) => weeks(6)?.checked_add_months(Months::new(after - 3)),
        }
    }
}

/// How a course goes on from its first session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How far apart its sessions are.
    pub cadence: Cadence,
    count: i32,
    window: TimeDelta,
}

impl Plan {
    /// A course of so many sessions, each as many minutes before or after its time as the window is wide.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for too few or too many sessions, and for a window in which they could change places.
    pub fn parse(cadence: Cadence, count: i32, window_minutes: i64) -> Result<Self, Refusal> {
        let mut fields = Fields::default();
        let count = fields.within("/count", count, FEWEST..=MOST);
        let window = fields.within("/window_minutes", window_minutes, 0..=WIDEST);
        fields.finish(|| Some(Self { cadence, count: count?, window: TimeDelta::minutes(window?) }))
    }

    /// What it wishes for, from its first start on, by the clocks of a zone.
    ///
    /// # Errors
    /// [`Refusal::OutsideAvailability`] beyond the calendar.
    pub fn wishes(&self, first: Timestamp, zone: Tz) -> Result<Vec<Wished>, Refusal> {
        let local = local_of(first, zone);
        let follow = |after: u32| {
            let date = self.cadence.date(local.date(), after)?;
            let (start, is_shown) = first_shown(date.and_time(local.time()), zone)?;
            Some(Wished { ordinal: 1, start, is_shown, window: self.window })
        };
        let begin = Wished { ordinal: 1, start: first, is_shown: true, window: self.window };
        (1..=self.count)
            .zip(0_u32..)
            .map(|(ordinal, after)| {
                let wished = if after == 0 { Some(begin) } else { follow(after) };
                wished.map(|wished| Wished { ordinal, ..wished }).ok_or(Refusal::OutsideAvailability)
            })
            .collect()
    }
}

/// A start that a session of a course wishes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wished {
    /// Which of the course, from 1.
    pub ordinal: i32,
    /// The start; where the clocks skip its time, the first instant after.
    pub start: Timestamp,
    /// Whether the clocks show the time that is wished for.
    pub is_shown: bool,
    window: TimeDelta,
}

impl Wished {
    /// Starts that were chosen one by one, and for which no other will do.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for too few or too many, where one does not follow the one before, and where one is more than a year after the first.
    pub fn exactly(starts: &[Timestamp]) -> Result<Vec<Self>, Refusal> {
        let mut fields = Fields::default();
        let is_course = i32::try_from(starts.len()).is_ok_and(|count| (FEWEST..=MOST).contains(&count));
        fields.require(is_course, "/starts", "out_of_range", "a course has 3 to 5 sessions");
        for ((at, one), next) in starts.iter().enumerate().zip(starts.iter().skip(1)) {
            let pointer = format!("/starts/{}", at + 1);
            fields.require(one < next, &pointer, "not_after_previous", "must be later than the one before");
        }
        let first = starts.first().copied();
        for (at, start) in starts.iter().enumerate() {
            let near = first.is_none_or(|first| start.since(first) <= LONGEST);
            fields.require(near, &format!("/starts/{at}"), "too_far", "must be within a year of the first");
        }
        let each = (1..).zip(starts);
        let exactly = |(ordinal, start): (i32, &Timestamp)| Self {
            ordinal,
            start: *start,
            is_shown: true,
            window: TimeDelta::zero(),
        };
        fields.finish(|| Some(each.map(exactly).collect()))
    }

    /// The starts that would do in its stead; none where there is no window.
    #[must_use]
    pub fn around(&self) -> Option<Span> {
        let around = Span::new(self.start.minus(self.window), self.start.plus(self.window))?;
        Some(around.padded(TimeDelta::zero(), TICK))
    }
}

text_enum! {
    /// Which sessions of a course are to be booked.
    pub enum Mode {
        /// All, or none of them.
        All = "all",
        /// Those that can be.
        Possible = "possible",
    }
}

/// Which course a booking belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The course.
    pub series: BookingSeriesId,
    /// Which of its sessions, from 1.
    pub ordinal: i32,
}

/// A course as it was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Stays the same whatever becomes of its sessions.
    pub id: BookingSeriesId,
    /// Who is treated.
    pub client: ClientId,
    /// With whom it was booked; single sessions may have been moved to others since.
    pub therapist: TherapistId,
    /// What kind of session.
    pub session_type: SessionTypeId,
    /// How far apart its sessions were to be; absent where each start was chosen.
    pub cadence: Option<Cadence>,
    /// The login that asked for it.
    pub requested_by: AccountId,
    /// Its bookings, each with its number in the course. What could not be booked has left its number free.
    pub members: Vec<(i32, BookingId)>,
    /// Grows by one whenever several of its sessions are changed at once.
    pub version: i32,
    /// When it was booked.
    pub created_at: Timestamp,
}

impl Series {
    /// Ties bookings that were made together to a course.
    pub fn book(self) -> Change<Self> {
        let event = self.event("booking_series.booked").with("sessions", self.members.len());
        Change::new(self, event)
    }

    /// Its bookings from one on.
    ///
    /// # Errors
    /// [`Refusal::Fields`] where the course has no session of that number.
    pub fn following(&self, ordinal: i32) -> Result<Vec<(i32, BookingId)>, Refusal> {
        let later: Vec<_> = self.members.iter().copied().filter(|(number, _)| *number >= ordinal).collect();
        if later.first().is_none_or(|(number, _)| *number != ordinal) {
            let unknown = Violation::at("/from_ordinal", "unknown_ordinal", "must be a session of the course");
            return Err(Refusal::Fields(vec![unknown]));
        }
        Ok(later)
    }

    /// Notes that its sessions from one on were moved.
    pub fn reschedule(self, ordinal: i32) -> Change<Self> {
        let event = self.event("booking_series.rescheduled").with("from_ordinal", ordinal);
        Change::new(self.next_version(), event)
    }

    /// Notes that its sessions from one on were called off.
    pub fn cancel(self, ordinal: i32, reason: Option<CancelReason>) -> Change<Self> {
        let event = self.event("booking_series.cancelled").with("from_ordinal", ordinal);
        let event = reason.into_iter().fold(event, |event, reason| event.with("reason", reason));
        Change::new(self.next_version(), event)
    }

    fn next_version(self) -> Self {
        Self { version: self.version.saturating_add(1), ..self }
    }

    fn event(&self, action: &'static str) -> Event {
        Event::new(action, self.id).about(self.client)
    }
}

/// How far sessions go when one of them goes elsewhere: as far as the clock on its wall tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shift(TimeDelta);

impl Shift {
    /// From a local start to an instant in the same zone.
    #[must_use]
    pub fn between(from: NaiveDateTime, to: Timestamp, zone: Tz) -> Self {
        Self(local_of(to, zone).signed_duration_since(from))
    }

    /// Whether it goes to a later time, so that whoever comes after must make way first.
    #[must_use]
    pub fn is_later(self) -> bool {
        self.0 > TimeDelta::zero()
    }

    /// Where it takes a session that was to start when a wall showed `local`; the first instant after, where the clocks skip that time.
    ///
    /// # Errors
    /// [`Refusal::OutsideAvailability`] beyond the calendar.
    pub fn of(self, local: NaiveDateTime, zone: Tz) -> Result<Timestamp, Refusal> {
        let moved = local.checked_add_signed(self.0).and_then(|local| first_shown(local, zone));
        moved.map(|(start, _)| start).ok_or(Refusal::OutsideAvailability)
    }
}

/// Whether a refusal is of the course and not of one start: another would not help, or whoever asks may not ask.
#[must_use]
pub fn refuses_course(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::NotThere
            | Refusal::Unauthenticated
            | Refusal::Forbidden { .. }
            | Refusal::Fields(_)
            | Refusal::IntakeRequired
            | Refusal::ClearanceRequired { .. }
            | Refusal::Contraindicated { .. }
            | Refusal::ScreeningBlocked
            | Refusal::Blocked { .. }
            | Refusal::GuardianRequired
            | Refusal::ConsentRequired
    )
}

fn local_of(at: Timestamp, zone: Tz) -> NaiveDateTime {
    at.utc().with_timezone(&zone).naive_local()
}

#[cfg(test)]
mod tests;
