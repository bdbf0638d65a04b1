//! Writing, signing and reading session notes.

mod reading;
mod view;
mod writing;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    reading::routes(config);
    writing::routes(config);
}
