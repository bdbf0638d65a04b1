//! The practice, its rules and its locations.

use serde_json::{Value, json};

use crate::app::Practice;
use crate::on_each_store;

on_each_store!(
    the_first_admin_finds_a_practice_to_change,
    the_rules_have_defaults_and_ranges,
    a_closed_location_leaves_the_public_list,
);

fn the_first_admin_finds_a_practice_to_change(practice: Practice) {
    let nobody = practice.anonymous();
    nobody.get("/api/v1/practice").refused(404, "not_found");
    let admin = practice.set_up();
    let reply = nobody.get("/api/v1/practice");
    assert_eq!(reply.header("ETag"), Some("\"1\""));
    let found = reply.expect(200);
    assert_eq!((&found["zone"], &found["currency"]), (&json!("UTC"), &json!("EUR")));
    assert_eq!(found["contact_email"], "admin@example.org");

    let ask = json!({ "name": "Still Water", "contact_email": "desk@example.org", "phone": "+49 40 1", "zone": "Europe/Berlin", "currency": "CHF" });
    nobody.put("/api/v1/practice", &json!(1), &ask).refused(401, "unauthenticated");
    practice.client("Mia").put("/api/v1/practice", &json!(1), &ask).refused(403, "forbidden");
    admin.send("PUT", "/api/v1/practice", &[], Some(&ask)).refused(428, "if_match_required");
    admin.put("/api/v1/practice", &json!(1), &ask).expect(200);
    admin.put("/api/v1/practice", &json!(1), &ask).refused(412, "version_mismatch");
    assert_eq!(nobody.get("/api/v1/practice").expect(200)["phone"], "+49 40 1");
    let silent = json!({ "name": "Still Water", "contact_email": "desk@example.org", "zone": "Europe/Berlin", "currency": "CHF" });
    assert_eq!(admin.put("/api/v1/practice", &json!(2), &silent).expect(200)["phone"], Value::Null);
    let wrong = json!({ "name": " ", "contact_email": "desk", "zone": "Berlin", "currency": "franc" });
    let faults = admin.put("/api/v1/practice", &json!(3), &wrong).refused(422, "invalid_fields");
    let pointers: Vec<_> = faults["violations"].as_array().unwrap().iter().map(|one| &one["pointer"]).collect();
    assert_eq!(pointers, ["/name", "/contact_email", "/zone", "/currency"]);

    // A second admin finds the practice as it is.
    practice.staff(&admin, "Ben", "admin");
    assert_eq!(nobody.get("/api/v1/practice").expect(200)["name"], "Still Water");
    let types = nobody.get("/api/v1/credential-types").expect(200);
    assert_eq!(types["items"].as_array().unwrap().len(), 14);
}

fn the_rules_have_defaults_and_ranges(practice: Practice) {
    let admin = practice.set_up();
    let mut rules = practice.staff(&admin, "Tom", "front_desk").get("/api/v1/settings").expect(200);
    assert_eq!((&rules["self_attested_gates"], &rules["version"]), (&json!(false), &json!(1)));
    practice.client("Mia").get("/api/v1/settings").refused(403, "forbidden");
    rules.as_object_mut().unwrap().remove("version");
    rules["slot_increment_minutes"] = json!(20);
    admin.put("/api/v1/settings", &json!(1), &rules).expect(200);
    admin.put("/api/v1/settings", &json!(1), &rules).refused(412, "version_mismatch");
    assert_eq!(admin.get("/api/v1/settings").expect(200)["slot_increment_minutes"], 20);
    // The face and the rules have versions of their own.
    assert_eq!(admin.get("/api/v1/practice").expect(200)["version"], 1);
    assert_eq!(rules["booking_approval"], "automatic");
    rules["booking_approval"] = json!("by_nobody");
    admin.put("/api/v1/settings", &json!(2), &rules).refused(422, "invalid_fields");
    rules["booking_approval"] = json!("by_staff");
    rules["slot_increment_minutes"] = json!(7);
    let faults = admin.put("/api/v1/settings", &json!(2), &rules).refused(422, "invalid_fields");
    assert_eq!(faults["violations"][0]["pointer"], "/slot_increment_minutes");
}

fn a_closed_location_leaves_the_public_list(practice: Practice) {
    let admin = practice.set_up();
    let ask = json!({ "name": "Harbour rooms", "address_lines": ["Kai 3", "20457 Hamburg"], "zone": "Europe/Berlin" });
    let key = [("Idempotency-Key", "one")];
    let added = admin.send("POST", "/api/v1/locations", &key, Some(&ask)).expect(201);
    assert_eq!(admin.send("POST", "/api/v1/locations", &key, Some(&ask)).expect(201)["id"], added["id"]);
    admin.post("/api/v1/locations", &json!({ "name": "Attic", "address_lines": ["Weg 1"], "zone": "UTC" })).expect(201);
    let path = format!("/api/v1/locations/{}", added["id"].as_str().unwrap());
    let nobody = practice.anonymous();
    let first = nobody.get("/api/v1/locations?limit=1").expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = nobody.get(&format!("/api/v1/locations?limit=1&cursor={cursor}")).expect(200);
    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    assert_eq!(second["next_cursor"], Value::Null);

    let mut wrong = ask.clone();
    wrong["zone"] = json!("Mars/Base");
    admin.put(&path, &json!(1), &wrong).refused(422, "invalid_fields");
    admin.act(&format!("{path}/close"), &json!(1), &json!({})).expect(200);
    admin.act(&format!("{path}/close"), &json!(2), &json!({})).refused(409, "invalid_transition");
    let count = |reply: crate::app::Reply| reply.expect(200)["items"].as_array().unwrap().len();
    assert_eq!(count(nobody.get("/api/v1/locations")), 1);
    assert_eq!(count(admin.get("/api/v1/locations?all=true")), 2);
    nobody.get("/api/v1/locations?all=true").refused(401, "unauthenticated");
    practice.client("Mia").get("/api/v1/locations?all=true").refused(403, "forbidden");
    admin.act(&format!("{path}/reopen"), &json!(1), &json!({})).refused(412, "version_mismatch");
    admin.act(&format!("{path}/reopen"), &json!(2), &json!({})).expect(200);
    assert_eq!(count(nobody.get("/api/v1/locations")), 2);
}
