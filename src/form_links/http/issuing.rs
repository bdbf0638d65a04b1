//! Staff give out a link, and what was given out is told.

use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::db::{Created, Receipt, Stop};
use crate::form_links::acts::{self, Handing};
use crate::form_links::model::FormLink;
use crate::http::answer::{created, made, shown};
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, At, Guard, Json, Problem};
use crate::kernel::form_link::{FormSubject, IdentityCheck, Medium};
use crate::kernel::ids::{AccountId, ClientId, ConsentId, FormLinkId, IntakeResponseId};
use crate::kernel::time::Timestamp;
use crate::{accounts, policies};

policies! {
    /// Giving out a link to a consent.
    LinkConsent = "consents.link": [Therapist, FrontDesk, Admin];
    /// Giving out a link to a health history.
    LinkResponse = "intake_responses.link": [Therapist, FrontDesk, Admin];
    /// Seeing the links that were given out for a consent.
    ListConsentLinks = "consents.list_links": [Client, Therapist, FrontDesk, Admin];
    /// Seeing the links that were given out for a health history.
    ListResponseLinks = "intake_responses.list_links": [Client, Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(link_consent).service(link_response);
    config.service(list_consent_links).service(list_response_links);
}

/// How a link is to be given out.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"medium": "tablet", "identity_check": "photo_id"}))]
struct FormLinkAsk {
    /// To be opened at home, or on the practice's tablet while you stand by.
    medium: Medium,
    /// How you made sure whom you give it to.
    identity_check: IdentityCheck,
    /// The guardian who answers and signs, for a minor: their client record.
    guardian_id: Option<ClientId>,
}

impl From<FormLinkAsk> for Handing {
    fn from(ask: FormLinkAsk) -> Self {
        Self { medium: ask.medium, identity_check: ask.identity_check, guardian: ask.guardian_id }
    }
}

/// A link to one form.
#[derive(Serialize, ToSchema)]
struct FormLinkView {
    form: FormSubject,
    form_id: Uuid,
    client_id: ClientId,
    /// Who is to answer and sign.
    signer_id: ClientId,
    medium: Medium,
    expires_at: Timestamp,
    /// Told once, in the answer to its making; it comes back as `Authorization: Form <token>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// The receipt without the token: what is stored for a repeat must not hold it.
fn receipt_of(link: &FormLink) -> Result<Created, Stop> {
    let FormLink { bearer, expires_at, .. } = link;
    let view = FormLinkView {
        form: bearer.subject,
        form_id: bearer.subject_id,
        client_id: bearer.client,
        signer_id: bearer.signer,
        medium: bearer.medium,
        expires_at: *expires_at,
        token: None,
    };
    created("/api/v1/form-link".to_owned(), 1, &view)
}

fn told(mut receipt: Receipt, token: String) -> Result<HttpResponse, Problem> {
    if let (false, Some(view)) = (receipt.replayed, receipt.created.body.as_object_mut()) {
        view.insert("token".to_owned(), token.into());
    }
    made(&receipt)
}

/// Give out a single-use link to a consent, or open it on the practice's tablet
///
/// It opens this consent to be read and signed, once, for 72 hours; on the tablet for 30 minutes, with you as the witness. Earlier links to it
/// stop working. A repeated request with the same idempotency key is answered without the token.
#[utoipa::path(tag = "form links", request_body = FormLinkAsk, params(IdempotencyHeader),
    responses((status = 201, body = FormLinkView), (status = 409, description = "invalid_transition"),
        (status = 422, description = "invalid_fields, guardian_required, policy_violation")))]
#[post("/consents/{id}/link")]
async fn link_consent(guard: Guard<LinkConsent, (At<ConsentId>, Json<FormLinkAsk>)>) -> Answer {
    let (At(id), Json(ask)) = guard.input.clone();
    let (token, hash) = accounts::secret()?;
    let receipt = guard.create(move |tx| receipt_of(&acts::for_consent(tx, id, ask.clone().into(), &hash)?)).await?;
    told(receipt, token)
}

/// Give out a single-use link to a form, or open it on the practice's tablet
///
/// It opens this form to be answered and handed in, once, for 72 hours; on the tablet for 30 minutes, with you as the witness. Earlier links to
/// it stop working. Who may not read the answers gives one out only before the first. A repeated request with the same idempotency key is answered without the token.
#[utoipa::path(tag = "form links", request_body = FormLinkAsk, params(IdempotencyHeader),
    responses((status = 201, body = FormLinkView), (status = 409, description = "invalid_transition"),
        (status = 422, description = "invalid_fields, guardian_required, policy_violation")))]
#[post("/intake-responses/{id}/link")]
async fn link_response(guard: Guard<LinkResponse, (At<IntakeResponseId>, Json<FormLinkAsk>)>) -> Answer {
    let (At(id), Json(ask)) = guard.input.clone();
    let (token, hash) = accounts::secret()?;
    let receipt = guard.create(move |tx| receipt_of(&acts::for_response(tx, id, ask.clone().into(), &hash)?)).await?;
    told(receipt, token)
}

/// A link that was given out: who was to sign, who answers for that, and what became of it.
#[derive(Serialize, ToSchema)]
struct GivenLinkView {
    id: FormLinkId,
    signer_id: ClientId,
    medium: Medium,
    /// Who gave it out and made sure of the signer; on the tablet also the witness.
    issued_by: AccountId,
    identity_check: IdentityCheck,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// When it was signed, or handed in, by it.
    used_at: Option<Timestamp>,
    /// When it ended otherwise: a later one took its place, or its form was closed.
    replaced_at: Option<Timestamp>,
}

impl From<FormLink> for GivenLinkView {
    fn from(link: FormLink) -> Self {
        let FormLink { bearer, created_at, expires_at, used_at, replaced_at, .. } = link;
        Self {
            id: bearer.link,
            signer_id: bearer.signer,
            medium: bearer.medium,
            issued_by: bearer.issued_by,
            identity_check: bearer.identity_check,
            created_at,
            expires_at,
            used_at,
            replaced_at,
        }
    }
}

/// The links of one form, oldest first.
#[derive(Serialize, ToSchema)]
struct GivenLinksView {
    items: Vec<GivenLinkView>,
}

impl From<Vec<FormLink>> for GivenLinksView {
    fn from(links: Vec<FormLink>) -> Self {
        Self { items: links.into_iter().map(GivenLinkView::from).collect() }
    }
}

/// See the links that were given out for a consent
#[utoipa::path(tag = "form links", responses((status = 200, body = GivenLinksView)))]
#[get("/consents/{id}/links")]
async fn list_consent_links(guard: Guard<ListConsentLinks, At<ConsentId>>) -> Answer {
    let At(id) = guard.input;
    shown(&GivenLinksView::from(guard.read(move |view| acts::of_consent(view, id)).await?))
}

/// See the links that were given out for a form, and who answers for the one it was handed in by
#[utoipa::path(tag = "form links", responses((status = 200, body = GivenLinksView)))]
#[get("/intake-responses/{id}/links")]
async fn list_response_links(guard: Guard<ListResponseLinks, At<IntakeResponseId>>) -> Answer {
    let At(id) = guard.input;
    shown(&GivenLinksView::from(guard.read(move |view| acts::of_response(view, id)).await?))
}
