//! Who acts for whom.

use diesel::prelude::*;

use super::record::{kept, today};
use crate::clients::model::{Basis, Client, Guardians, Guardianship, GuardianshipState};
use crate::db::schema::{clients, guardianships};
use crate::db::{Persist, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{AccountId, ClientId, GuardianshipId};
use crate::kernel::time::Timestamp;

crate::text_column!(Basis, GuardianshipState);

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = guardianships)]
struct GuardianshipRow {
    id: GuardianshipId,
    ward_id: ClientId,
    guardian_id: ClientId,
    basis: Basis,
    state: GuardianshipState,
    decided_by: Option<AccountId>,
    version: i32,
    created_at: Timestamp,
}

impl From<GuardianshipRow> for Guardianship {
    fn from(row: GuardianshipRow) -> Self {
        Self {
            id: row.id,
            ward: row.ward_id,
            guardian: row.guardian_id,
            basis: row.basis,
            state: row.state,
            created_at: row.created_at,
            decided_by: row.decided_by,
            version: row.version,
        }
    }
}

impl Persist for Guardianship {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = GuardianshipRow {
            id: self.id,
            ward_id: self.ward,
            guardian_id: self.guardian,
            basis: self.basis,
            state: self.state,
            decided_by: self.decided_by,
            version: self.version,
            created_at: self.created_at,
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(guardianships::table).values(&row)).map(drop);
        }
        let before = guardianships::table
            .filter(guardianships::id.eq(self.id))
            .filter(guardianships::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

/// Whether the actor acts for a client: is that person, or their accepted guardian while they are under age.
///
/// # Errors
/// A fault of the store.
pub fn acts_for(view: &mut View<'_>, actor: &Actor, client: ClientId) -> Result<bool, Stop> {
    match actor.client() {
        None => Ok(false),
        Some(own) if own == client => Ok(true),
        Some(_) => {
            let (ties, day) = (accepted(view, actor, Some(client))?, today(view)?);
            if ties.is_empty() {
                return Ok(false);
            }
            let ward = kept(view, client)?;
            Ok(ward.is_some_and(|ward| ties.iter().any(|tie| tie.acts_for(&ward, day))))
        }
    }
}

/// Those who may act for a client on some day; for rooms that were shown the client.
///
/// # Errors
/// A fault of the store.
pub fn guardians(view: &mut View<'_>, ward: &Client) -> Result<Guardians, Stop> {
    Ok(Guardians::from(of_ward(view, ward.id)?))
}

/// Those the actor acts for besides themself.
///
/// # Errors
/// A fault of the store.
pub fn wards(view: &mut View<'_>, actor: &Actor) -> Result<Vec<ClientId>, Stop> {
    let mut wards = Vec::new();
    for tie in accepted(view, actor, None)? {
        if acts_for(view, actor, tie.ward)? {
            wards.push(tie.ward);
        }
    }
    Ok(wards)
}

/// Everybody the actor acts for, themself first.
///
/// # Errors
/// A fault of the store.
pub fn acted_for(view: &mut View<'_>, actor: &Actor) -> Result<Vec<ClientId>, Stop> {
    let wards = wards(view, actor)?;
    Ok(actor.client().into_iter().chain(wards).collect())
}

/// Of these clients, those for whom a guardian with a login acts today.
///
/// # Errors
/// A fault of the store.
pub fn guarded(view: &mut View<'_>, of: &[ClientId]) -> Result<Vec<ClientId>, Stop> {
    let reached = clients::table.filter(clients::account_id.is_not_null()).select(clients::id);
    let ties: Vec<GuardianshipRow> = view.load(
        guardianships::table
            .filter(guardianships::ward_id.eq_any(of))
            .filter(guardianships::state.eq(GuardianshipState::Accepted))
            .filter(guardianships::guardian_id.eq_any(reached)),
    )?;
    let day = today(view)?;
    let mut guarded = Vec::new();
    for tie in ties.into_iter().map(Guardianship::from) {
        if kept(view, tie.ward)?.is_some_and(|ward| tie.acts_for(&ward, day)) {
            guarded.push(tie.ward);
        }
    }
    Ok(guarded)
}

/// The actor's own accepted guardianships, of one ward or of all.
fn accepted(view: &mut View<'_>, actor: &Actor, ward: Option<ClientId>) -> Result<Vec<Guardianship>, Stop> {
    let Some(guardian) = actor.client() else {
        return Ok(Vec::new());
    };
    let mut query = guardianships::table
        .filter(guardianships::guardian_id.eq(guardian))
        .filter(guardianships::state.eq(GuardianshipState::Accepted))
        .into_boxed();
    if let Some(ward) = ward {
        query = query.filter(guardianships::ward_id.eq(ward));
    }
    let rows: Vec<GuardianshipRow> = view.load(query)?;
    Ok(rows.into_iter().map(Guardianship::from).collect())
}

/// Whether a tie between the two is asked for or accepted already.
pub(in crate::clients) fn tied(view: &mut View<'_>, ward: ClientId, guardian: ClientId) -> Result<bool, Stop> {
    let open = [GuardianshipState::Pending, GuardianshipState::Accepted];
    Ok(of_ward(view, ward)?.iter().any(|tie| tie.guardian == guardian && open.contains(&tie.state)))
}

/// The guardianships of a ward, whoever asks: for this room's own decisions only.
pub(super) fn of_ward(view: &mut View<'_>, ward: ClientId) -> Result<Vec<Guardianship>, Stop> {
    let rows: Vec<GuardianshipRow> =
        view.load(guardianships::table.filter(guardianships::ward_id.eq(ward)).order(guardianships::id))?;
    Ok(rows.into_iter().map(Guardianship::from).collect())
}

/// The accepted guardianships of several wards, whoever asks: for this room's own decisions only.
pub(super) fn accepted_of(view: &mut View<'_>, wards: &[ClientId]) -> Result<Vec<Guardianship>, Stop> {
    let rows: Vec<GuardianshipRow> = view.load(
        guardianships::table
            .filter(guardianships::ward_id.eq_any(wards))
            .filter(guardianships::state.eq(GuardianshipState::Accepted))
            .order(guardianships::id),
    )?;
    Ok(rows.into_iter().map(Guardianship::from).collect())
}

/// The guardianships that staff have still to look at: one guardian's own, or all of them.
pub(super) fn pending(view: &mut View<'_>, guardian: Option<ClientId>) -> Result<Vec<Guardianship>, Stop> {
    let mut query = guardianships::table
        .filter(guardianships::state.eq(GuardianshipState::Pending))
        .order(guardianships::id)
        .into_boxed();
    if let Some(guardian) = guardian {
        query = query.filter(guardianships::guardian_id.eq(guardian));
    }
    let rows: Vec<GuardianshipRow> = view.load(query)?;
    Ok(rows.into_iter().map(Guardianship::from).collect())
}
