//! What is done to a response, each in one transaction: issue, answer, submit, review, clear.
//!
//! [`carrying`] begins a response with what an earlier one said, and [`drafting`] writes the forms.

pub(super) mod carrying;
pub(super) mod drafting;

use serde_json::{Map, Value};

use super::model::clearance::{Clearance, ClearanceDraft, holds};
use super::model::response::{
    AnsweredAs, Answerer, IntakeResponse, Issue, MODIFICATION, ResponseState, Review, Verdict,
};
use super::model::screening::{ClearanceFact, Screening, ScreeningFacts, screen};
use super::model::submission;
use super::sight::{Needs, response_to_change, sight};
use super::store;
use super::store::answers::{self, Answered};
use super::store::clearances::{self, Reviewed};
use super::store::decisions::{self, Decided};
use super::store::documents::{self, Rules};
use crate::db::{Fault, Lock, Look, Stop, Tx, View};
use crate::kernel::actor::Actor;
use crate::kernel::change::Change;
use crate::kernel::fields::Fields;
use crate::kernel::form_link::Medium;
use crate::kernel::ids::{ClearanceId, ClientId, FormId, IntakeResponseId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::vault::Vault;
use crate::{clients, consents, places};
use chrono::NaiveDate;

/// In whose name the record of whoever hands in is read.
const CLERK: Actor = Actor::System("intake.submit");

/// Gives a client the newest version of a form to answer, of the health history if none is named; one at a time.
pub(super) fn issue(tx: &mut Tx<'_>, client: ClientId, form: Option<FormId>) -> Result<IntakeResponse, Stop> {
    tx.lock(&[Lock::Client(client)])?;
    sight(tx, client, Needs::Status)?;
    if open(tx, client)?.is_some() {
        return Err(Refusal::AlreadyExists { pointer: "/client_id" }.into());
    }
    let form_version = match form {
        Some(form) => documents::newest_version(tx, form)?.id,
        None => documents::health_history(tx)?.id,
    };
    let now = tx.now();
    tx.save(IntakeResponse::issue(Issue { client, booking: None, form_version, due_at: None }, now))
}

fn open(view: &mut View<'_>, client: ClientId) -> Result<Option<IntakeResponse>, Stop> {
    store::open_response(view, client)
}

/// In which capacity the actor answers for a client they act for.
fn answerer(view: &View<'_>, client: ClientId) -> Answerer {
    let actor = view.actor();
    let capacity = match actor.form_link().map(|bearer| bearer.medium) {
        Some(Medium::Link) => AnsweredAs::Link,
        Some(Medium::Tablet) => AnsweredAs::Tablet,
        None if actor.client() == Some(client) => AnsweredAs::Own,
        None => AnsweredAs::Guardian,
    };
    Answerer { capacity, account: actor.account() }
}

/// Takes answers and takes them back.
///
/// # Errors
/// `NotThere` to whoever does not answer for the client; `VersionMismatch`; `InvalidTransition`; `Fields`; a fault of the store.
pub fn answer(
    tx: &mut Tx<'_>,
    vault: &Vault,
    (id, version): (IntakeResponseId, i32),
    patch: &Map<String, Value>,
) -> Result<IntakeResponse, Stop> {
    let response = response_to_change(tx, id, Needs::Own)?;
    expect(&response, version)?;
    let form = documents::form_version(tx, response.form_version)?.read()?;
    let by = answerer(tx, response.client);
    let (response, event) = response.answer(by)?.into_parts();
    let answers = answers::seal(tx, vault, &response, &form, patch)?;
    Ok(tx.save(Change::new(Answered { response, answers }, event))?.response)
}

/// Hands the answers in and screens them. What was handed in before from the same version is answered as it stands.
///
/// # Errors
/// As [`answer`]; `GuardianRequired` for a minor's own hand; `ContradictoryAnswers`.
pub fn submit(tx: &mut Tx<'_>, vault: &Vault, id: IntakeResponseId, version: i32) -> Result<IntakeResponse, Stop> {
    let response = response_to_change(tx, id, Needs::Own)?;
    let repeated = response.state == ResponseState::Screened
        && (response.version == version || response.version.checked_sub(1) == Some(version));
    if repeated {
        return Ok(response);
    }
    expect(&response, version)?;
    hand_in(tx, vault, response, IntakeResponse::submit)
}

/// How a response is handed in: by who answered it, or by who attests that nothing has changed.
type HandIn = fn(IntakeResponse, &Screening, Answerer, Timestamp) -> Result<Change<IntakeResponse>, Refusal>;

/// Screens what was answered and lets it stand in the place of what was handed in before. What was answered to questions that other answers
/// have since hidden is dropped.
fn hand_in(tx: &mut Tx<'_>, vault: &Vault, response: IntakeResponse, step: HandIn) -> Result<IntakeResponse, Stop> {
    may_hand_in(tx, response.client)?;
    let today = store::today(tx)?;
    let look = tx.look("intake_response.screened", response.id, response.client)?;
    let form = documents::form_version(tx, response.form_version)?.read()?;
    let hidden = answers::hidden(tx, vault, &look, &response, &form)?;
    let facts = Facts { session_date: None, answered_on: today, clearances: &[] };
    let (screening, rules) = weigh(tx, vault, &look, &response, facts)?;
    let earlier = store::handed_in(tx, response.client)?;
    let by = answerer(tx, response.client);
    let change = step(response, &screening, by, tx.now())?;
    // The decision first: whoever reacts to the submission goes by it.
    decisions::record(tx, vault, change.state(), &Decided { screening: &screening, rules: &rules, holds: None })?;
    let (response, event) = change.into_parts();
    let answers = hidden.into_iter().map(|question| (question, None)).collect();
    let response = tx.save(Change::new(Answered { response, answers }, event))?.response;
    let stands = |old: &IntakeResponse| old.state.is_answered() && old.state != ResponseState::Declined;
    for old in earlier.into_iter().filter(stands) {
        tx.save(old.supersede()?)?;
    }
    Ok(response)
}

/// Refuses whoever could not sign for the client either: what is handed in is vouched for.
fn may_hand_in(tx: &mut Tx<'_>, client: ClientId) -> Result<(), Stop> {
    let actor = tx.actor();
    let hand = actor.form_link().map(|bearer| bearer.signer).or(actor.client()).ok_or(Refusal::NotThere)?;
    let record = clients::store::client(tx, &CLERK, client)?;
    consents::may_sign(tx, &record, hand).map(drop)
}

/// Keeps the therapist's conclusion.
pub(super) fn review(
    tx: &mut Tx<'_>,
    vault: &Vault,
    (id, version): (IntakeResponseId, i32),
    (verdict, modification): (Verdict, Option<&str>),
) -> Result<IntakeResponse, Stop> {
    let mut fields = Fields::default();
    let text = fields.optional_text("/modification", modification, MODIFICATION);
    let modification = fields.finish(|| text)?;
    let response = response_to_change(tx, id, Needs::Treating)?;
    expect(&response, version)?;
    let change = response.review(Review { verdict, modification: modification.as_deref() })?;
    conclude(tx, vault, change, (verdict, modification.as_deref()))
}

/// Saves what a therapist concluded with the response that it moved.
fn conclude(
    tx: &mut Tx<'_>,
    vault: &Vault,
    change: Change<IntakeResponse>,
    (verdict, modification): (Verdict, Option<&str>),
) -> Result<IntakeResponse, Stop> {
    let (response, event) = change.into_parts();
    let modification = match modification {
        Some(text) => Some(clearances::seal_modification(tx, vault, &response, text)?),
        None => None,
    };
    let by = tx.actor().account().ok_or(Refusal::Unauthenticated)?;
    let reviewed = Reviewed { response, by, verdict, modification, at: tx.now() };
    Ok(tx.save(Change::new(reviewed, event))?.response)
}

/// Records a written clearance and screens again with all there are, on the first day it can count. Once they cover all that the response waits
/// for, it is cleared from that day on.
pub(super) fn clear(
    tx: &mut Tx<'_>,
    vault: &Vault,
    id: IntakeResponseId,
    draft: ClearanceDraft,
) -> Result<Clearance, Stop> {
    let response = response_to_change(tx, id, Needs::Treating)?;
    let today = store::today(tx)?;
    let draft = draft.checked(&documents::newest_ruleset(tx)?.rules, today)?;
    response.takes_clearance()?;
    let look = tx.look("clearance.weighed", response.client, response.client)?;
    let mut all = clearances::facts(tx, vault, &look, response.client)?;
    all.push(draft.fact());
    let look = tx.look("intake_response.screened", id, response.client)?;
    let day = draft.valid_from.max(today);
    let submitted_at = response.submitted_at.ok_or(Fault::Corrupt("a reviewed response that was never submitted"))?;
    let answered_on = store::day_of(tx, submitted_at)?;
    let facts = Facts { session_date: Some(day), answered_on, clearances: &all };
    let (screening, rules) = weigh(tx, vault, &look, &response, facts)?;
    draft.answers(&screening)?;
    let clearance = record(tx, vault, &response, &draft)?;
    if let Some(days) = holds(&screening, &all, day) {
        let decided = Decided { screening: &screening, rules: &rules, holds: Some(days) };
        accept(tx, vault, response, (&decided, draft.modification.as_deref()))?;
    }
    Ok(clearance)
}

/// Clears a response by a decision that its clearances bear. What the therapist says with it about the session stands beside their review.
fn accept(
    tx: &mut Tx<'_>,
    vault: &Vault,
    response: IntakeResponse,
    (decided, modification): (&Decided<'_>, Option<&str>),
) -> Result<(), Stop> {
    let said_before = clearances::last_kept(tx, response.id)?.is_some_and(|review| review.is_modified());
    let change = response.accept_clearance(decided.screening, modification.is_some() || said_before)?;
    decisions::record(tx, vault, change.state(), decided)?;
    if modification.is_some() {
        conclude(tx, vault, change, (Verdict::ClearancePending, modification)).map(drop)
    } else {
        tx.save(change).map(drop)
    }
}

fn record(
    tx: &mut Tx<'_>,
    vault: &Vault,
    response: &IntakeResponse,
    draft: &ClearanceDraft,
) -> Result<Clearance, Stop> {
    let id = ClearanceId::new(tx.now());
    let clearance = Clearance {
        id,
        response: response.id,
        client: response.client,
        recorded_by: tx.actor().account().ok_or(Refusal::Unauthenticated)?,
        valid_from: draft.valid_from,
        valid_until: draft.valid_until,
        sealed: clearances::seal(tx, vault, response.client, id, &draft.content)?,
        recorded_at: tx.now(),
    };
    tx.save(clearance.record())
}

/// What a screening goes by beside the answers, the client's record and the practice's settings.
struct Facts<'a> {
    session_date: Option<NaiveDate>,
    answered_on: NaiveDate,
    clearances: &'a [ClearanceFact],
}

/// Screens a response by the newest rules, after checking that its answers can be handed in.
fn weigh(
    tx: &mut Tx<'_>,
    vault: &Vault,
    look: &Look,
    response: &IntakeResponse,
    facts: Facts<'_>,
) -> Result<(Screening, Rules), Stop> {
    let form = documents::form_version(tx, response.form_version)?.read()?;
    let answers = answers::read(tx, vault, look, response, &form)?;
    submission::check(&form, &answers)?;
    let recency_days = places::store::settings(tx)?.recency_days;
    let facts = ScreeningFacts {
        session_date: facts.session_date,
        answered_on: facts.answered_on,
        date_of_birth: store::date_of_birth(tx, response.client)?,
        recency_days: u32::try_from(recency_days).map_err(|_| Fault::Corrupt("a recency below zero"))?,
        clearances: facts.clearances,
    };
    let newest = documents::newest_ruleset(tx)?;
    Ok((screen(&newest.rules, &form, &answers, facts), newest))
}

fn expect(response: &IntakeResponse, version: i32) -> Result<(), Refusal> {
    if response.version == version { Ok(()) } else { Err(Refusal::VersionMismatch) }
}
