//! Consent over HTTP.

mod given;
mod signing;
mod templates;
mod versions;

use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{Authenticated, ConsentState, Meaning, Requirement};
use crate::kernel::form_link::IdentityCheck;

crate::text_schema!(Requirement, ConsentState, Meaning, Authenticated, IdentityCheck);

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    templates::routes(config);
    versions::routes(config);
    given::routes(config);
    signing::routes(config);
}

/// The words for whether a clinician stands for a version.
fn clinical_approval(approved: bool) -> &'static str {
    if approved { "clinically approved" } else { "not clinically approved" }
}
