//! The practice as everybody sees it, its rules, its locations and their rooms.

mod locations;
mod practice;
mod rooms;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    practice::routes(config);
    locations::routes(config);
    rooms::routes(config);
}
