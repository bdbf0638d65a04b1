//! Who asks, and for whom.

use super::*;
use crate::kernel::actor::{Actor, Person};
use crate::kernel::ids::SessionId;
use crate::places::model::BookingApproval;

fn person(roles: &[Role], therapist: Option<TherapistId>) -> Actor {
    let (account, session) = (AccountId::new(at(0)), SessionId::new(at(0)));
    Actor::Person(Person {
        account,
        session,
        roles: roles.iter().copied().collect(),
        role: None,
        client: None,
        therapist,
    })
}

#[test]
fn a_therapist_is_chosen_by_the_client_or_by_the_desk_for_a_colleague() {
    let (own, other) = (TherapistId::new(at(0)), TherapistId::new(at(1)));
    let therapist = person(&[Role::Therapist], Some(own));
    let owner = person(&[Role::Therapist, Role::Admin], Some(own));
    assert!(entrusts(&person(&[Role::Client], None), other, true));
    assert!(entrusts(&person(&[Role::FrontDesk], None), other, false) && entrusts(&owner, other, false));
    // A guardian who treats their own ward speaks for the ward, and still not for themself.
    assert!(!entrusts(&therapist, own, true) && !entrusts(&owner, own, true) && entrusts(&therapist, other, true));
    assert!(!entrusts(&owner, own, false) && !entrusts(&therapist, own, false) && !entrusts(&therapist, other, false));
}

#[test]
fn staff_who_act_for_the_client_act_as_the_client() {
    let (own, other) = (TherapistId::new(at(0)), TherapistId::new(at(1)));
    let owner = person(&[Role::Therapist, Role::Admin], Some(own));
    assert_eq!(Side::of(&owner, own, true), Some(Side::Client));
    assert_eq!(Side::of(&owner, own, false), Some(Side::Staff(Role::Admin)));
    assert_eq!(Side::of(&person(&[Role::Therapist], Some(own)), other, false), None);
    assert_eq!(Side::of(&Actor::System("expiry"), own, false), Some(Side::System));
}

#[test]
fn only_what_the_client_asks_for_waits_for_the_practices_yes() {
    let of = |rule, side| Approval::of(rule, Some(side));
    assert_eq!(of(BookingApproval::ByStaff, Side::Client), Approval::Needed);
    assert_eq!(of(BookingApproval::ByStaff, DESK), Approval::NotNeeded);
    assert_eq!(of(BookingApproval::Automatic, Side::Client), Approval::NotNeeded);
}
