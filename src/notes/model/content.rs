//! What a note says, before it is sealed.
//!
//! Subjective, objective, assessment, plan, and what is particular to craniosacral work. Regions, techniques, schools and reports are words of
//! the practice's editable lists, or the therapist's own; nothing clinical is fixed here but the shape. No type of this file prints what it
//! holds.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::faults::{Faults, PASSAGE};
use crate::kernel::refusal::Refusal;
use crate::text_enum;

/// The highest score.
const HIGHEST: u16 = 10;
/// The far edge of a picture of the body.
const EDGE: u16 = 1_000;

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

text_enum! {
    /// Which picture of the body a point is marked on.
    pub enum BodyView {
        /// Seen from the front.
        Front = "front",
        /// Seen from behind.
        Back = "back",
        /// The client's left side.
        LeftSide = "left_side",
        /// The client's right side.
        RightSide = "right_side",
        /// The head from above.
        Crown = "crown",
    }
}

/// A point of the body, marked on one of its pictures. Whole numbers, so that a content has one canonical form.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyPoint {
    /// Which picture.
    pub view: BodyView,
    /// From the picture's left edge, in thousandths of its width.
    pub x: u16,
    /// From its upper edge, in thousandths of its height.
    pub y: u16,
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
    /// Where exactly, if somebody marked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<BodyPoint>,
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
            for (axis, value) in held.point.iter().flat_map(|point| [("x", point.x), ("y", point.y)]) {
                faults.within(format!("{at}/point/{axis}"), value, EDGE);
            }
        });
        faults.list(&format!("{at}/scores"), &self.scores, |faults, at, score| {
            faults.phrase(format!("{at}/measure"), &score.measure);
            for (when, value) in [("before", score.before), ("after", score.after)] {
                faults.within(format!("{at}/{when}"), value.map_or(0, u16::from), HIGHEST);
            }
        });
        faults.list(&format!("{at}/modifications"), &self.modifications, |faults, at, modification| {
            faults.phrase(format!("{at}/finding"), &modification.finding);
            faults.passage(format!("{at}/how"), &modification.how);
        });
        faults.into_result()
    }
}

/// The parts that another session's note may begin with. What the client said, reported, rated and felt belongs to one session alone.
const CARRIED: [&str; 9] =
    ["objective", "assessment", "plan", "schools", "techniques", "regions", "pressure", "homework", "modifications"];

impl NoteContent {
    /// What of it the note of the client's next session may begin with.
    #[must_use]
    pub fn to_carry(self) -> Self {
        let (subjective, client_reports, response, scores) = Default::default();
        Self { subjective, client_reports, response, scores, ..self }
    }

    /// Whether it says nothing that only a client can have said; so far as its parts show that.
    #[must_use]
    pub fn is_of_nobody(&self) -> bool {
        *self == self.clone().to_carry()
    }

    /// The parts that may be carried over and that say something, by name.
    #[must_use]
    pub fn carried_parts(&self) -> BTreeMap<String, Value> {
        let parts = |content: &Self| serde_json::to_value(content).unwrap_or_default();
        let (mine, blank) = (parts(self), parts(&Self::default()));
        let says = |name: &str| mine.get(name) != blank.get(name);
        let part = |name: &str| Some((name.to_owned(), mine.get(name)?.clone()));
        CARRIED.into_iter().filter(|name| says(name)).filter_map(part).collect()
    }
}

impl AddendumContent {
    /// Checks the text; pointers begin with `at`.
    ///
    /// # Errors
    /// [`Refusal::Fields`] when it is empty or too long.
    pub fn check(&self, at: &str) -> Result<(), Refusal> {
        self.check_as(&format!("{at}/text"))
    }

    /// Checks the text where it was sent under another name, at this pointer.
    ///
    /// # Errors
    /// As [`AddendumContent::check`].
    pub fn check_as(&self, pointer: &str) -> Result<(), Refusal> {
        let mut faults = Faults::default();
        faults.passage(pointer.to_owned(), &self.text);
        faults.into_result()
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

conceal!(NoteContent, AddendumContent, RegionHeld, BodyPoint, Score, Modification);

#[cfg(test)]
mod tests {
    use super::super::faults::LIST;
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
            regions: vec![RegionHeld {
                region: "occiput\n".to_owned(),
                side: None,
                point: Some(BodyPoint { view: BodyView::Back, x: 500, y: 1001 }),
            }],
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
            ("/content/regions/0/point/y", "out_of_range"),
            ("/content/scores/0/after", "out_of_range"),
            ("/content/modifications/0/how", "required"),
        ];
        assert_eq!(faults(&content), expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    }

    #[test]
    fn what_the_client_said_is_not_carried() {
        let word = || "word".to_owned();
        let content = NoteContent {
            subjective: word(),
            objective: word(),
            client_reports: vec![word()],
            response: word(),
            scores: vec![Score { measure: word(), before: Some(1), after: None }],
            ..NoteContent::default()
        };
        let carried = content.clone().to_carry();
        assert_eq!(carried, NoteContent { objective: word(), ..NoteContent::default() });
        assert!(carried.is_of_nobody() && !content.is_of_nobody());
        assert_eq!(content.carried_parts().into_keys().collect::<Vec<_>>(), ["objective"]);
    }

    #[test]
    fn every_part_is_carried_or_belongs_to_one_session() {
        let all = serde_json::to_value(NoteContent::default()).unwrap();
        let own = ["subjective", "client_reports", "response", "scores"];
        assert_eq!(all.as_object().unwrap().len(), CARRIED.len() + own.len());
        assert!(CARRIED.iter().chain(&own).all(|name| all.get(*name).is_some()));
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
                regions: vec![RegionHeld { region: text.clone(), side: Some(side), point: None }],
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
