//! What was granted though a rule that certainly held forbids it.

use super::Violation;
use super::timeline::{Timeline, Version};
use crate::histories::record::{Ask, History, Moment, Outcome, Record};

/// What was made or moved to where a rule that certainly held forbids.
pub fn unruly(history: &History, timeline: &Timeline) -> Vec<Violation> {
    let mut found = Vec::new();
    for (id, versions) in &timeline.things {
        let mut before: Option<&Version> = None;
        for version in versions.iter().filter(|version| version.certain) {
            let moved = before.is_none_or(|before| before.shown.wish != version.shown.wish);
            if moved {
                let since = since(history, timeline, version).unwrap_or(version.made.earliest);
                found.extend(broken(history, version, since).map(|code| Violation::Unruly { id: *id, code }));
            }
            before = Some(version);
        }
    }
    found.extend(history.records.iter().filter_map(|record| late(history, timeline, record)));
    found.extend(history.records.iter().filter_map(|record| used_up(timeline, record)));
    found
}

/// Since when the place of a booking was held, if it was.
fn since(history: &History, timeline: &Timeline, version: &Version) -> Option<Moment> {
    let mut from = history.records.iter().filter_map(|record| match (&record.ask, record.outcome()) {
        (Ask::Book { hold: Some(hold), .. }, Outcome::Accepted(shown)) if shown.id == version.shown.id => Some(*hold),
        _ => None,
    });
    timeline.versions(from.next()?).first().map(|held| held.made.earliest)
}

fn broken(history: &History, version: &Version, since: Moment) -> Option<&'static str> {
    let (rules, wish) = (&history.rules, &version.shown.wish);
    match () {
        () if wish.start < history.clock.earliest(since) + rules.notice => Some("too_soon"),
        () if wish.start > history.clock.latest(version.made.latest) + rules.advance => Some("too_far_ahead"),
        () if !rules.is_open(wish) => Some("outside_availability"),
        () if !rules.is_on_grid(wish) => Some("not_on_grid"),
        () => None,
    }
}

/// A client's step that came too late and was taken all the same.
fn late(history: &History, timeline: &Timeline, record: &Record) -> Option<Violation> {
    let (Outcome::Accepted(shown), Some((id, asked))) = (record.outcome(), record.ask.step()) else { return None };
    let bound = history.clock.earliest(record.asked) + history.rules.cancellation;
    let mut before = timeline.versions(id).iter().filter(|version| version.shown.version == asked).peekable();
    let bindable = record.client.is_some() && !shown.is_hold() && before.peek().is_some();
    // What waits for a yes binds nobody yet.
    let is_late = |version: &Version| !version.shown.is_pending() && version.shown.wish.start < bound;
    let late = bindable && before.all(is_late);
    late.then_some(Violation::Unruly { id, code: "cancellation_window_passed" })
}

/// A booking from a hold that was certainly over.
fn used_up(timeline: &Timeline, record: &Record) -> Option<Violation> {
    let (Outcome::Accepted(shown), Ask::Book { hold: Some(hold), .. }) = (record.outcome(), &record.ask) else {
        return None;
    };
    let made = timeline.versions(shown.id).first()?.made;
    let held = timeline.versions(*hold);
    let over = held.iter().filter(|version| version.certain).all(|version| version.ended.latest < made.earliest);
    over.then_some(Violation::Unruly { id: shown.id, code: "slot_hold_expired" })
}
