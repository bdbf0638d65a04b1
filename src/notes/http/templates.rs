//! Templates: the practice's and a therapist's own.

use actix_web::{get, post, put};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::shape::NoteContentShape;
use crate::db::Fault;
use crate::http::answer::{created, made, shown, versioned};
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json, PageQuery, Query};
use crate::kernel::actor::Policy;
use crate::kernel::ids::{NoteTemplateId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::notes::model::{NoteContent, NoteTemplate, TemplateDraft};
use crate::notes::store;
use crate::policies;

policies! {
    /// Listing templates.
    ListTemplates = "note_templates.list": [Therapist, Admin];
    /// Seeing one.
    SeeTemplate = "note_templates.see": [Therapist, Admin];
    /// Writing one down.
    WriteTemplate = "note_templates.write": [Therapist, Admin];
    /// Writing one anew.
    ChangeTemplate = "note_templates.change": [Therapist, Admin];
    /// Offering one no longer.
    RetireTemplate = "note_templates.retire": [Therapist, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_note_templates)
        .service(see_note_template)
        .service(write_note_template)
        .service(change_note_template)
        .service(retire_note_template);
}

/// A template.
#[derive(Serialize, ToSchema)]
struct NoteTemplateView {
    id: NoteTemplateId,
    /// Whose; the practice's, if nobody's.
    therapist_id: Option<TherapistId>,
    name: String,
    #[schema(value_type = NoteContentShape)]
    content: Value,
    created_at: Timestamp,
    retired_at: Option<Timestamp>,
    version: i32,
}

impl NoteTemplateView {
    fn of(template: &NoteTemplate) -> Result<Self, Fault> {
        let content =
            serde_json::to_value(&template.content).map_err(|_| Fault::Corrupt("a template that is not JSON"))?;
        Ok(Self {
            id: template.id,
            therapist_id: template.owner,
            name: template.name.clone(),
            content,
            created_at: template.created_at,
            retired_at: template.retired_at,
            version: template.version,
        })
    }
}

/// A page of templates.
#[derive(Serialize, ToSchema)]
struct NoteTemplatesView {
    items: Vec<NoteTemplateView>,
    next_cursor: Option<uuid::Uuid>,
}

/// List the templates that are offered to oneself: the practice's, and a therapist's own
#[utoipa::path(tag = "notes", params(PageQuery), responses((status = 200, body = NoteTemplatesView)))]
#[get("/note-templates")]
async fn list_note_templates(guard: Guard<ListTemplates, Query<PageQuery>>) -> Answer {
    let ask = guard.input.0.ask()?;
    let page = guard
        .read(move |view| {
            let actor = view.actor();
            let page = store::templates(view, &actor, ask)?;
            let items = page.items.iter().map(NoteTemplateView::of).collect::<Result<_, _>>()?;
            Ok(NoteTemplatesView { items, next_cursor: page.next_cursor })
        })
        .await?;
    shown(&page)
}

/// See a template
#[utoipa::path(tag = "notes", responses((status = 200, body = NoteTemplateView)))]
#[get("/note-templates/{id}")]
async fn see_note_template(guard: Guard<SeeTemplate, At<NoteTemplateId>>) -> Answer {
    let At(id) = guard.input;
    let view = guard
        .read(move |view| {
            let actor = view.actor();
            Ok(NoteTemplateView::of(&store::template(view, &actor, id)?)?)
        })
        .await?;
    versioned(view.version, &view)
}

/// A template to be written down.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "First visit", "own": true, "content": {"objective": "Breath, sutures, sacrum.", "techniques": ["still point"]}}))]
struct NewTemplateAsk {
    name: String,
    /// Nothing of any client: it is not sealed, and takes no `subjective`, `client_reports`, `response` or `scores`.
    #[schema(value_type = NoteContentShape)]
    content: NoteContent,
    /// A therapist's own; the practice's otherwise, which is an admin's to write.
    #[serde(default)]
    own: bool,
}

/// Write down a template
#[utoipa::path(tag = "notes", request_body = NewTemplateAsk, params(IdempotencyHeader),
    responses((status = 201, body = NoteTemplateView), (status = 409, description = "idempotency_in_progress")))]
#[post("/note-templates")]
async fn write_note_template(guard: Guard<WriteTemplate, Json<NewTemplateAsk>>) -> Answer {
    let ask = guard.input.0.clone();
    let receipt = guard
        .create(move |tx| {
            let (actor, now) = (tx.actor(), tx.now());
            let forbidden = Refusal::Forbidden { operation: WriteTemplate::RULE.name };
            let owner = if ask.own { Some(actor.therapist().ok_or(forbidden)?) } else { None };
            let draft = TemplateDraft { name: ask.name.clone(), content: ask.content.clone() };
            let template = tx.save(NoteTemplate::write(NoteTemplateId::new(now), owner, draft, &actor, now)?)?;
            created(format!("/api/v1/note-templates/{}", template.id), 1, &NoteTemplateView::of(&template)?)
        })
        .await?;
    made(&receipt)
}

/// A template as it is to be.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "First visit", "content": {"objective": "Breath, sutures, sacrum.", "techniques": ["still point"]}}))]
struct TemplateAsk {
    name: String,
    #[schema(value_type = NoteContentShape)]
    content: NoteContent,
}

/// Write a template anew; notes that began with it keep what they say
#[utoipa::path(tag = "notes", request_body = TemplateAsk, params(IfMatchHeader),
    responses((status = 200, body = NoteTemplateView), (status = 409, description = "invalid_transition")))]
#[put("/note-templates/{id}")]
async fn change_note_template(
    guard: Guard<ChangeTemplate, (At<NoteTemplateId>, IfMatch, Json<TemplateAsk>)>,
) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let view = guard
        .write(move |tx| {
            let actor = tx.actor();
            let draft = TemplateDraft { name: ask.name.clone(), content: ask.content.clone() };
            let change = store::template(tx, &actor, id)?.change(draft, version, &actor)?;
            Ok(NoteTemplateView::of(&tx.save(change)?)?)
        })
        .await?;
    versioned(view.version, &view)
}

/// Offer a template no longer
#[utoipa::path(tag = "notes", params(IfMatchHeader),
    responses((status = 200, body = NoteTemplateView), (status = 409, description = "invalid_transition")))]
#[post("/note-templates/{id}/retire")]
async fn retire_note_template(guard: Guard<RetireTemplate, (At<NoteTemplateId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    let view = guard
        .write(move |tx| {
            let (actor, now) = (tx.actor(), tx.now());
            let change = store::template(tx, &actor, id)?.retire(version, &actor, now)?;
            Ok(NoteTemplateView::of(&tx.save(change)?)?)
        })
        .await?;
    versioned(view.version, &view)
}
