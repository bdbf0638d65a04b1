//! Form links: who has no login answers and signs, and the link opens nothing else.

use std::sync::Arc;

use serde_json::{Value, json};
use stillpoint::clients;
use stillpoint::db::Tx;
use stillpoint::kernel::actor::Permit;
use stillpoint::kernel::ids::ClientId;
use stillpoint::vault::Reason;

use crate::app::{Caller, Practice, Reply};
use crate::calendar::{Calendar, blocks, id};
use crate::contract::Operation;
use crate::on_each_store;

on_each_store!(
    who_has_no_login_signs_on_a_link,
    the_tablet_has_a_witness,
    who_has_no_login_answers_on_a_link,
    a_link_opens_its_form_and_nothing_else,
    a_link_ends_by_use_by_a_newer_one_and_by_time,
    a_guardian_signs_on_a_link_for_a_minor,
    nobody_hands_a_link_to_themself,
    who_has_a_login_is_given_no_link,
    what_was_begun_is_linked_only_by_who_may_read_it,
    a_link_ends_with_its_form_however_that_is_closed,
    an_erased_client_leaves_no_link_open,
    links_cannot_be_changed,
    a_token_stands_nowhere_but_in_its_header,
);

/// A client without a login, whose next session waits for a consent and a form.
struct Without<'p> {
    calendar: Calendar<'p>,
    client: String,
    booking: Value,
    consent: Value,
    response: Value,
}

impl<'p> Without<'p> {
    fn login(practice: &'p Practice) -> Self {
        let calendar = Calendar::of(practice);
        let template = calendar.admin.get("/api/v1/consent-templates").expect(200)["items"][0].clone();
        let path = format!("/api/v1/consent-templates/{}", id(&template));
        let ask = json!({ "name": template["name"], "requirement": "required" });
        calendar.admin.put(&path, &template["version"], &ask).expect(200);
        let record = json!({ "name": "Olga Stein", "phone": "+43 1 234 5678" });
        let client = id(&calendar.desk.post("/api/v1/clients", &record).expect(201));
        let booking = calendar.book(&calendar.desk, &client, "2027-03-05T10:00:00Z").expect(201);
        assert_eq!(blocks(&booking), ["consent", "intake"]);
        let first =
            |path: &str| calendar.desk.get(&format!("{path}?client_id={client}")).expect(200)["items"][0].clone();
        let (consent, response) = (first("/api/v1/consents"), first("/api/v1/intake-responses"));
        Self { calendar, client, booking, consent, response }
    }

    fn link(&self, collection: &str, form: &Value, ask: &Value) -> Reply {
        self.calendar.desk.post(&format!("/api/v1/{collection}/{}/link", id(form)), ask)
    }

    fn to_consent(&self, medium: &str, identity_check: &str) -> Holder<'p> {
        let ask = json!({ "medium": medium, "identity_check": identity_check });
        self.holds(&self.link("consents", &self.consent, &ask).expect(201))
    }

    fn to_form(&self) -> Holder<'p> {
        let ask = json!({ "medium": "link", "identity_check": "spoken_details" });
        self.holds(&self.link("intake-responses", &self.response, &ask).expect(201))
    }

    fn holds(&self, link: &Value) -> Holder<'p> {
        let token = format!("Form {}", link["token"].as_str().unwrap());
        Holder { caller: self.calendar.practice.anonymous(), token }
    }

    fn blocks(&self) -> Vec<String> {
        let path = format!("/api/v1/bookings/{}", id(&self.booking));
        let read = self.calendar.desk.get(&path).expect(200);
        blocks(&read).into_iter().map(str::to_owned).collect()
    }
}

/// Whoever holds a link.
struct Holder<'p> {
    caller: Caller<'p>,
    token: String,
}

impl Holder<'_> {
    fn send(&self, method: &str, path: &str, version: Option<&Value>, body: Option<&Value>) -> Reply {
        let tag = version.map(|version| format!("\"{version}\""));
        let mut headers = vec![("Authorization", &*self.token)];
        headers.extend(tag.as_deref().map(|tag| ("If-Match", tag)));
        self.caller.send(method, path, &headers, body)
    }

    fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None, None)
    }

    fn sign(&self) -> Reply {
        let shown = self.get("/api/v1/form-link/consent").expect(200);
        let ask =
            json!({ "name": "Olga Stein", "text_hash": shown["texts"][0]["text_hash"], "meaning": shown["meaning"] });
        self.send("POST", "/api/v1/form-link/consent/sign", Some(&shown["version"]), Some(&ask))
    }

    /// Nothing to report.
    fn answers(&self) -> Value {
        let asked = self.get("/api/v1/form-link/intake/questions").expect(200);
        let sections = asked["definition"]["sections"].as_array().unwrap();
        let questions = sections.iter().flat_map(|section| section["questions"].as_array().unwrap());
        let findings = questions.filter(|question| question["answer"]["type"] == "finding");
        let mut answers: serde_json::Map<String, Value> =
            findings.map(|one| (one["id"].as_str().unwrap().to_owned(), json!({ "status": "none" }))).collect();
        let plain = json!({ "reasons_for_visit": ["relaxation"], "goals": "an hour of quiet", "prior_injuries": "no",
            "surgeries": "no", "takes_medication": "no" });
        answers.extend(plain.as_object().unwrap().clone());
        json!({ "answers": answers })
    }
}

fn who_has_no_login_signs_on_a_link(practice: Practice) {
    let without = Without::login(&practice);
    let holder = without.to_consent("link", "contact_on_record");
    let opened = holder.get("/api/v1/form-link").expect(200);
    assert_eq!(opened, json!({ "form": "consent", "medium": "link" }));
    let shown = holder.get("/api/v1/form-link/consent").expect(200);
    let other = json!({ "name": "Olga Stein", "text_hash": "0".repeat(64), "meaning": "i_consent" });
    holder
        .send("POST", "/api/v1/form-link/consent/sign", Some(&shown["version"]), Some(&other))
        .refused(422, "invalid_fields");
    assert_eq!(holder.sign().expect(200)["valid_until"], "2028-02-29");
    assert_eq!(without.blocks(), ["intake"]);
    let path = format!("/api/v1/consents/{}", id(&without.consent));
    let signature = without.calendar.mara.get(&path).expect(200)["signature"].clone();
    let desk = without.calendar.desk.get("/api/v1/auth/me").expect(200)["account_id"].clone();
    assert_eq!(
        (&signature["authenticated_by"], &signature["identity_check"]),
        (&json!("link"), &json!("contact_on_record"))
    );
    assert_eq!((&signature["identity_checked_by"], &signature["witness_id"]), (&desk, &json!(null)));
    assert_eq!((&signature["signer_id"], &signature["account_id"]), (&json!(without.client), &json!(null)));
    // The log names the link, and who gave it out.
    let events = without.calendar.admin.get("/api/v1/audit-events?action=consent.signed").expect(200);
    let event = &events["items"][0];
    assert_eq!(
        (&event["actor"], &event["account_id"], &event["client_id"]),
        (&json!("form_link"), &json!(null), &json!(without.client))
    );
    let issued =
        without.calendar.admin.get("/api/v1/audit-events?action=form_link.issued").expect(200)["items"][0].clone();
    assert_eq!((&event["form_link_id"], &event["details"]["form_link_issued_by"]), (&issued["subject_id"], &desk));
}

fn the_tablet_has_a_witness(practice: Practice) {
    let without = Without::login(&practice);
    let unseen = json!({ "medium": "tablet", "identity_check": "contact_on_record" });
    let refused = without.link("consents", &without.consent, &unseen).refused(422, "invalid_fields");
    assert_eq!(refused["violations"][0]["pointer"], "/identity_check");
    without.to_consent("tablet", "photo_id").sign().expect(200);
    let path = format!("/api/v1/consents/{}", id(&without.consent));
    let signature = without.calendar.mara.get(&path).expect(200)["signature"].clone();
    let desk = without.calendar.desk.get("/api/v1/auth/me").expect(200)["account_id"].clone();
    assert_eq!((&signature["authenticated_by"], &signature["identity_check"]), (&json!("tablet"), &json!("photo_id")));
    assert_eq!((&signature["witness_id"], &signature["identity_checked_by"]), (&desk, &desk));
    let ask = json!({ "medium": "tablet", "identity_check": "photo_id" });
    without.link("consents", &without.consent, &ask).refused(409, "invalid_transition");
}

fn who_has_no_login_answers_on_a_link(practice: Practice) {
    let without = Without::login(&practice);
    let holder = without.to_form();
    let begun = holder.get("/api/v1/form-link/intake/questions").expect(200);
    let patch = |version: &Value, body: &Value| {
        holder.send("PATCH", "/api/v1/form-link/intake/answers", Some(version), Some(body))
    };
    let answered = patch(&begun["version"], &json!({ "answers": { "goals": "an hour of quiet" } })).expect(200);
    patch(&begun["version"], &json!({ "answers": { "goals": "another" } })).refused(412, "version_mismatch");
    // What was answered is shown to nobody by a link: whoever gave it out has held it too.
    assert_eq!(holder.get("/api/v1/form-link/intake/answers").status, 405);
    let submit = |version: &Value| holder.send("POST", "/api/v1/form-link/intake/submit", Some(version), None);
    submit(&answered["version"]).refused(422, "invalid_fields");
    let whole = patch(&answered["version"], &holder.answers()).expect(200);
    assert_eq!(submit(&whole["version"]).expect(200)["state"], "screened");
    submit(&whole["version"]).refused(410, "link_spent");
    assert_eq!(without.blocks(), ["consent"]);
    let links = format!("/api/v1/intake-responses/{}/links", id(&without.response));
    let links = without.calendar.mara.get(&links).expect(200);
    let (link, desk) = (&links["items"][0], without.calendar.desk.get("/api/v1/auth/me").expect(200));
    assert_eq!((&link["issued_by"], &link["identity_check"]), (&desk["account_id"], &json!("spoken_details")));
    assert_eq!((&link["used_at"], &link["replaced_at"]), (&json!("2027-03-01T08:00:00Z"), &json!(null)));
    let log =
        without.calendar.admin.get(&format!("/api/v1/clients/{}/access-log?limit=200", without.client)).expect(200);
    let looks = log["items"].as_array().unwrap().iter().filter(|one| one["action"] == "intake_response.answers_viewed");
    assert_eq!(looks.filter(|one| one["actor"] == "form_link").count(), 0);
}

fn a_link_opens_its_form_and_nothing_else(practice: Practice) {
    let without = Without::login(&practice);
    let (consent, form) = (without.to_consent("link", "photo_id"), without.to_form());
    consent.get("/api/v1/form-link/intake/questions").refused(404, "not_found");
    form.get("/api/v1/form-link/consent").refused(404, "not_found");
    let document = stillpoint::app::document();
    let objects = [&without.client, &id(&without.consent), &id(&without.response), &id(&without.booking)];
    for operation in Operation::all(&document) {
        let is_open = operation.told.get("security").is_some_and(|security| security[0] != json!({ "form": [] }));
        if is_open || operation.path.starts_with("/api/v1/form-link") {
            continue;
        }
        for object in objects {
            let path = operation.path.split('/').map(|part| if part.starts_with('{') { object.as_str() } else { part });
            let path = path.collect::<Vec<_>>().join("/");
            let body = operation.body(&document).map(|schema| schema["example"].clone());
            let method = operation.method.to_uppercase();
            let reply = form.send(&method, &path, Some(&json!(1)), body.as_ref());
            assert_eq!(reply.status, 401, "{} {}", operation.id(), reply.body);
        }
    }
    // Where everybody may come, it is nobody's in particular.
    let slots = format!(
        "/api/v1/slots?session_type_id={}&from=2027-03-02T00:00:00Z&to=2027-03-03T00:00:00Z",
        without.calendar.session_type
    );
    form.get(&slots).expect(200);
    form.get(&format!("{slots}&client_id={}", without.client)).refused(401, "unauthenticated");
    // Nor does a login open what is a link's.
    without.calendar.desk.get("/api/v1/form-link").refused(403, "forbidden");
    practice.anonymous().get("/api/v1/form-link").refused(401, "unauthenticated");
}

fn a_link_ends_by_use_by_a_newer_one_and_by_time(practice: Practice) {
    let without = Without::login(&practice);
    let (first, tablet) = (without.to_consent("link", "photo_id"), without.to_consent("tablet", "photo_id"));
    first.get("/api/v1/form-link").refused(410, "link_spent");
    let form = without.to_form();
    tablet.get("/api/v1/form-link").expect(200);
    practice.turn_to("2027-03-01T08:30:00Z");
    tablet.get("/api/v1/form-link").refused(410, "link_spent");
    practice.turn_to("2027-03-04T07:59:59Z");
    form.get("/api/v1/form-link").expect(200);
    practice.turn_to("2027-03-04T08:00:00Z");
    form.get("/api/v1/form-link").refused(410, "link_spent");
    practice.turn_to("2027-03-01T08:00:00Z");
    let holder = without.to_consent("link", "photo_id");
    let shown = holder.get("/api/v1/form-link/consent").expect(200);
    holder.sign().expect(200);
    let ask = json!({ "name": "Olga", "text_hash": shown["texts"][0]["text_hash"], "meaning": "i_consent" });
    holder
        .send("POST", "/api/v1/form-link/consent/sign", Some(&shown["version"]), Some(&ask))
        .refused(410, "link_spent");
    holder.get("/api/v1/form-link/consent").refused(410, "link_spent");
    // Nor does it outlive the access of whoever gave it out.
    let form = without.to_form();
    let desk = without.calendar.desk.get("/api/v1/auth/me").expect(200)["account_id"].clone();
    let user = format!("/api/v1/users/{}", desk.as_str().unwrap());
    let version = without.calendar.admin.get(&user).expect(200)["version"].clone();
    without.calendar.admin.act(&format!("{user}/disable"), &version, &json!({})).expect(200);
    form.get("/api/v1/form-link").refused(410, "link_spent");
    let forged = Holder { caller: practice.anonymous(), token: "Form made-up".to_owned() };
    forged.get("/api/v1/form-link").refused(410, "link_spent");
}

fn a_guardian_signs_on_a_link_for_a_minor(practice: Practice) {
    let without = Without::login(&practice);
    let desk = &without.calendar.desk;
    let child = json!({ "name": "Leo Stein", "date_of_birth": "2019-05-01" });
    let leo = id(&desk.post("/api/v1/clients", &child).expect(201));
    let template = desk.get("/api/v1/consent-templates").expect(200)["items"][0]["id"].clone();
    let consent = desk.post("/api/v1/consents", &json!({ "client_id": leo, "template_id": template })).expect(201);
    let mut ask = json!({ "medium": "tablet", "identity_check": "photo_id" });
    without.link("consents", &consent, &ask).refused(422, "guardian_required");
    ask["guardian_id"] = json!(without.client);
    without.link("consents", &consent, &ask).refused(422, "guardian_required");
    let tie = json!({ "guardian_id": without.client, "basis": "parent" });
    let tie = desk.post(&format!("/api/v1/clients/{leo}/guardians"), &tie).expect(201);
    if tie["state"] == "pending" {
        without.link("consents", &consent, &ask).refused(422, "guardian_required");
        let accept = format!("/api/v1/clients/{leo}/guardians/{}/accept", id(&tie));
        desk.act(&accept, &tie["version"], &json!({})).expect(200);
    }
    let spent = without.holds(&without.link("consents", &consent, &ask).expect(201));
    let link = without.link("consents", &consent, &ask).expect(201);
    spent.get("/api/v1/form-link/consent").refused(410, "link_spent");
    assert_eq!((&link["client_id"], &link["signer_id"]), (&json!(leo), &json!(without.client)));
    let holder = without.holds(&link);
    assert_eq!(holder.get("/api/v1/form-link/consent").expect(200)["meaning"], "i_consent_for_my_ward");
    holder.sign().expect(200);
    let listed = desk.get(&format!("/api/v1/consents?client_id={leo}&state=active")).expect(200);
    assert_eq!(listed["items"][0]["id"], consent["id"]);
}

fn nobody_hands_a_link_to_themself(practice: Practice) {
    let without = Without::login(&practice);
    let calendar = &without.calendar;
    let desk = calendar.desk.get("/api/v1/auth/me").expect(200);
    let user = format!("/api/v1/users/{}", desk["account_id"].as_str().unwrap());
    let version = calendar.admin.get(&user).expect(200)["version"].clone();
    calendar.admin.put(&format!("{user}/roles"), &version, &json!({ "roles": ["front_desk", "client"] })).expect(200);
    let dora = crate::calendar::signed_in(&practice, "dora");
    let own = dora.get("/api/v1/auth/me").expect(200)["client_id"].clone();
    let template = dora.get("/api/v1/consent-templates").expect(200)["items"][0]["id"].clone();
    let consent = dora.post("/api/v1/consents", &json!({ "client_id": own, "template_id": template })).expect(201);
    let ask = json!({ "medium": "tablet", "identity_check": "known_in_person" });
    let refused = dora.post(&format!("/api/v1/consents/{}/link", id(&consent)), &ask).refused(422, "policy_violation");
    assert_eq!(refused["rule"], "own_form_link");
    // Another's, whom she does not treat, is not the therapist's to hand out.
    let (noa, _) = calendar.colleague("Noa");
    noa.post(&format!("/api/v1/consents/{}/link", id(&without.consent)), &ask).refused(404, "not_found");
}

fn who_has_a_login_is_given_no_link(practice: Practice) {
    let without = Without::login(&practice);
    let (_, mia) = without.calendar.client("Mia");
    let desk = &without.calendar.desk;
    let response = desk.post("/api/v1/intake-responses", &json!({ "client_id": mia })).expect(201);
    let template = desk.get("/api/v1/consent-templates").expect(200)["items"][0]["id"].clone();
    let consent = desk.post("/api/v1/consents", &json!({ "client_id": mia, "template_id": template })).expect(201);
    for medium in ["link", "tablet"] {
        let ask = json!({ "medium": medium, "identity_check": "photo_id" });
        for (collection, form) in [("intake-responses", &response), ("consents", &consent)] {
            let refused = without.link(collection, form, &ask).refused(422, "policy_violation");
            assert_eq!(refused["rule"], "has_login");
        }
    }
}

fn what_was_begun_is_linked_only_by_who_may_read_it(practice: Practice) {
    let without = Without::login(&practice);
    let holder = without.to_form();
    let asked = holder.get("/api/v1/form-link/intake/questions").expect(200);
    let goals = json!({ "answers": { "goals": "an hour of quiet" } });
    holder.send("PATCH", "/api/v1/form-link/intake/answers", Some(&asked["version"]), Some(&goals)).expect(200);
    let ask = json!({ "medium": "link", "identity_check": "photo_id" });
    let path = format!("/api/v1/intake-responses/{}/link", id(&without.response));
    for by in [&without.calendar.desk, &without.calendar.admin] {
        by.post(&path, &ask).refused(409, "invalid_transition");
    }
    holder.get("/api/v1/form-link/intake/questions").expect(200);
    without.holds(&without.calendar.mara.post(&path, &ask).expect(201)).get("/api/v1/form-link").expect(200);
}

fn a_link_ends_with_its_form_however_that_is_closed(practice: Practice) {
    let without = Without::login(&practice);
    let (calendar, client) = (&without.calendar, &without.client);
    // A newer version takes the place of what is presented.
    let holder = without.to_consent("link", "photo_id");
    let template = calendar.admin.get("/api/v1/consent-templates").expect(200)["items"][0].clone();
    let versions = format!("/api/v1/consent-templates/{}/versions", id(&template));
    let words = json!({ "texts": [{ "language": "en", "title": "Consent", "text": "Clients report calm." }], "validity_months": 12 });
    let draft = calendar.admin.post(&versions, &words).expect(201);
    calendar.admin.act(&format!("{versions}/{}/publish", id(&draft)), &draft["version"], &json!({})).expect(200);
    calendar.desk.post("/api/v1/consents", &json!({ "client_id": client, "template_id": template["id"] })).expect(201);
    holder.get("/api/v1/form-link").refused(410, "link_spent");
    holder.get("/api/v1/form-link/consent").refused(410, "link_spent");
    // A guardian hands in with their login what was given out on a link, too.
    let (olga, hers) = calendar.client("Olga");
    let child = json!({ "name": "Leo Stein", "date_of_birth": "2019-05-01" });
    let leo = id(&calendar.desk.post("/api/v1/clients", &child).expect(201));
    for guardian in [client, &hers] {
        let tie = json!({ "guardian_id": guardian, "basis": "parent" });
        let tie = calendar.desk.post(&format!("/api/v1/clients/{leo}/guardians"), &tie).expect(201);
        if tie["state"] == "pending" {
            let accept = format!("/api/v1/clients/{leo}/guardians/{}/accept", id(&tie));
            calendar.desk.act(&accept, &tie["version"], &json!({})).expect(200);
        }
    }
    let response = calendar.desk.post("/api/v1/intake-responses", &json!({ "client_id": leo })).expect(201);
    let ask = json!({ "medium": "link", "identity_check": "photo_id", "guardian_id": client });
    let holder = without.holds(&without.link("intake-responses", &response, &ask).expect(201));
    let body = holder.answers();
    let path = format!("/api/v1/intake-responses/{}", id(&response));
    let begun = olga.send("PATCH", &format!("{path}/answers"), &[("If-Match", "\"1\"")], Some(&body)).expect(200);
    let done = olga
        .send("POST", &format!("{path}/submit"), &[("If-Match", &format!("\"{}\"", begun["version"]))], None)
        .expect(200);
    for version in [&begun["version"], &done["version"]] {
        holder.send("POST", "/api/v1/form-link/intake/submit", Some(version), None).refused(410, "link_spent");
    }
    let given = calendar.desk.get(&format!("{path}/links")).expect(200)["items"][0].clone();
    assert_eq!((&given["used_at"], given["replaced_at"].is_string()), (&json!(null), true));
}

fn an_erased_client_leaves_no_link_open(practice: Practice) {
    let without = Without::login(&practice);
    let (consent, form) = (without.to_consent("link", "photo_id"), without.to_form());
    consent.sign().expect(200);
    let open = practice.count("SELECT count(*) AS count FROM form_links WHERE used_at IS NULL AND replaced_at IS NULL");
    assert_eq!(open, 1);
    let named = "SELECT count(*) AS count FROM consent_names WHERE name IS NOT NULL";
    assert_eq!(practice.count(named), 1);
    let client = ClientId(without.client.parse().unwrap());
    let (db, vault) = (practice.app.db.clone(), Arc::clone(&practice.app.vault));
    let condemned = actix_web::rt::System::new().block_on(async move {
        let work = move |tx: &mut Tx<'_>| clients::erase(tx, &vault, client, Reason::ErasureRequest);
        db.write(&Permit::system("test.erase"), work).await.unwrap()
    });
    practice.app.vault.shred(&condemned).unwrap();
    form.get("/api/v1/form-link").refused(410, "link_spent");
    assert_eq!(practice.count(named), 0, "nor does the name stand that was typed under a consent");
    let path = format!("/api/v1/consents/{}", id(&without.consent));
    let signature = without.calendar.mara.get(&path).expect(200)["signature"].clone();
    assert_eq!((&signature["name"], &signature["meaning"]), (&json!(null), &json!("i_consent")));
}

fn links_cannot_be_changed(practice: Practice) {
    let without = Without::login(&practice);
    let holder = without.to_consent("link", "photo_id");
    holder.sign().expect(200);
    let mut attempts = vec![
        "UPDATE form_links SET used_at = NULL",
        "UPDATE form_links SET expires_at = created_at",
        "UPDATE form_links SET medium = 'tablet'",
        "DELETE FROM form_links",
        "UPDATE consent_names SET name = 'Somebody Else'",
        "DELETE FROM consent_names",
    ];
    if practice.is_sqlite() {
        attempts.push("INSERT OR REPLACE INTO form_links SELECT * FROM form_links");
    } else {
        attempts.push("TRUNCATE form_links CASCADE");
    }
    for sql in attempts {
        assert!(practice.sql(sql).unwrap_err().contains("_immutable"), "{sql}");
    }
}

fn a_token_stands_nowhere_but_in_its_header(practice: Practice) {
    let without = Without::login(&practice);
    let path = format!("/api/v1/consents/{}/link", id(&without.consent));
    let ask = json!({ "medium": "link", "identity_check": "photo_id" });
    let send = || without.calendar.desk.send("POST", &path, &[("Idempotency-Key", "one")], Some(&ask)).expect(201);
    let (link, replayed) = (send(), send());
    assert_eq!(replayed.get("token"), None, "told once");
    without.holds(&link).get("/api/v1/form-link/consent").expect(200);
    let (bytes, token) = (practice.every_byte(), link["token"].as_str().unwrap());
    assert!(!bytes.windows(token.len()).any(|window| window == token.as_bytes()));
}
