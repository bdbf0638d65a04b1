//! Reading and signing the consent that a link opens.

use actix_web::{get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::consents::model::Meaning;
use crate::consents::{self, SignatureAsk};
use crate::form_links::acts;
use crate::http::answer::versioned;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, Guard, IfMatch, Json};
use crate::kernel::change::Event;
use crate::kernel::form_link::FormSubject;
use crate::kernel::ids::ConsentId;
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Reading the consent that a link opens.
    ReadLinkedConsent = "form_links.read_consent": form_link;
    /// Signing it.
    SignLinkedConsent = "form_links.sign_consent": form_link;
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(read_linked_consent).service(sign_linked_consent);
}

/// The words to consent to, in one language.
#[derive(Serialize, ToSchema)]
struct LinkedTextView {
    language: String,
    title: String,
    text: String,
    /// SHA-256, in hexadecimal, of title, blank line and text: what the signature names.
    text_hash: String,
}

/// What is to be consented to.
#[derive(Serialize, ToSchema)]
struct LinkedConsentView {
    texts: Vec<LinkedTextView>,
    /// For how many months a signature holds; until it is withdrawn, if absent.
    validity_months: Option<i32>,
    /// What a signature by whoever the link was given to means.
    meaning: Meaning,
    version: i32,
}

/// Read the consent that a form link opens
#[utoipa::path(tag = "form links", security(("form" = [])),
    responses((status = 200, body = LinkedConsentView), (status = 404, description = "not_found"),
        (status = 410, description = "link_spent")))]
#[get("/form-link/consent")]
async fn read_linked_consent(guard: Guard<ReadLinkedConsent>) -> Answer {
    let view = guard
        .write(|tx| {
            let bearer = acts::opened(tx, FormSubject::Consent)?;
            let shown = consents::to_be_signed(tx, ConsentId(bearer.subject_id), bearer.signer)?;
            tx.record(&Event::new("consent.opened", bearer.subject_id).about(bearer.client))?;
            let text = |text: consents::model::ConsentText| LinkedTextView {
                text_hash: consents::sha256(&text.as_shown()),
                language: text.language,
                title: text.title,
                text: text.text,
            };
            Ok(LinkedConsentView {
                texts: shown.document.texts.into_iter().map(text).collect(),
                validity_months: shown.document.validity_months,
                meaning: shown.meaning,
                version: shown.version,
            })
        })
        .await?;
    versioned(view.version, &view)
}

/// A signature by whoever the link was given to.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Mia Long", "text_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "meaning": "i_consent"}))]
struct LinkedSignatureAsk {
    /// The signer's name, typed by themself.
    name: String,
    /// `text_hash` of the text that was shown.
    text_hash: String,
    meaning: Meaning,
}

/// What was signed.
#[derive(Serialize, ToSchema)]
struct LinkedSignatureView {
    signed_at: Option<Timestamp>,
    /// The last day it holds; absent where it holds until it is withdrawn.
    valid_until: Option<NaiveDate>,
    version: i32,
}

/// Sign the consent that a form link opens
///
/// The link ends with it.
#[utoipa::path(tag = "form links", security(("form" = [])), request_body = LinkedSignatureAsk, params(IfMatchHeader),
    responses((status = 200, body = LinkedSignatureView), (status = 404, description = "not_found"),
        (status = 409, description = "invalid_transition"), (status = 410, description = "link_spent"),
        (status = 422, description = "invalid_fields, guardian_required")))]
#[post("/form-link/consent/sign")]
async fn sign_linked_consent(guard: Guard<SignLinkedConsent, (IfMatch, Json<LinkedSignatureAsk>)>) -> Answer {
    let (IfMatch(version), Json(ask)) = guard.input.clone();
    let LinkedSignatureAsk { name, text_hash, meaning } = ask;
    let ask = SignatureAsk { name, text_hash, meaning };
    let consent = guard.write(move |tx| acts::sign(tx, version, &ask)).await?;
    let version = consent.version();
    let (signed_at, valid_until) =
        consent.signature.map(|signature| (signature.signed_at, signature.valid_until)).unzip();
    versioned(version, &LinkedSignatureView { signed_at, valid_until: valid_until.flatten(), version })
}
