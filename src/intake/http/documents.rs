//! The published forms and rulesets.

use actix_web::get;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::db::{Fault, Stop};
use crate::http::answer::shown;
use crate::http::{Answer, At, Guard, PageQuery, Query};
use crate::intake::store::documents::{self, Form, FormVersion, RulesetVersion};
use crate::kernel::ids::{FormId, FormVersionId, RulesetId};
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Listing the forms.
    ListForms = "intake_forms.list": signed_in;
    /// Listing a form's versions.
    ListFormVersions = "intake_forms.list_versions": signed_in;
    /// Reading what a form asks.
    SeeFormVersion = "intake_form_versions.see": signed_in;
    /// Reading the screening rules.
    ListRulesets = "screening_rulesets.list": [Therapist, FrontDesk, Verifier, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_forms).service(list_form_versions).service(see_form_version).service(list_rulesets);
}

/// A form under its stable name.
#[derive(Serialize, ToSchema)]
pub(super) struct FormView {
    id: FormId,
    code: String,
    name: String,
}

/// A page of forms.
#[derive(Serialize, ToSchema)]
struct FormsView {
    items: Vec<FormView>,
    next_cursor: Option<uuid::Uuid>,
}

/// One published version of a form, without its questions.
#[derive(Serialize, ToSchema)]
pub(super) struct FormVersionSummary {
    id: FormVersionId,
    form_id: FormId,
    number: i32,
    /// SHA-256 of the definition in its canonical JSON (RFC 8785), in hexadecimal digits.
    content_hash: String,
    published_at: Timestamp,
}

/// A page of a form's versions.
#[derive(Serialize, ToSchema)]
struct FormVersionsView {
    items: Vec<FormVersionSummary>,
    next_cursor: Option<uuid::Uuid>,
}

/// One published version of a form.
#[derive(Serialize, ToSchema)]
struct FormVersionView {
    #[serde(flatten)]
    summary: FormVersionSummary,
    /// Sections of questions, each with the kind of answer it takes and when it is shown.
    #[schema(value_type = Object)]
    definition: Value,
}

/// One published version of the screening rules.
#[derive(Serialize, ToSchema)]
struct RulesetView {
    id: RulesetId,
    number: i32,
    /// `clinically reviewed` once a clinician has signed every rule, and `not clinically reviewed` until then.
    clinical_review: &'static str,
    /// SHA-256 of the document as published.
    content_hash: String,
    published_at: Timestamp,
    /// The rules, each with its sources and who signed it.
    #[schema(value_type = Object)]
    document: Value,
}

/// A page of rulesets.
#[derive(Serialize, ToSchema)]
struct RulesetsView {
    items: Vec<RulesetView>,
    next_cursor: Option<uuid::Uuid>,
}

impl From<Form> for FormView {
    fn from(form: Form) -> Self {
        Self { id: form.id, code: form.code, name: form.name }
    }
}

impl From<FormVersion> for FormVersionSummary {
    fn from(version: FormVersion) -> Self {
        Self {
            id: version.id,
            form_id: version.form_id,
            number: version.number,
            content_hash: version.content_hash,
            published_at: version.published_at,
        }
    }
}

impl RulesetView {
    fn of(ruleset: RulesetVersion) -> Result<Self, Stop> {
        let reviewed = ruleset.read()?.is_clinically_reviewed();
        Ok(Self {
            id: ruleset.id,
            number: ruleset.number,
            clinical_review: clinical_review(reviewed),
            document: json(&ruleset.document)?,
            content_hash: ruleset.content_hash,
            published_at: ruleset.published_at,
        })
    }
}

/// The words for whether a clinician stands for the rules.
pub(super) fn clinical_review(reviewed: bool) -> &'static str {
    if reviewed { "clinically reviewed" } else { "not clinically reviewed" }
}

fn json(document: &str) -> Result<Value, Stop> {
    serde_json::from_str(document).map_err(|_| Fault::Corrupt("a published document that is not JSON").into())
}

/// List the forms
#[utoipa::path(tag = "intake", params(PageQuery), responses((status = 200, body = FormsView)))]
#[get("/intake-forms")]
async fn list_forms(guard: Guard<ListForms, Query<PageQuery>>) -> Answer {
    let ask = guard.input.0.ask()?;
    let page = guard.read(move |view| documents::forms(view, ask)).await?.map(FormView::from);
    shown(&FormsView { items: page.items, next_cursor: page.next_cursor })
}

/// List a form's published versions
#[utoipa::path(tag = "intake", params(PageQuery), responses((status = 200, body = FormVersionsView)))]
#[get("/intake-forms/{id}/versions")]
async fn list_form_versions(guard: Guard<ListFormVersions, (At<FormId>, Query<PageQuery>)>) -> Answer {
    let (At(form), Query(query)) = guard.input.clone();
    let ask = query.ask()?;
    let page = guard.read(move |view| documents::form_versions(view, form, ask)).await?.map(FormVersionSummary::from);
    shown(&FormVersionsView { items: page.items, next_cursor: page.next_cursor })
}

/// Read what a version of a form asks
#[utoipa::path(tag = "intake", responses((status = 200, body = FormVersionView)))]
#[get("/intake-form-versions/{id}")]
async fn see_form_version(guard: Guard<SeeFormVersion, At<FormVersionId>>) -> Answer {
    let id = guard.input.0;
    let version = guard.read(move |view| documents::form_version(view, id)).await?;
    let definition = json(&version.definition)?;
    shown(&FormVersionView { summary: version.into(), definition })
}

/// Read the screening rules and whether a clinician stands for them
#[utoipa::path(tag = "intake", params(PageQuery), responses((status = 200, body = RulesetsView)))]
#[get("/screening-rulesets")]
async fn list_rulesets(guard: Guard<ListRulesets, Query<PageQuery>>) -> Answer {
    let ask = guard.input.0.ask()?;
    let page = guard.read(move |view| documents::rulesets(view, ask)).await?;
    let items = page.items.into_iter().map(RulesetView::of).collect::<Result<_, _>>()?;
    shown(&RulesetsView { items, next_cursor: page.next_cursor })
}
