//! What becomes of an agreed time when the clocks of its zone are changed.
//!
//! A client was promised a time on a wall. When a newer database of zones says that the wall will show it at another instant, the wall is right:
//! the session keeps its local time and moves in time, unless something else stands there by then, or the wall shows that time never, or
//! twice, or has shown it already. Then it stays at its instant, and people decide. Either way the desk is told; and where the local time is not
//! the one that was promised, so are the client and who treats.

use chrono::{NaiveDateTime, SubsecRound};
use chrono_tz::{IANA_TZDB_VERSION, Tz};

use super::booking::{Booking, Placement};
use crate::availability::model::local::resolve;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, BookingId, ClientId, TherapistId, ZoneChangeId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// What became of a booking whose zone's clocks were changed.
    pub enum ZoneOutcome {
        /// It is at the local time that was agreed, which is another instant now.
        KeptLocalTime = "kept_local_time",
        /// It stays at its instant: where its local time is now, something else stands, or it is past.
        Collides = "collides",
        /// It stays at its instant: the clocks skip its local time now.
        Nonexistent = "nonexistent",
        /// It stays at its instant: the clocks show its local time twice now.
        Ambiguous = "ambiguous",
    }
}

/// What today's rules of its zone make of an agreed local time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The instant it has.
    Same,
    /// Another instant, and so another place in time.
    Elsewhere(Placement),
    /// No instant, or two.
    Nowhere(ZoneOutcome),
}

/// A booking whose zone's clocks were changed, for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneChange {
    /// Which change.
    pub id: ZoneChangeId,
    /// Of which booking.
    pub booking: BookingId,
    /// Whose session it is.
    pub client: ClientId,
    /// Who treats.
    pub therapist: TherapistId,
    /// What the clock was to show, as it was agreed.
    pub local_start: NaiveDateTime,
    /// The zone of that clock.
    pub zone: Tz,
    /// The version of the zone rules it was agreed by.
    pub old_version: String,
    /// The version that says otherwise.
    pub new_version: String,
    /// When the clock was to show it by the old rules.
    pub old_start: Timestamp,
    /// When it does by the new ones; absent where it never does, or twice.
    pub new_start: Option<Timestamp>,
    /// What became of the booking.
    pub outcome: ZoneOutcome,
    /// When that was.
    pub noticed_at: Timestamp,
    /// Who has looked at it since, and when.
    pub acknowledged: Option<(AccountId, Timestamp)>,
    /// Grows by one with every change.
    pub version: i32,
}

/// A booking that goes by today's zone rules, and what there is to tell of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The booking.
    pub booking: Booking,
    /// What became of it; nothing where its local time is still the same instant.
    pub change: Option<ZoneChange>,
}

impl Placement {
    /// What today's rules of its zone make of its local time.
    #[must_use]
    pub fn reading(&self) -> Reading {
        if self.shown() == self.local_start {
            return Reading::Same;
        }
        match resolve(self.local_start.date(), self.local_start.time(), None, self.zone) {
            Ok(start) => Reading::Elsewhere(self.starting(start)),
            Err(Refusal::AmbiguousLocalTime) => Reading::Nowhere(ZoneOutcome::Ambiguous),
            Err(_) => Reading::Nowhere(ZoneOutcome::Nonexistent),
        }
    }

    /// What the clock shows at the start by today's rules, to the second.
    fn shown(&self) -> NaiveDateTime {
        self.session.start().utc().with_timezone(&self.zone).naive_local().trunc_subsecs(0)
    }

    /// All of it moved so that the session starts then.
    fn starting(&self, start: Timestamp) -> Self {
        let by = start.since(self.session.start());
        Self {
            room: self.room.map(|(room, claim)| (room, claim.shifted(by))),
            session: self.session.shifted(by),
            claim: self.claim.shifted(by),
            tz_version: IANA_TZDB_VERSION.to_owned(),
            ..self.clone()
        }
    }

    /// The same at its instant, told by today's rules.
    fn staying(&self) -> Self {
        Self { local_start: self.shown(), tz_version: IANA_TZDB_VERSION.to_owned(), ..self.clone() }
    }
}

impl Booking {
    /// Brings it to today's zone rules. `is_free` says whether nothing stands where its local time is now; nothing goes to what is past.
    pub fn follow_zone(self, is_free: bool, now: Timestamp) -> Change<Followed> {
        let before = self.placement.clone();
        let (after, new_start, outcome) = match before.reading() {
            Reading::Same => (before.staying(), None, None),
            Reading::Elsewhere(to) if is_free && to.session.start() > now => {
                let start = to.session.start();
                (to, Some(start), Some(ZoneOutcome::KeptLocalTime))
            }
            Reading::Elsewhere(to) => (before.staying(), Some(to.session.start()), Some(ZoneOutcome::Collides)),
            Reading::Nowhere(outcome) => (before.staying(), None, Some(outcome)),
        };
        let change = outcome.map(|outcome| ZoneChange {
            id: ZoneChangeId::new(now),
            booking: self.id,
            client: self.client,
            therapist: before.therapist,
            local_start: before.local_start,
            zone: before.zone,
            old_version: before.tz_version.clone(),
            new_version: after.tz_version.clone(),
            old_start: before.session.start(),
            new_start,
            outcome,
            noticed_at: now,
            acknowledged: None,
            version: 1,
        });
        let event = self
            .event("booking.zone_followed")
            .with("old_version", &before.tz_version)
            .with("new_version", &after.tz_version)
            .with("from", before.session.start())
            .with("to", after.session.start());
        let event = outcome.into_iter().fold(event, |event, outcome| event.with("outcome", outcome));
        let booking = Self { placement: after, ..self }.next_version(now);
        Change::new(Followed { booking, change }, event)
    }
}

impl ZoneChange {
    /// Writes down that somebody has looked at it.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] when somebody has already.
    pub fn acknowledge(self, by: AccountId, now: Timestamp) -> Result<Change<Self>, Refusal> {
        if self.acknowledged.is_some() {
            let (what, from, step) = ("zone change", "acknowledged", "acknowledge");
            return Err(Refusal::InvalidTransition { what, from, step });
        }
        let event = Event::new("zone_change.acknowledged", self.id).about(self.client).with("booking", self.booking);
        let version = self.version.saturating_add(1);
        Ok(Change::new(Self { acknowledged: Some((by, now)), version, ..self }, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::RoomId;
    use crate::kernel::time::Span;
    use chrono::TimeDelta;

    fn at(text: &str) -> Timestamp {
        Timestamp::from(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap())
    }

    /// An hour in New York from `start`, of which the clock was to show `local`.
    fn agreed(start: &str, local: &str) -> Placement {
        let session = Span::new(at(start), at(start).plus(TimeDelta::hours(1))).unwrap();
        let buffers = |minutes| session.padded(TimeDelta::minutes(minutes), TimeDelta::minutes(minutes));
        let room = Some((RoomId::new(at(start)), buffers(30)));
        let placement =
            Placement::new(TherapistId::new(at(start)), session, Tz::America__New_York).claiming(buffers(15));
        let local_start = local.parse().unwrap();
        Placement { local_start, tz_version: "2001a".to_owned(), ..placement.within(room) }
    }

    #[test]
    fn what_the_clock_still_shows_stays() {
        assert_eq!(agreed("2027-07-01T14:00:00Z", "2027-07-01T10:00:00").reading(), Reading::Same);
        // The later of two that show 01:30 was meant, and it shows that still.
        assert_eq!(agreed("2027-11-07T06:30:00Z", "2027-11-07T01:30:00").reading(), Reading::Same);
        assert_eq!(agreed("2027-07-01T14:00:00.25Z", "2027-07-01T10:00:00").reading(), Reading::Same);
    }

    #[test]
    fn all_of_a_session_goes_where_its_local_time_is() {
        let before = agreed("2027-07-01T15:00:00Z", "2027-07-01T10:00:00");
        let Reading::Elsewhere(after) = before.reading() else { panic!("{before:?}") };
        let hour = TimeDelta::hours(-1);
        assert_eq!(after.session, before.session.shifted(hour));
        assert_eq!(after.claim, before.claim.shifted(hour));
        assert_eq!(after.room.unwrap().1, before.room.unwrap().1.shifted(hour));
        assert_eq!((after.local_start, &*after.tz_version), (before.local_start, IANA_TZDB_VERSION));
        assert_eq!(after.reading(), Reading::Same);
    }

    #[test]
    fn a_time_that_is_shown_never_or_twice_stays_and_is_told_by_the_new_rules() {
        let gone = agreed("2027-03-14T08:30:00Z", "2027-03-14T02:30:00");
        assert_eq!(gone.reading(), Reading::Nowhere(ZoneOutcome::Nonexistent));
        let twice = agreed("2027-11-07T07:30:00Z", "2027-11-07T01:30:00");
        assert_eq!(twice.reading(), Reading::Nowhere(ZoneOutcome::Ambiguous));
        let stays = twice.staying();
        assert_eq!((stays.session, stays.reading()), (twice.session, Reading::Same));
        assert_eq!(stays.local_start, "2027-11-07T02:30:00".parse::<NaiveDateTime>().unwrap());
    }
}
