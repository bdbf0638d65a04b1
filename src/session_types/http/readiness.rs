//! What is missing before a therapist can be booked.
//!
//! It is asked of a therapist, and lives here because the answer takes what only this slice can see together: the therapist, what they hold,
//! and what the session types require.

use actix_web::get;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::credentials::model::{AsOf, Held, eligible};
use crate::credentials::store::held;
use crate::db::{Stop, View};
use crate::http::answer::shown;
use crate::http::{Answer, At, Guard};
use crate::kernel::ids::{CredentialTypeId, SessionTypeId, TherapistId};
use crate::kernel::refusal::{MissingCredential, Refusal};
use crate::places::model::Settings;
use crate::session_types::model::SessionType;
use crate::session_types::store;
use crate::therapists::model::{ReadinessFacts, ReadinessGap};
use crate::{places, policies, text_schema, therapists};

text_schema!(ReadinessGap);

policies! {
    /// Seeing what a therapist lacks to be booked.
    SeeReadiness = "therapists.readiness": [Admin, FrontDesk, Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(see_readiness);
}

/// A requirement that is not met today.
#[derive(Serialize, ToSchema)]
struct MissingView {
    any_of: Vec<CredentialTypeId>,
    names: Vec<String>,
    /// `not_held`, `not_verified`, `not_yet_valid`, `expired`, `suspended` or `revoked`.
    why: &'static str,
}

impl From<MissingCredential> for MissingView {
    fn from(missing: MissingCredential) -> Self {
        Self { any_of: missing.any_of, names: missing.names, why: missing.why }
    }
}

/// Whether a therapist may be booked for a session type today.
#[derive(Serialize, ToSchema)]
struct EligibilityView {
    session_type_id: SessionTypeId,
    name: String,
    eligible: bool,
    missing: Vec<MissingView>,
}

/// What is missing before a therapist can be booked.
#[derive(Serialize, ToSchema)]
struct ReadinessView {
    therapist_id: TherapistId,
    ready: bool,
    /// What must be mended first comes first.
    missing: Vec<ReadinessGap>,
    session_types: Vec<EligibilityView>,
}

/// See what is missing before a therapist can be booked, as the desk or as that therapist
#[utoipa::path(tag = "therapists", responses((status = 200, body = ReadinessView)))]
#[get("/therapists/{id}/readiness")]
async fn see_readiness(guard: Guard<SeeReadiness, At<TherapistId>>) -> Answer {
    let At(id) = guard.input;
    shown(&guard.read(move |view| readiness(view, id)).await?)
}

fn readiness(view: &mut View<'_>, id: TherapistId) -> Result<ReadinessView, Stop> {
    let actor = view.actor();
    if !actor.is_desk() && actor.therapist() != Some(id) {
        return Err(Refusal::NotThere.into());
    }
    let therapist = therapists::store::therapist(view, id)?;
    let settings = places::store::settings(view)?;
    let zone = places::store::practice(view)?.zone;
    let as_of = AsOf::known_now(view.now().date_in(zone));
    let held = held(view, id)?;
    let session_types: Vec<_> =
        store::active(view)?.into_iter().map(|one| eligibility(one, &held, as_of, &settings)).collect();
    let readiness = therapist.readiness(ReadinessFacts {
        login: therapists::store::login(view, id)?,
        eligible_for_a_session_type: session_types.iter().any(|one| one.eligible),
        has_working_hours: therapists::store::has_working_hours(view, id, as_of.on)?,
    });
    Ok(ReadinessView { therapist_id: id, ready: readiness.is_ready(), missing: readiness.missing, session_types })
}

fn eligibility(one: SessionType, held: &[Held], as_of: AsOf, settings: &Settings) -> EligibilityView {
    let missing = eligible(&one.requirements, held, as_of, settings).err().unwrap_or_default();
    EligibilityView {
        session_type_id: one.id,
        name: one.name,
        eligible: missing.is_empty(),
        missing: missing.into_iter().map(MissingView::from).collect(),
    }
}
