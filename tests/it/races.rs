//! Many people want the same hour at once.
//!
//! Every request is sent but for its last byte, and one barrier lets those go together. Rounds take turns: all want one therapist, for
//! many clients; or all want one client, with either of two therapists. Further races are about one slot that is held and booked at once,
//! about fewer rooms than sessions, and about a hold that is used, bypassed and swept away at once.
//!
//! Two things keep claims apart, and either alone suffices: the locks that a booking takes first, and the tables' own refusal. With both taken
//! away, two claims overlap on PostgreSQL in the first round. `STILLPOINT_RACE_ROUNDS` sets how often; the default is short.

use std::sync::Barrier;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use stillpoint::bookings::expire_next_hold;
use stillpoint::db::Stop;
use stillpoint::kernel::actor::Permit;

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, id, session};
use crate::on_each_store;

on_each_store!(
    no_race_makes_two_claims_overlap,
    one_slot_has_one_winner,
    two_rooms_have_two_winners,
    a_hold_is_used_once,
);

const BOOKINGS: &str = "/api/v1/bookings";
const HOLDS: &str = "/api/v1/slot-holds";

const RACERS: usize = 64;
const ROUNDS: usize = 2;
const CLIENTS: usize = 16;

/// Minutes of a session, and of the buffers before and after it.
const KINDS: [(i32, i32, i32); 3] = [(30, 0, 10), (45, 5, 5), (60, 10, 0)];
/// Minutes into the hour at which a session may start.
const STARTS: [i64; 4] = [0, 15, 30, 45];

/// One request, and what it would claim.
struct Racer {
    client: usize,
    therapist: usize,
    kind: usize,
    start: DateTime<Utc>,
}

impl Racer {
    fn session(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        (self.start, self.start + TimeDelta::minutes(KINDS[self.kind].0.into()))
    }

    fn claim(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let (start, end) = self.session();
        let (_, before, after) = KINDS[self.kind];
        (start - TimeDelta::minutes(before.into()), end + TimeDelta::minutes(after.into()))
    }

    /// Whether both cannot be: they want one therapist's time, or one client's.
    fn excludes(&self, other: &Self) -> bool {
        let meet =
            |one: (DateTime<Utc>, DateTime<Utc>), two: (DateTime<Utc>, DateTime<Utc>)| one.0 < two.1 && two.0 < one.1;
        (self.therapist == other.therapist && meet(self.claim(), other.claim()))
            || (self.client == other.client && meet(self.session(), other.session()))
    }
}

fn no_race_makes_two_claims_overlap(practice: Practice) {
    let rounds = std::env::var("STILLPOINT_RACE_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let calendar = Calendar::of(&practice);
    let therapists = [calendar.therapist.clone(), calendar.colleague("Noa").1];
    for therapist in &therapists {
        calendar.works(therapist, "00:00", "00:00");
    }
    let kinds = KINDS.map(|(minutes, before, after)| {
        let ask = session(minutes, (before, after), 5, &json!([]));
        id(&calendar.admin.post("/api/v1/session-types", &ask).expect(201))
    });
    let clients = registered(&calendar, CLIENTS);
    for round in 0..rounds {
        let racers = field(round);
        let ask = |racer: &Racer| {
            json!({
                "client_id": clients[racer.client], "therapist_id": therapists[racer.therapist],
                "session_type_id": kinds[racer.kind], "starts_at": racer.start.to_rfc3339(),
            })
        };
        let asks: Vec<_> = racers.iter().map(|racer| (BOOKINGS.to_owned(), ask(racer))).collect();
        let statuses: Vec<u16> = run(&calendar.desk, &asks).into_iter().map(|(status, _)| status).collect();
        judge(round, &racers, &statuses);
    }
}

/// Clients whom the desk has made a record of and asks for: logins for all would take longer than the race.
pub fn registered(calendar: &Calendar<'_>, count: usize) -> Vec<String> {
    let record = |number: usize| calendar.desk.post("/api/v1/clients", &json!({ "name": format!("Racer {number}") }));
    (0..count).map(|number| id(&record(number).expect(201))).collect()
}

/// Sixty-four requests within an hour that no other round has.
fn field(round: usize) -> Vec<Racer> {
    let beginning: DateTime<Utc> = "2027-03-03T00:00:00Z".parse().unwrap();
    let hour = beginning + TimeDelta::days((round % 58) as i64) + TimeDelta::hours((round / 58 % 5 * 4) as i64);
    let mut state = round as u64 + 1;
    // A generator of our own (Knuth's MMIX), so that a failing round can be run again.
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    let mut racer = |number: usize| Racer {
        client: if round.is_multiple_of(2) { number % CLIENTS } else { 0 },
        therapist: if round.is_multiple_of(2) { 0 } else { below(2) },
        kind: below(KINDS.len()),
        start: hour + TimeDelta::minutes(STARTS[below(STARTS.len())]),
    };
    (0..RACERS).map(&mut racer).collect()
}

/// Lets all of them go at once, and tells how each was answered: its status, and all that was said.
pub fn run(desk: &Caller<'_>, asks: &[(String, Value)]) -> Vec<(u16, String)> {
    let gun = Barrier::new(asks.len());
    std::thread::scope(|scope| {
        let running: Vec<_> = asks
            .iter()
            .map(|(path, ask)| {
                let gun = &gun;
                scope.spawn(move || {
                    let poised = desk.poised(path, ask);
                    gun.wait();
                    let (status, said) = poised.go();
                    assert!(status < 500, "{said}");
                    (status, said)
                })
            })
            .collect();
        running.into_iter().map(|racer| racer.join().unwrap()).collect()
    })
}

/// No two winners exclude each other, and every loser was told that the time is taken, because it is.
fn judge(round: usize, racers: &[Racer], statuses: &[u16]) {
    let (won, lost): (Vec<_>, Vec<_>) = racers.iter().zip(statuses).partition(|(_, status)| **status == 201);
    for (index, (one, _)) in won.iter().enumerate() {
        assert!(!won.iter().skip(index + 1).any(|(other, _)| one.excludes(other)), "round {round}: two claims overlap");
    }
    for (racer, status) in lost {
        assert_eq!(*status, 409, "round {round}: a loser is told that the time is taken");
        let stood = won.iter().any(|(other, _)| racer.excludes(other));
        assert!(stood, "round {round}: refused, and nobody stood in the way");
    }
    assert!(!won.is_empty(), "round {round}: nobody won");
}

fn won(answers: &[(u16, String)]) -> usize {
    answers.iter().filter(|(status, _)| *status == 201).count()
}

/// Holds and bookings want the same hour, each for a client of its own.
fn one_slot_has_one_winner(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let clients = registered(&calendar, RACERS);
    for start in ["2027-03-02T10:00:00Z", "2027-03-02T12:00:00Z", "2027-03-02T14:00:00Z"] {
        let path = |number: usize| if number.is_multiple_of(2) { BOOKINGS } else { HOLDS };
        let ask = |(number, client): (usize, &String)| (path(number).to_owned(), calendar.ask(client, start));
        let answers = run(&calendar.desk, &clients.iter().enumerate().map(ask).collect::<Vec<_>>());
        assert_eq!(won(&answers), 1, "{start}");
        for (status, said) in answers.iter().filter(|(status, _)| *status != 201) {
            assert!(*status == 409 && said.contains("slot_unavailable"), "{said}");
        }
    }
}

/// Three therapists and three clients, and two rooms.
fn two_rooms_have_two_winners(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let therapists = [calendar.therapist.clone(), calendar.colleague("Noa").1, calendar.colleague("Ola").1];
    for name in ["Blue", "Green"] {
        let room = json!({ "location_id": calendar.location, "name": name, "kind": "treatment" });
        calendar.admin.post("/api/v1/rooms", &room).expect(201);
    }
    let mut kind = session(60, (0, 0), 15, &json!([]));
    kind["room_kind"] = json!("treatment");
    let kind = id(&calendar.admin.post("/api/v1/session-types", &kind).expect(201));
    let clients = registered(&calendar, therapists.len());
    for hour in 8..16 {
        let start = format!("2027-03-02T{hour:02}:00:00Z");
        let ask = |(client, therapist): (&String, &String)| {
            let ask =
                json!({ "client_id": client, "therapist_id": therapist, "session_type_id": kind, "starts_at": start });
            (if hour % 2 == 0 { BOOKINGS } else { HOLDS }.to_owned(), ask)
        };
        let answers = run(&calendar.desk, &clients.iter().zip(&therapists).map(ask).collect::<Vec<_>>());
        assert_eq!(won(&answers), 2, "{start}: {answers:?}");
        assert_eq!(
            answers.iter().filter(|(status, said)| *status == 409 && said.contains("room_unavailable")).count(),
            1
        );
    }
}

/// One hold, wanted by bookings that name it, by bookings of others, by its end and by the job that sweeps up; time runs out meanwhile.
fn a_hold_is_used_once(practice: Practice) {
    let calendar = Calendar::of(&practice);
    let clients = registered(&calendar, 4);
    for (round, hour) in (8..17).enumerate() {
        let start = format!("2027-03-03T{hour:02}:00:00Z");
        let held = calendar.desk.post(HOLDS, &calendar.ask(&clients[0], &start));
        if held.status != 201 {
            // A neighbour's buffers reach here.
            continue;
        }
        let held = held.expect(201);
        let named = |client: &String| {
            let mut ask = calendar.ask(client, &start);
            ask["slot_hold_id"] = held["id"].clone();
            (BOOKINGS.to_owned(), ask)
        };
        let mut asks = vec![named(&clients[0]); 6];
        asks.extend(clients[1..].iter().map(|client| (BOOKINGS.to_owned(), calendar.ask(client, &start))));
        let answers = std::thread::scope(|scope| {
            let sweeps = scope.spawn(|| {
                if round % 3 == 1 {
                    practice.pass(TimeDelta::minutes(5));
                }
                sweep(&practice);
            });
            let answers = run(&calendar.desk, &asks);
            sweeps.join().unwrap();
            answers
        });
        assert!(won(&answers) <= 1, "{start}: {answers:?}");
        let hold = calendar.desk.get(&format!("{HOLDS}/{}", id(&held))).expect(200);
        let converted = answers.iter().take(6).any(|(status, _)| *status == 201);
        assert_eq!(hold["state"] == "converted", converted, "{start}: {hold}");
        for (status, said) in answers.iter().filter(|(status, _)| *status != 201) {
            let known = ["slot_unavailable", "slot_hold_expired"].iter().any(|code| said.contains(code));
            assert!([409, 410].contains(status) && known, "{said}");
        }
        if round % 3 != 1 {
            assert!(converted, "{start}: nothing but its own booking may end a hold that stands: {answers:?}");
        }
    }
}

/// Runs the job that sweeps up what has run out.
fn sweep(practice: &Practice) {
    let db = practice.app.db.clone();
    let job = async move { db.write(&Permit::system("holds.expire"), expire_next_hold).await };
    let swept: Result<usize, Stop> = actix_web::rt::System::new().block_on(job);
    swept.unwrap();
}
