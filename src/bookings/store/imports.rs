//! Files of bookings that were brought in, as rows.

use std::collections::BTreeMap;

use diesel::prelude::*;

use crate::bookings::model::{Import, Imported};
use crate::db::schema::{booking_imports, imported_bookings};
use crate::db::{Persist, Stop, View, Writer};
use crate::kernel::ids::{AccountId, BookingId, ImportId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

#[derive(Queryable, Insertable)]
#[diesel(table_name = booking_imports)]
struct ImportRow {
    id: ImportId,
    imported_by: AccountId,
    imported_at: Timestamp,
    row_count: i32,
    created_count: i32,
    fingerprint: Vec<u8>,
}

impl From<ImportRow> for Import {
    fn from(row: ImportRow) -> Self {
        Self {
            id: row.id,
            by: row.imported_by,
            at: row.imported_at,
            rows: row.row_count,
            created: row.created_count,
            fingerprint: row.fingerprint,
        }
    }
}

impl Persist for Import {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = ImportRow {
            id: self.id,
            imported_by: self.by,
            imported_at: self.at,
            row_count: self.rows,
            created_count: self.created,
            fingerprint: self.fingerprint.clone(),
        };
        writer.execute(diesel::insert_into(booking_imports::table).values(&row)).map(drop)
    }
}

#[derive(Insertable)]
#[diesel(table_name = imported_bookings)]
struct ImportedRow<'a> {
    booking_id: BookingId,
    import_id: ImportId,
    reference: &'a str,
}

impl Persist for Imported {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        self.booking.persist(writer)?;
        let row = ImportedRow { booking_id: self.booking.id, import_id: self.import, reference: &self.reference };
        let written = writer.execute(diesel::insert_into(imported_bookings::table).values(&row)).map(drop);
        let known = || Refusal::AlreadyExists { pointer: "/csv" };
        written.map_err(|stop| stop.on_constraint("imported_bookings_reference_key", known))
    }
}

/// The bookings that were made of these references before.
pub(in crate::bookings) fn imported(
    view: &mut View<'_>,
    references: &[&str],
) -> Result<BTreeMap<String, BookingId>, Stop> {
    let rows: Vec<(String, BookingId)> = view.load(
        imported_bookings::table
            .filter(imported_bookings::reference.eq_any(references))
            .select((imported_bookings::reference, imported_bookings::booking_id)),
    )?;
    Ok(rows.into_iter().collect())
}

/// The files that were brought in, oldest first.
pub(in crate::bookings) fn imports(view: &mut View<'_>, ask: PageAsk) -> Result<Page<Import>, Stop> {
    let mut query = booking_imports::table.order(booking_imports::id).limit(ask.limit + 1).into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(booking_imports::id.gt(ImportId(after)));
    }
    let rows: Vec<ImportRow> = view.load(query)?;
    Ok(Page::cut(rows, ask, |row| row.id.0).map(Import::from))
}

/// One file that was brought in, and the bookings that were made of it, by reference.
pub(in crate::bookings) fn one_import(
    view: &mut View<'_>,
    id: ImportId,
) -> Result<(Import, Vec<(String, BookingId)>), Stop> {
    let row: Option<ImportRow> = view.first(booking_imports::table.filter(booking_imports::id.eq(id)))?;
    let import = row.ok_or(Refusal::NotThere)?.into();
    let made = imported_bookings::table
        .filter(imported_bookings::import_id.eq(id))
        .order(imported_bookings::reference)
        .select((imported_bookings::reference, imported_bookings::booking_id));
    Ok((import, view.load(made)?))
}
