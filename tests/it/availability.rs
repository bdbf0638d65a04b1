//! Working hours, time off, and the slots they leave.

use serde_json::json;

use crate::app::Practice;
use crate::calendar::Calendar;
use crate::on_each_store;

on_each_store!(
    a_week_is_written_as_a_whole,
    hours_are_told_by_the_clock_of_their_place,
    the_grid_is_the_same_however_little_is_asked,
    hours_are_the_therapists_and_the_staffs_to_see,
    time_off_comes_and_goes,
    slots_are_what_hours_and_claims_leave,
    a_window_makes_sense_or_is_refused,
    slots_for_a_client_are_for_those_who_know_the_client,
    nine_oclock_stays_nine_oclock,
);

fn a_week_is_written_as_a_whole(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (noa, record) = practice.therapist(&calendar.admin, "Noa");
    let path = format!("/api/v1/therapists/{}/working-hours", record["id"].as_str().unwrap());
    let blank = noa.get(&path);
    assert_eq!(blank.header("etag"), Some("\"0\""));
    assert_eq!(blank.expect(200)["hours"], json!([]));

    let week = calendar.week("09:00", "12:00");
    noa.send("PUT", &path, &[], Some(&week)).refused(428, "if_match_required");
    let written = noa.put(&path, &json!(0), &week).expect(200);
    assert_eq!((&written["version"], written["hours"].as_array().unwrap().len()), (&json!(1), 7));
    noa.put(&path, &json!(0), &week).refused(412, "version_mismatch");
    assert_eq!(noa.put(&path, &json!(1), &json!({ "hours": [] })).expect(200)["hours"], json!([]));

    let mut wrong = calendar.week("09:00", "12:00");
    wrong["hours"][1] = wrong["hours"][0].clone();
    let no = noa.put(&path, &json!(2), &wrong).refused(422, "invalid_fields");
    assert_eq!(
        (&no["violations"][0]["pointer"], &no["violations"][0]["code"]),
        (&json!("/hours/1"), &json!("overlapping_hours"))
    );
    wrong["hours"][1]["zone"] = json!("Mars/Base");
    wrong["hours"][2]["effective_until"] = json!("+12027-01-01");
    let no = noa.put(&path, &json!(2), &wrong).refused(422, "invalid_fields");
    let found: Vec<_> = no["violations"].as_array().unwrap().iter().map(|one| &one["pointer"]).collect();
    assert_eq!(found, ["/hours/1/zone", "/hours/2/effective_until"]);
    let mut elsewhere = calendar.week("09:00", "12:00");
    elsewhere["hours"][3]["location_id"] = json!("0197a3a0-5b1e-7c3d-8f00-000000000001");
    let no = noa.put(&path, &json!(2), &elsewhere).refused(422, "invalid_fields");
    assert_eq!(no["violations"][0]["pointer"], "/hours/3/location_id");
}

fn hours_are_told_by_the_clock_of_their_place(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let path = format!("/api/v1/therapists/{}/working-hours", calendar.therapist);
    let mut week = calendar.week("08:00", "18:00");
    week["hours"][2]["zone"] = json!("Europe/Berlin");
    let no = calendar.mara.put(&path, &json!(1), &week).refused(422, "invalid_fields");
    assert_eq!(
        (&no["violations"][0]["pointer"], &no["violations"][0]["code"]),
        (&json!("/hours/2/zone"), &json!("zone_differs_from_location"))
    );
    // Another place has another clock.
    let place = json!({ "name": "Berlin", "address_lines": ["Ufer 1"], "zone": "Europe/Berlin" });
    week["hours"][2]["location_id"] = calendar.admin.post("/api/v1/locations", &place).expect(201)["id"].clone();
    calendar.mara.put(&path, &json!(1), &week).expect(200);
}

fn the_grid_is_the_same_however_little_is_asked(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let path = format!("/api/v1/therapists/{}/working-hours", calendar.therapist);
    let mut week = calendar.week("08:00", "18:00");
    let mut evening = week["hours"][2].clone();
    (evening["start"], evening["end"]) = (json!("18:07"), json!("18:30"));
    week["hours"].as_array_mut().unwrap().push(evening);
    calendar.mara.put(&path, &json!(1), &week).expect(200);
    // A week that met itself before its place had one clock: the evening is that of Tokyo, and sets the grid from 09:07 on.
    practice.sql("UPDATE working_hours SET zone = 'Asia/Tokyo' WHERE start_local > '18:00'").unwrap();
    let (mia, own) = calendar.client("Mia");
    let listed = |from: &str| {
        calendar.slots(&mia, &format!("from=2027-03-03T{from}:00Z&to=2027-03-03T12:00:00Z&client_id={own}"))
    };
    let all = listed("08:00");
    let late: Vec<_> = all.iter().filter(|start| start.as_str() >= "2027-03-03T11:00").cloned().collect();
    assert_eq!(late[0], "2027-03-03T11:07:00Z");
    assert_eq!(listed("11:00"), late);
    calendar.book(&mia, &own, &late[0]).expect(201);
}

fn hours_are_the_therapists_and_the_staffs_to_see(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let path = format!("/api/v1/therapists/{}/working-hours", calendar.therapist);
    practice.anonymous().get(&path).refused(401, "unauthenticated");
    practice.client("Mia").get(&path).refused(403, "forbidden");
    let (noa, _) = practice.therapist(&calendar.admin, "Noa");
    noa.get(&path).refused(404, "not_found");
    let week = calendar.week("09:00", "12:00");
    noa.put(&path, &json!(1), &week).refused(404, "not_found");
    calendar.desk.put(&path, &json!(1), &week).refused(403, "forbidden");
    calendar.desk.get(&path).expect(200);
    calendar.mara.put(&path, &json!(1), &week).expect(200);
    calendar.admin.put(&path, &json!(2), &week).expect(200);
    let nobody = "/api/v1/therapists/0197a3a0-5b1e-7c3d-8f00-000000000001/working-hours";
    calendar.admin.get(nobody).refused(404, "not_found");
}

fn time_off_comes_and_goes(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let path = format!("/api/v1/therapists/{}/time-off", calendar.therapist);
    let tuesday = "from=2027-03-02T00:00:00Z&to=2027-03-03T00:00:00Z";
    let before = calendar.slots(&practice.anonymous(), tuesday);
    let ask = json!({ "start": "2027-03-02T08:00:00Z", "end": "2027-03-02T17:00:00Z" });
    let key = [("Idempotency-Key", "once")];
    let made = calendar.mara.send("POST", &path, &key, Some(&ask));
    let location = made.header("location").unwrap().to_owned();
    let off = made.expect(201);
    let again = calendar.mara.send("POST", &path, &key, Some(&ask));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(calendar.slots(&practice.anonymous(), tuesday), ["2027-03-02T17:00:00Z"]);

    let backwards = json!({ "start": ask["end"], "end": ask["start"] });
    calendar.mara.post(&path, &backwards).refused(422, "invalid_fields");
    let (noa, other) = practice.therapist(&calendar.admin, "Noa");
    noa.post(&path, &ask).refused(404, "not_found");
    noa.send("DELETE", &location, &[], None).refused(404, "not_found");
    let misplaced =
        format!("/api/v1/therapists/{}/time-off/{}", other["id"].as_str().unwrap(), off["id"].as_str().unwrap());
    calendar.admin.send("DELETE", &misplaced, &[], None).refused(404, "not_found");

    assert_eq!(calendar.mara.get(&path).expect(200)["items"], json!([off]));
    assert_eq!(calendar.mara.send("DELETE", &location, &[], None).status, 204);
    calendar.mara.send("DELETE", &location, &[], None).refused(404, "not_found");
    assert_eq!(calendar.slots(&practice.anonymous(), tuesday), before);
}

fn slots_are_what_hours_and_claims_leave(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let tuesday = "from=2027-03-02T00:00:00Z&to=2027-03-03T00:00:00Z";
    let free = calendar.slots(&practice.anonymous(), tuesday);
    assert_eq!((free.len(), free[0].as_str(), free[36].as_str()), (37, "2027-03-02T08:00:00Z", "2027-03-02T17:00:00Z"));

    let (mia, own) = calendar.client("Mia");
    calendar.book(&mia, &own, "2027-03-02T12:00:00Z").expect(201);
    // The claim runs from 11:45 to 13:15, and each neighbour needs its own quarters of an hour.
    let left = calendar.slots(&practice.anonymous(), tuesday);
    let taken: Vec<_> = free.iter().filter(|start| !left.contains(start)).map(|start| &start[11..16]).collect();
    assert_eq!((taken[0], taken.last().copied(), taken.len()), ("10:45", Some("13:15"), 11));

    let (_, noa) = calendar.colleague("Noa");
    let both = calendar.slots(&practice.anonymous(), tuesday);
    assert_eq!(both.len(), left.len() + free.len());
    let hers = format!("{tuesday}&therapist_id={noa}");
    assert_eq!(calendar.slots(&practice.anonymous(), &hers), free);
    // Mia is with Mara at noon, so nobody else can have her then.
    let for_mia = calendar.slots(&mia, &format!("{hers}&client_id={own}"));
    assert_eq!(for_mia.len(), free.len() - 7);

    // Dates without a valid certification list nothing: Mara's runs out on 1 May.
    let may = "from=2027-05-01T00:00:00Z&to=2027-05-03T00:00:00Z";
    assert!(calendar.slots(&practice.anonymous(), may).iter().all(|start| start.starts_with("2027-05-01")));
}

fn a_window_makes_sense_or_is_refused(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let nobody = practice.anonymous();
    let path = format!("/api/v1/slots?session_type_id={}", calendar.session_type);
    let refused = |query: &str, pointer: &str| {
        let no = nobody.get(&format!("{path}&{query}")).refused(422, "invalid_fields");
        assert_eq!(no["violations"][0]["pointer"], pointer, "{query}");
    };
    refused("from=2027-03-02T00:00:00Z&to=2027-03-02T00:00:00Z", "to");
    refused("from=2027-03-02T00:00:00Z&to=2027-05-03T00:00:01Z", "to");
    refused("from=2027-03-02T00:00:00Z&to=2027-03-03T00:00:00Z&time_zone=Mars", "time_zone");
    refused("from=2027-03-02T00:00:00Z", "to");
    let window = "from=2027-03-02T00:00:00Z&to=2027-05-03T00:00:00Z";
    nobody.get(&format!("{path}&{window}")).expect(200);
    let unknown = "0197a3a0-5b1e-7c3d-8f00-000000000001";
    nobody.get(&format!("/api/v1/slots?session_type_id={unknown}&{window}")).refused(404, "not_found");
    nobody.get(&format!("{path}&{window}&therapist_id={unknown}")).refused(404, "not_found");
    let (_, unlisted) = practice.therapist(&calendar.admin, "Noa");
    let unlisted = format!("{path}&{window}&therapist_id={}", unlisted["id"].as_str().unwrap());
    nobody.get(&unlisted).refused(404, "not_found");
    calendar.desk.get(&unlisted).expect(200);
}

fn slots_for_a_client_are_for_those_who_know_the_client(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let day = "from=2027-03-02T00:00:00Z&to=2027-03-03T00:00:00Z";
    let path = format!("/api/v1/slots?session_type_id={}&{day}&client_id={own}", calendar.session_type);
    practice.anonymous().get(&path).refused(401, "unauthenticated");
    practice.client("Leo").get(&path).refused(404, "not_found");
    calendar.mara.get(&path).refused(404, "not_found");
    let listed = mia.get(&path).expect(200);
    assert_eq!(listed["items"][0]["depends_on_client"], false);
    calendar.desk.get(&path).expect(200);
    let open = practice.anonymous().get(&path.replace(&format!("&client_id={own}"), "")).expect(200);
    assert_eq!(open["items"][0]["depends_on_client"], true);
}

fn nine_oclock_stays_nine_oclock(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let place = json!({ "name": "Berlin", "address_lines": ["Ufer 1"], "zone": "Europe/Berlin" });
    let berlin = calendar.admin.post("/api/v1/locations", &place).expect(201);
    let (_, therapist) = calendar.colleague("Noa");
    let path = format!("/api/v1/therapists/{therapist}/working-hours");
    let sunday = json!({ "hours": [{
        "location_id": berlin["id"], "weekday": 7, "start": "09:00", "end": "10:00", "zone": "Europe/Berlin",
        "effective_from": "2027-01-01", "effective_until": "2027-12-31",
    }]});
    calendar.admin.put(&path, &json!(1), &sunday).expect(200);
    let query = format!(
        "/api/v1/slots?session_type_id={}&therapist_id={therapist}&from=2027-03-20T00:00:00Z&to=2027-03-30T00:00:00Z",
        calendar.session_type
    );
    let listed = practice.anonymous().get(&query).expect(200);
    let told = |item: usize, field: &str| listed["items"][item][field].as_str().unwrap().to_owned();
    assert_eq!(
        (told(0, "start"), told(0, "local_start")),
        ("2027-03-21T08:00:00Z".into(), "2027-03-21T09:00:00".into())
    );
    assert_eq!(
        (told(1, "start"), told(1, "local_start")),
        ("2027-03-28T07:00:00Z".into(), "2027-03-28T09:00:00".into())
    );
    let listed = practice.anonymous().get(&format!("{query}&time_zone=Asia/Tokyo")).expect(200);
    assert_eq!(listed["items"][1]["local_start"], "2027-03-28T16:00:00");
}
