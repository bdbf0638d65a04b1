//! The catalogue, what therapists hold, the judgements on it, and the register that answers for any past day.

mod holding;
mod judging;
mod public;
mod register;
mod types;
mod view;

use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{AssertionKind, CredentialKind, CredentialState, Method, Validity};
use crate::text_schema;

text_schema!(AssertionKind, CredentialKind, CredentialState, Method, Validity);

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    types::routes(config);
    // Before the operations on one credential, whose path would take "register" for an id.
    register::routes(config);
    holding::routes(config);
    judging::routes(config);
    public::routes(config);
}
