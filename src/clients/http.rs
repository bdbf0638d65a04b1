//! Records, guardians, relationships of care, and codes to take a record over.

mod care;
mod claim;
mod guardians;
mod look;
mod record;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    record::routes(config);
    claim::routes(config);
    guardians::routes(config);
    care::routes(config);
}
