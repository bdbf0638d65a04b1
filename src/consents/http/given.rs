//! Consents: who was presented with which version, and where that stands. Who signed, and how they were known, is told to those who may know
//! more than that.

use actix_web::{get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::consents::acts;
use crate::consents::model::{Authenticated, Consent, ConsentState, EndKind, Meaning, Proof, Signature, Vouched};
use crate::consents::sight::{Needs, seen, sight};
use crate::consents::store::{self, ListAsk};
use crate::http::answer::{created, made, shown, versioned};
use crate::http::extract::page_ask;
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, At, Guard, Json, Query};
use crate::kernel::change::Event;
use crate::kernel::form_link::{IdentityCheck, Medium};
use crate::kernel::ids::{AccountId, ClientId, ConsentId, ConsentTemplateId, ConsentVersionId};
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Listing consents.
    ListConsents = "consents.list": [Client, Therapist, FrontDesk, Admin];
    /// Presenting a text to a client.
    PresentConsent = "consents.present": [Client, Therapist, FrontDesk, Admin];
    /// Seeing where a consent stands.
    SeeConsent = "consents.see": [Client, Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_consents).service(present_consent).service(see_consent);
}

/// A consent and where it stands.
#[derive(Serialize, ToSchema)]
pub(super) struct ConsentView {
    id: ConsentId,
    client_id: ClientId,
    template_id: ConsentTemplateId,
    template_version_id: ConsentVersionId,
    state: ConsentState,
    /// When it is to be signed by: the start of the session that waits for it.
    due_at: Option<Timestamp>,
    presented_at: Timestamp,
    signed_at: Option<Timestamp>,
    /// The last day it holds; absent where it holds until it is withdrawn.
    valid_until: Option<NaiveDate>,
    /// When it was withdrawn, or a newer one took its place.
    ended_at: Option<Timestamp>,
    pub(super) version: i32,
}

impl ConsentView {
    pub(super) fn of(consent: &Consent, today: NaiveDate) -> Self {
        Self {
            id: consent.id,
            client_id: consent.client,
            template_id: consent.template,
            template_version_id: consent.template_version,
            state: consent.state_on(today),
            due_at: consent.due_at,
            presented_at: consent.presented_at,
            signed_at: consent.signature.as_ref().map(|signature| signature.signed_at),
            valid_until: consent.signature.as_ref().and_then(|signature| signature.valid_until),
            ended_at: consent.end.as_ref().map(|end| end.ended_at),
            version: consent.version(),
        }
    }
}

/// A signature, and what stands for it.
#[derive(Serialize, ToSchema)]
struct ConsentSignatureView {
    /// The client, or the guardian who signed for them.
    signer_id: ClientId,
    /// Their name, as they typed it; absent once they, or the client, were erased.
    name: Option<String>,
    meaning: Meaning,
    /// SHA-256 of the text that they were shown.
    text_hash: String,
    language: String,
    authenticated_by: Authenticated,
    /// The login, where it was one.
    account_id: Option<AccountId>,
    /// Who made sure of their identity, where there was no login.
    identity_checked_by: Option<AccountId>,
    identity_check: Option<IdentityCheck>,
    /// Who stood by, on the practice's tablet.
    witness_id: Option<AccountId>,
    signed_at: Timestamp,
}

impl From<Signature> for ConsentSignatureView {
    fn from(signature: Signature) -> Self {
        let (account_id, vouched) = match signature.proof {
            Proof::Login(account) => (Some(account), None),
            Proof::Staff(vouched) => (None, Some(vouched)),
        };
        let witnessed = |vouched: &Vouched| vouched.medium == Medium::Tablet;
        Self {
            signer_id: signature.signer,
            name: signature.name,
            meaning: signature.meaning,
            text_hash: signature.text_hash,
            language: signature.language,
            authenticated_by: signature.proof.kind(),
            account_id,
            identity_checked_by: vouched.map(|vouched| vouched.by),
            identity_check: vouched.map(|vouched| vouched.identity_check),
            witness_id: vouched.filter(witnessed).map(|vouched| vouched.by),
            signed_at: signature.signed_at,
        }
    }
}

/// A consent with all that the one who asks may know of it.
#[derive(Serialize, ToSchema)]
struct ConsentDetailView {
    #[serde(flatten)]
    consent: ConsentView,
    /// For the client, who acts for them, and who treats them.
    signature: Option<ConsentSignatureView>,
    /// The client or guardian who withdrew it themself; absent where staff wrote it down at their word. Told to the same.
    withdrawn_by: Option<ClientId>,
}

/// A page of consents.
#[derive(Serialize, ToSchema)]
struct ConsentsView {
    items: Vec<ConsentView>,
    next_cursor: Option<Uuid>,
}

/// Which consents to list.
#[derive(Clone, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ConsentsQuery {
    /// Whose.
    client_id: Option<ClientId>,
    /// To which version.
    template_version_id: Option<ConsentVersionId>,
    /// Only those that stand there today.
    state: Option<ConsentState>,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<Uuid>,
}

/// List who was presented with which version, and where it stands, oldest first
///
/// All clients' for the desk and admins; for others their own, their wards' and those of whom they treat. What staff list is recorded.
#[utoipa::path(tag = "consents", params(ConsentsQuery), responses((status = 200, body = ConsentsView)))]
#[get("/consents")]
async fn list_consents(guard: Guard<ListConsents, Query<ConsentsQuery>>) -> Answer {
    let Query(query) = guard.input.clone();
    let page = page_ask(query.limit, query.cursor)?;
    let ask =
        ListAsk { client: query.client_id, template_version: query.template_version_id, state: query.state, page };
    let page = guard
        .write(move |tx| {
            let (actor, today) = (tx.actor(), store::today(tx)?);
            if let Some(client) = ask.client {
                sight(tx, client)?;
            }
            let page = store::listed(tx, &actor, (&ask, today))?;
            if actor.is_desk() || actor.therapist().is_some() {
                let event = Event::new("consent.listed", Uuid::nil()).with("found", page.items.len());
                tx.record(&Event { client: ask.client, ..event })?;
            }
            Ok(page.map(|consent| ConsentView::of(&consent, today)))
        })
        .await?;
    shown(&ConsentsView { items: page.items, next_cursor: page.next_cursor })
}

/// Whom to present with which text.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"client_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "template_id": "0197a3a0-5b1e-7c3d-8f00-000000000002"}))]
struct PresentAsk {
    client_id: ClientId,
    template_id: ConsentTemplateId,
}

/// Present the newest version of a text to a client, for their signature
///
/// One that waits in an older version makes room; what is signed stands until the new one is. A booking presents by itself what it waits for.
#[utoipa::path(tag = "consents", request_body = PresentAsk, params(IdempotencyHeader),
    responses((status = 201, body = ConsentView), (status = 404, description = "not_found"), (status = 409, description = "already_exists")))]
#[post("/consents")]
async fn present_consent(guard: Guard<PresentConsent, Json<PresentAsk>>) -> Answer {
    let Json(ask) = guard.input.clone();
    let receipt = guard
        .create(move |tx| {
            let consent = acts::present(tx, ask.client_id, ask.template_id)?;
            let location = format!("/api/v1/consents/{}", consent.id);
            created(location, consent.version(), &ConsentView::of(&consent, store::today(tx)?))
        })
        .await?;
    made(&receipt)
}

/// See where a consent stands
#[utoipa::path(tag = "consents", responses((status = 200, body = ConsentDetailView)))]
#[get("/consents/{id}")]
async fn see_consent(guard: Guard<SeeConsent, At<ConsentId>>) -> Answer {
    let At(id) = guard.input;
    let (consent, sight, today) = guard
        .read(move |view| {
            let (consent, sight) = seen(view, id)?;
            Ok((consent, sight, store::today(view)?))
        })
        .await?;
    let status = ConsentView::of(&consent, today);
    let knows = sight >= Needs::Content;
    let withdrawn = consent.end.as_ref().filter(|end| knows && end.kind == EndKind::Withdrawn);
    let withdrawn_by = withdrawn.and_then(|end| end.withdrawn_by);
    let signature = consent.signature.filter(|_| knows).map(ConsentSignatureView::from);
    versioned(status.version, &ConsentDetailView { consent: status, signature, withdrawn_by })
}
