//! The note's diagram, walked by hand and at random.

use chrono_tz::Europe::Vienna;
use proptest::prelude::*;

use super::{Note, NoteState, Signature};
use crate::bookings::model::{Approval, Booking, BookingAsk, BookingState, Placement};
use crate::kernel::actor::{Actor, Person, Role};
use crate::kernel::ids::{
    AccountId, AddendumId, BookingId, ClientId, DataKeyId, NoteId, SessionId, SessionTypeId, TherapistId,
};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::{Span, Timestamp};

/// Minutes from the session's start, 2027-01-14 23:00 UTC: already the fifteenth in Vienna.
fn at(minutes: i64) -> Timestamp {
    let start: chrono::DateTime<chrono::Utc> = "2027-01-14T23:00:00Z".parse().unwrap();
    Timestamp::from(start).plus(chrono::TimeDelta::minutes(minutes))
}

fn person(role: Role, therapist: Option<TherapistId>) -> Actor {
    Actor::Person(Person {
        account: AccountId::new(at(0)),
        session: SessionId::new(at(0)),
        roles: [role].into_iter().collect(),
        role: Some(role),
        client: None,
        therapist,
    })
}

fn booking(therapist: TherapistId) -> Booking {
    let ask = BookingAsk {
        client: ClientId::new(at(0)),
        session_type: SessionTypeId::new(at(0)),
        placement: Placement::new(therapist, Span::new(at(0), at(60)).unwrap(), Vienna),
        price_minor: 0,
        currency: "EUR".to_owned(),
        reasons: None,
        requested_by: AccountId::new(at(0)),
    };
    let change = Booking::request(BookingId::new(at(0)), ask, vec![], Approval::NotNeeded, at(-90));
    change.unwrap().into_parts().0
}

fn therapist() -> (Actor, TherapistId) {
    let id = TherapistId::new(at(0));
    (person(Role::Therapist, Some(id)), id)
}

fn started() -> (Note, Actor) {
    let (actor, id) = therapist();
    let note = Note::start(NoteId::new(at(0)), &booking(id), &actor, at(5)).unwrap().into_parts().0;
    (note, actor)
}

fn sealed() -> Sealed {
    Sealed { key: DataKeyId::new(at(0)), bytes: vec![1, 2, 3] }
}

fn signature() -> Signature {
    Signature { content_hash: "ab".repeat(32), credentials_snapshot: "[]".to_owned() }
}

fn signed() -> (Note, Actor) {
    let (note, actor) = started();
    let note = note.save_draft(sealed(), None, 1, &actor).unwrap().into_parts().0;
    (note.sign(signature(), 2, &actor, at(70)).unwrap().into_parts().0, actor)
}

#[test]
fn a_note_takes_its_facts_from_the_booking() {
    let (actor, id) = therapist();
    let booking = booking(id);
    let change = Note::start(NoteId::new(at(0)), &booking, &actor, at(5)).unwrap();
    let note = change.state();
    assert_eq!((note.client, note.booking, note.planned), (booking.client, booking.id, booking.placement.session));
    assert_eq!(note.date_of_service.to_string(), "2027-01-15");
    assert_eq!((change.event().action, change.event().client), ("note.started", Some(booking.client)));
}

#[test]
fn there_is_no_note_of_a_session_that_does_not_happen() {
    let (actor, id) = therapist();
    for state in BookingState::ALL {
        let booking = Booking { state: *state, ..booking(id) };
        let happens = matches!(state, BookingState::Confirmed | BookingState::CheckedIn | BookingState::Completed);
        assert_eq!(Note::start(NoteId::new(at(0)), &booking, &actor, at(5)).is_ok(), happens, "{state}");
    }
}

#[test]
fn a_note_is_not_there_for_anybody_but_its_author() {
    let (note, actor) = started();
    let (signed, _) = signed();
    let other_login = person(Role::Therapist, Some(note.therapist));
    let not_a_therapist_now = person(Role::Admin, Some(note.therapist));
    let colleague = therapist().0;
    for stranger in [other_login, not_a_therapist_now, colleague, Actor::Anonymous, Actor::System("job")] {
        assert_eq!(note.clone().save_draft(sealed(), None, 1, &stranger).unwrap_err(), Refusal::NotThere);
        assert_eq!(note.clone().sign(signature(), 1, &stranger, at(70)).unwrap_err(), Refusal::NotThere);
        assert_eq!(signed.share(&stranger, at(80)).unwrap_err(), Refusal::NotThere);
        assert_eq!(signed.amend(AddendumId::new(at(0)), sealed(), &stranger, at(80)).unwrap_err(), Refusal::NotThere);
    }
    assert_eq!(Note::start(NoteId::new(at(0)), &booking(note.therapist), &colleague, at(5)), Err(Refusal::NotThere));
    assert!(note.save_draft(sealed(), None, 1, &actor).is_ok());
}

#[test]
fn a_save_names_the_version_it_read() {
    let (note, actor) = started();
    let actual = Span::new(at(3), at(58));
    let saved = note.save_draft(sealed(), actual, 1, &actor).unwrap().into_parts().0;
    assert_eq!((saved.version, saved.actual), (2, actual));
    assert_eq!(saved.clone().save_draft(sealed(), None, 1, &actor).unwrap_err(), Refusal::VersionMismatch);
    assert_eq!(saved.clone().sign(signature(), 1, &actor, at(70)).unwrap_err(), Refusal::VersionMismatch);
    let again = saved.save_draft(sealed(), None, 2, &actor).unwrap().into_parts().0;
    assert_eq!(again.actual, actual, "a save that does not speak of the times leaves them");
}

#[test]
fn an_empty_note_or_one_of_a_session_to_come_is_not_signed() {
    let (note, actor) = started();
    assert!(matches!(note.clone().sign(signature(), 1, &actor, at(70)), Err(Refusal::Fields(_))));
    let saved = note.save_draft(sealed(), None, 1, &actor).unwrap().into_parts().0;
    assert!(matches!(saved.clone().sign(signature(), 2, &actor, at(-1)), Err(Refusal::PolicyViolation { .. })));
    assert!(saved.sign(signature(), 2, &actor, at(0)).is_ok());
}

#[test]
fn a_signature_freezes_hash_and_credentials() {
    let (note, actor) = signed();
    assert_eq!((note.state, note.version, note.signed_at), (NoteState::Signed, 3, Some(at(70))));
    assert_eq!(note.content_hash, Some("ab".repeat(32)));
    assert_eq!(note.credentials_snapshot.as_deref(), Some("[]"));
    let step = |step| Refusal::InvalidTransition { what: "note", from: "signed", step };
    assert_eq!(note.clone().save_draft(sealed(), None, 3, &actor).unwrap_err(), step("save"));
    assert_eq!(note.sign(signature(), 3, &actor, at(80)).unwrap_err(), step("sign"));
}

#[test]
fn only_a_signed_note_is_shared_and_amended() {
    let (draft, actor) = started();
    let step = |step| Refusal::InvalidTransition { what: "note", from: "draft", step };
    assert_eq!(draft.share(&actor, at(80)).unwrap_err(), step("share"));
    assert_eq!(draft.amend(AddendumId::new(at(0)), sealed(), &actor, at(80)).unwrap_err(), step("amend"));
    let (note, actor) = signed();
    assert_eq!(note.share(&actor, at(80)).unwrap().state().client, note.client);
    let change = note.amend(AddendumId::new(at(0)), sealed(), &actor, at(90)).unwrap();
    assert_eq!((change.event().action, change.event().subject_id), ("note.amended", note.id.0));
    assert!(!note.is_amended(&[]));
    assert!(note.is_amended(&[change.into_parts().0]));
}

proptest! {
    #[test]
    fn a_signed_note_never_changes_again(steps in proptest::collection::vec((any::<bool>(), -30_i64..200, 0_i32..6), 1..20)) {
        let (mut note, actor) = started();
        for (saves, minutes, expected) in steps {
            let before = note.clone();
            let change = if saves {
                note.clone().save_draft(sealed(), None, expected, &actor)
            } else {
                note.clone().sign(signature(), expected, &actor, at(minutes))
            };
            let Ok(change) = change else { continue };
            note = change.into_parts().0;
            prop_assert_eq!(before.state, NoteState::Draft);
            prop_assert_eq!(before.version, expected);
            prop_assert_eq!(note.version, before.version + 1);
            prop_assert_eq!(note.state == NoteState::Signed, note.signed_at.is_some() && note.content_hash.is_some());
        }
    }
}
