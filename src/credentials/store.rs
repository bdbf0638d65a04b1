//! Credential types, credentials and what was said of them, as rows.

use std::collections::HashMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use super::model::{
    Asserted, Assertion, AssertionKind, Credential, CredentialKind, CredentialState, CredentialType, Held, Method,
};
use crate::db::schema::{credential_assertions, credential_types, credentials};
use crate::db::{Persist, Stop, View, Writer};
use crate::kernel::actor::{Actor, Role};
use crate::kernel::ids::{AccountId, AssertionId, CredentialId, CredentialTypeId, TherapistId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

crate::text_column!(AssertionKind, CredentialKind, CredentialState, Method);

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = credential_types, treat_none_as_null = true)]
struct CredentialTypeRow {
    id: CredentialTypeId,
    code: String,
    name: String,
    kind: CredentialKind,
    issuer: String,
    jurisdiction: Option<String>,
    grants_adjustment: bool,
    version: i32,
}

impl From<CredentialTypeRow> for CredentialType {
    fn from(row: CredentialTypeRow) -> Self {
        Self {
            id: row.id,
            code: row.code,
            name: row.name,
            kind: row.kind,
            issuer: row.issuer,
            jurisdiction: row.jurisdiction,
            grants_adjustment: row.grants_adjustment,
            version: row.version,
        }
    }
}

impl Persist for CredentialType {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = CredentialTypeRow {
            id: self.id,
            code: self.code.clone(),
            name: self.name.clone(),
            kind: self.kind,
            issuer: self.issuer.clone(),
            jurisdiction: self.jurisdiction.clone(),
            grants_adjustment: self.grants_adjustment,
            version: self.version,
        };
        if self.version == 1 {
            let taken = |stop: Stop| {
                stop.on_constraint("credential_types_code_key", || Refusal::AlreadyExists { pointer: "/code" })
            };
            return writer.execute(diesel::insert_into(credential_types::table).values(&row)).map(drop).map_err(taken);
        }
        let before = credential_types::table
            .filter(credential_types::id.eq(self.id))
            .filter(credential_types::version.eq(self.version - 1));
        writer.update_one(diesel::update(before).set(&row))
    }
}

/// The whole catalogue of credential types, by code.
///
/// # Errors
/// A fault of the store.
pub fn catalogue(view: &mut View<'_>) -> Result<Vec<CredentialType>, Stop> {
    let rows: Vec<CredentialTypeRow> = view.load(credential_types::table.order(credential_types::code))?;
    Ok(rows.into_iter().map(CredentialType::from).collect())
}

/// A page of the catalogue.
pub(super) fn credential_types(view: &mut View<'_>, ask: PageAsk) -> Result<Page<CredentialType>, Stop> {
    let mut query = credential_types::table.order(credential_types::id).limit(ask.limit + 1).into_boxed();
    if let Some(after) = ask.after {
        query = query.filter(credential_types::id.gt(CredentialTypeId(after)));
    }
    let rows: Vec<CredentialTypeRow> = view.load(query)?;
    Ok(Page::cut(rows, ask, |row| row.id.0).map(CredentialType::from))
}

/// A credential type.
///
/// # Errors
/// `NotThere`; a fault of the store.
pub fn credential_type(view: &mut View<'_>, id: CredentialTypeId) -> Result<CredentialType, Stop> {
    let row: Option<CredentialTypeRow> = view.first(credential_types::table.filter(credential_types::id.eq(id)))?;
    Ok(row.ok_or(Refusal::NotThere)?.into())
}

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = credentials, treat_none_as_null = true)]
struct CredentialRow {
    id: CredentialId,
    therapist_id: TherapistId,
    credential_type_id: CredentialTypeId,
    number: String,
    issued_on: NaiveDate,
    expires_on: Option<NaiveDate>,
    reverify_by: NaiveDate,
    state: CredentialState,
    self_attested: bool,
    supersedes: Option<CredentialId>,
    submitted_by: AccountId,
    version: i32,
    created_at: Timestamp,
    asserted_at: Timestamp,
}

impl From<CredentialRow> for Credential {
    fn from(row: CredentialRow) -> Self {
        Self {
            id: row.id,
            therapist: row.therapist_id,
            credential_type: row.credential_type_id,
            number: row.number,
            issued_on: row.issued_on,
            expires_on: row.expires_on,
            reverify_by: row.reverify_by,
            state: row.state,
            self_attested: row.self_attested,
            supersedes: row.supersedes,
            submitted_by: row.submitted_by,
            version: row.version,
            created_at: row.created_at,
            asserted_at: row.asserted_at,
        }
    }
}

impl From<&Credential> for CredentialRow {
    fn from(credential: &Credential) -> Self {
        Self {
            id: credential.id,
            therapist_id: credential.therapist,
            credential_type_id: credential.credential_type,
            number: credential.number.clone(),
            issued_on: credential.issued_on,
            expires_on: credential.expires_on,
            reverify_by: credential.reverify_by,
            state: credential.state,
            self_attested: credential.self_attested,
            supersedes: credential.supersedes,
            submitted_by: credential.submitted_by,
            version: credential.version,
            created_at: credential.created_at,
            asserted_at: credential.asserted_at,
        }
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = credential_assertions)]
struct AssertionRow {
    id: AssertionId,
    credential_id: CredentialId,
    kind: AssertionKind,
    effective_on: NaiveDate,
    recorded_at: Timestamp,
    account_id: AccountId,
    method: Option<Method>,
    reason: String,
    source: String,
}

impl From<AssertionRow> for Assertion {
    fn from(row: AssertionRow) -> Self {
        let said = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            id: row.id,
            credential: row.credential_id,
            kind: row.kind,
            effective_on: row.effective_on,
            recorded_at: row.recorded_at,
            by: row.account_id,
            method: row.method,
            reason: said(row.reason),
            source: said(row.source),
        }
    }
}

impl From<&Assertion> for AssertionRow {
    fn from(assertion: &Assertion) -> Self {
        Self {
            id: assertion.id,
            credential_id: assertion.credential,
            kind: assertion.kind,
            effective_on: assertion.effective_on,
            recorded_at: assertion.recorded_at,
            account_id: assertion.by,
            method: assertion.method,
            reason: assertion.reason.clone().unwrap_or_default(),
            source: assertion.source.clone().unwrap_or_default(),
        }
    }
}

impl Persist for Asserted {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = CredentialRow::from(&self.credential);
        if self.credential.version == 1 {
            writer.execute(diesel::insert_into(credentials::table).values(&row))?;
        } else {
            let before =
                credentials::table.filter(credentials::id.eq(row.id)).filter(credentials::version.eq(row.version - 1));
            writer.update_one(diesel::update(before).set(&row))?;
        }
        let said = AssertionRow::from(&self.assertion);
        writer.execute(diesel::insert_into(credential_assertions::table).values(&said)).map(drop)
    }
}

/// Everything a therapist ever put forward, with all that was said of it.
///
/// # Errors
/// A fault of the store.
pub fn held(view: &mut View<'_>, therapist: TherapistId) -> Result<Vec<Held>, Stop> {
    held_by(view, &[therapist])
}

/// The same of several therapists, in as many queries as of one.
///
/// # Errors
/// A fault of the store.
pub fn held_by(view: &mut View<'_>, therapists: &[TherapistId]) -> Result<Vec<Held>, Stop> {
    let rows: Vec<CredentialRow> =
        view.load(credentials::table.filter(credentials::therapist_id.eq_any(therapists)).order(credentials::id))?;
    with_assertions(view, rows)
}

/// What a list of credentials is narrowed by.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted {
    pub therapist: Option<TherapistId>,
    pub state: Option<CredentialState>,
}

/// The credentials an actor may see, with what was said of them: all for an admin or verifier, their own for a therapist.
pub(super) fn credentials(
    view: &mut View<'_>,
    actor: &Actor,
    wanted: Wanted,
    ask: PageAsk,
) -> Result<Page<Held>, Stop> {
    let mut query = credentials::table.order(credentials::id).limit(ask.limit + 1).into_boxed();
    if !judges(actor) {
        let Some(own) = actor.therapist() else {
            return Ok(Page { items: Vec::new(), next_cursor: None });
        };
        query = query.filter(credentials::therapist_id.eq(own));
    }
    if let Some(therapist) = wanted.therapist {
        query = query.filter(credentials::therapist_id.eq(therapist));
    }
    if let Some(state) = wanted.state {
        query = query.filter(credentials::state.eq(state));
    }
    if let Some(after) = ask.after {
        query = query.filter(credentials::id.gt(CredentialId(after)));
    }
    let rows: Vec<CredentialRow> = view.load(query)?;
    let page = Page::cut(rows, ask, |row| row.id.0);
    Ok(Page { items: with_assertions(view, page.items)?, next_cursor: page.next_cursor })
}

/// The credentials that wait for the actor's judgement: submitted, by another; none for who judges nothing.
///
/// # Errors
/// A fault of the store.
pub fn to_judge(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Credential>, Stop> {
    if !judges(actor) {
        return Ok(Vec::new());
    }
    let submitted = credentials::table.filter(credentials::state.eq(CredentialState::Submitted));
    let rows: Vec<CredentialRow> = view.load(submitted.order(credentials::id))?;
    // Nobody judges their own, whatever roles they hold by now.
    let own = |one: &Credential| matches!(actor, Actor::Person(person) if person.therapist == Some(one.therapist));
    Ok(rows.into_iter().map(Credential::from).filter(|one| !own(one)).collect())
}

/// One credential with what was said of it, for its holder, an admin or a verifier.
pub(super) fn credential(view: &mut View<'_>, actor: &Actor, id: CredentialId) -> Result<Held, Stop> {
    let row: Option<CredentialRow> = view.first(credentials::table.filter(credentials::id.eq(id)))?;
    let row = row.filter(|row| judges(actor) || actor.therapist() == Some(row.therapist_id));
    let found = with_assertions(view, vec![row.ok_or(Refusal::NotThere)?])?;
    Ok(found.into_iter().next().ok_or(Refusal::NotThere)?)
}

/// Whether somebody may see, and judge, other people's credentials.
pub(super) fn judges(actor: &Actor) -> bool {
    actor.has(Role::Admin) || actor.has(Role::Verifier) || actor.is_system()
}

fn with_assertions(view: &mut View<'_>, rows: Vec<CredentialRow>) -> Result<Vec<Held>, Stop> {
    let ids: Vec<CredentialId> = rows.iter().map(|row| row.id).collect();
    let said: Vec<AssertionRow> = view.load(
        credential_assertions::table
            .filter(credential_assertions::credential_id.eq_any(ids))
            .order(credential_assertions::recorded_at),
    )?;
    let mut of: HashMap<CredentialId, Vec<Assertion>> = HashMap::new();
    for row in said {
        of.entry(row.credential_id).or_default().push(row.into());
    }
    Ok(rows
        .into_iter()
        .map(|row| Held { assertions: of.remove(&row.id).unwrap_or_default(), credential: row.into() })
        .collect())
}
