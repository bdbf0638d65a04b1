//! Texts that clients consent to, and whether sessions wait for them.

use actix_web::{get, post, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::clinical_approval;
use crate::consents::model::{ConsentTemplate, Requirement, TemplateDraft};
use crate::consents::{acts, store};
use crate::db::{Stop, View};
use crate::http::answer::{created, made, shown, versioned};
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json, PageQuery, Query};
use crate::kernel::ids::{ConsentTemplateId, ConsentVersionId, SessionTypeId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::{policies, session_types};

policies! {
    /// Listing what can be consented to.
    ListConsentTemplates = "consent_templates.list": signed_in;
    /// Seeing one text.
    SeeConsentTemplate = "consent_templates.see": signed_in;
    /// Making a text.
    CreateConsentTemplate = "consent_templates.create": [Admin];
    /// Saying whether sessions wait for a text.
    ChangeConsentTemplate = "consent_templates.change": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_consent_templates).service(create_consent_template);
    config.service(see_consent_template).service(change_consent_template);
}

/// A text that clients consent to.
#[derive(Serialize, ToSchema)]
struct ConsentTemplateView {
    id: ConsentTemplateId,
    name: String,
    requirement: Requirement,
    /// The session types that need it, where it is required; all of them if none is named.
    session_type_ids: Vec<SessionTypeId>,
    /// The version that is presented now; none before the first is published.
    newest_version_id: Option<ConsentVersionId>,
    /// Whether a clinician stands for that version: `clinically approved` or `not clinically approved`.
    clinical_approval: &'static str,
    version: i32,
}

impl ConsentTemplateView {
    fn of(view: &mut View<'_>, template: ConsentTemplate) -> Result<Self, Stop> {
        let newest_version_id = store::newest_published(view, template.id)?.map(|version| version.id);
        let approved = match newest_version_id {
            Some(id) => store::sign_off(view, id)?.is_some(),
            None => false,
        };
        Ok(Self {
            id: template.id,
            name: template.name,
            requirement: template.requirement,
            session_type_ids: template.session_types,
            newest_version_id,
            clinical_approval: clinical_approval(approved),
            version: template.version,
        })
    }
}

/// A page of texts.
#[derive(Serialize, ToSchema)]
struct ConsentTemplatesView {
    items: Vec<ConsentTemplateView>,
    next_cursor: Option<uuid::Uuid>,
}

/// What is said of a text.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Treatment consent", "requirement": "required", "session_type_ids": []}))]
struct ConsentTemplateAsk {
    name: String,
    requirement: Requirement,
    /// Leave it empty for all session types, those to come too.
    #[serde(default)]
    session_type_ids: Vec<SessionTypeId>,
}

impl ConsentTemplateAsk {
    /// The draft, of session types that there are.
    fn draft(&self, view: &mut View<'_>) -> Result<TemplateDraft, Stop> {
        for (index, id) in self.session_type_ids.iter().enumerate() {
            session_types::store::session_type(view, *id).map_err(|stop| match stop {
                Stop::Refused(Refusal::NotThere) => {
                    let at = format!("/session_type_ids/{index}");
                    Refusal::Fields(vec![Violation::at(at, "unknown", "names no session type")]).into()
                }
                other => other,
            })?;
        }
        let Self { name, requirement, session_type_ids } = self.clone();
        Ok(TemplateDraft { name, requirement, session_types: session_type_ids })
    }
}

/// List the texts that clients consent to
#[utoipa::path(tag = "consents", params(PageQuery), responses((status = 200, body = ConsentTemplatesView)))]
#[get("/consent-templates")]
async fn list_consent_templates(guard: Guard<ListConsentTemplates, Query<PageQuery>>) -> Answer {
    let ask = guard.input.0.ask()?;
    let page = guard
        .read(move |view| {
            let page = store::templates(view, ask)?;
            let items = page.items.into_iter().map(|one| ConsentTemplateView::of(view, one));
            Ok(ConsentTemplatesView { items: items.collect::<Result<_, _>>()?, next_cursor: page.next_cursor })
        })
        .await?;
    shown(&page)
}

/// Make a text that clients consent to
///
/// It has no words yet: draft its first version, and publish it.
#[utoipa::path(tag = "consents", request_body = ConsentTemplateAsk, params(IdempotencyHeader),
    responses((status = 201, body = ConsentTemplateView)))]
#[post("/consent-templates")]
async fn create_consent_template(guard: Guard<CreateConsentTemplate, Json<ConsentTemplateAsk>>) -> Answer {
    let Json(ask) = guard.input.clone();
    let receipt = guard
        .create(move |tx| {
            let (draft, now) = (ask.draft(tx)?, tx.now());
            let template = tx.save(ConsentTemplate::create(ConsentTemplateId::new(now), draft, now)?)?;
            let location = format!("/api/v1/consent-templates/{}", template.id);
            created(location, template.version, &ConsentTemplateView::of(tx, template)?)
        })
        .await?;
    made(&receipt)
}

/// See a text that clients consent to
#[utoipa::path(tag = "consents", responses((status = 200, body = ConsentTemplateView)))]
#[get("/consent-templates/{id}")]
async fn see_consent_template(guard: Guard<SeeConsentTemplate, At<ConsentTemplateId>>) -> Answer {
    let At(id) = guard.input;
    let view = guard
        .read(move |view| {
            let template = store::template(view, id)?;
            ConsentTemplateView::of(view, template)
        })
        .await?;
    versioned(view.version, &view)
}

/// Say what a text is called and whether sessions wait for it
///
/// Once it is required, every booking to come without it is blocked, client by client, until it is signed; what was signed before counts.
#[utoipa::path(tag = "consents", request_body = ConsentTemplateAsk, params(IfMatchHeader),
    responses((status = 200, body = ConsentTemplateView), (status = 422, description = "invalid_fields, policy_violation")))]
#[put("/consent-templates/{id}")]
async fn change_consent_template(
    guard: Guard<ChangeConsentTemplate, (At<ConsentTemplateId>, IfMatch, Json<ConsentTemplateAsk>)>,
) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let view = guard
        .write(move |tx| {
            let draft = ask.draft(tx)?;
            let template = acts::change(tx, (id, version), draft)?;
            ConsentTemplateView::of(tx, template)
        })
        .await?;
    versioned(view.version, &view)
}
