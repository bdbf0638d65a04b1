//! What can be booked.

mod readiness;
mod types;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    types::routes(config);
    readiness::routes(config);
}
