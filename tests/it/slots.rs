//! Slots of one, of two and the next one; in how many statements; and why a start cannot be booked.

use serde_json::{Value, json};

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, hand_in, id, session};
use crate::{log, on_each_store};

on_each_store!(
    an_answer_takes_as_many_statements_for_one_and_a_day_as_for_all_and_two_months,
    the_next_openings_are_the_first_of_all_that_are_listed,
    two_therapists_are_found_where_both_are_free,
    a_therapists_own_terms_are_listed_and_booked,
    a_room_is_needed_where_the_session_type_says_so,
    limits_are_kept_by_listing_and_by_booking,
    those_who_keep_the_calendar_are_told_why,
    nobody_else_is_told_why,
    a_local_start_is_read_by_the_clocks_of_its_zone,
);

const TUESDAY: &str = "from=2027-03-02T00:00:00Z&to=2027-03-03T00:00:00Z";

fn path(calendar: &Calendar<'_>, rest: &str) -> String {
    format!("/api/v1/slots?session_type_id={}&{rest}", calendar.session_type)
}

fn next(calendar: &Calendar<'_>, rest: &str) -> String {
    format!("/api/v1/slots/next?session_type_id={}&{rest}", calendar.session_type)
}

/// How many statements the transaction took that answered.
fn statements(by: &Caller<'_>, path: &str) -> u32 {
    let reply = by.get(path);
    let request = format!("request={}", reply.header("x-request-id").unwrap());
    reply.expect(200);
    let heard = log::heard();
    let line = heard.lines().find(|line| line.contains(&request) && line.contains("statements="));
    let (_, count) = line.expect("the door says what a read costs").split_once("statements=").unwrap();
    count.split_whitespace().next().unwrap().parse().unwrap()
}

fn an_answer_takes_as_many_statements_for_one_and_a_day_as_for_all_and_two_months(practice: Practice) {
    log::listen();
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    hand_in(&mia, &own, &json!({}));
    let client = format!("client_id={own}");
    let two_months = "from=2027-03-02T00:00:00Z&to=2027-05-03T00:00:00Z";
    let count = |rest: &str| statements(&mia, &path(&calendar, rest));
    let (alone, for_her) = (count(TUESDAY), count(&format!("{TUESDAY}&{client}")));
    let (soon, soon_for_her) = (next(&calendar, ""), next(&calendar, &client));
    let (soon, soon_for_her) = (statements(&mia, &soon), statements(&mia, &soon_for_her));
    for name in ["Noa", "Eve", "Ida"] {
        let (_, therapist) = calendar.colleague(name);
        let off = json!({ "start": "2027-03-04T08:00:00Z", "end": "2027-03-04T17:00:00Z" });
        calendar.admin.post(&format!("/api/v1/therapists/{therapist}/time-off"), &off).expect(201);
    }
    calendar.book(&mia, &own, "2027-03-02T12:00:00Z").expect(201);
    assert_eq!(count(two_months), alone);
    assert_eq!(count(&format!("{two_months}&{client}")), for_her);
    assert_eq!(statements(&mia, &next(&calendar, "limit=50")), soon);
    assert_eq!(statements(&mia, &next(&calendar, &format!("limit=50&{client}"))), soon_for_her);
    assert!(for_her < 40, "{for_her}");
}

fn items(reply: &Value) -> &Vec<Value> {
    reply["items"].as_array().unwrap()
}

fn the_next_openings_are_the_first_of_all_that_are_listed(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (_, noa) = calendar.colleague("Noa");
    let nobody = practice.anonymous();
    let window = "from=2027-03-01T08:00:00Z&to=2027-03-08T00:00:00Z";
    let listed = nobody.get(&path(&calendar, window)).expect(200);
    assert_eq!(items(&nobody.get(&next(&calendar, "")).expect(200)), &items(&listed)[..1]);
    assert_eq!(items(&nobody.get(&next(&calendar, "limit=50")).expect(200)), &items(&listed)[..50]);
    let hers = nobody.get(&next(&calendar, &format!("therapist_id={noa}&limit=2"))).expect(200);
    assert!(items(&hers).iter().all(|slot| slot["therapist_id"] == json!(noa)));

    // Mara's certification runs out on 1 May; nothing comes after, and a search ends.
    let hers = format!("therapist_id={}&limit=50&from=2027-05-01T16:00:00Z", calendar.therapist);
    assert_eq!(items(&nobody.get(&next(&calendar, &hers)).expect(200)).len(), 5);
    let late = nobody.get(&next(&calendar, "from=2029-01-01T00:00:00Z")).expect(200);
    assert_eq!(late["items"], json!([]));
    for (wrong, pointer) in [("limit=0", "limit"), ("limit=51", "limit"), ("time_zone=Mars", "time_zone")] {
        let no = nobody.get(&next(&calendar, wrong)).refused(422, "invalid_fields");
        assert_eq!(no["violations"][0]["pointer"], pointer);
    }
    let (mia, own) = calendar.client("Mia");
    nobody.get(&next(&calendar, &format!("client_id={own}"))).refused(401, "unauthenticated");
    let first = mia.get(&next(&calendar, &format!("client_id={own}&therapist_id={}", calendar.therapist))).expect(200);
    let start = items(&first)[0]["start"].as_str().unwrap();
    calendar.book(&mia, &own, start).expect(201);
}

/// A session type like the calendar's own, but for some members.
fn session_type(calendar: &Calendar<'_>, changes: &Value) -> String {
    let wanted = json!([{ "any_of": [calendar.practice.credential_type("upledger_cst_t")] }]);
    let mut ask = session(60, (15, 15), 15, &wanted);
    ask.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    id(&calendar.admin.post("/api/v1/session-types", &ask).expect(201))
}

fn two_therapists_are_found_where_both_are_free(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let ((noa, hers), (_, eves)) = (calendar.colleague("Noa"), calendar.colleague("Eve"));
    calendar.works(&hers, "12:00", "14:00");
    calendar.works(&eves, "13:00", "15:00");
    let nobody = practice.anonymous();
    let needless = format!("{TUESDAY}&therapist_id={}&co_therapist_id={hers}", calendar.therapist);
    let no = nobody.get(&path(&calendar, &needless)).refused(422, "invalid_fields");
    assert_eq!(no["violations"][0]["pointer"], "co_therapist_id");

    calendar.session_type = session_type(&calendar, &json!({ "therapists_needed": 2 }));
    let listed = |rest: &str| {
        let listed = nobody.get(&path(&calendar, &format!("{TUESDAY}{rest}"))).expect(200);
        let told = |slot: &Value| {
            let name = |field: &str| slot[field].as_str().unwrap().to_owned();
            (name("start")[11..16].to_owned(), name("therapist_id"), name("co_therapist_id"))
        };
        items(&listed).iter().map(told).collect::<Vec<_>>()
    };
    let both = listed(&format!("&therapist_id={}&co_therapist_id={hers}", calendar.therapist));
    let starts: Vec<_> = both.iter().map(|(start, ..)| start.as_str()).collect();
    assert_eq!(starts, ["12:00", "12:15", "12:30", "12:45", "13:00"]);
    assert!(both.iter().all(|(_, one, other)| *one == calendar.therapist && *other == hers));
    // Mara with either, and both of them with each other at one o'clock.
    let any = listed("");
    assert_eq!((any.len(), any.iter().filter(|(start, ..)| start == "13:00").count()), (5 + 5 + 1, 3));
    let with_noa = listed(&format!("&therapist_id={hers}"));
    assert_eq!((with_noa.len(), with_noa.iter().all(|(_, one, _)| *one == hers)), (6, true));
    let same = format!("{TUESDAY}&therapist_id={hers}&co_therapist_id={hers}");
    nobody.get(&path(&calendar, &same)).refused(422, "invalid_fields");

    // At nine Mara is alone; at noon Noa is there too.
    let why = |at: &str| {
        let rest = format!("therapist_id={}&explain=true&at=2027-03-02T{at}:00Z", calendar.therapist);
        calendar.desk.get(&path(&calendar, &rest)).expect(200)["explanations"][0].clone()
    };
    assert_eq!((&why("09:00")["bookable"], &why("09:00")["code"]), (&json!(false), &json!("no_co_therapist")));
    assert_eq!(why("12:00")["bookable"], true);
    let off = json!({ "start": "2027-03-02T00:00:00Z", "end": "2027-03-02T13:30:00Z" });
    noa.post(&format!("/api/v1/therapists/{hers}/time-off"), &off).expect(201);
    assert_eq!(listed(&format!("&therapist_id={hers}")), []);
    let soon = nobody.get(&next(&calendar, &format!("therapist_id={hers}&from=2027-03-02T00:00:00Z"))).expect(200);
    assert_eq!(items(&soon)[0]["start"], "2027-03-03T12:00:00Z");
}

fn a_therapists_own_terms_are_listed_and_booked(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let own = format!("/api/v1/therapists/{}/offerings/{}", calendar.therapist, calendar.session_type);
    let terms = json!({ "price_minor": 4_200, "duration_minutes": 30 });
    calendar.mara.put(&own, &json!(0), &terms).expect(200);
    let (mia, client) = calendar.client("Mia");
    let listed = mia.get(&path(&calendar, TUESDAY)).expect(200);
    let last = items(&listed).last().unwrap();
    assert_eq!((&last["start"], &last["end"]), (&json!("2027-03-02T17:30:00Z"), &json!("2027-03-02T18:00:00Z")));
    assert_eq!((&last["price_minor"], &last["currency"]), (&json!(4_200), &json!("EUR")));
    let booked = calendar.book(&mia, &client, "2027-03-02T17:30:00Z").expect(201);
    assert_eq!(booked["price"]["amount_minor"].as_i64().or(booked["price_minor"].as_i64()), Some(4_200));
}

fn a_room_is_needed_where_the_session_type_says_so(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    calendar.session_type = session_type(&calendar, &json!({ "room_kind": "treatment", "room_rest_minutes": 30 }));
    assert!(calendar.slots(&practice.anonymous(), TUESDAY).is_empty());
    let room = json!({ "location_id": calendar.location, "name": "Blue room", "kind": "treatment" });
    calendar.admin.post("/api/v1/rooms", &room).expect(201);
    assert_eq!(calendar.slots(&practice.anonymous(), TUESDAY).len(), 37);
    let explain = path(&calendar, "explain=true&at=2027-03-02T08:00:00Z");
    assert_eq!(calendar.desk.get(&explain).expect(200)["explanations"][0]["bookable"], true);
}

fn limits_are_kept_by_listing_and_by_booking(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let limits = format!("/api/v1/therapists/{}/day-limits", calendar.therapist);
    calendar.mara.put(&limits, &json!(0), &json!({ "hands_on_minutes": 120 })).expect(200);
    let (mia, own) = calendar.client("Mia");
    for start in ["2027-03-02T09:00:00Z", "2027-03-02T12:00:00Z"] {
        calendar.book(&mia, &own, start).expect(201);
    }
    assert!(calendar.slots(&mia, TUESDAY).is_empty());
    let no = calendar.book(&mia, &own, "2027-03-02T15:00:00Z").refused(422, "limit_reached");
    assert_eq!(no["limit"], "hands_on_minutes");
    calendar.book(&mia, &own, "2027-03-03T15:00:00Z").expect(201);
}

/// What is told of Mara's calendar.
fn why(calendar: &Calendar<'_>, by: &Caller<'_>, at: &str) -> String {
    let rest = format!("therapist_id={}&explain=true&at={at}", calendar.therapist);
    let told = by.get(&path(calendar, &rest)).expect(200);
    let [explanation] = &told["explanations"].as_array().unwrap()[..] else { panic!("{told}") };
    assert_eq!(explanation["therapist_id"], calendar.therapist);
    assert_eq!(explanation["bookable"] == true, items(&told).len() == 1);
    if explanation["bookable"] == true {
        return "bookable".to_owned();
    }
    assert!(explanation["detail"].as_str().unwrap().len() > 10);
    explanation["code"].as_str().unwrap().to_owned()
}

fn those_who_keep_the_calendar_are_told_why(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    calendar.book(&mia, &own, "2027-03-02T12:00:00Z").expect(201);
    let of_mara = format!("/api/v1/therapists/{}", calendar.therapist);
    let post = |rest: &str, body: &Value| calendar.admin.post(&format!("{of_mara}/{rest}"), body).expect(201);
    post("time-off", &json!({ "start": "2027-03-03T08:00:00Z", "end": "2027-03-03T17:00:00Z" }));
    let place = &calendar.location;
    post("overrides", &json!({ "location_id": place, "date": "2027-03-04", "spans": [] }));
    post(
        "overrides",
        &json!({ "location_id": place, "date": "2027-03-05", "spans": [{ "start": "09:00", "end": "11:00" }] }),
    );
    let holiday = json!({ "location_id": null, "date": "2027-03-06", "yearly": false, "name": "Spring" });
    calendar.admin.post("/api/v1/holidays", &holiday).expect(201);
    for (at, code) in [
        ("2027-03-01T08:30:00Z", "too_soon"),
        ("2028-03-01T08:30:00Z", "too_far_ahead"),
        ("2027-03-02T07:00:00Z", "outside_hours"),
        ("2027-03-03T09:00:00Z", "time_off"),
        ("2027-03-04T09:00:00Z", "closed_that_day"),
        ("2027-03-05T11:00:00Z", "outside_hours"),
        ("2027-03-06T09:00:00Z", "holiday"),
        ("2027-03-02T08:05:00Z", "not_on_grid"),
        ("2027-03-02T12:00:00Z", "slot_unavailable"),
        ("2027-05-02T12:00:00Z", "certification_expired"),
        ("2027-03-05T09:00:00Z", "bookable"),
    ] {
        assert_eq!(why(&calendar, &calendar.desk, at), code, "{at}");
        assert_eq!(why(&calendar, &calendar.mara, at), code, "{at}");
    }
    let (_, noa) = calendar.colleague("Noa");
    let of_all = calendar.desk.get(&path(&calendar, "explain=true&at=2027-03-02T12:00:00Z")).expect(200);
    let told = |therapist: &str| {
        let told = of_all["explanations"].as_array().unwrap().iter();
        told.filter(|one| one["therapist_id"] == therapist).map(|one| one["bookable"].clone()).collect::<Vec<_>>()
    };
    assert_eq!((told(&calendar.therapist), told(&noa)), (vec![json!(false)], vec![json!(true)]));

    let for_mia = format!("explain=true&at=2027-03-02T12:00:00Z&therapist_id={noa}&client_id={own}");
    let told = calendar.desk.get(&path(&calendar, &for_mia)).expect(200);
    assert_eq!(told["explanations"][0]["code"], "client_already_booked");
    calendar.sets("intake_timing", &json!("before_booking"));
    let for_mia = format!("explain=true&at=2027-03-02T15:00:00Z&therapist_id={noa}&client_id={own}");
    let told = calendar.desk.get(&path(&calendar, &for_mia)).expect(200);
    assert_eq!(told["explanations"][0]["code"], "intake_required");
}

fn nobody_else_is_told_why(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (noa, hers) = calendar.colleague("Noa");
    let of_mara = path(&calendar, &format!("explain=true&at=2027-03-02T12:00:00Z&therapist_id={}", calendar.therapist));
    let of_all = path(&calendar, "explain=true&at=2027-03-02T12:00:00Z");
    for path in [&of_mara, &of_all] {
        practice.anonymous().get(path).refused(401, "unauthenticated");
        practice.client(if path == &of_all { "Leo" } else { "Mia" }).get(path).refused(403, "forbidden");
        noa.get(path).refused(403, "forbidden");
    }
    noa.get(&path(&calendar, &format!("explain=true&at=2027-03-02T12:00:00Z&therapist_id={hers}"))).expect(200);
    let plain = practice.anonymous().get(&path(&calendar, &format!("{TUESDAY}&explain=false"))).expect(200);
    assert_eq!(plain.get("explanations"), None);
    let refused = |rest: &str, pointer: &str| {
        let no = calendar.desk.get(&path(&calendar, rest)).refused(422, "invalid_fields");
        assert_eq!(no["violations"][0]["pointer"], pointer, "{rest}");
    };
    refused("explain=true", "at");
    refused("explain=true&at=noon", "at");
    refused("explain=true&at=2027-03-02T12:00", "time_zone");
    refused(&format!("{TUESDAY}&at=2027-03-02T12:00:00Z"), "at");
    refused("to=2027-03-02T12:00:00Z", "from");
}

fn a_local_start_is_read_by_the_clocks_of_its_zone(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let explain =
        |at: &str| calendar.desk.get(&path(&calendar, &format!("explain=true&time_zone=America/New_York&at={at}")));
    let slot = explain("2027-03-15T08:00").expect(200)["items"][0].clone();
    assert_eq!((&slot["start"], &slot["local_start"]), (&json!("2027-03-15T12:00:00Z"), &json!("2027-03-15T08:00:00")));
    explain("2027-03-14T02:30").refused(422, "nonexistent_local_time");
    explain("2027-11-07T01:30").refused(422, "ambiguous_local_time");
    let told = explain("2027-11-07T01:30:00-05:00").expect(200);
    assert_eq!(told["explanations"][0]["code"], "too_far_ahead");
}
