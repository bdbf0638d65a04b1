//! Links that work once: set-up, recovery, invitations.

use chrono::TimeDelta;

use crate::kernel::actor::Role;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, InvitationId, OneTimeTokenId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::text_enum;

use super::account::EmailAddress;

text_enum! {
    /// What a one-time token is for.
    pub enum LinkPurpose {
        /// To make the first admin.
        Setup = "setup",
        /// To set a new password.
        Recovery = "recovery",
    }
}

/// A secret that works once; the store knows its hash only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimeToken {
    /// Its id.
    pub id: OneTimeTokenId,
    /// What it is for.
    pub purpose: LinkPurpose,
    /// SHA-256 of the secret.
    pub hash: Vec<u8>,
    /// For whom, if somebody exists already.
    pub account: Option<AccountId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

impl OneTimeToken {
    /// A token for setting up a store that has no admin: good for thirty minutes.
    pub fn for_setup(hash: Vec<u8>, now: Timestamp) -> Change<Self> {
        Self::issue(LinkPurpose::Setup, hash, None, TimeDelta::minutes(30), now)
    }

    /// A token for setting a new password: good for a day.
    pub fn for_recovery(hash: Vec<u8>, account: AccountId, now: Timestamp) -> Change<Self> {
        Self::issue(LinkPurpose::Recovery, hash, Some(account), TimeDelta::days(1), now)
    }

    fn issue(
        purpose: LinkPurpose,
        hash: Vec<u8>,
        account: Option<AccountId>,
        life: TimeDelta,
        now: Timestamp,
    ) -> Change<Self> {
        let id = OneTimeTokenId::new(now);
        let token = Self { id, purpose, hash, account, created_at: now, expires_at: now.plus(life), used_at: None };
        let event = Event::new("one_time_token.issued", id).with("purpose", purpose);
        Change::new(token, event)
    }

    /// Uses it up.
    ///
    /// # Errors
    /// [`Refusal::LinkSpent`] when it was used before or is too old.
    pub fn redeem(self, now: Timestamp) -> Result<Change<Self>, Refusal> {
        if self.used_at.is_some() || self.expires_at <= now {
            return Err(Refusal::LinkSpent);
        }
        let event = Event::new("one_time_token.used", self.id).with("purpose", self.purpose);
        Ok(Change::new(Self { used_at: Some(now), ..self }, event))
    }
}

/// An offer to join with a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// For whom.
    pub email: String,
    /// As what.
    pub role: Role,
    /// SHA-256 of the link's secret.
    pub hash: Vec<u8>,
    /// By whom.
    pub invited_by: AccountId,
    /// When.
    pub created_at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// The account that came of it.
    pub account: Option<AccountId>,
    /// Grows by one at each change.
    pub version: i32,
}

impl Invitation {
    /// An offer, good for seven days.
    pub fn issue(
        email: &EmailAddress,
        role: Role,
        hash: Vec<u8>,
        invited_by: AccountId,
        now: Timestamp,
    ) -> Change<Self> {
        let invitation = Self {
            id: InvitationId::new(now),
            email: email.as_str().to_owned(),
            role,
            hash,
            invited_by,
            created_at: now,
            expires_at: now.plus(TimeDelta::days(7)),
            accepted_at: None,
            account: None,
            version: 1,
        };
        let event = Event::new("invitation.issued", invitation.id).with("role", role);
        Change::new(invitation, event)
    }

    /// Takes it up with the account that joined by it.
    ///
    /// # Errors
    /// [`Refusal::LinkSpent`] when it was accepted before or is too old.
    pub fn accept(self, account: AccountId, now: Timestamp) -> Result<Change<Self>, Refusal> {
        if !self.is_open(now) {
            return Err(Refusal::LinkSpent);
        }
        let event = Event::new("invitation.accepted", self.id).with("account", account);
        let accepted = Self { accepted_at: Some(now), account: Some(account), version: self.version + 1, ..self };
        Ok(Change::new(accepted, event))
    }

    /// Whether it can still be accepted.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.accepted_at.is_none() && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_works_once_and_not_for_ever() {
        let now = Timestamp::from_unix_micros(0).unwrap();
        let token = OneTimeToken::for_setup(vec![1], now).into_parts().0;
        let late = now.plus(TimeDelta::minutes(30));
        assert_eq!(token.clone().redeem(late).unwrap_err(), Refusal::LinkSpent);
        let used = token.redeem(now).unwrap().into_parts().0;
        assert_eq!(used.redeem(now).unwrap_err(), Refusal::LinkSpent);
    }
}
