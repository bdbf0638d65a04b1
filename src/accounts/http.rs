//! Signing up and in, and the admin's view of accounts.

mod auth;
mod invitations;
mod password;
mod sessions;
mod step_up;
mod users;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    auth::routes(config);
    password::routes(config);
    sessions::routes(config);
    step_up::routes(config);
    users::routes(config);
    invitations::routes(config);
}
