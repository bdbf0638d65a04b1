//! What a form asks: sections of questions, each with the kind of answer it takes and, where it depends on an earlier one, when it is shown.
//!
//! Everything conditional is said in *words*: the codes of a choice or a place on the body, `yes`/`no`/`unsure`, the status of a finding. A [`Condition`] names a
//! question and words, and holds when the answer has one of them. That one idea carries visibility and the questions that reasons raise.

use serde::{Deserialize, Serialize};

use super::answer::{FINDING_WORDS, YesNoUnsure};
use crate::kernel::text_enum::TextEnum;

/// One version of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormDefinition {
    /// The stable name of the form, the same in every version.
    pub code: String,
    /// Which version this is; published versions never change.
    pub version: i32,
    /// What the client reads at the top.
    pub title: String,
    /// What the client reads before the first question.
    pub introduction: String,
    /// The questions, in the order they are asked.
    pub sections: Vec<Section>,
    /// The questions that some answers raise and that must then be answered in keeping with them.
    #[serde(default)]
    pub raises: Vec<Raise>,
}

/// Questions that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its stable name.
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What helps to answer it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Its questions.
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its stable name, unique in the form; answers are kept under it.
    pub id: String,
    /// What is asked.
    pub prompt: String,
    /// What helps to answer it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Whether the form can be submitted without it, while it is shown.
    pub required: bool,
    /// When it is shown; always, if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// What kind of answer it takes.
    pub answer: AnswerType,
}

/// Holds when the answer to an earlier question has one of these words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Which question.
    pub question: String,
    /// Which words.
    pub any_of: Vec<String>,
}

/// A question that must be answered, and answered in keeping, once a condition holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raise {
    /// What raises it, such as a reason for visit.
    pub when: Condition,
    /// The question it raises.
    pub question: String,
    /// The words that are in keeping; any answer at all, if none are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepts: Vec<String>,
    /// What the client is told when it is open.
    pub message: String,
}

/// The kind of answer a question takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum AnswerType {
    /// Free text, sealed like everything else.
    Text {
        /// How many characters at the most.
        max_length: usize,
    },
    /// One of a list.
    Choice {
        /// The list.
        options: Vec<ChoiceOption>,
    },
    /// Any number of a list, but at least one.
    MultiChoice {
        /// The list.
        options: Vec<ChoiceOption>,
    },
    /// A day that has been.
    Date {},
    /// A whole number.
    Number {
        /// What is counted, as written after the number.
        unit: String,
        /// The least that is taken.
        min: i64,
        /// The most that is taken.
        max: i64,
    },
    /// Yes, no, or not sure.
    YesNoUnsure {},
    /// One or more places on the body.
    BodyRegion {
        /// Those that can be named.
        regions: Vec<Region>,
    },
    /// The client's typed name under a sentence, which it gives its meaning.
    Signature {
        /// The sentence, repeated word for word in the answer.
        meaning: String,
    },
    /// Whether the client has or had a finding that the ruleset weighs, and since when.
    Finding {
        /// The ruleset's code for it.
        finding: String,
    },
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChoiceOption {
    /// Its stable word.
    pub code: String,
    /// What the client reads.
    pub label: String,
}

/// One place on the body that can be named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Its stable word.
    pub code: String,
    /// What the client reads.
    pub label: String,
    /// Whether there is one on each side, so that the answer says which.
    #[serde(default)]
    pub sided: bool,
}

impl FormDefinition {
    /// Every question, in the order asked.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.sections.iter().flat_map(|section| &section.questions)
    }

    /// The question of that name.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions().find(|question| question.id == id)
    }

    /// Every finding that is asked, as the question's name and the ruleset's code.
    pub fn findings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.questions().filter_map(|question| Some((question.id.as_str(), question.answer.finding()?)))
    }
}

impl AnswerType {
    /// The ruleset's code for the finding that is asked about, if one is.
    #[must_use]
    pub fn finding(&self) -> Option<&str> {
        match self {
            Self::Finding { finding } => Some(finding),
            _ => None,
        }
    }

    /// The words an answer of this kind can have; none for those that are not made of words.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        match self {
            Self::Choice { options } | Self::MultiChoice { options } => {
                options.iter().map(|option| option.code.as_str()).collect()
            }
            Self::YesNoUnsure {} => YesNoUnsure::ALL.iter().map(|word| word.as_str()).collect(),
            Self::Finding { .. } => FINDING_WORDS.to_vec(),
            Self::BodyRegion { regions } => regions.iter().map(|region| region.code.as_str()).collect(),
            Self::Text { .. } | Self::Date {} | Self::Number { .. } | Self::Signature { .. } => Vec::new(),
        }
    }
}
