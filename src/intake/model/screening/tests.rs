//! The table row by row, and what must hold for any answers at all.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value, json};

use super::*;
use crate::intake::model::clearance::holds;
use crate::intake::model::form::AnswerType;
use crate::intake::model::samples::{TODAY, complete_with, contraindications, health_history, object};
use crate::kernel::text_enum::TextEnum;

const RECENCY: u32 = 180;

/// The session is five days after the answers.
fn session() -> NaiveDate {
    TODAY + Days::new(5)
}

fn facts(clearances: &[ClearanceFact]) -> ScreeningFacts<'_> {
    ScreeningFacts {
        session_date: Some(session()),
        answered_on: TODAY,
        date_of_birth: NaiveDate::from_ymd_opt(1980, 6, 1),
        recency_days: RECENCY,
        clearances,
    }
}

fn screened(answers: &Answers) -> Screening {
    screen(&contraindications(), &health_history(), answers, facts(&[]))
}

fn read_as(finding: &str, status: &str, onset: &str) -> (Level, Reason) {
    let screening = screened(&complete_with(json!({finding: {"status": status, "onset": onset}})));
    assert_eq!(screening.hits.len(), 1, "{finding}");
    assert_eq!(screening.outcome, screening.hits[0].level);
    (screening.hits[0].level, screening.hits[0].reason)
}

/// Every row of the table: what the finding means while it stands (recent or undated, older) and once resolved (the same).
const TABLE: [(&str, [Level; 4]); 20] = {
    const R: Level = Level::Refuse;
    const N: Level = Level::NeedsClearance;
    const C: Level = Level::Caution;
    [
        ("concussion", [R, N, R, N]),
        ("brain_swelling", [R, R, N, N]),
        ("blood_clots", [R, R, N, N]),
        ("cerebrospinal_fluid_disorder", [R, R, N, N]),
        ("cerebellar_defect", [R, R, N, N]),
        ("cranial_injury", [N, C, N, C]),
        ("brain_injury", [N, C, N, C]),
        ("skull_fracture", [N, C, N, C]),
        ("brain_surgery", [N, C, N, C]),
        ("brain_aneurysm", [N, N, N, N]),
        ("arnold_chiari_malformation", [N, N, N, N]),
        ("cerebral_haemorrhage", [N, N, N, N]),
        ("craniosacral_membrane_infection", [N, N, N, N]),
        ("serious_neurological_disease", [N, N, N, N]),
        ("other_structural_or_neurological", [N, N, N, N]),
        ("bleeding_disorder", [C, C, C, C]),
        ("burns", [C, C, C, C]),
        ("healing_wounds", [C, C, C, C]),
        ("bone_fracture", [C, C, C, C]),
        ("severe_osteoporosis", [C, C, C, C]),
    ]
};

#[test]
fn every_row_of_the_table_reads_as_written() {
    let last_recent_day = (session() - Days::new(RECENCY.into())).to_string();
    let first_older_day = (session() - Days::new(u64::from(RECENCY) + 1)).to_string();
    for (finding, [stands, stands_older, resolved, resolved_older]) in TABLE {
        for (status, recent, older) in
            [("current", stands, stands_older), ("unsure", stands, stands_older), ("past", resolved, resolved_older)]
        {
            for (onset, level) in [("unknown", recent), (&*last_recent_day, recent), (&*first_older_day, older)] {
                assert_eq!(read_as(finding, status, onset).0, level, "{finding} {status} {onset}");
            }
        }
    }
    assert_eq!(TABLE.len(), contraindications().rules.len());
    assert_eq!(screened(&complete_with(json!({}))), Screening { outcome: Level::Clear, hits: vec![] });
}

#[test]
fn the_reason_names_the_date_only_where_it_decides() {
    for (finding, status, onset, reason) in [
        ("concussion", "past", "unknown", Reason::Undated),
        ("concussion", "past", "2027-02-01", Reason::Recent),
        ("concussion", "current", "2020-02-01", Reason::Older),
        ("burns", "current", "2027-02-01", Reason::Current),
        ("burns", "unsure", "unknown", Reason::Unsure),
        ("blood_clots", "past", "2027-02-01", Reason::Past),
    ] {
        assert_eq!(read_as(finding, status, onset).1, reason, "{finding} {status} {onset}");
    }
}

#[test]
fn age_counts_at_the_session_and_not_before() {
    let outcome = |born: NaiveDate, session_date: Option<NaiveDate>| {
        let facts = ScreeningFacts { session_date, date_of_birth: Some(born), ..facts(&[]) };
        screen(&contraindications(), &health_history(), &complete_with(json!({})), facts).outcome
    };
    let birthday = NaiveDate::from_ymd_opt(2025, 3, 6).unwrap();
    assert_eq!(outcome(birthday, Some(session())), Level::Clear);
    assert_eq!(outcome(birthday, None), Level::NeedsClearance);
    assert_eq!(outcome(birthday + Days::new(1), Some(session())), Level::NeedsClearance);
}

#[test]
fn of_two_dates_of_birth_the_later_counts() {
    let answers = complete_with(json!({"infant_date_of_birth": "2026-12-01"}));
    let hits = screened(&answers).hits;
    assert_eq!(hits, [Hit { finding: "under_two".into(), level: Level::NeedsClearance, reason: Reason::Age }]);
}

#[test]
fn a_clearance_lowers_what_it_names_on_the_days_it_is_valid() {
    let answers = complete_with(json!({
        "brain_aneurysm": {"status": "current", "onset": "unknown"},
        "arnold_chiari_malformation": {"status": "current", "onset": "unknown"},
    }));
    let with = |findings: &[&str], from: u64, until: u64, session_date: Option<NaiveDate>| {
        let clearance = ClearanceFact {
            findings: findings.iter().map(|finding| (*finding).to_owned()).collect(),
            valid_from: TODAY + Days::new(from),
            valid_until: TODAY + Days::new(until),
        };
        let facts = ScreeningFacts { session_date, ..facts(&[]) };
        let facts = ScreeningFacts { clearances: &[clearance], ..facts };
        screen(&contraindications(), &health_history(), &answers, facts)
    };
    let both = ["brain_aneurysm", "arnold_chiari_malformation"];
    let all_clear = with(&both, 5, 5, Some(session()));
    assert_eq!(all_clear.outcome, Level::Clear);
    assert!(all_clear.hits.iter().all(|hit| hit.reason == Reason::Cleared), "what is covered is still shown");
    assert_eq!(with(&both, 6, 9, Some(session())).outcome, Level::NeedsClearance);
    assert_eq!(with(&both, 0, 4, Some(session())).outcome, Level::NeedsClearance);
    assert_eq!(with(&both, 0, 9, None).outcome, Level::NeedsClearance, "no session, no day to be valid on");
    let one = with(&["brain_aneurysm"], 0, 9, Some(session()));
    let open = vec!["arnold_chiari_malformation".to_owned()];
    assert_eq!(one.admits(), Err(Refusal::ClearanceRequired { findings: open }));
}

#[test]
fn nothing_lowers_a_refusal() {
    let answers = complete_with(json!({"blood_clots": {"status": "current", "onset": "unknown"}}));
    let day = session();
    let clearance = ClearanceFact { findings: vec!["blood_clots".into()], valid_from: day, valid_until: day };
    let screening = screen(&contraindications(), &health_history(), &answers, facts(&[clearance]));
    assert_eq!(screening.admits(), Err(Refusal::Contraindicated { findings: vec!["blood_clots".into()] }));
}

#[test]
fn silence_neither_clears_nor_refuses() {
    let silent = screened(&complete_with(json!({"blood_clots": null, "burns": null})));
    let told: Vec<_> = silent.hits.iter().map(|hit| (hit.finding.as_str(), hit.level, hit.reason)).collect();
    assert_eq!(
        told,
        [("blood_clots", Level::NeedsClearance, Reason::Unanswered), ("burns", Level::Caution, Reason::Unanswered)]
    );
}

#[test]
fn a_finding_without_a_rule_is_graded_by_the_catch_all() {
    let mut ruleset = contraindications();
    ruleset.rules.retain(|rule| rule.finding != "burns");
    let answers = complete_with(json!({"burns": {"status": "current", "onset": "unknown"}}));
    let screening = screen(&ruleset, &health_history(), &answers, facts(&[]));
    assert_eq!(screening.findings(Level::NeedsClearance), ["burns"]);
}

/// A set of reported findings, each with a status and an onset of up to two years ago.
fn findings() -> impl Strategy<Value = Map<String, Value>> {
    let asked: Vec<_> = TABLE.iter().map(|(finding, _)| *finding).collect();
    subsequence(asked, 0..6)
        .prop_flat_map(|chosen| {
            chosen
                .into_iter()
                .map(|finding| reported().prop_map(move |answer| (finding.to_owned(), answer)))
                .collect::<Vec<_>>()
        })
        .prop_map(Map::from_iter)
}

fn reported() -> impl Strategy<Value = Value> {
    let onset =
        prop_oneof![Just("unknown".to_owned()), (0_u64..730).prop_map(|days| (TODAY - Days::new(days)).to_string())];
    (select(vec!["current", "past", "unsure"]), onset)
        .prop_map(|(status, onset)| json!({"status": status, "onset": onset}))
}

/// Letters of a few weeks, each about many findings, the client's age among them.
fn clearances() -> impl Strategy<Value = Vec<ClearanceFact>> {
    let named: Vec<_> =
        TABLE.iter().map(|(finding, _)| (*finding).to_owned()).chain(["under_two".to_owned()]).collect();
    let most = named.len();
    let letter = (subsequence(named, 12..=most), 0_u64..30, 0_u64..40).prop_map(|(findings, from, days)| {
        let valid_from = TODAY + Days::new(from);
        ClearanceFact { findings, valid_from, valid_until: valid_from + Days::new(days) }
    });
    proptest::collection::vec(letter, 1..5)
}

fn reasons() -> impl Strategy<Value = Value> {
    let form = health_history();
    let Some(AnswerType::MultiChoice { options }) =
        form.question("reasons_for_visit").map(|asked| asked.answer.clone())
    else {
        panic!("the form asks for reasons")
    };
    let codes: Vec<String> = options.into_iter().map(|option| option.code).collect();
    let most = codes.len();
    subsequence(codes, 1..=most).prop_map(Value::from)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_answering_changes_nothing(order in findings().prop_flat_map(|f| {
        Just(f.into_iter().collect::<Vec<_>>()).prop_shuffle()
    })) {
        let form = health_history();
        let blank = complete_with(json!({}));
        let one_by_one = order.iter().fold(blank.clone(), |answers, (finding, answer)| {
            answers.patched(&form, &object(json!({finding: answer})), TODAY).unwrap()
        });
        let at_once = blank.patched(&form, &Map::from_iter(order), TODAY).unwrap();
        prop_assert_eq!(screened(&one_by_one), screened(&at_once));
    }

    #[test]
    fn one_more_finding_never_lowers_the_outcome(
        before in findings(), which in select(TABLE.to_vec()), more in reported()
    ) {
        prop_assume!(!before.contains_key(which.0));
        let form = health_history();
        let answers = complete_with(Value::Object(before));
        let after = answers.patched(&form, &object(json!({which.0: more})), TODAY).unwrap();
        prop_assert!(screened(&after).outcome >= screened(&answers).outcome);
    }

    #[test]
    fn no_reason_for_visit_moves_the_outcome(findings in findings(), reasons in reasons()) {
        let form = health_history();
        let answers = complete_with(Value::Object(findings));
        let with_reasons = answers.patched(&form, &object(json!({"reasons_for_visit": reasons})), TODAY).unwrap();
        prop_assert_eq!(screened(&with_reasons), screened(&answers));
    }

    #[test]
    fn a_screening_is_read_back_as_it_was_written(findings in findings()) {
        let screening = screened(&complete_with(Value::Object(findings)));
        let written = serde_json::to_string(&screening).unwrap();
        prop_assert_eq!(serde_json::from_str::<Screening>(&written).unwrap(), screening);
    }

    #[test]
    fn the_outcome_is_the_strictest_hit(findings in findings()) {
        let screening = screened(&complete_with(Value::Object(findings)));
        let strictest = screening.hits.iter().map(|hit| hit.level).max().unwrap_or(Level::Clear);
        prop_assert_eq!(screening.outcome, strictest);
        prop_assert!(screening.hits.is_sorted_by_key(|hit| std::cmp::Reverse(hit.level)));
        prop_assert!(Level::ALL.contains(&screening.outcome));
    }

    #[test]
    fn on_every_day_that_a_decision_holds_the_same_clearances_admit(
        findings in findings(), clearances in clearances(), offset in 0_u64..30, age in 300_u64..900
    ) {
        let answers = complete_with(Value::Object(findings));
        let day = TODAY + Days::new(offset);
        let on = |day: NaiveDate| {
            let date_of_birth = Some(TODAY - Days::new(age));
            let facts = ScreeningFacts { session_date: Some(day), date_of_birth, ..facts(&clearances) };
            screen(&contraindications(), &health_history(), &answers, facts)
        };
        let Some((from, until)) = holds(&on(day), &clearances, day) else { return Ok(()) };
        prop_assert_eq!(from, day);
        for held in from.iter_days().take_while(|held| *held <= until) {
            prop_assert_eq!(on(held).admits(), Ok(()), "{} of {} to {}", held, from, until);
        }
    }
}
