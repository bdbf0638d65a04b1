//! Time off, as rows.

use diesel::prelude::*;

use super::sight::known_to;
use super::{span, zone};
use crate::availability::model::time_off::{Audience, TimeOff, TimeOffReason, When, Why};
use crate::availability::model::yearly::{MonthDay, Yearly};
use crate::db::schema::time_off;
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{TherapistId, TimeOffId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};

crate::text_column!(Audience, TimeOffReason);

#[derive(Queryable, Insertable)]
#[diesel(table_name = time_off)]
struct TimeOffRow {
    id: TimeOffId,
    therapist_id: TherapistId,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    yearly_from: Option<String>,
    yearly_until: Option<String>,
    zone: Option<String>,
    reason: TimeOffReason,
    note: Option<String>,
    visible_to: Audience,
}

impl TryFrom<TimeOffRow> for TimeOff {
    type Error = Fault;
    fn try_from(row: TimeOffRow) -> Result<Self, Fault> {
        let day = |text: &str| MonthDay::parse(text).ok_or(Fault::Corrupt("a day that no year has"));
        let when = match (row.starts_at, row.ends_at, row.yearly_from, row.yearly_until, row.zone) {
            (Some(start), Some(end), ..) => When::Once(span(start, end)?),
            (None, None, Some(from), Some(until), Some(name)) => {
                When::Yearly(Yearly { from: day(&from)?, until: day(&until)?, zone: zone(&name)? })
            }
            _ => return Err(Fault::Corrupt("time off that never comes")),
        };
        let why = Why { reason: row.reason, note: row.note, visible_to: row.visible_to };
        Ok(Self { id: row.id, therapist: row.therapist_id, when, why })
    }
}

impl From<&TimeOff> for TimeOffRow {
    fn from(off: &TimeOff) -> Self {
        let (once, yearly) = match off.when {
            When::Once(span) => (Some(span), None),
            When::Yearly(yearly) => (None, Some(yearly)),
        };
        Self {
            id: off.id,
            therapist_id: off.therapist,
            starts_at: once.map(Span::start),
            ends_at: once.map(Span::end),
            yearly_from: yearly.map(|yearly| yearly.from.to_string()),
            yearly_until: yearly.map(|yearly| yearly.until.to_string()),
            zone: yearly.map(|yearly| yearly.zone.name().to_owned()),
            reason: off.why.reason,
            note: off.why.note.clone(),
            visible_to: off.why.visible_to,
        }
    }
}

impl Persist for TimeOff {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.execute(diesel::insert_into(time_off::table).values(&TimeOffRow::from(self))).map(drop)
    }
}

/// Time off that was taken back.
impl Persist for TimeOffId {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        writer.execute(diesel::delete(time_off::table.filter(time_off::id.eq(self)))).map(drop)
    }
}

/// A therapist's time off, that which is over too, for those who may see their hours.
pub(in crate::availability) fn times_off(
    view: &mut View<'_>,
    actor: &Actor,
    id: TherapistId,
    ask: PageAsk,
) -> Result<Page<TimeOff>, Stop> {
    known_to(view, actor, id)?;
    let mut query =
        time_off::table.filter(time_off::therapist_id.eq(id)).order(time_off::id).limit(ask.limit + 1).into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(time_off::id.gt(TimeOffId(after)));
    }
    let rows: Vec<TimeOffRow> = view.load(query)?;
    let page = Page::cut(rows, ask, |row| row.id.0);
    let items = page.items.into_iter().map(TimeOff::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// One of a therapist's times off, for those who may see their hours.
pub(in crate::availability) fn one_time_off(
    view: &mut View<'_>,
    actor: &Actor,
    id: TherapistId,
    off: TimeOffId,
) -> Result<TimeOff, Stop> {
    known_to(view, actor, id)?;
    let row: Option<TimeOffRow> =
        view.first(time_off::table.filter(time_off::id.eq(off)).filter(time_off::therapist_id.eq(id)))?;
    Ok(row.ok_or(Refusal::NotThere)?.try_into()?)
}

/// Of several therapists what may touch a window: all that comes every year, and what comes once then.
pub(super) fn may_touch(view: &mut View<'_>, therapists: &[TherapistId], window: Span) -> Result<Vec<TimeOff>, Stop> {
    let once = time_off::ends_at.gt(window.start()).and(time_off::starts_at.lt(window.end()));
    let rows: Vec<TimeOffRow> = view.load(
        time_off::table
            .filter(time_off::therapist_id.eq_any(therapists))
            .filter(time_off::starts_at.is_null().or(once)),
    )?;
    Ok(rows.into_iter().map(TimeOff::try_from).collect::<Result<_, _>>()?)
}
