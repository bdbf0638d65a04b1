//! The proof that a look at clinical content was recorded before it happened.

use uuid::Uuid;

use crate::kernel::ids::ClientId;

/// Permission to open one client's content of one kind, once.
///
/// Made by [`Tx::look`](super::Tx::look) alone, which commits the event of the look; it cannot be copied. The vault opens nothing without
/// one that fits.
#[derive(Debug)]
pub struct Look {
    client: ClientId,
    subject: &'static str,
    subject_id: Uuid,
}

impl Look {
    pub(super) fn new(client: ClientId, subject: &'static str, subject_id: Uuid) -> Self {
        Self { client, subject, subject_id }
    }

    /// Whose content may be opened.
    #[must_use]
    pub fn client(&self) -> ClientId {
        self.client
    }

    /// What kind of thing may be opened, and which one.
    #[must_use]
    pub fn subject(&self) -> (&'static str, Uuid) {
        (self.subject, self.subject_id)
    }
}
