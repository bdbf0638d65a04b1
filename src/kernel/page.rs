//! Pages by cursor: a stable order by id, and no counting.
//!
//! Ids are version-7 UUIDs, so "after this id" is also "made after this"; a page never repeats or skips a row that stood still.

use serde::Serialize;
use uuid::Uuid;

/// Which page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageAsk {
    /// How many rows at the most, 1 to 200.
    pub limit: i64,
    /// The last id already seen.
    pub after: Option<Uuid>,
}

/// One page and where the next begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The rows, in the list's stable order.
    pub items: Vec<T>,
    /// Hand this back as `cursor` for the next page; absent on the last.
    pub next_cursor: Option<Uuid>,
}

impl<T> Page<T> {
    /// Cuts rows, loaded one beyond the limit, to a page; `id` names the row a next page follows.
    pub fn cut(mut rows: Vec<T>, ask: PageAsk, id: impl Fn(&T) -> Uuid) -> Self {
        let limit = usize::try_from(ask.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = if more { rows.last().map(&id) } else { None };
        Self { items: rows, next_cursor }
    }

    /// The same page with each row shown another way.
    pub fn map<U>(self, show: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(show).collect(), next_cursor: self.next_cursor }
    }
}
