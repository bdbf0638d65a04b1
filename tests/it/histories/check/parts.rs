//! Requests about several things, taken apart: what each asked and was told about each of them, as if it had been asked for by itself.
//!
//! So the timeline and the rules know of one kind of booking alone, whether it was booked by itself, with a course, or from an offer.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::timeline::first_state;
use crate::histories::record::{
    ANY, Answer, Ask, Course, Entry, History, Moment, NEVER, Offer, Outcome, Record, Shown,
};

/// The history with its parts after its records, and for each of both of which record it is.
pub fn taken_apart(history: &History) -> (History, Vec<usize>) {
    let known = Known::of(history);
    let (mut whole, mut origins) = (history.clone(), (0..history.records.len()).collect::<Vec<_>>());
    for (index, record) in history.records.iter().enumerate() {
        let parts = match &record.ask {
            Ask::Course { .. } => known.course(record),
            Ask::MoveRest { .. } | Ask::CancelRest { .. } => known.rest(record),
            Ask::Accept(offer) => known.accept(history, record, offer),
            _ => Vec::new(),
        };
        origins.extend(parts.iter().map(|_| index));
        whole.records.extend(parts);
    }
    (whole, origins)
}

/// What answers tell of that others are about.
struct Known<'a> {
    /// Of each course its sessions, by number.
    sessions: BTreeMap<Uuid, Vec<(i64, Uuid)>>,
    /// Of each booking every start it is known to have had, or may have, and its last version.
    starts: BTreeMap<Uuid, BTreeSet<DateTime<Utc>>>,
    last: i64,
    /// Of each key when it first came, and what it made.
    keys: BTreeMap<&'a str, (Moment, Option<&'a Record>)>,
}

impl<'a> Known<'a> {
    fn of(history: &'a History) -> Self {
        let mut known = Self { sessions: <_>::default(), starts: <_>::default(), last: 0, keys: <_>::default() };
        for record in &history.records {
            if let Some(key) = record.ask.key() {
                let (first, made) = known.keys.entry(key).or_insert((NEVER, None));
                (*first, *made) = (record.asked.min(*first), made.or(record.done().map(|_| record)));
            }
            match record.outcome() {
                Outcome::Accepted(shown) => known.saw(&shown),
                Outcome::Done => known.heard(record),
                Outcome::Unknown => {
                    if let Ask::Move { booking, start, .. } = record.ask {
                        known.starts.entry(booking).or_default().insert(start);
                    }
                }
                Outcome::Refused(_) => {}
            }
        }
        known
    }

    fn saw(&mut self, shown: &Shown) {
        self.last = self.last.max(shown.version);
        self.starts.entry(shown.id).or_default().insert(shown.wish.start);
    }

    fn heard(&mut self, record: &Record) {
        let Some(course) = record.done().and_then(Course::read) else { return };
        for (_, session) in &course.sessions {
            self.saw(session);
        }
        if matches!(record.ask, Ask::Course { .. }) {
            self.sessions.insert(course.id, course.sessions.iter().map(|(ordinal, one)| (*ordinal, one.id)).collect());
        }
    }

    fn course(&self, record: &Record) -> Vec<Record> {
        let Ask::Course { wish, starts, key, .. } = &record.ask else { return Vec::new() };
        let (first, made) = self.keys[&**key];
        // What was answered to the first of several is answered to all of them.
        let decided = Record { asked: first, ..record.clone() };
        let told: BTreeMap<i64, &Value> = made.into_iter().flat_map(Record::occurrences).collect();
        let each = (1..).zip(starts).map(|(ordinal, start)| {
            let mut wish = *wish;
            wish.start = *start;
            let ask = Ask::Book { wish, room: None, key: format!("{key} {ordinal}"), hold: None };
            (ordinal, ask)
        });
        each.filter_map(|(ordinal, ask)| match record.outcome() {
            Outcome::Done => {
                let (_, one) = record.occurrences().find(|(number, _)| *number == ordinal)?;
                let booked = one["booking"].is_object();
                Some(if booked { part(record, ask, accepted(one["booking"].clone())) } else { no(&decided, ask, one)? })
            }
            Outcome::Refused(_) => no(record, ask, record.occurrences().find(|(number, _)| *number == ordinal)?.1),
            _ => told.get(&ordinal).is_none_or(|one| one["booking"].is_object()).then(|| part(record, ask, None)),
        })
        .collect()
    }

    fn rest(&self, record: &Record) -> Vec<Record> {
        let Some((course, from)) = record.ask.rest() else { return Vec::new() };
        let sessions = self.sessions.get(&course).map_or(&[][..], Vec::as_slice);
        let following = sessions.iter().filter(|(ordinal, _)| *ordinal >= from);
        match record.outcome() {
            Outcome::Done => {
                let shown = record.occurrences().filter_map(|(_, one)| Shown::read(&one["booking"]));
                let steps = shown.map(|shown| {
                    let ask = step(&record.ask, (shown.id, shown.version - 1), shown.wish.start);
                    part(record, ask, accepted(shown.told()))
                });
                steps.collect()
            }
            Outcome::Refused(_) => {
                let refused = record.occurrences().filter_map(|(ordinal, one)| {
                    let (_, booking) = sessions.iter().find(|(number, _)| *number == ordinal)?;
                    no(record, step(&record.ask, (*booking, ANY), one["starts_at"].as_str()?.parse().ok()?), one)
                });
                refused.collect()
            }
            _ => {
                let steps = following.flat_map(|(ordinal, booking)| {
                    self.ends(record, *ordinal, *booking).into_iter().flat_map(move |start| {
                        // It was a step of whatever version stood.
                        (1..self.last + 4)
                            .map(move |version| part(record, step(&record.ask, (*booking, version), start), None))
                    })
                });
                steps.collect()
            }
        }
    }

    /// Where a session may have gone by a move of which no answer came: as far as the first.
    fn ends(&self, record: &Record, ordinal: i64, booking: Uuid) -> BTreeSet<DateTime<Utc>> {
        let Ask::MoveRest { course, from, start, .. } = record.ask else { return [DateTime::<Utc>::MIN_UTC].into() };
        let first = self.sessions[&course].iter().find(|(number, _)| *number == from).map(|(_, first)| *first);
        if ordinal == from {
            return [start].into();
        }
        let of = |id: Uuid| self.starts.get(&id).into_iter().flatten();
        of(booking).flat_map(|own| first.into_iter().flat_map(of).map(move |first| *own + (start - *first))).collect()
    }

    fn accept(&self, history: &History, record: &Record, offer: &Offer) -> Vec<Record> {
        let ask = Ask::Book {
            wish: offer.held.wish,
            room: None,
            key: format!("offer {}", offer.held.id),
            hold: Some(offer.held.id),
        };
        let booked = record.done().and_then(Entry::read).and_then(|entry| entry.booking).map(|id| {
            let room = history.offered.iter().find(|offered| offered.held.id == offer.held.id)?.held.room;
            let (state, expires) = (first_state(history, record).to_owned(), None);
            Some(Shown { id, state, expires, room, ..offer.held.clone() })
        });
        let answer = match booked {
            Some(shown) => shown.and_then(|shown| accepted(shown.told())),
            None => record.answer.clone(),
        };
        vec![part(record, ask, answer)]
    }
}

/// The same step with one session of the course.
fn step(ask: &Ask, (booking, version): (Uuid, i64), start: DateTime<Utc>) -> Ask {
    match ask {
        Ask::MoveRest { .. } => Ask::Move { booking, version, team: None, start, room: None },
        _ => Ask::Cancel { booking, version },
    }
}

fn part(record: &Record, ask: Ask, answer: Option<Answer>) -> Record {
    let answered = if answer.is_some() { record.answered } else { NEVER };
    Record { ask, answer, answered, ..record.clone() }
}

fn accepted(body: Value) -> Option<Answer> {
    Some(Answer { status: 200, body })
}

/// What one session was refused for, if it was.
fn no(record: &Record, ask: Ask, told: &Value) -> Option<Record> {
    let code = told["code"].as_str()?;
    let mut body = told["problem"].clone();
    if !body.is_object() {
        body = json!({});
    }
    body["code"] = json!(code);
    Some(part(record, ask, Some(Answer { status: 409, body })))
}
