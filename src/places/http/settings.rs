//! The rules the practice books by.

use actix_web::{get, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::answer::versioned;
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, Guard, IfMatch, Json};
use crate::kernel::refusal::Refusal;
use crate::places::model::{
    BookingApproval, ClientLimits, ConsentTiming, IntakeTiming, Settings, SettingsDraft, Terms,
};
use crate::places::store;
use crate::{policies, text_schema};

text_schema!(BookingApproval, ConsentTiming, IntakeTiming);

policies! {
    /// Seeing the practice's rules.
    SeeSettings = "settings.see": [Admin, FrontDesk, Therapist, Verifier];
    /// Changing the practice's rules.
    ChangeSettings = "settings.change": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(see_settings).service(change_settings);
}

/// The practice's rules.
#[derive(Serialize, ToSchema)]
struct SettingsView {
    reverify_grace_days: i32,
    recency_days: i32,
    min_notice_minutes: i32,
    max_advance_days: i32,
    cancellation_window_hours: i32,
    reschedule_window_hours: i32,
    late_cancel_fee_percent: Option<i32>,
    no_show_fee_percent: i32,
    approval_hours: Option<i32>,
    max_open_bookings_per_client: Option<i32>,
    max_bookings_per_client_per_week: Option<i32>,
    intake_timing: IntakeTiming,
    consent_timing: ConsentTiming,
    intake_valid_months: i32,
    booking_approval: BookingApproval,
    self_attested_gates: bool,
    slot_increment_minutes: i32,
    waitlist_offer_minutes: i32,
    version: i32,
}

impl From<Settings> for SettingsView {
    fn from(settings: Settings) -> Self {
        Self {
            reverify_grace_days: settings.reverify_grace_days,
            recency_days: settings.recency_days,
            min_notice_minutes: settings.min_notice_minutes,
            max_advance_days: settings.max_advance_days,
            cancellation_window_hours: settings.terms.cancellation_window_hours,
            reschedule_window_hours: settings.terms.reschedule_window_hours,
            late_cancel_fee_percent: settings.terms.late_cancel_fee_percent,
            no_show_fee_percent: settings.terms.no_show_fee_percent,
            approval_hours: settings.terms.approval_hours,
            max_open_bookings_per_client: settings.limits.max_open_bookings_per_client,
            max_bookings_per_client_per_week: settings.limits.max_bookings_per_client_per_week,
            intake_timing: settings.intake_timing,
            consent_timing: settings.consent_timing,
            intake_valid_months: settings.intake_valid_months,
            booking_approval: settings.booking_approval,
            self_attested_gates: settings.self_attested_gates,
            slot_increment_minutes: settings.slot_increment_minutes,
            waitlist_offer_minutes: settings.waitlist_offer_minutes,
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

/// The rules from now on, all of them. What is agreed about a booking (windows, fees, how long a request waits) binds those to come.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reverify_grace_days": 30, "recency_days": 180, "min_notice_minutes": 120, "max_advance_days": 90,
    "cancellation_window_hours": 24, "reschedule_window_hours": 24, "late_cancel_fee_percent": 50, "no_show_fee_percent": 100,
    "approval_hours": 24, "max_open_bookings_per_client": 10, "max_bookings_per_client_per_week": 3, "intake_timing": "after_booking",
    "consent_timing": "after_booking", "intake_valid_months": 12, "booking_approval": "automatic", "self_attested_gates": false,
    "slot_increment_minutes": 15, "waitlist_offer_minutes": 120}))]
struct SettingsAsk {
    /// Days a credential still counts after the day by which somebody had to look again.
    reverify_grace_days: i32,
    /// Days in which a health finding counts as recent.
    recency_days: i32,
    /// The shortest notice for a booking.
    min_notice_minutes: i32,
    /// How far ahead bookings are taken.
    max_advance_days: i32,
    /// Hours before the start from which on a cancellation at the client's wish is late.
    cancellation_window_hours: i32,
    /// Hours before the start from which on a client may no longer move the session; not fewer than those of a cancellation where cancelling late has
    /// its price.
    reschedule_window_hours: i32,
    /// What a late cancellation costs, in percent of the price. Without it a client cannot cancel late.
    late_cancel_fee_percent: Option<i32>,
    /// What not coming costs, in percent of the price.
    no_show_fee_percent: i32,
    /// Hours in which staff answer a request that waits for them; without it, until its session was to begin.
    approval_hours: Option<i32>,
    /// The most sessions that one client may have yet to come.
    max_open_bookings_per_client: Option<i32>,
    /// The most sessions that one client may have in one week, Monday to Sunday.
    max_bookings_per_client_per_week: Option<i32>,
    intake_timing: IntakeTiming,
    consent_timing: ConsentTiming,
    /// Months for which the answers of a health history count, from the day they were handed in to the session's date.
    intake_valid_months: i32,
    /// Whether a client's own request is confirmed at once or waits for staff. What is asked for already stays as it is.
    booking_approval: BookingApproval,
    /// Whether a credential that its holder alone vouches for counts for booking.
    self_attested_gates: bool,
    /// Minutes between starts where a session type does not say otherwise.
    slot_increment_minutes: i32,
    /// Minutes in which somebody on the waiting list answers an offer, unless the slot's notice ends before.
    waitlist_offer_minutes: i32,
}

impl From<SettingsAsk> for SettingsDraft {
    fn from(ask: SettingsAsk) -> Self {
        Self {
            reverify_grace_days: ask.reverify_grace_days,
            recency_days: ask.recency_days,
            min_notice_minutes: ask.min_notice_minutes,
            max_advance_days: ask.max_advance_days,
            terms: Terms {
                cancellation_window_hours: ask.cancellation_window_hours,
                reschedule_window_hours: ask.reschedule_window_hours,
                late_cancel_fee_percent: ask.late_cancel_fee_percent,
                no_show_fee_percent: ask.no_show_fee_percent,
                approval_hours: ask.approval_hours,
            },
            limits: ClientLimits {
                max_open_bookings_per_client: ask.max_open_bookings_per_client,
                max_bookings_per_client_per_week: ask.max_bookings_per_client_per_week,
            },
            intake_timing: ask.intake_timing,
            consent_timing: ask.consent_timing,
            intake_valid_months: ask.intake_valid_months,
            booking_approval: ask.booking_approval,
            self_attested_gates: ask.self_attested_gates,
            slot_increment_minutes: ask.slot_increment_minutes,
            waitlist_offer_minutes: ask.waitlist_offer_minutes,
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
