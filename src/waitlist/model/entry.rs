//! A place on the waiting list, and what becomes of it.
//!
//! ```text
//!   (joined) -> waiting <-> offered
//!   waiting | offered -> booked | withdrawn
//!   offered -> accepted
//!   waiting -> expired
//! ```

use super::wishes::Wishes;
use crate::bookings::model::{HoldState, SlotHold};
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, BookingId, ClientId, SessionTypeId, SlotHoldId, TherapistId, WaitlistEntryId};
use crate::kernel::refusal::Refusal;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// Where a place on the waiting list stands.
    pub enum WaitlistState {
        /// Until something comes free.
        Waiting = "waiting",
        /// A slot is held for the client until they have answered.
        Offered = "offered",
        /// They took what was offered.
        Accepted = "accepted",
        /// They have booked such a session without an offer.
        Booked = "booked",
        /// They wait no longer.
        Withdrawn = "withdrawn",
        /// The last date passed.
        Expired = "expired",
    }
}

text_enum! {
    /// Who said yes to an offer.
    pub enum AcceptedBy {
        /// The client, or who acts for them.
        Client = "client",
        /// The client by phone, to the desk.
        Phone = "phone",
    }
}

/// What a place on the waiting list is asked for with.
#[derive(Clone, Debug)]
pub struct EntryAsk {
    /// Who waits.
    pub client: ClientId,
    /// For what kind of session.
    pub session_type: SessionTypeId,
    /// With whom; with whomever if absent.
    pub therapist: Option<TherapistId>,
    /// When and where they would come.
    pub wishes: Wishes,
    /// The login that asks.
    pub asked_by: AccountId,
}

/// A place on the waiting list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitlistEntry {
    /// Its id.
    pub id: WaitlistEntryId,
    /// Who waits.
    pub client: ClientId,
    /// For what kind of session.
    pub session_type: SessionTypeId,
    /// With whom; with whomever if absent.
    pub therapist: Option<TherapistId>,
    /// When and where they would come.
    pub wishes: Wishes,
    /// The login that asked for it.
    pub asked_by: AccountId,
    /// Where it stands.
    pub state: WaitlistState,
    /// The slot that is held for the client's answer.
    pub offer: Option<SlotHoldId>,
    /// Who said yes.
    pub accepted_by: Option<AcceptedBy>,
    /// What they have waited for.
    pub booking: Option<BookingId>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Grows by one with every change: each offer has its own, so that nobody answers another than they were shown.
    pub version: i32,
    /// Since when they wait, which is what their turn goes by.
    pub created_at: Timestamp,
}

impl WaitlistEntry {
    /// Takes a place at the end of the list.
    pub fn join(ask: EntryAsk, now: Timestamp) -> Change<Self> {
        let EntryAsk { client, session_type, therapist, wishes, asked_by } = ask;
        let entry = Self {
            id: WaitlistEntryId::new(now),
            client,
            session_type,
            therapist,
            wishes,
            asked_by,
            state: WaitlistState::Waiting,
            offer: None,
            accepted_by: None,
            booking: None,
            ended_at: None,
            version: 1,
            created_at: now,
        };
        let mut event = entry.event("waitlist_entry.joined").with("session_type", session_type);
        if let Some(therapist) = therapist {
            event = event.with("therapist", therapist);
        }
        Change::new(entry, event)
    }

    /// Changes the wishes and keeps the turn.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] while an answer is awaited, and once it has ended.
    pub fn amend(self, wishes: Wishes) -> Result<Change<Self>, Refusal> {
        self.waits("amend")?;
        Ok(Self { wishes, ..self }.told("waitlist_entry.amended"))
    }

    /// Offers the slot that is held for the client.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] where they do not wait for one.
    pub fn offered(self, hold: &SlotHold) -> Result<Change<Self>, Refusal> {
        self.waits("offer")?;
        let offered = Self { state: WaitlistState::Offered, offer: Some(hold.id), ..self };
        let (entry, event) = offered.told("waitlist_entry.offered").into_parts();
        Ok(Change::new(entry, event.with("slot_hold", hold.id).with("expires_at", hold.expires_at)))
    }

    /// What follows from the end of its offer, as `by` answered it; nothing where the hold is not, or no longer, its offer.
    #[must_use]
    pub fn answered(self, hold: &SlotHold, by: AcceptedBy, now: Timestamp) -> Option<Change<Self>> {
        if self.offer != Some(hold.id) {
            return None;
        }
        let waiting = |entry: Self| Self { state: WaitlistState::Waiting, offer: None, ..entry };
        match hold.state {
            HoldState::Held => None,
            HoldState::Converted => {
                let taken = Self { accepted_by: Some(by), booking: hold.booking, ..self };
                let (entry, event) =
                    taken.end(WaitlistState::Accepted, now).told("waitlist_entry.accepted").into_parts();
                Some(Change::new(entry, event.with("by", by)))
            }
            HoldState::Released => Some(waiting(self).told("waitlist_entry.declined")),
            HoldState::Replaced | HoldState::Expired => Some(waiting(self).told("waitlist_entry.offer_lapsed")),
        }
    }

    /// Ends, because the client has booked such a session without an offer.
    pub fn booked(self, booking: BookingId, now: Timestamp) -> Change<Self> {
        Self { booking: Some(booking), ..self }.end(WaitlistState::Booked, now).told("waitlist_entry.booked")
    }

    /// Ends at the client's wish.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] once it has ended.
    pub fn withdraw(self, now: Timestamp) -> Result<Change<Self>, Refusal> {
        if !self.is_live() {
            return Err(self.cannot("withdraw"));
        }
        Ok(self.end(WaitlistState::Withdrawn, now).told("waitlist_entry.withdrawn"))
    }

    /// Ends because its last date has passed.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] where it has not, or an answer is awaited, or it has ended.
    pub fn expire(self, now: Timestamp) -> Result<Change<Self>, Refusal> {
        self.waits("expire")?;
        if !self.wishes.are_over(now) {
            return Err(self.cannot("expire"));
        }
        Ok(self.end(WaitlistState::Expired, now).told("waitlist_entry.expired"))
    }

    /// Whether the client still waits, for a slot or with one before them.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.state, WaitlistState::Waiting | WaitlistState::Offered)
    }

    fn waits(&self, step: &'static str) -> Result<(), Refusal> {
        if self.state == WaitlistState::Waiting { Ok(()) } else { Err(self.cannot(step)) }
    }

    fn cannot(&self, step: &'static str) -> Refusal {
        Refusal::InvalidTransition { what: "waitlist_entry", from: self.state.as_str(), step }
    }

    fn end(self, state: WaitlistState, now: Timestamp) -> Self {
        Self { state, offer: None, ended_at: Some(now), ..self }
    }

    fn told(self, action: &'static str) -> Change<Self> {
        let entry = Self { version: self.version.saturating_add(1), ..self };
        let event = entry.event(action);
        Change::new(entry, event)
    }

    fn event(&self, action: &'static str) -> Event {
        Event::new(action, self.id).about(self.client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bookings::model::{HoldAsk, Placement};
    use crate::kernel::time::Span;
    use crate::waitlist::model::Weekdays;
    use uuid::Uuid;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_unix_micros(minute * 60_000_000).unwrap()
    }

    fn waiting() -> WaitlistEntry {
        let date = "1970-01-02".parse().unwrap();
        let wishes =
            Wishes { location: None, earliest: date, latest: date, weekdays: Weekdays::ALL, from: None, until: None };
        let (client, session_type) = (ClientId(Uuid::nil()), SessionTypeId(Uuid::nil()));
        let ask = EntryAsk { client, session_type, therapist: None, wishes, asked_by: AccountId(Uuid::nil()) };
        WaitlistEntry::join(ask, at(0)).into_parts().0
    }

    fn offer(entry: &WaitlistEntry) -> SlotHold {
        let session = Span::new(at(1_500), at(1_560)).unwrap();
        let placement = Placement::new(TherapistId(Uuid::nil()), session, chrono_tz::UTC);
        let (client, session_type) = (entry.client, entry.session_type);
        let ask = HoldAsk { client, session_type, placement, held_by: entry.asked_by };
        SlotHold::offer(SlotHoldId::new(at(0)), ask, (entry.id, at(120)), at(0)).into_parts().0
    }

    #[test]
    fn an_answer_is_to_the_offer_that_stands() {
        let hold = offer(&waiting());
        let offered = waiting().offered(&hold).unwrap().into_parts().0;
        assert_eq!((offered.state, offered.offer, offered.version), (WaitlistState::Offered, Some(hold.id), 2));
        let answer = |hold: &SlotHold| offered.clone().answered(hold, AcceptedBy::Phone, at(1));
        let told = |hold: SlotHold| {
            let (entry, event) = answer(&hold).unwrap().into_parts();
            (entry.state, event.action)
        };
        let ended = |change: Change<SlotHold>| change.into_parts().0;
        let taken = ended(hold.clone().convert(BookingId(Uuid::nil()), at(1)).unwrap());
        assert_eq!(told(taken), (WaitlistState::Accepted, "waitlist_entry.accepted"));
        let declined = ended(hold.clone().release(at(1)).unwrap());
        assert_eq!(told(declined), (WaitlistState::Waiting, "waitlist_entry.declined"));
        let lapsed = ended(hold.clone().expire(at(120)).unwrap());
        assert_eq!(told(lapsed), (WaitlistState::Waiting, "waitlist_entry.offer_lapsed"));
        assert_eq!(answer(&hold), None, "it stands");
        assert_eq!(answer(&offer(&waiting())), None, "another's");
    }

    #[test]
    fn what_ended_stays_ended() {
        let gone = waiting().withdraw(at(1)).unwrap().into_parts().0;
        assert_eq!((gone.state, gone.ended_at), (WaitlistState::Withdrawn, Some(at(1))));
        assert!(gone.clone().withdraw(at(2)).is_err() && gone.clone().amend(gone.wishes.clone()).is_err());
        assert!(gone.clone().offered(&offer(&gone)).is_err());
        assert!(waiting().expire(at(60)).is_err());
        assert_eq!(waiting().expire(at(4 * 1_440)).unwrap().into_parts().0.state, WaitlistState::Expired);
        let offered = waiting().offered(&offer(&waiting())).unwrap().into_parts().0;
        assert!(offered.clone().expire(at(4 * 1_440)).is_err(), "somebody may still answer");
        let booked = offered.booked(BookingId(Uuid::nil()), at(3)).into_parts().0;
        assert_eq!((booked.state, booked.offer), (WaitlistState::Booked, None));
    }
}
