//! The note as a value, and what may be done to it.

use chrono::{NaiveDate, TimeDelta};

use crate::bookings::model::{Booking, BookingState};
use crate::kernel::actor::Actor;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{AccountId, AddendumId, BookingId, ClientId, NoteId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::sealed::Sealed;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::{Span, Timestamp};
use crate::text_enum;

/// How far from its planned time a session may have taken place.
const FURTHEST_OFF: TimeDelta = TimeDelta::days(1);

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
    /// The therapist's credentials and the decision for the session's start, as JSON, as they stood at the signature.
    pub credentials_snapshot: Option<String>,
}

/// What a signature freezes beside the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// SHA-256 of the canonical content, in hexadecimal.
    pub content_hash: String,
    /// The therapist's credentials and the decision for the session's start, as JSON.
    pub credentials_snapshot: String,
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

/// What was added to a signed note. Signed as it is written, and as frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addendum {
    /// Which addendum.
    pub id: AddendumId,
    /// The note it adds to.
    pub note: NoteId,
    /// The login that wrote it.
    pub author: AccountId,
    /// What it says, sealed.
    pub content: Sealed,
    /// When it was signed.
    pub signed_at: Timestamp,
}

/// A signed note opened to its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The note.
    pub note: NoteId,
    /// Who may read it.
    pub client: ClientId,
    /// Who shared it.
    pub shared_by: AccountId,
    /// When.
    pub shared_at: Timestamp,
}

impl Writing<'_> {
    /// The session's day, in the zone it was booked in.
    #[must_use]
    pub fn date_of_service(&self) -> NaiveDate {
        let placement = &self.booking.placement;
        placement.session.start().date_in(placement.zone)
    }

    /// The one rule of which sessions are written about: those whose client has come, or whose hour has.
    fn happens(&self, step: &'static str) -> Result<(), Refusal> {
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

    fn has_begun(&self) -> bool {
        self.now >= self.booking.placement.session.start()
    }
}

impl Note {
    /// Begins the note of a session whose client is here, or whose start is reached.
    ///
    /// # Errors
    /// [`Refusal::NotThere`] to all but the booking's therapist, [`Refusal::InvalidTransition`] for a booking whose session does not happen,
    /// [`Refusal::PolicyViolation`] for one whose session is still to come.
    pub fn start(id: NoteId, at: Writing<'_>) -> Result<Change<Self>, Refusal> {
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
        };
        let event = note.event("note.started").with("booking", booking.id);
        Ok(Change::new(note, event))
    }

    /// Puts other content in the place of the draft's, with the session's actual times where they are known.
    ///
    /// # Errors
    /// [`Refusal::NotThere`] to all but its author, [`Refusal::InvalidTransition`] once signed or when the session does not happen after
    /// all, [`Refusal::VersionMismatch`] when it was changed since it was read, [`Refusal::Fields`] for times far from the planned ones.
    pub fn save_draft(
        self,
        content: Sealed,
        actual: Option<Span>,
        expected: i32,
        at: Writing<'_>,
    ) -> Result<Change<Self>, Refusal> {
        let draft = self.draft("save", expected, at)?;
        let near = draft.planned.padded(FURTHEST_OFF, FURTHEST_OFF);
        if actual.is_some_and(|actual| !near.contains(actual)) {
            let message = "must lie within a day of the planned time";
            return Err(Refusal::Fields(vec![Violation::at("/actual", "far_from_planned", message)]));
        }
        let event = draft.event("note.saved");
        let version = draft.version.saturating_add(1);
        let saved = Self { content: Some(content), actual: actual.or(draft.actual), version, ..draft };
        Ok(Change::new(saved, event))
    }

    /// Signs it, for good.
    ///
    /// # Errors
    /// As [`Note::save_draft`], and [`Refusal::Fields`] while there is no content, [`Refusal::PolicyViolation`] before the planned start,
    /// whatever the actual times say: those are the author's own word.
    pub fn sign(self, signature: Signature, expected: i32, at: Writing<'_>) -> Result<Change<Self>, Refusal> {
        let draft = self.draft("sign", expected, at)?;
        if draft.content.is_none() {
            return Err(Refusal::Fields(vec![Violation::at("/content", "required", "an empty note cannot be signed")]));
        }
        if !at.has_begun() {
            let detail = "a note is signed once its session has begun";
            return Err(Refusal::PolicyViolation { rule: "not_before_start", detail });
        }
        // Not the hash: from that of a very short note its words could be guessed, and admins read events.
        let event = draft.event("note.signed");
        let signed = Self {
            state: NoteState::Signed,
            version: draft.version.saturating_add(1),
            signed_at: Some(at.now),
            content_hash: Some(signature.content_hash),
            credentials_snapshot: Some(signature.credentials_snapshot),
            ..draft
        };
        Ok(Change::new(signed, event))
    }

    /// Opens it to its client.
    ///
    /// # Errors
    /// [`Refusal::NotThere`] to all but its author, [`Refusal::InvalidTransition`] unless signed.
    pub fn share(&self, actor: &Actor, now: Timestamp) -> Result<Change<Share>, Refusal> {
        let shared_by = self.writable(actor, "share", NoteState::Signed)?;
        let share = Share { note: self.id, client: self.client, shared_by, shared_at: now };
        Ok(Change::new(share, self.event("note.shared")))
    }

    /// Adds to it.
    ///
    /// # Errors
    /// [`Refusal::NotThere`] to all but its author, [`Refusal::InvalidTransition`] unless signed.
    pub fn amend(
        &self,
        id: AddendumId,
        content: Sealed,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Change<Addendum>, Refusal> {
        let author = self.writable(actor, "amend", NoteState::Signed)?;
        let addendum = Addendum { id, note: self.id, author, content, signed_at: now };
        Ok(Change::new(addendum, self.event("note.amended").with("addendum", id)))
    }

    /// Whether anything was added to it.
    #[must_use]
    pub fn is_amended(&self, addenda: &[Addendum]) -> bool {
        addenda.iter().any(|addendum| addendum.note == self.id)
    }

    /// The draft as it was read, with time and date of service as its booking has them now.
    fn draft(self, step: &'static str, expected: i32, at: Writing<'_>) -> Result<Self, Refusal> {
        self.writable(at.actor, step, NoteState::Draft)?;
        if self.version != expected {
            return Err(Refusal::VersionMismatch);
        }
        if (at.booking.id, at.booking.placement.therapist) != (self.booking, self.therapist) {
            return Err(Refusal::NotThere);
        }
        at.happens(step)?;
        Ok(Self { planned: at.booking.placement.session, date_of_service: at.date_of_service(), ..self })
    }

    /// The one rule of who changes a note, and in which state: answers with the author's login.
    fn writable(&self, actor: &Actor, step: &'static str, needed: NoteState) -> Result<AccountId, Refusal> {
        let author = treating(actor, self.therapist).filter(|account| *account == self.author);
        let author = author.ok_or(Refusal::NotThere)?;
        if self.state == needed {
            Ok(author)
        } else {
            Err(Refusal::InvalidTransition { what: "note", from: self.state.as_str(), step })
        }
    }

    fn event(&self, action: &'static str) -> Event {
        Event::new(action, self.id).about(self.client)
    }
}

/// The login of the actor, if they are this therapist.
fn treating(actor: &Actor, therapist: TherapistId) -> Option<AccountId> {
    if actor.therapist() == Some(therapist) { actor.account() } else { None }
}
