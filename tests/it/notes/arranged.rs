//! A therapist, a client and sessions to write about. Sessions are placed straight into the store: how they come to be is other tests' business.

use std::cell::Cell;

use chrono::{NaiveDate, TimeDelta};
use diesel::insert_into;
use diesel::prelude::*;
use serde_json::{Value, json};
use stillpoint::db::schema::{audit_events, bookings, care_relationships, clients, guardianships, note_shares};
use stillpoint::db::{Persist, Stop, View, Writer};
use stillpoint::kernel::actor::Permit;
use stillpoint::kernel::change::{Change, Event};
use stillpoint::kernel::ids::{
    AccountId, BookingId, ClientId, GuardianshipId, NoteId, RelationshipId, SessionTypeId, TherapistId,
};
use stillpoint::kernel::time::Timestamp;

use crate::app::{Caller, Practice};

/// The practice with everybody a note concerns.
pub struct Arranged<'p> {
    pub practice: &'p Practice,
    pub admin: Caller<'p>,
    pub therapist: Caller<'p>,
    pub therapist_id: TherapistId,
    pub client: Caller<'p>,
    pub client_id: ClientId,
    session_type: SessionTypeId,
    hours: Cell<i64>,
}

struct Rows<'r>(&'r (dyn Fn(&mut Writer<'_, '_>) -> Result<(), Stop> + Send));

impl Persist for Rows<'_> {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        (self.0)(writer)
    }
}

/// Writes rows past the program's rules.
pub fn place(practice: &Practice, rows: impl Fn(&mut Writer<'_, '_>) -> Result<(), Stop> + Send + 'static) {
    let db = practice.app.db.clone();
    let work = db.clone();
    let placed = actix_web::rt::System::new().block_on(async move {
        work.write(&Permit::system("test"), move |tx| {
            tx.save(Change::new(Rows(&rows), Event::new("test.placed", uuid::Uuid::nil()))).map(drop)
        })
        .await
    });
    placed.unwrap();
}

/// Reads rows past the program's rules.
pub fn seen<T: Send + 'static>(
    practice: &Practice,
    read: impl Fn(&mut View<'_>) -> Result<T, Stop> + Send + 'static,
) -> T {
    let db = practice.app.db.clone();
    actix_web::rt::System::new().block_on(async move { db.read(&Permit::system("test"), read).await }).unwrap()
}

fn at(practice: &Practice) -> Timestamp {
    practice.now().into()
}

fn my<T: std::str::FromStr>(caller: &Caller<'_>, field: &str) -> Option<T> {
    caller.get("/api/v1/auth/me").expect(200)[field].as_str().and_then(|id| id.parse().ok())
}

/// The caller's client record.
pub fn client_record(caller: &Caller<'_>) -> ClientId {
    my(caller, "client_id").unwrap()
}

/// A client's record without a login.
pub fn client_row(practice: &Practice, born: Option<NaiveDate>) -> ClientId {
    let (now, id) = (at(practice), ClientId::new(at(practice)));
    place(practice, move |writer| {
        let row = (
            clients::id.eq(id),
            clients::name.eq("Clara Client"),
            clients::name_key.eq("clara client"),
            clients::date_of_birth.eq(born),
            clients::version.eq(1),
            clients::created_at.eq(now),
        );
        writer.execute(insert_into(clients::table).values(row)).map(drop)
    });
    id
}

/// Makes one client's record the accepted guardian of another's.
pub fn guardian(practice: &Practice, guardian: ClientId, ward: ClientId) {
    let now = at(practice);
    place(practice, move |writer| {
        let row = (
            guardianships::id.eq(GuardianshipId::new(now)),
            guardianships::ward_id.eq(ward),
            guardianships::guardian_id.eq(guardian),
            guardianships::basis.eq("parent"),
            guardianships::state.eq("accepted"),
            guardianships::version.eq(2),
            guardianships::created_at.eq(now),
        );
        writer.execute(insert_into(guardianships::table).values(row)).map(drop)
    });
}

/// The caller's therapist record.
pub fn therapist_record(caller: &Caller<'_>) -> TherapistId {
    my(caller, "therapist_id").unwrap()
}

/// Puts a therapist into a relationship of care that lasts a day.
pub fn care(practice: &Practice, therapist: TherapistId, client: ClientId, kind: &'static str) {
    let now = at(practice);
    place(practice, move |writer| {
        let row = (
            care_relationships::id.eq(RelationshipId::new(now)),
            care_relationships::client_id.eq(client),
            care_relationships::therapist_id.eq(therapist),
            care_relationships::kind.eq(kind),
            care_relationships::since.eq(now),
            care_relationships::until.eq(now.plus(TimeDelta::days(1))),
            care_relationships::version.eq(1),
        );
        writer.execute(insert_into(care_relationships::table).values(row)).map(drop)
    });
}

impl<'p> Arranged<'p> {
    /// A practice with an admin, a therapist and a client whom the therapist treats.
    pub fn in_practice(practice: &'p Practice) -> Self {
        let admin = practice.set_up();
        let therapist = practice.staff(&admin, "Tom Still", "therapist");
        let client = practice.client("Clara Client");
        let (therapist_id, client_id) = (therapist_record(&therapist), client_record(&client));
        care(practice, therapist_id, client_id, "treating");
        therapist.steps_up();
        let session_type = practice.session_type(&admin, &json!([]))["id"].as_str().unwrap().parse().unwrap();
        Self { practice, admin, therapist, therapist_id, client, client_id, session_type, hours: Cell::new(0) }
    }

    /// A confirmed booking of the client with the therapist; the first begins now, each further one an hour earlier.
    pub fn booking(&self) -> BookingId {
        self.booking_of(self.client_id)
    }

    /// The same for another client.
    pub fn booking_of(&self, client: ClientId) -> BookingId {
        let now = at(self.practice);
        let (id, therapist, session_type) = (BookingId::new(now), self.therapist_id, self.session_type);
        let start = now.minus(TimeDelta::hours(self.hours.replace(self.hours.get() + 1)));
        let end = start.plus(TimeDelta::minutes(60));
        let account: AccountId = my(&self.client, "account_id").unwrap();
        let local_start = start.utc().naive_utc().format("%Y-%m-%dT%H:%M:%S").to_string();
        place(self.practice, move |writer| {
            let row = (
                bookings::id.eq(id),
                bookings::client_id.eq(client),
                bookings::therapist_id.eq(therapist),
                bookings::session_type_id.eq(session_type),
                bookings::starts_at.eq(start),
                bookings::ends_at.eq(end),
                bookings::claim_starts_at.eq(start),
                bookings::claim_ends_at.eq(end),
                bookings::local_start.eq(&local_start),
                bookings::zone.eq("Etc/UTC"),
                bookings::tz_version.eq("2027a"),
                bookings::state.eq("confirmed"),
                bookings::price_minor.eq(9_000_i64),
                bookings::currency.eq("EUR"),
                bookings::requested_by.eq(account),
                bookings::version.eq(1),
                bookings::created_at.eq(now),
            );
            writer.execute(insert_into(bookings::table).values(row)).map(drop)
        });
        id
    }

    /// A new note, unsaved.
    pub fn started(&self) -> Value {
        let ask = json!({ "booking_id": self.booking() });
        self.therapist.post("/api/v1/session-notes", &ask).expect(201)
    }

    /// A note with content.
    pub fn drafted(&self, plan: &str) -> Value {
        self.saved(&self.started(), plan)
    }

    /// The note, saved with other content.
    pub fn saved(&self, note: &Value, plan: &str) -> Value {
        let ask = json!({ "content": content(plan) });
        self.therapist.put(&path(note, "/draft"), &note["version"], &ask).expect(200)
    }

    /// A signed note.
    pub fn signed(&self, plan: &str) -> Value {
        let note = self.drafted(plan);
        self.therapist.act(&path(&note, "/sign"), &note["version"], &json!({})).expect(200)
    }

    /// Asks that a signed note be marked as entered in error.
    pub fn in_error(&self, note: &Value, reason: &str) -> crate::app::Reply {
        self.therapist.act(&path(note, "/enter-in-error"), &note["version"], &json!({ "reason": reason }))
    }

    /// A therapist of the practice who does not treat the client.
    pub fn colleague(&self, name: &str) -> (Caller<'p>, TherapistId) {
        let caller = self.practice.staff(&self.admin, name, "therapist");
        let id = therapist_record(&caller);
        (caller, id)
    }

    /// A certification of the therapist, checked by the admin or only put forward.
    pub fn certified(&self, number: &str, verified: bool) {
        let ask = json!({
            "credential_type_id": self.practice.credential_type("upledger_cst_t"), "number": number,
            "issued_on": "2026-01-01", "expires_on": "2027-12-31", "reverify_by": "2027-12-31",
        });
        let held = self.therapist.post("/api/v1/credentials", &ask).expect(201);
        if verified {
            let verify = format!("/api/v1/credentials/{}/verify", held["id"].as_str().unwrap());
            // On the day of issue: the session was earlier than the checking.
            let ask = json!({ "method": "primary_source", "source": "the register", "effective_on": "2026-01-01" });
            self.admin.act(&verify, &held["version"], &ask).expect(200);
        }
    }

    /// How often an action stands on a client's record about a note.
    pub fn told(&self, action: &'static str, note: &Value) -> usize {
        let (client, id) = (self.client_id, id_of(note));
        let found: Vec<stillpoint::db::types::AnyId> = seen(self.practice, move |view| {
            view.load(
                audit_events::table
                    .filter(audit_events::action.eq(action))
                    .filter(audit_events::client_id.eq(client))
                    .select(audit_events::subject_id),
            )
        });
        found.iter().filter(|found| found.0 == id.0).count()
    }

    /// How many shares there are.
    pub fn shares(&self) -> usize {
        let ids: Vec<NoteId> = seen(self.practice, |view| view.load(note_shares::table.select(note_shares::note_id)));
        ids.len()
    }
}

/// Content with all its parts.
pub fn content(plan: &str) -> Value {
    json!({
        "subjective": "slept badly, a dull ache",
        "objective": "restriction at the left occiput",
        "plan": plan,
        "techniques": ["still point"],
        "regions": [{ "region": "sacrum", "side": "midline" }, { "region": "occiput", "side": "left" }],
        "client_reports": ["warmth"],
        "scores": [{ "measure": "tension", "before": 7, "after": 4 }],
        "modifications": [{ "finding": "osteoporosis", "how": "no compression" }],
    })
}

/// Where a note or what hangs on it stands.
pub fn path(note: &Value, below: &str) -> String {
    format!("/api/v1/session-notes/{}{below}", note["id"].as_str().unwrap())
}

/// A note's id.
pub fn id_of(note: &Value) -> NoteId {
    note["id"].as_str().unwrap().parse().unwrap()
}

/// An id as the store's own SQL writes it.
pub fn literal(practice: &Practice, id: impl Into<uuid::Uuid>) -> String {
    let id = id.into();
    if practice.is_sqlite() { format!("x'{}'", id.simple()) } else { format!("'{id}'::uuid") }
}
