//! The register of data keys: which there are, whose, and which were destroyed. The keys themselves are in the key store.

use diesel::prelude::*;

use super::class::{Class, Reason};
use crate::db::schema::{clients, data_keys, token_keys};
use crate::db::{Fault, Persist, Stop, Tx, View, Writer};
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{ClientId, DataKeyId, TokenKeyId};
use crate::kernel::time::Timestamp;

crate::text_column!(Class);

#[derive(Insertable)]
#[diesel(table_name = data_keys)]
struct DataKey {
    id: DataKeyId,
    client_id: ClientId,
    class: Class,
    created_at: Timestamp,
    destroyed_at: Option<Timestamp>,
}

impl Persist for DataKey {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.execute(diesel::insert_into(data_keys::table).values(self)).map(drop).map_err(|stop| match stop {
            // Two transactions may seal a client's first content at once; the loser runs again and finds the winner's key.
            Stop::Fault(Fault::Constraint(name))
                if matches!(&*name, "data_keys_client_id_class_key" | "data_keys_pkey") =>
            {
                Fault::Retry.into()
            }
            other => other,
        })
    }
}

/// The key that a client's content of a class is sealed with.
pub(super) fn live(view: &mut View<'_>, client: ClientId, class: Class) -> Result<Option<DataKeyId>, Stop> {
    let of_class = data_keys::table.filter(data_keys::client_id.eq(client)).filter(data_keys::class.eq(class));
    view.first(of_class.filter(data_keys::destroyed_at.is_null()).select(data_keys::id))
}

/// When a key of a client and class was destroyed, if it was.
pub(super) fn destroyed_at(
    view: &mut View<'_>,
    client: ClientId,
    class: Class,
    id: DataKeyId,
) -> Result<Option<Timestamp>, Stop> {
    let key = data_keys::table.filter(data_keys::id.eq(id)).filter(data_keys::client_id.eq(client));
    let at: Option<Option<Timestamp>> =
        view.first(key.filter(data_keys::class.eq(class)).select(data_keys::destroyed_at))?;
    Ok(at.flatten())
}

/// Enters a key into the register.
pub(super) fn register(tx: &mut Tx<'_>, id: DataKeyId, client: ClientId, class: Class) -> Result<(), Stop> {
    let row = DataKey { id, client_id: client, class, created_at: tx.now(), destroyed_at: None };
    let event = Event::new("data_key.created", id).about(client).with("class", class);
    tx.save(Change::new(row, event)).map(drop)
}

struct Destroyed(DataKeyId);

impl Persist for Destroyed {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let none: Option<Vec<u8>> = None;
        let now = writer.now();
        let key = data_keys::table.filter(data_keys::id.eq(self.0));
        writer.execute(diesel::update(key).set((data_keys::destroyed_at.eq(now), data_keys::wrapped.eq(none))))?;
        Ok(())
    }
}

/// The event of a key's destruction, which other rooms hear.
fn destruction(id: DataKeyId, client: ClientId, class: Class, reason: Reason) -> Event {
    Event::new("data_key.destroyed", id).about(client).with("class", class).with("reason", reason)
}

/// Notes that a key is destroyed.
pub(super) fn condemn(
    tx: &mut Tx<'_>,
    id: DataKeyId,
    client: ClientId,
    class: Class,
    reason: Reason,
) -> Result<(), Stop> {
    tx.save(Change::new(Destroyed(id), destruction(id, client, class, reason))).map(drop)
}

/// Enters a key that is destroyed, and that this register never knew.
pub(super) fn register_destroyed(
    tx: &mut Tx<'_>,
    id: DataKeyId,
    client: ClientId,
    class: Class,
    reason: Reason,
) -> Result<(), Stop> {
    let row = DataKey { id, client_id: client, class, created_at: tx.now(), destroyed_at: Some(tx.now()) };
    tx.save(Change::new(row, destruction(id, client, class, reason))).map(drop)
}

/// A key of the register.
#[derive(Queryable)]
pub(super) struct Registered {
    pub(super) id: DataKeyId,
    pub(super) client: ClientId,
    pub(super) class: Class,
    pub(super) destroyed_at: Option<Timestamp>,
}

/// The whole register; what it holds is small, and asked for when a store is opened.
pub(super) fn all(view: &mut View<'_>) -> Result<Vec<Registered>, Stop> {
    let columns = (data_keys::id, data_keys::client_id, data_keys::class, data_keys::destroyed_at);
    view.load(data_keys::table.select(columns).order(data_keys::id))
}

/// What the register says was destroyed.
pub(super) fn all_destroyed(view: &mut View<'_>) -> Result<Vec<Registered>, Stop> {
    let columns = (data_keys::id, data_keys::client_id, data_keys::class, data_keys::destroyed_at);
    view.load(data_keys::table.filter(data_keys::destroyed_at.is_not_null()).select(columns).order(data_keys::id))
}

/// Whether a client's key of a class was destroyed.
///
/// # Errors
/// A fault of the store.
pub fn was_destroyed(view: &mut View<'_>, client: ClientId, class: Class) -> Result<bool, Stop> {
    let of_class = data_keys::table.filter(data_keys::client_id.eq(client)).filter(data_keys::class.eq(class));
    let found: Option<DataKeyId> =
        view.first(of_class.filter(data_keys::destroyed_at.is_not_null()).select(data_keys::id))?;
    Ok(found.is_some())
}

/// A key that still stands in the store, from before there was a key store.
#[derive(Queryable)]
pub(super) struct Unmoved {
    pub(super) id: DataKeyId,
    pub(super) client: ClientId,
    pub(super) class: Class,
    pub(super) wrapped: Vec<u8>,
    pub(super) master: String,
    pub(super) created_at: Timestamp,
}

/// The keys that have to be moved.
pub(super) fn unmoved(view: &mut View<'_>) -> Result<Vec<Unmoved>, Stop> {
    let columns = (
        data_keys::id,
        data_keys::client_id,
        data_keys::class,
        data_keys::wrapped.assume_not_null(),
        data_keys::master_key.assume_not_null(),
        data_keys::created_at,
    );
    view.load(data_keys::table.filter(data_keys::wrapped.is_not_null()).select(columns).order(data_keys::id))
}

struct Moved(Vec<DataKeyId>);

impl Persist for Moved {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let (nothing, nobody): (Option<Vec<u8>>, Option<String>) = (None, None);
        let moved = data_keys::table.filter(data_keys::id.eq_any(&self.0));
        let emptied = (data_keys::wrapped.eq(nothing), data_keys::master_key.eq(nobody));
        writer.execute(diesel::update(moved).set(emptied)).map(drop)
    }
}

/// Empties the register of keys that stand in the key store now.
pub(super) fn forget_moved(tx: &mut Tx<'_>, ids: Vec<DataKeyId>) -> Result<(), Stop> {
    let event = Event::new("data_keys.moved", uuid::Uuid::nil()).with("count", ids.len());
    tx.save(Change::new(Moved(ids), event)).map(drop)
}

/// Whether the program's own secrets were wrapped before there was a key store.
pub(super) fn has_token_keys(view: &mut View<'_>) -> Result<bool, Stop> {
    let any: Option<TokenKeyId> = view.first(token_keys::table.select(token_keys::id))?;
    Ok(any.is_some())
}

/// Whether there is such a client.
pub(super) fn is_client(view: &mut View<'_>, client: ClientId) -> Result<bool, Stop> {
    let found: Option<ClientId> = view.first(clients::table.filter(clients::id.eq(client)).select(clients::id))?;
    Ok(found.is_some())
}
