//! Every "no" as `application/problem+json` (RFC 9457).
//!
//! One match turns refusals into answers; it has no catch-all, so a new refusal does not compile until somebody decided what it looks like.
//! Faults become an opaque 500 or 503; what went wrong is logged with the request's id and never told.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use crate::db::{Fault, Stop};
use crate::kernel::refusal::{MissingCredential, OccurrenceAnswer, Refusal, Violation};

/// An answer that is no.
#[derive(Debug)]
pub struct Problem(Box<Told>);

/// What a problem tells. In a box, since every handler's answer has room for one.
#[derive(Debug)]
struct Told {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: Option<String>,
    violations: Vec<Violation>,
    more: Vec<(&'static str, Value)>,
    allow: Option<String>,
}

/// Seconds after which an overloaded server may be asked again.
const RETRY_SECONDS: &str = "1";

impl Problem {
    /// A problem with a stable code.
    pub fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self(Box::new(Told {
            status,
            code,
            title,
            detail: None,
            violations: Vec::new(),
            more: Vec::new(),
            allow: None,
        }))
    }

    /// The same problem with a sentence about this occurrence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    fn violations(mut self, violations: Vec<Violation>) -> Self {
        self.0.violations = violations;
        self
    }

    fn with(mut self, key: &'static str, value: Value) -> Self {
        self.0.more.push((key, value));
        self
    }

    /// One field at fault.
    pub fn field(violation: Violation) -> Self {
        Refusal::Fields(vec![violation]).into()
    }

    /// The body is not what its media type says.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "The request cannot be read").detail(detail)
    }

    /// There is no such path.
    #[must_use]
    pub fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here")
    }

    /// The path exists, but not with this method.
    #[must_use]
    pub fn method_not_allowed(allow: String) -> Self {
        let mut problem =
            Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "The method is not allowed here");
        problem.0.allow = Some(allow);
        problem
    }

    /// None of the media types that would be accepted can be had.
    #[must_use]
    pub fn not_acceptable() -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", "Only application/json can be had here")
    }

    /// The body is larger than is taken here.
    #[must_use]
    pub fn too_large(limit: usize) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large")
            .detail(format!("at most {limit} bytes are taken here"))
    }

    /// The body is of another media type.
    #[must_use]
    pub fn unsupported_media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body must be application/json, not encoded",
        )
    }

    /// The request must say which version it changes.
    #[must_use]
    pub fn if_match_required() -> Self {
        Self::new(StatusCode::PRECONDITION_REQUIRED, "if_match_required", "Say which version is changed")
            .detail("send If-Match with the entity tag that was read")
    }

    /// Something the server could not do; the reason is in its log.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The server could not do this")
    }

    /// Any status that actix itself answered with.
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::no_such_path(),
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(status, "too_large", "The body is too large"),
            status if status.is_client_error() => Self::new(status, "malformed", "The request cannot be read"),
            _ => Self::internal(),
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// What it says, for a person: the sentence about this occurrence, or else about its kind.
    #[must_use]
    pub fn words(&self) -> &str {
        self.0.detail.as_deref().unwrap_or(self.0.title)
    }

    /// Its members, but for the request it answers.
    #[must_use]
    pub fn told(&self) -> Value {
        let mut body = json!({
            "type": format!("urn:stillpoint:problem:{}", self.0.code),
            "title": self.0.title,
            "status": self.0.status.as_u16(),
            "code": self.0.code,
        });
        if let Some(members) = body.as_object_mut() {
            members.extend(self.0.detail.iter().map(|detail| ("detail".to_owned(), detail.clone().into())));
            if !self.0.violations.is_empty() {
                members.insert("violations".to_owned(), json!(self.0.violations));
            }
            members.extend(self.0.more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        }
        body
    }

    /// The response, naming the request it answers.
    pub fn respond(&self, request: Option<uuid::Uuid>) -> HttpResponse {
        let mut body = self.told();
        if let (Some(members), Some(id)) = (body.as_object_mut(), request) {
            members.insert("request_id".to_owned(), id.to_string().into());
        }
        let mut response = HttpResponse::build(self.0.status);
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        match self.0.status {
            StatusCode::UNAUTHORIZED => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer"));
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                response.insert_header((RETRY_AFTER, RETRY_SECONDS));
            }
            _ => {}
        }
        if let Some(allow) = &self.0.allow {
            response.insert_header((ALLOW, allow.as_str()));
        }
        response.body(body.to_string())
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }

    fn error_response(&self) -> HttpResponse {
        self.respond(None)
    }
}

impl From<Stop> for Problem {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(refusal) | Stop::RefusedWith(refusal, _) => refusal.into(),
            Stop::Fault(fault) => fault.into(),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            fault @ (Fault::Overloaded | Fault::Retry | Fault::Unreachable(_)) => {
                tracing::warn!(%fault, "a request was turned away");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", "The server is busy; try again shortly")
            }
            fault
            @ (Fault::Constraint(_) | Fault::Store(_) | Fault::Corrupt(_) | Fault::Vault(_) | Fault::Panicked) => {
                tracing::error!(%fault, "a request failed");
                Self::internal()
            }
        }
    }
}

impl From<Refusal> for Problem {
    #[allow(clippy::too_many_lines, reason = "one line a refusal, in one place, is the point")]
    fn from(refusal: Refusal) -> Self {
        const CONFLICT: StatusCode = StatusCode::CONFLICT;
        const RULE: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
        match refusal {
            Refusal::Unauthenticated => Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in first"),
            Refusal::WrongCredentials => {
                Self::new(StatusCode::UNAUTHORIZED, "wrong_credentials", "The e-mail and password do not go together")
            }
            Refusal::Forbidden { operation } => {
                Self::new(StatusCode::FORBIDDEN, "forbidden", "Your role may not do this")
                    .with("operation", operation.into())
            }
            Refusal::StepUpRequired => {
                Self::new(StatusCode::FORBIDDEN, "step_up_required", "Show once more that it is you, then sign")
                    .detail("POST /auth/step-up is good for 15 minutes in the session it is sent in")
            }
            Refusal::NotThere => Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here"),
            Refusal::LinkSpent => {
                Self::new(StatusCode::GONE, "link_spent", "The link or code is wrong, was used, or is too old")
            }
            Refusal::Fields(violations) => {
                Self::new(RULE, "invalid_fields", "Some values cannot be accepted").violations(violations)
            }
            Refusal::AlreadyExists { pointer } => Self::new(CONFLICT, "already_exists", "This exists already")
                .violations(vec![Violation::at(pointer, "already_exists", "is taken")]),
            Refusal::VersionMismatch => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "version_mismatch",
                "It was changed since it was read; read it again",
            ),
            Refusal::DraftKeptBeside { note, sibling } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "version_mismatch",
                "It was changed since it was read; what you sent is kept beside it",
            )
            .with("note_id", json!(note))
            .with("sibling_id", json!(sibling))
            .with("sibling", format!("/api/v1/session-notes/{note}/siblings/{sibling}").into()),
            Refusal::InvalidTransition { what, from, step } => {
                Self::new(CONFLICT, "invalid_transition", "Its state does not allow this")
                    .detail(format!("a {what} that is {from} cannot {step}"))
                    .with("state", from.into())
            }
            Refusal::IdempotencyKeyReused => {
                Self::new(RULE, "idempotency_key_reused", "This idempotency key came with another body before")
            }
            Refusal::IdempotencyInProgress => {
                Self::new(CONFLICT, "idempotency_in_progress", "The same request is being carried out")
            }
            Refusal::PolicyViolation { rule, detail } => {
                Self::new(RULE, "policy_violation", "A rule of the practice forbids it")
                    .detail(detail)
                    .with("rule", rule.into())
            }
            Refusal::SlotUnavailable { alternatives } => {
                Self::new(CONFLICT, "slot_unavailable", "That time is taken").with("alternatives", json!(alternatives))
            }
            Refusal::SlotHoldExpired => {
                Self::new(StatusCode::GONE, "slot_hold_expired", "The slot is no longer held; choose a time anew")
            }
            Refusal::OfferGone => Self::new(StatusCode::GONE, "offer_gone", "It is offered no longer"),
            Refusal::RoomUnavailable => Self::new(CONFLICT, "room_unavailable", "No room is free at that time"),
            Refusal::ClientAlreadyBooked => {
                Self::new(CONFLICT, "client_already_booked", "The client has another session at that time")
            }
            Refusal::SeriesUnavailable { occurrences } => {
                Self::new(CONFLICT, "series_unavailable", "The course cannot be had as it is asked for")
                    .with("occurrences", occurrences.into_iter().map(occurrence).collect())
            }
            Refusal::TooSoon { earliest } => {
                Self::new(RULE, "too_soon", "That is too soon").with("earliest", json!(earliest))
            }
            Refusal::TooFarAhead { latest } => {
                Self::new(RULE, "too_far_ahead", "That is too far ahead").with("latest", json!(latest))
            }
            Refusal::OutsideAvailability => Self::new(RULE, "outside_availability", "The therapist does not work then"),
            Refusal::NotOnGrid { minutes } => {
                Self::new(RULE, "not_on_grid", "Sessions do not start at that minute").with("minutes", minutes.into())
            }
            Refusal::LimitReached { limit } => Self::new(RULE, "limit_reached", "No more can be booked there")
                .detail(format!("the limit of {} is reached", limit.replace('_', " ")))
                .with("limit", limit.into()),
            Refusal::NonexistentLocalTime => {
                Self::new(RULE, "nonexistent_local_time", "The clocks skip that local time")
            }
            Refusal::AmbiguousLocalTime => {
                Self::new(RULE, "ambiguous_local_time", "The clocks show that local time twice; add its offset")
            }
            Refusal::TherapistNotEligible { missing } => {
                Self::new(RULE, "therapist_not_eligible", "The therapist lacks a required credential on that date")
                    .with("missing", credentials(missing))
            }
            Refusal::CertificationExpired { missing } => {
                Self::new(RULE, "certification_expired", "A required credential has run out by that date")
                    .with("missing", credentials(missing))
            }
            Refusal::CancellationWindowPassed => Self::new(
                RULE,
                "cancellation_window_passed",
                "It is too late to change this by yourself; call the practice",
            ),
            Refusal::IntakeRequired => {
                Self::new(RULE, "intake_required", "The health-history form must be answered first")
            }
            Refusal::Blocked { blocks } => {
                Self::new(CONFLICT, "blocked", "The booking has open blocks").with("blocks", json!(blocks))
            }
            Refusal::ClearanceRequired { findings } => {
                Self::new(RULE, "clearance_required", "A written medical clearance is needed")
                    .with("findings", json!(findings))
            }
            Refusal::Contraindicated { findings } => {
                Self::new(RULE, "contraindicated", "A finding speaks against the session")
                    .with("findings", json!(findings))
            }
            Refusal::ScreeningBlocked => Self::new(RULE, "screening_blocked", "Screening does not allow the session"),
            Refusal::ContradictoryAnswers(violations) => {
                Self::new(RULE, "contradictory_answers", "Some answers contradict each other").violations(violations)
            }
            Refusal::GuardianRequired => Self::new(RULE, "guardian_required", "A guardian must do this"),
            Refusal::ConsentRequired => Self::new(RULE, "consent_required", "Consent must be given first"),
        }
    }
}

fn occurrence(answer: OccurrenceAnswer) -> Value {
    let OccurrenceAnswer { ordinal, start, refusal } = answer;
    match refusal.map(Problem::from) {
        None => json!({ "ordinal": ordinal, "starts_at": start, "possible": true }),
        Some(problem) => json!({
            "ordinal": ordinal, "starts_at": start, "possible": false, "code": problem.code(), "problem": problem.told(),
        }),
    }
}

fn credentials(missing: Vec<MissingCredential>) -> Value {
    json!(missing)
}
