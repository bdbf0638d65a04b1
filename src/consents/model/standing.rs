//! What a client's consents are worth to a session.

use chrono::NaiveDate;

use super::consent::Meaning;
use crate::clients::model::Client;
use crate::kernel::ids::ConsentTemplateId;
use crate::kernel::time::{Span, Timestamp};

/// A consent that was signed, as far as a session goes by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// To which text.
    pub template: ConsentTemplateId,
    /// In whose hand: a guardian's holds as long as the client is under age.
    pub meaning: Meaning,
    /// The last day it holds; none where it holds until it is withdrawn.
    pub valid_until: Option<NaiveDate>,
    /// Since when it is in force.
    pub signed_at: Timestamp,
    /// When it was withdrawn or superseded; none where it is in force.
    pub ended_at: Option<Timestamp>,
}

/// What a kind of session waits for, and what its client has consented to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consents {
    /// The texts that must be consented to.
    pub required: Vec<ConsentTemplateId>,
    /// What was signed.
    pub given: Vec<Given>,
    /// When the client was born, if that is known.
    pub born: Option<NaiveDate>,
}

impl Consents {
    /// The texts that are not consented to for a session on a day. Expiry and coming of age count on the day of the session, not on the day it is
    /// asked.
    pub fn lacking_on(&self, day: NaiveDate) -> impl Iterator<Item = ConsentTemplateId> {
        self.lacking(day, |given| given.ended_at.is_none())
    }

    /// Whether any is lacking on a day.
    #[must_use]
    pub fn are_lacking_on(&self, day: NaiveDate) -> bool {
        self.lacking_on(day).next().is_some()
    }

    /// Whether any was lacking for a session that has begun. What was withdrawn since does not undo it.
    #[must_use]
    pub fn were_lacking_in(&self, day: NaiveDate, session: Span) -> bool {
        let stood = move |given: &Given| {
            given.ended_at.is_none_or(|ended| given.signed_at < session.end() && session.start() < ended)
        };
        self.lacking(day, stood).next().is_some()
    }

    fn lacking(&self, day: NaiveDate, stood: impl Fn(&Given) -> bool) -> impl Iterator<Item = ConsentTemplateId> {
        let minor = Client::is_under_age(self.born, day);
        let holds = move |given: &Given| {
            let of_age = given.meaning == Meaning::Consent;
            stood(given) && (of_age || minor) && given.valid_until.is_none_or(|last| day <= last)
        };
        let is_given =
            move |template: &ConsentTemplateId| self.given.iter().any(|one| one.template == *template && holds(one));
        self.required.iter().copied().filter(move |template| !is_given(template))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_unix_micros(hours * 3_600_000_000).unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn given(template: ConsentTemplateId) -> Given {
        Given { template, meaning: Meaning::Consent, valid_until: None, signed_at: at(0), ended_at: None }
    }

    fn consents(template: ConsentTemplateId, given: &[Given]) -> Consents {
        Consents { required: vec![template], given: given.to_vec(), born: Some(day("2010-03-01")) }
    }

    #[test]
    fn a_consent_counts_on_the_day_of_the_session() {
        let (template, other) = (ConsentTemplateId::new(at(0)), ConsentTemplateId::new(at(0)));
        let until = |last: Option<&str>| Given { valid_until: last.map(day), ..given(template) };
        let lacking = |given: &[Given], on: &str| consents(template, given).are_lacking_on(day(on));
        assert!(lacking(&[], "2027-03-01"));
        assert!(!lacking(&[until(None)], "2099-03-01"));
        assert!(!lacking(&[until(Some("2027-03-01"))], "2027-03-01"));
        assert!(lacking(&[until(Some("2027-03-01"))], "2027-03-02"));
        assert!(lacking(&[given(other)], "2027-03-01"));
        assert!(!Consents::default().are_lacking_on(day("2027-03-01")));
    }

    #[test]
    fn a_guardians_consent_ends_with_the_wards_minority() {
        let template = ConsentTemplateId::new(at(0));
        let for_ward = Given { meaning: Meaning::ConsentForWard, ..given(template) };
        assert!(!consents(template, &[for_ward]).are_lacking_on(day("2028-02-29")));
        assert!(consents(template, &[for_ward]).are_lacking_on(day("2028-03-01")));
    }

    #[test]
    fn what_is_withdrawn_after_a_session_began_does_not_undo_it() {
        let template = ConsentTemplateId::new(at(0));
        let (on, session) = (day("1970-01-01"), Span::new(at(10), at(11)).unwrap());
        let ended = |hours: i64| consents(template, &[Given { ended_at: Some(at(hours)), ..given(template) }]);
        assert!(ended(12).are_lacking_on(on), "for what is to come");
        assert!(!ended(12).were_lacking_in(on, session));
        assert!(ended(10).were_lacking_in(on, session), "withdrawn before it began");
        let late = Given { signed_at: at(11), ended_at: Some(at(12)), ..given(template) };
        assert!(consents(template, &[late]).were_lacking_in(on, session), "signed once it was over");
    }
}
