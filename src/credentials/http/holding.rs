//! Putting credentials forward, and seeing them.

use actix_web::{get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::view::{CredentialView, Today};
use crate::credentials::model::{Credential, CredentialDraft, CredentialState, Occasion};
use crate::credentials::store::{self, Wanted};
use crate::db::{Created, Lock, Stop, Tx};
use crate::http::answer::{created, made, shown, versioned};
use crate::http::extract::page_ask;
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json, Query};
use crate::kernel::actor::{Policy, Role};
use crate::kernel::ids::{CredentialId, CredentialTypeId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::therapists::model::Therapist;
use crate::{places, policies, therapists};

policies! {
    /// Putting a credential forward.
    SubmitCredential = "credentials.submit": [Admin, Therapist];
    /// Listing credentials.
    ListCredentials = "credentials.list": [Admin, Verifier, Therapist];
    /// Seeing a credential.
    SeeCredential = "credentials.see": [Admin, Verifier, Therapist];
    /// Putting a rejected credential forward again.
    ResubmitCredential = "credentials.resubmit": [Admin, Therapist];
    /// Putting forward what follows a credential.
    RenewCredential = "credentials.renew": [Admin, Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(submit_credential)
        .service(list_credentials)
        .service(see_credential)
        .service(resubmit_credential)
        .service(renew_credential);
}

/// A credential to be put forward.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"credential_type_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "number": "CST-T 4711", "issued_on": "2025-05-01",
    "expires_on": "2028-04-30", "reverify_by": "2027-12-31"}))]
struct SubmitAsk {
    /// Whose it is; oneself, if not said.
    therapist_id: Option<TherapistId>,
    credential_type_id: CredentialTypeId,
    #[serde(default)]
    number: String,
    issued_on: NaiveDate,
    expires_on: Option<NaiveDate>,
    reverify_by: NaiveDate,
    /// Whether the holder vouches for it until somebody else has checked.
    #[serde(default)]
    self_attested: bool,
}

/// Put a credential forward, as its holder or as an admin for them
#[utoipa::path(tag = "credentials", request_body = SubmitAsk, params(IdempotencyHeader),
    responses((status = 201, body = CredentialView), (status = 409, description = "idempotency_in_progress")))]
#[post("/credentials")]
async fn submit_credential(guard: Guard<SubmitCredential, Json<SubmitAsk>>) -> Answer {
    let ask = guard.input.0.clone();
    let draft = CredentialDraft {
        number: ask.number,
        issued_on: ask.issued_on,
        expires_on: ask.expires_on,
        reverify_by: ask.reverify_by,
        self_attested: ask.self_attested,
    };
    let receipt = guard
        .create(move |tx| {
            let actor = tx.actor();
            let unsaid = || fault("/therapist_id", "missing", "say whose credential it is");
            let whose = ask.therapist_id.or(actor.therapist()).ok_or_else(unsaid)?;
            if !actor.has(Role::Admin) && actor.therapist() != Some(whose) {
                return Err(Refusal::Forbidden { operation: SubmitCredential::RULE.name }.into());
            }
            tx.lock(&[Lock::Therapist(whose)])?;
            let unknown = || fault("/therapist_id", "unknown_therapist", "must be a therapist of this practice");
            let therapist = therapists::store::therapist(tx, whose).map_err(|stop| named(stop, unknown))?;
            let unknown = || fault("/credential_type_id", "unknown_credential_type", "must be in the catalogue");
            let of = store::credential_type(tx, ask.credential_type_id).map_err(|stop| named(stop, unknown))?;
            let occasion = occasion(tx, &therapist)?;
            let submitted = tx.save(Credential::submit(&draft, therapist.id, &of, occasion)?)?;
            made_anew(tx, submitted.credential.id)
        })
        .await?;
    made(&receipt)
}

/// Which credentials to list.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CredentialsQuery {
    /// Only this therapist's.
    therapist_id: Option<TherapistId>,
    /// Only those that stand so.
    #[param(inline)]
    state: Option<CredentialState>,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<Uuid>,
}

/// A page of credentials.
#[derive(Serialize, ToSchema)]
struct CredentialsView {
    items: Vec<CredentialView>,
    next_cursor: Option<Uuid>,
}

/// List credentials: one's own as a therapist, all as an admin or verifier
#[utoipa::path(tag = "credentials", params(CredentialsQuery), responses((status = 200, body = CredentialsView)))]
#[get("/credentials")]
async fn list_credentials(guard: Guard<ListCredentials, Query<CredentialsQuery>>) -> Answer {
    let Query(query) = guard.input.clone();
    let ask = page_ask(query.limit, query.cursor)?;
    let wanted = Wanted { therapist: query.therapist_id, state: query.state };
    let view = guard
        .read(move |view| {
            let actor = view.actor();
            let page = store::credentials(view, &actor, wanted, ask)?;
            let today = Today::of(view)?;
            let items = page.items.iter().map(|held| today.show(held)).collect::<Result<_, _>>()?;
            Ok(CredentialsView { items, next_cursor: page.next_cursor })
        })
        .await?;
    shown(&view)
}

/// See a credential with everything that was said of it
#[utoipa::path(tag = "credentials", responses((status = 200, body = CredentialView)))]
#[get("/credentials/{id}")]
async fn see_credential(guard: Guard<SeeCredential, At<CredentialId>>) -> Answer {
    let At(id) = guard.input;
    let view = guard
        .read(move |view| {
            let actor = view.actor();
            let held = store::credential(view, &actor, id)?;
            Today::of(view)?.show(&held)
        })
        .await?;
    versioned(view.version, &view)
}

/// What a corrected or renewed document says.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"number": "CST-T 4711", "issued_on": "2028-05-01", "expires_on": "2031-04-30", "reverify_by": "2030-12-31"}))]
struct DocumentAsk {
    #[serde(default)]
    number: String,
    issued_on: NaiveDate,
    expires_on: Option<NaiveDate>,
    reverify_by: NaiveDate,
    /// Whether the holder vouches for it until somebody else has checked.
    #[serde(default)]
    self_attested: bool,
}

impl From<DocumentAsk> for CredentialDraft {
    fn from(ask: DocumentAsk) -> Self {
        Self {
            number: ask.number,
            issued_on: ask.issued_on,
            expires_on: ask.expires_on,
            reverify_by: ask.reverify_by,
            self_attested: ask.self_attested,
        }
    }
}

/// Put a rejected credential forward again, corrected
#[utoipa::path(tag = "credentials", request_body = DocumentAsk, params(IfMatchHeader),
    responses((status = 200, body = CredentialView), (status = 409, description = "invalid_transition")))]
#[post("/credentials/{id}/resubmit")]
async fn resubmit_credential(
    guard: Guard<ResubmitCredential, (At<CredentialId>, IfMatch, Json<DocumentAsk>)>,
) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let draft = CredentialDraft::from(ask);
    let view = guard
        .write(move |tx| {
            let (credential, occasion) = locked(tx, id, version)?;
            let of = store::credential_type(tx, credential.credential_type)?;
            tx.save(credential.resubmit(&draft, &of, occasion)?)?;
            anew(tx, id)
        })
        .await?;
    versioned(view.version, &view)
}

/// Put forward the credential that follows this one, which stands until its own dates run out
#[utoipa::path(tag = "credentials", request_body = DocumentAsk, params(IdempotencyHeader, IfMatchHeader),
    responses((status = 201, body = CredentialView), (status = 409, description = "invalid_transition or idempotency_in_progress")))]
#[post("/credentials/{id}/renew")]
async fn renew_credential(guard: Guard<RenewCredential, (At<CredentialId>, IfMatch, Json<DocumentAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let draft = CredentialDraft::from(ask);
    let receipt = guard
        .create(move |tx| {
            let (credential, occasion) = locked(tx, id, version)?;
            let of = store::credential_type(tx, credential.credential_type)?;
            let renewed = tx.save(credential.renew(&draft, &of, occasion)?)?;
            made_anew(tx, renewed.credential.id)
        })
        .await?;
    made(&receipt)
}

/// A credential at the version its reader knew, and who speaks about whose; under the locks of those who decide by it.
pub(super) fn locked(tx: &mut Tx<'_>, id: CredentialId, version: i32) -> Result<(Credential, Occasion), Stop> {
    let actor = tx.actor();
    // Whose it is never changes, so that much may be read before the locks; what decides is read under them.
    let whose = store::credential(tx, &actor, id)?.credential.therapist;
    tx.lock(&[Lock::Therapist(whose), Lock::Credential(id)])?;
    let credential = store::credential(tx, &actor, id)?.credential;
    if credential.version != version {
        return Err(Refusal::VersionMismatch.into());
    }
    let therapist = therapists::store::therapist(tx, whose)?;
    Ok((credential, occasion(tx, &therapist)?))
}

/// A credential as it stands after a step.
pub(super) fn anew(tx: &mut Tx<'_>, id: CredentialId) -> Result<CredentialView, Stop> {
    let actor = tx.actor();
    let held = store::credential(tx, &actor, id)?;
    Today::of(tx)?.show(&held)
}

fn made_anew(tx: &mut Tx<'_>, id: CredentialId) -> Result<Created, Stop> {
    let view = anew(tx, id)?;
    created(format!("/api/v1/credentials/{id}"), view.version, &view)
}

fn occasion(tx: &mut Tx<'_>, holder: &Therapist) -> Result<Occasion, Stop> {
    let by = tx.actor().account().ok_or(Refusal::Unauthenticated)?;
    let today = tx.now().date_in(places::store::practice(tx)?.zone);
    Ok(Occasion { by, holder: holder.account, now: tx.now(), today })
}

fn fault(pointer: &str, code: &'static str, message: &str) -> Refusal {
    Refusal::Fields(vec![Violation::at(pointer, code, message)])
}

/// What a body names and is not there is a fault of the body, not of the path.
fn named(stop: Stop, fault: impl FnOnce() -> Refusal) -> Stop {
    match stop {
        Stop::Refused(Refusal::NotThere) => fault().into(),
        other => other,
    }
}
