//! Showing once more that it is oneself, before something is signed.

use actix_web::post;
use actix_web::web::Data;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::accounts::Passwords;
use crate::accounts::store;
use crate::db::{Fault, Lock};
use crate::http::answer::shown;
use crate::http::{Answer, Guard, Json};
use crate::kernel::actor::Actor;
use crate::kernel::change::Event;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Showing once more that it is oneself.
    StepUp = "auth.step_up": signed_in;
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(step_up);
}

/// What shows that it is oneself.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "a long quiet sentence"}))]
struct StepUpAsk {
    #[schema(value_type = String)]
    password: SecretString,
}

/// How long it is good for.
#[derive(Serialize, ToSchema)]
struct StepUpView {
    /// Until then what is signed in this session is believed to be one's own.
    until: Timestamp,
}

/// Show once more that it is you, before you sign
///
/// Good for 15 minutes, and in the session it is sent in only.
#[utoipa::path(tag = "auth", request_body = StepUpAsk,
    responses((status = 200, body = StepUpView), (status = 401, description = "unauthenticated or wrong_credentials")))]
#[post("/auth/step-up")]
async fn step_up(guard: Guard<StepUp, Json<StepUpAsk>>, passwords: Data<Passwords>) -> Answer {
    let ask = guard.input.0.clone();
    let present = guard
        .read(|view| {
            let actor = view.actor();
            store::account(view, &actor, actor.account().ok_or(Refusal::Unauthenticated)?)
        })
        .await?;
    let id = present.id;
    if !passwords.verify(ask.password, Some(present.password_hash.clone())).await? {
        guard.write(move |tx| tx.record(&Event::new("account.step_up_refused", id))).await?;
        return Err(Refusal::WrongCredentials.into());
    }
    let until = guard
        .write(move |tx| {
            let Actor::Person(person) = tx.actor() else {
                return Err(Refusal::Unauthenticated.into());
            };
            tx.lock(&[Lock::Account(person.account)])?;
            let actor = tx.actor();
            // The password that was verified must still be the account's.
            if store::account(tx, &actor, person.account)?.password_hash != present.password_hash {
                return Err(Refusal::WrongCredentials.into());
            }
            let session = store::own_session(tx, person.account, person.session)?;
            let step = session.step_up("password", tx.now());
            let until = super::auth::session_of(step.state()).stepped_up_until();
            tx.save(step)?;
            Ok(until.ok_or(Fault::Corrupt("a session that was stepped up and is not"))?)
        })
        .await?;
    shown(&StepUpView { until })
}
