//! What follows a signature: rows of their own that are as frozen as the note, which itself does not change.

use super::carried::Carried;
use super::note::{Note, NoteState};
use crate::kernel::actor::Actor;
use crate::kernel::change::Change;
use crate::kernel::ids::{AccountId, AddendumId, ClientId, NoteId, NoteSummaryId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::time::Timestamp;

/// A note with what its later rows say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filed {
    /// The note.
    pub note: Note,
    /// When it was opened to its client, if it was.
    pub shared_at: Option<Timestamp>,
    /// Whether its client has it in plain language.
    pub summarised: bool,
    /// Whether anything was added to it.
    pub amended: bool,
    /// When it was found to be entered in error, if it was.
    pub entered_in_error_at: Option<Timestamp>,
    /// When its author's supervisor co-signed it.
    pub cosigned_at: Option<Timestamp>,
    /// Whether another version of the draft, kept in a conflict, waits beside it.
    pub contested: bool,
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

/// A signed note in plain language, for its client. Another one replaces it in their eyes; both are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Which one.
    pub id: NoteSummaryId,
    /// The note.
    pub note: NoteId,
    /// Who may read it.
    pub client: ClientId,
    /// Who wrote it.
    pub author: AccountId,
    /// What it says, sealed.
    pub content: Sealed,
    /// When.
    pub shared_at: Timestamp,
}

/// That a signed note was entered in error. It is kept, and shown as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnteredInError {
    /// The note.
    pub note: NoteId,
    /// Its author, who says so.
    pub entered_by: AccountId,
    /// Why, sealed: the reason may name what was wrong.
    pub reason: Sealed,
    /// When.
    pub entered_at: Timestamp,
}

/// The supervisor's name under a trainee's note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The note.
    pub note: NoteId,
    /// Who co-signed.
    pub therapist: TherapistId,
    /// Under which login.
    pub cosigned_by: AccountId,
    /// The hash of the document that both signatures cover.
    pub document_hash: String,
    /// When.
    pub signed_at: Timestamp,
}

impl Filed {
    /// A note that nothing has followed yet.
    #[must_use]
    pub fn new(note: Note) -> Self {
        let (shared_at, entered_in_error_at, cosigned_at) = (None, None, None);
        let (summarised, amended, contested) = (false, false, false);
        Self { note, shared_at, summarised, amended, entered_in_error_at, cosigned_at, contested }
    }

    /// Whether it is signed by somebody in training, and nobody has put their name under it yet.
    #[must_use]
    pub fn awaits_cosignature(&self) -> bool {
        let asked = self.note.state == NoteState::Signed && self.note.supervisor.is_some();
        asked && self.cosigned_at.is_none() && self.entered_in_error_at.is_none()
    }

    /// The same as its client and who acts for them may know it: no words of one in error, and nothing that stands for words they were not shown.
    #[must_use]
    pub fn for_client(self) -> Self {
        let (in_error, shared) = (self.entered_in_error_at.is_some(), self.shared_at.is_some());
        let mut note = self.note;
        if in_error {
            note.content = None;
        }
        if in_error || !shared {
            (note.content_hash, note.document_hash) = (None, None);
            (note.corrects, note.carried) = (None, Carried::default());
        }
        Self { note, summarised: self.summarised && !in_error, contested: false, ..self }
    }

    /// Opens it to its client.
    ///
    /// # Errors
    /// [`Refusal::NotThere`] to all but its author, [`Refusal::InvalidTransition`] unless signed and not in error,
    /// [`Refusal::PolicyViolation`] while a co-signature is awaited.
    pub fn share(&self, actor: &Actor, now: Timestamp) -> Result<Change<Share>, Refusal> {
        let shared_by = self.standing(actor, "share")?;
        self.is_complete()?;
        let share = Share { note: self.note.id, client: self.note.client, shared_by, shared_at: now };
        Ok(Change::new(share, self.note.event("note.shared")))
    }

    /// Tells its client in plain language.
    ///
    /// # Errors
    /// As [`Filed::share`].
    pub fn summarise(
        &self,
        id: NoteSummaryId,
        content: Sealed,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Change<Summary>, Refusal> {
        let author = self.standing(actor, "summarise")?;
        self.is_complete()?;
        let (note, client) = (self.note.id, self.note.client);
        let event = self.note.event("note.summarised").with("summary", id);
        Ok(Change::new(Summary { id, note, client, author, content, shared_at: now }, event))
    }

    /// Adds to it. Whoever is in training adds only while the supervisor's name is still to come, which is put under the whole.
    ///
    /// # Errors
    /// [`Refusal::NotThere`] to all but its author, [`Refusal::InvalidTransition`] unless signed and not in error,
    /// [`Refusal::PolicyViolation`] to an author in training where nobody would answer for it.
    pub fn amend(
        &self,
        id: AddendumId,
        content: Sealed,
        in_training: bool,
        (actor, now): (&Actor, Timestamp),
    ) -> Result<Change<Addendum>, Refusal> {
        let author = self.standing(actor, "amend")?;
        if in_training && !self.awaits_cosignature() {
            let detail =
                "nobody would answer for it; a note that is wrong is marked as entered in error and written again";
            return Err(Refusal::PolicyViolation { rule: "author_in_training", detail });
        }
        let addendum = Addendum { id, note: self.note.id, author, content, signed_at: now };
        Ok(Change::new(addendum, self.note.event("note.amended").with("addendum", id)))
    }

    /// Marks it as entered in error.
    ///
    /// # Errors
    /// As [`Filed::amend`].
    pub fn enter_in_error(
        &self,
        reason: Sealed,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Change<EnteredInError>, Refusal> {
        let entered_by = self.standing(actor, "enter_in_error")?;
        let error = EnteredInError { note: self.note.id, entered_by, reason, entered_at: now };
        Ok(Change::new(error, self.note.event("note.entered_in_error")))
    }

    /// Puts the supervisor's name under it. `answers` says whether the actor answers for its author.
    ///
    /// # Errors
    /// [`Refusal::NotThere`] to all others, [`Refusal::InvalidTransition`] unless it awaits that.
    pub fn cosign(&self, actor: &Actor, answers: bool, now: Timestamp) -> Result<Change<Cosignature>, Refusal> {
        let own = actor.therapist().filter(|_| answers);
        let (therapist, cosigned_by) = own.zip(actor.account()).ok_or(Refusal::NotThere)?;
        if !self.awaits_cosignature() {
            let from = if self.cosigned_at.is_some() { "cosigned" } else { self.state() };
            return Err(Refusal::InvalidTransition { what: "note", from, step: "cosign" });
        }
        let document_hash = self.note.document_hash.clone().unwrap_or_default();
        let cosignature = Cosignature { note: self.note.id, therapist, cosigned_by, document_hash, signed_at: now };
        Ok(Change::new(cosignature, self.note.event("note.cosigned").with("therapist", therapist)))
    }

    /// Where it stands, in the word a refusal names.
    fn state(&self) -> &'static str {
        use crate::kernel::text_enum::TextEnum;
        if self.entered_in_error_at.is_some() { "entered_in_error" } else { self.note.state.as_str() }
    }

    /// Its author, if it is they, and it is signed and stands.
    fn standing(&self, actor: &Actor, step: &'static str) -> Result<AccountId, Refusal> {
        let author = self.note.writable(actor, step, NoteState::Signed)?;
        match self.entered_in_error_at {
            Some(_) => Err(Refusal::InvalidTransition { what: "note", from: self.state(), step }),
            None => Ok(author),
        }
    }

    /// Nobody's client reads what nobody answers for yet.
    fn is_complete(&self) -> Result<(), Refusal> {
        let detail = "its author's supervisor has still to co-sign it";
        let waits = self.awaits_cosignature();
        if waits { Err(Refusal::PolicyViolation { rule: "awaits_cosignature", detail }) } else { Ok(()) }
    }
}
