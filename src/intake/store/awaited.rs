//! Forms that wait for somebody: for their client, or for a therapist.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::ResponseRow;
use crate::clients::store::{acted_for, treated};
use crate::db::schema::{intake_responses, intake_reviews};
use crate::db::{Stop, View};
use crate::intake::model::response::{IntakeResponse, ResponseState};
use crate::kernel::actor::Actor;
use crate::kernel::ids::ClientId;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;

/// The forms that the actor has still to answer, for themself and for their wards.
///
/// # Errors
/// A fault of the store.
pub fn to_answer(view: &mut View<'_>, actor: &Actor) -> Result<Vec<IntakeResponse>, Stop> {
    let own = acted_for(view, actor)?;
    let open: Vec<_> = ResponseState::ALL.iter().copied().filter(|state| state.is_open()).collect();
    of_these(view, own, open)
}

/// The answers that wait for the actor's review.
///
/// # Errors
/// A fault of the store.
pub fn to_review(view: &mut View<'_>, actor: &Actor) -> Result<Vec<IntakeResponse>, Stop> {
    let clients = reviewed_by(view, actor)?;
    of_these(view, clients, vec![ResponseState::Screened])
}

/// The responses for which a clearance that comes is taken by the actor, each with the instant since which one is waited for.
///
/// # Errors
/// A fault of the store.
pub fn awaiting_clearance(view: &mut View<'_>, actor: &Actor) -> Result<Vec<(IntakeResponse, Timestamp)>, Stop> {
    let clients = reviewed_by(view, actor)?;
    // The review that stands is the one that led to the version that stands.
    let standing = intake_reviews::response_id
        .eq(intake_responses::id)
        .and(intake_reviews::response_version.eq(intake_responses::version));
    let rows: Vec<(ResponseRow, Timestamp)> = view.load(
        intake_responses::table
            .inner_join(intake_reviews::table.on(standing))
            .filter(intake_responses::client_id.eq_any(clients))
            .filter(intake_responses::state.eq(ResponseState::ClearancePending))
            .order(intake_responses::id)
            .select((intake_responses::all_columns, intake_reviews::reviewed_at)),
    )?;
    Ok(rows.into_iter().map(|(row, since)| (row.into(), since)).collect())
}

/// Whether a form is out that the client has still to answer; says nothing of what was answered.
pub(in crate::intake) fn is_asked(view: &mut View<'_>, client: ClientId) -> Result<bool, Stop> {
    Ok(super::open_response(view, client)?.is_some())
}

/// Those whose answers the actor reviews. Who acts for a client reviews nothing of theirs.
fn reviewed_by(view: &mut View<'_>, actor: &Actor) -> Result<Vec<ClientId>, Stop> {
    let own: BTreeSet<ClientId> = acted_for(view, actor)?.into_iter().collect();
    Ok(treated(view, actor)?.into_iter().filter(|client| !own.contains(client)).collect())
}

fn of_these(
    view: &mut View<'_>,
    clients: Vec<ClientId>,
    states: Vec<ResponseState>,
) -> Result<Vec<IntakeResponse>, Stop> {
    let rows: Vec<ResponseRow> = view.load(
        intake_responses::table
            .filter(intake_responses::client_id.eq_any(clients))
            .filter(intake_responses::state.eq_any(states))
            .order(intake_responses::id),
    )?;
    Ok(rows.into_iter().map(IntakeResponse::from).collect())
}
