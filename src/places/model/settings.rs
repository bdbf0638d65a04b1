//! The numbers and switches a practice decides by.

use serde::{Deserialize, Serialize};

use super::terms::{ClientLimits, Terms};
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::PracticeId;
use crate::kernel::refusal::Refusal;
use crate::text_enum;

text_enum! {
    /// When a client answers the health-history form.
    pub enum IntakeTiming {
        /// The booking creates the form, with a date it is due by.
        AfterBooking = "after_booking",
        /// Without an answered form there is no booking.
        BeforeBooking = "before_booking",
    }
}

text_enum! {
    /// When a client signs what a session requires them to consent to.
    pub enum ConsentTiming {
        /// The booking presents it and is blocked until it is signed.
        AfterBooking = "after_booking",
        /// Without their signature there is no booking.
        BeforeBooking = "before_booking",
    }
}

text_enum! {
    /// Whose yes makes a client's own request a booking.
    pub enum BookingApproval {
        /// Nobody's: a free slot is a promise.
        Automatic = "automatic",
        /// Staff's: it is pending until they confirm or decline it.
        ByStaff = "by_staff",
    }
}

/// Minutes between starts that divide the hour, so that every hour's starts fall on the same minutes.
pub(crate) const INCREMENTS: [i32; 6] = [5, 10, 15, 20, 30, 60];

/// The rules a practice sets for itself.
///
/// They are kept as one JSON object; a setting that older ones do not know yet is read as what a practice begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Days a credential stays valid after its `reverify_by`.
    pub reverify_grace_days: i32,
    /// Days in which a finding counts as recent.
    pub recency_days: i32,
    /// The shortest notice for a booking.
    pub min_notice_minutes: i32,
    /// How far ahead bookings are taken.
    pub max_advance_days: i32,
    /// What is agreed with each booking.
    #[serde(flatten)]
    pub terms: Terms,
    /// How much one client may have booked.
    #[serde(flatten)]
    pub limits: ClientLimits,
    /// When the health-history form is answered.
    pub intake_timing: IntakeTiming,
    /// When what must be consented to is signed.
    pub consent_timing: ConsentTiming,
    /// Months for which its answers count, from the day they were handed in.
    pub intake_valid_months: i32,
    /// Whose yes makes a client's own request a booking.
    pub booking_approval: BookingApproval,
    /// Whether a credential vouched for by its holder alone counts for booking.
    pub self_attested_gates: bool,
    /// Minutes between starts where a session type does not say otherwise.
    pub slot_increment_minutes: i32,
    /// How long somebody who waits is given to answer an offer.
    pub waitlist_offer_minutes: i32,
    /// Grows with every change.
    pub version: i32,
}

/// Settings as somebody wrote them down, unchecked.
#[derive(Clone, Copy, Debug)]
pub struct SettingsDraft {
    /// See [`Settings::reverify_grace_days`].
    pub reverify_grace_days: i32,
    /// See [`Settings::recency_days`].
    pub recency_days: i32,
    /// See [`Settings::min_notice_minutes`].
    pub min_notice_minutes: i32,
    /// See [`Settings::max_advance_days`].
    pub max_advance_days: i32,
    /// See [`Settings::terms`].
    pub terms: Terms,
    /// See [`Settings::limits`].
    pub limits: ClientLimits,
    /// See [`Settings::intake_timing`].
    pub intake_timing: IntakeTiming,
    /// See [`Settings::consent_timing`].
    pub consent_timing: ConsentTiming,
    /// See [`Settings::intake_valid_months`].
    pub intake_valid_months: i32,
    /// See [`Settings::booking_approval`].
    pub booking_approval: BookingApproval,
    /// See [`Settings::self_attested_gates`].
    pub self_attested_gates: bool,
    /// See [`Settings::slot_increment_minutes`].
    pub slot_increment_minutes: i32,
    /// See [`Settings::waitlist_offer_minutes`].
    pub waitlist_offer_minutes: i32,
}

impl Default for Settings {
    /// What a practice begins with. Cautious: nobody's own word about their credentials opens the calendar.
    fn default() -> Self {
        Self {
            reverify_grace_days: 30,
            recency_days: 180,
            min_notice_minutes: 120,
            max_advance_days: 90,
            terms: Terms::default(),
            limits: ClientLimits::default(),
            intake_timing: IntakeTiming::AfterBooking,
            consent_timing: ConsentTiming::AfterBooking,
            intake_valid_months: 12,
            booking_approval: BookingApproval::Automatic,
            self_attested_gates: false,
            slot_increment_minutes: 15,
            waitlist_offer_minutes: 120,
            version: 1,
        }
    }
}

impl Settings {
    /// Sets the rules anew. A switch of `self_attested_gates` is named in the event, because it changes who may be booked.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn change(self, practice: PracticeId, draft: SettingsDraft) -> Result<Change<Self>, Refusal> {
        let settings = draft.parse(self.version + 1)?;
        let event = Event::new("settings.changed", practice)
            .with("version", settings.version)
            .with("self_attested_gates", settings.self_attested_gates);
        Ok(Change::new(settings, event))
    }
}

impl SettingsDraft {
    fn parse(self, version: i32) -> Result<Settings, Refusal> {
        let mut fields = Fields::default();
        fields.within("/reverify_grace_days", self.reverify_grace_days, 0..=365);
        fields.within("/recency_days", self.recency_days, 1..=3_650);
        fields.within("/intake_valid_months", self.intake_valid_months, 1..=60);
        fields.within("/min_notice_minutes", self.min_notice_minutes, 0..=20_160);
        fields.within("/max_advance_days", self.max_advance_days, 1..=730);
        self.terms.check(&mut fields);
        self.limits.check(&mut fields);
        let divides = INCREMENTS.contains(&self.slot_increment_minutes);
        fields.require(divides, "/slot_increment_minutes", "not_an_increment", "must be 5, 10, 15, 20, 30 or 60");
        fields.within("/waitlist_offer_minutes", self.waitlist_offer_minutes, 10..=10_080);
        let notice_fits = self.min_notice_minutes / 1_440 < self.max_advance_days;
        fields.require(notice_fits, "/max_advance_days", "before_notice", "must reach beyond the shortest notice");
        fields.finish(|| {
            Some(Settings {
                reverify_grace_days: self.reverify_grace_days,
                recency_days: self.recency_days,
                min_notice_minutes: self.min_notice_minutes,
                max_advance_days: self.max_advance_days,
                terms: self.terms,
                limits: self.limits,
                intake_timing: self.intake_timing,
                consent_timing: self.consent_timing,
                intake_valid_months: self.intake_valid_months,
                booking_approval: self.booking_approval,
                self_attested_gates: self.self_attested_gates,
                slot_increment_minutes: self.slot_increment_minutes,
                waitlist_offer_minutes: self.waitlist_offer_minutes,
                version,
            })
        })
    }
}

impl From<Settings> for SettingsDraft {
    /// The draft that would leave everything as it is; a change begins from it.
    fn from(settings: Settings) -> Self {
        Self {
            reverify_grace_days: settings.reverify_grace_days,
            recency_days: settings.recency_days,
            min_notice_minutes: settings.min_notice_minutes,
            max_advance_days: settings.max_advance_days,
            terms: settings.terms,
            limits: settings.limits,
            intake_timing: settings.intake_timing,
            consent_timing: settings.consent_timing,
            intake_valid_months: settings.intake_valid_months,
            booking_approval: settings.booking_approval,
            self_attested_gates: settings.self_attested_gates,
            slot_increment_minutes: settings.slot_increment_minutes,
            waitlist_offer_minutes: settings.waitlist_offer_minutes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::Timestamp;

    fn practice() -> PracticeId {
        PracticeId::new(Timestamp::from_unix_micros(0).unwrap())
    }

    #[test]
    fn the_defaults_are_themselves_acceptable() {
        let settings = Settings::default();
        let (changed, event) = settings.change(practice(), settings.into()).unwrap().into_parts();
        assert_eq!(changed, Settings { version: 2, ..settings });
        assert_eq!(event.action, "settings.changed");
    }

    #[test]
    fn a_setting_that_older_ones_do_not_know_is_what_a_practice_begins_with() {
        let older = r#"{ "slot_increment_minutes": 20, "version": 7 }"#;
        let expected = Settings { slot_increment_minutes: 20, version: 7, ..Settings::default() };
        assert_eq!(serde_json::from_str::<Settings>(older).unwrap(), expected);
    }

    #[test]
    fn what_is_written_down_is_read_again() {
        let terms = Terms { late_cancel_fee_percent: Some(50), approval_hours: Some(12), ..Terms::default() };
        let limits = ClientLimits { max_open_bookings_per_client: Some(3), ..ClientLimits::default() };
        let settings = Settings { terms, limits, ..Settings::default() };
        let written = serde_json::to_string(&settings).unwrap();
        assert!(written.contains(r#""late_cancel_fee_percent":50"#));
        assert_eq!(serde_json::from_str::<Settings>(&written).unwrap(), settings);
    }

    #[test]
    fn each_term_keeps_to_its_range() {
        let terms = Terms {
            cancellation_window_hours: -1,
            reschedule_window_hours: 337,
            late_cancel_fee_percent: Some(101),
            no_show_fee_percent: -1,
            approval_hours: Some(0),
        };
        let limits =
            ClientLimits { max_open_bookings_per_client: Some(0), max_bookings_per_client_per_week: Some(101) };
        let draft = SettingsDraft { terms, limits, ..Settings::default().into() };
        let Err(Refusal::Fields(faults)) = Settings::default().change(practice(), draft) else { panic!("changed") };
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(
            found,
            [
                "/cancellation_window_hours",
                "/reschedule_window_hours",
                "/late_cancel_fee_percent",
                "/no_show_fee_percent",
                "/approval_hours",
                "/max_open_bookings_per_client",
                "/max_bookings_per_client_per_week",
            ]
        );
    }

    #[test]
    fn nobody_escapes_the_price_of_cancelling_late_by_moving_first() {
        let set = |cancellation_window_hours, reschedule_window_hours, late_cancel_fee_percent| {
            let terms = Terms {
                cancellation_window_hours,
                reschedule_window_hours,
                late_cancel_fee_percent,
                ..Terms::default()
            };
            let draft = SettingsDraft { terms, ..Settings::default().into() };
            match Settings::default().change(practice(), draft) {
                Err(Refusal::Fields(faults)) => faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect(),
                Ok(_) => Vec::new(),
                Err(other) => panic!("{other:?}"),
            }
        };
        let fault = ("/reschedule_window_hours".to_owned(), "shorter_than_cancellation");
        assert_eq!(set(48, 47, Some(50)), [fault]);
        assert_eq!([set(48, 48, Some(50)), set(48, 2, None), set(48, 2, Some(0))], [vec![], vec![], vec![]]);
    }

    #[test]
    fn each_setting_keeps_to_its_range() {
        let draft = SettingsDraft {
            reverify_grace_days: -1,
            min_notice_minutes: 10_080,
            max_advance_days: 7,
            slot_increment_minutes: 25,
            waitlist_offer_minutes: 9,
            ..Settings::default().into()
        };
        let Err(Refusal::Fields(faults)) = Settings::default().change(practice(), draft) else { panic!("changed") };
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(
            found,
            [
                ("/reverify_grace_days", "out_of_range"),
                ("/slot_increment_minutes", "not_an_increment"),
                ("/waitlist_offer_minutes", "out_of_range"),
                ("/max_advance_days", "before_notice")
            ]
        );
    }
}
