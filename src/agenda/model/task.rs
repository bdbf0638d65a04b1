//! One thing that waits for somebody, and the order in which it is told.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::bookings::model::{Booking, Remedy, SlotHold, ZoneChange};
use crate::clients::model::Guardianship;
use crate::credentials::model::Credential;
use crate::intake::model::response::IntakeResponse;
use crate::kernel::ids::{BookingId, ClientId};
use crate::kernel::page::PageAsk;
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;
use crate::notes::model::Note;
use crate::text_enum;
use crate::waitlist::model::WaitlistEntry;

text_enum! {
    /// What is to be done.
    pub enum TaskKind {
        /// Answer a form, for oneself or a ward.
        AnswerForm = "answer_form",
        /// Bring the therapist a written clearance, by the session.
        BringClearance = "bring_clearance",
        /// Say whether what was waited for, and is offered, is taken.
        Offer = "offer",
        /// Note that a session stays at its instant, and that the clock of its place shows another time then than was promised.
        NoteNewTime = "note_new_time",
        /// Wait for staff to look at a guardianship that was asked for.
        AwaitGuardianship = "await_guardianship",
        /// Review the answers of a client.
        ReviewForm = "review_form",
        /// Take the clearance that a client was asked for.
        AcceptClearance = "accept_clearance",
        /// Sign a note that is a day old.
        SignNote = "sign_note",
        /// Co-sign what somebody in training has signed.
        CosignNote = "cosign_note",
        /// Say yes or no to a request.
        ConfirmBooking = "confirm_booking",
        /// See to a session that something keeps from going ahead.
        UnblockBooking = "unblock_booking",
        /// Look at a session whose zone's clocks were changed.
        AcknowledgeZoneChange = "acknowledge_zone_change",
        /// Look at a guardianship that was asked for.
        DecideGuardianship = "decide_guardianship",
        /// Check a credential that was submitted.
        JudgeCredential = "judge_credential",
    }
}

impl TaskKind {
    /// The operation of the contract that does it; none where there is nothing to call.
    #[must_use]
    pub fn operation(self) -> Option<&'static str> {
        match self {
            Self::AnswerForm => Some("give_answers"),
            Self::BringClearance | Self::AwaitGuardianship => None,
            Self::Offer => Some("accept_waitlist_offer"),
            Self::ReviewForm => Some("review_response"),
            Self::AcceptClearance => Some("record_clearance"),
            Self::SignNote => Some("sign_session_note"),
            Self::CosignNote => Some("cosign_session_note"),
            Self::ConfirmBooking => Some("confirm_booking"),
            Self::UnblockBooking | Self::NoteNewTime => Some("see_booking"),
            Self::AcknowledgeZoneChange => Some("acknowledge_zone_change"),
            Self::DecideGuardianship => Some("accept_guardian"),
            Self::JudgeCredential => Some("verify_credential"),
        }
    }
}

/// One thing that waits for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What is to be done.
    pub kind: TaskKind,
    /// The form, booking, place on the waiting list, note, guardianship, change of a zone or credential it is about.
    pub subject: Uuid,
    /// Whose it is, where it is about a client.
    pub client: Option<ClientId>,
    /// The booking it belongs to, where it does.
    pub booking: Option<BookingId>,
    /// By when, where there is such a time.
    pub due_at: Option<Timestamp>,
    /// Since when it waits.
    pub since: Timestamp,
    /// What would mend what is amiss with a booking.
    pub remedies: Vec<Remedy>,
}

impl Task {
    fn new(kind: TaskKind, subject: impl Into<Uuid>, since: Timestamp) -> Self {
        let (client, booking, due_at) = (None, None, None);
        Self { kind, subject: subject.into(), client, booking, due_at, since, remedies: Vec::new() }
    }

    /// About a client's form, since an instant; of the client's `sessions`, by their start, the first is the last moment for it.
    #[must_use]
    pub fn of_form(kind: TaskKind, response: &IntakeResponse, since: Timestamp, sessions: &[Booking]) -> Self {
        let first = sessions.iter().find(|session| session.client == response.client);
        let (booking, due_at) = first.map(|first| (first.id, first.placement.session.start())).unzip();
        let client = Some(response.client);
        Self { client, booking, due_at, ..Self::new(kind, response.id, since) }
    }

    /// About a request that somebody must answer in time.
    #[must_use]
    pub fn of_request(booking: &Booking) -> Self {
        let due_at = Some(booking.answer_by());
        Self { due_at, ..Self::of_booking(TaskKind::ConfirmBooking, booking, booking.created_at) }
    }

    /// About a booking whose session is the last moment for it, since an instant.
    #[must_use]
    pub fn of_booking(kind: TaskKind, booking: &Booking, since: Timestamp) -> Self {
        let (client, due_at) = (Some(booking.client), Some(booking.placement.session.start()));
        Self { client, booking: Some(booking.id), due_at, ..Self::new(kind, booking.id, since) }
    }

    /// About what keeps a booking from going ahead, of those blocks that `matter`; nothing where none does.
    #[must_use]
    pub fn of_blocks(kind: TaskKind, booking: &Booking, matter: impl Fn(Remedy) -> bool) -> Option<Self> {
        let blocks = booking.blocks.iter().filter(|block| matter(block.remedy));
        let since = blocks.clone().map(|block| block.since).min()?;
        let remedies = blocks.map(|block| block.remedy).collect();
        Some(Self { remedies, ..Self::of_booking(kind, booking, since) })
    }

    /// About a note that should have been signed by now.
    #[must_use]
    pub fn of_note(note: &Note) -> Self {
        let (client, booking, due_at) = (Some(note.client), Some(note.booking), Some(note.sign_by()));
        Self { client, booking, due_at, ..Self::new(TaskKind::SignNote, note.id, note.created_at) }
    }

    /// About a note that waits for a supervisor's name since it was signed.
    #[must_use]
    pub fn of_trainee(note: &Note) -> Self {
        let (client, booking) = (Some(note.client), Some(note.booking));
        let since = note.signed_at.unwrap_or(note.created_at);
        Self { client, booking, ..Self::new(TaskKind::CosignNote, note.id, since) }
    }

    /// About an offer that is to be answered while its slot is held.
    #[must_use]
    pub fn of_offer((entry, hold): &(WaitlistEntry, SlotHold)) -> Self {
        let (client, due_at) = (Some(entry.client), Some(hold.expires_at));
        Self { client, due_at, ..Self::new(TaskKind::Offer, entry.id, hold.created_at) }
    }

    /// About a booking whose zone's clocks were changed, for staff to look at until its session.
    #[must_use]
    pub fn of_zone_change((change, start): &(ZoneChange, Timestamp)) -> Self {
        let (client, booking, due_at) = (Some(change.client), Some(change.booking), Some(*start));
        let task = Self::new(TaskKind::AcknowledgeZoneChange, change.id, change.noticed_at);
        Self { client, booking, due_at, ..task }
    }

    /// About the same, for the client.
    #[must_use]
    pub fn of_new_time(told: &(ZoneChange, Timestamp)) -> Self {
        Self { kind: TaskKind::NoteNewTime, subject: told.0.booking.into(), ..Self::of_zone_change(told) }
    }

    /// About a guardianship that staff have still to look at.
    #[must_use]
    pub fn of_guardianship(kind: TaskKind, tie: &Guardianship) -> Self {
        Self { client: Some(tie.ward), ..Self::new(kind, tie.id, tie.created_at) }
    }

    /// About a credential that was submitted.
    #[must_use]
    pub fn of_credential(credential: &Credential) -> Self {
        Self::new(TaskKind::JudgeCredential, credential.id, credential.asserted_at)
    }

    /// Its place among tasks.
    #[must_use]
    pub fn key(&self) -> TaskKey {
        let due = self.due_at.map_or(i64::MAX, Timestamp::unix_micros);
        TaskKey { due, since: self.since.unix_micros(), kind: self.kind, subject: self.subject }
    }
}

/// A task's place: what is due first comes first, what is never due last; then what has waited longest. It stands though the task itself may be
/// done by the time the next page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskKey {
    due: i64,
    since: i64,
    kind: TaskKind,
    subject: Uuid,
}

/// As a page's cursor.
impl fmt::Display for TaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { due, since, kind, subject } = self;
        write!(f, "{due}.{since}.{kind}.{subject}")
    }
}

impl FromStr for TaskKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(());
        let (due, since) = (next()?.parse().map_err(drop)?, next()?.parse().map_err(drop)?);
        let (kind, subject) = (TaskKind::parse(next()?).ok_or(())?, next()?.parse().map_err(drop)?);
        if parts.next().is_none() { Ok(Self { due, since, kind, subject }) } else { Err(()) }
    }
}

/// One page of tasks in their order, each once, and the place of its last if more follow.
#[must_use]
pub fn page(mut tasks: Vec<Task>, limit: PageAsk, after: Option<TaskKey>) -> (Vec<Task>, Option<TaskKey>) {
    tasks.sort_by_key(Task::key);
    // One who is asked in two roles is asked once.
    tasks.dedup_by_key(|task| task.key());
    tasks.retain(|task| after.is_none_or(|after| task.key() > after));
    let limit = usize::try_from(limit.limit).unwrap_or(usize::MAX);
    let more = tasks.len() > limit;
    tasks.truncate(limit);
    let next = if more { tasks.last().map(Task::key) } else { None };
    (tasks, next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn task(kind: TaskKind, subject: u128, due: Option<i64>, since: i64) -> Task {
        let at = |micros| Timestamp::from_unix_micros(micros).unwrap();
        Task { due_at: due.map(at), ..Task::new(kind, Uuid::from_u128(subject), at(since)) }
    }

    fn ask(limit: i64) -> PageAsk {
        PageAsk { limit, after: None }
    }

    #[test]
    fn what_is_due_comes_first_and_what_is_never_due_last() {
        let kind = TaskKind::AnswerForm;
        let tasks = vec![
            task(kind, 1, None, 1),
            task(kind, 2, Some(9), 5),
            task(kind, 3, Some(9), 4),
            task(kind, 4, Some(8), 7),
        ];
        let (told, next) = page(tasks, ask(50), None);
        assert_eq!(told.iter().map(|task| task.subject.as_u128()).collect::<Vec<_>>(), [4, 3, 2, 1]);
        assert_eq!(next, None);
    }

    #[test]
    fn a_cursor_that_is_none_is_refused() {
        for text in ["", "1.2", "1.2.answer_form", "1.2.sweep.0197a3a0-5b1e-7c3d-8f00-000000000001", "a.b.c.d"] {
            assert!(text.parse::<TaskKey>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn pages_tell_each_task_once_and_in_order(
            drawn in proptest::collection::vec(
                (proptest::sample::select(TaskKind::ALL), 0_u128..9, proptest::option::of(0_i64..5), 0_i64..5), 0..30),
            limit in 1_i64..7,
        ) {
            let tasks: Vec<Task> = drawn.into_iter().map(|(kind, id, due, since)| task(kind, id, due, since)).collect();
            let (whole, _) = page(tasks.clone(), ask(1000), None);
            let (mut told, mut after) = (Vec::new(), None);
            loop {
                let (items, next) = page(tasks.clone(), ask(limit), after);
                told.extend(items);
                let Some(next) = next else { break };
                prop_assert_eq!(next.to_string().parse::<TaskKey>(), Ok(next));
                after = Some(next);
            }
            prop_assert_eq!(&told, &whole);
            prop_assert!(told.windows(2).all(|two| two[0].key() < two[1].key()));
        }
    }
}
