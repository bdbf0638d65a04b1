//! Whose records there are, who may know of them, act for them and open them.

use chrono::TimeDelta;
use serde_json::{Value, json};
use stillpoint::clients::model::CARE_AFTER_SESSION;
use stillpoint::clients::store::{begin_treatment, end_treatment};
use stillpoint::kernel::actor::Permit;
use stillpoint::kernel::ids::{AccountId, BookingId, ClientId, TherapistId};
use stillpoint::kernel::time::Timestamp;
use stillpoint::therapists::model::{Therapist, TherapistDraft};

use crate::app::{Caller, Practice};
use crate::on_each_store;

on_each_store!(
    signing_up_makes_the_record,
    a_stranger_learns_nothing_of_a_record,
    a_ward_is_open_to_its_guardian_once_staff_accept,
    nobody_decides_about_their_own_guardianship,
    only_the_desk_corrects_a_known_birth,
    the_desk_finds_clients_by_the_beginning_of_a_word,
    a_therapist_sees_whom_they_treat_and_while_they_do,
    a_grant_has_a_reason_and_a_period,
    a_code_takes_over_the_record_staff_made,
    a_record_in_use_is_not_replaced,
    a_client_reads_who_looked,
);

fn own(caller: &Caller<'_>) -> String {
    let me = caller.get("/api/v1/auth/me").expect(200);
    format!("/api/v1/clients/{}", me["client_id"].as_str().expect("a client record"))
}

fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// A therapist with a record of their own, and its id.
pub fn therapist<'p>(practice: &'p Practice, admin: &Caller<'_>, name: &str) -> (Caller<'p>, TherapistId) {
    let caller = practice.staff(admin, name, "therapist");
    let me = caller.get("/api/v1/auth/me").expect(200);
    if let Some(id) = me["therapist_id"].as_str() {
        return (caller, id.parse().unwrap());
    }
    let account: AccountId = me["account_id"].as_str().unwrap().parse().unwrap();
    let name = name.to_owned();
    let made = in_store(practice, move |tx| {
        let draft =
            TherapistDraft { name: name.clone(), languages: vec!["en".to_owned()], ..TherapistDraft::default() };
        tx.save(Therapist::add(&draft, Some(account), tx.now())?).map(|therapist| therapist.id)
    });
    (caller, made)
}

fn in_store<T: Send + 'static>(
    practice: &Practice,
    work: impl Fn(&mut stillpoint::db::Tx<'_>) -> Result<T, stillpoint::db::Stop> + Send + 'static,
) -> T {
    let db = practice.app.db.clone();
    actix_web::rt::System::new().block_on(async move { db.write(&Permit::system("test"), work).await.unwrap() })
}

fn treat(practice: &Practice, client: &str, therapist: TherapistId) -> BookingId {
    let client: ClientId = id(client).parse().unwrap();
    let booking = BookingId::new(Timestamp::from(practice.now()));
    let until = Timestamp::from(practice.now()).plus(CARE_AFTER_SESSION);
    in_store(practice, move |tx| begin_treatment(tx, client, therapist, booking, until));
    booking
}

fn walk_in(desk: &Caller<'_>, name: &str) -> String {
    let made = desk.post("/api/v1/clients", &json!({ "name": name })).expect(201);
    format!("/api/v1/clients/{}", made["id"].as_str().unwrap())
}

fn ward(parent: &Caller<'_>, name: &str) -> Value {
    let ask = json!({ "name": name, "date_of_birth": "2020-05-01", "guardianship": { "basis": "parent" } });
    parent.post("/api/v1/clients", &ask).expect(201)
}

fn signing_up_makes_the_record(practice: Practice) {
    let mia = practice.client("Mia Long");
    let record = mia.get(&own(&mia)).expect(200);
    assert_eq!((&record["name"], &record["email"]), (&json!("Mia Long"), &json!("mia.long@example.org")));
    assert_eq!(record["has_login"], true);

    let admin = practice.set_up();
    assert!(admin.get("/api/v1/auth/me").expect(200)["client_id"].is_null());
    let joined = practice.staff(&admin, "Kim", "client");
    joined.get(&own(&joined)).expect(200);
    let me = admin.get("/api/v1/auth/me").expect(200);
    let roles = format!("/api/v1/users/{}/roles", me["account_id"].as_str().unwrap());
    admin.put(&roles, &me["version"], &json!({ "roles": ["admin", "client"] })).expect(200);
    admin.get(&own(&admin)).expect(200);
}

fn a_stranger_learns_nothing_of_a_record(practice: Practice) {
    let admin = practice.set_up();
    let (mia, leo) = (practice.client("Mia"), practice.client("Leo"));
    let path = own(&mia);
    let paths =
        [path.clone(), format!("{path}/guardians"), format!("{path}/care-relationships"), format!("{path}/access-log")];
    let verifier = practice.staff(&admin, "Vera", "verifier");
    let desk = practice.staff(&admin, "Dora", "front_desk");
    let (tom, _) = therapist(&practice, &admin, "Tom");
    for path in &paths {
        practice.anonymous().get(path).refused(401, "unauthenticated");
        leo.get(path).refused(404, "not_found");
        verifier.get(path).refused(403, "forbidden");
        mia.get(path).expect(200);
        admin.get(path).expect(200);
    }
    for path in &paths[..3] {
        tom.get(path).refused(404, "not_found");
        desk.get(path).expect(200);
    }
    desk.get(&paths[3]).refused(403, "forbidden");
    leo.put(&path, &json!(1), &json!({ "name": "Not Leo" })).refused(404, "not_found");
    leo.get("/api/v1/clients/not-an-id").refused(404, "not_found");
    let listed = leo.get("/api/v1/clients").expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed["items"][0]["name"], "Leo");
}

fn nobody_decides_about_their_own_guardianship(practice: Practice) {
    let admin = practice.set_up();
    let dora = practice.staff(&admin, "Dora", "front_desk");
    let account = dora.get("/api/v1/auth/me").expect(200)["account_id"].as_str().unwrap().to_owned();
    let version = admin.get(&format!("/api/v1/users/{account}")).expect(200)["version"].clone();
    let roles = json!({ "roles": ["client", "front_desk"] });
    admin.put(&format!("/api/v1/users/{account}/roles"), &version, &roles).expect(200);
    let dora = crate::calendar::signed_in(&practice, "dora");
    let made = ward(&dora, "Ida");
    let tie = &made["guardianship"];
    let id = |thing: &Value| thing["id"].as_str().unwrap().to_owned();
    let accept = format!("/api/v1/clients/{}/guardians/{}/accept", id(&made), id(tie));
    let no = dora.act(&accept, &tie["version"], &json!({})).refused(422, "policy_violation");
    assert_eq!(no["rule"], "own_guardianship");
    let to_decide = |by: &Caller<'_>| {
        let tasks = by.get("/api/v1/tasks").expect(200);
        tasks["items"].as_array().unwrap().iter().filter(|task| task["kind"] == "decide_guardianship").count()
    };
    assert_eq!((to_decide(&dora), to_decide(&admin)), (0, 1));
    admin.act(&accept, &tie["version"], &json!({})).expect(200);
}

fn a_ward_is_open_to_its_guardian_once_staff_accept(practice: Practice) {
    let admin = practice.set_up();
    let (parent, other) = (practice.client("Mia"), practice.client("Leo"));
    let desk = practice.staff(&admin, "Dora", "front_desk");
    parent.post("/api/v1/clients", &json!({ "name": "Ida" })).refused(422, "invalid_fields");
    let adult = json!({ "name": "Ida", "date_of_birth": "2000-01-01", "guardianship": { "basis": "parent" } });
    parent.post("/api/v1/clients", &adult).refused(422, "policy_violation");

    let made = ward(&parent, "Ida");
    let path = format!("/api/v1/clients/{}", made["id"].as_str().unwrap());
    let tie = &made["guardianship"];
    assert_eq!(tie["state"], "pending");
    parent.get(&path).refused(404, "not_found");
    let seen = parent.get(&format!("{path}/guardians")).expect(200);
    assert_eq!(seen["items"][0]["state"], "pending");

    let step = |name: &str| format!("{path}/guardians/{}/{name}", tie["id"].as_str().unwrap());
    parent.act(&step("accept"), &tie["version"], &json!({})).refused(403, "forbidden");
    desk.act(&step("accept"), &json!(7), &json!({})).refused(412, "version_mismatch");
    let elsewhere = step("accept").replace(id(&path), id(&own(&other)));
    desk.act(&elsewhere, &tie["version"], &json!({})).refused(404, "not_found");
    let accepted = desk.act(&step("accept"), &tie["version"], &json!({})).expect(200);
    desk.act(&step("decline"), &accepted["version"], &json!({})).refused(409, "invalid_transition");

    assert_eq!(parent.get(&path).expect(200)["name"], "Ida");
    assert_eq!(parent.get("/api/v1/clients").expect(200)["items"].as_array().unwrap().len(), 2);
    other.get(&path).refused(404, "not_found");

    let again = json!({ "guardian_id": id(&own(&parent)), "basis": "parent" });
    desk.post(&format!("{path}/guardians"), &again).refused(409, "already_exists");
    let second = json!({ "guardian_id": id(&own(&other)), "basis": "foster_carer" });
    desk.post(&format!("{path}/guardians"), &second).expect(201);
    other.get(&path).refused(404, "not_found");

    desk.act(&step("end"), &accepted["version"], &json!({})).expect(200);
    parent.get(&path).refused(404, "not_found");
}

fn only_the_desk_corrects_a_known_birth(practice: Practice) {
    let admin = practice.set_up();
    let mia = practice.client("Mia");
    let path = own(&mia);
    let details = |born: &str| json!({ "name": "Mia Long", "date_of_birth": born, "phone": "+43 1 234 5678" });
    let odd = [("If-Match", "\"01\"")];
    mia.send("PUT", &path, &odd, Some(&details("1990-05-01"))).refused(412, "version_mismatch");
    let first = mia.put(&path, &json!(1), &details("1990-05-01")).expect(200);
    assert_eq!((&first["email"], &first["version"]), (&Value::Null, &json!(2)));
    mia.put(&path, &json!(1), &details("1990-05-01")).refused(412, "version_mismatch");
    mia.put(&path, &json!(2), &details("2015-05-01")).refused(422, "policy_violation");
    let corrected = admin.put(&path, &json!(2), &details("1991-05-01")).expect(200);
    assert_eq!(corrected["date_of_birth"], "1991-05-01");
    let faults = admin.put(&path, &json!(3), &json!({ "name": " ", "phone": "x", "email": "y" }));
    let faults = faults.refused(422, "invalid_fields");
    assert_eq!(faults["violations"].as_array().unwrap().len(), 3, "{faults}");
    mia.put(&path, &json!(3), &details("2099-05-01")).refused(422, "policy_violation");
    admin.put(&path, &json!(3), &details("2099-05-01")).refused(422, "invalid_fields");
}

fn the_desk_finds_clients_by_the_beginning_of_a_word(practice: Practice) {
    let admin = practice.set_up();
    let desk = practice.staff(&admin, "Dora", "front_desk");
    for name in ["Zoë Öller", "Anna Zöchling", "100% Sure", "Mia_Long"] {
        walk_in(&desk, name);
    }
    practice.client("Mia Short");
    let found = |query: &str| -> Vec<String> {
        let page = desk.get(&format!("/api/v1/clients?{query}")).expect(200);
        page["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(found("name=Z%C3%96"), ["Anna Zöchling"]);
    assert_eq!(found("name=zo%C3%AB"), ["Zoë Öller"]);
    assert_eq!(found("name=%C3%B6l"), ["Zoë Öller"]);
    assert_eq!(found("name=100%25"), ["100% Sure"]);
    assert_eq!(found("name=mia_"), ["Mia_Long"]);
    assert_eq!(found("name=%25"), Vec::<String>::new());
    assert_eq!(found("email=MIA.sh"), ["Mia Short"]);

    let first = desk.get("/api/v1/clients?limit=3").expect(200);
    let rest =
        desk.get(&format!("/api/v1/clients?limit=3&cursor={}", first["next_cursor"].as_str().unwrap())).expect(200);
    let total = first["items"].as_array().unwrap().len() + rest["items"].as_array().unwrap().len();
    assert_eq!((total, &rest["next_cursor"]), (5, &Value::Null));
    desk.get("/api/v1/clients?limit=0").refused(422, "invalid_fields");
}

fn a_therapist_sees_whom_they_treat_and_while_they_do(practice: Practice) {
    let admin = practice.set_up();
    let (tom, tom_id) = therapist(&practice, &admin, "Tom");
    let mia = practice.client("Mia");
    let path = own(&mia);
    tom.get(&path).refused(404, "not_found");
    let first = treat(&practice, &path, tom_id);
    assert_eq!(tom.get(&path).expect(200)["email"], "mia@example.org");
    tom.put(&path, &json!(1), &json!({ "name": "Mia" })).refused(403, "forbidden");
    assert_eq!(tom.get("/api/v1/clients").expect(200)["items"][0]["name"], "Mia");

    let second = treat(&practice, &path, tom_id);
    in_store(&practice, move |tx| end_treatment(tx, first));
    tom.get(&path).expect(200);
    in_store(&practice, move |tx| end_treatment(tx, second));
    tom.get(&path).refused(404, "not_found");

    treat(&practice, &path, tom_id);
    let cares = mia.get(&format!("{path}/care-relationships")).expect(200);
    let in_force = cares["items"].as_array().unwrap().iter().filter(|care| care["in_force"] == true).count();
    assert_eq!((cares["items"].as_array().unwrap().len(), in_force), (3, 1));
    practice.pass(CARE_AFTER_SESSION + TimeDelta::days(1));
    let login = json!({ "email": "tom@example.org", "password": crate::app::PASSWORD });
    let tom = practice.signed_in(&practice.anonymous().post("/api/v1/auth/login", &login).expect(200));
    tom.get(&path).refused(404, "not_found");
}

fn a_grant_has_a_reason_and_a_period(practice: Practice) {
    let admin = practice.set_up();
    let desk = practice.staff(&admin, "Dora", "front_desk");
    let (eva, eva_id) = therapist(&practice, &admin, "Eva");
    let mia = practice.client("Mia");
    let path = own(&mia);
    let grants = format!("{path}/care-relationships");
    let ask = |kind: &str, reason: &str| json!({ "therapist_id": eva_id, "kind": kind, "until": "2027-03-02T00:00:00Z", "reason": reason });
    desk.post(&grants, &ask("covering", "holiday")).refused(403, "forbidden");
    admin.post(&grants, &ask("treating", "holiday")).refused(422, "invalid_fields");
    admin.post(&grants, &ask("covering", " ")).refused(422, "invalid_fields");
    let unknown = json!({ "therapist_id": uuid::Uuid::nil(), "kind": "covering", "until": "2027-03-02T00:00:00Z", "reason": "x" });
    admin.post(&grants, &unknown).refused(422, "invalid_fields");
    admin.post(&grants, &ask("covering", "holiday")).expect(201);
    eva.get(&path).expect(200);
    assert_eq!(mia.get(&grants).expect(200)["items"][0]["reason"], "holiday");
    practice.turn_to("2027-03-02T00:00:00Z");
    let login = json!({ "email": "eva@example.org", "password": crate::app::PASSWORD });
    let eva = practice.signed_in(&practice.anonymous().post("/api/v1/auth/login", &login).expect(200));
    eva.get(&path).refused(404, "not_found");
}

fn a_code_takes_over_the_record_staff_made(practice: Practice) {
    let admin = practice.set_up();
    let desk = practice.staff(&admin, "Dora", "front_desk");
    let path = walk_in(&desk, "Mia Walk-In");
    let codes = format!("{path}/claim-code");
    let key = [("Idempotency-Key", "one")];
    let earlier = desk.post(&codes, &json!({})).expect(201)["code"].clone();
    let issued = desk.send("POST", &codes, &key, None).expect(201);
    assert!(desk.send("POST", &codes, &key, None).expect(201).get("code").is_none(), "told once");

    let mia = practice.client("Mia");
    let empty = own(&mia);
    let claim = |caller: &Caller<'_>, code: &Value| caller.post("/api/v1/clients/claim", &json!({ "code": code }));
    claim(&desk, &issued["code"]).refused(403, "forbidden");
    claim(&mia, &json!("nonsense")).refused(410, "link_spent");
    claim(&mia, &earlier).refused(410, "link_spent");
    let record = claim(&mia, &issued["code"]).expect(200);
    assert_eq!((&record["name"], &record["has_login"]), (&json!("Mia Walk-In"), &json!(true)));
    assert_eq!(own(&mia), path);
    desk.get(&empty).refused(404, "not_found");
    claim(&practice.client("Leo"), &issued["code"]).refused(410, "link_spent");
    desk.post(&codes, &json!({})).refused(422, "policy_violation");
    let word = mia.get("/api/v1/clients/claim");
    assert_eq!(word.header("Allow"), Some("POST"));
    word.refused(405, "method_not_allowed");
    mia.get("/api/v1/clients/claims").refused(404, "not_found");
}

fn a_record_in_use_is_not_replaced(practice: Practice) {
    let admin = practice.set_up();
    let path = walk_in(&admin, "Mia Walk-In");
    let code = admin.post(&format!("{path}/claim-code"), &json!({})).expect(201)["code"].clone();
    let mia = practice.client("Mia");
    ward(&mia, "Ida");
    let before = own(&mia);
    mia.post("/api/v1/clients/claim", &json!({ "code": code })).refused(422, "policy_violation");
    assert_eq!(own(&mia), before);
    assert_eq!(admin.get(&path).expect(200)["has_login"], false, "nothing of it was kept");
}

fn a_client_reads_who_looked(practice: Practice) {
    let admin = practice.set_up();
    let desk = practice.staff(&admin, "Dora", "front_desk");
    let mia = practice.client("Mia");
    let path = own(&mia);
    let log = format!("{path}/access-log");
    mia.get(&path).expect(200);
    practice.pass(TimeDelta::minutes(1));
    desk.get(&path).expect(200);
    practice.pass(TimeDelta::minutes(1));
    admin.get(&log).expect(200);
    let seen = mia.get(&log).expect(200);
    let told: Vec<_> = seen["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["action"].as_str().unwrap(), one["role"].as_str(), one["name"].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("client.access_log_viewed", Some("admin"), Some("Ada Admin")),
            ("client.viewed", Some("front_desk"), Some("Dora")),
            ("client.registered", None, None),
        ]
    );
    let first = mia.get(&format!("{log}?limit=2")).expect(200);
    desk.get(&path).expect(200);
    let rest = mia.get(&format!("{log}?limit=2&cursor={}", first["next_cursor"].as_str().unwrap())).expect(200);
    assert_eq!(rest["items"].as_array().unwrap().len(), 1, "what came later shifts nothing");
}
