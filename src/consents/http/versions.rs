//! The versions of a text: drafted, published, and stood for by a clinician.

use actix_web::{get, post, put};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::clinical_approval;
use crate::consents::model::{ConsentText, ConsentVersion, SignOff, SignOffDraft, VersionDocument};
use crate::consents::{acts, store};
use crate::db::{Stop, View};
use crate::http::answer::{created, made, shown, versioned};
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json, PageQuery, Query, Under};
use crate::kernel::actor::Role;
use crate::kernel::ids::{ConsentTemplateId, ConsentVersionId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Listing the versions of a text.
    ListConsentVersions = "consent_versions.list": signed_in;
    /// Reading a version.
    ReadConsentVersion = "consent_versions.read": signed_in;
    /// Drafting a version.
    DraftConsentVersion = "consent_versions.draft": [Admin];
    /// Putting other words in a draft.
    RedraftConsentVersion = "consent_versions.redraft": [Admin];
    /// Publishing a draft.
    PublishConsentVersion = "consent_versions.publish": [Admin];
    /// Writing down that a clinician stands for a version.
    SignOffConsentVersion = "consent_versions.sign_off": [Admin];
}

/// A version below its text.
type ThisVersion = Under<ConsentTemplateId, ConsentVersionId>;

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_consent_versions).service(draft_consent_version);
    config.service(read_consent_version).service(redraft_consent_version);
    config.service(publish_consent_version).service(sign_off_consent_version);
}

/// The words of a version in one language.
#[derive(Serialize, ToSchema)]
struct ConsentTextView {
    language: String,
    title: String,
    text: String,
    /// SHA-256, in hexadecimal, of title, blank line and text: what a signature names.
    text_hash: String,
}

/// That a clinician stands for a version.
#[derive(Serialize, ToSchema)]
struct SignOffView {
    clinician: String,
    profession: String,
    signed_off_on: NaiveDate,
    recorded_at: Timestamp,
}

/// One version of a text.
#[derive(Serialize, ToSchema)]
struct ConsentVersionView {
    id: ConsentVersionId,
    template_id: ConsentTemplateId,
    number: i32,
    texts: Vec<ConsentTextView>,
    /// For how many months a signature holds; until it is withdrawn, if absent.
    validity_months: Option<i32>,
    /// SHA-256 of all it says; a draft has none.
    content_hash: Option<String>,
    /// When it was published; from then on it never changes.
    published_at: Option<Timestamp>,
    /// `clinically approved` or `not clinically approved`.
    clinical_approval: &'static str,
    sign_off: Option<SignOffView>,
    version: i32,
}

impl From<ConsentText> for ConsentTextView {
    fn from(text: ConsentText) -> Self {
        let text_hash = store::sha256(&text.as_shown());
        Self { language: text.language, title: text.title, text: text.text, text_hash }
    }
}

impl From<SignOff> for SignOffView {
    fn from(sign_off: SignOff) -> Self {
        let SignOff { clinician, profession, signed_off_on, recorded_at, .. } = sign_off;
        Self { clinician, profession, signed_off_on, recorded_at }
    }
}

impl ConsentVersionView {
    fn of(view: &mut View<'_>, version: ConsentVersion) -> Result<Self, Stop> {
        let sign_off = store::sign_off(view, version.id)?.map(SignOffView::from);
        let VersionDocument { texts, validity_months } = version.document;
        Ok(Self {
            id: version.id,
            template_id: version.template,
            number: version.number,
            texts: texts.into_iter().map(ConsentTextView::from).collect(),
            validity_months,
            content_hash: version.content_hash,
            published_at: version.published_at,
            clinical_approval: clinical_approval(sign_off.is_some()),
            sign_off,
            version: version.version,
        })
    }
}

/// A page of versions.
#[derive(Serialize, ToSchema)]
struct ConsentVersionsView {
    items: Vec<ConsentVersionView>,
    next_cursor: Option<uuid::Uuid>,
}

/// List the versions of a text, oldest first
///
/// Drafts are shown to admins alone.
#[utoipa::path(tag = "consents", params(PageQuery), responses((status = 200, body = ConsentVersionsView)))]
#[get("/consent-templates/{id}/versions")]
async fn list_consent_versions(guard: Guard<ListConsentVersions, (At<ConsentTemplateId>, Query<PageQuery>)>) -> Answer {
    let (At(template), Query(query)) = guard.input.clone();
    let ask = query.ask()?;
    let page = guard
        .read(move |view| {
            store::template(view, template)?;
            let drafts = view.actor().has(Role::Admin);
            let page = store::versions(view, (template, drafts), ask)?;
            let items = page.items.into_iter().map(|one| ConsentVersionView::of(view, one));
            Ok(ConsentVersionsView { items: items.collect::<Result<_, _>>()?, next_cursor: page.next_cursor })
        })
        .await?;
    shown(&page)
}

/// The words of a version in one language, as they are to be shown.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsentTextAsk {
    /// A language tag (BCP 47).
    language: String,
    title: String,
    text: String,
}

/// What a version says.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"texts": [{"language": "en", "title": "Treatment consent", "text": "Clients report calm; nothing is promised. I consent to sessions as described."}], "validity_months": 12}))]
struct ConsentVersionAsk {
    /// The same words in each language.
    texts: Vec<ConsentTextAsk>,
    /// For how many months a signature holds, 1 to 120; until it is withdrawn, if absent.
    validity_months: Option<i32>,
}

impl From<ConsentVersionAsk> for VersionDocument {
    fn from(ask: ConsentVersionAsk) -> Self {
        let text = |one: ConsentTextAsk| ConsentText { language: one.language, title: one.title, text: one.text };
        Self { texts: ask.texts.into_iter().map(text).collect(), validity_months: ask.validity_months }
    }
}

/// Draft the next version of a text
#[utoipa::path(tag = "consents", request_body = ConsentVersionAsk, params(IdempotencyHeader),
    responses((status = 201, body = ConsentVersionView)))]
#[post("/consent-templates/{id}/versions")]
async fn draft_consent_version(
    guard: Guard<DraftConsentVersion, (At<ConsentTemplateId>, Json<ConsentVersionAsk>)>,
) -> Answer {
    let (At(template), Json(ask)) = guard.input.clone();
    let receipt = guard
        .create(move |tx| {
            let version = acts::draft(tx, template, ask.clone().into())?;
            let location = format!("/api/v1/consent-templates/{template}/versions/{}", version.id);
            created(location, version.version, &ConsentVersionView::of(tx, version)?)
        })
        .await?;
    made(&receipt)
}

/// Read a version of a text
///
/// A draft is shown to admins alone.
#[utoipa::path(tag = "consents", responses((status = 200, body = ConsentVersionView)))]
#[get("/consent-templates/{id}/versions/{version_id}")]
async fn read_consent_version(guard: Guard<ReadConsentVersion, ThisVersion>) -> Answer {
    let Under(template, id) = guard.input;
    let view = guard
        .read(move |view| {
            let version = store::version_of(view, template, id)?;
            if version.published_at.is_none() && !view.actor().has(Role::Admin) {
                return Err(Refusal::NotThere.into());
            }
            ConsentVersionView::of(view, version)
        })
        .await?;
    versioned(view.version, &view)
}

/// Put other words in a draft
#[utoipa::path(tag = "consents", request_body = ConsentVersionAsk, params(IfMatchHeader),
    responses((status = 200, body = ConsentVersionView), (status = 409, description = "invalid_transition")))]
#[put("/consent-templates/{id}/versions/{version_id}")]
async fn redraft_consent_version(
    guard: Guard<RedraftConsentVersion, (ThisVersion, IfMatch, Json<ConsentVersionAsk>)>,
) -> Answer {
    let (Under(template, id), IfMatch(version), Json(ask)) = guard.input.clone();
    let view = guard
        .write(move |tx| {
            let draft = store::version_of(tx, template, id)?;
            let draft = tx.save(draft.redraft(version, ask.clone().into())?)?;
            ConsentVersionView::of(tx, draft)
        })
        .await?;
    versioned(view.version, &view)
}

/// Publish a draft
///
/// From now on it stands as it is, under the hash of all it says, and is what clients are presented with. What they signed before stays in
/// force until they sign this one or its time is over.
#[utoipa::path(tag = "consents", params(IfMatchHeader),
    responses((status = 200, body = ConsentVersionView), (status = 409, description = "invalid_transition")))]
#[post("/consent-templates/{id}/versions/{version_id}/publish")]
async fn publish_consent_version(guard: Guard<PublishConsentVersion, (ThisVersion, IfMatch)>) -> Answer {
    let (Under(template, id), IfMatch(version)) = guard.input;
    let view = guard
        .write(move |tx| {
            let published = acts::publish(tx, (template, id), version)?;
            ConsentVersionView::of(tx, published)
        })
        .await?;
    versioned(view.version, &view)
}

/// Which clinician stands for a version.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"clinician": "Dr. Ruth Ames", "profession": "osteopathic physician", "signed_off_on": "2027-02-20"}))]
struct SignOffAsk {
    clinician: String,
    profession: String,
    /// When they said so; not in the future.
    signed_off_on: NaiveDate,
}

/// Write down that a clinician stands for a published version
///
/// Once, and for good.
#[utoipa::path(tag = "consents", request_body = SignOffAsk, params(IfMatchHeader),
    responses((status = 200, body = ConsentVersionView), (status = 409, description = "invalid_transition, already_exists")))]
#[post("/consent-templates/{id}/versions/{version_id}/sign-off")]
async fn sign_off_consent_version(
    guard: Guard<SignOffConsentVersion, (ThisVersion, IfMatch, Json<SignOffAsk>)>,
) -> Answer {
    let (Under(template, id), IfMatch(version), Json(ask)) = guard.input.clone();
    let SignOffAsk { clinician, profession, signed_off_on } = ask;
    let draft = SignOffDraft { clinician, profession, signed_off_on };
    let view = guard
        .write(move |tx| {
            let signed_off = acts::sign_off(tx, (template, id), version, &draft)?;
            ConsentVersionView::of(tx, signed_off)
        })
        .await?;
    versioned(view.version, &view)
}
