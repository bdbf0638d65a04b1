//! A new state and the event that tells of it, inseparable.
//!
//! A transition answers with a [`Change`]; the database's write door takes nothing else. So a write that leaves no trace cannot be written
//! down: there is no way to hand a state to the store without its event.

use uuid::Uuid;

use super::ids::ClientId;

/// What happened, in ids and words that hold no clinical content. Values never go in here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The stable name: `booking.requested`, `note.signed`.
    pub action: &'static str,
    /// What kind of thing it happened to.
    pub subject: &'static str,
    /// Which one.
    pub subject_id: Uuid,
    /// Whose record it touches.
    pub client: Option<ClientId>,
    /// Ids and codes that say more, in a stable order.
    pub details: Vec<(&'static str, String)>,
}

impl Event {
    /// An event named `subject.verb`, about one thing.
    #[must_use]
    pub fn new(action: &'static str, id: impl Into<Uuid>) -> Self {
        let subject = action.split_once('.').map_or(action, |(subject, _)| subject);
        Self { action, subject, subject_id: id.into(), client: None, details: Vec::new() }
    }

    /// The same event, on a client's record.
    #[must_use]
    pub fn about(mut self, client: ClientId) -> Self {
        self.client = Some(client);
        self
    }

    /// The same event with one more id or code.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.details.push((key, value.to_string()));
        self
    }

    /// The same event with one more id or code, where there is one.
    #[must_use]
    pub fn with_some(self, key: &'static str, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// The detail of that name, for a reaction that decides by it.
    #[must_use]
    pub fn detail(&self, key: &str) -> Option<&str> {
        self.details.iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
    }
}

/// A new state with the event of its coming to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a change does nothing until the write door saves it"]
pub struct Change<T> {
    state: T,
    event: Event,
}

impl<T> Change<T> {
    /// Ties a state to its event.
    pub fn new(state: T, event: Event) -> Self {
        Self { state, event }
    }

    /// The state as it will be.
    pub fn state(&self) -> &T {
        &self.state
    }

    /// The event as it will be recorded.
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Both, for the write door.
    pub fn into_parts(self) -> (T, Event) {
        (self.state, self.event)
    }
}
