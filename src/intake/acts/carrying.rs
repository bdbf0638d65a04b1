//! What a client said before, taken over into a newer response: to begin from it and change some, or whole, because nothing has changed.
//!
//! The copies are sealed anew, each for its place in the newer response. The earlier one stays what it was.

use serde_json::{Map, Value};

use super::{expect, hand_in, open};
use crate::db::{Fault, Stop, Tx};
use crate::intake::model::answers::Answers;
use crate::intake::model::response::{IntakeResponse, Issue, ResponseState};
use crate::intake::model::standing::still_counts;
use crate::intake::sight::{Needs, response, response_to_change};
use crate::intake::store;
use crate::intake::store::answers::{self, Answered};
use crate::intake::store::documents;
use crate::kernel::change::Change;
use crate::kernel::ids::IntakeResponseId;
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::text_enum::TextEnum;
use crate::vault::Vault;

/// Fills an open response with what an earlier one of the same client says, as far as it fits the version of the form that is asked. What is
/// answered already stays, and signatures are given anew.
pub(in crate::intake) fn prefill(
    tx: &mut Tx<'_>,
    vault: &Vault,
    (id, version): (IntakeResponseId, i32),
    (from, pointer): (IntakeResponseId, &'static str),
) -> Result<IntakeResponse, Stop> {
    let open = response_to_change(tx, id, Needs::Own)?;
    expect(&open, version)?;
    let source = response(tx, from, Needs::Own)?;
    if source.client != open.client || source.submitted_at.is_none() {
        let why = "Name a form that the same client has handed in.";
        return Err(Refusal::Fields(vec![Violation::at(pointer, "not_handed_in", why)]).into());
    }
    let form = documents::form_version(tx, open.form_version)?.read()?;
    let (answered, today) = (answers::questions(tx, &open)?, store::today(tx)?);
    let mut values = Answers::fitting(&form, said(tx, vault, &source)?, today);
    values.retain(|question, _| !answered.contains(question));
    carry(tx, vault, (open, &source), &values)
}

/// Lets what a client said last stand anew, because nothing has changed since: a response of its own, answered with the same, screened on this
/// day. A form that lies before the client for a booking is answered by it.
pub(in crate::intake) fn attest(tx: &mut Tx<'_>, vault: &Vault, id: IntakeResponseId) -> Result<IntakeResponse, Stop> {
    let source = response_to_change(tx, id, Needs::Own)?;
    source.can_be_attested()?;
    still_stands(tx, &source)?;
    let waiting = open(tx, source.client)?;
    if let Some(begun) = waiting.as_ref().filter(|open| open.state == ResponseState::InProgress) {
        let (what, from) = ("intake_response", begun.state.as_str());
        return Err(Refusal::InvalidTransition { what, from, step: "attest" }.into());
    }
    let issue = Issue {
        client: source.client,
        booking: waiting.as_ref().and_then(|open| open.booking),
        form_version: source.form_version,
        due_at: waiting.as_ref().and_then(|open| open.due_at),
    };
    if let Some(open) = waiting {
        tx.save(open.supersede()?)?;
    }
    let now = tx.now();
    let anew = tx.save(IntakeResponse::issue(issue, now))?;
    let values = said(tx, vault, &source)?;
    let anew = carry(tx, vault, (anew, &source), &values)?;
    hand_in(tx, vault, anew, IntakeResponse::attest)
}

/// That the answers count today, and that nothing is asked by now that they do not answer.
fn still_stands(tx: &mut Tx<'_>, source: &IntakeResponse) -> Result<(), Stop> {
    let forbidden = |rule, detail| Err(Refusal::PolicyViolation { rule, detail }.into());
    let submitted_at = source.submitted_at.ok_or(Fault::Corrupt("an answered response that was never submitted"))?;
    let (answered_on, today) = (store::day_of(tx, submitted_at)?, store::today(tx)?);
    if !still_counts(answered_on, store::validity(tx)?, today) {
        return forbidden("intake_expired", "These answers are too old to stand; the form is answered anew.");
    }
    let version = documents::form_version(tx, source.form_version)?;
    if documents::newest_version(tx, version.form_id)?.id != version.id {
        return forbidden("form_changed", "The form asks something else by now, and is answered anew.");
    }
    Ok(())
}

fn said(tx: &mut Tx<'_>, vault: &Vault, source: &IntakeResponse) -> Result<Map<String, Value>, Stop> {
    let look = tx.look("intake_response.answers_carried", source.id, source.client)?;
    answers::open(tx, vault, &look, source)
}

fn carry(
    tx: &mut Tx<'_>,
    vault: &Vault,
    (response, source): (IntakeResponse, &IntakeResponse),
    values: &Map<String, Value>,
) -> Result<IntakeResponse, Stop> {
    let form = documents::form_version(tx, response.form_version)?.read()?;
    let by = super::answerer(tx, response.client);
    let (response, event) = response.carry(source.id, by)?.into_parts();
    let answers = answers::seal(tx, vault, &response, &form, values)?;
    Ok(tx.save(Change::new(Answered { response, answers }, event))?.response)
}
