//! Offers with their calendars: places, overrides, holidays, own terms, ages, teams; and why a start is refused.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveTime, Weekday};
use chrono_tz::Tz;
use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::availability::model::evaluator::SessionRules;
use crate::availability::model::explain::{Closed, Obstacle};
use crate::availability::model::hours::WorkingHours;
use crate::availability::model::limits::DayLimits;
use crate::availability::model::overrides::DateOverride;
use crate::availability::model::waiver::{Waiver, Waivers};
use crate::kernel::ids::{HolidayId, OverrideId, RoomId, SessionTypeId, WorkingHoursId};
use crate::places::model::{Currency, Holiday, Location, Room, Settings};
use crate::session_types::model::{School, SessionType};

const HARBOUR: LocationId = LocationId(Uuid::from_u128(1));
const HILL: LocationId = LocationId(Uuid::from_u128(2));
const MARA: TherapistId = TherapistId(Uuid::from_u128(11));
const NOA: TherapistId = TherapistId(Uuid::from_u128(12));
const EVE: TherapistId = TherapistId(Uuid::from_u128(13));
const TYPE: SessionTypeId = SessionTypeId(Uuid::from_u128(21));

fn at(text: &str) -> Timestamp {
    Timestamp::from(format!("2027-03-{text}:00Z").parse::<DateTime<chrono::Utc>>().unwrap())
}

fn span(start: &str, end: &str) -> Span {
    Span::new(at(start), at(end)).unwrap()
}

fn session_type() -> SessionType {
    SessionType {
        id: TYPE,
        name: "Craniosacral session".into(),
        description: String::new(),
        duration_minutes: 60,
        price_minor: 9_000,
        currency: Currency::parse("EUR").unwrap(),
        preparation_text: String::new(),
        schools: BTreeSet::from([School::ManualCranialSacral]),
        buffer_before_minutes: 0,
        buffer_after_minutes: 0,
        increment_minutes: 30,
        room_kind: None,
        room_rest_minutes: 0,
        min_notice_minutes: Some(0),
        max_advance_days: Some(40),
        max_per_day: None,
        max_per_week: None,
        min_age_years: None,
        max_age_years: None,
        therapists_needed: 1,
        requirements: Vec::new(),
        active: true,
        version: 1,
    }
}

fn place(id: LocationId, zone: Tz) -> Location {
    Location { id, name: String::new(), address_lines: Vec::new(), zone, active: true, version: 1 }
}

/// Asked at the beginning of Monday, 1 March 2027, about that month.
fn offer() -> Offer {
    let window = span("01T00:00", "31T00:00");
    Offer {
        now: at("01T00:00"),
        known: SessionRules::of(&session_type(), &Settings::default()).unwrap().reach(window),
        session_type: session_type(),
        settings: Settings::default(),
        locations: vec![place(HARBOUR, Tz::UTC), place(HILL, Tz::UTC)],
        holidays: Vec::new(),
        rooms: Vec::new(),
        client_claims: Vec::new(),
        client_birth: None,
        waived: Waivers::default(),
    }
}

fn hours(location: LocationId, weekday: Weekday, (start, end): (u32, u32)) -> WorkingHours {
    let clock = |minute: u32| NaiveTime::from_num_seconds_from_midnight_opt(minute % 1_440 * 60, 0).unwrap();
    WorkingHours {
        id: WorkingHoursId(Uuid::nil()),
        therapist: MARA,
        location,
        weekday,
        start: clock(start),
        end: clock(end),
        zone: Tz::UTC,
        effective_from: "2027-01-01".parse().unwrap(),
        effective_until: None,
    }
}

/// Mondays at the harbour from nine to noon, Tuesdays on the hill.
fn calendar() -> Calendar {
    let hours = vec![hours(HARBOUR, Weekday::Mon, (540, 720)), hours(HILL, Weekday::Tue, (540, 720))];
    Calendar { hours, ..Calendar::default() }
}

fn instead(location: LocationId, date: &str, spans: &[(&str, &str)]) -> DateOverride {
    let clock = |text: &str| text.parse().unwrap();
    DateOverride {
        id: OverrideId(Uuid::nil()),
        therapist: MARA,
        location,
        date: date.parse().unwrap(),
        spans: spans.iter().map(|(start, end)| (clock(start), clock(end))).collect(),
        zone: Tz::UTC,
    }
}

fn holiday(date: &str) -> Holiday {
    let id = HolidayId(Uuid::nil());
    Holiday { id, location: Some(HARBOUR), date: date.parse().unwrap(), yearly: false, name: "Spring".into() }
}

fn listed(offer: &Offer, among: &[(TherapistId, &Calendar)], with: &[TherapistId], window: Span) -> Vec<Opening> {
    let among = among.iter().map(|(id, calendar)| (*id, (*calendar).clone())).collect();
    offer.openings(&among, &Search { window, limit: usize::MAX, with, admits: &|_| Ok(()) })
}

fn starts(offer: &Offer, calendar: &Calendar, window: Span) -> Vec<Timestamp> {
    listed(offer, &[(MARA, calendar)], &[], window).iter().map(|opening| opening.session.span.start()).collect()
}

fn why(offer: &Offer, calendar: &Calendar, start: &str) -> Obstacle {
    offer.explain((MARA, calendar), at(start), &|_| Ok(())).unwrap_err()
}

#[test]
fn each_place_has_its_hours_and_nobody_is_in_two() {
    let calendar = Calendar { claims: vec![span("09T09:00", "09T10:30")], ..calendar() };
    let week = listed(&offer(), &[(MARA, &calendar)], &[], span("08T00:00", "15T00:00"));
    let told: Vec<_> = week.iter().map(|opening| (opening.session.span.start(), opening.location)).collect();
    let monday = ["08T09:00", "08T09:30", "08T10:00", "08T10:30", "08T11:00"].map(|start| (at(start), HARBOUR));
    assert_eq!(told, [&monday[..], &[(at("09T10:30"), HILL), (at("09T11:00"), HILL)]].concat());
    assert_eq!(offer().decide(MARA, &calendar, at("09T11:00")).unwrap().location, HILL);
    let closed = Offer { locations: vec![Location { active: false, ..place(HILL, Tz::UTC) }], ..offer() };
    assert_eq!(starts(&closed, &calendar, span("08T00:00", "15T00:00")), []);
}

#[test]
fn a_search_goes_on_until_there_is_enough() {
    let all = starts(&offer(), &calendar(), span("01T00:00", "31T00:00"));
    assert_eq!((all.len(), all.last()), (50, Some(&at("30T11:00"))), "five on each Monday and Tuesday");
    let among = BTreeMap::from([(MARA, calendar())]);
    let search = Search { window: span("01T00:00", "31T00:00"), limit: 42, with: &[], admits: &|_| Ok(()) };
    let found: Vec<_> = offer().openings(&among, &search).iter().map(|opening| opening.session.span.start()).collect();
    assert_eq!(found, all[..42]);
}

#[test]
fn an_override_stands_for_the_week_and_a_holiday_closes_a_place() {
    let overrides = vec![instead(HARBOUR, "2027-03-15", &[("14:00", "15:00")]), instead(HARBOUR, "2027-03-22", &[])];
    let calendar = Calendar { overrides, off: vec![span("29T09:00", "29T10:00")], ..calendar() };
    let offer =
        Offer { holidays: vec![holiday("2027-03-08"), holiday("2027-03-09"), holiday("2027-03-15")], ..offer() };
    let on = |from, to| starts(&offer, &calendar, span(from, to)).len();
    assert_eq!((on("01T00:00", "02T00:00"), on("08T00:00", "09T00:00"), on("09T00:00", "10T00:00")), (5, 0, 5));
    assert_eq!(starts(&offer, &calendar, span("15T00:00", "16T00:00")), [at("15T14:00")]);
    assert_eq!(on("22T00:00", "23T00:00"), 0);
    for (start, closed) in [
        ("01T08:30", Closed::OutsideHours),
        ("03T09:00", Closed::NoHoursThatDay),
        ("08T09:00", Closed::Holiday),
        ("15T09:00", Closed::OutsideHours),
        ("22T09:00", Closed::ClosedThatDay),
        ("29T09:30", Closed::TimeOff),
    ] {
        assert_eq!(why(&offer, &calendar, start), Obstacle::Closed(closed), "{start}");
    }
    assert_eq!(why(&offer, &Calendar::default(), "01T09:00"), Obstacle::Closed(Closed::NoHoursThatDay));
}

#[test]
fn other_rules_explain_themselves_and_the_client_comes_last() {
    let calendar = Calendar { claims: vec![span("01T09:00", "01T10:00")], ..calendar() };
    let offer = offer();
    assert_eq!(why(&offer, &calendar, "01T10:10"), Obstacle::Refused(Refusal::NotOnGrid { minutes: 30 }));
    assert!(matches!(why(&offer, &calendar, "01T09:00"), Obstacle::Refused(Refusal::SlotUnavailable { .. })));
    let admits =
        |date: NaiveDate| if date == "2027-03-08".parse().unwrap() { Err(Refusal::IntakeRequired) } else { Ok(()) };
    let explain = |start| offer.explain((MARA, &calendar), at(start), &admits);
    assert_eq!(explain("08T09:00"), Err(Obstacle::Refused(Refusal::IntakeRequired)));
    assert!(explain("01T10:00").is_ok());
    let among = BTreeMap::from([(MARA, calendar)]);
    let search = Search { window: span("01T10:30", "31T00:00"), limit: 7, with: &[], admits: &admits };
    let found: Vec<_> = offer.openings(&among, &search).iter().map(|opening| opening.session.span.start()).collect();
    // Nothing on the 8th, on which the client may not come.
    let second = ["02T09:00", "02T09:30", "02T10:00", "02T10:30", "02T11:00"];
    assert_eq!(found[..2], ["01T10:30", "01T11:00"].map(at));
    assert_eq!(found[2..], second.map(at));
    let search = Search { window: span("08T00:00", "10T00:00"), limit: 1, ..search };
    assert_eq!(offer.openings(&among, &search).first().map(|opening| opening.date()), "2027-03-09".parse().ok());
}

#[test]
fn a_therapist_alone_has_terms_of_their_own() {
    let own = Offering { price_minor: Some(7_000), duration_minutes: Some(30), ..Offering::unsaid(MARA, TYPE) };
    let calendar = Calendar { offering: Some(own), ..calendar() };
    let opening = offer().decide(MARA, &calendar, at("01T11:30")).unwrap();
    assert_eq!((opening.price_minor, opening.session.span), (7_000, span("01T11:30", "01T12:00")));
    assert_eq!(starts(&offer(), &calendar, span("01T00:00", "02T00:00")).len(), 6);
    let together = offer().decide_together(&[(MARA, &calendar), (NOA, &calendar)], at("01T11:00")).unwrap();
    assert_eq!((together.price_minor, together.session.span), (9_000, span("01T11:00", "01T12:00")));
    assert_eq!(
        offer().decide(MARA, &Calendar { offering: None, ..calendar }, at("01T11:00")).unwrap().price_minor,
        9_000
    );
}

#[test]
fn two_together_cost_what_the_session_type_does() {
    let own = Offering { price_minor: Some(7_000), duration_minutes: Some(30), ..Offering::unsaid(MARA, TYPE) };
    let mara = Calendar { offering: Some(own), ..calendar() };
    let offer = Offer { session_type: SessionType { therapists_needed: 2, ..session_type() }, ..offer() };
    let pairs = listed(&offer, &[(MARA, &mara), (NOA, &calendar())], &[], span("01T00:00", "02T00:00"));
    assert_eq!(pairs.len(), 5);
    assert!(pairs.iter().all(|pair| (pair.therapist, pair.second, pair.price_minor) == (MARA, Some(NOA), 9_000)));
}

#[test]
fn of_two_the_one_who_is_asked_for_comes_first() {
    let offer = Offer { session_type: SessionType { therapists_needed: 2, ..session_type() }, ..offer() };
    let (all, window) = (calendar(), span("01T09:00", "01T09:30"));
    let among = [(MARA, &all), (NOA, &all), (EVE, &all)];
    let pairs =
        |with| listed(&offer, &among, with, window).iter().map(|two| (two.therapist, two.second)).collect::<Vec<_>>();
    assert_eq!(pairs(&[]), [(MARA, Some(NOA)), (MARA, Some(EVE)), (NOA, Some(EVE))]);
    assert_eq!(pairs(&[NOA]), [(NOA, Some(MARA)), (NOA, Some(EVE))]);
    assert_eq!(pairs(&[EVE, MARA]), [(EVE, Some(MARA))]);
}

#[test]
fn only_sessions_of_the_type_count_towards_its_limits() {
    let offer = Offer { session_type: SessionType { max_per_day: Some(1), ..session_type() }, ..offer() };
    let with_one_of = |kind| Calendar { sessions: vec![(kind, span("01T09:00", "01T10:00"))], ..calendar() };
    let other = SessionTypeId(Uuid::from_u128(22));
    assert!(offer.decide(MARA, &with_one_of(other), at("01T10:00")).is_ok());
    let reached = Err(Refusal::LimitReached { limit: "sessions_per_day" });
    assert_eq!(offer.decide(MARA, &with_one_of(TYPE), at("01T10:00")), reached);
}

#[test]
fn a_client_is_of_the_right_age_on_the_day_of_the_session() {
    let aged = SessionType { min_age_years: Some(12), max_age_years: Some(15), ..session_type() };
    let born = |date: &str| Offer { session_type: aged.clone(), client_birth: Some(date.parse().unwrap()), ..offer() };
    let all = starts(&offer(), &calendar(), span("01T00:00", "16T00:00"));
    let listed = |date: &str| starts(&born(date), &calendar(), span("01T00:00", "16T00:00"));
    // Twelve from Tuesday the 9th on; sixteen from that day on.
    assert_eq!(
        listed("2015-03-09"),
        all[10..].iter().copied().filter(|at_| *at_ >= at("09T00:00")).collect::<Vec<_>>()
    );
    assert_eq!(listed("2011-03-09"), all.iter().copied().filter(|at_| *at_ < at("09T00:00")).collect::<Vec<_>>());
    let young = born("2015-03-09");
    assert!(matches!(
        young.decide(MARA, &calendar(), at("08T09:00")),
        Err(Refusal::PolicyViolation { rule: "age", .. })
    ));
    let waived = Offer { waived: [Waiver::Age].into_iter().collect(), ..young };
    assert!(waived.decide(MARA, &calendar(), at("08T09:00")).is_ok());
    assert_eq!(starts(&Offer { session_type: aged, ..offer() }, &calendar(), span("01T00:00", "16T00:00")), all);
}

#[test]
fn a_waiver_of_hours_opens_the_place_where_the_therapist_works() {
    let offer = Offer { waived: [Waiver::WorkingHours].into_iter().collect(), ..offer() };
    let tuesdays = Calendar { hours: vec![hours(HILL, Weekday::Tue, (540, 720))], ..Calendar::default() };
    assert_eq!(offer.decide(MARA, &tuesdays, at("01T20:10")).unwrap().location, HILL);
    assert_eq!(offer.decide(MARA, &Calendar::default(), at("01T20:10")).unwrap().location, HARBOUR);
    assert_eq!(starts(&offer, &tuesdays, span("01T00:00", "08T00:00")).len(), 5);
    // Where they do work then, they are, whichever place comes first.
    let both = Calendar {
        hours: vec![hours(HARBOUR, Weekday::Mon, (540, 720)), hours(HILL, Weekday::Tue, (540, 720))],
        ..Calendar::default()
    };
    assert_eq!(offer.decide(MARA, &both, at("02T10:00")).unwrap().location, HILL);
    assert_eq!(offer.decide(MARA, &both, at("01T10:00")).unwrap().location, HARBOUR);
}

#[test]
fn the_rooms_of_the_place_are_what_counts() {
    let room = |number, location, active| Room {
        id: RoomId(Uuid::from_u128(number)),
        location,
        name: String::new(),
        kind: "treatment".into(),
        active,
        version: 1,
    };
    let rooms = vec![
        (room(31, HARBOUR, false), Vec::new()),
        (room(32, HARBOUR, true), vec![span("08T09:00", "08T10:00")]),
        (room(33, HILL, true), Vec::new()),
    ];
    let session_type = SessionType { room_kind: Some("treatment".into()), ..session_type() };
    let offer = Offer { rooms, session_type, ..offer() };
    let room_at =
        |start| offer.decide(MARA, &calendar(), at(start)).map(|opening| opening.session.room.unwrap().0.as_u128());
    assert_eq!(room_at("08T10:00"), Ok(32));
    assert_eq!(room_at("09T09:00"), Ok(33));
    assert_eq!(room_at("08T09:30"), Err(Refusal::RoomUnavailable));
}

fn some_calendar() -> impl Strategy<Value = Calendar> {
    let days = proptest::sample::select(&[Weekday::Mon, Weekday::Wed, Weekday::Sat][..]);
    let place = || proptest::sample::select(&[HARBOUR, HILL][..]);
    let hours = vec((place(), days, 0..80_u32, 4..20_u32), 1..5).prop_map(|all| {
        all.into_iter()
            .map(|(place, day, from, length)| hours(place, day, (from * 15, (from + length).min(96) * 15)))
            .collect()
    });
    let spans = || {
        vec((0..30 * 96_i64, 1..12_i64), 0..8).prop_map(|all| {
            let quarter = |count: i64| at("01T00:00").plus(TimeDelta::minutes(15 * count));
            all.into_iter()
                .map(|(from, length)| Span::new(quarter(from), quarter(from + length)).unwrap())
                .collect::<Vec<_>>()
        })
    };
    let in_a_row = proptest::option::of(1..3_u16);
    (hours, spans(), spans(), in_a_row).prop_map(|(hours, off, claims, in_a_row)| {
        let sessions = claims.iter().map(|claim| (TYPE, *claim)).collect();
        let limits = DayLimits { in_a_row, ..DayLimits::default() };
        Calendar { hours, off, claims, sessions, limits, ..Calendar::default() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_is_listed_of_one_or_two_is_what_is_decided(
        calendars in [some_calendar(), some_calendar(), some_calendar()],
        needed in 1..3_i32,
        from in 0..10 * 96_i64,
        length in 1..20 * 96_i64,
    ) {
        let session_type = SessionType { therapists_needed: needed, max_per_week: Some(3), ..session_type() };
        let offer = Offer { session_type, ..offer() };
        let [mara, noa, eve] = &calendars;
        let among = [(MARA, mara), (NOA, noa), (EVE, eve)];
        let quarter = |count: i64| at("01T00:00").plus(TimeDelta::minutes(15 * count));
        let window = Span::new(quarter(from), quarter(from + length)).unwrap();
        let teams: Vec<Vec<Member<'_>>> = match needed {
            1 => among.iter().map(|one| vec![*one]).collect(),
            _ => [(0, 1), (0, 2), (1, 2)].map(|(one, other)| vec![among[one], among[other]]).to_vec(),
        };
        let listed = listed(&offer, &among, &[], window);
        prop_assert!(listed.is_sorted_by_key(|opening| opening.session.span.start()));
        let names = |opening: &Opening| (opening.session.span.start(), opening.therapist, opening.second);
        let told: BTreeSet<_> = listed.iter().map(names).collect();
        // Whatever is listed is decided, and of the rest what a prime number of steps finds.
        let mut asked: BTreeSet<Timestamp> = (from..from + length).step_by(7).map(quarter).collect();
        asked.extend(listed.iter().map(|opening| opening.session.span.start()));
        let decided = teams.iter().flat_map(|team| {
            asked.iter().filter_map(|start| offer.decide_together(team, *start).ok())
        });
        let expected: BTreeSet<_> = decided.map(|opening| names(&opening)).collect();
        prop_assert_eq!(&told, &expected);

        let among: BTreeMap<_, _> = among.iter().map(|(id, calendar)| (*id, (*calendar).clone())).collect();
        let first = offer.openings(&among, &Search { window, limit: 3, with: &[], admits: &|_| Ok(()) });
        prop_assert_eq!(&first[..], &listed[..listed.len().min(3)]);
        let with_noa = offer.openings(&among, &Search { window, limit: usize::MAX, with: &[NOA], admits: &|_| Ok(()) });
        let hers = listed.iter().filter(|opening| opening.therapist == NOA || opening.second == Some(NOA));
        prop_assert_eq!(with_noa.len(), hers.count());
        prop_assert!(with_noa.iter().all(|opening| opening.therapist == NOA));
    }
}
