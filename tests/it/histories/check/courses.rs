//! Courses: one answer about several sessions, which are booked and changed all together or not.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use uuid::Uuid;

use super::Violation;
use super::timeline::{Timeline, Version};
use crate::histories::record::{Ask, Course, History, Record, Shown};

/// What is wrong with a course as a whole; its sessions are judged as all others are.
pub fn misled(history: &History, timeline: &Timeline) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut steps: BTreeMap<(Uuid, i64), usize> = BTreeMap::new();
    for record in &history.records {
        let Some(told) = record.done().and_then(Course::read) else { continue };
        let is_as_asked = match &record.ask {
            Ask::Course { starts, all, .. } => is_as_asked(record, &told, (starts.len(), *all)),
            Ask::MoveRest { course, version, from, .. } | Ask::CancelRest { course, version, from } => {
                let taken = steps.entry((*course, *version)).or_default();
                *taken += 1;
                if *taken == 2 {
                    found.push(Violation::SteppedTwice { id: *course, version: *version });
                }
                // A course's version grows with its sessions' as well, by as many as were changed.
                let is_later = told.id == *course && told.version > *version;
                is_later && is_whole(record, &told, *from, (history, timeline)) && is_alike(record, &told, timeline)
            }
            _ => true,
        };
        if !is_as_asked {
            found.push(Violation::Altered { id: told.id, version: told.version });
        }
    }
    found
}

/// Whether each start has its answer, and as many sessions are booked as must be.
fn is_as_asked(record: &Record, told: &Course, (count, all): (usize, bool)) -> bool {
    let booked = told.sessions.len();
    let refused = record.occurrences().filter(|(_, one)| one["code"].is_string()).count();
    booked + refused == count && booked > 0 && (!all || refused == 0)
}

/// Whether every session that certainly stood from the request to the answer was changed with it.
fn is_whole(record: &Record, told: &Course, from: i64, (history, timeline): (&History, &Timeline)) -> bool {
    let booked = booked(told.id, history);
    let left =
        booked.filter(|(ordinal, one)| *ordinal >= from && !told.sessions.iter().any(|(_, kept)| kept.id == one.id));
    let stood = |version: &Version| {
        version.certain && version.made.latest <= record.asked && version.ended.earliest >= record.answered
    };
    let is_left =
        |one: &Shown| timeline.versions(one.id).iter().any(|version| version.shown.is_open() && stood(version));
    !left.into_iter().any(|(_, one)| is_left(&one))
}

/// Whether all went as far as the first, and that one where it was to go.
fn is_alike(record: &Record, told: &Course, timeline: &Timeline) -> bool {
    let Ask::MoveRest { from, start, .. } = record.ask else { return true };
    let is_there = told.sessions.iter().any(|(ordinal, one)| *ordinal == from && one.wish.start == start);
    let went = told.sessions.iter().filter_map(|(_, one)| {
        let mut before = timeline.versions(one.id).iter().filter(|version| version.shown.version == one.version - 1);
        let certain = before.find(|version| version.certain)?;
        Some(one.wish.start - certain.shown.wish.start)
    });
    let went: Vec<TimeDelta> = went.collect();
    is_there && went.iter().all(|far| *far == went[0])
}

/// The sessions a course was booked with.
fn booked(id: Uuid, history: &History) -> impl Iterator<Item = (i64, Shown)> {
    let courses = history.records.iter().filter(|record| matches!(record.ask, Ask::Course { .. }));
    let mut courses = courses.filter_map(|record| Course::read(record.done()?));
    courses.find(|course| course.id == id).into_iter().flat_map(|course| course.sessions)
}

/// A course is refused as a whole where one session is, or, where what can be had will do, all are. Whether these are, is judged of each.
pub fn is_partly_refused(record: &Record) -> bool {
    let refused: Vec<bool> = record.occurrences().map(|(_, one)| one["code"].is_string()).collect();
    match &record.ask {
        Ask::Course { all: false, .. } => !refused.is_empty() && refused.iter().all(|refused| *refused),
        _ => refused.contains(&true),
    }
}

/// Whether somebody else can have changed the course as a whole, or one of its sessions.
pub fn may_have_changed(record: &Record, history: &History, timeline: &Timeline) -> bool {
    let Some((course, _)) = record.ask.rest() else { return false };
    let others = history.records.iter().filter(|other| !std::ptr::eq(*other, record) && !other.is_refused());
    let mut others = others.filter(|other| other.ask.rest().is_some_and(|(id, _)| id == course));
    let is_later = |version: &Version| version.shown.version > 1 && version.made.earliest <= record.answered;
    others.any(|other| other.asked <= record.answered)
        || booked(course, history).any(|(_, one)| timeline.versions(one.id).iter().any(is_later))
}

/// Whether no session from the one on can have been open any more.
pub fn may_be_over(record: &Record, history: &History, timeline: &Timeline) -> bool {
    let Some((course, from)) = record.ask.rest() else { return false };
    let within = record.window();
    let may_be_closed = |version: &Version| {
        !version.shown.is_open() && version.made.earliest <= within.latest && version.ended.latest >= within.earliest
    };
    let mut following = booked(course, history).filter(|(ordinal, _)| *ordinal >= from);
    following.all(|(_, one)| timeline.versions(one.id).iter().any(may_be_closed))
}
