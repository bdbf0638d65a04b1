//! Replacing a password: with the present one, or with a recovery link.

use actix_web::post;
use actix_web::web::Data;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::accounts::Passwords;
use crate::accounts::model::{LinkPurpose, password_fits};
use crate::accounts::{acts, store};
use crate::db::Lock;
use crate::http::answer::done;
use crate::http::{Answer, Guard, Json, Problem};
use crate::kernel::actor::Actor;
use crate::kernel::change::Event;
use crate::kernel::fields::Fields;
use crate::kernel::refusal::Refusal;
use crate::policies;

policies! {
    /// Setting a new password with a recovery link.
    Recover = "auth.recover": anyone;
    /// Changing one's own password.
    ChangePassword = "auth.password": signed_in;
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(recover).service(change_password);
}

/// A recovery link's secret and the new password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "from-the-link", "password": "another long sentence"}))]
struct RecoverAsk {
    token: String,
    #[schema(value_type = String)]
    password: SecretString,
}

/// Set a new password with a recovery link
#[utoipa::path(tag = "auth", request_body = RecoverAsk, security(()),
    responses((status = 204), (status = 410, description = "link_spent")))]
#[post("/auth/recover")]
async fn recover(guard: Guard<Recover, Json<RecoverAsk>>, passwords: Data<Passwords>) -> Answer {
    let ask = guard.input.0.clone();
    let hash = hashed(&passwords, &ask.password, "/password").await?;
    guard
        .write(move |tx| {
            let token = store::one_time_token(tx, LinkPurpose::Recovery, &ask.token)?;
            let id = token.account.ok_or(Refusal::LinkSpent)?;
            tx.lock(&[Lock::Account(id)])?;
            // Read again under the lock: somebody may have used it in between.
            let token = store::one_time_token(tx, LinkPurpose::Recovery, &ask.token)?;
            tx.save(token.redeem(tx.now())?)?;
            let account = store::account_of_link(tx, id)?;
            acts::replace_password(tx, account, hash.clone(), None)
        })
        .await?;
    done()
}

async fn hashed(passwords: &Passwords, password: &SecretString, pointer: &str) -> Result<String, Problem> {
    let mut fields = Fields::default();
    password_fits(&mut fields, pointer, password.expose_secret(), None);
    fields.finish(|| Some(()))?;
    Ok(passwords.hash(password.clone()).await?)
}

/// The present password and the next.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"current_password": "a long quiet sentence", "new_password": "another long sentence"}))]
struct ChangePasswordAsk {
    #[schema(value_type = String)]
    current_password: SecretString,
    #[schema(value_type = String)]
    new_password: SecretString,
}

/// Change one's own password; every other session ends
#[utoipa::path(tag = "auth", request_body = ChangePasswordAsk, responses((status = 204)))]
#[post("/auth/password")]
async fn change_password(guard: Guard<ChangePassword, Json<ChangePasswordAsk>>, passwords: Data<Passwords>) -> Answer {
    let ask = guard.input.0.clone();
    let present = guard
        .read(|view| {
            let actor = view.actor();
            store::account(view, &actor, actor.account().ok_or(Refusal::Unauthenticated)?)
        })
        .await?;
    let id = present.id;
    if !passwords.verify(ask.current_password, Some(present.password_hash.clone())).await? {
        guard.write(move |tx| tx.record(&Event::new("account.password_change_refused", id))).await?;
        return Err(Refusal::WrongCredentials.into());
    }
    let hash = hashed(&passwords, &ask.new_password, "/new_password").await?;
    guard
        .write(move |tx| {
            let Actor::Person(person) = tx.actor() else {
                return Err(Refusal::Unauthenticated.into());
            };
            tx.lock(&[Lock::Account(person.account)])?;
            let actor = tx.actor();
            let account = store::account(tx, &actor, person.account)?;
            // The password that was verified must still be the one that is replaced.
            if account.password_hash != present.password_hash {
                return Err(Refusal::WrongCredentials.into());
            }
            acts::replace_password(tx, account, hash.clone(), Some(person.session))
        })
        .await?;
    done()
}
