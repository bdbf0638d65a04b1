//! What screening said, with the rules it went by; written once and never changed.
//!
//! A decision that rests on a written clearance holds only on the days that clearance is valid. So the same answers can need a clearance for
//! one session and be clear for the next, and the booking decision sees which without opening anything.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::documents::Rules;
use crate::db::schema::screening_decisions;
use crate::db::{Fault, Look, Persist, Stop, Tx, View, Writer};
use crate::intake::model::response::IntakeResponse;
use crate::intake::model::ruleset::Level;
use crate::intake::model::screening::Screening;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{ClientId, DataKeyId, DecisionId, IntakeResponseId, RulesetId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::vault::{Class, Place, Vault};

/// A stored decision.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = screening_decisions)]
pub(in crate::intake) struct Decision {
    pub id: DecisionId,
    pub response_id: IntakeResponseId,
    client_id: ClientId,
    pub ruleset_id: RulesetId,
    pub response_version: i32,
    pub outcome: Level,
    data_key_id: DataKeyId,
    sealed: Vec<u8>,
    pub holds_from: Option<NaiveDate>,
    pub holds_until: Option<NaiveDate>,
    pub age_cleared: bool,
    pub decided_at: Timestamp,
}

impl Persist for Decision {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.execute(diesel::insert_into(screening_decisions::table).values(self)).map(drop)
    }
}

impl Decision {
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.holds_from.is_none_or(|from| from <= day) && self.holds_until.is_none_or(|until| day <= until)
    }

    fn place(&self) -> Place<'static> {
        place(self.client_id, self.response_id, self.id)
    }
}

fn place(client: ClientId, response: IntakeResponseId, id: DecisionId) -> Place<'static> {
    let (record, row) = (response.0, id.0);
    Place { client, class: Class::Intake, record, table: "screening_decisions", row, column: "findings" }
}

/// What is decided, by which rules, and on which days it holds; `None` where no clearance limits it.
pub(in crate::intake) struct Decided<'a> {
    pub screening: &'a Screening,
    pub rules: &'a Rules,
    pub holds: Option<(NaiveDate, NaiveDate)>,
}

/// Keeps a decision about a response as it stands after it.
pub(in crate::intake) fn record(
    tx: &mut Tx<'_>,
    vault: &Vault,
    response: &IntakeResponse,
    decided: &Decided<'_>,
) -> Result<(), Stop> {
    let id = DecisionId::new(tx.now());
    let findings = serde_json::to_vec(decided.screening).map_err(|_| Fault::Vault("findings that are not JSON"))?;
    let sealed = vault.seal(tx, place(response.client, response.id, id), &findings)?;
    let decision = Decision {
        id,
        response_id: response.id,
        client_id: response.client,
        ruleset_id: decided.rules.id,
        response_version: response.version,
        outcome: decided.screening.outcome,
        data_key_id: sealed.key,
        sealed: sealed.bytes,
        holds_from: decided.holds.map(|(from, _)| from),
        holds_until: decided.holds.map(|(_, until)| until),
        age_cleared: decided.screening.is_cleared(&decided.rules.rules.age_rule.finding),
        decided_at: tx.now(),
    };
    let event = Event::new("screening_decision.recorded", id)
        .about(response.client)
        .with("response", response.id)
        .with("ruleset", decided.rules.id);
    tx.save(Change::new(decision, event)).map(drop)
}

/// The decisions about a response, newest first. The response's version tells their order even where the clock stood still.
pub(in crate::intake) fn decisions(view: &mut View<'_>, response: IntakeResponseId) -> Result<Vec<Decision>, Stop> {
    decisions_of(view, &[response])
}

/// The decisions about several responses, of each the newest first.
pub(super) fn decisions_of(view: &mut View<'_>, responses: &[IntakeResponseId]) -> Result<Vec<Decision>, Stop> {
    view.load(screening_decisions::table.filter(screening_decisions::response_id.eq_any(responses)).order((
        screening_decisions::response_version.desc(),
        screening_decisions::decided_at.desc(),
        screening_decisions::id.desc(),
    )))
}

/// The findings behind an answered response, as they hold on a day: what a refusal may name to those who may know. The look is the one
/// recorded with `tx.look("intake_response.screening_viewed", response, client)`, or any other at that response.
///
/// # Errors
/// `NotThere` when it was not screened; a fault when the look is for something else.
pub fn screening(view: &mut View<'_>, vault: &Vault, look: &Look, day: Option<NaiveDate>) -> Result<Screening, Stop> {
    let (_, response) = look.subject();
    let decisions = decisions(view, IntakeResponseId(response))?;
    let decision = decisions.iter().find(|decision| day.is_none_or(|day| decision.holds_on(day)));
    open(view, vault, look, decision.ok_or(Refusal::NotThere)?)
}

/// Opens one decision's findings.
pub(in crate::intake) fn open(
    view: &mut View<'_>,
    vault: &Vault,
    look: &Look,
    decision: &Decision,
) -> Result<Screening, Stop> {
    let sealed = crate::kernel::sealed::Sealed { key: decision.data_key_id, bytes: decision.sealed.clone() };
    let plain = vault.open(view, look, decision.place(), &sealed)?;
    serde_json::from_slice(&plain).map_err(|_| Fault::Corrupt("findings that cannot be read").into())
}
