//! The waiting list: who is asked when time comes free, in which order, for how long, and what becomes of the answer.

mod answers;
mod freed;

use std::sync::Barrier;

use chrono::TimeDelta;
use serde_json::{Value, json};
use stillpoint::bookings::expire_next_hold;
use stillpoint::db::{Stop, Tx};
use stillpoint::kernel::actor::Permit;
use stillpoint::waitlist::{expire_next_entry, offer_next};

use crate::app::{Caller, Practice, Reply};
use crate::calendar::{Calendar, hand_in, id, signed_in, step};
use crate::on_each_store;

on_each_store!(
    who_has_waited_longest_is_asked_first,
    who_passes_is_not_asked_again,
    the_clock_starts_with_the_offer,
    the_desk_accepts_by_phone,
    what_is_offered_meets_the_wishes,
    whatever_sets_time_free_is_offered,
    who_has_what_they_wait_for_waits_no_longer,
    a_place_is_ones_own,
    who_may_not_be_treated_does_not_wait,
    wishes_end_with_their_last_date,
    two_who_look_at_once_make_one_offer,
    one_answer_counts,
);

const LIST: &str = "/api/v1/waitlist-entries";
const TEN: &str = "2027-03-02T10:00:00Z";

/// A job of the program.
type Job = fn(&mut Tx<'_>) -> Result<usize, Stop>;

/// Does a job once, as a process does it that was elected.
fn once(practice: &Practice, name: &'static str, job: Job) -> Result<usize, Stop> {
    let db = practice.app.db.clone();
    actix_web::rt::System::new().block_on(async move { db.write(&Permit::system(name), job).await })
}

/// Does a job until it finds nothing left to do.
fn run(practice: &Practice, name: &'static str, job: Job) {
    while once(practice, name, job).unwrap() > 0 {}
}

fn look(practice: &Practice) {
    run(practice, "holds.expire", expire_next_hold);
    run(practice, "waitlist.offer", offer_next);
}

/// What waiting for ten o'clock on the second of March with Mara asks for.
fn ask(calendar: &Calendar<'_>, client: &str) -> Value {
    json!({
        "client_id": client, "session_type_id": calendar.session_type, "therapist_id": calendar.therapist,
        "earliest_date": "2027-03-02", "latest_date": "2027-03-02", "hours_from": "10:00", "hours_until": "11:00",
    })
}

fn joins(calendar: &Calendar<'_>, by: &Caller<'_>, client: &str) -> Value {
    by.post(LIST, &ask(calendar, client)).expect(201)
}

fn path(entry: &Value, rest: &str) -> String {
    format!("{LIST}/{}{rest}", id(entry))
}

fn see(by: &Caller<'_>, entry: &Value) -> Value {
    by.get(&path(entry, "")).expect(200)
}

fn answer(by: &Caller<'_>, entry: &Value, word: &str) -> Reply {
    by.act(&path(entry, word), &entry["version"], &json!({}))
}

fn leave(by: &Caller<'_>, entry: &Value) -> Reply {
    let version = format!("\"{}\"", entry["version"]);
    by.send("DELETE", &path(entry, ""), &[("If-Match", &version)], None)
}

/// When the caller's offers are due, and which places they are about.
fn offers(by: &Caller<'_>) -> Vec<(String, String)> {
    let tasks = by.get("/api/v1/tasks").expect(200);
    let offers = tasks["items"].as_array().unwrap().iter().filter(|task| task["kind"] == "offer");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    offers.map(|task| (text(&task["subject_id"]), text(&task["due_at"]))).collect()
}

/// Somebody who has taken ten o'clock.
fn taken<'p>(calendar: &Calendar<'p>) -> (Caller<'p>, Value) {
    let (bea, first) = calendar.client("Bea");
    let booking = calendar.book(&bea, &first, TEN).expect(201);
    (bea, booking)
}

fn cancel(by: &Caller<'_>, booking: &Value) {
    step(by, booking, "cancel", &json!({})).expect(200);
}

fn count(practice: &Practice, sql: &str, expected: i32) {
    practice.sql(&format!("SELECT 1 / (SELECT CASE WHEN count(*) = {expected} THEN 1 ELSE 0 END FROM {sql})")).unwrap();
}

fn who_has_waited_longest_is_asked_first(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (bea, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let first = joins(&calendar, &mia, &own);
    assert_eq!((&first["state"], &first["weekdays"]), (&json!("waiting"), &json!([1, 2, 3, 4, 5, 6, 7])));
    practice.pass(TimeDelta::minutes(1));
    let second = joins(&calendar, &calendar.desk, &other);
    look(&practice);
    assert_eq!((offers(&mia), offers(&leo)), (vec![], vec![]), "nothing is free");

    cancel(&bea, &booking);
    look(&practice);
    let offered = see(&mia, &first);
    assert_eq!((&offered["state"], &offered["offer"]["starts_at"]), (&json!("offered"), &json!(TEN)));
    assert_eq!(offers(&mia), [(id(&first), "2027-03-01T10:01:00Z".to_owned())]);
    assert_eq!((offers(&leo), &see(&leo, &second)["state"]), (vec![], &json!("waiting")));
    // Nobody else has it meanwhile, and whoever is asked does not book past the offer.
    calendar.book(&leo, &other, TEN).refused(409, "slot_unavailable");
    answer(&leo, &offered, "/accept").refused(404, "not_found");
    answer(&leo, &second, "/accept").refused(410, "offer_gone");
    answer(&mia, &first, "/accept").refused(412, "version_mismatch");
    mia.put(
        &path(&first, ""),
        &offered["version"],
        &json!({ "earliest_date": "2027-03-02", "latest_date": "2027-03-03" }),
    )
    .refused(409, "invalid_transition");
    // It is beside the slot that a client holds themself.
    let two = calendar.ask(&own, "2027-03-03T14:00:00Z");
    mia.post("/api/v1/slot-holds", &two).expect(201);
    let held = format!("/api/v1/slot-holds/{}", offered["offer"]["slot_hold_id"].as_str().unwrap());
    assert_eq!(mia.get(&held).expect(200)["state"], "held");

    let accepted = answer(&mia, &offered, "/accept").expect(200);
    assert_eq!((&accepted["state"], &accepted["accepted_by"]), (&json!("accepted"), &json!("client")));
    let booking = mia.get(&format!("/api/v1/bookings/{}", accepted["booking_id"].as_str().unwrap())).expect(200);
    assert_eq!((&booking["starts_at"], &booking["state"]), (&json!(TEN), &json!("confirmed")));
    assert_eq!(mia.get(&held).expect(200)["state"], "converted");
    look(&practice);
    assert_eq!((offers(&mia), offers(&leo)), (vec![], vec![]));
    count(&practice, "freed_times", 0);
}

fn who_passes_is_not_asked_again(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (bea, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let first = joins(&calendar, &mia, &own);
    practice.pass(TimeDelta::minutes(1));
    let second = joins(&calendar, &leo, &other);
    cancel(&bea, &booking);
    look(&practice);
    let declined = answer(&mia, &see(&mia, &first), "/decline").expect(200);
    assert_eq!((&declined["state"], &declined["offer"]), (&json!("waiting"), &Value::Null));
    answer(&mia, &declined, "/accept").refused(410, "offer_gone");
    look(&practice);
    let offered = see(&leo, &second);
    assert_eq!(offered["state"], "offered");
    assert_eq!(offers(&mia), []);

    practice.turn_to("2027-03-01T10:01:00Z");
    let (mia, leo) = (signed_in(&practice, "mia"), signed_in(&practice, "leo"));
    assert_eq!((offers(&leo), &see(&leo, &second)["offer"]), (vec![], &Value::Null), "it ran out");
    answer(&leo, &offered, "/accept").refused(410, "offer_gone");
    look(&practice);
    assert_eq!(see(&leo, &second)["state"], "waiting");
    assert_eq!((offers(&mia), offers(&leo)), (vec![], vec![]), "both have passed");
    // Another time they are asked for.
    calendar.book(&mia, &own, TEN).expect(201);
    assert_eq!(see(&mia, &first)["state"], "booked");
}

fn the_clock_starts_with_the_offer(practice: Practice) {
    let calendar = Calendar::of(&practice);
    calendar.sets("waitlist_offer_minutes", &json!(60));
    let (bea, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    let entry = joins(&calendar, &mia, &own);
    cancel(&bea, &booking);
    practice.turn_to("2027-03-01T08:10:00Z");
    let mia = signed_in(&practice, "mia");
    look(&practice);
    assert_eq!(offers(&mia), [(id(&entry), "2027-03-01T09:10:00Z".to_owned())], "and not when it came free");
    assert_eq!(leave(&mia, &see(&mia, &entry)).status, 204);
    assert_eq!((offers(&mia), &see(&mia, &entry)["state"]), (vec![], &json!("withdrawn")));
    leave(&mia, &see(&mia, &entry)).refused(409, "invalid_transition");

    // It ends while the slot still has its notice, of two hours.
    let again = joins(&calendar, &mia, &own);
    practice.turn_to("2027-03-02T07:30:00Z");
    let (mia, mara) = (signed_in(&practice, "mia"), signed_in(&practice, "mara"));
    let off = json!({ "start": "2027-03-02T09:00:00Z", "end": "2027-03-02T12:00:00Z" });
    let away = format!("/api/v1/therapists/{}/time-off", calendar.therapist);
    let off = mara.post(&away, &off).expect(201);
    assert_eq!(mara.send("DELETE", &format!("{away}/{}", id(&off)), &[], None).status, 204);
    look(&practice);
    assert_eq!(offers(&mia), [(id(&again), "2027-03-02T08:00:00Z".to_owned())]);
}

fn the_desk_accepts_by_phone(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (bea, booking) = taken(&calendar);
    let ida = calendar.desk.post("/api/v1/clients", &json!({ "name": "Ida" })).expect(201);
    let entry = joins(&calendar, &calendar.desk, &id(&ida));
    cancel(&bea, &booking);
    look(&practice);
    assert_eq!(offers(&calendar.desk).len(), 1, "who has no login is called");
    assert_eq!((offers(&bea), offers(&calendar.mara)), (vec![], vec![]));
    let offered = see(&calendar.mara, &entry);
    answer(&calendar.mara, &offered, "/accept").refused(403, "forbidden");
    let accepted = answer(&calendar.desk, &offered, "/accept").expect(200);
    assert_eq!((&accepted["state"], &accepted["accepted_by"]), (&json!("accepted"), &json!("phone")));
    let told = calendar.admin.get("/api/v1/audit-events?action=waitlist_entry.accepted").expect(200);
    assert_eq!(told["items"].as_array().unwrap().len(), 1);
}

fn what_is_offered_meets_the_wishes(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (bea, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let (_, noa) = calendar.colleague("Noa");
    let wishing = |client: &str, wish: &str, to: Value| {
        let mut ask = ask(&calendar, client);
        ask[wish] = to;
        ask
    };
    // The second of March is a Tuesday.
    mia.post(LIST, &wishing(&own, "weekdays", json!([1, 3]))).expect(201);
    leo.post(LIST, &wishing(&other, "therapist_id", json!(noa))).expect(201);
    cancel(&bea, &booking);
    look(&practice);
    assert_eq!((offers(&mia), offers(&leo)), (vec![], vec![]));
    count(&practice, "freed_times", 0);

    // Whoever waits for anybody is asked for whoever is free, but not while they are somewhere else.
    practice.pass(TimeDelta::minutes(1));
    let taken = calendar.book(&bea, booking["client_id"].as_str().unwrap(), TEN).expect(201);
    let entry = leo.post(LIST, &wishing(&other, "therapist_id", Value::Null)).expect(201);
    let elsewhere = leo.post("/api/v1/bookings", &{
        let mut ask = calendar.ask(&other, "2027-03-02T10:30:00Z");
        ask["therapist_id"] = json!(noa);
        ask
    });
    let elsewhere = elsewhere.expect(201);
    cancel(&bea, &taken);
    look(&practice);
    assert_eq!(offers(&leo), []);
    cancel(&leo, &elsewhere);
    look(&practice);
    let offered = see(&leo, &entry);
    assert_eq!((&offered["state"], &offered["offer"]["therapist_id"]), (&json!("waiting"), &Value::Null));
    let noas = leo.get(&format!("{LIST}?state=offered")).expect(200)["items"][0].clone();
    assert_eq!(
        (&noas["therapist_id"], &noas["offer"]["starts_at"]),
        (&json!(noa), &json!(TEN)),
        "the older place first"
    );
}

fn whatever_sets_time_free_is_offered(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let therapist = format!("/api/v1/therapists/{}", calendar.therapist);
    let remove = |by: &Caller<'_>, path: &str| assert_eq!(by.send("DELETE", path, &[], None).status, 204);
    let asked = |what: &str, free: &dyn Fn()| {
        let entry = joins(&calendar, &mia, &own);
        look(&practice);
        assert_eq!(offers(&mia), [], "before {what}");
        free();
        look(&practice);
        let offered = see(&mia, &entry);
        assert_eq!((&offered["state"], &offered["offer"]["starts_at"]), (&json!("offered"), &json!(TEN)), "{what}");
        assert_eq!(leave(&mia, &offered).status, 204);
        look(&practice);
    };
    let closed = json!({ "location_id": calendar.location, "date": "2027-03-02", "spans": [] });
    let closed = calendar.mara.post(&format!("{therapist}/overrides"), &closed).expect(201);
    asked("an override is taken back", &|| remove(&calendar.mara, &format!("{therapist}/overrides/{}", id(&closed))));
    let holiday = json!({ "date": "2020-03-02", "yearly": true, "name": "Town day" });
    let holiday = calendar.admin.post("/api/v1/holidays", &holiday).expect(201);
    asked("a holiday is lifted", &|| remove(&calendar.admin, &format!("/api/v1/holidays/{}", id(&holiday))));
    let yearly = json!({ "yearly": { "from": "03-01", "until": "03-05", "zone": "UTC" } });
    let yearly = calendar.mara.post(&format!("{therapist}/time-off"), &yearly).expect(201);
    asked("time off is taken back", &|| remove(&calendar.mara, &format!("{therapist}/time-off/{}", id(&yearly))));
    let (bea, booking) = taken(&calendar);
    let to = json!({ "starts_at": "2027-03-02T15:00:00Z" });
    asked("a booking is moved", &|| drop(step(&bea, &booking, "reschedule", &to).expect(200)));
    let (leo, other) = calendar.client("Leo");
    let held = leo.post("/api/v1/slot-holds", &calendar.ask(&other, TEN)).expect(201);
    let held = format!("/api/v1/slot-holds/{}", id(&held));
    asked("a hold is given up", &|| {
        assert_eq!(leo.send("DELETE", &held, &[("If-Match", "\"1\"")], None).status, 204);
    });
    calendar.sets("booking_approval", &json!("by_staff"));
    let pending = calendar.book(&leo, &other, TEN).expect(201);
    asked("a request is declined", &|| drop(step(&calendar.desk, &pending, "decline", &json!({})).expect(200)));
}

fn who_has_what_they_wait_for_waits_no_longer(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (bea, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    let entry = joins(&calendar, &mia, &own);
    calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    assert_eq!(see(&mia, &entry)["state"], "waiting", "a later session is not what they wait for");
    let mut wide = json!({ "earliest_date": "2027-03-02", "latest_date": "2027-03-05", "hours_until": "12:00" });
    let amended = mia.put(&path(&entry, ""), &entry["version"], &wide).expect(200);
    assert_eq!((&amended["hours_from"], &amended["hours_until"]), (&Value::Null, &json!("12:00")));
    wide["latest_date"] = json!("2027-02-05");
    mia.put(&path(&entry, ""), &amended["version"], &wide).refused(422, "invalid_fields");
    cancel(&bea, &booking);
    look(&practice);
    let offered = see(&mia, &entry);
    assert_eq!(offered["state"], "offered");
    let other = calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    let done = see(&mia, &entry);
    assert_eq!((&done["state"], &done["booking_id"]), (&json!("booked"), &other["id"]));
    let (leo, next) = calendar.client("Leo");
    calendar.book(&leo, &next, TEN).expect(201);
}

fn a_place_is_ones_own(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let (noa, _) = calendar.colleague("Noa");
    let entry = joins(&calendar, &mia, &own);
    mia.post(LIST, &ask(&calendar, &own)).refused(409, "already_exists");
    let mut any = ask(&calendar, &own);
    any["therapist_id"] = Value::Null;
    mia.post(LIST, &any).expect(201);
    mia.post(LIST, &any).refused(409, "already_exists");
    mia.post(LIST, &ask(&calendar, &other)).refused(404, "not_found");
    leo.get(&path(&entry, "")).refused(404, "not_found");
    noa.get(&path(&entry, "")).refused(404, "not_found");
    leave(&leo, &entry).refused(404, "not_found");
    let listed = |by: &Caller<'_>| by.get(LIST).expect(200)["items"].as_array().unwrap().len();
    assert_eq!([&mia, &leo, &noa, &calendar.mara, &calendar.desk].map(listed), [2, 0, 0, 1, 2]);
    leave(&mia, &json!({ "id": entry["id"], "version": 7 })).refused(412, "version_mismatch");
    assert_eq!(leave(&mia, &entry).status, 204);
    joins(&calendar, &mia, &own);
}

fn who_may_not_be_treated_does_not_wait(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (bea, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    let entry = joins(&calendar, &mia, &own);
    hand_in(&mia, &own, &json!({ "brain_swelling": { "status": "current", "onset": "unknown" } }));
    let mut any = ask(&calendar, &own);
    any["therapist_id"] = Value::Null;
    mia.post(LIST, &any).refused(422, "contraindicated");
    calendar.desk.post(LIST, &any).refused(422, "screening_blocked");
    cancel(&bea, &booking);
    look(&practice);
    assert_eq!((offers(&mia), &see(&mia, &entry)["state"]), (vec![], &json!("waiting")));
}

fn wishes_end_with_their_last_date(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let entry = joins(&calendar, &mia, &own);
    practice.turn_to("2027-03-03T14:59:00Z");
    run(&practice, "waitlist.expire", expire_next_entry);
    assert_eq!(see(&signed_in(&practice, "mia"), &entry)["state"], "waiting", "somewhere it is still the day");
    practice.turn_to("2027-03-03T15:00:00Z");
    run(&practice, "waitlist.expire", expire_next_entry);
    assert_eq!(see(&signed_in(&practice, "mia"), &entry)["state"], "expired");
}

fn two_who_look_at_once_make_one_offer(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (bea, booking) = taken(&calendar);
    for name in ["Mia", "Leo", "Kim"] {
        let (caller, own) = calendar.client(name);
        joins(&calendar, &caller, &own);
    }
    cancel(&bea, &booking);
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                barrier.wait();
                // Past the election that keeps processes apart: the locks and the tables do, too.
                for _ in 0..3 {
                    drop(once(&practice, "waitlist.offer", offer_next));
                }
            });
        }
    });
    look(&practice);
    count(&practice, "slot_holds WHERE state = 'held'", 1);
    count(&practice, "waitlist_entries WHERE state = 'offered'", 1);
    count(&practice, "freed_times", 0);
}

fn one_answer_counts(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (bea, booking) = taken(&calendar);
    let (mia, own) = calendar.client("Mia");
    let (_, other) = calendar.client("Leo");
    let entry = joins(&calendar, &mia, &own);
    cancel(&bea, &booking);
    look(&practice);
    let offered = see(&mia, &entry);
    // At the instant of its expiry, somebody accepts, somebody else books, and the program writes down that it ran out.
    practice.turn_to("2027-03-01T09:59:59Z");
    let (mia, leo) = (signed_in(&practice, "mia"), signed_in(&practice, "leo"));
    let barrier = Barrier::new(4);
    let told = std::thread::scope(|scope| {
        let accept = scope.spawn(|| {
            barrier.wait();
            answer(&mia, &offered, "/accept").status
        });
        let book = scope.spawn(|| {
            barrier.wait();
            calendar.book(&leo, &other, TEN).status
        });
        let expire = scope.spawn(|| {
            barrier.wait();
            drop(once(&practice, "holds.expire", expire_next_hold));
        });
        barrier.wait();
        practice.turn_to("2027-03-01T10:00:00Z");
        expire.join().unwrap();
        (accept.join().unwrap(), book.join().unwrap())
    });
    assert!(matches!(told, (200, 409) | (410, 201 | 409)), "{told:?}");
    look(&practice);
    let expected = i32::from(told != (410, 409));
    count(&practice, "bookings WHERE state = 'confirmed'", expected);
    count(&practice, "slot_holds WHERE state = 'held'", 0);
}
