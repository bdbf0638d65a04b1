//! Writing the practice's forms.

use actix_web::{delete, get, post, put};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::documents::{FormVersionSummary, FormView};
use crate::db::{Fault, Stop, View};
use crate::http::answer::{created, done, made, shown, versioned};
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json};
use crate::intake::acts::drafting;
use crate::intake::model::draft::FormDraft;
use crate::intake::model::form::FormDefinition;
use crate::intake::store::{documents, drafts};
use crate::kernel::ids::{FormId, FormVersionId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Adding a form.
    AddForm = "intake_forms.add": [Admin];
    /// Beginning a form's next version.
    DraftFormVersion = "intake_forms.draft": [Admin];
    /// Reading a draft.
    SeeFormDraft = "intake_forms.see_draft": [Admin];
    /// Writing a draft anew.
    ReviseFormDraft = "intake_forms.revise_draft": [Admin];
    /// Giving a draft up.
    DiscardFormDraft = "intake_forms.discard_draft": [Admin];
    /// Publishing a draft.
    PublishFormDraft = "intake_forms.publish_draft": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(add_form)
        .service(draft_form_version)
        .service(see_form_draft)
        .service(revise_form_draft)
        .service(discard_form_draft)
        .service(publish_form_draft);
}

/// What keeps a draft from being published.
#[derive(Serialize, ToSchema)]
struct DraftFault {
    /// A JSON Pointer into the draft.
    pointer: String,
    /// A stable word for the fault.
    code: &'static str,
    /// What is wrong, for a person.
    message: String,
}

impl From<Violation> for DraftFault {
    fn from(fault: Violation) -> Self {
        Self { pointer: fault.pointer, code: fault.code, message: fault.message }
    }
}

/// The next version of a form, while it is written.
#[derive(Serialize, ToSchema)]
struct FormDraftView {
    /// The id it will have as a version.
    id: FormVersionId,
    form_id: FormId,
    number: i32,
    version: i32,
    begun_at: Timestamp,
    /// What keeps it from being published; nothing once it can be.
    faults: Vec<DraftFault>,
    /// Sections of questions, each with the kind of answer it takes and when it is shown.
    #[schema(value_type = Object)]
    definition: Value,
}

impl FormDraftView {
    fn of(view: &mut View<'_>, draft: FormDraft) -> Result<Self, Stop> {
        let (rules, before) = (documents::newest_ruleset(view)?.rules, drafts::before(view, draft.form)?);
        let faults = draft.faults(&rules, &before).into_iter().map(DraftFault::from).collect();
        let definition = serde_json::to_value(&draft.definition);
        Ok(Self {
            id: draft.id,
            form_id: draft.form,
            number: draft.number,
            version: draft.version,
            begun_at: draft.begun_at,
            faults,
            definition: definition.map_err(|_| Fault::Corrupt("a form that is not JSON"))?,
        })
    }
}

/// A further form.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "childs_history", "name": "Your child's health history"}))]
struct FormAsk {
    /// Its stable name: lower-case letters, digits and underscores.
    code: String,
    name: String,
}

/// Add a form beside the health history
///
/// Bookings ask for the health history; another form is given to a client by hand, once a version of it is published.
#[utoipa::path(tag = "intake", request_body = FormAsk, params(IdempotencyHeader),
    responses((status = 201, body = FormView), (status = 409, description = "already_exists")))]
#[post("/intake-forms")]
async fn add_form(guard: Guard<AddForm, Json<FormAsk>>) -> Answer {
    let FormAsk { code, name } = guard.input.0.clone();
    let receipt = guard
        .create(move |tx| {
            let form = drafting::add(tx, &code, &name)?;
            created(format!("/api/v1/intake-forms/{}", form.id), 1, &FormView::from(form))
        })
        .await?;
    made(&receipt)
}

/// Begin a form's next version
///
/// It begins with what the last one asks, or, for a form without one, with what the health history asks. A form has one draft at a time.
#[utoipa::path(tag = "intake", params(IdempotencyHeader),
    responses((status = 201, body = FormDraftView), (status = 409, description = "already_exists")))]
#[post("/intake-forms/{id}/versions")]
async fn draft_form_version(guard: Guard<DraftFormVersion, At<FormId>>) -> Answer {
    let form = guard.input.0;
    let receipt = guard
        .create(move |tx| {
            let draft = drafting::begin(tx, form)?;
            created(format!("/api/v1/intake-forms/{form}/draft"), draft.version, &FormDraftView::of(tx, draft)?)
        })
        .await?;
    made(&receipt)
}

/// Read the draft of a form's next version, and what is wrong with it yet
#[utoipa::path(tag = "intake", responses((status = 200, body = FormDraftView)))]
#[get("/intake-forms/{id}/draft")]
async fn see_form_draft(guard: Guard<SeeFormDraft, At<FormId>>) -> Answer {
    let form = guard.input.0;
    let draft = guard
        .read(move |view| {
            let draft = drafts::draft(view, form)?.ok_or(Refusal::NotThere)?;
            FormDraftView::of(view, draft)
        })
        .await?;
    versioned(draft.version, &draft)
}

/// What the next version is to ask.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"definition": {"code": "health_history", "version": 2, "title": "Your health history",
    "introduction": "Thank you for taking a few minutes.", "sections": [{"id": "your_visit", "title": "What brings you here",
    "questions": [{"id": "goals", "prompt": "What would you like?", "required": true, "answer": {"type": "text", "max_length": 2000}}]}],
    "raises": []}}))]
struct FormDraftAsk {
    /// Sections of questions, whole. Kinds of answers: `text`, `choice`, `multi_choice`, `date`, `number`, `yes_no_unsure`, `body_region`,
    /// `signature`, `finding`. Its `code` and `version` stay as they are.
    #[schema(value_type = Object)]
    definition: FormDefinition,
}

/// Write a draft anew
///
/// A draft may be kept with faults, and is answered with all of them.
#[utoipa::path(tag = "intake", request_body = FormDraftAsk, params(IfMatchHeader),
    responses((status = 200, body = FormDraftView)))]
#[put("/intake-forms/{id}/draft")]
async fn revise_form_draft(guard: Guard<ReviseFormDraft, (At<FormId>, IfMatch, Json<FormDraftAsk>)>) -> Answer {
    let (At(form), IfMatch(version), Json(ask)) = guard.input.clone();
    let draft = guard
        .write(move |tx| {
            let draft = drafting::revise(tx, (form, version), ask.definition.clone())?;
            FormDraftView::of(tx, draft)
        })
        .await?;
    versioned(draft.version, &draft)
}

/// Give a draft up
#[utoipa::path(tag = "intake", params(IfMatchHeader), responses((status = 204)))]
#[delete("/intake-forms/{id}/draft")]
async fn discard_form_draft(guard: Guard<DiscardFormDraft, (At<FormId>, IfMatch)>) -> Answer {
    let (At(form), IfMatch(version)) = guard.input;
    guard.write(move |tx| drafting::discard(tx, form, version)).await?;
    done()
}

/// Publish a draft
///
/// From now on it is given to clients and never changes. Whoever has a form of an earlier version goes on with that one.
#[utoipa::path(tag = "intake", params(IfMatchHeader),
    responses((status = 200, body = FormVersionSummary), (status = 422, description = "invalid_fields, at pointers into the draft")))]
#[post("/intake-forms/{id}/draft/publish")]
async fn publish_form_draft(guard: Guard<PublishFormDraft, (At<FormId>, IfMatch)>) -> Answer {
    let (At(form), IfMatch(version)) = guard.input;
    let version = guard.write(move |tx| drafting::publish(tx, form, version)).await?;
    shown(&FormVersionSummary::from(version))
}
