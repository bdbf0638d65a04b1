//! The rules one by one; [`properties`] holds them together.

mod properties;

use super::*;
use std::cell::Cell;
use std::num::NonZeroU16;

use crate::availability::model::limits::DayLimits;
use crate::availability::model::waiver::Waiver;
use crate::kernel::ids::RoomId;
use chrono::{DateTime, TimeDelta};
use chrono_tz::Tz;

const DAY: i64 = 24 * 60;

/// So many minutes after Monday 2027-03-01T00:00:00Z.
fn at(minute: i64) -> Timestamp {
    let monday = "2027-03-01T00:00:00Z".parse::<DateTime<chrono::Utc>>().unwrap();
    Timestamp::from(monday).plus(TimeDelta::minutes(minute))
}

fn span(start: i64, end: i64) -> Span {
    Span::new(at(start), at(end)).unwrap()
}

fn hour(hour: i64) -> i64 {
    hour * 60
}

fn rules(duration: u16, buffers: (u16, u16), increment: u16) -> SessionRules {
    SessionRules {
        duration: NonZeroU16::new(duration).unwrap(),
        buffer_before: buffers.0,
        buffer_after: buffers.1,
        increment: NonZeroU16::new(increment).unwrap(),
        min_notice: TimeDelta::zero(),
        max_advance: TimeDelta::days(62),
        room: None,
        max_per_day: None,
        max_per_week: None,
    }
}

/// Monday nine to five, nothing booked, hours of 60 minutes at every half hour, asked at midnight.
fn monday() -> Facts<'static> {
    Facts {
        now: at(0),
        known: span(-DAY, 3 * DAY),
        open: vec![span(hour(9), hour(17))],
        off: Vec::new(),
        therapist_claims: Vec::new(),
        client_claims: Vec::new(),
        rooms: Vec::new(),
        sessions: Vec::new(),
        limits: DayLimits::default(),
        rules: rules(60, (0, 0), 30),
        waived: Waivers::default(),
        zone: Tz::UTC,
        eligible_on: &|_| Ok(()),
    }
}

fn decide(facts: &Facts, start: Timestamp) -> Result<Session, Refusal> {
    super::decide(std::slice::from_ref(facts), start)
}

fn listed(facts: &Facts) -> Vec<i64> {
    slots(facts, facts.known, usize::MAX).iter().map(|slot| slot.span.start().since(at(0)).num_minutes()).collect()
}

#[test]
fn sessions_fill_the_hours_to_their_very_end() {
    let facts = monday();
    let starts = listed(&facts);
    assert_eq!((starts.len(), starts[0], starts[14]), (15, hour(9), hour(16)));
    assert_eq!(decide(&facts, at(hour(16) + 30)), Err(Refusal::OutsideAvailability));
    assert_eq!(slots(&facts, span(hour(10), hour(11)), 9).len(), 2);
    assert_eq!(slots(&facts, facts.known, 4).len(), 4);
}

#[test]
fn rules_are_asked_in_their_order() {
    let facts = Facts {
        now: at(hour(9)),
        rules: SessionRules { min_notice: TimeDelta::hours(2), max_advance: TimeDelta::hours(6), ..monday().rules },
        off: vec![span(hour(13), hour(14))],
        therapist_claims: vec![span(hour(14), hour(15))],
        client_claims: vec![span(hour(14), hour(15)), span(hour(11), hour(12))],
        ..monday()
    };
    let refusal = |minute| decide(&facts, at(minute)).unwrap_err();
    assert_eq!(refusal(hour(11) - 1), Refusal::TooSoon { earliest: at(hour(11)) });
    assert_eq!(refusal(hour(15) + 1), Refusal::TooFarAhead { latest: at(hour(15)) });
    assert_eq!(refusal(hour(13) + 7), Refusal::OutsideAvailability);
    assert_eq!(refusal(hour(14) + 7), Refusal::NotOnGrid { minutes: 30 });
    assert_eq!(refusal(hour(14)), Refusal::SlotUnavailable { alternatives: vec![at(hour(15)), at(hour(12))] });
    assert_eq!(refusal(hour(11)), Refusal::ClientAlreadyBooked);
    assert_eq!(listed(&facts), [hour(12), hour(15)]);
    assert!(decide(&facts, at(hour(15))).is_ok());

    let ineligible = Facts { eligible_on: &|_| Err(Refusal::TherapistNotEligible { missing: Vec::new() }), ..facts };
    assert_eq!(decide(&ineligible, at(hour(14))), Err(Refusal::TherapistNotEligible { missing: Vec::new() }));
    assert_eq!(decide(&ineligible, at(hour(14) + 7)), Err(Refusal::NotOnGrid { minutes: 30 }));
    assert!(listed(&ineligible).is_empty());
}

#[test]
fn whether_the_therapist_may_is_asked_once_a_date() {
    let asked = Cell::new(0);
    let eligible_on = |_| {
        asked.set(asked.get() + 1);
        Ok(())
    };
    let facts = Facts {
        eligible_on: &eligible_on,
        open: vec![span(hour(9), hour(17)), span(DAY + hour(9), DAY + hour(17))],
        ..monday()
    };
    assert_eq!((listed(&facts).len(), asked.get()), (30, 2));
}

#[test]
fn the_grid_ends_with_the_calendar() {
    let end = Timestamp::from(DateTime::<chrono::Utc>::MAX_UTC);
    let before = |minutes| end.minus(TimeDelta::minutes(minutes));
    let open = Span::new(before(110), end).unwrap();
    let rules = SessionRules { max_advance: TimeDelta::minutes(150), ..rules(30, (0, 0), 60) };
    let facts = Facts { now: before(180), known: open, open: vec![open], rules, ..monday() };
    let starts: Vec<_> = slots(&facts, open, usize::MAX).iter().map(|slot| slot.span.start()).collect();
    assert_eq!(starts, [before(110), before(50)]);
}

#[test]
fn buffers_of_neighbours_add_up_and_may_reach_beyond_the_hours() {
    let facts = Facts {
        rules: rules(60, (10, 15), 5),
        // Somebody else's hour at 11:00, with a buffer of 5 before and 20 after.
        therapist_claims: vec![span(hour(11) - 5, hour(12) + 20)],
        ..monday()
    };
    assert_eq!(decide(&facts, at(hour(9))).unwrap().claim, span(hour(9) - 10, hour(10) + 15));
    assert!(decide(&facts, at(hour(16))).is_ok());
    assert!(decide(&facts, at(hour(9) + 40)).is_ok());
    assert!(matches!(decide(&facts, at(hour(9) + 45)), Err(Refusal::SlotUnavailable { .. })));
    assert!(matches!(decide(&facts, at(hour(12) + 25)), Err(Refusal::SlotUnavailable { .. })));
    assert!(decide(&facts, at(hour(12) + 30)).is_ok());
    let starts = listed(&facts);
    let around = [hour(9) + 40, hour(9) + 45, hour(12) + 25, hour(12) + 30];
    assert_eq!(around.map(|start| starts.contains(&start)), [true, false, false, true]);
}

#[test]
fn the_client_needs_no_buffer() {
    let facts = Facts { rules: rules(60, (30, 30), 30), client_claims: vec![span(hour(10), hour(11))], ..monday() };
    assert!(decide(&facts, at(hour(9))).is_ok());
    assert_eq!(decide(&facts, at(hour(9) + 30)), Err(Refusal::ClientAlreadyBooked));
    assert!(decide(&facts, at(hour(11))).is_ok());
}

#[test]
fn time_off_and_claims_do_not_move_the_grid() {
    let facts = Facts {
        rules: rules(45, (0, 0), 45),
        off: vec![span(hour(10), hour(10) + 10)],
        therapist_claims: vec![span(hour(13), hour(13) + 5)],
        ..monday()
    };
    assert!(listed(&facts).iter().all(|start| (start - hour(9)) % 45 == 0));
    assert_eq!(decide(&facts, at(hour(10) + 10)), Err(Refusal::NotOnGrid { minutes: 45 }));
}

#[test]
fn each_opening_has_its_grid_and_sessions_may_run_across_a_seam() {
    let facts = Facts {
        rules: rules(60, (0, 0), 45),
        open: vec![span(hour(10), hour(12)), span(hour(9), hour(10))],
        ..monday()
    };
    assert_eq!(listed(&facts), [hour(9), hour(9) + 45, hour(10), hour(10) + 45]);
}

#[test]
fn what_is_not_known_is_not_offered() {
    let facts = Facts { known: span(hour(9), hour(12)), rules: rules(60, (15, 15), 15), ..monday() };
    assert_eq!(listed(&facts), (0..=6).map(|step| hour(9) + 15 + step * 15).collect::<Vec<_>>());
    assert_eq!(decide(&facts, at(hour(9))), Err(Refusal::OutsideAvailability));
    let window = span(hour(9), hour(9) + 1);
    let facts = Facts { known: facts.rules.reach(window), ..facts };
    assert_eq!(slots(&facts, window, 9).len(), 1);
}

#[test]
fn alternatives_are_the_three_nearest() {
    let facts = Facts { therapist_claims: vec![span(hour(12), hour(13))], ..monday() };
    let nearest = vec![at(hour(11)), at(hour(13)), at(hour(10) + 30)];
    assert_eq!(decide(&facts, at(hour(12))), Err(Refusal::SlotUnavailable { alternatives: nearest }));
}

fn room(number: u128, claims: Vec<Span>) -> RoomTime {
    RoomTime { id: RoomId(uuid::Uuid::from_u128(number)), claims }
}

#[test]
fn the_first_free_room_is_taken_until_it_has_rested() {
    let facts = Facts {
        rules: SessionRules { room: Some(RoomNeed { rest: 30 }), ..rules(60, (10, 15), 30) },
        rooms: vec![room(1, vec![span(hour(11), hour(12))]), room(2, vec![span(hour(13), hour(14))])],
        ..monday()
    };
    let taken =
        |start| decide(&facts, at(start)).map(|session| (session.room.unwrap().0.as_u128(), session.room_claim));
    assert_eq!(taken(hour(9) + 30), Ok((1, Some(span(hour(9) + 20, hour(11))))));
    assert_eq!(taken(hour(10)), Ok((2, Some(span(hour(10) - 10, hour(11) + 30)))));
    assert_eq!(decide(&facts, at(hour(12))), Err(Refusal::RoomUnavailable));
    assert!(!listed(&facts).contains(&hour(12)));
    assert_eq!(taken(hour(12) + 30), Ok((1, Some(span(hour(12) + 20, hour(14))))));
    assert!(listed(&Facts { rooms: Vec::new(), ..facts }).is_empty());
}

fn held(starts: &[(i64, bool)]) -> Vec<TakenSession> {
    let taken =
        |(start, same): &(i64, bool)| TakenSession { session: span(*start, start + 60), session_type_is_same: *same };
    starts.iter().map(taken).collect()
}

fn limit_at(facts: &Facts, start: i64) -> Option<&'static str> {
    match decide(facts, at(start)) {
        Ok(_) => None,
        Err(Refusal::LimitReached { limit }) => Some(limit),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn sessions_of_the_type_are_counted_by_local_day_and_iso_week() {
    // Sunday evening in UTC is Monday already where the session is.
    let sessions = held(&[(-30, true), (hour(9), true), (hour(11), false), (DAY + hour(9), true)]);
    let zone = chrono_tz::Europe::Berlin;
    let facts = |day, week| Facts {
        known: span(-DAY, 9 * DAY),
        open: (0..8).map(|day| span(day * DAY + hour(8), day * DAY + hour(17))).collect(),
        rules: SessionRules { max_per_day: day, max_per_week: week, ..monday().rules },
        sessions: sessions.clone(),
        zone,
        ..monday()
    };
    assert_eq!(limit_at(&facts(Some(3), None), hour(13)), None);
    assert_eq!(limit_at(&facts(Some(2), None), hour(13)), Some("sessions_per_day"));
    assert_eq!(limit_at(&facts(Some(2), None), DAY + hour(13)), None);
    assert_eq!(limit_at(&facts(None, Some(4)), 2 * DAY + hour(13)), None);
    assert_eq!(limit_at(&facts(None, Some(3)), 2 * DAY + hour(13)), Some("sessions_per_week"));
    assert_eq!(limit_at(&facts(None, Some(3)), 6 * DAY + hour(13)), Some("sessions_per_week"));
    assert_eq!(limit_at(&facts(None, Some(3)), 7 * DAY + hour(13)), None);
}

#[test]
fn minutes_and_sessions_in_a_row_are_counted_whatever_the_type() {
    let facts =
        |limits| Facts { limits, sessions: held(&[(hour(9), true), (hour(10), false), (hour(13), true)]), ..monday() };
    let hands_on = |most| facts(DayLimits { hands_on_minutes: Some(most), ..DayLimits::default() });
    assert_eq!(limit_at(&hands_on(240), hour(15)), None);
    assert_eq!(limit_at(&hands_on(239), hour(15)), Some("hands_on_minutes"));
    let in_a_row = |most, pause| facts(DayLimits { in_a_row: Some(most), pause, ..DayLimits::default() });
    assert_eq!(limit_at(&in_a_row(3, 15), hour(11)), None);
    assert_eq!(limit_at(&in_a_row(2, 15), hour(11)), Some("sessions_in_a_row"));
    // Half an hour is a pause, and not quite one.
    assert_eq!(limit_at(&in_a_row(2, 30), hour(11) + 30), None);
    assert_eq!(limit_at(&in_a_row(2, 31), hour(11) + 30), Some("sessions_in_a_row"));
    // It joins what was before with what comes after.
    assert_eq!(limit_at(&in_a_row(3, 31), hour(11) + 30), Some("sessions_in_a_row"));
    assert_eq!(limit_at(&in_a_row(4, 31), hour(11) + 30), None);
}

#[test]
fn a_rule_that_is_waived_is_not_asked_and_no_other() {
    let facts = |waived: &[Waiver]| Facts {
        now: at(hour(9)),
        rules: SessionRules {
            min_notice: TimeDelta::hours(2),
            max_advance: TimeDelta::hours(6),
            max_per_day: Some(1),
            ..monday().rules
        },
        sessions: held(&[(hour(13), true)]),
        therapist_claims: vec![span(hour(13), hour(14)), span(hour(18), hour(19))],
        waived: waived.iter().copied().collect(),
        ..monday()
    };
    let limit = Err(Refusal::LimitReached { limit: "sessions_per_day" });
    let ask = |waived: &[Waiver], minute| decide(&facts(waived), at(minute)).map(|session| session.span.start());
    assert_eq!(ask(&[Waiver::MinNotice], hour(10)), limit);
    assert_eq!(ask(&[Waiver::MinNotice, Waiver::Limits], hour(10)), Ok(at(hour(10))));
    assert_eq!(ask(&[Waiver::MinNotice, Waiver::Limits], hour(8)), Err(Refusal::TooSoon { earliest: at(hour(9)) }));
    assert!(matches!(ask(&[Waiver::Limits], hour(10)), Err(Refusal::TooSoon { .. })));
    assert_eq!(ask(&[Waiver::Limits, Waiver::Grid], hour(11) + 7), Ok(at(hour(11) + 7)));
    assert_eq!(ask(&[Waiver::Limits, Waiver::Grid], hour(16) + 7), Err(Refusal::TooFarAhead { latest: at(hour(15)) }));
    assert_eq!(ask(&[Waiver::Limits, Waiver::MaxAdvance], hour(16)), Ok(at(hour(16))));
    assert_eq!(ask(&[Waiver::Limits, Waiver::MaxAdvance], hour(17)), Err(Refusal::OutsideAvailability));
    let late = [Waiver::Limits, Waiver::MaxAdvance, Waiver::WorkingHours];
    assert_eq!(ask(&late, hour(20) + 7), Ok(at(hour(20) + 7)));
    assert!(matches!(ask(&late, hour(18)), Err(Refusal::SlotUnavailable { .. })));
    assert_eq!(listed(&facts(&late)), Vec::<i64>::new());
    assert_eq!(ask(&[Waiver::MaxAdvance, Waiver::WorkingHours], hour(20)), limit);
}

#[test]
fn a_team_begins_when_all_of_it_may() {
    let one = || Facts { therapist_claims: vec![span(hour(9), hour(12))], ..monday() };
    let other = || Facts {
        open: vec![span(hour(11), hour(16) + 30)],
        therapist_claims: vec![span(hour(14), hour(15))],
        ..monday()
    };
    let (one, other) = (one(), other());
    let expected = [hour(12), hour(12) + 30, hour(13), hour(15), hour(15) + 30].map(at);
    let team = [Calendar::of(&one), Calendar::of(&other)];
    let together: Vec<_> = super::listed(&team, one.known).map(|session| session.span.start()).collect();
    assert_eq!(together, expected);
    let team = [one, other];
    let nearest = vec![at(hour(13)), at(hour(15)), at(hour(12) + 30)];
    assert_eq!(super::decide(&team, at(hour(14))), Err(Refusal::SlotUnavailable { alternatives: nearest }));
    assert_eq!(super::decide(&team, at(hour(16))), Err(Refusal::OutsideAvailability));
    assert!(super::decide(&team, at(hour(15) + 30)).is_ok());
    assert_eq!(super::decide(&[], at(hour(12))), Err(Refusal::OutsideAvailability));
}
