//! What all who play share: what there is to do something about, as somebody last saw it.

use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::time::Instant;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Play;
use crate::histories::record::{Course, Offer, Reading, Shown, Window};

/// How many courses are remembered.
const COURSES: usize = 6;

pub(super) struct Board<'a> {
    pub play: &'a Play<'a>,
    pub beginning: Instant,
    pub made: AtomicUsize,
    /// Bookings that can still be moved or called off, and a few that cannot.
    pub open: Mutex<Vec<Shown>>,
    pub closed: Mutex<Vec<Shown>>,
    /// What is held, though it may be over since.
    pub held: Mutex<Vec<Shown>>,
    pub courses: Mutex<Vec<Course>>,
    pub offers: Mutex<Vec<Offer>>,
    pub turns: Mutex<Vec<(Window, DateTime<Utc>)>>,
    pub glances: Mutex<Vec<Reading>>,
}

impl<'a> Board<'a> {
    pub(super) fn of(play: &'a Play<'a>, beginning: Instant) -> Self {
        let [open, closed, held] = [(); 3].map(|()| Mutex::new(Vec::new()));
        let (courses, offers, turns, glances) = <_>::default();
        Self { play, beginning, made: AtomicUsize::new(0), open, closed, held, courses, offers, turns, glances }
    }

    /// Nothing more can be made of a hold or an offer.
    pub(super) fn used(&self, hold: Option<Uuid>) {
        self.held.lock().unwrap().retain(|held| Some(held.id) != hold);
        self.offers.lock().unwrap().retain(|offer| Some(offer.held.id) != hold);
    }

    pub(super) fn offered(&self, offers: Vec<Offer>) {
        *self.offers.lock().unwrap() = offers;
    }

    pub(super) fn saw(&self, shown: Shown) {
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

    /// Remembers a course, and its sessions as they are.
    pub(super) fn attend(&self, course: Course) {
        for (_, session) in &course.sessions {
            self.saw(session.clone());
        }
        let mut courses = self.courses.lock().unwrap();
        match courses.iter_mut().find(|known| known.id == course.id) {
            Some(known) => {
                known.version = known.version.max(course.version);
                known.sessions.retain(|(known, _)| !course.sessions.iter().any(|(told, _)| told == known));
                known.sessions.extend(course.sessions);
            }
            None => courses.push(course),
        }
        courses.retain(|course| course.sessions.iter().any(|(_, session)| session.is_open()));
        if courses.len() > COURSES {
            courses.remove(0);
        }
    }

    pub(super) fn turn(&self) {
        let Some(turn) = self.play.turn else { return };
        // One at a time, so that what the clock shows is what this turn made it show.
        let mut turns = self.turns.lock().unwrap();
        let earliest = self.beginning.elapsed();
        let to = turn();
        turns.push((Window { earliest, latest: self.beginning.elapsed() }, to));
    }

    /// Reads everything there is, once for each time that servers came back: whoever asks first does, and the others wait.
    pub(super) fn glance(&self) {
        let mut glances = self.glances.lock().unwrap();
        if glances.len() < self.play.addresses.changes() {
            let mut line = self.play.stage.reader(self.play.addresses, self.beginning);
            glances.push(self.play.read(&mut line, self.beginning));
        }
    }
}
