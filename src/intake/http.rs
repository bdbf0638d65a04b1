//! The health history over HTTP.

mod answers;
mod carrying;
mod clearances;
mod documents;
mod drafts;
mod responses;
mod screening;

use utoipa_actix_web::service_config::ServiceConfig;

use super::model::response::{AnsweredAs, ResponseState, Verdict};
use super::model::ruleset::Level;
use super::model::screening::Reason;

crate::text_schema!(AnsweredAs, ResponseState, Verdict, Level, Reason);

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    documents::routes(config);
    drafts::routes(config);
    responses::routes(config);
    answers::routes(config);
    carrying::routes(config);
    screening::routes(config);
    clearances::routes(config);
}
