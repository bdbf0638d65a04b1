//! The proof that a look at clinical content was recorded before it happened.

use std::sync::OnceLock;

use uuid::Uuid;

use crate::kernel::ids::ClientId;

/// Permission to open one record of one client, or whole named classes of that client's content, in one transaction.
///
/// Made by [`Tx::look`](super::Tx::look) and [`Tx::look_at_client`](super::Tx::look_at_client) alone, which record the event of the look; it
/// cannot be copied. The vault opens nothing without one that names the record, or the client and the record's class; never another client's.
/// It is good for the first transaction it is used in and no other: either the write transaction that recorded it, whose answer nobody gets
/// unless the event is committed with it, or one read after that commit.
#[derive(Debug)]
pub struct Look {
    client: ClientId,
    subject: &'static str,
    subject_id: Uuid,
    classes: Vec<&'static str>,
    used_in: OnceLock<u64>,
}

impl Look {
    pub(super) fn new(client: ClientId, subject: &'static str, subject_id: Uuid) -> Self {
        Self { client, subject, subject_id, classes: Vec::new(), used_in: OnceLock::new() }
    }

    /// The same look, at everything of these classes.
    pub(super) fn at_all(self, classes: Vec<&'static str>) -> Self {
        Self { classes, ..self }
    }

    /// Whether the transaction with this number is the one it is good for; the first to ask is.
    pub(super) fn is_for(&self, transaction: u64) -> bool {
        *self.used_in.get_or_init(|| transaction) == transaction
    }

    /// Whose content may be opened.
    #[must_use]
    pub fn client(&self) -> ClientId {
        self.client
    }

    /// What kind of thing was looked at, and which one; all that may be opened, unless there are [`classes`](Self::classes).
    #[must_use]
    pub fn subject(&self) -> (&'static str, Uuid) {
        (self.subject, self.subject_id)
    }

    /// The classes of the client's content that may be opened whole; none for a look at one record.
    #[must_use]
    pub fn classes(&self) -> &[&'static str] {
        &self.classes
    }
}
