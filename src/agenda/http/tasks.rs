//! Everybody's tasks.

use actix_web::get;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use crate::agenda::model::{Task, TaskKey, TaskKind, page};
use crate::agenda::store;
use crate::bookings::model::Remedy;
use crate::http::answer::shown;
use crate::http::extract::page_ask;
use crate::http::{Answer, Guard, Problem, Query};
use crate::kernel::ids::{BookingId, ClientId};
use crate::kernel::refusal::Violation;
use crate::kernel::time::Timestamp;
use crate::{policies, text_schema};

text_schema!(TaskKind);

policies! {
    /// Seeing what waits for oneself.
    ListTasks = "tasks.list": signed_in;
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_tasks);
}

/// Something that waits for whoever asks.
#[derive(Serialize, ToSchema)]
struct TaskView {
    kind: TaskKind,
    /// The form, consent, booking, place on the waiting list, note, guardianship, change of a zone or credential it is about.
    subject_id: Uuid,
    client_id: Option<ClientId>,
    booking_id: Option<BookingId>,
    /// By when, where there is such a time; it may have passed.
    due_at: Option<Timestamp>,
    /// Since when it waits.
    since: Timestamp,
    /// The operation that does it, by its `operationId`; absent where there is nothing to call.
    operation: Option<&'static str>,
    /// What would mend what is amiss with a booking.
    remedies: Vec<Remedy>,
}

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        Self {
            kind: task.kind,
            subject_id: task.subject,
            client_id: task.client,
            booking_id: task.booking,
            due_at: task.due_at,
            since: task.since,
            operation: task.kind.operation(),
            remedies: task.remedies,
        }
    }
}

/// A page of tasks.
#[derive(Serialize, ToSchema)]
struct TasksView {
    items: Vec<TaskView>,
    /// Hand this back as `cursor` for the next page; absent on the last.
    next_cursor: Option<String>,
}

/// Which page.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TasksQuery {
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
}

/// List what waits for oneself and one's wards
///
/// What is due first comes first, what is never due last; then what has waited longest. A task is there as long as its cause is: nobody ticks it
/// off. It tells nothing clinical.
#[utoipa::path(tag = "agenda", params(TasksQuery), responses((status = 200, body = TasksView), (status = 422, description = "invalid_fields")))]
#[get("/tasks")]
async fn list_tasks(guard: Guard<ListTasks, Query<TasksQuery>>) -> Answer {
    let Query(query) = guard.input.clone();
    let ask = page_ask(query.limit, None)?;
    let after = query.cursor.as_deref().map(str::parse::<TaskKey>).transpose();
    let unknown = |()| Problem::field(Violation::at("cursor", "invalid", "must be the `next_cursor` of a page before"));
    let after = after.map_err(unknown)?;
    let tasks = guard
        .read(|view| {
            let actor = view.actor();
            store::tasks(view, &actor)
        })
        .await?;
    let (items, next) = page(tasks, ask, after);
    let items = items.into_iter().map(TaskView::from).collect();
    shown(&TasksView { items, next_cursor: next.map(|next| next.to_string()) })
}
