//! Answering, and handing in.

use actix_web::{get, patch, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::responses::ResponseView;
use crate::http::answer::versioned;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::intake::acts;
use crate::intake::sight::{Needs, response};
use crate::intake::store::answers;
use crate::kernel::ids::IntakeResponseId;
use crate::policies;

policies! {
    /// Reading answers.
    SeeAnswers = "intake_responses.see_answers": [Client, Therapist];
    /// Answering.
    GiveAnswers = "intake_responses.answer": [Client];
    /// Handing in.
    SubmitResponse = "intake_responses.submit": [Client];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(see_answers).service(give_answers).service(submit_response);
}

/// What was answered.
#[derive(Serialize, ToSchema)]
struct AnswersView {
    response_id: IntakeResponseId,
    version: i32,
    /// The answers by question.
    #[schema(value_type = Object)]
    answers: Map<String, Value>,
}

/// Read the answers of a response
///
/// For the client, who acts for them, and who treats them. Every look is recorded.
#[utoipa::path(tag = "intake", responses((status = 200, body = AnswersView), (status = 410, description = "erased")))]
#[get("/intake-responses/{id}/answers")]
async fn see_answers(guard: Guard<SeeAnswers, At<IntakeResponseId>>) -> Answer {
    let id = guard.input.0;
    let look = guard
        .write(move |tx| {
            let response = response(tx, id, Needs::Content)?;
            tx.look("intake_response.answers_viewed", id, response.client)
        })
        .await?;
    let vault = guard.vault();
    let view = guard
        .read(move |view| {
            let response = response(view, id, Needs::Content)?;
            let answers = answers::open(view, &vault, &look, &response)?;
            Ok(AnswersView { response_id: id, version: response.version, answers })
        })
        .await?;
    versioned(view.version, &view)
}

/// Answers to give and to take back.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answers": {"goals": "an hour of quiet", "concussion": {"status": "past", "onset": "2019-05-31"}, "pregnant": null}}))]
struct AnswersAsk {
    /// A value answers a question anew, `null` takes the answer back, and what is not named stays as it is.
    #[schema(value_type = Object)]
    answers: Map<String, Value>,
}

/// Answer some of the questions
///
/// An answer to a question that others have since hidden is kept until the form is handed in, and then dropped.
#[utoipa::path(tag = "intake", request_body = AnswersAsk, params(IfMatchHeader),
    responses((status = 200, body = ResponseView), (status = 409, description = "invalid_transition")))]
#[patch("/intake-responses/{id}/answers")]
async fn give_answers(guard: Guard<GiveAnswers, (At<IntakeResponseId>, IfMatch, Json<AnswersAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let vault = guard.vault();
    let response = guard.write(move |tx| acts::answer(tx, &vault, (id, version), &ask.answers)).await?;
    versioned(response.version, &ResponseView::of(response))
}

/// Hand the answers in
///
/// They are screened in the same step. Handing in again what was just handed in changes nothing.
#[utoipa::path(tag = "intake", params(IfMatchHeader),
    responses((status = 200, body = ResponseView), (status = 409, description = "invalid_transition"),
        (status = 422, description = "invalid_fields, contradictory_answers, guardian_required")))]
#[post("/intake-responses/{id}/submit")]
async fn submit_response(guard: Guard<SubmitResponse, (At<IntakeResponseId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    let vault = guard.vault();
    let response = guard.write(move |tx| acts::submit(tx, &vault, id, version)).await?;
    versioned(response.version, &ResponseView::of(response))
}
