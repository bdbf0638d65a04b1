//! Rules that refuse: whether what they speak of can have been so between a request and its answer.

use uuid::Uuid;

use super::timeline::{Resource, Timeline, Version};
use super::{courses, waits};
use crate::histories::record::{ANY, Ask, History, Record, Shown, Span, Wish};

/// Whether a refusal by this rule can have had a ground.
pub fn may(code: &str, record: &Record, history: &History, timeline: &Timeline) -> bool {
    let case = Case { record, history, timeline };
    match code {
        // Its part is judged.
        _ if matches!(record.ask, Ask::Accept(_)) => true,
        "slot_unavailable" => case.was_taken(|wish| {
            let padded = history.rules.spans(wish).1;
            wish.therapists().any(|therapist| case.is_taken(Resource::Therapist(therapist), padded, wish.client))
        }),
        "client_already_booked" => case
            .was_taken(|wish| case.is_taken(Resource::Client(wish.client), history.rules.spans(wish).0, wish.client)),
        "room_unavailable" => case.was_taken(|wish| {
            let taken = |span, room: &Uuid| case.is_taken(Resource::Room(*room), span, wish.client);
            let named: Vec<Uuid> = record.ask.room().into_iter().collect();
            let rooms = if named.is_empty() { &history.rules.rooms } else { &named };
            history.rules.room_span(wish).is_some_and(|span| rooms.iter().all(|room| taken(span, room)))
        }),
        "series_unavailable" => courses::is_partly_refused(record),
        "already_exists" => waits::waits_already(record, history),
        "slot_hold_expired" | "offer_gone" => case.is_over(),
        "version_mismatch" if record.ask.rest().is_some() => courses::may_have_changed(record, history, timeline),
        "invalid_transition" if record.ask.rest().is_some() => courses::may_be_over(record, history, timeline),
        "too_soon" => case.any_wish(|wish| wish.start < case.latest() + history.rules.notice),
        "too_far_ahead" => case.any_wish(|wish| wish.start > case.earliest() + history.rules.advance),
        "outside_availability" => case.any_wish(|wish| !history.rules.is_open(wish)),
        "not_on_grid" => case.any_wish(|wish| !history.rules.is_on_grid(wish)),
        "version_mismatch" => case.any_version(|version, asked| version.shown.version != asked) || case.is_over(),
        "invalid_transition" => {
            let confirms = matches!(record.ask, Ask::Confirm { .. } | Ask::Decline { .. });
            let allows =
                |version: &Version| if confirms { version.shown.is_pending() } else { version.shown.is_open() };
            case.any_version(|version, asked| is_of(version, asked) && !allows(version))
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
            Ask::Move { booking, version, team, start, .. } => {
                let before = self.timeline.versions(*booking).iter().filter(|one| is_of(one, *version));
                let mut wishes = before.map(|Version { shown: Shown { wish, .. }, .. }| {
                    let (therapist, co) = team.unwrap_or((wish.therapist, wish.co));
                    Wish { therapist, co, start: *start, ..*wish }
                });
                wishes.any(|wish| holds(&wish))
            }
            _ => false,
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
        let Some(key) = self.record.ask.key() else { return false };
        let twins = self.history.records.iter().filter(|other| other.ask.key() == Some(key));
        let mut twins = twins.filter(|other| !std::ptr::eq(*other, self.record) && !other.is_refused());
        twins.any(|other| holds(other, other.ask == self.record.ask))
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
        let Some(id) = self.record.ask.hold() else { return false };
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
            ("not_answered_in_time", Ask::Confirm { .. }) => {
                self.any_version(|version, _| version.shown.answer_by.is_some_and(|by| by <= self.latest()))
            }
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
            shown.state == "confirmed"
                && *certain
                && shown.wish.client == hold.shown.wish.client
                && made.latest <= self.record.asked
        };
        self.timeline.things.values().flatten().any(booked)
    }

    fn is_late(&self) -> bool {
        let latest = self.latest() + self.history.rules.cancellation;
        let is_bound = |version: &Version| !version.shown.is_pending() && version.shown.wish.start < latest;
        self.any_version(|version, asked| is_of(version, asked) && is_bound(version))
    }
}

/// Whether it is the version that was asked about.
fn is_of(version: &Version, asked: i64) -> bool {
    asked == ANY || version.shown.version == asked
}
