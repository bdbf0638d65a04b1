//! Parsing what was sent into types, with every fault named at once.
//!
//! A parser asks [`Fields`] for each value; a value at fault leaves its violation behind and answers `None`. [`Fields::finish`] builds the
//! result only if nothing was at fault, so a half-parsed thing cannot come to be and a person sees all their mistakes in one answer.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::refusal::{Refusal, Violation};

/// The faults found so far in one body.
#[derive(Debug, Default)]
pub struct Fields(Vec<Violation>);

impl Fields {
    /// Notes a fault.
    pub fn fault(&mut self, pointer: impl Into<String>, code: &'static str, message: impl Into<String>) {
        self.0.push(Violation::at(pointer, code, message));
    }

    /// Notes a fault unless `holds`.
    pub fn require(&mut self, holds: bool, pointer: &str, code: &'static str, message: &str) {
        if !holds {
            self.fault(pointer, code, message);
        }
    }

    /// What a parser made of a value, or a fault where it made nothing.
    pub fn parsed<T>(&mut self, pointer: &str, value: Option<T>, code: &'static str, message: &str) -> Option<T> {
        self.require(value.is_some(), pointer, code, message);
        value
    }

    /// Text of so many characters once the blanks around it are gone.
    pub fn text(&mut self, pointer: &str, value: &str, chars: RangeInclusive<usize>) -> Option<String> {
        let value = value.trim();
        let length = value.chars().count();
        // PostgreSQL stores no NUL, and other control characters only ever come from mistakes or mischief.
        if value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            self.fault(pointer, "control_character", "must not contain control characters");
        } else if length == 0 && !chars.contains(&0) {
            self.fault(pointer, "blank", "must not be blank");
        } else if length < *chars.start() {
            self.fault(pointer, "too_short", format!("must have at least {} characters", chars.start()));
        } else if length > *chars.end() {
            self.fault(pointer, "too_long", format!("must have at most {} characters", chars.end()));
        } else {
            return Some(value.to_owned());
        }
        None
    }

    /// Text that may be left out; blank counts as left out.
    pub fn optional_text(&mut self, pointer: &str, value: Option<&str>, most: usize) -> Option<Option<String>> {
        let text = self.text(pointer, value.unwrap_or_default(), 0..=most)?;
        Some(Some(text).filter(|text| !text.is_empty()))
    }

    /// A number between two others, both included.
    pub fn within<T>(&mut self, pointer: &str, value: T, range: RangeInclusive<T>) -> Option<T>
    where
        T: PartialOrd + Display,
    {
        if range.contains(&value) {
            return Some(value);
        }
        self.fault(pointer, "out_of_range", format!("must be between {} and {}", range.start(), range.end()));
        None
    }

    /// The whole, if nothing was at fault.
    ///
    /// # Errors
    /// [`Refusal::Fields`] with every fault noted.
    pub fn finish<T>(self, whole: impl FnOnce() -> Option<T>) -> Result<T, Refusal> {
        let whole = if self.0.is_empty() { whole() } else { None };
        whole.ok_or(Refusal::Fields(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_named_at_once() {
        let mut fields = Fields::default();
        let name = fields.text("/name", "  ", 1..=10);
        let age = fields.within("/age", 200, 0..=150);
        let note = fields.text("/note", "a\0b", 0..=10);
        let Err(Refusal::Fields(faults)) = fields.finish(|| Some((name?, age?, note?))) else { panic!("accepted") };
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(found, [("/name", "blank"), ("/age", "out_of_range"), ("/note", "control_character")]);
    }

    #[test]
    fn text_is_trimmed_and_counted_in_characters() {
        let mut fields = Fields::default();
        assert_eq!(fields.text("/name", " Zoë ", 3..=3).as_deref(), Some("Zoë"));
        assert_eq!(fields.optional_text("/phone", Some("  "), 10), Some(None));
        assert_eq!(fields.finish(|| Some(())), Ok(()));
    }
}
