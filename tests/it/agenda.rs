//! What awaits somebody: a therapist's day, and everybody's tasks.

mod tasks;

use serde_json::{Value, json};
use stillpoint::db::{Fault, Stop};
use stillpoint::kernel::actor::Permit;
use stillpoint::kernel::ids::{BookingId, ClientId};
use stillpoint::vault::{Class, Place};
use uuid::Uuid;

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, hand_in, id, signed_in, step};
use crate::notes::arranged::{content, path};
use crate::on_each_store;

on_each_store!(
    the_day_tells_what_the_next_session_needs,
    a_minor_comes_with_guardians,
    who_is_not_treated_stays_closed,
    one_look_at_each_client_is_recorded_with_the_answer,
    a_look_at_all_of_one_client_opens_nothing_of_another,
    a_day_is_that_of_the_place,
);

const DAY: &str = "/api/v1/therapists/me/day";

/// The sessions of a caller's day.
fn sessions(by: &Caller<'_>, date: &str) -> Vec<Value> {
    by.get(&format!("{DAY}?date={date}")).expect(200)["sessions"].as_array().unwrap().clone()
}

/// The letter of a clinician about an aneurysm, good for March.
fn letter(response: &Value) -> Value {
    json!({
        "intake_response_id": response["id"], "clinician_name": "Dr Ida Stern", "profession": "Neurologist",
        "registration": "BE-1234", "findings": ["brain_aneurysm"], "valid_from": "2027-03-01", "valid_until": "2027-03-31",
        "modification": "no work on the left arm",
    })
}

/// The note of a booking, begun and saved.
fn draft(by: &Caller<'_>, booking: &Value) -> Value {
    let note = by.post("/api/v1/session-notes", &json!({ "booking_id": booking["id"] })).expect(201);
    let mut said = content("hold the sacrum longer");
    said["homework"] = json!("rest and water");
    said["response"] = json!("calm");
    by.put(&path(&note, "/draft"), &note["version"], &json!({ "content": said })).expect(200)
}

fn sign(by: &Caller<'_>, note: &Value) {
    by.steps_up();
    by.act(&path(note, "/sign"), &note["version"], &json!({})).expect(200);
}

/// A client's child, whose guardianship the desk has accepted; and the tie.
fn child(calendar: &Calendar<'_>, parent: &Caller<'_>, born: &str) -> (String, Value) {
    let ask = json!({ "name": "Nils", "date_of_birth": born, "guardianship": { "basis": "parent" } });
    let made = parent.post("/api/v1/clients", &ask).expect(201);
    let (ward, tie) = (id(&made), &made["guardianship"]);
    (ward.clone(), calendar.desk.act(&guardian(&ward, tie, "accept"), &tie["version"], &json!({})).expect(200))
}

fn guardian(ward: &str, tie: &Value, step: &str) -> String {
    format!("/api/v1/clients/{ward}/guardians/{}/{step}", id(tie))
}

fn the_day_tells_what_the_next_session_needs(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    let first = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    let mut ask = calendar.ask(&own, "2027-03-03T10:00:00Z");
    ask["reasons"] = json!(["tinnitus"]);
    ask["reasons_text"] = json!("a whistling kettle");
    let second = mia.post("/api/v1/bookings", &ask).expect(201);
    let late = calendar.book(&leo, &other, "2027-03-02T14:00:00Z").expect(201);
    let reported = json!({
        "burns": { "status": "current", "onset": "2027-02-01" }, "brain_aneurysm": { "status": "unsure", "onset": "unknown" },
        "goals": "to sleep again", "preferred_light": "dim", "medication_details": null,
    });
    let response = hand_in(&mia, &own, &reported);
    let review = format!("/api/v1/intake-responses/{}/review", id(&response));
    calendar.mara.act(&review, &response["version"], &json!({ "verdict": "clearance_pending" })).expect(200);
    calendar.mara.post("/api/v1/clearances", &letter(&response)).expect(201);
    calendar.turn_to("2027-03-02T15:00:00Z");
    let first = calendar.mara.get(&format!("/api/v1/bookings/{}", id(&first))).expect(200);
    step(&calendar.mara, &first, "complete", &json!({ "actual": null })).expect(200);
    sign(&calendar.mara, &draft(&calendar.mara, &first));
    let unsigned = draft(&calendar.mara, &late);

    calendar.turn_to("2027-03-03T09:30:00Z");
    let day = calendar.mara.get(DAY).expect(200);
    assert_eq!(day["date"], "2027-03-03");
    assert_eq!(day["unsigned_drafts"], json!({ "count": 1, "ids": [unsigned["id"]] }));
    let [session] = &day["sessions"].as_array().unwrap()[..] else { panic!("{day}") };
    assert_eq!(
        (&session["booking_id"], &session["starts_at"], &session["local_start"], &session["zone"], &session["state"]),
        (
            &second["id"],
            &json!("2027-03-03T10:00:00Z"),
            &json!("2027-03-03T10:00:00"),
            &json!("UTC"),
            &json!("confirmed")
        )
    );
    assert_eq!(session["location"]["name"], "Harbour rooms");
    assert_eq!((&session["session_type"]["name"], &session["opened"]), (&json!("60 minutes"), &json!(true)));
    assert_eq!(session["blocks"], json!([]));
    assert!(session["allowed_actions"].as_array().unwrap().contains(&json!("check_in")), "{session}");
    let client = &session["client"];
    assert_eq!((&client["name"], &client["age"], &client["guardians"]), (&json!("Mia"), &json!(null), &json!([])));
    assert_eq!((&client["sessions"], &client["sessions_together"]), (&json!(1), &json!(1)));
    assert_eq!((&client["reasons"], &client["reasons_text"]), (&json!(["tinnitus"]), &json!("a whistling kettle")));
    let intake = &client["intake"];
    assert_eq!((&intake["state"], &intake["unanswered"]), (&json!("cleared"), &json!(false)));
    assert_eq!((&intake["level"], &intake["modification"]), (&json!("caution"), &json!("no work on the left arm")));
    let findings = intake["findings"].as_array().unwrap();
    let told =
        |code: &str| findings.iter().find(|one| one["finding"] == code).unwrap_or_else(|| panic!("{findings:?}"));
    let burns = told("burns");
    assert_eq!((&burns["level"], &burns["status"]), (&json!("caution"), &json!("current")));
    assert_eq!(burns["onset"], "2027-02-01");
    let aneurysm = told("brain_aneurysm");
    assert_eq!(
        (&aneurysm["status"], &aneurysm["onset"], &aneurysm["reason"]),
        (&json!("unsure"), &json!(null), &json!("cleared"))
    );
    assert_eq!(intake["clearances"][0]["valid_until"], "2027-03-31");
    assert_eq!(intake["goals"], "to sleep again");
    assert_eq!(intake["preferences"], json!([{ "question": "preferred_light", "answer": "dim" }]));
    let note = &client["last_note"];
    assert_eq!((&note["plan"], &note["homework"]), (&json!("hold the sacrum longer"), &json!("rest and water")));
    assert_eq!((&note["response"], &note["date_of_service"]), (&json!("calm"), &json!("2027-03-02")));

    // The letter is good for March, and the day before had no note before it.
    let before = sessions(&calendar.mara, "2027-03-02");
    assert_eq!((before.len(), &before[0]["client"]["last_note"]), (2, &json!(null)));
    assert_eq!(before[1]["client"]["intake"]["unanswered"], true);
    calendar.mara.get(&format!("{DAY}?date=2027-02-30")).refused(422, "invalid_fields");
    calendar.mara.get(&format!("{DAY}?date=12000-01-01")).refused(422, "invalid_fields");
}

fn a_minor_comes_with_guardians(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, _) = calendar.client("Mia");
    let (ward, tie) = child(&calendar, &mia, "2020-03-03");
    calendar.book(&mia, &ward, "2027-03-02T10:00:00Z").expect(201);
    calendar.book(&mia, &ward, "2027-03-03T10:00:00Z").expect(201);
    let told = |date: &str| sessions(&calendar.mara, date)[0]["client"].clone();
    assert_eq!((&told("2027-03-02")["age"], &told("2027-03-03")["age"]), (&json!(6), &json!(7)), "on the day");
    assert_eq!(told("2027-03-02")["guardians"], json!([{ "name": "Mia", "phone": null }]));
    let end = guardian(&ward, &tie, "end");
    calendar.desk.act(&end, &tie["version"], &json!({})).expect(200);
    assert_eq!(told("2027-03-02")["guardians"], json!([]));
}

fn who_is_not_treated_stays_closed(practice: Practice) {
    let calendar = Calendar::of(&practice);
    calendar.sets("booking_approval", &json!("by_staff"));
    let (mia, own) = calendar.client("Mia");
    let mut ask = calendar.ask(&own, "2027-03-02T10:00:00Z");
    ask["reasons"] = json!(["tinnitus"]);
    let pending = mia.post("/api/v1/bookings", &ask).expect(201);
    let called_off = calendar.book(&mia, &own, "2027-03-02T14:00:00Z").expect(201);
    step(&mia, &called_off, "cancel", &json!({})).expect(200);
    let seen = sessions(&calendar.mara, "2027-03-02");
    assert_eq!(seen.len(), 1, "what was called off is not shown");
    assert_eq!((&seen[0]["opened"], &seen[0]["client"]), (&json!(false), &json!(null)));
    assert!(!seen[0].to_string().contains("tinnitus") && !seen[0].to_string().contains("Mia"));
    assert_eq!(looks(&mia, &own), 0, "nobody was looked at");
    step(&calendar.desk, &pending, "confirm", &json!({})).expect(200);
    let seen = sessions(&calendar.mara, "2027-03-02");
    assert_eq!((&seen[0]["opened"], &seen[0]["client"]["reasons"]), (&json!(true), &json!(["tinnitus"])));

    // A day is one's own: nobody else's can be asked for.
    let (noa, _) = calendar.colleague("Noa");
    assert_eq!(sessions(&noa, "2027-03-02"), Vec::<Value>::new());
    noa.get(&format!("{DAY}?therapist_id={}", calendar.therapist)).refused(422, "invalid_fields");
    for other in [&mia, &calendar.desk, &calendar.admin] {
        other.get(DAY).refused(403, "forbidden");
    }
}

/// How many looks of days a client's access log tells of.
fn looks(client: &Caller<'_>, own: &str) -> usize {
    let log = client.get(&format!("/api/v1/clients/{own}/access-log?limit=200")).expect(200);
    log["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == "day.viewed").count()
}

fn one_look_at_each_client_is_recorded_with_the_answer(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let (leo, other) = calendar.client("Leo");
    for start in ["2027-03-02T10:00:00Z", "2027-03-02T16:00:00Z"] {
        calendar.book(&mia, &own, start).expect(201);
    }
    calendar.book(&leo, &other, "2027-03-02T13:00:00Z").expect(201);
    hand_in(&mia, &own, &json!({ "goals": "the heron in the shallows" }));
    assert_eq!(sessions(&calendar.mara, "2027-03-02").len(), 3);
    assert_eq!((looks(&mia, &own), looks(&leo, &other)), (1, 1));
    let found = calendar.admin.get("/api/v1/audit-events?action=day.viewed").expect(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 2);
    assert_eq!(found["items"][0]["details"]["classes"], "booking intake session_note");
    sessions(&calendar.mara, "2027-03-04");
    assert_eq!(looks(&mia, &own), 1, "a day without her is no look at her");

    // What cannot be recorded does not happen.
    let barred = if practice.is_sqlite() {
        "CREATE TRIGGER test_bar BEFORE INSERT ON audit_events WHEN NEW.action = 'day.viewed' \
         BEGIN SELECT RAISE(ABORT, 'full'); END"
    } else {
        "ALTER TABLE audit_events ADD CONSTRAINT test_bar CHECK (action <> 'day.viewed') NOT VALID"
    };
    practice.sql(barred).unwrap();
    let no = calendar.mara.get(&format!("{DAY}?date=2027-03-02")).refused(500, "internal");
    assert!(!no.to_string().contains("heron"));
    assert_eq!(looks(&mia, &own), 1);
}

fn a_look_at_all_of_one_client_opens_nothing_of_another(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let [mia, leo] = ["Mia", "Leo"].map(|name| calendar.client(name).1.parse::<ClientId>().unwrap());
    let (db, vault) = (practice.app.db.clone(), practice.app.vault.clone());
    let tried = async move {
        let work = move |tx: &mut stillpoint::db::Tx<'_>| {
            let booking = BookingId::new(tx.now()).0;
            let place = |client, class, record: Uuid| Place {
                client,
                class,
                record,
                table: "bookings",
                row: record,
                column: "reasons",
            };
            let hers = place(mia, Class::Booking, booking);
            let sealed = vault.seal(tx, hers, b"heron")?;
            let note = place(mia, Class::SessionNote, booking);
            let noted = vault.seal(tx, note, b"heron")?;
            let his = place(leo, Class::Booking, booking);
            let other = vault.seal(tx, his, b"kettle")?;
            let look = tx.look_at_client("day.viewed", mia, &[Class::Booking, Class::Intake])?;
            let opens = vault.open(tx, &look, hers, &sealed)?.to_vec();
            let mut refused = |place, sealed| match vault.open(tx, &look, place, sealed) {
                Err(Stop::Fault(Fault::Vault(why))) => why,
                _ => "opened",
            };
            let told = [refused(his, &other), refused(note, &noted)];
            let one = tx.look("booking.reasons_viewed", mia, mia)?;
            let narrow = matches!(vault.open(tx, &one, hers, &sealed), Err(Stop::Fault(Fault::Vault(_))));
            Ok((opens, told, narrow))
        };
        db.write(&Permit::system("test"), work).await
    };
    let (opens, told, narrow) = actix_web::rt::System::new().block_on(tried).unwrap();
    assert_eq!(opens, b"heron");
    assert_eq!(told, ["the look is for something else"; 2], "another client's, and a class that was not named");
    assert!(narrow, "a look at one record is one at that alone");
}

fn a_day_is_that_of_the_place(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    let place = json!({ "name": "Spree", "address_lines": ["Ufer 1"], "zone": "Europe/Berlin" });
    let place = id(&calendar.admin.post("/api/v1/locations", &place).expect(201));
    let day = |weekday: i32| {
        json!({ "location_id": place, "weekday": weekday, "start": "00:00", "end": "23:45", "zone": "Europe/Berlin",
            "effective_from": "2027-01-01" })
    };
    let hours = format!("/api/v1/therapists/{}/working-hours", calendar.therapist);
    let version = calendar.admin.get(&hours).expect(200)["version"].clone();
    let week = json!({ "hours": (1..=7).map(day).collect::<Vec<_>>() });
    calendar.admin.put(&hours, &version, &week).expect(200);
    let (mia, own) = calendar.client("Mia");
    // The clocks go forward on 28 March: that day begins at 23:00 and ends at 22:00 of UTC.
    for start in ["2027-03-27T21:30:00Z", "2027-03-27T23:15:00Z", "2027-03-28T20:30:00Z", "2027-03-28T22:15:00Z"] {
        calendar.book(&mia, &own, start).expect(201);
    }
    let locally = |date: &str| -> Vec<String> {
        let seen = sessions(&calendar.mara, date);
        seen.iter().map(|session| session["local_start"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(locally("2027-03-27"), ["2027-03-27T22:30:00"]);
    assert_eq!(locally("2027-03-28"), ["2027-03-28T00:15:00", "2027-03-28T22:30:00"]);
    assert_eq!(locally("2027-03-29"), ["2027-03-29T00:15:00"]);
    // While it is still the 27th in UTC, it is the 28th there.
    calendar.turn_to("2027-03-27T23:05:00Z");
    let mara = signed_in(&practice, "mara");
    assert_eq!(mara.get(DAY).expect(200)["sessions"].as_array().unwrap().len(), 2);
}
