//! Many people want the same hour at once.
//!
//! Every request is sent but for its last byte, and one barrier lets those go together. Rounds take turns: all want one therapist, for
//! many clients; or all want one client, with either of two therapists.
//!
//! Two things keep claims apart, and either alone suffices: the locks that a booking takes first, and the tables' own refusal. With both taken
//! away, two claims overlap on PostgreSQL in the first round. `STILLPOINT_RACE_ROUNDS` sets how often; the default is short.

use std::sync::Barrier;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, id, session};
use crate::on_each_store;

on_each_store!(no_race_makes_two_claims_overlap);

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
    // The desk asks for all: logins for all would take longer than the race.
    let record = |number: usize| calendar.desk.post("/api/v1/clients", &json!({ "name": format!("Racer {number}") }));
    let clients: Vec<String> = (0..CLIENTS).map(|number| id(&record(number).expect(201))).collect();
    for round in 0..rounds {
        let racers = field(round);
        let ask = |racer: &Racer| {
            json!({
                "client_id": clients[racer.client], "therapist_id": therapists[racer.therapist],
                "session_type_id": kinds[racer.kind], "starts_at": racer.start.to_rfc3339(),
            })
        };
        let statuses = run(&calendar.desk, &racers.iter().map(ask).collect::<Vec<_>>());
        judge(round, &racers, &statuses);
    }
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

/// Lets all of them go at once, and tells how each was answered.
fn run(desk: &Caller<'_>, asks: &[Value]) -> Vec<u16> {
    let gun = Barrier::new(asks.len());
    std::thread::scope(|scope| {
        let running: Vec<_> = asks
            .iter()
            .map(|ask| {
                let gun = &gun;
                scope.spawn(move || {
                    let poised = desk.poised("/api/v1/bookings", ask);
                    gun.wait();
                    let (status, said) = poised.go();
                    assert!(status < 500, "{said}");
                    status
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
