//! What screening found and what the therapist concluded.

use actix_web::{get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::documents::clinical_review;
use super::responses::ResponseView;
use crate::db::{Look, Stop, View};
use crate::http::answer::{shown, versioned};
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::intake::acts;
use crate::intake::model::response::{IntakeResponse, Verdict};
use crate::intake::model::ruleset::{Level, Ruleset};
use crate::intake::model::screening::{Hit, Reason};
use crate::intake::sight::{Needs, response};
use crate::intake::store::{clearances, decisions, documents};
use crate::kernel::ids::{AccountId, IntakeResponseId, RulesetId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::policies;
use crate::vault::Vault;

policies! {
    /// Reading what screening found.
    SeeScreening = "intake_responses.see_screening": [Client, Therapist];
    /// Reviewing a response.
    ReviewResponse = "intake_responses.review": [Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(see_screening).service(review_response);
}

/// What screening found, by which rules.
#[derive(Serialize, ToSchema)]
struct ScreeningView {
    response_id: IntakeResponseId,
    outcome: Level,
    /// Everything reported, the strictest first.
    hits: Vec<HitView>,
    ruleset_id: RulesetId,
    ruleset_number: i32,
    /// `clinically reviewed` or `not clinically reviewed`.
    clinical_review: &'static str,
    decided_at: Timestamp,
    /// The first day a clearance makes this hold on; absent where none does.
    holds_from: Option<NaiveDate>,
    /// The last such day.
    holds_until: Option<NaiveDate>,
    /// What the therapist concluded, once they have.
    review: Option<ReviewView>,
}

/// A finding that was reported.
#[derive(Serialize, ToSchema)]
struct HitView {
    finding: String,
    name: String,
    level: Level,
    reason: Reason,
}

/// What the therapist concluded.
#[derive(Serialize, ToSchema)]
struct ReviewView {
    verdict: Verdict,
    modification: Option<String>,
    reviewed_by: AccountId,
    reviewed_at: Timestamp,
}

impl HitView {
    fn of(hit: Hit, rules: &Ruleset) -> Self {
        let name = rules.name_of(&hit.finding).unwrap_or(&hit.finding).to_owned();
        Self { finding: hit.finding, name, level: hit.level, reason: hit.reason }
    }
}

impl ScreeningView {
    fn read(view: &mut View<'_>, vault: &Vault, look: &Look, response: &IntakeResponse) -> Result<Self, Stop> {
        let decision = decisions::decisions(view, response.id)?.into_iter().next().ok_or(Refusal::NotThere)?;
        let screening = decisions::open(view, vault, look, &decision)?;
        let ruleset = documents::ruleset(view, decision.ruleset_id)?;
        let rules = ruleset.read()?;
        let review = clearances::last_review(view, vault, look, response)?;
        Ok(Self {
            response_id: response.id,
            outcome: screening.outcome,
            hits: screening.hits.into_iter().map(|hit| HitView::of(hit, &rules)).collect(),
            ruleset_id: ruleset.id,
            ruleset_number: ruleset.number,
            clinical_review: clinical_review(rules.is_clinically_reviewed()),
            decided_at: decision.decided_at,
            holds_from: decision.holds_from,
            holds_until: decision.holds_until,
            review: review.map(|(review, modification)| ReviewView {
                verdict: review.verdict,
                modification,
                reviewed_by: review.reviewed_by,
                reviewed_at: review.reviewed_at,
            }),
        })
    }
}

/// Read what screening found
///
/// For the client, who acts for them, and who treats them. Every look is recorded.
#[utoipa::path(tag = "intake", responses((status = 200, body = ScreeningView), (status = 410, description = "erased")))]
#[get("/intake-responses/{id}/screening")]
async fn see_screening(guard: Guard<SeeScreening, At<IntakeResponseId>>) -> Answer {
    let id = guard.input.0;
    let look = guard
        .write(move |tx| {
            let response = response(tx, id, Needs::Content)?;
            if response.submitted_at.is_none() {
                return Err(Refusal::NotThere.into());
            }
            tx.look("intake_response.screening_viewed", id, response.client)
        })
        .await?;
    let vault = guard.vault();
    let view = guard
        .read(move |view| {
            let response = response(view, id, Needs::Content)?;
            ScreeningView::read(view, &vault, &look, &response)
        })
        .await?;
    shown(&view)
}

/// A therapist's conclusion.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"verdict": "clear", "modification": "no work on the left ankle"}))]
struct ReviewAsk {
    verdict: Verdict,
    /// How the session will be modified; a caution asks for it. Kept sealed.
    modification: Option<String>,
}

/// Review a screened response
///
/// The conclusion may be stricter than the screening and never milder.
#[utoipa::path(tag = "intake", request_body = ReviewAsk, params(IfMatchHeader),
    responses((status = 200, body = ResponseView), (status = 409, description = "invalid_transition"),
        (status = 422, description = "invalid_fields, policy_violation")))]
#[post("/intake-responses/{id}/review")]
async fn review_response(guard: Guard<ReviewResponse, (At<IntakeResponseId>, IfMatch, Json<ReviewAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let vault = guard.vault();
    let response = guard
        .write(move |tx| acts::review(tx, &vault, (id, version), (ask.verdict, ask.modification.as_deref())))
        .await?;
    versioned(response.version, &ResponseView::of(response))
}
