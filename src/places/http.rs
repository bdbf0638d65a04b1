//! The practice as everybody sees it, its rules and its locations.

mod locations;
mod practice;
mod settings;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    practice::routes(config);
    settings::routes(config);
    locations::routes(config);
}
