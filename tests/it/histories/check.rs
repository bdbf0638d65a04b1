//! The checker: whether answers as they were recorded can be those of a practice in which nobody is ever in two places at once.
//!
//! It knows nothing of the program but what it answered. A claim is certainly in force from the answer that tells of it until a request that
//! may end it is sent, and possibly from the request on until the answer after which it is certainly over. So:
//! - **nothing overlaps**: of two claims on one thing whose times overlap, the one is certainly over before the other certainly stands;
//! - **nothing is lost**: what stands in the end is what the answers say, one step from each version, one booking for each key;
//! - **no refusal is groundless**: a rule that refuses names itself, and between the request and the answer there can have been what it
//!   speaks of; and nothing is accepted against a rule that certainly held.

mod courses;
mod losses;
mod parts;
mod refusals;
#[cfg(test)]
mod tests;
mod timeline;
mod unruly;
mod waits;

use std::collections::BTreeMap;
use std::fmt;

use uuid::Uuid;

use super::record::{History, NEVER, Outcome, Span};
use parts::taken_apart;
use timeline::{Claim, Resource, Timeline};

/// What cannot have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Two claims on one thing stood at once.
    Overlap { on: Resource, one: Uuid, other: Uuid },
    /// A booking, a course, an offer or a place on the waiting list is not there when everything is read, or not as it was answered.
    Lost { id: Uuid },
    /// A booking stands as nobody asked for it.
    Unasked { id: Uuid },
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
    let (history, origins) = &taken_apart(history);
    let (timeline, mut wrong) = Timeline::of(history);
    wrong.extend(overlaps(&timeline));
    wrong.extend(ending_overlaps(history));
    wrong.extend(losses::losses(history, &timeline));
    wrong.extend(courses::misled(history, &timeline));
    wrong.extend(unruly::unruly(history, &timeline));
    for (record, origin) in history.records.iter().zip(origins) {
        if let Outcome::Refused(code) = record.outcome()
            && !refusals::may(code, record, history, &timeline)
        {
            wrong.push(Violation::Groundless { record: *origin, code: code.to_owned() });
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
    let mut claims: BTreeMap<Resource, Vec<(Uuid, Span)>> = BTreeMap::new();
    let offers = history.offered.iter().filter(|offered| offered.stands).map(|offered| &offered.held);
    for shown in history.ending.bookings.iter().filter(|shown| shown.claims_time()).chain(offers) {
        let (session, padded) = history.rules.spans(&shown.wish);
        claims.entry(Resource::Client(shown.wish.client)).or_default().push((shown.id, session));
        for therapist in shown.wish.therapists() {
            claims.entry(Resource::Therapist(therapist)).or_default().push((shown.id, padded));
        }
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
