//! What anybody may know of what a therapist holds: what was checked, how and when, and what was not.

use actix_web::get;
use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::Today;
use crate::credentials::model::{CredentialKind, Held, Method, Validity};
use crate::credentials::store;
use crate::db::{Stop, View};
use crate::http::answer::shown;
use crate::http::{Answer, At, Guard};
use crate::kernel::ids::TherapistId;
use crate::{places, policies, therapists};

policies! {
    /// Seeing what a therapist holds, as the public may.
    SeePublicCredentials = "credentials.see_public": anyone;
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(see_public_credentials);
}

/// A credential, as shown to somebody choosing a therapist.
#[derive(Serialize, ToSchema)]
struct PublicCredentialView {
    name: String,
    /// A `course` is hours attended and never a certification.
    kind: CredentialKind,
    issuer: String,
    jurisdiction: Option<String>,
    issued_on: NaiveDate,
    expires_on: Option<NaiveDate>,
    verified: bool,
    /// How it was verified.
    verified_by: Option<Method>,
    /// The day it was verified.
    verified_on: Option<NaiveDate>,
    /// The same in words, to be shown as they are.
    wording: String,
}

/// What a therapist holds.
#[derive(Serialize, ToSchema)]
struct PublicCredentialsView {
    items: Vec<PublicCredentialView>,
}

/// See what a therapist holds, what of it was verified, how and when
#[utoipa::path(tag = "therapists", security((), ("bearer" = [])), responses((status = 200, body = PublicCredentialsView)))]
#[get("/therapists/{id}/credentials")]
async fn see_public_credentials(guard: Guard<SeePublicCredentials, At<TherapistId>>) -> Answer {
    let At(id) = guard.input;
    shown(&guard.read(move |view| public(view, id)).await?)
}

fn public(view: &mut View<'_>, id: TherapistId) -> Result<PublicCredentialsView, Stop> {
    let actor = view.actor();
    let therapist = therapists::store::therapist_seen_by(view, &actor, id)?;
    let today = Today::of(view)?;
    let zone = places::store::practice(view)?.zone;
    let mut items = Vec::new();
    for held in store::held(view, therapist.id)? {
        let verified = match held.validity(today.as_of, today.settings.reverify_grace_days) {
            Validity::Valid | Validity::ReverifyDue => held.verification(today.as_of),
            Validity::SelfAttested => None,
            // What does not stand today is nobody's business but the practice's.
            _ => continue,
        };
        let verified = verified.map(|said| (said.method, said.recorded_at.date_in(zone)));
        items.push(one(&today, &held, verified)?);
    }
    Ok(PublicCredentialsView { items })
}

fn one(
    today: &Today,
    held: &Held,
    verified: Option<(Option<Method>, NaiveDate)>,
) -> Result<PublicCredentialView, Stop> {
    let of = today.type_of(held)?;
    let standing = match verified {
        Some((Some(Method::PrimarySource), on)) => format!("Verified with the issuer on {on}"),
        Some((_, on)) => format!("Document seen on {on}"),
        None => "Self-attested, not verified".to_owned(),
    };
    let wording = match of.kind {
        CredentialKind::Course => format!("{standing}. A course attended; not a certification"),
        _ => standing,
    };
    Ok(PublicCredentialView {
        name: of.name.clone(),
        kind: of.kind,
        issuer: of.issuer.clone(),
        jurisdiction: of.jurisdiction.clone(),
        issued_on: held.credential.issued_on,
        expires_on: held.credential.expires_on,
        verified: verified.is_some(),
        verified_by: verified.and_then(|(method, _)| method),
        verified_on: verified.map(|(_, on)| on),
        wording,
    })
}
