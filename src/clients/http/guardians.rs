//! Who acts for a minor.

use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::look::looked;
use crate::clients::model::{Basis, Client, Guardianship, GuardianshipAsk, GuardianshipState};
use crate::clients::store;
use crate::db::{Lock, Stop, Tx};
use crate::http::answer::{created, made, shown, versioned};
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json, Under};
use crate::kernel::actor::{Actor, Policy};
use crate::kernel::change::Change;
use crate::kernel::ids::{AccountId, ClientId, GuardianshipId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::{policies, text_schema};

text_schema!(Basis, GuardianshipState);

policies! {
    /// Seeing who acts for a client.
    ListGuardians = "guardianships.list": [Therapist, FrontDesk, Admin, Client];
    /// Adding a guardian.
    AddGuardian = "guardianships.add": [FrontDesk, Admin];
    /// Believing one.
    AcceptGuardian = "guardianships.accept": [FrontDesk, Admin];
    /// Not believing one.
    DeclineGuardian = "guardianships.decline": [FrontDesk, Admin];
    /// Ending one.
    EndGuardian = "guardianships.end": [FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_guardians)
        .service(add_guardian)
        .service(accept_guardian)
        .service(decline_guardian)
        .service(end_guardian);
}

/// A guardianship.
#[derive(Serialize, ToSchema)]
pub(super) struct GuardianshipView {
    id: GuardianshipId,
    ward_id: ClientId,
    guardian_id: ClientId,
    basis: Basis,
    state: GuardianshipState,
    created_at: Timestamp,
    /// Which member of staff decided last.
    decided_by: Option<AccountId>,
    version: i32,
}

impl From<Guardianship> for GuardianshipView {
    fn from(tie: Guardianship) -> Self {
        Self {
            id: tie.id,
            ward_id: tie.ward,
            guardian_id: tie.guardian,
            basis: tie.basis,
            state: tie.state,
            created_at: tie.created_at,
            decided_by: tie.decided_by,
            version: tie.version,
        }
    }
}

/// A ward's guardianships.
#[derive(Serialize, ToSchema)]
struct GuardiansView {
    items: Vec<GuardianshipView>,
}

/// Asks for a guardianship, unless the two are tied already.
pub(super) fn ask_for(tx: &mut Tx<'_>, ward: &Client, guardian: &Client, basis: Basis) -> Result<Guardianship, Stop> {
    if store::tied(tx, ward.id, guardian.id)? {
        return Err(Refusal::AlreadyExists { pointer: "/guardian_id" }.into());
    }
    let (now, today) = (tx.now(), store::today(tx)?);
    let ask = GuardianshipAsk { ward, guardian, basis };
    tx.save(Guardianship::ask(GuardianshipId::new(now), ask, today, now)?)
}

/// See who acts for a client
///
/// A guardian whom staff have not accepted sees their own guardianship alone.
#[utoipa::path(tag = "clients", responses((status = 200, body = GuardiansView)))]
#[get("/clients/{id}/guardians")]
async fn list_guardians(guard: Guard<ListGuardians, At<ClientId>>) -> Answer {
    let At(id) = guard.input;
    let ties = guard
        .write(move |tx| {
            let actor = tx.actor();
            let ties = store::guardianships(tx, &actor, id)?;
            looked(tx, "client.guardians_viewed", id)?;
            Ok(ties)
        })
        .await?;
    shown(&GuardiansView { items: ties.into_iter().map(GuardianshipView::from).collect() })
}

/// Who is to act for a client.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"guardian_id": "0197a3a0-5b1e-7c3d-8f00-000000000001", "basis": "legal_guardian"}))]
struct AddGuardianAsk {
    /// The guardian's own client record.
    guardian_id: ClientId,
    basis: Basis,
}

/// Add a guardian to a ward, pending until accepted
#[utoipa::path(tag = "clients", request_body = AddGuardianAsk, params(IdempotencyHeader),
    responses((status = 201, body = GuardianshipView), (status = 409, description = "already_exists, or idempotency_in_progress")))]
#[post("/clients/{id}/guardians")]
async fn add_guardian(guard: Guard<AddGuardian, (At<ClientId>, Json<AddGuardianAsk>)>) -> Answer {
    let (At(id), Json(ask)) = guard.input;
    let receipt = guard
        .create(move |tx| {
            tx.lock(&[Lock::Client(id), Lock::Client(ask.guardian_id)])?;
            let actor = tx.actor();
            let ward = store::client(tx, &actor, id)?;
            let guardian = store::client(tx, &actor, ask.guardian_id)?;
            let tie = ask_for(tx, &ward, &guardian, ask.basis)?;
            created(format!("/api/v1/clients/{id}/guardians"), tie.version, &GuardianshipView::from(tie))
        })
        .await?;
    made(&receipt)
}

type TheGuardianship = (Under<ClientId, GuardianshipId>, IfMatch);

/// Accept a guardianship: staff have seen what it rests on
#[utoipa::path(tag = "clients", params(IfMatchHeader),
    responses((status = 200, body = GuardianshipView), (status = 409, description = "invalid_transition")))]
#[post("/clients/{id}/guardians/{guardianship_id}/accept")]
async fn accept_guardian(guard: Guard<AcceptGuardian, TheGuardianship>) -> Answer {
    decide(guard, Guardianship::accept).await
}

/// Decline a guardianship: staff do not believe it
#[utoipa::path(tag = "clients", params(IfMatchHeader),
    responses((status = 200, body = GuardianshipView), (status = 409, description = "invalid_transition")))]
#[post("/clients/{id}/guardians/{guardianship_id}/decline")]
async fn decline_guardian(guard: Guard<DeclineGuardian, TheGuardianship>) -> Answer {
    decide(guard, Guardianship::decline).await
}

/// End a guardianship that is no longer true
#[utoipa::path(tag = "clients", params(IfMatchHeader),
    responses((status = 200, body = GuardianshipView), (status = 409, description = "invalid_transition")))]
#[post("/clients/{id}/guardians/{guardianship_id}/end")]
async fn end_guardian(guard: Guard<EndGuardian, TheGuardianship>) -> Answer {
    decide(guard, Guardianship::end).await
}

async fn decide<P: Policy>(
    guard: Guard<P, TheGuardianship>,
    step: fn(Guardianship, &Actor) -> Result<Change<Guardianship>, Refusal>,
) -> Answer {
    let (Under(ward, id), IfMatch(version)) = guard.input;
    let tie = guard
        .write(move |tx| {
            tx.lock(&[Lock::Client(ward)])?;
            let actor = tx.actor();
            let tie = store::guardianship(tx, &actor, ward, id)?;
            if tie.version != version {
                return Err(Refusal::VersionMismatch.into());
            }
            tx.save(step(tie, &actor)?)
        })
        .await?;
    versioned(tie.version, &GuardianshipView::from(tie))
}
