//! With whom, where and when.

use super::*;
use crate::availability::model::evaluator::Session;
use crate::availability::model::offer::Opening;
use crate::kernel::ids::{LocationId, RoomId};

#[test]
fn the_wall_clock_is_kept_with_the_booking() {
    let placement = placement(0);
    assert_eq!(placement.local_start.to_string(), "1970-04-11 01:00:00");
    assert!(placement.claim.contains(placement.session));
}

#[test]
fn a_placement_is_what_the_evaluator_found() {
    let (therapist, second) = (TherapistId::new(at(0)), TherapistId::new(at(1)));
    let (location, room) = (LocationId::new(at(0)), RoomId::new(at(0)));
    let (span, claim) = (Span::new(at(0), at(45)).unwrap(), Span::new(at(-5), at(55)).unwrap());
    let session = Session { span, claim, room: Some(room), room_claim: Some(claim) };
    let zone = Vienna;
    let opening = Opening { session, therapist, second: Some(second), location, zone, price_minor: 1 };
    let at_place = Placement::of(&opening);
    assert_eq!((at_place.therapist, at_place.co_therapist), (therapist, Some(second)));
    assert_eq!((at_place.location, at_place.room), (Some(location), Some((room, claim))));
    assert_eq!((at_place.session, at_place.claim, at_place.zone), (span, claim, Vienna));
    assert!(at_place.is_with(second) && !at_place.is_with(TherapistId::new(at(2))));
}

#[test]
fn a_session_has_the_date_that_its_wall_shows() {
    // The day begins in Vienna an hour before it does in UTC.
    let date = |minutes| placement(minutes).date().to_string();
    assert_eq!((date(-61), date(-60)), ("1970-04-10".to_owned(), "1970-04-11".to_owned()));
}
