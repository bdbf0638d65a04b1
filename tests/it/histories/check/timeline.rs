//! From answers to what stood when: the versions of each booking and each hold, and the claims they made.
//!
//! A version came to be between the request that made it and that request's answer, and ended likewise by the request that made the next. What
//! nobody answered may have made one, and may have ended one.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Violation;
use crate::histories::record::{Ask, History, Moment, NEVER, Outcome, Record, Shown, Span, Window, Wish};

/// One version of a booking or a hold.
#[derive(Clone, Debug)]
pub struct Version {
    /// As it was answered, or as the request would have had it.
    pub shown: Shown,
    /// Whether an answer says so.
    pub certain: bool,
    pub made: Window,
    pub ended: Window,
    /// Of a hold: when it can first have been over, by the clock or because its client made up their mind.
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
    /// The client whom a hold keeps the time for: it does not stand in their own way.
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
                Outcome::Accepted(shown) => Some((shown, record.answered, *wish)),
                _ => None,
            });
            let accepted: Vec<(Shown, Moment, Wish)> = accepted.collect();
            for (shown, _, wish) in &accepted {
                if shown.wish != *wish || shown.session() != history.rules.spans(wish).0 {
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
            let answered = accepted.iter().map(|(_, answered, _)| *answered).min();
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
            if !is_as_asked(&record.ask, &shown) || (shown.id, shown.version) != (id, version + 1) {
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

    /// What steps that nobody answered may have made of them, as far as nothing else is known to have happened instead.
    fn suppose(&mut self, history: &History) {
        let mut lost: Vec<(Uuid, i64, &Record)> = Vec::new();
        for record in history.records.iter().filter(|record| record.outcome() == Outcome::Unknown) {
            lost.extend(record.ask.step().map(|(booking, version)| (booking, version, record)));
        }
        lost.sort_by_key(|(_, version, record)| (*version, record.asked));
        for (booking, version, record) in lost {
            let Some(versions) = self.things.get_mut(&booking) else { continue };
            if versions.iter().any(|other| other.certain && other.shown.version == version + 1) {
                continue;
            }
            let before: Vec<Shown> =
                versions.iter().filter(|one| one.shown.version == version).map(|one| one.shown.clone()).collect();
            let made = Window { earliest: record.asked, latest: NEVER };
            let decides = record.ask.is_mind_made_up();
            versions
                .extend(before.iter().map(|one| Version::new(next(history, one, &record.ask), false, made, decides)));
            versions.sort_by_key(|version| version.shown.version);
        }
    }

    /// When each version ended: by a request for a step from it, by what came after, or by what stood in the end; a hold besides by the clock,
    /// or because its client made up their mind.
    fn end(&mut self, history: &History) {
        let mut steps: BTreeMap<(Uuid, i64), Moment> = BTreeMap::new();
        for record in &history.records {
            if let (Some(from), false) = (record.ask.step(), matches!(record.outcome(), Outcome::Refused(_))) {
                let first = steps.entry(from).or_insert(NEVER);
                *first = record.asked.min(*first);
            }
        }
        let last: BTreeMap<Uuid, i64> = history.ending.iter().map(|shown| (shown.id, shown.version)).collect();
        let decided = self.decided();
        for (id, versions) in &mut self.things {
            for index in 0..versions.len() {
                let number = versions[index].shown.version;
                let later = || versions.iter().filter(|other| other.shown.version > number);
                let step = steps.get(&(*id, number)).copied();
                let asked = later().map(|other| other.made.earliest).chain(step).min();
                let answered = later().filter(|other| other.certain).map(|other| other.made.latest);
                let read = last.get(id).filter(|last| **last > number).map(|_| history.read.latest);
                let over = over(history, &versions[index], &decided);
                let earliest = asked.unwrap_or(NEVER).min(over.earliest);
                let latest = answered.chain(read).min().unwrap_or(NEVER).min(over.latest);
                (versions[index].ended, versions[index].over) = (Window { earliest, latest }, over.earliest);
            }
        }
    }

    /// When each client made up their mind, by what, and whether that is certain.
    fn decided(&self) -> BTreeMap<Uuid, Vec<Decided>> {
        let mut decided: BTreeMap<Uuid, Vec<Decided>> = BTreeMap::new();
        let deciding = self.things.values().flatten().chain(self.unanswered.values()).filter(|version| version.decides);
        for Version { shown, made, certain, .. } in deciding {
            let one = Decided { by: shown.id, made: *made, certain: *certain };
            decided.entry(shown.wish.client).or_default().push(one);
        }
        decided
    }

    fn claim(&mut self, history: &History) {
        let rules = &history.rules;
        for version in self.things.values().flatten().chain(self.unanswered.values()) {
            let Version { shown, certain, made, ended, .. } = version;
            if !shown.claims_time() {
                continue;
            }
            let (session, padded) = rules.spans(&shown.wish);
            let mut on = vec![
                (Resource::Client(shown.wish.client), session),
                (Resource::Therapist(shown.wish.therapist), padded),
            ];
            if let Some(span) = rules.room_span(&shown.wish) {
                // Of what nobody answered it is not known in which room.
                let any = if *certain { &[] } else { rules.rooms.as_slice() };
                on.extend(shown.room.iter().chain(any).map(|room| (Resource::Room(*room), span)));
            }
            let held_for = shown.is_hold().then_some(shown.wish.client);
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

/// A client held, booked or moved something.
struct Decided {
    by: Uuid,
    made: Window,
    certain: bool,
}

/// When a hold was over though nobody took a step with it; a booking never is.
fn over(history: &History, version: &Version, decided: &BTreeMap<Uuid, Vec<Decided>>) -> Window {
    let Some(expires) = version.shown.expires.filter(|_| version.shown.claims_time()) else {
        return Window { earliest: NEVER, latest: NEVER };
    };
    let mut over = history.clock.reaches(expires);
    let others = decided.get(&version.shown.wish.client).into_iter().flatten();
    for other in others.filter(|other| other.by != version.shown.id) {
        if other.made.latest > version.made.earliest {
            over.earliest = over.earliest.min(other.made.earliest.max(version.made.earliest));
        }
        if other.certain && other.made.earliest >= version.made.latest {
            over.latest = over.latest.min(other.made.latest);
        }
    }
    over
}

fn is_as_asked(ask: &Ask, shown: &Shown) -> bool {
    match ask {
        Ask::Move { therapist, start, .. } => {
            shown.wish.start == *start && therapist.is_none_or(|id| shown.wish.therapist == id)
        }
        Ask::Cancel { .. } => shown.state == "cancelled",
        Ask::Extend { .. } => shown.state == "held",
        _ => true,
    }
}

/// What a request without an answer may have made.
fn lost(history: &History, attempts: &[(&Record, Wish)]) -> Option<Version> {
    let (record, wish) = attempts.iter().find(|(record, _)| record.outcome() == Outcome::Unknown)?;
    let (session, _) = history.rules.spans(wish);
    let (state, expires) = match record.ask {
        Ask::Hold { .. } => ("held", Some(DateTime::<Utc>::MAX_UTC)),
        _ => ("confirmed", None),
    };
    let shown = Shown {
        id: Uuid::nil(),
        version: 1,
        wish: *wish,
        end: session.end,
        room: None,
        state: state.to_owned(),
        expires,
    };
    Some(Version::new(shown, false, Window { earliest: record.asked, latest: NEVER }, true))
}

/// What a step would make of a thing.
fn next(history: &History, before: &Shown, ask: &Ask) -> Shown {
    let mut shown = Shown { version: before.version + 1, ..before.clone() };
    match ask {
        Ask::Move { therapist, start, .. } => {
            shown.wish.therapist = therapist.unwrap_or(before.wish.therapist);
            shown.wish.start = *start;
            (shown.end, shown.room) = (history.rules.spans(&shown.wish).0.end, None);
        }
        Ask::Cancel { .. } => shown.state = "cancelled".to_owned(),
        Ask::Extend { .. } => shown.expires = Some(DateTime::<Utc>::MAX_UTC),
        Ask::Release { .. } => shown.state = "released".to_owned(),
        Ask::Book { .. } | Ask::Hold { .. } => {}
    }
    shown
}

impl Version {
    fn new(shown: Shown, certain: bool, made: Window, decides: bool) -> Self {
        let never = Window { earliest: NEVER, latest: NEVER };
        Self { shown, certain, made, ended: never, over: NEVER, decides }
    }

    /// Whether this is what was read; of what nobody answered it is not known in which room.
    pub fn is(&self, read: &Shown) -> bool {
        let room = if self.certain { self.shown.room } else { read.room };
        Shown { id: read.id, room, ..self.shown.clone() } == *read
    }
}
