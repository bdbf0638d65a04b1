//! One version of a text: its words in each language, and how long a signature under them holds.

use std::collections::BTreeSet;

use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::kernel::change::{Change, Event};
use crate::kernel::fields::Fields;
use crate::kernel::ids::{AccountId, ConsentTemplateId, ConsentVersionId};
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// The most letters of a title, and of a text.
const TITLE: usize = 200;
const TEXT: usize = 40_000;
/// The longest that a signature may hold, in months.
const LONGEST: i32 = 120;

/// The words in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentText {
    /// Which language, as a tag (BCP 47): `en`, `de-AT`.
    pub language: String,
    /// What it is called.
    pub title: String,
    /// What is consented to.
    pub text: String,
}

impl ConsentText {
    /// What a signature is over: the title, a blank line and the text, exactly as shown.
    #[must_use]
    pub fn as_shown(&self) -> String {
        format!("{}\n\n{}", self.title, self.text)
    }
}

/// All that a version says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionDocument {
    /// The same words in each language.
    pub texts: Vec<ConsentText>,
    /// For how many months a signature holds; until it is withdrawn, if absent.
    pub validity_months: Option<i32>,
}

impl VersionDocument {
    /// The same, if it can be shown and signed.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn checked(self) -> Result<Self, Refusal> {
        let mut fields = Fields::default();
        fields.require(!self.texts.is_empty(), "/texts", "required", "at least one language is needed");
        let mut seen = BTreeSet::new();
        let mut texts = Vec::with_capacity(self.texts.len());
        for (index, one) in self.texts.iter().enumerate() {
            let at = |field: &str| format!("/texts/{index}/{field}");
            let tag = is_tag(&one.language);
            fields.require(tag, &at("language"), "not_a_language", "must be a language tag, such as en or de-AT");
            let fresh = seen.insert(one.language.to_ascii_lowercase());
            fields.require(fresh, &at("language"), "named_twice", "each language has one text");
            let title = fields.text(&at("title"), &one.title, 1..=TITLE);
            let text = fields.text(&at("text"), &one.text, 1..=TEXT);
            texts.extend(title.zip(text).map(|(title, text)| ConsentText { title, text, ..one.clone() }));
        }
        if let Some(months) = self.validity_months {
            fields.within("/validity_months", months, 1..=LONGEST);
        }
        fields.finish(|| Some(Self { texts, ..self }))
    }

    /// The last day on which what is signed on a day holds; none where it holds until it is withdrawn.
    #[must_use]
    pub fn valid_until(&self, signed_on: NaiveDate) -> Option<NaiveDate> {
        let months = u32::try_from(self.validity_months?).ok()?;
        signed_on.checked_add_months(Months::new(months))?.pred_opt()
    }
}

/// Letters, digits and single hyphens between them.
fn is_tag(tag: &str) -> bool {
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    tag.len() <= 35 && tag.split('-').all(is_part) && tag.split('-').next().is_some_and(|first| first.len() >= 2)
}

/// One version of a text. A draft changes; what is published never does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentVersion {
    /// Which version.
    pub id: ConsentVersionId,
    /// Of which text.
    pub template: ConsentTemplateId,
    /// The how-manieth, from 1.
    pub number: i32,
    /// What it says.
    pub document: VersionDocument,
    /// SHA-256 of the document as published; a draft has none.
    pub content_hash: Option<String>,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// Grows by one with every change.
    pub version: i32,
    /// When it was begun.
    pub created_at: Timestamp,
}

impl ConsentVersion {
    /// Begins a version as a draft.
    ///
    /// # Errors
    /// [`Refusal::Fields`] naming every field at fault.
    pub fn draft(
        id: ConsentVersionId,
        (template, number): (ConsentTemplateId, i32),
        document: VersionDocument,
        now: Timestamp,
    ) -> Result<Change<Self>, Refusal> {
        let document = document.checked()?;
        let (content_hash, published_at) = (None, None);
        let draft = Self { id, template, number, document, content_hash, published_at, version: 1, created_at: now };
        let event = draft.event("consent_version.drafted");
        Ok(Change::new(draft, event))
    }

    /// Puts other words in the draft.
    ///
    /// # Errors
    /// [`Refusal::VersionMismatch`]; [`Refusal::InvalidTransition`] once it is published; [`Refusal::Fields`].
    pub fn redraft(self, expected: i32, document: VersionDocument) -> Result<Change<Self>, Refusal> {
        self.still_a_draft(expected, "redraft")?;
        let (document, version) = (document.checked()?, self.version.saturating_add(1));
        let event = self.event("consent_version.redrafted");
        Ok(Change::new(Self { document, version, ..self }, event))
    }

    /// Publishes it under the hash of its document. From now on it stands as it is.
    ///
    /// # Errors
    /// [`Refusal::VersionMismatch`]; [`Refusal::InvalidTransition`] if it is published.
    pub fn publish(self, expected: i32, hash: String, now: Timestamp) -> Result<Change<Self>, Refusal> {
        self.still_a_draft(expected, "publish")?;
        let event = self.event("consent_version.published").with("content_hash", &hash);
        let version = self.version.saturating_add(1);
        Ok(Change::new(Self { content_hash: Some(hash), published_at: Some(now), version, ..self }, event))
    }

    fn still_a_draft(&self, expected: i32, step: &'static str) -> Result<(), Refusal> {
        if self.published_at.is_some() {
            return Err(Refusal::InvalidTransition { what: "consent_version", from: "published", step });
        }
        if self.version == expected { Ok(()) } else { Err(Refusal::VersionMismatch) }
    }

    fn event(&self, action: &'static str) -> Event {
        Event::new(action, self.id).with("template", self.template).with("number", self.number)
    }
}

/// A clinician's word for a version, as it is told.
#[derive(Clone, Debug)]
pub struct SignOffDraft {
    /// Who.
    pub clinician: String,
    /// What they are: `osteopathic physician`.
    pub profession: String,
    /// When they said so.
    pub signed_off_on: NaiveDate,
}

/// That a clinician stands for a version. Until there is one, it is shown as not clinically approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignOff {
    /// For which version.
    pub version: ConsentVersionId,
    /// Who.
    pub clinician: String,
    /// What they are.
    pub profession: String,
    /// When they said so.
    pub signed_off_on: NaiveDate,
    /// Who wrote it down.
    pub recorded_by: AccountId,
    /// When.
    pub recorded_at: Timestamp,
}

impl SignOff {
    /// Writes down a clinician's word for a published version. `today` is the practice's day.
    ///
    /// # Errors
    /// [`Refusal::InvalidTransition`] for a draft, which could still change; [`Refusal::Fields`].
    pub fn record(
        version: &ConsentVersion,
        draft: &SignOffDraft,
        (recorded_by, today, now): (AccountId, NaiveDate, Timestamp),
    ) -> Result<Change<Self>, Refusal> {
        if version.published_at.is_none() {
            return Err(Refusal::InvalidTransition { what: "consent_version", from: "draft", step: "sign_off" });
        }
        let mut fields = Fields::default();
        let clinician = fields.text("/clinician", &draft.clinician, 1..=TITLE);
        let profession = fields.text("/profession", &draft.profession, 1..=TITLE);
        let past = draft.signed_off_on <= today;
        fields.require(past, "/signed_off_on", "in_the_future", "must not lie in the future");
        let signed_off_on = draft.signed_off_on;
        let sign_off = fields.finish(|| {
            let (clinician, profession) = (clinician?, profession?);
            Some(Self { version: version.id, clinician, profession, signed_off_on, recorded_by, recorded_at: now })
        })?;
        let event = version.event("consent_version.signed_off");
        Ok(Change::new(sign_off, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_unix_micros(0).unwrap()
    }

    fn document(languages: &[&str], validity_months: Option<i32>) -> VersionDocument {
        let text = |language: &&str| ConsentText {
            language: (*language).to_owned(),
            title: "Treatment consent".to_owned(),
            text: "Clients report calm.".to_owned(),
        };
        VersionDocument { texts: languages.iter().map(text).collect(), validity_months }
    }

    fn draft() -> ConsentVersion {
        let of = (ConsentTemplateId::new(now()), 1);
        let change = ConsentVersion::draft(ConsentVersionId::new(now()), of, document(&["en"], Some(12)), now());
        change.unwrap().into_parts().0
    }

    #[test]
    fn each_language_has_one_text() {
        assert!(document(&["en", "de-AT"], None).checked().is_ok());
        for (languages, code) in
            [(&[][..], "required"), (&["en", "EN"], "named_twice"), (&["english text"], "not_a_language")]
        {
            let Err(Refusal::Fields(faults)) = document(languages, None).checked() else { panic!("{languages:?}") };
            assert_eq!(faults[0].code, code);
        }
        assert!(document(&["en"], Some(0)).checked().is_err());
    }

    #[test]
    fn a_signature_holds_for_whole_months() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let yearly = document(&["en"], Some(12));
        assert_eq!(yearly.valid_until(day("2027-03-01")), Some(day("2028-02-29")));
        assert_eq!(yearly.valid_until(day("2028-02-29")), Some(day("2029-02-27")));
        assert_eq!(document(&["en"], None).valid_until(day("2027-03-01")), None);
    }

    #[test]
    fn what_is_published_stands() {
        let published = draft().publish(1, "hash".to_owned(), now()).unwrap().into_parts().0;
        assert_eq!((published.version, published.content_hash.as_deref()), (2, Some("hash")));
        let refused = published.clone().redraft(2, document(&["de"], None)).unwrap_err();
        assert_eq!(refused, Refusal::InvalidTransition { what: "consent_version", from: "published", step: "redraft" });
        assert!(published.publish(2, "other".to_owned(), now()).is_err());
        assert_eq!(draft().redraft(7, document(&["de"], None)), Err(Refusal::VersionMismatch));
    }

    #[test]
    fn a_clinician_stands_for_what_can_no_longer_change() {
        let today: NaiveDate = "2027-03-01".parse().unwrap();
        let told = SignOffDraft {
            clinician: "Dr. Ruth Ames".to_owned(),
            profession: "osteopathic physician".to_owned(),
            signed_off_on: today,
        };
        let by = (AccountId::new(now()), today, now());
        assert!(matches!(SignOff::record(&draft(), &told, by), Err(Refusal::InvalidTransition { .. })));
        let published = draft().publish(1, "hash".to_owned(), now()).unwrap().into_parts().0;
        assert!(SignOff::record(&published, &told, by).is_ok());
        let tomorrow = SignOffDraft { signed_off_on: today.succ_opt().unwrap(), ..told };
        assert!(matches!(SignOff::record(&published, &tomorrow, by), Err(Refusal::Fields(_))));
    }
}
