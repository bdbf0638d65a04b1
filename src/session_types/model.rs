//! The session type, its schools and its requirements.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use crate::credentials::model::{CredentialType, Requirement};
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{CredentialTypeId, SessionTypeId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::places::model::{Currency, INCREMENTS};
use crate::text_enum;

text_enum! {
    /// A school of craniosacral therapy.
    pub enum School {
        /// Manual cranial sacral.
        ManualCranialSacral = "manual_cranial_sacral",
        /// Craniosacral fascial therapy.
        CraniosacralFascial = "craniosacral_fascial",
        /// Sacro-cranial chiropractic: the one school that adjusts.
        SacroCranialChiropractic = "sacro_cranial_chiropractic",
        /// "Advanced" or "upgraded" protocols with structural bodywork.
        AdvancedStructural = "advanced_structural",
    }
}

impl School {
    /// Whether adjustments belong to it.
    #[must_use]
    pub fn adjusts(self) -> bool {
        self == Self::SacroCranialChiropractic
    }
}

/// A kind of session that can be booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionType {
    /// Which one.
    pub id: SessionTypeId,
    /// What it is called.
    pub name: String,
    /// What it is, for somebody choosing.
    pub description: String,
    /// How long the session lasts.
    pub duration_minutes: i32,
    /// Its price, in the currency's minor unit.
    pub price_minor: i64,
    /// The price's currency.
    pub currency: Currency,
    /// How to come prepared.
    pub preparation_text: String,
    /// The schools it belongs to.
    pub schools: BTreeSet<School>,
    /// Minutes before the start that the therapist needs free.
    pub buffer_before_minutes: i32,
    /// Minutes after the end that the therapist needs free.
    pub buffer_after_minutes: i32,
    /// Minutes between starts.
    pub increment_minutes: i32,
    /// What a therapist must hold: all of these.
    pub requirements: Vec<Requirement>,
    /// Whether it can be booked.
    pub active: bool,
    /// Grows with every change.
    pub version: i32,
}

/// A session type as somebody wrote it down, unchecked.
#[derive(Clone, Debug)]
pub struct SessionTypeDraft {
    /// See [`SessionType::name`].
    pub name: String,
    /// See [`SessionType::description`].
    pub description: String,
    /// See [`SessionType::duration_minutes`].
    pub duration_minutes: i32,
    /// See [`SessionType::price_minor`].
    pub price_minor: i64,
    /// An ISO 4217 code.
    pub currency: String,
    /// See [`SessionType::preparation_text`].
    pub preparation_text: String,
    /// See [`SessionType::schools`].
    pub schools: Vec<School>,
    /// See [`SessionType::buffer_before_minutes`].
    pub buffer_before_minutes: i32,
    /// See [`SessionType::buffer_after_minutes`].
    pub buffer_after_minutes: i32,
    /// See [`SessionType::increment_minutes`].
    pub increment_minutes: i32,
    /// The credential types that each requirement names.
    pub requirements: Vec<Vec<CredentialTypeId>>,
}

impl SessionType {
    /// Creates a session type that can be booked.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault; [`Refusal::PolicyViolation`] for adjustments without a licence that grants them.
    pub fn create(
        draft: &SessionTypeDraft,
        catalogue: &[CredentialType],
        now: Timestamp,
    ) -> Result<Change<Self>, Refusal> {
        Ok(draft.parse(SessionTypeId::new(now), 1, catalogue)?.told("session_type.created"))
    }

    /// Writes it anew. Bookings keep what they were booked as; later ones follow the change.
    ///
    /// # Errors
    /// As [`SessionType::create`]; [`Refusal::InvalidTransition`] once retired.
    pub fn change(self, draft: &SessionTypeDraft, catalogue: &[CredentialType]) -> Result<Change<Self>, Refusal> {
        self.still_active("change")?;
        Ok(draft.parse(self.id, self.version + 1, catalogue)?.told("session_type.changed"))
    }

    /// Takes it out of booking. It is kept: sessions were booked as it.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] when it is retired already.
    pub fn retire(self) -> Result<Change<Self>, Refusal> {
        self.still_active("retire")?;
        Ok(Self { active: false, version: self.version + 1, ..self }.told("session_type.retired"))
    }

    /// The same as it was booked, which may have been when it lasted longer or shorter.
    #[must_use]
    pub fn lasting(self, length: TimeDelta) -> Self {
        let duration_minutes = i32::try_from(length.num_minutes()).unwrap_or(self.duration_minutes);
        Self { duration_minutes, ..self }
    }

    fn still_active(&self, step: &'static str) -> Result<(), Refusal> {
        if self.active {
            return Ok(());
        }
        Err(Refusal::InvalidTransition { what: "session_type", from: "retired", step })
    }

    fn told(self, action: &'static str) -> Change<Self> {
        let event = Event::new(action, self.id).with("version", self.version);
        Change::new(self, event)
    }

    /// Whether some requirement can be met by nothing but a licence under which adjustments may be made.
    fn requires_adjusting_licence(&self, catalogue: &[CredentialType]) -> bool {
        let adjusts = |id| catalogue.iter().any(|known| known.id == id && known.grants_adjustment);
        self.requirements.iter().any(|one| one.any_of.iter().all(|required| adjusts(required.id)))
    }
}

impl SessionTypeDraft {
    fn parse(&self, id: SessionTypeId, version: i32, catalogue: &[CredentialType]) -> Result<SessionType, Refusal> {
        let mut fields = Fields::default();
        let name = fields.text("/name", &self.name, 1..=200);
        let description = fields.text("/description", &self.description, 0..=5_000);
        let preparation_text = fields.text("/preparation_text", &self.preparation_text, 0..=5_000);
        fields.within("/price_minor", self.price_minor, 0..=1_000_000_000);
        let currency = Currency::parse(&self.currency);
        let currency = fields.parsed("/currency", currency, "unknown_currency", "must be an ISO 4217 code such as EUR");
        self.check_times(&mut fields);
        let schools: BTreeSet<_> = self.schools.iter().copied().collect();
        fields.require(!schools.is_empty(), "/schools", "required", "name at least one school");
        let requirements = Requirement::parse_all(&mut fields, &self.requirements, catalogue);
        let parsed = fields.finish(|| {
            Some(SessionType {
                id,
                name: name?,
                description: description?,
                duration_minutes: self.duration_minutes,
                price_minor: self.price_minor,
                currency: currency?,
                preparation_text: preparation_text?,
                schools,
                buffer_before_minutes: self.buffer_before_minutes,
                buffer_after_minutes: self.buffer_after_minutes,
                increment_minutes: self.increment_minutes,
                requirements: requirements?,
                active: true,
                version,
            })
        })?;
        if parsed.schools.iter().any(|school| school.adjusts()) && !parsed.requires_adjusting_licence(catalogue) {
            return Err(Refusal::PolicyViolation {
                rule: "adjustment_requires_licence",
                detail: "a session type of the chiropractic school requires a licence that grants adjustment, and no other in its place",
            });
        }
        Ok(parsed)
    }

    fn check_times(&self, fields: &mut Fields) {
        fields.within("/duration_minutes", self.duration_minutes, 30..=60);
        fields.within("/buffer_before_minutes", self.buffer_before_minutes, 0..=120);
        fields.within("/buffer_after_minutes", self.buffer_after_minutes, 0..=120);
        let divides = INCREMENTS.contains(&self.increment_minutes);
        fields.require(divides, "/increment_minutes", "not_an_increment", "must be 5, 10, 15, 20, 30 or 60");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::credentials::model::{CREDENTIAL_TYPES_V1, Catalogue};

    fn now() -> Timestamp {
        Timestamp::from_unix_micros(0).unwrap()
    }

    fn catalogue() -> Vec<CredentialType> {
        let shipped: Catalogue = serde_json::from_str(CREDENTIAL_TYPES_V1).unwrap();
        shipped.types.iter().map(|draft| CredentialType::add(draft, now()).unwrap().into_parts().0).collect()
    }

    fn draft() -> SessionTypeDraft {
        SessionTypeDraft {
            name: "Craniosacral session".into(),
            description: String::new(),
            duration_minutes: 60,
            price_minor: 9_000,
            currency: "EUR".into(),
            preparation_text: "Wear loose clothing.".into(),
            schools: vec![School::ManualCranialSacral],
            buffer_before_minutes: 0,
            buffer_after_minutes: 15,
            increment_minutes: 15,
            requirements: vec![],
        }
    }

    #[test]
    fn a_session_type_is_created_changed_and_retired() {
        let (created, event) = SessionType::create(&draft(), &[], now()).unwrap().into_parts();
        assert_eq!((event.action, event.subject), ("session_type.created", "session_type"));
        let shorter = SessionTypeDraft { duration_minutes: 45, ..draft() };
        let (changed, event) = created.change(&shorter, &[]).unwrap().into_parts();
        assert_eq!((event.action, changed.duration_minutes, changed.version), ("session_type.changed", 45, 2));
        let (retired, event) = changed.retire().unwrap().into_parts();
        assert_eq!((event.action, retired.active), ("session_type.retired", false));
        assert!(matches!(retired.clone().change(&draft(), &[]), Err(Refusal::InvalidTransition { .. })));
        assert!(matches!(retired.retire(), Err(Refusal::InvalidTransition { from: "retired", .. })));
    }

    #[test]
    fn every_field_at_fault_is_named() {
        let wrong = SessionTypeDraft {
            name: String::new(),
            duration_minutes: 90,
            price_minor: -1,
            currency: "euro".into(),
            schools: vec![],
            buffer_after_minutes: -5,
            increment_minutes: 7,
            requirements: vec![vec![CredentialTypeId::new(now())]],
            ..draft()
        };
        let Err(Refusal::Fields(faults)) = SessionType::create(&wrong, &[], now()) else { panic!("created") };
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        let wanted = [
            "/name",
            "/price_minor",
            "/currency",
            "/duration_minutes",
            "/buffer_after_minutes",
            "/increment_minutes",
            "/schools",
            "/requirements/0/any_of/0",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn the_chiropractic_school_requires_an_adjusting_licence_and_nothing_in_its_place() {
        let types = catalogue();
        let [massage, chiropractor, osteopath] = [types[0].id, types[1].id, types[2].id];
        let asked = |requirements: Vec<Vec<CredentialTypeId>>| {
            let schools = vec![School::SacroCranialChiropractic];
            SessionType::create(&SessionTypeDraft { schools, requirements, ..draft() }, &types, now())
        };
        for lacking in [vec![], vec![vec![massage]], vec![vec![massage, chiropractor]]] {
            assert!(matches!(
                asked(lacking),
                Err(Refusal::PolicyViolation { rule: "adjustment_requires_licence", .. })
            ));
        }
        assert!(asked(vec![vec![massage], vec![chiropractor, osteopath]]).is_ok());
    }

    proptest! {
        #[test]
        fn a_session_lasts_thirty_to_sixty_minutes_and_costs_nothing_below_zero(
            duration_minutes in -10_i32..100, price_minor in -10_i64..10
        ) {
            let asked = SessionTypeDraft { duration_minutes, price_minor, ..draft() };
            let fits = (30..=60).contains(&duration_minutes) && price_minor >= 0;
            prop_assert_eq!(SessionType::create(&asked, &[], now()).is_ok(), fits);
        }
    }
}
