//! Seeing to whoever has sessions to come, one client after another, once a text has come to be required or is so no longer.

use crate::kernel::change::{Change, Event};
use crate::kernel::ids::{ClientId, ConsentTemplateId};

/// Work that is left after the requirement of a text has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    /// Which text.
    pub template: ConsentTemplateId,
    /// The last client that was seen to; nobody yet, if absent.
    pub after: Option<ClientId>,
    /// Whether everybody was.
    pub is_over: bool,
}

impl Walk {
    /// Goes on after a client who was seen to.
    pub fn past(self, client: ClientId) -> Change<Self> {
        let event = Event::new("consent_template.followed", self.template).about(client);
        Change::new(Self { after: Some(client), ..self }, event)
    }

    /// Ends after the last.
    pub fn end(self) -> Change<Self> {
        Change::new(Self { is_over: true, ..self }, Event::new("consent_template.followed_through", self.template))
    }
}
