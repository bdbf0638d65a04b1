//! What becomes of a booking when its zone's clocks are changed, and who has looked at it.

use chrono_tz::IANA_TZDB_VERSION;

use super::*;

/// A booking of the 11th of April 1970 that older rules promised for a time on the wall in Vienna, where its start shows 01:00.
fn promised(local: &str) -> Booking {
    let local_start = format!("1970-04-{local}:00").parse().unwrap();
    let placement = Placement { local_start, tz_version: "2001a".to_owned(), ..placement(0) };
    Booking { placement, ..confirmed() }
}

fn followed(booking: &Booking, is_free: bool) -> (Followed, Vec<(&'static str, String)>) {
    let (followed, event) = booking.clone().follow_zone(is_free, at(-60)).into_parts();
    assert_eq!((event.action, event.client), ("booking.zone_followed", Some(booking.client)));
    assert_eq!((followed.booking.version, followed.booking.updated_at), (2, at(-60)));
    assert_eq!(followed.booking.placement.tz_version, IANA_TZDB_VERSION);
    (followed, event.details)
}

#[test]
fn a_session_keeps_its_local_time_where_that_is_free() {
    let before = promised("11T02:00");
    let (Followed { booking, change }, details) = followed(&before, true);
    assert_eq!((booking.placement.session.start(), booking.placement.claim.start()), (at(60), at(55)));
    assert_eq!(booking.placement.local_start, before.placement.local_start);
    let change = change.unwrap();
    assert_eq!((change.outcome, change.booking, change.version), (ZoneOutcome::KeptLocalTime, before.id, 1));
    assert_eq!((change.old_start, change.new_start), (at(0), Some(at(60))));
    assert_eq!((&*change.old_version, &*change.new_version), ("2001a", IANA_TZDB_VERSION));
    let (from, to) = (at(0).to_string(), at(60).to_string());
    let expected = [
        ("old_version", "2001a"),
        ("new_version", IANA_TZDB_VERSION),
        ("from", &from),
        ("to", &to),
        ("outcome", "kept_local_time"),
    ];
    assert!(details.iter().map(|(key, value)| (*key, value.as_str())).eq(expected), "{details:?}");
}

#[test]
fn a_session_stays_at_its_instant_where_its_local_time_is_taken() {
    let before = promised("11T02:00");
    let (Followed { booking, change }, _) = followed(&before, false);
    assert_eq!(booking.placement.session, before.placement.session);
    assert_eq!(booking.placement.local_start.to_string(), "1970-04-11 01:00:00");
    let change = change.unwrap();
    assert_eq!((change.outcome, change.new_start), (ZoneOutcome::Collides, Some(at(60))));
    assert_eq!(change.local_start, before.placement.local_start);
}

#[test]
fn a_session_that_the_rules_leave_alone_is_only_told_by_the_new_ones() {
    let before = promised("11T01:00");
    let (Followed { booking, change }, details) = followed(&before, true);
    assert_eq!((booking.placement.session, change), (before.placement.session, None));
    assert!(details.iter().all(|(key, _)| *key != "outcome"));
}

#[test]
fn a_change_is_acknowledged_once_by_somebody() {
    let (change, somebody) = (followed(&promised("11T02:00"), false).0.change.unwrap(), AccountId::new(at(0)));
    let (seen, event) = change.acknowledge(somebody, at(-30)).unwrap().into_parts();
    assert_eq!((seen.acknowledged, seen.version), (Some((somebody, at(-30))), 2));
    assert_eq!((event.action, event.client), ("zone_change.acknowledged", Some(seen.client)));
    assert_eq!(event.detail("booking"), Some(&*seen.booking.to_string()));
    let again = seen.acknowledge(somebody, at(-20));
    assert!(matches!(again, Err(Refusal::InvalidTransition { from: "acknowledged", step: "acknowledge", .. })));
}
