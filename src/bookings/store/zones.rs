//! Bookings agreed by older zone rules, what is in their way, and what became of them, as rows.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::{LOCAL, treated_by};
use crate::availability::model::occupancy::Holder;
use crate::availability::store::holders;
use crate::bookings::model::{Booking, BookingState, Followed, Placement, ZoneChange, ZoneOutcome};
use crate::clients::store::acted_for;
use crate::db::schema::{bookings, zone_changes};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{AccountId, BookingId, ClientId, TherapistId, ZoneChangeId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

crate::text_column!(ZoneOutcome);

/// The states of a session whose time is agreed and that has not begun.
const TO_COME: [BookingState; 2] = [BookingState::Pending, BookingState::Confirmed];

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = zone_changes, treat_none_as_null = true)]
struct ZoneChangeRow {
    id: ZoneChangeId,
    booking_id: BookingId,
    client_id: ClientId,
    therapist_id: TherapistId,
    local_start: String,
    zone: String,
    old_tz_version: String,
    new_tz_version: String,
    old_starts_at: Timestamp,
    new_starts_at: Option<Timestamp>,
    outcome: ZoneOutcome,
    noticed_at: Timestamp,
    acknowledged_by: Option<AccountId>,
    acknowledged_at: Option<Timestamp>,
    version: i32,
}

impl From<&ZoneChange> for ZoneChangeRow {
    fn from(change: &ZoneChange) -> Self {
        Self {
            id: change.id,
            booking_id: change.booking,
            client_id: change.client,
            therapist_id: change.therapist,
            local_start: change.local_start.format(LOCAL).to_string(),
            zone: change.zone.name().to_owned(),
            old_tz_version: change.old_version.clone(),
            new_tz_version: change.new_version.clone(),
            old_starts_at: change.old_start,
            new_starts_at: change.new_start,
            outcome: change.outcome,
            noticed_at: change.noticed_at,
            acknowledged_by: change.acknowledged.map(|(by, _)| by),
            acknowledged_at: change.acknowledged.map(|(_, at)| at),
            version: change.version,
        }
    }
}

impl TryFrom<ZoneChangeRow> for ZoneChange {
    type Error = Fault;
    fn try_from(row: ZoneChangeRow) -> Result<Self, Fault> {
        let local_start = NaiveDateTime::parse_from_str(&row.local_start, LOCAL);
        Ok(Self {
            id: row.id,
            booking: row.booking_id,
            client: row.client_id,
            therapist: row.therapist_id,
            local_start: local_start.map_err(|_| Fault::Corrupt("a local start that is none"))?,
            zone: row.zone.parse().map_err(|_| Fault::Corrupt("a zone that is none"))?,
            old_version: row.old_tz_version,
            new_version: row.new_tz_version,
            old_start: row.old_starts_at,
            new_start: row.new_starts_at,
            outcome: row.outcome,
            noticed_at: row.noticed_at,
            acknowledged: row.acknowledged_by.zip(row.acknowledged_at),
            version: row.version,
        })
    }
}

impl Persist for ZoneChange {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = ZoneChangeRow::from(self);
        if self.version == 1 {
            return writer.execute(diesel::insert_into(zone_changes::table).values(&row)).map(drop);
        }
        let before =
            zone_changes::table.filter(zone_changes::id.eq(self.id)).filter(zone_changes::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

impl Persist for Followed {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        self.booking.persist(writer)?;
        self.change.as_ref().map_or(Ok(()), |change| change.persist(writer))
    }
}

/// The next booking to come, after another, that was agreed by older zone rules than the program's; and when it starts.
pub(in crate::bookings) fn next_by_older_rules(
    view: &mut View<'_>,
    after: Option<(Timestamp, BookingId)>,
) -> Result<Option<(Timestamp, BookingId)>, Stop> {
    let now = view.now();
    let mut query = bookings::table
        .filter(bookings::state.eq_any(TO_COME))
        .filter(bookings::starts_at.gt(now))
        .filter(bookings::tz_version.lt(chrono_tz::IANA_TZDB_VERSION))
        .order((bookings::starts_at, bookings::id))
        .select((bookings::starts_at, bookings::id))
        .into_boxed();
    if let Some((start, id)) = after {
        let tied = bookings::starts_at.eq(start).and(bookings::id.gt(id));
        query = query.filter(bookings::starts_at.gt(start).or(tied));
    }
    view.first(query)
}

/// Whether a booking is among those.
pub(in crate::bookings) fn goes_by_older_rules(view: &View<'_>, booking: &Booking) -> bool {
    TO_COME.contains(&booking.state)
        && booking.placement.session.start() > view.now()
        && *booking.placement.tz_version < *chrono_tz::IANA_TZDB_VERSION
}

/// What else claims any of what a session of a client would claim at a place, but for its own booking.
pub(in crate::bookings) fn in_the_way(
    view: &mut View<'_>,
    client: ClientId,
    at: &Placement,
    own: Option<BookingId>,
) -> Result<Vec<Holder>, Stop> {
    let mut found = Vec::new();
    for (resource, id, span) in at.claims(client) {
        found.extend(holders(view, (resource, id), span)?);
    }
    found.retain(|holder| own.is_none_or(|own| *holder != Holder::Booking(own)));
    Ok(found)
}

/// The changes an actor may know of, oldest first: all for the desk, those of their own calendar for therapists. With `all`, those that
/// somebody has looked at too.
pub(in crate::bookings) fn zone_changes(
    view: &mut View<'_>,
    actor: &Actor,
    all: bool,
    ask: PageAsk,
) -> Result<Page<ZoneChange>, Stop> {
    let mut query = zone_changes::table.order(zone_changes::id).limit(ask.limit + 1).into_boxed();
    if !actor.is_desk() {
        let Some(own) = actor.therapist() else { return Err(Refusal::NotThere.into()) };
        let theirs = bookings::table.filter(treated_by(own)).select(bookings::id);
        query = query.filter(zone_changes::booking_id.eq_any(theirs));
    }
    if !all {
        query = query.filter(zone_changes::acknowledged_at.is_null());
    }
    if let Some(after) = ask.after {
        query = query.filter(zone_changes::id.gt(ZoneChangeId(after)));
    }
    let rows: Vec<ZoneChangeRow> = view.load(query)?;
    let page = Page::cut(rows, ask, |row| row.id.0);
    let items = page.items.into_iter().map(ZoneChange::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// The changes that nobody has looked at, each with the start of its session to come: all for the desk; for therapists those of their own
/// calendar by which the clock on the wall shows another time than was promised; none for anybody else.
///
/// # Errors
/// A fault of the store.
pub fn unseen_zone_changes(view: &mut View<'_>, actor: &Actor) -> Result<Vec<(ZoneChange, Timestamp)>, Stop> {
    match actor.therapist() {
        _ if actor.is_desk() => unseen(view, Concerned::Desk),
        Some(own) => unseen(view, Concerned::Therapist(own)),
        None => Ok(Vec::new()),
    }
}

/// The same for the client's side: changes by which the clock shows another time than they, or those they act for, were promised.
///
/// # Errors
/// A fault of the store.
pub fn unseen_new_times(view: &mut View<'_>, actor: &Actor) -> Result<Vec<(ZoneChange, Timestamp)>, Stop> {
    let own = acted_for(view, actor)?;
    if own.is_empty() { Ok(Vec::new()) } else { unseen(view, Concerned::Clients(own)) }
}

/// Who is to look at changes.
enum Concerned {
    Desk,
    Therapist(TherapistId),
    Clients(Vec<ClientId>),
}

fn unseen(view: &mut View<'_>, who: Concerned) -> Result<Vec<(ZoneChange, Timestamp)>, Stop> {
    let now = view.now();
    let mut query = zone_changes::table
        .inner_join(bookings::table.on(zone_changes::booking_id.eq(bookings::id)))
        .filter(zone_changes::acknowledged_at.is_null())
        .filter(bookings::state.eq_any(TO_COME))
        .filter(bookings::starts_at.gt(now))
        .order(zone_changes::id)
        .select((zone_changes::all_columns, bookings::starts_at))
        .into_boxed();
    let shows_another = zone_changes::outcome.ne(ZoneOutcome::KeptLocalTime);
    query = match who {
        Concerned::Desk => query,
        Concerned::Therapist(own) => query.filter(treated_by(own)).filter(shows_another),
        Concerned::Clients(own) => query.filter(zone_changes::client_id.eq_any(own)).filter(shows_another),
    };
    let rows: Vec<(ZoneChangeRow, Timestamp)> = view.load(query)?;
    Ok(rows.into_iter().map(|(row, start)| Ok((row.try_into()?, start))).collect::<Result<_, Fault>>()?)
}

/// One of them, for whoever may see its booking.
pub(in crate::bookings) fn zone_change(
    view: &mut View<'_>,
    actor: &Actor,
    id: ZoneChangeId,
) -> Result<ZoneChange, Stop> {
    let row: Option<ZoneChangeRow> = view.first(zone_changes::table.filter(zone_changes::id.eq(id)))?;
    let change = ZoneChange::try_from(row.ok_or(Refusal::NotThere)?)?;
    super::booking(view, actor, change.booking)?;
    Ok(change)
}
