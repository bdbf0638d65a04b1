//! Signing up, in and out; who may be what.

use serde_json::json;

use crate::app::{PASSWORD, Practice};
use crate::on_each_store;

on_each_store!(
    the_first_admin_is_made_once,
    a_refresh_token_used_twice_ends_the_session,
    a_wrong_password_looks_like_an_unknown_address,
    a_role_taken_away_is_gone_at_the_next_request,
    an_invitation_works_once,
    a_new_password_ends_other_sessions,
    errors_are_problems,
    a_left_over_set_up_token_makes_nobody_admin,
    an_invitation_is_worth_what_its_maker_is,
    a_recovery_ends_other_links,
    an_old_token_does_not_keep_from_signing_in,
    an_error_is_readable_across_origins,
    what_get_answers_head_answers,
);

fn the_first_admin_is_made_once(practice: Practice) {
    let token = practice.setup_token();
    let ask = json!({ "token": token, "email": "a@example.org", "name": "Ada", "password": PASSWORD });
    let admin = practice.signed_in(&practice.anonymous().post("/api/v1/setup", &ask).expect(201));
    assert_eq!(admin.get("/api/v1/auth/me").expect(200)["roles"], json!(["admin"]));
    practice.anonymous().post("/api/v1/setup", &ask).refused(410, "link_spent");
}

fn a_refresh_token_used_twice_ends_the_session(practice: Practice) {
    let ask = json!({ "email": "mia@example.org", "name": "Mia", "password": PASSWORD });
    let first = practice.anonymous().post("/api/v1/auth/register", &ask).expect(201);
    let refresh = |token: &serde_json::Value| {
        practice.anonymous().post("/api/v1/auth/refresh", &json!({ "refresh_token": token }))
    };
    let second = refresh(&first["refresh_token"]).expect(200);
    practice.signed_in(&second).get("/api/v1/auth/me").expect(200);
    refresh(&first["refresh_token"]).refused(401, "unauthenticated");
    practice.signed_in(&second).get("/api/v1/auth/me").refused(401, "unauthenticated");
    refresh(&second["refresh_token"]).refused(401, "unauthenticated");
}

fn a_wrong_password_looks_like_an_unknown_address(practice: Practice) {
    practice.client("Mia");
    let login = |email: &str| {
        let ask = json!({ "email": email, "password": "not the right one" });
        let mut body = practice.anonymous().post("/api/v1/auth/login", &ask).refused(401, "wrong_credentials");
        body.as_object_mut().unwrap().remove("request_id");
        body
    };
    assert_eq!(login("mia@example.org"), login("nobody@example.org"));
    let ask = json!({ "email": " MIA@example.org ", "password": PASSWORD });
    practice.anonymous().post("/api/v1/auth/login", &ask).expect(200);
}

fn a_role_taken_away_is_gone_at_the_next_request(practice: Practice) {
    let admin = practice.set_up();
    let second = practice.staff(&admin, "Ben", "admin");
    let ben = second.get("/api/v1/auth/me").expect(200);
    second.get("/api/v1/users").expect(200);
    let path = format!("/api/v1/users/{}/roles", ben["account_id"].as_str().unwrap());
    admin.put(&path, &ben["version"], &json!({ "roles": ["front_desk"] })).expect(200);
    second.get("/api/v1/users").refused(403, "forbidden");

    let me = admin.get("/api/v1/auth/me").expect(200);
    let own = format!("/api/v1/users/{}/roles", me["account_id"].as_str().unwrap());
    admin.put(&own, &me["version"], &json!({ "roles": ["client"] })).refused(422, "policy_violation");
    admin.put(&own, &json!(7), &json!({ "roles": ["client"] })).refused(412, "version_mismatch");
    admin.send("PUT", &own, &[], Some(&json!({ "roles": ["client"] }))).refused(428, "if_match_required");
}

fn an_invitation_works_once(practice: Practice) {
    let admin = practice.set_up();
    let ask = json!({ "email": "tom@example.org", "role": "front_desk" });
    let key = [("Idempotency-Key", "one")];
    let first = admin.send("POST", "/api/v1/invitations", &key, Some(&ask));
    let second = admin.send("POST", "/api/v1/invitations", &key, Some(&ask));
    assert_eq!(second.header("Idempotency-Replayed"), Some("true"));
    let (first, second) = (first.expect(201), second.expect(201));
    assert_eq!(first["id"], second["id"]);
    assert!(second.get("token").is_none(), "a replay does not repeat the secret");
    let other = json!({ "email": "tim@example.org", "role": "front_desk" });
    admin.send("POST", "/api/v1/invitations", &key, Some(&other)).refused(422, "idempotency_key_reused");

    let accept = json!({ "token": first["token"], "name": "Tom", "password": PASSWORD });
    practice.anonymous().post("/api/v1/invitations/accept", &accept).expect(201);
    practice.anonymous().post("/api/v1/invitations/accept", &accept).refused(410, "link_spent");
}

fn a_new_password_ends_other_sessions(practice: Practice) {
    let mia = practice.client("Mia");
    let ask = json!({ "email": "mia@example.org", "password": PASSWORD });
    let other = practice.signed_in(&practice.anonymous().post("/api/v1/auth/login", &ask).expect(200));
    let change = json!({ "current_password": PASSWORD, "new_password": "another quiet sentence" });
    assert_eq!(mia.post("/api/v1/auth/password", &change).status, 204);
    other.get("/api/v1/auth/me").refused(401, "unauthenticated");
    mia.get("/api/v1/auth/me").expect(200);
    practice.anonymous().post("/api/v1/auth/login", &ask).refused(401, "wrong_credentials");
}

fn errors_are_problems(practice: Practice) {
    let nobody = practice.anonymous();
    nobody.get("/api/v1/nothing").refused(404, "not_found");
    let reply = nobody.get("/api/v1/auth/login");
    assert_eq!(reply.header("Allow"), Some("POST"));
    reply.refused(405, "method_not_allowed");
    let json_type = ("Content-Type", "application/json");
    nobody.raw("POST", "/api/v1/auth/login", &[json_type], b"{").refused(400, "malformed");
    nobody
        .raw("POST", "/api/v1/auth/login", &[("Content-Type", "text/plain")], b"{}")
        .refused(415, "unsupported_media_type");
    nobody
        .raw("POST", "/api/v1/auth/login", &[json_type, ("Content-Encoding", "gzip")], b"{}")
        .refused(415, "unsupported_media_type");
    nobody.raw("POST", "/api/v1/auth/login", &[json_type], &vec![b' '; 300_000]).refused(413, "too_large");
    nobody.raw("GET", "/api/v1/auth/me", &[("Accept", "text/html")], b"").refused(401, "unauthenticated");
    let fault =
        nobody.post("/api/v1/auth/login", &json!({ "email": 7, "password": "x" })).refused(422, "invalid_fields");
    assert_eq!(fault["violations"][0]["pointer"], "/email");
    let fault = nobody.post("/api/v1/auth/login", &json!({ "email": "x", "pass": "x" })).refused(422, "invalid_fields");
    assert_eq!(
        fault["violations"][0],
        json!({ "pointer": "/pass", "code": "unknown_field", "message": "is not known here" })
    );
    assert!(fault["request_id"].is_string());
}

fn a_left_over_set_up_token_makes_nobody_admin(practice: Practice) {
    let (first, second) = (practice.setup_token(), practice.setup_token());
    let ask = |token: &str, email: &str| json!({ "token": token, "email": email, "name": "Ada", "password": PASSWORD });
    practice.anonymous().post("/api/v1/setup", &ask(&second, "a@example.org")).expect(201);
    practice.anonymous().post("/api/v1/setup", &ask(&first, "b@example.org")).refused(410, "link_spent");
}

fn an_invitation_is_worth_what_its_maker_is(practice: Practice) {
    let admin = practice.set_up();
    let ben = practice.staff(&admin, "Ben", "admin");
    let back = ben.post("/api/v1/invitations", &json!({ "email": "ben2@example.org", "role": "admin" })).expect(201);
    let me = ben.get("/api/v1/auth/me").expect(200);
    let path = format!("/api/v1/users/{}/disable", me["account_id"].as_str().unwrap());
    admin.act(&path, &me["version"], &json!({})).expect(200);
    let accept = json!({ "token": back["token"], "name": "Ben", "password": PASSWORD });
    practice.anonymous().post("/api/v1/invitations/accept", &accept).refused(410, "link_spent");
}

fn a_recovery_ends_other_links(practice: Practice) {
    practice.client("Mia");
    let link = || practice.recovery_token("mia@example.org");
    let (leaked, own) = (link(), link());
    let recover = |token: &str, password: &str| {
        practice.anonymous().post("/api/v1/auth/recover", &json!({ "token": token, "password": password }))
    };
    assert_eq!(recover(&own, "another quiet sentence").status, 204);
    recover(&leaked, "the thief's long sentence").refused(410, "link_spent");
    let ask = json!({ "email": "mia@example.org", "password": "another quiet sentence" });
    practice.anonymous().post("/api/v1/auth/login", &ask).expect(200);
}

fn an_old_token_does_not_keep_from_signing_in(practice: Practice) {
    let mia = practice.client("Mia");
    practice.pass(chrono::TimeDelta::minutes(11));
    mia.get("/api/v1/auth/me").refused(401, "unauthenticated");
    let ask = json!({ "email": "mia@example.org", "password": PASSWORD });
    let again = practice.signed_in(&mia.post("/api/v1/auth/login", &ask).expect(200));
    assert_eq!(again.post("/api/v1/auth/logout", &json!({})).status, 204);
    again.post("/api/v1/auth/login", &ask).expect(200);
    mia.post("/api/v1/auth/login", &json!({ "email": "mia\u{0}@example.org", "password": PASSWORD }))
        .refused(400, "malformed");
}

fn an_error_is_readable_across_origins(practice: Practice) {
    let origin = [("Origin", "https://desk.example.org")];
    let refused = practice.anonymous().raw("GET", "/api/v1/auth/me", &origin, b"");
    assert_eq!(refused.header("Access-Control-Allow-Origin"), Some("https://desk.example.org"));
    refused.refused(401, "unauthenticated");
    let stranger = practice.anonymous().raw("GET", "/api/v1/practice", &[("Origin", "https://evil.example")], b"");
    assert_eq!(stranger.header("Access-Control-Allow-Origin"), None);
}

fn what_get_answers_head_answers(practice: Practice) {
    for path in ["/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/session-types"] {
        let head = practice.anonymous().raw("HEAD", path, &[], b"");
        assert_eq!((head.status, head.body), (200, serde_json::Value::String(String::new())), "{path}");
    }
    let refused = practice.anonymous().post("/healthz", &json!({}));
    assert_eq!(refused.header("Allow"), Some("GET, HEAD"));
    refused.refused(405, "method_not_allowed");
}
