//! Judging credentials, which nobody does with their own.

use actix_web::post;
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::holding::{anew, locked};
use super::view::CredentialView;
use crate::credentials::model::{Asserted, Credential, Method, Occasion, Statement};
use crate::http::answer::versioned;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::kernel::actor::Policy;
use crate::kernel::change::Change;
use crate::kernel::ids::CredentialId;
use crate::kernel::refusal::Refusal;
use crate::policies;

policies! {
    /// Saying that a credential was checked and holds.
    VerifyCredential = "credentials.verify": [Verifier, Admin];
    /// Saying that a credential was checked and does not hold.
    RejectCredential = "credentials.reject": [Verifier, Admin];
    /// Taking a credential's force for the time being.
    SuspendCredential = "credentials.suspend": [Verifier, Admin];
    /// Giving a credential its force back.
    ReinstateCredential = "credentials.reinstate": [Verifier, Admin];
    /// Taking a credential's force for good.
    RevokeCredential = "credentials.revoke": [Verifier, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(verify_credential)
        .service(reject_credential)
        .service(suspend_credential)
        .service(reinstate_credential)
        .service(revoke_credential);
}

/// What is said of a credential.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"effective_on": "2027-03-01", "method": "primary_source", "source": "The register of the issuer, entry 4711"}))]
struct StatementAsk {
    /// The day from which it is so; today, if not said, and never a day to come.
    effective_on: Option<NaiveDate>,
    /// On what ground; a verification needs one.
    method: Option<Method>,
    /// Why; everything but a verification needs it.
    reason: Option<String>,
    /// What was consulted; a verification needs it.
    source: Option<String>,
}

/// A judgement's request.
type Judgement<P> = Guard<P, (At<CredentialId>, IfMatch, Json<StatementAsk>)>;

/// Say that a credential was checked and holds
#[utoipa::path(tag = "credentials", request_body = StatementAsk, params(IfMatchHeader),
    responses((status = 200, body = CredentialView), (status = 409, description = "invalid_transition")))]
#[post("/credentials/{id}/verify")]
async fn verify_credential(guard: Judgement<VerifyCredential>) -> Answer {
    judge(&guard, Credential::verify).await
}

/// Say that a credential was checked and does not hold
#[utoipa::path(tag = "credentials", request_body = StatementAsk, params(IfMatchHeader),
    responses((status = 200, body = CredentialView), (status = 409, description = "invalid_transition")))]
#[post("/credentials/{id}/reject")]
async fn reject_credential(guard: Judgement<RejectCredential>) -> Answer {
    judge(&guard, Credential::reject).await
}

/// Take a credential's force for the time being
#[utoipa::path(tag = "credentials", request_body = StatementAsk, params(IfMatchHeader),
    responses((status = 200, body = CredentialView), (status = 409, description = "invalid_transition")))]
#[post("/credentials/{id}/suspend")]
async fn suspend_credential(guard: Judgement<SuspendCredential>) -> Answer {
    judge(&guard, Credential::suspend).await
}

/// Give a credential its force back
#[utoipa::path(tag = "credentials", request_body = StatementAsk, params(IfMatchHeader),
    responses((status = 200, body = CredentialView), (status = 409, description = "invalid_transition")))]
#[post("/credentials/{id}/reinstate")]
async fn reinstate_credential(guard: Judgement<ReinstateCredential>) -> Answer {
    judge(&guard, Credential::reinstate).await
}

/// Take a credential's force for good
#[utoipa::path(tag = "credentials", request_body = StatementAsk, params(IfMatchHeader),
    responses((status = 200, body = CredentialView), (status = 409, description = "invalid_transition")))]
#[post("/credentials/{id}/revoke")]
async fn revoke_credential(guard: Judgement<RevokeCredential>) -> Answer {
    judge(&guard, Credential::revoke).await
}

type Step = fn(Credential, Statement, Occasion) -> Result<Change<Asserted>, Refusal>;

async fn judge<P: Policy>(guard: &Judgement<P>, step: Step) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let statement =
        Statement { effective_on: ask.effective_on, method: ask.method, reason: ask.reason, source: ask.source };
    let view = guard
        .write(move |tx| {
            let (credential, occasion) = locked(tx, id, version)?;
            tx.save(step(credential, statement.clone(), occasion)?)?;
            anew(tx, id)
        })
        .await?;
    versioned(view.version, &view)
}
