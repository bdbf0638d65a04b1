//! Bookings with their blocks, as rows, and the facts they are decided by.

mod awaited;
mod facts;
mod history;
pub(super) mod holds;
mod imports;
mod list;
mod series;
mod zones;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use diesel::dsl::{Eq, Or};
use diesel::prelude::*;

pub use awaited::{Past, blocked_within, lacking, on_calendar, past_sessions, to_confirm, to_treat};
pub(super) use facts::DECIDER;
pub use facts::{Chart, Facts, Ground, Moving, Place, Sought, clinical, decide, place, themself};
pub(super) use history::past_versions;
pub use holds::{held_for, passed_up, slot_hold, slot_holds};
pub(super) use imports::{imported, imports, one_import};
pub(super) use list::{Diary, Order, PageEnd, Wanted, list};
pub(super) use series::{Course, series, series_of_client};
pub(super) use zones::{goes_by_older_rules, in_the_way, next_by_older_rules, zone_change, zone_changes};
pub use zones::{unseen_new_times, unseen_zone_changes};

use super::model::{
    Block, BlockCode, Booking, BookingState, CancelReason, Fee, FeeCode, Membership, Placement, Reblocked, Remedy,
    Source,
};
use crate::availability::model::occupancy::{Claimant, Holder, Occupancy};
use crate::availability::store::{occupy, release};
use crate::clients::store::acts_for;
use crate::db::schema::{booking_blocks, bookings};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{AccountId, BookingId, ClientId, DataKeyId, LocationId, RoomId, SessionTypeId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::Terms;

crate::text_column!(BookingState, BlockCode, CancelReason, FeeCode, Remedy, Source);

/// The least time that staff are given to answer a request, unless its session begins before.
const SHORTEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// How a local start is written.
const LOCAL: &str = "%Y-%m-%dT%H:%M:%S";

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = bookings, treat_none_as_null = true)]
struct BookingRow {
    id: BookingId,
    client_id: ClientId,
    therapist_id: TherapistId,
    session_type_id: SessionTypeId,
    location_id: Option<LocationId>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    claim_starts_at: Timestamp,
    claim_ends_at: Timestamp,
    local_start: String,
    zone: String,
    tz_version: String,
    state: BookingState,
    price_minor: i64,
    currency: String,
    reasons_key: Option<DataKeyId>,
    reasons_sealed: Option<Vec<u8>>,
    requested_by: AccountId,
    cancel_reason: Option<CancelReason>,
    actual_starts_at: Option<Timestamp>,
    actual_ends_at: Option<Timestamp>,
    version: i32,
    created_at: Timestamp,
    co_therapist_id: Option<TherapistId>,
    room_id: Option<RoomId>,
    room_claim_ends_at: Option<Timestamp>,
    policy: String,
    fee_minor: Option<i64>,
    fee_code: Option<FeeCode>,
    source: Source,
    updated_at: Timestamp,
}

impl TryFrom<&Booking> for BookingRow {
    type Error = Fault;

    fn try_from(booking: &Booking) -> Result<Self, Fault> {
        let Placement { therapist, co_therapist, location, room, session, claim, local_start, zone, tz_version } =
            &booking.placement;
        Ok(Self {
            id: booking.id,
            client_id: booking.client,
            therapist_id: *therapist,
            session_type_id: booking.session_type,
            location_id: *location,
            starts_at: session.start(),
            ends_at: session.end(),
            claim_starts_at: claim.start(),
            claim_ends_at: claim.end(),
            local_start: local_start.format(LOCAL).to_string(),
            zone: zone.name().to_owned(),
            tz_version: tz_version.clone(),
            state: booking.state,
            price_minor: booking.price_minor,
            currency: booking.currency.clone(),
            reasons_key: booking.reasons.as_ref().map(|sealed| sealed.key),
            reasons_sealed: booking.reasons.as_ref().map(|sealed| sealed.bytes.clone()),
            requested_by: booking.requested_by,
            cancel_reason: booking.cancel_reason,
            actual_starts_at: booking.actual.map(Span::start),
            actual_ends_at: booking.actual.map(Span::end),
            version: booking.version,
            created_at: booking.created_at,
            co_therapist_id: *co_therapist,
            room_id: room.map(|(id, _)| id),
            room_claim_ends_at: room.map(|(_, claim)| claim.end()),
            policy: serde_json::to_string(&booking.terms).map_err(|_| Fault::Corrupt("terms that are not JSON"))?,
            fee_minor: booking.fee.map(|fee| fee.minor),
            fee_code: booking.fee.map(|fee| fee.code),
            source: booking.source,
            updated_at: booking.updated_at,
        })
    }
}

impl BookingRow {
    fn read(self, blocks: Vec<Block>, series: Option<Membership>) -> Result<Booking, Fault> {
        let span = |start, end| Span::new(start, end).ok_or(Fault::Corrupt("a session that lasts no time"));
        let local_start = chrono::NaiveDateTime::parse_from_str(&self.local_start, LOCAL);
        let placement = Placement {
            therapist: self.therapist_id,
            co_therapist: self.co_therapist_id,
            location: self.location_id,
            room: match self.room_id.zip(self.room_claim_ends_at) {
                Some((room, end)) => Some((room, span(self.claim_starts_at, end)?)),
                None => None,
            },
            session: span(self.starts_at, self.ends_at)?,
            claim: span(self.claim_starts_at, self.claim_ends_at)?,
            local_start: local_start.map_err(|_| Fault::Corrupt("a local start that is none"))?,
            zone: self.zone.parse().map_err(|_| Fault::Corrupt("a zone that is none"))?,
            tz_version: self.tz_version,
        };
        Ok(Booking {
            id: self.id,
            client: self.client_id,
            session_type: self.session_type_id,
            placement,
            state: self.state,
            price_minor: self.price_minor,
            currency: self.currency,
            blocks,
            reasons: self.reasons_key.zip(self.reasons_sealed).map(|(key, bytes)| Sealed { key, bytes }),
            requested_by: self.requested_by,
            cancel_reason: self.cancel_reason,
            version: self.version,
            created_at: self.created_at,
            actual: self.actual_starts_at.zip(self.actual_ends_at).map(|(start, end)| span(start, end)).transpose()?,
            terms: terms(&self.policy)?,
            fee: self.fee_code.zip(self.fee_minor).map(|(code, minor)| Fee { code, minor }),
            source: self.source,
            updated_at: self.updated_at,
            series,
        })
    }
}

fn terms(text: &str) -> Result<Terms, Fault> {
    serde_json::from_str(text).map_err(|_| Fault::Corrupt("terms that are none"))
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = booking_blocks)]
struct BlockRow {
    booking_id: BookingId,
    code: BlockCode,
    since: Timestamp,
    set_by: String,
    remedy: Remedy,
}

fn write_blocks(writer: &mut Writer<'_, '_>, booking: &Booking) -> Result<(), Stop> {
    if booking.version > 1 {
        writer.execute(diesel::delete(booking_blocks::table.filter(booking_blocks::booking_id.eq(booking.id))))?;
    }
    for block in &booking.blocks {
        let Block { code, since, ref by, remedy } = *block;
        let row = BlockRow { booking_id: booking.id, code, since, set_by: by.clone(), remedy };
        writer.execute(diesel::insert_into(booking_blocks::table).values(&row))?;
    }
    Ok(())
}

/// Leaves the booking's claims alone: it goes on claiming what it claims.
impl Persist for Reblocked {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let Self(booking) = self;
        let before =
            bookings::table.filter(bookings::id.eq(booking.id)).filter(bookings::version.eq(booking.version - 1));
        let touched = (bookings::version.eq(booking.version), bookings::updated_at.eq(booking.updated_at));
        writer.update_one(diesel::update(before).set(touched))?;
        history::write(writer, booking)?;
        write_blocks(writer, booking)
    }
}

impl Persist for Booking {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = BookingRow::try_from(self)?;
        if self.version == 1 {
            writer.execute(diesel::insert_into(bookings::table).values(&row))?;
        } else {
            let before =
                bookings::table.filter(bookings::id.eq(self.id)).filter(bookings::version.eq(self.version - 1));
            writer.update_one(diesel::update(before).set(&row))?;
            release(writer, Holder::Booking(self.id))?;
        }
        history::write(writer, self)?;
        write_blocks(writer, self)?;
        if self.state.claims_time() {
            let (holder, session) = (Holder::Booking(self.id), self.placement.session);
            let by = Claimant { holder, expires_at: None, session_type: self.session_type, session };
            claim(writer, &self.taken(), self.client, by)?;
        }
        Ok(())
    }
}

/// Claims all that a session needs: its therapists, its client and its room.
fn claim(writer: &mut Writer<'_, '_>, at: &Placement, client: ClientId, by: Claimant) -> Result<(), Stop> {
    for therapist in at.therapists() {
        occupy(writer, &Occupancy::of_therapist(therapist, at.claim, by))?;
    }
    occupy(writer, &Occupancy::of_client(client, by))?;
    match at.room {
        Some((room, claim)) => occupy(writer, &Occupancy::of_room(room, claim, by)),
        None => Ok(()),
    }
}

/// A booking, for its client and their guardian, its therapists, the desk and the program.
///
/// # Errors
/// `NotThere` to everybody else; a fault of the store.
pub fn booking(view: &mut View<'_>, actor: &Actor, id: BookingId) -> Result<Booking, Stop> {
    let row: Option<BookingRow> = view.first(bookings::table.filter(bookings::id.eq(id)))?;
    let row = row.ok_or(Refusal::NotThere)?;
    let known = actor.is_desk()
        || actor.is_system()
        || actor.therapist().is_some_and(|own| own == row.therapist_id || row.co_therapist_id == Some(own))
        || acts_for(view, actor, row.client_id)?;
    if !known {
        return Err(Refusal::NotThere.into());
    }
    let blocks = view.load(booking_blocks::table.filter(booking_blocks::booking_id.eq(id)))?;
    let series = series::membership(view, id)?;
    Ok(row.read(sorted(blocks), series)?)
}

/// The bookings that a therapist holds, alone, first or second.
fn treated_by(
    therapist: TherapistId,
) -> Or<Eq<bookings::therapist_id, TherapistId>, Eq<bookings::co_therapist_id, TherapistId>> {
    bookings::therapist_id.eq(therapist).or(bookings::co_therapist_id.eq(therapist))
}

/// Whose bookings an event may have changed the decision about.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose {
    Therapist(TherapistId),
    Client(ClientId),
}

/// The sessions of one person that may still take place, for the program's own decisions.
pub(super) fn to_come(view: &mut View<'_>, whose: Whose) -> Result<Vec<Booking>, Stop> {
    let open = [BookingState::Pending, BookingState::Confirmed, BookingState::CheckedIn];
    let now = view.now();
    let query = bookings::table
        .filter(bookings::state.eq_any(open))
        .filter(bookings::ends_at.gt(now))
        .order(bookings::id)
        .into_boxed();
    let rows: Vec<BookingRow> = match whose {
        Whose::Therapist(id) => view.load(query.filter(treated_by(id)))?,
        Whose::Client(id) => view.load(query.filter(bookings::client_id.eq(id)))?,
    };
    with_blocks(view, rows)
}

/// The next client, in the order of their ids, with sessions that may still take place.
pub(super) fn next_client_to_come(view: &mut View<'_>, after: Option<ClientId>) -> Result<Option<ClientId>, Stop> {
    let open = [BookingState::Pending, BookingState::Confirmed, BookingState::CheckedIn];
    let now = view.now();
    let mut query = bookings::table
        .filter(bookings::state.eq_any(open))
        .filter(bookings::ends_at.gt(now))
        .order(bookings::client_id)
        .select(bookings::client_id)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(bookings::client_id.gt(after));
    }
    view.first(query)
}

/// A pending booking that nobody answered as long as it was to wait; of several the one whose session was to begin first.
pub(super) fn next_unanswered(view: &mut View<'_>) -> Result<Option<BookingId>, Stop> {
    let now = view.now();
    // No request waits less than an hour; how long each does is among its terms.
    let ripe = bookings::starts_at.le(now).or(bookings::created_at.le(now.minus(SHORTEST_WAIT)));
    let pending = bookings::table.filter(bookings::state.eq(BookingState::Pending)).filter(ripe);
    let rows: Vec<BookingRow> = view.load(pending.order((bookings::starts_at, bookings::id)))?;
    for row in rows {
        let booking = row.read(Vec::new(), None)?;
        if booking.answer_by() <= now {
            return Ok(Some(booking.id));
        }
    }
    Ok(None)
}

fn with_blocks(view: &mut View<'_>, rows: Vec<BookingRow>) -> Result<Vec<Booking>, Stop> {
    let ids: Vec<BookingId> = rows.iter().map(|row| row.id).collect();
    let blocks: Vec<BlockRow> =
        view.load(booking_blocks::table.filter(booking_blocks::booking_id.eq_any(ids.clone())))?;
    let mut of: BTreeMap<BookingId, Vec<BlockRow>> = BTreeMap::new();
    for block in blocks {
        of.entry(block.booking_id).or_default().push(block);
    }
    let memberships = series::memberships(view, &ids)?;
    rows.into_iter()
        .map(|row| {
            let id = row.id;
            Ok(row.read(sorted(of.remove(&id).unwrap_or_default()), memberships.get(&id).copied())?)
        })
        .collect()
}

/// One booking's blocks, in the order of their codes.
fn sorted(mut rows: Vec<BlockRow>) -> Vec<Block> {
    rows.sort_by_key(|row| row.code);
    let block = |row: BlockRow| Block { code: row.code, since: row.since, by: row.set_by, remedy: row.remedy };
    rows.into_iter().map(block).collect()
}
