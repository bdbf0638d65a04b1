//! Therapists, as the public sees them and as the practice keeps them.
//!
//! What they hold is shown by the slice that knows credentials, and what they lack to be booked by the one that knows session types; both come
//! later than this one.

use actix_web::{get, post, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::model::{Therapist, TherapistDraft, TherapistState};
use super::store;
use crate::db::{Lock, Stop, Tx};
use crate::http::answer::{created, made, shown, versioned};
use crate::http::extract::{Part, page_ask};
use crate::http::openapi::{IdempotencyHeader, IfMatchHeader};
use crate::http::{Answer, At, Guard, IfMatch, Json, PublicQuery, Query};
use crate::kernel::actor::{Actor, Policy, Role};
use crate::kernel::change::Change;
use crate::kernel::ids::{AccountId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::{policies, text_schema};

text_schema!(TherapistState);

policies! {
    /// Listing therapists.
    ListTherapists = "therapists.list": anyone;
    /// Seeing a therapist.
    SeeTherapist = "therapists.see": anyone;
    /// Adding a therapist.
    AddTherapist = "therapists.add": [Admin];
    /// Changing a therapist's profile.
    ChangeTherapist = "therapists.change": [Admin, Therapist];
    /// Putting a therapist on the public list.
    PutOnList = "therapists.put_on_list": [Admin];
    /// Taking a therapist off the public list.
    TakeOffList = "therapists.take_off_list": [Admin];
    /// Ending a therapist's work here.
    OffboardTherapist = "therapists.offboard": [Admin];
    /// Tying a therapist's record to their login.
    LinkTherapistAccount = "therapists.link_account": [Admin];
    /// Saying who answers for a trainee.
    SuperviseTherapist = "therapists.supervise": [Admin];
}

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_therapists)
        .service(see_therapist)
        .service(add_therapist)
        .service(change_therapist)
        .service(put_on_list)
        .service(take_off_list)
        .service(offboard_therapist)
        .service(link_therapist_account)
        .service(supervise_therapist);
}

/// A therapist.
#[derive(Serialize, ToSchema)]
struct TherapistView {
    id: TherapistId,
    name: String,
    bio: String,
    /// BCP 47 tags.
    languages: Vec<String>,
    listed: bool,
    state: TherapistState,
    version: i32,
    /// Their login, for the staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_id: Option<AccountId>,
    /// Who answers for them, if they are in training; for the staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    supervisor_id: Option<TherapistId>,
}

impl TherapistView {
    fn of(therapist: Therapist, actor: &Actor) -> Self {
        Self {
            id: therapist.id,
            name: therapist.name,
            bio: therapist.bio,
            languages: therapist.languages,
            listed: therapist.listed,
            state: therapist.state,
            version: therapist.version,
            account_id: therapist.account.filter(|_| actor.is_staff()),
            supervisor_id: therapist.supervisor.filter(|_| actor.is_staff()),
        }
    }
}

/// A page of therapists.
#[derive(Serialize, ToSchema)]
struct TherapistsView {
    items: Vec<TherapistView>,
    next_cursor: Option<uuid::Uuid>,
}

/// List therapists
#[utoipa::path(tag = "therapists", security((), ("bearer" = [])), params(PublicQuery), responses((status = 200, body = TherapistsView)))]
#[get("/therapists")]
async fn list_therapists(guard: Guard<ListTherapists, Query<PublicQuery>>) -> Answer {
    let Query(PublicQuery { all, limit, cursor }) = guard.input;
    let ask = page_ask(limit, cursor)?;
    let page = guard
        .read(move |view| {
            let actor = view.actor();
            if all {
                actor.require_staff(ListTherapists::RULE.name)?;
            }
            Ok(store::therapists(view, all, ask)?.map(|therapist| TherapistView::of(therapist, &actor)))
        })
        .await?;
    shown(&TherapistsView { items: page.items, next_cursor: page.next_cursor })
}

/// See a therapist
#[utoipa::path(tag = "therapists", security((), ("bearer" = [])), responses((status = 200, body = TherapistView)))]
#[get("/therapists/{id}")]
async fn see_therapist(guard: Guard<SeeTherapist, At<TherapistId>>) -> Answer {
    let At(id) = guard.input;
    let therapist = guard
        .read(move |view| {
            let actor = view.actor();
            Ok(TherapistView::of(store::therapist_seen_by(view, &actor, id)?, &actor))
        })
        .await?;
    versioned(therapist.version, &therapist)
}

/// A therapist to be added.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Mara Lind", "bio": "Twenty years of quiet work.", "languages": ["de", "en"]}))]
struct AddTherapistAsk {
    name: String,
    #[serde(default)]
    bio: String,
    #[serde(default)]
    languages: Vec<String>,
    /// Their login, if they have one already; it can be tied later, and only once.
    account_id: Option<AccountId>,
}

/// Add a therapist, not yet listed
#[utoipa::path(tag = "therapists", request_body = AddTherapistAsk, params(IdempotencyHeader),
    responses((status = 201, body = TherapistView), (status = 409, description = "already_exists or idempotency_in_progress")))]
#[post("/therapists")]
async fn add_therapist(guard: Guard<AddTherapist, Json<AddTherapistAsk>>) -> Answer {
    let ask = guard.input.0.clone();
    let draft = TherapistDraft { name: ask.name, bio: ask.bio, languages: ask.languages };
    let receipt = guard
        .create(move |tx| {
            if let Some(account) = ask.account_id {
                store::account_name(tx, account)?;
            }
            let therapist = tx.save(Therapist::add(&draft, ask.account_id, tx.now())?)?;
            let at = format!("/api/v1/therapists/{}", therapist.id);
            created(at, therapist.version, &TherapistView::of(therapist, &tx.actor()))
        })
        .await?;
    made(&receipt)
}

/// A therapist's profile as it is to be.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Mara Lind", "bio": "Twenty years of quiet work.", "languages": ["de", "en"]}))]
struct TherapistAsk {
    name: String,
    #[serde(default)]
    bio: String,
    #[serde(default)]
    languages: Vec<String>,
}

/// Change a therapist's profile, as an admin or as that therapist
#[utoipa::path(tag = "therapists", request_body = TherapistAsk, params(IfMatchHeader),
    responses((status = 200, body = TherapistView), (status = 409, description = "invalid_transition")))]
#[put("/therapists/{id}")]
async fn change_therapist(guard: Guard<ChangeTherapist, (At<TherapistId>, IfMatch, Json<TherapistAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let draft = TherapistDraft { name: ask.name, bio: ask.bio, languages: ask.languages };
    change(&guard, id, version, move |_, therapist| Ok(therapist.change(&draft)?)).await
}

/// Show a therapist on the public list
#[utoipa::path(tag = "therapists", params(IfMatchHeader),
    responses((status = 200, body = TherapistView), (status = 409, description = "invalid_transition")))]
#[post("/therapists/{id}/list")]
async fn put_on_list(guard: Guard<PutOnList, (At<TherapistId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    change(&guard, id, version, |_, therapist| Ok(therapist.list()?)).await
}

/// Take a therapist off the public list
#[utoipa::path(tag = "therapists", params(IfMatchHeader),
    responses((status = 200, body = TherapistView), (status = 409, description = "invalid_transition")))]
#[post("/therapists/{id}/unlist")]
async fn take_off_list(guard: Guard<TakeOffList, (At<TherapistId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    change(&guard, id, version, |_, therapist| Ok(therapist.unlist()?)).await
}

/// End a therapist's work with the practice; the record stays
///
/// Not while they answer for a trainee.
#[utoipa::path(tag = "therapists", params(IfMatchHeader),
    responses((status = 200, body = TherapistView), (status = 409, description = "invalid_transition"),
        (status = 422, description = "policy_violation")))]
#[post("/therapists/{id}/offboard")]
async fn offboard_therapist(guard: Guard<OffboardTherapist, (At<TherapistId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    change(&guard, id, version, move |tx, therapist| {
        let has_trainees = !store::trainees(tx, id)?.is_empty();
        Ok(therapist.offboard(has_trainees)?)
    })
    .await
}

/// The login a therapist's record is to be tied to.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"account_id": "0197a3a0-5b1e-7c3d-8f00-000000000001"}))]
struct LinkAsk {
    account_id: AccountId,
}

/// Tie a therapist's record to their login, once
#[utoipa::path(tag = "therapists", request_body = LinkAsk, params(IfMatchHeader),
    responses((status = 200, body = TherapistView), (status = 409, description = "already_exists or invalid_transition")))]
#[put("/therapists/{id}/account")]
async fn link_therapist_account(
    guard: Guard<LinkTherapistAccount, (At<TherapistId>, IfMatch, Json<LinkAsk>)>,
) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    guard.read(move |view| store::account_name(view, ask.account_id)).await?;
    change(&guard, id, version, move |_, therapist| Ok(therapist.link_account(ask.account_id)?)).await
}

/// Who is to answer for a therapist in training.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"supervisor_id": "0197a3a0-5b1e-7c3d-8f00-000000000001"}))]
struct SuperviseAsk {
    /// Nobody, once they answer for themself.
    supervisor_id: Option<TherapistId>,
}

/// Say who answers for a therapist in training, or that nobody needs to
///
/// What they sign from then on waits for that one's co-signature. Who has trainees of their own is put under nobody.
#[utoipa::path(tag = "therapists", request_body = SuperviseAsk, params(IfMatchHeader),
    responses((status = 200, body = TherapistView), (status = 409, description = "invalid_transition")))]
#[put("/therapists/{id}/supervisor")]
async fn supervise_therapist(
    guard: Guard<SuperviseTherapist, (At<TherapistId>, IfMatch, Json<SuperviseAsk>)>,
) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    let locks: Vec<Lock> = [Some(id), ask.supervisor_id].into_iter().flatten().map(Lock::Therapist).collect();
    change_under(&guard, (id, locks), version, move |tx, therapist| {
        let by = ask.supervisor_id.map(|by| store::colleague(tx, by)).transpose()?;
        let has_trainees = !store::trainees(tx, id)?.is_empty();
        Ok(therapist.supervise(by.as_ref(), has_trainees)?)
    })
    .await
}

/// Changes one therapist under the lock that those who decide by their record take too.
async fn change<P: Policy, In: Part>(
    guard: &Guard<P, In>,
    id: TherapistId,
    version: i32,
    step: impl Fn(&mut Tx<'_>, Therapist) -> Result<Change<Therapist>, Stop> + Send + 'static,
) -> Answer {
    change_under(guard, (id, vec![Lock::Therapist(id)]), version, step).await
}

/// The same under all locks that the change asks for.
async fn change_under<P: Policy, In: Part>(
    guard: &Guard<P, In>,
    (id, locks): (TherapistId, Vec<Lock>),
    version: i32,
    step: impl Fn(&mut Tx<'_>, Therapist) -> Result<Change<Therapist>, Stop> + Send + 'static,
) -> Answer {
    let therapist = guard
        .write(move |tx| {
            tx.lock(&locks)?;
            let actor = tx.actor();
            let therapist = store::therapist(tx, id)?;
            if !actor.has(Role::Admin) && actor.therapist() != Some(id) {
                return Err(Refusal::Forbidden { operation: P::RULE.name }.into());
            }
            if therapist.version != version {
                return Err(Refusal::VersionMismatch.into());
            }
            let change = step(tx, therapist)?;
            Ok(TherapistView::of(tx.save(change)?, &actor))
        })
        .await?;
    versioned(therapist.version, &therapist)
}
