//! Listing and deciding, held against the rules said again without sets.

use chrono::{Datelike, NaiveDate};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::availability::model::hours::{HoursDraft, WorkingHours, open_spans};
use crate::kernel::ids::{LocationId, TherapistId, WorkingHoursId};
use crate::kernel::text_enum::TextEnum;

fn working_hours(weekday: i32, (start, end): (&str, &str), zone: Tz) -> WorkingHours {
    let draft = HoursDraft {
        location: LocationId(uuid::Uuid::nil()),
        weekday,
        start: start.into(),
        end: end.into(),
        zone: zone.name().into(),
        effective_from: "2020-01-01".parse().unwrap(),
        effective_until: None,
    };
    WorkingHours::parse(WorkingHoursId(uuid::Uuid::nil()), TherapistId(uuid::Uuid::nil()), &draft).unwrap()
}

fn some_spans(most: usize, longest: i64) -> impl Strategy<Value = Vec<Span>> {
    vec((0..3 * DAY, 1..longest), 0..most)
        .prop_map(|pairs| pairs.into_iter().map(|(start, length)| span(start, start + length)).collect())
}

fn some_rules() -> impl Strategy<Value = SessionRules> {
    let times = (1..90_u16, (0..30_u16, 0..30_u16), 1..60_u16, 0..DAY, 0..4 * DAY);
    let most = || proptest::option::weighted(0.3, 0..4_u16);
    (times, proptest::option::of(0..60_u16), most(), most()).prop_map(|(times, rest, max_per_day, max_per_week)| {
        let (duration, buffers, increment, notice, advance) = times;
        SessionRules {
            min_notice: TimeDelta::minutes(notice),
            max_advance: TimeDelta::minutes(advance),
            room: rest.map(|rest| RoomNeed { rest }),
            max_per_day,
            max_per_week,
            ..rules(duration, buffers, increment)
        }
    })
}

fn some_limits() -> impl Strategy<Value = DayLimits> {
    let hands_on = proptest::option::weighted(0.3, 60..300_u16);
    (hands_on, proptest::option::weighted(0.3, 1..4_u16), 0..40_u16)
        .prop_map(|(hands_on_minutes, in_a_row, pause)| DayLimits { hands_on_minutes, in_a_row, pause })
}

fn some_sessions() -> impl Strategy<Value = Vec<TakenSession>> {
    vec((-2 * DAY..4 * DAY, 30..90_i64, any::<bool>()), 0..6).prop_map(|sessions| {
        let taken =
            |(start, length, same)| TakenSession { session: span(start, start + length), session_type_is_same: same };
        sessions.into_iter().map(taken).collect()
    })
}

fn some_rooms() -> impl Strategy<Value = Vec<RoomTime>> {
    vec(some_spans(8, 240), 0..4).prop_map(|rooms| {
        let number = |number| u128::try_from(number).unwrap();
        rooms.into_iter().enumerate().map(|(at, claims)| room(number(at), claims)).collect()
    })
}

/// The rules said again without sets, sorting or bisection, and one by one.
fn is_free(facts: &Facts, start: Timestamp, waived: Waivers) -> bool {
    let session = facts.rules.session(start).unwrap();
    let rest = facts.rules.room.map_or(0, |need| need.rest).max(facts.rules.buffer_after);
    let [before, rest] = [facts.rules.buffer_before, rest].map(|minutes| TimeDelta::minutes(minutes.into()));
    let in_room = Span::new(session.span.start().minus(before), session.span.end().plus(rest)).unwrap();
    let asked = |waiver| !waived.contains(waiver);
    let lead = start.since(facts.now);
    let notice = if asked(Waiver::MinNotice) { facts.rules.min_notice } else { TimeDelta::zero() };
    notice <= lead
        && (lead <= facts.rules.max_advance || !asked(Waiver::MaxAdvance))
        && facts.known.contains(in_room)
        && (!asked(Waiver::WorkingHours)
            || (is_worked(facts, session.span) && (!asked(Waiver::Grid) || on_grid(facts, start))))
        && (facts.eligible_on)(start.date_in(facts.zone)).is_ok()
        && !facts.therapist_claims.iter().any(|claim| claim.overlaps(session.claim))
        && !facts.client_claims.iter().any(|claim| claim.overlaps(session.span))
        && (facts.rules.room.is_none()
            || facts.rooms.iter().any(|room| !room.claims.iter().any(|claim| claim.overlaps(in_room))))
        && (!asked(Waiver::Limits) || is_within_limits(facts, session.span))
}

fn is_worked(facts: &Facts, session: Span) -> bool {
    let mut minute = session.start();
    while minute < session.end() {
        let this = Span::new(minute, minute.plus(TimeDelta::minutes(1))).unwrap();
        if !facts.open.iter().any(|open| open.contains(this)) || facts.off.iter().any(|off| off.overlaps(this)) {
            return false;
        }
        minute = this.end();
    }
    true
}

fn on_grid(facts: &Facts, start: Timestamp) -> bool {
    let opening = facts.open.iter().map(|open| open.start()).filter(|opening| *opening <= start).max();
    let step = i64::from(facts.rules.increment.get());
    opening.is_some_and(|opening| start.since(opening).num_minutes() % step == 0)
}

fn is_within_limits(facts: &Facts, session: Span) -> bool {
    let day = |span: Span| span.start().date_in(facts.zone);
    let week = |span: Span| day(span).iso_week();
    let same = |taken: &&TakenSession| taken.session_type_is_same;
    let today: Vec<Span> =
        facts.sessions.iter().map(|taken| taken.session).filter(|taken| day(*taken) == day(session)).collect();
    let of_day = facts.sessions.iter().filter(same).filter(|taken| day(taken.session) == day(session)).count();
    let of_week = facts.sessions.iter().filter(same).filter(|taken| week(taken.session) == week(session)).count();
    let minutes: i64 = today.iter().chain([&session]).map(|span| span.length().num_minutes()).sum();
    let most = |limit: Option<u16>| limit.map_or(usize::MAX, usize::from);
    of_day < most(facts.rules.max_per_day)
        && of_week < most(facts.rules.max_per_week)
        && facts.limits.hands_on_minutes.is_none_or(|most| minutes <= most.into())
        && row_of(&today, session, facts.limits.pause).len() <= most(facts.limits.in_a_row)
}

/// The session and all that are tied to it, one after another, by less than a pause.
fn row_of(today: &[Span], session: Span, pause: u16) -> Vec<Span> {
    let (mut row, mut rest) = (vec![session], today.to_vec());
    loop {
        let gap = |one: Span, other: Span| one.start().since(other.end()).max(other.start().since(one.end()));
        let is_tied = |one: &Span| row.iter().any(|other| gap(*one, *other) < TimeDelta::minutes(pause.into()));
        let (tied, others): (Vec<Span>, Vec<Span>) = rest.into_iter().partition(is_tied);
        if tied.is_empty() {
            return row;
        }
        row.extend(tied);
        rest = others;
    }
}

fn some_waivers() -> impl Strategy<Value = Waivers> {
    proptest::sample::subsequence(Waiver::ALL, 0..3).prop_map(|waivers| waivers.into_iter().collect())
}

prop_compose! {
    fn some_facts()(
        (rules, limits, waived) in (some_rules(), some_limits(), some_waivers()),
        open in some_spans(8, 600),
        off in some_spans(3, 300),
        therapist_claims in some_spans(10, 120),
        client_claims in some_spans(4, 120),
        (rooms, sessions) in (some_rooms(), some_sessions()),
        known in (-100..100_i64, 2 * DAY..4 * DAY),
        zone in proptest::sample::select(&chrono_tz::TZ_VARIANTS[..]),
    ) -> Facts<'static> {
        let known = span(known.0, known.1);
        let eligible_on = &|date: NaiveDate| match date.day() {
            2 => Err(Refusal::TherapistNotEligible { missing: Vec::new() }),
            _ => Ok(()),
        };
        let now = at(0);
        Facts {
            now, known, open, off, therapist_claims, client_claims, rooms, sessions, limits, rules, waived, zone, eligible_on,
        }
    }
}

impl std::fmt::Debug for Facts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} known {:?} in {}: open {:?}", self.rules, self.known, self.zone, self.open)?;
        write!(f, " off {:?} taken {:?} client {:?}", self.off, self.therapist_claims, self.client_claims)?;
        write!(f, " rooms {:?} sessions {:?} {:?} {:?}", self.rooms, self.sessions, self.limits, self.waived)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn listing_and_deciding_agree_on_every_minute(facts in some_facts(), from in 0..3 * DAY, length in 1..2 * DAY) {
        let window = span(from, from + length);
        let slots = slots(&facts, window, usize::MAX);
        prop_assert!(slots.is_sorted());
        let calendar = Calendar::of(&facts);
        let nothing = Waivers::default();
        for minute in from..from + length {
            let start = at(minute);
            let listed = slots.iter().find(|slot| slot.span.start() == start);
            prop_assert_eq!(listed.is_some(), is_free(&facts, start, nothing), "{}", start);
            match calendar.decide(start, nothing) {
                Ok(session) => prop_assert_eq!(listed, Some(&session)),
                Err(refusal) => prop_assert_eq!(listed, None, "{} is refused: {:?}", start, refusal),
            }
            let decided = calendar.decide(start, facts.waived);
            prop_assert_eq!(decided.is_ok(), is_free(&facts, start, facts.waived), "{}: {:?}", start, decided);
        }
        prop_assert!(slots.iter().all(|slot| window.start() <= slot.span.start() && slot.span.start() < window.end()));
    }

    #[test]
    fn a_session_is_in_a_room_that_is_free_for_it(facts in some_facts()) {
        for slot in slots(&facts, facts.known, usize::MAX) {
            prop_assert_eq!(slot.room.is_some(), facts.rules.room.is_some());
            let Some((room, claim)) = slot.room.zip(slot.room_claim) else { continue };
            prop_assert!(claim.contains(slot.claim));
            let free = |room: &&RoomTime| !room.claims.iter().any(|other| other.overlaps(claim));
            prop_assert_eq!(facts.rooms.iter().find(free).map(|first| first.id), Some(room));
        }
    }

    #[test]
    fn a_team_may_begin_whenever_each_of_it_may(one in some_facts(), mut other in some_facts(), minute in 0..3 * DAY) {
        (other.rules, other.rooms, other.client_claims) = (one.rules, one.rooms.clone(), one.client_claims.clone());
        let start = at(minute);
        let both = [&one, &other].map(|facts| decide(facts, start).ok());
        let together = [one, other];
        match super::super::decide(&together, start) {
            Ok(session) => prop_assert_eq!(both, [Some(session); 2]),
            Err(refusal) => {
                prop_assert!(both.contains(&None));
                if let Refusal::SlotUnavailable { alternatives } = refusal {
                    prop_assert!(alternatives.len() <= ALTERNATIVES);
                    for facts in &together {
                        prop_assert!(alternatives.iter().all(|start| decide(facts, *start).is_ok()));
                    }
                }
            }
        }
    }

    #[test]
    fn whatever_is_listed_is_booked_and_takes_its_time_from_what_is_left(facts in some_facts(), at_slot in 0..100_usize) {
        let listed = slots(&facts, facts.known, usize::MAX);
        let Some(booked) = listed.get(at_slot % listed.len().max(1)).copied() else { return Ok(()) };
        prop_assert_eq!(decide(&facts, booked.span.start()), Ok(booked));
        let mut facts = facts;
        facts.therapist_claims.push(booked.claim);
        for other in slots(&facts, facts.known, usize::MAX) {
            prop_assert!(!other.claim.overlaps(booked.claim) && listed.iter().any(|before| before.span == other.span));
        }
    }

    #[test]
    fn the_order_of_the_facts_does_not_matter(facts in some_facts()) {
        let expected = slots(&facts, facts.known, usize::MAX);
        let mut facts = facts;
        for spans in [&mut facts.open, &mut facts.off, &mut facts.therapist_claims, &mut facts.client_claims] {
            spans.reverse();
            spans.extend(spans.first().copied());
        }
        facts.sessions.reverse();
        for room in &mut facts.rooms {
            room.claims.reverse();
        }
        prop_assert_eq!(slots(&facts, facts.known, usize::MAX), expected);
    }

    #[test]
    fn a_small_window_shows_its_part_of_a_large_one(facts in some_facts(), from in 0..3 * DAY, length in 1..DAY) {
        let window = span(from, from + length);
        let mut expected = slots(&facts, facts.known, usize::MAX);
        expected.retain(|slot| window.start() <= slot.span.start() && slot.span.start() < window.end());
        prop_assert_eq!(slots(&facts, window, usize::MAX), expected);
    }

    #[test]
    fn facts_loaded_for_a_window_list_what_more_facts_would(
        zone in proptest::sample::select(&chrono_tz::TZ_VARIANTS[..]),
        rules in some_rules(),
        now in 0..365 * DAY,
        from in 0..4 * DAY,
        length in 1..2 * DAY,
    ) {
        let week: Vec<WorkingHours> = (1..=7)
            .flat_map(|day| [("00:00", "02:30"), ("02:30", "04:15"), ("09:00", "16:10"), ("22:00", "00:00")].map(|span| (day, span)))
            .map(|(day, span)| working_hours(day, span, zone))
            .collect();
        let facts = |known| Facts { now: at(now), known, open: open_spans(&week, known), rules, zone, ..monday() };
        let window = span(now + from, now + from + length);
        let more = facts(window.padded(TimeDelta::days(3), TimeDelta::days(3)));
        prop_assert_eq!(slots(&facts(rules.reach(window)), window, usize::MAX), slots(&more, window, usize::MAX));
    }
}
