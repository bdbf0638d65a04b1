//! Sessions that two therapists hold, rooms that are named, and requests that wait for a yes.

use super::*;

const PAIR: Uuid = Uuid::from_u128(11);
const ROOM: Uuid = Uuid::from_u128(12);
const OTHER_ROOM: Uuid = Uuid::from_u128(13);

/// A tale in which a session of another kind is held by two therapists in a room, which rests for half an hour.
fn tale() -> Tale {
    let mut tale = Tale::new();
    tale.0.rules.kinds.push(Kind { id: PAIR, minutes: 60, before: 15, after: 15, rest: Some(30), two: true });
    tale.0.rules.rooms = vec![ROOM, OTHER_ROOM];
    tale
}

fn two(client: Uuid, (therapist, co): (Uuid, Uuid), hour: &str) -> Wish {
    Wish { co: Some(co), kind: PAIR, ..wish(client, therapist, hour) }
}

fn within(room: Uuid, mut booking: Value) -> Value {
    booking["room_id"] = json!(room);
    booking
}

const IRIS: Uuid = Uuid::from_u128(6);

/// Mia is booked at ten with Mara and Noa.
fn mia_with_two() -> (Tale, Value) {
    let ten = two(MIA, (MARA, NOA), "10:00");
    let booking = within(ROOM, confirmed(NINE, 1, ten));
    (tale().then(book(ten), 10, 20, 201, booking.clone()).ends(booking.clone()), booking)
}

#[test]
fn a_second_therapist_who_is_booked_twice_is_found() {
    let [one, other] = [NINE, OTHER].map(Uuid::from_u128);
    let leo = wish(LEO, NOA, "11:00");
    let twice = mia_with_two().0.then(book(leo), 30, 40, 201, confirmed(OTHER, 1, leo));
    let gone = twice.then(cancel(OTHER, 1), 50, 60, 200, shown(OTHER, 2, leo, "cancelled"));
    gone.ends(shown(OTHER, 2, leo, "cancelled")).wrong(Violation::Overlap { on: Resource::Therapist(NOA), one, other });
    // So is one who is the second twice, and the room.
    let leo = two(LEO, (IRIS, NOA), "11:15");
    let booking = within(OTHER_ROOM, confirmed(OTHER, 1, leo));
    let twice = mia_with_two().0.then(book(leo), 30, 40, 201, booking.clone()).ends(booking);
    assert_eq!(
        check(&twice.0),
        [const { Resource::Therapist(NOA) }; 2].map(|on| Violation::Overlap { on, one, other })
    );
    let leo = Wish { therapist: IRIS, co: Some(Uuid::from_u128(7)), ..two(LEO, (IRIS, MARA), "11:30") };
    let booking = within(ROOM, confirmed(OTHER, 1, leo));
    let twice = mia_with_two().0.then(book(leo), 30, 40, 201, booking.clone()).ends(booking);
    assert!(check(&twice.0).contains(&Violation::Overlap { on: Resource::Room(ROOM), one, other }));
}

#[test]
fn a_second_therapist_is_a_ground_to_refuse() {
    mia_with_two().0.then(book(wish(LEO, NOA, "11:00")), 30, 40, 409, no("slot_unavailable")).clean();
    mia_with_two().0.then(book(two(LEO, (IRIS, NOA), "11:00")), 30, 40, 409, no("slot_unavailable")).clean();
    mia_with_two()
        .0
        .then(book(wish(LEO, IRIS, "11:00")), 30, 40, 409, no("slot_unavailable"))
        .groundless("slot_unavailable");
    // One room is taken; the other is not.
    let named = |room| Ask::Book { wish: two(LEO, (IRIS, MARA), "11:30"), room, key: "leo".to_owned(), hold: None };
    mia_with_two().0.then(named(Some(ROOM)), 30, 40, 409, no("room_unavailable")).clean();
    mia_with_two().0.then(named(Some(OTHER_ROOM)), 30, 40, 409, no("room_unavailable")).groundless("room_unavailable");
    mia_with_two().0.then(named(None), 30, 40, 409, no("room_unavailable")).groundless("room_unavailable");
}

#[test]
fn what_is_asked_for_is_granted_whole() {
    let id = Uuid::from_u128(NINE);
    let altered = |booking: Value| {
        let ten = two(MIA, (MARA, NOA), "10:00");
        let ask = Ask::Book { wish: ten, room: Some(ROOM), key: "mia".to_owned(), hold: None };
        tale().then(ask, 10, 20, 201, booking.clone()).ends(booking).wrong(Violation::Altered { id, version: 1 });
    };
    altered(within(ROOM, confirmed(NINE, 1, Wish { co: None, ..two(MIA, (MARA, NOA), "10:00") })));
    altered(within(OTHER_ROOM, confirmed(NINE, 1, two(MIA, (MARA, NOA), "10:00"))));
    altered(confirmed(NINE, 1, two(MIA, (MARA, NOA), "10:00")));
    // A move that names its room goes there, and one that names none keeps its therapists.
    let moved = |room, booking: Value| {
        let ask = Ask::Move { booking: id, version: 1, team: None, start: start("14:00"), room };
        let mut tale = mia_with_two().0.then(ask, 30, 40, 200, booking.clone());
        tale.0.ending.bookings.clear();
        tale.ends(booking)
    };
    let two_o_clock = |room| within(room, confirmed(NINE, 2, two(MIA, (MARA, NOA), "14:00")));
    moved(Some(ROOM), two_o_clock(ROOM)).clean();
    moved(None, two_o_clock(OTHER_ROOM)).clean();
    moved(Some(ROOM), two_o_clock(OTHER_ROOM)).wrong(Violation::Altered { id, version: 1 });
}

/// Mia asked for ten herself, and waits for a yes until nine.
fn mia_waits() -> (Tale, Wish) {
    let ten = wish(MIA, MARA, "10:00");
    let mut pending = shown(NINE, 1, ten, "pending");
    pending["answer_by"] = json!("2027-03-01T09:00:00Z");
    (Tale::new().then(book(ten), 10, 20, 201, pending).by(MIA), ten)
}

#[test]
fn what_waits_for_a_yes_is_answered_or_expires() {
    let booking = Uuid::from_u128(NINE);
    let yes = || Ask::Confirm { booking, version: 1 };
    let ends = |tale: Tale, version, state| tale.ends(shown(NINE, version, mia_waits().1, state));
    let said = |ask, state| ends(mia_waits().0.then(ask, 30, 40, 200, shown(NINE, 2, mia_waits().1, state)), 2, state);
    said(yes(), "confirmed").clean();
    said(Ask::Decline { booking, version: 1 }, "declined").clean();
    said(yes(), "declined").wrong(Violation::Altered { id: booking, version: 1 });
    // Nobody answered: it expires by itself, but not before its time.
    ends(mia_waits().0.turned(30, "2027-03-01T09:00:00Z"), 2, "expired").clean();
    ends(mia_waits().0, 2, "expired").wrong(Violation::Unasked { id: booking });
    let late = |at| {
        let mut refusal = no("policy_violation");
        refusal["rule"] = json!("not_answered_in_time");
        ends(mia_waits().0.turned(35, at).then(yes(), 30, 40, 422, refusal), 1, "pending")
    };
    late("2027-03-01T09:00:00Z").clean();
    late("2027-03-01T08:59:00Z").groundless("policy_violation");
    // It is a claim like any other until then, and asked for by a client it is not confirmed at once.
    let (leo, ten) = (wish(LEO, MARA, "10:15"), mia_waits().1);
    ends(mia_waits().0.then(book(leo), 30, 40, 409, no("slot_unavailable")), 1, "pending").clean();
    let at_once =
        Tale::new().then(book(ten), 10, 20, 201, confirmed(NINE, 1, ten)).by(MIA).ends(confirmed(NINE, 1, ten));
    at_once.wrong(Violation::Altered { id: booking, version: 1 });
    ends(mia_waits().0.then(yes(), 30, 40, 409, no("invalid_transition")), 1, "pending")
        .groundless("invalid_transition");
    // It binds nobody yet.
    let near = mia_waits().0.turned(25, "2027-03-02T10:00:01Z");
    let near = near.then(cancel(NINE, 1), 30, 40, 422, no("cancellation_window_passed")).by(MIA);
    let found = check(&ends(near, 1, "pending").0);
    assert_eq!(found, [Violation::Groundless { record: 1, code: "cancellation_window_passed".to_owned() }]);
}
