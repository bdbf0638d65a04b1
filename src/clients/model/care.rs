//! Who may read and write a client's clinical record, and from when to when.

use chrono::TimeDelta;

use crate::kernel::actor::Actor;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, BookingId, ClientId, RelationshipId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;
use crate::text_enum;

/// How long after a session its therapist may still open the client's record. A year, until practices can set it themselves.
pub const CARE_AFTER_SESSION: TimeDelta = TimeDelta::days(365);

text_enum! {
    /// What a therapist is to a client.
    pub enum CareKind {
        /// Treats them; begins with a confirmed booking.
        Treating = "treating",
        /// Stands in for who treats them.
        Covering = "covering",
        /// Oversees who treats them.
        Supervising = "supervising",
    }
}

/// A relationship of care. Whether it is in force is derived from its dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CareRelationship {
    /// Which one.
    pub id: RelationshipId,
    /// Whose record.
    pub client: ClientId,
    /// Who may open it.
    pub therapist: TherapistId,
    /// What the one is to the other.
    pub kind: CareKind,
    /// From when on, included.
    pub since: Timestamp,
    /// Until when, not included; absent while nobody can say.
    pub until: Option<Timestamp>,
    /// The booking it began with, for a treating one.
    pub booking: Option<BookingId>,
    /// Who granted it, for the others.
    pub granted_by: Option<AccountId>,
    /// Why they did.
    pub reason: Option<String>,
    /// Grows by one with every change.
    pub version: i32,
}

/// What begins a treating relationship: a booking that the client or an admin made or accepted, confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Treatment {
    /// Whose record.
    pub client: ClientId,
    /// Who treats.
    pub therapist: TherapistId,
    /// The confirmed booking.
    pub booking: BookingId,
    /// A set time after its session, if already known.
    pub until: Option<Timestamp>,
}

/// What begins any other: somebody's word, a reason and a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Whose record.
    pub client: ClientId,
    /// Who is to cover or supervise.
    pub therapist: TherapistId,
    /// Covering or supervising.
    pub kind: CareKind,
    /// Until when.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
}

impl CareRelationship {
    /// Begins a treating relationship.
    pub fn begin(id: RelationshipId, treatment: Treatment, now: Timestamp) -> Change<Self> {
        let Treatment { client, therapist, booking, until } = treatment;
        let kind = CareKind::Treating;
        let (booking, granted_by, reason) = (Some(booking), None, None);
        Self { id, client, therapist, kind, since: now, until, booking, granted_by, reason, version: 1 }.begun()
    }

    /// Grants a covering or supervising one.
    ///
    /// # Errors
    /// [`Refusal::Fields`] unless it is one of those two, has a reason of 1 to 500 characters and ends later than now;
    /// [`Refusal::PolicyViolation`] to who would grant it to themself.
    pub fn grant(id: RelationshipId, actor: &Actor, grant: Grant, now: Timestamp) -> Result<Change<Self>, Refusal> {
        let Grant { client, therapist, kind, until, reason } = grant;
        if actor.therapist() == Some(therapist) {
            let detail = "nobody grants themself a look at a client's record";
            return Err(Refusal::PolicyViolation { rule: "own_grant", detail });
        }
        let reason = reason.trim().to_owned();
        let mut faults = Vec::new();
        if kind == CareKind::Treating {
            faults.push(Violation::at("/kind", "not_granted", "a treating relationship begins with a booking"));
        }
        if !(1..=500).contains(&reason.chars().count()) {
            faults.push(Violation::at("/reason", "length", "a reason of 1 to 500 characters is needed"));
        }
        if until <= now {
            faults.push(Violation::at("/until", "in_the_past", "the period must end later than now"));
        }
        if !faults.is_empty() {
            return Err(Refusal::Fields(faults));
        }
        let (until, granted_by, reason) = (Some(until), actor.account(), Some(reason));
        Ok(Self { id, client, therapist, kind, since: now, until, booking: None, granted_by, reason, version: 1 }
            .begun())
    }

    /// Ends it now.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] when it is over already.
    pub fn end(self, now: Timestamp) -> Result<Change<Self>, Refusal> {
        if self.is_over(now) {
            return Err(Refusal::InvalidTransition { what: "care_relationship", from: "over", step: "end" });
        }
        let event = self.event("care_relationship.ended");
        Ok(Change::new(Self { until: Some(now), ..self.touched() }, event))
    }

    /// Lets it last longer, as a further booking does. `None` when it is over, or lasts that long already.
    #[must_use]
    pub fn prolong(self, until: Timestamp, now: Timestamp) -> Option<Change<Self>> {
        if self.is_over(now) || self.until.is_none_or(|standing| standing >= until) {
            return None;
        }
        let event = self.event("care_relationship.prolonged").with("until", until);
        Some(Change::new(Self { until: Some(until), ..self.touched() }, event))
    }

    /// Whether it holds at an instant.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.since <= now && !self.is_over(now)
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    fn touched(self) -> Self {
        Self { version: self.version.saturating_add(1), ..self }
    }

    fn begun(self) -> Change<Self> {
        let event = self.event("care_relationship.begun").with("kind", self.kind);
        Change::new(self, event)
    }

    fn event(&self, action: &'static str) -> Event {
        Event::new(action, self.id).about(self.client).with("therapist", self.therapist)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::actor::{Person, Role};
    use crate::kernel::ids::SessionId;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix_micros(seconds * 1_000_000).unwrap()
    }

    fn admin(therapist: Option<TherapistId>) -> Actor {
        Actor::Person(Person {
            account: AccountId::new(at(0)),
            session: SessionId::new(at(0)),
            roles: [Role::Admin, Role::Therapist].into_iter().collect(),
            role: Some(Role::Admin),
            client: None,
            therapist,
        })
    }

    fn treating(until: Option<i64>) -> CareRelationship {
        let treatment = Treatment {
            client: ClientId::new(at(0)),
            therapist: TherapistId::new(at(0)),
            booking: BookingId::new(at(0)),
            until: until.map(at),
        };
        CareRelationship::begin(RelationshipId::new(at(0)), treatment, at(100)).into_parts().0
    }

    fn grant(kind: CareKind, until: i64, reason: &str) -> Result<Change<CareRelationship>, Refusal> {
        let grant = Grant {
            client: ClientId::new(at(0)),
            therapist: TherapistId::new(at(0)),
            kind,
            until: at(until),
            reason: reason.to_owned(),
        };
        CareRelationship::grant(RelationshipId::new(at(0)), &admin(None), grant, at(100))
    }

    #[test]
    fn it_is_in_force_from_its_beginning_up_to_its_end() {
        let care = treating(Some(200));
        let held: Vec<_> = [99, 100, 199, 200].map(|second| care.is_in_force(at(second))).into();
        assert_eq!(held, [false, true, true, false]);
        assert!(treating(None).is_in_force(at(1_000_000)));
    }

    #[test]
    fn it_ends_once() {
        let ended = treating(None).end(at(150)).unwrap().into_parts().0;
        assert!(ended.is_in_force(at(149)) && !ended.is_in_force(at(150)));
        assert!(matches!(ended.end(at(151)), Err(Refusal::InvalidTransition { .. })));
    }

    #[test]
    fn it_is_prolonged_only_forwards_and_only_while_it_lasts() {
        assert_eq!(treating(Some(200)).prolong(at(300), at(150)).unwrap().state().until, Some(at(300)));
        assert_eq!(treating(Some(200)).prolong(at(200), at(150)), None);
        assert_eq!(treating(Some(200)).prolong(at(300), at(200)), None);
        assert_eq!(treating(None).prolong(at(300), at(150)), None);
    }

    #[test]
    fn a_grant_has_a_reason_and_a_period_and_is_not_for_treating() {
        let change = grant(CareKind::Covering, 200, " holiday cover ").unwrap();
        assert_eq!(change.state().reason.as_deref(), Some("holiday cover"));
        assert!(!change.event().details.iter().any(|(_, value)| value.contains("holiday")));
        let Err(Refusal::Fields(faults)) = grant(CareKind::Treating, 100, "  ") else { panic!("should be refused") };
        assert_eq!(faults.iter().map(|f| f.pointer.as_str()).collect::<Vec<_>>(), ["/kind", "/reason", "/until"]);
    }

    #[test]
    fn nobody_grants_themself_one() {
        let (client, therapist) = (ClientId::new(at(0)), TherapistId::new(at(0)));
        let grant = Grant { client, therapist, kind: CareKind::Covering, until: at(200), reason: "cover".to_owned() };
        let refused = CareRelationship::grant(RelationshipId::new(at(0)), &admin(Some(therapist)), grant, at(100));
        assert!(matches!(refused, Err(Refusal::PolicyViolation { rule: "own_grant", .. })));
    }

    proptest! {
        #[test]
        fn once_over_it_never_holds_again(until in 101_i64..300, end in 100_i64..300, later in 0_i64..300) {
            let care = treating(Some(until));
            let over_at = end.min(until);
            let care = care.clone().end(at(end)).map_or(care, |change| change.into_parts().0);
            prop_assert!(!care.is_in_force(at(over_at + later)));
        }
    }
}
