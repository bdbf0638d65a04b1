//! Who may open whose record.

use diesel::prelude::*;

use crate::clients::model::{CareKind, CareRelationship, Treatment};
use crate::db::schema::{care_relationships, therapists};
use crate::db::{Persist, Stop, Tx, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{AccountId, BookingId, ClientId, RelationshipId, TherapistId};
use crate::kernel::time::Timestamp;
use crate::therapists::model::TherapistState;

crate::text_column!(CareKind);

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = care_relationships)]
struct CareRow {
    id: RelationshipId,
    client_id: ClientId,
    therapist_id: TherapistId,
    kind: CareKind,
    since: Timestamp,
    until: Option<Timestamp>,
    booking_id: Option<BookingId>,
    granted_by: Option<AccountId>,
    reason: Option<String>,
    version: i32,
}

impl From<CareRow> for CareRelationship {
    fn from(row: CareRow) -> Self {
        Self {
            id: row.id,
            client: row.client_id,
            therapist: row.therapist_id,
            kind: row.kind,
            since: row.since,
            until: row.until,
            booking: row.booking_id,
            granted_by: row.granted_by,
            reason: row.reason,
            version: row.version,
        }
    }
}

impl Persist for CareRelationship {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = CareRow {
            id: self.id,
            client_id: self.client,
            therapist_id: self.therapist,
            kind: self.kind,
            since: self.since,
            until: self.until,
            booking_id: self.booking,
            granted_by: self.granted_by,
            reason: self.reason.clone(),
            version: self.version,
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(care_relationships::table).values(&row)).map(drop);
        }
        let before = care_relationships::table
            .filter(care_relationships::id.eq(self.id))
            .filter(care_relationships::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

/// Whether the actor is a therapist who may open a client's record: works with the practice, and treats, covers or supervises, now.
///
/// # Errors
/// A fault of the store.
pub fn treats(view: &mut View<'_>, actor: &Actor, client: ClientId) -> Result<bool, Stop> {
    let Some(therapist) = actor.therapist() else {
        return Ok(false);
    };
    let now = view.now();
    let rows: Vec<CareRow> = view.load(
        care_relationships::table
            .inner_join(therapists::table.on(therapists::id.eq(care_relationships::therapist_id)))
            .filter(therapists::state.eq(TherapistState::Active))
            .filter(care_relationships::client_id.eq(client))
            .filter(care_relationships::therapist_id.eq(therapist))
            .select(care_relationships::all_columns),
    )?;
    Ok(rows.into_iter().map(CareRelationship::from).any(|care| care.is_in_force(now)))
}

/// Those whose records the actor may open as a therapist, now.
///
/// # Errors
/// A fault of the store.
pub fn treated(view: &mut View<'_>, actor: &Actor) -> Result<Vec<ClientId>, Stop> {
    let Some(therapist) = actor.therapist() else {
        return Ok(Vec::new());
    };
    let now = view.now();
    view.load(
        care_relationships::table
            .inner_join(therapists::table.on(therapists::id.eq(care_relationships::therapist_id)))
            .filter(therapists::state.eq(TherapistState::Active))
            .filter(care_relationships::therapist_id.eq(therapist))
            .filter(care_relationships::since.le(now))
            .filter(care_relationships::until.is_null().or(care_relationships::until.gt(now)))
            .select(care_relationships::client_id)
            .distinct(),
    )
}

/// All relationships on a client's record, whoever asks: for this room's own decisions only.
pub(super) fn of_client(view: &mut View<'_>, client: ClientId) -> Result<Vec<CareRelationship>, Stop> {
    let rows: Vec<CareRow> = view.load(
        care_relationships::table.filter(care_relationships::client_id.eq(client)).order(care_relationships::id),
    )?;
    Ok(rows.into_iter().map(CareRelationship::from).collect())
}

/// Begins the treating relationship of a confirmed booking; for a booking that was moved, prolongs the one it has. The caller holds the
/// client's lock.
///
/// Each booking has its own, so that the end of one leaves those of the others standing. `until` is
/// [`CARE_AFTER_SESSION`](crate::clients::model::CARE_AFTER_SESSION) after the session's end.
///
/// # Errors
/// A fault of the store.
pub fn begin_treatment(
    tx: &mut Tx<'_>,
    client: ClientId,
    therapist: TherapistId,
    booking: BookingId,
    until: Timestamp,
) -> Result<(), Stop> {
    let now = tx.now();
    let standing =
        of_booking(tx, booking)?.into_iter().find(|care| care.therapist == therapist && care.is_in_force(now));
    let change = match standing {
        Some(care) => care.prolong(until, now),
        None => {
            let treatment = Treatment { client, therapist, booking, until: Some(until) };
            Some(CareRelationship::begin(RelationshipId::new(now), treatment, now))
        }
    };
    change.map_or(Ok(()), |change| tx.save(change).map(drop))
}

/// Lets a treating relationship that is in force last until after a session that took place; where there is none, none begins. The caller
/// holds the client's lock.
///
/// # Errors
/// A fault of the store.
pub fn prolong_treatment(
    tx: &mut Tx<'_>,
    client: ClientId,
    therapist: TherapistId,
    until: Timestamp,
) -> Result<(), Stop> {
    let now = tx.now();
    let treats = |care: &CareRelationship| care.kind == CareKind::Treating && care.therapist == therapist;
    let standing = of_client(tx, client)?.into_iter().filter(|care| treats(care) && care.is_in_force(now));
    let change = standing.max_by_key(|care| care.until).and_then(|care| care.prolong(until, now));
    change.map_or(Ok(()), |change| tx.save(change).map(drop))
}

/// Ends what a booking began, because it was cancelled before its start. The caller holds the client's lock.
///
/// # Errors
/// A fault of the store.
pub fn end_treatment(tx: &mut Tx<'_>, booking: BookingId) -> Result<(), Stop> {
    for care in of_booking(tx, booking)? {
        end(tx, care)?;
    }
    Ok(())
}

/// Ends what a booking began with one therapist, because it was moved to another. The caller holds the client's lock.
///
/// # Errors
/// A fault of the store.
pub fn end_treatment_by(tx: &mut Tx<'_>, booking: BookingId, therapist: TherapistId) -> Result<(), Stop> {
    for care in of_booking(tx, booking)?.into_iter().filter(|care| care.therapist == therapist) {
        end(tx, care)?;
    }
    Ok(())
}

fn end(tx: &mut Tx<'_>, care: CareRelationship) -> Result<(), Stop> {
    let now = tx.now();
    if care.is_in_force(now) { tx.save(care.end(now)?).map(drop) } else { Ok(()) }
}

fn of_booking(view: &mut View<'_>, booking: BookingId) -> Result<Vec<CareRelationship>, Stop> {
    let rows: Vec<CareRow> = view.load(care_relationships::table.filter(care_relationships::booking_id.eq(booking)))?;
    Ok(rows.into_iter().map(CareRelationship::from).collect())
}
