//! What the tests of this model share. Days are counted from the first of 2027, and a day's instant is its midnight in UTC.

use std::sync::LazyLock;

use chrono::{NaiveDate, TimeDelta};
use uuid::Uuid;

use super::*;
use crate::kernel::ids::{AccountId, AssertionId, TherapistId};
use crate::kernel::time::Timestamp;

pub(crate) fn day(n: i64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 1, 1).unwrap() + TimeDelta::days(n)
}

pub(crate) fn at(n: i64) -> Timestamp {
    Timestamp::from(day(n).and_hms_opt(0, 0, 0).unwrap().and_utc())
}

pub(crate) fn holder() -> AccountId {
    AccountId(Uuid::from_u128(1))
}

pub(crate) fn verifier() -> AccountId {
    AccountId(Uuid::from_u128(2))
}

pub(crate) fn therapist() -> TherapistId {
    TherapistId(Uuid::from_u128(3))
}

/// The verifier speaks on day `n`.
pub(crate) fn occasion(n: i64) -> Occasion {
    occasion_by(verifier(), n)
}

pub(crate) fn occasion_by(by: AccountId, n: i64) -> Occasion {
    Occasion { by, holder: Some(holder()), now: at(n), today: day(n) }
}

/// The shipped catalogue, with the same ids every time.
pub(crate) fn catalogue() -> Vec<CredentialType> {
    static TYPES: LazyLock<Vec<CredentialType>> = LazyLock::new(|| {
        let shipped: Catalogue = serde_json::from_str(CREDENTIAL_TYPES_V1).unwrap();
        shipped.types.iter().map(|draft| CredentialType::add(draft, at(0)).unwrap().into_parts().0).collect()
    });
    TYPES.clone()
}

pub(crate) fn certification() -> CredentialType {
    catalogue().into_iter().find(|one| one.code == "upledger_cst_t").unwrap()
}

pub(crate) fn draft_of(one: &CredentialType) -> CredentialTypeDraft {
    CredentialTypeDraft {
        code: one.code.clone(),
        name: one.name.clone(),
        kind: one.kind,
        issuer: one.issuer.clone(),
        jurisdiction: one.jurisdiction.clone(),
        grants_adjustment: one.grants_adjustment,
    }
}

pub(crate) fn draft() -> CredentialDraft {
    draft_of_days(0, Some(700), 365, false)
}

pub(crate) fn draft_of_days(issued: i64, expires: Option<i64>, reverify: i64, self_attested: bool) -> CredentialDraft {
    CredentialDraft {
        number: "CST-T 4711".into(),
        issued_on: day(issued),
        expires_on: expires.map(day),
        reverify_by: day(reverify),
        self_attested,
    }
}

/// Put forward by the verifier on day 1.
pub(crate) fn submitted() -> Credential {
    Credential::submit(&draft(), therapist(), &certification(), occasion(1)).unwrap().into_parts().0.credential
}

pub(crate) fn verification() -> Statement {
    Statement {
        method: Some(Method::PrimarySource),
        source: Some("the issuer's register".into()),
        ..Statement::default()
    }
}

/// A statement that would do for every kind.
pub(crate) fn full_statement() -> Statement {
    Statement { reason: Some("a letter".into()), ..verification() }
}

/// An assertion in effect from one day and recorded at the beginning of another.
pub(crate) fn said(kind: AssertionKind, effective: i64, recorded: i64) -> Assertion {
    Assertion {
        id: AssertionId::new(at(recorded)),
        credential: submitted().id,
        kind,
        effective_on: day(effective),
        recorded_at: at(recorded),
        by: verifier(),
        method: None,
        reason: None,
        source: None,
    }
}

/// A credential issued on day 0, with what was said of it.
pub(crate) fn held(expires: Option<i64>, reverify: i64, history: &[(AssertionKind, i64, i64)]) -> Held {
    let credential =
        Credential { issued_on: day(0), expires_on: expires.map(day), reverify_by: day(reverify), ..submitted() };
    Held { credential, assertions: history.iter().map(|(kind, on, recorded)| said(*kind, *on, *recorded)).collect() }
}
