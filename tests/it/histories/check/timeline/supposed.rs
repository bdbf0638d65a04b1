//! What nobody was told of and may have happened all the same: because an answer was lost, or because nobody had to ask.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Timeline, Version};
use crate::histories::record::{Ask, Clock, History, NEVER, Outcome, Record, Shown, Window, Wish};

impl Timeline {
    /// What steps that nobody answered may have made of them, as far as nothing else is known to have happened instead.
    pub(super) fn suppose(&mut self, history: &History) {
        let mut lost: Vec<(Uuid, i64, &Record)> = Vec::new();
        for record in history.records.iter().filter(|record| record.outcome() == Outcome::Unknown) {
            lost.extend(record.ask.step().map(|(booking, version)| (booking, version, record)));
        }
        lost.sort_by_key(|(_, version, record)| (*version, record.asked));
        for (booking, version, record) in lost {
            let Some(versions) = self.things.get_mut(&booking) else { continue };
            if versions.iter().any(|other| other.certain && other.shown.version == version + 1) {
                continue;
            }
            let before: Vec<Shown> =
                versions.iter().filter(|one| one.shown.version == version).map(|one| one.shown.clone()).collect();
            let made = Window { earliest: record.asked, latest: NEVER };
            let decides = record.ask.is_mind_made_up();
            versions
                .extend(before.iter().map(|one| Version::new(next(history, one, &record.ask), false, made, decides)));
            versions.sort_by_key(|version| version.shown.version);
        }
        self.lapse(history);
    }

    /// What waited for a yes too long expires by itself: where the clock is turned, with the turn.
    fn lapse(&mut self, history: &History) {
        for versions in self.things.values_mut() {
            let certain: Vec<i64> = versions.iter().filter(|one| one.certain).map(|one| one.shown.version).collect();
            let lapsed = versions.iter().filter_map(|Version { shown, .. }| {
                let made = history.clock.reaches(shown.answer_by.filter(|_| shown.is_pending())?);
                let made =
                    if matches!(history.clock, Clock::Turned { .. }) { made } else { Window { latest: NEVER, ..made } };
                let (version, state) = (shown.version + 1, "expired".to_owned());
                let expired = Shown { version, state, answer_by: None, ..shown.clone() };
                let may_be = made.earliest < NEVER && !certain.contains(&version);
                may_be.then(|| Version::new(expired, false, made, false))
            });
            let lapsed: Vec<Version> = lapsed.collect();
            versions.extend(lapsed);
            versions.sort_by_key(|version| version.shown.version);
        }
    }
}

/// As what a booking begins: what clients ask for themselves may wait for a yes, but for what the practice has offered them.
pub fn first_state(history: &History, record: &Record) -> &'static str {
    let is_offer = |hold| history.offered.iter().any(|offered| offered.held.id == hold);
    let takes_offer = matches!(record.ask, Ask::Accept(_)) || record.ask.hold().is_some_and(is_offer);
    if history.rules.approval && record.client.is_some() && !takes_offer { "pending" } else { "confirmed" }
}

/// What a request without an answer may have made.
pub(super) fn lost(history: &History, attempts: &[(&Record, Wish)]) -> Option<Version> {
    let (record, wish) = attempts.iter().find(|(record, _)| record.outcome() == Outcome::Unknown)?;
    let (session, _) = history.rules.spans(wish);
    let (state, expires) = match record.ask {
        Ask::Hold { .. } => ("held", Some(DateTime::<Utc>::MAX_UTC)),
        _ => (first_state(history, record), None),
    };
    let shown = Shown {
        id: Uuid::nil(),
        version: 1,
        wish: *wish,
        end: session.end,
        room: None,
        state: state.to_owned(),
        expires,
        answer_by: None,
    };
    Some(Version::new(shown, false, Window { earliest: record.asked, latest: NEVER }, true))
}

/// What a step would make of a thing.
pub(super) fn next(history: &History, before: &Shown, ask: &Ask) -> Shown {
    let mut shown = Shown { version: before.version + 1, ..before.clone() };
    match ask {
        Ask::Move { team, start, .. } => {
            (shown.wish.therapist, shown.wish.co) = team.unwrap_or((before.wish.therapist, before.wish.co));
            shown.wish.start = *start;
            (shown.end, shown.room) = (history.rules.spans(&shown.wish).0.end, None);
        }
        Ask::Cancel { .. } => shown.state = "cancelled".to_owned(),
        Ask::Confirm { .. } => shown.state = "confirmed".to_owned(),
        Ask::Decline { .. } => shown.state = "declined".to_owned(),
        Ask::Extend { .. } => shown.expires = Some(DateTime::<Utc>::MAX_UTC),
        Ask::Release { .. } => shown.state = "released".to_owned(),
        _ => {}
    }
    shown
}
