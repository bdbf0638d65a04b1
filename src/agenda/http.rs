//! The day and the tasks.

mod day;
mod tasks;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    day::routes(config);
    tasks::routes(config);
}
