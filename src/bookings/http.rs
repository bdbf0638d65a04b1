//! Slots, holds, and bookings from the request to the session.

mod checks;
mod handover;
mod history;
mod holds;
mod imports;
mod list;
mod receipt;
mod record;
mod request;
mod see;
mod slots;
mod steps;
mod views;
mod when;
mod zones;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    slots::routes(config);
    checks::routes(config);
    holds::routes(config);
    request::routes(config);
    // Before what is at an id: a word of its own is none.
    record::routes(config);
    zones::routes(config);
    imports::routes(config);
    list::routes(config);
    see::routes(config);
    history::routes(config);
    receipt::routes(config);
    steps::routes(config);
    handover::routes(config);
}
