//! The words a note is offered: schools, techniques, regions and what clients report.
//!
//! They are the practice's own to change, and offers only: a note takes any other word as well.

use serde::{Deserialize, Serialize};

use super::faults::Faults;
use crate::kernel::change::{Change, Event};
use crate::kernel::ids::AccountId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

/// The lists, in the order they are offered in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Schools a session may draw on.
    pub schools: Vec<String>,
    /// Techniques.
    pub techniques: Vec<String>,
    /// Regions of the body.
    pub regions: Vec<String>,
    /// What clients report during a session.
    pub client_reports: Vec<String>,
}

/// The words with where they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vocabulary {
    /// The lists.
    pub words: Words,
    /// Grows by one with every change; 0 for what is shipped.
    pub version: i32,
    /// Who changed it last, and when; nobody yet where it is as shipped.
    pub changed: Option<(AccountId, Timestamp)>,
}

impl Vocabulary {
    /// What a practice begins with.
    #[must_use]
    pub fn shipped() -> Self {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let words = Words {
            schools: list(&["manual cranial sacral", "craniosacral fascial", "sacro-cranial chiropractic"]),
            techniques: list(&["still point", "holding", "listening", "unwinding", "traction", "release", "other"]),
            regions: list(&[
                "head",
                "occiput",
                "temples",
                "forehead",
                "jaw",
                "neck",
                "spine",
                "thorax",
                "diaphragm",
                "pelvis",
                "sacrum",
                "knees",
                "feet",
                "other",
            ]),
            client_reports: list(&[
                "relaxation",
                "warmth",
                "coolness",
                "mild tingling",
                "pulsation",
                "memories",
                "other",
            ]),
        };
        Self { words, version: 0, changed: None }
    }

    /// Puts other lists in their place.
    ///
    /// # Errors
    /// [`Refusal::VersionMismatch`] when they were changed since they were read; [`Refusal::Fields`] for words that are blank or too long.
    pub fn change(&self, words: Words, expected: i32, by: AccountId, now: Timestamp) -> Result<Change<Self>, Refusal> {
        if self.version != expected {
            return Err(Refusal::VersionMismatch);
        }
        let mut faults = Faults::default();
        let lists = [
            ("/schools", &words.schools),
            ("/techniques", &words.techniques),
            ("/regions", &words.regions),
            ("/client_reports", &words.client_reports),
        ];
        for (at, list) in lists {
            faults.list(at, list, |faults, at, word| faults.phrase(at, word));
        }
        faults.into_result()?;
        let version = self.version.saturating_add(1);
        // The lists have no id of their own; the account that changed them is what the event can point at.
        let event = Event::new("note_vocabulary.changed", by).with("version", version);
        Ok(Change::new(Self { words, version, changed: Some((by, now)) }, event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shipped_would_be_accepted_and_a_blank_word_is_not() {
        let now = Timestamp::from_unix_micros(0).unwrap();
        let (by, shipped) = (AccountId::new(now), Vocabulary::shipped());
        let changed = shipped.change(shipped.words.clone(), 0, by, now).unwrap();
        assert_eq!((changed.state().version, &changed.state().words), (1, &shipped.words));
        assert_eq!(shipped.change(shipped.words.clone(), 1, by, now), Err(Refusal::VersionMismatch));
        let blank = Words { regions: vec![" ".to_owned()], ..shipped.words.clone() };
        let Err(Refusal::Fields(faults)) = shipped.change(blank, 0, by, now) else { panic!("should be refused") };
        assert_eq!(faults[0].pointer, "/regions/0");
    }
}
