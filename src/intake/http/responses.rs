//! Responses: that there is a form and where it stands. The desk sees as much and no more, and whoever may know more reads what was answered
//! and found where the look is recorded.

use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::answer::{created, made, shown, versioned};
use crate::http::extract::page_ask;
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, At, Guard, Json, Query};
use crate::intake::acts::carrying;
use crate::intake::model::response::{AnsweredAs, IntakeResponse, ResponseState};
use crate::intake::sight::{Needs, response, sight};
use crate::intake::{acts, store};
use crate::kernel::ids::{AccountId, BookingId, ClientId, FormId, FormVersionId, IntakeResponseId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Listing a client's responses.
    ListResponses = "intake_responses.list": [Client, Therapist, FrontDesk, Admin];
    /// Giving a client a form to answer.
    IssueResponse = "intake_responses.issue": [Client, Therapist, FrontDesk, Admin];
    /// Seeing where a response stands.
    SeeResponse = "intake_responses.see": [Client, Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_responses).service(issue_response).service(see_response);
}

/// A response without its answers and what screening made of them.
#[derive(Serialize, ToSchema)]
pub(super) struct ResponseView {
    id: IntakeResponseId,
    client_id: ClientId,
    /// The booking that asked for it, if one did.
    booking_id: Option<BookingId>,
    form_version_id: FormVersionId,
    state: ResponseState,
    due_at: Option<Timestamp>,
    submitted_at: Option<Timestamp>,
    created_at: Timestamp,
    /// Who answered last, or handed it in: `own` the client, a `guardian`, or whoever was given a `link` or the practice's `tablet`.
    answered_as: Option<AnsweredAs>,
    answered_by: Option<AccountId>,
    /// The earlier response whose answers it began with.
    carried_from: Option<IntakeResponseId>,
    /// When it was attested that nothing has changed since.
    attested_at: Option<Timestamp>,
    version: i32,
}

impl ResponseView {
    pub(super) fn of(response: IntakeResponse) -> Self {
        Self {
            id: response.id,
            client_id: response.client,
            booking_id: response.booking,
            form_version_id: response.form_version,
            state: response.state,
            due_at: response.due_at,
            submitted_at: response.submitted_at,
            created_at: response.created_at,
            answered_as: response.answerer.map(|answerer| answerer.capacity),
            answered_by: response.answerer.and_then(|answerer| answerer.account),
            carried_from: response.carried_from,
            attested_at: response.attested_at,
            version: response.version,
        }
    }
}

/// A page of responses.
#[derive(Serialize, ToSchema)]
struct ResponsesView {
    items: Vec<ResponseView>,
    next_cursor: Option<uuid::Uuid>,
}

/// Whose responses, in which state.
#[derive(Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ResponsesQuery {
    /// Whose; one's own, if not said.
    client_id: Option<ClientId>,
    /// Only those in this state.
    state: Option<ResponseState>,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<uuid::Uuid>,
}

/// List a client's responses, oldest first
#[utoipa::path(tag = "intake", params(ResponsesQuery), responses((status = 200, body = ResponsesView)))]
#[get("/intake-responses")]
async fn list_responses(guard: Guard<ListResponses, Query<ResponsesQuery>>) -> Answer {
    let query = guard.input.0.clone();
    let ask = page_ask(query.limit, query.cursor)?;
    let page = guard
        .read(move |view| {
            let unnamed = || Refusal::Fields(vec![Violation::at("client_id", "missing", "is required")]);
            let client = query.client_id.or(view.actor().client()).ok_or_else(unnamed)?;
            sight(view, client, Needs::Status)?;
            let page = store::responses(view, client, query.state, ask)?;
            Ok(page.map(ResponseView::of))
        })
        .await?;
    shown(&ResponsesView { items: page.items, next_cursor: page.next_cursor })
}

/// Whom to give a form.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"client_id": "0197a3a0-5b1e-7c3d-8f00-000000000001"}))]
struct IssueAsk {
    client_id: ClientId,
    /// Which form; the health history, if not said.
    form_id: Option<FormId>,
    /// A response that the client has handed in, to begin with its answers; for the client and who acts for them.
    prefill_from: Option<IntakeResponseId>,
}

/// Give a client a form to answer
///
/// The newest version of it. A client has one open response at a time.
#[utoipa::path(tag = "intake", request_body = IssueAsk, params(IdempotencyHeader),
    responses((status = 201, body = ResponseView), (status = 404, description = "not_found"), (status = 409, description = "already_exists")))]
#[post("/intake-responses")]
async fn issue_response(guard: Guard<IssueResponse, Json<IssueAsk>>) -> Answer {
    let IssueAsk { client_id, form_id, prefill_from } = guard.input.0.clone();
    let vault = guard.vault();
    let receipt = guard
        .create(move |tx| {
            let issued = acts::issue(tx, client_id, form_id)?;
            let response = match prefill_from {
                Some(from) => carrying::prefill(tx, &vault, (issued.id, issued.version), (from, "/prefill_from"))?,
                None => issued,
            };
            let location = format!("/api/v1/intake-responses/{}", response.id);
            created(location, response.version, &ResponseView::of(response))
        })
        .await?;
    made(&receipt)
}

/// See where a response stands
#[utoipa::path(tag = "intake", responses((status = 200, body = ResponseView)))]
#[get("/intake-responses/{id}")]
async fn see_response(guard: Guard<SeeResponse, At<IntakeResponseId>>) -> Answer {
    let id = guard.input.0;
    let response = guard.read(move |view| response(view, id, Needs::Status)).await?;
    versioned(response.version, &ResponseView::of(response))
}
