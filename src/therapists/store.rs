//! Therapists, as rows.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::model::{Login, Therapist, TherapistState};
use crate::accounts::model::AccountState;
use crate::db::schema::{account_roles, accounts, therapists, working_hours};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::actor::{Actor, Role};
use crate::kernel::ids::{AccountId, TherapistId, WorkingHoursId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::{Refusal, Violation};

crate::text_column!(TherapistState);

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = therapists, treat_none_as_null = true)]
struct TherapistRow {
    id: TherapistId,
    account_id: Option<AccountId>,
    name: String,
    bio: String,
    languages: String,
    listed: bool,
    state: TherapistState,
    version: i32,
    supervisor_id: Option<TherapistId>,
}

impl TryFrom<TherapistRow> for Therapist {
    type Error = Fault;
    fn try_from(row: TherapistRow) -> Result<Self, Fault> {
        let languages =
            serde_json::from_str(&row.languages).map_err(|_| Fault::Corrupt("languages that are no list"))?;
        Ok(Self {
            id: row.id,
            account: row.account_id,
            name: row.name,
            bio: row.bio,
            languages,
            listed: row.listed,
            state: row.state,
            supervisor: row.supervisor_id,
            version: row.version,
        })
    }
}

impl Persist for Therapist {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = TherapistRow {
            id: self.id,
            account_id: self.account,
            name: self.name.clone(),
            bio: self.bio.clone(),
            languages: serde_json::to_string(&self.languages)
                .map_err(|_| Fault::Corrupt("languages that are not JSON"))?,
            listed: self.listed,
            state: self.state,
            version: self.version,
            supervisor_id: self.supervisor,
        };
        let taken = |stop: Stop| {
            stop.on_constraint("therapists_account_id_key", || Refusal::AlreadyExists { pointer: "/account_id" })
        };
        if self.version == 1 {
            return writer.execute(diesel::insert_into(therapists::table).values(&row)).map(drop).map_err(taken);
        }
        let before =
            therapists::table.filter(therapists::id.eq(self.id)).filter(therapists::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row)).map_err(taken)
    }
}

/// A therapist, whoever asks: what others may be told of them is for the asking slice to choose.
///
/// # Errors
/// `NotThere`; a fault of the store.
pub fn therapist(view: &mut View<'_>, id: TherapistId) -> Result<Therapist, Stop> {
    let row: Option<TherapistRow> = view.first(therapists::table.filter(therapists::id.eq(id)))?;
    Ok(row.ok_or(Refusal::NotThere)?.try_into()?)
}

/// A therapist, for whoever may know of them: everybody while they are listed, otherwise the staff.
///
/// # Errors
/// `NotThere`; a fault of the store.
pub fn therapist_seen_by(view: &mut View<'_>, actor: &Actor, id: TherapistId) -> Result<Therapist, Stop> {
    let therapist = therapist(view, id)?;
    if therapist.listed || actor.is_staff() { Ok(therapist) } else { Err(Refusal::NotThere.into()) }
}

/// The therapist's record that a login is tied to, if there is one.
///
/// # Errors
/// A fault of the store.
pub fn therapist_of_account(view: &mut View<'_>, account: AccountId) -> Result<Option<Therapist>, Stop> {
    let row: Option<TherapistRow> = view.first(therapists::table.filter(therapists::account_id.eq(account)))?;
    Ok(row.map(Therapist::try_from).transpose()?)
}

/// A therapist whom a request names as a supervisor.
pub(super) fn colleague(view: &mut View<'_>, id: TherapistId) -> Result<Therapist, Stop> {
    let unknown = || Violation::at("/supervisor_id", "unknown", "must be a therapist of this practice");
    therapist(view, id).map_err(|stop| match stop {
        Stop::Refused(Refusal::NotThere) => Refusal::Fields(vec![unknown()]).into(),
        other => other,
    })
}

/// Those whose notes a therapist answers for now.
///
/// # Errors
/// A fault of the store.
pub fn supervised_by(view: &mut View<'_>, supervisor: TherapistId) -> Result<Vec<TherapistId>, Stop> {
    view.load(
        therapists::table.filter(therapists::supervisor_id.eq(supervisor)).order(therapists::id).select(therapists::id),
    )
}

/// Those of them who work here.
pub(super) fn trainees(view: &mut View<'_>, supervisor: TherapistId) -> Result<Vec<TherapistId>, Stop> {
    let theirs = therapists::table.filter(therapists::supervisor_id.eq(supervisor));
    view.load(theirs.filter(therapists::state.eq(TherapistState::Active)).select(therapists::id))
}

/// The listed therapists, or, with `all`, everybody who ever worked here.
pub(super) fn therapists(view: &mut View<'_>, all: bool, ask: PageAsk) -> Result<Page<Therapist>, Stop> {
    let mut query = therapists::table.order(therapists::id).limit(ask.limit + 1).into_boxed();
    if !all {
        query = query.filter(therapists::listed.eq(true)).filter(therapists::state.eq(TherapistState::Active));
    }
    if let Some(after) = ask.after {
        query = query.filter(therapists::id.gt(TherapistId(after)));
    }
    let rows: Vec<TherapistRow> = view.load(query)?;
    let page = Page::cut(rows, ask, |row| row.id.0);
    let items = page.items.into_iter().map(Therapist::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next_cursor: page.next_cursor })
}

/// Everybody whom the public list shows and who can be booked at all.
///
/// # Errors
/// A fault of the store.
pub fn bookable(view: &mut View<'_>) -> Result<Vec<TherapistId>, Stop> {
    let rows: Vec<TherapistRow> =
        view.load(therapists::table.filter(therapists::listed.eq(true)).order(therapists::id))?;
    let listed: Vec<Therapist> = rows.into_iter().map(Therapist::try_from).collect::<Result<_, _>>()?;
    let logins = logins(view, &listed.iter().map(|therapist| therapist.id).collect::<Vec<_>>())?;
    let bookable = listed.into_iter().filter(|therapist| therapist.is_bookable(logins.get(&therapist.id).copied()));
    Ok(bookable.map(|therapist| therapist.id).collect())
}

/// Everybody who ever worked here.
///
/// # Errors
/// A fault of the store.
pub fn everybody(view: &mut View<'_>) -> Result<Vec<TherapistId>, Stop> {
    view.load(therapists::table.order(therapists::id).select(therapists::id))
}

/// What everybody who ever worked here is known as: their name and, if they have a login, its e-mail address.
///
/// # Errors
/// A fault of the store.
pub fn known_as(view: &mut View<'_>) -> Result<Vec<(TherapistId, String, Option<String>)>, Stop> {
    view.load(
        therapists::table
            .left_join(accounts::table.on(therapists::account_id.eq(accounts::id.nullable())))
            .order(therapists::id)
            .select((therapists::id, therapists::name, accounts::email.nullable())),
    )
}

/// Whether a therapist can be booked at all, listed or not.
///
/// # Errors
/// A fault of the store.
pub fn is_bookable(view: &mut View<'_>, therapist: &Therapist) -> Result<bool, Stop> {
    Ok(therapist.is_bookable(login(view, therapist.id)?))
}

/// What booking asks of a therapist's login; `None` when they have none.
///
/// # Errors
/// A fault of the store.
pub fn login(view: &mut View<'_>, id: TherapistId) -> Result<Option<Login>, Stop> {
    Ok(logins(view, &[id])?.remove(&id))
}

fn logins(view: &mut View<'_>, of: &[TherapistId]) -> Result<BTreeMap<TherapistId, Login>, Stop> {
    let role = account_roles::account_id.eq(accounts::id).and(account_roles::role.eq(Role::Therapist));
    let rows: Vec<(TherapistId, AccountState, Option<Role>)> = view.load(
        therapists::table
            .inner_join(accounts::table.on(therapists::account_id.eq(accounts::id.nullable())))
            .left_join(account_roles::table.on(role))
            .filter(therapists::id.eq_any(of))
            .select((therapists::id, accounts::state, account_roles::role.nullable())),
    )?;
    let login =
        |state, role: Option<Role>| Login { enabled: state == AccountState::Active, holds_role: role.is_some() };
    Ok(rows.into_iter().map(|(id, state, role)| (id, login(state, role))).collect())
}

/// The name somebody gave with their login, for the record that is made for them; or a fault at `/account_id` if there is no such login.
pub(super) fn account_name(view: &mut View<'_>, account: AccountId) -> Result<String, Stop> {
    let name: Option<String> = view.first(accounts::table.filter(accounts::id.eq(account)).select(accounts::name))?;
    let unknown = || Violation::at("/account_id", "unknown_account", "must be an account of this practice");
    Ok(name.ok_or_else(|| Refusal::Fields(vec![unknown()]))?)
}

/// Whether a therapist has working hours that have not run out.
///
/// The hours belong to a later slice, which may not be called from here. That they exist is all that readiness asks, so the table is read for
/// just that.
///
/// # Errors
/// A fault of the store.
pub fn has_working_hours(view: &mut View<'_>, id: TherapistId, today: chrono::NaiveDate) -> Result<bool, Stop> {
    let hours: Option<WorkingHoursId> = view.first(
        working_hours::table
            .filter(working_hours::therapist_id.eq(id))
            .filter(working_hours::effective_until.is_null().or(working_hours::effective_until.ge(today)))
            .select(working_hours::id),
    )?;
    Ok(hours.is_some())
}
