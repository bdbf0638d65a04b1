//! A therapist's own price and length for a session type.

use actix_web::{delete, get, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::availability::model::offering::Offering;
use crate::availability::store;
use crate::db::{Lock, Stop, View};
use crate::http::answer::{done, shown, versioned};
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Json, PageQuery, Query, Under};
use crate::kernel::ids::{SessionTypeId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::{policies, session_types, therapists};

policies! {
    /// Seeing a therapist's own terms.
    ListOfferings = "offerings.list": anyone;
    /// Writing a therapist's own terms.
    WriteOffering = "offerings.write": [Admin, Therapist];
    /// Taking a therapist's own terms back.
    WithdrawOffering = "offerings.withdraw": [Admin, Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_offerings).service(write_offering).service(withdraw_offering);
}

/// Whose terms, and for what.
type Terms = Under<TherapistId, SessionTypeId>;

/// A therapist's own terms for a session type.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"price_minor": 11000, "duration_minutes": 45}))]
struct OfferingAsk {
    /// In the minor unit of the session type's currency; the session type's price if null.
    price_minor: Option<i64>,
    /// 30 to 60; as long as the session type's if null.
    duration_minutes: Option<i32>,
}

/// A therapist's own terms for a session type; what is null is as the session type has it.
#[derive(Serialize, ToSchema)]
struct OfferingView {
    therapist_id: TherapistId,
    session_type_id: SessionTypeId,
    price_minor: Option<i64>,
    duration_minutes: Option<i32>,
    version: i32,
}

impl From<Offering> for OfferingView {
    fn from(own: Offering) -> Self {
        Self {
            therapist_id: own.therapist,
            session_type_id: own.session_type,
            price_minor: own.price_minor,
            duration_minutes: own.duration_minutes,
            version: own.version,
        }
    }
}

/// A page of a therapist's own terms.
#[derive(Serialize, ToSchema)]
struct OfferingsView {
    items: Vec<OfferingView>,
    next_cursor: Option<uuid::Uuid>,
}

/// List the session types for which a therapist has a price or a length of their own
#[utoipa::path(tag = "availability", security((), ("bearer" = [])), params(PageQuery), responses((status = 200, body = OfferingsView)))]
#[get("/therapists/{id}/offerings")]
async fn list_offerings(guard: Guard<ListOfferings, (At<TherapistId>, Query<PageQuery>)>) -> Answer {
    let (At(id), Query(page)) = guard.input.clone();
    let ask = page.ask()?;
    let page = guard
        .read(move |view| {
            let actor = view.actor();
            store::offerings(view, &actor, id, ask)
        })
        .await?
        .map(OfferingView::from);
    shown(&OfferingsView { items: page.items, next_cursor: page.next_cursor })
}

/// Set a therapist's own price and length for a session type
///
/// The version of terms that nobody has set yet is 0. Bookings keep the price and the length they were made with.
#[utoipa::path(tag = "availability", request_body = OfferingAsk, params(IfMatchHeader), responses((status = 200, body = OfferingView)))]
#[put("/therapists/{id}/offerings/{session_type_id}")]
async fn write_offering(guard: Guard<WriteOffering, (Terms, IfMatch, Json<OfferingAsk>)>) -> Answer {
    let (Under(id, session_type), IfMatch(version), Json(ask)) = guard.input.clone();
    let own = guard
        .write(move |tx| {
            tx.lock(&[Lock::Therapist(id)])?;
            let own = own_terms(tx, id, session_type, version)?;
            tx.save(own.write(ask.price_minor, ask.duration_minutes)?)
        })
        .await?;
    versioned(own.version, &OfferingView::from(own))
}

/// Take a therapist's own terms back, so that the session type's hold
#[utoipa::path(tag = "availability", params(IfMatchHeader), responses((status = 204)))]
#[delete("/therapists/{id}/offerings/{session_type_id}")]
async fn withdraw_offering(guard: Guard<WithdrawOffering, (Terms, IfMatch)>) -> Answer {
    let (Under(id, session_type), IfMatch(version)) = guard.input;
    guard
        .write(move |tx| {
            tx.lock(&[Lock::Therapist(id)])?;
            let own = own_terms(tx, id, session_type, version)?;
            if !own.is_said() {
                return Err(Refusal::NotThere.into());
            }
            tx.save(own.withdraw()).map(drop)
        })
        .await?;
    done()
}

/// The terms to be changed, for those who may.
fn own_terms(
    view: &mut View<'_>,
    id: TherapistId,
    session_type: SessionTypeId,
    version: i32,
) -> Result<Offering, Stop> {
    store::kept_by(&view.actor(), id)?;
    therapists::store::therapist(view, id)?;
    session_types::store::session_type(view, session_type)?;
    let own = store::offering(view, id, session_type)?;
    if own.version == version { Ok(own) } else { Err(Refusal::VersionMismatch.into()) }
}
