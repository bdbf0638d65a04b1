//! What is said of time beside the weekly hours: single dates, holidays, time off, limits, rooms and own terms.

use std::collections::BTreeSet;
use std::sync::Barrier;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, id};
use crate::on_each_store;

on_each_store!(
    a_date_has_hours_of_its_own,
    a_holiday_closes_one_place_or_all,
    who_sets_a_rule_is_told_whom_it_touches,
    time_off_comes_again_every_year,
    why_somebody_is_off_is_told_to_few,
    a_day_holds_no_more_than_its_limits,
    a_session_type_has_limits_of_its_own,
    a_therapist_has_terms_of_their_own,
    rooms_are_added_changed_and_retired,
    a_session_needs_a_room_of_its_kind,
    every_change_of_a_rule_is_in_the_log,
    a_holiday_tells_of_every_booking_that_it_does_not_refuse,
);

const TUESDAY: &str = "from=2027-03-02T00:00:00Z&to=2027-03-03T00:00:00Z";

fn of(calendar: &Calendar<'_>, what: &str) -> String {
    format!("/api/v1/therapists/{}/{what}", calendar.therapist)
}

/// Starts on Tuesday, for anybody.
fn tuesday(calendar: &Calendar<'_>) -> Vec<String> {
    let starts = calendar.slots(&calendar.practice.anonymous(), TUESDAY);
    starts.iter().map(|start| start[11..16].to_owned()).collect()
}

fn on_tuesday(calendar: &Calendar<'_>, spans: &Value) -> Value {
    json!({ "location_id": calendar.location, "date": "2027-03-02", "spans": spans })
}

/// Changes what a session type is made with.
fn retype(calendar: &Calendar<'_>, changes: &Value) {
    let path = format!("/api/v1/session-types/{}", calendar.session_type);
    let mut ask = calendar.admin.get(&path).expect(200);
    let (members, mut version) = (ask.as_object_mut().unwrap(), json!(0));
    members.retain(|name, value| {
        if name == "version" {
            version = value.clone();
        }
        !["id", "active", "version"].contains(&name.as_str())
    });
    for group in members["requirements"].as_array_mut().unwrap() {
        group["any_of"] = group["any_of"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    }
    members.extend(changes.as_object().unwrap().clone());
    calendar.admin.put(&path, &version, &ask).expect(200);
}

fn a_date_has_hours_of_its_own(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (path, before) = (of(&calendar, "overrides"), tuesday(&calendar));
    let hours =
        on_tuesday(&calendar, &json!([{ "start": "19:00", "end": "20:00" }, { "start": "06:00", "end": "07:15" }]));
    let made = calendar.mara.post(&path, &hours);
    let location = made.header("location").unwrap().to_owned();
    let made = made.expect(201);
    assert_eq!((&made["zone"], &made["spans"][0]["start"]), (&json!("UTC"), &json!("06:00")));
    assert_eq!(tuesday(&calendar), ["06:00", "06:15", "19:00"]);
    // One date is said once for a place, whoever says it.
    let again = calendar.admin.post(&path, &on_tuesday(&calendar, &json!([]))).refused(409, "already_exists");
    assert_eq!(again["violations"][0]["pointer"], "/date");
    let listed = |query: &str| calendar.desk.get(&format!("{path}?{query}")).expect(200)["items"].clone();
    assert_eq!(listed("from=2027-03-02&to=2027-03-02"), json!([made]));
    assert_eq!((listed("from=2027-03-03"), listed("to=2027-03-01")), (json!([]), json!([])));

    let mut wrong = on_tuesday(&calendar, &json!([{ "start": "9", "end": "10:00" }]));
    wrong["location_id"] = json!("0197a3a0-5b1e-7c3d-8f00-000000000001");
    let no = calendar.mara.post(&path, &wrong).refused(422, "invalid_fields");
    let found: Vec<_> = no["violations"].as_array().unwrap().iter().map(|one| &one["pointer"]).collect();
    assert_eq!(found, ["/spans/0/start", "/location_id"]);

    let (noa, _) = practice.therapist(&calendar.admin, "Noa");
    noa.get(&path).refused(404, "not_found");
    noa.post(&path, &hours).refused(404, "not_found");
    noa.send("DELETE", &location, &[], None).refused(404, "not_found");
    assert_eq!(calendar.mara.send("DELETE", &location, &[], None).status, 204);
    calendar.mara.send("DELETE", &location, &[], None).refused(404, "not_found");
    assert_eq!(tuesday(&calendar), before);
    calendar.mara.post(&path, &on_tuesday(&calendar, &json!([]))).expect(201);
    assert_eq!(tuesday(&calendar), Vec::<String>::new());
}

fn a_holiday_closes_one_place_or_all(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let before = tuesday(&calendar);
    let elsewhere = json!({ "name": "Berlin", "address_lines": ["Ufer 1"], "zone": "Europe/Berlin" });
    let elsewhere = calendar.admin.post("/api/v1/locations", &elsewhere).expect(201);
    let declare = |location: &Value, date: &str, yearly: bool| {
        let ask = json!({ "location_id": location, "date": date, "yearly": yearly, "name": "Rest" });
        calendar.admin.post("/api/v1/holidays", &ask)
    };
    declare(&elsewhere["id"], "2027-03-02", false).expect(201);
    assert_eq!(tuesday(&calendar), before);
    let closed = declare(&json!(calendar.location), "2027-03-02", false);
    let location = closed.header("location").unwrap().to_owned();
    closed.expect(201);
    assert_eq!(tuesday(&calendar), Vec::<String>::new());
    // Who says that they work on a holiday does.
    let hours = on_tuesday(&calendar, &json!([{ "start": "09:00", "end": "10:00" }]));
    let worked = calendar.mara.post(&of(&calendar, "overrides"), &hours);
    assert_eq!(tuesday(&calendar), ["09:00"]);
    let worked = worked.header("location").unwrap().to_owned();
    assert_eq!(calendar.mara.send("DELETE", &worked, &[], None).status, 204);
    assert_eq!(calendar.admin.send("DELETE", &location, &[], None).status, 204);
    assert_eq!(tuesday(&calendar), before);
    practice.pass(TimeDelta::seconds(1));
    declare(&Value::Null, "2020-03-02", true).expect(201);
    assert_eq!(tuesday(&calendar), Vec::<String>::new());
    let listed = practice.anonymous().get("/api/v1/holidays").expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert_eq!((&listed["items"][1]["yearly"], &listed["items"][1]["location_id"]), (&json!(true), &Value::Null));
    let nowhere = json!("0197a3a0-5b1e-7c3d-8f00-000000000001");
    assert_eq!(
        declare(&nowhere, "2027-03-02", false).refused(422, "invalid_fields")["violations"][0]["pointer"],
        "/location_id"
    );
}

fn who_sets_a_rule_is_told_whom_it_touches(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let ((mia, own), (leo, his)) = (calendar.client("Mia"), calendar.client("Leo"));
    let early = id(&calendar.book(&mia, &own, "2027-03-02T09:00:00Z").expect(201));
    let late = id(&calendar.book(&leo, &his, "2027-03-02T15:00:00Z").expect(201));
    let next = id(&calendar.book(&mia, &own, "2027-03-03T09:00:00Z").expect(201));
    let (noa, other) = calendar.colleague("Noa");

    let off = json!({ "start": "2027-03-02T15:30:00Z", "end": "2027-03-02T20:00:00Z" });
    let taken = calendar.mara.post(&of(&calendar, "time-off"), &off).expect(201);
    assert_eq!(taken["bookings_affected"], json!([late]));
    let hers = noa.post(&format!("/api/v1/therapists/{other}/time-off"), &off).expect(201);
    assert_eq!(hers["bookings_affected"], json!([]));
    let hours = on_tuesday(&calendar, &json!([{ "start": "09:00", "end": "12:00" }]));
    let written = calendar.mara.post(&of(&calendar, "overrides"), &hours).expect(201);
    assert_eq!(written["bookings_affected"], json!([late]));
    // Of that Tuesday something else was said; on the Wednesday the new week leaves hers out.
    let path = of(&calendar, "working-hours");
    let version = calendar.admin.get(&path).expect(200)["version"].clone();
    let written = calendar.mara.put(&path, &version, &calendar.week("09:30", "18:00")).expect(200);
    assert_eq!(written["bookings_affected"], json!([next]));
    assert_eq!(calendar.desk.get(&path).expect(200)["bookings_affected"], json!([next]));
    let path = of(&calendar, "day-limits");
    let limits = json!({ "hands_on_minutes": 60 });
    let set = calendar.mara.put(&path, &json!(0), &limits).expect(200);
    assert_eq!(set["bookings_affected"], json!([early, late]), "the Tuesday is fuller");
    let set = calendar.mara.put(&path, &json!(1), &json!({ "in_a_row": 1 })).expect(200);
    assert_eq!(set["bookings_affected"], json!([]), "there is a pause between them");
    let holiday = json!({ "date": "2027-03-02", "name": "Rest" });
    let declared = calendar.admin.post("/api/v1/holidays", &holiday).expect(201);
    assert_eq!(declared["bookings_affected"], json!([early, late]));

    // Nothing moved, and the list empties as people decide.
    let booking = leo.get(&format!("/api/v1/bookings/{late}")).expect(200);
    assert_eq!(booking["state"], "confirmed");
    let why = json!({ "reason": "client_request" });
    leo.act(&format!("/api/v1/bookings/{late}/cancel"), &booking["version"], &why).expect(200);
    let listed = calendar.desk.get(&of(&calendar, "time-off")).expect(200);
    assert_eq!(listed["items"][0]["bookings_affected"], json!([]));
    assert!(!practice.anonymous().get("/api/v1/holidays").expect(200).to_string().contains(&early));
}

fn time_off_comes_again_every_year(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (path, before) = (of(&calendar, "time-off"), tuesday(&calendar));
    let days = |from: &str, until: &str| json!({ "yearly": { "from": from, "until": until, "zone": "UTC" } });
    let made = calendar.mara.post(&path, &days("02-27", "03-02"));
    let location = made.header("location").unwrap().to_owned();
    let made = made.expect(201);
    assert_eq!((&made["start"], &made["yearly"]["until"]), (&Value::Null, &json!("03-02")));
    assert_eq!(tuesday(&calendar), Vec::<String>::new());
    let wednesday = "from=2027-03-03T00:00:00Z&to=2027-03-04T00:00:00Z";
    assert_eq!(calendar.slots(&practice.anonymous(), wednesday).len(), before.len());
    assert_eq!(calendar.mara.send("DELETE", &location, &[], None).status, 204);
    assert_eq!(tuesday(&calendar), before);

    let mut both = days("03-01", "03-02");
    both["start"] = json!("2027-03-02T08:00:00Z");
    for (wrong, pointer) in [(both, "/yearly"), (days("02-30", "03-02"), "/yearly/from"), (json!({}), "/start")] {
        let no = calendar.mara.post(&path, &wrong).refused(422, "invalid_fields");
        assert_eq!(no["violations"][0]["pointer"], pointer);
    }
}

fn why_somebody_is_off_is_told_to_few(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let path = of(&calendar, "time-off");
    let mut ask = json!({ "start": "2027-03-02T08:00:00Z", "end": "2027-03-02T17:00:00Z", "reason": "illness", "note": "a cold" });
    assert_eq!(calendar.mara.post(&path, &ask).expect(201)["reason_visible_to"], "self");
    practice.pass(TimeDelta::seconds(1));
    ask["reason_visible_to"] = json!("staff");
    calendar.mara.post(&path, &ask).expect(201);
    let told = |by: &Caller<'_>| {
        let items = by.get(&path).expect(200)["items"].clone();
        [0, 1].map(|index| items[index]["note"].as_str().unwrap_or("-").to_owned())
    };
    assert_eq!(told(&calendar.mara), ["a cold", "a cold"]);
    assert_eq!(told(&calendar.desk), ["-", "a cold"]);
    assert_eq!(told(&calendar.admin), ["-", "a cold"]);
    let (mia, own) = calendar.client("Mia");
    mia.get(&path).refused(403, "forbidden");
    let refused = calendar.book(&mia, &own, "2027-03-02T09:00:00Z").refused(422, "outside_availability");
    assert!(!refused.to_string().contains("illness"));
    let log = calendar.admin.get("/api/v1/audit-events?action=time_off.added").expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 2);
    assert!(!log.to_string().contains("illness") && !log.to_string().contains("cold"));
}

fn a_day_holds_no_more_than_its_limits(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let path = of(&calendar, "day-limits");
    let blank = calendar.desk.get(&path);
    assert_eq!(blank.header("etag"), Some("\"0\""));
    assert_eq!(blank.expect(200)["pause_minutes"], 15);
    let most = json!({ "hands_on_minutes": 60, "in_a_row": null });
    calendar.mara.send("PUT", &path, &[], Some(&most)).refused(428, "if_match_required");
    calendar.mara.put(&path, &json!(0), &most).expect(200);
    calendar.mara.put(&path, &json!(0), &most).refused(412, "version_mismatch");
    let (mia, own) = calendar.client("Mia");
    calendar.book(&mia, &own, "2027-03-02T09:00:00Z").expect(201);
    assert_eq!(tuesday(&calendar), Vec::<String>::new());
    let (leo, his) = calendar.client("Leo");
    calendar.book(&leo, &his, "2027-03-02T14:00:00Z").refused(422, "limit_reached");
    // A limit that is lifted is gone, and one below what is booked moves nothing.
    calendar.admin.put(&path, &json!(1), &json!({ "hands_on_minutes": 120 })).expect(200);
    calendar.book(&leo, &his, "2027-03-02T14:00:00Z").expect(201);
    let lower = calendar.admin.put(&path, &json!(2), &json!({ "in_a_row": 1, "pause_minutes": 60 })).expect(200);
    assert_eq!((&lower["hands_on_minutes"], &lower["version"]), (&Value::Null, &json!(3)));
    let no = calendar.mara.put(&path, &json!(3), &json!({ "in_a_row": 0 })).refused(422, "invalid_fields");
    assert_eq!(no["violations"][0]["pointer"], "/in_a_row");
    calendar.desk.put(&path, &json!(3), &most).refused(403, "forbidden");
}

fn a_session_type_has_limits_of_its_own(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    retype(&calendar, &json!({ "min_notice_minutes": 2880 }));
    calendar.book(&mia, &own, "2027-03-02T09:00:00Z").refused(422, "too_soon");
    retype(&calendar, &json!({ "min_notice_minutes": null, "max_advance_days": 1 }));
    calendar.book(&mia, &own, "2027-03-02T09:00:00Z").refused(422, "too_far_ahead");
    retype(&calendar, &json!({ "max_advance_days": null, "max_per_day": 1, "max_per_week": 2 }));
    calendar.book(&mia, &own, "2027-03-02T09:00:00Z").expect(201);
    calendar.book(&mia, &own, "2027-03-02T14:00:00Z").refused(422, "limit_reached");
    calendar.book(&mia, &own, "2027-03-03T09:00:00Z").expect(201);
    calendar.book(&mia, &own, "2027-03-07T09:00:00Z").refused(422, "limit_reached");
    calendar.book(&mia, &own, "2027-03-08T09:00:00Z").expect(201);
    // Nobody said when Leo was born, so nobody can say that he is too young; Ida is.
    retype(&calendar, &json!({ "max_per_day": null, "max_per_week": null, "min_age_years": 18 }));
    let ida = json!({ "name": "Ida", "date_of_birth": "2015-05-01", "email": null, "phone": null });
    let ida = calendar.desk.post("/api/v1/clients", &ida).expect(201);
    let no = calendar.book(&calendar.desk, &id(&ida), "2027-03-02T14:00:00Z").refused(422, "policy_violation");
    assert_eq!(no["rule"], "age");
    let shown = practice.anonymous().get(&format!("/api/v1/session-types/{}", calendar.session_type)).expect(200);
    assert_eq!((&shown["min_age_years"], &shown["therapists_needed"]), (&json!(18), &json!(1)));
}

fn a_therapist_has_terms_of_their_own(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let path = of(&calendar, &format!("offerings/{}", calendar.session_type));
    let terms = json!({ "price_minor": 11000, "duration_minutes": 45 });
    calendar.mara.send("PUT", &path, &[], Some(&terms)).refused(428, "if_match_required");
    calendar.mara.put(&path, &json!(0), &terms).expect(200);
    calendar.mara.put(&path, &json!(0), &terms).refused(412, "version_mismatch");
    let listed = || practice.anonymous().get(&of(&calendar, "offerings")).expect(200)["items"].clone();
    assert_eq!((&listed()[0]["price_minor"], &listed()[0]["duration_minutes"]), (&json!(11000), &json!(45)));

    let (mia, own) = calendar.client("Mia");
    let booked = calendar.book(&mia, &own, "2027-03-02T09:00:00Z").expect(201);
    assert_eq!((&booked["price_minor"], &booked["ends_at"]), (&json!(11000), &json!("2027-03-02T09:45:00Z")));
    calendar.admin.put(&path, &json!(1), &json!({ "price_minor": 12000 })).expect(200);
    let remove = |version: &str| calendar.mara.send("DELETE", &path, &[("If-Match", version)], None);
    remove("\"1\"").refused(412, "version_mismatch");
    assert_eq!(remove("\"2\"").status, 204);
    assert_eq!(listed(), json!([]));
    // A later word is not mistaken for the one that was taken back.
    remove("\"3\"").refused(404, "not_found");
    assert_eq!(calendar.mara.put(&path, &json!(3), &terms).expect(200)["version"], 4);
    // What is booked keeps its price and its length, also when it is moved.
    calendar.mara.put(&path, &json!(4), &json!({ "duration_minutes": 30, "price_minor": 7000 })).expect(200);
    let booking = format!("/api/v1/bookings/{}", id(&booked));
    let kept = mia.get(&booking).expect(200);
    let moved =
        mia.act(&format!("{booking}/reschedule"), &kept["version"], &json!({ "starts_at": "2027-03-02T14:00:00Z" }));
    let moved = moved.expect(200);
    assert_eq!((&moved["price_minor"], &moved["ends_at"]), (&json!(11000), &json!("2027-03-02T14:45:00Z")));

    let no = calendar.mara.put(&path, &json!(5), &json!({ "duration_minutes": 75 })).refused(422, "invalid_fields");
    assert_eq!(no["violations"][0]["pointer"], "/duration_minutes");
    let unknown = of(&calendar, "offerings/0197a3a0-5b1e-7c3d-8f00-000000000001");
    calendar.mara.put(&unknown, &json!(0), &terms).refused(404, "not_found");
    let (noa, _) = practice.therapist(&calendar.admin, "Noa");
    noa.put(&path, &json!(5), &terms).refused(404, "not_found");
}

fn rooms_are_added_changed_and_retired(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let ask = json!({ "location_id": calendar.location, "name": "Blue", "kind": "Treatment" });
    let room = calendar.admin.post("/api/v1/rooms", &ask).expect(201);
    assert_eq!((&room["kind"], &room["version"]), (&json!("treatment"), &json!(1)));
    let path = format!("/api/v1/rooms/{}", id(&room));
    let green = json!({ "name": "Green", "kind": "table" });
    assert_eq!(calendar.admin.put(&path, &json!(1), &green).expect(200)["name"], "Green");
    calendar.admin.put(&path, &json!(1), &green).refused(412, "version_mismatch");
    calendar.desk.put(&path, &json!(2), &green).refused(403, "forbidden");
    let mut wrong = ask.clone();
    (wrong["location_id"], wrong["kind"]) = (json!("0197a3a0-5b1e-7c3d-8f00-000000000001"), json!(""));
    let no = calendar.admin.post("/api/v1/rooms", &wrong).refused(422, "invalid_fields");
    let found: Vec<_> = no["violations"].as_array().unwrap().iter().map(|one| &one["pointer"]).collect();
    assert_eq!(found, ["/location_id", "/kind"]);
    calendar.admin.act(&format!("{path}/retire"), &json!(2), &json!({})).expect(200);
    calendar.admin.act(&format!("{path}/retire"), &json!(3), &json!({})).refused(409, "invalid_transition");
    calendar.admin.put(&path, &json!(3), &green).refused(409, "invalid_transition");
    assert_eq!(calendar.desk.get("/api/v1/rooms").expect(200)["items"], json!([]));
    assert_eq!(calendar.mara.get("/api/v1/rooms?all=true").expect(200)["items"][0]["active"], false);
    practice.client("Mia").get("/api/v1/rooms").refused(403, "forbidden");
}

fn a_session_needs_a_room_of_its_kind(practice: Practice) {
    let calendar = Calendar::of(&practice);
    retype(&calendar, &json!({ "room_kind": "Treatment", "room_rest_minutes": 60 }));
    assert_eq!(tuesday(&calendar), Vec::<String>::new());
    let (mia, own) = calendar.client("Mia");
    calendar.book(&mia, &own, "2027-03-02T09:00:00Z").refused(409, "room_unavailable");
    let add = |kind: &str| {
        let ask = json!({ "location_id": calendar.location, "name": kind, "kind": kind });
        calendar.admin.post("/api/v1/rooms", &ask).expect(201)
    };
    add("table");
    assert_eq!(tuesday(&calendar), Vec::<String>::new());
    let room = add("treatment");
    assert!(!tuesday(&calendar).is_empty());
    calendar.book(&mia, &own, "2027-03-02T09:00:00Z").expect(201);
    let retire = format!("/api/v1/rooms/{}/retire", id(&room));
    calendar.admin.act(&retire, &json!(1), &json!({})).expect(200);
    assert_eq!(tuesday(&calendar), Vec::<String>::new());
}

fn every_change_of_a_rule_is_in_the_log(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mara, admin) = (&calendar.mara, &calendar.admin);
    let gone = |by: &Caller<'_>, path: &str, ask: &Value| {
        let location = by.post(path, ask).header("location").unwrap().to_owned();
        assert_eq!(by.send("DELETE", &location, &[], None).status, 204);
    };
    gone(mara, &of(&calendar, "overrides"), &on_tuesday(&calendar, &json!([])));
    gone(admin, "/api/v1/holidays", &json!({ "date": "2027-03-02", "name": "Rest" }));
    mara.put(&of(&calendar, "day-limits"), &json!(0), &json!({ "in_a_row": 3 })).expect(200);
    let own = of(&calendar, &format!("offerings/{}", calendar.session_type));
    mara.put(&own, &json!(0), &json!({ "price_minor": 1 })).expect(200);
    assert_eq!(mara.send("DELETE", &own, &[("If-Match", "\"1\"")], None).status, 204);
    let room = json!({ "location_id": calendar.location, "name": "Blue", "kind": "treatment" });
    let room = format!("/api/v1/rooms/{}", id(&admin.post("/api/v1/rooms", &room).expect(201)));
    admin.put(&room, &json!(1), &json!({ "name": "Green", "kind": "treatment" })).expect(200);
    admin.act(&format!("{room}/retire"), &json!(2), &json!({})).expect(200);
    for action in [
        "override.written",
        "override.removed",
        "holiday.declared",
        "holiday.lifted",
        "day_limits.set",
        "offering.written",
        "offering.withdrawn",
        "room.added",
        "room.changed",
        "room.retired",
    ] {
        let log = admin.get(&format!("/api/v1/audit-events?action={action}")).expect(200);
        assert_eq!(log["items"].as_array().unwrap().len(), 1, "{action}");
    }
}

fn a_holiday_tells_of_every_booking_that_it_does_not_refuse(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let record = |number| calendar.desk.post("/api/v1/clients", &json!({ "name": format!("Racer {number}") }));
    let clients: Vec<String> = (0..7).map(|number| id(&record(number).expect(201))).collect();
    for day in ["2027-03-02", "2027-03-03", "2027-03-04"] {
        let together = Barrier::new(clients.len() + 1);
        let (booked, declared) = std::thread::scope(|scope| {
            let racers = clients.iter().zip(["08:00", "09:30", "11:00", "12:30", "14:00", "15:30", "17:00"]);
            let racers = racers.map(|(client, time)| {
                let ask = calendar.ask(client, &format!("{day}T{time}:00Z"));
                let (desk, together) = (&calendar.desk, &together);
                scope.spawn(move || {
                    together.wait();
                    desk.post("/api/v1/bookings", &ask)
                })
            });
            let racers: Vec<_> = racers.collect();
            together.wait();
            let declared = calendar.admin.post("/api/v1/holidays", &json!({ "date": day, "name": "Rest" }));
            (racers.into_iter().map(|racer| racer.join().unwrap()).collect::<Vec<_>>(), declared.expect(201))
        });
        let mut stand = BTreeSet::new();
        for reply in booked {
            if reply.status == 201 {
                stand.insert(reply.expect(201)["id"].clone().as_str().unwrap().to_owned());
            } else {
                reply.refused(422, "outside_availability");
            }
        }
        let told = declared["bookings_affected"].as_array().unwrap().iter();
        assert_eq!(told.map(|one| one.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(), stand);
    }
}
