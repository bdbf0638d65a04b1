//! Holds: claims like any other until they are over.

use super::*;

const HELD: u128 = 92;

fn hold(wish: Wish) -> Ask {
    Ask::Hold { wish, key: format!("hold {wish:?}") }
}

fn convert(wish: Wish) -> Ask {
    Ask::Book { wish, room: None, key: format!("{wish:?}"), hold: Some(Uuid::from_u128(HELD)) }
}

/// Until eight minutes past eight or so.
fn held(version: i64, wish: Wish, expires: &str) -> Value {
    let mut held = shown(HELD, version, wish, "held");
    (held["expires_at"], held["extensions_left"]) = (json!(format!("2027-03-01T{expires}:00Z")), json!(2));
    held
}

/// Mia holds ten with Mara, from the 10th to the 20th millisecond, until five past eight.
fn mia_holds_ten() -> (Tale, Wish) {
    let ten = wish(MIA, MARA, "10:00");
    (Tale::new().then(hold(ten), 10, 20, 201, held(1, ten, "08:05")), ten)
}

#[test]
fn a_hold_is_a_claim_like_any_other_until_it_is_over() {
    let (tale, ten) = mia_holds_ten();
    let leo = wish(LEO, MARA, "10:00");
    let booked = |tale: Tale, from| {
        tale.then(book(leo), from, from + 5, 201, confirmed(OTHER, 1, leo)).ends(confirmed(OTHER, 1, leo))
    };
    let [one, other] = [OTHER, HELD].map(Uuid::from_u128);
    booked(tale, 30).wrong(Violation::Overlap { on: Resource::Therapist(MARA), one, other });
    // Its time ran out; it was given up; its client holds something else.
    booked(mia_holds_ten().0.turned(29, "2027-03-01T08:05:00Z"), 30).clean();
    let release = Ask::Release { hold: Uuid::from_u128(HELD), version: 1 };
    booked(mia_holds_ten().0.then(release, 25, 29, 204, Value::Null), 30).clean();
    let noon = wish(MIA, MARA, "12:30");
    booked(mia_holds_ten().0.then(book(noon), 25, 29, 201, confirmed(NINE, 1, noon)), 30)
        .ends(confirmed(NINE, 1, noon))
        .clean();

    let extend = Ask::Extend { hold: Uuid::from_u128(HELD), version: 1 };
    let tale = mia_holds_ten().0.then(extend, 21, 22, 200, held(2, ten, "08:09")).turned(23, "2027-03-01T08:06:00Z");
    booked(tale, 30).wrong(Violation::Overlap { on: Resource::Therapist(MARA), one, other });
}

#[test]
fn a_hold_becomes_a_booking_or_is_over() {
    let (tale, ten) = mia_holds_ten();
    let converted =
        |tale: Tale| tale.then(convert(ten), 30, 40, 201, confirmed(NINE, 1, ten)).ends(confirmed(NINE, 1, ten));
    converted(tale).clean();
    let late = converted(mia_holds_ten().0.turned(25, "2027-03-01T08:05:00Z"));
    late.wrong(Violation::Unruly { id: Uuid::from_u128(NINE), code: "slot_hold_expired" });

    let refused = |tale: Tale, code: &str| tale.then(convert(ten), 30, 40, 409, no(code));
    refused(mia_holds_ten().0, "slot_hold_expired").groundless("slot_hold_expired");
    refused(mia_holds_ten().0.turned(35, "2027-03-01T08:05:00Z"), "slot_hold_expired").clean();
    // Nobody else can have had the time while it was held, but for that moment in which the hold was let go.
    let leo = wish(LEO, MARA, "11:15");
    let taken = mia_holds_ten().0.then(book(leo), 31, 39, 201, confirmed(OTHER, 1, leo)).ends(confirmed(OTHER, 1, leo));
    let found = check(&refused(taken, "slot_unavailable").0);
    assert!(found.contains(&Violation::Groundless { record: 2, code: "slot_unavailable".to_owned() }), "{found:?}");
}

#[test]
fn what_a_client_holds_is_not_in_their_own_way() {
    let (tale, ten) = mia_holds_ten();
    tale.then(book(ten), 30, 40, 409, no("slot_unavailable")).groundless("slot_unavailable");
    let leo = wish(LEO, MARA, "10:15");
    mia_holds_ten().0.then(book(leo), 30, 40, 409, no("slot_unavailable")).clean();
}
