//! How much a therapist does already on each local day and in each week, and whether one session more is too much.
//!
//! What counts is the sessions themselves, without their buffers: a pause is what the therapist has between two clients.

use std::collections::BTreeMap;

use chrono::{Datelike, IsoWeek, NaiveDate, TimeDelta};

use super::facts::{Facts, SessionRules, TakenSession, minutes};
use crate::availability::model::limits::DayLimits;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Span;

pub(super) struct Limits {
    rules: SessionRules,
    limits: DayLimits,
    days: BTreeMap<NaiveDate, Day>,
    /// How many sessions of the type there are in a week.
    weeks: BTreeMap<IsoWeek, usize>,
}

#[derive(Default)]
struct Day {
    of_type: usize,
    hands_on: TimeDelta,
    /// Sessions without a pause between them: from the first to the last, and how many.
    runs: Vec<(Span, usize)>,
}

impl Limits {
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        let mut sessions: Vec<TakenSession> = facts.sessions.clone();
        sessions.sort_unstable_by_key(|taken| taken.session);
        let mut limits =
            Self { rules: facts.rules, limits: facts.limits, days: BTreeMap::new(), weeks: BTreeMap::new() };
        for taken in sessions {
            limits.add(taken, taken.session.start().date_in(facts.zone));
        }
        limits
    }

    /// Counts a session; they come by their start.
    fn add(&mut self, taken: TakenSession, date: NaiveDate) {
        let TakenSession { session, session_type_is_same } = taken;
        let of_type = usize::from(session_type_is_same);
        *self.weeks.entry(date.iso_week()).or_default() += of_type;
        let limits = self.limits;
        let day = self.days.entry(date).or_default();
        day.of_type += of_type;
        day.hands_on += session.length();
        match day.runs.last_mut() {
            Some((run, count)) if limits.joins(*run, session) => {
                *run = Span::new(run.start(), run.end().max(session.end())).unwrap_or(*run);
                *count += 1;
            }
            _ => day.runs.push((session, 1)),
        }
    }

    /// Refuses a session on its date if it is one too many.
    pub(super) fn allow(&self, session: Span, date: NaiveDate) -> Result<(), Refusal> {
        let nothing = Day::default();
        let day = self.days.get(&date).unwrap_or(&nothing);
        let week = self.weeks.get(&date.iso_week()).copied().unwrap_or_default();
        let in_a_row = || day.in_a_row(session, self.limits);
        let is_over =
            |limit: Option<u16>, count: &dyn Fn() -> usize| limit.is_some_and(|most| count() > usize::from(most));
        let hands_on = self.limits.hands_on_minutes.is_some_and(|most| day.hands_on + session.length() > minutes(most));
        let reached = [
            (is_over(self.rules.max_per_day, &|| day.of_type + 1), "sessions_per_day"),
            (is_over(self.rules.max_per_week, &|| week + 1), "sessions_per_week"),
            (hands_on, "hands_on_minutes"),
            (is_over(self.limits.in_a_row, &in_a_row), "sessions_in_a_row"),
        ];
        match reached.into_iter().find(|(reached, _)| *reached) {
            Some((_, limit)) => Err(Refusal::LimitReached { limit }),
            None => Ok(()),
        }
    }
}

impl Day {
    /// How many sessions there would be without a pause, the one asked about included. It may join two runs.
    fn in_a_row(&self, session: Span, limits: DayLimits) -> usize {
        let joined = self.runs.iter().filter(|(run, _)| limits.joins(*run, session));
        joined.map(|(_, count)| count).sum::<usize>() + 1
    }
}
