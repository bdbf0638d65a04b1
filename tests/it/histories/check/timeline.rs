//! From answers to what stood when: the versions of each booking and each hold, and the claims they made.
//!
//! A version came to be between the request that made it and that request's answer, and ended likewise by the request that made the next. What
//! nobody answered may have made one, and may have ended one.

mod ending;
mod offers;
mod supposed;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Violation;
use crate::histories::record::{Ask, History, Moment, NEVER, Outcome, Record, Shown, Span, Window, Wish};
pub use offers::sightings;
pub use supposed::first_state;
use supposed::{lost, next};

/// One version of a booking or a hold.
#[derive(Clone, Debug)]
pub struct Version {
    /// As it was answered, or as the request would have had it.
    pub shown: Shown,
    /// Whether an answer says so.
    pub certain: bool,
    pub made: Window,
    pub ended: Window,
    /// Of a hold: when it can first have been over, by the clock, by an answer, or because its client made up their mind.
    pub over: Moment,
    /// Whether what made it ended what was held for its client.
    decides: bool,
}

/// Whom a claim is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    Therapist(Uuid),
    Client(Uuid),
    Room(Uuid),
}

/// A resource's time, taken.
#[derive(Clone, Debug)]
pub struct Claim {
    pub span: Span,
    /// The booking, or what stands for it where none was ever answered.
    pub owner: Uuid,
    /// The client whom a hold of their own keeps the time for: it does not stand in their way, though an offer does.
    pub held_for: Option<Uuid>,
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
    /// Bookings and holds, each in the order of its versions. Several of one number exclude each other.
    pub things: BTreeMap<Uuid, Vec<Version>>,
    /// What was asked for and never answered, by their key; the names they have here are nobody else's.
    pub unanswered: BTreeMap<String, Version>,
    /// What a key made, or may have.
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
        timeline.offer(history);
        timeline.claim(history);
        (timeline, wrong)
    }

    pub fn versions(&self, id: Uuid) -> &[Version] {
        self.things.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Things as they began, one for each key.
    fn begin(&mut self, history: &History, wrong: &mut Vec<Violation>) {
        let mut keys: BTreeMap<&str, Vec<(&Record, Wish)>> = BTreeMap::new();
        for record in &history.records {
            if let Some((wish, key)) = record.ask.creation() {
                keys.entry(key).or_default().push((record, *wish));
            }
        }
        for (key, attempts) in keys {
            let accepted = attempts.iter().filter_map(|(record, wish)| match record.outcome() {
                Outcome::Accepted(shown) => Some((shown, *record, *wish)),
                _ => None,
            });
            let accepted: Vec<(Shown, &Record, Wish)> = accepted.collect();
            for (shown, record, wish) in &accepted {
                let is_begun = shown.is_hold() || shown.state == first_state(history, record);
                let is_asked = shown.wish == *wish && is_as_asked(&record.ask, shown);
                if !is_begun || !is_asked || !is_complete(history, shown) {
                    wrong.push(Violation::Altered { id: shown.id, version: shown.version });
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
            let answered = accepted.iter().map(|(_, record, _)| record.answered).min();
            let made = Window { earliest: asked.unwrap_or_default(), latest: answered.unwrap_or(NEVER) };
            self.things.entry(shown.id).or_default().push(Version::new(shown.clone(), true, made, true));
        }
    }

    /// What the accepted steps made of them.
    fn go_on(&mut self, history: &History, wrong: &mut Vec<Violation>) {
        for record in &history.records {
            let Some((id, version)) = record.ask.step() else { continue };
            let shown = match record.outcome() {
                Outcome::Accepted(shown) => shown,
                // A hold that was given up is shown to nobody.
                Outcome::Done => match self.versions(id).last() {
                    Some(before) => next(history, &Shown { version, ..before.shown.clone() }, &record.ask),
                    None => continue,
                },
                Outcome::Refused(_) | Outcome::Unknown => continue,
            };
            let is_next = (shown.id, shown.version) == (id, version + 1) && is_complete(history, &shown);
            if !is_next || !is_as_asked(&record.ask, &shown) {
                wrong.push(Violation::Altered { id, version });
            }
            let versions = self.things.entry(id).or_default();
            if versions.iter().any(|other| other.shown.version == shown.version) {
                wrong.push(Violation::SteppedTwice { id, version });
            }
            versions.push(Version::new(shown, true, record.window(), record.ask.is_mind_made_up()));
        }
        for versions in self.things.values_mut() {
            versions.sort_by_key(|version| version.shown.version);
        }
    }

    fn claim(&mut self, history: &History) {
        let rules = &history.rules;
        let offers: BTreeSet<Uuid> = history.offered.iter().map(|offered| offered.held.id).collect();
        for version in self.things.values().flatten().chain(self.unanswered.values()) {
            let Version { shown, certain, made, ended, .. } = version;
            if !shown.claims_time() {
                continue;
            }
            let (session, padded) = rules.spans(&shown.wish);
            let mut on = vec![(Resource::Client(shown.wish.client), session)];
            on.extend(shown.wish.therapists().map(|therapist| (Resource::Therapist(therapist), padded)));
            if let Some(span) = rules.room_span(&shown.wish) {
                // Of what nobody answered it is not known in which room.
                let any = if *certain { &[] } else { rules.rooms.as_slice() };
                on.extend(shown.room.iter().chain(any).map(|room| (Resource::Room(*room), span)));
            }
            let is_own = shown.is_hold() && !offers.contains(&shown.id);
            let held_for = is_own.then_some(shown.wish.client);
            for (resource, span) in on {
                let claim = Claim { span, owner: shown.id, held_for, certain: *certain, made: *made, ended: *ended };
                self.claims.entry(resource).or_default().push(claim);
            }
        }
        for claims in self.claims.values_mut() {
            claims.sort_by_key(|claim| claim.made.earliest);
        }
    }
}

fn is_as_asked(ask: &Ask, shown: &Shown) -> bool {
    let is_there = ask.room().is_none_or(|room| shown.room == Some(room));
    match ask {
        Ask::Move { team, start, .. } => {
            let is_with = team.is_none_or(|team| (shown.wish.therapist, shown.wish.co) == team);
            shown.wish.start == *start && is_with && is_there
        }
        Ask::Cancel { .. } => shown.state == "cancelled",
        Ask::Confirm { .. } => shown.state == "confirmed",
        Ask::Decline { .. } => shown.state == "declined",
        Ask::Extend { .. } => shown.state == "held",
        _ => is_there,
    }
}

/// Whether it is as long as its kind, with as many therapists, and in a room if it needs one.
fn is_complete(history: &History, shown: &Shown) -> bool {
    let (kind, session) = (history.rules.kind(shown.wish.kind), history.rules.spans(&shown.wish).0);
    (shown.session(), shown.wish.co.is_some(), shown.room.is_some()) == (session, kind.two, kind.rest.is_some())
}

impl Version {
    fn new(shown: Shown, certain: bool, made: Window, decides: bool) -> Self {
        let never = Window { earliest: NEVER, latest: NEVER };
        Self { shown, certain, made, ended: never, over: NEVER, decides }
    }

    /// Whether this is what was read; of what nobody answered it is not known in which room.
    pub fn is(&self, read: &Shown) -> bool {
        let room = if self.certain { self.shown.room } else { read.room };
        Shown { id: read.id, room, answer_by: read.answer_by, ..self.shown.clone() } == *read
    }
}
