//! Session types: offering them, changing them, retiring them.

use actix_web::{get, post, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::SessionTypeView;
use crate::credentials::model::CredentialType;
use crate::credentials::store::catalogue;
use crate::db::{Stop, View};
use crate::http::answer::{created, made, shown, versioned};
use crate::http::extract::{Part, page_ask};
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json, PublicQuery, Query};
use crate::kernel::actor::Policy;
use crate::kernel::change::Change;
use crate::kernel::ids::{CredentialTypeId, SessionTypeId};
use crate::kernel::refusal::Refusal;
use crate::session_types::model::{School, SessionType, SessionTypeDraft};
use crate::session_types::store;
use crate::{places, policies};

policies! {
    /// Listing session types.
    ListSessionTypes = "session_types.list": anyone;
    /// Seeing a session type.
    SeeSessionType = "session_types.see": anyone;
    /// Creating a session type.
    CreateSessionType = "session_types.create": [Admin];
    /// Changing a session type.
    ChangeSessionType = "session_types.change": [Admin];
    /// Taking a session type out of booking.
    RetireSessionType = "session_types.retire": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_session_types)
        .service(see_session_type)
        .service(create_session_type)
        .service(change_session_type)
        .service(retire_session_type);
}

/// A page of session types.
#[derive(Serialize, ToSchema)]
struct SessionTypesView {
    items: Vec<SessionTypeView>,
    next_cursor: Option<uuid::Uuid>,
}

/// List what can be booked
#[utoipa::path(tag = "session types", security((), ("bearer" = [])), params(PublicQuery), responses((status = 200, body = SessionTypesView)))]
#[get("/session-types")]
async fn list_session_types(guard: Guard<ListSessionTypes, Query<PublicQuery>>) -> Answer {
    let Query(PublicQuery { all, limit, cursor }) = guard.input;
    let ask = page_ask(limit, cursor)?;
    let page = guard
        .read(move |view| {
            if all {
                view.actor().require_staff(ListSessionTypes::RULE.name)?;
            }
            store::session_types(view, all, ask)
        })
        .await?
        .map(SessionTypeView::from);
    shown(&SessionTypesView { items: page.items, next_cursor: page.next_cursor })
}

/// See a session type, also a retired one: sessions were booked as it
#[utoipa::path(tag = "session types", security(()), responses((status = 200, body = SessionTypeView)))]
#[get("/session-types/{id}")]
async fn see_session_type(guard: Guard<SeeSessionType, At<SessionTypeId>>) -> Answer {
    let At(id) = guard.input;
    let session_type = guard.read(move |view| store::session_type(view, id)).await?;
    versioned(session_type.version, &SessionTypeView::from(session_type))
}

/// One requirement, as the credential types of which one is needed.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RequirementAsk {
    any_of: Vec<CredentialTypeId>,
}

/// A session type as it is to be.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Craniosacral session", "description": "A quiet hour.", "duration_minutes": 60, "price_minor": 9000, "currency": "EUR",
    "preparation_text": "Wear loose clothing.", "schools": ["manual_cranial_sacral"], "buffer_before_minutes": 0, "buffer_after_minutes": 15,
    "increment_minutes": 15, "room_kind": "treatment", "room_rest_minutes": 20, "min_notice_minutes": null, "max_advance_days": 60,
    "max_per_day": 4, "max_per_week": null, "min_age_years": 2, "max_age_years": null, "therapists_needed": 1, "requirements": [{"any_of": ["0197a3a0-5b1e-7c3d-8f00-000000000001"]}]}))]
struct SessionTypeAsk {
    name: String,
    #[serde(default)]
    description: String,
    /// 30 to 60.
    duration_minutes: i32,
    /// In the currency's minor unit.
    price_minor: i64,
    /// ISO 4217; the practice's currency, if not said.
    currency: Option<String>,
    #[serde(default)]
    preparation_text: String,
    schools: Vec<School>,
    #[serde(default)]
    buffer_before_minutes: i32,
    #[serde(default)]
    buffer_after_minutes: i32,
    /// Minutes between starts; the practice's, if not said.
    increment_minutes: Option<i32>,
    /// What kind of room it needs; none if null.
    room_kind: Option<String>,
    /// Minutes for which the room rests afterwards, where that is longer than the therapist's own. 0 to 120.
    #[serde(default)]
    room_rest_minutes: i32,
    /// The shortest notice; the practice's if null.
    min_notice_minutes: Option<i32>,
    /// How far ahead it is booked; as far as the practice's rules say if null.
    max_advance_days: Option<i32>,
    /// The most such sessions of one therapist on one local day.
    max_per_day: Option<i32>,
    /// The most such sessions of one therapist in one ISO week.
    max_per_week: Option<i32>,
    /// The youngest a client may be on the session's date.
    min_age_years: Option<i32>,
    /// The oldest a client may be on the session's date.
    max_age_years: Option<i32>,
    /// How many therapists give it: one, or two.
    #[serde(default = "one")]
    therapists_needed: i32,
    /// What a therapist must hold: all of these, each met by any one of its types.
    #[serde(default)]
    requirements: Vec<RequirementAsk>,
}

fn one() -> i32 {
    1
}

impl SessionTypeAsk {
    /// The draft it means, with the practice's own where it says nothing, and the catalogue to check it against.
    fn complete(&self, view: &mut View<'_>) -> Result<(SessionTypeDraft, Vec<CredentialType>), Stop> {
        let practices_own = places::store::practice(view)?.currency.as_str().to_owned();
        let increment = places::store::settings(view)?.slot_increment_minutes;
        let draft = SessionTypeDraft {
            name: self.name.clone(),
            description: self.description.clone(),
            duration_minutes: self.duration_minutes,
            price_minor: self.price_minor,
            currency: self.currency.clone().unwrap_or(practices_own),
            preparation_text: self.preparation_text.clone(),
            schools: self.schools.clone(),
            buffer_before_minutes: self.buffer_before_minutes,
            buffer_after_minutes: self.buffer_after_minutes,
            increment_minutes: self.increment_minutes.unwrap_or(increment),
            room_kind: self.room_kind.clone(),
            room_rest_minutes: self.room_rest_minutes,
            min_notice_minutes: self.min_notice_minutes,
            max_advance_days: self.max_advance_days,
            max_per_day: self.max_per_day,
            max_per_week: self.max_per_week,
            min_age_years: self.min_age_years,
            max_age_years: self.max_age_years,
            therapists_needed: self.therapists_needed,
            requirements: self.requirements.iter().map(|group| group.any_of.clone()).collect(),
        };
        Ok((draft, catalogue(view)?))
    }
}

/// Create a session type that can be booked
#[utoipa::path(tag = "session types", request_body = SessionTypeAsk, params(IdempotencyHeader),
    responses((status = 201, body = SessionTypeView), (status = 409, description = "idempotency_in_progress")))]
#[post("/session-types")]
async fn create_session_type(guard: Guard<CreateSessionType, Json<SessionTypeAsk>>) -> Answer {
    let Json(ask) = guard.input.clone();
    let receipt = guard
        .create(move |tx| {
            let (draft, catalogue) = ask.complete(tx)?;
            let session_type = tx.save(SessionType::create(&draft, &catalogue, tx.now())?)?;
            let at = format!("/api/v1/session-types/{}", session_type.id);
            created(at, session_type.version, &SessionTypeView::from(session_type))
        })
        .await?;
    made(&receipt)
}

/// Change a session type; bookings keep what they were booked as
///
/// Its rules hold for what is booked from now on. Bookings that stand are not moved, and none is refused afterwards.
#[utoipa::path(tag = "session types", request_body = SessionTypeAsk, params(IfMatchHeader),
    responses((status = 200, body = SessionTypeView), (status = 409, description = "invalid_transition")))]
#[put("/session-types/{id}")]
async fn change_session_type(
    guard: Guard<ChangeSessionType, (At<SessionTypeId>, IfMatch, Json<SessionTypeAsk>)>,
) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    change(&guard, id, version, move |session_type, view| {
        let (draft, catalogue) = ask.complete(view)?;
        Ok(session_type.change(&draft, &catalogue)?)
    })
    .await
}

/// Take a session type out of booking
#[utoipa::path(tag = "session types", params(IfMatchHeader),
    responses((status = 200, body = SessionTypeView), (status = 409, description = "invalid_transition")))]
#[post("/session-types/{id}/retire")]
async fn retire_session_type(guard: Guard<RetireSessionType, (At<SessionTypeId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    change(&guard, id, version, |session_type, _| Ok(session_type.retire()?)).await
}

async fn change<P: Policy, In: Part>(
    guard: &Guard<P, In>,
    id: SessionTypeId,
    version: i32,
    step: impl Fn(SessionType, &mut View<'_>) -> Result<Change<SessionType>, Stop> + Send + 'static,
) -> Answer {
    let session_type = guard
        .write(move |tx| {
            let session_type = store::session_type(tx, id)?;
            if session_type.version != version {
                return Err(Refusal::VersionMismatch.into());
            }
            let change = step(session_type, tx)?;
            tx.save(change)
        })
        .await?;
    versioned(session_type.version, &SessionTypeView::from(session_type))
}
