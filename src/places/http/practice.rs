//! The practice's public face.

use actix_web::{get, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::answer::versioned;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, Guard, IfMatch, Json};
use crate::kernel::refusal::Refusal;
use crate::places::model::{Practice, PracticeDraft};
use crate::places::store;
use crate::policies;

policies! {
    /// Seeing the practice.
    SeePractice = "practice.see": anyone;
    /// Changing the practice's public face.
    ChangePractice = "practice.change": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(see_practice).service(change_practice);
}

/// The practice.
#[derive(Serialize, ToSchema)]
struct PracticeView {
    name: String,
    contact_email: String,
    phone: Option<String>,
    /// Where no location says otherwise, days are counted in this IANA zone.
    zone: String,
    /// ISO 4217.
    currency: &'static str,
    /// The cancellation terms, to be shown before booking.
    cancellation_text: String,
    privacy_notice: String,
    version: i32,
}

impl From<Practice> for PracticeView {
    fn from(practice: Practice) -> Self {
        Self {
            name: practice.name,
            contact_email: practice.contact_email,
            phone: practice.phone,
            zone: practice.zone.name().to_owned(),
            currency: practice.currency.as_str(),
            cancellation_text: practice.cancellation_text,
            privacy_notice: practice.privacy_notice,
            version: practice.version,
        }
    }
}

/// See the practice
#[utoipa::path(tag = "practice", security(()), responses((status = 200, body = PracticeView), (status = 404, description = "not_found: nobody has set it up")))]
#[get("/practice")]
async fn see_practice(guard: Guard<SeePractice>) -> Answer {
    let practice = guard.read(store::practice).await?;
    versioned(practice.version, &PracticeView::from(practice))
}

/// The practice as it is to be from now on.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Still Water", "contact_email": "desk@stillwater.example", "phone": "+49 40 123456", "zone": "Europe/Berlin",
    "currency": "EUR", "cancellation_text": "Free of charge until 24 hours before.", "privacy_notice": "We keep what we need."}))]
struct PracticeAsk {
    name: String,
    contact_email: String,
    phone: Option<String>,
    zone: String,
    currency: String,
    #[serde(default)]
    cancellation_text: String,
    #[serde(default)]
    privacy_notice: String,
}

impl From<PracticeAsk> for PracticeDraft {
    fn from(ask: PracticeAsk) -> Self {
        Self {
            name: ask.name,
            contact_email: ask.contact_email,
            phone: ask.phone,
            zone: ask.zone,
            currency: ask.currency,
            cancellation_text: ask.cancellation_text,
            privacy_notice: ask.privacy_notice,
        }
    }
}

/// Change the practice
#[utoipa::path(tag = "practice", request_body = PracticeAsk, params(IfMatchHeader), responses((status = 200, body = PracticeView)))]
#[put("/practice")]
async fn change_practice(guard: Guard<ChangePractice, (IfMatch, Json<PracticeAsk>)>) -> Answer {
    let (IfMatch(version), Json(ask)) = guard.input.clone();
    let draft = PracticeDraft::from(ask);
    let practice = guard
        .write(move |tx| {
            let practice = store::practice(tx)?;
            if practice.version != version {
                return Err(Refusal::VersionMismatch.into());
            }
            tx.save(practice.change(&draft)?)
        })
        .await?;
    versioned(practice.version, &PracticeView::from(practice))
}
