//! Ids: one type a thing, so that a client's id cannot be handed where a therapist's is wanted.
//!
//! All are UUID version 7 (RFC 9562): time-ordered, so that indexes grow at one end, and unguessable enough to be public.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::time::Timestamp;

/// Calls `$with!` with the list of every id type; `db` and `http` use it to teach each id its column and schema.
#[macro_export]
macro_rules! for_each_id {
    ($with:path) => {
        $with! {
            /// A login.
            AccountId,
            /// A row of the audit log.
            AuditEventId,
            /// A booking; it keeps its id when it is moved.
            BookingId,
            /// A course of sessions that were booked together.
            BookingSeriesId,
            /// A person who receives sessions. Not a login: an infant has one of these and no account.
            ClientId,
            /// A therapist's record of consent, clearance or other document named by a clinician.
            ClearanceId,
            /// One licence, certification, course or policy held by a therapist.
            CredentialId,
            /// One insert-only assertion about a credential.
            AssertionId,
            /// A kind of credential, from the editable catalogue.
            CredentialTypeId,
            /// The key that seals one client's content of one retention class.
            DataKeyId,
            /// A form such as the health history.
            FormId,
            /// One published, immutable version of a form.
            FormVersionId,
            /// Time that came free and that nobody who waits was asked about yet.
            FreedTimeId,
            /// The tie between a ward and a guardian.
            GuardianshipId,
            /// A day on which the practice, or one of its places, is closed.
            HolidayId,
            /// A file of bookings that was brought over from another calendar.
            ImportId,
            /// An offer to join, sent as a link.
            InvitationId,
            /// One client's answers to one version of a form.
            IntakeResponseId,
            /// A place where sessions are held.
            LocationId,
            /// An addendum to a signed note.
            AddendumId,
            /// A session note.
            NoteId,
            /// What the losing side of a conflict over a draft sent.
            NoteSiblingId,
            /// A note in plain language, for its client.
            NoteSummaryId,
            /// What a note may begin with.
            NoteTemplateId,
            /// The time a claim on a therapist, client or room stands for.
            OccupancyId,
            /// One date on which a therapist works other hours than every week.
            OverrideId,
            /// The practice itself; a store holds one.
            PracticeId,
            /// A relationship of care between a client and a therapist.
            RelationshipId,
            /// A room in which sessions are held.
            RoomId,
            /// One version of the screening rules.
            RulesetId,
            /// One stored screening decision.
            DecisionId,
            /// A login session: one family of refresh tokens.
            SessionId,
            /// A kind of session that can be booked.
            SessionTypeId,
            /// A slot that is held for a client for a few minutes.
            SlotHoldId,
            /// A therapist's public and bookable self. Not a login.
            TherapistId,
            /// A span in which a therapist does not work.
            TimeOffId,
            /// A signing key of access tokens.
            TokenKeyId,
            /// A single-use secret such as the set-up token, kept as a hash.
            OneTimeTokenId,
            /// A place on the waiting list.
            WaitlistEntryId,
            /// One span of weekly working hours.
            WorkingHoursId,
            /// What became of a booking when its zone's clocks were changed.
            ZoneChangeId,
        }
    };
}

macro_rules! define {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh id, ordered by `at`.
            #[must_use]
            pub fn new(at: Timestamp) -> Self {
                Self(fresh(at))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )*};
}

for_each_id!(define);

/// A version-7 UUID for an instant: 48 bits of milliseconds, the rest random.
fn fresh(at: Timestamp) -> Uuid {
    let millis = u64::try_from(at.unix_micros() / 1_000).unwrap_or(0);
    // A v4 UUID fixes the same six bits of its last ten bytes as a v7 does, so the rest of them is as random as it must be.
    let random = Uuid::new_v4().into_bytes();
    let mut tail = [0_u8; 10];
    tail.iter_mut().zip(random.iter().skip(6)).for_each(|(to, from)| *to = *from);
    uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_ordered_by_their_instant() {
        let early = BookingId::new(Timestamp::from_unix_micros(1_000_000).unwrap());
        let late = BookingId::new(Timestamp::from_unix_micros(2_000_000).unwrap());
        assert_eq!(early.0.get_version_num(), 7);
        assert!(early < late);
        assert_ne!(early, BookingId::new(Timestamp::from_unix_micros(1_000_000).unwrap()));
    }
}
