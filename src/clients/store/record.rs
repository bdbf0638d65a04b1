//! The client's record.

use chrono::NaiveDate;
use chrono_tz::Tz;
use diesel::prelude::*;

use crate::accounts::model::EmailAddress;
use crate::clients::model::{Client, ClientDetails, PersonName, Phone};
use crate::db::schema::{account_roles, accounts, clients};
use crate::db::{Persist, Stop, View, Writer};
use crate::kernel::actor::{Actor, Role};
use crate::kernel::ids::{AccountId, ClientId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::places;

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = clients, treat_none_as_null = true)]
struct ClientRow {
    id: ClientId,
    account_id: Option<AccountId>,
    name: String,
    name_key: String,
    date_of_birth: Option<NaiveDate>,
    email: Option<String>,
    phone: Option<String>,
    version: i32,
    created_at: Timestamp,
}

impl From<&Client> for ClientRow {
    fn from(client: &Client) -> Self {
        let details = &client.details;
        Self {
            id: client.id,
            account_id: client.account,
            name: details.name.as_str().to_owned(),
            name_key: details.name.as_str().to_lowercase(),
            date_of_birth: details.date_of_birth,
            email: details.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: details.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            version: client.version,
            created_at: client.created_at,
        }
    }
}

impl From<ClientRow> for Client {
    fn from(row: ClientRow) -> Self {
        let details = ClientDetails {
            name: PersonName::kept(row.name),
            date_of_birth: row.date_of_birth,
            email: row.email.map(EmailAddress::kept),
            phone: row.phone.map(Phone::kept),
        };
        Self { id: row.id, account: row.account_id, details, version: row.version, created_at: row.created_at }
    }
}

impl Persist for Client {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = ClientRow::from(self);
        if self.version == 1 {
            return writer.execute(diesel::insert_into(clients::table).values(&row)).map(drop);
        }
        let before = clients::table.filter(clients::id.eq(self.id)).filter(clients::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

/// A record, whoever asks: for this room's own decisions only.
pub(super) fn kept(view: &mut View<'_>, id: ClientId) -> Result<Option<Client>, Stop> {
    let row: Option<ClientRow> = view.first(clients::table.filter(clients::id.eq(id)))?;
    Ok(row.map(Client::from))
}

/// Several records, whoever asks: for this room's own decisions only.
pub(super) fn all_kept(view: &mut View<'_>, ids: &[ClientId]) -> Result<Vec<Client>, Stop> {
    let rows: Vec<ClientRow> = view.load(clients::table.filter(clients::id.eq_any(ids)).order(clients::id))?;
    Ok(rows.into_iter().map(Client::from).collect())
}

/// Whose e-mail addresses these are, whoever asks: for this room's own decisions only.
pub(super) fn at_addresses(view: &mut View<'_>, emails: &[String]) -> Result<Vec<(String, ClientId)>, Stop> {
    let emails = emails.iter().map(|email| email.to_lowercase());
    view.load(
        clients::table
            .filter(clients::email.assume_not_null().eq_any(emails.collect::<Vec<_>>()))
            .order(clients::id)
            .select((clients::email.assume_not_null(), clients::id)),
    )
}

/// Which clients are asked for.
#[derive(Clone, Debug)]
pub(in crate::clients) struct ListAsk {
    /// How one of the words of the name begins.
    pub name: Option<String>,
    /// How the e-mail address begins.
    pub email: Option<String>,
    /// Which page.
    pub page: PageAsk,
}

/// A page of records: all of them for the desk, for others those that are `known` to them.
pub(super) fn page(
    view: &mut View<'_>,
    actor: &Actor,
    known: Vec<ClientId>,
    ask: &ListAsk,
) -> Result<Page<Client>, Stop> {
    let mut query = clients::table.order(clients::id).limit(ask.page.limit + 1).into_boxed();
    if !actor.is_desk() {
        query = query.filter(clients::id.eq_any(known));
    }
    if let Some(name) = &ask.name {
        let beginning = pattern(name);
        let later = format!("% {beginning}");
        query =
            query.filter(clients::name_key.like(beginning).escape('\\').or(clients::name_key.like(later).escape('\\')));
    }
    if let Some(email) = &ask.email {
        query = query.filter(clients::email.like(pattern(email)).escape('\\').assume_not_null());
    }
    if let Some(after) = ask.page.after {
        query = query.filter(clients::id.gt(ClientId(after)));
    }
    let rows: Vec<ClientRow> = view.load(query)?;
    Ok(Page::cut(rows, ask.page, |row| row.id.0).map(Client::from))
}

/// LIKE's pattern for what begins so; its own wildcards count as themselves.
fn pattern(beginning: &str) -> String {
    let escaped = beginning.trim().to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("{escaped}%")
}

/// The practice's calendar day, by which ages are told; UTC's while no practice is founded.
pub(in crate::clients) fn today(view: &mut View<'_>) -> Result<NaiveDate, Stop> {
    let zone = match places::store::practice(view) {
        Ok(practice) => practice.zone,
        Err(Stop::Refused(Refusal::NotThere)) => Tz::UTC,
        Err(stop) => return Err(stop),
    };
    Ok(view.now().date_in(zone))
}

/// The name and address of an account that may act as a client, for the record that is made for it.
pub(in crate::clients) fn account_behind(
    view: &mut View<'_>,
    account: AccountId,
) -> Result<Option<(String, String)>, Stop> {
    view.first(
        accounts::table
            .inner_join(account_roles::table.on(account_roles::account_id.eq(accounts::id)))
            .filter(accounts::id.eq(account))
            .filter(account_roles::role.eq(Role::Client))
            .select((accounts::name, accounts::email)),
    )
}

/// Whether an account has a record already.
pub(in crate::clients) fn has_record(view: &mut View<'_>, account: AccountId) -> Result<bool, Stop> {
    let own: Option<ClientId> =
        view.first(clients::table.filter(clients::account_id.eq(account)).select(clients::id))?;
    Ok(own.is_some())
}
