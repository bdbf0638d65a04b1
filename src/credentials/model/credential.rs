//! The credential and its steps. Each consumes the credential and answers with it and the assertion that moved it, or refuses.

use chrono::{NaiveDate, TimeDelta};

use super::assertion::{Assertion, AssertionKind, Checked, Method, Occasion, Statement};
use super::credential_type::CredentialType;
use super::draft::CredentialDraft;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, AssertionId, CredentialId, CredentialTypeId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// Where a credential stands today. What dates say (expired, reverify due) is derived and never stored.
    pub enum CredentialState {
        /// Put forward, not yet checked.
        Submitted = "submitted",
        /// Checked by somebody who is not its holder.
        Verified = "verified",
        /// Checked, and it did not hold.
        Rejected = "rejected",
        /// Does not count for the time being.
        Suspended = "suspended",
        /// Never counts again.
        Revoked = "revoked",
    }
}

impl CredentialState {
    /// The state that an assertion leads to from here, if it may be made here.
    fn after(self, kind: AssertionKind) -> Option<Self> {
        match (self, kind) {
            (Self::Submitted, AssertionKind::Verified) | (Self::Suspended, AssertionKind::Reinstated) => {
                Some(Self::Verified)
            }
            (Self::Submitted, AssertionKind::Rejected) => Some(Self::Rejected),
            (Self::Rejected, AssertionKind::Resubmitted) => Some(Self::Submitted),
            (Self::Verified, AssertionKind::Suspended) => Some(Self::Suspended),
            (Self::Verified | Self::Suspended, AssertionKind::Revoked) => Some(Self::Revoked),
            _ => None,
        }
    }
}

/// One licence, certification, course or policy held by a therapist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Which one.
    pub id: CredentialId,
    /// Who holds it.
    pub therapist: TherapistId,
    /// Of which type it is.
    pub credential_type: CredentialTypeId,
    /// The number it was issued under; empty where the kind has none.
    pub number: String,
    /// The first day it holds.
    pub issued_on: NaiveDate,
    /// The last day it holds, if it ends by itself.
    pub expires_on: Option<NaiveDate>,
    /// The day by which somebody has to look again.
    pub reverify_by: NaiveDate,
    /// Where it stands today.
    pub state: CredentialState,
    /// Whether only its holder vouches for it.
    pub self_attested: bool,
    /// The credential it renews.
    pub supersedes: Option<CredentialId>,
    /// Who put it forward last.
    pub submitted_by: AccountId,
    /// Grows with every step.
    pub version: i32,
    /// When it was first put forward.
    pub created_at: Timestamp,
    /// When the last assertion about it was recorded; the next is later.
    pub asserted_at: Timestamp,
}

/// A credential after a step, and the assertion that was the step. The store inserts the one and writes the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asserted {
    /// The credential as it stands now.
    pub credential: Credential,
    /// What was said of it.
    pub assertion: Assertion,
}

impl Credential {
    /// Puts a credential forward.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault; [`Refusal::PolicyViolation`] when somebody but the holder would self-attest.
    pub fn submit(
        draft: &CredentialDraft,
        therapist: TherapistId,
        credential_type: &CredentialType,
        occasion: Occasion,
    ) -> Result<Change<Asserted>, Refusal> {
        Self::put_forward(draft, therapist, credential_type, None, occasion)
    }

    /// Puts forward the credential that follows this one, which stands until its own dates run out.
    ///
    /// # Errors
    /// As [`Credential::submit`]; [`Refusal::InvalidTransition`] unless this one is verified, so that no suspension is renewed away.
    pub fn renew(
        &self,
        draft: &CredentialDraft,
        credential_type: &CredentialType,
        occasion: Occasion,
    ) -> Result<Change<Asserted>, Refusal> {
        if self.state != CredentialState::Verified {
            return Err(self.not_from_here("renew"));
        }
        if self.credential_type != credential_type.id {
            return Err(Refusal::PolicyViolation {
                rule: "renewal_changes_type",
                detail: "a renewal is of the same credential type",
            });
        }
        Self::put_forward(draft, self.therapist, credential_type, Some(self.id), occasion)
    }

    /// Puts a rejected credential forward again, corrected.
    ///
    /// # Errors
    /// As [`Credential::submit`]; [`Refusal::InvalidTransition`] unless it was rejected.
    pub fn resubmit(
        self,
        draft: &CredentialDraft,
        credential_type: &CredentialType,
        occasion: Occasion,
    ) -> Result<Change<Asserted>, Refusal> {
        let state = self.after(AssertionKind::Resubmitted)?;
        let number = draft.check(credential_type.kind, occasion)?;
        let corrected = Self {
            number,
            issued_on: draft.issued_on,
            expires_on: draft.expires_on,
            reverify_by: draft.reverify_by,
            submitted_by: occasion.by,
            ..self
        };
        Ok(corrected.asserted(AssertionKind::Resubmitted, state, draft.word(occasion), occasion))
    }

    /// Says that it was checked and holds.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] from another state, [`Refusal::PolicyViolation`] by or without a known holder, [`Refusal::Fields`].
    pub fn verify(self, statement: Statement, occasion: Occasion) -> Result<Change<Asserted>, Refusal> {
        self.judged(AssertionKind::Verified, statement, occasion)
    }

    /// Says that it was checked and does not hold.
    ///
    /// # Errors
    /// As [`Credential::verify`].
    pub fn reject(self, statement: Statement, occasion: Occasion) -> Result<Change<Asserted>, Refusal> {
        self.judged(AssertionKind::Rejected, statement, occasion)
    }

    /// Takes its force for the time being.
    ///
    /// # Errors
    /// As [`Credential::verify`].
    pub fn suspend(self, statement: Statement, occasion: Occasion) -> Result<Change<Asserted>, Refusal> {
        self.judged(AssertionKind::Suspended, statement, occasion)
    }

    /// Gives its force back.
    ///
    /// # Errors
    /// As [`Credential::verify`].
    pub fn reinstate(self, statement: Statement, occasion: Occasion) -> Result<Change<Asserted>, Refusal> {
        self.judged(AssertionKind::Reinstated, statement, occasion)
    }

    /// Takes its force for good.
    ///
    /// # Errors
    /// As [`Credential::verify`].
    pub fn revoke(self, statement: Statement, occasion: Occasion) -> Result<Change<Asserted>, Refusal> {
        self.judged(AssertionKind::Revoked, statement, occasion)
    }

    /// The last day on which its dates let it count: the earlier of its end and the end of the grace after `reverify_by`.
    #[must_use]
    pub fn last_day(&self, grace_days: i32) -> NaiveDate {
        let grace = TimeDelta::days(i64::from(grace_days.max(0)));
        let grace_ends = self.reverify_by.checked_add_signed(grace).unwrap_or(NaiveDate::MAX);
        self.expires_on.map_or(grace_ends, |expires_on| expires_on.min(grace_ends))
    }

    fn put_forward(
        draft: &CredentialDraft,
        therapist: TherapistId,
        credential_type: &CredentialType,
        supersedes: Option<CredentialId>,
        occasion: Occasion,
    ) -> Result<Change<Asserted>, Refusal> {
        let number = draft.check(credential_type.kind, occasion)?;
        let credential = Self {
            id: CredentialId::new(occasion.now),
            therapist,
            credential_type: credential_type.id,
            number,
            issued_on: draft.issued_on,
            expires_on: draft.expires_on,
            reverify_by: draft.reverify_by,
            state: CredentialState::Submitted,
            self_attested: draft.self_attested,
            supersedes,
            submitted_by: occasion.by,
            version: 1,
            created_at: occasion.now,
            asserted_at: occasion.now,
        };
        Ok(credential.with_assertion(AssertionKind::Submitted, draft.word(occasion), occasion.by))
    }

    /// A judgement by somebody who is not the holder.
    fn judged(
        self,
        kind: AssertionKind,
        statement: Statement,
        occasion: Occasion,
    ) -> Result<Change<Asserted>, Refusal> {
        let state = self.after(kind)?;
        if occasion.holder_speaks() {
            return Err(Refusal::PolicyViolation {
                rule: "holder_is_verifier",
                detail: "nobody judges a credential of their own",
            });
        }
        // Without this, a verifier could vouch for a record first and tie their own login to it afterwards.
        if kind.grants() && occasion.holder.is_none() {
            return Err(Refusal::PolicyViolation {
                rule: "holder_unknown",
                detail: "the therapist needs a login of their own before their credentials can be verified",
            });
        }
        let checked = statement.check(kind, self.issued_on, occasion.today)?;
        Ok(self.asserted(kind, state, checked, occasion))
    }

    fn after(&self, kind: AssertionKind) -> Result<CredentialState, Refusal> {
        self.state.after(kind).ok_or_else(|| self.not_from_here(kind.step()))
    }

    fn not_from_here(&self, step: &'static str) -> Refusal {
        Refusal::InvalidTransition { what: "credential", from: self.state.as_str(), step }
    }

    fn asserted(
        self,
        kind: AssertionKind,
        state: CredentialState,
        said: Checked,
        occasion: Occasion,
    ) -> Change<Asserted> {
        // A clock set back must not make later words look earlier.
        let recorded_at = occasion.now.max(self.asserted_at.plus(TimeDelta::microseconds(1)));
        let self_attested = state == CredentialState::Submitted && said.method == Some(Method::SelfAttested);
        let credential = Self { state, self_attested, version: self.version + 1, asserted_at: recorded_at, ..self };
        credential.with_assertion(kind, said, occasion.by)
    }

    /// The credential with what is said of it now, recorded at its `asserted_at`.
    fn with_assertion(self, kind: AssertionKind, said: Checked, by: AccountId) -> Change<Asserted> {
        let assertion = Assertion {
            id: AssertionId::new(self.asserted_at),
            credential: self.id,
            kind,
            effective_on: said.effective_on,
            recorded_at: self.asserted_at,
            by,
            method: said.method,
            reason: said.reason,
            source: said.source,
        };
        let event = Event::new(kind.event(), self.id)
            .with("therapist", self.therapist)
            .with("credential_type", self.credential_type)
            .with("assertion", assertion.id)
            .with("effective_on", assertion.effective_on);
        let event = match self.supersedes {
            Some(old) if kind == AssertionKind::Submitted => event.with("supersedes", old),
            _ => event,
        };
        Change::new(Asserted { credential: self, assertion }, event)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    fn because() -> Statement {
        Statement { reason: Some("the board's letter".into()), ..Statement::default() }
    }

    fn state(change: Change<Asserted>) -> Credential {
        change.into_parts().0.credential
    }

    #[test]
    fn the_states_take_the_steps_of_the_contract_and_no_others() {
        use AssertionKind as Kind;
        let allowed = [
            (CredentialState::Submitted, Kind::Verified, CredentialState::Verified),
            (CredentialState::Submitted, Kind::Rejected, CredentialState::Rejected),
            (CredentialState::Rejected, Kind::Resubmitted, CredentialState::Submitted),
            (CredentialState::Verified, Kind::Suspended, CredentialState::Suspended),
            (CredentialState::Verified, Kind::Revoked, CredentialState::Revoked),
            (CredentialState::Suspended, Kind::Reinstated, CredentialState::Verified),
            (CredentialState::Suspended, Kind::Revoked, CredentialState::Revoked),
        ];
        for from in CredentialState::ALL {
            for kind in Kind::ALL {
                let wanted = allowed.iter().find(|(a, b, _)| (a, b) == (from, kind)).map(|(_, _, to)| *to);
                assert_eq!(from.after(*kind), wanted, "{from} {kind}");
            }
        }
    }

    #[test]
    fn each_step_leaves_its_assertion_and_its_event() {
        let (asserted, event) = submitted().verify(verification(), occasion(2)).unwrap().into_parts();
        assert_eq!(asserted.credential.state, CredentialState::Verified);
        assert_eq!((asserted.credential.version, asserted.assertion.kind), (2, AssertionKind::Verified));
        assert_eq!((event.action, event.subject_id), ("credential.verified", asserted.credential.id.into()));
        assert!(event.details.iter().all(|(_, value)| !value.contains("register")), "{event:?}");
        let suspended = state(asserted.credential.suspend(because(), occasion(3)).unwrap());
        let reinstated = state(suspended.reinstate(because(), occasion(4)).unwrap());
        let revoked = state(reinstated.revoke(because(), occasion(5)).unwrap());
        assert_eq!((revoked.state, revoked.version), (CredentialState::Revoked, 5));
        let again = revoked.revoke(because(), occasion(6));
        assert!(matches!(again, Err(Refusal::InvalidTransition { from: "revoked", step: "revoke", .. })));
    }

    #[test]
    fn the_holder_judges_nothing_of_their_own() {
        let own = Occasion { by: holder(), ..occasion(2) };
        let verified = state(submitted().verify(verification(), occasion(2)).unwrap());
        let suspended = state(verified.clone().suspend(because(), occasion(3)).unwrap());
        let judgements = [
            submitted().verify(verification(), own),
            submitted().reject(because(), own),
            verified.clone().suspend(because(), own),
            verified.revoke(because(), own),
            suspended.reinstate(because(), own),
        ];
        for judgement in judgements {
            assert!(matches!(judgement, Err(Refusal::PolicyViolation { rule: "holder_is_verifier", .. })));
        }
    }

    #[test]
    fn nothing_is_verified_while_the_holder_is_unknown() {
        let unknown = Occasion { holder: None, ..occasion(2) };
        let verified = submitted().verify(verification(), unknown);
        assert!(matches!(verified, Err(Refusal::PolicyViolation { rule: "holder_unknown", .. })));
        assert!(submitted().reject(because(), unknown).is_ok());
    }

    #[test]
    fn only_the_holder_vouches_for_themself_and_a_verification_replaces_their_word() {
        let draft = CredentialDraft { self_attested: true, ..draft() };
        let by_other = Credential::submit(&draft, therapist(), &certification(), occasion(1));
        assert!(matches!(by_other, Err(Refusal::PolicyViolation { rule: "attestor_is_not_holder", .. })));
        let own = Occasion { by: holder(), ..occasion(1) };
        let asserted = Credential::submit(&draft, therapist(), &certification(), own).unwrap().into_parts().0;
        assert_eq!(asserted.assertion.method, Some(Method::SelfAttested));
        assert!(asserted.credential.self_attested);
        assert!(!state(asserted.credential.verify(verification(), occasion(2)).unwrap()).self_attested);
    }

    #[test]
    fn a_statement_says_what_its_kind_needs() {
        let faults = |result: Result<Change<Asserted>, Refusal>| match result {
            Err(Refusal::Fields(faults)) => faults.into_iter().map(|fault| fault.pointer + " " + fault.code).collect(),
            other => vec![format!("{other:?}")],
        };
        assert_eq!(
            faults(submitted().verify(Statement::default(), occasion(2))),
            ["/method required", "/source required"]
        );
        let own_word = Statement { method: Some(Method::SelfAttested), ..verification() };
        assert_eq!(faults(submitted().verify(own_word, occasion(2))), ["/method not_a_verification"]);
        let tomorrow = Statement { effective_on: Some(day(3)), ..verification() };
        assert_eq!(faults(submitted().verify(tomorrow, occasion(2))), ["/effective_on in_future"]);
        let early = Statement { effective_on: Some(day(-1)), ..because() };
        assert_eq!(faults(submitted().reject(early, occasion(2))), ["/effective_on before_issue"]);
        assert_eq!(faults(submitted().reject(Statement::default(), occasion(2))), ["/reason required"]);
    }

    #[test]
    fn a_renewal_is_a_new_credential_that_names_the_old() {
        let old = state(submitted().verify(verification(), occasion(2)).unwrap());
        let (renewed, event) = old.renew(&draft(), &certification(), occasion(3)).unwrap().into_parts();
        assert_eq!(renewed.credential.supersedes, Some(old.id));
        assert_eq!(renewed.credential.state, CredentialState::Submitted);
        assert!(event.details.contains(&("supersedes", old.id.to_string())));
        let suspended = state(old.suspend(because(), occasion(4)).unwrap());
        let escape = suspended.renew(&draft(), &certification(), occasion(5));
        assert!(matches!(escape, Err(Refusal::InvalidTransition { from: "suspended", step: "renew", .. })));
    }

    #[test]
    fn a_rejected_credential_is_put_forward_again_corrected() {
        let rejected = state(submitted().reject(because(), occasion(2)).unwrap());
        let corrected = CredentialDraft { number: "CST-T 4712".into(), ..draft() };
        let again = state(rejected.resubmit(&corrected, &certification(), occasion(3)).unwrap());
        assert_eq!((again.state, again.number.as_str()), (CredentialState::Submitted, "CST-T 4712"));
    }

    #[test]
    fn a_clock_set_back_does_not_reorder_what_was_said() {
        let before = submitted();
        let earlier = Occasion { now: at(0), ..occasion(2) };
        let verified = before.clone().verify(verification(), earlier).unwrap().into_parts().0;
        assert!(verified.assertion.recorded_at > before.asserted_at);
    }
}
