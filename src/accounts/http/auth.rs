//! Set-up, signing up, in and out, and passwords.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::accounts::Passwords;
use crate::accounts::model::{Account, AccountDraft, AccountState, EmailAddress, LinkPurpose, Session};
use crate::accounts::store;
use crate::db::{Fault, Lock, Stop, Tx};
use crate::http::answer::shown;
use crate::http::{ACCESS_TOKEN_LIFE, Answer, Guard, Json, Problem};
use crate::kernel::actor::{Policy, Role, Roles};
use crate::kernel::change::Event;
use crate::kernel::ids::{AccountId, SessionId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Making the first admin, with the set-up token.
    SetUp = "setup.run": anyone;
    /// Signing up as a client.
    Register = "auth.register": anyone;
    /// Signing in.
    LogIn = "auth.login": anyone;
    /// Trading a refresh token for the next pair.
    Refresh = "auth.refresh": anyone;
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(set_up).service(register).service(log_in).service(refresh);
}

/// A pair of tokens.
#[derive(Serialize, ToSchema)]
pub(super) struct TokenView {
    /// Send it as `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until the access token is too old.
    expires_in: i64,
    /// Trade it for the next pair; it works once.
    refresh_token: String,
}

/// A signed-in session before it is shown: who, which, and the secret that refreshes it.
pub(super) struct SignedIn {
    account: AccountId,
    session: SessionId,
    roles: Roles,
    secret: String,
    now: Timestamp,
}

/// Opens a session for an account in the transaction that found it worthy.
pub(super) fn sign_in(tx: &mut Tx<'_>, account: &Account) -> Result<SignedIn, Stop> {
    let (secret, hash) = store::secret()?;
    let now = tx.now();
    let step = Session::open(account.id, hash, now);
    let session = session_of(step.state()).id;
    tx.save(step)?;
    Ok(SignedIn { account: account.id, session, roles: account.roles, secret, now })
}

pub(super) fn session_of(step: &crate::accounts::model::SessionStep) -> &Session {
    use crate::accounts::model::SessionStep::{Ended, Opened, SteppedUp};
    match step {
        Opened(session, _) | Ended(session) | SteppedUp(session) => session,
    }
}

pub(super) fn show_tokens<P: Policy, In: crate::http::extract::Part>(
    guard: &Guard<P, In>,
    signed: SignedIn,
    created: bool,
) -> Answer {
    let access_token = guard
        .tokens()
        .issue(signed.account, signed.session, signed.roles, signed.now)
        .map_err(|what| Problem::from(Fault::Vault(what)))?;
    let view = TokenView {
        access_token,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFE.num_seconds(),
        refresh_token: signed.secret,
    };
    if created { Ok(HttpResponse::Created().json(view)) } else { shown(&view) }
}

/// The first admin.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "printed-by-the-server", "email": "ada@example.org", "name": "Ada", "password": "a long quiet sentence"}))]
struct SetUpAsk {
    /// The token the server printed when it started without an admin.
    token: String,
    email: String,
    name: String,
    #[schema(value_type = String)]
    password: SecretString,
}

/// Make the first admin with the one-time set-up token
#[utoipa::path(tag = "set-up", request_body = SetUpAsk, security(()),
    responses((status = 201, body = TokenView), (status = 409, description = "already_exists"), (status = 410, description = "link_spent")))]
#[post("/setup")]
async fn set_up(guard: Guard<SetUp, Json<SetUpAsk>>, passwords: Data<Passwords>) -> Answer {
    let ask = guard.input.0.clone();
    let draft = draft(&passwords, &ask.email, &ask.name, &ask.password).await?;
    let signed = guard
        .write(move |tx| {
            tx.lock(&[Lock::Only("setup")])?;
            let token = store::one_time_token(tx, LinkPurpose::Setup, &ask.token)?;
            // Every start prints a token of its own; once there is an admin, none of them is good any more.
            if store::admins_beside(tx, None)? > 0 {
                return Err(Refusal::LinkSpent.into());
            }
            tx.save(token.redeem(tx.now())?)?;
            let account = tx.save(Account::join(draft.clone(), Role::Admin, tx.now()))?;
            sign_in(tx, &account)
        })
        .await?;
    show_tokens(&guard, signed, true)
}

/// A client's sign-up.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "mia@example.org", "name": "Mia Long", "password": "a long quiet sentence"}))]
struct RegisterAsk {
    email: String,
    name: String,
    /// At least 12 characters.
    #[schema(value_type = String)]
    password: SecretString,
}

/// Sign up as a client
#[utoipa::path(tag = "auth", request_body = RegisterAsk, security(()),
    responses((status = 201, body = TokenView), (status = 409, description = "already_exists")))]
#[post("/auth/register")]
async fn register(guard: Guard<Register, Json<RegisterAsk>>, passwords: Data<Passwords>) -> Answer {
    let ask = guard.input.0.clone();
    let draft = draft(&passwords, &ask.email, &ask.name, &ask.password).await?;
    let signed = guard
        .write(move |tx| {
            let account = tx.save(Account::register(draft.clone(), tx.now()))?;
            sign_in(tx, &account)
        })
        .await?;
    show_tokens(&guard, signed, true)
}

/// Checks a sign-up and hashes its password, outside any transaction.
pub(super) async fn draft(
    passwords: &Passwords,
    email: &str,
    name: &str,
    password: &SecretString,
) -> Result<AccountDraft, Problem> {
    let (email, name) = AccountDraft::checked(email, name, password.expose_secret())?;
    let password_hash = passwords.hash(password.clone()).await?;
    Ok(AccountDraft { email, name, password_hash })
}

/// An address and its password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "mia@example.org", "password": "a long quiet sentence"}))]
struct LogInAsk {
    email: String,
    #[schema(value_type = String)]
    password: SecretString,
}

/// Sign in
#[utoipa::path(tag = "auth", request_body = LogInAsk, security(()),
    responses((status = 200, body = TokenView), (status = 401, description = "wrong_credentials")))]
#[post("/auth/login")]
async fn log_in(guard: Guard<LogIn, Json<LogInAsk>>, passwords: Data<Passwords>) -> Answer {
    let ask = guard.input.0.clone();
    // What is no address is nobody's address, and takes as long.
    let email = EmailAddress::parse(&ask.email).map_or_else(|| "-".to_owned(), |email| email.as_str().to_owned());
    let sought = email.clone();
    let found = guard.read(move |view| store::sign_in_facts(view, &sought)).await?;
    let hash = found.as_ref().map(|(_, hash)| hash.clone());
    let right = passwords.verify(ask.password, hash).await?;
    // Both ends make the same look-ups and write one event, so that a wrong address takes the same way as a wrong password.
    let signed = guard
        .write(move |tx| {
            let id = found.as_ref().map_or(AccountId(uuid::Uuid::nil()), |(id, _)| *id);
            tx.lock(&[Lock::Account(id)])?;
            let unchanged = store::sign_in_facts(tx, &email)? == found && found.is_some();
            if !right || !unchanged {
                tx.record(&Event::new("account.sign_in_refused", id))?;
                return Ok(None);
            }
            let account = store::account_of_link(tx, id)?;
            if account.state != AccountState::Active {
                tx.record(&Event::new("account.sign_in_refused", id))?;
                return Ok(None);
            }
            sign_in(tx, &account).map(Some)
        })
        .await?;
    show_tokens(&guard, signed.ok_or(Refusal::WrongCredentials)?, false)
}

/// A refresh token.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh_token": "from-the-last-answer"}))]
struct RefreshAsk {
    #[schema(value_type = String)]
    refresh_token: SecretString,
}

/// Trade a refresh token for the next pair
///
/// A refresh token works once. Sent again, it ends the whole session.
#[utoipa::path(tag = "auth", request_body = RefreshAsk, security(()), responses((status = 200, body = TokenView)))]
#[post("/auth/refresh")]
async fn refresh(guard: Guard<Refresh, Json<RefreshAsk>>) -> Answer {
    let used = store::secret_hash(guard.input.0.refresh_token.expose_secret());
    let signed = guard
        .write(move |tx| {
            let now = tx.now();
            let (session, reused) = store::session_of_token(tx, &used)?.ok_or(Refusal::Unauthenticated)?;
            if reused && session.ended_at.is_none() {
                return Err(tx.refuse_and_keep(session.end("token_reused", now), Refusal::Unauthenticated));
            }
            let (secret, next) = store::secret()?;
            let account = store::account_of_session(tx, &session)?;
            tx.save(session.refresh(used.clone(), next, now)?)?;
            Ok(SignedIn { account: account.id, session: session.id, roles: account.roles, secret, now })
        })
        .await?;
    show_tokens(&guard, signed, false)
}
