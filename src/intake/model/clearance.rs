//! What a clinician writes about a client's findings, and for which days it can be relied on.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::ruleset::Ruleset;
use super::screening::{ClearanceFact, Reason, Screening};
use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{AccountId, ClearanceId, ClientId, IntakeResponseId};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::time::Timestamp;

/// Days further off than this are taken for slips of the pen.
const FURTHEST: Months = Months::new(60);

/// A clearance as somebody wrote it down, unchecked.
#[derive(Clone, Debug)]
pub struct ClearanceDraft {
    /// What it says.
    pub content: ClearanceContent,
    /// The first day it is valid.
    pub valid_from: NaiveDate,
    /// The last day it is valid.
    pub valid_until: NaiveDate,
}

/// What a clearance says, kept sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearanceContent {
    /// Who wrote it.
    pub clinician_name: String,
    /// What they are.
    pub profession: String,
    /// Under which number they are registered.
    pub registration: String,
    /// The findings it names.
    pub findings: Vec<String>,
    /// Where the paper is filed.
    pub document_reference: Option<String>,
}

/// A clearance, recorded by the therapist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clearance {
    /// Its id.
    pub id: ClearanceId,
    /// The response it was asked for.
    pub response: IntakeResponseId,
    /// Whose findings it is about.
    pub client: ClientId,
    /// Who recorded it.
    pub recorded_by: AccountId,
    /// The first day it is valid.
    pub valid_from: NaiveDate,
    /// The last day it is valid.
    pub valid_until: NaiveDate,
    /// What it says.
    pub sealed: Sealed,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

impl ClearanceDraft {
    /// The same, checked: it names findings that the ruleset knows, and can still be relied on.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn checked(mut self, rules: &Ruleset, today: NaiveDate) -> Result<Self, Refusal> {
        let mut fields = Fields::default();
        self.check_days(&mut fields, today);
        let content = self.content;
        let clinician_name = fields.text("/clinician_name", &content.clinician_name, 1..=200);
        let profession = fields.text("/profession", &content.profession, 1..=200);
        let registration = fields.text("/registration", &content.registration, 1..=200);
        let reference = fields.optional_text("/document_reference", content.document_reference.as_deref(), 500);
        fields.require(!content.findings.is_empty(), "/findings", "required", "must name what it clears");
        for (index, finding) in content.findings.iter().enumerate() {
            let pointer = format!("/findings/{index}");
            fields.require(rules.name_of(finding).is_some(), &pointer, "unknown_finding", "is no finding of the rules");
        }
        let mut findings = content.findings;
        findings.sort_unstable();
        findings.dedup();
        self.content = fields.finish(|| {
            Some(ClearanceContent {
                clinician_name: clinician_name?,
                profession: profession?,
                registration: registration?,
                findings,
                document_reference: reference?,
            })
        })?;
        Ok(self)
    }

    fn check_days(&self, fields: &mut Fields, today: NaiveDate) {
        let near = |day: NaiveDate| {
            today.checked_sub_months(FURTHEST).is_none_or(|first| first <= day)
                && today.checked_add_months(FURTHEST).is_none_or(|last| day <= last)
        };
        fields.require(near(self.valid_from), "/valid_from", "out_of_range", "must be within five years of today");
        fields.require(near(self.valid_until), "/valid_until", "out_of_range", "must be within five years of today");
        fields.require(
            self.valid_from <= self.valid_until,
            "/valid_until",
            "before_start",
            "must not lie before valid_from",
        );
        fields.require(self.valid_until >= today, "/valid_until", "in_the_past", "must not have passed");
    }
}

impl Clearance {
    /// Records it.
    pub fn record(self) -> Change<Self> {
        let event = Event::new("clearance.recorded", self.id).about(self.client).with("response", self.response);
        Change::new(self, event)
    }
}

/// The days on which a screening of one day holds: those on which everything that it calls cleared stays so, by the clearance of each finding
/// that is valid the longest. Where it calls nothing cleared, the therapist asked for `newest` all the same, and its days count.
#[must_use]
pub fn holds(
    screening: &Screening,
    newest: &ClearanceFact,
    all: &[ClearanceFact],
    day: NaiveDate,
) -> (NaiveDate, NaiveDate) {
    let valid = |fact: &&ClearanceFact| (fact.valid_from..=fact.valid_until).contains(&day);
    let longest = |finding: &String| {
        all.iter().filter(valid).filter(|fact| fact.findings.contains(finding)).max_by_key(|fact| fact.valid_until)
    };
    let cleared = screening.hits.iter().filter(|hit| hit.reason == Reason::Cleared);
    let spans = cleared.filter_map(|hit| longest(&hit.finding)).map(|fact| (fact.valid_from, fact.valid_until));
    spans
        .reduce(|(from, until), (starts, ends)| (from.max(starts), until.min(ends)))
        .unwrap_or((newest.valid_from, newest.valid_until))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::model::ruleset::Level;
    use crate::intake::model::samples::{TODAY, contraindications};
    use crate::intake::model::screening::Hit;

    fn draft() -> ClearanceDraft {
        ClearanceDraft {
            content: ClearanceContent {
                clinician_name: "Dr Ida Stern".into(),
                profession: "Neurologist".into(),
                registration: "BE-1234".into(),
                findings: vec!["brain_aneurysm".into(), "brain_aneurysm".into()],
                document_reference: None,
            },
            valid_from: TODAY,
            valid_until: "2027-06-01".parse().unwrap(),
        }
    }

    fn faults(draft: ClearanceDraft) -> Vec<(String, &'static str)> {
        let Err(Refusal::Fields(faults)) = draft.checked(&contraindications(), TODAY) else { panic!("accepted") };
        faults.into_iter().map(|fault| (fault.pointer, fault.code)).collect()
    }

    #[test]
    fn a_clearance_names_known_findings_and_days_to_come() {
        let checked = draft().checked(&contraindications(), TODAY).unwrap();
        assert_eq!(checked.content.findings, ["brain_aneurysm"]);
        let mut unknown = draft();
        unknown.content.findings = vec!["boredom".into()];
        assert_eq!(faults(unknown), [("/findings/0".into(), "unknown_finding")]);
        let past = "2026-01-01".parse().unwrap();
        assert_eq!(
            faults(ClearanceDraft { valid_until: past, ..draft() }),
            [("/valid_until".into(), "before_start"), ("/valid_until".into(), "in_the_past")]
        );
        let far = "2050-01-01".parse().unwrap();
        assert_eq!(faults(ClearanceDraft { valid_until: far, ..draft() }), [("/valid_until".into(), "out_of_range")]);
    }

    #[test]
    fn a_decision_holds_while_all_it_rests_on_is_valid() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let fact = |finding: &str, from: &str, until: &str| ClearanceFact {
            findings: vec![finding.into()],
            valid_from: day(from),
            valid_until: day(until),
        };
        let hit = |finding: &str| Hit { finding: finding.into(), level: Level::Clear, reason: Reason::Cleared };
        let screening = Screening { outcome: Level::Clear, hits: vec![hit("brain_aneurysm"), hit("concussion")] };
        let newest = fact("brain_aneurysm", "2027-03-01", "2027-09-01");
        let all = [
            newest.clone(),
            fact("concussion", "2027-01-01", "2027-03-05"),
            fact("concussion", "2027-01-01", "2027-06-01"),
            fact("burns", "2027-03-01", "2027-03-02"),
        ];
        assert_eq!(holds(&screening, &newest, &all, TODAY), (day("2027-03-01"), day("2027-06-01")));
        let nothing = Screening { outcome: Level::Clear, hits: Vec::new() };
        assert_eq!(holds(&nothing, &newest, &all, TODAY), (newest.valid_from, newest.valid_until));
    }
}
