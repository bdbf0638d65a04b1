//! What a clinician writes about a client's findings, and for which days it can be relied on.

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::response::MODIFICATION;
use super::ruleset::Ruleset;
use super::screening::{ClearanceFact, Screening};
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
    /// How the therapist will modify the session, where a caution remains that no clearance lifts.
    pub modification: Option<String>,
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
        let modification = fields.optional_text("/modification", self.modification.as_deref(), MODIFICATION);
        fields.require(!content.findings.is_empty(), "/findings", "required", "must name what it clears");
        for (index, finding) in content.findings.iter().enumerate() {
            let pointer = format!("/findings/{index}");
            fields.require(rules.name_of(finding).is_some(), &pointer, "unknown_finding", "is no finding of the rules");
        }
        let mut findings = content.findings;
        findings.sort_unstable();
        findings.dedup();
        (self.content, self.modification) = fields.finish(|| {
            let content = ClearanceContent {
                clinician_name: clinician_name?,
                profession: profession?,
                registration: registration?,
                findings,
                document_reference: reference?,
            };
            Some((content, modification?))
        })?;
        Ok(self)
    }

    /// Whether it is of any use: it names something that is waited for.
    ///
    /// # Errors
    /// [`Refusal::Fields`] when it names nothing of it.
    pub fn answers(&self, screening: &Screening) -> Result<(), Refusal> {
        let awaited = screening.awaited();
        let mut fields = Fields::default();
        let named = self.content.findings.iter().any(|finding| awaited.contains(&finding.as_str()));
        fields.require(named, "/findings", "not_awaited", "names nothing that a clearance is waited for");
        fields.finish(|| Some(()))
    }

    /// What it says, as screening reads it.
    #[must_use]
    pub fn fact(&self) -> ClearanceFact {
        let (findings, valid_from, valid_until) = (self.content.findings.clone(), self.valid_from, self.valid_until);
        ClearanceFact { findings, valid_from, valid_until }
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

/// The days on which a screening of one day holds, from that day on; nothing while a session is not admitted or something that a clearance
/// is waited for is not covered. It ends with the first of the clearances it rests on, where a finding has several with the longest of them.
/// Earlier days were not screened: a finding that has grown older since may have weighed more on them.
#[must_use]
pub fn holds(screening: &Screening, all: &[ClearanceFact], day: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    screening.admits().ok()?;
    let longest = |finding: &str| {
        let covers = all.iter().filter(|fact| fact.covers(finding, day));
        covers.map(|fact| fact.valid_until).max()
    };
    let until: Option<Vec<NaiveDate>> = screening.awaited().into_iter().map(longest).collect();
    Some((day, until?.into_iter().min()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::model::ruleset::Level;
    use crate::intake::model::samples::{TODAY, contraindications};
    use crate::intake::model::screening::{Hit, Reason};

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
            modification: None,
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
        let hit = |finding: &str, level, reason| Hit { finding: finding.into(), level, reason };
        let cleared = |finding: &str| hit(finding, Level::Clear, Reason::Cleared);
        let caution = hit("burns", Level::Caution, Reason::Current);
        let all = [
            fact("brain_aneurysm", "2027-02-01", "2027-09-01"),
            fact("concussion", "2027-01-01", "2027-03-05"),
            fact("concussion", "2027-01-01", "2027-06-01"),
            fact("burns", "2027-03-01", "2027-03-02"),
        ];
        let of = |outcome, hits: &[Hit]| holds(&Screening { outcome, hits: hits.to_vec() }, &all, TODAY);
        let both = [caution.clone(), cleared("brain_aneurysm"), cleared("concussion")];
        assert_eq!(
            of(Level::Caution, &both),
            Some((TODAY, day("2027-06-01"))),
            "never before the day that was screened"
        );
        assert_eq!(of(Level::Caution, &[caution]), Some((TODAY, day("2027-03-02"))), "what the therapist asked for");
        let other = hit("healing_wounds", Level::Caution, Reason::Current);
        assert_eq!(of(Level::Caution, &[other]), None, "no letter is about it");
        assert_eq!(of(Level::Clear, &[]), None, "nothing was reported that a letter could be about");
        let open = hit("cerebral_haemorrhage", Level::NeedsClearance, Reason::Past);
        assert_eq!(of(Level::NeedsClearance, &[open, cleared("concussion")]), None);
    }
}
