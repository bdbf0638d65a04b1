//! Slot holds, as rows, and the claims they make until they run out.

use diesel::prelude::*;

use super::claim;
use crate::availability::model::occupancy::{Claimant, Holder};
use crate::availability::store::release;
use crate::bookings::model::{HoldState, Placement, SlotHold};
use crate::clients::store::{acted_for, acts_for};
use crate::db::schema::slot_holds;
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::WaitlistEntryId;
use crate::kernel::ids::{AccountId, BookingId, ClientId, LocationId, RoomId, SessionTypeId, SlotHoldId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::{Span, Timestamp};

crate::text_column!(HoldState);

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = slot_holds, treat_none_as_null = true)]
struct HoldRow {
    id: SlotHoldId,
    client_id: ClientId,
    therapist_id: TherapistId,
    co_therapist_id: Option<TherapistId>,
    session_type_id: SessionTypeId,
    location_id: LocationId,
    room_id: Option<RoomId>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    claim_starts_at: Timestamp,
    claim_ends_at: Timestamp,
    room_claim_ends_at: Option<Timestamp>,
    zone: String,
    held_by: AccountId,
    expires_at: Timestamp,
    extensions: i32,
    state: HoldState,
    ended_at: Option<Timestamp>,
    booking_id: Option<BookingId>,
    version: i32,
    created_at: Timestamp,
    waitlist_entry_id: Option<WaitlistEntryId>,
}

impl HoldRow {
    fn of(hold: &SlotHold) -> Result<Self, Fault> {
        let at = &hold.placement;
        Ok(Self {
            id: hold.id,
            client_id: hold.client,
            therapist_id: at.therapist,
            co_therapist_id: at.co_therapist,
            session_type_id: hold.session_type,
            location_id: at.location.ok_or(Fault::Corrupt("a slot that is nowhere"))?,
            room_id: at.room.map(|(id, _)| id),
            starts_at: at.session.start(),
            ends_at: at.session.end(),
            claim_starts_at: at.claim.start(),
            claim_ends_at: at.claim.end(),
            room_claim_ends_at: at.room.map(|(_, claim)| claim.end()),
            zone: at.zone.name().to_owned(),
            held_by: hold.held_by,
            expires_at: hold.expires_at,
            extensions: hold.extensions,
            state: hold.state,
            ended_at: hold.ended_at,
            booking_id: hold.booking,
            version: hold.version,
            created_at: hold.created_at,
            waitlist_entry_id: hold.offered_to,
        })
    }

    fn read(self) -> Result<SlotHold, Fault> {
        let span = |start, end| Span::new(start, end).ok_or(Fault::Corrupt("a slot that lasts no time"));
        let zone = self.zone.parse().map_err(|_| Fault::Corrupt("a zone that is none"))?;
        let room = match self.room_id.zip(self.room_claim_ends_at) {
            Some((room, end)) => Some((room, span(self.claim_starts_at, end)?)),
            None => None,
        };
        let placement = Placement::new(self.therapist_id, span(self.starts_at, self.ends_at)?, zone)
            .at(Some(self.location_id))
            .claiming(span(self.claim_starts_at, self.claim_ends_at)?)
            .beside(self.co_therapist_id)
            .within(room);
        Ok(SlotHold {
            id: self.id,
            client: self.client_id,
            session_type: self.session_type_id,
            placement,
            held_by: self.held_by,
            expires_at: self.expires_at,
            extensions: self.extensions,
            state: self.state,
            ended_at: self.ended_at,
            booking: self.booking_id,
            version: self.version,
            created_at: self.created_at,
            offered_to: self.waitlist_entry_id,
        })
    }
}

impl Persist for SlotHold {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = HoldRow::of(self)?;
        let holder = Holder::Hold(self.id);
        if self.version == 1 {
            writer.execute(diesel::insert_into(slot_holds::table).values(&row))?;
        } else {
            let before =
                slot_holds::table.filter(slot_holds::id.eq(self.id)).filter(slot_holds::version.eq(self.version - 1));
            writer.update_one(diesel::update(before).set(&row))?;
            release(writer, holder)?;
        }
        if self.state == HoldState::Held {
            let (expires_at, session) = (Some(self.expires_at), self.placement.session);
            let by = Claimant { holder, expires_at, session_type: self.session_type, session };
            claim(writer, &self.placement, self.client, by)?;
        }
        Ok(())
    }
}

/// A hold, for its client and who acts for them, its therapists, the desk and the program.
///
/// # Errors
/// `NotThere` to everybody else; a fault of the store.
pub fn slot_hold(view: &mut View<'_>, actor: &Actor, id: SlotHoldId) -> Result<SlotHold, Stop> {
    let row: Option<HoldRow> = view.first(slot_holds::table.filter(slot_holds::id.eq(id)))?;
    let hold = row.ok_or(Refusal::NotThere)?.read()?;
    let treats = actor.therapist().is_some_and(|own| hold.placement.is_with(own));
    if actor.is_desk() || actor.is_system() || treats || acts_for(view, actor, hold.client)? {
        Ok(hold)
    } else {
        Err(Refusal::NotThere.into())
    }
}

/// Those of several holds that the actor may see, as [`slot_hold`] would show each.
///
/// # Errors
/// A fault of the store.
pub fn slot_holds(view: &mut View<'_>, actor: &Actor, ids: &[SlotHoldId]) -> Result<Vec<SlotHold>, Stop> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<HoldRow> = view.load(slot_holds::table.filter(slot_holds::id.eq_any(ids)))?;
    let mut holds: Vec<SlotHold> = rows.into_iter().map(HoldRow::read).collect::<Result<_, _>>()?;
    if !actor.is_desk() && !actor.is_system() {
        let own = acted_for(view, actor)?;
        let treats = |hold: &SlotHold| actor.therapist().is_some_and(|own| hold.placement.is_with(own));
        holds.retain(|hold| treats(hold) || own.contains(&hold.client));
    }
    Ok(holds)
}

/// The one hold of a client's own that nothing but time has ended. What they are offered from the waiting list is none.
///
/// # Errors
/// A fault of the store.
pub fn held_for(view: &mut View<'_>, client: ClientId) -> Result<Option<SlotHoldId>, Stop> {
    let held = slot_holds::table
        .filter(slot_holds::client_id.eq(client))
        .filter(slot_holds::state.eq(HoldState::Held))
        .filter(slot_holds::waitlist_entry_id.is_null())
        .select(slot_holds::id);
    view.first(held)
}

/// All holds of a client that nothing but time has ended, offers among them.
pub(super) fn all_held_for(view: &mut View<'_>, client: ClientId) -> Result<Vec<SlotHoldId>, Stop> {
    let held = slot_holds::table
        .filter(slot_holds::client_id.eq(client))
        .filter(slot_holds::state.eq(HoldState::Held))
        .select(slot_holds::id);
    view.load(held)
}

/// What was offered to a place on the waiting list and not taken: with whom, and when.
///
/// # Errors
/// A fault of the store.
pub fn passed_up(view: &mut View<'_>, entry: WaitlistEntryId) -> Result<Vec<(TherapistId, Span)>, Stop> {
    let ended = [HoldState::Released, HoldState::Replaced, HoldState::Expired];
    let rows: Vec<(TherapistId, Timestamp, Timestamp)> = view.load(
        slot_holds::table
            .filter(slot_holds::waitlist_entry_id.eq(entry))
            .filter(slot_holds::state.eq_any(ended))
            .select((slot_holds::therapist_id, slot_holds::starts_at, slot_holds::ends_at)),
    )?;
    Ok(rows.into_iter().filter_map(|(id, start, end)| Span::new(start, end).map(|span| (id, span))).collect())
}

/// The hold that ran out first and of which nobody has written it down.
///
/// # Errors
/// A fault of the store.
pub fn next_expired(view: &mut View<'_>) -> Result<Option<SlotHoldId>, Stop> {
    let now = view.now();
    view.first(
        slot_holds::table
            .filter(slot_holds::state.eq(HoldState::Held))
            .filter(slot_holds::expires_at.le(now))
            .order((slot_holds::expires_at, slot_holds::id))
            .select(slot_holds::id),
    )
}
