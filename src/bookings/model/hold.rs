//! A slot held for a client while they make up their mind.
//!
//! ```text
//!   held -> converted   a booking took its place
//!         | released    it was given up
//!         | replaced    the client holds another slot, or booked one
//!         | expired     its time ran out
//! ```
//!
//! It claims what the booking would claim: what a client holds themself for five minutes at a time, what is offered to one who waits on the
//! waiting list until they have to have answered. Whether it has run out is told by the clock alone; that it did is
//! written down some time later, and nobody waits for it.

use chrono::TimeDelta;

use super::booking::Placement;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, BookingId, ClientId, SessionTypeId, SlotHoldId, WaitlistEntryId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::text_enum;

/// How long a slot is held from the moment it is asked for, or asked for again.
const HELD_FOR: TimeDelta = TimeDelta::minutes(5);

/// How often it may be asked for again.
const MOST_EXTENSIONS: i32 = 2;

text_enum! {
    /// What became of a slot hold.
    pub enum HoldState {
        /// It stands, unless it has run out.
        Held = "held",
        /// A booking took its place.
        Converted = "converted",
        /// It was given up.
        Released = "released",
        /// The client holds another slot, or booked without it.
        Replaced = "replaced",
        /// It ran out.
        Expired = "expired",
    }
}

/// What a hold is asked for with, once its time is found free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldAsk {
    /// For whom.
    pub client: ClientId,
    /// What kind of session.
    pub session_type: SessionTypeId,
    /// With whom, where and when.
    pub placement: Placement,
    /// The login that asks.
    pub held_by: AccountId,
}

/// A slot that is held for a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotHold {
    /// Which one.
    pub id: SlotHoldId,
    /// For whom.
    pub client: ClientId,
    /// What kind of session.
    pub session_type: SessionTypeId,
    /// With whom, where and when.
    pub placement: Placement,
    /// The login that asked for it, or for the place on the waiting list.
    pub held_by: AccountId,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
    /// How often it was asked for again.
    pub extensions: i32,
    /// What was written down of it; see [`SlotHold::state_at`].
    pub state: HoldState,
    /// When it ended, once that is written down.
    pub ended_at: Option<Timestamp>,
    /// The booking that took its place.
    pub booking: Option<BookingId>,
    /// Grows by one with every change.
    pub version: i32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// The place on the waiting list to which it is an offer, if it is one.
    pub offered_to: Option<WaitlistEntryId>,
}

impl SlotHold {
    /// Holds a slot that was found free. In the place of one that still stands `before` it, on the same therapist's same time, it lasts no
    /// longer than that one: to be held longer, a slot is asked for again by that name, and not as if it were new.
    pub fn hold(id: SlotHoldId, ask: HoldAsk, before: Option<&Self>, now: Timestamp) -> Change<Self> {
        let same = before.filter(|before| {
            let (was, is) = (&before.placement, &ask.placement);
            before.stands(now).is_ok() && was.therapists().any(|id| is.is_with(id)) && was.session.overlaps(is.session)
        });
        let (expires_at, extensions) =
            same.map_or((now.plus(HELD_FOR), 0), |before| (before.expires_at, before.extensions));
        let hold = Self { expires_at, extensions, ..Self::begun(id, ask, now) };
        let event = hold.told("slot_hold.made");
        Change::new(hold, event)
    }

    /// Holds a slot that was found free for somebody who waits for such a one, until they have to have answered.
    pub fn offer(
        id: SlotHoldId,
        ask: HoldAsk,
        (entry, until): (WaitlistEntryId, Timestamp),
        now: Timestamp,
    ) -> Change<Self> {
        let hold = Self { expires_at: until, offered_to: Some(entry), ..Self::begun(id, ask, now) };
        let event = hold.told("slot_hold.offered").with("waitlist_entry", entry).with("expires_at", until);
        Change::new(hold, event)
    }

    fn begun(id: SlotHoldId, ask: HoldAsk, now: Timestamp) -> Self {
        let HoldAsk { client, session_type, placement, held_by } = ask;
        Self {
            id,
            client,
            session_type,
            placement,
            held_by,
            expires_at: now.plus(HELD_FOR),
            extensions: 0,
            state: HoldState::Held,
            ended_at: None,
            booking: None,
            version: 1,
            created_at: now,
            offered_to: None,
        }
    }

    /// What became of it by an instant.
    #[must_use]
    pub fn state_at(&self, now: Timestamp) -> HoldState {
        if self.state == HoldState::Held && self.expires_at <= now { HoldState::Expired } else { self.state }
    }

    /// How often it may still be asked for again.
    #[must_use]
    pub fn extensions_left(&self) -> i32 {
        if self.offered_to.is_some() { 0 } else { MOST_EXTENSIONS - self.extensions }
    }

    /// Holds it for another five minutes from now, while the client is answering their form.
    ///
    /// # Errors
    /// [`Refusal::SlotHoldExpired`] when it no longer stands; [`Refusal::PolicyViolation`] when it is an offer, when no form is open, or it was
    /// asked for again twice already.
    pub fn extend(self, answering: bool, now: Timestamp) -> Result<Change<Self>, Refusal> {
        self.stands(now)?;
        if self.offered_to.is_some() {
            let detail = "others wait for what is offered: it is held no longer than it was to be";
            return Err(Refusal::PolicyViolation { rule: "offered", detail });
        }
        if !answering {
            let detail = "a slot is held longer only while the client's health-history form is open";
            return Err(Refusal::PolicyViolation { rule: "form_not_open", detail });
        }
        if self.extensions_left() <= 0 {
            let detail = "a slot is held longer twice at the most";
            return Err(Refusal::PolicyViolation { rule: "extended_twice", detail });
        }
        let held = Self { expires_at: now.plus(HELD_FOR), extensions: self.extensions + 1, ..self.next_version() };
        let event = held.event("slot_hold.extended").with("expires_at", held.expires_at);
        Ok(Change::new(held, event))
    }

    /// Gives it up.
    ///
    /// # Errors
    /// [`Refusal::SlotHoldExpired`] when it no longer stands.
    pub fn release(self, now: Timestamp) -> Result<Change<Self>, Refusal> {
        self.stands(now)?;
        Ok(self.end(HoldState::Released, now))
    }

    /// Lets a booking take its place.
    ///
    /// # Errors
    /// [`Refusal::SlotHoldExpired`] when it no longer stands.
    pub fn convert(self, booking: BookingId, now: Timestamp) -> Result<Change<Self>, Refusal> {
        self.stands(now)?;
        let (hold, event) = Self { booking: Some(booking), ..self }.end(HoldState::Converted, now).into_parts();
        Ok(Change::new(hold, event.with("booking", booking)))
    }

    /// Ends it, because the client holds or books something else.
    pub fn give_way(self, now: Timestamp) -> Change<Self> {
        let state = if self.state_at(now) == HoldState::Held { HoldState::Replaced } else { HoldState::Expired };
        self.end(state, now)
    }

    /// Writes down that it ran out.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] when it did not, or ended otherwise.
    pub fn expire(self, now: Timestamp) -> Result<Change<Self>, Refusal> {
        if self.state == HoldState::Held && self.expires_at <= now {
            return Ok(self.end(HoldState::Expired, now));
        }
        let from = crate::kernel::text_enum::TextEnum::as_str(self.state);
        Err(Refusal::InvalidTransition { what: "slot_hold", from, step: "expire" })
    }

    /// Refuses what only a hold that stands can do.
    ///
    /// # Errors
    /// [`Refusal::SlotHoldExpired`] when it ran out or ended otherwise.
    pub fn stands(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.state_at(now) == HoldState::Held { Ok(()) } else { Err(Refusal::SlotHoldExpired) }
    }

    fn end(self, state: HoldState, now: Timestamp) -> Change<Self> {
        let event = self.event(match state {
            HoldState::Converted => "slot_hold.converted",
            HoldState::Replaced => "slot_hold.replaced",
            HoldState::Expired => "slot_hold.expired",
            HoldState::Released | HoldState::Held => "slot_hold.released",
        });
        Change::new(Self { state, ended_at: Some(now), ..self.next_version() }, event)
    }

    fn next_version(self) -> Self {
        Self { version: self.version.saturating_add(1), ..self }
    }

    fn told(&self, action: &'static str) -> Event {
        self.event(action)
            .with("therapist", self.placement.therapist)
            .with("session_type", self.session_type)
            .with("starts_at", self.placement.session.start())
    }

    fn event(&self, action: &'static str) -> Event {
        Event::new(action, self.id).about(self.client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::ids::TherapistId;
    use crate::kernel::time::Span;
    use uuid::Uuid;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_unix_micros(minute * 60_000_000).unwrap()
    }

    fn held() -> SlotHold {
        let session = Span::new(at(600), at(660)).unwrap();
        let placement = Placement::new(TherapistId(Uuid::nil()), session, chrono_tz::UTC);
        let (client, session_type) = (ClientId(Uuid::nil()), SessionTypeId(Uuid::nil()));
        let ask = HoldAsk { client, session_type, placement, held_by: AccountId(Uuid::nil()) };
        SlotHold::hold(SlotHoldId::new(at(0)), ask, None, at(0)).into_parts().0
    }

    fn state_after(change: Change<SlotHold>) -> HoldState {
        change.into_parts().0.state
    }

    #[test]
    fn it_is_worth_nothing_from_its_expiry_on() {
        let hold = held();
        let just_before = at(5).minus(TimeDelta::microseconds(1));
        assert_eq!((hold.state_at(just_before), hold.state_at(at(5))), (HoldState::Held, HoldState::Expired));
        let booking = BookingId(Uuid::nil());
        let converted = hold.clone().convert(booking, just_before).unwrap().into_parts().0;
        assert_eq!((converted.state, converted.booking), (HoldState::Converted, Some(booking)));
        assert_eq!(state_after(hold.clone().release(just_before).unwrap()), HoldState::Released);
        for late in [hold.clone().convert(booking, at(5)), hold.clone().release(at(5)), hold.extend(true, at(5))] {
            assert_eq!(late, Err(Refusal::SlotHoldExpired));
        }
    }

    #[test]
    fn it_is_held_longer_twice_and_only_while_the_form_is_open() {
        let rule = |refused: Result<Change<SlotHold>, Refusal>| match refused {
            Err(Refusal::PolicyViolation { rule, .. }) => rule,
            other => panic!("{other:?}"),
        };
        assert_eq!(rule(held().extend(false, at(1))), "form_not_open");
        let mut hold = held();
        for (minute, left) in [(4, 1), (8, 0)] {
            hold = hold.extend(true, at(minute)).unwrap().into_parts().0;
            assert_eq!((hold.expires_at, hold.extensions_left()), (at(minute + 5), left));
        }
        assert_eq!(rule(hold.extend(true, at(9))), "extended_twice");
    }

    #[test]
    fn an_offer_stands_as_long_as_it_was_made_for() {
        let SlotHold { id, client, session_type, placement, held_by, .. } = held();
        let ask = HoldAsk { client, session_type, placement, held_by };
        let (offer, event) = SlotHold::offer(id, ask, (WaitlistEntryId(Uuid::nil()), at(90)), at(0)).into_parts();
        assert_eq!((event.action, offer.expires_at, offer.extensions_left()), ("slot_hold.offered", at(90), 0));
        assert!(matches!(offer.clone().extend(true, at(89)), Err(Refusal::PolicyViolation { rule: "offered", .. })));
        assert_eq!(offer.stands(at(89)), Ok(()));
        assert_eq!(offer.release(at(90)), Err(Refusal::SlotHoldExpired));
    }

    #[test]
    fn asked_for_anew_it_lasts_no_longer() {
        let first = held().extend(true, at(3)).unwrap().into_parts().0;
        let ask = |from: i64| {
            let session = Span::new(at(from), at(from + 60)).unwrap();
            let placement = Placement::new(TherapistId(Uuid::nil()), session, chrono_tz::UTC);
            let (client, session_type) = (ClientId(Uuid::nil()), SessionTypeId(Uuid::nil()));
            HoldAsk { client, session_type, placement, held_by: AccountId(Uuid::nil()) }
        };
        let anew = |from: i64, now: i64| {
            let hold = SlotHold::hold(SlotHoldId::new(at(now)), ask(from), Some(&first), at(now)).into_parts().0;
            (hold.expires_at, hold.extensions)
        };
        assert_eq!(anew(630, 6), (at(8), 1), "over the same time");
        assert_eq!(anew(660, 6), (at(11), 0), "beside it");
        assert_eq!(anew(600, 8), (at(13), 0), "once it has run out");
    }

    #[test]
    fn it_ends_once_and_says_how() {
        assert_eq!(state_after(held().give_way(at(4))), HoldState::Replaced);
        assert_eq!(state_after(held().give_way(at(5))), HoldState::Expired);
        assert_eq!(state_after(held().expire(at(5)).unwrap()), HoldState::Expired);
        assert!(held().expire(at(4)).is_err());
        let (gone, event) = held().release(at(1)).unwrap().into_parts();
        assert_eq!((event.action, gone.ended_at, gone.version), ("slot_hold.released", Some(at(1)), 2));
        assert_eq!(gone.clone().release(at(2)), Err(Refusal::SlotHoldExpired));
        assert!(gone.expire(at(9)).is_err());
    }
}
