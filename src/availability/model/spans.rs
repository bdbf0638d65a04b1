//! Sets of instants, as sorted spans that neither overlap nor touch.
//!
//! [`union`] makes one out of any spans; the other functions expect what it returns, and find their place in it by bisection.

use crate::kernel::time::{Span, Timestamp};

/// Every instant of any of the spans.
pub fn union(spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.into_iter().collect();
    spans.sort_unstable();
    spans.dedup_by(|next, kept| match Span::new(kept.start(), next.end().max(kept.end())) {
        Some(both) if next.start() <= kept.end() => {
            *kept = both;
            true
        }
        _ => false,
    });
    spans
}

/// Every instant of `whole` that is not in `holes`.
pub fn difference(whole: &[Span], holes: &[Span]) -> Vec<Span> {
    let mut left = Vec::with_capacity(whole.len());
    for span in whole {
        let mut from = span.start();
        let first = holes.partition_point(|hole| hole.end() <= from);
        for hole in holes.iter().skip(first).take_while(|hole| hole.overlaps(*span)) {
            left.extend(Span::new(from, hole.start()));
            from = hole.end();
        }
        left.extend(Span::new(from, span.end()));
    }
    left
}

/// The last span that starts at or before an instant.
pub fn last_from(spans: &[Span], at: Timestamp) -> Option<Span> {
    let after = spans.partition_point(|span| span.start() <= at);
    after.checked_sub(1).and_then(|index| spans.get(index)).copied()
}

/// Whether any of the spans shares an instant with `span`.
pub fn touches(spans: &[Span], span: Span) -> bool {
    let next = spans.partition_point(|other| other.end() <= span.start());
    spans.get(next).is_some_and(|other| other.overlaps(span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_unix_micros(minute * 60_000_000).unwrap()
    }

    fn some_spans() -> impl Strategy<Value = Vec<Span>> {
        proptest::collection::vec((0..60_i64, 1..15_i64), 0..8).prop_map(|pairs| {
            pairs.into_iter().map(|(from, len)| Span::new(at(from), at(from + len)).unwrap()).collect()
        })
    }

    fn within(spans: &[Span], minute: i64) -> bool {
        spans.iter().any(|span| span.start() <= at(minute) && at(minute) < span.end())
    }

    proptest! {
        #[test]
        fn the_operations_are_those_of_sets(one in some_spans(), other in some_spans(), from in 0..60_i64, len in 1..15_i64) {
            let (a, b) = (union(one.iter().copied()), union(other.iter().copied()));
            let left = difference(&a, &b);
            for minute in 0..80 {
                prop_assert_eq!(within(&a, minute), within(&one, minute));
                prop_assert_eq!(within(&left, minute), within(&one, minute) && !within(&other, minute));
            }
            for set in [&a, &left] {
                prop_assert!(set.windows(2).all(|pair| pair[0].end() < pair[1].start()));
            }
            let probe = Span::new(at(from), at(from + len)).unwrap();
            prop_assert_eq!(touches(&a, probe), one.iter().any(|span| span.overlaps(probe)));
            prop_assert_eq!(last_from(&a, at(from)), a.iter().copied().rfind(|span| span.start() <= at(from)));
        }
    }
}
