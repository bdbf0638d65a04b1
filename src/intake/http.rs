//! The health history over HTTP.

mod answers;
mod clearances;
mod documents;
mod responses;
mod screening;

use utoipa_actix_web::service_config::ServiceConfig;

use super::model::response::{ResponseState, Verdict};
use super::model::ruleset::Level;
use super::model::screening::Reason;

crate::text_schema!(ResponseState, Verdict, Level, Reason);

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    documents::routes(config);
    responses::routes(config);
    answers::routes(config);
    screening::routes(config);
    clearances::routes(config);
}
