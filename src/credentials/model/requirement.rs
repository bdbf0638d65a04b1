//! What a session requires of a therapist's credentials, and whether they meet it on a day.

use std::cmp::Reverse;

use super::credential_type::CredentialType;
use super::validity::{AsOf, Held, Validity};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{CredentialId, CredentialTypeId};
use crate::kernel::refusal::{MissingCredential, Refusal};
use crate::places::model::Settings;

/// A credential type as a requirement names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredType {
    /// Which type.
    pub id: CredentialTypeId,
    /// Its name, for the person who is told that it is missing.
    pub name: String,
}

/// One requirement: a credential of any one of these types. A session type has several, and all must be met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The types of which one is needed; never none.
    pub any_of: Vec<RequiredType>,
}

impl Requirement {
    /// Parses requirements, each a list of type ids at `/requirements/{n}/any_of`, against the catalogue.
    pub(crate) fn parse_all(
        fields: &mut Fields,
        groups: &[Vec<CredentialTypeId>],
        catalogue: &[CredentialType],
    ) -> Option<Vec<Self>> {
        fields.within("/requirements", groups.len(), 0..=10)?;
        let parsed: Vec<_> = groups
            .iter()
            .enumerate()
            .map(|(at, group)| Self::parse(fields, &format!("/requirements/{at}/any_of"), group, catalogue))
            .collect();
        parsed.into_iter().collect()
    }

    fn parse(
        fields: &mut Fields,
        pointer: &str,
        group: &[CredentialTypeId],
        catalogue: &[CredentialType],
    ) -> Option<Self> {
        fields.within(pointer, group.len(), 1..=20)?;
        let types: Vec<_> = group
            .iter()
            .enumerate()
            .map(|(at, id)| {
                let pointer = format!("{pointer}/{at}");
                let found = catalogue.iter().find(|known| known.id == *id);
                let found = fields.parsed(&pointer, found, "unknown_credential_type", "must be in the catalogue")?;
                let may = found.kind.may_be_required();
                fields.require(may, &pointer, "course_is_no_certification", "a course cannot be required");
                may.then(|| RequiredType { id: found.id, name: found.name.clone() })
            })
            .collect();
        Some(Self { any_of: types.into_iter().collect::<Option<_>>()? })
    }

    fn names(&self, credential_type: CredentialTypeId) -> bool {
        self.any_of.iter().any(|required| required.id == credential_type)
    }

    /// The credential that meets this requirement best, or what is missing.
    fn met_by(&self, held: &[(&Held, Validity)], settings: &Settings) -> Result<CredentialId, MissingCredential> {
        let candidates = || held.iter().filter(|(one, _)| self.names(one.credential.credential_type));
        // `Validity` is ordered from best to worst; among equals the one issued last is relied on.
        let best = candidates()
            .filter(|(_, validity)| validity.counts(settings.self_attested_gates))
            .min_by_key(|(one, validity)| (*validity, Reverse((one.credential.issued_on, one.credential.id))));
        if let Some((one, _)) = best {
            return Ok(one.credential.id);
        }
        // The one issued last is what the therapist would show today; an expired predecessor explains nothing.
        let shown = candidates().max_by_key(|(one, _)| (one.credential.issued_on, one.credential.id));
        Err(MissingCredential {
            any_of: self.any_of.iter().map(|required| required.id).collect(),
            names: self.any_of.iter().map(|required| required.name.clone()).collect(),
            why: shown.map_or("not_held", |(_, validity)| validity.why()),
        })
    }
}

/// Whether a therapist's credentials meet every requirement, as of a day and a state of knowledge.
///
/// Answers with the credentials relied on, each once; no requirements rely on none.
///
/// # Errors
/// What is missing, one entry for each requirement that is not met.
pub fn eligible(
    requirements: &[Requirement],
    held: &[Held],
    as_of: AsOf,
    settings: &Settings,
) -> Result<Vec<CredentialId>, Vec<MissingCredential>> {
    let held: Vec<_> = held.iter().map(|one| (one, one.validity(as_of, settings.reverify_grace_days))).collect();
    let mut relied_on = Vec::new();
    let mut missing = Vec::new();
    for requirement in requirements {
        match requirement.met_by(&held, settings) {
            Ok(id) if relied_on.contains(&id) => {}
            Ok(id) => relied_on.push(id),
            Err(gap) => missing.push(gap),
        }
    }
    if missing.is_empty() { Ok(relied_on) } else { Err(missing) }
}

/// The refusal for what is missing: that a credential has run out, if that is all, because then a renewal mends it.
#[must_use]
pub fn not_eligible(missing: Vec<MissingCredential>) -> Refusal {
    if missing.iter().all(|gap| gap.why == "expired") {
        Refusal::CertificationExpired { missing }
    } else {
        Refusal::TherapistNotEligible { missing }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::super::{AssertionKind, Credential, CredentialKind};
    use super::*;

    fn requirement(types: &[&CredentialType]) -> Requirement {
        let any_of = types.iter().map(|one| RequiredType { id: one.id, name: one.name.clone() }).collect();
        Requirement { any_of }
    }

    fn of_type(one: Held, credential_type: &CredentialType) -> Held {
        let credential = Credential { credential_type: credential_type.id, ..one.credential };
        Held { credential, ..one }
    }

    fn verified(expires_on: Option<i64>) -> Held {
        held(expires_on, 200, &[(AssertionKind::Submitted, 0, 0), (AssertionKind::Verified, 0, 1)])
    }

    fn ask(requirements: &[Requirement], held: &[Held]) -> Result<Vec<CredentialId>, Vec<MissingCredential>> {
        eligible(requirements, held, AsOf { on: day(20), known_at: at(20) }, &Settings::default())
    }

    #[test]
    fn every_group_is_met_by_any_one_of_its_types() {
        let types = catalogue();
        let (massage, chiropractor, cst_t) = (&types[0], &types[1], &types[7]);
        let requirements = [requirement(&[massage, chiropractor]), requirement(&[cst_t])];
        let licence = of_type(verified(None), chiropractor);
        let certificate = of_type(verified(Some(100)), cst_t);
        let both = [licence.clone(), certificate.clone()];
        assert_eq!(ask(&requirements, &both), Ok(vec![licence.credential.id, certificate.credential.id]));
        let missing = ask(&requirements, &[licence]).unwrap_err();
        assert_eq!(
            (missing.len(), missing[0].why, missing[0].any_of.as_slice()),
            (1, "not_held", [cst_t.id].as_slice())
        );
        assert!(matches!(not_eligible(missing), Refusal::TherapistNotEligible { .. }));
        assert_eq!(ask(&[], &[]), Ok(vec![]));
    }

    #[test]
    fn expiry_alone_is_called_expiry() {
        let types = catalogue();
        let requirements = [requirement(&[&types[7]]), requirement(&[&types[0]])];
        let expired = of_type(verified(Some(19)), &types[7]);
        let licence = of_type(verified(None), &types[0]);
        let missing = ask(&requirements, &[expired.clone(), licence]).unwrap_err();
        assert!(matches!(not_eligible(missing), Refusal::CertificationExpired { missing } if missing.len() == 1));
        let missing = ask(&requirements, &[expired]).unwrap_err();
        assert!(matches!(not_eligible(missing), Refusal::TherapistNotEligible { missing } if missing.len() == 2));
    }

    #[test]
    fn the_credential_issued_last_says_why() {
        let types = catalogue();
        let expired = of_type(verified(Some(19)), &types[7]);
        let mut renewal = of_type(held(None, 200, &[(AssertionKind::Submitted, 10, 10)]), &types[7]);
        renewal.credential.issued_on = day(10);
        let missing = ask(&[requirement(&[&types[7]])], &[expired, renewal]).unwrap_err();
        assert_eq!(missing[0].why, "not_verified");
    }

    #[test]
    fn a_course_cannot_be_required() {
        let types = catalogue();
        let course = types.iter().find(|one| one.kind == CredentialKind::Course).unwrap();
        let mut fields = Fields::default();
        let groups = [vec![types[0].id], vec![types[7].id, course.id], vec![], vec![CredentialTypeId::new(at(0))]];
        assert_eq!(Requirement::parse_all(&mut fields, &groups, &types), None);
        let Err(Refusal::Fields(faults)) = fields.finish(|| Some(())) else { panic!("accepted") };
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(
            found,
            [
                ("/requirements/1/any_of/1", "course_is_no_certification"),
                ("/requirements/2/any_of", "out_of_range"),
                ("/requirements/3/any_of/0", "unknown_credential_type")
            ]
        );
    }
}
