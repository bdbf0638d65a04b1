//! Many people who hold, book, move and cancel at random, all at once.
//!
//! Each has a generator of their own, seeded by the run's seed and their number. What they do still depends on what the others did before them:
//! a seed makes a run alike, not the same.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::dice::Dice;
use super::line::{Addresses, Call, Line};
use super::record::{Answer, Ask, Clock, History, NEVER, Outcome, Record, Shown, Window, Wish};
use super::stage::Stage;

/// How many days are played with, from tomorrow on.
const DAYS: usize = 5;
/// How many requests pass before another hour of another therapist is in demand: about one for each who plays.
const DEMAND: usize = 8;
/// How many requests pass between two turns of the clock.
const TURNED_EVERY: usize = 20;

/// What is to be played, and where.
pub struct Play<'a> {
    pub stage: &'a Stage,
    pub addresses: &'a Addresses,
    pub seed: u64,
    /// How many requests, about.
    pub operations: usize,
    /// What the clock shows.
    pub now: &'a (dyn Fn() -> DateTime<Utc> + Sync),
    /// Lets a minute pass and tells what the clock shows then; nothing where the clock runs by itself.
    pub turn: Option<&'a (dyn Fn() -> DateTime<Utc> + Sync)>,
}

/// What all who play share.
struct Board<'a> {
    play: &'a Play<'a>,
    beginning: Instant,
    made: AtomicUsize,
    /// Bookings that can still be moved or called off, as they were last seen, and a few that cannot.
    open: Mutex<Vec<Shown>>,
    closed: Mutex<Vec<Shown>>,
    /// What is held, as it was last seen, though it may be over since.
    held: Mutex<Vec<Shown>>,
    turns: Mutex<Vec<(Window, DateTime<Utc>)>>,
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
        let (read, ending) = self.read(beginning);
        History { rules: self.stage.rules.clone(), clock, records, ending, read }
    }

    /// Every booking there is.
    fn read(&self, beginning: Instant) -> (Window, Vec<Shown>) {
        let mut line = self.stage.reader(self.addresses, beginning);
        let (earliest, mut ending, mut cursor) = (beginning.elapsed(), Vec::new(), String::new());
        loop {
            let page = line.expect(200, "GET", &format!("/bookings?limit=200{cursor}"), None);
            ending.extend(page["items"].as_array().unwrap().iter().map(|item| Shown::read(item).unwrap()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return (Window { earliest, latest: beginning.elapsed() }, ending),
            }
        }
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
    /// The last booking they were granted, to be asked for again.
    earlier: Option<(Wish, String, Option<Uuid>)>,
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
            while !self.request(&ask) {}
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
                if let Ask::Book { wish, key, hold } = ask {
                    self.earlier = Some((*wish, key.clone(), *hold));
                    self.board.used(*hold);
                }
                self.board.saw(shown);
                true
            }
            Outcome::Done => {
                self.board.used(ask.step().map(|(id, _)| id));
                true
            }
            Outcome::Refused("slot_hold_expired") => {
                let hold = if let Ask::Book { hold, .. } = ask { *hold } else { ask.step().map(|(id, _)| id) };
                self.board.used(hold);
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

    fn look_again(&mut self, ask: &Ask) {
        let path = match ask {
            Ask::Move { booking, .. } | Ask::Cancel { booking, .. } => format!("/api/v1/bookings/{booking}"),
            Ask::Extend { hold, .. } | Ask::Release { hold, .. } => format!("/api/v1/slot-holds/{hold}"),
            Ask::Book { .. } | Ask::Hold { .. } => return,
        };
        let call = Call { method: "GET", path, headers: Vec::new(), body: None };
        if let (_, Some(Answer { status: 200, body })) = self.line.send(&call) {
            self.board.saw(Shown::read(&body).unwrap());
        }
    }

    fn choose(&mut self, made: usize) -> Ask {
        let (seen, held) = (self.seen(), self.held());
        match (self.dice.below(100), seen, held) {
            (0..24, Some(shown), _) => {
                let (therapist, start) = self.place(made);
                let therapist = (therapist != shown.wish.therapist).then_some(therapist);
                Ask::Move { booking: shown.id, version: self.version(&shown), therapist, start }
            }
            (24..46, Some(shown), _) => Ask::Cancel { booking: shown.id, version: self.version(&shown) },
            (46..56, _, Some(held)) => Ask::Book { wish: held.wish, key: self.key(), hold: Some(held.id) },
            (56..60, _, Some(held)) => Ask::Extend { hold: held.id, version: self.version(&held) },
            (60..62, _, Some(held)) => Ask::Release { hold: held.id, version: self.version(&held) },
            (62..76, _, _) => Ask::Hold { wish: self.wish(made), key: self.key() },
            (76..79, _, _) if self.earlier.is_some() => {
                let (mut wish, key, hold) = self.earlier.clone().unwrap();
                if self.dice.below(4) == 0 {
                    wish.start += TimeDelta::minutes(15);
                }
                Ask::Book { wish, key, hold }
            }
            _ => Ask::Book { wish: self.wish(made), key: self.key(), hold: None },
        }
    }

    fn key(&mut self) -> String {
        self.sent += 1;
        format!("{:x}-{}-{}", self.board.play.seed, self.number, self.sent)
    }

    fn held(&mut self) -> Option<Shown> {
        let list = self.board.held.lock().unwrap();
        let own = |shown: &&Shown| self.client.is_none_or(|client| shown.wish.client == client);
        let own: Vec<&Shown> = list.iter().filter(own).collect();
        (!own.is_empty()).then(|| own[self.dice.below(own.len())].clone())
    }

    /// A booking they may do something about; rarely one of which nothing can be made any more.
    fn seen(&mut self) -> Option<Shown> {
        let list = if self.dice.below(20) == 0 { &self.board.closed } else { &self.board.open };
        let list = list.lock().unwrap();
        let own = |shown: &&Shown| self.client.is_none_or(|client| shown.wish.client == client);
        let own: Vec<&Shown> = list.iter().filter(own).collect();
        (!own.is_empty()).then(|| own[self.dice.below(own.len())].clone())
    }

    /// The version they saw; rarely another.
    fn version(&mut self, shown: &Shown) -> i64 {
        if self.dice.below(20) == 0 { shown.version + 1 } else { shown.version }
    }

    fn wish(&mut self, made: usize) -> Wish {
        let stage = self.board.play.stage;
        let (therapist, start) = self.place(made);
        Wish {
            client: self.client.unwrap_or_else(|| self.guest(made)),
            therapist,
            kind: self.dice.pick(&stage.rules.kinds).id,
            start,
        }
    }

    /// For whom the desk asks: whoever is in demand, or anybody.
    fn guest(&mut self, made: usize) -> Uuid {
        let mut demand = self.demand(made);
        let source = if self.dice.below(3) == 0 { &mut demand } else { &mut self.dice };
        *source.pick(&self.board.play.stage.clients)
    }

    /// What is in demand now, for everybody the same.
    fn demand(&self, made: usize) -> Dice {
        Dice::new(self.board.play.seed, 1000 + made / DEMAND)
    }

    /// With whom and when: what is in demand, at times with another therapist; or anybody and any time; rarely a time that some rule refuses.
    fn place(&mut self, made: usize) -> (Uuid, DateTime<Utc>) {
        let stage = self.board.play.stage;
        let mut demand = self.demand(made);
        let (wanted, anybody) = (self.dice.below(100), *self.dice.pick(&stage.therapists));
        let source = if wanted < 55 { &mut demand } else { &mut self.dice };
        let (therapist, day) = (*source.pick(&stage.therapists), 1 + source.below(DAYS));
        let therapist = if wanted < 15 { anybody } else { therapist };
        let minutes = match wanted {
            0..55 => (8 + source.below(9)) * 60 + wanted % 3 * 15,
            55..92 => 8 * 60 + source.below(38) * 15,
            92..94 => return (therapist, stage.soon() + minutes(source.below(16) * 15)),
            94..96 => source.below(96) * 15,
            96..98 => 8 * 60 + source.below(120) * 5,
            _ => return (therapist, stage.midnight(88 + source.below(5)) + minutes(12 * 60)),
        };
        (therapist, stage.midnight(day) + self::minutes(minutes))
    }
}

fn minutes(count: usize) -> TimeDelta {
    TimeDelta::minutes(count.try_into().unwrap())
}

impl<'a> Board<'a> {
    fn of(play: &'a Play<'a>, beginning: Instant) -> Self {
        let [open, closed, held] = [(); 3].map(|()| Mutex::new(Vec::new()));
        Self { play, beginning, made: AtomicUsize::new(0), open, closed, held, turns: Mutex::default() }
    }

    /// Nothing more can be made of a hold.
    fn used(&self, hold: Option<Uuid>) {
        self.held.lock().unwrap().retain(|held| Some(held.id) != hold);
    }

    fn saw(&self, shown: Shown) {
        if shown.is_hold() && !shown.is_open() {
            return self.used(Some(shown.id));
        }
        let list = if shown.is_hold() { &self.held } else { &self.open };
        let mut open = list.lock().unwrap();
        if let Some(known) = open.iter().position(|known| known.id == shown.id) {
            if open[known].version > shown.version {
                return;
            }
            open.swap_remove(known);
        }
        if shown.is_open() {
            return open.push(shown);
        }
        let mut closed = self.closed.lock().unwrap();
        if closed.len() == 32 {
            closed.remove(0);
        }
        closed.push(shown);
    }

    fn turn(&self) {
        let Some(turn) = self.play.turn else { return };
        // One at a time, so that what the clock shows is what this turn made it show.
        let mut turns = self.turns.lock().unwrap();
        let earliest = self.beginning.elapsed();
        let to = turn();
        turns.push((Window { earliest, latest: self.beginning.elapsed() }, to));
    }
}
