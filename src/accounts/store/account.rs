//! Accounts and their roles, as rows.

use diesel::prelude::*;

use crate::accounts::model::{Account, AccountState, Session};
use crate::db::schema::{account_roles, accounts, guardianships};
use crate::db::{Persist, Stop, View, Writer};
use crate::kernel::actor::{Actor, Role};
use crate::kernel::ids::{AccountId, ClientId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

crate::text_column!(AccountState);

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
pub(in crate::accounts) fn account_by_email(view: &mut View<'_>, email: &str) -> Result<Option<Account>, Stop> {
    let row: Option<AccountRow> = view.first(accounts::table.filter(accounts::email.eq(email)))?;
    row.map(|row| with_roles(view, row)).transpose()
}

/// An account, for an admin or for itself.
pub(in crate::accounts) fn account(view: &mut View<'_>, actor: &Actor, id: AccountId) -> Result<Account, Stop> {
    if !actor.has(Role::Admin) && actor.account() != Some(id) && !actor.is_system() {
        return Err(Refusal::NotThere.into());
    }
    let row: Option<AccountRow> = view.first(accounts::table.filter(accounts::id.eq(id)))?;
    with_roles(view, row.ok_or(Refusal::NotThere)?)
}

/// All accounts, for an admin.
pub(in crate::accounts) fn accounts(view: &mut View<'_>, ask: PageAsk) -> Result<Page<Account>, Stop> {
    let mut query = accounts::table.order(accounts::id).limit(ask.limit + 1).into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(accounts::id.gt(AccountId(after)));
    }
    let rows: Vec<AccountRow> = view.load(query)?;
    let page = Page::cut(rows, ask, |row| row.id.0);
    let items = page.items.into_iter().map(|row| with_roles(view, row)).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// The active admins.
fn admins(view: &mut View<'_>) -> Result<Vec<AccountId>, Stop> {
    view.load(
        accounts::table
            .inner_join(account_roles::table.on(account_roles::account_id.eq(accounts::id)))
            .filter(account_roles::role.eq(Role::Admin))
            .filter(accounts::state.eq(AccountState::Active))
            .select(accounts::id),
    )
}

/// How many active admins there are beside one account, or in all.
pub(in crate::accounts) fn admins_beside(view: &mut View<'_>, one: Option<AccountId>) -> Result<usize, Stop> {
    Ok(admins(view)?.into_iter().filter(|id| Some(*id) != one).count())
}

/// Whether an account is an active admin.
pub(in crate::accounts) fn is_admin(view: &mut View<'_>, id: AccountId) -> Result<bool, Stop> {
    Ok(admins(view)?.contains(&id))
}

/// What a sign-in is decided by: who has the address, and the hash of their password.
pub(in crate::accounts) fn sign_in_facts(
    view: &mut View<'_>,
    email: &str,
) -> Result<Option<(AccountId, String)>, Stop> {
    view.first(accounts::table.filter(accounts::email.eq(email)).select((accounts::id, accounts::password_hash)))
}

/// The wards whose guardian this client record is accepted to be.
pub(in crate::accounts) fn wards(view: &mut View<'_>, actor: &Actor) -> Result<Vec<ClientId>, Stop> {
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

/// The account a session is of, if it may still act. For the refresh of a session, whose secret is what may see it.
pub(in crate::accounts) fn account_of_session(view: &mut View<'_>, session: &Session) -> Result<Account, Stop> {
    let row: Option<AccountRow> = view.first(
        accounts::table.filter(accounts::id.eq(session.account)).filter(accounts::state.eq(AccountState::Active)),
    )?;
    with_roles(view, row.ok_or(Refusal::Unauthenticated)?)
}

/// The account a recovery link is for. The link's secret is what may see it.
pub(in crate::accounts) fn account_of_link(view: &mut View<'_>, id: AccountId) -> Result<Account, Stop> {
    let row: Option<AccountRow> = view.first(accounts::table.filter(accounts::id.eq(id)))?;
    with_roles(view, row.ok_or(Refusal::LinkSpent)?)
}
