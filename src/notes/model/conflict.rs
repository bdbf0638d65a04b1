//! Two devices, one draft: what the losing side sent is kept beside it.
//!
//! ```text
//!   (a save that comes too late) -> sibling -> adopted | discarded
//! ```
//!
//! Adopting swaps: what the draft said is kept as a sibling in its turn, so neither text is lost until somebody says that it may be.

use super::carried::Carried;
use super::note::{Note, NoteState, Writing, Written, is_near};
use crate::kernel::actor::Actor;
use crate::kernel::change::Change;
use crate::kernel::ids::{NoteId, NoteSiblingId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::time::{Span, Timestamp};

/// What the losing side of a conflict sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sibling {
    /// Which one.
    pub id: NoteSiblingId,
    /// The note it is about.
    pub note: NoteId,
    /// The version it was written upon; 0 where the note was not known to exist.
    pub base_version: i32,
    /// What it says, sealed.
    pub content: Sealed,
    /// A keyed hash of what it says.
    pub mac: Vec<u8>,
    /// The parts of it that were carried over and not changed since.
    pub carried: Carried,
    /// When the session was, by its word.
    pub actual: Option<Span>,
    /// When it was kept.
    pub kept_at: Timestamp,
}

/// A sibling that goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discarded(pub NoteSiblingId);

/// A draft that takes up a sibling, and the sibling that is left of what it said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// The note as it is from now on.
    pub note: Note,
    /// The sibling that was taken up.
    pub adopted: NoteSiblingId,
    /// What the draft said, if it said anything.
    pub displaced: Option<Sibling>,
}

impl Note {
    /// Whether a save that names `expected` is the last one over again: its answer did not arrive.
    #[must_use]
    pub fn was_saved_so(&self, mac: &[u8], actual: Option<Span>, expected: i32) -> bool {
        self.state == NoteState::Draft
            && self.version == expected.saturating_add(1)
            && self.mac.as_deref() == Some(mac)
            && (actual.is_none() || actual == self.actual)
    }

    /// Keeps what came too late, also where the note has been signed in between.
    ///
    /// # Errors
    /// [`Refusal::NotThere`] to all but its author; [`Refusal::VersionMismatch`] for the version that stands: what is written upon that is a save.
    pub fn keep_beside(
        &self,
        id: NoteSiblingId,
        written: Written,
        base_version: i32,
        (actor, now): (&Actor, Timestamp),
    ) -> Result<Change<Sibling>, Refusal> {
        self.authored(actor)?;
        if base_version == self.version {
            return Err(Refusal::VersionMismatch);
        }
        let Written { content, mac, carried, actual } = written;
        let sibling = Sibling { id, note: self.id, base_version, content, mac, carried, actual, kept_at: now };
        Ok(Change::new(sibling, self.event("note.sibling_kept").with("sibling", id)))
    }

    /// Gives up a sibling.
    ///
    /// # Errors
    /// [`Refusal::NotThere`] to all but its author.
    pub fn discard(&self, sibling: &Sibling, actor: &Actor) -> Result<Change<Discarded>, Refusal> {
        self.authored(actor)?;
        Ok(Change::new(Discarded(sibling.id), self.event("note.sibling_discarded").with("sibling", sibling.id)))
    }

    /// Takes up a sibling: `written` is what it says, sealed for the draft, and `displaced` what the draft said, sealed to be kept beside it. A
    /// time of it that is far from the plan is left: the words are what counts.
    ///
    /// # Errors
    /// As [`Note::save_draft`].
    pub fn adopt(
        self,
        sibling: &Sibling,
        (written, displaced): (Written, Option<Sibling>),
        expected: i32,
        at: Writing<'_>,
    ) -> Result<Change<Swap>, Refusal> {
        let actual = written.actual.filter(|actual| is_near(at.booking.placement.session, *actual));
        let written = Written { actual, ..written };
        let (note, _) = self.save_draft(written, expected, at)?.into_parts();
        let event = note.event("note.sibling_adopted").with("sibling", sibling.id);
        Ok(Change::new(Swap { note, adopted: sibling.id, displaced }, event))
    }
}
