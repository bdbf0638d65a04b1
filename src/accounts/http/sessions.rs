//! Seeing oneself and one's sessions, and ending them.

use actix_web::{delete, get, post};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::users::UserView;
use crate::accounts::store;
use crate::http::answer::{done, shown};
use crate::http::{Answer, At, Guard};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{ClientId, SessionId, TherapistId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Signing out.
    LogOut = "auth.logout": signed_in;
    /// Seeing oneself.
    SeeSelf = "auth.me": signed_in;
    /// Seeing one's own sessions.
    ListSessions = "auth.sessions": signed_in;
    /// Ending one of one's own sessions.
    EndSession = "auth.session_end": signed_in;
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(log_out).service(see_self).service(list_sessions).service(end_session);
}

/// Sign out: end this session
#[utoipa::path(tag = "auth", responses((status = 204)))]
#[post("/auth/logout")]
async fn log_out(guard: Guard<LogOut>) -> Answer {
    guard
        .write(|tx| {
            let Actor::Person(person) = tx.actor() else {
                return Err(Refusal::Unauthenticated.into());
            };
            let session = store::own_session(tx, person.account, person.session)?;
            let now = tx.now();
            tx.save(session.end("signed_out", now)).map(drop)
        })
        .await?;
    done()
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
struct SelfView {
    #[serde(flatten)]
    user: UserView,
    /// The caller's client record.
    client_id: Option<ClientId>,
    /// The caller's therapist record.
    therapist_id: Option<TherapistId>,
    /// Client records the caller may act for: wards whose guardian they are.
    acting_for: Vec<ClientId>,
}

/// See who is signed in
#[utoipa::path(tag = "auth", responses((status = 200, body = SelfView)))]
#[get("/auth/me")]
async fn see_self(guard: Guard<SeeSelf>) -> Answer {
    let view = guard
        .read(|view| {
            let actor = view.actor();
            let id = actor.account().ok_or(Refusal::Unauthenticated)?;
            let user = UserView::from(store::account(view, &actor, id)?);
            let acting_for = store::wards(view, &actor)?;
            Ok(SelfView { user, client_id: actor.client(), therapist_id: actor.therapist(), acting_for })
        })
        .await?;
    shown(&view)
}

/// One of one's own sessions.
#[derive(Serialize, ToSchema)]
struct SessionView {
    id: SessionId,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// Whether it is the one this request was made in.
    current: bool,
}

/// The caller's open sessions.
#[derive(Serialize, ToSchema)]
struct SessionsView {
    items: Vec<SessionView>,
}

/// List one's own open sessions
#[utoipa::path(tag = "auth", responses((status = 200, body = SessionsView)))]
#[get("/auth/sessions")]
async fn list_sessions(guard: Guard<ListSessions>) -> Answer {
    let view = guard
        .read(|view| {
            let actor = view.actor();
            let Actor::Person(person) = actor else {
                return Err(Refusal::Unauthenticated.into());
            };
            let items = store::own_sessions(view, &actor)?
                .into_iter()
                .map(|session| SessionView {
                    id: session.id,
                    created_at: session.created_at,
                    expires_at: session.expires_at,
                    current: session.id == person.session,
                })
                .collect();
            Ok(SessionsView { items })
        })
        .await?;
    shown(&view)
}

/// End one of one's own sessions
#[utoipa::path(tag = "auth", responses((status = 204)))]
#[delete("/auth/sessions/{id}")]
async fn end_session(guard: Guard<EndSession, At<SessionId>>) -> Answer {
    let id = guard.input.0;
    guard
        .write(move |tx| {
            let account = tx.actor().account().ok_or(Refusal::Unauthenticated)?;
            let session = store::own_session(tx, account, id)?;
            let now = tx.now();
            tx.save(session.end("signed_out", now)).map(drop)
        })
        .await?;
    done()
}
