//! Who may open a client's record as a therapist.

use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::look::looked;
use crate::clients::model::{CareKind, CareRelationship, Grant};
use crate::clients::store;
use crate::db::{Lock, Stop, View};
use crate::http::answer::{created, made, shown};
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, At, Guard, Json};
use crate::kernel::ids::{AccountId, BookingId, ClientId, RelationshipId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::time::Timestamp;
use crate::therapists;
use crate::therapists::model::TherapistState;
use crate::{policies, text_schema};

text_schema!(CareKind);

policies! {
    /// Seeing who may open a record.
    ListCare = "care_relationships.list": [Therapist, FrontDesk, Admin, Client];
    /// Letting another therapist open one.
    GrantCare = "care_relationships.grant": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_care_relationships).service(grant_care_relationship);
}

/// A relationship of care.
#[derive(Serialize, ToSchema)]
struct CareView {
    id: RelationshipId,
    client_id: ClientId,
    therapist_id: TherapistId,
    kind: CareKind,
    since: Timestamp,
    /// Until when, not included.
    until: Option<Timestamp>,
    /// Whether it holds now.
    in_force: bool,
    /// The booking it began with, for a treating one.
    booking_id: Option<BookingId>,
    /// Who granted it, for the others, and why.
    granted_by: Option<AccountId>,
    reason: Option<String>,
}

impl CareView {
    fn of(care: CareRelationship, now: Timestamp) -> Self {
        Self {
            in_force: care.is_in_force(now),
            id: care.id,
            client_id: care.client,
            therapist_id: care.therapist,
            kind: care.kind,
            since: care.since,
            until: care.until,
            booking_id: care.booking,
            granted_by: care.granted_by,
            reason: care.reason,
        }
    }
}

/// A client's relationships of care, oldest first.
#[derive(Serialize, ToSchema)]
struct CaresView {
    items: Vec<CareView>,
}

/// See which therapists may, or might, open a client's record
#[utoipa::path(tag = "clients", responses((status = 200, body = CaresView)))]
#[get("/clients/{id}/care-relationships")]
async fn list_care_relationships(guard: Guard<ListCare, At<ClientId>>) -> Answer {
    let At(id) = guard.input;
    let view = guard
        .write(move |tx| {
            let (actor, now) = (tx.actor(), tx.now());
            let cares = store::relationships(tx, &actor, id)?;
            looked(tx, "client.care_viewed", id)?;
            Ok(CaresView { items: cares.into_iter().map(|care| CareView::of(care, now)).collect() })
        })
        .await?;
    shown(&view)
}

/// Who is to cover or supervise, until when, and why.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"therapist_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "kind": "covering", "until": "2027-04-01T00:00:00Z", "reason": "parental leave"}))]
struct GrantAsk {
    therapist_id: TherapistId,
    kind: CareKind,
    until: Timestamp,
    /// The client may read it.
    reason: String,
}

/// Let a therapist cover or supervise a client's care for a period
#[utoipa::path(tag = "clients", request_body = GrantAsk, params(IdempotencyHeader),
    responses((status = 201, body = CareView), (status = 409, description = "idempotency_in_progress")))]
#[post("/clients/{id}/care-relationships")]
async fn grant_care_relationship(guard: Guard<GrantCare, (At<ClientId>, Json<GrantAsk>)>) -> Answer {
    let (At(id), Json(ask)) = guard.input.clone();
    let receipt = guard
        .create(move |tx| {
            tx.lock(&[Lock::Client(id)])?;
            let (actor, now) = (tx.actor(), tx.now());
            let client = store::client(tx, &actor, id)?;
            let therapist = active_therapist(tx, ask.therapist_id)?;
            let GrantAsk { kind, until, reason, .. } = ask.clone();
            let grant = Grant { client: client.id, therapist, kind, until, reason };
            let care = tx.save(CareRelationship::grant(RelationshipId::new(now), &actor, grant, now)?)?;
            let location = format!("/api/v1/clients/{id}/care-relationships");
            created(location, care.version, &CareView::of(care, now))
        })
        .await?;
    made(&receipt)
}

fn active_therapist(view: &mut View<'_>, id: TherapistId) -> Result<TherapistId, Stop> {
    let active = match therapists::store::therapist(view, id) {
        Ok(therapist) => therapist.state == TherapistState::Active,
        Err(Stop::Refused(Refusal::NotThere)) => false,
        Err(stop) => return Err(stop),
    };
    let unknown = || Violation::at("/therapist_id", "unknown", "no therapist who works with the practice");
    if active { Ok(id) } else { Err(Refusal::Fields(vec![unknown()]).into()) }
}
