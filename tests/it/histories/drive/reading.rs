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

/// What happened to each place on the waiting list, and when.
type Told = BTreeMap<Uuid, Vec<(DateTime<Utc>, String)>>;

/// What the audit log tells of places on the waiting list: when what happened to each, and every offer, whoever saw it.
pub(super) fn offers(line: &mut Line<'_>) -> (Told, Vec<Offered>) {
    let (mut told, mut offered) = (BTreeMap::<Uuid, Vec<_>>::new(), Vec::new());
    for word in ["joined", "offered", "accepted", "booked", "withdrawn", "expired"] {
        let action = format!("waitlist_entry.{word}");
        for event in line.list(&format!("/audit-events?limit=200&action={action}")) {
            let entry = event["subject_id"].as_str().unwrap().parse().unwrap();
            let at = event["recorded_at"].as_str().unwrap().parse().unwrap();
            told.entry(entry).or_default().push((at, action.clone()));
            if let Some(hold) = event["details"]["slot_hold"].as_str() {
                let held = Shown::read(&line.read(&format!("/slot-holds/{hold}"))).unwrap();
                let stands = held.claims_time();
                let made = Shown { version: 1, state: "held".to_owned(), ..held };
                offered.push(Offered { entry, held: made, at, stands });
            }
        }
    }
    told.values_mut().for_each(|events| events.sort());
    (told, offered)
}
