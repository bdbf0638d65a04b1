//! Where a client stands with one form: issued, answered, screened, reviewed.
//!
//! Answers and findings are sealed beside this row and are never in it. The outcome is, because the next step depends on it; what an event
//! tells is only the state, which the front desk may know.

use super::ruleset::Level;
use super::screening::Screening;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, BookingId, ClientId, FormVersionId, IntakeResponseId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// The state of a response.
    pub enum ResponseState {
        /// Given to the client.
        Issued = "issued",
        /// Partly answered.
        InProgress = "in_progress",
        /// Handed in; passed through on the way to `screened`, in the same step.
        Submitted = "submitted",
        /// Read by the ruleset, waiting for the therapist.
        Screened = "screened",
        /// The therapist sees nothing in the way.
        ReviewedClear = "reviewed_clear",
        /// The therapist waits for a written clearance.
        ClearancePending = "clearance_pending",
        /// The clearance came and covers what it must.
        Cleared = "cleared",
        /// No session on these answers.
        Declined = "declined",
        /// A newer response stands in its place.
        Superseded = "superseded",
        /// Its time has passed.
        Expired = "expired",
    }
}

impl ResponseState {
    /// Whether the client can still write answers.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Issued | Self::InProgress)
    }

    /// Whether the client has done their part and it still counts.
    #[must_use]
    pub fn is_answered(self) -> bool {
        matches!(
            self,
            Self::Submitted
                | Self::Screened
                | Self::ReviewedClear
                | Self::ClearancePending
                | Self::Cleared
                | Self::Declined
        )
    }
}

text_enum! {
    /// What a therapist concludes from a review.
    pub enum Verdict {
        /// The session can take place.
        Clear = "clear",
        /// It waits for a written clearance.
        ClearancePending = "clearance_pending",
        /// It does not take place.
        Decline = "decline",
    }
}

text_enum! {
    /// In which capacity somebody answers.
    pub enum AnsweredAs {
        /// The client themself, signed in.
        Own = "own",
        /// A guardian who acts for the client, signed in.
        Guardian = "guardian",
        /// Whoever holds the link that was sent to them.
        Link = "link",
        /// Whoever was handed the practice's tablet.
        Tablet = "tablet",
    }
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answerer {
    /// In which capacity.
    pub capacity: AnsweredAs,
    /// Their account; nothing for those who answer without one.
    pub account: Option<AccountId>,
}

/// How many characters may say how a session is modified.
pub const MODIFICATION: usize = 2_000;

/// A therapist's review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Review<'a> {
    /// The conclusion.
    pub verdict: Verdict,
    /// How the session will be modified; a caution asks for it.
    pub modification: Option<&'a str>,
}

/// What a response is issued for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Whose health history.
    pub client: ClientId,
    /// The booking that asks for it, if one does.
    pub booking: Option<BookingId>,
    /// The version of the form that is asked.
    pub form_version: FormVersionId,
    /// When it should be answered.
    pub due_at: Option<Timestamp>,
}

/// One client's way through one version of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntakeResponse {
    /// Its id.
    pub id: IntakeResponseId,
    /// Whose.
    pub client: ClientId,
    /// The booking that asked for it, if one did.
    pub booking: Option<BookingId>,
    /// Which version is answered.
    pub form_version: FormVersionId,
    /// Where it stands.
    pub state: ResponseState,
    /// What screening said last; nothing until it is screened.
    pub outcome: Option<Level>,
    /// When it should be answered.
    pub due_at: Option<Timestamp>,
    /// When it was handed in.
    pub submitted_at: Option<Timestamp>,
    /// Grows by one with every change.
    pub version: i32,
    /// When it was issued.
    pub created_at: Timestamp,
    /// Who answered last, or handed it in; nobody yet.
    pub answerer: Option<Answerer>,
    /// The earlier response whose answers it began with.
    pub carried_from: Option<IntakeResponseId>,
    /// When it was said of those answers that nothing has changed since.
    pub attested_at: Option<Timestamp>,
}

impl IntakeResponse {
    /// Gives a client a form to answer.
    pub fn issue(issue: Issue, now: Timestamp) -> Change<Self> {
        let response = Self {
            id: IntakeResponseId::new(now),
            client: issue.client,
            booking: issue.booking,
            form_version: issue.form_version,
            state: ResponseState::Issued,
            outcome: None,
            due_at: issue.due_at,
            submitted_at: None,
            version: 1,
            created_at: now,
            answerer: None,
            carried_from: None,
            attested_at: None,
        };
        response.told("intake_response.issued")
    }

    /// Takes answers, which were checked against the form and are sealed with it.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] once it was submitted.
    pub fn answer(mut self, by: Answerer) -> Result<Change<Self>, Refusal> {
        if !self.state.is_open() {
            return Err(self.refused("answer"));
        }
        self.answerer = Some(by);
        Ok(self.moved(ResponseState::InProgress).told("intake_response.answered"))
    }

    /// Takes over what the client answered before, copied and sealed anew.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn carry(mut self, from: IntakeResponseId, by: Answerer) -> Result<Change<Self>, Refusal> {
        self.carried_from = Some(from);
        let (response, event) = self.answer(by)?.into_parts();
        Ok(Change::new(response, event.with("carried_from", from)))
    }

    /// Hands the answers in, screened in the same step.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] unless it was begun and not yet submitted.
    pub fn submit(self, screening: &Screening, by: Answerer, now: Timestamp) -> Result<Change<Self>, Refusal> {
        Ok(self.hand_in(screening, by, now)?.told("intake_response.submitted"))
    }

    /// Hands in answers that were carried over whole, on the word that nothing has changed since.
    ///
    /// # Errors
    /// As [`submit`](Self::submit).
    pub fn attest(mut self, screening: &Screening, by: Answerer, now: Timestamp) -> Result<Change<Self>, Refusal> {
        self.attested_at = Some(now);
        Ok(self.hand_in(screening, by, now)?.told("intake_response.attested"))
    }

    /// Whether it can be said of its answers that nothing has changed since: they were handed in, and nothing has come of them that ended them.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] if not.
    pub fn can_be_attested(&self) -> Result<(), Refusal> {
        let stands = self.state.is_answered() && self.state != ResponseState::Declined;
        if stands { Ok(()) } else { Err(self.refused("attest")) }
    }

    /// The therapist's conclusion. It may be stricter than the screening and never milder.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] unless it was screened, or waits for a clearance and is declined;
    /// [`Refusal::PolicyViolation`] for a verdict milder than the screening; [`Refusal::Fields`] for a caution without its modification.
    pub fn review(self, review: Review<'_>) -> Result<Change<Self>, Refusal> {
        let declines_waiting = self.state == ResponseState::ClearancePending && review.verdict == Verdict::Decline;
        if self.state != ResponseState::Screened && !declines_waiting {
            return Err(self.refused("review"));
        }
        self.may_conclude(review)?;
        let state = match review.verdict {
            Verdict::Clear => ResponseState::ReviewedClear,
            Verdict::ClearancePending => ResponseState::ClearancePending,
            Verdict::Decline => ResponseState::Declined,
        };
        Ok(self.moved(state).told("intake_response.reviewed"))
    }

    /// Whether a clearance can be taken: one is waited for, or came and may be followed by others for further days.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] if not.
    pub fn takes_clearance(&self) -> Result<(), Refusal> {
        let takes = matches!(self.state, ResponseState::ClearancePending | ResponseState::Cleared);
        if takes { Ok(()) } else { Err(self.refused("accept_clearance")) }
    }

    /// The clearances there are cover all that is waited for; `screening` has read them, and `modified` says whether the therapist has told how
    /// the session will be modified: no clearance lifts a caution.
    ///
    /// # Errors
    /// As [`takes_clearance`](Self::takes_clearance); what [`Screening::admits`] says if they do not cover all they must;
    /// [`Refusal::Fields`] for a caution without its modification.
    pub fn accept_clearance(mut self, screening: &Screening, modified: bool) -> Result<Change<Self>, Refusal> {
        self.takes_clearance()?;
        screening.admits()?;
        if screening.outcome == Level::Caution && !modified {
            return Err(unmodified());
        }
        self.outcome = Some(screening.outcome);
        Ok(self.moved(ResponseState::Cleared).told("intake_response.cleared"))
    }

    /// A newer response stands in its place.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] when it has come to an end already.
    pub fn supersede(self) -> Result<Change<Self>, Refusal> {
        self.end("supersede", ResponseState::Superseded, "intake_response.superseded")
    }

    /// Its time has passed.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] when it has come to an end already.
    pub fn expire(self) -> Result<Change<Self>, Refusal> {
        self.end("expire", ResponseState::Expired, "intake_response.expired")
    }

    fn may_conclude(&self, review: Review<'_>) -> Result<(), Refusal> {
        let milder = |detail| Err(Refusal::PolicyViolation { rule: "review_against_screening", detail });
        let modified = review.modification.is_some_and(|text| !text.trim().is_empty());
        match (self.outcome, review.verdict) {
            (_, Verdict::Decline) => Ok(()),
            (Some(Level::Refuse) | None, _) => {
                milder("The screening does not allow a session, and nobody overrides that.")
            }
            (Some(Level::NeedsClearance), Verdict::Clear) => milder("The screening asks for a written clearance."),
            (Some(Level::Caution), Verdict::Clear) if !modified => Err(unmodified()),
            (Some(_), Verdict::Clear | Verdict::ClearancePending) => Ok(()),
        }
    }

    fn hand_in(mut self, screening: &Screening, by: Answerer, now: Timestamp) -> Result<Self, Refusal> {
        if self.state != ResponseState::InProgress {
            return Err(self.refused("submit"));
        }
        self.outcome = Some(screening.outcome);
        self.submitted_at = Some(now);
        self.answerer = Some(by);
        Ok(self.moved(ResponseState::Screened))
    }

    fn end(self, step: &'static str, state: ResponseState, action: &'static str) -> Result<Change<Self>, Refusal> {
        let over = [ResponseState::Declined, ResponseState::Superseded, ResponseState::Expired];
        if over.contains(&self.state) {
            return Err(self.refused(step));
        }
        Ok(self.moved(state).told(action))
    }

    fn moved(self, state: ResponseState) -> Self {
        Self { state, version: self.version.saturating_add(1), ..self }
    }

    fn told(self, action: &'static str) -> Change<Self> {
        let event = Event::new(action, self.id).about(self.client).with("state", self.state);
        let event = match self.booking {
            Some(booking) => event.with("booking", booking),
            None => event,
        };
        Change::new(self, event)
    }

    fn refused(&self, step: &'static str) -> Refusal {
        Refusal::InvalidTransition { what: "intake_response", from: self.state.as_str(), step }
    }
}

fn unmodified() -> Refusal {
    let why = "A caution asks how the session will be modified.";
    Refusal::Fields(vec![Violation::at("/modification", "required", why)])
}

#[cfg(test)]
mod tests;
