//! What clinicians wrote and what therapists concluded, both kept as they were.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::{clearances, intake_reviews};
use crate::db::{Fault, Look, Persist, Stop, Tx, View, Writer};
use crate::intake::model::clearance::{Clearance, ClearanceContent};
use crate::intake::model::response::{IntakeResponse, Verdict};
use crate::intake::model::screening::ClearanceFact;
use crate::kernel::ids::{AccountId, ClearanceId, ClientId, DataKeyId, IntakeResponseId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::sealed::Sealed;
use crate::kernel::time::Timestamp;
use crate::vault::{Class, Place, Vault};

#[derive(Queryable, Insertable)]
#[diesel(table_name = clearances)]
struct ClearanceRow {
    id: ClearanceId,
    response_id: IntakeResponseId,
    client_id: ClientId,
    recorded_by: AccountId,
    valid_from: NaiveDate,
    valid_until: NaiveDate,
    data_key_id: DataKeyId,
    sealed: Vec<u8>,
    recorded_at: Timestamp,
}

impl From<ClearanceRow> for Clearance {
    fn from(row: ClearanceRow) -> Self {
        Self {
            id: row.id,
            response: row.response_id,
            client: row.client_id,
            recorded_by: row.recorded_by,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            sealed: Sealed { key: row.data_key_id, bytes: row.sealed },
            recorded_at: row.recorded_at,
        }
    }
}

impl Persist for Clearance {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = ClearanceRow {
            id: self.id,
            response_id: self.response,
            client_id: self.client,
            recorded_by: self.recorded_by,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            data_key_id: self.sealed.key,
            sealed: self.sealed.bytes.clone(),
            recorded_at: self.recorded_at,
        };
        writer.execute(diesel::insert_into(clearances::table).values(&row)).map(drop)
    }
}

fn place(client: ClientId, id: ClearanceId) -> Place<'static> {
    // A clearance outlives the response it came with, so it belongs to the client's clearances as a whole.
    Place { client, class: Class::Intake, record: client.0, table: "clearances", row: id.0, column: "content" }
}

/// Seals what a clearance says.
pub(in crate::intake) fn seal(
    tx: &mut Tx<'_>,
    vault: &Vault,
    client: ClientId,
    id: ClearanceId,
    content: &ClearanceContent,
) -> Result<Sealed, Stop> {
    let plain = serde_json::to_vec(content).map_err(|_| Fault::Vault("a clearance that is not JSON"))?;
    vault.seal(tx, place(client, id), &plain)
}

/// Opens what a clearance says.
pub(in crate::intake) fn open(
    view: &mut View<'_>,
    vault: &Vault,
    look: &Look,
    clearance: &Clearance,
) -> Result<ClearanceContent, Stop> {
    let plain = vault.open(view, look, place(clearance.client, clearance.id), &clearance.sealed)?;
    serde_json::from_slice(&plain).map_err(|_| Fault::Corrupt("a clearance that cannot be read").into())
}

/// A client's clearances, oldest first.
pub(in crate::intake) fn clearances(
    view: &mut View<'_>,
    client: ClientId,
    ask: PageAsk,
) -> Result<Page<Clearance>, Stop> {
    let mut query = clearances::table
        .filter(clearances::client_id.eq(client))
        .order(clearances::id)
        .limit(ask.limit + 1)
        .into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(clearances::id.gt(ClearanceId(after)));
    }
    let rows: Vec<ClearanceRow> = view.load(query)?;
    Ok(Page::cut(rows, ask, |row| row.id.0).map(Clearance::from))
}

/// Everything that a client's clearances say, as screening reads it.
pub(in crate::intake) fn facts(
    view: &mut View<'_>,
    vault: &Vault,
    look: &Look,
    client: ClientId,
) -> Result<Vec<ClearanceFact>, Stop> {
    let rows: Vec<ClearanceRow> = view.load(clearances::table.filter(clearances::client_id.eq(client)))?;
    rows.into_iter()
        .map(|row| {
            let clearance = Clearance::from(row);
            let findings = open(view, vault, look, &clearance)?.findings;
            Ok(ClearanceFact { findings, valid_from: clearance.valid_from, valid_until: clearance.valid_until })
        })
        .collect()
}

/// A therapist's review as it is kept.
#[derive(Clone, Queryable, Insertable)]
#[diesel(table_name = intake_reviews)]
pub(in crate::intake) struct KeptReview {
    response_id: IntakeResponseId,
    response_version: i32,
    pub reviewed_by: AccountId,
    pub verdict: Verdict,
    data_key_id: Option<DataKeyId>,
    sealed: Option<Vec<u8>>,
    pub reviewed_at: Timestamp,
}

impl KeptReview {
    /// Whether it says how the session will be modified.
    pub fn is_modified(&self) -> bool {
        self.sealed.is_some()
    }
}

/// A response with the review that moved it.
pub(in crate::intake) struct Reviewed {
    pub response: IntakeResponse,
    pub by: AccountId,
    pub verdict: Verdict,
    pub modification: Option<Sealed>,
    pub at: Timestamp,
}

impl Persist for Reviewed {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        self.response.persist(writer)?;
        let row = KeptReview {
            response_id: self.response.id,
            response_version: self.response.version,
            reviewed_by: self.by,
            verdict: self.verdict,
            data_key_id: self.modification.as_ref().map(|sealed| sealed.key),
            sealed: self.modification.as_ref().map(|sealed| sealed.bytes.clone()),
            reviewed_at: self.at,
        };
        writer.execute(diesel::insert_into(intake_reviews::table).values(&row)).map(drop)
    }
}

fn modification_place(response: &IntakeResponse) -> Place<'static> {
    let (client, row) = (response.client, response.id.0);
    Place { client, class: Class::Intake, record: row, table: "intake_reviews", row, column: "modification" }
}

/// Seals how a session will be modified.
pub(in crate::intake) fn seal_modification(
    tx: &mut Tx<'_>,
    vault: &Vault,
    response: &IntakeResponse,
    modification: &str,
) -> Result<Sealed, Stop> {
    vault.seal(tx, modification_place(response), modification.as_bytes())
}

/// The last review of a response, its modification unopened.
pub(in crate::intake) fn last_kept(
    view: &mut View<'_>,
    response: IntakeResponseId,
) -> Result<Option<KeptReview>, Stop> {
    view.first(
        intake_reviews::table
            .filter(intake_reviews::response_id.eq(response))
            .order(intake_reviews::response_version.desc()),
    )
}

/// What was concluded last on each of these responses that somebody has reviewed.
pub(super) fn verdicts(
    view: &mut View<'_>,
    responses: &[IntakeResponseId],
) -> Result<BTreeMap<IntakeResponseId, Verdict>, Stop> {
    let rows: Vec<(IntakeResponseId, Verdict)> = view.load(
        intake_reviews::table
            .filter(intake_reviews::response_id.eq_any(responses))
            .order(intake_reviews::response_version)
            .select((intake_reviews::response_id, intake_reviews::verdict)),
    )?;
    // Of several reviews of one response the last is kept.
    Ok(rows.into_iter().collect())
}

/// The last review of a response and the modification it chose.
pub(in crate::intake) fn last_review(
    view: &mut View<'_>,
    vault: &Vault,
    look: &Look,
    response: &IntakeResponse,
) -> Result<Option<(KeptReview, Option<String>)>, Stop> {
    let Some(review) = last_kept(view, response.id)? else { return Ok(None) };
    let Some((key, bytes)) = review.data_key_id.zip(review.sealed.clone()) else {
        return Ok(Some((review, None)));
    };
    let plain = vault.open(view, look, modification_place(response), &Sealed { key, bytes })?;
    let text = String::from_utf8(plain.to_vec()).map_err(|_| Fault::Corrupt("a modification that is not text"))?;
    Ok(Some((review, Some(text))))
}
