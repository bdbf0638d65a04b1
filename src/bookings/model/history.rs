//! What a booking was from each change to the next.

use super::state::BookingState;
use crate::kernel::ids::{AccountId, LocationId, RoomId, TherapistId};
use crate::kernel::time::{Span, Timestamp};

/// One version of a booking, and how it came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastVersion {
    /// Which version; they count from one without a gap, from where the history begins.
    pub version: i32,
    /// What happened: the name of the event.
    pub change: String,
    /// Where the booking stood from then on.
    pub state: BookingState,
    /// When the session was to be.
    pub session: Span,
    /// With whom.
    pub therapist: TherapistId,
    /// With whom besides, in a session of two.
    pub co_therapist: Option<TherapistId>,
    /// Where.
    pub location: Option<LocationId>,
    /// In which room.
    pub room: Option<RoomId>,
    /// Whose doing it was; nobody's in particular where it was the program's.
    pub changed_by: Option<AccountId>,
    /// When it happened.
    pub at: Timestamp,
}

impl PastVersion {
    /// The same for somebody who may know what happened and not who did it.
    #[must_use]
    pub fn anonymous(self) -> Self {
        Self { changed_by: None, ..self }
    }
}
