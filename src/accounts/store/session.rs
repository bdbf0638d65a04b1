//! Sessions and refresh tokens, as rows.

use diesel::prelude::*;

use crate::accounts::model::{Rotated, Session, SessionStep};
use crate::db::schema::{refresh_tokens, sessions};
use crate::db::{Lock, Persist, Stop, Tx, View, Writer};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{AccountId, SessionId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

#[derive(Queryable, Insertable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id: SessionId,
    account_id: AccountId,
    created_at: Timestamp,
    expires_at: Timestamp,
    ended_at: Option<Timestamp>,
    stepped_up_at: Option<Timestamp>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: row.id,
            account: row.account_id,
            created_at: row.created_at,
            expires_at: row.expires_at,
            ended_at: row.ended_at,
            stepped_up_at: row.stepped_up_at,
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
                    stepped_up_at: session.stepped_up_at,
                };
                writer.execute(diesel::insert_into(sessions::table).values(&row))?;
                insert_token(writer, hash, session.id, session.created_at)
            }
            Self::Ended(session) => {
                let open = sessions::table.filter(sessions::id.eq(session.id)).filter(sessions::ended_at.is_null());
                writer.execute(diesel::update(open).set(sessions::ended_at.eq(session.ended_at))).map(drop)
            }
            Self::SteppedUp(session) => {
                let open = sessions::table.filter(sessions::id.eq(session.id)).filter(sessions::ended_at.is_null());
                writer.execute(diesel::update(open).set(sessions::stepped_up_at.eq(session.stepped_up_at))).map(drop)
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
pub(in crate::accounts) fn session_of_token(tx: &mut Tx<'_>, hash: &[u8]) -> Result<Option<(Session, bool)>, Stop> {
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

/// The actor's own open sessions, newest last.
pub(in crate::accounts) fn own_sessions(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Session>, Stop> {
    let account = actor.account().ok_or(Refusal::Unauthenticated)?;
    open_sessions(view, account)
}

pub(in crate::accounts) fn open_sessions(view: &mut View<'_>, account: AccountId) -> Result<Vec<Session>, Stop> {
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

/// One of an account's own open sessions.
pub(in crate::accounts) fn own_session(
    view: &mut View<'_>,
    account: AccountId,
    id: SessionId,
) -> Result<Session, Stop> {
    let row: Option<SessionRow> = view.first(
        sessions::table
            .filter(sessions::id.eq(id))
            .filter(sessions::account_id.eq(account))
            .filter(sessions::ended_at.is_null()),
    )?;
    Ok(row.ok_or(Refusal::NotThere)?.into())
}
