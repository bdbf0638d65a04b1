//! What was presented, signed and ended: rows that nobody changes.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::consents::model::{
    Authenticated, Consent, End, EndKind, Ending, Meaning, Proof, Signature, Signed, Unnamed, Vouched,
};
use crate::db::schema::{consent_ends, consent_names, consent_signatures, consents};
use crate::db::{Fault, Persist, Stop, View, Writer};
use crate::kernel::form_link::{IdentityCheck, Medium};
use crate::kernel::ids::{AccountId, ClientId, ConsentId, ConsentTemplateId, ConsentVersionId, DataKeyId, FormLinkId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::time::Timestamp;

#[derive(Queryable, Insertable)]
#[diesel(table_name = consents)]
pub(super) struct ConsentRow {
    pub(super) id: ConsentId,
    client_id: ClientId,
    template_id: ConsentTemplateId,
    template_version_id: ConsentVersionId,
    presented_by: Option<AccountId>,
    due_at: Option<Timestamp>,
    presented_at: Timestamp,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = consent_signatures)]
struct SignatureRow {
    consent_id: ConsentId,
    signer_id: ClientId,
    meaning: Meaning,
    text_hash: String,
    language: String,
    authenticated_by: Authenticated,
    account_id: Option<AccountId>,
    form_link_id: Option<FormLinkId>,
    identity_checked_by: Option<AccountId>,
    identity_check: Option<IdentityCheck>,
    witness_id: Option<AccountId>,
    valid_until: Option<NaiveDate>,
    signed_at: Timestamp,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = consent_ends)]
struct EndRow {
    consent_id: ConsentId,
    kind: EndKind,
    withdrawn_by: Option<ClientId>,
    account_id: Option<AccountId>,
    data_key_id: Option<DataKeyId>,
    sealed: Option<Vec<u8>>,
    ended_at: Timestamp,
}

impl Persist for Consent {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let row = ConsentRow {
            id: self.id,
            client_id: self.client,
            template_id: self.template,
            template_version_id: self.template_version,
            presented_by: self.presented_by,
            due_at: self.due_at,
            presented_at: self.presented_at,
        };
        writer.execute(diesel::insert_into(consents::table).values(&row)).map(drop)
    }
}

impl Persist for Signed {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let given = self.signature.clone();
        let (account_id, vouched) = match given.proof {
            Proof::Login(account) => (Some(account), None),
            Proof::Staff(vouched) => (None, Some(vouched)),
        };
        let witnessed = vouched.filter(|vouched| vouched.medium == Medium::Tablet);
        let row = SignatureRow {
            consent_id: self.consent,
            signer_id: given.signer,
            meaning: given.meaning,
            text_hash: given.text_hash,
            language: given.language,
            authenticated_by: given.proof.kind(),
            account_id,
            form_link_id: vouched.map(|vouched| vouched.link),
            identity_checked_by: vouched.map(|vouched| vouched.by),
            identity_check: vouched.map(|vouched| vouched.identity_check),
            witness_id: witnessed.map(|vouched| vouched.by),
            valid_until: given.valid_until,
            signed_at: given.signed_at,
        };
        writer.execute(diesel::insert_into(consent_signatures::table).values(&row))?;
        let named = (consent_names::consent_id.eq(self.consent), consent_names::name.eq(given.name));
        writer.execute(diesel::insert_into(consent_names::table).values(named)).map(drop)
    }
}

impl Persist for Unnamed {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let named = consent_names::table.filter(consent_names::consent_id.eq(self.0));
        writer.execute(diesel::update(named).set(consent_names::name.eq(None::<String>))).map(drop)
    }
}

impl Persist for Ending {
    fn persist(&self, writer: &mut Writer<'_, '_>) -> Result<(), Stop> {
        let End { kind, withdrawn_by, account, reason, ended_at } = self.end.clone();
        let (data_key_id, sealed) = reason.map(|sealed| (sealed.key, sealed.bytes)).unzip();
        let row =
            EndRow { consent_id: self.consent, kind, withdrawn_by, account_id: account, data_key_id, sealed, ended_at };
        writer.execute(diesel::insert_into(consent_ends::table).values(&row)).map(drop)
    }
}

impl SignatureRow {
    fn proof(&self) -> Result<Proof, Fault> {
        let medium = match self.authenticated_by {
            Authenticated::Login => return self.account_id.map(Proof::Login).ok_or(UNPROVEN),
            Authenticated::Link => Medium::Link,
            Authenticated::Tablet => Medium::Tablet,
        };
        let told = self.form_link_id.zip(self.identity_checked_by).zip(self.identity_check);
        let ((link, by), identity_check) = told.ok_or(UNPROVEN)?;
        Ok(Proof::Staff(Vouched { link, medium, by, identity_check }))
    }
}

const UNPROVEN: Fault = Fault::Corrupt("a signature without what stands for it");

impl SignatureRow {
    fn signature(self, name: Option<String>) -> Result<Signature, Fault> {
        let row = self;
        Ok(Signature {
            proof: row.proof()?,
            signer: row.signer_id,
            name,
            meaning: row.meaning,
            text_hash: row.text_hash,
            language: row.language,
            valid_until: row.valid_until,
            signed_at: row.signed_at,
        })
    }
}

impl From<EndRow> for End {
    fn from(row: EndRow) -> Self {
        let reason = row.data_key_id.zip(row.sealed).map(|(key, bytes)| Sealed { key, bytes });
        let EndRow { kind, withdrawn_by, account_id, ended_at, .. } = row;
        Self { kind, withdrawn_by, account: account_id, reason, ended_at }
    }
}

/// The rows with what stands beside them.
pub(super) fn whole(view: &mut View<'_>, rows: Vec<ConsentRow>) -> Result<Vec<Consent>, Stop> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<ConsentId> = rows.iter().map(|row| row.id).collect();
    let signatures: Vec<SignatureRow> =
        view.load(consent_signatures::table.filter(consent_signatures::consent_id.eq_any(&ids)))?;
    let names: Vec<(ConsentId, Option<String>)> =
        view.load(consent_names::table.filter(consent_names::consent_id.eq_any(&ids)))?;
    let ends: Vec<EndRow> = view.load(consent_ends::table.filter(consent_ends::consent_id.eq_any(&ids)))?;
    let mut signatures: BTreeMap<_, _> = signatures.into_iter().map(|row| (row.consent_id, row)).collect();
    let mut names: BTreeMap<_, _> = names.into_iter().collect();
    let mut ends: BTreeMap<_, _> = ends.into_iter().map(|row| (row.consent_id, row)).collect();
    let consent = |row: ConsentRow| {
        let name = names.remove(&row.id).flatten();
        Ok(Consent {
            id: row.id,
            client: row.client_id,
            template: row.template_id,
            template_version: row.template_version_id,
            presented_by: row.presented_by,
            due_at: row.due_at,
            presented_at: row.presented_at,
            signature: signatures.remove(&row.id).map(|row| row.signature(name)).transpose()?,
            end: ends.remove(&row.id).map(End::from),
        })
    };
    rows.into_iter().map(consent).collect()
}

/// A consent, whoever asks; [`sight`](crate::consents::sight) says who may.
pub(in crate::consents) fn consent(view: &mut View<'_>, id: ConsentId) -> Result<Consent, Stop> {
    let row: Option<ConsentRow> = view.first(consents::table.filter(consents::id.eq(id)))?;
    let row = row.ok_or(Refusal::NotThere)?;
    whole(view, vec![row])?.pop().ok_or_else(|| Refusal::NotThere.into())
}

/// Everything of one text that was presented to a client, oldest first; for acts that hold the client's lock.
pub(in crate::consents) fn of_template(
    view: &mut View<'_>,
    client: ClientId,
    template: ConsentTemplateId,
) -> Result<Vec<Consent>, Stop> {
    let rows: Vec<ConsentRow> = view.load(
        consents::table
            .filter(consents::client_id.eq(client))
            .filter(consents::template_id.eq(template))
            .order(consents::id),
    )?;
    whole(view, rows)
}

/// The consents under which a name stands that tells of a person: what they signed, and what was signed for them.
pub(in crate::consents) fn naming(view: &mut View<'_>, person: ClientId) -> Result<Vec<ConsentId>, Stop> {
    let theirs = consents::table.filter(consents::client_id.eq(person)).select(consents::id);
    let signed = consent_signatures::table
        .filter(consent_signatures::signer_id.eq(person))
        .select(consent_signatures::consent_id);
    view.load(
        consent_names::table
            .filter(consent_names::name.is_not_null())
            .filter(consent_names::consent_id.eq_any(theirs).or(consent_names::consent_id.eq_any(signed)))
            .order(consent_names::consent_id)
            .select(consent_names::consent_id),
    )
}
