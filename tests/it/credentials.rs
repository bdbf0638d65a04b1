//! Credentials: who holds them, who judges them, and what the register answers for past days.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::app::{Caller, Practice};
use crate::on_each_store;

on_each_store!(
    nobody_verifies_their_own,
    nothing_is_verified_while_the_holder_is_unknown,
    a_credential_goes_its_way_and_keeps_what_was_said,
    a_rejected_credential_is_put_forward_again,
    a_renewal_follows_a_verified_credential_only,
    the_register_goes_by_two_clocks,
    a_day_ends_on_the_practices_wall,
    others_credentials_are_not_there,
    the_public_sees_what_was_checked_and_when,
    the_catalogue_keeps_its_rules,
    what_was_said_is_never_changed,
);

fn draft(practice: &Practice, code: &str) -> Value {
    json!({ "credential_type_id": practice.credential_type(code), "number": "4711", "issued_on": "2026-01-01", "reverify_by": "2028-01-01" })
}

fn at(credential: &Value) -> String {
    format!("/api/v1/credentials/{}", credential["id"].as_str().unwrap())
}

fn step(by: &Caller<'_>, credential: &Value, step: &str, body: &Value) -> crate::app::Reply {
    by.act(&format!("{}/{step}", at(credential)), &credential["version"], body)
}

fn seen() -> Value {
    json!({ "method": "primary_source", "source": "the issuer's register" })
}

fn nobody_verifies_their_own(practice: Practice) {
    let admin = practice.set_up();
    let me = admin.get("/api/v1/auth/me").expect(200);
    let roles = format!("/api/v1/users/{}/roles", me["account_id"].as_str().unwrap());
    admin.put(&roles, &me["version"], &json!({ "roles": ["admin", "therapist", "verifier"] })).expect(200);
    let login = json!({ "email": "admin@example.org", "password": crate::app::PASSWORD });
    let admin = practice.signed_in(&practice.anonymous().post("/api/v1/auth/login", &login).expect(200));
    admin.post("/api/v1/therapists", &json!({ "name": "Ada", "account_id": me["account_id"] })).expect(201);

    let own = admin.post("/api/v1/credentials", &draft(&practice, "upledger_cst_t")).expect(201);
    let no = step(&admin, &own, "verify", &seen()).refused(422, "policy_violation");
    assert_eq!(no["rule"], "holder_is_verifier");
    let no = step(&admin, &own, "reject", &json!({ "reason": "none of mine" })).refused(422, "policy_violation");
    assert_eq!(no["rule"], "holder_is_verifier");
    let vera = practice.staff(&admin, "Vera", "verifier");
    assert_eq!(step(&vera, &own, "verify", &seen()).expect(200)["state"], "verified");

    let (mara, _) = practice.therapist(&admin, "Mara");
    let hers = mara.post("/api/v1/credentials", &draft(&practice, "upledger_cst_t")).expect(201);
    step(&mara, &hers, "verify", &seen()).refused(403, "forbidden");
}

fn nothing_is_verified_while_the_holder_is_unknown(practice: Practice) {
    let admin = practice.set_up();
    let prepared = admin.post("/api/v1/therapists", &json!({ "name": "Noa" })).expect(201);
    let mut ask = draft(&practice, "upledger_cst_t");
    ask["therapist_id"] = prepared["id"].clone();
    let credential = admin.post("/api/v1/credentials", &ask).expect(201);
    let no = step(&admin, &credential, "verify", &seen()).refused(422, "policy_violation");
    assert_eq!(no["rule"], "holder_unknown");
    ask["self_attested"] = json!(true);
    let no = admin.post("/api/v1/credentials", &ask).refused(422, "policy_violation");
    assert_eq!(no["rule"], "attestor_is_not_holder");
}

fn a_credential_goes_its_way_and_keeps_what_was_said(practice: Practice) {
    let admin = practice.set_up();
    let (mara, _) = practice.therapist(&admin, "Mara");
    let first = mara.post("/api/v1/credentials", &draft(&practice, "upledger_cst_t")).expect(201);
    let faults = step(&admin, &first, "verify", &json!({})).refused(422, "invalid_fields");
    assert_eq!(
        (&faults["violations"][0]["pointer"], &faults["violations"][1]["pointer"]),
        (&json!("/method"), &json!("/source"))
    );
    let tomorrow = json!({ "method": "document_seen", "source": "paper", "effective_on": "2027-03-02" });
    let faults = step(&admin, &first, "verify", &tomorrow).refused(422, "invalid_fields");
    assert_eq!(faults["violations"][0]["code"], "in_future");
    admin.send("POST", &format!("{}/verify", at(&first)), &[], Some(&seen())).refused(428, "if_match_required");

    let verified = step(&admin, &first, "verify", &seen()).expect(200);
    step(&admin, &first, "suspend", &json!({ "reason": "a complaint" })).refused(412, "version_mismatch");
    step(&admin, &verified, "reinstate", &json!({ "reason": "?" })).refused(409, "invalid_transition");
    let suspended = step(&admin, &verified, "suspend", &json!({ "reason": "a complaint" })).expect(200);
    assert_eq!((&suspended["state"], &suspended["validity"]), (&json!("suspended"), &json!("suspended")));
    let again = step(&admin, &suspended, "reinstate", &json!({ "reason": "cleared" })).expect(200);
    let revoked = step(&admin, &again, "revoke", &json!({ "reason": "the board's letter" })).expect(200);
    step(&admin, &revoked, "reinstate", &json!({ "reason": "no" })).refused(409, "invalid_transition");

    let told = mara.get(&at(&first)).expect(200);
    let said: Vec<_> = told["assertions"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(said, ["submitted", "verified", "suspended", "reinstated", "revoked"]);
    let instant =
        |said: &Value| said["recorded_at"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let instants: Vec<_> = told["assertions"].as_array().unwrap().iter().map(instant).collect();
    assert!(instants.is_sorted(), "{instants:?}");
    assert_eq!(told["version"], 5);
}

fn a_rejected_credential_is_put_forward_again(practice: Practice) {
    let admin = practice.set_up();
    let (mara, _) = practice.therapist(&admin, "Mara");
    let first = mara.post("/api/v1/credentials", &draft(&practice, "upledger_cst_t")).expect(201);
    let corrected =
        json!({ "number": "4712", "issued_on": "2026-01-01", "expires_on": "2027-12-31", "reverify_by": "2027-12-01" });
    step(&mara, &first, "resubmit", &corrected).refused(409, "invalid_transition");
    let rejected = step(&admin, &first, "reject", &json!({ "reason": "another number" })).expect(200);
    let again = step(&mara, &rejected, "resubmit", &corrected).expect(200);
    assert_eq!(
        (&again["number"], &again["state"], &again["expires_on"]),
        (&json!("4712"), &json!("submitted"), &json!("2027-12-31"))
    );
    assert_eq!(step(&admin, &again, "verify", &seen()).expect(200)["validity"], "valid");
    let faults = mara
        .post("/api/v1/credentials", &json!({ "credential_type_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "issued_on": "2026-01-01", "reverify_by": "2028-01-01" }))
        .refused(422, "invalid_fields");
    assert_eq!(faults["violations"][0]["code"], "unknown_credential_type");
    let mut course = draft(&practice, "upledger_cst_1");
    course["expires_on"] = json!("2029-01-01");
    let faults = mara.post("/api/v1/credentials", &course).refused(422, "invalid_fields");
    assert_eq!(faults["violations"][0]["code"], "course_has_no_expiry");
}

fn a_renewal_follows_a_verified_credential_only(practice: Practice) {
    let admin = practice.set_up();
    let (mara, _) = practice.therapist(&admin, "Mara");
    let old = mara.post("/api/v1/credentials", &draft(&practice, "upledger_cst_t")).expect(201);
    let next = json!({ "number": "4711", "issued_on": "2027-02-01", "reverify_by": "2029-01-01" });
    step(&mara, &old, "renew", &next).refused(409, "invalid_transition");
    let old = step(&admin, &old, "verify", &seen()).expect(200);
    let path = format!("{}/renew", at(&old));
    let headers = [("If-Match", "\"2\""), ("Idempotency-Key", "one")];
    let renewed = mara.send("POST", &path, &headers, Some(&next)).expect(201);
    assert_eq!((&renewed["supersedes"], &renewed["state"]), (&old["id"], &json!("submitted")));
    assert_eq!(mara.send("POST", &path, &headers, Some(&next)).expect(201)["id"], renewed["id"]);
    assert_eq!(mara.get(&at(&old)).expect(200)["validity"], "valid");
    let suspended = step(&admin, &old, "suspend", &json!({ "reason": "a complaint" })).expect(200);
    step(&mara, &suspended, "renew", &next).refused(409, "invalid_transition");
}

/// Who the register names for a day, as known by the end of another.
fn register(by: &Caller<'_>, valid_on: &str, known_on: &str) -> Vec<String> {
    let told = by.get(&format!("/api/v1/credentials/register?valid_on={valid_on}&known_on={known_on}")).expect(200);
    told["items"].as_array().unwrap().iter().map(|one| one["therapist_name"].as_str().unwrap().to_owned()).collect()
}

fn the_register_goes_by_two_clocks(practice: Practice) {
    let admin = practice.set_up();
    let (mara, _) = practice.therapist(&admin, "Mara");
    let credential = mara.post("/api/v1/credentials", &draft(&practice, "upledger_cst_t")).expect(201);
    practice.pass(TimeDelta::days(9));
    let backdated =
        json!({ "method": "primary_source", "source": "the issuer's register", "effective_on": "2026-06-01" });
    let admin = sign_in_again(&practice);
    let verified = step(&admin, &credential, "verify", &backdated).expect(200);
    // 10 March: recorded; on 9 March nobody knew. Before June 2026 it was not so, whatever is known.
    assert_eq!(register(&admin, "2027-03-05", "2027-03-10"), ["Mara"]);
    assert!(register(&admin, "2027-03-05", "2027-03-09").is_empty());
    assert_eq!(register(&admin, "2026-06-01", "2027-03-10"), ["Mara"]);
    assert!(register(&admin, "2026-05-31", "2027-03-10").is_empty());

    practice.pass(TimeDelta::days(10));
    let admin = sign_in_again(&practice);
    step(&admin, &verified, "revoke", &json!({ "reason": "the board's letter", "effective_on": "2027-03-08" }))
        .expect(200);
    // A session on 12 March: certified as far as was known then, and in truth not.
    assert_eq!(register(&admin, "2027-03-12", "2027-03-12"), ["Mara"]);
    assert!(register(&admin, "2027-03-12", "2027-03-20").is_empty());
    assert_eq!(register(&admin, "2027-03-07", "2027-03-20"), ["Mara"]);
    let all = admin.get("/api/v1/credentials/register?valid_on=2027-03-12&all=true").expect(200);
    assert_eq!(all["items"][0]["validity"], "revoked");
    let then = admin.get("/api/v1/credentials/register?valid_on=2027-03-12&known_on=2027-03-12").expect(200);
    assert_eq!(then["items"][0]["verification"]["source"], "the issuer's register");
    assert_eq!(then["known_until"], "2027-03-12T23:59:59.999999Z");
    // Before it was put forward it is not there at all.
    admin.get("/api/v1/credentials/register?known_on=-0001-01-01").refused(422, "invalid_fields");
    let none = admin.get("/api/v1/credentials/register?known_on=2027-02-28&all=true").expect(200);
    assert_eq!(none["items"], json!([]));
}

/// The admin, after their access token ran out.
fn sign_in_again(practice: &Practice) -> Caller<'_> {
    let login = json!({ "email": "admin@example.org", "password": crate::app::PASSWORD });
    practice.signed_in(&practice.anonymous().post("/api/v1/auth/login", &login).expect(200))
}

fn a_day_ends_on_the_practices_wall(practice: Practice) {
    let admin = practice.set_up();
    let ask = json!({ "name": "Still Water", "contact_email": "a@example.org", "zone": "Pacific/Auckland", "currency": "NZD" });
    admin.put("/api/v1/practice", &json!(1), &ask).expect(200);
    let (mara, _) = practice.therapist(&admin, "Mara");
    practice.turn_to("2027-03-01T12:00:00Z");
    let admin = sign_in_again(&practice);
    // In Auckland it is 2 March already.
    let login = json!({ "email": "mara@example.org", "password": crate::app::PASSWORD });
    drop(mara);
    let mara = practice.signed_in(&practice.anonymous().post("/api/v1/auth/login", &login).expect(200));
    let mut today = draft(&practice, "upledger_cst_t");
    today["issued_on"] = json!("2027-03-02");
    let credential = mara.post("/api/v1/credentials", &today).expect(201);
    step(&admin, &credential, "verify", &seen()).expect(200);
    assert!(register(&admin, "2027-03-02", "2027-03-01").is_empty());
    assert_eq!(register(&admin, "2027-03-02", "2027-03-02"), ["Mara"]);
    today["issued_on"] = json!("2027-03-03");
    mara.post("/api/v1/credentials", &today).refused(422, "invalid_fields");
}

fn others_credentials_are_not_there(practice: Practice) {
    let admin = practice.set_up();
    let (mara, hers) = practice.therapist(&admin, "Mara");
    let (noa, _) = practice.therapist(&admin, "Noa");
    let credential = mara.post("/api/v1/credentials", &draft(&practice, "upledger_cst_t")).expect(201);
    noa.get(&at(&credential)).refused(404, "not_found");
    assert_eq!(noa.get("/api/v1/credentials").expect(200)["items"], json!([]));
    practice.staff(&admin, "Tom", "front_desk").get(&at(&credential)).refused(403, "forbidden");
    practice.client("Mia").get("/api/v1/credentials/register").refused(403, "forbidden");
    mara.get("/api/v1/credentials/register").refused(403, "forbidden");
    let mut for_mara = draft(&practice, "upledger_cst_t");
    for_mara["therapist_id"] = hers["id"].clone();
    noa.post("/api/v1/credentials", &for_mara).refused(403, "forbidden");
    let vera = practice.staff(&admin, "Vera", "verifier");
    let path = format!("/api/v1/credentials?therapist_id={}&state=submitted", hers["id"].as_str().unwrap());
    assert_eq!(vera.get(&path).expect(200)["items"][0]["id"], credential["id"]);
    assert_eq!(vera.get("/api/v1/credentials?state=verified").expect(200)["items"], json!([]));
    vera.get("/api/v1/credentials?state=lost").refused(422, "invalid_fields");
}

fn the_public_sees_what_was_checked_and_when(practice: Practice) {
    let admin = practice.set_up();
    let (mara, record) = practice.therapist(&admin, "Mara");
    let submit = |code: &str, own_word: bool| {
        let mut ask = draft(&practice, code);
        ask["self_attested"] = json!(own_word);
        mara.post("/api/v1/credentials", &ask).expect(201)
    };
    let certificate = submit("upledger_cst_t", false);
    step(&admin, &certificate, "verify", &seen()).expect(200);
    let course = submit("upledger_cst_1", false);
    step(&admin, &course, "verify", &json!({ "method": "document_seen", "source": "paper" })).expect(200);
    submit("bcta_na_rcst", true);
    submit("first_aid_cpr", false);
    let path = format!("/api/v1/therapists/{}", record["id"].as_str().unwrap());
    let nobody = practice.anonymous();
    nobody.get(&format!("{path}/credentials")).refused(404, "not_found");
    admin.act(&format!("{path}/list"), &json!(1), &json!({})).expect(200);
    let told = nobody.get(&format!("{path}/credentials")).expect(200);
    let mut wordings: Vec<_> =
        told["items"].as_array().unwrap().iter().map(|one| one["wording"].as_str().unwrap()).collect();
    wordings.sort_unstable();
    let wanted = [
        "Document seen on 2027-03-01. A course attended; not a certification",
        "Self-attested, not verified",
        "Verified with the issuer on 2027-03-01",
    ];
    assert_eq!(wordings, wanted);
    assert!(!told.to_string().contains("4711"), "the number is not for the public");
}

fn the_catalogue_keeps_its_rules(practice: Practice) {
    let admin = practice.set_up();
    let ask = json!({ "code": "heilpraktiker", "name": "Heilpraktiker", "kind": "licence", "issuer": "Gesundheitsamt", "jurisdiction": "DE" });
    admin.post("/api/v1/credential-types", &ask).expect(201);
    admin.post("/api/v1/credential-types", &ask).refused(409, "already_exists");
    let wrong = json!({ "code": "x", "name": "X", "kind": "course", "issuer": "Y", "grants_adjustment": true });
    let faults = admin.post("/api/v1/credential-types", &wrong).refused(422, "invalid_fields");
    assert_eq!(faults["violations"][0]["code"], "only_a_licence");
    practice.staff(&admin, "Vera", "verifier").post("/api/v1/credential-types", &ask).refused(403, "forbidden");
}

fn what_was_said_is_never_changed(practice: Practice) {
    let admin = practice.set_up();
    let (mara, _) = practice.therapist(&admin, "Mara");
    mara.post("/api/v1/credentials", &draft(&practice, "upledger_cst_t")).expect(201);
    for attempt in ["UPDATE credential_assertions SET reason = 'other'", "DELETE FROM credential_assertions"] {
        let error = practice.sql(attempt).unwrap_err();
        assert!(error.contains("credential_assertions_immutable"), "{error}");
    }
}
