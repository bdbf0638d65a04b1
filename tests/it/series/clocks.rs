//! A course across a change of the clocks.

use serde_json::{Value, json};

use super::{PROPOSALS, SERIES, change, course, local, outcome, with};
use crate::app::Practice;
use crate::calendar::{Calendar, id, session, signed_in};
use crate::on_each_store;

on_each_store!(the_clocks_change_and_the_local_time_stays, a_time_the_clocks_skip_takes_the_nearest);

/// A place in Berlin where Mara works from nine to five, and a session type that asks for nothing.
fn berlin(calendar: &mut Calendar<'_>, hours: (&str, &str)) {
    let place = json!({ "name": "Spree", "address_lines": ["Ufer 1"], "zone": "Europe/Berlin" });
    calendar.location = id(&calendar.admin.post("/api/v1/locations", &place).expect(201));
    calendar.session_type =
        id(&calendar.admin.post("/api/v1/session-types", &session(60, (0, 0), 15, &json!([]))).expect(201));
    let day = |weekday: i32| {
        json!({ "location_id": calendar.location, "weekday": weekday, "start": hours.0, "end": hours.1,
            "zone": "Europe/Berlin", "effective_from": "2027-01-01" })
    };
    let week = json!({ "hours": (1..=7).map(day).collect::<Vec<_>>() });
    let path = format!("/api/v1/therapists/{}/working-hours", calendar.therapist);
    let version = calendar.admin.get(&path).expect(200)["version"].clone();
    calendar.admin.put(&path, &version, &week).expect(200);
}

fn the_clocks_change_and_the_local_time_stays(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    berlin(&mut calendar, ("09:00", "17:00"));
    let (mia, own) = calendar.client("Mia");
    let ask = |start: &str, cadence: &str| {
        with(calendar.ask(&own, start), &json!({ "local_start": start, "cadence": cadence, "count": 3, "mode": "all" }))
    };
    let without_instant = |mut ask: Value| {
        ask.as_object_mut().unwrap().remove("starts_at");
        ask
    };
    let spring = without_instant(ask("2027-03-16T09:00:00", "weekly"));
    let booked = mia.post(SERIES, &spring).expect(201);
    assert_eq!(outcome(&booked), ["2027-03-16T08:00:00Z", "2027-03-23T08:00:00Z", "2027-03-30T07:00:00Z"]);
    assert_eq!(local(&booked), ["2027-03-16T09:00:00", "2027-03-23T09:00:00", "2027-03-30T09:00:00"]);
    // Moved by a local week and an hour, across the same change.
    let to = json!({ "from_ordinal": 2, "local_start": "2027-03-30T10:00:00" });
    let moved = change(&mia, &booked, "reschedule", &to).expect(200);
    assert_eq!(outcome(&moved), ["2027-03-30T08:00:00Z", "2027-04-06T08:00:00Z"]);
    assert_eq!(local(&moved), ["2027-03-30T10:00:00", "2027-04-06T10:00:00"]);

    let autumn = without_instant(ask("2027-10-19T09:00:00", "weekly"));
    calendar.turn_to("2027-10-01T08:00:00Z");
    let mia = signed_in(&practice, "mia");
    let booked = mia.post(SERIES, &autumn).expect(201);
    assert_eq!(outcome(&booked), ["2027-10-19T07:00:00Z", "2027-10-26T07:00:00Z", "2027-11-02T08:00:00Z"]);
    assert!(local(&booked).iter().all(|start| start.ends_with("09:00:00")));
}

fn a_time_the_clocks_skip_takes_the_nearest(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    berlin(&mut calendar, ("00:00", "00:00"));
    let (mia, own) = calendar.client("Mia");
    let ask = |window: i64| {
        let cadence = json!({ "cadence": "weekly", "count": 3, "window_minutes": window });
        with(calendar.ask(&own, "2027-03-14T01:30:00Z"), &cadence)
    };
    let strict = mia.post(PROPOSALS, &ask(0)).expect(200);
    assert_eq!(outcome(&strict), ["2027-03-14T01:30:00Z", "2027-03-21T01:30:00Z", "nonexistent_local_time"]);
    let wide = mia.post(PROPOSALS, &ask(30)).expect(200);
    assert_eq!(outcome(&wide)[2], "2027-03-28T01:00:00Z");
    assert_eq!(local(&wide)[2], "2027-03-28T03:00:00");
    let booked = course(&mia, &ask(30), "all").expect(201);
    assert_eq!(outcome(&booked), outcome(&wide));
}
