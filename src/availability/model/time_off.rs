//! Time in which a therapist does not work although their hours say so: once, or every year.
//!
//! Why somebody is off may be nobody's business. It is a code and a few words at the most, kept for the therapist alone unless they say that
//! the desk may know, and no event and no slot ever tells it.

use super::yearly::{MonthDay, Yearly};
use crate::kernel::actor::Actor;
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{TherapistId, TimeOffId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};
use crate::text_enum;

text_enum! {
    /// Why somebody is off.
    pub enum TimeOffReason {
        /// A holiday of their own.
        Vacation = "vacation",
        /// They are ill.
        Illness = "illness",
        /// They learn.
        Training = "training",
        /// A matter of their own.
        Personal = "personal",
        /// None of these, or nobody said.
        Other = "other",
    }
}

text_enum! {
    /// Who may know why somebody is off.
    pub enum Audience {
        /// The therapist alone.
        Own = "self",
        /// Also those who run the calendar.
        Staff = "staff",
    }
}

/// When somebody is off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// One span.
    Once(Span),
    /// The same days of every year.
    Yearly(Yearly),
}

/// Why somebody is off, and who may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// The reason.
    pub reason: TimeOffReason,
    /// A few words.
    pub note: Option<String>,
    /// Who may know both.
    pub visible_to: Audience,
}

/// Time in which a therapist does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeOff {
    /// Its id.
    pub id: TimeOffId,
    /// Who is off.
    pub therapist: TherapistId,
    /// When.
    pub when: When,
    /// Why.
    pub why: Why,
}

/// Time off as somebody wrote it down, unchecked: a start and an end, or the days of a year.
#[derive(Clone, Debug)]
pub struct TimeOffDraft {
    /// The first instant of one span.
    pub start: Option<Timestamp>,
    /// The first instant after it.
    pub end: Option<Timestamp>,
    /// The days of a year.
    pub yearly: Option<YearlyDraft>,
    /// See [`Why::reason`].
    pub reason: TimeOffReason,
    /// See [`Why::note`].
    pub note: Option<String>,
    /// See [`Why::visible_to`].
    pub visible_to: Audience,
}

/// Days of every year as somebody wrote them down, unchecked.
#[derive(Clone, Debug)]
pub struct YearlyDraft {
    /// The first day, as `MM-DD`.
    pub from: String,
    /// The last day, itself included.
    pub until: String,
    /// An IANA zone's name.
    pub zone: String,
}

impl TimeOff {
    /// Takes time off. Bookings that stand in it are not moved: people decide about those.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn add(therapist: TherapistId, draft: &TimeOffDraft, now: Timestamp) -> Result<Change<Self>, Refusal> {
        let mut fields = Fields::default();
        let when = draft.when(&mut fields);
        let note = fields.optional_text("/note", draft.note.as_deref(), 200);
        let id = TimeOffId::new(now);
        let (reason, visible_to) = (draft.reason, draft.visible_to);
        let off = fields.finish(|| {
            let why = Why { reason, note: note?, visible_to };
            Some(Self { id, therapist, when: when?, why })
        })?;
        let event = Event::new("time_off.added", id)
            .with("therapist", therapist)
            .with("yearly", matches!(off.when, When::Yearly(_)));
        Ok(Change::new(off, event))
    }

    /// Takes it back. What is left to save is the id of the row that goes.
    pub fn remove(self) -> Change<TimeOffId> {
        let event = Event::new("time_off.removed", self.id).with("therapist", self.therapist);
        let event = match self.when {
            When::Once(span) => event.with("starts_at", span.start()).with("ends_at", span.end()),
            When::Yearly(_) => event.with("yearly", true),
        };
        Change::new(self.id, event)
    }

    /// Each span of it that shares an instant with a window.
    #[must_use]
    pub fn spans(&self, window: Span) -> Vec<Span> {
        match &self.when {
            When::Once(span) => Some(*span).filter(|span| span.overlaps(window)).into_iter().collect(),
            When::Yearly(yearly) => yearly.spans(window).collect(),
        }
    }

    /// Why, for those who may know.
    #[must_use]
    pub fn why_for(&self, actor: &Actor) -> Option<&Why> {
        let may_know =
            actor.therapist() == Some(self.therapist) || self.why.visible_to == Audience::Staff && actor.is_desk();
        may_know.then_some(&self.why)
    }
}

impl TimeOffDraft {
    fn when(&self, fields: &mut Fields) -> Option<When> {
        match (self.start, self.end, &self.yearly) {
            (Some(start), Some(end), None) => {
                let message = "time off must end after it starts";
                fields.parsed("/end", Span::new(start, end), "not_after_start", message).map(When::Once)
            }
            (None, None, Some(yearly)) => yearly.parse(fields).map(When::Yearly),
            (_, _, Some(_)) => {
                fields.fault("/yearly", "not_both", "time off comes once or every year, not both");
                None
            }
            (start, ..) => {
                let lacking = if start.is_none() { "/start" } else { "/end" };
                fields.fault(lacking, "required", "say from when until when, or which days of every year");
                None
            }
        }
    }
}

impl YearlyDraft {
    fn parse(&self, fields: &mut Fields) -> Option<Yearly> {
        let day = "must be a day of the year such as 12-24";
        let from = fields.parsed("/yearly/from", MonthDay::parse(&self.from), "not_a_day", day);
        let until = fields.parsed("/yearly/until", MonthDay::parse(&self.until), "not_a_day", day);
        let zone = "must be an IANA time zone such as Europe/Berlin";
        let zone = fields.parsed("/yearly/zone", self.zone.parse().ok(), "unknown_zone", zone);
        Some(Yearly { from: from?, until: until?, zone: zone? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::actor::{Person, Role};
    use crate::kernel::ids::{AccountId, SessionId};

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_unix_micros(micros).unwrap()
    }

    fn draft() -> TimeOffDraft {
        let (reason, visible_to) = (TimeOffReason::Illness, Audience::Own);
        TimeOffDraft { start: Some(at(10)), end: Some(at(20)), yearly: None, reason, note: None, visible_to }
    }

    fn yearly(from: &str, until: &str, zone: &str) -> TimeOffDraft {
        let yearly = Some(YearlyDraft { from: from.into(), until: until.into(), zone: zone.into() });
        TimeOffDraft { start: None, end: None, yearly, ..draft() }
    }

    #[test]
    fn time_off_comes_and_goes_with_its_event() {
        let therapist = TherapistId::new(at(0));
        let (added, event) = TimeOff::add(therapist, &draft(), at(0)).unwrap().into_parts();
        assert_eq!(event.action, "time_off.added");
        // Why is not for the log.
        assert!(!format!("{event:?}").contains("illness"));
        let whole = Span::new(at(0), at(100)).unwrap();
        assert_eq!(added.spans(whole), [Span::new(at(10), at(20)).unwrap()]);
        assert_eq!(added.spans(Span::new(at(20), at(30)).unwrap()), []);
        let id = added.id;
        let removed = added.remove();
        assert_eq!((*removed.state(), removed.event().action), (id, "time_off.removed"));
        assert!(TimeOff::add(therapist, &yearly("12-24", "01-02", "UTC"), at(0)).is_ok());
    }

    #[test]
    fn every_fault_is_named() {
        let found = |draft: &TimeOffDraft| match TimeOff::add(TherapistId::new(at(0)), draft, at(0)) {
            Err(Refusal::Fields(faults)) => {
                faults.into_iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(found(&TimeOffDraft { end: Some(at(10)), ..draft() }), ["/end not_after_start"]);
        assert_eq!(found(&TimeOffDraft { end: None, ..draft() }), ["/end required"]);
        assert_eq!(found(&TimeOffDraft { start: None, ..draft() }), ["/start required"]);
        assert_eq!(
            found(&TimeOffDraft { start: Some(at(1)), ..yearly("01-01", "01-02", "UTC") }),
            ["/yearly not_both"]
        );
        let bad = TimeOffDraft { note: Some("x".repeat(201)), ..yearly("02-30", "1-1", "Mars") };
        assert_eq!(
            found(&bad),
            ["/yearly/from not_a_day", "/yearly/until not_a_day", "/yearly/zone unknown_zone", "/note too_long"]
        );
    }

    #[test]
    fn why_is_told_to_those_it_is_for() {
        let therapist = TherapistId::new(at(0));
        let own = TimeOff::add(therapist, &draft(), at(0)).unwrap().into_parts().0;
        let told = TimeOff { why: Why { visible_to: Audience::Staff, ..own.why.clone() }, ..own.clone() };
        let person = |role: Role, therapist| {
            let (account, session) = (AccountId::new(at(0)), SessionId::new(at(0)));
            let roles = [role].into_iter().collect();
            Actor::Person(Person { account, session, roles, role: Some(role), client: None, therapist })
        };
        let herself = person(Role::Therapist, Some(therapist));
        assert!(own.why_for(&herself).is_some() && told.why_for(&herself).is_some());
        for role in [Role::Admin, Role::FrontDesk] {
            assert!(own.why_for(&person(role, None)).is_none() && told.why_for(&person(role, None)).is_some());
        }
        for other in
            [person(Role::Therapist, Some(TherapistId::new(at(1)))), person(Role::Client, None), Actor::Anonymous]
        {
            assert!(own.why_for(&other).is_none() && told.why_for(&other).is_none());
        }
    }
}
