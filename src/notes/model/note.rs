//! The note as a value, and what may be done to it.

use chrono::{NaiveDate, TimeDelta};

use super::carried::Carried;
use crate::bookings::model::{Booking, BookingState};
use crate::kernel::actor::Actor;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, BookingId, ClientId, NoteId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::sealed::Sealed;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::{Span, Timestamp};
use crate::text_enum;

/// How far from its planned time a session may have taken place.
const FURTHEST_OFF: TimeDelta = TimeDelta::days(1);

/// How long after its session's end a note may stay a draft before somebody is told.
pub const SIGNED_WITHIN: TimeDelta = TimeDelta::hours(24);

text_enum! {
    /// Where a note stands.
    pub enum NoteState {
        /// Being written.
        Draft = "draft",
        /// Frozen.
        Signed = "signed",
    }
}

/// What happened in one session, as the one who treated wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Which note; the therapist's own device may have chosen it.
    pub id: NoteId,
    /// The session's booking.
    pub booking: BookingId,
    /// Who was treated.
    pub client: ClientId,
    /// Who treated.
    pub therapist: TherapistId,
    /// The login that writes it.
    pub author: AccountId,
    /// Where it stands.
    pub state: NoteState,
    /// What it says, sealed; absent until the first save.
    pub content: Option<Sealed>,
    /// When the session was to be.
    pub planned: Span,
    /// When it was.
    pub actual: Option<Span>,
    /// The session's day, in the zone it was booked in.
    pub date_of_service: NaiveDate,
    /// Grows by one with every change.
    pub version: i32,
    /// When it was begun: the time of entry.
    pub created_at: Timestamp,
    /// When it was signed.
    pub signed_at: Option<Timestamp>,
    /// SHA-256 of the canonical content as signed, in hexadecimal.
    pub content_hash: Option<String>,
    /// The therapist's credentials for the session's day, as JSON, as they stood at the signature.
    pub credentials_snapshot: Option<String>,
    /// What the booking decision found for the session's day, as JSON, asked at the signature.
    pub decision_snapshot: Option<String>,
    /// SHA-256 of everything the signature covers, in hexadecimal; notes signed before there was one have none.
    pub document_hash: Option<String>,
    /// The note of the same session, entered in error, that this one replaces.
    pub corrects: Option<NoteId>,
    /// The parts that were carried over and not changed since.
    pub carried: Carried,
    /// A keyed hash of what the draft says, to know a save that is sent again.
    pub mac: Option<Vec<u8>>,
    /// Whose co-signature the signature asked for: its author is in training.
    pub supervisor: Option<TherapistId>,
}

/// What a device sends to be kept as a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// What it says, sealed.
    pub content: Sealed,
    /// A keyed hash of what it says.
    pub mac: Vec<u8>,
    /// The parts that were carried over and not changed since.
    pub carried: Carried,
    /// When the session was, where that is known.
    pub actual: Option<Span>,
}

/// How a note begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beginning {
    /// The note it replaces.
    pub corrects: Option<NoteId>,
    /// What it says from the beginning.
    pub written: Option<Written>,
}

/// Who writes about which session, and when.
#[derive(Clone, Copy, Debug)]
pub struct Writing<'a> {
    /// The session's booking as it stands.
    pub booking: &'a Booking,
    /// Who writes.
    pub actor: &'a Actor,
    /// Now.
    pub now: Timestamp,
}

impl Writing<'_> {
    /// The session's day, in the zone it was booked in.
    #[must_use]
    pub fn date_of_service(&self) -> NaiveDate {
        let placement = &self.booking.placement;
        placement.session.start().date_in(placement.zone)
    }

    /// The one rule of which sessions are written about: those whose client has come, or whose hour has.
    pub(super) fn happens(&self, step: &'static str) -> Result<(), Refusal> {
        match self.booking.state {
            BookingState::CheckedIn | BookingState::Completed => Ok(()),
            BookingState::Confirmed if self.has_begun() => Ok(()),
            BookingState::Confirmed => {
                let detail = "a note is begun once the client is here or the session has begun";
                Err(Refusal::PolicyViolation { rule: "not_before_start", detail })
            }
            state => Err(Refusal::InvalidTransition { what: "booking", from: state.as_str(), step }),
        }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.now >= self.booking.placement.session.start()
    }
}

impl Note {
    /// Begins the note of a session whose client is here, or whose start is reached.
    ///
    /// # Errors
    /// [`Refusal::NotThere`] to all but the booking's therapist, [`Refusal::InvalidTransition`] for a booking whose session does not happen,
    /// [`Refusal::PolicyViolation`] for one whose session is still to come, [`Refusal::Fields`] for times far from the planned ones.
    pub fn start(id: NoteId, beginning: Beginning, at: Writing<'_>) -> Result<Change<Self>, Refusal> {
        let booking = at.booking;
        let therapist = booking.placement.therapist;
        let author = treating(at.actor, therapist).ok_or(Refusal::NotThere)?;
        at.happens("start_note")?;
        let note = Self {
            id,
            booking: booking.id,
            client: booking.client,
            therapist,
            author,
            state: NoteState::Draft,
            content: None,
            planned: booking.placement.session,
            actual: booking.actual,
            date_of_service: at.date_of_service(),
            version: 1,
            created_at: at.now,
            signed_at: None,
            content_hash: None,
            credentials_snapshot: None,
            decision_snapshot: None,
            document_hash: None,
            corrects: beginning.corrects,
            carried: Carried::default(),
            mac: None,
            supervisor: None,
        };
        let event = note.event("note.started").with("booking", booking.id);
        let event = beginning.corrects.iter().fold(event, |event, earlier| event.with("corrects", earlier));
        let note = match beginning.written {
            Some(written) => note.saying(written)?,
            None => note,
        };
        Ok(Change::new(note, event))
    }

    /// Puts other content in the place of the draft's, with the session's actual times where they are known.
    ///
    /// # Errors
    /// [`Refusal::NotThere`] to all but its author, [`Refusal::InvalidTransition`] once signed, [`Refusal::VersionMismatch`] when it was
    /// changed since it was read, [`Refusal::Fields`] for times far from the planned ones. What became of the booking is no reason to lose words.
    pub fn save_draft(self, written: Written, expected: i32, at: Writing<'_>) -> Result<Change<Self>, Refusal> {
        let draft = self.draft("save", expected, at)?;
        let event = draft.event("note.saved");
        let version = draft.version.saturating_add(1);
        Ok(Change::new(Self { version, ..draft }.saying(written)?, event))
    }

    /// When somebody is told that it is still to be signed.
    #[must_use]
    pub fn sign_by(&self) -> Timestamp {
        self.planned.end().plus(SIGNED_WITHIN)
    }

    /// The author's login, if it is they who ask.
    ///
    /// # Errors
    /// [`Refusal::NotThere`] to everybody else, and to an author who no longer treats here.
    pub fn authored(&self, actor: &Actor) -> Result<AccountId, Refusal> {
        let author = treating(actor, self.therapist).filter(|account| *account == self.author);
        author.ok_or(Refusal::NotThere)
    }

    /// The same note with other words, times near the planned ones.
    fn saying(self, written: Written) -> Result<Self, Refusal> {
        let Written { content, mac, carried, actual } = written;
        if actual.is_some_and(|actual| !is_near(self.planned, actual)) {
            let message = "must lie within a day of the planned time";
            return Err(Refusal::Fields(vec![Violation::at("/actual", "far_from_planned", message)]));
        }
        Ok(Self { content: Some(content), mac: Some(mac), carried, actual: actual.or(self.actual), ..self })
    }

    /// The draft as it was read, with time and date of service as its booking has them now.
    pub(super) fn draft(self, step: &'static str, expected: i32, at: Writing<'_>) -> Result<Self, Refusal> {
        self.writable(at.actor, step, NoteState::Draft)?;
        if self.version != expected {
            return Err(Refusal::VersionMismatch);
        }
        if (at.booking.id, at.booking.placement.therapist) != (self.booking, self.therapist) {
            return Err(Refusal::NotThere);
        }
        Ok(Self { planned: at.booking.placement.session, date_of_service: at.date_of_service(), ..self })
    }

    /// The one rule of who changes a note, and in which state: answers with the author's login.
    pub(super) fn writable(&self, actor: &Actor, step: &'static str, needed: NoteState) -> Result<AccountId, Refusal> {
        let author = self.authored(actor)?;
        if self.state == needed {
            Ok(author)
        } else {
            Err(Refusal::InvalidTransition { what: "note", from: self.state.as_str(), step })
        }
    }

    pub(super) fn event(&self, action: &'static str) -> Event {
        Event::new(action, self.id).about(self.client)
    }
}

/// Whether a session may have taken place then that was planned for another time.
pub(super) fn is_near(planned: Span, actual: Span) -> bool {
    planned.padded(FURTHEST_OFF, FURTHEST_OFF).contains(actual)
}

/// The login of the actor, if they are this therapist.
fn treating(actor: &Actor, therapist: TherapistId) -> Option<AccountId> {
    if actor.therapist() == Some(therapist) { actor.account() } else { None }
}
