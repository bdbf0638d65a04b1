//! Places on the waiting list, as rows.

use chrono::{NaiveDate, NaiveTime};
use diesel::prelude::*;

use crate::bookings::model::SlotHold;
use crate::bookings::store::slot_holds;
use crate::clients::store::{acted_for, acts_for, guarded};
use crate::db::schema::{clients, session_types, waitlist_entries};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{
    AccountId, BookingId, ClientId, LocationId, SessionTypeId, SlotHoldId, TherapistId, WaitlistEntryId,
};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::waitlist::model::{AcceptedBy, FreedTime, WaitlistEntry, WaitlistState, Weekdays, Wishes};

crate::text_column!(WaitlistState, AcceptedBy);

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = waitlist_entries, treat_none_as_null = true)]
struct EntryRow {
    id: WaitlistEntryId,
    client_id: ClientId,
    session_type_id: SessionTypeId,
    therapist_id: Option<TherapistId>,
    location_id: Option<LocationId>,
    earliest: NaiveDate,
    latest: NaiveDate,
    weekdays: i32,
    hours_from: Option<NaiveTime>,
    hours_until: Option<NaiveTime>,
    asked_by: AccountId,
    state: WaitlistState,
    offer_id: Option<SlotHoldId>,
    accepted_by: Option<AcceptedBy>,
    booking_id: Option<BookingId>,
    ended_at: Option<Timestamp>,
    version: i32,
    created_at: Timestamp,
}

impl From<&WaitlistEntry> for EntryRow {
    fn from(entry: &WaitlistEntry) -> Self {
        let Wishes { location, earliest, latest, weekdays, from, until } = entry.wishes;
        Self {
            id: entry.id,
            client_id: entry.client,
            session_type_id: entry.session_type,
            therapist_id: entry.therapist,
            location_id: location,
            earliest,
            latest,
            weekdays: weekdays.bits(),
            hours_from: from,
            hours_until: until,
            asked_by: entry.asked_by,
            state: entry.state,
            offer_id: entry.offer,
            accepted_by: entry.accepted_by,
            booking_id: entry.booking,
            ended_at: entry.ended_at,
            version: entry.version,
            created_at: entry.created_at,
        }
    }
}

impl TryFrom<EntryRow> for WaitlistEntry {
    type Error = Fault;
    fn try_from(row: EntryRow) -> Result<Self, Fault> {
        let wishes = Wishes {
            location: row.location_id,
            earliest: row.earliest,
            latest: row.latest,
            weekdays: Weekdays::from_bits(row.weekdays).ok_or(Fault::Corrupt("days of no week"))?,
            from: row.hours_from,
            until: row.hours_until,
        };
        Ok(Self {
            id: row.id,
            client: row.client_id,
            session_type: row.session_type_id,
            therapist: row.therapist_id,
            wishes,
            asked_by: row.asked_by,
            state: row.state,
            offer: row.offer_id,
            accepted_by: row.accepted_by,
            booking: row.booking_id,
            ended_at: row.ended_at,
            version: row.version,
            created_at: row.created_at,
        })
    }
}

impl Persist for WaitlistEntry {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = EntryRow::from(self);
        if self.version > 1 {
            let before = waitlist_entries::table
                .filter(waitlist_entries::id.eq(self.id))
                .filter(waitlist_entries::version.eq(self.version - 1));
            return writer.update_one(diesel::update(before).set(&row));
        }
        let waits = |pointer| move || Refusal::AlreadyExists { pointer };
        let (named, any) = (
            "waitlist_entries_client_id_session_type_id_therapist_id_key",
            "waitlist_entries_client_id_session_type_id_key",
        );
        let written = writer.execute(diesel::insert_into(waitlist_entries::table).values(&row)).map(drop);
        let written = written.map_err(|stop| stop.on_constraint(named, waits("/therapist_id")));
        written.map_err(|stop| stop.on_constraint(any, waits("/session_type_id")))
    }
}

/// A place on the list, for its client and who acts for them, the therapist it names, the desk and the program.
///
/// # Errors
/// `NotThere` to everybody else; a fault of the store.
pub(in crate::waitlist) fn entry(
    view: &mut View<'_>,
    actor: &Actor,
    id: WaitlistEntryId,
) -> Result<WaitlistEntry, Stop> {
    let row: Option<EntryRow> = view.first(waitlist_entries::table.filter(waitlist_entries::id.eq(id)))?;
    let row = row.ok_or(Refusal::NotThere)?;
    let named = actor.therapist().is_some_and(|own| row.therapist_id == Some(own));
    if actor.is_desk() || actor.is_system() || named || acts_for(view, actor, row.client_id)? {
        Ok(row.try_into()?)
    } else {
        Err(Refusal::NotThere.into())
    }
}

/// Which places are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::waitlist) struct Wanted {
    /// Whose.
    pub client: Option<ClientId>,
    /// Where they stand.
    pub state: Option<WaitlistState>,
}

/// The places an actor may know of: all for the desk; for others their own, their wards' and those that name them.
pub(in crate::waitlist) fn entries(
    view: &mut View<'_>,
    actor: &Actor,
    wanted: Wanted,
    ask: PageAsk,
) -> Result<Page<WaitlistEntry>, Stop> {
    let mut query = waitlist_entries::table.order(waitlist_entries::id).limit(ask.limit + 1).into_boxed();
    if !actor.is_desk() {
        let own = acted_for(view, actor)?;
        query = match actor.therapist() {
            Some(id) => query.filter(waitlist_entries::client_id.eq_any(own).or(waitlist_entries::therapist_id.eq(id))),
            None => query.filter(waitlist_entries::client_id.eq_any(own)),
        };
    }
    if let Some(client) = wanted.client {
        query = query.filter(waitlist_entries::client_id.eq(client));
    }
    if let Some(state) = wanted.state {
        query = query.filter(waitlist_entries::state.eq(state));
    }
    if let Some(after) = ask.after {
        query = query.filter(waitlist_entries::id.gt(WaitlistEntryId(after)));
    }
    let rows: Vec<EntryRow> = view.load(query)?;
    let page = Page::cut(rows, ask, |row| row.id.0);
    Ok(Page { items: read(page.items)?, next_cursor: page.next_cursor })
}

fn read(rows: Vec<EntryRow>) -> Result<Vec<WaitlistEntry>, Stop> {
    Ok(rows.into_iter().map(WaitlistEntry::try_from).collect::<Result<_, _>>()?)
}

/// Those who wait, would come on one of these dates and are to be considered next for time that came free, in their turn and so many at the
/// most; for the program's own decisions.
pub(in crate::waitlist) fn awaiting(
    view: &mut View<'_>,
    actor: &Actor,
    freed: &FreedTime,
    (first, last): (NaiveDate, NaiveDate),
    most: i64,
) -> Result<Vec<WaitlistEntry>, Stop> {
    if !actor.is_system() {
        return Err(Refusal::NotThere.into());
    }
    let mut query = waitlist_entries::table
        .filter(waitlist_entries::state.eq(WaitlistState::Waiting))
        .filter(waitlist_entries::earliest.le(last))
        .filter(waitlist_entries::latest.ge(first))
        .order((waitlist_entries::created_at, waitlist_entries::id))
        .limit(most)
        .into_boxed();
    if let Some(whose) = freed.therapist {
        // Who waits for somebody else has no use for it, unless both may treat together.
        let of_two = session_types::table.filter(session_types::therapists_needed.eq(2)).select(session_types::id);
        let with_them = waitlist_entries::therapist_id.is_null().or(waitlist_entries::therapist_id.eq(whose));
        query = query.filter(with_them.or(waitlist_entries::session_type_id.eq_any(of_two)));
    }
    if let Some(id) = freed.considered {
        let before = waitlist_entries::table.filter(waitlist_entries::id.eq(id)).select(waitlist_entries::created_at);
        let since: Option<Timestamp> = view.first(before)?;
        let since = since.ok_or(Fault::Corrupt("a place on the waiting list that is gone"))?;
        let tied = waitlist_entries::created_at.eq(since).and(waitlist_entries::id.gt(id));
        query = query.filter(waitlist_entries::created_at.gt(since).or(tied));
    }
    read(view.load(query)?)
}

/// What a client waits for; for the program's own decisions.
pub(in crate::waitlist) fn of_client(
    view: &mut View<'_>,
    actor: &Actor,
    client: ClientId,
) -> Result<Vec<WaitlistEntry>, Stop> {
    if !actor.is_system() {
        return Err(Refusal::NotThere.into());
    }
    read(
        view.load(
            waitlist_entries::table
                .filter(waitlist_entries::client_id.eq(client))
                .filter(waitlist_entries::state.eq_any([WaitlistState::Waiting, WaitlistState::Offered]))
                .order(waitlist_entries::id),
        )?,
    )
}

/// Somebody who waits though their last date is over, and whose place it is.
pub(in crate::waitlist) fn next_outdated(
    view: &mut View<'_>,
    today: NaiveDate,
) -> Result<Option<(WaitlistEntryId, ClientId)>, Stop> {
    view.first(
        waitlist_entries::table
            .filter(waitlist_entries::state.eq(WaitlistState::Waiting))
            .filter(waitlist_entries::latest.lt(today))
            .order((waitlist_entries::latest, waitlist_entries::id))
            .select((waitlist_entries::id, waitlist_entries::client_id)),
    )
}

/// The offers that wait for an answer: of the actor and those they act for; at the desk also of clients for whom nobody with a login could
/// answer, who are called.
///
/// # Errors
/// A fault of the store.
pub fn open_offers(view: &mut View<'_>, actor: &Actor) -> Result<Vec<(WaitlistEntry, SlotHold)>, Stop> {
    let own = acted_for(view, actor)?;
    let offered = waitlist_entries::table.filter(waitlist_entries::state.eq(WaitlistState::Offered));
    let mut rows: Vec<EntryRow> = view.load(offered.filter(waitlist_entries::client_id.eq_any(own)))?;
    if actor.is_desk() {
        let silent = clients::table.filter(clients::account_id.is_null()).select(clients::id);
        let called: Vec<EntryRow> = view.load(offered.filter(waitlist_entries::client_id.eq_any(silent)))?;
        let guarded = guarded(view, &called.iter().map(|row| row.client_id).collect::<Vec<_>>())?;
        rows.extend(called.into_iter().filter(|row| !guarded.contains(&row.client_id)));
    }
    let open = with_offers(view, actor, read(rows)?)?;
    Ok(open.into_iter().filter_map(|(entry, hold)| Some((entry, hold?))).collect())
}

/// Places on the list that the actor may know of, each with its offer that can still be accepted, if there is one.
///
/// # Errors
/// A fault of the store.
pub(in crate::waitlist) fn with_offers(
    view: &mut View<'_>,
    actor: &Actor,
    entries: Vec<WaitlistEntry>,
) -> Result<Vec<(WaitlistEntry, Option<SlotHold>)>, Stop> {
    let offers: Vec<SlotHoldId> = entries.iter().filter_map(|entry| entry.offer).collect();
    let mut holds = slot_holds(view, actor, &offers)?;
    let now = view.now();
    holds.retain(|hold| hold.stands(now).is_ok());
    let offer = |entry: &WaitlistEntry| holds.iter().find(|hold| entry.offer == Some(hold.id)).cloned();
    Ok(entries.into_iter().map(|entry| (offer(&entry), entry)).map(|(offer, entry)| (entry, offer)).collect())
}
