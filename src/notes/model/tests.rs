//! The note's diagram, walked by hand and at random.

use chrono_tz::Europe::Vienna;
use proptest::prelude::*;

use serde_json::{Value, json};

use super::{Beginning, Carried, Filed, Integrity, Note, NoteContent, NoteState, Signature, Writing, Written};
use crate::bookings::model::{Approval, Booking, BookingAsk, BookingState, Placement, Source};
use crate::kernel::actor::{Actor, Person, Role};
use crate::kernel::change::Change;
use crate::kernel::ids::{
    AccountId, AddendumId, BookingId, ClientId, DataKeyId, NoteId, NoteSiblingId, NoteSummaryId, SessionId,
    SessionTypeId, TherapistId,
};
use crate::kernel::refusal::Refusal;
use crate::kernel::sealed::Sealed;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::{Span, Timestamp};
use crate::places::model::Terms;

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
        terms: Terms::default(),
        source: Source::Online,
        set_aside: Default::default(),
    };
    let change = Booking::request(BookingId::new(at(0)), ask, vec![], Approval::NotNeeded, at(-90));
    change.unwrap().into_parts().0
}

/// A note with the booking it is of.
struct Told {
    note: Note,
    booking: Booking,
}

impl Told {
    fn save(&self, actual: Option<Span>, expected: i32, actor: &Actor, minutes: i64) -> Result<Note, Refusal> {
        let at = Writing { booking: &self.booking, actor, now: at(minutes) };
        self.note.clone().save_draft(written(actual), expected, at).map(|change| change.into_parts().0)
    }

    fn sign(&self, expected: i32, actor: &Actor, minutes: i64) -> Result<Note, Refusal> {
        let at = Writing { booking: &self.booking, actor, now: at(minutes) };
        self.note
            .clone()
            .sign(signature(&json!({ "plan": "rest" }), None), expected, at)
            .map(|change| change.into_parts().0)
    }

    fn with(&self, note: Note) -> Self {
        Self { note, booking: self.booking.clone() }
    }

    fn booked(&self, state: BookingState) -> Self {
        Self { note: self.note.clone(), booking: Booking { state, ..self.booking.clone() } }
    }
}

fn begin(booking: &Booking, actor: &Actor, minutes: i64) -> Result<Change<Note>, Refusal> {
    Note::start(NoteId::new(at(0)), Beginning::default(), Writing { booking, actor, now: at(minutes) })
}

fn therapist() -> (Actor, TherapistId) {
    let id = TherapistId::new(at(0));
    (person(Role::Therapist, Some(id)), id)
}

fn started() -> (Told, Actor) {
    let (actor, id) = therapist();
    let booking = booking(id);
    let note = begin(&booking, &actor, 5).unwrap().into_parts().0;
    (Told { note, booking }, actor)
}

fn sealed() -> Sealed {
    Sealed { key: DataKeyId::new(at(0)), bytes: vec![1, 2, 3] }
}

fn written(actual: Option<Span>) -> Written {
    Written { content: sealed(), mac: vec![7], carried: Carried::default(), actual }
}

fn signature(content: &Value, supervisor: Option<TherapistId>) -> Signature<'_> {
    Signature { content, credentials: "[]", decision: "{}", supervisor, digest: Value::to_string }
}

fn signed() -> (Told, Actor) {
    let (told, actor) = started();
    let told = told.with(told.save(None, 1, &actor, 5).unwrap());
    let told = told.with(told.sign(2, &actor, 70).unwrap());
    (told, actor)
}

#[test]
fn a_note_takes_its_facts_from_the_booking() {
    let (actor, id) = therapist();
    let booking = booking(id);
    let change = begin(&booking, &actor, 5).unwrap();
    let note = change.state();
    assert_eq!((note.client, note.booking, note.planned), (booking.client, booking.id, booking.placement.session));
    assert_eq!(note.date_of_service.to_string(), "2027-01-15");
    assert_eq!((change.event().action, change.event().client), ("note.started", Some(booking.client)));
}

#[test]
fn there_is_no_note_of_a_session_that_does_not_happen() {
    let (told, actor) = started();
    let saved = told.save(None, 1, &actor, 5).unwrap();
    for state in BookingState::ALL {
        let told = told.with(saved.clone()).booked(*state);
        let happens = matches!(state, BookingState::Confirmed | BookingState::CheckedIn | BookingState::Completed);
        assert_eq!(begin(&told.booking, &actor, 5).is_ok(), happens, "{state}");
        // Words are kept whatever became of the session.
        assert_eq!((told.save(None, 2, &actor, 5).is_ok(), told.sign(2, &actor, 5).is_ok()), (true, happens));
        let step = |step| Refusal::InvalidTransition { what: "booking", from: state.as_str(), step };
        if !happens {
            assert_eq!(told.sign(2, &actor, 5).unwrap_err(), step("sign"));
        }
    }
}

#[test]
fn a_note_begins_when_the_client_is_here_or_the_start_is_reached() {
    let (told, actor) = started();
    assert!(matches!(begin(&told.booking, &actor, -1), Err(Refusal::PolicyViolation { .. })));
    assert!(begin(&told.booking, &actor, 0).is_ok());
    assert!(begin(&told.booked(BookingState::CheckedIn).booking, &actor, -30).is_ok());
}

#[test]
fn a_draft_follows_its_booking_and_nobody_elses() {
    let (told, actor) = started();
    let mut moved = told.with(told.note.clone());
    let later = Span::new(at(60 * 24), at(60 * 25)).unwrap();
    moved.booking.placement = Placement::new(told.note.therapist, later, Vienna);
    let saved = moved.save(None, 1, &actor, 60 * 24).unwrap();
    assert_eq!((saved.planned, saved.date_of_service.to_string().as_str()), (later, "2027-01-16"));
    moved.booking.placement.therapist = therapist().1;
    assert_eq!(moved.save(None, 1, &actor, 60 * 24).unwrap_err(), Refusal::NotThere);
    let other = Told { note: told.note.clone(), booking: booking(told.note.therapist) };
    assert_ne!(other.booking.id, told.booking.id);
    assert_eq!(other.save(None, 1, &actor, 5).unwrap_err(), Refusal::NotThere);
}

#[test]
fn a_note_is_not_there_for_anybody_but_its_author() {
    let (told, actor) = started();
    let signed = signed().0.note;
    let other_login = person(Role::Therapist, Some(told.note.therapist));
    let not_a_therapist_now = person(Role::Admin, Some(told.note.therapist));
    let colleague = therapist().0;
    for stranger in [other_login, not_a_therapist_now, colleague, Actor::Anonymous, Actor::System("job")] {
        assert_eq!(told.save(None, 1, &stranger, 5).unwrap_err(), Refusal::NotThere);
        assert_eq!(told.sign(1, &stranger, 70).unwrap_err(), Refusal::NotThere);
        let signed = Filed::new(signed.clone());
        let (addendum, summary) = (AddendumId::new(at(0)), NoteSummaryId::new(at(0)));
        assert_eq!(signed.share(&stranger, at(80)).unwrap_err(), Refusal::NotThere);
        assert_eq!(signed.amend(addendum, sealed(), false, (&stranger, at(80))).unwrap_err(), Refusal::NotThere);
        assert_eq!(signed.summarise(summary, sealed(), &stranger, at(80)).unwrap_err(), Refusal::NotThere);
        assert_eq!(signed.enter_in_error(sealed(), &stranger, at(80)).unwrap_err(), Refusal::NotThere);
        assert_eq!(signed.cosign(&stranger, false, at(80)).unwrap_err(), Refusal::NotThere);
    }
    assert_eq!(begin(&told.booking, &colleague, 5), Err(Refusal::NotThere));
    assert!(told.save(None, 1, &actor, 5).is_ok());
}

#[test]
fn a_save_names_the_version_it_read() {
    let (told, actor) = started();
    let actual = Span::new(at(3), at(58));
    let told = told.with(told.save(actual, 1, &actor, 60).unwrap());
    assert_eq!((told.note.version, told.note.actual), (2, actual));
    assert_eq!(told.save(None, 1, &actor, 60).unwrap_err(), Refusal::VersionMismatch);
    assert_eq!(told.sign(1, &actor, 70).unwrap_err(), Refusal::VersionMismatch);
    let again = told.save(None, 2, &actor, 60).unwrap();
    assert_eq!(again.actual, actual, "a save that does not speak of the times leaves them");
}

#[test]
fn the_actual_time_lies_within_a_day_of_the_planned_one() {
    let (told, actor) = started();
    let day = 24 * 60;
    assert!(told.save(Span::new(at(-day), at(60 + day)), 1, &actor, 5).is_ok());
    for (start, end) in [(-day - 1, 60), (0, 60 + day + 1)] {
        let Err(Refusal::Fields(faults)) = told.save(Span::new(at(start), at(end)), 1, &actor, 5) else { panic!() };
        assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/actual", "far_from_planned"));
    }
}

#[test]
fn an_empty_note_or_one_of_a_session_to_come_is_not_signed() {
    let (told, actor) = started();
    let told = told.booked(BookingState::CheckedIn);
    assert!(matches!(told.sign(1, &actor, 70), Err(Refusal::Fields(_))));
    // Whatever the actual times say.
    let told = told.with(told.save(Span::new(at(-20), at(40)), 1, &actor, -10).unwrap());
    assert!(matches!(told.sign(2, &actor, -1), Err(Refusal::PolicyViolation { .. })));
    assert!(told.sign(2, &actor, 0).is_ok());
}

#[test]
fn a_signature_freezes_hash_and_credentials() {
    let (told, actor) = signed();
    let note = &told.note;
    assert_eq!((note.state, note.version, note.signed_at), (NoteState::Signed, 3, Some(at(70))));
    assert_eq!(note.content_hash.as_deref(), Some(r#"{"plan":"rest"}"#));
    assert_eq!((note.credentials_snapshot.as_deref(), note.decision_snapshot.as_deref()), (Some("[]"), Some("{}")));
    assert_eq!(note.document_hash, Some(note.document(&json!({ "plan": "rest" })).to_string()));
    let step = |step| Refusal::InvalidTransition { what: "note", from: "signed", step };
    assert_eq!(told.save(None, 3, &actor, 80).unwrap_err(), step("save"));
    assert_eq!(told.sign(3, &actor, 80).unwrap_err(), step("sign"));
}

#[test]
fn whatever_is_changed_past_the_program_shows() {
    let (Told { note, .. }, _) = signed();
    let content = json!({ "plan": "rest" });
    let intact = |note: &Note, content: &Value| note.integrity(content, Value::to_string);
    assert_eq!(intact(&note, &content), Some(Integrity::Document));
    assert_eq!(intact(&note, &json!({ "plan": "other" })), Some(Integrity::Broken));
    assert_eq!(intact(&started().0.note, &content), None);
    let carried = NoteContent { plan: "rest".to_owned(), ..NoteContent::default() };
    let changed = [
        Note { booking: BookingId::new(at(0)), ..note.clone() },
        Note { client: ClientId::new(at(0)), ..note.clone() },
        Note { therapist: TherapistId::new(at(0)), ..note.clone() },
        Note { author: AccountId::new(at(0)), ..note.clone() },
        Note { planned: Span::new(at(1), at(2)).unwrap(), ..note.clone() },
        Note { actual: Span::new(at(1), at(2)), ..note.clone() },
        Note { date_of_service: "2020-01-01".parse().unwrap(), ..note.clone() },
        Note { created_at: at(1), ..note.clone() },
        Note { signed_at: Some(at(1)), ..note.clone() },
        Note { version: 9, ..note.clone() },
        Note { corrects: Some(note.id), ..note.clone() },
        Note { supervisor: Some(note.therapist), ..note.clone() },
        Note { carried: Carried::all_of(&carried, &|_, _| String::new()), ..note.clone() },
        Note { credentials_snapshot: Some("[1]".to_owned()), ..note.clone() },
        Note { decision_snapshot: Some("[1]".to_owned()), ..note.clone() },
        Note { content_hash: Some("x".to_owned()), ..note.clone() },
    ];
    for note in changed {
        assert_eq!(intact(&note, &content), Some(Integrity::Broken), "{note:?}");
    }
    // Before there was a document, the content alone was signed.
    let old = Note { document_hash: None, ..note };
    assert_eq!(intact(&old, &content), Some(Integrity::Content), "and no more is claimed");
}

#[test]
fn a_signature_keeps_the_marks_and_nothing_to_guess_the_words_by() {
    let (told, actor) = started();
    let said = NoteContent { plan: "rest".to_owned(), ..NoteContent::default() };
    let carried = Carried::all_of(&said, &|_, part| part.to_string());
    let at_five = Writing { booking: &told.booking, actor: &actor, now: at(5) };
    let saved = told.note.clone().save_draft(Written { carried, ..written(None) }, 1, at_five);
    let signed = told.with(saved.unwrap().into_parts().0).sign(2, &actor, 70).unwrap();
    assert_eq!((signed.carried.names(), signed.mac.as_ref()), (vec!["plan".to_owned()], None));
    assert!(!format!("{:?}", signed.carried).contains("rest"));
}

#[test]
fn only_a_signed_note_that_stands_is_followed_by_anything() {
    let (Told { note: draft, .. }, actor) = started();
    let (addendum, summary) = (AddendumId::new(at(0)), NoteSummaryId::new(at(0)));
    let refused = |filed: &Filed, from| {
        let step = |step| Refusal::InvalidTransition { what: "note", from, step };
        assert_eq!(filed.share(&actor, at(80)).unwrap_err(), step("share"));
        assert_eq!(filed.amend(addendum, sealed(), false, (&actor, at(80))).unwrap_err(), step("amend"));
        assert_eq!(filed.summarise(summary, sealed(), &actor, at(80)).unwrap_err(), step("summarise"));
        assert_eq!(filed.enter_in_error(sealed(), &actor, at(80)).unwrap_err(), step("enter_in_error"));
    };
    refused(&Filed::new(draft), "draft");
    let (Told { note, .. }, author) = signed();
    let filed = Filed::new(note.clone());
    assert_eq!(filed.share(&author, at(80)).unwrap().state().client, note.client);
    let change = filed.amend(addendum, sealed(), false, (&author, at(90))).unwrap();
    assert_eq!((change.event().action, change.event().subject_id), ("note.amended", note.id.0));
    assert!(filed.enter_in_error(sealed(), &author, at(90)).is_ok());
    let in_error = Filed { entered_in_error_at: Some(at(90)), ..filed };
    let step = |step| Refusal::InvalidTransition { what: "note", from: "entered_in_error", step };
    assert_eq!(in_error.share(&author, at(95)).unwrap_err(), step("share"));
    assert_eq!(in_error.amend(addendum, sealed(), false, (&author, at(95))).unwrap_err(), step("amend"));
    assert_eq!(in_error.enter_in_error(sealed(), &author, at(95)).unwrap_err(), step("enter_in_error"));
}

#[test]
fn a_trainees_note_waits_for_one_name() {
    let (told, actor) = started();
    let told = told.with(told.save(None, 1, &actor, 5).unwrap());
    let (supervisor, mara) = therapist();
    let content = json!({});
    let at_seventy = Writing { booking: &told.booking, actor: &actor, now: at(70) };
    let note = told.note.clone().sign(signature(&content, Some(mara)), 2, at_seventy).unwrap().into_parts().0;
    let filed = Filed::new(note);
    assert!(filed.awaits_cosignature());
    let waits = filed.share(&actor, at(80)).unwrap_err();
    assert!(matches!(waits, Refusal::PolicyViolation { rule: "awaits_cosignature", .. }));
    assert_eq!(filed.cosign(&actor, false, at(80)).unwrap_err(), Refusal::NotThere, "nobody answers for themself");
    assert_eq!(filed.cosign(&therapist().0, false, at(80)).unwrap_err(), Refusal::NotThere);
    assert!(filed.amend(AddendumId::new(at(0)), sealed(), true, (&actor, at(80))).is_ok());
    assert_eq!(filed.cosign(&supervisor, false, at(80)).unwrap_err(), Refusal::NotThere, "nor who may not any more");
    let cosigned = filed.cosign(&supervisor, true, at(80)).unwrap().into_parts().0;
    assert_eq!((cosigned.therapist, Some(cosigned.document_hash)), (mara, filed.note.document_hash.clone()));
    let cosigned = Filed { cosigned_at: Some(at(80)), ..filed };
    assert!(!cosigned.awaits_cosignature() && cosigned.share(&actor, at(90)).is_ok());
    let alone = cosigned.amend(AddendumId::new(at(0)), sealed(), true, (&actor, at(90))).unwrap_err();
    assert!(matches!(alone, Refusal::PolicyViolation { rule: "author_in_training", .. }));
    assert!(cosigned.amend(AddendumId::new(at(0)), sealed(), false, (&actor, at(90))).is_ok());
    let twice = cosigned.cosign(&supervisor, true, at(90)).unwrap_err();
    assert_eq!(twice, Refusal::InvalidTransition { what: "note", from: "cosigned", step: "cosign" });
}

#[test]
fn what_comes_too_late_is_kept_by_its_author_alone() {
    let (told, actor) = started();
    let note = told.save(None, 1, &actor, 5).unwrap();
    let id = NoteSiblingId::new(at(0));
    let keep = |base, actor: &Actor| note.keep_beside(id, written(None), base, (actor, at(9)));
    assert_eq!(keep(1, &actor).unwrap().state().base_version, 1);
    assert!(keep(0, &actor).is_ok() && keep(3, &actor).is_ok());
    assert_eq!(keep(2, &actor).unwrap_err(), Refusal::VersionMismatch);
    assert_eq!(keep(1, &therapist().0).unwrap_err(), Refusal::NotThere);
    // The same save over again is no conflict.
    assert!(note.was_saved_so(&[7], None, 1));
    assert!(!note.was_saved_so(&[8], None, 1) && !note.was_saved_so(&[7], None, 0));
    assert!(!signed().0.note.was_saved_so(&[7], None, 2));
    assert!(signed().0.note.keep_beside(id, written(None), 1, (&signed().1, at(9))).is_err(), "another's");
}

#[test]
fn a_client_is_told_nothing_that_stands_for_words_they_are_not_shown() {
    let filed = Filed { contested: true, summarised: true, ..Filed::new(signed().0.note) };
    let told = filed.clone().for_client();
    assert_eq!((&told.note.content_hash, &told.note.document_hash, told.contested), (&None, &None, false));
    assert!(told.summarised && told.note.content.is_some());
    let shared = Filed { shared_at: Some(at(80)), ..filed };
    assert_eq!(shared.clone().for_client().note, shared.note);
    let in_error = Filed { entered_in_error_at: Some(at(90)), ..shared }.for_client();
    assert_eq!((in_error.note.content, in_error.note.content_hash, in_error.summarised), (None, None, false));
    assert_eq!(in_error.entered_in_error_at, Some(at(90)));
}

proptest! {
    #[test]
    fn a_signed_note_never_changes_again(steps in proptest::collection::vec((any::<bool>(), -30_i64..200, 0_i32..6), 1..20)) {
        let (mut told, actor) = started();
        for (saves, minutes, expected) in steps {
            let before = told.note.clone();
            let written =
                if saves { told.save(None, expected, &actor, minutes) } else { told.sign(expected, &actor, minutes) };
            let Ok(note) = written else { continue };
            prop_assert_eq!(before.state, NoteState::Draft);
            prop_assert_eq!(before.version, expected);
            prop_assert_eq!(note.version, before.version + 1);
            prop_assert_eq!(note.state == NoteState::Signed, note.signed_at.is_some() && note.content_hash.is_some());
            told = told.with(note);
        }
    }
}
