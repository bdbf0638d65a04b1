//! The catalogue of credential types.

use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::credentials::model::{CredentialKind, CredentialType, CredentialTypeDraft};
use crate::credentials::store;
use crate::http::answer::{created, made, shown};
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, Guard, Json, PageQuery, Query};
use crate::kernel::ids::CredentialTypeId;
use crate::policies;

policies! {
    /// Listing credential types.
    ListCredentialTypes = "credential_types.list": anyone;
    /// Adding a credential type.
    AddCredentialType = "credential_types.add": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_credential_types).service(add_credential_type);
}

/// A type of credential.
#[derive(Serialize, ToSchema)]
struct CredentialTypeView {
    id: CredentialTypeId,
    code: String,
    name: String,
    kind: CredentialKind,
    issuer: String,
    jurisdiction: Option<String>,
    grants_adjustment: bool,
    version: i32,
}

impl From<CredentialType> for CredentialTypeView {
    fn from(one: CredentialType) -> Self {
        Self {
            id: one.id,
            code: one.code,
            name: one.name,
            kind: one.kind,
            issuer: one.issuer,
            jurisdiction: one.jurisdiction,
            grants_adjustment: one.grants_adjustment,
            version: one.version,
        }
    }
}

/// A page of the catalogue.
#[derive(Serialize, ToSchema)]
struct CredentialTypesView {
    items: Vec<CredentialTypeView>,
    next_cursor: Option<uuid::Uuid>,
}

/// List the types of credential the practice knows
#[utoipa::path(tag = "credentials", security(()), params(PageQuery), responses((status = 200, body = CredentialTypesView)))]
#[get("/credential-types")]
async fn list_credential_types(guard: Guard<ListCredentialTypes, Query<PageQuery>>) -> Answer {
    let ask = guard.input.0.ask()?;
    let page = guard.read(move |view| store::credential_types(view, ask)).await?.map(CredentialTypeView::from);
    shown(&CredentialTypesView { items: page.items, next_cursor: page.next_cursor })
}

/// A type of credential to be added.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "licence_naturopath", "name": "Heilpraktiker", "kind": "licence", "issuer": "Gesundheitsamt",
    "jurisdiction": "DE", "grants_adjustment": false}))]
struct CredentialTypeAsk {
    /// Lower-case letters, digits and `_`.
    code: String,
    name: String,
    kind: CredentialKind,
    issuer: String,
    jurisdiction: Option<String>,
    /// Whether adjustments may be made under it; only a licence can say so.
    #[serde(default)]
    grants_adjustment: bool,
}

/// Add a type of credential
#[utoipa::path(tag = "credentials", request_body = CredentialTypeAsk, params(IdempotencyHeader),
    responses((status = 201, body = CredentialTypeView), (status = 409, description = "already_exists or idempotency_in_progress")))]
#[post("/credential-types")]
async fn add_credential_type(guard: Guard<AddCredentialType, Json<CredentialTypeAsk>>) -> Answer {
    let ask = guard.input.0.clone();
    let draft = CredentialTypeDraft {
        code: ask.code,
        name: ask.name,
        kind: ask.kind,
        issuer: ask.issuer,
        jurisdiction: ask.jurisdiction,
        grants_adjustment: ask.grants_adjustment,
    };
    let receipt = guard
        .create(move |tx| {
            let added = tx.save(CredentialType::add(&draft, tx.now())?)?;
            let at = format!("/api/v1/credential-types/{}", added.id);
            created(at, added.version, &CredentialTypeView::from(added))
        })
        .await?;
    made(&receipt)
}
