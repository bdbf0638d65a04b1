//! Courses: sessions like all others, told of together.

use super::*;
use crate::histories::record::Course;

const COURSE: u128 = 80;
const DAYS: [u64; 3] = [0, 1, 2];

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// Three days on end at ten, with Mara.
fn wishes() -> [Wish; 3] {
    let ten = wish(MIA, MARA, "10:00");
    DAYS.map(|days| Wish { start: ten.start + chrono::Days::new(days), ..ten })
}

fn course(all: bool) -> Ask {
    let starts = wishes().map(|wish| wish.start).to_vec();
    Ask::Course { wish: wishes()[0], starts, all, key: "course".to_owned() }
}

/// What is told of some of its sessions, or why there is none.
fn told(version: i64, sessions: &[(i64, Result<Value, &str>)]) -> Value {
    let each = sessions.iter().map(|(ordinal, one)| match one {
        Ok(booking) => json!({ "ordinal": ordinal, "booking": booking }),
        Err(code) => json!({ "ordinal": ordinal, "code": code, "starts_at": wishes()[*ordinal as usize - 1].start }),
    });
    json!({ "id": id(COURSE), "client_id": MIA, "version": version, "occurrences": each.collect::<Vec<_>>() })
}

fn session(ordinal: i64, version: i64, hour: &str, state: &str) -> Value {
    let wish = Wish { start: start(hour) + chrono::Days::new(ordinal as u64 - 1), ..wishes()[0] };
    shown(100 + ordinal as u128, version, wish, state)
}

fn at_ten(ordinal: i64) -> (i64, Result<Value, &'static str>) {
    (ordinal, Ok(session(ordinal, 1, "10:00", "confirmed")))
}

/// All three are booked, from the 10th to the 20th millisecond.
fn booked() -> Tale {
    Tale::new().then(course(true), 10, 20, 201, told(1, &[1, 2, 3].map(at_ten)))
}

fn rest(from: i64, hour: &str) -> Ask {
    let start = start(hour) + chrono::Days::new(from as u64 - 1);
    Ask::MoveRest { course: id(COURSE), version: 1, from, start }
}

impl Tale {
    /// The course is there in the end, with these sessions.
    fn ends_with(mut self, version: i64, sessions: &[Value]) -> Self {
        let numbered: Vec<_> = (1..).zip(sessions.iter().cloned().map(Ok)).collect();
        self.0.ending.courses.push(Course::read(&told(version, &numbered)).unwrap());
        sessions.iter().fold(self, |tale, session| tale.ends(session.clone()))
    }

    /// And was there with these when everything was read, from a moment on.
    fn glanced(mut self, at: u64, sessions: &[Value]) -> Self {
        let whole = self.0.ending.clone();
        self.0.ending = reading(at);
        let mut tale = self.ends_with(1, sessions);
        let glance = std::mem::replace(&mut tale.0.ending, whole);
        tale.0.glances.push(glance);
        tale
    }
}

fn ten(ordinal: i64) -> Value {
    session(ordinal, 1, "10:00", "confirmed")
}

#[test]
fn a_session_of_a_course_that_is_lost_is_found() {
    booked().ends_with(1, &[1, 2, 3].map(ten)).clean();
    // Its booking; that it belongs to the course; the course.
    let two = booked().ends_with(1, &[1, 2].map(ten));
    assert_eq!(check(&two.0), [Violation::Lost { id: id(103) }, Violation::Lost { id: id(COURSE) }]);
    booked().ends_with(1, &[1, 2].map(ten)).ends(ten(3)).wrong(Violation::Lost { id: id(COURSE) });
    [1, 2, 3].map(ten).into_iter().fold(booked(), Tale::ends).wrong(Violation::Lost { id: id(COURSE) });
}

#[test]
fn what_is_missing_when_a_server_comes_back_is_found() {
    let ends = |tale: Tale| tale.ends_with(1, &[1, 2, 3].map(ten));
    ends(booked().glanced(30, &[1, 2, 3].map(ten))).clean();
    let found = check(&ends(booked().glanced(30, &[1, 2].map(ten))).0);
    assert_eq!(found, [Violation::Lost { id: id(103) }, Violation::Lost { id: id(COURSE) }]);
    // What was answered only afterwards need not be there.
    ends(booked().glanced(19, &[])).clean();
}

#[test]
fn a_session_of_a_course_is_a_claim_like_any_other() {
    let leo = Wish { client: LEO, ..wishes()[1] };
    let tale = booked().then(book(leo), 30, 40, 201, confirmed(OTHER, 1, leo));
    let tale = tale.ends_with(1, &[1, 2, 3].map(ten)).ends(confirmed(OTHER, 1, leo));
    let found = check(&tale.0);
    assert!(found.contains(&Violation::Overlap { on: Resource::Therapist(MARA), one: id(OTHER), other: id(102) }));
}

#[test]
fn a_course_is_refused_for_what_its_sessions_are() {
    let refused = || told(1, &[(1, Err("slot_unavailable"))]);
    let mut no = refused();
    no["code"] = json!("series_unavailable");
    Tale::new().then(course(true), 10, 20, 409, no.clone()).groundless("slot_unavailable");
    let (tale, ten) = mia_at_ten();
    let ask =
        Ask::Course { wish: Wish { client: LEO, ..ten }, starts: vec![ten.start], all: true, key: "leo".to_owned() };
    tale.then(ask, 30, 40, 409, no.clone()).ends(confirmed(NINE, 1, ten)).clean();
    // With what can be had, it is not refused for one session alone; with all, not for none.
    no["occurrences"].as_array_mut().unwrap().push(json!({ "ordinal": 2, "possible": true }));
    let found = check(&Tale::new().then(course(false), 10, 20, 409, no.clone()).0);
    assert!(found.contains(&Violation::Groundless { record: 0, code: "series_unavailable".to_owned() }), "{found:?}");
    // What was booked without one of its sessions was refused that one for a reason.
    let two = [at_ten(1), at_ten(2), (3, Err("slot_unavailable"))];
    let partly = |all| Tale::new().then(course(all), 10, 20, 201, told(1, &two)).ends_with(1, &[1, 2].map(self::ten));
    partly(false).groundless("slot_unavailable");
    assert!(check(&partly(true).0).contains(&Violation::Altered { id: id(COURSE), version: 1 }));
}

#[test]
fn the_rest_of_a_course_goes_together() {
    let two = |ordinal| session(ordinal, 2, "14:00", "confirmed");
    let moved = |sessions: &[i64]| {
        let each: Vec<_> = sessions.iter().map(|ordinal| (*ordinal, Ok(two(*ordinal)))).collect();
        booked().then(rest(2, "14:00"), 30, 40, 200, told(2, &each))
    };
    moved(&[2, 3]).ends_with(2, &[ten(1), two(2), two(3)]).clean();
    // One stays behind; one is lost where it was.
    moved(&[2]).ends_with(2, &[ten(1), two(2), ten(3)]).wrong(Violation::Altered { id: id(COURSE), version: 2 });
    moved(&[2, 3]).ends_with(2, &[ten(1), two(2), ten(3)]).wrong(Violation::Lost { id: id(103) });
    // One goes elsewhere.
    let three = session(3, 2, "15:00", "confirmed");
    let apart = told(2, &[(2, Ok(two(2))), (3, Ok(three.clone()))]);
    let tale = booked().then(rest(2, "14:00"), 30, 40, 200, apart).ends_with(2, &[ten(1), two(2), three]);
    tale.wrong(Violation::Altered { id: id(COURSE), version: 2 });
    // What nobody answered may have gone, or not, but not halfway to somewhere else.
    let lost = || booked().lost(rest(2, "14:00"), 30);
    lost().ends_with(2, &[ten(1), two(2), two(3)]).clean();
    lost().ends_with(1, &[1, 2, 3].map(ten)).clean();
    let elsewhere = session(3, 2, "16:00", "confirmed");
    lost().ends_with(2, &[ten(1), two(2), elsewhere]).wrong(Violation::Unasked { id: id(103) });
}

#[test]
fn a_course_changes_one_step_at_a_time() {
    let ask = || Ask::CancelRest { course: id(COURSE), version: 1, from: 3 };
    let gone = session(3, 2, "10:00", "cancelled");
    let once = || booked().then(ask(), 30, 40, 200, told(2, &[(3, Ok(gone.clone()))]));
    let ends = |tale: Tale| tale.ends_with(2, &[ten(1), ten(2), gone.clone()]);
    ends(once().then(ask(), 35, 50, 412, no("version_mismatch"))).clean();
    ends(once().then(
        Ask::CancelRest { course: id(COURSE), version: 2, from: 3 },
        50,
        60,
        409,
        no("invalid_transition"),
    ))
    .clean();
    let early = booked().then(ask(), 30, 40, 412, no("version_mismatch"));
    early
        .ends_with(1, &[1, 2, 3].map(ten))
        .wrong(Violation::Groundless { record: 1, code: "version_mismatch".to_owned() });
    let open = booked().then(ask(), 30, 40, 409, no("invalid_transition")).ends_with(1, &[1, 2, 3].map(ten));
    open.wrong(Violation::Groundless { record: 1, code: "invalid_transition".to_owned() });
}
