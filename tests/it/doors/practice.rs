//! A practice with one object of each kind, and everybody who may knock.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::app::{Caller, PASSWORD, Practice};

/// Somebody who knocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Person {
    /// Without a token.
    Anonymous,
    /// Whose booking, form and note they are.
    Client,
    /// Who has nothing to do with them.
    OtherClient,
    /// Who treats the client.
    Therapist,
    /// Who does not.
    OtherTherapist,
    /// At the desk.
    FrontDesk,
    /// Who verifies credentials.
    Verifier,
    /// Who runs the practice.
    Admin,
}

impl Person {
    /// In the order of the table.
    pub const ALL: [Self; 8] = [
        Self::Anonymous,
        Self::Client,
        Self::OtherClient,
        Self::Therapist,
        Self::OtherTherapist,
        Self::FrontDesk,
        Self::Verifier,
        Self::Admin,
    ];

    fn email(self) -> &'static str {
        match self {
            Self::Anonymous => unreachable!("nobody has no address"),
            Self::Client => "mia@example.org",
            Self::OtherClient => "olga@example.org",
            Self::Therapist => "tom@example.org",
            Self::OtherTherapist => "tess@example.org",
            Self::FrontDesk => "fred@example.org",
            Self::Verifier => "vera@example.org",
            Self::Admin => "admin@example.org",
        }
    }
}

/// The practice, open: people and objects.
pub struct Open<'p> {
    practice: &'p Practice,
    people: BTreeMap<Person, Caller<'p>>,
    objects: BTreeMap<String, String>,
}

impl<'p> Open<'p> {
    /// Opens it.
    pub fn stand(practice: &'p Practice) -> Self {
        let admin = practice.set_up();
        let people = BTreeMap::from([
            (Person::Anonymous, practice.anonymous()),
            (Person::Client, practice.client("Mia")),
            (Person::OtherClient, practice.client("Olga")),
            (Person::Therapist, practice.staff(&admin, "Tom", "therapist")),
            (Person::OtherTherapist, practice.staff(&admin, "Tess", "therapist")),
            (Person::FrontDesk, practice.staff(&admin, "Fred", "front_desk")),
            (Person::Verifier, practice.staff(&admin, "Vera", "verifier")),
            (Person::Admin, admin),
        ]);
        let mut open = Self { practice, people, objects: BTreeMap::new() };
        open.accounts();
        open.calendar();
        open.care();
        open
    }

    /// Who somebody is; with a session of their own that may be ended, if need be.
    pub fn caller(&self, person: Person, spends_its_session: bool) -> Caller<'p> {
        if spends_its_session && person != Person::Anonymous {
            self.sign_in(person)
        } else {
            self.people[&person].clone()
        }
    }

    /// The id of the practice's one object of a collection, or the value of a query parameter.
    pub fn object(&self, collection: &str) -> &str {
        self.objects.get(collection).unwrap_or_else(|| panic!("the practice has no {collection} to knock about"))
    }

    fn sign_in(&self, person: Person) -> Caller<'p> {
        let ask = json!({ "email": person.email(), "password": PASSWORD });
        self.practice.signed_in(&self.practice.anonymous().post("/api/v1/auth/login", &ask).expect(200))
    }

    fn keep(&mut self, collection: &str, id: &Value) {
        self.objects
            .insert(collection.to_owned(), id.as_str().unwrap_or_else(|| panic!("{collection}: {id}")).to_owned());
    }

    fn accounts(&mut self) {
        let bystander = self.practice.staff(&self.people[&Person::Admin], "Uma", "front_desk");
        self.keep("users", &bystander.get("/api/v1/auth/me").expect(200)["account_id"]);
        let second = self.sign_in(Person::Client);
        let sessions = second.get("/api/v1/auth/sessions").expect(200);
        let current = sessions["items"].as_array().unwrap().iter().find(|one| one["current"] == true).unwrap();
        self.keep("sessions", &current["id"]);
    }

    fn calendar(&mut self) {
        let practice = self.practice;
        let (admin, tom) = (self.people[&Person::Admin].clone(), self.people[&Person::Therapist].clone());
        let place = json!({ "name": "Harbour rooms", "address_lines": ["Kai 3"], "zone": "Europe/Berlin" });
        self.keep("locations", &admin.post("/api/v1/locations", &place).expect(201)["id"]);
        self.keep("therapists", &tom.get("/api/v1/auth/me").expect(200)["therapist_id"]);
        let licence = practice.credential_type("upledger_cst_t");
        self.keep("credential-types", &licence);
        self.keep("session-types", &practice.session_type(&admin, &json!([{ "any_of": [licence] }]))["id"]);
        let held = json!({ "credential_type_id": licence, "number": "4711", "issued_on": "2026-01-01", "reverify_by": "2028-01-01" });
        let held = tom.post("/api/v1/credentials", &held).expect(201);
        self.keep("credentials", &held["id"]);
        let seen = json!({ "method": "primary_source", "source": "the issuer's register" });
        let verify = format!("/api/v1/credentials/{}/verify", self.object("credentials"));
        self.people[&Person::Verifier].act(&verify, &held["version"], &seen).expect(200);
        let therapist = format!("/api/v1/therapists/{}", self.object("therapists"));
        let hours: Vec<Value> = (1..=7)
            .map(|weekday| {
                json!({ "location_id": self.object("locations"), "weekday": weekday, "start": "08:00", "end": "18:00",
                    "zone": "Europe/Berlin", "effective_from": "2027-03-01", "effective_until": null })
            })
            .collect();
        admin.put(&format!("{therapist}/working-hours"), &json!(0), &json!({ "hours": hours })).expect(200);
        let away = json!({ "start": "2027-08-02T00:00:00+02:00", "end": "2027-08-16T00:00:00+02:00" });
        self.keep("time-off", &tom.post(&format!("{therapist}/time-off"), &away).expect(201)["id"]);
        self.rules(&admin, &tom);
        let version = admin.get(&therapist).expect(200)["version"].clone();
        admin.act(&format!("{therapist}/list"), &version, &json!({})).expect(200);
        self.objects.insert("from".to_owned(), "2027-03-02T00:00:00Z".to_owned());
        self.objects.insert("to".to_owned(), "2027-03-03T00:00:00Z".to_owned());
    }

    /// What is said of single days, of rooms and of terms.
    fn rules(&mut self, admin: &Caller<'p>, tom: &Caller<'p>) {
        let therapist = format!("/api/v1/therapists/{}", self.object("therapists"));
        let room = json!({ "location_id": self.object("locations"), "name": "Attic", "kind": "attic" });
        self.keep("rooms", &admin.post("/api/v1/rooms", &room).expect(201)["id"]);
        let holiday = json!({ "date": "2027-05-01", "yearly": true, "name": "May Day" });
        self.keep("holidays", &admin.post("/api/v1/holidays", &holiday).expect(201)["id"]);
        let closed = json!({ "location_id": self.object("locations"), "date": "2027-05-02", "spans": [] });
        self.keep("overrides", &tom.post(&format!("{therapist}/overrides"), &closed).expect(201)["id"]);
        self.objects.insert("offerings".to_owned(), self.object("session-types").to_owned());
    }

    /// What lost a conflict over a draft, and what a note may begin with; and that it is the therapist who signs.
    fn writing(&mut self, therapist: &Caller<'p>, note: &Value) {
        therapist.steps_up();
        let path = format!("/api/v1/session-notes/{}", note["id"].as_str().unwrap());
        let draft = |plan: &str| json!({ "content": { "plan": plan } });
        therapist.put(&format!("{path}/draft"), &json!(1), &draft("rest")).expect(200);
        let late = therapist.put(&format!("{path}/draft"), &json!(1), &draft("again")).refused(412, "version_mismatch");
        self.keep("siblings", &late["sibling_id"]);
        let template = json!({ "name": "First visit", "own": true, "content": { "plan": "rest" } });
        self.keep("note-templates", &therapist.post("/api/v1/note-templates", &template).expect(201)["id"]);
        self.objects.insert("supervisors".to_owned(), self.object("therapists").to_owned());
    }

    /// A booking, and what it brought with it.
    fn care(&mut self) {
        let (admin, mia) = (self.people[&Person::Admin].clone(), self.people[&Person::Client].clone());
        let own = mia.get("/api/v1/auth/me").expect(200)["client_id"].clone();
        self.keep("clients", &own);
        let booking = json!({ "client_id": own, "therapist_id": self.object("therapists"),
            "session_type_id": self.object("session-types"), "starts_at": "2027-03-02T10:00:00Z", "reasons": ["stress"] });
        self.keep("bookings", &mia.post("/api/v1/bookings", &booking).expect(201)["id"]);
        // A note is begun once its session has: this one begins now.
        let mut settings = admin.get("/api/v1/settings").expect(200);
        let version = settings.as_object_mut().unwrap().remove("version").unwrap();
        settings["min_notice_minutes"] = json!(0);
        admin.put("/api/v1/settings", &version, &settings).expect(200);
        let mut now = booking;
        now["starts_at"] = json!("2027-03-01T08:00:00Z");
        let note = json!({ "booking_id": mia.post("/api/v1/bookings", &now).expect(201)["id"] });
        let therapist = self.people[&Person::Therapist].clone();
        let note = therapist.post("/api/v1/session-notes", &note).expect(201);
        self.keep("session-notes", &note["id"]);
        self.writing(&therapist, &note);
        let first = |caller: &Caller<'_>, path: &str| caller.get(path).expect(200)["items"][0]["id"].clone();
        let responses = format!("/api/v1/intake-responses?client_id={}", self.object("clients"));
        self.keep("intake-responses", &first(&mia, &responses));
        self.keep("intake-forms", &first(&mia, "/api/v1/intake-forms"));
        let versions = format!("/api/v1/intake-forms/{}/versions", self.object("intake-forms"));
        self.keep("intake-form-versions", &first(&mia, &versions));
        self.consent(&admin, &mia);
        admin.send("POST", &versions, &[], None).expect(201);
        self.keep("audit-events", &first(&admin, "/api/v1/audit-events"));
        let gus = self.practice.client("Gus").get("/api/v1/auth/me").expect(200)["client_id"].clone();
        self.keep("guardian", &gus);
        let child = json!({ "name": "Mia", "date_of_birth": "2015-05-01", "email": null, "phone": null });
        let record = format!("/api/v1/clients/{}", self.object("clients"));
        let version = admin.get(&record).expect(200)["version"].clone();
        admin.put(&record, &version, &child).expect(200);
        let tie = json!({ "guardian_id": gus, "basis": "parent" });
        self.keep("guardians", &admin.post(&format!("{record}/guardians"), &tie).expect(201)["id"]);
        let hold = json!({ "client_id": own, "therapist_id": self.object("therapists"),
            "session_type_id": self.object("session-types"), "starts_at": "2027-03-02T14:00:00Z" });
        self.keep("slot-holds", &mia.post("/api/v1/slot-holds", &hold).expect(201)["id"]);
        self.objects.insert("to-therapists".to_owned(), self.object("therapists").to_owned());
        let waits = json!({ "client_id": own, "therapist_id": self.object("therapists"),
            "session_type_id": self.object("session-types"), "earliest_date": "2027-03-01", "latest_date": "2027-03-31" });
        self.keep("waitlist-entries", &mia.post("/api/v1/waitlist-entries", &waits).expect(201)["id"]);
        // Nothing is called so: it is asked for all the same.
        self.objects.insert("zone-changes".to_owned(), self.object("bookings").to_owned());
        let row = "olga@example.org,Tom,Craniosacral session,2027-04-02T10:00,A-0";
        let file = format!("client,therapist,session_type,local_start,reference\n{row}\n");
        self.keep(
            "imports",
            &admin.post("/api/v1/imports", &json!({ "kind": "bookings", "csv": file })).expect(201)["id"],
        );
        let starts = ["2027-03-05T12:00:00Z", "2027-03-12T12:00:00Z", "2027-03-19T12:00:00Z"];
        let series = json!({ "client_id": own, "therapist_id": self.object("therapists"),
            "session_type_id": self.object("session-types"), "mode": "all", "starts": starts });
        self.keep("booking-series", &mia.post("/api/v1/booking-series", &series).expect(201)["id"]);
        self.objects.insert("accounts".to_owned(), self.object("users").to_owned());
    }

    /// A text, its published version, and the client who was presented with it.
    fn consent(&mut self, admin: &Caller<'p>, mia: &Caller<'p>) {
        let template = admin.get("/api/v1/consent-templates").expect(200)["items"][0].clone();
        self.keep("consent-templates", &template["id"]);
        self.keep("templates", &template["id"]);
        self.keep("versions", &template["newest_version_id"]);
        let ask = json!({ "client_id": self.object("clients"), "template_id": template["id"] });
        self.keep("consents", &mia.post("/api/v1/consents", &ask).expect(201)["id"]);
    }
}
