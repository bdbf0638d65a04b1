//! Whatever was acknowledged must be there when everything is read: right after a server came back, and in the end.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::Violation;
use super::timeline::{Timeline, Version, sightings};
use crate::histories::record::{Ask, Course, Entry, History, Reading, Record, Shown};

pub fn losses(history: &History, timeline: &Timeline) -> Vec<Violation> {
    let mut found = Vec::new();
    for reading in history.glances.iter().chain([&history.ending]) {
        found.extend(bookings(reading, timeline));
        let known = history.records.iter().filter(|record| record.answered <= reading.within.earliest);
        let lost = known.filter_map(|record| course(record, reading).or_else(|| entry(record, reading)));
        found.extend(lost.map(|id| Violation::Lost { id }));
    }
    found.extend(unasked(history, timeline));
    found.extend(offers(history));
    found
}

/// Bookings that are missing, or older than what was answered before, or as nobody asked for them.
fn bookings(reading: &Reading, timeline: &Timeline) -> Vec<Violation> {
    let shown: BTreeMap<Uuid, &Shown> = reading.bookings.iter().map(|shown| (shown.id, shown)).collect();
    let is_booking = |versions: &[Version]| versions.first().is_some_and(|version| !version.shown.is_hold());
    let known = timeline.things.iter().filter(|(_, versions)| is_booking(versions)).filter_map(|(id, versions)| {
        let answered = versions.iter().filter(|one| one.certain && one.made.latest <= reading.within.earliest);
        Some((*id, versions, answered.map(|version| version.shown.version).max()?))
    });
    let wrong = known.filter_map(|(id, versions, top)| match shown.get(&id) {
        Some(shown) if shown.version >= top => {
            let is_asked = versions.iter().any(|version| version.is(shown));
            (!is_asked).then_some(Violation::Unasked { id })
        }
        _ => Some(Violation::Lost { id }),
    });
    wrong.collect()
}

/// What nobody was told of may be there, once.
fn unasked(history: &History, timeline: &Timeline) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut unanswered: BTreeSet<&String> = timeline.unanswered.keys().collect();
    for shown in history.ending.bookings.iter().filter(|shown| !timeline.things.contains_key(&shown.id)) {
        let key = unanswered.iter().copied().find(|key| timeline.unanswered[*key].is(shown));
        match key {
            Some(key) => drop(unanswered.remove(key)),
            None => found.push(Violation::Unasked { id: shown.id }),
        }
    }
    found
}

/// A course that was answered and is not read with all its sessions, of that version or a later one.
fn course(record: &Record, reading: &Reading) -> Option<Uuid> {
    let told = record.done().and_then(Course::read)?;
    let stands = reading.courses.iter().find(|course| course.id == told.id && course.version >= told.version);
    let is_whole = stands.is_some_and(|course| {
        let numbered = |(ordinal, one): &(i64, Shown)| (*ordinal, one.id);
        let there: BTreeSet<(i64, Uuid)> = course.sessions.iter().map(numbered).collect();
        told.sessions.iter().all(|session| there.contains(&numbered(session)))
    });
    (!is_whole).then_some(told.id)
}

/// A place on the waiting list that was answered and is not read, or whose answer to an offer is not.
fn entry(record: &Record, reading: &Reading) -> Option<Uuid> {
    let done = record.done()?;
    let id = match &record.ask {
        Ask::Join { .. } => Entry::read(done)?.id,
        ask => ask.offer()?.entry,
    };
    let stands = reading.entries.iter().find(|entry| entry.id == id);
    let is_as_told = stands.is_some_and(|entry| match &record.ask {
        Ask::Accept(_) => {
            let booking = Entry::read(done).and_then(|told| told.booking);
            entry.state == "accepted" && entry.booking.is_some() && entry.booking == booking
        }
        Ask::Leave(_) => entry.state == "withdrawn",
        Ask::Pass(passed) => entry.offer.as_ref().is_none_or(|offer| offer.held.id != passed.held.id),
        _ => true,
    });
    (!is_as_told).then_some(id)
}

/// Offers that somebody saw, and that were never made as they saw them.
fn offers(history: &History) -> Vec<Violation> {
    let made: BTreeMap<Uuid, &Shown> = history.offered.iter().map(|one| (one.held.id, &one.held)).collect();
    let is_made =
        |seen: &Shown| made.get(&seen.id).is_some_and(|made| Shown { room: made.room, ..seen.clone() } == **made);
    let lost = sightings(history).filter(|(offer, _)| !is_made(&offer.held)).map(|(offer, _)| offer.held.id);
    let lost: BTreeSet<Uuid> = lost.collect();
    lost.into_iter().map(|id| Violation::Lost { id }).collect()
}
