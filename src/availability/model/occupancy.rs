//! Claims on somebody's time, one row each while they stand.
//!
//! A claim is held by a booking, for good, or by a slot hold, until an instant. From that instant on it is worth nothing: readers pass over
//! it, and whoever needs the time sweeps it away.

use crate::kernel::ids::{BookingId, ClientId, OccupancyId, RoomId, SessionTypeId, SlotHoldId, TherapistId};
use crate::kernel::time::{Span, Timestamp};
use crate::text_enum;
use uuid::Uuid;

text_enum! {
    /// What can be taken.
    pub enum Resource {
        /// A therapist's time, with the buffers around the session.
        Therapist = "therapist",
        /// A client's time, the session alone.
        Client = "client",
        /// A room's time, with the rest it needs after the session.
        Room = "room",
    }
}

/// What holds a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A booking.
    Booking(BookingId),
    /// A slot that is held for a client.
    Hold(SlotHoldId),
}

/// The session that claims time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimant {
    /// What holds the time for it.
    pub holder: Holder,
    /// From when on the claim is worth nothing; absent for a booking's.
    pub expires_at: Option<Timestamp>,
    /// What kind of session.
    pub session_type: SessionTypeId,
    /// The session without its buffers.
    pub session: Span,
}

/// One claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occupancy {
    /// Which claim; ordered by the time it takes.
    pub id: OccupancyId,
    /// On what.
    pub resource: Resource,
    /// On which of them.
    pub resource_id: Uuid,
    /// The time that is taken.
    pub span: Span,
    /// By what.
    pub by: Claimant,
}

impl Occupancy {
    /// A session's claim on a therapist, buffers included.
    #[must_use]
    pub fn of_therapist(therapist: TherapistId, claim: Span, by: Claimant) -> Self {
        Self::on(Resource::Therapist, therapist.0, claim, by)
    }

    /// A session's claim on its client.
    #[must_use]
    pub fn of_client(client: ClientId, by: Claimant) -> Self {
        Self::on(Resource::Client, client.0, by.session, by)
    }

    /// A session's claim on its room, the room's rest included.
    #[must_use]
    pub fn of_room(room: RoomId, claim: Span, by: Claimant) -> Self {
        Self::on(Resource::Room, room.0, claim, by)
    }

    fn on(resource: Resource, resource_id: Uuid, span: Span, by: Claimant) -> Self {
        Self { id: OccupancyId::new(span.start()), resource, resource_id, span, by }
    }
}
