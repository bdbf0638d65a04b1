//! Signing a consent with one's own login, and taking it back.

use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::given::ConsentView;
use crate::consents::acts::{self, SignatureAsk};
use crate::consents::model::Meaning;
use crate::consents::sealing::open_reason;
use crate::consents::sight::{Needs, consent};
use crate::consents::store;
use crate::http::answer::{shown, versioned};
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::kernel::ids::ConsentId;
use crate::policies;

policies! {
    /// Signing a consent.
    SignConsent = "consents.sign": [Client];
    /// Taking a consent back.
    WithdrawConsent = "consents.withdraw": [Client, Therapist, FrontDesk, Admin];
    /// Reading why a consent was withdrawn.
    ReadWithdrawal = "consents.read_withdrawal": [Client, Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(sign_consent).service(withdraw_consent).service(read_withdrawal);
}

/// A signature. It is over the text whose hash it names.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Mia Long", "text_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "meaning": "i_consent"}))]
struct SignConsentAsk {
    /// The signer's name, typed by themself.
    name: String,
    /// `text_hash` of the text that was shown.
    text_hash: String,
    /// For oneself, or as the guardian of a minor.
    meaning: Meaning,
}

/// Sign a consent
///
/// By the client, or by a guardian whom staff have accepted for a minor. Bookings that waited for it are freed in the same step.
#[utoipa::path(tag = "consents", request_body = SignConsentAsk, params(IfMatchHeader),
    responses((status = 200, body = ConsentView), (status = 409, description = "invalid_transition"),
        (status = 422, description = "invalid_fields, guardian_required")))]
#[post("/consents/{id}/sign")]
async fn sign_consent(guard: Guard<SignConsent, (At<ConsentId>, IfMatch, Json<SignConsentAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let SignConsentAsk { name, text_hash, meaning } = ask;
    let ask = SignatureAsk { name, text_hash, meaning };
    let view = guard
        .write(move |tx| {
            let consent = acts::sign(tx, (id, version), &ask)?;
            Ok(ConsentView::of(&consent, store::today(tx)?))
        })
        .await?;
    versioned(view.version, &view)
}

/// Why a consent is taken back.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "I would rather try something else first."}))]
struct WithdrawAsk {
    /// Nobody has to give one. Kept sealed.
    reason: Option<String>,
}

/// Withdraw a consent
///
/// By the client or their guardian at any time; staff write down what they were told. Sessions to come that need it are blocked in the same step.
#[utoipa::path(tag = "consents", request_body = WithdrawAsk, params(IfMatchHeader),
    responses((status = 200, body = ConsentView), (status = 409, description = "invalid_transition")))]
#[post("/consents/{id}/withdraw")]
async fn withdraw_consent(guard: Guard<WithdrawConsent, (At<ConsentId>, IfMatch, Json<WithdrawAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let vault = guard.vault();
    let view = guard
        .write(move |tx| {
            let consent = acts::withdraw(tx, &vault, (id, version), ask.reason.as_deref())?;
            Ok(ConsentView::of(&consent, store::today(tx)?))
        })
        .await?;
    versioned(view.version, &view)
}

/// Why a consent was withdrawn.
#[derive(Serialize, ToSchema)]
struct WithdrawalView {
    consent_id: ConsentId,
    reason: String,
}

/// Read why a consent was withdrawn
///
/// For the client, who acts for them, and who treats them; not there where no reason was given. Every look is recorded.
#[utoipa::path(tag = "consents", responses((status = 200, body = WithdrawalView)))]
#[get("/consents/{id}/withdrawal")]
async fn read_withdrawal(guard: Guard<ReadWithdrawal, At<ConsentId>>) -> Answer {
    let At(id) = guard.input;
    let look = guard
        .write(move |tx| {
            let client = acts::withdrawn_with_reason(tx, id)?;
            tx.look("consent.withdrawal_viewed", id, client)
        })
        .await?;
    let vault = guard.vault();
    let reason = guard
        .read(move |view| {
            let consent = consent(view, id, Needs::Content)?;
            open_reason(view, &vault, &look, &consent)
        })
        .await?;
    shown(&WithdrawalView { consent_id: id, reason: reason.to_string() })
}
