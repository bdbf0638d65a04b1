//! The practice itself: its public face.

use chrono_tz::Tz;

use super::currency::Currency;
use super::zone;
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::PracticeId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// The practice, as everybody may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Practice {
    /// Which one; a store holds one.
    pub id: PracticeId,
    /// What it is called.
    pub name: String,
    /// Where mail to it goes.
    pub contact_email: String,
    /// Where it answers the telephone.
    pub phone: Option<String>,
    /// The zone its days are counted in where no location says otherwise.
    pub zone: Tz,
    /// What it charges in unless a session type says otherwise.
    pub currency: Currency,
    /// Its cancellation terms, as shown before booking.
    pub cancellation_text: String,
    /// Its privacy notice.
    pub privacy_notice: String,
    /// Grows with every change.
    pub version: i32,
}

/// The practice as somebody wrote it down, unchecked.
#[derive(Clone, Debug, Default)]
pub struct PracticeDraft {
    /// See [`Practice::name`].
    pub name: String,
    /// See [`Practice::contact_email`].
    pub contact_email: String,
    /// See [`Practice::phone`].
    pub phone: Option<String>,
    /// An IANA zone's name.
    pub zone: String,
    /// An ISO 4217 code.
    pub currency: String,
    /// See [`Practice::cancellation_text`].
    pub cancellation_text: String,
    /// See [`Practice::privacy_notice`].
    pub privacy_notice: String,
}

impl Practice {
    /// Founds the practice.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn found(draft: &PracticeDraft, now: Timestamp) -> Result<Change<Self>, Refusal> {
        let practice = draft.parse(PracticeId::new(now), 1)?;
        let event = Event::new("practice.founded", practice.id);
        Ok(Change::new(practice, event))
    }

    /// Writes the practice anew.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn change(self, draft: &PracticeDraft) -> Result<Change<Self>, Refusal> {
        let practice = draft.parse(self.id, self.version + 1)?;
        let event = Event::new("practice.changed", practice.id).with("version", practice.version);
        Ok(Change::new(practice, event))
    }
}

impl PracticeDraft {
    fn parse(&self, id: PracticeId, version: i32) -> Result<Practice, Refusal> {
        let mut fields = Fields::default();
        let name = fields.text("/name", &self.name, 1..=200);
        let contact_email = email(&mut fields, "/contact_email", &self.contact_email);
        let phone = fields.optional_text("/phone", self.phone.as_deref(), 40);
        let zone = zone(&mut fields, &self.zone);
        let currency = Currency::parse(&self.currency);
        let currency = fields.parsed("/currency", currency, "unknown_currency", "must be an ISO 4217 code such as EUR");
        let cancellation_text = fields.text("/cancellation_text", &self.cancellation_text, 0..=10_000);
        let privacy_notice = fields.text("/privacy_notice", &self.privacy_notice, 0..=50_000);
        fields.finish(|| {
            Some(Practice {
                id,
                name: name?,
                contact_email: contact_email?,
                phone: phone?,
                zone: zone?,
                currency: currency?,
                cancellation_text: cancellation_text?,
                privacy_notice: privacy_notice?,
                version,
            })
        })
    }
}

/// An address that looks like one; whether it exists only a message could tell.
fn email(fields: &mut Fields, pointer: &str, value: &str) -> Option<String> {
    let address = fields.text(pointer, value, 1..=254)?;
    let looks_right = address
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
        && !address.contains(char::is_whitespace);
    fields.parsed(pointer, looks_right.then_some(address), "not_an_email", "must be an e-mail address")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> PracticeDraft {
        PracticeDraft {
            name: "Still Water".into(),
            contact_email: "desk@stillwater.example".into(),
            zone: "Europe/Berlin".into(),
            currency: "EUR".into(),
            ..PracticeDraft::default()
        }
    }

    fn now() -> Timestamp {
        Timestamp::from_unix_micros(0).unwrap()
    }

    #[test]
    fn a_practice_is_founded_and_changed_with_its_events() {
        let (practice, event) = Practice::found(&draft(), now()).unwrap().into_parts();
        assert_eq!((event.action, event.subject, practice.version), ("practice.founded", "practice", 1));
        let renamed = PracticeDraft { name: "Still Waters".into(), ..draft() };
        let (changed, event) = practice.clone().change(&renamed).unwrap().into_parts();
        assert_eq!((event.action, changed.version, changed.id), ("practice.changed", 2, practice.id));
    }

    #[test]
    fn every_field_at_fault_is_named() {
        let wrong = PracticeDraft {
            contact_email: "desk at home".into(),
            zone: "Berlin".into(),
            currency: "EURO".into(),
            ..PracticeDraft::default()
        };
        let Err(Refusal::Fields(faults)) = Practice::found(&wrong, now()) else { panic!("founded") };
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(
            found,
            [
                ("/name", "blank"),
                ("/contact_email", "not_an_email"),
                ("/zone", "unknown_zone"),
                ("/currency", "unknown_currency")
            ]
        );
    }
}
