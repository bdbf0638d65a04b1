//! Consent: drafted, published, presented, signed, withdrawn; and what sessions make of it.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use stillpoint::bookings;
use stillpoint::consents;
use stillpoint::db::Tx;
use stillpoint::kernel::actor::Permit;

use crate::app::{Caller, Practice, Reply};
use crate::calendar::{Calendar, at, blocks, hand_in, id, signed_in, step};
use crate::on_each_store;

on_each_store!(
    set_up_publishes_a_text_that_nobody_waits_for_yet,
    a_published_version_stands_as_it_is,
    a_clinician_stands_for_what_is_published,
    a_signature_is_over_the_text_that_was_shown,
    a_booking_waits_for_the_signature,
    a_withdrawal_blocks_what_is_to_come_and_a_new_signature_frees_it,
    where_consent_comes_first_there_is_no_booking_without_it,
    consent_counts_on_the_day_of_the_session,
    what_is_withdrawn_after_a_session_began_does_not_undo_it,
    a_guardians_signature_admits_nobody_who_is_of_age,
    a_slot_is_held_for_the_consent_that_comes_first,
    the_newest_version_is_the_one_with_the_highest_number,
    only_the_sessions_that_are_named_wait,
    what_is_required_later_is_asked_of_who_has_sessions_to_come,
    a_newer_version_takes_the_place_of_the_older_once_it_is_signed,
    a_guardian_signs_for_a_minor_and_nobody_else_does,
    everyone_sees_as_much_of_a_consent_as_they_may,
    who_consented_to_which_version_is_listed_and_the_listing_recorded,
    a_reason_for_withdrawal_is_sealed,
    signatures_cannot_be_changed,
    a_practice_of_old_is_given_the_text,
    consent_is_a_task,
);

const SECRET: &str = "because of the dream about the lighthouse";

fn template(by: &Caller<'_>) -> Value {
    by.get("/api/v1/consent-templates").expect(200)["items"][0].clone()
}

fn template_path(template: &Value, rest: &str) -> String {
    format!("/api/v1/consent-templates/{}{rest}", id(template))
}

/// Makes the shipped text required, of these session types.
fn require(calendar: &Calendar<'_>, session_types: &[&str]) -> Value {
    let template = template(&calendar.admin);
    let ask = json!({ "name": template["name"], "requirement": "required", "session_type_ids": session_types });
    calendar.admin.put(&template_path(&template, ""), &template["version"], &ask).expect(200)
}

/// Runs a job until nothing is left to do.
fn job(practice: &Practice, name: &'static str, work: fn(&mut Tx<'_>) -> Result<usize, stillpoint::db::Stop>) -> usize {
    let db = practice.app.db.clone();
    actix_web::rt::System::new().block_on(async move {
        let mut done = 0;
        loop {
            match db.write(&Permit::system(name), work).await.unwrap() {
                0 => return done,
                count => done += count,
            }
        }
    })
}

/// The one consent of a client that waits for a signature.
#[track_caller]
fn waiting(by: &Caller<'_>, client: &str) -> Value {
    let listed = by.get(&format!("/api/v1/consents?client_id={client}&state=presented")).expect(200);
    let [one] = &listed["items"].as_array().unwrap()[..] else { panic!("{listed}") };
    one.clone()
}

fn consent_path(consent: &Value, rest: &str) -> String {
    format!("/api/v1/consents/{}{rest}", id(consent))
}

/// The hash of the text that a consent is about, reckoned from what is shown.
fn hash(by: &Caller<'_>, consent: &Value) -> String {
    let path = format!(
        "/api/v1/consent-templates/{}/versions/{}",
        consent["template_id"].as_str().unwrap(),
        consent["template_version_id"].as_str().unwrap()
    );
    let shown = by.get(&path).expect(200)["texts"][0].clone();
    let text = format!("{}\n\n{}", shown["title"].as_str().unwrap(), shown["text"].as_str().unwrap());
    let hash: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(shown["text_hash"], hash);
    hash
}

fn sign(by: &Caller<'_>, consent: &Value, meaning: &str) -> Reply {
    let ask = json!({ "name": "Mia Long", "text_hash": hash(by, consent), "meaning": meaning });
    by.act(&consent_path(consent, "/sign"), &consent["version"], &ask)
}

fn withdraw(by: &Caller<'_>, consent: &Value, reason: Option<&str>) -> Reply {
    by.act(&consent_path(consent, "/withdraw"), &consent["version"], &json!({ "reason": reason }))
}

fn present(by: &Caller<'_>, client: &str, template: &Value) -> Reply {
    by.post("/api/v1/consents", &json!({ "client_id": client, "template_id": template["id"] }))
}

fn read(by: &Caller<'_>, booking: &Value) -> Value {
    by.get(&at(booking, "")).expect(200)
}

fn words(text: &str) -> Value {
    json!({ "texts": [{ "language": "en", "title": "Consent", "text": text }], "validity_months": 12 })
}

/// Publishes another version of a text.
fn publish(by: &Caller<'_>, template: &Value, text: &str) -> Value {
    let draft = by.post(&template_path(template, "/versions"), &words(text)).expect(201);
    by.act(&template_path(template, &format!("/versions/{}/publish", id(&draft))), &draft["version"], &json!({}))
        .expect(200)
}

fn set_up_publishes_a_text_that_nobody_waits_for_yet(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let shipped = template(&mia);
    assert_eq!(
        (&shipped["requirement"], &shipped["clinical_approval"]),
        (&json!("undecided"), &json!("not clinically approved"))
    );
    let version = shipped["newest_version_id"].as_str().unwrap();
    let version = mia.get(&template_path(&shipped, &format!("/versions/{version}"))).expect(200);
    assert_eq!((&version["number"], &version["validity_months"]), (&json!(1), &json!(12)));
    let text = version["texts"][0]["text"].as_str().unwrap().to_lowercase();
    for said in [
        "clients report",
        "proponents describe",
        "complements medical care and replaces none",
        "insurance may not cover",
        "10.1186/s12891-019-3017-y",
        "pmc10970181",
    ] {
        assert!(text.contains(said), "{said}");
    }
    for never in ["cures", "treats"] {
        assert!(!text.contains(never), "{never}");
    }
    let booking = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    assert_eq!(blocks(&booking), ["intake"]);
    assert_eq!(mia.get("/api/v1/consents").expect(200)["items"], json!([]));
}

fn a_published_version_stands_as_it_is(practice: Practice) {
    let admin = practice.set_up();
    let mia = practice.client("Mia");
    let shipped = template(&admin);
    let draft = admin.post(&template_path(&shipped, "/versions"), &words("Clients report calm.")).expect(201);
    assert_eq!((&draft["number"], &draft["content_hash"]), (&json!(2), &json!(null)));
    let path = template_path(&shipped, &format!("/versions/{}", id(&draft)));
    mia.get(&path).refused(404, "not_found");
    assert_eq!(mia.get(&template_path(&shipped, "/versions")).expect(200)["items"].as_array().unwrap().len(), 1);
    assert_eq!(template(&mia)["newest_version_id"], shipped["newest_version_id"], "a draft is presented to nobody");
    let faults = admin
        .put(&path, &draft["version"], &json!({ "texts": [], "validity_months": 0 }))
        .refused(422, "invalid_fields");
    assert_eq!(faults["violations"].as_array().unwrap().len(), 2);
    let draft = admin.put(&path, &draft["version"], &words("Clients report rest.")).expect(200);
    let published = admin.act(&format!("{path}/publish"), &draft["version"], &json!({})).expect(200);
    assert_eq!(published["content_hash"].as_str().unwrap().len(), 64);
    assert_eq!(mia.get(&path).expect(200)["texts"][0]["text"], "Clients report rest.");
    assert_eq!(template(&mia)["newest_version_id"], published["id"]);
    admin.put(&path, &published["version"], &words("Clients report wonders.")).refused(409, "invalid_transition");
    admin.act(&format!("{path}/publish"), &published["version"], &json!({})).refused(409, "invalid_transition");
    // Nor past the program.
    for sql in [
        "UPDATE consent_template_versions SET document = '{}'",
        "DELETE FROM consent_template_versions",
        "UPDATE consent_template_versions SET content_hash = NULL, published_at = NULL",
    ] {
        assert!(practice.sql(sql).unwrap_err().contains("consent_template_versions_immutable"), "{sql}");
    }
}

fn a_clinician_stands_for_what_is_published(practice: Practice) {
    let admin = practice.set_up();
    let shipped = template(&admin);
    let version = shipped["newest_version_id"].as_str().unwrap();
    let path = template_path(&shipped, &format!("/versions/{version}"));
    let told =
        json!({ "clinician": "Dr. Ruth Ames", "profession": "osteopathic physician", "signed_off_on": "2027-02-20" });
    let mut tomorrow = told.clone();
    tomorrow["signed_off_on"] = json!("2027-03-02");
    let read = admin.get(&path).expect(200);
    admin.act(&format!("{path}/sign-off"), &read["version"], &tomorrow).refused(422, "invalid_fields");
    let signed_off = admin.act(&format!("{path}/sign-off"), &read["version"], &told).expect(200);
    assert_eq!(
        (&signed_off["clinical_approval"], &signed_off["sign_off"]["clinician"]),
        (&json!("clinically approved"), &told["clinician"])
    );
    assert_eq!(template(&admin)["clinical_approval"], "clinically approved");
    admin.act(&format!("{path}/sign-off"), &read["version"], &told).refused(409, "already_exists");
    assert!(practice.sql("UPDATE consent_sign_offs SET clinician = 'x'").is_err());
    publish(&admin, &shipped, "Clients report calm.");
    assert_eq!(template(&admin)["clinical_approval"], "not clinically approved", "a newer one is another's to approve");
}

fn a_signature_is_over_the_text_that_was_shown(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    let presented = present(&mia, &own, &template(&mia)).expect(201);
    present(&calendar.desk, &own, &template(&mia)).refused(409, "already_exists");
    let path = consent_path(&presented, "/sign");
    let ask = |text_hash: &str, meaning: &str, name: &str| json!({ "name": name, "text_hash": text_hash, "meaning": meaning });
    let shown = hash(&mia, &presented);
    let other = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for (ask, pointer) in [
        (ask(other, "i_consent", "Mia Long"), "/text_hash"),
        (ask(&shown, "i_consent_for_my_ward", "Mia Long"), "/meaning"),
        (ask(&shown, "i_consent", " "), "/name"),
    ] {
        let refused = mia.act(&path, &presented["version"], &ask).refused(422, "invalid_fields");
        assert_eq!(refused["violations"][0]["pointer"], pointer);
    }
    let signed = mia.act(&path, &presented["version"], &ask(&shown, "i_consent", "Mia Long")).expect(200);
    assert_eq!((&signed["state"], &signed["valid_until"]), (&json!("active"), &json!("2028-02-29")));
    let seen = mia.get(&consent_path(&presented, "")).expect(200);
    let signature = &seen["signature"];
    assert_eq!(
        (&signature["name"], &signature["meaning"], &signature["language"]),
        (&json!("Mia Long"), &json!("i_consent"), &json!("en"))
    );
    assert_eq!((&signature["authenticated_by"], &signature["text_hash"]), (&json!("login"), &json!(shown)));
    assert_eq!((&signature["signer_id"], &signature["witness_id"]), (&json!(own), &json!(null)));
    mia.act(&path, &signed["version"], &ask(&shown, "i_consent", "Mia Long")).refused(409, "invalid_transition");
    mia.act(&path, &presented["version"], &ask(&shown, "i_consent", "Mia Long")).refused(412, "version_mismatch");
}

fn a_booking_waits_for_the_signature(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    require(&calendar, &[]);
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    assert_eq!(blocks(&booking), ["consent", "intake"]);
    assert_eq!(booking["blocks"][0]["remedy"], "sign_consent");
    hand_in(&mia, &own, &json!({}));
    assert_eq!(blocks(&read(&mia, &booking)), ["consent"]);
    let presented = waiting(&mia, &own);
    assert_eq!(presented["due_at"], booking["starts_at"]);
    calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    assert_eq!(waiting(&mia, &own), presented, "it is presented once");
    calendar.turn_to("2027-03-02T10:00:00Z");
    let mia = signed_in(&practice, "mia");
    let refused = step(&calendar.desk, &read(&mia, &booking), "check-in", &json!({})).refused(409, "blocked");
    assert_eq!(refused["blocks"], json!(["consent"]));
    sign(&mia, &presented, "i_consent").expect(200);
    let freed = read(&mia, &booking);
    assert_eq!(blocks(&freed), Vec::<&str>::new());
    step(&calendar.desk, &freed, "check-in", &json!({})).expect(200);
}

fn a_withdrawal_blocks_what_is_to_come_and_a_new_signature_frees_it(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let required = require(&calendar, &[]);
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    hand_in(&mia, &own, &json!({}));
    let signed = sign(&mia, &waiting(&mia, &own), "i_consent").expect(200);
    assert_eq!(blocks(&read(&mia, &booking)), Vec::<&str>::new());
    let (leo, _) = calendar.client("Leo");
    withdraw(&leo, &signed, None).refused(404, "not_found");
    let withdrawn = withdraw(&mia, &signed, None).expect(200);
    assert_eq!(withdrawn["state"], "withdrawn");
    let blocked = read(&mia, &booking);
    assert_eq!((blocks(&blocked), &blocked["blocks"][0]["by"]), (vec!["consent"], &json!("consent.withdrawn")));
    withdraw(&mia, &withdrawn, None).refused(409, "invalid_transition");
    // The client is presented with the text anew, and what is booked now waits too.
    assert_eq!(waiting(&mia, &own)["due_at"], booking["starts_at"]);
    let later = calendar.book(&mia, &own, "2027-03-05T10:00:00Z").expect(201);
    assert_eq!(blocks(&later), ["consent"]);
    present(&mia, &own, &required).refused(409, "already_exists");
    let again = sign(&mia, &waiting(&mia, &own), "i_consent").expect(200);
    assert_ne!(again["id"], signed["id"]);
    for one in [&booking, &later] {
        assert_eq!(blocks(&read(&mia, one)), Vec::<&str>::new());
    }
    // Staff write down what they were told on the telephone.
    let told = withdraw(&calendar.desk, &again, None).expect(200);
    let seen = mia.get(&consent_path(&told, "")).expect(200);
    assert_eq!((&seen["state"], &seen["withdrawn_by"]), (&json!("withdrawn"), &json!(null)));
    assert_eq!(mia.get(&consent_path(&signed, "")).expect(200)["withdrawn_by"], json!(own));
}

fn where_consent_comes_first_there_is_no_booking_without_it(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let required = require(&calendar, &[]);
    let (mia, own) = calendar.client("Mia");
    let early = calendar.book(&mia, &own, "2027-03-09T10:00:00Z").expect(201);
    calendar.sets("consent_timing", &json!("before_booking"));
    for by in [&mia, &calendar.desk] {
        calendar.book(by, &own, "2027-03-02T10:00:00Z").refused(422, "consent_required");
    }
    let moved = json!({ "starts_at": "2027-03-10T10:00:00Z" });
    step(&mia, &early, "reschedule", &moved).refused(422, "consent_required");
    let asked = format!("client_id={own}&from=2027-03-02T00:00:00Z&to=2027-03-03T00:00:00Z");
    assert_eq!(calendar.slots(&mia, &asked), Vec::<String>::new());
    present(&mia, &own, &required).refused(409, "already_exists");
    sign(&mia, &waiting(&mia, &own), "i_consent").expect(200);
    assert!(!calendar.slots(&mia, &asked).is_empty());
    calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    step(&mia, &read(&mia, &early), "reschedule", &moved).expect(200);
}

fn consent_counts_on_the_day_of_the_session(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    require(&calendar, &[]);
    calendar.sets("max_advance_days", &json!(700));
    let (mia, own) = calendar.client("Mia");
    // The therapist's certification has run out by then; what counts here is consent.
    let of_consent = |booking: &Value| blocks(booking).contains(&"consent");
    let near = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    let first = sign(&mia, &waiting(&mia, &own), "i_consent").expect(200);
    assert!(!of_consent(&read(&mia, &near)));
    calendar.turn_to("2028-02-20T08:00:00Z");
    let renewed = json!({ "credential_type_id": practice.credential_type("upledger_cst_t"), "number": "4712",
        "issued_on": "2028-01-01", "expires_on": "2030-05-01", "reverify_by": "2030-01-01" });
    let renewed = calendar.mara.post("/api/v1/credentials", &renewed).expect(201);
    let seen = json!({ "method": "document_seen", "source": "paper" });
    calendar.admin.act(&format!("/api/v1/credentials/{}/verify", id(&renewed)), &renewed["version"], &seen).expect(200);
    let mia = signed_in(&practice, "mia");
    let last = calendar.book(&mia, &own, "2028-02-29T10:00:00Z").expect(201);
    assert!(!of_consent(&last), "its last day");
    let beyond = calendar.book(&mia, &own, "2028-03-01T10:00:00Z").expect(201);
    assert!(of_consent(&beyond), "signed today, yet too old on that day");
    // Both stand side by side until the new one is signed.
    let second = waiting(&mia, &own);
    assert_eq!(mia.get(&consent_path(&first, "")).expect(200)["state"], "active");
    calendar.turn_to("2028-03-01T08:00:00Z");
    let mia = signed_in(&practice, "mia");
    assert_eq!(mia.get(&consent_path(&first, "")).expect(200)["state"], "expired");
    let expired = mia.get("/api/v1/consents?state=expired").expect(200);
    assert_eq!(expired["items"][0]["id"], first["id"]);
    sign(&mia, &second, "i_consent").expect(200);
    assert!(!of_consent(&read(&mia, &beyond)));
    assert_eq!(mia.get(&consent_path(&first, "")).expect(200)["state"], "superseded");
}

fn what_is_withdrawn_after_a_session_began_does_not_undo_it(practice: Practice) {
    let mut calendar = Calendar::of(&practice);
    require(&calendar, &[]);
    let (mia, own) = calendar.client("Mia");
    let book = |start: &str| calendar.book(&mia, &own, start).expect(201);
    let (over, arrived, later) =
        (book("2027-03-02T10:00:00Z"), book("2027-03-03T10:00:00Z"), book("2027-03-04T10:00:00Z"));
    hand_in(&mia, &own, &json!({}));
    let signed = sign(&mia, &waiting(&mia, &own), "i_consent").expect(200);
    calendar.turn_to("2027-03-03T10:00:00Z");
    let mia = signed_in(&practice, "mia");
    let checked_in = step(&calendar.desk, &read(&mia, &arrived), "check-in", &json!({})).expect(200);
    practice.pass(TimeDelta::minutes(5));
    withdraw(&mia, &signed, None).expect(200);
    assert_eq!(blocks(&read(&mia, &later)), ["consent"]);
    assert_eq!(blocks(&read(&mia, &arrived)), Vec::<&str>::new());
    step(&calendar.desk, &read(&mia, &over), "complete", &json!({})).expect(200);
    calendar.turn_to("2027-03-03T11:10:00Z");
    let here = read(&calendar.desk, &checked_in);
    step(&calendar.desk, &here, "complete", &json!({})).expect(200);
}

fn a_guardians_signature_admits_nobody_who_is_of_age(practice: Practice) {
    let calendar = Calendar::of(&practice);
    require(&calendar, &[]);
    let (mia, _) = calendar.client("Mia");
    let ask = json!({ "name": "Leo", "date_of_birth": "2009-03-10", "guardianship": { "basis": "parent" } });
    let leo = mia.post("/api/v1/clients", &ask).expect(201);
    let (leo, tie) = (id(&leo), leo["guardianship"].clone());
    let accept = format!("/api/v1/clients/{leo}/guardians/{}/accept", id(&tie));
    calendar.desk.act(&accept, &tie["version"], &json!({})).expect(200);
    let minor = calendar.book(&mia, &leo, "2027-03-09T10:00:00Z").expect(201);
    let of_age = calendar.book(&mia, &leo, "2027-03-10T10:00:00Z").expect(201);
    sign(&mia, &waiting(&mia, &leo), "i_consent_for_my_ward").expect(200);
    assert!(!blocks(&read(&mia, &minor)).contains(&"consent"));
    assert!(blocks(&read(&mia, &of_age)).contains(&"consent"));
    assert_eq!(waiting(&calendar.desk, &leo)["due_at"], of_age["starts_at"], "theirs to sign then");
}

fn a_slot_is_held_for_the_consent_that_comes_first(practice: Practice) {
    let calendar = Calendar::of(&practice);
    require(&calendar, &[]);
    calendar.sets("consent_timing", &json!("before_booking"));
    let (mia, own) = calendar.client("Mia");
    let ask = calendar.ask(&own, "2027-03-02T10:00:00Z");
    let held = mia.post("/api/v1/slot-holds", &ask).expect(201);
    let mut taken = ask.clone();
    taken["slot_hold_id"] = held["id"].clone();
    mia.post("/api/v1/bookings", &taken).refused(422, "consent_required");
    sign(&mia, &waiting(&mia, &own), "i_consent").expect(200);
    mia.post("/api/v1/bookings", &taken).expect(201);
}

fn the_newest_version_is_the_one_with_the_highest_number(practice: Practice) {
    let admin = practice.set_up();
    let shipped = template(&admin);
    let versions = template_path(&shipped, "/versions");
    let [second, third] =
        ["Clients report calm.", "Clients report rest."].map(|text| admin.post(&versions, &words(text)).expect(201));
    for draft in [&third, &second] {
        practice.pass(TimeDelta::seconds(1));
        admin.act(&format!("{versions}/{}/publish", id(draft)), &draft["version"], &json!({})).expect(200);
    }
    assert_eq!(template(&admin)["newest_version_id"], third["id"]);
}

fn only_the_sessions_that_are_named_wait(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let unknown = template(&calendar.admin);
    let ask = json!({ "name": "x", "requirement": "required", "session_type_ids": [calendar.therapist] });
    let refused =
        calendar.admin.put(&template_path(&unknown, ""), &unknown["version"], &ask).refused(422, "invalid_fields");
    assert_eq!(refused["violations"][0]["pointer"], "/session_type_ids/0");
    let other = practice.session_type(&calendar.admin, &json!([]));
    require(&calendar, &[&id(&other)]);
    let (mia, own) = calendar.client("Mia");
    assert_eq!(blocks(&calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201)), ["intake"]);
    let mut ask = calendar.ask(&own, "2027-03-03T10:00:00Z");
    ask["session_type_id"] = other["id"].clone();
    assert_eq!(blocks(&mia.post("/api/v1/bookings", &ask).expect(201)), ["consent", "intake"]);
}

fn what_is_required_later_is_asked_of_who_has_sessions_to_come(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let ((mia, own), (leo, his)) = (calendar.client("Mia"), calendar.client("Leo"));
    let hers = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    let and_his = calendar.book(&leo, &his, "2027-03-03T10:00:00Z").expect(201);
    let required = require(&calendar, &[]);
    let follow = || job(&practice, "consents.follow", bookings::follow_next_consent);
    assert_eq!(follow(), 3, "two clients, and the end of it");
    assert_eq!(follow(), 0);
    for (by, client, booking) in [(&mia, &own, &hers), (&leo, &his, &and_his)] {
        assert_eq!(blocks(&read(by, booking)), ["consent", "intake"]);
        assert_eq!(waiting(by, client)["due_at"], booking["starts_at"]);
    }
    let ask = json!({ "name": "Treatment", "requirement": "undecided" });
    let path = template_path(&required, "");
    calendar.admin.put(&path, &required["version"], &ask).refused(422, "policy_violation");
    let ask = json!({ "name": "Treatment", "requirement": "optional" });
    calendar.admin.put(&path, &required["version"], &ask).expect(200);
    follow();
    assert_eq!(blocks(&read(&mia, &hers)), ["intake"]);
}

fn a_newer_version_takes_the_place_of_the_older_once_it_is_signed(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let required = require(&calendar, &[]);
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    let first = sign(&mia, &waiting(&mia, &own), "i_consent").expect(200);
    let second = publish(&calendar.admin, &required, "Clients report calm.");
    assert_eq!(mia.get(&consent_path(&first, "")).expect(200)["state"], "active", "what was signed stands");
    let presented = present(&calendar.desk, &own, &required).expect(201);
    assert_eq!(presented["template_version_id"], second["id"]);
    // A third comes before the second is signed.
    publish(&calendar.admin, &required, "Clients report rest.");
    let newest = present(&mia, &own, &required).expect(201);
    assert_eq!(mia.get(&consent_path(&presented, "")).expect(200)["state"], "superseded");
    sign(&mia, &presented, "i_consent").refused(412, "version_mismatch");
    sign(&mia, &newest, "i_consent").expect(200);
    assert_eq!(mia.get(&consent_path(&first, "")).expect(200)["state"], "superseded");
    assert!(!blocks(&read(&mia, &booking)).contains(&"consent"));
    let listed = calendar.desk.get(&format!("/api/v1/consents?client_id={own}&state=superseded")).expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
}

fn a_guardian_signs_for_a_minor_and_nobody_else_does(practice: Practice) {
    let calendar = Calendar::of(&practice);
    require(&calendar, &[]);
    let (mia, own) = calendar.client("Mia");
    let (olga, _) = calendar.client("Olga");
    let ask = json!({ "name": "Leo", "date_of_birth": "2018-05-01", "guardianship": { "basis": "parent" } });
    let leo = mia.post("/api/v1/clients", &ask).expect(201);
    let (leo, tie) = (id(&leo), leo["guardianship"].clone());
    let accept = format!("/api/v1/clients/{leo}/guardians/{}/accept", id(&tie));
    present(&mia, &leo, &template(&mia)).refused(404, "not_found");
    calendar.desk.act(&accept, &tie["version"], &json!({})).expect(200);
    let booking = calendar.book(&mia, &leo, "2027-03-02T10:00:00Z").expect(201);
    assert!(blocks(&booking).contains(&"consent"));
    let presented = waiting(&mia, &leo);
    sign(&olga, &presented, "i_consent").refused(404, "not_found");
    let refused = sign(&mia, &presented, "i_consent").refused(422, "invalid_fields");
    assert_eq!(refused["violations"][0]["pointer"], "/meaning");
    sign(&mia, &presented, "i_consent_for_my_ward").expect(200);
    let seen = mia.get(&consent_path(&presented, "")).expect(200);
    assert_eq!((&seen["client_id"], &seen["signature"]["signer_id"]), (&json!(leo), &json!(own)));
    assert!(!blocks(&read(&mia, &booking)).contains(&"consent"));
    // A minor with a login of their own signs nothing.
    let (noa, her) = calendar.client("Noa");
    let record = format!("/api/v1/clients/{her}");
    let version = calendar.desk.get(&record).expect(200)["version"].clone();
    let young = json!({ "name": "Noa", "date_of_birth": "2012-05-01", "email": null, "phone": null });
    calendar.desk.put(&record, &version, &young).expect(200);
    let hers = present(&noa, &her, &template(&noa)).expect(201);
    sign(&noa, &hers, "i_consent").refused(422, "guardian_required");
}

fn everyone_sees_as_much_of_a_consent_as_they_may(practice: Practice) {
    let calendar = Calendar::of(&practice);
    require(&calendar, &[]);
    let (mia, own) = calendar.client("Mia");
    calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    let signed = sign(&mia, &waiting(&mia, &own), "i_consent").expect(200);
    let path = consent_path(&signed, "");
    assert_eq!(calendar.mara.get(&path).expect(200)["signature"]["name"], "Mia Long");
    for desk in [&calendar.desk, &calendar.admin] {
        let seen = desk.get(&path).expect(200);
        assert_eq!((&seen["state"], &seen["signature"]), (&json!("active"), &json!(null)));
    }
    let (noa, _) = calendar.colleague("Noa");
    let (leo, _) = calendar.client("Leo");
    for stranger in [&noa, &leo] {
        stranger.get(&path).refused(404, "not_found");
        stranger.get(&format!("/api/v1/consents?client_id={own}")).refused(404, "not_found");
        assert_eq!(stranger.get("/api/v1/consents").expect(200)["items"], json!([]));
    }
    sign(&calendar.mara, &signed, "i_consent").refused(403, "forbidden");
}

fn who_consented_to_which_version_is_listed_and_the_listing_recorded(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let shipped = template(&calendar.admin);
    let ((mia, own), (leo, his)) = (calendar.client("Mia"), calendar.client("Leo"));
    for (by, client) in [(&mia, &own), (&leo, &his)] {
        present(by, client, &shipped).expect(201);
        practice.pass(TimeDelta::milliseconds(1));
    }
    sign(&mia, &waiting(&mia, &own), "i_consent").expect(200);
    let list = |more: &str| -> Vec<Value> {
        let version = shipped["newest_version_id"].as_str().unwrap();
        let path = format!("/api/v1/consents?template_version_id={version}{more}");
        let listed = calendar.admin.get(&path).expect(200);
        listed["items"].as_array().unwrap().iter().map(|one| one["client_id"].clone()).collect()
    };
    assert_eq!(list(""), [json!(own), json!(his)]);
    assert_eq!(list("&state=active"), [json!(own)]);
    assert_eq!(list("&state=presented"), [json!(his)]);
    assert_eq!(list("&state=withdrawn"), Vec::<Value>::new());
    assert_eq!(list(&format!("&client_id={his}")), [json!(his)]);
    let first = calendar.desk.get("/api/v1/consents?limit=1").expect(200);
    let rest = format!("/api/v1/consents?cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(calendar.desk.get(&rest).expect(200)["items"].as_array().unwrap().len(), 1);
    let log = leo.get(&format!("/api/v1/clients/{his}/access-log?limit=200")).expect(200);
    let told = log["items"].as_array().unwrap().iter().filter(|one| one["action"] == "consent.listed").count();
    assert_eq!(told, 1, "a list that asks about a client is in that client's access log");
    let events = calendar.admin.get("/api/v1/audit-events?action=consent.listed").expect(200);
    assert_eq!(events["items"].as_array().unwrap().len(), 7);
}

fn a_reason_for_withdrawal_is_sealed(practice: Practice) {
    let calendar = Calendar::of(&practice);
    require(&calendar, &[]);
    let (mia, own) = calendar.client("Mia");
    calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    let signed = sign(&mia, &waiting(&mia, &own), "i_consent").expect(200);
    mia.get(&consent_path(&signed, "/withdrawal")).refused(404, "not_found");
    let withdrawn = withdraw(&mia, &signed, Some(SECRET)).expect(200);
    assert!(!withdrawn.to_string().contains("lighthouse"));
    let path = consent_path(&signed, "/withdrawal");
    for by in [&mia, &calendar.mara] {
        assert_eq!(by.get(&path).expect(200)["reason"], SECRET);
    }
    calendar.desk.get(&path).refused(403, "forbidden");
    let (leo, _) = calendar.client("Leo");
    leo.get(&path).refused(404, "not_found");
    let log = mia.get(&format!("/api/v1/clients/{own}/access-log?limit=200")).expect(200);
    let looks = log["items"].as_array().unwrap().iter().filter(|one| one["action"] == "consent.withdrawal_viewed");
    assert_eq!(looks.count(), 2);
    let bytes = practice.every_byte();
    assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
}

fn signatures_cannot_be_changed(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let (mia, own) = calendar.client("Mia");
    present(&mia, &own, &template(&mia)).expect(201);
    let signed = sign(&mia, &waiting(&mia, &own), "i_consent").expect(200);
    withdraw(&mia, &signed, None).expect(200);
    let columns = [("consents", "presented_at"), ("consent_signatures", "meaning"), ("consent_ends", "kind")];
    for (table, column) in columns {
        let mut attempts = vec![format!("UPDATE {table} SET {column} = {column}"), format!("DELETE FROM {table}")];
        if practice.is_sqlite() {
            attempts.push(format!("INSERT OR REPLACE INTO {table} SELECT * FROM {table}"));
        } else {
            attempts.push(format!("TRUNCATE {table} CASCADE"));
        }
        for sql in attempts {
            assert!(practice.sql(&sql).unwrap_err().contains("_immutable"), "{sql}");
        }
    }
    assert_eq!(mia.get(&consent_path(&signed, "")).expect(200)["state"], "withdrawn");
}

fn a_practice_of_old_is_given_the_text(practice: Practice) {
    let publish = || job(&practice, "consents.publish", consents::publish_next_shipped);
    assert_eq!(publish(), 0, "nobody has founded it yet");
    let admin = practice.set_up();
    assert_eq!(publish(), 0, "it has a text");
    // As it was before there were texts: triggers of the schema's owner stand in the way.
    let before = if practice.is_sqlite() {
        "DROP TRIGGER consent_template_versions_no_delete; DELETE FROM consent_template_versions; \
         DELETE FROM consent_walks; DELETE FROM consent_templates"
    } else {
        "DROP TRIGGER consent_template_versions_no_delete ON consent_template_versions; \
         DELETE FROM consent_template_versions; DELETE FROM consent_walks; DELETE FROM consent_templates"
    };
    practice.sql(before).unwrap();
    assert_eq!(admin.get("/api/v1/consent-templates").expect(200)["items"], json!([]));
    assert_eq!(publish(), 1);
    assert_eq!(template(&admin)["requirement"], "undecided");
}

fn consent_is_a_task(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let tasks = |by: &Caller<'_>, kind: &str| -> Vec<Value> {
        let all = by.get("/api/v1/tasks?limit=200").expect(200);
        all["items"].as_array().unwrap().iter().filter(|task| task["kind"] == kind).cloned().collect()
    };
    let decide = tasks(&calendar.admin, "decide_consent");
    assert_eq!((decide.len(), &decide[0]["operation"]), (1, &json!("change_consent_template")));
    assert!(tasks(&calendar.desk, "decide_consent").is_empty());
    require(&calendar, &[]);
    assert!(tasks(&calendar.admin, "decide_consent").is_empty());
    let (mia, own) = calendar.client("Mia");
    let booking = calendar.book(&mia, &own, "2027-03-02T10:00:00Z").expect(201);
    practice.pass(TimeDelta::minutes(1));
    let [task] = &tasks(&mia, "sign_consent")[..] else { panic!("one text to sign") };
    let presented = waiting(&mia, &own);
    assert_eq!((&task["subject_id"], &task["client_id"]), (&presented["id"], &json!(own)));
    assert_eq!((&task["due_at"], &task["operation"]), (&booking["starts_at"], &json!("sign_consent")));
    // Nothing waits for it once the session is called off.
    let second = calendar.book(&mia, &own, "2027-03-03T10:00:00Z").expect(201);
    step(&mia, &read(&mia, &booking), "cancel", &json!({})).expect(200);
    assert_eq!(tasks(&mia, "sign_consent")[0]["booking_id"], second["id"]);
    step(&mia, &read(&mia, &second), "cancel", &json!({})).expect(200);
    assert!(tasks(&mia, "sign_consent").is_empty());
    calendar.book(&mia, &own, "2027-03-04T10:00:00Z").expect(201);
    sign(&mia, &presented, "i_consent").expect(200);
    assert!(tasks(&mia, "sign_consent").is_empty());
}
