//! The log's rows.

use diesel::prelude::*;

use super::model::{ActorKind, Entry, Filter};
use crate::clients;
use crate::db::schema::{accounts, audit_events};
use crate::db::types::AnyId;
use crate::db::{Fault, Stop, View};
use crate::kernel::actor::{Actor, Role};
use crate::kernel::ids::{AccountId, AuditEventId, ClientId, FormLinkId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

crate::text_column!(ActorKind);

#[derive(Queryable)]
struct Row {
    id: AuditEventId,
    recorded_at: Timestamp,
    actor_kind: ActorKind,
    account_id: Option<AccountId>,
    role: Option<Role>,
    operation: String,
    action: String,
    subject: String,
    subject_id: AnyId,
    client_id: Option<ClientId>,
    request_id: AnyId,
    details: String,
    form_link_id: Option<FormLinkId>,
}

impl TryFrom<Row> for Entry {
    type Error = Stop;
    fn try_from(row: Row) -> Result<Self, Stop> {
        let details = serde_json::from_str(&row.details).map_err(|_| Fault::Corrupt("an event that is not JSON"))?;
        Ok(Self {
            id: row.id,
            recorded_at: row.recorded_at,
            // The log's rows know three kinds; who held a form link was anonymous but for the link.
            actor: if row.form_link_id.is_some() { ActorKind::FormLink } else { row.actor_kind },
            form_link: row.form_link_id,
            account: row.account_id,
            role: row.role,
            operation: row.operation,
            action: row.action,
            subject: row.subject,
            subject_id: row.subject_id.0,
            client: row.client_id,
            request: row.request_id.0,
            details,
        })
    }
}

/// Events, newest first, for an admin.
pub(super) fn events(view: &mut View<'_>, actor: &Actor, filter: &Filter, ask: PageAsk) -> Result<Page<Entry>, Stop> {
    for_admins(actor)?;
    let mut query = audit_events::table.order(audit_events::id.desc()).limit(ask.limit + 1).into_boxed();
    if let Some(account) = filter.account {
        query = query.filter(audit_events::account_id.eq(account));
    }
    if let Some(client) = filter.client {
        query = query.filter(audit_events::client_id.eq(client));
    }
    if let Some(subject) = filter.subject {
        query = query.filter(audit_events::subject_id.eq(AnyId(subject)));
    }
    if let Some(action) = &filter.action {
        query = query.filter(audit_events::action.eq(action));
    }
    if let Some(operation) = &filter.operation {
        query = query.filter(audit_events::operation.eq(operation));
    }
    if let Some(from) = filter.from {
        query = query.filter(audit_events::recorded_at.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(audit_events::recorded_at.lt(to));
    }
    if let Some(after) = ask.after {
        query = query.filter(audit_events::id.lt(AuditEventId(after)));
    }
    let rows: Vec<Row> = view.load(query)?;
    told(Page::cut(rows, ask, |row| row.id.0), Entry::try_from)
}

/// One event, for an admin.
pub(super) fn event(view: &mut View<'_>, actor: &Actor, id: AuditEventId) -> Result<Entry, Stop> {
    for_admins(actor)?;
    let row: Option<Row> = view.first(audit_events::table.filter(audit_events::id.eq(id)))?;
    row.ok_or(Refusal::NotThere)?.try_into()
}

/// What touched a client's record, newest first, each with the actor's name; for the client, their guardians and admins.
pub(super) fn touching(
    view: &mut View<'_>,
    actor: &Actor,
    client: ClientId,
    ask: PageAsk,
) -> Result<Page<(Entry, Option<String>)>, Stop> {
    if !actor.has(Role::Admin) && !clients::store::acts_for(view, actor, client)? {
        return Err(Refusal::NotThere.into());
    }
    clients::store::client(view, actor, client)?;
    let mut query = audit_events::table
        .left_join(accounts::table.on(audit_events::account_id.eq(accounts::id.nullable())))
        .filter(audit_events::client_id.eq(client))
        .order(audit_events::id.desc())
        .limit(ask.limit + 1)
        .select((audit_events::all_columns, accounts::name.nullable()))
        .into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(audit_events::id.lt(AuditEventId(after)));
    }
    let rows: Vec<(Row, Option<String>)> = view.load(query)?;
    told(Page::cut(rows, ask, |(row, _)| row.id.0), |(row, name)| Ok((row.try_into()?, name)))
}

fn for_admins(actor: &Actor) -> Result<(), Refusal> {
    if actor.has(Role::Admin) { Ok(()) } else { Err(Refusal::NotThere) }
}

fn told<R, E>(page: Page<R>, tell: impl FnMut(R) -> Result<E, Stop>) -> Result<Page<E>, Stop> {
    let items = page.items.into_iter().map(tell).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}
