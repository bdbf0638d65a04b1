//! Many people want the same hours at once.
//!
//! `STILLPOINT_RACE_ROUNDS` sets how often; the default is short. Two things keep claims apart, and either alone suffices: the locks that a
//! booking takes first, and the tables' own refusal. With both taken away, two claims overlap on PostgreSQL within the first rounds.

use std::sync::Barrier;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::app::{Caller, Practice};
use crate::calendar::{Calendar, id, session};
use crate::on_each_store;

on_each_store!(no_race_makes_two_claims_overlap);

const RACERS: usize = 64;
const CLIENTS: usize = 8;

/// Minutes of a session, and of the buffers before and after it.
const KINDS: [(i64, i64, i64); 3] = [(30, 0, 10), (45, 5, 5), (60, 10, 0)];

/// One request, and what it would claim.
struct Racer {
    client: usize,
    therapist: usize,
    kind: usize,
    start: DateTime<Utc>,
}

impl Racer {
    fn session(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        (self.start, self.start + TimeDelta::minutes(KINDS[self.kind].0))
    }

    fn claim(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        let (start, end) = self.session();
        let (_, before, after) = KINDS[self.kind];
        (start - TimeDelta::minutes(before), end + TimeDelta::minutes(after))
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
    let rounds = std::env::var("STILLPOINT_RACE_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap());
    let calendar = Calendar::of(&practice);
    let therapists = [calendar.therapist.clone(), calendar.colleague("Noa").1];
    for therapist in &therapists {
        calendar.works(therapist, "00:00", "00:00");
    }
    let kinds = KINDS.map(|(minutes, before, after)| {
        let ask = session(i32::try_from(minutes).unwrap(), (before as i32, after as i32), 5, &json!([]));
        id(&calendar.admin.post("/api/v1/session-types", &ask).expect(201))
    });
    let clients: Vec<_> = (0..CLIENTS).map(|number| calendar.client(&format!("Racer {number}"))).collect();
    let (mut accepted, mut refused) = (0, 0);
    for round in 0..rounds {
        let racers = field(round);
        let asks: Vec<Value> = racers.iter().map(|racer| ask(racer, &clients, &therapists, &kinds)).collect();
        let statuses = run(&racers, &asks, &clients);
        let won: Vec<&Racer> =
            racers.iter().zip(&statuses).filter(|(_, status)| **status == 201).map(|(racer, _)| racer).collect();
        for (index, one) in won.iter().enumerate() {
            assert!(!won.iter().skip(index + 1).any(|other| one.excludes(other)), "round {round}: two claims overlap");
        }
        for (racer, status) in racers.iter().zip(&statuses).filter(|(_, status)| **status != 201) {
            assert_eq!(*status, 409, "round {round}: a loser is told that the time is taken");
            assert!(
                won.iter().any(|other| racer.excludes(other)),
                "round {round}: refused, and nobody stood in the way"
            );
        }
        accepted += won.len();
        refused += RACERS - won.len();
    }
    assert!(
        accepted >= rounds && refused > accepted,
        "the racers did not meet: {accepted} accepted, {refused} refused"
    );
}

/// Sixty-four requests within three hours of a day that no other round has.
fn field(round: usize) -> Vec<Racer> {
    let beginning: DateTime<Utc> = "2027-03-03T00:00:00Z".parse().unwrap();
    let window = beginning + TimeDelta::days((round % 58) as i64) + TimeDelta::hours((round / 58 % 5 * 4) as i64);
    let mut state = round as u64 + 1;
    // A generator of our own (Knuth's MMIX), so that a failing round can be run again.
    let mut below = |limit: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    let mut racer = || Racer {
        client: below(CLIENTS as u64) as usize,
        therapist: below(2) as usize,
        kind: below(3) as usize,
        start: window + TimeDelta::minutes(5 * below(36) as i64),
    };
    (0..RACERS).map(|_| racer()).collect()
}

fn ask(racer: &Racer, clients: &[(Caller<'_>, String)], therapists: &[String], kinds: &[String]) -> Value {
    json!({
        "client_id": clients[racer.client].1, "therapist_id": therapists[racer.therapist],
        "session_type_id": kinds[racer.kind], "starts_at": racer.start.to_rfc3339(),
    })
}

/// Lets all of them go at once, and tells how each was answered.
fn run(racers: &[Racer], asks: &[Value], clients: &[(Caller<'_>, String)]) -> Vec<u16> {
    let gun = Barrier::new(racers.len());
    std::thread::scope(|scope| {
        let running: Vec<_> = (racers.iter().zip(asks))
            .map(|(racer, ask)| {
                let (gun, client) = (&gun, &clients[racer.client].0);
                scope.spawn(move || {
                    gun.wait();
                    let reply = client.post("/api/v1/bookings", ask);
                    assert!(reply.status < 500, "{} {}", reply.status, reply.body);
                    reply.status
                })
            })
            .collect();
        running.into_iter().map(|racer| racer.join().unwrap()).collect()
    })
}
