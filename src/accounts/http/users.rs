//! The admin's view of accounts.

use actix_web::{get, post, put};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::accounts::model::{Account, AccountState};
use crate::accounts::{acts, store};
use crate::db::Lock;
use crate::http::answer::{shown, versioned};
use crate::http::openapi::IfMatchHeader;
use crate::http::{Answer, At, Guard, IfMatch, Json, PageQuery, Query};
use crate::kernel::actor::Role;
use crate::kernel::ids::AccountId;
use crate::kernel::page::Page;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::{policies, text_schema};

text_schema!(AccountState);

policies! {
    /// Listing accounts.
    ListUsers = "users.list": [Admin];
    /// Seeing one account.
    SeeUser = "users.see": [Admin];
    /// Giving an account its roles.
    SetRoles = "users.set_roles": [Admin];
    /// Ending an account's access.
    DisableUser = "users.disable": [Admin];
    /// Giving access back.
    EnableUser = "users.enable": [Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_users).service(see_user).service(set_roles).service(disable_user).service(enable_user);
}

/// An account, without its secrets.
#[derive(Serialize, ToSchema)]
pub(super) struct UserView {
    account_id: AccountId,
    email: String,
    name: String,
    state: AccountState,
    roles: Vec<Role>,
    created_at: Timestamp,
    version: i32,
}

impl From<Account> for UserView {
    fn from(account: Account) -> Self {
        Self {
            account_id: account.id,
            email: account.email,
            name: account.name,
            state: account.state,
            roles: account.roles.iter().collect(),
            created_at: account.created_at,
            version: account.version,
        }
    }
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
struct UsersView {
    items: Vec<UserView>,
    next_cursor: Option<uuid::Uuid>,
}

impl From<Page<Account>> for UsersView {
    fn from(page: Page<Account>) -> Self {
        let page = page.map(UserView::from);
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// List accounts
#[utoipa::path(tag = "people", params(PageQuery), responses((status = 200, body = UsersView)))]
#[get("/users")]
async fn list_users(guard: Guard<ListUsers, Query<PageQuery>>) -> Answer {
    let ask = guard.input.0.ask()?;
    shown(&UsersView::from(guard.read(move |view| store::accounts(view, ask)).await?))
}

/// See one account
#[utoipa::path(tag = "people", responses((status = 200, body = UserView)))]
#[get("/users/{id}")]
async fn see_user(guard: Guard<SeeUser, At<AccountId>>) -> Answer {
    let id = guard.input.0;
    let account = guard
        .read(move |view| {
            let actor = view.actor();
            store::account(view, &actor, id)
        })
        .await?;
    versioned(account.version, &UserView::from(account))
}

/// The roles an account is to hold from now on.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"roles": ["front_desk", "therapist"]}))]
struct RolesAsk {
    roles: Vec<Role>,
}

/// Give an account exactly these roles
#[utoipa::path(tag = "people", request_body = RolesAsk, params(IfMatchHeader), responses((status = 200, body = UserView)))]
#[put("/users/{id}/roles")]
async fn set_roles(guard: Guard<SetRoles, (At<AccountId>, IfMatch, Json<RolesAsk>)>) -> Answer {
    let (At(id), IfMatch(version), Json(ask)) = guard.input.clone();
    change(&guard, id, version, move |account, others| account.set_roles(ask.roles.iter().copied().collect(), others))
        .await
}

/// End an account's access
#[utoipa::path(tag = "people", params(IfMatchHeader),
    responses((status = 200, body = UserView), (status = 409, description = "invalid_transition"), (status = 422, description = "policy_violation")))]
#[post("/users/{id}/disable")]
async fn disable_user(guard: Guard<DisableUser, (At<AccountId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    change(&guard, id, version, Account::disable).await
}

/// Give an account its access back
#[utoipa::path(tag = "people", params(IfMatchHeader),
    responses((status = 200, body = UserView), (status = 409, description = "invalid_transition")))]
#[post("/users/{id}/enable")]
async fn enable_user(guard: Guard<EnableUser, (At<AccountId>, IfMatch)>) -> Answer {
    let (At(id), IfMatch(version)) = guard.input;
    change(&guard, id, version, |account, _| account.enable()).await
}

/// Changes one account under the lock that keeps the last admin.
async fn change<P, In>(
    guard: &Guard<P, In>,
    id: AccountId,
    version: i32,
    step: impl Fn(Account, usize) -> Result<crate::kernel::change::Change<Account>, Refusal> + Send + 'static,
) -> Answer
where
    P: crate::kernel::actor::Policy,
    In: crate::http::extract::Part,
{
    let account = guard
        .write(move |tx| {
            tx.lock(&[Lock::Only("setup"), Lock::Account(id)])?;
            let actor = tx.actor();
            let account = store::account(tx, &actor, id)?;
            if account.version != version {
                return Err(Refusal::VersionMismatch.into());
            }
            let others = store::admins_beside(tx, Some(id))?;
            let account = tx.save(step(account, others)?)?;
            if account.state == AccountState::Disabled {
                acts::end_sessions(tx, id, None, "account_disabled")?;
            }
            Ok(account)
        })
        .await?;
    versioned(account.version, &UserView::from(account))
}
