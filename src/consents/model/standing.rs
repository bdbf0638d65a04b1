//! What a client's consents are worth to a session.

use chrono::NaiveDate;

use crate::kernel::ids::ConsentTemplateId;

/// A consent that is signed, not withdrawn and not superseded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InForce {
    /// To which text.
    pub template: ConsentTemplateId,
    /// The last day it holds; none where it holds until it is withdrawn.
    pub valid_until: Option<NaiveDate>,
}

/// What a kind of session waits for, and what its client has consented to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consents {
    /// The texts that must be consented to.
    pub required: Vec<ConsentTemplateId>,
    /// What is in force.
    pub given: Vec<InForce>,
}

impl Consents {
    /// The texts that are not consented to for a session on a day. Expiry counts on the day of the session, not on the day it is asked.
    pub fn lacking_on(&self, day: NaiveDate) -> impl Iterator<Item = ConsentTemplateId> {
        let holds = move |consent: &&InForce| consent.valid_until.is_none_or(|last| day <= last);
        let given =
            move |template: &ConsentTemplateId| self.given.iter().filter(holds).any(|one| one.template == *template);
        self.required.iter().copied().filter(move |template| !given(template))
    }

    /// Whether any is lacking on a day.
    #[must_use]
    pub fn are_lacking_on(&self, day: NaiveDate) -> bool {
        self.lacking_on(day).next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::time::Timestamp;

    #[test]
    fn a_consent_counts_on_the_day_of_the_session() {
        let template = ConsentTemplateId::new(Timestamp::from_unix_micros(0).unwrap());
        let other = ConsentTemplateId::new(Timestamp::from_unix_micros(0).unwrap());
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let until = |last: Option<&str>| InForce { template, valid_until: last.map(day) };
        let lacking = |given: &[InForce], on: &str| {
            let consents = Consents { required: vec![template], given: given.to_vec() };
            consents.are_lacking_on(day(on))
        };
        assert!(lacking(&[], "2027-03-01"));
        assert!(!lacking(&[until(None)], "2099-03-01"));
        assert!(!lacking(&[until(Some("2027-03-01"))], "2027-03-01"));
        assert!(lacking(&[until(Some("2027-03-01"))], "2027-03-02"));
        assert!(lacking(&[InForce { template: other, valid_until: None }], "2027-03-01"));
        assert!(!Consents::default().are_lacking_on(day("2027-03-01")));
    }
}
