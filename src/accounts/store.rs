//! Accounts, sessions and links, as rows.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::model::{
    Account, AccountDraft, AccountState, Invitation, LinkPurpose, OneTimeToken, Rotated, Session, SessionStep,
};
use crate::db::schema::{
    account_roles, accounts, guardianships, invitations, one_time_tokens, refresh_tokens, sessions,
};
use crate::db::{Fault, Lock, Persist, Stop, Tx, View, Writer};
use crate::kernel::actor::{Actor, Role};
use crate::kernel::change::Change;
use crate::kernel::ids::{AccountId, ClientId, InvitationId, OneTimeTokenId, SessionId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

crate::text_column!(AccountState, LinkPurpose);

/// A fresh secret for a link, a code or a refresh token: 256 random bits, and the hash the store keeps.
///
/// # Errors
/// When the machine has no randomness.
pub fn secret() -> Result<(String, Vec<u8>), Fault> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| Fault::Vault("no randomness"))?;
    let text = URL_SAFE_NO_PAD.encode(bytes);
    let hash = secret_hash(&text);
    Ok((text, hash))
}

/// What the store keeps of a secret. It is random, so a fast hash does.
#[must_use]
pub fn secret_hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = accounts)]
struct AccountRow {
    id: AccountId,
    email: String,
    name: String,
    password_hash: String,
    state: AccountState,
    version: i32,
    created_at: Timestamp,
}

impl Persist for Account {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = AccountRow {
            id: self.id,
            email: self.email.clone(),
            name: self.name.clone(),
            password_hash: self.password_hash.clone(),
            state: self.state,
            version: self.version,
            created_at: self.created_at,
        };
        if self.version == 1 {
            let taken =
                |stop: Stop| stop.on_constraint("accounts_email_key", || Refusal::AlreadyExists { pointer: "/email" });
            writer.execute(diesel::insert_into(accounts::table).values(&row)).map_err(taken)?;
        } else {
            let before =
                accounts::table.filter(accounts::id.eq(self.id)).filter(accounts::version.eq(self.version - 1));
            writer.update_one(diesel::update(before).set(&row))?;
            writer.execute(diesel::delete(account_roles::table).filter(account_roles::account_id.eq(self.id)))?;
        }
        for role in self.roles.iter() {
            let row = (account_roles::account_id.eq(self.id), account_roles::role.eq(role));
            writer.execute(diesel::insert_into(account_roles::table).values(row))?;
        }
        Ok(())
    }
}

fn with_roles(view: &mut View<'_>, row: AccountRow) -> Result<Account, Stop> {
    let roles: Vec<Role> =
        view.load(account_roles::table.filter(account_roles::account_id.eq(row.id)).select(account_roles::role))?;
    Ok(Account {
        id: row.id,
        email: row.email,
        name: row.name,
        password_hash: row.password_hash,
        state: row.state,
        roles: roles.into_iter().collect(),
        version: row.version,
        created_at: row.created_at,
    })
}

/// The account behind an address, whoever asks: the sign-in's own question.
pub(super) fn account_by_email(view: &mut View<'_>, email: &str) -> Result<Option<Account>, Stop> {
    let row: Option<AccountRow> = view.first(accounts::table.filter(accounts::email.eq(email)))?;
    row.map(|row| with_roles(view, row)).transpose()
}

/// An account, for an admin or for itself.
pub(super) fn account(view: &mut View<'_>, actor: &Actor, id: AccountId) -> Result<Account, Stop> {
    if !actor.has(Role::Admin) && actor.account() != Some(id) && !actor.is_system() {
        return Err(Refusal::NotThere.into());
    }
    let row: Option<AccountRow> = view.first(accounts::table.filter(accounts::id.eq(id)))?;
    with_roles(view, row.ok_or(Refusal::NotThere)?)
}

/// All accounts, for an admin.
pub(super) fn accounts(view: &mut View<'_>, ask: PageAsk) -> Result<Page<Account>, Stop> {
    let mut query = accounts::table.order(accounts::id).limit(ask.limit + 1).into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(accounts::id.gt(AccountId(after)));
    }
    let rows: Vec<AccountRow> = view.load(query)?;
    let page = Page::cut(rows, ask, |row| row.id.0);
    let items = page.items.into_iter().map(|row| with_roles(view, row)).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// How many active admins there are besides one account.
pub(super) fn other_admins(view: &mut View<'_>, id: AccountId) -> Result<i64, Stop> {
    let others: Vec<AccountId> = view.load(
        accounts::table
            .inner_join(account_roles::table.on(account_roles::account_id.eq(accounts::id)))
            .filter(account_roles::role.eq(Role::Admin))
            .filter(accounts::state.eq(AccountState::Active))
            .filter(accounts::id.ne(id))
            .select(accounts::id),
    )?;
    Ok(i64::try_from(others.len()).unwrap_or(i64::MAX))
}

/// The wards whose guardian this client record is accepted to be.
pub(super) fn wards(view: &mut View<'_>, actor: &Actor) -> Result<Vec<ClientId>, Stop> {
    let Some(guardian) = actor.client() else {
        return Ok(Vec::new());
    };
    view.load(
        guardianships::table
            .filter(guardianships::guardian_id.eq(guardian))
            .filter(guardianships::state.eq("accepted"))
            .select(guardianships::ward_id)
            .order(guardianships::ward_id),
    )
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id: SessionId,
    account_id: AccountId,
    created_at: Timestamp,
    expires_at: Timestamp,
    ended_at: Option<Timestamp>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: row.id,
            account: row.account_id,
            created_at: row.created_at,
            expires_at: row.expires_at,
            ended_at: row.ended_at,
        }
    }
}

impl Persist for SessionStep {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        match self {
            Self::Opened(session, hash) => {
                let row = SessionRow {
                    id: session.id,
                    account_id: session.account,
                    created_at: session.created_at,
                    expires_at: session.expires_at,
                    ended_at: session.ended_at,
                };
                writer.execute(diesel::insert_into(sessions::table).values(&row))?;
                insert_token(writer, hash, session.id, session.created_at)
            }
            Self::Ended(session) => {
                let open = sessions::table.filter(sessions::id.eq(session.id)).filter(sessions::ended_at.is_null());
                writer.execute(diesel::update(open).set(sessions::ended_at.eq(session.ended_at))).map(drop)
            }
        }
    }
}

impl Persist for Rotated {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let unused =
            refresh_tokens::table.filter(refresh_tokens::hash.eq(&self.used)).filter(refresh_tokens::used_at.is_null());
        writer.update_one(diesel::update(unused).set(refresh_tokens::used_at.eq(self.at)))?;
        insert_token(writer, &self.next, self.session, self.at)
    }
}

fn insert_token(writer: &mut Writer<'_, '_>, hash: &[u8], session: SessionId, at: Timestamp) -> Result<(), Stop> {
    let row = (refresh_tokens::hash.eq(hash), refresh_tokens::session_id.eq(session), refresh_tokens::issued_at.eq(at));
    writer.execute(diesel::insert_into(refresh_tokens::table).values(row)).map(drop)
}

/// The session a refresh token belongs to, and whether the token was used before. Locks the account first.
pub(super) fn session_of_token(tx: &mut Tx<'_>, hash: &[u8]) -> Result<Option<(Session, bool)>, Stop> {
    let session: Option<SessionRow> = tx.first(
        refresh_tokens::table
            .inner_join(sessions::table.on(sessions::id.eq(refresh_tokens::session_id)))
            .filter(refresh_tokens::hash.eq(hash))
            .select(sessions::all_columns),
    )?;
    let Some(session) = session else {
        return Ok(None);
    };
    tx.lock(&[Lock::Account(session.account_id)])?;
    let used: Option<Option<Timestamp>> =
        tx.first(refresh_tokens::table.filter(refresh_tokens::hash.eq(hash)).select(refresh_tokens::used_at))?;
    let session: Option<SessionRow> = tx.first(sessions::table.filter(sessions::id.eq(session.id)))?;
    Ok(session.map(|row| (row.into(), used.flatten().is_some())))
}

/// The open sessions of an account, newest last.
pub(super) fn open_sessions(view: &mut View<'_>, actor: &Actor, account: AccountId) -> Result<Vec<Session>, Stop> {
    if actor.account() != Some(account) && !actor.has(Role::Admin) && actor.account().is_some() {
        return Err(Refusal::NotThere.into());
    }
    let now = view.now();
    let rows: Vec<SessionRow> = view.load(
        sessions::table
            .filter(sessions::account_id.eq(account))
            .filter(sessions::ended_at.is_null())
            .filter(sessions::expires_at.gt(now))
            .order(sessions::id),
    )?;
    Ok(rows.into_iter().map(Session::from).collect())
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = one_time_tokens)]
struct OneTimeTokenRow {
    id: OneTimeTokenId,
    purpose: LinkPurpose,
    hash: Vec<u8>,
    account_id: Option<AccountId>,
    created_at: Timestamp,
    expires_at: Timestamp,
    used_at: Option<Timestamp>,
}

impl Persist for OneTimeToken {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = OneTimeTokenRow {
            id: self.id,
            purpose: self.purpose,
            hash: self.hash.clone(),
            account_id: self.account,
            created_at: self.created_at,
            expires_at: self.expires_at,
            used_at: self.used_at,
        };
        if self.used_at.is_none() {
            return writer.execute(diesel::insert_into(one_time_tokens::table).values(&row)).map(drop);
        }
        let unused =
            one_time_tokens::table.filter(one_time_tokens::id.eq(self.id)).filter(one_time_tokens::used_at.is_null());
        writer.update_one(diesel::update(unused).set(&row))
    }
}

/// A one-time token by its secret. The secret itself is what may see it.
pub(super) fn one_time_token(view: &mut View<'_>, purpose: LinkPurpose, secret: &str) -> Result<OneTimeToken, Stop> {
    let row: Option<OneTimeTokenRow> = view.first(
        one_time_tokens::table
            .filter(one_time_tokens::hash.eq(secret_hash(secret)))
            .filter(one_time_tokens::purpose.eq(purpose)),
    )?;
    let row = row.ok_or(Refusal::LinkSpent)?;
    Ok(OneTimeToken {
        id: row.id,
        purpose: row.purpose,
        hash: row.hash,
        account: row.account_id,
        created_at: row.created_at,
        expires_at: row.expires_at,
        used_at: row.used_at,
    })
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = invitations)]
struct InvitationRow {
    id: InvitationId,
    email: String,
    role: Role,
    hash: Vec<u8>,
    invited_by: AccountId,
    created_at: Timestamp,
    expires_at: Timestamp,
    accepted_at: Option<Timestamp>,
    account_id: Option<AccountId>,
    version: i32,
}

impl From<InvitationRow> for Invitation {
    fn from(row: InvitationRow) -> Self {
        Self {
            id: row.id,
            email: row.email,
            role: row.role,
            hash: row.hash,
            invited_by: row.invited_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            accepted_at: row.accepted_at,
            account: row.account_id,
            version: row.version,
        }
    }
}

impl Persist for Invitation {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = InvitationRow {
            id: self.id,
            email: self.email.clone(),
            role: self.role,
            hash: self.hash.clone(),
            invited_by: self.invited_by,
            created_at: self.created_at,
            expires_at: self.expires_at,
            accepted_at: self.accepted_at,
            account_id: self.account,
            version: self.version,
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(invitations::table).values(&row)).map(drop);
        }
        let before =
            invitations::table.filter(invitations::id.eq(self.id)).filter(invitations::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

/// An invitation by its secret. The secret itself is what may see it.
pub(super) fn invitation(view: &mut View<'_>, secret: &str) -> Result<Invitation, Stop> {
    let row: Option<InvitationRow> =
        view.first(invitations::table.filter(invitations::hash.eq(secret_hash(secret))))?;
    Ok(row.ok_or(Refusal::LinkSpent)?.into())
}

/// All invitations, for an admin.
pub(super) fn invitations(view: &mut View<'_>, ask: PageAsk) -> Result<Page<Invitation>, Stop> {
    let mut query = invitations::table.order(invitations::id).limit(ask.limit + 1).into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(invitations::id.gt(InvitationId(after)));
    }
    let rows: Vec<InvitationRow> = view.load(query)?;
    Ok(Page::cut(rows, ask, |row| row.id.0).map(Invitation::from))
}

/// A set-up token for a store that has no admin yet; `None` when it has one.
///
/// # Errors
/// A fault of the store.
pub fn issue_setup(tx: &mut Tx<'_>) -> Result<Option<String>, Stop> {
    tx.lock(&[Lock::Only("setup")])?;
    if other_admins(tx, AccountId(uuid::Uuid::nil()))? > 0 {
        return Ok(None);
    }
    let (text, hash) = secret()?;
    tx.save(OneTimeToken::for_setup(hash, tx.now()))?;
    Ok(Some(text))
}

/// A recovery link's secret for the account behind an address.
///
/// # Errors
/// `NotThere` when there is no such account; a fault of the store.
pub fn issue_recovery(tx: &mut Tx<'_>, email: &str) -> Result<String, Stop> {
    let account = account_by_email(tx, email)?.ok_or(Refusal::NotThere)?;
    let (text, hash) = secret()?;
    tx.save(OneTimeToken::for_recovery(hash, account.id, tx.now()))?;
    Ok(text)
}

/// Makes an admin whom nobody can sign in as until a recovery link was used, and answers that link's secret.
///
/// # Errors
/// Fields at fault, an address that is taken, or a fault of the store.
pub fn make_admin(tx: &mut Tx<'_>, email: &str, name: &str) -> Result<String, Stop> {
    let unguessable = secret()?.0;
    let (email, name) = AccountDraft::checked(email, name, &unguessable)?;
    // Not a PHC string, so no password verifies against it.
    let draft = AccountDraft { email: email.clone(), name, password_hash: "!".to_owned() };
    tx.save(Account::join(draft, Role::Admin, tx.now()))?;
    issue_recovery(tx, email.as_str())
}

/// Ends every open session of an account but one.
pub(super) fn end_sessions(
    tx: &mut Tx<'_>,
    account: AccountId,
    but: Option<SessionId>,
    why: &'static str,
) -> Result<(), Stop> {
    let now = tx.now();
    let actor = tx.actor();
    for session in open_sessions(tx, &actor, account)? {
        if Some(session.id) != but {
            let ended: Change<SessionStep> = session.end(why, now);
            tx.save(ended)?;
        }
    }
    Ok(())
}

/// The account a session is of, if it may still act. For the refresh of a session, whose secret is what may see it.
pub(super) fn account_of_session(view: &mut View<'_>, session: &Session) -> Result<Account, Stop> {
    let row: Option<AccountRow> = view.first(
        accounts::table.filter(accounts::id.eq(session.account)).filter(accounts::state.eq(AccountState::Active)),
    )?;
    with_roles(view, row.ok_or(Refusal::Unauthenticated)?)
}

/// The account a recovery link is for. The link's secret is what may see it.
pub(super) fn account_of_link(view: &mut View<'_>, id: AccountId) -> Result<Account, Stop> {
    let row: Option<AccountRow> = view.first(accounts::table.filter(accounts::id.eq(id)))?;
    with_roles(view, row.ok_or(Refusal::LinkSpent)?)
}

/// One of an account's own open sessions.
pub(super) fn own_session(view: &mut View<'_>, account: AccountId, id: SessionId) -> Result<Session, Stop> {
    let row: Option<SessionRow> = view.first(
        sessions::table
            .filter(sessions::id.eq(id))
            .filter(sessions::account_id.eq(account))
            .filter(sessions::ended_at.is_null()),
    )?;
    Ok(row.ok_or(Refusal::NotThere)?.into())
}
