//! Writing, signing and reading session notes.

mod after;
mod conflicts;
mod reading;
mod shape;
mod signing;
mod templates;
mod view;
mod vocabulary;
mod writing;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    // Paths that are written out come before those that hold an id.
    signing::routes(config);
    reading::routes(config);
    writing::routes(config);
    conflicts::routes(config);
    after::routes(config);
    templates::routes(config);
    vocabulary::routes(config);
}
