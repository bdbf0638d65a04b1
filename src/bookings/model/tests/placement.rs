//! With whom, where and when.

use super::*;
use crate::availability::model::evaluator::Session;
use crate::availability::model::occupancy::Resource;
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

#[test]
fn a_session_takes_the_time_of_all_who_treat_of_the_client_and_of_the_room() {
    let (therapist, second, client, room) =
        (TherapistId::new(at(0)), TherapistId::new(at(1)), ClientId::new(at(2)), RoomId::new(at(3)));
    let [session, claim, rest] = [(0, 45), (-5, 55), (-5, 75)].map(|(from, to)| Span::new(at(from), at(to)).unwrap());
    let alone = Placement::new(therapist, session, Vienna).claiming(claim);
    let taken = |placement: &Placement| placement.claims(client).collect::<Vec<_>>();
    let (hers, own) = ((Resource::Therapist, therapist.0, claim), (Resource::Client, client.0, session));
    assert_eq!(taken(&alone), [hers, own]);
    let whole = alone.beside(Some(second)).within(Some((room, rest)));
    let expected = [hers, (Resource::Therapist, second.0, claim), own, (Resource::Room, room.0, rest)];
    assert_eq!(taken(&whole), expected);
}
