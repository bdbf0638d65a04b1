//! What was offered to those who wait: holds that nobody asked for, as the audit log tells of them.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Timeline, Version};
use crate::histories::record::{Ask, Clock, Entry, History, Moment, NEVER, Offer, Offered, Record, Window};

impl Timeline {
    pub(super) fn offer(&mut self, history: &History) {
        let mut seen: BTreeMap<Uuid, Moment> = BTreeMap::new();
        for (offer, at) in sightings(history) {
            let first = seen.entry(offer.held.id).or_insert(NEVER);
            *first = at.min(*first);
        }
        for offered in &history.offered {
            let made = made(history, offered, seen.get(&offered.held.id).copied().unwrap_or(NEVER));
            let mut version = Version::new(offered.held.clone(), made.latest < NEVER, made, false);
            version.ended = ended(history, offered);
            version.over = version.ended.earliest;
            self.things.entry(offered.held.id).or_default().push(version);
        }
    }
}

/// Every offer that an answer shows, and when it came.
pub fn sightings(history: &History) -> impl Iterator<Item = (Offer, Moment)> {
    let listed = |record: &Record| {
        let items =
            record.done().filter(|_| record.ask == Ask::Look).and_then(|body| body["items"].as_array()).cloned();
        let offers = items.into_iter().flatten().filter_map(|item| Entry::read(&item)?.offer);
        let answered = record.answered;
        offers.map(move |offer| (offer, answered))
    };
    let readings = history.glances.iter().chain([&history.ending]);
    let read = readings.flat_map(|reading| {
        reading.entries.iter().filter_map(|entry| Some((entry.offer.clone()?, reading.within.latest)))
    });
    history.records.iter().flat_map(listed).chain(read)
}

/// Where the clock is turned the program offers with the turn, and the log tells with which; else it stands when somebody has seen it.
fn made(history: &History, offered: &Offered, seen: Moment) -> Window {
    let told = history.clock.reaches(offered.at);
    let latest = if matches!(history.clock, Clock::Turned { .. }) { told.latest } else { NEVER };
    Window { latest: latest.min(seen), ..told }
}

/// By the clock, by an answer, or because the client had what they waited for; of that the log tells what the clock showed then.
fn ended(history: &History, offered: &Offered) -> Window {
    let mut over = history.clock.reaches(offered.held.expires.unwrap_or(offered.at));
    for record in history.records.iter().filter(|record| is_about(record, offered.held.id) && !record.is_refused()) {
        over.earliest = over.earliest.min(record.asked);
        over.latest = over.latest.min(record.answered);
    }
    let told = history.told.get(&offered.entry).into_iter().flatten();
    let had = told.filter(|(_, action)| action == "waitlist_entry.booked").map(|(at, _)| history.clock.reaches(*at));
    over.earliest = had.map(|shown| shown.earliest).chain([over.earliest]).min().unwrap_or(NEVER);
    over
}

fn is_about(record: &Record, hold: Uuid) -> bool {
    record.ask.offer().is_some_and(|offer| offer.held.id == hold)
}
