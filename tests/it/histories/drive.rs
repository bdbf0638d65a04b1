//! Many people who hold, book, move and cancel, wait, accept and decline at random, all at once.
//!
//! Each has a generator of their own, seeded by the run's seed and their number. What they do still depends on what the others did before them:
//! a seed makes a run alike, not the same.

mod board;
mod choice;
mod reading;

use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::Instant;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::call::Call;
use super::dice::Dice;
use super::line::{Addresses, Line};
use super::record::{Answer, Ask, Clock, Course, Entry, History, NEVER, Outcome, Record, Shown};
use super::stage::Stage;
use board::Board;

/// How many requests pass between two turns of the clock.
const TURNED_EVERY: usize = 30;

/// What is to be played, and where.
pub struct Play<'a> {
    pub stage: &'a Stage,
    pub addresses: &'a Addresses,
    pub seed: u64,
    /// How many requests, about.
    pub operations: usize,
    /// What the clock shows.
    pub now: &'a (dyn Fn() -> DateTime<Utc> + Sync),
    /// Lets minutes pass, has done what the program does by itself, and tells what the clock shows; nothing where the clock runs by itself.
    pub turn: Option<&'a (dyn Fn() -> DateTime<Utc> + Sync)>,
}

impl Play<'_> {
    /// Plays, telling of each request, and reads what stands in the end.
    pub fn run(&self, told: Option<&Sender<()>>) -> History {
        let beginning = Instant::now();
        let board = Board::of(self, beginning);
        let began = (self.now)();
        let lines = self.stage.lines(self.addresses, beginning);
        let mut records: Vec<Record> = std::thread::scope(|scope| {
            let players = lines.into_iter().enumerate().map(|(number, (line, client))| {
                let dice = Dice::new(self.seed, number);
                let player =
                    Player { board: &board, number, line, client, dice, sent: 0, earlier: None, records: Vec::new() };
                let told = told.cloned();
                scope.spawn(move || player.play(told.as_ref()))
            });
            let players: Vec<_> = players.collect();
            players.into_iter().flat_map(|player| player.join().unwrap()).collect()
        });
        records.sort_by_key(|record| record.asked);
        let turns = std::mem::take(&mut *board.turns.lock().unwrap());
        let clock = match self.turn {
            Some(_) => Clock::Turned { begins: began, turns },
            None => Clock::Running { began },
        };
        let glances = std::mem::take(&mut *board.glances.lock().unwrap());
        let mut line = self.stage.reader(self.addresses, beginning);
        let ending = self.read(&mut line, beginning);
        let (told, offered) = reading::offers(&mut line);
        History { rules: self.stage.rules.clone(), clock, records, glances, ending, offered, told }
    }
}

/// One who plays.
struct Player<'a> {
    board: &'a Board<'a>,
    number: usize,
    line: Line<'a>,
    /// Who they are; the desk is nobody.
    client: Option<Uuid>,
    dice: Dice,
    sent: usize,
    /// The last booking or course they were granted, to be asked for again.
    earlier: Option<Ask>,
    records: Vec<Record>,
}

impl Player<'_> {
    fn play(mut self, told: Option<&Sender<()>>) -> Vec<Record> {
        loop {
            let made = self.board.made.fetch_add(1, Ordering::Relaxed);
            if made >= self.board.play.operations {
                return self.records;
            }
            if made % TURNED_EVERY == TURNED_EVERY - 1 {
                self.board.turn();
            }
            let ask = self.choose(made);
            // What is lost on the way is asked for again: a booking under its key, a step of the version it was to be taken from.
            while !self.request(&ask) {
                self.board.glance();
            }
            if let Some(told) = told {
                let _ = told.send(());
            }
        }
    }

    /// Asks, once; whether that was answered for good.
    fn request(&mut self, ask: &Ask) -> bool {
        let (window, answer) = self.line.send(&Call::of(ask));
        let answered = if answer.is_some() { window.latest } else { NEVER };
        let record = Record { client: self.client, ask: ask.clone(), asked: window.earliest, answered, answer };
        let settled = match record.outcome() {
            Outcome::Accepted(shown) => {
                self.granted(ask);
                self.board.saw(shown);
                true
            }
            Outcome::Done => {
                self.granted(ask);
                self.told(&record);
                true
            }
            Outcome::Refused("slot_hold_expired" | "offer_gone") => {
                self.board.used(ask.hold());
                true
            }
            Outcome::Refused("version_mismatch" | "invalid_transition") => {
                self.look_again(ask);
                true
            }
            Outcome::Refused(code) => code != "idempotency_in_progress",
            Outcome::Unknown => false,
        };
        self.records.push(record);
        settled
    }

    fn granted(&mut self, ask: &Ask) {
        if let Ask::Book { .. } | Ask::Course { .. } = ask {
            self.earlier = Some(ask.clone());
        }
        if !matches!(ask, Ask::Extend { .. }) {
            self.board.used(ask.hold());
        }
    }

    /// Learns from an answer about several things, or about the waiting list.
    fn told(&mut self, record: &Record) {
        let body = record.done().unwrap();
        match &record.ask {
            Ask::Course { .. } | Ask::MoveRest { .. } | Ask::CancelRest { .. } => {
                self.board.attend(Course::read(body).unwrap());
            }
            Ask::Look => {
                let items = body["items"].as_array().unwrap().iter();
                let offers = items.filter_map(|item| Entry::read(item).unwrap().offer);
                self.board.offered(offers.collect());
            }
            Ask::Accept(_) => self.see(&format!("/bookings/{}", Entry::read(body).unwrap().booking.unwrap())),
            _ => {}
        }
    }

    fn look_again(&mut self, ask: &Ask) {
        match (ask.step(), ask.rest()) {
            (Some((id, _)), _) if ask.hold().is_none() => self.see(&format!("/bookings/{id}")),
            (Some((id, _)), _) => self.see(&format!("/slot-holds/{id}")),
            (None, Some((course, _))) => {
                if let (_, Some(Answer { status: 200, body })) =
                    self.line.send(&Call::get(&format!("/booking-series/{course}")))
                {
                    self.board.attend(Course::read(&body).unwrap());
                }
            }
            (None, None) => self.board.used(ask.hold()),
        }
    }

    fn see(&mut self, path: &str) {
        if let (_, Some(Answer { status: 200, body })) = self.line.send(&Call::get(path)) {
            self.board.saw(Shown::read(&body).unwrap());
        }
    }

    fn key(&mut self) -> String {
        self.sent += 1;
        format!("{:x}-{}-{}", self.board.play.seed, self.number, self.sent)
    }
}
