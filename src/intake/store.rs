//! Forms, answers and screening, as rows.
//!
//! This file keeps responses; its rooms keep what hangs on them: [`documents`] the published forms and rulesets, [`drafts`] the forms still
//! written, [`answers`] the sealed answers, [`decisions`] what screening said, and [`clearances`] what clinicians wrote. [`mod@history`] says what it all means for a booking, and
//! [`awaited`] which responses wait for whom.

pub(super) mod answers;
pub(super) mod awaited;
pub(super) mod clearances;
pub(super) mod decisions;
pub(super) mod documents;
pub(super) mod drafts;
mod history;

use chrono::{Months, NaiveDate};
use diesel::prelude::*;

use super::model::response::{AnsweredAs, Answerer, IntakeResponse, Issue, ResponseState, Verdict};
use super::model::ruleset::Level;
use crate::db::schema::{clients, intake_responses};
use crate::db::{Fault, Persist, Stop, Tx, View, Writer};
use crate::kernel::ids::{AccountId, BookingId, ClientId, FormVersionId, IntakeResponseId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;
use crate::places;

pub use history::{History, history};

crate::text_column!(ResponseState, AnsweredAs, Level, Verdict);

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = intake_responses)]
struct ResponseRow {
    id: IntakeResponseId,
    client_id: ClientId,
    booking_id: Option<BookingId>,
    form_version_id: FormVersionId,
    state: ResponseState,
    outcome: Option<Level>,
    due_at: Option<Timestamp>,
    submitted_at: Option<Timestamp>,
    version: i32,
    created_at: Timestamp,
    answered_by: Option<AccountId>,
    answered_as: Option<AnsweredAs>,
    carried_from: Option<IntakeResponseId>,
    attested_at: Option<Timestamp>,
}

impl From<ResponseRow> for IntakeResponse {
    fn from(row: ResponseRow) -> Self {
        Self {
            id: row.id,
            client: row.client_id,
            booking: row.booking_id,
            form_version: row.form_version_id,
            state: row.state,
            outcome: row.outcome,
            due_at: row.due_at,
            submitted_at: row.submitted_at,
            version: row.version,
            created_at: row.created_at,
            answerer: row.answered_as.map(|capacity| Answerer { capacity, account: row.answered_by }),
            carried_from: row.carried_from,
            attested_at: row.attested_at,
        }
    }
}

impl Persist for IntakeResponse {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = ResponseRow {
            id: self.id,
            client_id: self.client,
            booking_id: self.booking,
            form_version_id: self.form_version,
            state: self.state,
            outcome: self.outcome,
            due_at: self.due_at,
            submitted_at: self.submitted_at,
            version: self.version,
            created_at: self.created_at,
            answered_by: self.answerer.and_then(|answerer| answerer.account),
            answered_as: self.answerer.map(|answerer| answerer.capacity),
            carried_from: self.carried_from,
            attested_at: self.attested_at,
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(intake_responses::table).values(&row)).map(drop);
        }
        let before = intake_responses::table
            .filter(intake_responses::id.eq(self.id))
            .filter(intake_responses::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

/// A response, whoever asks; [`sight`](super::sight) says who may.
pub(super) fn response(view: &mut View<'_>, id: IntakeResponseId) -> Result<IntakeResponse, Stop> {
    let row: Option<ResponseRow> = view.first(intake_responses::table.filter(intake_responses::id.eq(id)))?;
    Ok(row.ok_or(Refusal::NotThere)?.into())
}

/// A client's responses, oldest first.
pub(super) fn responses(
    view: &mut View<'_>,
    client: ClientId,
    state: Option<ResponseState>,
    ask: PageAsk,
) -> Result<Page<IntakeResponse>, Stop> {
    let mut query = intake_responses::table
        .filter(intake_responses::client_id.eq(client))
        .order(intake_responses::id)
        .limit(ask.limit + 1)
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(intake_responses::state.eq(state));
    }
    if let Some(after) = ask.after {
        query = query.filter(intake_responses::id.gt(IntakeResponseId(after)));
    }
    let rows: Vec<ResponseRow> = view.load(query)?;
    Ok(Page::cut(rows, ask, |row| row.id.0).map(IntakeResponse::from))
}

/// The response that the client can still write answers to; there is one at the most.
pub(super) fn open_response(view: &mut View<'_>, client: ClientId) -> Result<Option<IntakeResponse>, Stop> {
    let open = ResponseState::ALL.iter().copied().filter(|state| state.is_open());
    let row: Option<ResponseRow> = view.first(
        intake_responses::table
            .filter(intake_responses::client_id.eq(client))
            .filter(intake_responses::state.eq_any(open.collect::<Vec<_>>()))
            .order(intake_responses::id.desc()),
    )?;
    Ok(row.map(IntakeResponse::from))
}

/// Whether a form lies before the client that they can still write answers to.
///
/// # Errors
/// A fault of the store.
pub fn is_answering(view: &mut View<'_>, client: ClientId) -> Result<bool, Stop> {
    Ok(open_response(view, client)?.is_some())
}

/// Everything the client has handed in, newest first, whatever became of it.
pub(super) fn handed_in(view: &mut View<'_>, client: ClientId) -> Result<Vec<IntakeResponse>, Stop> {
    let rows: Vec<ResponseRow> = view.load(
        intake_responses::table
            .filter(intake_responses::client_id.eq(client))
            .filter(intake_responses::submitted_at.is_not_null())
            .order((intake_responses::submitted_at.desc(), intake_responses::id.desc())),
    )?;
    Ok(rows.into_iter().map(IntakeResponse::from).collect())
}

/// The date of birth in the client's record.
pub(super) fn date_of_birth(view: &mut View<'_>, client: ClientId) -> Result<Option<NaiveDate>, Stop> {
    let born: Option<Option<NaiveDate>> =
        view.first(clients::table.filter(clients::id.eq(client)).select(clients::date_of_birth))?;
    Ok(born.flatten())
}

/// The practice's day of an instant.
pub(super) fn day_of(view: &mut View<'_>, at: Timestamp) -> Result<NaiveDate, Stop> {
    Ok(at.date_in(places::store::practice(view)?.zone))
}

/// The practice's day now.
pub(super) fn today(view: &mut View<'_>) -> Result<NaiveDate, Stop> {
    let now = view.now();
    day_of(view, now)
}

/// For how long the practice lets answers count.
pub(super) fn validity(view: &mut View<'_>) -> Result<Months, Stop> {
    let months = u32::try_from(places::store::settings(view)?.intake_valid_months);
    Ok(months.map(Months::new).map_err(|_| Fault::Corrupt("a validity below zero"))?)
}

/// Gives the client the newest health history to answer for a booking, unless one is open already. The booking's transaction holds the client's lock.
///
/// # Errors
/// A fault of the store.
pub fn issue_for_booking(
    tx: &mut Tx<'_>,
    client: ClientId,
    booking: BookingId,
    due_at: Timestamp,
) -> Result<IntakeResponseId, Stop> {
    if let Some(open) = open_response(tx, client)? {
        return Ok(open.id);
    }
    let form_version = documents::health_history(tx)?.id;
    let issue = Issue { client, booking: Some(booking), form_version, due_at: Some(due_at) };
    let now = tx.now();
    Ok(tx.save(IntakeResponse::issue(issue, now))?.id)
}
