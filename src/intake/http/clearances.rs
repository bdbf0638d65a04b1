//! Written clearances.

use actix_web::{get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::answer::{created, made, shown};
use crate::http::extract::page_ask;
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, Guard, Json, Query};
use crate::intake::acts;
use crate::intake::model::clearance::{Clearance, ClearanceContent, ClearanceDraft};
use crate::intake::sight::{Needs, sight};
use crate::intake::store::clearances;
use crate::kernel::ids::{AccountId, ClearanceId, ClientId, IntakeResponseId};
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Recording a clearance.
    RecordClearance = "clearances.record": [Therapist];
    /// Reading a client's clearances.
    ListClearances = "clearances.list": [Client, Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(record_clearance).service(list_clearances);
}

/// A clearance as the clinician wrote it.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"intake_response_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "clinician_name": "Dr Ida Stern", "profession": "Neurologist",
    "registration": "BE-1234", "findings": ["brain_aneurysm"], "valid_from": "2027-03-01", "valid_until": "2027-09-01", "document_reference": "folder 7"}))]
struct ClearanceAsk {
    intake_response_id: IntakeResponseId,
    clinician_name: String,
    profession: String,
    registration: String,
    /// The codes of the findings it names; it clears those and no others.
    findings: Vec<String>,
    valid_from: NaiveDate,
    /// The last day it is valid.
    valid_until: NaiveDate,
    /// Where the paper is filed.
    document_reference: Option<String>,
    /// How the session will be modified. Asked for by the clearance that covers the last of what is waited for, if a caution remains beside it
    /// and the review did not say. Kept sealed, with the review.
    modification: Option<String>,
}

impl From<ClearanceAsk> for ClearanceDraft {
    fn from(ask: ClearanceAsk) -> Self {
        Self {
            content: ClearanceContent {
                clinician_name: ask.clinician_name,
                profession: ask.profession,
                registration: ask.registration,
                findings: ask.findings,
                document_reference: ask.document_reference,
            },
            valid_from: ask.valid_from,
            valid_until: ask.valid_until,
            modification: ask.modification,
        }
    }
}

/// A clearance without what it says.
#[derive(Serialize, ToSchema)]
struct ClearanceReceipt {
    id: ClearanceId,
    intake_response_id: IntakeResponseId,
    client_id: ClientId,
    valid_from: NaiveDate,
    valid_until: NaiveDate,
    recorded_by: AccountId,
    recorded_at: Timestamp,
}

impl From<&Clearance> for ClearanceReceipt {
    fn from(clearance: &Clearance) -> Self {
        Self {
            id: clearance.id,
            intake_response_id: clearance.response,
            client_id: clearance.client,
            valid_from: clearance.valid_from,
            valid_until: clearance.valid_until,
            recorded_by: clearance.recorded_by,
            recorded_at: clearance.recorded_at,
        }
    }
}

/// A clearance.
#[derive(Serialize, ToSchema)]
struct ClearanceView {
    #[serde(flatten)]
    receipt: ClearanceReceipt,
    clinician_name: String,
    profession: String,
    registration: String,
    findings: Vec<String>,
    document_reference: Option<String>,
}

impl ClearanceView {
    fn of(clearance: &Clearance, content: ClearanceContent) -> Self {
        Self {
            receipt: clearance.into(),
            clinician_name: content.clinician_name,
            profession: content.profession,
            registration: content.registration,
            findings: content.findings,
            document_reference: content.document_reference,
        }
    }
}

/// A page of clearances.
#[derive(Serialize, ToSchema)]
struct ClearancesView {
    items: Vec<ClearanceView>,
    next_cursor: Option<uuid::Uuid>,
}

/// Record a written clearance that a reviewed response waits for
///
/// It names at least one finding that is waited for. The response is screened again with all of the client's clearances, and cleared once they
/// cover everything that is; no clearance lifts a caution. A response that was cleared before takes a clearance for further days.
#[utoipa::path(tag = "intake", request_body = ClearanceAsk, params(IdempotencyHeader),
    responses((status = 201, body = ClearanceReceipt), (status = 404, description = "not_found"), (status = 409, description = "invalid_transition")))]
#[post("/clearances")]
async fn record_clearance(guard: Guard<RecordClearance, Json<ClearanceAsk>>) -> Answer {
    let ask = guard.input.0.clone();
    let vault = guard.vault();
    let receipt = guard
        .create(move |tx| {
            let clearance = acts::clear(tx, &vault, ask.intake_response_id, ask.clone().into())?;
            // What it says stays out of the receipt, which is kept for a repeat and is not sealed.
            created(
                format!("/api/v1/clearances?client_id={}", clearance.client),
                1,
                &ClearanceReceipt::from(&clearance),
            )
        })
        .await?;
    made(&receipt)
}

/// Whose clearances.
#[derive(Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ClearancesQuery {
    client_id: ClientId,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<uuid::Uuid>,
}

/// Read a client's clearances, oldest first
///
/// For the client, who acts for them, and who treats them. Every look is recorded.
#[utoipa::path(tag = "intake", params(ClearancesQuery),
    responses((status = 200, body = ClearancesView), (status = 404, description = "not_found"), (status = 410, description = "erased")))]
#[get("/clearances")]
async fn list_clearances(guard: Guard<ListClearances, Query<ClearancesQuery>>) -> Answer {
    let query = guard.input.0.clone();
    let ask = page_ask(query.limit, query.cursor)?;
    let client = query.client_id;
    let look = guard
        .write(move |tx| {
            sight(tx, client, Needs::Content)?;
            tx.look("clearance.listed", client, client)
        })
        .await?;
    let vault = guard.vault();
    let page = guard
        .read(move |view| {
            sight(view, client, Needs::Content)?;
            let page = clearances::clearances(view, client, ask)?;
            let items = page.items.iter().map(|clearance| {
                let content = clearances::open(view, &vault, &look, clearance)?;
                Ok(ClearanceView::of(clearance, content))
            });
            Ok(ClearancesView { items: items.collect::<Result<_, crate::db::Stop>>()?, next_cursor: page.next_cursor })
        })
        .await?;
    shown(&page)
}
