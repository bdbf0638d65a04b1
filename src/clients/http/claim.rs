//! Taking over a record that staff made.

use actix_web::post;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::record::ClientView;
use crate::accounts;
use crate::clients::model::ClaimCode;
use crate::clients::store;
use crate::db::Lock;
use crate::http::answer::{created, made, versioned};
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, At, Guard, Json};
use crate::kernel::ids::ClientId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Making a code by which a person takes over their record.
    IssueClaimCode = "claim_codes.issue": [FrontDesk, Admin];
    /// Taking a record over.
    ClaimRecord = "clients.claim": [Client];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(issue_claim_code).service(claim_record);
}

/// A code to hand to the person.
#[derive(Serialize, ToSchema)]
struct ClaimCodeView {
    client_id: ClientId,
    expires_at: Timestamp,
    /// Told once, in the answer to its creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

/// Make a single-use code by which a person takes over their record
///
/// Earlier codes for the record stop working. A repeated request with the same idempotency key is answered without the code.
#[utoipa::path(tag = "clients", params(IdempotencyHeader),
    responses((status = 201, body = ClaimCodeView), (status = 409, description = "idempotency_in_progress"), (status = 422, description = "policy_violation")))]
#[post("/clients/{id}/claim-code")]
async fn issue_claim_code(guard: Guard<IssueClaimCode, At<ClientId>>) -> Answer {
    let At(id) = guard.input;
    let (secret, hash) = accounts::secret()?;
    let receipt = guard
        .create(move |tx| {
            tx.lock(&[Lock::Client(id)])?;
            let (actor, now) = (tx.actor(), tx.now());
            let client = store::client(tx, &actor, id)?;
            let code = tx.save(ClaimCode::issue(&client, hash.clone(), now)?)?;
            // The code is added below: what is stored for a repeat must not hold it.
            let view = ClaimCodeView { client_id: id, expires_at: code.expires_at, code: None };
            created(format!("/api/v1/clients/{id}"), client.version, &view)
        })
        .await?;
    let mut told = receipt.clone();
    if let (false, Some(view)) = (receipt.replayed, told.created.body.as_object_mut()) {
        view.insert("code".to_owned(), secret.into());
    }
    made(&told)
}

/// A code from the desk.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "from-the-desk"}))]
struct ClaimAsk {
    code: String,
}

/// Take over the record that staff made for oneself
///
/// It replaces the record the sign-up made, which must not have been used yet.
#[utoipa::path(tag = "clients", request_body = ClaimAsk,
    responses((status = 200, body = ClientView), (status = 410, description = "link_spent")))]
#[post("/clients/claim")]
async fn claim_record(guard: Guard<ClaimRecord, Json<ClaimAsk>>) -> Answer {
    let ask = guard.input.0.clone();
    let client = guard
        .write(move |tx| {
            let actor = tx.actor();
            let account = actor.account().ok_or(Refusal::Unauthenticated)?;
            let found = store::claim_code(tx, &ask.code)?.client;
            let own = actor.client().map(Lock::Client);
            let locks: Vec<Lock> = [Lock::Account(account), Lock::Client(found)].into_iter().chain(own).collect();
            tx.lock(&locks)?;
            let code = store::claim_code(tx, &ask.code)?.redeem(tx.now())?;
            let code = tx.save(code)?;
            let client = store::claimable(tx, &code)?;
            tx.save(client.claim(account, actor.client())?)
        })
        .await?
        .client;
    versioned(client.version, &ClientView::from(&client))
}
