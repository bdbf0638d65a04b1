//! What of a draft was carried over from somewhere else and not changed since.
//!
//! A part is marked until it is changed, and not marked again if it is changed back: somebody has looked at it. While the note is a draft each
//! mark keeps a keyed hash of what was carried, so that nothing has to be opened to see that it changed. What is signed keeps the marks alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::content::NoteContent;

/// Makes a keyed hash of a part, by its name and what it says.
pub type Mark<'a> = &'a dyn Fn(&str, &Value) -> String;

/// The parts that were carried over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Carried {
    /// Those that are marked.
    marked: BTreeMap<String, String>,
    /// Those that were changed since. Another device may have written upon the draft as it was before.
    changed: BTreeMap<String, String>,
}

impl Carried {
    /// Marks every part of what a note begins with.
    #[must_use]
    pub fn all_of(content: &NoteContent, mark: Mark<'_>) -> Self {
        let parts = content.carried_parts().into_iter();
        let marked = parts.map(|(name, part)| (name.clone(), mark(&name, &part))).collect();
        Self { marked, changed: BTreeMap::new() }
    }

    /// Leaves the marks of those parts that still say what was carried.
    #[must_use]
    pub fn still_in(mut self, content: &NoteContent, mark: Mark<'_>) -> Self {
        let parts = content.carried_parts();
        let stands = |name: &String, hash: &String| parts.get(name).is_some_and(|part| mark(name, part) == *hash);
        let (marked, changed) = self.marked.into_iter().partition(|(name, hash)| stands(name, hash));
        self.changed.extend::<BTreeMap<_, _>>(changed);
        Self { marked, changed: self.changed }
    }

    /// Everything that was carried, marked again: what somebody is judged by who wrote before it was changed.
    #[must_use]
    pub fn renewed(self) -> Self {
        let Self { mut marked, changed } = self;
        marked.extend(changed);
        Self { marked, changed: BTreeMap::new() }
    }

    /// The marks without what they were made from.
    #[must_use]
    pub fn settled(self) -> Self {
        let marked = self.marked.into_keys().map(|name| (name, String::new())).collect();
        Self { marked, changed: BTreeMap::new() }
    }

    /// The names of the marked parts.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.marked.keys().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(name: &str, part: &Value) -> String {
        format!("{name}={part}")
    }

    #[test]
    fn a_part_is_marked_until_it_is_changed() {
        let word = |word: &str| word.to_owned();
        let last = NoteContent { plan: word("rest"), homework: word("walk"), ..NoteContent::default() };
        let carried = Carried::all_of(&last, &mark);
        assert_eq!(carried.names(), ["homework", "plan"]);
        let changed = NoteContent { plan: word("again"), subjective: word("slept"), ..last.clone() };
        let carried = carried.still_in(&changed, &mark);
        assert_eq!(carried.names(), ["homework"]);
        let back = carried.still_in(&last, &mark);
        assert_eq!(back.names(), ["homework"], "once changed it is one's own");
        assert_eq!(
            back.clone().renewed().still_in(&last, &mark).names(),
            ["homework", "plan"],
            "as another wrote before"
        );
        assert_eq!(back.still_in(&NoteContent::default(), &mark).names(), Vec::<String>::new());
    }

    #[test]
    fn what_is_signed_keeps_the_marks_alone() {
        let last = NoteContent { plan: "rest".to_owned(), ..NoteContent::default() };
        let settled = Carried::all_of(&last, &mark).settled();
        assert_eq!(serde_json::to_string(&settled).unwrap(), r#"{"marked":{"plan":""},"changed":{}}"#);
    }
}
