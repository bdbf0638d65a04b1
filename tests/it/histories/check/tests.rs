//! The checker, tried on histories that are made by hand: each fault is found, and what is possible is not called one.

mod courses;
mod holds;
mod offers;
mod pairs;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Resource, Violation, check};
use crate::histories::record::{Answer, Ask, Clock, History, Kind, NEVER, Reading, Record, Rules, Shown, Window, Wish};

const KIND: Uuid = Uuid::from_u128(1);
const MARA: Uuid = Uuid::from_u128(2);
const NOA: Uuid = Uuid::from_u128(3);
const MIA: Uuid = Uuid::from_u128(4);
const LEO: Uuid = Uuid::from_u128(5);

/// A history in the making: sessions of an hour with a quarter before and after, from 8 to 18.
struct Tale(History);

impl Tale {
    fn new() -> Self {
        let rules = Rules {
            kinds: vec![Kind { id: KIND, minutes: 60, before: 15, after: 15, rest: None, two: false }],
            rooms: Vec::new(),
            hours: (8, 18),
            grid: 15,
            notice: TimeDelta::minutes(120),
            advance: TimeDelta::days(90),
            cancellation: TimeDelta::hours(24),
            approval: true,
        };
        let clock = Clock::Turned { begins: "2027-03-01T08:00:00Z".parse().unwrap(), turns: Vec::new() };
        let (told, ending) = (<_>::default(), reading(900));
        Self(History { rules, clock, records: Vec::new(), glances: Vec::new(), ending, offered: Vec::new(), told })
    }

    /// Somebody asked from one moment to another, and was answered so.
    fn then(mut self, ask: Ask, from: u64, until: u64, status: u16, body: Value) -> Self {
        let answer = Some(Answer { status, body });
        let (asked, answered) = (moment(from), moment(until));
        self.0.records.push(Record { client: None, ask, asked, answered, answer });
        self
    }

    /// Somebody asked and was never answered.
    fn lost(mut self, ask: Ask, from: u64) -> Self {
        self.0.records.push(Record { client: None, ask, asked: moment(from), answered: NEVER, answer: None });
        self
    }

    fn by(mut self, client: Uuid) -> Self {
        self.0.records.last_mut().unwrap().client = Some(client);
        self
    }

    fn turned(mut self, at: u64, to: &str) -> Self {
        let Clock::Turned { turns, .. } = &mut self.0.clock else { unreachable!() };
        turns.push((Window { earliest: moment(at), latest: moment(at) }, to.parse().unwrap()));
        self
    }

    /// It is there in the end.
    fn ends(mut self, booking: Value) -> Self {
        self.0.ending.bookings.push(Shown::read(&booking).unwrap());
        self
    }

    #[track_caller]
    fn clean(self) {
        assert_eq!(check(&self.0), []);
    }

    #[track_caller]
    fn wrong(self, violation: Violation) {
        assert_eq!(check(&self.0), [violation]);
    }

    #[track_caller]
    fn groundless(self, code: &str) {
        let record = self.0.records.len() - 1;
        self.wrong(Violation::Groundless { record, code: code.to_owned() });
    }
}

/// Nothing is read, at a moment.
fn reading(at: u64) -> Reading {
    let within = Window { earliest: moment(at), latest: moment(at + 1) };
    Reading { within, bookings: Vec::new(), courses: Vec::new(), entries: Vec::new() }
}

fn moment(at: u64) -> Duration {
    Duration::from_millis(at)
}

fn wish(client: Uuid, therapist: Uuid, hour: &str) -> Wish {
    Wish { client, therapist, co: None, kind: KIND, start: start(hour) }
}

/// A time of the second day.
fn start(hour: &str) -> DateTime<Utc> {
    format!("2027-03-03T{hour}:00Z").parse().unwrap()
}

fn book(wish: Wish) -> Ask {
    Ask::Book { wish, room: None, key: format!("{wish:?}"), hold: None }
}

fn cancel(booking: u128, version: i64) -> Ask {
    Ask::Cancel { booking: Uuid::from_u128(booking), version }
}

fn move_to(booking: u128, version: i64, hour: &str) -> Ask {
    Ask::Move { booking: Uuid::from_u128(booking), version, team: None, start: start(hour), room: None }
}

fn shown(booking: u128, version: i64, wish: Wish, state: &str) -> Value {
    json!({
        "id": Uuid::from_u128(booking), "version": version, "client_id": wish.client, "therapist_id": wish.therapist,
        "co_therapist_id": wish.co, "session_type_id": wish.kind, "starts_at": wish.start, "ends_at": wish.start + TimeDelta::minutes(60), "state": state,
    })
}

fn confirmed(booking: u128, version: i64, wish: Wish) -> Value {
    shown(booking, version, wish, "confirmed")
}

fn no(code: &str) -> Value {
    json!({ "code": code })
}

const NINE: u128 = 90;
const OTHER: u128 = 91;

/// Mia is booked at ten with Mara, from the 10th to the 20th millisecond.
fn mia_at_ten() -> (Tale, Wish) {
    let ten = wish(MIA, MARA, "10:00");
    (Tale::new().then(book(ten), 10, 20, 201, confirmed(NINE, 1, ten)), ten)
}

#[test]
fn what_goes_well_is_found_well() {
    let (tale, ten) = mia_at_ten();
    let (leo, noon) = (wish(LEO, MARA, "11:15"), wish(MIA, MARA, "13:00"));
    tale.then(book(leo), 30, 40, 409, no("slot_unavailable"))
        .then(move_to(NINE, 1, "13:00"), 50, 60, 200, confirmed(NINE, 2, noon))
        .then(book(leo), 70, 80, 201, confirmed(OTHER, 1, leo))
        .then(cancel(NINE, 1), 90, 91, 412, no("version_mismatch"))
        .then(cancel(NINE, 2), 92, 93, 200, shown(NINE, 3, noon, "cancelled"))
        .then(cancel(NINE, 3), 94, 95, 409, no("invalid_transition"))
        .then(book(wish(LEO, NOA, "12:00")), 96, 97, 409, no("client_already_booked"))
        .then(book(ten), 98, 99, 201, confirmed(NINE, 1, ten))
        .ends(shown(NINE, 3, noon, "cancelled"))
        .ends(confirmed(OTHER, 1, leo))
        .clean();
}

#[test]
fn a_double_booking_is_found() {
    let (tale, ten) = mia_at_ten();
    let [one, other] = [NINE, OTHER].map(Uuid::from_u128);
    // An hour and the buffers of both lie between neighbours.
    let (leo, later) = (wish(LEO, MARA, "11:15"), wish(MIA, NOA, "10:45"));
    let tale = tale.then(book(leo), 30, 40, 201, confirmed(OTHER, 1, leo));
    let stood = tale.then(cancel(NINE, 1), 41, 50, 200, shown(NINE, 2, ten, "cancelled"));
    let stood = stood.ends(shown(NINE, 2, ten, "cancelled")).ends(confirmed(OTHER, 1, leo));
    stood.wrong(Violation::Overlap { on: Resource::Therapist(MARA), one, other });

    let (tale, _) = mia_at_ten();
    let tale = tale.then(book(later), 30, 40, 201, confirmed(OTHER, 1, later));
    let tale = tale.then(cancel(OTHER, 1), 50, 60, 200, shown(OTHER, 2, later, "cancelled"));
    let tale = tale.ends(confirmed(NINE, 1, ten)).ends(shown(OTHER, 2, later, "cancelled"));
    tale.wrong(Violation::Overlap { on: Resource::Client(MIA), one, other });
}

#[test]
fn what_may_have_been_one_after_the_other_is_no_double_booking() {
    let (tale, ten) = mia_at_ten();
    let leo = wish(LEO, MARA, "10:00");
    // The other was answered after the first was asked to go.
    tale.then(cancel(NINE, 1), 25, 50, 200, shown(NINE, 2, ten, "cancelled"))
        .then(book(leo), 22, 26, 201, confirmed(OTHER, 1, leo))
        .ends(shown(NINE, 2, ten, "cancelled"))
        .ends(confirmed(OTHER, 1, leo))
        .clean();
}

#[test]
fn a_lost_booking_is_found() {
    let (tale, ten) = mia_at_ten();
    let id = Uuid::from_u128(NINE);
    tale.wrong(Violation::Lost { id });
    let moved =
        || mia_at_ten().0.then(move_to(NINE, 1, "13:00"), 30, 40, 200, confirmed(NINE, 2, wish(MIA, MARA, "13:00")));
    moved().ends(confirmed(NINE, 1, ten)).wrong(Violation::Lost { id });
    moved().ends(confirmed(NINE, 2, ten)).wrong(Violation::Unasked { id });
    moved().ends(confirmed(NINE, 3, ten)).wrong(Violation::Unasked { id });
}

#[test]
fn a_groundless_refusal_is_found() {
    let (tale, ten) = mia_at_ten();
    let rest = |tale: Tale| tale.ends(confirmed(NINE, 1, ten));
    rest(tale.then(book(wish(LEO, MARA, "11:30")), 30, 40, 409, no("slot_unavailable"))).groundless("slot_unavailable");
    let refused = |ask: Ask, status, code: &str| {
        rest(mia_at_ten().0.then(ask, 30, 40, status, no(code))).groundless(code);
    };
    refused(book(wish(MIA, NOA, "11:00")), 409, "client_already_booked");
    refused(move_to(NINE, 1, "10:15"), 409, "slot_unavailable");
    refused(book(wish(LEO, MARA, "17:00")), 422, "outside_availability");
    refused(book(wish(LEO, MARA, "12:15")), 422, "not_on_grid");
    refused(book(wish(LEO, MARA, "12:00")), 422, "too_soon");
    refused(book(wish(LEO, MARA, "12:00")), 422, "too_far_ahead");
    refused(cancel(NINE, 1), 412, "version_mismatch");
    refused(cancel(NINE, 1), 409, "invalid_transition");
    refused(cancel(NINE, 1), 422, "cancellation_window_passed");
    refused(cancel(NINE, 1), 404, "not_found");
    refused(cancel(NINE, 1), 500, "internal");
    refused(book(wish(LEO, MARA, "12:00")), 422, "idempotency_key_reused");
}

#[test]
fn a_refusal_groundless_once_the_claim_is_over() {
    let gone = |asked| {
        let (tale, ten) = mia_at_ten();
        tale.then(cancel(NINE, 1), 30, 40, 200, shown(NINE, 2, ten, "cancelled"))
            .then(book(wish(LEO, MARA, "10:30")), asked, 60, 409, no("slot_unavailable"))
            .ends(shown(NINE, 2, ten, "cancelled"))
    };
    gone(39).clean();
    gone(41).groundless("slot_unavailable");
}

#[test]
fn what_is_accepted_against_a_rule_is_found() {
    let unruly = |hour: &str, code| {
        let wish = wish(MIA, MARA, hour);
        let tale = Tale::new().then(book(wish), 10, 20, 201, confirmed(NINE, 1, wish)).ends(confirmed(NINE, 1, wish));
        tale.wrong(Violation::Unruly { id: Uuid::from_u128(NINE), code });
    };
    unruly("07:45", "outside_availability");
    unruly("17:15", "outside_availability");
    unruly("12:05", "not_on_grid");
    let (tale, ten) = mia_at_ten();
    let late =
        tale.turned(21, "2027-03-02T10:00:01Z").then(cancel(NINE, 1), 30, 40, 200, shown(NINE, 2, ten, "cancelled"));
    let late = late.by(MIA).ends(shown(NINE, 2, ten, "cancelled"));
    late.wrong(Violation::Unruly { id: Uuid::from_u128(NINE), code: "cancellation_window_passed" });
}

#[test]
fn the_clock_grounds_what_it_can_have_shown() {
    let (tale, ten) = mia_at_ten();
    let tale = tale.turned(30, "2027-03-02T10:00:01Z");
    tale.then(cancel(NINE, 1), 29, 31, 422, no("cancellation_window_passed"))
        .by(MIA)
        .turned(32, "2027-03-03T07:00:00Z")
        .then(book(wish(LEO, NOA, "08:45")), 32, 33, 422, no("too_soon"))
        .ends(confirmed(NINE, 1, ten))
        .clean();
}

#[test]
fn what_was_not_answered_may_have_happened() {
    let (tale, ten) = mia_at_ten();
    let (leo, two) = (wish(LEO, MARA, "14:00"), wish(MIA, MARA, "14:00"));
    let unsure = |tale: Tale| {
        tale.lost(move_to(NINE, 1, "14:00"), 30).then(book(leo), 31, 32, 409, no("slot_unavailable")).then(
            cancel(NINE, 1),
            33,
            34,
            412,
            no("version_mismatch"),
        )
    };
    unsure(tale).ends(confirmed(NINE, 2, two)).clean();
    unsure(mia_at_ten().0).ends(confirmed(NINE, 1, ten)).clean();
    let tale =
        Tale::new().lost(book(ten), 30).then(book(wish(LEO, MARA, "10:00")), 31, 32, 409, no("slot_unavailable"));
    tale.ends(confirmed(NINE, 1, ten)).clean();
    Tale::new().ends(confirmed(NINE, 1, ten)).wrong(Violation::Unasked { id: Uuid::from_u128(NINE) });
}

#[test]
fn what_is_asked_for_again_is_made_once() {
    let (tale, ten) = mia_at_ten();
    let twice = tale.then(book(ten), 30, 40, 201, confirmed(OTHER, 1, ten));
    let found = check(&twice.ends(confirmed(NINE, 1, ten)).0);
    assert!(found.contains(&Violation::BookedTwice { key: format!("{ten:?}") }), "{found:?}");

    // Never answered, asked for again and answered then: made once, at either time.
    let again = Tale::new().lost(book(ten), 10).then(book(ten), 30, 40, 201, confirmed(NINE, 1, ten));
    again
        .ends(confirmed(NINE, 1, ten))
        .ends(confirmed(OTHER, 1, wish(LEO, MARA, "15:00")))
        .wrong(Violation::Unasked { id: Uuid::from_u128(OTHER) });
}

#[test]
fn two_steps_from_one_version_are_found() {
    let (tale, ten) = mia_at_ten();
    let two = wish(MIA, MARA, "14:00");
    let tale = tale.then(move_to(NINE, 1, "14:00"), 30, 40, 200, confirmed(NINE, 2, two));
    let tale = tale.then(cancel(NINE, 1), 50, 60, 200, shown(NINE, 2, ten, "cancelled"));
    tale.ends(confirmed(NINE, 2, two)).wrong(Violation::SteppedTwice { id: Uuid::from_u128(NINE), version: 1 });
}
