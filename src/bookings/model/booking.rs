//! The booking itself, and how one comes to be.

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use uuid::Uuid;

use super::block::{self, Block, BlockCode};
use super::fee::Fee;
use super::policy::SetAside;
use super::series::Membership;
use super::state::{BookingState, CancelReason, Side, Source};
use crate::availability::model::occupancy::Resource;
use crate::availability::model::offer::Opening;
use crate::kernel::actor::Actor;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, BookingId, ClientId, LocationId, RoomId, SessionTypeId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::{BookingApproval, Terms};

/// With whom, where and when: all that moves when a booking is rescheduled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Who treats.
    pub therapist: TherapistId,
    /// Who treats beside them, in a session of two.
    pub co_therapist: Option<TherapistId>,
    /// Where; absent where the practice has only one place.
    pub location: Option<LocationId>,
    /// In which room, and the room's time with its rest; absent where the session needs none.
    pub room: Option<(RoomId, Span)>,
    /// The session as the client knows it.
    pub session: Span,
    /// The therapist's time with the buffers around the session.
    pub claim: Span,
    /// What the clock on the wall was to show at the start. Kept, because a zone's rules may change after the promise was made.
    pub local_start: NaiveDateTime,
    /// The zone of that wall.
    pub zone: Tz,
    /// The version of the zone rules by which the one was turned into the other.
    pub tz_version: String,
}

impl Placement {
    /// A session in a zone, with no location and no buffers; the local start follows from the session and today's zone rules.
    #[must_use]
    pub fn new(therapist: TherapistId, session: Span, zone: Tz) -> Self {
        let local_start = session.start().utc().with_timezone(&zone).naive_local();
        let tz_version = chrono_tz::IANA_TZDB_VERSION.to_owned();
        let (co_therapist, location, room) = (None, None, None);
        Self { therapist, co_therapist, location, room, session, claim: session, local_start, zone, tz_version }
    }

    /// The place that the evaluator found free.
    #[must_use]
    pub fn of(opening: &Opening) -> Self {
        let Opening { session, therapist, second, location, zone, .. } = *opening;
        let room = session.room.zip(session.room_claim);
        Self::new(therapist, session.span, zone).at(Some(location)).claiming(session.claim).beside(second).within(room)
    }

    /// The same with a location.
    #[must_use]
    pub fn at(self, location: Option<LocationId>) -> Self {
        Self { location, ..self }
    }

    /// The same with the therapist's whole claim, which contains the session.
    #[must_use]
    pub fn claiming(self, claim: Span) -> Self {
        Self { claim, ..self }
    }

    /// The same with a second therapist.
    #[must_use]
    pub fn beside(self, co_therapist: Option<TherapistId>) -> Self {
        Self { co_therapist, ..self }
    }

    /// The same in a room, whose time contains the session.
    #[must_use]
    pub fn within(self, room: Option<(RoomId, Span)>) -> Self {
        Self { room, ..self }
    }

    /// The day of the session on the wall of its place.
    #[must_use]
    pub fn date(&self) -> NaiveDate {
        self.session.start().date_in(self.zone)
    }

    /// Everybody who treats.
    pub fn therapists(&self) -> impl Iterator<Item = TherapistId> + use<> {
        std::iter::once(self.therapist).chain(self.co_therapist)
    }

    /// Whether somebody treats.
    #[must_use]
    pub fn is_with(&self, therapist: TherapistId) -> bool {
        self.therapists().any(|one| one == therapist)
    }

    /// What a session of a client takes there, each for its time: everybody who treats, the client, the room.
    pub fn claims(&self, client: ClientId) -> impl Iterator<Item = (Resource, Uuid, Span)> + use<> {
        let (session, claim, room) = (self.session, self.claim, self.room);
        let therapists = self.therapists().map(move |id| (Resource::Therapist, id.0, claim));
        let room = room.map(|(id, claim)| (Resource::Room, id.0, claim));
        therapists.chain([(Resource::Client, client.0, session)]).chain(room)
    }

    /// Whether a client's session there and one elsewhere would take something at once, be it only a therapist's rest.
    #[must_use]
    pub fn collides(&self, other: &Self, client: ClientId) -> bool {
        let meets = |(resource, id, span): (Resource, Uuid, Span)| {
            let same =
                |(kind, taken, then): (Resource, Uuid, Span)| (kind, taken) == (resource, id) && then.overlaps(span);
            other.claims(client).any(same)
        };
        self.claims(client).any(meets)
    }

    /// The therapist as whom an actor may act on it: themself where they treat, else the first.
    #[must_use]
    pub fn acting(&self, actor: &Actor) -> TherapistId {
        actor.therapist().filter(|own| self.is_with(*own)).unwrap_or(self.therapist)
    }
}

/// What a new booking is asked for with, once every fact about it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookingAsk {
    /// Who is to be treated.
    pub client: ClientId,
    /// What kind of session.
    pub session_type: SessionTypeId,
    /// With whom, where and when.
    pub placement: Placement,
    /// The price at this moment, in minor units.
    pub price_minor: i64,
    /// Its ISO 4217 currency.
    pub currency: String,
    /// The reasons for the visit, sealed.
    pub reasons: Option<Sealed>,
    /// The login that asks: the client's, a guardian's or the desk's.
    pub requested_by: AccountId,
    /// What the practice agrees to at this moment.
    pub terms: Terms,
    /// How it comes to be.
    pub source: Source,
    /// The rules that staff set aside for it.
    pub set_aside: SetAside,
}

/// Whether a new booking waits for somebody's yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// A free slot is a promise: confirmed at once.
    NotNeeded,
    /// It stays pending until staff confirm or decline it.
    Needed,
}

impl Approval {
    /// Whether a booking that is asked for from a side waits under the practice's rule. Only a client's own request does: when staff ask,
    /// they have said yes.
    #[must_use]
    pub fn of(rule: BookingApproval, side: Option<Side>) -> Self {
        match (rule, side) {
            (BookingApproval::ByStaff, Some(Side::Client)) => Self::Needed,
            _ => Self::NotNeeded,
        }
    }
}

/// A client, a therapist and a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booking {
    /// Stays the same when it is moved.
    pub id: BookingId,
    /// Who is to be treated.
    pub client: ClientId,
    /// What kind of session.
    pub session_type: SessionTypeId,
    /// With whom, where and when.
    pub placement: Placement,
    /// Where it stands.
    pub state: BookingState,
    /// The price when it was asked for, in minor units.
    pub price_minor: i64,
    /// Its ISO 4217 currency.
    pub currency: String,
    /// What keeps it from going ahead, one a code, in the order of the codes.
    pub blocks: Vec<Block>,
    /// The reasons for the visit, sealed.
    pub reasons: Option<Sealed>,
    /// The login that asked for it.
    pub requested_by: AccountId,
    /// Why it was called off, if it was.
    pub cancel_reason: Option<CancelReason>,
    /// Grows by one with every change.
    pub version: i32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the session really took place, as far as anybody recorded it; kept while it counts as a no-show, should that prove wrong.
    pub actual: Option<Span>,
    /// What was agreed when it was booked, whatever the practice has set since.
    pub terms: Terms,
    /// What the client owes for breaking it.
    pub fee: Option<Fee>,
    /// How it came to be.
    pub source: Source,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The course it was booked with, if it was.
    pub series: Option<Membership>,
}

impl Booking {
    /// A new booking. Its id is given, because the reasons are sealed to it before it exists; `found` is what the decision says of it.
    ///
    /// # Errors
    /// [`Refusal::Blocked`] when a block is found that no waiting would mend.
    pub fn request(
        id: BookingId,
        ask: BookingAsk,
        found: Vec<Block>,
        approval: Approval,
        now: Timestamp,
    ) -> Result<Change<Self>, Refusal> {
        refuse_barred(&found)?;
        let set_aside = ask.set_aside;
        let state = match approval {
            Approval::NotNeeded => BookingState::Confirmed,
            Approval::Needed => BookingState::Pending,
        };
        let booking = Self { blocks: block::settle(&[], found), ..Self::asked_for(id, ask, state, now) };
        let event = booking
            .event("booking.requested")
            .with("therapist", booking.placement.therapist)
            .with_some("co_therapist", booking.placement.co_therapist)
            .with("session_type", booking.session_type)
            .with("state", state);
        Ok(Change::new(booking, set_aside.told(event)))
    }

    /// The first version of a booking, of which nothing is known but what was asked for.
    pub(super) fn asked_for(id: BookingId, ask: BookingAsk, state: BookingState, now: Timestamp) -> Self {
        Self {
            id,
            client: ask.client,
            session_type: ask.session_type,
            placement: ask.placement,
            state,
            price_minor: ask.price_minor,
            currency: ask.currency,
            blocks: Vec::new(),
            reasons: ask.reasons,
            requested_by: ask.requested_by,
            cancel_reason: None,
            version: 1,
            created_at: now,
            actual: None,
            terms: ask.terms,
            fee: None,
            source: ask.source,
            updated_at: now,
            series: None,
        }
    }

    /// What a later asking of the decision found, or `None` when that is what stands already, or when the session is over or called off and
    /// there is nothing left to block.
    #[must_use]
    pub fn set_blocks(self, found: Vec<Block>, now: Timestamp) -> Option<Change<Reblocked>> {
        let standing = self.blocks.clone();
        let booking = self.with_found(found);
        if !booking.state.is_open() || booking.blocks == standing {
            return None;
        }
        let mut event = booking.event("booking.blocks_changed");
        for block in &booking.blocks {
            event = event.with("block", block.code);
        }
        Some(Change::new(Reblocked(booking.next_version(now)), event))
    }

    /// Whether a block of this code is open.
    #[must_use]
    pub fn is_blocked_by(&self, code: BlockCode) -> bool {
        self.blocks.iter().any(|block| block.code == code)
    }

    /// Whether it may be moved to a therapist. A request that waits was made of somebody in particular, whose yes opens the client's record to
    /// them; so only who may choose for the client ([`entrusts`](super::entrusts)) hands it on.
    ///
    /// # Errors
    /// [`Refusal::PolicyViolation`] otherwise.
    pub fn may_move_to(&self, therapist: TherapistId, entrusted: bool) -> Result<(), Refusal> {
        if entrusted || self.state != BookingState::Pending || self.placement.is_with(therapist) {
            return Ok(());
        }
        let detail = "a request that waits is handed to another therapist by the client or the desk";
        Err(Refusal::PolicyViolation { rule: "therapist_not_chosen", detail })
    }

    /// What it takes of everybody's time. Buffers keep apart what is to come: a session that is over took its own time alone, so that what
    /// took place beside it can still be written down.
    #[must_use]
    pub fn taken(&self) -> Placement {
        let at = self.placement.clone();
        if self.state.is_open() { at } else { at.clone().claiming(at.session) }
    }

    /// The same with what the decision finds of it now.
    #[must_use]
    pub fn with_found(mut self, found: Vec<Block>) -> Self {
        self.blocks = block::settle(&self.blocks, found);
        self
    }

    /// Whether something is found that frees the client from what they agreed to.
    #[must_use]
    pub fn excuses_client(&self) -> bool {
        self.blocks.iter().any(|block| block.code.excuses_client())
    }

    /// Until when a request waits for somebody's yes: as long as was agreed, and no longer than to its session's start.
    #[must_use]
    pub fn answer_by(&self) -> Timestamp {
        let start = self.placement.session.start();
        self.terms.patience().map_or(start, |patience| self.created_at.plus(patience).min(start))
    }

    /// Whether the client is held to what was agreed: not before somebody has said yes, and not to what cannot take place.
    pub(super) fn is_bound(&self) -> bool {
        self.state != BookingState::Pending && !self.excuses_client()
    }

    /// Whether it is later than a session can be called off at the client's wish as was agreed.
    pub(super) fn is_late(&self, now: Timestamp) -> bool {
        now > self.placement.session.start().minus(self.terms.cancellation_window())
    }

    pub(super) fn next_version(self, now: Timestamp) -> Self {
        Self { version: self.version.saturating_add(1), updated_at: now, ..self }
    }

    pub(super) fn event(&self, action: &'static str) -> Event {
        Event::new(action, self.id).about(self.client)
    }
}

/// A booking of which nothing but the blocks has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reblocked(pub Booking);

/// What is answered when the therapist would be the client's own person.
pub const OWN_THERAPIST: Refusal =
    Refusal::PolicyViolation { rule: "own_therapist", detail: "nobody is their own therapist" };

/// What is wrong with who treats beside the first, of a session that is held by `two` or by one: a code and its words.
pub fn second_fault(
    two: bool,
    first: TherapistId,
    second: Option<TherapistId>,
) -> Option<(&'static str, &'static str)> {
    match second {
        None if two => Some(("required", "the session is held by two therapists")),
        Some(_) if !two => Some(("not_needed", "the session is held by one therapist")),
        Some(id) if id == first => Some(("same_therapist", "must be somebody else")),
        _ => None,
    }
}

/// Refuses a placement at which the decision found what no waiting would mend.
pub(super) fn refuse_barred(found: &[Block]) -> Result<(), Refusal> {
    let bars: Vec<_> =
        found.iter().filter(|block| block.code.bars_booking()).map(|block| block.code.as_str()).collect();
    if bars.is_empty() { Ok(()) } else { Err(Refusal::Blocked { blocks: bars }) }
}
