//! Rooms, as rows.

use diesel::prelude::*;

use crate::db::schema::rooms;
use crate::db::{Persist, Stop, View, Writer};
use crate::kernel::ids::{LocationId, RoomId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::places::model::Room;

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = rooms)]
struct RoomRow {
    id: RoomId,
    location_id: LocationId,
    name: String,
    kind: String,
    active: bool,
    version: i32,
}

impl From<RoomRow> for Room {
    fn from(row: RoomRow) -> Self {
        Self {
            id: row.id,
            location: row.location_id,
            name: row.name,
            kind: row.kind,
            active: row.active,
            version: row.version,
        }
    }
}

impl Persist for Room {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = RoomRow {
            id: self.id,
            location_id: self.location,
            name: self.name.clone(),
            kind: self.kind.clone(),
            active: self.active,
            version: self.version,
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(rooms::table).values(&row)).map(drop);
        }
        let before = rooms::table.filter(rooms::id.eq(self.id)).filter(rooms::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

/// A room, retired or not: past sessions were held there.
///
/// # Errors
/// `NotThere`; a fault of the store.
pub fn room(view: &mut View<'_>, id: RoomId) -> Result<Room, Stop> {
    let row: Option<RoomRow> = view.first(rooms::table.filter(rooms::id.eq(id)))?;
    Ok(row.ok_or(Refusal::NotThere)?.into())
}

/// The rooms of a kind that sessions can be booked into, in the order in which they are chosen.
///
/// # Errors
/// A fault of the store.
pub fn rooms_of_kind(view: &mut View<'_>, kind: &str) -> Result<Vec<Room>, Stop> {
    let rows: Vec<RoomRow> =
        view.load(rooms::table.filter(rooms::kind.eq(kind)).filter(rooms::active.eq(true)).order(rooms::id))?;
    Ok(rows.into_iter().map(Room::from).collect())
}

/// The rooms sessions can be booked into, or, with `retired`, all there ever were.
pub(in crate::places) fn rooms(view: &mut View<'_>, retired: bool, ask: PageAsk) -> Result<Page<Room>, Stop> {
    let mut query = rooms::table.order(rooms::id).limit(ask.limit + 1).into_boxed();
    if !retired {
        query = query.filter(rooms::active.eq(true));
    }
    if let Some(after) = ask.after {
        query = query.filter(rooms::id.gt(RoomId(after)));
    }
    let rows: Vec<RoomRow> = view.load(query)?;
    Ok(Page::cut(rows, ask, |row| row.id.0).map(Room::from))
}
