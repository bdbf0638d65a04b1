//! The one decision about a session on its date: does the therapist hold what it requires, and may the client receive it?
//!
//! It is asked at booking, rescheduling, check-in and completion, and again whenever an event may have changed it. Asked of a session that is
//! yet to be agreed, it refuses what no waiting would mend ([`Decision::admits`]); asked of one that stands, it names what keeps it from going
//! ahead ([`Decision::blocks`]).

use chrono::NaiveDate;

use super::block::{Block, BlockCode, Remedy};
use crate::credentials::model::{AsOf, Held, eligible, not_eligible};
use crate::intake::model::ruleset::Level;
use crate::intake::model::standing::Standing;
use crate::kernel::refusal::{MissingCredential, Refusal};
use crate::kernel::time::Timestamp;
use crate::places::model::{ConsentTiming, IntakeTiming, Settings};
use crate::session_types::model::SessionType;
use crate::therapists::model::NOT_BOOKABLE;

/// What a session requires of its therapists, and what they hold.
#[derive(Clone, Debug)]
pub struct Entitlement {
    /// What kind of session.
    pub session_type: SessionType,
    /// Who is to hold it, each of whom must be entitled.
    pub therapists: Vec<Entitled>,
    /// The practice's rules.
    pub settings: Settings,
}

/// What one therapist may do.
#[derive(Clone, Debug)]
pub struct Entitled {
    /// Whether they can be booked at all: work with the practice and have a login that may act.
    pub bookable: bool,
    /// Everything they ever put forward.
    pub held: Vec<Held>,
}

/// What is known of the client for the session's date, without opening anything that is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clinical {
    /// Where they stand with the health history.
    pub standing: Standing,
    /// Whether they are under age and nobody whom staff have accepted acts for them.
    pub lacks_guardian: bool,
    /// Whether they have not consented to what the session requires them to.
    pub lacks_consent: bool,
    /// Whether an unanswered form forbids a booking or only holds it up.
    pub timing: IntakeTiming,
    /// Whether a missing consent does.
    pub consent_timing: ConsentTiming,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    bookable: bool,
    missing: Vec<MissingCredential>,
    clinical: Clinical,
}

impl Clinical {
    /// Whether a session may be agreed, as far as the client goes. `knows` says whether the asker may be told that it is a finding.
    ///
    /// # Errors
    /// [`Refusal::Contraindicated`], or [`Refusal::ScreeningBlocked`] to those who may not know; [`Refusal::IntakeRequired`] and
    /// [`Refusal::ConsentRequired`] where the form, or the consent, comes before the booking.
    pub fn admits(&self, knows: bool) -> Result<(), Refusal> {
        if self.standing.level() == Some(Level::Refuse) {
            // Which finding it is stands sealed beside the response, where those who may know can look.
            let named = Refusal::Contraindicated { findings: Vec::new() };
            return Err(if knows { named } else { Refusal::ScreeningBlocked });
        }
        if self.timing == IntakeTiming::BeforeBooking && !self.standing.is_answered() {
            return Err(Refusal::IntakeRequired);
        }
        if self.consent_timing == ConsentTiming::BeforeBooking && self.lacks_consent {
            return Err(Refusal::ConsentRequired);
        }
        Ok(())
    }

    fn blocks(&self) -> impl Iterator<Item = BlockCode> {
        let level = self.standing.level();
        [
            (level == Some(Level::Refuse), BlockCode::Screening),
            (level == Some(Level::NeedsClearance), BlockCode::Clearance),
            (self.lacks_consent, BlockCode::Consent),
            (self.lacks_guardian, BlockCode::Guardian),
            (!self.standing.is_answered() || self.awaits_review(), BlockCode::Intake),
        ]
        .into_iter()
        .filter_map(|(stands, code)| stands.then_some(code))
    }

    /// Whether a caution was answered that the therapist has yet to acknowledge, saying how the session is modified.
    fn awaits_review(&self) -> bool {
        self.standing.is_answered() && self.standing.level() == Some(Level::Caution) && !self.standing.is_reviewed()
    }

    fn remedy(&self, code: BlockCode) -> Remedy {
        if code == BlockCode::Intake && self.awaits_review() { Remedy::AwaitReview } else { code.remedy() }
    }
}

impl Decision {
    /// Decides about a session on its date, by what is known now.
    #[must_use]
    pub fn of(entitlement: &Entitlement, clinical: Clinical, date: NaiveDate) -> Self {
        let as_of = AsOf::known_now(date);
        let Entitlement { session_type, therapists, settings } = entitlement;
        let missing = |one: &Entitled| eligible(&session_type.requirements, &one.held, as_of, settings).err();
        let bookable = therapists.iter().all(|one| one.bookable);
        Self { bookable, missing: therapists.iter().filter_map(missing).flatten().collect(), clinical }
    }

    /// Whether the session may be agreed.
    ///
    /// # Errors
    /// [`NOT_BOOKABLE`]; [`Refusal::CertificationExpired`] or [`Refusal::TherapistNotEligible`] naming what is missing; then as
    /// [`Clinical::admits`].
    pub fn admits(&self, knows: bool) -> Result<(), Refusal> {
        if !self.bookable {
            return Err(NOT_BOOKABLE);
        }
        if !self.missing.is_empty() {
            return Err(not_eligible(self.missing.clone()));
        }
        self.clinical.admits(knows)
    }

    /// What keeps the session from going ahead. `by` is what made the decision be asked.
    #[must_use]
    pub fn blocks(&self, by: &str, now: Timestamp) -> Vec<Block> {
        let lacking = !self.bookable || !self.missing.is_empty();
        let codes = lacking.then_some(BlockCode::Credential).into_iter().chain(self.clinical.blocks());
        codes.map(|code| Block { remedy: self.clinical.remedy(code), ..Block::found(code, by, now) }).collect()
    }

    /// Whether the client has still to consent to what the session requires them to.
    #[must_use]
    pub fn awaits_consent(&self) -> bool {
        self.clinical.lacks_consent
    }

    /// Whether the client has still to answer the form.
    #[must_use]
    pub fn awaits_answers(&self) -> bool {
        !self.clinical.standing.is_answered()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::model::response::ResponseState;
    use crate::intake::model::standing::Answered;
    use crate::kernel::ids::IntakeResponseId;
    use proptest::prelude::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_unix_micros(micros).unwrap()
    }

    fn standing(outcome: Option<Level>) -> Standing {
        let response = IntakeResponseId::new(at(0));
        let state = ResponseState::Screened;
        let answered =
            |outcome| Answered { response, state, verdict: None, outcome, cleared: false, age_cleared: false };
        Standing::of(outcome.map(answered).as_slice(), None)
    }

    fn decision(outcome: Option<Level>, lacks_guardian: bool, timing: IntakeTiming, missing: bool) -> Decision {
        let gap = MissingCredential { any_of: Vec::new(), names: Vec::new(), why: "revoked" };
        let missing = if missing { vec![gap] } else { Vec::new() };
        let (standing, lacks_consent) = (standing(outcome), false);
        let consent_timing = ConsentTiming::AfterBooking;
        let clinical = Clinical { standing, lacks_guardian, lacks_consent, timing, consent_timing };
        Decision { bookable: true, missing, clinical }
    }

    fn codes(decision: &Decision) -> Vec<BlockCode> {
        decision.blocks("test.asked", at(7)).into_iter().map(|block| block.code).collect()
    }

    #[test]
    fn what_waiting_mends_blocks_and_does_not_refuse() {
        let unanswered = decision(None, true, IntakeTiming::AfterBooking, false);
        assert_eq!(unanswered.admits(false), Ok(()));
        assert_eq!(codes(&unanswered), [BlockCode::Guardian, BlockCode::Intake]);
        let waits = decision(Some(Level::NeedsClearance), false, IntakeTiming::AfterBooking, false);
        assert_eq!((waits.admits(false), codes(&waits)), (Ok(()), vec![BlockCode::Clearance]));
        let clear = decision(Some(Level::Clear), false, IntakeTiming::BeforeBooking, false);
        assert_eq!((clear.admits(false), codes(&clear)), (Ok(()), Vec::new()));
    }

    #[test]
    fn a_caution_waits_for_the_therapists_review() {
        let mut caution = decision(Some(Level::Caution), false, IntakeTiming::BeforeBooking, false);
        let remedies =
            |of: &Decision| of.blocks("test.asked", at(7)).into_iter().map(|block| (block.code, block.remedy));
        assert_eq!(caution.admits(false), Ok(()));
        assert!(!caution.awaits_answers());
        assert_eq!(remedies(&caution).collect::<Vec<_>>(), [(BlockCode::Intake, Remedy::AwaitReview)]);
        let answered = caution.clinical.standing.answered.as_mut().unwrap();
        answered.state = ResponseState::ReviewedClear;
        assert_eq!(codes(&caution), []);
    }

    #[test]
    fn every_block_has_its_own_remedy() {
        let remedies = |of: &Decision| {
            of.blocks("test.asked", at(7)).into_iter().map(|block| (block.code, block.remedy)).collect::<Vec<_>>()
        };
        let caution = decision(Some(Level::Caution), false, IntakeTiming::AfterBooking, true);
        assert_eq!(
            remedies(&caution),
            [(BlockCode::Credential, Remedy::ChooseAnotherTherapist), (BlockCode::Intake, Remedy::AwaitReview)]
        );
        let unanswered = decision(None, false, IntakeTiming::AfterBooking, false);
        assert!(unanswered.awaits_answers());
        assert_eq!(remedies(&unanswered), [(BlockCode::Intake, Remedy::AnswerForm)]);
    }

    #[test]
    fn a_therapist_who_cannot_be_booked_frees_the_client() {
        let gone =
            Decision { bookable: false, ..decision(Some(Level::Clear), false, IntakeTiming::AfterBooking, false) };
        assert_eq!((gone.admits(true), codes(&gone)), (Err(NOT_BOOKABLE), vec![BlockCode::Credential]));
    }

    #[test]
    fn a_form_that_comes_first_is_asked_for_first() {
        let unanswered = decision(None, false, IntakeTiming::BeforeBooking, false);
        assert_eq!(unanswered.admits(true), Err(Refusal::IntakeRequired));
    }

    #[test]
    fn a_missing_consent_blocks_and_refuses_only_where_it_comes_first() {
        let mut unsigned = decision(Some(Level::Clear), false, IntakeTiming::AfterBooking, false);
        unsigned.clinical.lacks_consent = true;
        assert_eq!((unsigned.admits(false), codes(&unsigned)), (Ok(()), vec![BlockCode::Consent]));
        assert!(unsigned.awaits_consent());
        unsigned.clinical.consent_timing = ConsentTiming::BeforeBooking;
        assert_eq!(
            (unsigned.admits(true), codes(&unsigned)),
            (Err(Refusal::ConsentRequired), vec![BlockCode::Consent])
        );
        unsigned.clinical.lacks_consent = false;
        assert_eq!((unsigned.admits(false), codes(&unsigned)), (Ok(()), Vec::new()));
    }

    #[test]
    fn what_no_waiting_mends_refuses_and_tells_only_those_who_may_know() {
        let refused = decision(Some(Level::Refuse), false, IntakeTiming::AfterBooking, false);
        assert!(matches!(refused.admits(true), Err(Refusal::Contraindicated { .. })));
        assert_eq!(refused.admits(false), Err(Refusal::ScreeningBlocked));
        assert_eq!(codes(&refused), [BlockCode::Screening]);
        let uncertified = decision(Some(Level::Refuse), false, IntakeTiming::AfterBooking, true);
        assert!(matches!(uncertified.admits(true), Err(Refusal::TherapistNotEligible { .. })));
        assert_eq!(codes(&uncertified), [BlockCode::Credential, BlockCode::Screening]);
    }

    proptest! {
        #[test]
        fn whatever_is_refused_for_good_would_bar_the_booking_as_a_block(
            outcome in proptest::option::of(proptest::sample::select(vec![Level::Clear, Level::Caution, Level::NeedsClearance, Level::Refuse])),
            lacks_guardian: bool, missing: bool,
        ) {
            let decision = decision(outcome, lacks_guardian, IntakeTiming::AfterBooking, missing);
            prop_assert_eq!(decision.admits(true).is_err(), codes(&decision).into_iter().any(BlockCode::bars_booking));
        }
    }
}
