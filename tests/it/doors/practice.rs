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
}
