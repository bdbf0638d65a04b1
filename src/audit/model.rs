//! A row of the log and the questions asked of it.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::kernel::actor::Role;
use crate::kernel::ids::{AccountId, AuditEventId, ClientId, FormLinkId};
use crate::kernel::time::Timestamp;
use crate::text_enum;

text_enum! {
    /// What kind of actor it was.
    pub enum ActorKind {
        /// Somebody who was not signed in.
        Anonymous = "anonymous",
        /// Whoever holds a link to one form of a client.
        FormLink = "form_link",
        /// Somebody signed in.
        Account = "account",
        /// A job of the program.
        System = "system",
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Which event.
    pub id: AuditEventId,
    /// When.
    pub recorded_at: Timestamp,
    /// What kind of actor.
    pub actor: ActorKind,
    /// Whose login.
    pub account: Option<AccountId>,
    /// The link they held.
    pub form_link: Option<FormLinkId>,
    /// The role that let them in.
    pub role: Option<Role>,
    /// The operation or job it was part of.
    pub operation: String,
    /// The event's name.
    pub action: String,
    /// What kind of thing it happened to.
    pub subject: String,
    /// Which one.
    pub subject_id: Uuid,
    /// Whose record it touches.
    pub client: Option<ClientId>,
    /// The request it was part of.
    pub request: Uuid,
    /// Further ids and codes.
    pub details: BTreeMap<String, String>,
}

/// Which events are asked for; what is absent does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Whose login acted.
    pub account: Option<AccountId>,
    /// Whose record was touched.
    pub client: Option<ClientId>,
    /// Which thing it happened to.
    pub subject: Option<Uuid>,
    /// The event's name.
    pub action: Option<String>,
    /// The operation or job.
    pub operation: Option<String>,
    /// From when on, included.
    pub from: Option<Timestamp>,
    /// Until when, not included.
    pub to: Option<Timestamp>,
}
