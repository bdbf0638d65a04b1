//! Beginning with what was said before: changing some of it, or attesting that nothing has changed.

use actix_web::post;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::responses::ResponseView;
use crate::http::answer::{created, made, versioned};
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::intake::acts::carrying;
use crate::kernel::ids::IntakeResponseId;
use crate::kernel::refusal::{Refusal, Violation};
use crate::policies;

policies! {
    /// Beginning with earlier answers.
    PrefillResponse = "intake_responses.prefill": [Client];
    /// Saying that nothing has changed.
    AttestResponse = "intake_responses.attest": [Client];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(prefill_response).service(attest_response);
}

/// Where to begin.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"from": "0197a3a0-5b1e-7c3d-8f00-000000000001"}))]
struct PrefillAsk {
    /// A response that the client has handed in.
    from: IntakeResponseId,
}

/// Begin with the answers of an earlier response
///
/// What fits the questions asked now is copied; what is answered already stays, and signatures are given anew.
#[utoipa::path(tag = "intake", request_body = PrefillAsk, params(IfMatchHeader),
    responses((status = 200, body = ResponseView), (status = 409, description = "invalid_transition")))]
#[post("/intake-responses/{id}/prefill")]
async fn prefill_response(guard: Guard<PrefillResponse, (At<IntakeResponseId>, IfMatch, Json<PrefillAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let vault = guard.vault();
    let from = (ask.from, "/from");
    let response = guard.write(move |tx| carrying::prefill(tx, &vault, (id, version), from)).await?;
    versioned(response.version, &ResponseView::of(response))
}

/// What is attested.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"nothing_has_changed": true}))]
struct AttestAsk {
    /// That everything answered then is so today. Whoever cannot say it answers the form.
    nothing_has_changed: bool,
}

/// Attest that nothing has changed since a response was handed in
///
/// A new response with the same answers is made, screened on this day, and stands in the place of the one named, which must be the one that
/// counts today and of the form as it is asked now.
#[utoipa::path(tag = "intake", request_body = AttestAsk, params(IdempotencyHeader),
    responses((status = 201, body = ResponseView), (status = 409, description = "invalid_transition"),
        (status = 422, description = "invalid_fields, policy_violation (intake_expired, form_changed)")))]
#[post("/intake-responses/{id}/attest")]
async fn attest_response(guard: Guard<AttestResponse, (At<IntakeResponseId>, Json<AttestAsk>)>) -> Answer {
    let (At(id), Json(ask)) = guard.input.clone();
    let vault = guard.vault();
    let receipt = guard
        .create(move |tx| {
            if !ask.nothing_has_changed {
                let why = "Only who can say so attests it.";
                return Err(Refusal::Fields(vec![Violation::at("/nothing_has_changed", "not_attested", why)]).into());
            }
            let response = carrying::attest(tx, &vault, id)?;
            let location = format!("/api/v1/intake-responses/{}", response.id);
            created(location, response.version, &ResponseView::of(response))
        })
        .await?;
    made(&receipt)
}
