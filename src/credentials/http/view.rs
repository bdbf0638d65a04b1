//! A credential as its holder and those who judge it see it.

use chrono::NaiveDate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::credentials::model::{
    AsOf, Assertion, AssertionKind, CredentialKind, CredentialState, CredentialType, Held, Method, Validity,
};
use crate::credentials::store;
use crate::db::{Fault, Stop, View};
use crate::kernel::ids::{AccountId, AssertionId, CredentialId, CredentialTypeId, TherapistId};
use crate::kernel::time::Timestamp;
use crate::places;
use crate::places::model::Settings;

/// One thing said of a credential.
#[derive(Serialize, ToSchema)]
pub(super) struct AssertionView {
    id: AssertionId,
    kind: AssertionKind,
    /// The day from which it is so.
    effective_on: NaiveDate,
    /// When it was written down.
    recorded_at: Timestamp,
    by: AccountId,
    method: Option<Method>,
    reason: Option<String>,
    source: Option<String>,
}

impl From<&Assertion> for AssertionView {
    fn from(said: &Assertion) -> Self {
        Self {
            id: said.id,
            kind: said.kind,
            effective_on: said.effective_on,
            recorded_at: said.recorded_at,
            by: said.by,
            method: said.method,
            reason: said.reason.clone(),
            source: said.source.clone(),
        }
    }
}

/// A credential, with everything that was said of it.
#[derive(Serialize, ToSchema)]
pub(super) struct CredentialView {
    pub id: CredentialId,
    therapist_id: TherapistId,
    credential_type_id: CredentialTypeId,
    name: String,
    kind: CredentialKind,
    number: String,
    issued_on: NaiveDate,
    expires_on: Option<NaiveDate>,
    reverify_by: NaiveDate,
    state: CredentialState,
    /// What it is worth today; unlike the state it follows the dates.
    validity: Validity,
    self_attested: bool,
    supersedes: Option<CredentialId>,
    submitted_by: AccountId,
    created_at: Timestamp,
    pub version: i32,
    assertions: Vec<AssertionView>,
}

/// What is needed to show credentials as of today.
pub(super) struct Today {
    pub as_of: AsOf,
    pub settings: Settings,
    pub catalogue: Vec<CredentialType>,
}

impl Today {
    /// Today, on the practice's wall, and all that is recorded.
    pub fn of(view: &mut View<'_>) -> Result<Self, Stop> {
        let zone = places::store::practice(view)?.zone;
        Ok(Self {
            as_of: AsOf::known_now(view.now().date_in(zone)),
            settings: places::store::settings(view)?,
            catalogue: store::catalogue(view)?,
        })
    }

    /// A credential's type.
    pub fn type_of(&self, held: &Held) -> Result<&CredentialType, Fault> {
        let id = held.credential.credential_type;
        self.catalogue.iter().find(|one| one.id == id).ok_or(Fault::Corrupt("a credential without its type"))
    }

    /// A credential, shown.
    pub fn show(&self, held: &Held) -> Result<CredentialView, Stop> {
        let credential_type = self.type_of(held)?;
        let credential = &held.credential;
        Ok(CredentialView {
            id: credential.id,
            therapist_id: credential.therapist,
            credential_type_id: credential.credential_type,
            name: credential_type.name.clone(),
            kind: credential_type.kind,
            number: credential.number.clone(),
            issued_on: credential.issued_on,
            expires_on: credential.expires_on,
            reverify_by: credential.reverify_by,
            state: credential.state,
            validity: held.validity(self.as_of, self.settings.reverify_grace_days),
            self_attested: credential.self_attested,
            supersedes: credential.supersedes,
            submitted_by: credential.submitted_by,
            created_at: credential.created_at,
            version: credential.version,
            assertions: held.assertions.iter().map(AssertionView::from).collect(),
        })
    }
}
