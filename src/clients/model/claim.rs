//! How a person takes over the record that staff made for them.

use chrono::TimeDelta;

use super::client::Client;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, ClientId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// How long a code is good for.
const LIFE: TimeDelta = TimeDelta::days(14);

/// A code that staff hand to a person; the store knows its hash only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimCode {
    /// SHA-256 of the code.
    pub hash: Vec<u8>,
    /// Whose record it takes over.
    pub client: ClientId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used, or a later one was made.
    pub used_at: Option<Timestamp>,
}

impl ClaimCode {
    /// A code for a record; the earlier ones for it stop working.
    ///
    /// # Errors
    /// [`Refusal::PolicyViolation`] when the record has a login already.
    pub fn issue(client: &Client, hash: Vec<u8>, now: Timestamp) -> Result<Change<Self>, Refusal> {
        if client.account.is_some() {
            let detail = "the record belongs to a login already";
            return Err(Refusal::PolicyViolation { rule: "record_has_login", detail });
        }
        let code = Self { hash, client: client.id, created_at: now, expires_at: now.plus(LIFE), used_at: None };
        Ok(Change::new(code, Event::new("claim_code.issued", client.id).about(client.id)))
    }

    /// Uses it up.
    ///
    /// # Errors
    /// [`Refusal::LinkSpent`] when it was used before or is too old.
    pub fn redeem(self, now: Timestamp) -> Result<Change<Self>, Refusal> {
        if self.used_at.is_some() || self.expires_at <= now {
            return Err(Refusal::LinkSpent);
        }
        let event = Event::new("claim_code.used", self.client).about(self.client);
        Ok(Change::new(Self { used_at: Some(now), ..self }, event))
    }
}

/// A record taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The record, now with its login.
    pub client: Client,
    /// The record the sign-up had made, which goes; only an empty one can.
    pub replaces: Option<ClientId>,
}

impl Client {
    /// Gives the record to a login, whose own record it replaces.
    ///
    /// # Errors
    /// [`Refusal::LinkSpent`] when it has a login already.
    pub fn claim(self, account: AccountId, replaces: Option<ClientId>) -> Result<Change<Claimed>, Refusal> {
        if self.account.is_some() {
            return Err(Refusal::LinkSpent);
        }
        let mut event = Event::new("client.claimed", self.id).about(self.id);
        if let Some(replaced) = replaces {
            event = event.with("replaces", replaced);
        }
        let client = Self { account: Some(account), version: self.version.saturating_add(1), ..self };
        Ok(Change::new(Claimed { client, replaces }, event))
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::tests::{client, now};
    use super::*;

    #[test]
    fn a_code_works_once_and_not_for_ever() {
        let code = ClaimCode::issue(&client(None), vec![1], now()).unwrap().into_parts().0;
        assert_eq!(code.clone().redeem(now().plus(LIFE)).unwrap_err(), Refusal::LinkSpent);
        let used = code.redeem(now()).unwrap().into_parts().0;
        assert_eq!(used.redeem(now()).unwrap_err(), Refusal::LinkSpent);
    }

    #[test]
    fn a_record_is_taken_over_once() {
        let account = AccountId::new(now());
        let taken = client(None).claim(account, None).unwrap().into_parts().0.client;
        assert_eq!((taken.account, taken.version), (Some(account), 2));
        assert!(matches!(ClaimCode::issue(&taken, vec![1], now()), Err(Refusal::PolicyViolation { .. })));
        assert_eq!(taken.claim(AccountId::new(now()), None).unwrap_err(), Refusal::LinkSpent);
    }
}
