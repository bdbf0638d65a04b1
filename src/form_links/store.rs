//! Form links, as rows; only hashes of their secrets are kept. Who holds one is found out at the door of the store.

use diesel::prelude::*;
use uuid::Uuid;

use super::model::{Closed, Ended, FormLink};
use crate::db::schema::form_links;
use crate::db::types::AnyId;
use crate::db::{Persist, Stop, View, Writer};
use crate::kernel::form_link::{FormBearer, FormSubject, IdentityCheck, Medium};
use crate::kernel::ids::{AccountId, ClientId, FormLinkId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

#[derive(Queryable, Insertable)]
#[diesel(table_name = form_links)]
struct LinkRow {
    id: FormLinkId,
    hash: Vec<u8>,
    subject: FormSubject,
    subject_id: AnyId,
    client_id: ClientId,
    signer_id: ClientId,
    medium: Medium,
    issued_by: AccountId,
    identity_check: IdentityCheck,
    created_at: Timestamp,
    expires_at: Timestamp,
    used_at: Option<Timestamp>,
    replaced_at: Option<Timestamp>,
}

impl Persist for FormLink {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let bearer = self.bearer;
        let earlier = form_links::table
            .filter(form_links::subject_id.eq(AnyId(bearer.subject_id)))
            .filter(form_links::used_at.is_null())
            .filter(form_links::replaced_at.is_null());
        writer.execute(diesel::update(earlier).set(form_links::replaced_at.eq(self.created_at)))?;
        let row = LinkRow {
            id: bearer.link,
            hash: self.hash.clone(),
            subject: bearer.subject,
            subject_id: AnyId(bearer.subject_id),
            client_id: bearer.client,
            signer_id: bearer.signer,
            medium: bearer.medium,
            issued_by: bearer.issued_by,
            identity_check: bearer.identity_check,
            created_at: self.created_at,
            expires_at: self.expires_at,
            used_at: self.used_at,
            replaced_at: self.replaced_at,
        };
        writer.execute(diesel::insert_into(form_links::table).values(&row)).map(drop)
    }
}

impl Persist for Closed {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let open = form_links::table
            .filter(form_links::id.eq(self.link))
            .filter(form_links::used_at.is_null())
            .filter(form_links::replaced_at.is_null());
        writer.execute(diesel::update(open).set(form_links::replaced_at.eq(self.at))).map(drop)
    }
}

impl Persist for Ended {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let open = form_links::table
            .filter(form_links::id.eq(self.link))
            .filter(form_links::used_at.is_null())
            .filter(form_links::replaced_at.is_null());
        writer.update_one(diesel::update(open).set(form_links::used_at.eq(self.at))).map_err(|stop| match stop {
            // Another request was quicker with the same link.
            Stop::Refused(Refusal::VersionMismatch) => Refusal::LinkSpent.into(),
            other => other,
        })
    }
}

impl From<LinkRow> for FormLink {
    fn from(row: LinkRow) -> Self {
        let bearer = FormBearer {
            link: row.id,
            subject: row.subject,
            subject_id: row.subject_id.0,
            client: row.client_id,
            signer: row.signer_id,
            medium: row.medium,
            issued_by: row.issued_by,
            identity_check: row.identity_check,
        };
        let LinkRow { hash, created_at, expires_at, used_at, replaced_at, .. } = row;
        Self { hash, bearer, created_at, expires_at, used_at, replaced_at }
    }
}

/// The links that were given out for a form, oldest first; for acts that have shown the form.
pub(in crate::form_links) fn links(view: &mut View<'_>, form: Uuid) -> Result<Vec<FormLink>, Stop> {
    let rows: Vec<LinkRow> =
        view.load(form_links::table.filter(form_links::subject_id.eq(AnyId(form))).order(form_links::id))?;
    Ok(rows.into_iter().map(FormLink::from).collect())
}

/// Whether a link was neither used up nor ended otherwise.
pub(in crate::form_links) fn is_open(view: &mut View<'_>, link: FormLinkId) -> Result<bool, Stop> {
    let open = form_links::table
        .filter(form_links::id.eq(link))
        .filter(form_links::used_at.is_null())
        .filter(form_links::replaced_at.is_null());
    Ok(view.first::<_, FormLinkId>(open.select(form_links::id))?.is_some())
}

/// Whose links are meant.
#[derive(Clone, Copy, Debug)]
pub(in crate::form_links) enum Of {
    /// Those that open this form.
    Form(Uuid),
    /// Those that open a form of this person's, or were given to them.
    Person(ClientId),
}

/// The links that were neither used up nor ended otherwise; for reactions, which end them.
pub(in crate::form_links) fn open_links(view: &mut View<'_>, of: Of) -> Result<Vec<FormLink>, Stop> {
    let open = form_links::table
        .filter(form_links::used_at.is_null())
        .filter(form_links::replaced_at.is_null())
        .order(form_links::id)
        .into_boxed();
    let rows: Vec<LinkRow> = view.load(match of {
        Of::Form(form) => open.filter(form_links::subject_id.eq(AnyId(form))),
        Of::Person(id) => open.filter(form_links::client_id.eq(id).or(form_links::signer_id.eq(id))),
    })?;
    Ok(rows.into_iter().map(FormLink::from).collect())
}
