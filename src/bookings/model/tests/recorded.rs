//! What may be recorded past the rules of booking, and what becomes of it.

use chrono::NaiveDate;

use super::*;
use crate::kernel::ids::RoomId;

const DAY: i64 = 24 * 60;
const HOUR: TimeDelta = TimeDelta::hours(1);

fn told(source: RecordSource, start: i64, end: Option<i64>) -> Result<Span, Vec<(String, &'static str)>> {
    let told = Told { source, start: at(start), end: end.map(at) };
    told.session(HOUR, NaiveDate::from_ymd_opt(1969, 7, 1), Vienna, at(0)).map_err(|refusal| match refusal {
        Refusal::Fields(faults) => faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect(),
        other => panic!("{other:?}"),
    })
}

fn recorded(source: Source, codes: &[BlockCode]) -> Result<Change<Booking>, Refusal> {
    let now = at(0);
    Booking::record(BookingId::new(now), asked_for(source, now), found(codes, now), RecordReason::Other, now)
}

#[test]
fn each_source_has_its_time() {
    use RecordSource::{PastSession, Phone, WalkIn};
    let fault = |pointer: &str, code| Err(vec![(pointer.to_owned(), code)]);
    assert_eq!(told(WalkIn, -60, None), Ok(Span::new(at(-60), at(0)).unwrap()));
    assert!(told(WalkIn, 60, None).is_ok());
    assert_eq!(told(WalkIn, 61, None), fault("/starts_at", "not_now"));
    assert_eq!(told(WalkIn, -61, None), fault("/starts_at", "not_now"));
    assert!(told(Phone, 1, None).is_ok() && told(Phone, 365 * DAY, None).is_ok());
    assert_eq!(told(Phone, 0, None), fault("/starts_at", "in_the_past"));
    assert_eq!(told(Phone, 365 * DAY + 1, None), fault("/starts_at", "too_far"));
    assert_eq!(told(Phone, 5, Some(50)), fault("/ends_at", "not_over"));
    assert_eq!(told(PastSession, -60, None).unwrap().end(), at(0));
    assert_eq!(told(PastSession, -59, None), fault("/ends_at", "in_the_future"));
    assert_eq!(told(PastSession, -90, Some(-45)).unwrap().length(), TimeDelta::minutes(45));
    assert_eq!(told(PastSession, -90, Some(-90)), fault("/ends_at", "not_after_start"));
    assert!(told(PastSession, -200, Some(-20)).is_ok());
    assert_eq!(told(PastSession, -200, Some(-19)), fault("/ends_at", "too_long"));
}

#[test]
fn nobody_was_treated_before_they_were_born() {
    let told = |start| Told { source: RecordSource::PastSession, start: at(start), end: None };
    // The session is on 11 April 1970, in Vienna an hour ahead.
    let born = |day| NaiveDate::from_ymd_opt(1970, 4, day);
    let session = |start, born| told(start).session(HOUR, born, Vienna, at(0));
    assert!(session(-70, born(11)).is_err() && session(-70, born(10)).is_ok());
    assert!(session(-60, born(11)).is_ok() && session(-60, None).is_ok());
}

#[test]
fn what_is_over_is_completed_with_what_was_found_beside_it() {
    let change = recorded(Source::PastSession, &[BlockCode::Screening, BlockCode::Intake]).unwrap();
    let booking = change.state();
    assert_eq!((booking.state, booking.source, booking.version), (BookingState::Completed, Source::PastSession, 1));
    assert_eq!(booking.actual, Some(booking.placement.session));
    let codes: Vec<_> = booking.blocks.iter().map(|block| block.code).collect();
    assert_eq!(codes, [BlockCode::Screening, BlockCode::Intake]);
    let details = &change.event().details;
    assert_eq!(change.event().action, "booking.recorded");
    assert!(
        details.contains(&("source", "past_session".to_owned())) && details.contains(&("reason", "other".to_owned()))
    );
    assert!(details.contains(&("block", "screening".to_owned())));
    assert_eq!(booking.clone().set_blocks(vec![], at(1)), None, "the register keeps what was found");
}

#[test]
fn a_walk_in_stands_blocked_and_what_is_agreed_for_later_must_be_possible() {
    let booking = recorded(Source::WalkIn, &[BlockCode::Screening]).unwrap().into_parts().0;
    assert_eq!((booking.state, booking.actual), (BookingState::Confirmed, None));
    let refused = booking.clone().check_in(asked(DESK, 0), booking.blocks.clone()).unwrap_err();
    assert_eq!(refused, Refusal::Blocked { blocks: vec!["screening"] });
    assert_eq!(
        recorded(Source::Phone, &[BlockCode::Screening]).unwrap_err(),
        Refusal::Blocked { blocks: vec!["screening"] }
    );
    assert!(recorded(Source::Phone, &[BlockCode::Intake]).is_ok());
}

#[test]
fn what_was_recorded_by_mistake_is_taken_back_by_staff_and_costs_nothing() {
    let terms = Terms { no_show_fee_percent: 100, late_cancel_fee_percent: Some(50), ..Terms::default() };
    let mistaken = || Booking { terms, ..recorded(Source::PastSession, &[]).unwrap().into_parts().0 };
    let taken_back = mistaken().cancel(asked(DESK, 600), Some(CancelReason::Other)).unwrap().into_parts().0;
    assert_eq!((taken_back.state, taken_back.fee), (BookingState::Cancelled, None));
    let corrected = mistaken().correct(asked(DESK, 600), CorrectionReason::RecordedInError, vec![]).unwrap();
    assert_eq!((corrected.state().state, corrected.state().fee), (BookingState::NoShow, None));
    let refused = |refused: Result<Change<Booking>, Refusal>| {
        matches!(refused, Err(Refusal::InvalidTransition { from: "completed", step: "cancel", .. }))
    };
    assert!(refused(mistaken().cancel(asked(Side::Client, 600), None)));
    let agreed = Booking { source: Source::Online, ..mistaken() };
    assert!(refused(agreed.cancel(asked(DESK, 600), Some(CancelReason::Other))));
}

#[test]
fn what_was_over_is_put_right_there_and_back_whatever_blocks_it() {
    let codes = [BlockCode::Screening, BlockCode::Intake];
    let there_and_back = |booking: Booking| {
        let gone = booking.correct(asked(DESK, 600), CorrectionReason::RecordedInError, found(&codes, at(600)));
        let gone = gone.unwrap().into_parts().0;
        assert_eq!(gone.state, BookingState::NoShow);
        gone.correct(asked(DESK, 610), CorrectionReason::RecordedInError, found(&codes, at(610)))
    };
    let past = recorded(Source::PastSession, &codes).unwrap().into_parts().0;
    let back = there_and_back(past.clone()).unwrap().into_parts().0;
    assert_eq!((back.state, back.actual), (BookingState::Completed, past.actual));
    // What was agreed beforehand is held up, and keeps the time that was told of it.
    let told = confirmed().complete(asked(DESK, 40), Span::new(at(2), at(38)), vec![]).unwrap().into_parts().0;
    assert!(matches!(there_and_back(told.clone()), Err(Refusal::Blocked { .. })));
    let gone = told.correct(asked(DESK, 50), CorrectionReason::RecordedInError, vec![]).unwrap().into_parts().0;
    let back = gone.correct(asked(DESK, 60), CorrectionReason::RecordedInError, vec![]).unwrap();
    assert_eq!(back.state().actual, Span::new(at(2), at(38)));
}

#[test]
fn what_is_over_takes_its_own_time_alone() {
    let agreed = confirmed();
    assert_eq!(agreed.taken(), agreed.placement);
    let room = Some((RoomId::new(at(0)), agreed.placement.claim));
    let agreed = Booking { placement: agreed.placement.within(room), ..agreed };
    let gone = agreed.no_show(asked(DESK, 5)).unwrap().into_parts().0;
    let taken = gone.taken();
    assert_eq!((taken.claim, taken.room), (gone.placement.session, room), "a room rests whoever used it");
    let beside = Placement::new(taken.therapist, Span::new(at(45), at(60)).unwrap(), Vienna);
    assert!(gone.placement.collides(&beside, gone.client) && !taken.collides(&beside, gone.client));
}

#[test]
fn what_was_agreed_elsewhere_stands_with_what_is_found_of_it_but_for_a_finding_that_forbids_it() {
    let now = at(0);
    let import = |codes: &[BlockCode]| {
        Booking::import(BookingId::new(now), asked_for(Source::Import, now), found(codes, now), now)
    };
    let change = import(&[BlockCode::Intake, BlockCode::Credential]).unwrap();
    let codes: Vec<_> = change.state().blocks.iter().map(|block| block.code).collect();
    assert_eq!(
        (change.state().state, &codes[..]),
        (BookingState::Confirmed, &[BlockCode::Credential, BlockCode::Intake][..])
    );
    assert_eq!(change.event().action, "booking.imported");
    assert_eq!(change.event().detail("block"), Some("credential"));
    assert_eq!(
        import(&[BlockCode::Intake, BlockCode::Screening]).unwrap_err(),
        Refusal::Blocked { blocks: vec!["screening"] }
    );
}
