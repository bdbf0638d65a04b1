//! Links that work once, as rows; only hashes of their secrets are kept.

use diesel::prelude::*;

use super::secret_hash;
use crate::accounts::model::{Invitation, LinkPurpose, OneTimeToken};
use crate::db::schema::{invitations, one_time_tokens};
use crate::db::{Persist, Stop, View, Writer};
use crate::kernel::actor::Role;
use crate::kernel::ids::{AccountId, InvitationId, OneTimeTokenId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

crate::text_column!(LinkPurpose);

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
pub(in crate::accounts) fn one_time_token(
    view: &mut View<'_>,
    purpose: LinkPurpose,
    secret: &str,
) -> Result<OneTimeToken, Stop> {
    let row: Option<OneTimeTokenRow> = view.first(
        one_time_tokens::table
            .filter(one_time_tokens::hash.eq(secret_hash(secret)))
            .filter(one_time_tokens::purpose.eq(purpose)),
    )?;
    Ok(row.ok_or(Refusal::LinkSpent)?.into())
}

impl From<OneTimeTokenRow> for OneTimeToken {
    fn from(row: OneTimeTokenRow) -> Self {
        Self {
            id: row.id,
            purpose: row.purpose,
            hash: row.hash,
            account: row.account_id,
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
        }
    }
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
pub(in crate::accounts) fn invitation(view: &mut View<'_>, secret: &str) -> Result<Invitation, Stop> {
    let row: Option<InvitationRow> =
        view.first(invitations::table.filter(invitations::hash.eq(secret_hash(secret))))?;
    Ok(row.ok_or(Refusal::LinkSpent)?.into())
}

/// All invitations, for an admin.
pub(in crate::accounts) fn invitations(view: &mut View<'_>, ask: PageAsk) -> Result<Page<Invitation>, Stop> {
    let mut query = invitations::table.order(invitations::id).limit(ask.limit + 1).into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(invitations::id.gt(InvitationId(after)));
    }
    let rows: Vec<InvitationRow> = view.load(query)?;
    Ok(Page::cut(rows, ask, |row| row.id.0).map(Invitation::from))
}

/// The links by which an account's password could still be replaced.
pub(in crate::accounts) fn open_recoveries(view: &mut View<'_>, id: AccountId) -> Result<Vec<OneTimeToken>, Stop> {
    let now = view.now();
    let rows: Vec<OneTimeTokenRow> = view.load(
        one_time_tokens::table
            .filter(one_time_tokens::account_id.eq(id))
            .filter(one_time_tokens::used_at.is_null())
            .filter(one_time_tokens::expires_at.gt(now)),
    )?;
    Ok(rows.into_iter().map(OneTimeToken::from).collect())
}
