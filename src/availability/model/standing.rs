//! The sessions that a new rule finds already booked.
//!
//! A rule never moves a booking. Whoever sets one is told which sessions stand where nobody is to work any more, so that people can decide
//! about each.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::overrides::DateOverride;
use super::schedule::Week;
use super::spans;
use super::time_off::TimeOff;
use crate::kernel::ids::{BookingId, LocationId, TherapistId};
use crate::kernel::time::Span;
use crate::places::model::Holiday;

/// A session that is booked and not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// As what it is booked.
    pub booking: BookingId,
    /// With whom.
    pub therapist: TherapistId,
    /// Where, if that was ever said.
    pub location: Option<LocationId>,
    /// The zone it has its date in.
    pub zone: Tz,
    /// From when until when, without buffers.
    pub session: Span,
}

/// A rule that may find sessions standing in its way.
pub trait Finds {
    /// Whether a session stands where this says that nobody works.
    fn finds(&self, standing: &Standing) -> bool;

    /// The bookings of all such sessions, by their start.
    fn affected(&self, standing: &[Standing]) -> Vec<BookingId> {
        // A session of two stands once for each of them.
        let mut found: Vec<BookingId> = standing.iter().filter(|one| self.finds(one)).map(|one| one.booking).collect();
        found.dedup();
        found
    }
}

impl Standing {
    /// The day of the session on the wall of its place.
    pub(super) fn date(&self) -> NaiveDate {
        self.session.start().date_in(self.zone)
    }
}

impl Finds for TimeOff {
    fn finds(&self, standing: &Standing) -> bool {
        self.therapist == standing.therapist && !self.spans(standing.session).is_empty()
    }
}

/// What is said of a date by itself is left to that: see [`DateOverride::is_about`].
impl Finds for Week {
    fn finds(&self, standing: &Standing) -> bool {
        let there =
            self.schedule.hours().iter().filter(|hours| standing.location.is_none_or(|at| at == hours.location));
        let open = spans::union(there.flat_map(|hours| hours.openings(standing.session)).map(|(_, open)| open));
        self.therapist == standing.therapist && !open.iter().any(|open| open.contains(standing.session))
    }
}

impl DateOverride {
    /// Whether a session stands where and on the date of which this speaks.
    #[must_use]
    pub fn is_about(&self, standing: &Standing) -> bool {
        self.therapist == standing.therapist && standing.location == Some(self.location) && standing.date() == self.date
    }
}

impl Finds for DateOverride {
    fn finds(&self, standing: &Standing) -> bool {
        self.is_about(standing) && !self.openings().any(|open| open.contains(standing.session))
    }
}

impl Finds for Holiday {
    fn finds(&self, standing: &Standing) -> bool {
        let here = self.location.is_none() || standing.location.is_some_and(|place| self.is_kept_at(place));
        here && self.is_on(standing.date())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::availability::model::hours::HoursDraft;
    use crate::availability::model::overrides::OverrideDraft;
    use crate::availability::model::schedule::Schedule;
    use crate::availability::model::time_off::{Audience, TimeOffDraft, TimeOffReason};
    use crate::kernel::time::Timestamp;
    use crate::places::model::{HolidayDraft, Location};

    const HERE: LocationId = LocationId(uuid::Uuid::nil());
    const MARA: TherapistId = TherapistId(uuid::Uuid::nil());
    const NOA: TherapistId = TherapistId(uuid::Uuid::max());

    fn at(text: &str) -> Timestamp {
        Timestamp::from(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap())
    }

    /// Ten to eleven on a local Monday, with Mara in Berlin.
    fn session(start: &str) -> Standing {
        let start = at(start);
        let session = Span::new(start, start.plus(chrono::TimeDelta::hours(1))).unwrap();
        let booking = BookingId(uuid::Uuid::nil());
        Standing { booking, therapist: MARA, location: Some(HERE), zone: Tz::Europe__Berlin, session }
    }

    fn berlin() -> Location {
        let address_lines = vec!["Ufer 1".into()];
        Location { id: HERE, name: "Berlin".into(), address_lines, zone: Tz::Europe__Berlin, active: true, version: 1 }
    }

    #[test]
    fn time_off_finds_what_it_touches_of_its_therapist() {
        let (start, end) = (Some(at("2027-03-01T09:30:00Z")), Some(at("2027-03-01T12:00:00Z")));
        let (reason, visible_to) = (TimeOffReason::Other, Audience::Own);
        let draft = TimeOffDraft { start, end, yearly: None, reason, note: None, visible_to };
        let off = TimeOff::add(MARA, &draft, at("2027-02-01T00:00:00Z")).unwrap().into_parts().0;
        assert!(off.finds(&session("2027-03-01T09:00:00Z")));
        assert!(!off.finds(&session("2027-03-01T08:30:00Z")) && !off.finds(&session("2027-03-01T12:00:00Z")));
        assert!(!off.finds(&Standing { therapist: NOA, ..session("2027-03-01T09:00:00Z") }));
        let found = [session("2027-03-01T08:00:00Z"), session("2027-03-01T09:00:00Z")];
        assert_eq!(off.affected(&found).len(), 1);
    }

    #[test]
    fn an_override_finds_what_it_leaves_out() {
        let spans = vec![("09:00".to_owned(), "12:00".to_owned())];
        let draft = OverrideDraft { location: HERE, date: "2027-03-01".parse().unwrap(), spans };
        let written = DateOverride::write(MARA, &draft, &[berlin()], at("2027-02-01T00:00:00Z"));
        let written = written.unwrap().into_parts().0;
        assert!(!written.finds(&session("2027-03-01T10:00:00Z")));
        let late = session("2027-03-01T10:30:00Z");
        assert!(written.finds(&late));
        assert!(!written.finds(&Standing { therapist: NOA, ..late }));
        assert!(!written.finds(&Standing { location: None, ..late }));
        // Midnight has passed in Berlin, and not yet in UTC.
        assert!(written.finds(&session("2027-02-28T23:30:00Z")) && !written.finds(&session("2027-03-01T23:30:00Z")));
    }

    #[test]
    fn a_week_finds_what_is_outside_its_hours() {
        let draft = |start: &str, end: &str| HoursDraft {
            location: HERE,
            weekday: 1,
            start: start.into(),
            end: end.into(),
            zone: "Europe/Berlin".into(),
            effective_from: "2027-01-01".parse().unwrap(),
            effective_until: None,
        };
        let hours = [draft("09:00", "11:00"), draft("11:00", "12:00")];
        let schedule = Schedule::parse(MARA, &hours, at("2027-02-01T00:00:00Z")).unwrap();
        let week = Week { therapist: MARA, schedule, version: 1 };
        assert!(!week.finds(&session("2027-03-01T09:30:00Z")), "over two spans that touch");
        let late = session("2027-03-01T10:30:00Z");
        assert!(week.finds(&late) && week.finds(&session("2027-03-02T09:00:00Z")));
        assert!(!week.finds(&Standing { therapist: NOA, ..late }));
        let early = session("2027-03-01T09:00:00Z");
        let elsewhere = Some(LocationId(uuid::Uuid::max()));
        assert!(week.finds(&Standing { location: elsewhere, ..early }));
        assert!(!week.finds(&Standing { location: None, ..early }));
    }

    #[test]
    fn a_holiday_finds_its_date_in_its_place() {
        let draft = |location| HolidayDraft {
            location,
            date: "2027-03-01".parse().unwrap(),
            yearly: true,
            name: "Rest".into(),
        };
        let declared = |location| {
            Holiday::declare(&draft(location), &[berlin()], at("2027-02-01T00:00:00Z")).unwrap().into_parts().0
        };
        let (one, all) = (declared(Some(HERE)), declared(None));
        assert!(one.finds(&session("2027-02-28T23:30:00Z")) && one.finds(&session("2028-03-01T10:00:00Z")));
        assert!(!one.finds(&session("2027-03-01T23:30:00Z")));
        let elsewhere = Standing { location: Some(LocationId(uuid::Uuid::max())), ..session("2027-03-01T10:00:00Z") };
        assert!(!one.finds(&elsewhere) && all.finds(&elsewhere));
        let nowhere = Standing { location: None, ..elsewhere };
        assert!(!one.finds(&nowhere) && all.finds(&nowhere));
    }
}
