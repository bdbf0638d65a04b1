//! The steps a booking can take.
//!
//! [`Booking::allows`] is the one rule; each transition asks it, adds what its own arguments need, and answers with a change.

use chrono::TimeDelta;

use super::block::{Block, BlockCode};
use super::booking::{self, Booking, Placement};
use super::fee::Fee;
use super::policy::{Asked, Override};
use super::state::{BookingState, CancelReason, CorrectionReason, Side, Source, Step};
use crate::kernel::change::Change;
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::{Span, Timestamp};

/// How long before the start a client may first be checked in.
const CHECK_IN_OPENS: TimeDelta = TimeDelta::minutes(60);

/// How far from the time that was booked a session may really have been.
const DRIFT: TimeDelta = TimeDelta::hours(24);

/// A step that may be taken, and what it would cost the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllowedAction {
    /// The step.
    pub step: Step,
    /// What it would cost; for staff who call a session off, what it costs at the client's wish.
    pub fee: Option<Fee>,
}

impl Booking {
    /// Where a step would lead, if it may be taken.
    ///
    /// # Errors
    /// In this order: [`Refusal::Forbidden`] to a side that never takes it, [`Refusal::InvalidTransition`] where the diagram has no such
    /// step, [`Refusal::PolicyViolation`] or [`Refusal::CancellationWindowPassed`] at the wrong time, [`Refusal::Blocked`] where blocks are
    /// open that forbid it.
    pub fn allows(&self, step: Step, asked: Asked) -> Result<BookingState, Refusal> {
        if !asked.side.takes(step) {
            return Err(Refusal::Forbidden { operation: step.operation() });
        }
        let (from, what) = (self.state.as_str(), "booking");
        let next = self.state.after(step).ok_or(Refusal::InvalidTransition { what, from, step: step.as_str() })?;
        match step {
            Step::Confirm => {
                self.before_start(asked.now)?;
                let detail = "the request was not answered in time";
                refuse_unless(asked.now < self.answer_by(), "not_answered_in_time", detail)?;
            }
            Step::Reschedule => {
                self.before_start(asked.now)?;
                let window = self.terms.reschedule_window();
                let late = asked.now > self.placement.session.start().minus(window);
                self.unless_bound(asked, late)?;
            }
            Step::Cancel if self.state == BookingState::Completed => {
                let by_mistake = self.source == Source::PastSession && asked.side != Side::Client;
                let refusal = Refusal::InvalidTransition { what, from, step: step.as_str() };
                return if by_mistake { Ok(next) } else { Err(refusal) };
            }
            Step::Cancel => self.unless_bound(asked, self.is_too_late_to_cancel(asked.now))?,
            Step::CheckIn => self.at_check_in(asked)?,
            Step::Expire => {
                let detail = "somebody may still answer the request";
                refuse_unless(asked.now >= self.answer_by(), "still_waiting", detail)?;
            }
            Step::Complete | Step::NoShow => self.after_start(asked.now)?,
            Step::Decline | Step::Correct => {}
        }
        // What was over before it was recorded came about whatever blocks it.
        let came_about = step == Step::Correct && self.source == Source::PastSession;
        if matches!(next, BookingState::CheckedIn | BookingState::Completed) && !came_about {
            self.unblocked()?;
        }
        Ok(next)
    }

    /// The steps open to somebody now, by the blocks as they stand, each with what it would cost.
    #[must_use]
    pub fn allowed_actions(&self, asked: Asked) -> Vec<AllowedAction> {
        let open = Step::ALL.iter().copied().filter(|step| self.allows(*step, asked).is_ok());
        open.map(|step| AllowedAction { step, fee: self.fee_of(step, asked) }).collect()
    }

    /// Says yes to a pending booking. Blocks do not stand in the way: they are for the client to mend before the day.
    ///
    /// # Errors
    /// As [`Booking::allows`].
    pub fn confirm(self, asked: Asked) -> Result<Change<Self>, Refusal> {
        self.take(Step::Confirm, asked)
    }

    /// Says no to a pending booking.
    ///
    /// # Errors
    /// As [`Booking::allows`].
    pub fn decline(self, asked: Asked) -> Result<Change<Self>, Refusal> {
        self.take(Step::Decline, asked)
    }

    /// Lets a booking lapse that nobody answered as long as it was to wait.
    ///
    /// # Errors
    /// As [`Booking::allows`].
    pub fn expire(self, asked: Asked) -> Result<Change<Self>, Refusal> {
        self.take(Step::Expire, asked)
    }

    /// Moves it, with what the decision found for the new time; that the new time is free and bookable was decided before.
    ///
    /// # Errors
    /// As [`Booking::allows`], and [`Refusal::Blocked`] when a block is found there that no waiting would mend.
    pub fn reschedule(self, asked: Asked, to: Placement, found: Vec<Block>) -> Result<Change<Self>, Refusal> {
        self.allows(Step::Reschedule, asked)?;
        booking::refuse_barred(&found)?;
        let event = self
            .event(Step::Reschedule.event())
            .with("from", self.placement.session.start())
            .with("to", to.session.start())
            .with("from_therapist", self.placement.therapist)
            .with("to_therapist", to.therapist)
            .with_some("from_co_therapist", self.placement.co_therapist)
            .with_some("to_co_therapist", to.co_therapist);
        let event = asked.set_aside.told(event);
        let moved = Self { placement: to, ..self.with_found(found) };
        Ok(Change::new(moved.next_version(asked.now), event))
    }

    /// Calls it off. The practice always says why, and so does whoever calls off a session whose client is already here; a client who says
    /// nothing before that has wished it. What is called off late costs what was agreed, unless it is for the practice's own reasons;
    /// where clients cannot cancel late, staff who do it for them set the window aside by name.
    ///
    /// # Errors
    /// As [`Booking::allows`]; [`Refusal::Fields`] when a reason is owed; [`Refusal::CancellationWindowPassed`] to staff who give the client's
    /// wish as the reason where that window stands.
    pub fn cancel(self, asked: Asked, reason: Option<CancelReason>) -> Result<Change<Self>, Refusal> {
        self.allows(Step::Cancel, asked)?;
        let owed = asked.side != Side::Client || self.state == BookingState::CheckedIn;
        let reason = match reason {
            Some(reason) => reason,
            None if owed => return Err(missing("/reason")),
            None => CancelReason::ClientRequest,
        };
        let wished = asked.side == Side::Client || !reason.is_the_practices_own();
        let closed = self.state.is_open()
            && self.is_bound()
            && self.is_late(asked.now)
            && self.terms.late_cancel_fee_percent.is_none();
        if wished && closed && !asked.overrides.contains(Override::CancellationWindow) {
            return Err(Refusal::CancellationWindowPassed);
        }
        let fee = self.fee_of(Step::Cancel, asked).filter(|_| wished);
        let cancelled = Self { cancel_reason: Some(reason), fee, ..self };
        let (booking, event) = cancelled.take(Step::Cancel, asked)?.into_parts();
        Ok(Change::new(booking, event.with("reason", reason)))
    }

    /// Records that the client is here, with what the decision finds now.
    ///
    /// # Errors
    /// As [`Booking::allows`], by the blocks just found.
    pub fn check_in(self, asked: Asked, found: Vec<Block>) -> Result<Change<Self>, Refusal> {
        self.with_found(found).take(Step::CheckIn, asked)
    }

    /// Records that the session took place, with what the decision finds now and, if known, when it really was.
    ///
    /// # Errors
    /// As [`Booking::allows`], by the blocks just found, and [`Refusal::Fields`] when the session is said to end later than now, or to have been
    /// further than a day from when it was booked.
    pub fn complete(self, asked: Asked, actual: Option<Span>, found: Vec<Block>) -> Result<Change<Self>, Refusal> {
        let booking = Self { actual, ..self.with_found(found) };
        booking.allows(Step::Complete, asked)?;
        if actual.is_some_and(|span| span.end() > asked.now) {
            let late = Violation::at("/actual/end", "in_the_future", "a session cannot have ended later than now");
            return Err(Refusal::Fields(vec![late]));
        }
        if actual.is_some_and(|span| !booking.placement.session.padded(DRIFT, DRIFT).contains(span)) {
            let far = Violation::at("/actual", "not_this_session", "must be within a day of when it was booked");
            return Err(Refusal::Fields(vec![far]));
        }
        booking.take(Step::Complete, asked)
    }

    /// Records that the client did not come, which costs what was agreed, by the blocks as they stand.
    ///
    /// # Errors
    /// As [`Booking::allows`].
    pub fn no_show(self, asked: Asked) -> Result<Change<Self>, Refusal> {
        Self { fee: self.fee_of(Step::NoShow, asked), ..self }.take(Step::NoShow, asked)
    }

    /// Turns a wrong no-show into a completion, or the reverse, with what the decision finds of the session. The fee goes or comes with it.
    ///
    /// # Errors
    /// As [`Booking::allows`], by the blocks just found.
    pub fn correct(self, asked: Asked, why: CorrectionReason, found: Vec<Block>) -> Result<Change<Self>, Refusal> {
        let booking = self.with_found(found);
        let corrected = Self { fee: booking.fee_of(Step::Correct, asked), ..booking };
        let (booking, event) = corrected.take(Step::Correct, asked)?.into_parts();
        let event = event.with("reason", why).with("state", booking.state);
        Ok(Change::new(booking, event))
    }

    fn take(self, step: Step, asked: Asked) -> Result<Change<Self>, Refusal> {
        let state = self.allows(step, asked)?;
        let mut event = asked.overrides.told(self.event(step.event()));
        if let Some(fee) = self.fee {
            event = event.with("fee", fee.code);
        }
        Ok(Change::new(Self { state, ..self }.next_version(asked.now), event))
    }

    fn before_start(&self, now: Timestamp) -> Result<(), Refusal> {
        let detail = "the session has already begun";
        refuse_unless(now < self.placement.session.start(), "already_started", detail)
    }

    fn after_start(&self, now: Timestamp) -> Result<(), Refusal> {
        let detail = "the session has not begun yet";
        refuse_unless(now >= self.placement.session.start(), "not_before_start", detail)
    }

    fn at_check_in(&self, asked: Asked) -> Result<(), Refusal> {
        let session = self.placement.session;
        let open = session.start().minus(CHECK_IN_OPENS) <= asked.now && asked.now < session.end();
        let detail = "check-in opens a set time before the session and closes when it ends";
        refuse_unless(open, "check_in_window", detail)
    }

    /// Late, a client may cancel where that has its price, and not once the session has begun: then they have not come.
    fn is_too_late_to_cancel(&self, now: Timestamp) -> bool {
        let for_a_fee = self.terms.late_cancel_fee_percent.is_some() && now < self.placement.session.start();
        self.is_late(now) && !for_a_fee
    }

    /// Windows bind the client's side alone.
    fn unless_bound(&self, asked: Asked, too_late: bool) -> Result<(), Refusal> {
        let bound = asked.side == Side::Client && self.is_bound();
        if bound && too_late { Err(Refusal::CancellationWindowPassed) } else { Ok(()) }
    }

    fn unblocked(&self) -> Result<(), Refusal> {
        if self.blocks.is_empty() {
            return Ok(());
        }
        Err(Refusal::Blocked { blocks: self.blocks.iter().map(|block| block.code).map(BlockCode::as_str).collect() })
    }
}

fn refuse_unless(holds: bool, rule: &'static str, detail: &'static str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::PolicyViolation { rule, detail }) }
}

fn missing(pointer: &'static str) -> Refusal {
    Refusal::Fields(vec![Violation::at(pointer, "required", "a reason is needed")])
}
