//! What a note says, before it is sealed.
//!
//! Subjective, objective, assessment, plan, and what is particular to craniosacral work. Regions, techniques, schools and reports are words of
//! the practice's editable lists, or the therapist's own; nothing clinical is fixed here but the shape. No type of this file prints what it
//! holds.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kernel::refusal::{Refusal, Violation};
use crate::text_enum;

/// The longest passage of text, in characters.
const PASSAGE: usize = 20_000;
/// The longest word or phrase of a list.
const PHRASE: usize = 200;
/// The longest list.
const LIST: usize = 100;
/// The highest score.
const HIGHEST: u8 = 10;

text_enum! {
    /// How firmly the hands lay. A class, never a number that would have to be guessed.
    #[derive(Default)]
    pub enum PressureClass {
        /// Less than light.
        VeryLight = "very_light",
        /// Light, about 5 g.
        #[default]
        Light = "light",
        /// More than light.
        Moderate = "moderate",
        /// As structural bodywork has it.
        Firm = "firm",
    }
}

text_enum! {
    /// Which side of the body.
    pub enum Side {
        /// The client's left.
        Left = "left",
        /// The client's right.
        Right = "right",
        /// Both.
        Both = "both",
        /// On the midline.
        Midline = "midline",
    }
}

/// A region that was held.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegionHeld {
    /// The region's word.
    pub region: String,
    /// Which side, where it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
}

/// How the client rated something before and after, 0 to 10.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// What was rated: pain, sleep, tension.
    pub measure: String,
    /// Before the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u8>,
    /// After it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u8>,
}

/// How the session was modified for a caution that the therapist acknowledged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Modification {
    /// The finding's code.
    pub finding: String,
    /// What was done otherwise.
    pub how: String,
}

/// The plaintext of a note.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoteContent {
    /// What the client says.
    pub subjective: String,
    /// What the therapist observes.
    pub objective: String,
    /// What the therapist makes of it.
    pub assessment: String,
    /// What comes next.
    pub plan: String,
    /// The schools the session drew on.
    pub schools: Vec<String>,
    /// The techniques used.
    pub techniques: Vec<String>,
    /// The regions held, in their order.
    pub regions: Vec<RegionHeld>,
    /// How firmly.
    pub pressure: PressureClass,
    /// What the client reported during it: relaxation, warmth, pulsation, memories.
    pub client_reports: Vec<String>,
    /// How the client was afterwards.
    pub response: String,
    /// What the client is to do at home.
    pub homework: String,
    /// Ratings before and after.
    pub scores: Vec<Score>,
    /// What was done otherwise for each caution.
    pub modifications: Vec<Modification>,
}

/// The plaintext of an addendum.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddendumContent {
    /// What is added.
    pub text: String,
}

impl NoteContent {
    /// Checks every field; pointers begin with `at`, such as `/content`.
    ///
    /// # Errors
    /// [`Refusal::Fields`] with every violation found.
    pub fn check(&self, at: &str) -> Result<(), Refusal> {
        let mut faults = Faults::default();
        let passages = [
            ("subjective", &self.subjective),
            ("objective", &self.objective),
            ("assessment", &self.assessment),
            ("plan", &self.plan),
            ("response", &self.response),
            ("homework", &self.homework),
        ];
        for (field, text) in passages {
            faults.at_most(format!("{at}/{field}"), text, PASSAGE);
        }
        let lists =
            [("schools", &self.schools), ("techniques", &self.techniques), ("client_reports", &self.client_reports)];
        for (field, phrases) in lists {
            faults.list(&format!("{at}/{field}"), phrases, |faults, at, phrase| faults.phrase(at, phrase));
        }
        faults.list(&format!("{at}/regions"), &self.regions, |faults, at, held| {
            faults.phrase(format!("{at}/region"), &held.region);
        });
        faults.list(&format!("{at}/scores"), &self.scores, Faults::score);
        faults.list(&format!("{at}/modifications"), &self.modifications, |faults, at, modification| {
            faults.phrase(format!("{at}/finding"), &modification.finding);
            faults.passage(format!("{at}/how"), &modification.how);
        });
        faults.into_result()
    }
}

impl AddendumContent {
    /// Checks the text; pointers begin with `at`.
    ///
    /// # Errors
    /// [`Refusal::Fields`] when it is empty or too long.
    pub fn check(&self, at: &str) -> Result<(), Refusal> {
        let mut faults = Faults::default();
        faults.passage(format!("{at}/text"), &self.text);
        faults.into_result()
    }
}

/// The violations found so far. Messages never repeat what was written.
#[derive(Default)]
struct Faults(Vec<Violation>);

impl Faults {
    fn at_most(&mut self, at: String, text: &str, most: usize) {
        if text.chars().count() > most {
            self.0.push(Violation::at(at, "too_long", format!("at most {most} characters")));
        }
    }

    fn passage(&mut self, at: String, text: &str) {
        self.filled(&at, text);
        self.at_most(at, text, PASSAGE);
    }

    fn phrase(&mut self, at: String, text: &str) {
        self.filled(&at, text);
        if text.chars().any(char::is_control) {
            self.0.push(Violation::at(at.clone(), "control_character", "no control characters"));
        }
        self.at_most(at, text, PHRASE);
    }

    fn filled(&mut self, at: &str, text: &str) {
        if text.trim().is_empty() {
            self.0.push(Violation::at(at, "required", "must not be empty"));
        }
    }

    fn score(&mut self, at: String, score: &Score) {
        self.phrase(format!("{at}/measure"), &score.measure);
        for (field, value) in [("before", score.before), ("after", score.after)] {
            if value.is_some_and(|value| value > HIGHEST) {
                self.0.push(Violation::at(format!("{at}/{field}"), "out_of_range", "a score is 0 to 10"));
            }
        }
    }

    fn list<T>(&mut self, at: &str, items: &[T], check: impl Fn(&mut Self, String, &T)) {
        if items.len() > LIST {
            self.0.push(Violation::at(at, "too_many", format!("at most {LIST} entries")));
            return;
        }
        for (index, item) in items.iter().enumerate() {
            check(self, format!("{at}/{index}"), item);
        }
    }

    fn into_result(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Fields(self.0)) }
    }
}

/// Gives types a `Debug` that says only which type it is.
macro_rules! conceal {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )+};
}

conceal!(NoteContent, AddendumContent, RegionHeld, Score, Modification);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn faults(content: &NoteContent) -> Vec<(String, &'static str)> {
        match content.check("/content") {
            Ok(()) => vec![],
            Err(Refusal::Fields(violations)) => violations.into_iter().map(|v| (v.pointer, v.code)).collect(),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_empty_draft_is_content_and_the_touch_is_light() {
        let content: NoteContent = serde_json::from_str("{}").unwrap();
        assert_eq!(content.pressure, PressureClass::Light);
        assert_eq!(faults(&content), []);
    }

    #[test]
    fn an_unknown_field_is_refused() {
        assert!(serde_json::from_str::<NoteContent>(r#"{"grams": 5}"#).is_err());
        assert!(serde_json::from_str::<NoteContent>(r#"{"regions": [{"region": "sacrum", "depth": 1}]}"#).is_err());
        assert!(serde_json::from_str::<NoteContent>(r#"{"pressure": "5 g"}"#).is_err());
    }

    #[test]
    fn each_fault_is_named_where_it_is() {
        let content = NoteContent {
            plan: "x".repeat(PASSAGE + 1),
            techniques: vec!["still point".to_owned(), " ".to_owned()],
            regions: vec![RegionHeld { region: "occiput\n".to_owned(), side: None }],
            scores: vec![Score { measure: "pain".to_owned(), before: Some(10), after: Some(11) }],
            modifications: vec![Modification { finding: "osteoporosis".to_owned(), how: String::new() }],
            schools: vec!["school".to_owned(); LIST + 1],
            ..NoteContent::default()
        };
        let expected = [
            ("/content/plan", "too_long"),
            ("/content/schools", "too_many"),
            ("/content/techniques/1", "required"),
            ("/content/regions/0/region", "control_character"),
            ("/content/scores/0/after", "out_of_range"),
            ("/content/modifications/0/how", "required"),
        ];
        assert_eq!(faults(&content), expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    }

    #[test]
    fn an_addendum_says_something() {
        assert!(AddendumContent { text: " ".to_owned() }.check("").is_err());
        assert!(AddendumContent { text: "left, not right".to_owned() }.check("").is_ok());
    }

    proptest! {
        #[test]
        fn content_survives_its_sealing_and_is_never_printed(text in "[a-z]{12,40}", side in proptest::sample::select(&[Side::Left, Side::Both][..])) {
            let content = NoteContent {
                subjective: text.clone(),
                regions: vec![RegionHeld { region: text.clone(), side: Some(side) }],
                scores: vec![Score { measure: text.clone(), before: Some(7), after: None }],
                ..NoteContent::default()
            };
            let json = serde_json::to_string(&content).unwrap();
            prop_assert_eq!(&serde_json::from_str::<NoteContent>(&json).unwrap(), &content);
            let printed = format!("{content:?}{:?}{:?}", content.regions, content.scores);
            prop_assert!(!printed.contains(&text));
        }
    }
}
