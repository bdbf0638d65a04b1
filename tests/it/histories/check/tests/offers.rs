//! Offers to those who wait: exclusive holds that nobody asked for.

use super::*;
use crate::histories::record::{Entry, Offer, Offered};

const ENTRY: u128 = 70;
const OFFER: u128 = 93;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn ten() -> Wish {
    wish(MIA, MARA, "10:00")
}

/// What is offered, until twenty past eight.
fn offer() -> Offer {
    let mut held = shown(OFFER, 1, ten(), "held");
    (held["expires_at"], held["extensions_left"]) = (json!("2027-03-01T08:20:00Z"), json!(0));
    Offer { entry: id(ENTRY), version: 2, held: Shown::read(&held).unwrap() }
}

/// Her place on the list, as an answer shows it.
fn entry(version: i64, state: &str, booking: Option<Uuid>) -> Value {
    let Offer { held, .. } = offer();
    let offer = json!({
        "slot_hold_id": held.id, "therapist_id": MARA, "starts_at": held.wish.start, "ends_at": held.end,
        "expires_at": held.expires,
    });
    json!({
        "id": id(ENTRY), "version": version, "client_id": MIA, "session_type_id": KIND, "state": state,
        "booking_id": booking, "offer": if state == "offered" { offer } else { Value::Null },
    })
}

/// Mia waits; with the turn of the clock at the 10th millisecond she is offered ten with Mara, and somebody sees it at the 20th.
fn offered() -> Tale {
    let join =
        Ask::Join { client: MIA, kind: KIND, therapist: None, date: ten().start.date_naive(), key: "join".to_owned() };
    let mut tale = Tale::new().then(join, 1, 2, 201, entry(1, "waiting", None)).turned(10, "2027-03-01T08:02:00Z");
    let at = |time: &str| format!("2027-03-01T{time}:00Z").parse().unwrap();
    tale.0.offered.push(Offered { entry: id(ENTRY), held: offer().held, at: at("08:02"), stands: false });
    let event = |time, what: &str| (at(time), format!("waitlist_entry.{what}"));
    tale.0.told.insert(id(ENTRY), vec![event("08:00", "joined"), event("08:02", "offered")]);
    tale.then(Ask::Look, 15, 20, 200, json!({ "items": [entry(2, "offered", None)] }))
}

fn waits(mut tale: Tale, state: &str, booking: Option<Uuid>) -> Tale {
    tale.0.ending.entries.push(Entry::read(&entry(3, state, booking)).unwrap());
    tale
}

fn leo_books(tale: Tale, from: u64) -> Tale {
    let leo = wish(LEO, MARA, "10:30");
    tale.then(book(leo), from, from + 5, 201, confirmed(OTHER, 1, leo)).ends(confirmed(OTHER, 1, leo))
}

#[test]
fn an_offer_is_an_exclusive_hold() {
    let [one, other] = [OTHER, OFFER].map(Uuid::from_u128);
    waits(leo_books(offered(), 30), "waiting", None).wrong(Violation::Overlap {
        on: Resource::Therapist(MARA),
        one,
        other,
    });
    // It was passed; its time ran out; she left the list.
    waits(leo_books(offered().then(Ask::Pass(offer()), 25, 28, 200, entry(3, "waiting", None)), 30), "waiting", None)
        .clean();
    waits(leo_books(offered().turned(25, "2027-03-01T08:20:00Z"), 30), "waiting", None).clean();
    waits(leo_books(offered().then(Ask::Leave(offer()), 25, 28, 204, Value::Null), 30), "withdrawn", None).clean();
    // Nobody else has the time meanwhile, nor she herself but by taking it.
    let refused = |wish, code| offered().then(book(wish), 30, 40, 409, no(code));
    waits(refused(wish(LEO, MARA, "10:15"), "slot_unavailable"), "waiting", None).clean();
    waits(refused(wish(MIA, NOA, "10:15"), "client_already_booked"), "waiting", None).clean();
    waits(refused(wish(LEO, NOA, "10:15"), "slot_unavailable"), "waiting", None).groundless("slot_unavailable");
}

#[test]
fn an_offer_that_is_accepted_becomes_a_booking() {
    let accepted = |tale: Tale| {
        let told = entry(3, "accepted", Some(id(NINE)));
        waits(tale.then(Ask::Accept(offer()), 30, 40, 200, told), "accepted", Some(id(NINE)))
    };
    accepted(offered()).ends(confirmed(NINE, 1, ten())).clean();
    accepted(offered()).wrong(Violation::Lost { id: id(NINE) });
    accepted(offered()).ends(confirmed(NINE, 1, wish(MIA, MARA, "11:00"))).wrong(Violation::Unasked { id: id(NINE) });
    // The practice has offered it, so what a client takes themself waits for nobody's yes.
    accepted(offered()).by(MIA).ends(confirmed(NINE, 1, ten())).clean();
    let late = accepted(offered().turned(25, "2027-03-01T08:20:00Z")).ends(confirmed(NINE, 1, ten()));
    late.wrong(Violation::Unruly { id: id(NINE), code: "slot_hold_expired" });
    // Her place on the list does not know of it.
    let told = entry(3, "accepted", Some(id(NINE)));
    let forgotten = offered().then(Ask::Accept(offer()), 30, 40, 200, told).ends(confirmed(NINE, 1, ten()));
    waits(forgotten, "waiting", None).wrong(Violation::Lost { id: id(ENTRY) });
}

#[test]
fn an_offer_is_gone_for_a_reason() {
    let gone = |tale: Tale| waits(tale.then(Ask::Accept(offer()), 30, 40, 410, no("offer_gone")), "waiting", None);
    gone(offered()).groundless("offer_gone");
    gone(offered().turned(35, "2027-03-01T08:20:00Z")).clean();
    gone(offered().lost(Ask::Pass(offer()), 25)).clean();
    let taken = offered().then(Ask::Accept(offer()), 30, 40, 409, no("slot_unavailable"));
    waits(taken, "waiting", None).groundless("slot_unavailable");
}

#[test]
fn what_was_seen_and_is_gone_is_found() {
    let mut never = waits(offered(), "waiting", None);
    never.0.offered.clear();
    never.wrong(Violation::Lost { id: id(OFFER) });
    offered().wrong(Violation::Lost { id: id(ENTRY) });
    let twice =
        Ask::Join { client: LEO, kind: KIND, therapist: None, date: ten().start.date_naive(), key: "leo".to_owned() };
    waits(offered().then(twice, 30, 40, 409, no("already_exists")), "waiting", None).groundless("already_exists");
}
