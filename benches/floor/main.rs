//! What the house costs, beside the floor it stands on: `cargo bench --bench floor [-- --quick]` prints a Markdown table for this machine.
//!
//! The program is the real one, over real HTTP, load generator and server on one machine. The floor is what one connection does with the
//! statements of those bookings and nothing around them. Every store acknowledges only what is on the disk.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    reason = "a measurement may fail loudly"
)]

#[allow(dead_code, reason = "the tests' own; a measurement needs little of it")]
#[path = "../../tests/it/app.rs"]
mod app;
mod bare;
#[allow(dead_code, reason = "the tests' own; a measurement needs little of it")]
#[path = "../../tests/it/calendar.rs"]
mod calendar;
#[allow(dead_code, reason = "the tests' own; a measurement needs little of it")]
#[path = "../../tests/it/cluster.rs"]
mod cluster;
mod lanes;
mod load;
mod recording;
mod seals;

use std::io::Write;
use std::time::{Duration, Instant};

use app::Practice;
use bare::Bare;
use lanes::Lanes;
use load::Measured;

/// How many requests are under way at once.
const AT_ONCE: [usize; 2] = [1, 32];
/// How many bookings are recorded; each of the two bare loops does half of them again.
const RECORDED: usize = 1024;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let time = Duration::from_secs(if quick { 1 } else { 5 });
    recording::install();
    let cores = std::thread::available_parallelism().unwrap();
    println!(
        "{cores} cores, shared by load and server; {} s a cell. One `fdatasync` of 4 KiB takes {}.",
        time.as_secs(),
        fsync()
    );
    println!("SQLite commits with WAL and `synchronous=FULL`; PostgreSQL with {} on.", bare::DURABLE.join(", "));
    println!("Bare rows are one connection without the program, and their p99 is that of a commit.\n");
    println!("| Store | What | At once | Per second | p99 |\n|---|---|--:|--:|--:|");
    let sqlite = Practice::on_sqlite();
    let mut findings = measure("SQLite", &sqlite, time);
    drop(sqlite);
    match Practice::on_postgres() {
        Some(postgres) => {
            bare::make_durable(&postgres);
            findings += &measure("PostgreSQL", &postgres, time);
        }
        None => findings += "\nThere is no PostgreSQL here.",
    }
    println!("{findings}");
}

/// Prints a store's rows, and answers what they come to.
fn measure(store: &str, practice: &Practice, time: Duration) -> String {
    let lanes = Lanes::of(practice);
    let before = Bare::copy(practice);
    let recorded = recording::record(RECORDED, || lanes.book_one());
    let statements = recorded.iter().map(Vec::len).sum::<usize>() / recorded.len();
    for (what, status, request) in lanes.reads() {
        for at_once in AT_ONCE {
            row(store, what, at_once, &load::run(lanes.address(), at_once, time, status, &request));
        }
    }
    let booked = AT_ONCE.map(|at_once| {
        let measured = load::run(lanes.address(), at_once, time, 201, |_| lanes.next_booking());
        row(store, "a durable booking", at_once, &measured);
        measured.rate
    });
    let notes = seals::measure(practice, time);
    for (what, measured) in ["a note sealed and opened", "the same, unsealed"].iter().zip(&notes) {
        row(store, what, 1, measured);
    }
    let (singly, together) = recorded.split_at(RECORDED / 2);
    let bare = [(singly, 1), (together, 64)].map(|(bookings, per_commit)| {
        let measured = before.replay(bookings, per_commit);
        row(store, &format!("bare: the {statements} statements of a booking, {per_commit} to a commit"), 1, &measured);
        measured.rate
    });
    format!(
        "\n{store}: a booking at 32 at once / at 1: {:.2}; at 32 at once / bare with a commit each: {:.2}; bare 64 to a commit / 1: {:.2}; a note unsealed / sealed: {:.2}.",
        booked[1] / booked[0],
        booked[1] / bare[0],
        bare[1] / bare[0],
        notes[1].rate / notes[0].rate,
    )
}

fn row(store: &str, what: &str, at_once: usize, measured: &Measured) {
    println!("| {store} | {what} | {at_once} | {:.0} | {} |", measured.rate, millis(measured.p99));
}

fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// What the disk takes for the least that can be durable.
fn fsync() -> String {
    let mut file = tempfile::tempfile().unwrap();
    let started = Instant::now();
    for _ in 0..100 {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
    }
    millis(started.elapsed() / 100)
}
