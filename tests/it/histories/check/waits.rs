//! The waiting list: who can have waited, and when.

use crate::histories::record::{Ask, Entry, History, NEVER, Outcome, Record};

/// What ends a place on the list.
const ENDS: [&str; 4] =
    ["waitlist_entry.accepted", "waitlist_entry.booked", "waitlist_entry.withdrawn", "waitlist_entry.expired"];

/// Whether the client can have waited for the same between the request and the answer.
pub fn waits_already(record: &Record, history: &History) -> bool {
    let Ask::Join { client, kind, therapist, .. } = record.ask else { return false };
    let same = |entry: &&Entry| (entry.client, entry.kind, entry.therapist) == (client, kind, therapist);
    history.ending.entries.iter().filter(same).any(|entry| {
        let told = history.told.get(&entry.id).map_or(&[][..], Vec::as_slice);
        let joined = told.first().map_or(NEVER, |(at, _)| history.clock.reaches(*at).earliest);
        let left = history.records.iter().filter(|other| {
            let is_end = matches!(other.ask, Ask::Accept(_) | Ask::Leave(_)) && other.outcome() == Outcome::Done;
            is_end && other.ask.offer().is_some_and(|offer| offer.entry == entry.id)
        });
        let ended = told.iter().any(|(_, action)| ENDS.contains(&&**action));
        let left = left.map(|record| record.answered).min().filter(|_| ended).unwrap_or(NEVER);
        joined <= record.answered && left >= record.asked
    })
}
