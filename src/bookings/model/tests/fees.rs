//! What breaking the terms costs, and that nobody is charged what they were not shown.

use super::*;

const DAY: i64 = 24 * 60;
const WISH: Option<CancelReason> = Some(CancelReason::ClientRequest);

fn under(terms: Terms) -> Booking {
    Booking { terms, ..confirmed() }
}

/// Half the price for a late cancellation, all of it for not coming.
fn priced() -> Booking {
    under(Terms { late_cancel_fee_percent: Some(50), no_show_fee_percent: 100, ..Terms::default() })
}

fn late(minor: i64) -> Option<Fee> {
    Some(Fee { code: FeeCode::LateCancel, minor })
}

fn absent(minor: i64) -> Option<Fee> {
    Some(Fee { code: FeeCode::NoShow, minor })
}

fn fee(change: Result<Change<Booking>, Refusal>) -> Option<Fee> {
    change.unwrap().state().fee
}

fn aside(minutes: i64, step: Step, name: Override) -> Asked {
    asked(DESK, minutes).overriding(step, &[name], Some(OverrideReason::Goodwill)).unwrap()
}

#[test]
fn a_late_cancellation_costs_what_was_agreed() {
    assert_eq!(fee(priced().cancel(asked(Side::Client, -DAY), None)), None);
    let change = priced().cancel(asked(Side::Client, -DAY + 1), None).unwrap();
    assert_eq!((change.state().state, change.state().fee), (BookingState::Cancelled, late(4_500)));
    assert_eq!(change.event().details, [("fee", "late_cancel".to_owned()), ("reason", "client_request".to_owned())]);
    assert_eq!(change.state().total_minor(), Some(4_500));
    // Free of charge is a price too.
    let free = under(Terms { late_cancel_fee_percent: Some(0), ..Terms::default() });
    assert_eq!(fee(free.cancel(asked(Side::Client, -1), None)), None);
}

#[test]
fn once_the_session_has_begun_a_client_has_not_cancelled_but_not_come() {
    assert!(priced().cancel(asked(Side::Client, -1), None).is_ok());
    let begun = priced().cancel(asked(Side::Client, 0), None);
    assert_eq!(begun.unwrap_err(), Refusal::CancellationWindowPassed);
}

#[test]
fn the_practice_pays_for_its_own_reasons() {
    assert!(CancelReason::Duplicate.is_the_practices_own(), "who was booked twice by mistake owes nothing");
    for reason in CancelReason::ALL {
        let own = reason.is_the_practices_own();
        let paid = if own { None } else { late(4_500) };
        assert_eq!(fee(priced().cancel(asked(DESK, -5), Some(*reason))), paid, "{reason}");
        assert_eq!(confirmed().cancel(asked(DESK, -5), Some(*reason)).is_ok(), own, "{reason}");
        assert_eq!(fee(priced().cancel(asked(Side::Client, -5), Some(*reason))), late(4_500), "{reason}");
    }
    assert_eq!(fee(priced().cancel(asked(DESK, -5), WISH)), late(4_500));
    assert_eq!(fee(priced().cancel(asked(DESK, -2 * DAY), WISH)), None);
}

#[test]
fn nobody_pays_for_what_was_not_agreed_or_could_not_be() {
    for code in BlockCode::ALL {
        let blocked = Booking { terms: priced().terms, ..with_blocks(&[*code]) };
        let paid = if code.excuses_client() { (None, None) } else { (late(4_500), absent(9_000)) };
        let cancelled = fee(blocked.clone().cancel(asked(Side::Client, -5), None));
        assert_eq!((cancelled, fee(blocked.no_show(asked(DESK, 5)))), paid, "{code}");
    }
    let pending = Booking { state: BookingState::Pending, ..priced() };
    assert_eq!(fee(pending.cancel(asked(Side::Client, -5), None)), None);
}

#[test]
fn a_window_without_a_fee_is_opened_by_name() {
    let shut = confirmed().cancel(asked(DESK, -5), WISH);
    assert_eq!(shut.unwrap_err(), Refusal::CancellationWindowPassed);
    assert!(confirmed().cancel(asked(DESK, -DAY), WISH).is_ok());
    let opened = confirmed().cancel(aside(-5, Step::Cancel, Override::CancellationWindow), WISH).unwrap();
    assert_eq!(
        opened.event().details,
        [
            ("override", "cancellation_window".to_owned()),
            ("override_reason", "goodwill".to_owned()),
            ("reason", "client_request".to_owned())
        ]
    );
    let wrong = confirmed().cancel(aside(-5, Step::Cancel, Override::CancellationFee), WISH);
    assert_eq!(wrong.unwrap_err(), Refusal::CancellationWindowPassed);
}

#[test]
fn a_fee_is_set_aside_by_name_and_by_staff_alone() {
    assert_eq!(fee(priced().cancel(aside(-5, Step::Cancel, Override::CancellationFee), WISH)), None);
    assert_eq!(fee(priced().cancel(aside(-5, Step::Cancel, Override::CancellationWindow), WISH)), late(4_500));
    assert_eq!(fee(priced().no_show(aside(5, Step::NoShow, Override::NoShowFee))), None);
    for side in [Side::Client, Side::System] {
        let named = asked(side, -5).overriding(Step::Cancel, &[Override::CancellationFee], Some(OverrideReason::Other));
        assert_eq!(named, Err(Refusal::Forbidden { operation: "bookings.cancel" }));
        assert_eq!(asked(side, -5).overriding(Step::Cancel, &[], None), Ok(asked(side, -5)));
    }
}

#[test]
fn the_fee_of_not_coming_goes_and_comes_with_a_correction() {
    let why = CorrectionReason::RecordedInError;
    let change = priced().no_show(asked(DESK, 5)).unwrap();
    assert_eq!(
        (change.state().fee, change.event().details.as_slice()),
        (absent(9_000), &[("fee", "no_show".to_owned())][..])
    );
    let gone = change.into_parts().0;
    let came = gone.correct(asked(DESK, 60), why, vec![]).unwrap().into_parts().0;
    assert_eq!((came.state, came.fee, came.total_minor()), (BookingState::Completed, None, Some(9_000)));
    let gone = came.clone().correct(asked(DESK, 70), why, vec![]).unwrap().into_parts().0;
    assert_eq!((gone.state, gone.fee, gone.total_minor()), (BookingState::NoShow, absent(9_000), Some(9_000)));
    assert_eq!(fee(came.clone().correct(aside(70, Step::Correct, Override::NoShowFee), why, vec![])), None);
    let excused = came.correct(asked(DESK, 70), why, found(&[BlockCode::Screening], at(70))).unwrap();
    assert_eq!((excused.state().fee, excused.state().total_minor()), (None, None));
}

#[test]
fn moving_has_a_window_of_its_own() {
    let terms = Terms { reschedule_window_hours: 2, late_cancel_fee_percent: Some(50), ..Terms::default() };
    let moved = |minutes| under(terms).reschedule(asked(Side::Client, minutes), placement(3_000), vec![]);
    assert_eq!(moved(-120).unwrap().state().fee, None);
    assert_eq!(moved(-119).unwrap_err(), Refusal::CancellationWindowPassed);
    assert!(under(terms).reschedule(asked(DESK, -1), placement(3_000), vec![]).is_ok());
}

#[test]
fn a_request_waits_as_long_as_was_agreed_and_never_past_its_start() {
    let terms = Terms { approval_hours: Some(48), ..Terms::default() };
    let pending = |created: i64| Booking { state: BookingState::Pending, created_at: at(created), ..under(terms) };
    let soon = pending(-10 * DAY);
    assert_eq!(soon.answer_by(), at(-8 * DAY));
    assert!(matches!(
        soon.clone().expire(asked(Side::System, -8 * DAY - 1)),
        Err(Refusal::PolicyViolation { rule: "still_waiting", .. })
    ));
    assert_eq!(state_of(soon.clone().expire(asked(Side::System, -8 * DAY))), BookingState::Expired);
    assert!(soon.clone().confirm(asked(DESK, -8 * DAY - 1)).is_ok());
    assert!(matches!(
        soon.confirm(asked(DESK, -8 * DAY)),
        Err(Refusal::PolicyViolation { rule: "not_answered_in_time", .. })
    ));
    let near = pending(-DAY);
    assert_eq!(near.answer_by(), at(0));
    assert!(matches!(near.confirm(asked(DESK, 0)), Err(Refusal::PolicyViolation { rule: "already_started", .. })));
    let patient = Booking { terms: Terms::default(), ..pending(-90 * DAY) };
    assert_eq!(patient.answer_by(), at(0));
}

fn terms() -> impl Strategy<Value = Terms> {
    let hours = || 0..=72_i32;
    (hours(), hours(), proptest::option::of(0..=100_i32), 0..=100_i32).prop_map(|(cancel, moving, late, absent)| {
        Terms {
            cancellation_window_hours: cancel,
            reschedule_window_hours: moving,
            late_cancel_fee_percent: late,
            no_show_fee_percent: absent,
            approval_hours: None,
        }
    })
}

proptest! {
    /// For staff the preview tells what it costs at the client's wish.
    #[test]
    fn nobody_is_charged_but_what_the_preview_told(
        terms in terms(),
        price_minor in 0..=100_000_i64,
        state in proptest::sample::select(BookingState::ALL),
        (_, side, minutes, codes) in steps(),
    ) {
        let booking = Booking { state, terms, price_minor, ..with_blocks(&codes) };
        let asked = asked(side, minutes);
        for AllowedAction { step, fee } in booking.allowed_actions(asked) {
            let again = if step == Step::Reschedule { vec![] } else { booking.blocks.clone() };
            let taken = match step {
                Step::Cancel => booking.clone().cancel(asked, WISH),
                _ => take(booking.clone(), step, asked, again),
            };
            match taken {
                Ok(change) => prop_assert_eq!(change.state().fee, fee, "{} {}", step, state),
                // Only what staff would have to set aside by name.
                Err(refusal) => {
                    prop_assert_eq!((step, &refusal), (Step::Cancel, &Refusal::CancellationWindowPassed));
                    prop_assert!(matches!(side, Side::Staff(_)) && terms.late_cancel_fee_percent.is_none());
                    prop_assert_eq!(fee, None);
                }
            }
            prop_assert!(fee.is_none_or(|fee| (1..=price_minor).contains(&fee.minor)));
        }
    }
}
