//! Slots, holds, and bookings from the request to the session.

mod checks;
mod holds;
mod request;
mod see;
mod slots;
mod steps;
mod views;
mod when;

use utoipa_actix_web::service_config::ServiceConfig;

use super::model::BookingRules;
use crate::places::model::Settings;

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    slots::routes(config);
    checks::routes(config);
    holds::routes(config);
    request::routes(config);
    see::routes(config);
    steps::routes(config);
}

/// How long before a session the practice lets a client go, and when it lets them in.
impl From<&Settings> for BookingRules {
    fn from(settings: &Settings) -> Self {
        let cancellation_window = chrono::TimeDelta::hours(settings.cancellation_window_hours.into());
        Self { cancellation_window, ..Self::default() }
    }
}
