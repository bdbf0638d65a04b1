//! From answers to what stood when: the versions of each booking, and the claims they made.
//!
//! A version came to be between the request that made it and that request's answer, and ended likewise by the request that made the next. What
//! nobody answered may have made one, and may have ended one.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Violation;
use crate::histories::record::{Ask, History, Moment, NEVER, Outcome, Record, Shown, Span, Window, Wish};

/// One version of a booking.
#[derive(Clone, Debug)]
pub struct Version {
    /// As it was answered, or as the request would have had it.
    pub shown: Shown,
    /// Whether an answer says so.
    pub certain: bool,
    pub made: Window,
    pub ended: Window,
}

/// Whom a claim is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    Therapist(Uuid),
    Client(Uuid),
}

/// A resource's time, taken.
#[derive(Clone, Debug)]
pub struct Claim {
    pub span: Span,
    /// The booking, or what stands for it where none was ever answered.
    pub owner: Uuid,
    pub certain: bool,
    pub made: Window,
    pub ended: Window,
}

impl Claim {
    /// Whether it can have been in force at some moment of a window.
    pub fn may_stand(&self, within: Window) -> bool {
        self.made.earliest <= within.latest && self.ended.latest >= within.earliest
    }
}

/// Everything that stood, or may have.
#[derive(Debug, Default)]
pub struct Timeline {
    /// By booking, each in the order of its versions. Several of one number exclude each other.
    pub bookings: BTreeMap<Uuid, Vec<Version>>,
    /// Bookings that were asked for and never answered, by their key; the names they have here are nobody else's.
    pub unanswered: BTreeMap<String, Version>,
    /// Which booking a key made, or may have.
    pub keys: BTreeMap<String, Uuid>,
    /// By whom they are on.
    pub claims: BTreeMap<Resource, Vec<Claim>>,
}

impl Timeline {
    /// Tells what stood, and what contradicts itself in the telling.
    pub fn of(history: &History) -> (Self, Vec<Violation>) {
        let (mut timeline, mut wrong) = (Self::default(), Vec::new());
        timeline.begin(history, &mut wrong);
        timeline.go_on(history, &mut wrong);
        timeline.suppose(history);
        timeline.end(history);
        timeline.claim(history);
        (timeline, wrong)
    }

    pub fn versions(&self, booking: Uuid) -> &[Version] {
        self.bookings.get(&booking).map_or(&[], Vec::as_slice)
    }

    /// The bookings as they began, one for each key.
    fn begin(&mut self, history: &History, wrong: &mut Vec<Violation>) {
        let mut keys: BTreeMap<&str, Vec<(&Record, Wish)>> = BTreeMap::new();
        for record in &history.records {
            if let Ask::Book { wish, key } = &record.ask {
                keys.entry(key).or_default().push((record, *wish));
            }
        }
        for (key, attempts) in keys {
            let accepted = attempts.iter().filter_map(|(record, wish)| match record.outcome() {
                Outcome::Accepted(shown) => Some((shown, record.answered, *wish)),
                Outcome::Refused(_) | Outcome::Unknown => None,
            });
            let accepted: Vec<(Shown, Moment, Wish)> = accepted.collect();
            for (shown, _, wish) in &accepted {
                if shown.wish != *wish || shown.session() != history.rules.spans(wish).0 {
                    wrong.push(Violation::Altered { booking: shown.id, version: shown.version });
                }
            }
            let Some((shown, _, wish)) = accepted.first() else {
                if let Some(mut version) = lost(history, &attempts) {
                    version.shown.id = Uuid::from_u128(u128::MAX - self.keys.len() as u128);
                    self.keys.insert(key.to_owned(), version.shown.id);
                    self.unanswered.insert(key.to_owned(), version);
                }
                continue;
            };
            self.keys.insert(key.to_owned(), shown.id);
            if accepted.iter().any(|(other, _, _)| other.id != shown.id) {
                wrong.push(Violation::BookedTwice { key: key.to_owned() });
            }
            let asked = attempts.iter().filter(|(_, other)| other == wish).map(|(record, _)| record.asked).min();
            let answered = accepted.iter().map(|(_, answered, _)| *answered).min();
            let made = Window { earliest: asked.unwrap_or_default(), latest: answered.unwrap_or(NEVER) };
            self.bookings.entry(shown.id).or_default().push(Version::new(shown.clone(), true, made));
        }
    }

    /// What the accepted steps made of them.
    fn go_on(&mut self, history: &History, wrong: &mut Vec<Violation>) {
        for record in &history.records {
            let (Outcome::Accepted(shown), Some((booking, version))) = (record.outcome(), record.ask.step()) else {
                continue;
            };
            let as_asked = match &record.ask {
                Ask::Move { therapist, start, .. } => {
                    shown.wish.start == *start && therapist.is_none_or(|id| shown.wish.therapist == id)
                }
                _ => shown.state == "cancelled",
            };
            if !as_asked || (shown.id, shown.version) != (booking, version + 1) {
                wrong.push(Violation::Altered { booking, version });
            }
            let versions = self.bookings.entry(booking).or_default();
            if versions.iter().any(|other| other.shown.version == shown.version) {
                wrong.push(Violation::SteppedTwice { booking, version });
            }
            versions.push(Version::new(shown, true, record.window()));
        }
        for versions in self.bookings.values_mut() {
            versions.sort_by_key(|version| version.shown.version);
        }
    }

    /// What steps that nobody answered may have made of them, as far as nothing else is known to have happened instead.
    fn suppose(&mut self, history: &History) {
        let mut lost: Vec<(Uuid, i64, &Record)> = Vec::new();
        for record in history.records.iter().filter(|record| record.outcome() == Outcome::Unknown) {
            lost.extend(record.ask.step().map(|(booking, version)| (booking, version, record)));
        }
        lost.sort_by_key(|(_, version, record)| (*version, record.asked));
        for (booking, version, record) in lost {
            let Some(versions) = self.bookings.get_mut(&booking) else { continue };
            if versions.iter().any(|other| other.certain && other.shown.version == version + 1) {
                continue;
            }
            let before: Vec<Shown> =
                versions.iter().filter(|one| one.shown.version == version).map(|one| one.shown.clone()).collect();
            let made = Window { earliest: record.asked, latest: NEVER };
            versions.extend(before.iter().map(|before| Version::new(next(history, before, &record.ask), false, made)));
            versions.sort_by_key(|version| version.shown.version);
        }
    }

    /// When each version ended: by a request for a step from it, by what came after, or by what stood in the end.
    fn end(&mut self, history: &History) {
        let mut steps: BTreeMap<(Uuid, i64), Moment> = BTreeMap::new();
        for record in &history.records {
            if let (Some(from), false) = (record.ask.step(), matches!(record.outcome(), Outcome::Refused(_))) {
                let first = steps.entry(from).or_insert(NEVER);
                *first = record.asked.min(*first);
            }
        }
        let last: BTreeMap<Uuid, i64> = history.ending.iter().map(|shown| (shown.id, shown.version)).collect();
        for (booking, versions) in &mut self.bookings {
            for index in 0..versions.len() {
                let number = versions[index].shown.version;
                let later = || versions.iter().filter(|other| other.shown.version > number);
                let step = steps.get(&(*booking, number)).copied();
                let asked = later().map(|other| other.made.earliest).chain(step).min();
                let answered = later().filter(|other| other.certain).map(|other| other.made.latest);
                let read = last.get(booking).filter(|last| **last > number).map(|_| history.read.latest);
                let ended =
                    Window { earliest: asked.unwrap_or(NEVER), latest: answered.chain(read).min().unwrap_or(NEVER) };
                versions[index].ended = ended;
            }
        }
    }

    fn claim(&mut self, history: &History) {
        for version in self.bookings.values().flatten().chain(self.unanswered.values()) {
            if !version.shown.claims_time() {
                continue;
            }
            let Version { shown, certain, made, ended } = version;
            let (session, padded) = history.rules.spans(&shown.wish);
            let on =
                [(Resource::Client(shown.wish.client), session), (Resource::Therapist(shown.wish.therapist), padded)];
            for (resource, span) in on {
                let claim = Claim { span, owner: shown.id, certain: *certain, made: *made, ended: *ended };
                self.claims.entry(resource).or_default().push(claim);
            }
        }
        for claims in self.claims.values_mut() {
            claims.sort_by_key(|claim| claim.made.earliest);
        }
    }
}

/// The booking that a request without an answer may have made.
fn lost(history: &History, attempts: &[(&Record, Wish)]) -> Option<Version> {
    let (record, wish) = attempts.iter().find(|(record, _)| record.outcome() == Outcome::Unknown)?;
    let (session, _) = history.rules.spans(wish);
    let shown = Shown { id: Uuid::nil(), version: 1, wish: *wish, end: session.end, state: "confirmed".to_owned() };
    Some(Version::new(shown, false, Window { earliest: record.asked, latest: NEVER }))
}

/// What a step would make of a booking.
fn next(history: &History, before: &Shown, ask: &Ask) -> Shown {
    let mut shown = Shown { version: before.version + 1, ..before.clone() };
    match ask {
        Ask::Move { therapist, start, .. } => {
            shown.wish.therapist = therapist.unwrap_or(before.wish.therapist);
            shown.wish.start = *start;
            shown.end = history.rules.spans(&shown.wish).0.end;
        }
        Ask::Cancel { .. } => shown.state = "cancelled".to_owned(),
        Ask::Book { .. } => {}
    }
    shown
}

impl Version {
    fn new(shown: Shown, certain: bool, made: Window) -> Self {
        Self { shown, certain, made, ended: Window { earliest: NEVER, latest: NEVER } }
    }
}
