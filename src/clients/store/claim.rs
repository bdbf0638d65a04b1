//! Codes by which records are taken over.

use diesel::prelude::*;

use crate::accounts;
use crate::clients::model::{ClaimCode, Claimed, Client};
use crate::db::schema::{claim_codes, clients};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::ids::ClientId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

#[derive(Queryable, Insertable)]
#[diesel(table_name = claim_codes)]
struct CodeRow {
    hash: Vec<u8>,
    client_id: ClientId,
    created_at: Timestamp,
    expires_at: Timestamp,
    used_at: Option<Timestamp>,
}

impl Persist for ClaimCode {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let unused = claim_codes::table.filter(claim_codes::used_at.is_null());
        if self.used_at.is_some() {
            let this = unused.filter(claim_codes::hash.eq(&self.hash));
            return writer.update_one(diesel::update(this).set(claim_codes::used_at.eq(self.used_at)));
        }
        let earlier = unused.filter(claim_codes::client_id.eq(self.client));
        writer.execute(diesel::update(earlier).set(claim_codes::used_at.eq(self.created_at)))?;
        let row = CodeRow {
            hash: self.hash.clone(),
            client_id: self.client,
            created_at: self.created_at,
            expires_at: self.expires_at,
            used_at: None,
        };
        writer.execute(diesel::insert_into(claim_codes::table).values(&row)).map(drop)
    }
}

impl Persist for Claimed {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        if let Some(replaced) = self.replaces {
            // Whether anything hangs on the record is what the database's references know best, later rooms' included.
            writer.execute(diesel::delete(clients::table.filter(clients::id.eq(replaced)))).map_err(
                |stop| match stop {
                    Stop::Fault(Fault::Constraint(_)) => IN_USE.into(),
                    other => other,
                },
            )?;
        }
        self.client.persist(writer)
    }
}

const IN_USE: Refusal = Refusal::PolicyViolation {
    rule: "record_in_use",
    detail: "this login's own record is in use already, so no other can take its place",
};

/// A code's row. The code itself is what may see it.
pub(in crate::clients) fn claim_code(view: &mut View<'_>, code: &str) -> Result<ClaimCode, Stop> {
    let row: Option<CodeRow> =
        view.first(claim_codes::table.filter(claim_codes::hash.eq(accounts::secret_hash(code))))?;
    let row = row.ok_or(Refusal::LinkSpent)?;
    Ok(ClaimCode {
        hash: row.hash,
        client: row.client_id,
        created_at: row.created_at,
        expires_at: row.expires_at,
        used_at: row.used_at,
    })
}

/// The record a code is for. The code is what may see it.
pub(in crate::clients) fn claimable(view: &mut View<'_>, code: &ClaimCode) -> Result<Client, Stop> {
    super::record::kept(view, code.client)?.ok_or_else(|| Refusal::LinkSpent.into())
}
