//! Every step from every state.

use uuid::Uuid;

use super::*;
use crate::intake::model::screening::{Hit, Reason};

fn now() -> Timestamp {
    Timestamp::from_unix_micros(1_800_000_000_000_000).unwrap()
}

fn response(state: ResponseState, outcome: Option<Level>) -> IntakeResponse {
    let issue = Issue {
        client: ClientId(Uuid::nil()),
        booking: Some(BookingId(Uuid::nil())),
        form_version: FormVersionId(Uuid::nil()),
        due_at: None,
    };
    IntakeResponse { state, outcome, ..IntakeResponse::issue(issue, now()).into_parts().0 }
}

fn guardian() -> Answerer {
    Answerer { capacity: AnsweredAs::Guardian, account: Some(AccountId(Uuid::nil())) }
}

fn screening(outcome: Level) -> Screening {
    Screening { outcome, hits: vec![Hit { finding: "burns".into(), level: outcome, reason: Reason::Current }] }
}

fn review(verdict: Verdict) -> Review<'static> {
    Review { verdict, modification: None }
}

type Step = (
    &'static str,
    fn(IntakeResponse) -> Result<Change<IntakeResponse>, Refusal>,
    &'static [(ResponseState, ResponseState)],
);

/// Every step, with each state it may be taken from and where it leads. What is not listed is refused.
const STEPS: [Step; 10] = {
    use ResponseState::*;
    [
        ("answer", |r| r.answer(guardian()), &[(Issued, InProgress), (InProgress, InProgress)]),
        (
            "answer",
            |r| r.carry(IntakeResponseId(Uuid::nil()), guardian()),
            &[(Issued, InProgress), (InProgress, InProgress)],
        ),
        ("submit", |r| r.submit(&screening(Level::Clear), guardian(), now()), &[(InProgress, Screened)]),
        ("submit", |r| r.attest(&screening(Level::Clear), guardian(), now()), &[(InProgress, Screened)]),
        ("review", |r| r.review(review(Verdict::Clear)), &[(Screened, ReviewedClear)]),
        ("review", |r| r.review(review(Verdict::ClearancePending)), &[(Screened, ClearancePending)]),
        ("review", |r| r.review(review(Verdict::Decline)), &[(Screened, Declined), (ClearancePending, Declined)]),
        (
            "accept_clearance",
            |r| r.accept_clearance(&screening(Level::Clear), false),
            &[(ClearancePending, Cleared), (Cleared, Cleared)],
        ),
        (
            "supersede",
            |r| r.supersede(),
            &[
                (Issued, Superseded),
                (InProgress, Superseded),
                (Submitted, Superseded),
                (Screened, Superseded),
                (ReviewedClear, Superseded),
                (ClearancePending, Superseded),
                (Cleared, Superseded),
            ],
        ),
        (
            "expire",
            |r| r.expire(),
            &[
                (Issued, Expired),
                (InProgress, Expired),
                (Submitted, Expired),
                (Screened, Expired),
                (ReviewedClear, Expired),
                (ClearancePending, Expired),
                (Cleared, Expired),
            ],
        ),
    ]
};

#[test]
fn each_step_leads_where_the_diagram_says_and_nowhere_else() {
    for (step, take, allowed) in STEPS {
        for from in ResponseState::ALL.iter().copied() {
            let result = take(response(from, Some(Level::Clear)));
            let Some((_, to)) = allowed.iter().find(|(state, _)| *state == from) else {
                let refusal = Refusal::InvalidTransition { what: "intake_response", from: from.as_str(), step };
                assert_eq!(result, Err(refusal));
                continue;
            };
            let (state, event) = result.unwrap().into_parts();
            assert_eq!((state.state, state.version), (*to, 2), "{step} from {from}");
            assert_eq!(event.client, Some(state.client));
            assert_eq!(event.subject, "intake_response");
        }
    }
}

#[test]
fn submitting_keeps_the_outcome_and_the_instant() {
    let open = || response(ResponseState::InProgress, None);
    let submitted = open().submit(&screening(Level::Refuse), guardian(), now()).unwrap();
    assert_eq!(submitted.state().outcome, Some(Level::Refuse));
    assert_eq!((submitted.state().answerer, submitted.state().attested_at), (Some(guardian()), None));
    let attested = open().attest(&screening(Level::Clear), guardian(), now()).unwrap();
    assert_eq!(attested.state().attested_at, Some(now()));
    assert_eq!(submitted.state().submitted_at, Some(now()));
    let said = format!("{:?}", submitted.event());
    assert!(!said.contains("refuse") && !said.contains("burns"), "an event holds no clinical content: {said}");
}

#[test]
fn what_ended_or_was_declined_cannot_be_attested() {
    let all = ResponseState::ALL.iter().copied();
    let can: Vec<_> = all.filter(|state| response(*state, None).can_be_attested().is_ok()).collect();
    use ResponseState::{ClearancePending, Cleared, ReviewedClear, Screened, Submitted};
    assert_eq!(can, [Submitted, Screened, ReviewedClear, ClearancePending, Cleared]);
}

#[test]
fn a_review_is_never_milder_than_the_screening() {
    use Verdict::{Clear, ClearancePending, Decline};
    for (outcome, verdict, allowed) in [
        (Level::Clear, Clear, true),
        (Level::Clear, ClearancePending, true),
        (Level::NeedsClearance, Clear, false),
        (Level::NeedsClearance, ClearancePending, true),
        (Level::Refuse, Clear, false),
        (Level::Refuse, ClearancePending, false),
        (Level::Refuse, Decline, true),
    ] {
        let result = response(ResponseState::Screened, Some(outcome)).review(review(verdict));
        assert_eq!(result.is_ok(), allowed, "{outcome} {verdict}");
    }
}

#[test]
fn a_caution_asks_how_the_session_is_modified() {
    let caution = || response(ResponseState::Screened, Some(Level::Caution));
    for modification in [None, Some("  ")] {
        let refusal = caution().review(Review { verdict: Verdict::Clear, modification }).unwrap_err();
        assert!(matches!(&refusal, Refusal::Fields(violations) if violations[0].pointer == "/modification"));
    }
    let modified = Review { verdict: Verdict::Clear, modification: Some("no pressure near the burn") };
    assert_eq!(caution().review(modified).unwrap().state().state, ResponseState::ReviewedClear);
}

#[test]
fn a_clearance_that_does_not_cover_everything_is_not_accepted() {
    let waiting = || response(ResponseState::ClearancePending, Some(Level::NeedsClearance));
    let refusal = waiting().accept_clearance(&screening(Level::NeedsClearance), true).unwrap_err();
    assert_eq!(refusal, Refusal::ClearanceRequired { findings: vec!["burns".into()] });
    let unmodified = waiting().accept_clearance(&screening(Level::Caution), false).unwrap_err();
    assert!(matches!(&unmodified, Refusal::Fields(violations) if violations[0].pointer == "/modification"));
    let cleared = waiting().accept_clearance(&screening(Level::Caution), true).unwrap();
    assert_eq!(cleared.state().outcome, Some(Level::Caution));
}
