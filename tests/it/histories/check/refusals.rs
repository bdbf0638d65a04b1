//! Rules that refuse: whether what they speak of can have been so between a request and its answer.

use uuid::Uuid;

use super::Violation;
use super::timeline::{Resource, Timeline, Version};
use crate::histories::record::{Ask, History, Outcome, Record, Span, Wish};

/// Whether a refusal by this rule can have had a ground.
pub fn may(code: &str, record: &Record, history: &History, timeline: &Timeline) -> bool {
    let case = Case { record, history, timeline };
    match code {
        "slot_unavailable" => {
            case.any_wish(|wish| case.is_taken(Resource::Therapist(wish.therapist), case.spans(wish).1))
        }
        "client_already_booked" => {
            case.any_wish(|wish| case.is_taken(Resource::Client(wish.client), case.spans(wish).0))
        }
        "too_soon" => case.any_wish(|wish| wish.start < case.latest() + history.rules.notice),
        "too_far_ahead" => case.any_wish(|wish| wish.start > case.earliest() + history.rules.advance),
        "outside_availability" => case.any_wish(|wish| !history.rules.is_open(wish)),
        "not_on_grid" => case.any_wish(|wish| !history.rules.is_on_grid(wish)),
        "version_mismatch" => case.any_version(|version, asked| version.shown.version != asked),
        "invalid_transition" => {
            case.any_version(|version, asked| version.shown.version == asked && !version.shown.is_open())
        }
        "policy_violation" => case.is_policy(),
        "cancellation_window_passed" => record.client.is_some() && case.is_late(),
        "idempotency_in_progress" => {
            case.any_twin(|other, _| other.asked <= record.answered && other.answered >= record.asked)
        }
        "idempotency_key_reused" => case.any_twin(|other, same| !same && other.asked <= record.answered),
        // Nobody asks for what was never there; a fault has no ground at all.
        _ => false,
    }
}

/// A refusal, and what it is judged by.
struct Case<'a> {
    record: &'a Record,
    history: &'a History,
    timeline: &'a Timeline,
}

impl Case<'_> {
    fn spans(&self, wish: &Wish) -> (Span, Span) {
        self.history.rules.spans(wish)
    }

    fn earliest(&self) -> chrono::DateTime<chrono::Utc> {
        self.history.clock.earliest(self.record.asked)
    }

    fn latest(&self) -> chrono::DateTime<chrono::Utc> {
        self.history.clock.latest(self.record.answered)
    }

    /// Of the session that is wished for; of a move, by what the booking can have been.
    fn any_wish(&self, holds: impl Fn(&Wish) -> bool) -> bool {
        match &self.record.ask {
            Ask::Book { wish, .. } => holds(wish),
            Ask::Move { booking, version, therapist, start } => {
                let before = self.timeline.versions(*booking).iter().filter(|one| one.shown.version == *version);
                let wishes = before.map(|one| one.shown.wish);
                let mut wishes =
                    wishes.map(|wish| Wish { therapist: therapist.unwrap_or(wish.therapist), start: *start, ..wish });
                wishes.any(|wish| holds(&wish))
            }
            Ask::Cancel { .. } => false,
        }
    }

    /// Of what the booking can have been meanwhile, and the version that was asked about.
    fn any_version(&self, holds: impl Fn(&Version, i64) -> bool) -> bool {
        let Some((booking, asked)) = self.record.ask.step() else { return false };
        let within = self.record.window();
        let stood =
            |version: &&Version| version.made.earliest <= within.latest && version.ended.latest >= within.earliest;
        self.timeline.versions(booking).iter().filter(stood).any(|version| holds(version, asked))
    }

    /// Of the other requests under the same key, and whether they asked for the same.
    fn any_twin(&self, holds: impl Fn(&Record, bool) -> bool) -> bool {
        let Ask::Book { wish, key } = &self.record.ask else { return false };
        self.history.records.iter().any(|other| match &other.ask {
            Ask::Book { wish: theirs, key: same } if same == key && !std::ptr::eq(other, self.record) => {
                !matches!(other.outcome(), Outcome::Refused(_)) && holds(other, theirs == wish)
            }
            _ => false,
        })
    }

    /// Whether somebody else's claim there can have been in force.
    fn is_taken(&self, resource: Resource, span: Span) -> bool {
        let own = match &self.record.ask {
            // What a key has made is no reason to refuse the same again.
            Ask::Book { key, .. } => self.timeline.keys.get(key).copied(),
            Ask::Move { booking, .. } | Ask::Cancel { booking, .. } => Some(*booking),
        };
        let within = self.record.window();
        let Some(claims) = self.timeline.claims.get(&resource) else { return false };
        let others = claims.iter().take_while(|claim| claim.made.earliest <= within.latest);
        let mut others = others.filter(|claim| Some(claim.owner) != own && claim.span.meets(span));
        others.any(|claim| claim.may_stand(within))
    }

    fn is_policy(&self) -> bool {
        let body = self.record.answer.as_ref().map(|answer| &answer.body);
        let rule = body.and_then(|body| body["rule"].as_str()).unwrap_or_default();
        rule == "already_started" && self.any_version(|version, _| version.shown.wish.start <= self.latest())
    }

    fn is_late(&self) -> bool {
        let latest = self.latest() + self.history.rules.cancellation;
        self.any_version(|version, asked| version.shown.version == asked && version.shown.wish.start < latest)
    }
}

/// Bookings that were made or moved to where a rule that certainly held forbids.
pub fn unruly(history: &History, timeline: &Timeline) -> Vec<Violation> {
    let mut found = Vec::new();
    for (booking, versions) in &timeline.bookings {
        let mut before: Option<&Version> = None;
        for version in versions.iter().filter(|version| version.certain) {
            let moved = before.is_none_or(|before| before.shown.wish != version.shown.wish);
            if moved {
                let broken = broken(history, version).into_iter();
                found.extend(broken.map(|code| Violation::Unruly { booking: *booking, code }));
            }
            before = Some(version);
        }
    }
    found.extend(history.records.iter().filter_map(|record| late(history, timeline, record)));
    found
}

fn broken(history: &History, version: &Version) -> Option<&'static str> {
    let (rules, wish) = (&history.rules, &version.shown.wish);
    match () {
        () if wish.start < history.clock.earliest(version.made.earliest) + rules.notice => Some("too_soon"),
        () if wish.start > history.clock.latest(version.made.latest) + rules.advance => Some("too_far_ahead"),
        () if !rules.is_open(wish) => Some("outside_availability"),
        () if !rules.is_on_grid(wish) => Some("not_on_grid"),
        () => None,
    }
}

/// A client's step that came too late and was taken all the same.
fn late(history: &History, timeline: &Timeline, record: &Record) -> Option<Violation> {
    let (Outcome::Accepted(_), Some((booking, asked))) = (record.outcome(), record.ask.step()) else { return None };
    let bound = history.clock.earliest(record.asked) + history.rules.cancellation;
    let from: Option<Uuid> = record.client;
    let mut before = timeline.versions(booking).iter().filter(|version| version.shown.version == asked);
    let late =
        from.is_some() && before.clone().next().is_some() && before.all(|version| version.shown.wish.start < bound);
    late.then_some(Violation::Unruly { booking, code: "cancellation_window_passed" })
}
