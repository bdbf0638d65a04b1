//! The log, for admins; a client's own access log.

use std::collections::BTreeMap;

use actix_web::get;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::model::{ActorKind, Entry, Filter};
use super::store;
use crate::clients;
use crate::http::answer::shown;
use crate::http::extract::page_ask;
use crate::http::{Answer, At, Guard, PageQuery, Query};
use crate::kernel::actor::Role;
use crate::kernel::change::Event;
use crate::kernel::ids::{AccountId, AuditEventId, ClientId, FormLinkId};
use crate::kernel::time::Timestamp;
use crate::{policies, text_schema};

text_schema!(ActorKind);

policies! {
    /// Searching the log.
    ListEvents = "audit_events.list": [Admin];
    /// Seeing one event.
    SeeEvent = "audit_events.see": [Admin];
    /// Seeing what touched a client's record.
    SeeAccessLog = "clients.access_log": [Admin, Client];
}

/// Mounts the slice's operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_audit_events).service(see_audit_event).service(see_access_log);
}

/// An event of the log: ids and codes alone.
#[derive(Serialize, ToSchema)]
struct EventView {
    id: AuditEventId,
    recorded_at: Timestamp,
    actor: ActorKind,
    account_id: Option<AccountId>,
    /// The form link they held; `details.form_link_issued_by` names who gave it out.
    form_link_id: Option<FormLinkId>,
    /// The role that let them in.
    role: Option<Role>,
    /// The operation or job it was part of.
    operation: String,
    /// What happened: `booking.requested`, `session_note.signed`.
    action: String,
    /// What kind of thing it happened to.
    subject: String,
    /// Which one; all zeros where it was none in particular, such as a list.
    subject_id: Uuid,
    /// Whose record it touched.
    client_id: Option<ClientId>,
    /// The request, as answered in `X-Request-Id` and written in the server's log.
    request_id: Uuid,
    /// Further ids and codes.
    details: BTreeMap<String, String>,
}

impl From<Entry> for EventView {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            recorded_at: entry.recorded_at,
            actor: entry.actor,
            account_id: entry.account,
            form_link_id: entry.form_link,
            role: entry.role,
            operation: entry.operation,
            action: entry.action,
            subject: entry.subject,
            subject_id: entry.subject_id,
            client_id: entry.client,
            request_id: entry.request,
            details: entry.details,
        }
    }
}

/// A page of events, newest first.
#[derive(Serialize, ToSchema)]
struct EventsView {
    items: Vec<EventView>,
    next_cursor: Option<Uuid>,
}

/// Which events to list.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// Whose login acted.
    actor: Option<AccountId>,
    /// Whose record was touched.
    client_id: Option<ClientId>,
    /// Which thing it happened to.
    subject_id: Option<Uuid>,
    /// What happened.
    action: Option<String>,
    /// The operation or job it was part of.
    operation: Option<String>,
    /// From when on, included.
    from: Option<Timestamp>,
    /// Until when, not included.
    to: Option<Timestamp>,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<Uuid>,
}

impl EventsQuery {
    fn filter(&self) -> Filter {
        Filter {
            account: self.actor,
            client: self.client_id,
            subject: self.subject_id,
            action: self.action.clone(),
            operation: self.operation.clone(),
            from: self.from,
            to: self.to,
        }
    }
}

/// List audit events, newest first
///
/// The listing is an event itself; one that asks about a client is in that client's access log.
#[utoipa::path(tag = "audit", params(EventsQuery), responses((status = 200, body = EventsView)))]
#[get("/audit-events")]
async fn list_audit_events(guard: Guard<ListEvents, Query<EventsQuery>>) -> Answer {
    let Query(query) = guard.input.clone();
    let (ask, filter) = (page_ask(query.limit, query.cursor)?, query.filter());
    let page = guard
        .write(move |tx| {
            let actor = tx.actor();
            let page = store::events(tx, &actor, &filter, ask)?;
            let event = Event::new("audit.listed", Uuid::nil()).with("found", page.items.len());
            tx.record(&Event { client: filter.client, ..event })?;
            Ok(page)
        })
        .await?
        .map(EventView::from);
    shown(&EventsView { items: page.items, next_cursor: page.next_cursor })
}

/// See one audit event
#[utoipa::path(tag = "audit", responses((status = 200, body = EventView)))]
#[get("/audit-events/{id}")]
async fn see_audit_event(guard: Guard<SeeEvent, At<AuditEventId>>) -> Answer {
    let At(id) = guard.input;
    let entry = guard
        .write(move |tx| {
            let actor = tx.actor();
            let entry = store::event(tx, &actor, id)?;
            tx.record(&Event { client: entry.client, ..Event::new("audit.viewed", id) })?;
            Ok(entry)
        })
        .await?;
    shown(&EventView::from(entry))
}

/// Somebody's touch on a client's record.
#[derive(Serialize, ToSchema)]
struct AccessView {
    id: AuditEventId,
    recorded_at: Timestamp,
    actor: ActorKind,
    /// Who, by the name of their login.
    name: Option<String>,
    /// In which role.
    role: Option<Role>,
    /// What they saw or did.
    action: String,
}

/// A page of an access log, newest first.
#[derive(Serialize, ToSchema)]
struct AccessLogView {
    items: Vec<AccessView>,
    next_cursor: Option<Uuid>,
}

/// See who looked at a client's record or changed it, when and in what role
///
/// For the client, their guardians, and admins, whose look is an event itself.
#[utoipa::path(tag = "clients", params(PageQuery), responses((status = 200, body = AccessLogView)))]
#[get("/clients/{id}/access-log")]
async fn see_access_log(guard: Guard<SeeAccessLog, (At<ClientId>, Query<PageQuery>)>) -> Answer {
    let (At(id), Query(query)) = guard.input.clone();
    let ask = query.ask()?;
    let page = guard
        .write(move |tx| {
            let actor = tx.actor();
            let page = store::touching(tx, &actor, id, ask)?;
            if !clients::store::acts_for(tx, &actor, id)? {
                tx.record(&Event::new("client.access_log_viewed", id).about(id))?;
            }
            Ok(page)
        })
        .await?
        .map(|(entry, name)| AccessView {
            id: entry.id,
            recorded_at: entry.recorded_at,
            actor: entry.actor,
            name,
            role: entry.role,
            action: entry.action,
        });
    shown(&AccessLogView { items: page.items, next_cursor: page.next_cursor })
}
