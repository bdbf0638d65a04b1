//! Form links over HTTP: given out by staff, and opened by whoever holds them.

mod consent;
mod intake;
mod issuing;

use actix_web::get;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::acts;
use crate::http::answer::shown;
use crate::http::{Answer, Guard};
use crate::kernel::form_link::{FormSubject, Medium};
use crate::kernel::refusal::Refusal;
use crate::{policies, text_schema};

text_schema!(FormSubject, Medium);

policies! {
    /// Seeing what a link opens.
    SeeFormLink = "form_links.see": form_link;
}

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    issuing::routes(config);
    config.service(see_form_link);
    consent::routes(config);
    intake::routes(config);
}

/// What a link opens.
#[derive(Serialize, ToSchema)]
struct OpenedView {
    /// `consent`: read and sign it under `/form-link/consent`. `intake_response`: answer it under `/form-link/intake`.
    form: FormSubject,
    medium: Medium,
}

/// See what a form link opens
///
/// The token comes as `Authorization: Form <token>`. A link that was used, replaced, or is too old, or whose form is closed, opens nothing.
#[utoipa::path(tag = "form links", security(("form" = [])),
    responses((status = 200, body = OpenedView), (status = 410, description = "link_spent")))]
#[get("/form-link")]
async fn see_form_link(guard: Guard<SeeFormLink>) -> Answer {
    let bearer = guard
        .read(|view| {
            let held = view.actor().form_link().ok_or(Refusal::Unauthenticated)?;
            acts::opened(view, held.subject)
        })
        .await?;
    shown(&OpenedView { form: bearer.subject, medium: bearer.medium })
}
