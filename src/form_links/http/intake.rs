//! Answering and handing in the form that a link opens.

use actix_web::{get, patch, post};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::form_links::acts;
use crate::http::answer::versioned;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, Guard, IfMatch, Json};
use crate::intake::model::response::{IntakeResponse, ResponseState};
use crate::kernel::form_link::FormSubject;
use crate::kernel::ids::IntakeResponseId;
use crate::{intake, policies};

policies! {
    /// Reading the questions of the form that a link opens.
    ReadLinkedQuestions = "form_links.read_questions": form_link;
    /// Answering.
    GiveLinkedAnswers = "form_links.answer": form_link;
    /// Handing in.
    SubmitLinkedForm = "form_links.submit": form_link;
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(read_linked_questions).service(give_linked_answers).service(submit_linked_form);
}

/// What the form asks.
#[derive(Serialize, ToSchema)]
struct LinkedQuestionsView {
    /// Which version of the form it is.
    number: i32,
    /// SHA-256 of the definition as published.
    content_hash: String,
    #[schema(value_type = Object)]
    definition: Value,
    version: i32,
}

/// Read the questions of the form that a form link opens
#[utoipa::path(tag = "form links", security(("form" = [])),
    responses((status = 200, body = LinkedQuestionsView), (status = 404, description = "not_found"),
        (status = 410, description = "link_spent")))]
#[get("/form-link/intake/questions")]
async fn read_linked_questions(guard: Guard<ReadLinkedQuestions>) -> Answer {
    let (asked, version) = guard
        .read(|view| {
            let bearer = acts::opened(view, FormSubject::IntakeResponse)?;
            intake::questions(view, IntakeResponseId(bearer.subject_id))
        })
        .await?;
    let intake::Questions { number, content_hash, definition } = asked;
    versioned(version, &LinkedQuestionsView { number, content_hash, definition, version })
}

/// Answers to give and to take back.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"answers": {"goals": "an hour of quiet"}}))]
struct LinkedAnswersAsk {
    /// A value answers a question anew, `null` takes the answer back, and what is not named stays as it is.
    #[schema(value_type = Object)]
    answers: Map<String, Value>,
}

/// Where the form stands.
#[derive(Serialize, ToSchema)]
struct LinkedFormView {
    state: ResponseState,
    version: i32,
}

impl From<IntakeResponse> for LinkedFormView {
    fn from(response: IntakeResponse) -> Self {
        Self { state: response.state, version: response.version }
    }
}

/// Answer some of the questions of the form that a form link opens
///
/// What was answered is kept, and shown over no link.
#[utoipa::path(tag = "form links", security(("form" = [])), request_body = LinkedAnswersAsk, params(IfMatchHeader),
    responses((status = 200, body = LinkedFormView), (status = 404, description = "not_found"),
        (status = 409, description = "invalid_transition"), (status = 410, description = "link_spent")))]
#[patch("/form-link/intake/answers")]
async fn give_linked_answers(guard: Guard<GiveLinkedAnswers, (IfMatch, Json<LinkedAnswersAsk>)>) -> Answer {
    let (IfMatch(version), Json(ask)) = guard.input.clone();
    let vault = guard.vault();
    let response = guard.write(move |tx| acts::answer(tx, &vault, version, &ask.answers)).await?;
    versioned(response.version, &LinkedFormView::from(response))
}

/// Hand in the form that a form link opens
///
/// The answers are screened in the same step, and the link ends with it.
#[utoipa::path(tag = "form links", security(("form" = [])), params(IfMatchHeader),
    responses((status = 200, body = LinkedFormView), (status = 404, description = "not_found"),
        (status = 409, description = "invalid_transition"), (status = 410, description = "link_spent"),
        (status = 422, description = "invalid_fields, contradictory_answers")))]
#[post("/form-link/intake/submit")]
async fn submit_linked_form(guard: Guard<SubmitLinkedForm, IfMatch>) -> Answer {
    let IfMatch(version) = guard.input;
    let vault = guard.vault();
    let response = guard.write(move |tx| acts::submit(tx, &vault, version)).await?;
    versioned(response.version, &LinkedFormView::from(response))
}
