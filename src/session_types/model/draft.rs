//! A session type as somebody wrote it down, and what it must be to become one.

use std::collections::BTreeSet;

use super::session_type::{School, SessionType};
use crate::credentials::model::{CredentialType, Requirement};
use crate::kernel::change::Change;
use crate::kernel::fields::Fields;
use crate::kernel::ids::{CredentialTypeId, SessionTypeId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;
use crate::places::model::{Currency, INCREMENTS, room_kind};

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
    /// See [`SessionType::room_kind`].
    pub room_kind: Option<String>,
    /// See [`SessionType::room_rest_minutes`].
    pub room_rest_minutes: i32,
    /// See [`SessionType::min_notice_minutes`].
    pub min_notice_minutes: Option<i32>,
    /// See [`SessionType::max_advance_days`].
    pub max_advance_days: Option<i32>,
    /// See [`SessionType::max_per_day`].
    pub max_per_day: Option<i32>,
    /// See [`SessionType::max_per_week`].
    pub max_per_week: Option<i32>,
    /// See [`SessionType::min_age_years`].
    pub min_age_years: Option<i32>,
    /// See [`SessionType::max_age_years`].
    pub max_age_years: Option<i32>,
    /// See [`SessionType::therapists_needed`].
    pub therapists_needed: i32,
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
        let room_kind = match &self.room_kind {
            Some(kind) => room_kind(&mut fields, "/room_kind", kind).map(Some),
            None => Some(None),
        };
        self.check_limits(&mut fields);
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
                room_kind: room_kind?,
                room_rest_minutes: self.room_rest_minutes,
                min_notice_minutes: self.min_notice_minutes,
                max_advance_days: self.max_advance_days,
                max_per_day: self.max_per_day,
                max_per_week: self.max_per_week,
                min_age_years: self.min_age_years,
                max_age_years: self.max_age_years,
                therapists_needed: self.therapists_needed,
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
    /// What the practice's own settings are kept to, and what leaves at least one session possible.
    fn check_limits(&self, fields: &mut Fields) {
        fields.within("/room_rest_minutes", self.room_rest_minutes, 0..=120);
        let limits = [
            ("/min_notice_minutes", self.min_notice_minutes, 0..=20_160),
            ("/max_advance_days", self.max_advance_days, 1..=730),
            ("/max_per_day", self.max_per_day, 1..=48),
            ("/max_per_week", self.max_per_week, 1..=336),
            ("/min_age_years", self.min_age_years, 0..=150),
            ("/max_age_years", self.max_age_years, 0..=150),
        ];
        for (pointer, limit, range) in limits {
            if let Some(limit) = limit {
                fields.within(pointer, limit, range);
            }
        }
        if let (Some(notice), Some(advance)) = (self.min_notice_minutes, self.max_advance_days) {
            let fits = notice / 1_440 < advance;
            fields.require(fits, "/max_advance_days", "before_notice", "must reach beyond the shortest notice");
        }
        if let (Some(youngest), Some(oldest)) = (self.min_age_years, self.max_age_years) {
            fields.require(
                youngest <= oldest,
                "/max_age_years",
                "below_min_age",
                "must not lie below the youngest age",
            );
        }
        fields.within("/therapists_needed", self.therapists_needed, 1..=2);
    }
}
