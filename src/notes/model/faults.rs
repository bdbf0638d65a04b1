//! What is wrong with a plaintext, told without repeating it.

use crate::kernel::refusal::{Refusal, Violation};

/// The longest passage of text, in characters.
pub(super) const PASSAGE: usize = 20_000;
/// The longest word or phrase of a list.
const PHRASE: usize = 200;
/// The longest list.
pub(super) const LIST: usize = 100;

/// The violations found so far. Messages never repeat what was written.
#[derive(Default)]
pub(super) struct Faults(Vec<Violation>);

impl Faults {
    pub(super) fn at_most(&mut self, at: String, text: &str, most: usize) {
        if text.chars().count() > most {
            self.0.push(Violation::at(at, "too_long", format!("at most {most} characters")));
        }
    }

    pub(super) fn passage(&mut self, at: String, text: &str) {
        self.filled(&at, text);
        self.at_most(at, text, PASSAGE);
    }

    pub(super) fn phrase(&mut self, at: String, text: &str) {
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

    pub(super) fn within(&mut self, at: String, value: u16, most: u16) {
        if value > most {
            self.0.push(Violation::at(at, "out_of_range", format!("must be between 0 and {most}")));
        }
    }

    pub(super) fn list<T>(&mut self, at: &str, items: &[T], check: impl Fn(&mut Self, String, &T)) {
        if items.len() > LIST {
            self.0.push(Violation::at(at, "too_many", format!("at most {LIST} entries")));
            return;
        }
        for (index, item) in items.iter().enumerate() {
            check(self, format!("{at}/{index}"), item);
        }
    }

    pub(super) fn into_result(self) -> Result<(), Refusal> {
        if self.0.is_empty() { Ok(()) } else { Err(Refusal::Fields(self.0)) }
    }
}
