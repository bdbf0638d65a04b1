//! A therapist's day, and all that the next session needs.

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use crate::bookings::model::{Booking, Placement, Reasons, Step};
use crate::clients::model::Client;
use crate::intake::model::brief::Brief;
use crate::kernel::ids::NoteId;
use crate::kernel::time::{Span, Timestamp};
use crate::notes::model::{LastNote, Note};
use crate::places::model::Location;
use crate::session_types::model::SessionType;

/// How far from midnight UTC a local day can begin: zones lie up to 14 hours ahead and 12 behind, and clock changes stay within the rest.
const WIDEST: TimeDelta = TimeDelta::hours(15);

/// Which local day is asked for. Each place has its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    date: Option<NaiveDate>,
    now: Timestamp,
}

impl Day {
    /// The day of a date, or the one that it is now.
    #[must_use]
    pub fn of(date: Option<NaiveDate>, now: Timestamp) -> Self {
        Self { date, now }
    }

    /// Its date by the clocks of a zone.
    #[must_use]
    pub fn date_in(self, zone: Tz) -> NaiveDate {
        self.date.unwrap_or_else(|| self.now.date_in(zone))
    }

    /// The time in which every session of the day begins, wherever it is held. Wider than any one day: [`holds`](Self::holds) says which do.
    #[must_use]
    pub fn reach(self) -> Option<Span> {
        let date = self.date_in(Tz::UTC);
        let midnight = Timestamp::from(date.and_time(NaiveTime::MIN).and_utc());
        let day = Span::new(midnight, midnight.plus(TimeDelta::days(1)))?;
        // Where nobody said which, today may be yesterday or tomorrow by UTC.
        let slack = if self.date.is_some() { WIDEST } else { WIDEST + TimeDelta::days(1) };
        Some(day.padded(slack, slack))
    }

    /// Whether a session begins on it, by the clocks where it is held.
    #[must_use]
    pub fn holds(self, placement: &Placement) -> bool {
        placement.session.start().date_in(placement.zone) == self.date_in(placement.zone)
    }
}

/// A therapist's day.
pub struct DaySheet {
    /// Its date; where none was asked for, today's in the zone of the practice.
    pub date: NaiveDate,
    /// Its sessions, in the order of their start.
    pub sittings: Vec<Sitting>,
    /// The notes of earlier days that the therapist has still to sign, the oldest session first.
    pub unsigned: Vec<NoteId>,
}

impl DaySheet {
    /// The drafts of sessions before a date.
    #[must_use]
    pub fn unsigned_before(date: NaiveDate, drafts: &[Note]) -> Vec<NoteId> {
        drafts.iter().filter(|draft| draft.date_of_service < date).map(|draft| draft.id).collect()
    }
}

/// One session of the day.
pub struct Sitting {
    /// The booking, its reasons sealed.
    pub booking: Booking,
    /// Where it is held.
    pub location: Option<Location>,
    /// What kind of session.
    pub session_type: SessionType,
    /// The steps open to the therapist now.
    pub steps: Vec<Step>,
    /// What was opened of the client; nothing where the therapist does not treat them.
    pub client: Option<ClientSheet>,
}

/// What is opened of one client before one session.
pub struct ClientSheet {
    /// The record.
    pub client: Client,
    /// Their age on the day, if known.
    pub age: Option<u32>,
    /// Who acts for them on the day; for a minor.
    pub guardians: Vec<Client>,
    /// How many sessions they have had before.
    pub sessions: usize,
    /// How many of those with this therapist.
    pub sessions_together: usize,
    /// Why they come.
    pub reasons: Option<Reasons>,
    /// Their health history.
    pub intake: Brief,
    /// What the last signed note says.
    pub last_note: Option<LastNote>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::TherapistId;
    use chrono_tz::{America, Europe, Pacific};
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap())
    }

    fn held(start: Timestamp, zone: Tz) -> Placement {
        let session = Span::new(start, start.plus(TimeDelta::hours(1))).unwrap();
        Placement::new(TherapistId::new(start), session, zone)
    }

    fn day(date: &str) -> Day {
        Day::of(date.parse().ok(), at("2027-01-01T00:00:00Z"))
    }

    #[test]
    fn a_day_on_which_the_clocks_go_forward_has_23_hours() {
        let holds = |start: &str| day("2027-03-28").holds(&held(at(start), Europe::Berlin));
        assert!(!holds("2027-03-27T22:59:00Z") && holds("2027-03-27T23:00:00Z"));
        assert!(holds("2027-03-28T21:59:00Z") && !holds("2027-03-28T22:00:00Z"));
    }

    #[test]
    fn today_is_told_by_the_clock_on_the_wall() {
        let today = Day::of(None, at("2027-03-01T22:00:00Z"));
        let start = at("2027-03-01T23:30:00Z");
        assert!(today.holds(&held(start, America::New_York)));
        assert!(!today.holds(&held(start, Europe::Berlin)), "there it is past midnight");
        assert_eq!(today.date_in(Pacific::Kiritimati), "2027-03-02".parse().unwrap());
    }

    proptest! {
        #[test]
        fn whatever_a_day_holds_lies_within_its_reach(
            micros in 0_i64..4_000_000_000_000_000, asked: bool, around in -2_i64..3,
            zone in proptest::sample::select(&chrono_tz::TZ_VARIANTS[..]),
        ) {
            let start = Timestamp::from_unix_micros(micros).unwrap();
            let date = start.date_in(zone);
            let now = start.plus(TimeDelta::hours(around * 7));
            let day = Day::of(asked.then_some(date), now);
            let placement = held(start, zone);
            let within = day.reach().unwrap();
            prop_assert!(!day.holds(&placement) || (within.start() <= start && start < within.end()));
        }
    }
}
