use super::*;
use crate::availability::model::hours::{HoursDraft, WorkingHours, open_spans};
use crate::kernel::ids::{LocationId, TherapistId, WorkingHoursId};
use chrono::DateTime;
use proptest::collection::vec;
use proptest::prelude::*;

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
        rules: rules(60, (0, 0), 30),
        zone: Tz::UTC,
        eligible_on: &|_| Ok(()),
    }
}

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

    let ineligible = Facts { eligible_on: &|_| Err(Refusal::TherapistNotEligible { missing: Vec::new() }), ..facts };
    assert_eq!(decide(&ineligible, at(hour(14))), Err(Refusal::TherapistNotEligible { missing: Vec::new() }));
    assert_eq!(decide(&ineligible, at(hour(14) + 7)), Err(Refusal::NotOnGrid { minutes: 30 }));
    assert!(listed(&ineligible).is_empty());
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

fn some_spans(most: usize, longest: i64) -> impl Strategy<Value = Vec<Span>> {
    vec((0..3 * DAY, 1..longest), 0..most)
        .prop_map(|pairs| pairs.into_iter().map(|(start, length)| span(start, start + length)).collect())
}

fn some_rules() -> impl Strategy<Value = SessionRules> {
    (1..90_u16, (0..30_u16, 0..30_u16), 1..60_u16, 0..DAY, 0..4 * DAY).prop_map(
        |(duration, buffers, increment, notice, advance)| SessionRules {
            min_notice: TimeDelta::minutes(notice),
            max_advance: TimeDelta::minutes(advance),
            ..rules(duration, buffers, increment)
        },
    )
}

/// The rules said again without sets, sorting or bisection.
fn is_free(facts: &Facts, start: Timestamp) -> bool {
    let session = facts.rules.session(start).unwrap();
    let lead = start.since(facts.now);
    let mut minute = session.span.start();
    let mut worked = true;
    while minute < session.span.end() {
        let this = Span::new(minute, minute.plus(TimeDelta::minutes(1))).unwrap();
        worked &= facts.open.iter().any(|open| open.contains(this)) && !facts.off.iter().any(|off| off.overlaps(this));
        minute = this.end();
    }
    let opening = facts.open.iter().map(|open| open.start()).filter(|opening| *opening <= start).max();
    let step = i64::from(facts.rules.increment.get());
    facts.rules.min_notice <= lead
        && lead <= facts.rules.max_advance
        && facts.known.contains(session.claim)
        && worked
        && opening.is_some_and(|opening| start.since(opening).num_minutes() % step == 0)
        && (facts.eligible_on)(start.date_in(facts.zone)).is_ok()
        && !facts.therapist_claims.iter().any(|claim| claim.overlaps(session.claim))
        && !facts.client_claims.iter().any(|claim| claim.overlaps(session.span))
}

prop_compose! {
    fn some_facts()(
        rules in some_rules(),
        open in some_spans(8, 600),
        off in some_spans(3, 300),
        therapist_claims in some_spans(10, 120),
        client_claims in some_spans(4, 120),
        known in (-100..100_i64, 2 * DAY..4 * DAY),
        zone in proptest::sample::select(&chrono_tz::TZ_VARIANTS[..]),
    ) -> Facts<'static> {
        let known = span(known.0, known.1);
        let eligible_on = &|date: NaiveDate| match chrono::Datelike::day(&date) {
            2 => Err(Refusal::TherapistNotEligible { missing: Vec::new() }),
            _ => Ok(()),
        };
        Facts { now: at(0), known, open, off, therapist_claims, client_claims, rules, zone, eligible_on }
    }
}

impl std::fmt::Debug for Facts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} known {:?} in {}: open {:?}", self.rules, self.known, self.zone, self.open)?;
        write!(f, " off {:?} taken {:?} client {:?}", self.off, self.therapist_claims, self.client_claims)
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
        for minute in from..from + length {
            let start = at(minute);
            let listed = slots.iter().find(|slot| slot.span.start() == start);
            prop_assert_eq!(listed.is_some(), is_free(&facts, start), "{}", start);
            match calendar.decide(start) {
                Ok(session) => prop_assert_eq!(listed, Some(&session)),
                Err(refusal) => {
                    prop_assert_eq!(listed, None, "{} is refused: {:?}", start, refusal);
                    if let Refusal::SlotUnavailable { alternatives } = refusal {
                        prop_assert!(alternatives.len() <= ALTERNATIVES);
                        prop_assert!(alternatives.into_iter().all(|other| calendar.decide(other).is_ok()));
                    }
                }
            }
        }
        prop_assert!(slots.iter().all(|slot| window.start() <= slot.span.start() && slot.span.start() < window.end()));
    }

    #[test]
    fn the_order_of_the_facts_does_not_matter(facts in some_facts()) {
        let expected = slots(&facts, facts.known, usize::MAX);
        let mut facts = facts;
        for spans in [&mut facts.open, &mut facts.off, &mut facts.therapist_claims, &mut facts.client_claims] {
            spans.reverse();
            spans.extend(spans.first().copied());
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
