//! Why a client comes: codes from a controlled list, and words of their own. Reported, never "treated", and kept sealed.

use serde::{Deserialize, Serialize};

use crate::kernel::fields::Fields;
use crate::kernel::refusal::Refusal;
use crate::text_enum;

text_enum! {
    /// A reason for a visit, in the words of the health-history form.
    pub enum VisitReason {
        /// Headache.
        Headache = "headache",
        /// Migraine.
        Migraine = "migraine",
        /// Neck pain.
        NeckPain = "neck_pain",
        /// Back pain.
        BackPain = "back_pain",
        /// Chronic pain.
        ChronicPain = "chronic_pain",
        /// The jaw joint.
        Tmj = "tmj",
        /// Neuralgia.
        Neuralgia = "neuralgia",
        /// Fibromyalgia.
        Fibromyalgia = "fibromyalgia",
        /// Chronic fatigue.
        ChronicFatigue = "chronic_fatigue",
        /// Symptoms after a concussion.
        PostConcussionSymptoms = "post_concussion_symptoms",
        /// A traumatic brain injury.
        TraumaticBrainInjury = "traumatic_brain_injury",
        /// A spinal-cord injury.
        SpinalCordInjury = "spinal_cord_injury",
        /// Scoliosis.
        Scoliosis = "scoliosis",
        /// Impaired coordination.
        ImpairedCoordination = "impaired_coordination",
        /// Tinnitus.
        Tinnitus = "tinnitus",
        /// Stress.
        Stress = "stress",
        /// Anxiety.
        Anxiety = "anxiety",
        /// Emotional tension.
        EmotionalTension = "emotional_tension",
        /// Sleep difficulties.
        SleepDifficulties = "sleep_difficulties",
        /// Irritable bowel.
        IrritableBowel = "irritable_bowel",
        /// A difficult pregnancy.
        DifficultPregnancy = "difficult_pregnancy",
        /// Tension of scalp or face.
        ScalpOrFacialTension = "scalp_or_facial_tension",
        /// An infant's colic.
        InfantColic = "infant_colic",
        /// An infant's feeding.
        InfantFeeding = "infant_feeding",
        /// Support of a child's development.
        ChildDevelopmentSupport = "child_development_support",
        /// Relaxation.
        Relaxation = "relaxation",
        /// General wellbeing.
        GeneralWellbeing = "general_wellbeing",
        /// None of these.
        Other = "other",
    }
}

/// Why a client comes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reasons {
    /// From the list, each once.
    pub codes: Vec<VisitReason>,
    /// In their own words.
    pub text: Option<String>,
}

impl Reasons {
    /// Reads what was sent; `None` when nothing was.
    ///
    /// # Errors
    /// [`Refusal::Fields`] for a text that is too long.
    pub fn parse(mut codes: Vec<VisitReason>, text: Option<&str>) -> Result<Option<Self>, Refusal> {
        let mut fields = Fields::default();
        let text = fields.optional_text("/reasons_text", text, 2_000);
        let text = fields.finish(|| text)?;
        codes.sort_unstable();
        codes.dedup();
        let silent = codes.is_empty() && text.is_none();
        Ok((!silent).then_some(Self { codes, text }))
    }
}

impl std::fmt::Debug for Reasons {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reasons(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::text_enum::TextEnum;

    #[test]
    fn the_list_is_the_forms() {
        let form = crate::intake::HEALTH_HISTORY_V1;
        for reason in VisitReason::ALL {
            assert!(form.contains(&format!("\"{reason}\"")), "{reason}");
        }
    }

    #[test]
    fn reasons_are_told_once_and_silence_is_none() {
        let told = vec![VisitReason::Stress, VisitReason::Headache, VisitReason::Stress];
        let reasons = Reasons::parse(told, Some("  ")).unwrap().unwrap();
        assert_eq!(reasons.codes, [VisitReason::Headache, VisitReason::Stress]);
        assert_eq!(format!("{reasons:?}"), "Reasons(..)");
        assert_eq!(Reasons::parse(Vec::new(), None), Ok(None));
        assert!(Reasons::parse(Vec::new(), Some(&"a".repeat(2_001))).is_err());
    }
}
