//! A course of sessions: proposed, booked whole or as far as it goes, and changed from one session on.

mod clocks;

use serde_json::{Value, json};

use crate::app::{Caller, Practice, Reply};
use crate::calendar::{Calendar, at, blocks, hand_in, id, signed_in, step};
use crate::on_each_store;
use crate::races::{registered, run};

on_each_store!(
    a_course_is_booked_as_it_is_proposed,
    all_of_a_course_or_what_is_possible,
    each_session_counts_for_those_after_it,
    a_course_is_asked_for_in_full,
    screening_refuses_the_whole,
    a_session_and_those_after_it_are_moved,
    a_session_and_those_after_it_are_called_off,
    sessions_that_changed_places_are_moved_by_their_time,
    what_has_begun_stays,
    a_course_waits_for_approval_and_carries_blocks,
    a_course_is_seen_with_its_sessions,
    courses_that_cross_are_booked_one_by_one,
);

const SERIES: &str = "/api/v1/booking-series";
const PROPOSALS: &str = "/api/v1/booking-series/proposals";

/// Three Tuesdays at ten.
const TUESDAYS: [&str; 3] = ["2027-03-02T10:00:00Z", "2027-03-09T10:00:00Z", "2027-03-16T10:00:00Z"];

fn with(mut ask: Value, more: &Value) -> Value {
    ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ask
}

/// Three Tuesdays with Mara, by cadence.
fn weekly(calendar: &Calendar<'_>, client: &str, window: i64) -> Value {
    let cadence = json!({ "cadence": "weekly", "count": 3, "window_minutes": window });
    with(calendar.ask(client, TUESDAYS[0]), &cadence)
}

/// Chosen starts with Mara.
fn chosen(calendar: &Calendar<'_>, client: &str, starts: &[&str]) -> Value {
    json!({
        "client_id": client, "therapist_id": calendar.therapist, "session_type_id": calendar.session_type,
        "starts": starts, "mode": "all",
    })
}

fn course(by: &Caller<'_>, ask: &Value, mode: &str) -> Reply {
    by.post(SERIES, &with(ask.clone(), &json!({ "mode": mode })))
}

fn occurrences(answer: &Value) -> &Vec<Value> {
    answer["occurrences"].as_array().unwrap()
}

/// When each session is to begin, or why it cannot be.
fn outcome(answer: &Value) -> Vec<&str> {
    occurrences(answer)
        .iter()
        .map(|one| one["booking"]["starts_at"].as_str().or(one["code"].as_str()).unwrap_or_default())
        .collect()
}

fn local(answer: &Value) -> Vec<&str> {
    occurrences(answer).iter().map(|one| one["booking"]["local_start"].as_str().unwrap_or_default()).collect()
}

fn starts_of(by: &Caller<'_>, client: &str) -> Vec<String> {
    let listed =
        by.get(&format!("/api/v1/bookings?client_id={client}&order=starts_at&state=pending,confirmed")).expect(200);
    listed["items"].as_array().unwrap().iter().map(|one| one["starts_at"].as_str().unwrap().to_owned()).collect()
}

fn change(by: &Caller<'_>, series: &Value, verb: &str, body: &Value) -> Reply {
    by.act(&format!("{SERIES}/{}/{verb}", id(series)), &series["version"], body)
}

fn a_course_is_booked_as_it_is_proposed(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    calendar.book(&leo, &other, TUESDAYS[1]).expect(201);

    let strict = mia.post(PROPOSALS, &weekly(&calendar, &own, 0)).expect(200);
    assert_eq!(outcome(&strict), [TUESDAYS[0], "slot_unavailable", TUESDAYS[2]]);
    let taken = &occurrences(&strict)[1];
    assert_eq!((&taken["bookable"], &taken["wished_at"]), (&json!(false), &json!(TUESDAYS[1])));
    assert_eq!(taken["problem"]["alternatives"][0], "2027-03-09T08:30:00Z");
    // 15 minutes before and after each: an hour and a half either way, and of two as near the earlier.
    let wide = mia.post(PROPOSALS, &weekly(&calendar, &own, 90)).expect(200);
    let expected = [TUESDAYS[0], "2027-03-09T08:30:00Z", TUESDAYS[2]];
    assert_eq!(outcome(&wide), expected);
    assert_eq!(outcome(&mia.post(PROPOSALS, &weekly(&calendar, &own, 89)).expect(200)), outcome(&strict));
    assert_eq!(occurrences(&wide)[0]["booking"]["state"], "confirmed");
    assert!(starts_of(&mia, &own).is_empty(), "a proposal books nothing");

    let ask = with(weekly(&calendar, &own, 90), &json!({ "mode": "all" }));
    let key = [("Idempotency-Key", "a course")];
    let booked = mia.send("POST", SERIES, &key, Some(&ask)).expect(201);
    assert_eq!(outcome(&booked), expected);
    let again = mia.send("POST", SERIES, &key, Some(&ask));
    assert_eq!(again.expect(201)["id"], booked["id"]);
    assert_eq!(starts_of(&mia, &own), expected);

    let second = &occurrences(&booked)[1]["booking"];
    let single = mia.get(&at(second, "")).expect(200);
    assert_eq!((&single["series_id"], &single["ordinal"]), (&booked["id"], &json!(2)));
    assert_eq!(second["ordinal"], 2);
    let history = mia.get(&at(second, "/history")).expect(200);
    assert_eq!(history["items"].as_array().unwrap().len(), 1, "{history}");
    let plain = calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    assert!(plain["series_id"].is_null() && plain["ordinal"].is_null());
}

fn all_of_a_course_or_what_is_possible(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    calendar.book(&leo, &other, TUESDAYS[1]).expect(201);
    let ask = weekly(&calendar, &own, 0);

    let no = course(&mia, &ask, "all").refused(409, "series_unavailable");
    let told: Vec<_> =
        occurrences(&no).iter().map(|one| (&one["ordinal"], &one["starts_at"], &one["possible"])).collect();
    let (yes, not) = (json!(true), json!(false));
    let [one, two, three] = [1, 2, 3].map(|ordinal| json!(ordinal));
    let [first, second, third] = TUESDAYS.map(|start| json!(start));
    assert_eq!(told, [(&one, &first, &yes), (&two, &second, &not), (&three, &third, &yes)]);
    assert_eq!(occurrences(&no)[1]["code"], "slot_unavailable");
    assert!(starts_of(&mia, &own).is_empty(), "nothing was written");
    let listed = mia.get(&format!("{SERIES}?client_id={own}")).expect(200);
    assert_eq!(listed["items"], json!([]));

    let booked = course(&mia, &ask, "possible").expect(201);
    assert_eq!(outcome(&booked), [TUESDAYS[0], "slot_unavailable", TUESDAYS[2]]);
    assert!(occurrences(&booked)[1]["problem"]["alternatives"].is_array());
    assert_eq!(starts_of(&mia, &own), [TUESDAYS[0], TUESDAYS[2]]);
    let seen = mia.get(&format!("{SERIES}/{}", id(&booked))).expect(200);
    let ordinals: Vec<_> = occurrences(&seen).iter().map(|one| one["ordinal"].clone()).collect();
    assert_eq!(ordinals, [1, 3]);

    let none = chosen(&calendar, &other, &TUESDAYS);
    course(&leo, &none, "possible").refused(409, "series_unavailable");
    assert_eq!(starts_of(&leo, &other), [TUESDAYS[1]]);
}

fn each_session_counts_for_those_after_it(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    // The second begins while the first runs; the third is beyond what the practice takes in a week.
    let crossing = ["2027-03-02T10:00:00Z", "2027-03-02T10:30:00Z", "2027-03-09T10:00:00Z"];
    let crossed = course(&mia, &chosen(&calendar, &own, &crossing), "possible").expect(201);
    assert_eq!(outcome(&crossed), [crossing[0], "slot_unavailable", crossing[2]]);
    calendar.sets("max_bookings_per_client_per_week", &json!(2));
    let week = ["2027-03-15T10:00:00Z", "2027-03-16T10:00:00Z", "2027-03-17T10:00:00Z"];
    let limited = course(&mia, &chosen(&calendar, &own, &week), "all").refused(409, "series_unavailable");
    assert_eq!(occurrences(&limited)[2]["code"], "limit_reached");
    assert_eq!(starts_of(&mia, &own).len(), 2);
    course(&calendar.desk, &chosen(&calendar, &own, &week), "all").expect(201);
    let evening = ["2027-03-23T19:00:00Z", "2027-03-30T19:00:00Z", "2027-04-06T19:00:00Z"];
    let evening = chosen(&calendar, &own, &evening);
    let by_name = with(evening.clone(), &json!({ "override": ["working_hours"], "override_reason": "goodwill" }));
    course(&calendar.desk, &evening, "possible").refused(409, "series_unavailable");
    course(&mia, &by_name, "all").refused(403, "forbidden");
    course(&calendar.desk, &by_name, "all").expect(201);
}

fn a_course_is_asked_for_in_full(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let refused = |ask: &Value, pointer: &str| {
        let no = course(&mia, ask, "all").refused(422, "invalid_fields");
        let pointers: Vec<_> = no["violations"].as_array().unwrap().iter().map(|one| one["pointer"].clone()).collect();
        assert!(pointers.contains(&json!(pointer)), "{pointer}: {no}");
    };
    let plan = weekly(&calendar, &own, 0);
    refused(&with(plan.clone(), &json!({ "count": 2 })), "/count");
    refused(&with(plan.clone(), &json!({ "count": 6 })), "/count");
    refused(&with(plan.clone(), &json!({ "window_minutes": 4321 })), "/window_minutes");
    refused(&calendar.ask(&own, TUESDAYS[0]), "/cadence");
    refused(&with(plan, &json!({ "starts": TUESDAYS })), "/starts_at");
    refused(&chosen(&calendar, &own, &TUESDAYS[..2]), "/starts");
    refused(&chosen(&calendar, &own, &[]), "/starts");
    refused(&chosen(&calendar, &own, &[TUESDAYS[1], TUESDAYS[0], TUESDAYS[2]]), "/starts/1");
    refused(&chosen(&calendar, &own, &["1900-01-01T10:00:00Z", TUESDAYS[0], "9999-12-01T10:00:00Z"]), "/starts/1");
    let graduated = json!({ "cadence": "graduated", "count": 5, "window_minutes": 0 });
    let proposed = mia.post(PROPOSALS, &with(calendar.ask(&own, TUESDAYS[0]), &graduated)).expect(200);
    let days = ["2027-03-02T10:00:00Z", "2027-03-09T10:00:00Z", "2027-03-23T10:00:00Z", "2027-04-13T10:00:00Z"];
    // By the last of them her certification has run out.
    assert_eq!(outcome(&proposed), [&days[..], &["certification_expired"]].concat());
}

fn screening_refuses_the_whole(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    course(&mia, &weekly(&calendar, &own, 0), "all").expect(201);
    hand_in(&mia, &own, &json!({ "brain_swelling": { "status": "current", "onset": "unknown" } }));
    let later = ["2027-03-23T10:00:00Z", "2027-03-30T10:00:00Z", "2027-04-06T10:00:00Z"];
    for mode in ["all", "possible"] {
        course(&mia, &chosen(&calendar, &own, &later), mode).refused(422, "contraindicated");
        course(&calendar.desk, &chosen(&calendar, &own, &later), mode).refused(422, "screening_blocked");
    }
    mia.post(PROPOSALS, &weekly(&calendar, &own, 120)).refused(422, "contraindicated");
    assert_eq!(starts_of(&mia, &own), TUESDAYS);
}

fn a_session_and_those_after_it_are_moved(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let booked = course(&mia, &weekly(&calendar, &own, 0), "all").expect(201);
    let stale = json!({ "id": booked["id"], "version": 7 });
    // A week on, each into the place of the next; and back again.
    let later = json!({ "from_ordinal": 1, "starts_at": TUESDAYS[1] });
    change(&mia, &stale, "reschedule", &later).refused(412, "version_mismatch");
    let moved = change(&mia, &booked, "reschedule", &later).expect(200);
    // Itself, and each of its three sessions.
    assert_eq!(moved["version"], 5);
    assert_eq!(outcome(&moved), [TUESDAYS[1], TUESDAYS[2], "2027-03-23T10:00:00Z"]);
    change(&mia, &booked, "reschedule", &later).refused(412, "version_mismatch");
    let back = json!({ "from_ordinal": 1, "starts_at": TUESDAYS[0] });
    let moved = change(&mia, &moved, "reschedule", &back).expect(200);
    assert_eq!(outcome(&moved), TUESDAYS);

    // Somebody stands where the third would go, so neither the second goes.
    calendar.book(&leo, &other, "2027-03-17T14:00:00Z").expect(201);
    let onto = json!({ "from_ordinal": 2, "starts_at": "2027-03-10T14:00:00Z" });
    let no = change(&mia, &moved, "reschedule", &onto).refused(409, "series_unavailable");
    let told: Vec<_> = occurrences(&no).iter().map(|one| (one["ordinal"].clone(), one["possible"].clone())).collect();
    assert_eq!(told, [(json!(2), json!(true)), (json!(3), json!(false))]);
    assert_eq!(occurrences(&no)[1]["code"], "slot_unavailable");
    assert_eq!(starts_of(&mia, &own), TUESDAYS);
    let unknown = json!({ "from_ordinal": 4, "starts_at": "2027-03-10T14:00:00Z" });
    change(&mia, &moved, "reschedule", &unknown).refused(422, "invalid_fields");

    // Past her hours staff alone move it, by name and with a reason.
    let late = json!({ "from_ordinal": 3, "starts_at": "2027-03-16T19:00:00Z" });
    let no = change(&mia, &moved, "reschedule", &late).refused(409, "series_unavailable");
    assert_eq!(occurrences(&no)[0]["code"], "outside_availability");
    let by_name = with(late, &json!({ "override": ["working_hours"], "override_reason": "goodwill" }));
    change(&mia, &moved, "reschedule", &by_name).refused(403, "forbidden");
    let moved = change(&calendar.desk, &moved, "reschedule", &by_name).expect(200);
    assert_eq!(outcome(&moved), ["2027-03-16T19:00:00Z"]);
    let again = json!({ "from_ordinal": 3, "starts_at": TUESDAYS[2] });
    let moved = change(&mia, &moved, "reschedule", &again).expect(200);

    // One that was called off by itself stays so, and the rest go on without it.
    let seen = mia.get(&format!("{SERIES}/{}", id(&moved))).expect(200);
    let second = mia.get(&at(&occurrences(&seen)[1]["booking"], "")).expect(200);
    step(&mia, &second, "cancel", &json!({})).expect(200);
    let on = json!({ "from_ordinal": 1, "starts_at": "2027-03-03T11:00:00Z" });
    change(&calendar.desk, &moved, "reschedule", &on).refused(412, "version_mismatch");
    let seen = mia.get(&format!("{SERIES}/{}", id(&moved))).expect(200);
    let moved = change(&calendar.desk, &seen, "reschedule", &on).expect(200);
    assert_eq!(outcome(&moved), ["2027-03-03T11:00:00Z", "2027-03-17T11:00:00Z"]);
    let gone = json!({ "from_ordinal": 2, "starts_at": "2027-03-10T11:00:00Z" });
    let no = change(&mia, &moved, "reschedule", &gone).refused(409, "series_unavailable");
    assert_eq!(occurrences(&no)[0]["code"], "invalid_transition");
    assert_eq!(starts_of(&mia, &own), ["2027-03-03T11:00:00Z", "2027-03-17T11:00:00Z"]);
}

fn a_session_and_those_after_it_are_called_off(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    calendar.sets("late_cancel_fee_percent", &json!(50));
    let (mia, own) = calendar.client("Mia");
    let booked = course(&mia, &weekly(&calendar, &own, 0), "all").expect(201);
    change(&calendar.desk, &booked, "cancel", &json!({ "from_ordinal": 2 })).refused(422, "invalid_fields");
    let why = json!({ "from_ordinal": 3, "override": ["cancellation_fee"], "override_reason": "goodwill" });
    change(&mia, &booked, "cancel", &why).refused(403, "forbidden");
    let last = change(&mia, &booked, "cancel", &json!({ "from_ordinal": 3 })).expect(200);
    assert_eq!(occurrences(&last).len(), 1);
    assert_eq!(occurrences(&last)[0]["booking"]["state"], "cancelled");

    // Of the two that are left the first is called off too late to cost nothing.
    calendar.turn_to("2027-03-02T08:00:00Z");
    let mia = signed_in(&practice, "mia");
    let all = change(&mia, &last, "cancel", &json!({ "from_ordinal": 1 })).expect(200);
    let fees: Vec<_> = occurrences(&all).iter().map(|one| one["booking"]["fee_minor"].clone()).collect();
    assert_eq!(fees, [json!(4500), Value::Null]);
    assert!(starts_of(&mia, &own).is_empty());
    change(&mia, &all, "cancel", &json!({ "from_ordinal": 1 })).refused(409, "invalid_transition");
    let seen = mia.get(&format!("{SERIES}/{}", id(&all))).expect(200);
    assert!(occurrences(&seen).iter().all(|one| one["booking"]["state"] == "cancelled"), "{seen}");
}

/// The course, after its first session was moved past the others.
fn turned<'p>(calendar: &Calendar<'p>, mia: &Caller<'p>, own: &str) -> Value {
    let booked = course(mia, &weekly(calendar, own, 0), "all").expect(201);
    let first = mia.get(&at(&occurrences(&booked)[0]["booking"], "")).expect(200);
    step(mia, &first, "reschedule", &json!({ "starts_at": "2027-03-23T10:00:00Z" })).expect(200);
    mia.get(&format!("{SERIES}/{}", id(&booked))).expect(200)
}

fn sessions_that_changed_places_are_moved_by_their_time(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let seen = turned(&calendar, &mia, &own);
    // A week on, the last of them in time goes first.
    let later = json!({ "from_ordinal": 1, "starts_at": "2027-03-30T10:00:00Z" });
    let moved = change(&mia, &seen, "reschedule", &later).expect(200);
    assert_eq!(outcome(&moved), ["2027-03-30T10:00:00Z", TUESDAYS[2], "2027-03-23T10:00:00Z"]);
    let back = json!({ "from_ordinal": 1, "starts_at": "2027-03-23T10:00:00Z" });
    let moved = change(&mia, &moved, "reschedule", &back).expect(200);
    assert_eq!(outcome(&moved), ["2027-03-23T10:00:00Z", TUESDAYS[1], TUESDAYS[2]]);
}

fn what_has_begun_stays(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let seen = turned(&calendar, &mia, &own);
    calendar.turn_to("2027-03-09T10:30:00Z");
    let mia = signed_in(&practice, "mia");
    let later = json!({ "from_ordinal": 1, "starts_at": "2027-03-30T10:00:00Z" });
    let moved = change(&mia, &seen, "reschedule", &later).expect(200);
    assert_eq!(outcome(&moved), ["2027-03-30T10:00:00Z", "2027-03-23T10:00:00Z"]);
    // Nobody has recorded yet what became of it.
    calendar.turn_to("2027-03-09T11:00:00Z");
    let mia = signed_in(&practice, "mia");
    let off = change(&mia, &moved, "cancel", &json!({ "from_ordinal": 1 })).expect(200);
    let ordinals: Vec<_> = occurrences(&off).iter().map(|one| one["ordinal"].clone()).collect();
    assert_eq!(ordinals, [1, 3]);
    assert_eq!(starts_of(&mia, &own), [TUESDAYS[1]]);
}

fn a_course_waits_for_approval_and_carries_blocks(practice: Practice) {
    let calendar = Calendar::of(&practice);
    calendar.sets("booking_approval", &json!("by_staff"));
    let (mia, own) = calendar.client("Mia");
    let booked = course(&mia, &weekly(&calendar, &own, 0), "all").expect(201);
    for one in occurrences(&booked) {
        assert_eq!(one["booking"]["state"], "pending");
        assert_eq!(blocks(&one["booking"]), ["intake"]);
    }
    let first = occurrences(&booked)[0]["booking"].clone();
    assert_eq!(step(&calendar.mara, &first, "confirm", &json!({})).expect(200)["state"], "confirmed");
    let later = ["2027-03-23T10:00:00Z", "2027-03-30T10:00:00Z", "2027-04-06T10:00:00Z"];
    let by_desk = course(&calendar.desk, &chosen(&calendar, &own, &later), "all").expect(201);
    assert!(occurrences(&by_desk).iter().all(|one| one["booking"]["state"] == "confirmed"));
}

fn a_course_is_seen_with_its_sessions(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (noa, second) = calendar.colleague("Noa");
    let (mia, own) = calendar.client("Mia");
    let (leo, _) = calendar.client("Leo");
    let booked = course(&mia, &weekly(&calendar, &own, 0), "all").expect(201);
    let (path, list) = (format!("{SERIES}/{}", id(&booked)), format!("{SERIES}?client_id={own}"));
    let last = &occurrences(&booked)[2]["booking"];
    let handed_on = json!({ "starts_at": "2027-03-16T12:00:00Z", "therapist_id": second });
    noa.get(&path).refused(404, "not_found");
    step(&mia, last, "reschedule", &handed_on).expect(200);
    let booked = mia.get(&path).expect(200);
    assert_eq!(booked["version"], calendar.mara.get(&path).expect(200)["version"], "whichever sessions one sees");
    let seen = |by: &Caller<'_>| {
        let one = by.get(&path).expect(200);
        let listed = by.get(&list).expect(200);
        assert_eq!(listed["items"], json!([one]));
        outcome(&one).iter().map(|start| (*start).to_owned()).collect::<Vec<_>>()
    };
    let all = [TUESDAYS[0], TUESDAYS[1], "2027-03-16T12:00:00Z"];
    assert_eq!(seen(&mia), all);
    assert_eq!(seen(&calendar.desk), all);
    assert_eq!(seen(&calendar.mara), all[..2]);
    assert_eq!(seen(&noa), all[2..]);
    leo.get(&path).refused(404, "not_found");
    leo.get(&list).refused(404, "not_found");
    // Nobody changes a session with others that they may not see.
    let off = json!({ "from_ordinal": 2, "reason": "therapist_unavailable" });
    change(&calendar.mara, &booked, "cancel", &off).refused(404, "not_found");
    let off = with(off, &json!({ "from_ordinal": 3 }));
    change(&noa, &booked, "cancel", &off).expect(200);
}

/// Courses on following days at hours that cross, by as many clients at once.
fn courses_that_cross_are_booked_one_by_one(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let clients = registered(&calendar, 8);
    for round in 0..3_usize {
        let ask = |(number, client): (usize, &String)| {
            let day = |ordinal: usize| {
                format!("2027-03-{:02}T{}:{:02}:00Z", 2 + round * 6 + number % 3 + ordinal, 10, number % 4 * 15)
            };
            let starts: Vec<_> = (0..3).map(day).collect();
            let starts: Vec<_> = starts.iter().map(String::as_str).collect();
            let mode = if number < 6 { "all" } else { "possible" };
            (SERIES.to_owned(), with(chosen(&calendar, client, &starts), &json!({ "mode": mode })))
        };
        let asks: Vec<_> = clients.iter().enumerate().map(ask).collect();
        let answers = run(&calendar.desk, &asks);
        assert!(answers.iter().any(|(status, _)| *status == 201), "round {round}: {answers:?}");
        for ((status, said), (_, ask)) in answers.iter().zip(&asks) {
            assert!([201, 409].contains(status), "{said}");
            let whole = ask["mode"] == "all";
            let booked = said.matches("\"starts_at\"").count();
            assert!(*status == 409 || !whole || booked == 3, "{said}");
        }
    }
    let mut claimed = Vec::new();
    for (number, client) in clients.iter().enumerate() {
        let starts = starts_of(&calendar.desk, client);
        assert!(number >= 6 || starts.len().is_multiple_of(3), "{starts:?}");
        claimed.extend(starts.iter().map(|start| start.parse::<chrono::DateTime<chrono::Utc>>().unwrap()));
    }
    claimed.sort_unstable();
    // An hour, and fifteen minutes before and after it.
    assert!(claimed.windows(2).all(|pair| pair[1] - pair[0] >= chrono::TimeDelta::minutes(90)), "{claimed:?}");
}
