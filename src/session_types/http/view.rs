//! A session type, as it is shown.

use serde::Serialize;
use utoipa::ToSchema;

use crate::credentials::model::{RequiredType, Requirement};
use crate::kernel::ids::{CredentialTypeId, SessionTypeId};
use crate::session_types::model::{School, SessionType};
use crate::text_schema;

text_schema!(School);

/// A credential type that a requirement names.
#[derive(Serialize, ToSchema)]
struct RequiredTypeView {
    id: CredentialTypeId,
    name: String,
}

/// One requirement: any one of these.
#[derive(Serialize, ToSchema)]
struct RequirementView {
    any_of: Vec<RequiredTypeView>,
}

impl From<Requirement> for RequirementView {
    fn from(requirement: Requirement) -> Self {
        let show = |one: RequiredType| RequiredTypeView { id: one.id, name: one.name };
        Self { any_of: requirement.any_of.into_iter().map(show).collect() }
    }
}

/// A session type.
#[derive(Serialize, ToSchema)]
pub struct SessionTypeView {
    id: SessionTypeId,
    name: String,
    description: String,
    duration_minutes: i32,
    /// In the currency's minor unit.
    price_minor: i64,
    /// ISO 4217.
    currency: &'static str,
    /// How to come prepared.
    preparation_text: String,
    schools: Vec<School>,
    buffer_before_minutes: i32,
    buffer_after_minutes: i32,
    /// Minutes between starts.
    increment_minutes: i32,
    /// What kind of room it needs; none if null.
    room_kind: Option<String>,
    /// Minutes for which the room rests afterwards, where that is longer than the therapist's own.
    room_rest_minutes: i32,
    /// The shortest notice; the practice's if null.
    min_notice_minutes: Option<i32>,
    /// How far ahead it is booked; as far as the practice's rules say if null.
    max_advance_days: Option<i32>,
    /// The most such sessions of one therapist on one local day.
    max_per_day: Option<i32>,
    /// The most such sessions of one therapist in one ISO week.
    max_per_week: Option<i32>,
    /// The youngest a client may be on the session's date.
    min_age_years: Option<i32>,
    /// The oldest a client may be on the session's date.
    max_age_years: Option<i32>,
    /// How many therapists give it: one, or two.
    therapists_needed: i32,
    /// What a therapist must hold: all of these.
    requirements: Vec<RequirementView>,
    active: bool,
    version: i32,
}

impl From<SessionType> for SessionTypeView {
    fn from(one: SessionType) -> Self {
        Self {
            id: one.id,
            name: one.name,
            description: one.description,
            duration_minutes: one.duration_minutes,
            price_minor: one.price_minor,
            currency: one.currency.as_str(),
            preparation_text: one.preparation_text,
            schools: one.schools.into_iter().collect(),
            buffer_before_minutes: one.buffer_before_minutes,
            buffer_after_minutes: one.buffer_after_minutes,
            increment_minutes: one.increment_minutes,
            room_kind: one.room_kind,
            room_rest_minutes: one.room_rest_minutes,
            min_notice_minutes: one.min_notice_minutes,
            max_advance_days: one.max_advance_days,
            max_per_day: one.max_per_day,
            max_per_week: one.max_per_week,
            min_age_years: one.min_age_years,
            max_age_years: one.max_age_years,
            therapists_needed: one.therapists_needed,
            requirements: one.requirements.into_iter().map(RequirementView::from).collect(),
            active: one.active,
            version: one.version,
        }
    }
}
