//! The session type and its schools.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use crate::credentials::model::Requirement;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::SessionTypeId;
use crate::kernel::refusal::Refusal;
use crate::places::model::Currency;
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
    /// What kind of room it needs; none if `None`.
    pub room_kind: Option<String>,
    /// Minutes after the end for which the room rests, where that is longer than the therapist's own.
    pub room_rest_minutes: i32,
    /// The shortest notice, in place of the practice's.
    pub min_notice_minutes: Option<i32>,
    /// How far ahead it is booked, in place of the practice's.
    pub max_advance_days: Option<i32>,
    /// The most such sessions of one therapist on one local day.
    pub max_per_day: Option<i32>,
    /// The most such sessions of one therapist in one ISO week.
    pub max_per_week: Option<i32>,
    /// The youngest a client may be on the session's date, in years.
    pub min_age_years: Option<i32>,
    /// The oldest a client may be on the session's date, in years.
    pub max_age_years: Option<i32>,
    /// How many therapists give it: one, or two.
    pub therapists_needed: i32,
    /// What a therapist must hold: all of these.
    pub requirements: Vec<Requirement>,
    /// Whether it can be booked.
    pub active: bool,
    /// Grows with every change.
    pub version: i32,
}

impl SessionType {
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

    pub(super) fn still_active(&self, step: &'static str) -> Result<(), Refusal> {
        if self.active {
            return Ok(());
        }
        Err(Refusal::InvalidTransition { what: "session_type", from: "retired", step })
    }

    pub(super) fn told(self, action: &'static str) -> Change<Self> {
        let event = Event::new(action, self.id).with("version", self.version);
        Change::new(self, event)
    }
}
