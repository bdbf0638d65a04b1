//! What the log holds, who may ask it, and that nobody changes it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::app::{Caller, Practice};
use crate::on_each_store;

on_each_store!(
    each_change_leaves_its_event,
    a_refusal_at_the_door_leaves_one_too,
    a_search_of_the_log_is_in_the_log,
    admins_alone_ask_the_log,
    a_row_never_changes,
    a_row_holds_no_name_and_no_address,
);

fn events(admin: &Caller<'_>, query: &str) -> Vec<Value> {
    let page = admin.get(&format!("/api/v1/audit-events?limit=200&{query}")).expect(200);
    page["items"].as_array().unwrap().clone()
}

fn own(caller: &Caller<'_>) -> String {
    let me = caller.get("/api/v1/auth/me").expect(200);
    me["client_id"].as_str().unwrap().to_owned()
}

/// The newest events' names, newest first, but for those of asking the log itself.
fn actions(admin: &Caller<'_>, operation: &str) -> Vec<String> {
    let told = events(admin, &format!("operation={operation}"));
    told.iter().map(|event| event["action"].as_str().unwrap().to_owned()).collect()
}

fn each_change_leaves_its_event(practice: Practice) {
    let admin = practice.set_up();
    let (mia, leo) = (practice.client("Mia"), practice.client("Leo"));
    let path = format!("/api/v1/clients/{}", own(&mia));
    let ask = json!({ "name": "Ida", "date_of_birth": "2020-05-01", "guardianship": { "basis": "parent" } });
    let made = mia.post("/api/v1/clients", &ask).expect(201);
    let ties = format!("/api/v1/clients/{}/guardians", made["id"].as_str().unwrap());
    let tie = format!("{ties}/{}", made["guardianship"]["id"].as_str().unwrap());
    admin.act(&format!("{tie}/accept"), &json!(1), &json!({})).expect(200);
    admin.act(&format!("{tie}/end"), &json!(2), &json!({})).expect(200);
    let add = json!({ "guardian_id": own(&leo), "basis": "other" });
    let added = admin.post(&ties, &add).expect(201);
    admin.act(&format!("{ties}/{}/decline", added["id"].as_str().unwrap()), &json!(1), &json!({})).expect(200);
    mia.put(&path, &json!(1), &json!({ "name": "Mia" })).expect(200);
    mia.put(&path, &json!(1), &json!({ "name": "Mia" })).refused(412, "version_mismatch");
    admin.get(&path).expect(200);
    admin.get("/api/v1/clients").expect(200);
    admin.get("/api/v1/clients?name=m").expect(200);
    mia.get("/api/v1/clients").expect(200);
    mia.get(&path).expect(200);

    for (operation, expected) in [
        ("clients.register", vec!["guardianship.asked", "client.registered"]),
        ("guardianships.accept", vec!["guardianship.accepted"]),
        ("guardianships.end", vec!["guardianship.ended"]),
        ("guardianships.add", vec!["guardianship.asked"]),
        ("guardianships.decline", vec!["guardianship.declined"]),
        ("clients.amend", vec!["client.amended"]),
        ("clients.see", vec!["client.viewed"]),
        ("clients.list", vec!["client.listed", "client.searched"]),
    ] {
        let mut found = actions(&admin, operation);
        found.sort();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(found, expected, "{operation}");
    }
    let mut signed_up = actions(&admin, "auth.register");
    signed_up.sort();
    signed_up.dedup();
    assert!(signed_up.contains(&"client.registered".to_owned()), "{signed_up:?}");
}

fn a_refusal_at_the_door_leaves_one_too(practice: Practice) {
    let admin = practice.set_up();
    let mia = practice.client("Mia");
    mia.get("/api/v1/audit-events").refused(403, "forbidden");
    let account = mia.get("/api/v1/auth/me").expect(200)["account_id"].clone();
    let patience = Instant::now() + Duration::from_secs(5);
    let denied = loop {
        let denied = events(&admin, "action=access.denied");
        if !denied.is_empty() || Instant::now() > patience {
            break denied;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(denied.len(), 1);
    assert_eq!(denied[0]["subject_id"], account);
    assert_eq!(denied[0]["details"]["operation"], "audit_events.list");
    assert_eq!(denied[0]["actor"], "system");
}

fn a_search_of_the_log_is_in_the_log(practice: Practice) {
    let admin = practice.set_up();
    let mia = practice.client("Mia");
    let client = own(&mia);
    let about = events(&admin, &format!("client_id={client}"));
    assert_eq!(about.len(), 1);
    assert_eq!(about[0]["action"], "client.registered");
    let listed = events(&admin, "action=audit.listed");
    assert_eq!((listed.len(), &listed[0]["client_id"]), (1, &json!(client)));
    let one = format!("/api/v1/audit-events/{}", about[0]["id"].as_str().unwrap());
    let event = admin.get(&one).expect(200);
    assert_eq!(event, about[0]);
    assert_eq!(events(&admin, "action=audit.viewed")[0]["subject_id"], event["id"]);
    let log = mia.get(&format!("/api/v1/clients/{client}/access-log")).expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 3, "{log}");

    let me = admin.get("/api/v1/auth/me").expect(200);
    let mine = events(&admin, &format!("actor={}&action=audit.viewed", me["account_id"].as_str().unwrap()));
    assert_eq!(mine.len(), 1);
    assert_eq!(events(&admin, &format!("subject_id={}", event["id"].as_str().unwrap())).len(), 1);
    assert!(events(&admin, "from=2027-03-01T08:00:01Z").is_empty());
    assert!(events(&admin, "to=2027-03-01T08:00:00Z").is_empty());
    assert!(!events(&admin, "from=2027-03-01T08:00:00Z&to=2027-03-01T08:00:01Z").is_empty());

    let first = admin.get("/api/v1/audit-events?limit=2").expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = admin.get(&format!("/api/v1/audit-events?limit=2&cursor={cursor}")).expect(200);
    assert!(second["items"][0]["id"].as_str().unwrap() < cursor);
}

fn admins_alone_ask_the_log(practice: Practice) {
    let admin = practice.set_up();
    practice.anonymous().get("/api/v1/audit-events").refused(401, "unauthenticated");
    for (name, role) in [("Dora", "front_desk"), ("Vera", "verifier"), ("Tom", "therapist"), ("Cleo", "client")] {
        practice.staff(&admin, name, role).get("/api/v1/audit-events").refused(403, "forbidden");
    }
    admin.get(&format!("/api/v1/audit-events/{}", uuid::Uuid::nil())).refused(404, "not_found");
    admin.get("/api/v1/audit-events?who=me").refused(422, "invalid_fields");
    admin.get("/api/v1/audit-events?from=yesterday").refused(422, "invalid_fields");
}

fn a_row_never_changes(practice: Practice) {
    practice.set_up();
    let mut attempts = vec!["UPDATE audit_events SET action = 'x'", "DELETE FROM audit_events"];
    if practice.is_sqlite() {
        attempts.push("INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events LIMIT 1");
        attempts.push("UPDATE OR REPLACE audit_events SET id = (SELECT min(id) FROM audit_events)");
    } else {
        attempts.push("TRUNCATE audit_events");
        attempts.push(
            "INSERT INTO audit_events SELECT * FROM audit_events LIMIT 1 ON CONFLICT (id) DO UPDATE SET action = 'x'",
        );
    }
    for attempt in attempts {
        let refused = practice.sql(attempt).unwrap_err();
        assert!(refused.contains("audit_events_immutable"), "{attempt}: {refused}");
    }
}

fn a_row_holds_no_name_and_no_address(practice: Practice) {
    let admin = practice.set_up();
    let mia = practice.client("Miaculous");
    let path = format!("/api/v1/clients/{}", own(&mia));
    let details = json!({ "name": "Miaculous", "date_of_birth": "1990-05-01", "email": "miaculous@example.org", "phone": "+43 1 234 5678" });
    mia.put(&path, &json!(1), &details).expect(200);
    admin.get(&path).expect(200);
    admin.get("/api/v1/clients?name=miaculous&email=miaculous").expect(200);
    admin.post(&format!("{path}/claim-code"), &json!({})).refused(422, "policy_violation");
    let told = Value::Array(events(&admin, "")).to_string().to_lowercase();
    for word in ["miaculous", "example.org", "1990-05", "234 5678"] {
        assert!(!told.contains(word), "{word} is in the log");
    }
}
