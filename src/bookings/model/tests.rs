//! The diagram of the contract, written out a second time by hand, and walked at random.

mod fees;
mod placement;
mod recorded;
mod sides;
mod zones;

use chrono::TimeDelta;
use chrono_tz::Europe::Vienna;
use proptest::prelude::*;

use super::*;
use crate::availability::model::waiver::Waiver;
use crate::kernel::actor::Role;
use crate::kernel::change::Change;
use crate::kernel::ids::{AccountId, BookingId, ClientId, SessionTypeId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::Terms;

const DESK: Side = Side::Staff(Role::FrontDesk);

/// Minutes from the session's start, which is at 100 days.
fn at(minutes: i64) -> Timestamp {
    Timestamp::from_unix_micros((100 * 24 * 60 + minutes) * 60_000_000).unwrap()
}

fn asked(side: Side, minutes: i64) -> Asked {
    Asked::plainly(side, at(minutes))
}

fn placement(minutes: i64) -> Placement {
    let session = Span::new(at(minutes), at(minutes + 45)).unwrap();
    Placement::new(TherapistId::new(at(0)), session, Vienna)
        .claiming(session.padded(TimeDelta::minutes(5), TimeDelta::minutes(10)))
}

fn found(codes: &[BlockCode], now: Timestamp) -> Vec<Block> {
    codes.iter().map(|code| Block::found(*code, "test.found", now)).collect()
}

fn asked_for(source: Source, now: Timestamp) -> BookingAsk {
    BookingAsk {
        client: ClientId::new(now),
        session_type: SessionTypeId::new(now),
        placement: placement(0),
        price_minor: 9_000,
        currency: "EUR".to_owned(),
        reasons: None,
        requested_by: AccountId::new(now),
        terms: Terms::default(),
        source,
        set_aside: Default::default(),
    }
}

fn booked(approval: Approval, blocks: &[BlockCode]) -> Result<Change<Booking>, Refusal> {
    let now = at(-10 * 24 * 60);
    Booking::request(BookingId::new(now), asked_for(Source::Online, now), found(blocks, now), approval, now)
}

fn confirmed() -> Booking {
    booked(Approval::NotNeeded, &[]).unwrap().into_parts().0
}

fn with_blocks(codes: &[BlockCode]) -> Booking {
    Booking { blocks: found(codes, at(-60)), ..confirmed() }
}

fn state_of(change: Result<Change<Booking>, Refusal>) -> BookingState {
    change.unwrap().state().state
}

/// Takes any step with all it may need.
fn take(booking: Booking, step: Step, asked: Asked, found: Vec<Block>) -> Result<Change<Booking>, Refusal> {
    match step {
        Step::Confirm => booking.confirm(asked),
        Step::Decline => booking.decline(asked),
        Step::Expire => booking.expire(asked),
        Step::Reschedule => booking.reschedule(asked, placement(0), found),
        // Of the practice's own reasons, since others ask for the window too.
        Step::Cancel => booking.cancel(asked, Some(CancelReason::TherapistUnavailable)),
        Step::CheckIn => booking.check_in(asked, found),
        Step::Complete => booking.complete(asked, None, found),
        Step::NoShow => booking.no_show(asked),
        Step::Correct => booking.correct(asked, CorrectionReason::RecordedInError, found),
    }
}

#[test]
fn a_free_slot_is_confirmed_at_once_unless_somebody_must_approve() {
    let change = booked(Approval::NotNeeded, &[]).unwrap();
    assert_eq!((change.state().state, change.state().version), (BookingState::Confirmed, 1));
    assert_eq!((change.event().action, change.event().client), ("booking.requested", Some(change.state().client)));
    assert_eq!(state_of(booked(Approval::Needed, &[])), BookingState::Pending);
}

#[test]
fn what_waiting_does_not_mend_cannot_be_booked_and_what_the_client_can_mend_only_blocks() {
    for code in [BlockCode::Screening, BlockCode::Credential] {
        assert_eq!(booked(Approval::NotNeeded, &[code]).unwrap_err(), Refusal::Blocked { blocks: vec![code.as_str()] });
    }
    let blocked = booked(Approval::NotNeeded, &[BlockCode::Intake, BlockCode::Consent]).unwrap().into_parts().0;
    let codes: Vec<_> = blocked.blocks.iter().map(|block| block.code).collect();
    assert_eq!(codes, [BlockCode::Consent, BlockCode::Intake]);
}

#[test]
fn a_client_may_cancel_up_to_the_window_and_not_inside_it() {
    let reason = |minutes| confirmed().cancel(asked(Side::Client, minutes), None).map(|c| c.state().cancel_reason);
    assert_eq!(reason(-24 * 60), Ok(Some(CancelReason::ClientRequest)));
    assert_eq!(reason(-24 * 60 + 1), Err(Refusal::CancellationWindowPassed));
    let moved = confirmed().reschedule(asked(Side::Client, -60), placement(3_000), vec![]);
    assert_eq!(moved.unwrap_err(), Refusal::CancellationWindowPassed);
}

#[test]
fn nobody_is_held_to_a_session_that_cannot_take_place_or_was_never_agreed() {
    for code in [BlockCode::Screening, BlockCode::Credential] {
        assert_eq!(state_of(with_blocks(&[code]).cancel(asked(Side::Client, -5), None)), BookingState::Cancelled);
    }
    let bound = with_blocks(&[BlockCode::Intake]).cancel(asked(Side::Client, -5), None);
    assert_eq!(bound.unwrap_err(), Refusal::CancellationWindowPassed);
    let pending = Booking { state: BookingState::Pending, ..confirmed() };
    assert_eq!(state_of(pending.cancel(asked(Side::Client, -5), None)), BookingState::Cancelled);
}

#[test]
fn the_practice_says_why_it_cancels() {
    let owed = confirmed().cancel(asked(DESK, -5), None).unwrap_err();
    assert!(matches!(owed, Refusal::Fields(violations) if violations[0].pointer == "/reason"));
    let change = confirmed().cancel(asked(DESK, -5), Some(CancelReason::Weather)).unwrap();
    assert_eq!(change.event().details, [("reason", "weather".to_owned())]);
    let here = Booking { state: BookingState::CheckedIn, ..with_blocks(&[BlockCode::Screening]) };
    assert!(matches!(here.cancel(asked(Side::Client, 5), None), Err(Refusal::Fields(_))));
}

#[test]
fn check_in_opens_an_hour_before_and_closes_at_the_end() {
    let at_minute = |minutes| confirmed().check_in(asked(DESK, minutes), vec![]).map(|change| change.state().state);
    assert!(matches!(at_minute(-61), Err(Refusal::PolicyViolation { rule: "check_in_window", .. })));
    assert_eq!(at_minute(-60), Ok(BookingState::CheckedIn));
    assert_eq!(at_minute(44), Ok(BookingState::CheckedIn));
    assert!(at_minute(45).is_err());
}

#[test]
fn check_in_goes_by_what_is_found_now() {
    let blocked = confirmed().check_in(asked(DESK, 0), found(&[BlockCode::Intake], at(0))).unwrap_err();
    assert_eq!(blocked, Refusal::Blocked { blocks: vec!["intake"] });
    assert_eq!(state_of(with_blocks(&[BlockCode::Intake]).check_in(asked(DESK, 0), vec![])), BookingState::CheckedIn);
}

#[test]
fn a_session_cannot_have_ended_later_than_now() {
    let span = |end| Span::new(at(2), at(end));
    let complete = |end| confirmed().complete(asked(DESK, 40), span(end), vec![]);
    assert!(matches!(complete(41), Err(Refusal::Fields(_))));
    assert_eq!(complete(40).unwrap().state().actual, span(40));
    let day = 24 * 60;
    let on = |start, end| confirmed().complete(asked(DESK, 9 * day), Span::new(at(start), at(end)), vec![]);
    assert!(on(-day, -day + 45).is_ok() && on(day, day + 45).is_ok());
    for (start, end) in [(-day - 1, -day + 45), (day, day + 46)] {
        let Err(Refusal::Fields(faults)) = on(start, end) else { panic!("{start} to {end}") };
        assert_eq!(faults[0].code, "not_this_session");
    }
}

#[test]
fn a_move_keeps_id_and_state_and_tells_both_times() {
    let booking = confirmed();
    let change = booking.clone().reschedule(asked(DESK, -5), placement(600), vec![]).unwrap();
    let moved = change.state();
    assert_eq!((moved.id, moved.state, moved.version), (booking.id, booking.state, 2));
    assert_eq!(moved.placement.session.start(), at(600));
    assert_eq!(change.event().action, "booking.moved");
    assert_eq!(change.event().details[0], ("from", at(0).to_string()));
    let second = TherapistId::new(at(1));
    let joined = booking.clone().reschedule(asked(DESK, -5), placement(600).beside(Some(second)), vec![]).unwrap();
    let told = ["from_co_therapist", "to_co_therapist"].map(|name| joined.event().detail(name).map(str::to_owned));
    assert_eq!(told, [None, Some(second.to_string())]);
    assert!(matches!(
        booking.reschedule(asked(DESK, 0), placement(600), vec![]),
        Err(Refusal::PolicyViolation { rule: "already_started", .. })
    ));
}

#[test]
fn a_standing_block_keeps_its_beginning() {
    let first = found(&[BlockCode::Intake], at(-600));
    let Reblocked(booking) = confirmed().set_blocks(first.clone(), at(-600)).unwrap().into_parts().0;
    assert_eq!((booking.version, booking.updated_at), (2, at(-600)));
    assert_eq!(booking.clone().set_blocks(found(&[BlockCode::Intake], at(-300)), at(-300)), None);
    let both = found(&[BlockCode::Intake, BlockCode::Consent, BlockCode::Intake], at(-200));
    let change = booking.set_blocks(both, at(-200)).unwrap();
    assert_eq!(change.state().0.blocks, [found(&[BlockCode::Consent], at(-200)), first].concat());
    assert_eq!(change.event().details, [("block", "consent".to_owned()), ("block", "intake".to_owned())]);
}

#[test]
fn a_remedy_follows_what_is_found() {
    let Reblocked(booking) =
        confirmed().set_blocks(found(&[BlockCode::Intake], at(-600)), at(-600)).unwrap().into_parts().0;
    let answered = Block { remedy: Remedy::AwaitReview, ..Block::found(BlockCode::Intake, "test.answered", at(-300)) };
    let Reblocked(booking) = booking.set_blocks(vec![answered], at(-300)).unwrap().into_parts().0;
    let block = &booking.blocks[0];
    assert_eq!((block.remedy, block.since, block.by.as_str()), (Remedy::AwaitReview, at(-600), "test.found"));
}

#[test]
fn a_request_that_waits_is_handed_on_only_by_who_may_choose() {
    let pending = Booking { state: BookingState::Pending, ..confirmed() };
    let (own, other) = (pending.placement.therapist, TherapistId::new(at(1)));
    assert_eq!(pending.may_move_to(own, false), Ok(()));
    assert_eq!(pending.may_move_to(other, true), Ok(()));
    let refused = pending.may_move_to(other, false);
    assert!(matches!(refused, Err(Refusal::PolicyViolation { rule: "therapist_not_chosen", .. })));
    assert_eq!(confirmed().may_move_to(other, false), Ok(()));
}

#[test]
fn nothing_is_recorded_of_a_session_before_it_begins() {
    for step in [Step::Complete, Step::NoShow] {
        let early = take(confirmed(), step, asked(DESK, -1), vec![]);
        assert!(matches!(early, Err(Refusal::PolicyViolation { rule: "not_before_start", .. })), "{step}");
        assert!(take(confirmed(), step, asked(DESK, 0), vec![]).is_ok(), "{step}");
    }
}

#[test]
fn a_state_has_its_word_in_fhir() {
    use BookingState::{Cancelled, CheckedIn, Completed, Confirmed, Declined, Expired, NoShow, Pending};
    for (states, word) in [
        (&[Pending][..], "pending"),
        (&[Confirmed], "booked"),
        (&[CheckedIn], "arrived"),
        (&[Completed], "fulfilled"),
        (&[Declined, Expired, Cancelled], "cancelled"),
        (&[NoShow], "noshow"),
    ] {
        assert!(states.iter().all(|state| state.fhir() == word), "{word}");
    }
}

#[test]
fn nothing_is_left_to_block_once_it_is_over() {
    let over = Booking { state: BookingState::Cancelled, ..confirmed() };
    assert_eq!(over.set_blocks(found(&[BlockCode::Intake], at(0)), at(0)), None);
}

#[test]
fn only_the_program_lets_a_booking_lapse_and_a_verifier_touches_none() {
    let pending = Booking { state: BookingState::Pending, ..confirmed() };
    assert_eq!(pending.allowed_actions(asked(Side::System, 0)), [AllowedAction { step: Step::Expire, fee: None }]);
    assert!(pending.allowed_actions(asked(Side::Staff(Role::Verifier), -60)).is_empty());
    assert_eq!(pending.expire(asked(DESK, 0)).unwrap_err(), Refusal::Forbidden { operation: "bookings.expire" });
}

/// The contract's diagram. A move keeps its state.
fn in_the_diagram(from: BookingState, to: BookingState, step: Step) -> bool {
    use BookingState::{Cancelled, CheckedIn, Completed, Confirmed, Declined, Expired, NoShow, Pending};
    match from {
        Pending if step == Step::Reschedule => to == Pending,
        Confirmed if step == Step::Reschedule => to == Confirmed,
        Pending => [Confirmed, Declined, Expired, Cancelled].contains(&to),
        Confirmed => [CheckedIn, Completed, Cancelled, NoShow].contains(&to),
        CheckedIn => [Completed, Cancelled].contains(&to),
        NoShow => to == Completed && step == Step::Correct,
        Completed => to == NoShow && step == Step::Correct,
        Declined | Expired | Cancelled => false,
    }
}

fn sides() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Client), Just(Side::System), Just(DESK), Just(Side::Staff(Role::Therapist))]
}

fn blocks() -> impl Strategy<Value = Vec<BlockCode>> {
    prop_oneof![
        3 => Just(vec![]),
        1 => proptest::sample::subsequence(BlockCode::ALL, 1..=BlockCode::ALL.len()),
    ]
}

fn steps() -> impl Strategy<Value = (Step, Side, i64, Vec<BlockCode>)> {
    let minutes = prop_oneof![-3_000_i64..-61, -60_i64..0, 0_i64..90];
    (proptest::sample::select(Step::ALL), sides(), minutes, blocks())
}

proptest! {
    #[test]
    fn no_sequence_of_steps_leaves_the_diagram(
        approval in prop_oneof![Just(Approval::Needed), Just(Approval::NotNeeded)],
        steps in proptest::collection::vec(steps(), 1..40),
    ) {
        let mut booking = booked(approval, &[]).unwrap().into_parts().0;
        for (step, side, minutes, codes) in steps {
            let Ok(change) = take(booking.clone(), step, asked(side, minutes), found(&codes, at(minutes))) else { continue };
            let (next, event) = change.into_parts();
            prop_assert!(in_the_diagram(booking.state, next.state, step), "{} -> {}", booking.state, next.state);
            prop_assert_eq!(next.version, booking.version + 1);
            prop_assert_eq!(next.id, booking.id);
            prop_assert_eq!(event.action, step.event());
            if matches!(next.state, BookingState::CheckedIn | BookingState::Completed) {
                prop_assert!(next.blocks.is_empty());
            }
            booking = next;
        }
    }

    #[test]
    fn the_preview_offers_what_the_transitions_do(
        state in proptest::sample::select(BookingState::ALL),
        (_, side, minutes, codes) in steps(),
    ) {
        let booking = Booking { state, ..with_blocks(&codes) };
        let asked = asked(side, minutes);
        let offered: Vec<_> = booking.allowed_actions(asked).into_iter().map(|action| action.step).collect();
        for step in Step::ALL {
            // A move is judged by what is found at the new time, where nothing is amiss here.
            let found = if *step == Step::Reschedule { vec![] } else { booking.blocks.clone() };
            prop_assert_eq!(offered.contains(step), take(booking.clone(), *step, asked, found).is_ok());
        }
    }
}

#[test]
fn a_block_is_found_by_its_code() {
    let blocked = with_blocks(&[BlockCode::Intake]);
    assert!(blocked.is_blocked_by(BlockCode::Intake) && !blocked.is_blocked_by(BlockCode::Consent));
}

#[test]
fn time_is_claimed_until_nothing_is_left_to_take_place() {
    let free: Vec<_> = BookingState::ALL.iter().filter(|state| !state.claims_time()).collect();
    assert_eq!(free, [&BookingState::Declined, &BookingState::Expired, &BookingState::Cancelled]);
    assert_eq!(BookingState::Pending.after(Step::Decline), Some(BookingState::Declined));
}

#[test]
fn a_move_tells_which_rules_were_set_aside() {
    let set_aside = SetAside::parse(&[Waiver::Grid], Some(OverrideReason::Goodwill)).unwrap();
    let by_desk = asked(DESK, -60).setting_aside(set_aside).unwrap();
    let moved = confirmed().reschedule(by_desk, placement(3_000), vec![]).unwrap();
    assert_eq!(moved.event().detail("override"), Some("grid"));
    assert_eq!(
        asked(Side::Client, -60).setting_aside(set_aside).unwrap_err(),
        Refusal::Forbidden { operation: "bookings.reschedule" }
    );
}

#[test]
fn a_client_is_told_what_happened_and_not_by_whom() {
    let placement = placement(0);
    let past = PastVersion {
        version: 1,
        change: "booking.requested".to_owned(),
        state: BookingState::Confirmed,
        session: placement.session,
        therapist: placement.therapist,
        co_therapist: None,
        location: None,
        room: None,
        changed_by: Some(AccountId::new(at(0))),
        at: at(0),
    };
    assert_eq!(past.clone().anonymous(), PastVersion { changed_by: None, ..past });
}
