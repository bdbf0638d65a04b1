use proptest::prelude::*;

use super::*;
use crate::credentials::model::CredentialType;
use crate::credentials::model::{CREDENTIAL_TYPES_V1, Catalogue};
use crate::kernel::ids::CredentialTypeId;
use crate::kernel::refusal::Refusal;
use crate::kernel::time::Timestamp;

fn now() -> Timestamp {
    Timestamp::from_unix_micros(0).unwrap()
}

fn catalogue() -> Vec<CredentialType> {
    let shipped: Catalogue = serde_json::from_str(CREDENTIAL_TYPES_V1).unwrap();
    shipped.types.iter().map(|draft| CredentialType::add(draft, now()).unwrap().into_parts().0).collect()
}

fn draft() -> SessionTypeDraft {
    SessionTypeDraft {
        name: "Craniosacral session".into(),
        description: String::new(),
        duration_minutes: 60,
        price_minor: 9_000,
        currency: "EUR".into(),
        preparation_text: "Wear loose clothing.".into(),
        schools: vec![School::ManualCranialSacral],
        buffer_before_minutes: 0,
        buffer_after_minutes: 15,
        increment_minutes: 15,
        room_kind: None,
        room_rest_minutes: 0,
        min_notice_minutes: None,
        max_advance_days: None,
        max_per_day: None,
        max_per_week: None,
        min_age_years: None,
        max_age_years: None,
        therapists_needed: 1,
        requirements: vec![],
    }
}

#[test]
fn a_session_type_is_created_changed_and_retired() {
    let (created, event) = SessionType::create(&draft(), &[], now()).unwrap().into_parts();
    assert_eq!((event.action, event.subject), ("session_type.created", "session_type"));
    let shorter = SessionTypeDraft { duration_minutes: 45, ..draft() };
    let (changed, event) = created.change(&shorter, &[]).unwrap().into_parts();
    assert_eq!((event.action, changed.duration_minutes, changed.version), ("session_type.changed", 45, 2));
    let (retired, event) = changed.retire().unwrap().into_parts();
    assert_eq!((event.action, retired.active), ("session_type.retired", false));
    assert!(matches!(retired.clone().change(&draft(), &[]), Err(Refusal::InvalidTransition { .. })));
    assert!(matches!(retired.retire(), Err(Refusal::InvalidTransition { from: "retired", .. })));
}

#[test]
fn every_field_at_fault_is_named() {
    let wrong = SessionTypeDraft {
        name: String::new(),
        duration_minutes: 90,
        price_minor: -1,
        currency: "euro".into(),
        schools: vec![],
        buffer_after_minutes: -5,
        increment_minutes: 7,
        requirements: vec![vec![CredentialTypeId::new(now())]],
        ..draft()
    };
    let Err(Refusal::Fields(faults)) = SessionType::create(&wrong, &[], now()) else { panic!("created") };
    let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    let wanted = [
        "/name",
        "/price_minor",
        "/currency",
        "/duration_minutes",
        "/buffer_after_minutes",
        "/increment_minutes",
        "/schools",
        "/requirements/0/any_of/0",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn the_chiropractic_school_requires_an_adjusting_licence_and_nothing_in_its_place() {
    let types = catalogue();
    let [massage, chiropractor, osteopath] = [types[0].id, types[1].id, types[2].id];
    let asked = |requirements: Vec<Vec<CredentialTypeId>>| {
        let schools = vec![School::SacroCranialChiropractic];
        SessionType::create(&SessionTypeDraft { schools, requirements, ..draft() }, &types, now())
    };
    for lacking in [vec![], vec![vec![massage]], vec![vec![massage, chiropractor]]] {
        assert!(matches!(asked(lacking), Err(Refusal::PolicyViolation { rule: "adjustment_requires_licence", .. })));
    }
    assert!(asked(vec![vec![massage], vec![chiropractor, osteopath]]).is_ok());
}

#[test]
fn each_rule_keeps_to_its_range() {
    let wrong = SessionTypeDraft {
        room_kind: Some(" ".into()),
        room_rest_minutes: 121,
        min_notice_minutes: Some(2_880),
        max_advance_days: Some(2),
        max_per_day: Some(0),
        max_per_week: Some(0),
        min_age_years: Some(18),
        max_age_years: Some(17),
        therapists_needed: 3,
        ..draft()
    };
    let Err(Refusal::Fields(faults)) = SessionType::create(&wrong, &[], now()) else { panic!("created") };
    let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
    let wanted = [
        ("/room_kind", "blank"),
        ("/room_rest_minutes", "out_of_range"),
        ("/max_per_day", "out_of_range"),
        ("/max_per_week", "out_of_range"),
        ("/max_advance_days", "before_notice"),
        ("/max_age_years", "below_min_age"),
        ("/therapists_needed", "out_of_range"),
    ];
    assert_eq!(found, wanted);
    let fitting = SessionTypeDraft {
        room_kind: Some("Treatment".into()),
        room_rest_minutes: 120,
        min_notice_minutes: Some(2_879),
        max_advance_days: Some(2),
        max_per_day: Some(1),
        max_per_week: Some(1),
        min_age_years: Some(18),
        max_age_years: Some(18),
        therapists_needed: 2,
        ..draft()
    };
    let created = SessionType::create(&fitting, &[], now()).unwrap().into_parts().0;
    assert_eq!((created.room_kind.as_deref(), created.therapists_needed), (Some("treatment"), 2));
}

proptest! {
    #[test]
    fn a_session_lasts_thirty_to_sixty_minutes_and_costs_nothing_below_zero(
        duration_minutes in -10_i32..100, price_minor in -10_i64..10
    ) {
        let asked = SessionTypeDraft { duration_minutes, price_minor, ..draft() };
        let fits = (30..=60).contains(&duration_minutes) && price_minor >= 0;
        prop_assert_eq!(SessionType::create(&asked, &[], now()).is_ok(), fits);
    }
}
