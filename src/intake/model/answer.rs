//! One answer, in each of the kinds a question can take.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize, Serializer};

use crate::kernel::text_enum::TextEnum;
use crate::text_enum;

text_enum! {
    /// The answer to a plain question.
    pub enum YesNoUnsure {
        /// Yes.
        Yes = "yes",
        /// No.
        No = "no",
        /// Not sure; read as yes wherever it matters.
        Unsure = "unsure",
    }
}

text_enum! {
    /// How a finding stands.
    pub enum FindingStatus {
        /// The client has it.
        Current = "current",
        /// The client had it, and it is resolved.
        Past = "past",
        /// The client does not know; read as current.
        Unsure = "unsure",
    }
}

/// The word for a finding the client does not and did not have.
pub(super) const ABSENT: &str = "none";

/// The words a finding's answer can have.
pub(super) const FINDING_WORDS: [&str; 4] = [ABSENT, "current", "past", "unsure"];

/// When a finding began or happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onset {
    /// On a known day.
    On(NaiveDate),
    /// Nobody remembers; read as recent.
    Unknown,
}

/// The answer about one finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Neither now nor ever.
    Absent,
    /// Reported.
    Reported {
        /// How it stands.
        status: FindingStatus,
        /// Since when.
        onset: Onset,
    },
}

text_enum! {
    /// On which side of the body.
    pub enum Side {
        /// The client's left.
        Left = "left",
        /// The client's right.
        Right = "right",
        /// On both.
        Both = "both",
    }
}

/// A place on the body, as a client names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spot {
    /// The code of a region.
    pub region: String,
    /// On which side, where the region has two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
}

/// A name typed under a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Who signs.
    pub name: String,
    /// What they sign, as the form says it.
    pub meaning: String,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// Free text.
    Text(String),
    /// The code of a choice.
    Choice(String),
    /// The codes of several.
    MultiChoice(BTreeSet<String>),
    /// A day.
    Date(NaiveDate),
    /// A number, in the question's unit.
    Number(i64),
    /// Yes, no, or not sure.
    YesNoUnsure(YesNoUnsure),
    /// Places on the body, each region once.
    BodyRegion(BTreeSet<Spot>),
    /// A signature.
    Signature(Signature),
    /// A finding.
    Finding(Finding),
}

impl Answer {
    /// Whether a word is (among) what was answered.
    #[must_use]
    pub fn says(&self, word: &str) -> bool {
        match self {
            Self::Choice(code) => code == word,
            Self::MultiChoice(codes) => codes.contains(word),
            Self::YesNoUnsure(answer) => answer.as_str() == word,
            Self::Finding(Finding::Absent) => word == ABSENT,
            Self::Finding(Finding::Reported { status, .. }) => status.as_str() == word,
            Self::BodyRegion(spots) => spots.iter().any(|spot| spot.region == word),
            Self::Text(_) | Self::Date(_) | Self::Number(_) | Self::Signature(_) => false,
        }
    }
}

/// The place of an answer in the request that sent it.
pub(super) fn pointer(question: &str) -> String {
    format!("/answers/{}", question.replace('~', "~0").replace('/', "~1"))
}

/// A finding as it is written: `{"status": "past", "onset": "2024-05-31"}`, with `"unknown"` for a day nobody remembers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) onset: Option<String>,
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = match self {
            Self::Absent => Written { status: ABSENT.to_owned(), onset: None },
            Self::Reported { status, onset } => Written {
                status: status.to_string(),
                onset: Some(match onset {
                    Onset::On(day) => day.to_string(),
                    Onset::Unknown => "unknown".to_owned(),
                }),
            },
        };
        written.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_finding_are_none_and_every_status() {
        let statuses = FindingStatus::ALL.iter().map(|status| status.as_str());
        assert_eq!(std::iter::once(ABSENT).chain(statuses).collect::<Vec<_>>(), FINDING_WORDS);
    }
}
