//! The event's row. Reading the log back is the audit slice's; writing it is the door's.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::schema::audit_events;
use super::stop::{Fault, Stop};
use super::types::AnyId;
use crate::kernel::actor::{Actor, Permit};
use crate::kernel::change::Event;
use crate::kernel::ids::{AccountId, AuditEventId, ClientId, FormLinkId};
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;

#[derive(Insertable)]
#[diesel(table_name = audit_events)]
pub(super) struct Row {
    id: AuditEventId,
    recorded_at: Timestamp,
    actor_kind: &'static str,
    account_id: Option<AccountId>,
    role: Option<&'static str>,
    operation: &'static str,
    action: &'static str,
    subject: &'static str,
    subject_id: AnyId,
    client_id: Option<ClientId>,
    request_id: AnyId,
    details: String,
    form_link_id: Option<FormLinkId>,
}

/// What was told several times under one key, such as each block, stands there with commas between.
fn details(event: &Event) -> BTreeMap<&'static str, String> {
    let mut details: BTreeMap<&'static str, String> = BTreeMap::new();
    for (key, value) in &event.details {
        details.entry(key).and_modify(|told| *told = format!("{told},{value}")).or_insert_with(|| value.clone());
    }
    details
}

pub(super) fn row(event: &Event, actor: &Actor, permit: &Permit, now: Timestamp) -> Result<Row, Stop> {
    let (actor_kind, role, operation) = match actor {
        Actor::Anonymous | Actor::FormLink(_) => ("anonymous", None, permit.operation()),
        Actor::Person(person) => ("account", person.role.map(TextEnum::as_str), permit.operation()),
        Actor::System(job) => ("system", None, *job),
    };
    let (bearer, mut details) = (actor.form_link(), details(event));
    if let Some(bearer) = bearer {
        // Who answers for the link being in somebody's hands.
        details.insert("form_link_issued_by", bearer.issued_by.to_string());
    }
    Ok(Row {
        id: AuditEventId::new(now),
        recorded_at: now,
        actor_kind,
        account_id: actor.account(),
        role,
        operation,
        action: event.action,
        subject: event.subject,
        subject_id: AnyId(event.subject_id),
        client_id: event.client,
        request_id: AnyId(permit.request()),
        form_link_id: bearer.map(|bearer| bearer.link),
        details: serde_json::to_string(&details).map_err(|_| Fault::Corrupt("an event that is not JSON"))?,
    })
}
