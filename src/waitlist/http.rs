//! The waiting list's operations.

mod answers;
mod entries;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations of this slice.
pub fn routes(config: &mut ServiceConfig<'_>) {
    entries::routes(config);
    answers::routes(config);
}
