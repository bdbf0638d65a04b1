//! What an offer has open, among therapists whose calendars are known: nothing is loaded here, and nothing is looked at twice.
//!
//! Time is gone through part by part until there is enough, so that the next opening is found without laying out a year; and a session that
//! takes two is found where the openings of two meet, so that any number of therapists are each evaluated once.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};

use super::evaluator;
use super::offer::{Calendar, Member, Offer, Opening};
use super::offering::Offering;
use crate::kernel::ids::{LocationId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};

/// How much time is gone through at once.
const PART: TimeDelta = TimeDelta::days(14);

/// What is looked for.
pub struct Search<'a> {
    /// Sessions that begin in this time;
    pub window: Span,
    /// so many of them, the first;
    pub limit: usize,
    /// with these therapists, or whomever if there are none;
    pub with: &'a [TherapistId],
    /// on dates on which the client may receive one.
    pub admits: &'a dyn Fn(NaiveDate) -> Result<(), Refusal>,
}

impl Offer {
    /// What can be booked, by start.
    #[must_use]
    pub fn openings(&self, among: &BTreeMap<TherapistId, Calendar>, search: &Search<'_>) -> Vec<Opening> {
        let mut found = Vec::new();
        let furthest = self.rules(None).map(|rules| self.now.plus(rules.max_advance));
        for part in parts(search.window).take_while(|part| furthest.is_some_and(|furthest| part.start() <= furthest)) {
            let mut openings = match self.session_type.therapists_needed {
                2 => self.of_two(among, search, part),
                _ => self.of_one(among, search, part),
            };
            openings.sort_unstable_by_key(|one| (one.session, one.therapist, one.second, one.location));
            found.append(&mut openings);
            if found.len() >= search.limit {
                break;
            }
        }
        found.truncate(search.limit);
        found
    }

    /// What each therapist may begin alone.
    fn of_one(&self, among: &BTreeMap<TherapistId, Calendar>, search: &Search<'_>, part: Span) -> Vec<Opening> {
        let wanted = |id: &TherapistId| search.with.is_empty() || search.with.contains(id);
        let each = among.iter().filter(|(id, _)| wanted(id));
        each.flat_map(|(id, calendar)| self.alone((*id, calendar), calendar.offering, search, part)).collect()
    }

    /// What any two of them may begin together: what both may by themselves, since client, room and rules are the same for both.
    fn of_two(&self, among: &BTreeMap<TherapistId, Calendar>, search: &Search<'_>, part: Span) -> Vec<Opening> {
        let mut met: BTreeMap<(Timestamp, LocationId), Vec<Opening>> = BTreeMap::new();
        for (id, calendar) in among {
            for opening in self.alone((*id, calendar), None, search, part) {
                met.entry((opening.session.span.start(), opening.location)).or_default().push(opening);
            }
        }
        let pairs = met.values().flat_map(|free| {
            let each = free.iter().enumerate();
            each.flat_map(|(at, one)| free.iter().skip(at + 1).map(move |other| (one, other.therapist)))
        });
        pairs.filter_map(|(one, second)| pair(one, second, search.with)).collect()
    }

    /// What one therapist may begin in a part of the time, wherever they work.
    fn alone(&self, member: Member<'_>, terms: Option<Offering>, search: &Search<'_>, part: Span) -> Vec<Opening> {
        let Some(rules) = self.rules(terms) else { return Vec::new() };
        let Some(known) = rules.reach(part).intersection(self.known) else { return Vec::new() };
        let on = |date| self.eligible(member.1, date).and_then(|()| (search.admits)(date));
        let listed = self.places(&[member]).into_iter().flat_map(|place| {
            let facts = self.facts(member.1, place, (rules, known), &on);
            let sessions = evaluator::slots(&facts, part, usize::MAX);
            sessions.into_iter().filter_map(move |session| self.opening(session, &[member], place))
        });
        listed.collect()
    }
}

/// An opening of two, if it is with all who are asked for; the first of those comes first.
fn pair(one: &Opening, second: TherapistId, with: &[TherapistId]) -> Option<Opening> {
    let both = [one.therapist, second];
    with.iter().all(|wanted| both.contains(wanted)).then_some(())?;
    let is_swapped = with.first() == Some(&second);
    let (therapist, second) = if is_swapped { (second, one.therapist) } else { (one.therapist, second) };
    Some(Opening { therapist, second: Some(second), ..*one })
}

fn parts(window: Span) -> impl Iterator<Item = Span> {
    let starts = std::iter::successors(Some(window.start()), |start| Some(start.plus(PART)));
    starts.map_while(move |start| Span::new(start, start.plus(PART).min(window.end())))
}

#[cfg(test)]
mod tests;
