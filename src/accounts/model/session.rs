//! Sessions and the refresh tokens that keep them alive.

use chrono::TimeDelta;

use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, SessionId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// How long a session lasts at the most, however often it is refreshed.
const SESSION_LIFE: TimeDelta = TimeDelta::days(30);

/// How long what a person has shown once more is good for.
const STEP_UP_LIFE: TimeDelta = TimeDelta::minutes(15);

/// A login session: one family of refresh tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id, named by access tokens.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// When somebody signed in.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
    /// When its holder last showed once more that it is they.
    pub stepped_up_at: Option<Timestamp>,
}

/// A session with what is to be written about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStep {
    /// Opened, with the hash of its first refresh token.
    Opened(Session, Vec<u8>),
    /// Ended.
    Ended(Session),
    /// Its holder showed once more that it is they.
    SteppedUp(Session),
}

/// A refresh token was used: the hash of the old one and of the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The session.
    pub session: SessionId,
    /// The token that was used.
    pub used: Vec<u8>,
    /// The token that replaces it.
    pub next: Vec<u8>,
    /// When.
    pub at: Timestamp,
}

impl Session {
    /// Somebody signed in.
    pub fn open(account: AccountId, first_token: Vec<u8>, now: Timestamp) -> Change<SessionStep> {
        let session = Self {
            id: SessionId::new(now),
            account,
            created_at: now,
            expires_at: now.plus(SESSION_LIFE),
            ended_at: None,
            stepped_up_at: None,
        };
        let event = Event::new("session.opened", session.id).with("account", account);
        Change::new(SessionStep::Opened(session, first_token), event)
    }

    /// Uses a refresh token that was not used before.
    ///
    /// # Errors
    /// When the session no longer holds.
    pub fn refresh(&self, used: Vec<u8>, next: Vec<u8>, now: Timestamp) -> Result<Change<Rotated>, Refusal> {
        if self.ended_at.is_some() || self.expires_at <= now {
            return Err(Refusal::Unauthenticated);
        }
        let event = Event::new("session.refreshed", self.id);
        Ok(Change::new(Rotated { session: self.id, used, next, at: now }, event))
    }

    /// Ends it; `why` is a stable word: `signed_out`, `token_reused`, `password_changed`, `account_disabled`.
    pub fn end(self, why: &'static str, now: Timestamp) -> Change<SessionStep> {
        let event = Event::new("session.ended", self.id).with("why", why);
        Change::new(SessionStep::Ended(Self { ended_at: Some(now), ..self }), event)
    }

    /// Its holder showed once more that it is they; `by` is the stable word for how: `password`.
    pub fn step_up(self, by: &'static str, now: Timestamp) -> Change<SessionStep> {
        let event = Event::new("session.stepped_up", self.id).with("by", by);
        Change::new(SessionStep::SteppedUp(Self { stepped_up_at: Some(now), ..self }), event)
    }

    /// Until when what was shown is good.
    #[must_use]
    pub fn stepped_up_until(&self) -> Option<Timestamp> {
        self.stepped_up_at.map(|at| at.plus(STEP_UP_LIFE))
    }

    /// That it is good now, which every signature asks.
    ///
    /// # Errors
    /// [`Refusal::StepUpRequired`].
    pub fn require_step_up(&self, now: Timestamp) -> Result<(), Refusal> {
        let holds = self.stepped_up_until().is_some_and(|until| now < until);
        if holds { Ok(()) } else { Err(Refusal::StepUpRequired) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_shown_is_good_for_a_quarter_of_an_hour() {
        let at = |minutes: i64| Timestamp::from_unix_micros(minutes * 60_000_000).unwrap();
        let SessionStep::Opened(session, _) = Session::open(AccountId::new(at(0)), Vec::new(), at(0)).into_parts().0
        else {
            panic!("opened")
        };
        assert_eq!(session.require_step_up(at(0)), Err(Refusal::StepUpRequired), "signing in is not enough");
        let SessionStep::SteppedUp(session) = session.step_up("password", at(5)).into_parts().0 else {
            panic!("stepped up")
        };
        assert_eq!(session.require_step_up(at(5)), Ok(()));
        assert_eq!(session.require_step_up(at(19)), Ok(()));
        assert_eq!(session.require_step_up(at(20)), Err(Refusal::StepUpRequired));
    }
}
