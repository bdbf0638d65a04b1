//! Slot holds: a time is kept for one client for a few minutes, and for nobody afterwards.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stillpoint::bookings::expire_next_hold;
use stillpoint::db::Stop;
use stillpoint::kernel::actor::Permit;

use crate::app::{Caller, Practice, Reply};
use crate::calendar::{Calendar, at, hand_in, id, signed_in};
use crate::on_each_store;

on_each_store!(
    a_held_slot_is_kept_for_its_client,
    a_booking_takes_the_hold_over,
    an_expired_hold_cannot_be_noticed,
    a_client_holds_one_slot,
    a_hold_lasts_longer_while_the_form_is_answered,
    holding_agrees_nothing,
    notice_counts_from_the_hold,
    a_hold_waits_for_the_form_that_comes_first,
    what_ran_out_is_written_down,
    moving_lets_the_hold_go,
    a_check_answers_what_booking_would,
    a_start_may_be_told_by_the_clock_on_the_wall,
);

const TEN: &str = "2027-03-02T10:00:00Z";
const TWO: &str = "2027-03-02T14:00:00Z";
const DAY: &str = "from=2027-03-02T00:00:00Z&to=2027-03-03T00:00:00Z";

fn hold(calendar: &Calendar<'_>, by: &Caller<'_>, client: &str, start: &str) -> Reply {
    by.post("/api/v1/slot-holds", &calendar.ask(client, start))
}

fn book_held(calendar: &Calendar<'_>, by: &Caller<'_>, client: &str, (start, hold): (&str, &Value)) -> Reply {
    let mut ask = calendar.ask(client, start);
    ask["slot_hold_id"] = hold["id"].clone();
    by.post("/api/v1/bookings", &ask)
}

fn path(hold: &Value, rest: &str) -> String {
    format!("/api/v1/slot-holds/{}{rest}", id(hold))
}

fn state(by: &Caller<'_>, hold: &Value) -> Value {
    by.get(&path(hold, "")).expect(200)["state"].clone()
}

fn extend(by: &Caller<'_>, hold: &Value) -> Reply {
    by.act(&path(hold, "/extend"), &hold["version"], &json!({}))
}

fn release(by: &Caller<'_>, hold: &Value) -> Reply {
    let version = format!("\"{}\"", hold["version"]);
    by.send("DELETE", &path(hold, ""), &[("If-Match", &version)], None)
}

/// Runs the job until it finds nothing; answers how many holds it found run out.
fn sweep(practice: &Practice) -> usize {
    let mut swept = 0;
    loop {
        let db = practice.app.db.clone();
        let job = async move { db.write(&Permit::system("holds.expire"), expire_next_hold).await };
        let found: Result<usize, Stop> = actix_web::rt::System::new().block_on(job);
        match found.unwrap() {
            0 => return swept,
            more => swept += more,
        }
    }
}

fn a_held_slot_is_kept_for_its_client(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let made = hold(&calendar, &mia, &own, TEN);
    assert_eq!(made.header("etag"), Some("\"1\""));
    let location = made.header("location").unwrap().to_owned();
    let held = made.expect(201);
    assert_eq!(location, path(&held, ""));
    assert_eq!((&held["state"], &held["expires_at"]), (&json!("held"), &json!("2027-03-01T08:05:00Z")));
    assert_eq!(
        (&held["ends_at"], &held["local_start"]),
        (&json!("2027-03-02T11:00:00Z"), &json!("2027-03-02T10:00:00"))
    );

    let lists = |by: &Caller<'_>, query: &str| calendar.slots(by, &format!("{DAY}{query}")).contains(&TEN.to_owned());
    assert!(lists(&mia, &format!("&client_id={own}")), "it does not stand in its own client's way");
    assert!(!lists(&leo, &format!("&client_id={other}")));
    assert!(!lists(&practice.anonymous(), ""));
    calendar.book(&leo, &other, "2027-03-02T10:30:00Z").refused(409, "slot_unavailable");
    hold(&calendar, &leo, &other, "2027-03-02T10:30:00Z").refused(409, "slot_unavailable");
    // Nobody is in two places: what the client holds is taken from every calendar but their own.
    leo.get(&path(&held, "")).refused(404, "not_found");
    release(&leo, &held).refused(404, "not_found");
    extend(&leo, &held).refused(404, "not_found");
    hold(&calendar, &leo, &own, TWO).refused(404, "not_found");
    hold(&calendar, &calendar.mara, &own, TWO).refused(404, "not_found");
    assert_eq!(state(&calendar.desk, &held), "held");

    release(&mia, &json!({ "id": held["id"], "version": 7 })).refused(412, "version_mismatch");
    assert_eq!(release(&mia, &held).status, 204);
    assert_eq!(state(&mia, &held), "released");
    release(&mia, &json!({ "id": held["id"], "version": 2 })).refused(410, "slot_hold_expired");
    calendar.book(&leo, &other, "2027-03-02T10:30:00Z").expect(201);
}

fn a_booking_takes_the_hold_over(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let held = hold(&calendar, &mia, &own, TEN).expect(201);
    let differs = book_held(&calendar, &mia, &own, (TWO, &held)).refused(422, "invalid_fields");
    assert_eq!(differs["violations"][0]["code"], "differs_from_hold");
    book_held(&calendar, &leo, &other, (TEN, &held)).refused(404, "not_found");
    book_held(&calendar, &calendar.desk, &other, (TEN, &held)).refused(404, "not_found");
    assert_eq!(state(&mia, &held), "held", "what is refused uses nothing up");
    let booking = book_held(&calendar, &mia, &own, (TEN, &held)).expect(201);
    let used = mia.get(&path(&held, "")).expect(200);
    assert_eq!((&used["state"], &used["booking_id"]), (&json!("converted"), &booking["id"]));
    book_held(&calendar, &mia, &own, (TEN, &held)).refused(410, "slot_hold_expired");

    // One that books without it lets it go all the same.
    let held = hold(&calendar, &mia, &own, TWO).expect(201);
    calendar.book(&mia, &own, "2027-03-02T14:30:00Z").expect(201);
    assert_eq!(state(&mia, &held), "replaced");
    calendar.book(&leo, &other, "2027-03-02T12:45:00Z").expect(201);
}

fn an_expired_hold_cannot_be_noticed(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let held = hold(&calendar, &mia, &own, TEN).expect(201);
    practice.pass(TimeDelta::minutes(5) - TimeDelta::microseconds(1));
    calendar.book(&leo, &other, "2027-03-02T09:30:00Z").refused(409, "slot_unavailable");
    practice.pass(TimeDelta::microseconds(1));
    assert_eq!(state(&mia, &held), "expired");
    assert!(calendar.slots(&leo, &format!("{DAY}&client_id={other}")).contains(&"2027-03-02T09:30:00Z".to_owned()));
    let booking = calendar.book(&leo, &other, "2027-03-02T09:30:00Z").expect(201);
    book_held(&calendar, &mia, &own, (TEN, &held)).refused(410, "slot_hold_expired");
    extend(&mia, &held).refused(410, "slot_hold_expired");
    release(&mia, &held).refused(410, "slot_hold_expired");

    // It bars neither another hold of the client, nor a booking that moves there.
    let (_, noa) = calendar.colleague("Noa");
    let mut elsewhere = calendar.ask(&own, TEN);
    elsewhere["therapist_id"] = json!(noa);
    let next = mia.post("/api/v1/slot-holds", &elsewhere).expect(201);
    assert_eq!(state(&mia, &held), "expired");
    practice.pass(TimeDelta::minutes(5));
    let (desk, mia) = (signed_in(&practice, "dora"), signed_in(&practice, "mia"));
    let to = json!({ "starts_at": TEN, "therapist_id": noa });
    desk.act(&at(&booking, "/reschedule"), &booking["version"], &to).expect(200);
    assert_eq!(state(&mia, &next), "expired");
}

fn a_client_holds_one_slot(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let first = hold(&calendar, &mia, &own, TEN).expect(201);
    // Over its own time, too.
    let second = hold(&calendar, &mia, &own, "2027-03-02T10:30:00Z").expect(201);
    let third = hold(&calendar, &calendar.desk, &own, TWO).expect(201);
    assert_eq!([&first, &second, &third].map(|held| state(&mia, held)), ["replaced", "replaced", "held"]);
    calendar.book(&leo, &other, TEN).expect(201);
    // A refused one leaves the old one standing.
    hold(&calendar, &mia, &own, TEN).refused(409, "slot_unavailable");
    assert_eq!(state(&mia, &third), "held");
}

fn a_hold_lasts_longer_while_the_form_is_answered(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let mut held = hold(&calendar, &mia, &own, TEN).expect(201);
    assert_eq!(extend(&mia, &held).refused(422, "policy_violation")["rule"], "form_not_open");
    mia.post("/api/v1/intake-responses", &json!({ "client_id": own })).expect(201);
    for (left, until) in [(1, "2027-03-01T08:09:00Z"), (0, "2027-03-01T08:13:00Z")] {
        practice.pass(TimeDelta::minutes(4));
        held = extend(&mia, &held).expect(200);
        assert_eq!((&held["extensions_left"], &held["expires_at"]), (&json!(left), &json!(until)));
    }
    assert_eq!(extend(&mia, &held).refused(422, "policy_violation")["rule"], "extended_twice");
    practice.pass(TimeDelta::minutes(4));
    let (leo, other) = calendar.client("Leo");
    calendar.book(&leo, &other, TEN).refused(409, "slot_unavailable");
    let mia = signed_in(&practice, "mia");
    hand_in(&mia, &own, &json!({}));
    book_held(&calendar, &mia, &own, (TEN, &held)).expect(201);
}

fn holding_agrees_nothing(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    hold(&calendar, &mia, &own, TEN).expect(201);
    let forms = mia.get(&format!("/api/v1/intake-responses?client_id={own}")).expect(200);
    assert_eq!(forms["items"], json!([]));
    calendar.mara.get(&format!("/api/v1/clients/{own}")).refused(404, "not_found");
    assert_eq!(mia.get("/api/v1/bookings").expect(200)["items"], json!([]));
    hand_in(&mia, &own, &json!({ "brain_swelling": { "status": "current", "onset": "unknown" } }));
    hold(&calendar, &mia, &own, TWO).refused(422, "contraindicated");
}

fn notice_counts_from_the_hold(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let first = "2027-03-01T10:00:00Z";
    let held = hold(&calendar, &mia, &own, first).expect(201);
    practice.pass(TimeDelta::minutes(3));
    calendar.book(&mia, &own, first).refused(422, "too_soon");
    assert_eq!(state(&mia, &held), "held");
    book_held(&calendar, &mia, &own, (first, &held)).expect(201);

    // But nobody books what has begun.
    calendar.sets("min_notice_minutes", &json!(0));
    practice.turn_to("2027-03-01T11:58:00Z");
    let mia = signed_in(&practice, "mia");
    let noon = "2027-03-01T12:00:00Z";
    let held = hold(&calendar, &mia, &own, noon).expect(201);
    practice.pass(TimeDelta::minutes(3));
    book_held(&calendar, &mia, &own, (noon, &held)).refused(422, "too_soon");
}

fn a_hold_waits_for_the_form_that_comes_first(practice: Practice) {
    let calendar = Calendar::of(&practice);
    calendar.sets("intake_timing", &json!("before_booking"));
    let (mia, own) = calendar.client("Mia");
    let held = hold(&calendar, &mia, &own, TEN).expect(201);
    book_held(&calendar, &mia, &own, (TEN, &held)).refused(422, "intake_required");
    hand_in(&mia, &own, &json!({}));
    book_held(&calendar, &mia, &own, (TEN, &held)).expect(201);
}

fn what_ran_out_is_written_down(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    hold(&calendar, &mia, &own, TEN).expect(201);
    practice.pass(TimeDelta::minutes(1));
    let later = hold(&calendar, &leo, &other, TWO).expect(201);
    assert_eq!(sweep(&practice), 0);
    practice.pass(TimeDelta::minutes(4));
    assert_eq!(sweep(&practice), 1);
    assert_eq!(state(&leo, &later), "held");
    practice.pass(TimeDelta::minutes(1));
    assert_eq!((sweep(&practice), sweep(&practice)), (1, 0));
    calendar.turn_to("2027-03-01T09:00:00Z");
    let told = calendar.admin.get("/api/v1/audit-events?action=slot_hold.expired").expect(200);
    assert_eq!(told["items"].as_array().unwrap().len(), 2);
    practice.sql("SELECT 1 / (SELECT CASE WHEN count(*) = 0 THEN 1 ELSE 0 END FROM occupancies)").unwrap();
}

fn moving_lets_the_hold_go(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    let held = hold(&calendar, &mia, &own, TEN).expect(201);
    let to = json!({ "starts_at": "2027-03-02T10:30:00Z" });
    mia.act(&at(&booking, "/reschedule"), &booking["version"], &to).expect(200);
    assert_eq!(state(&mia, &held), "replaced");
}

fn a_check_answers_what_booking_would(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let check = |by: &Caller<'_>, ask: &Value| by.post("/api/v1/booking-checks", ask);
    let ask = calendar.ask(&own, TEN);
    let yes = check(&mia, &ask).expect(200);
    let prospect = &yes["booking"];
    assert_eq!((&yes["bookable"], &prospect["ends_at"]), (&json!(true), &json!("2027-03-02T11:00:00Z")));
    assert_eq!((&prospect["price_minor"], &prospect["state"]), (&json!(9000), &json!("confirmed")));
    assert_eq!(
        (&prospect["location_id"], &prospect["blocks"][0]["code"]),
        (&json!(calendar.location), &json!("intake"))
    );
    assert_eq!(mia.get("/api/v1/bookings").expect(200)["items"], json!([]), "nothing is booked");
    let forms = mia.get(&format!("/api/v1/intake-responses?client_id={own}")).expect(200);
    assert_eq!(forms["items"], json!([]), "and nothing it would bring");

    calendar.sets("booking_approval", &json!("by_staff"));
    assert_eq!(check(&mia, &ask).expect(200)["booking"]["state"], "pending");
    assert_eq!(check(&calendar.desk, &ask).expect(200)["booking"]["state"], "confirmed");
    calendar.book(&calendar.desk, &other, TEN).expect(201);
    let no = check(&mia, &ask).expect(200);
    assert_eq!((&no["bookable"], &no["code"]), (&json!(false), &json!("slot_unavailable")));
    assert_eq!(no["problem"]["alternatives"].as_array().unwrap().len(), 3);
    assert_eq!(no.get("booking"), None);
    let code = |start: &str| check(&mia, &calendar.ask(&own, start)).expect(200)["code"].clone();
    assert_eq!(code("2027-03-01T09:45:00Z"), "too_soon");
    assert_eq!(code("2027-03-02T17:15:00Z"), "outside_availability");
    check(&leo, &ask).refused(404, "not_found");
    check(&mia, &json!({ "client_id": own })).refused(422, "invalid_fields");

    let held = hold(&calendar, &mia, &own, TWO).expect(201);
    let mut with = calendar.ask(&own, TWO);
    with["slot_hold_id"] = held["id"].clone();
    assert_eq!(check(&mia, &with).expect(200)["bookable"], true);
    assert_eq!(check(&leo, &calendar.ask(&other, TWO)).expect(200)["code"], "slot_unavailable");
    practice.pass(TimeDelta::minutes(5));
    assert_eq!(check(&mia, &with).expect(200)["code"], "slot_hold_expired");
}

fn a_start_may_be_told_by_the_clock_on_the_wall(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let place = json!({ "name": "Kiez", "address_lines": ["Hof 2"], "zone": "Europe/Berlin" });
    let berlin = id(&calendar.admin.post("/api/v1/locations", &place).expect(201));
    let (_, noa) = calendar.colleague("Noa");
    let hours = format!("/api/v1/therapists/{noa}/working-hours");
    let day = |weekday: i32| {
        json!({ "location_id": berlin, "weekday": weekday, "start": "00:00", "end": "18:00", "zone": "Europe/Berlin",
            "effective_from": "2027-01-01" })
    };
    let week = json!({ "hours": (1..=7).map(day).collect::<Vec<_>>() });
    calendar.admin.put(&hours, &json!(1), &week).expect(200);
    let (mia, own) = calendar.client("Mia");
    let ask = |local: &str| json!({ "client_id": own, "therapist_id": noa, "session_type_id": calendar.session_type, "local_start": local });
    let booking = mia.post("/api/v1/bookings", &ask("2027-03-02T10:00:00")).expect(201);
    assert_eq!((&booking["starts_at"], &booking["zone"]), (&json!("2027-03-02T09:00:00Z"), &json!("Europe/Berlin")));
    let mut named = ask("2027-03-02T12:00:00");
    named["location_id"] = json!(berlin);
    assert_eq!(mia.post("/api/v1/slot-holds", &named).expect(201)["starts_at"], "2027-03-02T11:00:00Z");
    named["location_id"] = json!(calendar.location);
    mia.post("/api/v1/bookings", &named).refused(422, "outside_availability");

    mia.post("/api/v1/bookings", &ask("2027-03-28T02:30:00")).refused(422, "nonexistent_local_time");
    calendar.sets("max_advance_days", &json!(365));
    mia.post("/api/v1/bookings", &ask("2027-10-31T02:30:00")).refused(422, "ambiguous_local_time");
    mia.post("/api/v1/bookings", &ask("2027-10-31T02:30:00+05:00")).refused(422, "nonexistent_local_time");
    // By then the certification has run out, so of a session that needs none.
    let plain = crate::calendar::session(60, (15, 15), 15, &json!([]));
    let mut second = ask("2027-10-31T02:30:00+01:00");
    second["session_type_id"] = json!(id(&calendar.admin.post("/api/v1/session-types", &plain).expect(201)));
    let second = mia.post("/api/v1/bookings", &second).expect(201);
    assert_eq!(second["starts_at"], "2027-10-31T01:30:00Z", "the second time the clocks show it");
    let mut told = ask("2027-03-03T10:00:00");
    told["starts_at"] = json!("2027-03-03T09:00:00Z");
    mia.post("/api/v1/bookings", &told).refused(422, "invalid_fields");
    let neither = json!({ "client_id": own, "therapist_id": noa, "session_type_id": calendar.session_type });
    mia.post("/api/v1/bookings", &neither).refused(422, "invalid_fields");
    let to = json!({ "local_start": "2027-03-29T10:00:00" });
    let moved = mia.act(&at(&booking, "/reschedule"), &booking["version"], &to).expect(200);
    assert_eq!(moved["starts_at"], "2027-03-29T08:00:00Z", "summer time has come");
}
