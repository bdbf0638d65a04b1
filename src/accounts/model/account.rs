//! An account and its roles.

use crate::kernel::actor::{Role, Roles};
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::AccountId;
use crate::kernel::refusal::Refusal;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// Whether an account may sign in.
    pub enum AccountState {
        /// It may.
        Active = "active",
        /// It may not, and its sessions no longer hold.
        Disabled = "disabled",
    }
}

/// An e-mail address, in lower case, good enough to tell accounts apart. Whether mail arrives there only mail can say.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address: one `@`, something before it, a dotted or local name after it, at most 254 characters (RFC 5321).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let (local, domain) = text.split_once('@')?;
        let sound =
            |part: &str| !part.is_empty() && part.chars().all(|c| !c.is_whitespace() && !c.is_control() && c != '@');
        let fits = text.len() <= 254 && local.len() <= 64 && sound(local) && sound(domain);
        (fits && !domain.starts_with('.') && !domain.ends_with('.')).then_some(Self(text))
    }

    /// What the store kept: read when it came in, and not judged again by rules that may have changed since.
    #[must_use]
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Hidden, so that no log line can carry it.
impl std::fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmailAddress(..)")
    }
}

/// What is needed to make an account; the password comes hashed.
#[derive(Clone, Debug)]
pub struct AccountDraft {
    /// The address to sign in with.
    pub email: EmailAddress,
    /// The person's name.
    pub name: String,
    /// The password's argon2id hash in PHC form.
    pub password_hash: String,
}

impl AccountDraft {
    /// Checks what a person sent to sign up.
    ///
    /// # Errors
    /// Every field at fault.
    pub fn checked(email: &str, name: &str, password: &str) -> Result<(EmailAddress, String), Refusal> {
        let mut fields = Fields::default();
        let email = fields.parsed("/email", EmailAddress::parse(email), "not_an_email", "must be an e-mail address");
        let name = fields.text("/name", name, 1..=200);
        password_fits(&mut fields, "/password", password, email.as_ref());
        fields.finish(|| Some((email?, name?)))
    }
}

/// Length is what makes a password strong (NIST SP 800-63B); composition rules are not asked for.
pub fn password_fits(fields: &mut Fields, pointer: &str, password: &str, email: Option<&EmailAddress>) {
    let length = password.chars().count();
    fields.require(length >= 12, pointer, "too_short", "must have at least 12 characters");
    fields.require(length <= 256, pointer, "too_long", "must have at most 256 characters");
    let own = email.is_some_and(|email| password.to_lowercase().contains(email.as_str()));
    fields.require(!own, pointer, "too_guessable", "must not contain the e-mail address");
}

/// A login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The address to sign in with.
    pub email: String,
    /// The person's name.
    pub name: String,
    /// The password's hash.
    pub password_hash: String,
    /// Whether it may sign in.
    pub state: AccountState,
    /// What it may be.
    pub roles: Roles,
    /// Grows by one at each change.
    pub version: i32,
    /// When it came to be.
    pub created_at: Timestamp,
}

impl Account {
    /// A client signs up.
    pub fn register(draft: AccountDraft, now: Timestamp) -> Change<Self> {
        Self::make(draft, Roles::default().with(Role::Client), "account.registered", now)
    }

    /// Somebody joins with a role that an admin, or the operator of the machine, has offered.
    pub fn join(draft: AccountDraft, role: Role, now: Timestamp) -> Change<Self> {
        Self::make(draft, Roles::default().with(role), "account.joined", now)
    }

    fn make(draft: AccountDraft, roles: Roles, action: &'static str, now: Timestamp) -> Change<Self> {
        let account = Self {
            id: AccountId::new(now),
            email: draft.email.as_str().to_owned(),
            name: draft.name,
            password_hash: draft.password_hash,
            state: AccountState::Active,
            roles,
            version: 1,
            created_at: now,
        };
        let event = Event::new(action, account.id).with("roles", words(account.roles));
        Change::new(account, event)
    }

    /// Gives the account exactly these roles.
    ///
    /// # Errors
    /// When nobody would be left to be admin, or no role at all.
    pub fn set_roles(self, roles: Roles, other_admins: i64) -> Result<Change<Self>, Refusal> {
        if roles.is_empty() {
            let mut fields = Fields::default();
            fields.fault("/roles", "empty", "must hold at least one role; disable the account instead");
            return fields.finish(|| None);
        }
        let demoted = self.is_admin() && !roles.has(Role::Admin);
        if demoted && other_admins == 0 {
            return Err(LAST_ADMIN);
        }
        let event = Event::new("account.roles_set", self.id).with("roles", words(roles));
        Ok(Change::new(Self { roles, ..self }.touched(), event))
    }

    /// Ends the account's access.
    ///
    /// # Errors
    /// When nobody would be left to be admin, or it is disabled already.
    pub fn disable(self, other_admins: i64) -> Result<Change<Self>, Refusal> {
        if self.state == AccountState::Disabled {
            return Err(Refusal::InvalidTransition { what: "account", from: "disabled", step: "disable" });
        }
        if self.roles.has(Role::Admin) && other_admins == 0 {
            return Err(LAST_ADMIN);
        }
        let event = Event::new("account.disabled", self.id);
        Ok(Change::new(Self { state: AccountState::Disabled, ..self }.touched(), event))
    }

    /// Gives access back.
    ///
    /// # Errors
    /// When it is active already.
    pub fn enable(self) -> Result<Change<Self>, Refusal> {
        if self.state == AccountState::Active {
            return Err(Refusal::InvalidTransition { what: "account", from: "active", step: "enable" });
        }
        let event = Event::new("account.enabled", self.id);
        Ok(Change::new(Self { state: AccountState::Active, ..self }.touched(), event))
    }

    /// Replaces the password.
    pub fn set_password(self, password_hash: String) -> Change<Self> {
        let event = Event::new("account.password_changed", self.id);
        Change::new(Self { password_hash, ..self }.touched(), event)
    }

    fn is_admin(&self) -> bool {
        self.state == AccountState::Active && self.roles.has(Role::Admin)
    }

    fn touched(self) -> Self {
        Self { version: self.version + 1, ..self }
    }
}

const LAST_ADMIN: Refusal = Refusal::PolicyViolation { rule: "last_admin", detail: "somebody must remain admin" };

/// The account that an event tells has joined with this role, if that is what it tells.
#[must_use]
pub fn joined_as(event: &Event, role: Role) -> Option<AccountId> {
    let held = event.detail("roles").is_some_and(|roles| roles.split(' ').any(|word| word == role.as_str()));
    (event.action == "account.joined" && held).then_some(AccountId(event.subject_id))
}

fn words(roles: Roles) -> String {
    roles.iter().map(|role| role.to_string()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(roles: &[Role]) -> Account {
        let draft = AccountDraft {
            email: EmailAddress::parse("a@b.example").unwrap(),
            name: "A".into(),
            password_hash: "hash".into(),
        };
        let now = Timestamp::from_unix_micros(0).unwrap();
        Account { roles: roles.iter().copied().collect(), ..Account::register(draft, now).into_parts().0 }
    }

    #[test]
    fn the_last_admin_stays() {
        let client = Roles::default().with(Role::Client);
        assert_eq!(account(&[Role::Admin]).set_roles(client, 0), Err(LAST_ADMIN));
        assert_eq!(account(&[Role::Admin]).disable(0), Err(LAST_ADMIN));
        assert!(account(&[Role::Admin]).set_roles(client, 1).is_ok());
        assert!(account(&[Role::Client]).disable(0).is_ok());
    }

    #[test]
    fn an_event_tells_who_joined_as_what() {
        let draft = AccountDraft {
            email: EmailAddress::parse("a@b.example").unwrap(),
            name: "A".into(),
            password_hash: "hash".into(),
        };
        let now = Timestamp::from_unix_micros(0).unwrap();
        let (joined, event) = Account::join(draft.clone(), Role::Therapist, now).into_parts();
        assert_eq!(joined_as(&event, Role::Therapist), Some(joined.id));
        assert_eq!(joined_as(&event, Role::Admin), None);
        let registered = Account::register(draft, now).into_parts().1;
        assert_eq!(joined_as(&registered, Role::Client), None);
    }

    #[test]
    fn addresses_are_told_apart_without_case() {
        assert_eq!(EmailAddress::parse(" Ann@Example.ORG ").unwrap().as_str(), "ann@example.org");
        for bad in ["", "ann", "@b", "a@", "a b@c.d", "a@b@c", "a@.b", "a@b."] {
            assert_eq!(EmailAddress::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_fault_of_a_sign_up_is_named() {
        let Err(Refusal::Fields(faults)) = AccountDraft::checked("nobody", " ", "short") else { panic!("accepted") };
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/email", "/name", "/password"]);
    }
}
