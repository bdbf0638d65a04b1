//! Claims on somebody's time, one row each while they stand.

use crate::kernel::ids::{BookingId, ClientId, OccupancyId, SessionTypeId, TherapistId};
use crate::kernel::time::Span;
use crate::text_enum;
use uuid::Uuid;

text_enum! {
    /// What can be taken.
    pub enum Resource {
        /// A therapist's time, with the buffers around the session.
        Therapist = "therapist",
        /// A client's time, the session alone.
        Client = "client",
        /// A room.
        Room = "room",
    }
}

/// The session that claims time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimant {
    /// The booking.
    pub booking: BookingId,
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
    /// A session's claim on its therapist, buffers included.
    #[must_use]
    pub fn of_therapist(therapist: TherapistId, claim: Span, by: Claimant) -> Self {
        Self {
            id: OccupancyId::new(claim.start()),
            resource: Resource::Therapist,
            resource_id: therapist.0,
            span: claim,
            by,
        }
    }

    /// A session's claim on its client.
    #[must_use]
    pub fn of_client(client: ClientId, by: Claimant) -> Self {
        Self {
            id: OccupancyId::new(by.session.start()),
            resource: Resource::Client,
            resource_id: client.0,
            span: by.session,
            by,
        }
    }
}
