//! Who asks, and what they may ask.
//!
//! A [`Claim`] is what a token says; a [`Permit`] is a claim that a [`Policy`] has let through, and the doors of the database open to nothing
//! else; an [`Actor`] is what the door found to be true of the claim in its own transaction: the session still stands, the account is active,
//! and these are its roles *now*. Rules about a particular person or row take the `Actor`, never the claim.
//!
//! A permit cannot be made without asking a policy: its fields are private and [`Permit::ask`] is the only way in for a request.

use uuid::Uuid;

use super::form_link::FormBearer;
use super::ids::{AccountId, ClientId, SessionId, TherapistId};
use super::refusal::Refusal;
use super::text_enum::TextEnum;
use crate::text_enum;

text_enum! {
    /// What an account may be to the practice. One account may hold several.
    pub enum Role {
        /// Books for themself and their wards.
        Client = "client",
        /// Treats, and reads what they treat.
        Therapist = "therapist",
        /// Runs the calendar; sees contact data and the status of a form, never its content.
        FrontDesk = "front_desk",
        /// Verifies credentials and gives second approvals; nothing else.
        Verifier = "verifier",
        /// Runs people, credentials, settings and the audit log; never reads clinical content.
        Admin = "admin",
    }
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(u8);

impl Roles {
    /// The same set with one more.
    #[must_use]
    pub fn with(self, role: Role) -> Self {
        Self(self.0 | Self::bit(role))
    }

    /// Whether the set holds a role.
    #[must_use]
    pub fn has(self, role: Role) -> bool {
        self.0 & Self::bit(role) != 0
    }

    /// The roles of the set, in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |role| self.has(*role))
    }

    /// Whether nobody is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn bit(role: Role) -> u8 {
        match role {
            Role::Client => 1,
            Role::Therapist => 2,
            Role::FrontDesk => 4,
            Role::Verifier => 8,
            Role::Admin => 16,
        }
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::default(), Self::with)
    }
}

/// What a verified token says of its bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// No token was sent.
    Anonymous,
    /// A token of our own making, whose session and roles the door has still to confirm.
    Account {
        /// Whose token it is.
        account: AccountId,
        /// The login it came from.
        session: SessionId,
        /// The roles it was issued with.
        roles: Roles,
    },
    /// A token that staff gave out for one form of one client: its SHA-256. Whether it still opens anything, the door has to find out.
    FormLink([u8; 32]),
    /// The program itself, doing a named job.
    System(&'static str),
}

/// The one who acts, as confirmed by the door in the transaction the act happens in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody unknown.
    Anonymous,
    /// A signed-in person.
    Person(Person),
    /// Whoever holds a link to one form.
    FormLink(FormBearer),
    /// A named job of the program.
    System(&'static str),
}

/// A signed-in person and the records that are theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their login.
    pub account: AccountId,
    /// The session they act in.
    pub session: SessionId,
    /// All their roles, now.
    pub roles: Roles,
    /// The role by which the policy let them in; what the audit names.
    pub role: Option<Role>,
    /// Their client record, if they have one.
    pub client: Option<ClientId>,
    /// Their therapist record, if they have one.
    pub therapist: Option<TherapistId>,
}

impl Actor {
    /// Whether the actor holds a role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        matches!(self, Self::Person(person) if person.roles.has(role))
    }

    /// Whether the actor runs the practice's calendar: front desk or admin.
    #[must_use]
    pub fn is_desk(&self) -> bool {
        self.has(Role::FrontDesk) || self.has(Role::Admin)
    }

    /// Whether they work here, in whatever role.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        matches!(self, Self::Person(person) if Role::ALL.iter().any(|role| *role != Role::Client && person.roles.has(*role)))
            || self.is_system()
    }

    /// Keeps for the staff what only they may see of something public, such as what is no longer offered.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`] for a stranger, [`Refusal::Forbidden`] for a client.
    pub fn require_staff(&self, operation: &'static str) -> Result<(), Refusal> {
        match self {
            Self::Anonymous | Self::FormLink(_) => Err(Refusal::Unauthenticated),
            _ if self.is_staff() => Ok(()),
            _ => Err(Refusal::Forbidden { operation }),
        }
    }

    /// The actor's login.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::Person(person) => Some(person.account),
            Self::Anonymous | Self::FormLink(_) | Self::System(_) => None,
        }
    }

    /// The actor's own client record.
    #[must_use]
    pub fn client(&self) -> Option<ClientId> {
        match self {
            Self::Person(person) => person.client,
            Self::Anonymous | Self::FormLink(_) | Self::System(_) => None,
        }
    }

    /// The actor's own therapist record, if they still hold that role.
    #[must_use]
    pub fn therapist(&self) -> Option<TherapistId> {
        match self {
            Self::Person(person) if person.roles.has(Role::Therapist) => person.therapist,
            _ => None,
        }
    }

    /// The form link they hold, if they come with one.
    #[must_use]
    pub fn form_link(&self) -> Option<FormBearer> {
        match self {
            Self::FormLink(bearer) => Some(*bearer),
            _ => None,
        }
    }

    /// Whether this is the program itself.
    #[must_use]
    pub fn is_system(&self) -> bool {
        matches!(self, Self::System(_))
    }
}

/// Who a policy lets in, before any row is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Everybody, signed in or not.
    Anyone,
    /// Everybody with an account.
    SignedIn,
    /// Nobody but who holds a form link, which opens nothing else.
    FormLink,
    /// Those with one of these roles. The first they hold is the one the audit names, so the most particular comes first.
    Roles(&'static [Role]),
}

/// One operation's question: its stable name and whom it lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The stable name, such as `bookings.request`; also the scope of its idempotency keys.
    pub name: &'static str,
    /// Whom it lets in.
    pub who: Who,
}

/// A question at the door, as a type, so that a handler's signature says which one is asked.
pub trait Policy: 'static {
    /// The question.
    const RULE: Rule;
}

/// Declares policies: `policies! { /// Doc. RequestBooking = "bookings.request": [Client, FrontDesk, Admin]; }`, `anyone`, `signed_in` or
/// `form_link`.
#[macro_export]
macro_rules! policies {
    ($($(#[$meta:meta])* $name:ident = $rule:literal : $who:tt;)+) => {$(
        $(#[$meta])*
        pub struct $name;
        impl $crate::kernel::actor::Policy for $name {
            const RULE: $crate::kernel::actor::Rule = $crate::kernel::actor::Rule { name: $rule, who: $crate::policies!(@who $who) };
        }
    )+};
    (@who anyone) => { $crate::kernel::actor::Who::Anyone };
    (@who form_link) => { $crate::kernel::actor::Who::FormLink };
    (@who signed_in) => { $crate::kernel::actor::Who::SignedIn };
    (@who [$($role:ident),+]) => { $crate::kernel::actor::Who::Roles(&[$($crate::kernel::actor::Role::$role),+]) };
}

/// The proof that a policy was asked and said yes.
#[derive(Clone, Debug)]
pub struct Permit {
    rule: Rule,
    claim: Claim,
    request: Uuid,
}

impl Permit {
    /// Asks policy `P` about a claim. `request` is the id that ties log, audit and answer together.
    ///
    /// # Errors
    /// [`Refusal::Unauthenticated`] when somebody is needed and nobody is there, [`Refusal::Forbidden`] when the role is wrong.
    pub fn ask<P: Policy>(claim: Claim, request: Uuid) -> Result<Self, Refusal> {
        match (claim, P::RULE.who) {
            (Claim::Account { roles, .. }, _) => allows(P::RULE, roles).map(drop)?,
            (Claim::FormLink(_), Who::FormLink) => {}
            // A form link opens its form; where everybody may come, its holder is nobody in particular.
            (Claim::FormLink(_), Who::Anyone) => return Self::ask::<P>(Claim::Anonymous, request),
            (_, Who::Anyone) => {}
            _ => return Err(Refusal::Unauthenticated),
        }
        Ok(Self { rule: P::RULE, claim, request })
    }

    /// The permit of a job the program does by itself; never used on behalf of a request.
    #[must_use]
    pub fn system(job: &'static str) -> Self {
        Self { rule: Rule { name: job, who: Who::Anyone }, claim: Claim::System(job), request: Uuid::new_v4() }
    }

    /// Asks the same question again of the roles the account holds now, and names the role that answers it.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`] when the roles no longer suffice.
    pub fn confirm(&self, roles: Roles) -> Result<Option<Role>, Refusal> {
        allows(self.rule, roles)
    }

    /// Whether the policy lets in everybody.
    #[must_use]
    pub fn is_open_to_all(&self) -> bool {
        self.rule.who == Who::Anyone
    }

    /// The operation this permit is for.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.rule.name
    }

    /// Who asked.
    #[must_use]
    pub fn claim(&self) -> Claim {
        self.claim
    }

    /// The request's id.
    #[must_use]
    pub fn request(&self) -> Uuid {
        self.request
    }
}

fn allows(rule: Rule, roles: Roles) -> Result<Option<Role>, Refusal> {
    match rule.who {
        Who::Anyone | Who::SignedIn => Ok(roles.iter().next()),
        Who::Roles(wanted) => wanted
            .iter()
            .copied()
            .find(|role| roles.has(*role))
            .map(Some)
            .ok_or(Refusal::Forbidden { operation: rule.name }),
        Who::FormLink => Err(Refusal::Forbidden { operation: rule.name }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::Timestamp;

    policies! {
        /// For the test.
        Desk = "test.desk": [FrontDesk, Admin];
        /// For the test.
        Open = "test.open": anyone;
        /// For the test.
        Known = "test.known": signed_in;
        /// For the test.
        Form = "test.form": form_link;
    }

    fn holder(roles: &[Role]) -> Claim {
        let at = Timestamp::from_unix_micros(0).unwrap();
        Claim::Account {
            account: AccountId::new(at),
            session: SessionId::new(at),
            roles: roles.iter().copied().collect(),
        }
    }

    #[test]
    fn a_policy_lets_in_whom_it_names_and_nobody_else() {
        let request = Uuid::nil();
        assert!(Permit::ask::<Desk>(holder(&[Role::Admin]), request).is_ok());
        assert_eq!(
            Permit::ask::<Desk>(holder(&[Role::Client]), request).unwrap_err(),
            Refusal::Forbidden { operation: "test.desk" }
        );
        assert_eq!(Permit::ask::<Desk>(Claim::Anonymous, request).unwrap_err(), Refusal::Unauthenticated);
        assert!(Permit::ask::<Open>(Claim::Anonymous, request).is_ok());
        assert_eq!(Permit::ask::<Known>(Claim::Anonymous, request).unwrap_err(), Refusal::Unauthenticated);
    }

    #[test]
    fn a_form_link_opens_its_form_and_no_other_door() {
        let (request, link) = (Uuid::nil(), Claim::FormLink([7; 32]));
        assert_eq!(Permit::ask::<Form>(link, request).unwrap().claim(), link);
        assert_eq!(Permit::ask::<Open>(link, request).unwrap().claim(), Claim::Anonymous);
        assert_eq!(Permit::ask::<Known>(link, request).unwrap_err(), Refusal::Unauthenticated);
        assert_eq!(Permit::ask::<Desk>(link, request).unwrap_err(), Refusal::Unauthenticated);
        assert_eq!(Permit::ask::<Form>(Claim::Anonymous, request).unwrap_err(), Refusal::Unauthenticated);
        let admin = holder(&[Role::Admin]);
        assert_eq!(Permit::ask::<Form>(admin, request).unwrap_err(), Refusal::Forbidden { operation: "test.form" });
    }

    #[test]
    fn a_permit_is_asked_again_with_the_roles_of_now() {
        let permit = Permit::ask::<Desk>(holder(&[Role::Admin]), Uuid::nil()).unwrap();
        assert_eq!(permit.confirm([Role::FrontDesk, Role::Admin].into_iter().collect()), Ok(Some(Role::FrontDesk)));
        assert!(permit.confirm([Role::Client].into_iter().collect()).is_err());
    }
}
