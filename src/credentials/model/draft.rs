//! A credential as it is put forward: what its holder, or somebody for them, wrote down.

use chrono::{Datelike, NaiveDate};

use super::assertion::{Checked, Method, Occasion};
use super::credential_type::CredentialKind;
use crate::kernel::fields::Fields;
use crate::kernel::refusal::Refusal;

/// A credential as somebody wrote it down, unchecked.
#[derive(Clone, Debug)]
pub struct CredentialDraft {
    /// The number it was issued under; empty where the kind has none.
    pub number: String,
    /// The first day it holds.
    pub issued_on: NaiveDate,
    /// The last day it holds, if it ends by itself.
    pub expires_on: Option<NaiveDate>,
    /// The day by which somebody has to look again.
    pub reverify_by: NaiveDate,
    /// Whether the holder vouches for it until somebody else does.
    pub self_attested: bool,
}

impl CredentialDraft {
    /// Checks the draft, and answers with the number as it will be kept.
    pub(super) fn check(&self, kind: CredentialKind, occasion: Occasion) -> Result<String, Refusal> {
        if self.self_attested && !occasion.holder_speaks() {
            return Err(Refusal::PolicyViolation {
                rule: "attestor_is_not_holder",
                detail: "only the holder can vouch for themself",
            });
        }
        let mut fields = Fields::default();
        let number = fields.text("/number", &self.number, if kind.is_numbered() { 1..=100 } else { 0..=100 });
        let dates = [
            ("/issued_on", Some(self.issued_on)),
            ("/expires_on", self.expires_on),
            ("/reverify_by", Some(self.reverify_by)),
        ];
        for (pointer, date) in dates {
            let printable = date.is_none_or(|date| (1900..=9999).contains(&date.year()));
            fields.require(printable, pointer, "out_of_range", "must lie between the years 1900 and 9999");
        }
        fields.require(self.issued_on <= occasion.today, "/issued_on", "in_future", "must not lie in the future");
        let ends_after = self.expires_on.is_none_or(|expires_on| expires_on >= self.issued_on);
        fields.require(ends_after, "/expires_on", "before_issue", "must not lie before the day of issue");
        let may_end = kind != CredentialKind::Course || self.expires_on.is_none();
        fields.require(may_end, "/expires_on", "course_has_no_expiry", "a course does not expire");
        let looked_at_after = self.reverify_by >= self.issued_on;
        fields.require(looked_at_after, "/reverify_by", "before_issue", "must not lie before the day of issue");
        fields.finish(|| number)
    }

    /// What putting it forward says: that it is here, and, if so, that its holder vouches for it.
    pub(super) fn word(&self, occasion: Occasion) -> Checked {
        let method = self.self_attested.then_some(Method::SelfAttested);
        Checked { effective_on: occasion.today, method, reason: None, source: None }
    }
}

#[cfg(test)]
mod tests {
    use super::super::credential::Credential;
    use super::super::testing::*;
    use super::*;

    #[test]
    fn a_draft_at_fault_is_refused_field_by_field() {
        let draft = CredentialDraft {
            number: " ".into(),
            issued_on: day(5),
            expires_on: Some(day(4)),
            reverify_by: day(3),
            self_attested: false,
        };
        let Err(Refusal::Fields(faults)) = Credential::submit(&draft, therapist(), &certification(), occasion(1))
        else {
            panic!("submitted")
        };
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(
            found,
            [
                ("/number", "blank"),
                ("/issued_on", "in_future"),
                ("/expires_on", "before_issue"),
                ("/reverify_by", "before_issue")
            ]
        );
    }

    #[test]
    fn a_course_has_no_expiry_and_needs_no_number() {
        let course = catalogue().into_iter().find(|one| one.kind == CredentialKind::Course).unwrap();
        let ends = CredentialDraft { number: String::new(), ..draft() };
        assert!(matches!(
            Credential::submit(&ends, therapist(), &course, occasion(1)),
            Err(Refusal::Fields(faults)) if faults[0].code == "course_has_no_expiry" && faults.len() == 1
        ));
        let stays = CredentialDraft { expires_on: None, ..ends };
        assert!(Credential::submit(&stays, therapist(), &course, occasion(1)).is_ok());
    }
}
