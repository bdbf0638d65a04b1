//! Reading what stands, and what was offered.

use std::collections::BTreeMap;
use std::time::Instant;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Play;
use crate::histories::line::Line;
use crate::histories::record::{Course, Entry, Offered, Reading, Shown, Window};

impl Play<'_> {
    /// Everything there is.
    pub(super) fn read(&self, line: &mut Line<'_>, beginning: Instant) -> Reading {
        let earliest = beginning.elapsed();
        let bookings = line.list("/bookings?limit=200").iter().map(|item| Shown::read(item).unwrap()).collect();
        let of = |client: &Uuid| line.list(&format!("/booking-series?limit=200&client_id={client}"));
        let courses: Vec<_> = self.stage.clients.iter().flat_map(of).collect();
        let courses = courses.iter().map(|item| Course::read(item).unwrap()).collect();
        let entries = line.list("/waitlist-entries?limit=200").iter().map(|item| Entry::read(item).unwrap()).collect();
        let within = Window { earliest, latest: beginning.elapsed() };
        Reading { within, bookings, courses, entries }
    }
}

/// What the audit log tells of places on the waiting list: when what happened to each, and every offer, whoever saw it.
pub(super) fn offers(
    line: &mut Line<'_>,
    entries: &[Entry],
) -> (BTreeMap<Uuid, Vec<(DateTime<Utc>, String)>>, Vec<Offered>) {
    let (mut told, mut offered) = (BTreeMap::new(), Vec::new());
    for entry in entries {
        let mut events = line.list(&format!("/audit-events?limit=200&subject_id={}", entry.id));
        events.retain(|event| event["action"].as_str().unwrap().starts_with("waitlist_entry."));
        let at = |event: &serde_json::Value| event["recorded_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
        for event in events.iter().filter(|event| event["action"] == "waitlist_entry.offered") {
            let hold = event["details"]["slot_hold"].as_str().unwrap();
            let held = Shown::read(&line.read(&format!("/slot-holds/{hold}"))).unwrap();
            let stands = held.claims_time();
            let made = Shown { version: 1, state: "held".to_owned(), ..held };
            offered.push(Offered { entry: entry.id, held: made, at: at(event), stands });
        }
        let mut times: Vec<_> =
            events.iter().map(|event| (at(event), event["action"].as_str().unwrap().to_owned())).collect();
        times.sort();
        told.insert(entry.id, times);
    }
    (told, offered)
}
