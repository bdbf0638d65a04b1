//! Many people hold, book, move and cancel, single sessions and courses, alone and with two therapists, wait and answer offers, all at random and
//! at once; their answers are recorded, and a checker proves from these alone that nobody was ever in two places at once, that nothing
//! acknowledged was lost, and that no refusal was groundless. Of offers, which nobody asks for, the audit log tells.
//!
//! `record` is what the checker sees, `check` the checker, with hand-made histories that it must find fault with; `stage` the practice,
//! `line` a caller, `call` what goes through it, `drive` those who play (by `dice`), `processes` the real program in processes of its own, which
//! are killed.
//!
//! Two things keep claims apart, the locks that a booking takes first and the tables' own refusal. Each is tried alone, the other taken away
//! past the program, so that neither can hide that the other is missing; with both away the checker must see it.
//!
//! `STILLPOINT_HISTORY_OPERATIONS` makes runs longer, `STILLPOINT_HISTORY_SEED` makes them alike; each run says its seed.

mod call;
mod check;
mod dice;
mod drive;
mod line;
mod processes;
mod record;
mod stage;

use chrono::TimeDelta;
use stillpoint::bookings::{expire_next, expire_next_hold};
use stillpoint::db::{Stop, Tx};
use stillpoint::kernel::actor::Permit;
use stillpoint::waitlist::offer_next;

use crate::app::Practice;
use crate::on_each_store;
use check::{Violation, check, summary};
use drive::Play;
use line::Addresses;
use record::{History, Outcome};
use stage::Stage;

on_each_store!(nobody_is_in_two_places, claims_keep_apart_without_the_constraint);

/// How many requests a run makes, if nobody says otherwise.
const OPERATIONS: usize = 1000;

/// PostgreSQL alone: an embedded store has one writer, whom nothing can be taken away from.
mod postgres_alone {
    use crate::app::Practice;

    #[test]
    fn claims_keep_apart_without_the_locks() {
        if let Some(practice) = Practice::on_postgres() {
            super::claims_keep_apart_without_the_locks(practice);
        }
    }

    #[test]
    fn the_checker_sees_when_nothing_keeps_claims_apart() {
        if let Some(practice) = Practice::on_postgres() {
            super::the_checker_sees_when_nothing_keeps_claims_apart(practice);
        }
    }
}

/// Claims that are not what an open booking or a hold says, open bookings that do not claim what they say, and steps without their event.
const ASTRAY: &str = "SELECT (
    SELECT count(*) FROM occupancies o LEFT JOIN bookings b ON b.id = o.booking_id LEFT JOIN slot_holds h ON h.id = o.hold_id
    WHERE coalesce(b.state, h.state, 'declined') IN ('declined', 'expired', 'cancelled', 'converted', 'released', 'replaced')
    OR NOT (
        (o.resource = 'therapist'
            AND o.resource_id IN (b.therapist_id, b.co_therapist_id, h.therapist_id, h.co_therapist_id)
            AND o.starts_at = coalesce(b.claim_starts_at, h.claim_starts_at)
            AND o.ends_at = coalesce(b.claim_ends_at, h.claim_ends_at))
        OR (o.resource = 'client' AND o.resource_id = coalesce(b.client_id, h.client_id)
            AND o.starts_at = coalesce(b.starts_at, h.starts_at) AND o.ends_at = coalesce(b.ends_at, h.ends_at))
        OR (o.resource = 'room' AND o.resource_id = coalesce(b.room_id, h.room_id)
            AND o.starts_at = coalesce(b.claim_starts_at, h.claim_starts_at)
            AND o.ends_at = coalesce(b.room_claim_ends_at, h.room_claim_ends_at)))
) + (
    SELECT count(*) FROM bookings b WHERE b.state NOT IN ('declined', 'expired', 'cancelled')
    AND (SELECT count(DISTINCT o.resource_id) FROM occupancies o WHERE o.booking_id = b.id)
        <> 2 + CASE WHEN b.room_id IS NULL THEN 0 ELSE 1 END + CASE WHEN b.co_therapist_id IS NULL THEN 0 ELSE 1 END
) + (
    SELECT count(*) FROM bookings b WHERE b.version <> (
        SELECT count(*) FROM audit_events e
        WHERE e.subject_id = b.id AND e.action IN ('booking.requested', 'booking.moved', 'booking.cancelled',
            'booking.confirmed', 'booking.declined', 'booking.expired'))
) AS count";

fn nobody_is_in_two_places(practice: Practice) {
    let (seed, history) = play(&practice, operations(OPERATIONS));
    judge(seed, &history);
    assert!(history.records.iter().all(|record| record.outcome() != Outcome::Unknown), "an answer is missing");
    assert_eq!(practice.count(ASTRAY), 0);
}

/// What the tables would refuse is refused before.
fn claims_keep_apart_without_the_constraint(practice: Practice) {
    drop_constraint(&practice);
    let (seed, history) = play(&practice, operations(OPERATIONS / 3));
    judge(seed, &history);
}

/// What the locks would keep in order is refused by the tables. They cannot know why: of two who are given one room at once, one is refused
/// though the other room is free. So refusals may be groundless, and nothing else may be wrong.
fn claims_keep_apart_without_the_locks(practice: Practice) {
    void_locks(&practice);
    let (seed, history) = play(&practice, operations(OPERATIONS / 3));
    fail_for(seed, &history, |violation| !matches!(violation, Violation::Groundless { .. }));
    assert_eq!(practice.count(ASTRAY), 0);
}

fn the_checker_sees_when_nothing_keeps_claims_apart(practice: Practice) {
    void_locks(&practice);
    drop_constraint(&practice);
    let (seed, history) = play(&practice, OPERATIONS / 3);
    let found = check(&history);
    let overlaps = found.iter().filter(|violation| matches!(violation, Violation::Overlap { .. })).count();
    println!("seed {seed}: {overlaps} overlaps in {}", summary(&history));
    assert!(overlaps > 0, "seed {seed}: no overlap is found");
}

fn drop_constraint(practice: &Practice) {
    let sql = if practice.is_sqlite() {
        "DROP TRIGGER occupancies_overlap_on_insert; DROP TRIGGER occupancies_overlap_on_update"
    } else {
        "ALTER TABLE occupancies DROP CONSTRAINT occupancies_overlap"
    };
    practice.sql(sql).unwrap();
}

/// Lets the name by which locks are taken mean nothing, and has the program connect anew so that it takes that name.
fn void_locks(practice: &Practice) {
    let sql = "CREATE SCHEMA unlocked;
        CREATE FUNCTION unlocked.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
        DO $$ BEGIN
            EXECUTE format('ALTER DATABASE %I SET search_path = unlocked, pg_catalog, public', current_database());
        END $$;
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    practice.sql(sql).unwrap();
}

/// A run on a practice whose clock is turned.
fn play(practice: &Practice, operations: usize) -> (u64, History) {
    let addresses = Addresses::of(vec![practice.base().to_owned()]);
    let stage = Stage::set_up(&addresses, &practice.setup_token(), practice.now());
    let turn = || {
        practice.pass(TimeDelta::minutes(3));
        work(practice);
        practice.now()
    };
    let seed = seed();
    let now = || practice.now();
    let play = Play { stage: &stage, addresses: &addresses, seed, operations, now: &now, turn: Some(&turn) };
    (seed, play.run(None))
}

/// What the program does by itself about bookings: each job a few times, as often as there is something to do.
fn work(practice: &Practice) {
    const MOST: usize = 4;
    let jobs: [(&'static str, Job); 3] =
        [("bookings.expire", expire_next), ("holds.expire", expire_next_hold), ("waitlist.offer", offer_next)];
    for (name, job) in jobs {
        let db = practice.app.db.clone();
        let once = async || matches!(db.write(&Permit::system(name), job).await, Ok(1..));
        actix_web::rt::System::new().block_on(async {
            for _ in 0..MOST {
                if !once().await {
                    break;
                }
            }
        });
    }
}

/// A job of the program.
type Job = fn(&mut Tx<'_>) -> Result<usize, Stop>;

/// Fails with what cannot have happened.
fn judge(seed: u64, history: &History) {
    fail_for(seed, history, |_| true);
}

/// The same of those that count.
fn fail_for(seed: u64, history: &History, counts: impl Fn(&Violation) -> bool) {
    println!("seed {seed}: {}", summary(history));
    let found: Vec<Violation> = check(history).into_iter().filter(counts).collect();
    let told: Vec<String> = found.iter().take(10).map(|violation| tell(violation, history)).collect();
    let environment = format!("STILLPOINT_HISTORY_SEED={seed}");
    assert!(found.is_empty(), "{environment}: {} violations, such as\n{}", found.len(), told.join("\n"));
}

fn tell(violation: &Violation, history: &History) -> String {
    match violation {
        Violation::Groundless { record, .. } => format!("{violation}: {:?}", history.records[*record]),
        _ => violation.to_string(),
    }
}

fn seed() -> u64 {
    let drawn = || uuid::Uuid::new_v4().as_u64_pair().1;
    std::env::var("STILLPOINT_HISTORY_SEED").map_or_else(|_| drawn(), |seed| seed.parse().unwrap())
}

fn operations(short: usize) -> usize {
    std::env::var("STILLPOINT_HISTORY_OPERATIONS").map_or(short, |operations| operations.parse().unwrap())
}
