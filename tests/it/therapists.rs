//! Therapists' records, their logins, and who may see and change them.

use serde_json::json;

use crate::app::{Practice, Reply};
use crate::on_each_store;

on_each_store!(
    who_joins_as_a_therapist_has_a_record,
    a_prepared_record_is_tied_to_one_login_once,
    the_public_sees_who_is_listed,
    a_profile_is_changed_by_its_therapist_and_the_admin,
);

fn at(record: &serde_json::Value) -> String {
    format!("/api/v1/therapists/{}", record["id"].as_str().unwrap())
}

fn count(reply: Reply) -> usize {
    reply.expect(200)["items"].as_array().unwrap().len()
}

fn who_joins_as_a_therapist_has_a_record(practice: Practice) {
    let admin = practice.set_up();
    let (mara, record) = practice.therapist(&admin, "Mara Lind");
    assert_eq!((&record["listed"], &record["state"]), (&json!(false), &json!("active")));
    assert_eq!(record["account_id"], mara.get("/api/v1/auth/me").expect(200)["account_id"]);
    practice.staff(&admin, "Tom", "front_desk");
    assert_eq!(count(admin.get("/api/v1/therapists?all=true")), 1);
}

fn a_prepared_record_is_tied_to_one_login_once(practice: Practice) {
    let admin = practice.set_up();
    let me = admin.get("/api/v1/auth/me").expect(200)["account_id"].clone();
    let prepared =
        admin.post("/api/v1/therapists", &json!({ "name": "Ada Admin", "languages": ["de", "pt-BR"] })).expect(201);
    let link = format!("{}/account", at(&prepared));
    let nobody = json!({ "account_id": "0197a3a0-5b1e-7c3d-8f00-000000000001" });
    admin.put(&link, &json!(1), &nobody).refused(422, "invalid_fields");
    admin.put(&link, &json!(1), &json!({ "account_id": me })).expect(200);
    let again = admin.put(&link, &json!(2), &json!({ "account_id": me })).refused(422, "policy_violation");
    assert_eq!(again["rule"], "account_already_linked");

    let (_, mara) = practice.therapist(&admin, "Mara");
    let taken = json!({ "name": "Mara again", "account_id": mara["account_id"] });
    admin.post("/api/v1/therapists", &taken).refused(409, "already_exists");
    let second = admin.post("/api/v1/therapists", &json!({ "name": "Mara again" })).expect(201);
    admin
        .put(&format!("{}/account", at(&second)), &json!(1), &json!({ "account_id": mara["account_id"] }))
        .refused(409, "already_exists");
}

fn the_public_sees_who_is_listed(practice: Practice) {
    let admin = practice.set_up();
    let (_, record) = practice.therapist(&admin, "Mara");
    let (nobody, path) = (practice.anonymous(), at(&record));
    nobody.get(&path).refused(404, "not_found");
    admin.act(&format!("{path}/unlist"), &json!(1), &json!({})).refused(409, "invalid_transition");
    admin.act(&format!("{path}/list"), &json!(1), &json!({})).expect(200);
    admin.act(&format!("{path}/list"), &json!(1), &json!({})).refused(412, "version_mismatch");
    let seen = nobody.get(&path).expect(200);
    assert!(seen.get("account_id").is_none(), "a login is nobody's business");
    assert_eq!(count(nobody.get("/api/v1/therapists")), 1);
    nobody.get("/api/v1/therapists?all=true").refused(401, "unauthenticated");

    admin.act(&format!("{path}/offboard"), &json!(2), &json!({})).expect(200);
    admin.act(&format!("{path}/list"), &json!(3), &json!({})).refused(409, "invalid_transition");
    nobody.get(&path).refused(404, "not_found");
    assert_eq!((count(nobody.get("/api/v1/therapists")), count(admin.get("/api/v1/therapists?all=true"))), (0, 1));
}

fn a_profile_is_changed_by_its_therapist_and_the_admin(practice: Practice) {
    let admin = practice.set_up();
    let (mara, record) = practice.therapist(&admin, "Mara");
    let (noa, _) = practice.therapist(&admin, "Noa");
    let (path, ask) = (at(&record), json!({ "name": "Mara Lind", "bio": "Quiet work.", "languages": ["de"] }));
    noa.put(&path, &json!(1), &ask).refused(403, "forbidden");
    practice.client("Mia").put(&path, &json!(1), &ask).refused(403, "forbidden");
    mara.send("PUT", &path, &[], Some(&ask)).refused(428, "if_match_required");
    assert_eq!(mara.put(&path, &json!(1), &ask).expect(200)["languages"], json!(["de"]));
    admin.put(&path, &json!(1), &ask).refused(412, "version_mismatch");
    admin.put(&path, &json!(2), &ask).expect(200);
    let wrong = json!({ "name": "", "languages": ["deutsch"] });
    let faults = mara.put(&path, &json!(3), &wrong).refused(422, "invalid_fields");
    assert_eq!(faults["violations"][1]["pointer"], "/languages/0");
    mara.act(&format!("{path}/list"), &json!(3), &json!({})).refused(403, "forbidden");
}
