//! What a session claims beside one therapist and its client: a room, with its rest, and a second therapist.

use serde_json::{Value, json};

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, at, blocks, id, session, signed_in, step};
use crate::on_each_store;

on_each_store!(
    a_session_claims_a_room_and_its_rest,
    any_free_room_of_the_kind_is_chosen,
    a_move_chooses_a_room_anew,
    two_therapists_hold_one_session,
    each_of_two_therapists_must_be_entitled,
    a_hold_claims_what_the_booking_would,
);

const TEN: &str = "2027-03-02T10:00:00Z";

/// A room of a kind.
fn room(calendar: &Calendar<'_>, name: &str, kind: &str) -> Value {
    let ask = json!({ "location_id": calendar.location, "name": name, "kind": kind });
    calendar.admin.post("/api/v1/rooms", &ask).expect(201)
}

/// A session type of 60 minutes without buffers, with more said of it.
fn kind(calendar: &Calendar<'_>, more: &Value) -> String {
    let mut ask =
        session(60, (0, 0), 15, &json!([{ "any_of": [calendar.practice.credential_type("upledger_cst_t")] }]));
    ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    id(&calendar.admin.post("/api/v1/session-types", &ask).expect(201))
}

fn ask(client: &str, therapist: &str, kind: &str, start: &str) -> Value {
    json!({ "client_id": client, "therapist_id": therapist, "session_type_id": kind, "starts_at": start })
}

fn with(mut ask: Value, more: &Value) -> Value {
    ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ask
}

fn book(by: &Caller<'_>, ask: &Value) -> crate::app::Reply {
    by.post("/api/v1/bookings", ask)
}

fn a_session_claims_a_room_and_its_rest(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let blue = room(&calendar, "Blue", "treatment");
    room(&calendar, "Cellar", "storage");
    let kind = kind(&calendar, &json!({ "room_kind": "treatment", "room_rest_minutes": 30 }));
    let (_, noa) = calendar.colleague("Noa");
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let booking = book(&mia, &ask(&own, &calendar.therapist, &kind, TEN)).expect(201);
    assert_eq!(booking["room_id"], blue["id"]);
    assert_eq!(mia.get(&at(&booking, "")).expect(200)["room_id"], blue["id"]);
    let tries = |start: &str| book(&leo, &ask(&other, &noa, &kind, start));
    for taken in [TEN, "2027-03-02T09:15:00Z", "2027-03-02T11:00:00Z", "2027-03-02T11:15:00Z"] {
        tries(taken).refused(409, "room_unavailable");
    }
    // The rest of an earlier session counts as well, and a session without a room needs none.
    tries("2027-03-02T08:45:00Z").refused(409, "room_unavailable");
    let early = tries("2027-03-02T08:30:00Z").expect(201);
    step(&leo, &early, "cancel", &json!({})).expect(200);
    book(&leo, &ask(&other, &noa, &calendar.session_type, TEN)).expect(201);
    tries("2027-03-02T11:30:00Z").expect(201);
    step(&mia, &booking, "cancel", &json!({})).expect(200);
}

fn any_free_room_of_the_kind_is_chosen(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (blue, green) = (room(&calendar, "Blue", "treatment"), room(&calendar, "Green", "treatment"));
    let cellar = room(&calendar, "Cellar", "storage");
    let kind = kind(&calendar, &json!({ "room_kind": "treatment" }));
    let therapists = [calendar.therapist.clone(), calendar.colleague("Noa").1, calendar.colleague("Ola").1];
    let clients = ["Mia", "Leo", "Ida"].map(|name| calendar.client(name).1);
    let tries = |who: usize, start: &str, more: Value| {
        book(&calendar.desk, &with(ask(&clients[who], &therapists[who], &kind, start), &more))
    };
    let named = |room: &Value| json!({ "room_id": room["id"] });
    assert_eq!(tries(0, TEN, named(&green)).expect(201)["room_id"], green["id"]);
    tries(1, TEN, named(&green)).refused(409, "room_unavailable");
    tries(1, TEN, named(&cellar)).refused(409, "room_unavailable");
    assert_eq!(tries(1, TEN, json!({})).expect(201)["room_id"], blue["id"]);
    tries(2, TEN, json!({})).refused(409, "room_unavailable");

    let noon = "2027-03-02T12:00:00Z";
    let retire = format!("/api/v1/rooms/{}/retire", id(&blue));
    calendar.admin.act(&retire, &blue["version"], &json!({})).expect(200);
    assert_eq!(tries(0, noon, json!({})).expect(201)["room_id"], green["id"]);
    tries(1, noon, named(&blue)).refused(409, "room_unavailable");
    tries(1, noon, json!({})).refused(409, "room_unavailable");
}

fn a_move_chooses_a_room_anew(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let blue = room(&calendar, "Blue", "treatment");
    let kind = kind(&calendar, &json!({ "room_kind": "treatment", "room_rest_minutes": 15 }));
    let (_, noa) = calendar.colleague("Noa");
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let booking = book(&mia, &ask(&own, &calendar.therapist, &kind, TEN)).expect(201);
    // Its own room's time does not stand in its way.
    let moved = step(&mia, &booking, "reschedule", &json!({ "starts_at": "2027-03-02T10:30:00Z" })).expect(200);
    assert_eq!(moved["room_id"], blue["id"]);
    let green = room(&calendar, "Green", "treatment");
    book(&leo, &with(ask(&other, &noa, &kind, "2027-03-02T14:00:00Z"), &json!({ "room_id": blue["id"] }))).expect(201);
    let moved = step(&mia, &moved, "reschedule", &json!({ "starts_at": "2027-03-02T14:00:00Z" })).expect(200);
    assert_eq!(moved["room_id"], green["id"]);
    let named = json!({ "starts_at": "2027-03-02T14:00:00Z", "room_id": blue["id"] });
    step(&mia, &moved, "reschedule", &named).refused(409, "room_unavailable");
    let free = json!({ "starts_at": "2027-03-02T10:30:00Z", "room_id": blue["id"] });
    assert_eq!(step(&mia, &moved, "reschedule", &free).expect(200)["room_id"], blue["id"]);
}

fn two_therapists_hold_one_session(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let kind = kind(&calendar, &json!({ "therapists_needed": 2 }));
    let (noa, second) = calendar.colleague("Noa");
    let (ola, third) = calendar.colleague("Ola");
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let first = calendar.therapist.clone();
    let plain = ask(&own, &first, &kind, TEN);
    let beside = |co: &str| with(plain.clone(), &json!({ "co_therapist_id": co }));
    let fault = |ask: &Value| book(&mia, ask).refused(422, "invalid_fields")["violations"][0]["code"].clone();
    assert_eq!([fault(&plain), fault(&beside(&first))], ["required", "same_therapist"]);
    let alone = with(calendar.ask(&own, TEN), &json!({ "co_therapist_id": second }));
    assert_eq!(fault(&alone), "not_needed");
    let booking = book(&mia, &beside(&second)).expect(201);
    assert_eq!((&booking["therapist_id"], &booking["co_therapist_id"]), (&json!(first), &json!(second)));

    // Both are taken, both see it, both treat.
    for therapist in [&first, &second] {
        book(&leo, &ask(&other, therapist, &calendar.session_type, TEN)).refused(409, "slot_unavailable");
    }
    for by in [&calendar.mara, &noa] {
        assert_eq!(by.get("/api/v1/bookings").expect(200)["items"].as_array().unwrap().len(), 1);
        by.get(&at(&booking, "")).expect(200);
        by.get(&format!("/api/v1/clients/{own}")).expect(200);
    }
    ola.get(&at(&booking, "")).refused(404, "not_found");
    book(&leo, &ask(&other, &third, &calendar.session_type, TEN)).expect(201);

    // One of them is replaced; the other goes on treating.
    let to = |co: &str, start: &str| json!({ "starts_at": start, "co_therapist_id": co });
    step(&mia, &booking, "reschedule", &to(&third, TEN)).refused(409, "slot_unavailable");
    let moved = step(&mia, &booking, "reschedule", &to(&third, "2027-03-03T10:00:00Z")).expect(200);
    assert_eq!(moved["co_therapist_id"], json!(third));
    ola.get(&format!("/api/v1/clients/{own}")).expect(200);
    calendar.mara.get(&format!("/api/v1/clients/{own}")).expect(200);
    noa.get(&format!("/api/v1/clients/{own}")).refused(404, "not_found");
    book(&leo, &ask(&other, &second, &calendar.session_type, "2027-03-03T14:00:00Z")).expect(201);

    // Either takes the therapist's steps.
    calendar.turn_to("2027-03-03T10:30:00Z");
    let (noa, ola) = (signed_in(&practice, "noa"), signed_in(&practice, "ola"));
    step(&noa, &moved, "no-show", &json!({})).refused(404, "not_found");
    assert_eq!(step(&ola, &moved, "no-show", &json!({})).expect(200)["state"], "no_show");
}

fn each_of_two_therapists_must_be_entitled(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let kind = kind(&calendar, &json!({ "therapists_needed": 2 }));
    let (_, second) = calendar.colleague("Noa");
    let (mia, own) = calendar.client("Mia");
    let beside =
        |start: &str| with(ask(&own, &second, &kind, start), &json!({ "co_therapist_id": calendar.therapist }));
    let booking = book(&mia, &beside(TEN)).expect(201);
    let revoke = format!("/api/v1/credentials/{}/revoke", id(&calendar.credential));
    let why = json!({ "reason": "test", "source": "the issuer", "effective_on": "2027-03-01" });
    calendar.admin.act(&revoke, &calendar.credential["version"], &why).expect(200);
    assert!(blocks(&mia.get(&at(&booking, "")).expect(200)).contains(&"credential"));
    book(&mia, &beside("2027-03-03T10:00:00Z")).refused(422, "therapist_not_eligible");
}

fn a_hold_claims_what_the_booking_would(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let blue = room(&calendar, "Blue", "treatment");
    let kind = kind(&calendar, &json!({ "room_kind": "treatment", "therapists_needed": 2 }));
    let single = self::kind(&calendar, &json!({ "room_kind": "treatment" }));
    let (_, second) = calendar.colleague("Noa");
    let (_, third) = calendar.colleague("Ola");
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let beside = with(ask(&own, &calendar.therapist, &kind, TEN), &json!({ "co_therapist_id": second }));
    let held = mia.post("/api/v1/slot-holds", &beside).expect(201);
    assert_eq!((&held["room_id"], &held["co_therapist_id"]), (&blue["id"], &json!(second)));
    book(&leo, &ask(&other, &second, &calendar.session_type, TEN)).refused(409, "slot_unavailable");
    book(&leo, &ask(&other, &third, &single, TEN)).refused(409, "room_unavailable");
    room(&calendar, "Green", "treatment");
    let booking = book(&mia, &with(beside, &json!({ "slot_hold_id": held["id"] }))).expect(201);
    assert_eq!(booking["room_id"], blue["id"], "the room that was held");
    book(&leo, &ask(&other, &third, &single, TEN)).expect(201);
}
