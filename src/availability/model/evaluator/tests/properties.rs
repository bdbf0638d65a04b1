//! Listing and deciding, held against the rules said again without sets.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::availability::model::hours::{HoursDraft, WorkingHours, open_spans};
use crate::kernel::ids::{LocationId, TherapistId, WorkingHoursId};

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
