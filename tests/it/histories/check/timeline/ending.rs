//! When what stood was over.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Timeline, Version};
use crate::histories::record::{History, Moment, NEVER, Window};

impl Timeline {
    /// When each version ended: by a request for a step from it, by what came after, or by what stood in the end; a hold besides by the clock,
    /// or because its client made up their mind.
    pub(super) fn end(&mut self, history: &History) {
        let mut steps: BTreeMap<(Uuid, i64), Moment> = BTreeMap::new();
        for record in &history.records {
            if let (Some(from), false) = (record.ask.step(), record.is_refused()) {
                let first = steps.entry(from).or_insert(NEVER);
                *first = record.asked.min(*first);
            }
        }
        let last: BTreeMap<Uuid, i64> = history.ending.bookings.iter().map(|shown| (shown.id, shown.version)).collect();
        let decided = self.decided();
        for (id, versions) in &mut self.things {
            for index in 0..versions.len() {
                let number = versions[index].shown.version;
                let later = || versions.iter().filter(|other| other.shown.version > number);
                let step = steps.get(&(*id, number)).copied();
                let asked = later().map(|other| other.made.earliest).chain(step).min();
                let answered = later().filter(|other| other.certain).map(|other| other.made.latest);
                let read = last.get(id).filter(|last| **last > number).map(|_| history.ending.within.latest);
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
