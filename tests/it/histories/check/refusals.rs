//! Rules that refuse: whether what they speak of can have been so between a request and its answer.

use uuid::Uuid;

use super::Violation;
use super::timeline::{Resource, Timeline, Version};
use crate::histories::record::{Ask, History, Moment, Outcome, Record, Span, Wish};

/// Whether a refusal by this rule can have had a ground.
pub fn may(code: &str, record: &Record, history: &History, timeline: &Timeline) -> bool {
    let case = Case { record, history, timeline };
    match code {
        "slot_unavailable" => case.was_taken(|wish| {
            case.is_taken(Resource::Therapist(wish.therapist), history.rules.spans(wish).1, wish.client)
        }),
        "client_already_booked" => case
            .was_taken(|wish| case.is_taken(Resource::Client(wish.client), history.rules.spans(wish).0, wish.client)),
        "room_unavailable" => case.was_taken(|wish| {
            let taken = |span, room: &Uuid| case.is_taken(Resource::Room(*room), span, wish.client);
            history.rules.room_span(wish).is_some_and(|span| history.rules.rooms.iter().all(|room| taken(span, room)))
        }),
        "slot_hold_expired" => case.is_over(),
        "too_soon" => case.any_wish(|wish| wish.start < case.latest() + history.rules.notice),
        "too_far_ahead" => case.any_wish(|wish| wish.start > case.earliest() + history.rules.advance),
        "outside_availability" => case.any_wish(|wish| !history.rules.is_open(wish)),
        "not_on_grid" => case.any_wish(|wish| !history.rules.is_on_grid(wish)),
        "version_mismatch" => case.any_version(|version, asked| version.shown.version != asked) || case.is_over(),
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
    fn earliest(&self) -> chrono::DateTime<chrono::Utc> {
        self.history.clock.earliest(self.record.asked)
    }

    fn latest(&self) -> chrono::DateTime<chrono::Utc> {
        self.history.clock.latest(self.record.answered)
    }

    /// Of the session that is wished for; of a move, by what the booking can have been.
    fn any_wish(&self, holds: impl Fn(&Wish) -> bool) -> bool {
        match &self.record.ask {
            Ask::Book { wish, .. } | Ask::Hold { wish, .. } => holds(wish),
            Ask::Move { booking, version, therapist, start } => {
                let before = self.timeline.versions(*booking).iter().filter(|one| one.shown.version == *version);
                let wishes = before.map(|one| one.shown.wish);
                let mut wishes =
                    wishes.map(|wish| Wish { therapist: therapist.unwrap_or(wish.therapist), start: *start, ..wish });
                wishes.any(|wish| holds(&wish))
            }
            Ask::Cancel { .. } | Ask::Extend { .. } | Ask::Release { .. } => false,
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
        let Some((wish, key)) = self.record.ask.creation() else { return false };
        self.history.records.iter().any(|other| match other.ask.creation() {
            Some((theirs, same)) if same == key && !std::ptr::eq(other, self.record) => {
                !matches!(other.outcome(), Outcome::Refused(_)) && holds(other, theirs == wish)
            }
            _ => false,
        })
    }

    /// Whether a place that was wished for can have been taken; what is held for somebody, only once it is over.
    fn was_taken(&self, holds: impl Fn(&Wish) -> bool) -> bool {
        let may_be_taken = !matches!(self.record.ask, Ask::Book { hold: Some(_), .. }) || self.is_over();
        may_be_taken && self.any_wish(holds)
    }

    /// Whether somebody else's claim there can have been in force.
    fn is_taken(&self, resource: Resource, span: Span, client: Uuid) -> bool {
        // What a key has made is no reason to refuse the same again.
        let made = self.record.ask.creation().and_then(|(_, key)| self.timeline.keys.get(key).copied());
        let own = made.or(self.record.ask.step().map(|(id, _)| id));
        let within = self.record.window();
        let Some(claims) = self.timeline.claims.get(&resource) else { return false };
        let others = claims.iter().take_while(|claim| claim.made.earliest <= within.latest);
        let mut others =
            others.filter(|claim| Some(claim.owner) != own && claim.held_for != Some(client) && claim.span.meets(span));
        others.any(|claim| claim.may_stand(within))
    }

    /// Whether the hold that is to be used, extended or given up can have been over.
    fn is_over(&self) -> bool {
        let id = match self.record.ask {
            Ask::Book { hold: Some(id), .. } | Ask::Extend { hold: id, .. } | Ask::Release { hold: id, .. } => id,
            _ => return false,
        };
        let (answered, versions) = (self.record.answered, self.timeline.versions(id));
        let extended = |version: &Version| {
            let next = |other: &&Version| other.certain && other.shown.version == version.shown.version + 1;
            versions.iter().filter(next).any(|other| other.shown.claims_time() && other.made.latest <= version.over)
        };
        versions.iter().any(|version| {
            if version.shown.claims_time() {
                version.over <= answered && !extended(version)
            } else {
                version.made.earliest <= answered
            }
        })
    }

    fn is_policy(&self) -> bool {
        let body = self.record.answer.as_ref().map(|answer| &answer.body);
        let rule = body.and_then(|body| body["rule"].as_str()).unwrap_or_default();
        match (rule, &self.record.ask) {
            ("already_started", _) => self.any_version(|version, _| version.shown.wish.start <= self.latest()),
            ("extended_twice", Ask::Extend { version, .. }) => *version > 2,
            ("form_not_open", Ask::Extend { hold, .. }) => {
                !self.timeline.versions(*hold).iter().any(|one| self.has_form(one))
            }
            _ => false,
        }
    }

    /// Whether the client of a hold certainly had a form to answer, as everybody has who was ever booked.
    fn has_form(&self, hold: &Version) -> bool {
        let booked = |version: &Version| {
            let Version { shown, certain, made, .. } = version;
            !shown.is_hold()
                && *certain
                && shown.wish.client == hold.shown.wish.client
                && made.latest <= self.record.asked
        };
        self.timeline.things.values().flatten().any(booked)
    }

    fn is_late(&self) -> bool {
        let latest = self.latest() + self.history.rules.cancellation;
        self.any_version(|version, asked| version.shown.version == asked && version.shown.wish.start < latest)
    }
}

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
    let late = bindable && before.all(|version| version.shown.wish.start < bound);
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
