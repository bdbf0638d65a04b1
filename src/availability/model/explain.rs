//! Why a start cannot be booked, for those who run a therapist's calendar.
//!
//! A booking is told that a start is outside availability and no more, since why somebody is not there is nobody's business. Who keeps the
//! calendar is told which rule of it says so.

use chrono::NaiveDate;

use super::offer::{Calendar, Offer, Opening};
use crate::kernel::ids::TherapistId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::Location;
use crate::text_enum;

text_enum! {
    /// Why a therapist does not work at a time, the strongest word last.
    pub enum Closed {
        /// They work at no place of the practice on that day of the week.
        NoHoursThatDay = "no_hours_that_day",
        /// They work on that day, but not at that time.
        OutsideHours = "outside_hours",
        /// The place is closed for a holiday.
        Holiday = "holiday",
        /// They said that they do not work on that date.
        ClosedThatDay = "closed_that_day",
        /// They are off.
        TimeOff = "time_off",
    }
}

/// What stands in the way of a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The therapist does not work then.
    Closed(Closed),
    /// Another rule.
    Refused(Refusal),
}

impl Offer {
    /// The session that begins at `start` with one therapist, or the rule that refuses it.
    ///
    /// # Errors
    /// The obstacle; what `admits` says of the client on the date comes last.
    pub fn explain(
        &self,
        (therapist, calendar): (TherapistId, &Calendar),
        start: Timestamp,
        admits: &dyn Fn(NaiveDate) -> Result<(), Refusal>,
    ) -> Result<Opening, Obstacle> {
        match self.decide(therapist, calendar, start) {
            Ok(opening) => admits(opening.date()).map(|()| opening).map_err(Obstacle::Refused),
            Err(Refusal::OutsideAvailability) => Err(Obstacle::Closed(self.why_closed(calendar, start))),
            Err(refusal) => Err(Obstacle::Refused(refusal)),
        }
    }

    /// Where a therapist works in several places, the one whose rules come nearest to allowing it says why.
    fn why_closed(&self, calendar: &Calendar, start: Timestamp) -> Closed {
        let rules = self.rules(self.terms(&[(TherapistId(uuid::Uuid::nil()), calendar)]));
        let session = rules.and_then(|rules| rules.session(start)).map(|session| session.span);
        if session.is_some_and(|session| calendar.off.iter().any(|off| off.overlaps(session))) {
            return Closed::TimeOff;
        }
        let places = self.places(&[(TherapistId(uuid::Uuid::nil()), calendar)]);
        let why = places.into_iter().map(|place| self.why_closed_at(place, calendar, start.date_in(place.zone)));
        why.min_by_key(|closed| *closed != Closed::OutsideHours).unwrap_or(Closed::NoHoursThatDay)
    }

    fn why_closed_at(&self, place: &Location, calendar: &Calendar, date: NaiveDate) -> Closed {
        let said = self.openings_of(calendar, place);
        let on_date = |open: &Span| open.start().date_in(place.zone) == date;
        if let Some(instead) = said.overrides.iter().find(|other| other.date == date) {
            return if instead.spans.is_empty() { Closed::ClosedThatDay } else { Closed::OutsideHours };
        }
        if said.holidays.iter().any(|holiday| holiday.is_on(date)) {
            return Closed::Holiday;
        }
        if said.open(self.known).iter().any(on_date) { Closed::OutsideHours } else { Closed::NoHoursThatDay }
    }
}
