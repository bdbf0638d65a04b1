//! Time that came free, as rows.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::schema::{freed_times, waitlist_entries};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::ids::{FreedTimeId, TherapistId, WaitlistEntryId};
use crate::kernel::time::{Span, Timestamp};
use crate::waitlist::model::{FreedTime, Spent, WaitlistState};

#[derive(Queryable, Insertable)]
#[diesel(table_name = freed_times)]
struct FreedRow {
    id: FreedTimeId,
    therapist_id: Option<TherapistId>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    created_at: Timestamp,
    considered_entry_id: Option<WaitlistEntryId>,
}

/// After it was noted, nothing of it changes but for whom it was considered.
impl Persist for FreedTime {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        if self.considered.is_some() {
            let noted = freed_times::table.filter(freed_times::id.eq(self.id));
            return writer.update_one(diesel::update(noted).set(freed_times::considered_entry_id.eq(self.considered)));
        }
        let row = FreedRow {
            id: self.id,
            therapist_id: self.therapist,
            starts_at: self.span.start(),
            ends_at: self.span.end(),
            created_at: self.created_at,
            considered_entry_id: None,
        };
        writer.execute(diesel::insert_into(freed_times::table).values(&row)).map(drop)
    }
}

impl Persist for Spent {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.execute(diesel::delete(freed_times::table.filter(freed_times::id.eq(self.0)))).map(drop)
    }
}

/// What came free first and is not considered for everybody yet.
pub(in crate::waitlist) fn next_freed(view: &mut View<'_>) -> Result<Option<FreedTime>, Stop> {
    let row: Option<FreedRow> = view.first(freed_times::table.order((freed_times::created_at, freed_times::id)))?;
    let read = |row: FreedRow| {
        let span =
            Span::new(row.starts_at, row.ends_at).ok_or(Fault::Corrupt("free time that ends before it starts"))?;
        let FreedRow { id, therapist_id: therapist, created_at, considered_entry_id: considered, .. } = row;
        Ok(FreedTime { id, therapist, span, created_at, considered })
    };
    row.map(read).transpose()
}

/// Whether anybody waits who would come on one of these dates, as far as dates tell.
pub(in crate::waitlist) fn is_awaited(
    view: &mut View<'_>,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<bool, Stop> {
    let awaiting: Option<WaitlistEntryId> = view.first(
        waitlist_entries::table
            .filter(waitlist_entries::state.eq_any([WaitlistState::Waiting, WaitlistState::Offered]))
            .filter(waitlist_entries::earliest.le(last))
            .filter(waitlist_entries::latest.ge(first))
            .select(waitlist_entries::id),
    )?;
    Ok(awaiting.is_some())
}
