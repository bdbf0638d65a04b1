//! What one therapist asks for a session type, and how long they take for it.
//!
//! Where an offering says nothing the session type's own price and duration hold; the currency is always the session type's.

use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{SessionTypeId, TherapistId};
use crate::kernel::refusal::Refusal;

/// A therapist's own terms for a session type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offering {
    /// Whose.
    pub therapist: TherapistId,
    /// For which session type.
    pub session_type: SessionTypeId,
    /// Their price in the currency's minor unit; the session type's if `None`.
    pub price_minor: Option<i64>,
    /// How long their session lasts, 30 to 60 minutes; as long as the session type's if `None`.
    pub duration_minutes: Option<i32>,
    /// Grows with every change; 0 until one is written.
    pub version: i32,
}

impl Offering {
    /// What holds before anything was said: the session type's own terms.
    #[must_use]
    pub fn unsaid(therapist: TherapistId, session_type: SessionTypeId) -> Self {
        Self { therapist, session_type, price_minor: None, duration_minutes: None, version: 0 }
    }

    /// Sets other terms. Bookings keep the price and the length they were made with.
    ///
    /// # Errors
    /// [`Refusal::Fields`] with `out_of_range`.
    pub fn write(self, price_minor: Option<i64>, duration_minutes: Option<i32>) -> Result<Change<Self>, Refusal> {
        let mut fields = Fields::default();
        if let Some(price) = price_minor {
            fields.within("/price_minor", price, 0..=1_000_000_000);
        }
        if let Some(minutes) = duration_minutes {
            fields.within("/duration_minutes", minutes, 30..=60);
        }
        let terms = fields.finish(|| Some(Self { price_minor, duration_minutes, ..self }))?;
        Ok(terms.told("offering.written"))
    }

    /// Takes them back, so that the session type's own hold. What stays is the version, so that nobody mistakes later terms for these.
    pub fn withdraw(self) -> Change<Self> {
        Self { price_minor: None, duration_minutes: None, ..self }.told("offering.withdrawn")
    }

    /// Whether it says anything at all.
    #[must_use]
    pub fn is_said(&self) -> bool {
        self.price_minor.is_some() || self.duration_minutes.is_some()
    }

    fn told(self, action: &'static str) -> Change<Self> {
        let said = Self { version: self.version.saturating_add(1), ..self };
        let event =
            Event::new(action, said.therapist).with("session_type", said.session_type).with("version", said.version);
        Change::new(said, event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_keep_to_their_ranges() {
        let unsaid = Offering::unsaid(TherapistId(uuid::Uuid::nil()), SessionTypeId(uuid::Uuid::nil()));
        let (written, event) = unsaid.write(Some(0), Some(30)).unwrap().into_parts();
        assert_eq!((written.version, event.action), (1, "offering.written"));
        assert_eq!((written.price_minor, written.duration_minutes), (Some(0), Some(30)));
        assert_eq!(written.write(None, Some(60)).unwrap().state().version, 2);
        let (withdrawn, event) = written.withdraw().into_parts();
        assert_eq!((event.action, withdrawn.is_said(), withdrawn.version), ("offering.withdrawn", false, 2));
        assert!(written.is_said() && !unsaid.is_said());
        for (price, duration) in [(Some(0), None), (None, Some(30))] {
            assert!(unsaid.write(price, duration).unwrap().state().is_said(), "{price:?} {duration:?}");
        }
        let Err(Refusal::Fields(faults)) = unsaid.write(Some(-1), Some(61)) else { panic!("written") };
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, ["/price_minor", "/duration_minutes"]);
        assert!(unsaid.write(None, Some(29)).is_err());
    }
}
