//! The checker: whether answers as they were recorded can be those of a practice in which nobody is ever in two places at once.
//!
//! It knows nothing of the program but what it answered. A claim is certainly in force from the answer that tells of it until a request that
//! may end it is sent, and possibly from the request on until the answer after which it is certainly over. So:
//! - **nothing overlaps**: of two claims on one thing whose times overlap, the one is certainly over before the other certainly stands;
//! - **nothing is lost**: what stands in the end is what the answers say, one step from each version, one booking for each key;
//! - **no refusal is groundless**: a rule that refuses names itself, and between the request and the answer there can have been what it
//!   speaks of; and nothing is accepted against a rule that certainly held.

mod refusals;
#[cfg(test)]
mod tests;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use uuid::Uuid;

use super::record::{History, NEVER, Outcome, Shown};
use timeline::{Claim, Resource, Timeline, Version};

/// What cannot have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Two claims on one thing stood at once.
    Overlap { on: Resource, one: Uuid, other: Uuid },
    /// A booking is not there in the end, or not as it was answered.
    Lost { booking: Uuid },
    /// A booking stands in the end as nobody asked for it.
    Unasked { booking: Uuid },
    /// An answer tells of something else than was asked for.
    Altered { id: Uuid, version: i64 },
    /// One key made two things.
    BookedTwice { key: String },
    /// Two steps were taken from one version.
    SteppedTwice { id: Uuid, version: i64 },
    /// A rule refused that nothing broke.
    Groundless { record: usize, code: String },
    /// A rule was broken, and did not refuse.
    Unruly { id: Uuid, code: &'static str },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Everything in a history that cannot have happened.
pub fn check(history: &History) -> Vec<Violation> {
    let (timeline, mut wrong) = Timeline::of(history);
    wrong.extend(overlaps(&timeline));
    wrong.extend(ending_overlaps(history));
    wrong.extend(losses(history, &timeline));
    wrong.extend(refusals::unruly(history, &timeline));
    for (index, record) in history.records.iter().enumerate() {
        if let Outcome::Refused(code) = record.outcome()
            && !refusals::may(code, record, history, &timeline)
        {
            wrong.push(Violation::Groundless { record: index, code: code.to_owned() });
        }
    }
    wrong
}

/// Pairs of claims on one thing that certainly stood at one moment.
fn overlaps(timeline: &Timeline) -> Vec<Violation> {
    let mut found = Vec::new();
    for (resource, claims) in &timeline.claims {
        let certain = |claim: &&Claim| claim.certain && claim.made.latest < claim.ended.earliest;
        let mut claims: Vec<&Claim> = claims.iter().filter(certain).collect();
        claims.sort_by_key(|claim| claim.made.latest);
        // Those that still stood when the claim at hand was answered.
        let mut standing: Vec<&Claim> = Vec::new();
        for claim in claims {
            standing.retain(|other| other.ended.earliest > claim.made.latest);
            let meets = |other: &&&Claim| other.owner != claim.owner && other.span.meets(claim.span);
            found.extend(standing.iter().filter(meets).map(|other| overlap(*resource, other.owner, claim.owner)));
            standing.push(claim);
        }
    }
    found
}

/// The same of what was read in the end, which stood all at once.
fn ending_overlaps(history: &History) -> Vec<Violation> {
    let mut claims: BTreeMap<Resource, Vec<(Uuid, super::record::Span)>> = BTreeMap::new();
    for shown in history.ending.iter().filter(|shown| shown.claims_time()) {
        let (session, padded) = history.rules.spans(&shown.wish);
        claims.entry(Resource::Client(shown.wish.client)).or_default().push((shown.id, session));
        claims.entry(Resource::Therapist(shown.wish.therapist)).or_default().push((shown.id, padded));
        if let (Some(room), Some(span)) = (shown.room, history.rules.room_span(&shown.wish)) {
            claims.entry(Resource::Room(room)).or_default().push((shown.id, span));
        }
    }
    let mut found = Vec::new();
    for (resource, mut claims) in claims {
        claims.sort_by_key(|(_, span)| *span);
        let pairs = claims.iter().zip(claims.iter().skip(1));
        let meeting = pairs.filter(|((_, one), (_, other))| one.meets(*other));
        found.extend(meeting.map(|((one, _), (other, _))| overlap(resource, *one, *other)));
    }
    found
}

fn overlap(on: Resource, one: Uuid, other: Uuid) -> Violation {
    Violation::Overlap { on, one: one.min(other), other: one.max(other) }
}

/// What stands in the end, held against what was answered.
fn losses(history: &History, timeline: &Timeline) -> Vec<Violation> {
    let ending: BTreeMap<Uuid, &Shown> = history.ending.iter().map(|shown| (shown.id, shown)).collect();
    let mut found = Vec::new();
    let is_booking = |versions: &[Version]| versions.first().is_some_and(|version| !version.shown.is_hold());
    for (booking, versions) in timeline.things.iter().filter(|(_, versions)| is_booking(versions)) {
        let top = versions.iter().filter(|version| version.certain).map(|version| version.shown.version).max();
        match ending.get(booking) {
            Some(shown) if Some(shown.version) >= top => {
                if !versions.iter().any(|version| version.is(shown)) {
                    found.push(Violation::Unasked { booking: *booking });
                }
            }
            _ => found.push(Violation::Lost { booking: *booking }),
        }
    }
    // What nobody was told of may be there, once.
    let mut unanswered: BTreeSet<&String> = timeline.unanswered.keys().collect();
    for shown in history.ending.iter().filter(|shown| !timeline.things.contains_key(&shown.id)) {
        let key = unanswered.iter().copied().find(|key| timeline.unanswered[*key].is(shown));
        match key {
            Some(key) => drop(unanswered.remove(key)),
            None => found.push(Violation::Unasked { booking: shown.id }),
        }
    }
    found
}

/// How a run went, for whoever reads its output.
pub fn summary(history: &History) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for record in &history.records {
        let what = record.ask.name();
        let how = match record.outcome() {
            Outcome::Accepted(_) | Outcome::Done => "accepted",
            Outcome::Refused(code) => code,
            Outcome::Unknown => "unknown",
        };
        *counts.entry(format!("{what} {how}")).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
    let end = history.records.iter().map(|record| record.answered).filter(|at| *at != NEVER).max().unwrap_or_default();
    format!("{} requests in {:.1} s: {}", history.records.len(), end.as_secs_f64(), counts.join(", "))
}
