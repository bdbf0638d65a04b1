//! What can be booked, and what a therapist lacks for it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::app::{Caller, PASSWORD, Practice};
use crate::on_each_store;

on_each_store!(
    a_session_type_is_offered_changed_and_retired,
    the_chiropractic_school_requires_an_adjusting_licence,
    what_is_missing_appears_and_vanishes,
    a_holders_own_word_counts_where_the_practice_says_so,
);

fn ask() -> Value {
    json!({ "name": "Craniosacral session", "duration_minutes": 60, "price_minor": 9000, "schools": ["manual_cranial_sacral"] })
}

fn a_session_type_is_offered_changed_and_retired(practice: Practice) {
    let admin = practice.set_up();
    let created = admin.post("/api/v1/session-types", &ask()).expect(201);
    assert_eq!((&created["currency"], &created["increment_minutes"]), (&json!("EUR"), &json!(15)));
    let path = format!("/api/v1/session-types/{}", created["id"].as_str().unwrap());
    let mut shorter = ask();
    shorter["duration_minutes"] = json!(45);
    admin.send("PUT", &path, &[], Some(&shorter)).refused(428, "if_match_required");
    admin.put(&path, &json!(1), &shorter).expect(200);
    admin.put(&path, &json!(1), &shorter).refused(412, "version_mismatch");
    let nobody = practice.anonymous();
    assert_eq!(nobody.get("/api/v1/session-types").expect(200)["items"][0]["duration_minutes"], 45);
    let mut wrong = ask();
    wrong["duration_minutes"] = json!(90);
    wrong["schools"] = json!([]);
    wrong["requirements"] = json!([{ "any_of": [practice.credential_type("upledger_cst_1")] }]);
    let faults = admin.post("/api/v1/session-types", &wrong).refused(422, "invalid_fields");
    let found: Vec<_> = faults["violations"].as_array().unwrap().iter().map(|one| &one["pointer"]).collect();
    assert_eq!(found, ["/duration_minutes", "/schools", "/requirements/0/any_of/0"]);
    practice.client("Mia").post("/api/v1/session-types", &ask()).refused(403, "forbidden");

    admin.act(&format!("{path}/retire"), &json!(2), &json!({})).expect(200);
    admin.put(&path, &json!(3), &shorter).refused(409, "invalid_transition");
    assert_eq!(nobody.get("/api/v1/session-types").expect(200)["items"], json!([]));
    assert_eq!(nobody.get(&path).expect(200)["active"], false);
    nobody.get("/api/v1/session-types?all=true").refused(401, "unauthenticated");
    assert_eq!(admin.get("/api/v1/session-types?all=true").expect(200)["items"][0]["id"], created["id"]);
}

fn the_chiropractic_school_requires_an_adjusting_licence(practice: Practice) {
    let admin = practice.set_up();
    let [massage, chiropractor] =
        ["licence_massage_therapist", "licence_chiropractor"].map(|code| practice.credential_type(code));
    let create = |requirements: Value| {
        let mut ask = ask();
        ask["schools"] = json!(["sacro_cranial_chiropractic"]);
        ask["requirements"] = requirements;
        admin.post("/api/v1/session-types", &ask)
    };
    for lacking in [json!([]), json!([{ "any_of": [massage] }]), json!([{ "any_of": [massage, chiropractor] }])] {
        assert_eq!(create(lacking).refused(422, "policy_violation")["rule"], "adjustment_requires_licence");
    }
    let created = create(json!([{ "any_of": [chiropractor] }])).expect(201);
    assert_eq!(created["requirements"][0]["any_of"][0]["name"], "Doctor of Chiropractic (DC)");
}

fn signed_in<'p>(practice: &'p Practice, email: &str) -> Caller<'p> {
    let login = json!({ "email": email, "password": PASSWORD });
    practice.signed_in(&practice.anonymous().post("/api/v1/auth/login", &login).expect(200))
}

fn what_is_missing_appears_and_vanishes(practice: Practice) {
    let admin = practice.set_up();
    let cst_t = practice.credential_type("upledger_cst_t");
    practice.session_type(&admin, &json!([{ "any_of": [cst_t] }]));
    let (mara, record) = practice.therapist(&admin, "Mara");
    let path = format!("/api/v1/therapists/{}", record["id"].as_str().unwrap());
    let missing = |by: &Caller<'_>| by.get(&format!("{path}/readiness")).expect(200)["missing"].clone();
    assert_eq!(missing(&admin), json!(["not_eligible_for_any_session_type", "no_working_hours", "not_listed"]));
    let why = mara.get(&format!("{path}/readiness")).expect(200);
    assert_eq!(why["session_types"][0]["missing"][0]["why"], "not_held");

    let ask = json!({ "credential_type_id": cst_t, "number": "4711", "issued_on": "2026-01-01", "expires_on": "2027-03-31", "reverify_by": "2028-01-01" });
    let credential = mara.post("/api/v1/credentials", &ask).expect(201);
    let why = mara.get(&format!("{path}/readiness")).expect(200);
    assert_eq!(why["session_types"][0]["missing"][0]["why"], "not_verified");
    let verify = format!("/api/v1/credentials/{}/verify", credential["id"].as_str().unwrap());
    admin.act(&verify, &json!(1), &json!({ "method": "document_seen", "source": "paper" })).expect(200);
    assert_eq!(missing(&mara), json!(["no_working_hours", "not_listed"]));
    admin.act(&format!("{path}/list"), &json!(1), &json!({})).expect(200);
    assert_eq!(missing(&mara), json!(["no_working_hours"]));
    admin.post("/api/v1/locations", &json!({ "name": "Attic", "address_lines": ["Weg 1"], "zone": "UTC" })).expect(201);
    let hours = "INSERT INTO working_hours SELECT l.id, t.id, l.id, 1, '09:00:00', '17:00:00', 'UTC', '2027-01-01', '2027-03-31'
        FROM therapists t, locations l";
    practice.sql(hours).unwrap();
    assert_eq!(mara.get(&format!("{path}/readiness")).expect(200)["ready"], true);

    practice.pass(TimeDelta::days(31));
    let admin = signed_in(&practice, "admin@example.org");
    assert_eq!(missing(&admin), json!(["not_eligible_for_any_session_type", "no_working_hours"]));
    let why = admin.get(&format!("{path}/readiness")).expect(200);
    assert_eq!(why["session_types"][0]["missing"][0]["why"], "expired");

    let (noa, _) = practice.therapist(&admin, "Noa");
    noa.get(&format!("{path}/readiness")).refused(404, "not_found");
    practice.anonymous().get(&format!("{path}/readiness")).refused(401, "unauthenticated");
    let prepared = admin.post("/api/v1/therapists", &json!({ "name": "Ida" })).expect(201);
    let path = format!("/api/v1/therapists/{}/readiness", prepared["id"].as_str().unwrap());
    assert_eq!(admin.get(&path).expect(200)["missing"][0], "no_account");
}

fn a_holders_own_word_counts_where_the_practice_says_so(practice: Practice) {
    let admin = practice.set_up();
    let cst_t = practice.credential_type("upledger_cst_t");
    practice.session_type(&admin, &json!([{ "any_of": [cst_t] }]));
    let (mara, record) = practice.therapist(&admin, "Mara");
    let ask = json!({ "credential_type_id": cst_t, "number": "4711", "issued_on": "2026-01-01", "reverify_by": "2028-01-01", "self_attested": true });
    mara.post("/api/v1/credentials", &ask).expect(201);
    let path = format!("/api/v1/therapists/{}/readiness", record["id"].as_str().unwrap());
    let eligible = || mara.get(&path).expect(200)["session_types"][0]["eligible"].clone();
    assert_eq!(eligible(), false);
    let mut rules = admin.get("/api/v1/settings").expect(200);
    rules.as_object_mut().unwrap().remove("version");
    rules["self_attested_gates"] = json!(true);
    admin.put("/api/v1/settings", &json!(1), &rules).expect(200);
    assert_eq!(eligible(), true);
    // It opens the calendar, and proves nothing.
    assert_eq!(admin.get("/api/v1/credentials/register").expect(200)["items"], json!([]));
}
