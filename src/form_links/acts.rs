//! Giving out a link, and using one up.

use serde_json::{Map, Value};

use super::model::{FormLink, LinkDraft};
use super::store;
use crate::clients::store::{acts_for, client};
use crate::consents::model::{Consent, ConsentState};
use crate::consents::{self, Needs, SignatureAsk};
use crate::db::{Lock, Stop, Tx, View};
use crate::intake;
use crate::intake::model::response::{IntakeResponse, ResponseState};
use crate::kernel::actor::Actor;
use crate::kernel::form_link::{FormBearer, FormSubject, IdentityCheck, Medium};
use crate::kernel::ids::{ClientId, ConsentId, IntakeResponseId};
use crate::kernel::refusal::Refusal;
use crate::kernel::text_enum::TextEnum;
use crate::vault::Vault;

/// In whose name it is found out whether somebody may still sign.
const DOORKEEPER: Actor = Actor::System("form_links.open");

/// How a link is to be given out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handing {
    /// Where it is to be opened.
    pub medium: Medium,
    /// How staff made sure of the signer.
    pub identity_check: IdentityCheck,
    /// The guardian who is to sign, for a minor.
    pub guardian: Option<ClientId>,
}

/// Gives out a link to a consent that waits for a signature.
pub(super) fn for_consent(tx: &mut Tx<'_>, id: ConsentId, handing: Handing, hash: &[u8]) -> Result<FormLink, Stop> {
    let client = consents::consent(tx, id, Needs::Status)?.client;
    tx.lock(&[Lock::Client(client)])?;
    let (consent, state) = consents::standing(tx, id)?;
    if state != ConsentState::Presented {
        return Err(Refusal::InvalidTransition { what: "consent", from: state.as_str(), step: "link" }.into());
    }
    issue(tx, (FormSubject::Consent, consent.id.0), (consent.client, handing), hash)
}

/// Gives out a link to a form that is still to be answered.
pub(super) fn for_response(
    tx: &mut Tx<'_>,
    id: IntakeResponseId,
    handing: Handing,
    hash: &[u8],
) -> Result<FormLink, Stop> {
    let client = intake::to_link(tx, id)?.client;
    tx.lock(&[Lock::Client(client)])?;
    let response = intake::to_link(tx, id)?;
    // Whoever may not read what was answered gives out no way to what somebody else has begun.
    let theirs = response.state == ResponseState::Issued || intake::may_read(tx, id)?;
    if !(response.state.is_open() && theirs) {
        let from = response.state.as_str();
        return Err(Refusal::InvalidTransition { what: "intake_response", from, step: "link" }.into());
    }
    issue(tx, (FormSubject::IntakeResponse, id.0), (client, handing), hash)
}

fn issue(
    tx: &mut Tx<'_>,
    subject: (FormSubject, uuid::Uuid),
    (whose, handing): (ClientId, Handing),
    hash: &[u8],
) -> Result<FormLink, Stop> {
    let (actor, now) = (tx.actor(), tx.now());
    if acts_for(tx, &actor, whose)? {
        let detail = "who acts for the client answers and signs with their own login";
        return Err(Refusal::PolicyViolation { rule: "own_form_link", detail }.into());
    }
    let whose = client(tx, &actor, whose)?;
    let signer = handing.guardian.unwrap_or(whose.id);
    consents::may_sign(tx, &whose, signer)?;
    if client(tx, &DOORKEEPER, signer)?.account.is_some() {
        let detail = "who has a login answers and signs with it";
        return Err(Refusal::PolicyViolation { rule: "has_login", detail }.into());
    }
    let Handing { medium, identity_check, .. } = handing;
    let draft = LinkDraft { subject, client: whose.id, signer, medium, identity_check };
    let by = actor.account().ok_or(Refusal::Unauthenticated)?;
    tx.save(FormLink::issue(draft, hash.to_vec(), (by, now))?)
}

/// What the actor's link opens, if it is a form of this kind that still waits, and whoever it was given to may still sign for the client.
pub(super) fn opened(view: &mut View<'_>, subject: FormSubject) -> Result<FormBearer, Stop> {
    let bearer = view.actor().form_link().filter(|bearer| bearer.subject == subject).ok_or(Refusal::NotThere)?;
    let whose = client(view, &DOORKEEPER, bearer.client)?;
    consents::may_sign(view, &whose, bearer.signer).map_err(|stop| match stop {
        Stop::Refused(Refusal::GuardianRequired) => Refusal::LinkSpent.into(),
        other => other,
    })?;
    let id = bearer.subject_id;
    let waits = match subject {
        FormSubject::Consent => consents::standing(view, ConsentId(id))?.1 == ConsentState::Presented,
        FormSubject::IntakeResponse => intake::to_link(view, IntakeResponseId(id))?.state.is_open(),
    };
    if waits && store::is_open(view, bearer.link)? { Ok(bearer) } else { Err(Refusal::LinkSpent.into()) }
}

/// What the actor's link opens, to be changed by it: found out under the client's lock.
fn opened_to_change(tx: &mut Tx<'_>, subject: FormSubject) -> Result<FormBearer, Stop> {
    let bearer = tx.actor().form_link().ok_or(Refusal::NotThere)?;
    tx.lock(&[Lock::Client(bearer.client)])?;
    opened(tx, subject)
}

/// The links that were given out for a consent, for whoever may know of it.
pub(super) fn of_consent(view: &mut View<'_>, id: ConsentId) -> Result<Vec<FormLink>, Stop> {
    consents::consent(view, id, Needs::Status)?;
    store::links(view, id.0)
}

/// The links that were given out for a response, for whoever may know of it.
pub(super) fn of_response(view: &mut View<'_>, id: IntakeResponseId) -> Result<Vec<FormLink>, Stop> {
    intake::to_link(view, id)?;
    store::links(view, id.0)
}

/// Signs the consent that the link opens, and ends the link.
pub(super) fn sign(tx: &mut Tx<'_>, version: i32, ask: &SignatureAsk) -> Result<Consent, Stop> {
    let bearer = opened_to_change(tx, FormSubject::Consent)?;
    let consent = consents::sign(tx, (ConsentId(bearer.subject_id), version), ask)?;
    let now = tx.now();
    tx.save(FormLink::use_up(&bearer, now))?;
    Ok(consent)
}

/// Answers questions of the form that the link opens.
pub(super) fn answer(
    tx: &mut Tx<'_>,
    vault: &Vault,
    version: i32,
    patch: &Map<String, Value>,
) -> Result<IntakeResponse, Stop> {
    let bearer = opened_to_change(tx, FormSubject::IntakeResponse)?;
    intake::answer(tx, vault, (IntakeResponseId(bearer.subject_id), version), patch)
}

/// Hands in the form that the link opens, and ends the link.
pub(super) fn submit(tx: &mut Tx<'_>, vault: &Vault, version: i32) -> Result<IntakeResponse, Stop> {
    let bearer = opened_to_change(tx, FormSubject::IntakeResponse)?;
    let response = intake::submit(tx, vault, IntakeResponseId(bearer.subject_id), version)?;
    let now = tx.now();
    tx.save(FormLink::use_up(&bearer, now))?;
    Ok(response)
}
