//! Kinds of credential, and the practice's editable catalogue of types.

use serde::Deserialize;

use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::CredentialTypeId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::text_enum;

/// The catalogue a new practice begins with, as JSON of a [`Catalogue`]. It is data: a practice edits its own copy.
pub const CREDENTIAL_TYPES_V1: &str = include_str!("../reference/credential_types_v1.json");

text_enum! {
    /// What sort of thing a credential is.
    pub enum CredentialKind {
        /// The state's leave to touch: massage therapist, DC, DO, physical or occupational therapist.
        Licence = "licence",
        /// A school's word that training was completed and examined.
        Certification = "certification",
        /// Hours attended. Never shown as a certification.
        Course = "course",
        /// A policy of liability insurance.
        Insurance = "insurance",
        /// First aid.
        FirstAid = "first_aid",
        /// Certification by a profession's board, with continuing education.
        BoardCertification = "board_certification",
    }
}

impl CredentialKind {
    /// Whether a session type may require it. A course proves attendance, not competence, so it never opens the calendar.
    #[must_use]
    pub fn may_be_required(self) -> bool {
        self != Self::Course
    }

    /// Whether it is issued under a number by which a register can be asked.
    #[must_use]
    pub fn is_numbered(self) -> bool {
        !matches!(self, Self::Course | Self::FirstAid)
    }
}

/// A type of credential in the practice's catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialType {
    /// Which one.
    pub id: CredentialTypeId,
    /// A stable word for it.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// What sort of thing it is.
    pub kind: CredentialKind,
    /// Who issues it.
    pub issuer: String,
    /// Where it holds; everywhere, if nowhere is named.
    pub jurisdiction: Option<String>,
    /// Whether it is a licence under which adjustments may be made.
    pub grants_adjustment: bool,
    /// Grows with every change.
    pub version: i32,
}

/// A credential type as somebody wrote it down, unchecked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialTypeDraft {
    /// See [`CredentialType::code`].
    pub code: String,
    /// See [`CredentialType::name`].
    pub name: String,
    /// See [`CredentialType::kind`].
    pub kind: CredentialKind,
    /// See [`CredentialType::issuer`].
    pub issuer: String,
    /// See [`CredentialType::jurisdiction`].
    pub jurisdiction: Option<String>,
    /// See [`CredentialType::grants_adjustment`].
    pub grants_adjustment: bool,
}

/// A shipped catalogue.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Which edition.
    pub version: i32,
    /// Its types.
    pub types: Vec<CredentialTypeDraft>,
}

impl CredentialType {
    /// Adds a type to the catalogue.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn add(draft: &CredentialTypeDraft, now: Timestamp) -> Result<Change<Self>, Refusal> {
        let added = draft.parse(CredentialTypeId::new(now), 1, Fields::default())?;
        let event = Event::new("credential_type.added", added.id).with("code", &added.code);
        Ok(Change::new(added, event))
    }

    /// Writes the type anew. Code and kind stay: credentials are held and session types required by what the type *is*.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn change(self, draft: &CredentialTypeDraft) -> Result<Change<Self>, Refusal> {
        let mut fields = Fields::default();
        fields.require(draft.code.trim() == self.code, "/code", "fixed", "a credential type keeps its code");
        fields.require(draft.kind == self.kind, "/kind", "fixed", "a credential type keeps its kind");
        let changed = draft.parse(self.id, self.version + 1, fields)?;
        let event = Event::new("credential_type.changed", changed.id).with("version", changed.version);
        Ok(Change::new(changed, event))
    }
}

impl CredentialTypeDraft {
    fn parse(&self, id: CredentialTypeId, version: i32, mut fields: Fields) -> Result<CredentialType, Refusal> {
        let code = fields.text("/code", &self.code, 1..=60).and_then(|code| {
            let is_word = code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
            fields.parsed("/code", is_word.then_some(code), "not_a_code", "must be lower-case letters, digits and _")
        });
        let name = fields.text("/name", &self.name, 1..=200);
        let issuer = fields.text("/issuer", &self.issuer, 1..=200);
        let jurisdiction = fields.optional_text("/jurisdiction", self.jurisdiction.as_deref(), 60);
        fields.require(
            !self.grants_adjustment || self.kind == CredentialKind::Licence,
            "/grants_adjustment",
            "only_a_licence",
            "only a licence can grant adjustment",
        );
        let (kind, grants_adjustment) = (self.kind, self.grants_adjustment);
        fields.finish(|| {
            Some(CredentialType {
                id,
                code: code?,
                name: name?,
                kind,
                issuer: issuer?,
                jurisdiction: jurisdiction?,
                grants_adjustment,
                version,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, catalogue, draft_of};
    use super::*;

    #[test]
    fn the_shipped_catalogue_is_acceptable_and_its_codes_are_unique() {
        let types = catalogue();
        let mut codes: Vec<_> = types.iter().map(|one| one.code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), types.len());
    }

    #[test]
    fn only_dc_and_do_grant_adjustment_and_the_first_two_upledger_steps_are_courses() {
        let types = catalogue();
        let coded = |wanted: &dyn Fn(&CredentialType) -> bool| -> Vec<String> {
            types.iter().filter(|one| wanted(one)).map(|one| one.code.clone()).collect()
        };
        assert_eq!(coded(&|one| one.grants_adjustment), ["licence_chiropractor", "licence_osteopathic_physician"]);
        assert_eq!(coded(&|one| one.kind == CredentialKind::Course), ["upledger_cst_1", "upledger_cst_2"]);
    }

    #[test]
    fn code_and_kind_stay_and_only_a_licence_grants_adjustment() {
        let course = catalogue().into_iter().find(|one| one.code == "upledger_cst_1").unwrap();
        let draft = CredentialTypeDraft {
            code: "cst_1".into(),
            kind: CredentialKind::Certification,
            grants_adjustment: true,
            ..draft_of(&course)
        };
        let Err(Refusal::Fields(faults)) = course.change(&draft) else { panic!("changed") };
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(found, [("/code", "fixed"), ("/kind", "fixed"), ("/grants_adjustment", "only_a_licence")]);
        assert!(CredentialType::add(&CredentialTypeDraft { code: "CST 1".into(), ..draft }, at(0)).is_err());
    }
}
