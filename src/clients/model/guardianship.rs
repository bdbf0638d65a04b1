//! Who may act for a minor.

use chrono::NaiveDate;

use super::client::{self, Client};
use crate::kernel::actor::Actor;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, ClientId, GuardianshipId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// By what right somebody acts for a minor.
    pub enum Basis {
        /// A parent.
        Parent = "parent",
        /// Appointed by a court.
        LegalGuardian = "legal_guardian",
        /// A foster carer.
        FosterCarer = "foster_carer",
        /// Another right, which staff have seen.
        Other = "other",
    }
}

text_enum! {
    /// Where a guardianship stands.
    pub enum GuardianshipState {
        /// Asserted; staff have still to look.
        Pending = "pending",
        /// Staff have seen what it rests on.
        Accepted = "accepted",
        /// Staff do not believe it.
        Declined = "declined",
        /// It was true and is no longer.
        Ended = "ended",
    }
}

text_enum! {
    /// What staff do to a guardianship.
    enum Step {
        Accept = "accept",
        Decline = "decline",
        End = "end",
    }
}

impl GuardianshipState {
    /// The diagram.
    fn after(self, step: Step) -> Option<Self> {
        match (self, step) {
            (Self::Pending, Step::Accept) => Some(Self::Accepted),
            (Self::Pending, Step::Decline) => Some(Self::Declined),
            (Self::Accepted, Step::End) => Some(Self::Ended),
            _ => None,
        }
    }
}

/// What a new guardianship is asked for with.
#[derive(Clone, Copy, Debug)]
pub struct GuardianshipAsk<'a> {
    /// For whom.
    pub ward: &'a Client,
    /// Who.
    pub guardian: &'a Client,
    /// By what right.
    pub basis: Basis,
}

/// The tie between a minor and somebody who acts for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guardianship {
    /// Which tie.
    pub id: GuardianshipId,
    /// For whom.
    pub ward: ClientId,
    /// Who.
    pub guardian: ClientId,
    /// By what right.
    pub basis: Basis,
    /// Where it stands.
    pub state: GuardianshipState,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Which member of staff decided last.
    pub decided_by: Option<AccountId>,
    /// Grows by one with every change.
    pub version: i32,
}

impl Guardianship {
    /// Asks for one; it acts for nobody until staff accept it. `today` is the practice's day.
    ///
    /// # Errors
    /// [`Refusal::Fields`] when the ward's birth is unknown or the two are one person, [`Refusal::PolicyViolation`] when the ward is of age or
    /// the guardian is not.
    pub fn ask(
        id: GuardianshipId,
        ask: GuardianshipAsk<'_>,
        today: NaiveDate,
        now: Timestamp,
    ) -> Result<Change<Self>, Refusal> {
        let GuardianshipAsk { ward, guardian, basis } = ask;
        if ward.id == guardian.id {
            let own = Violation::at("/guardian_id", "own_guardian", "nobody is their own guardian");
            return Err(Refusal::Fields(vec![own]));
        }
        if ward.details.date_of_birth.is_none() {
            return Err(client::date_of_birth("required", "a ward's date of birth is needed"));
        }
        if !ward.is_minor_on(today) {
            return Err(policy("ward_is_of_age", "only a minor has a guardian"));
        }
        if guardian.is_minor_on(today) {
            return Err(policy("guardian_is_minor", "a minor cannot be a guardian"));
        }
        let (state, created_at) = (GuardianshipState::Pending, now);
        let tie =
            Self { id, ward: ward.id, guardian: guardian.id, basis, state, created_at, decided_by: None, version: 1 };
        let event = tie.event("guardianship.asked").with("basis", basis);
        Ok(Change::new(tie, event))
    }

    /// Staff have seen what it rests on.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] to all but the desk, [`Refusal::PolicyViolation`] to the guardian themself, [`Refusal::InvalidTransition`] unless
    /// pending.
    pub fn accept(self, actor: &Actor) -> Result<Change<Self>, Refusal> {
        self.take(Step::Accept, actor)
    }

    /// Staff do not believe it.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] to all but the desk, [`Refusal::InvalidTransition`] unless pending.
    pub fn decline(self, actor: &Actor) -> Result<Change<Self>, Refusal> {
        self.take(Step::Decline, actor)
    }

    /// It is no longer true.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] to all but the desk, [`Refusal::InvalidTransition`] unless accepted.
    pub fn end(self, actor: &Actor) -> Result<Change<Self>, Refusal> {
        self.take(Step::End, actor)
    }

    /// Whether the guardian acts for this ward on a day: accepted, and the ward still under age.
    #[must_use]
    pub fn acts_for(&self, ward: &Client, day: NaiveDate) -> bool {
        self.state == GuardianshipState::Accepted && self.ward == ward.id && ward.is_minor_on(day)
    }

    fn take(self, step: Step, actor: &Actor) -> Result<Change<Self>, Refusal> {
        let (operation, action) = match step {
            Step::Accept => ("guardianships.accept", "guardianship.accepted"),
            Step::Decline => ("guardianships.decline", "guardianship.declined"),
            Step::End => ("guardianships.end", "guardianship.ended"),
        };
        if !actor.is_desk() {
            return Err(Refusal::Forbidden { operation });
        }
        // Whoever believed their own word would open a stranger's record with it.
        if matches!(step, Step::Accept) && actor.client() == Some(self.guardian) {
            return Err(policy("own_guardianship", "somebody else decides whether one acts for a client"));
        }
        let (what, from) = ("guardianship", self.state.as_str());
        let state = self.state.after(step).ok_or(Refusal::InvalidTransition { what, from, step: step.as_str() })?;
        let event = self.event(action);
        let version = self.version.saturating_add(1);
        Ok(Change::new(Self { state, decided_by: actor.account(), version, ..self }, event))
    }

    fn event(&self, action: &'static str) -> Event {
        Event::new(action, self.id).about(self.ward).with("guardian", self.guardian)
    }
}

fn policy(rule: &'static str, detail: &'static str) -> Refusal {
    Refusal::PolicyViolation { rule, detail }
}

/// Everybody who was ever to act for one ward.
#[derive(Clone, Debug)]
pub struct Guardians(Vec<Guardianship>);

impl From<Vec<Guardianship>> for Guardians {
    fn from(ties: Vec<Guardianship>) -> Self {
        Self(ties)
    }
}

impl Guardians {
    /// Whether somebody is among those who act for the ward on a day.
    #[must_use]
    pub fn include(&self, guardian: ClientId, ward: &Client, day: NaiveDate) -> bool {
        self.0.iter().any(|tie| tie.guardian == guardian && tie.acts_for(ward, day))
    }

    /// Whether the ward is under age on a day and nobody whom staff have accepted acts for them.
    #[must_use]
    pub fn are_lacking(&self, ward: &Client, day: NaiveDate) -> bool {
        ward.is_minor_on(day) && !self.0.iter().any(|tie| tie.acts_for(ward, day))
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::tests::{actor, client, day, now};
    use super::*;
    use crate::kernel::actor::Role;
    use proptest::prelude::*;

    fn ask(ward: &Client, guardian: &Client) -> Result<Change<Guardianship>, Refusal> {
        let ask = GuardianshipAsk { ward, guardian, basis: Basis::Parent };
        Guardianship::ask(GuardianshipId::new(now()), ask, day("2027-01-15"), now())
    }

    #[test]
    fn only_a_minor_has_a_guardian_and_only_an_adult_is_one() {
        let (child, parent) = (client(Some("2020-05-01")), client(Some("1990-05-01")));
        assert!(ask(&child, &parent).is_ok());
        assert!(ask(&child, &client(None)).is_ok());
        assert!(matches!(ask(&parent, &parent), Err(Refusal::Fields(v)) if v[0].code == "own_guardian"));
        assert!(matches!(ask(&client(None), &parent), Err(Refusal::Fields(v)) if v[0].pointer == "/date_of_birth"));
        assert!(matches!(ask(&parent, &client(None)), Err(Refusal::PolicyViolation { rule: "ward_is_of_age", .. })));
        let sibling = client(Some("2015-05-01"));
        assert!(matches!(ask(&child, &sibling), Err(Refusal::PolicyViolation { rule: "guardian_is_minor", .. })));
    }

    #[test]
    fn it_acts_once_staff_accept_it_and_until_the_ward_is_of_age() {
        let (child, parent) = (client(Some("2020-05-01")), client(None));
        let tie = ask(&child, &parent).unwrap().into_parts().0;
        assert!(!tie.acts_for(&child, day("2027-01-15")));
        let refused = tie.clone().accept(&actor(Role::Therapist)).unwrap_err();
        assert_eq!(refused, Refusal::Forbidden { operation: "guardianships.accept" });
        let tie = tie.accept(&actor(Role::Admin)).unwrap().into_parts().0;
        assert!(tie.decided_by.is_some());
        assert!(tie.acts_for(&child, day("2038-04-30")) && !tie.acts_for(&child, day("2038-05-01")));
        assert!(!tie.acts_for(&client(Some("2020-05-01")), day("2027-01-15")));
        let ended = tie.end(&actor(Role::FrontDesk)).unwrap().into_parts().0;
        assert!(!ended.acts_for(&child, day("2027-01-15")));
    }

    proptest! {
        #[test]
        fn no_sequence_of_steps_leaves_the_diagram(
            steps in proptest::collection::vec(proptest::sample::select(Step::ALL), 1..6),
        ) {
            use GuardianshipState::{Accepted, Declined, Ended, Pending};
            let mut tie = ask(&client(Some("2020-05-01")), &client(None)).unwrap().into_parts().0;
            for step in steps {
                let Ok(change) = tie.clone().take(step, &actor(Role::Admin)) else { continue };
                let next = change.into_parts().0;
                let known = [(Pending, Accepted), (Pending, Declined), (Accepted, Ended)];
                prop_assert!(known.contains(&(tie.state, next.state)));
                prop_assert_eq!(next.version, tie.version + 1);
                tie = next;
            }
        }
    }
}
