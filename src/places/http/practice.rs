//! The practice's public face, and the rules it books by.

use actix_web::{get, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::answer::versioned;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, Guard, IfMatch, Json};
use crate::kernel::refusal::Refusal;
use crate::places::model::{BookingApproval, IntakeTiming, Practice, PracticeDraft, Settings, SettingsDraft};
use crate::places::store;
use crate::{policies, text_schema};

text_schema!(BookingApproval, IntakeTiming);

policies! {
    /// Seeing the practice.
    SeePractice = "practice.see": anyone;
    /// Changing the practice's public face.
    ChangePractice = "practice.change": [Admin];
    /// Seeing the practice's rules.
    SeeSettings = "settings.see": [Admin, FrontDesk, Therapist, Verifier];
    /// Changing the practice's rules.
    ChangeSettings = "settings.change": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(see_practice).service(change_practice).service(see_settings).service(change_settings);
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

/// The practice's rules.
#[derive(Serialize, ToSchema)]
struct SettingsView {
    reverify_grace_days: i32,
    recency_days: i32,
    min_notice_minutes: i32,
    max_advance_days: i32,
    cancellation_window_hours: i32,
    intake_timing: IntakeTiming,
    booking_approval: BookingApproval,
    self_attested_gates: bool,
    slot_increment_minutes: i32,
    version: i32,
}

impl From<Settings> for SettingsView {
    fn from(settings: Settings) -> Self {
        Self {
            reverify_grace_days: settings.reverify_grace_days,
            recency_days: settings.recency_days,
            min_notice_minutes: settings.min_notice_minutes,
            max_advance_days: settings.max_advance_days,
            cancellation_window_hours: settings.cancellation_window_hours,
            intake_timing: settings.intake_timing,
            booking_approval: settings.booking_approval,
            self_attested_gates: settings.self_attested_gates,
            slot_increment_minutes: settings.slot_increment_minutes,
            version: settings.version,
        }
    }
}

/// See the rules the practice books by
#[utoipa::path(tag = "practice", responses((status = 200, body = SettingsView)))]
#[get("/settings")]
async fn see_settings(guard: Guard<SeeSettings>) -> Answer {
    let settings = guard.read(store::settings).await?;
    versioned(settings.version, &SettingsView::from(settings))
}

/// The rules from now on, all of them.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reverify_grace_days": 30, "recency_days": 180, "min_notice_minutes": 120, "max_advance_days": 90,
    "cancellation_window_hours": 24, "intake_timing": "after_booking", "booking_approval": "automatic", "self_attested_gates": false,
    "slot_increment_minutes": 15}))]
struct SettingsAsk {
    /// Days a credential still counts after the day by which somebody had to look again.
    reverify_grace_days: i32,
    /// Days in which a health finding counts as recent.
    recency_days: i32,
    /// The shortest notice for a booking.
    min_notice_minutes: i32,
    /// How far ahead bookings are taken.
    max_advance_days: i32,
    /// Hours before the start from which on a cancellation is late.
    cancellation_window_hours: i32,
    intake_timing: IntakeTiming,
    /// Whether a client's own request is confirmed at once or waits for staff. What is asked for already stays as it is.
    booking_approval: BookingApproval,
    /// Whether a credential that its holder alone vouches for counts for booking.
    self_attested_gates: bool,
    /// Minutes between starts where a session type does not say otherwise.
    slot_increment_minutes: i32,
}

impl From<SettingsAsk> for SettingsDraft {
    fn from(ask: SettingsAsk) -> Self {
        Self {
            reverify_grace_days: ask.reverify_grace_days,
            recency_days: ask.recency_days,
            min_notice_minutes: ask.min_notice_minutes,
            max_advance_days: ask.max_advance_days,
            cancellation_window_hours: ask.cancellation_window_hours,
            intake_timing: ask.intake_timing,
            booking_approval: ask.booking_approval,
            self_attested_gates: ask.self_attested_gates,
            slot_increment_minutes: ask.slot_increment_minutes,
        }
    }
}

/// Change the rules the practice books by
#[utoipa::path(tag = "practice", request_body = SettingsAsk, params(IfMatchHeader), responses((status = 200, body = SettingsView)))]
#[put("/settings")]
async fn change_settings(guard: Guard<ChangeSettings, (IfMatch, Json<SettingsAsk>)>) -> Answer {
    let (IfMatch(version), Json(ask)) = guard.input.clone();
    let draft = SettingsDraft::from(ask);
    let settings = guard
        .write(move |tx| {
            let settings = store::settings(tx)?;
            if settings.version != version {
                return Err(Refusal::VersionMismatch.into());
            }
            let practice = store::practice(tx)?.id;
            tx.save(settings.change(practice, draft)?)
        })
        .await?;
    versioned(settings.version, &SettingsView::from(settings))
}
