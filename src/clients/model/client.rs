//! The client's record.

use std::fmt;

use chrono::NaiveDate;

use super::contact::{PersonName, Phone};
use crate::accounts::model::EmailAddress;
use crate::kernel::actor::Actor;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, ClientId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;

/// The age from which nobody needs a guardian.
pub const AGE_OF_MAJORITY: u32 = 18;

/// The label of somebody who was erased.
const ERASED: &str = "Erased client";

/// An age beyond which a date of birth is taken for a slip of the pen.
const OLDEST: u32 = 130;

/// What is said of a person, and may be corrected.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientDetails {
    /// What they are called.
    pub name: PersonName,
    /// When they were born, if known. A ward's must be.
    pub date_of_birth: Option<NaiveDate>,
    /// Where to write.
    pub email: Option<EmailAddress>,
    /// Where to call.
    pub phone: Option<Phone>,
}

/// A person who receives sessions, or acts for one who does.
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    /// Which record.
    pub id: ClientId,
    /// The person's own login, if they have one.
    pub account: Option<AccountId>,
    /// What is said of them.
    pub details: ClientDetails,
    /// Grows by one with every change.
    pub version: i32,
    /// When the record was made.
    pub created_at: Timestamp,
}

impl Client {
    /// A new record. `today` is the practice's day.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a date of birth that cannot be one.
    pub fn register(
        id: ClientId,
        account: Option<AccountId>,
        details: ClientDetails,
        today: NaiveDate,
        now: Timestamp,
    ) -> Result<Change<Self>, Refusal> {
        details.check(today)?;
        let client = Self { id, account, details, version: 1, created_at: now };
        Ok(Change::new(client, Event::new("client.registered", id).about(id)))
    }

    /// Puts other details in the place of these. `today` is the practice's day.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a date of birth that cannot be one, [`Refusal::VersionMismatch`] when it was changed since it was read,
    /// [`Refusal::PolicyViolation`] when another than the desk would change a known date of birth: who needs a guardian, and which
    /// sessions may be booked, hangs on it.
    pub fn amend(
        self,
        actor: &Actor,
        details: ClientDetails,
        expected: i32,
        today: NaiveDate,
    ) -> Result<Change<Self>, Refusal> {
        if self.version != expected {
            return Err(Refusal::VersionMismatch);
        }
        let born = self.details.date_of_birth;
        if born.is_some() && details.date_of_birth != born && !actor.is_desk() {
            let detail = "a known date of birth is corrected by the front desk";
            return Err(Refusal::PolicyViolation { rule: "date_of_birth_is_kept", detail });
        }
        details.check(today)?;
        let event = Event::new("client.amended", self.id).about(self.id);
        Ok(Change::new(Self { details, version: self.version.saturating_add(1), ..self }, event))
    }

    /// What is left of the record once who they were is sealed away.
    pub fn erase(self) -> Change<Self> {
        let name = PersonName::kept(ERASED.to_owned());
        let details = ClientDetails { name, date_of_birth: None, email: None, phone: None };
        let event = Event::new("client.erased", self.id).about(self.id);
        Change::new(Self { details, version: self.version.saturating_add(1), ..self }, event)
    }

    /// Full years on a day; `None` where the birth is unknown or lies after it. Who is born on a 29 February grows older on 1 March.
    #[must_use]
    pub fn age_on(&self, day: NaiveDate) -> Option<u32> {
        day.years_since(self.details.date_of_birth?)
    }

    /// Whether they are known to be under age on a day.
    #[must_use]
    pub fn is_minor_on(&self, day: NaiveDate) -> bool {
        Self::is_under_age(self.details.date_of_birth, day)
    }

    /// Whether who was born on that date, if it is known, is under age on a day.
    #[must_use]
    pub fn is_under_age(born: Option<NaiveDate>, day: NaiveDate) -> bool {
        born.is_some_and(|born| day.years_since(born).is_none_or(|age| age < AGE_OF_MAJORITY))
    }
}

impl ClientDetails {
    fn check(&self, today: NaiveDate) -> Result<(), Refusal> {
        let Some(born) = self.date_of_birth else { return Ok(()) };
        match today.years_since(born) {
            Some(0..=OLDEST) => Ok(()),
            Some(_) => Err(date_of_birth("too_long_ago", "more than 130 years ago")),
            None => Err(date_of_birth("in_the_future", "nobody is born later than today")),
        }
    }
}

pub(super) fn date_of_birth(code: &'static str, message: &'static str) -> Refusal {
    Refusal::Fields(vec![Violation::at("/date_of_birth", code, message)])
}

impl fmt::Debug for ClientDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientDetails(..)")
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({} at version {})", self.id, self.version)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::kernel::actor::{Person, Role};
    use crate::kernel::ids::SessionId;
    use proptest::prelude::*;

    pub fn actor(role: Role) -> Actor {
        Actor::Person(Person {
            account: AccountId::new(now()),
            session: SessionId::new(now()),
            roles: [role].into_iter().collect(),
            role: Some(role),
            client: None,
            therapist: None,
        })
    }

    pub fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    pub fn now() -> Timestamp {
        Timestamp::from_unix_micros(1_800_000_000_000_000).unwrap()
    }

    /// A client born on a day, as of 2027-01-15.
    pub fn born(date: Option<&str>) -> Result<Change<Client>, Refusal> {
        let name = PersonName::parse("/name", "Ada").unwrap();
        let details = ClientDetails { name, date_of_birth: date.map(day), email: None, phone: None };
        Client::register(ClientId::new(now()), None, details, day("2027-01-15"), now())
    }

    pub fn client(date: Option<&str>) -> Client {
        born(date).unwrap().into_parts().0
    }

    #[test]
    fn age_turns_on_the_birthday() {
        let ada = client(Some("2009-03-10"));
        assert_eq!(ada.age_on(day("2027-03-09")), Some(17));
        assert!(ada.is_minor_on(day("2027-03-09")));
        assert_eq!(ada.age_on(day("2027-03-10")), Some(18));
        assert!(!ada.is_minor_on(day("2027-03-10")));
        let leapling = client(Some("2008-02-29"));
        assert!(leapling.is_minor_on(day("2026-02-28")) && !leapling.is_minor_on(day("2026-03-01")));
    }

    #[test]
    fn an_unknown_birth_is_no_age() {
        assert_eq!(client(None).age_on(day("2027-01-15")), None);
        assert!(!client(None).is_minor_on(day("2027-01-15")));
        assert!(client(Some("2027-01-10")).is_minor_on(day("2027-01-09")));
    }

    #[test]
    fn a_birth_lies_within_a_lifetime() {
        assert!(born(Some("2027-01-15")).is_ok());
        assert!(matches!(born(Some("2027-01-16")), Err(Refusal::Fields(v)) if v[0].code == "in_the_future"));
        assert!(matches!(born(Some("1890-01-01")), Err(Refusal::Fields(v)) if v[0].code == "too_long_ago"));
    }

    #[test]
    fn an_amendment_answers_to_the_version_it_read() {
        let ada = client(None);
        let details = ada.details.clone();
        let change = ada.amend(&actor(Role::Client), details.clone(), 1, day("2027-01-15")).unwrap();
        assert_eq!((change.state().version, change.event().client), (2, Some(change.state().id)));
        let (ada, _) = change.into_parts();
        let late = ada.amend(&actor(Role::Client), details, 1, day("2027-01-15"));
        assert_eq!(late.unwrap_err(), Refusal::VersionMismatch);
    }

    #[test]
    fn a_known_birth_is_corrected_by_the_desk_alone() {
        let ada = client(Some("2009-03-10"));
        let details = ClientDetails { date_of_birth: Some(day("1999-03-10")), ..ada.details.clone() };
        let by = |role| ada.clone().amend(&actor(role), details.clone(), 1, day("2027-01-15"));
        let refused = by(Role::Client).unwrap_err();
        assert!(matches!(refused, Refusal::PolicyViolation { rule: "date_of_birth_is_kept", .. }));
        assert!(by(Role::FrontDesk).is_ok());
        let unknown = client(None).amend(&actor(Role::Client), details, 1, day("2027-01-15"));
        assert!(unknown.is_ok());
    }

    #[test]
    fn a_record_does_not_print_its_person() {
        assert!(!format!("{:?}", client(Some("2009-03-10"))).contains("2009"));
    }

    proptest! {
        #[test]
        fn nobody_grows_younger(days in 0_u64..30_000, later in 0_u64..400) {
            let ada = client(Some("1950-06-01"));
            let first = day("1950-06-01") + chrono::Days::new(days);
            prop_assert!(ada.age_on(first) <= ada.age_on(first + chrono::Days::new(later)));
        }
    }
}
