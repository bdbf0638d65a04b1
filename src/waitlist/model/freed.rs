//! Time that came free.

use chrono::{Datelike, NaiveDate};

use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{FreedTimeId, TherapistId, WaitlistEntryId};
use crate::kernel::time::{Span, Timestamp};

/// Time that came free, until everybody who waits was considered for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreedTime {
    /// Its id.
    pub id: FreedTimeId,
    /// Whose time; of whoever works then, if absent.
    pub therapist: Option<TherapistId>,
    /// When.
    pub span: Span,
    /// Since when.
    pub created_at: Timestamp,
    /// The place on the list up to which it was considered, if it was for any.
    pub considered: Option<WaitlistEntryId>,
}

/// What is left of time that was considered for everybody: the id of the row that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent(pub FreedTimeId);

impl FreedTime {
    /// Notes that it came free; nothing where it is past already.
    #[must_use]
    pub fn note(therapist: Option<TherapistId>, span: Span, now: Timestamp) -> Option<Change<Self>> {
        let freed = Self { id: FreedTimeId::new(now), therapist, span, created_at: now, considered: None };
        freed.ahead(now)?;
        let event = freed.event("freed_time.noted").with("starts_at", span.start()).with("ends_at", span.end());
        Some(Change::new(freed, event))
    }

    /// What is still to come of it.
    #[must_use]
    pub fn ahead(&self, now: Timestamp) -> Option<Span> {
        Span::new(self.span.start().max(now), self.span.end())
    }

    /// Those who wait up to a place on the list were considered, and nobody could come.
    pub fn considered_to(self, entry: WaitlistEntryId) -> Change<Self> {
        let event = self.event("freed_time.considered").with("waitlist_entry", entry);
        Change::new(Self { considered: Some(entry), ..self }, event)
    }

    /// Everybody was considered, or it has passed.
    pub fn spent(self) -> Change<Spent> {
        Change::new(Spent(self.id), self.event("freed_time.spent"))
    }

    fn event(&self, action: &'static str) -> Event {
        let event = Event::new(action, self.id);
        match self.therapist {
            Some(therapist) => event.with("therapist", therapist),
            None => event,
        }
    }
}

/// The next day on which a date falls that may come again each year, today included.
#[must_use]
pub fn next_date(date: NaiveDate, yearly: bool, today: NaiveDate) -> Option<NaiveDate> {
    if date >= today || !yearly {
        return Some(date).filter(|date| *date >= today);
    }
    // A 29 February comes again within eight years.
    (0..=8).filter_map(|years| date.with_year(today.year() + years)).find(|date| *date >= today)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yearly_date_comes_again() {
        let on = |text: &str| text.parse::<NaiveDate>().unwrap();
        let today = on("2027-03-01");
        assert_eq!(next_date(on("2027-05-01"), false, today), Some(on("2027-05-01")));
        assert_eq!(next_date(on("2026-05-01"), false, today), None);
        assert_eq!(next_date(on("2020-03-01"), true, today), Some(today));
        assert_eq!(next_date(on("2020-02-29"), true, today), Some(on("2028-02-29")));
    }

    #[test]
    fn what_is_past_is_not_free() {
        let at = |minute: i64| Timestamp::from_unix_micros(minute * 60_000_000).unwrap();
        let span = Span::new(at(10), at(20)).unwrap();
        assert_eq!(FreedTime::note(None, span, at(20)), None);
        let freed = FreedTime::note(None, span, at(15)).unwrap().into_parts().0;
        assert_eq!((freed.ahead(at(15)), freed.ahead(at(20))), (Span::new(at(15), at(20)), None));
    }
}
