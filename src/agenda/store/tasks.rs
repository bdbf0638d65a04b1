//! Everything that waits for somebody, whoever they are to the practice.

use chrono::TimeDelta;

use crate::agenda::model::{Task, TaskKind};
use crate::bookings::model::Remedy;
use crate::bookings::store as bookings;
use crate::clients::store as clients;
use crate::credentials::store as credentials;
use crate::db::{Stop, View};
use crate::kernel::actor::Actor;
use crate::waitlist::store as waitlist;
use crate::{intake, notes};

/// How far ahead the desk sees to sessions that something keeps from going ahead.
const SOON: TimeDelta = TimeDelta::days(7);

/// All that waits for the actor, in no order: as a client and for their wards, as a therapist, at the desk, and as a judge of credentials.
/// Each part asks for the actor's own and is empty for one who has no such part in the practice.
pub(in crate::agenda) fn tasks(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Task>, Stop> {
    let mut tasks = of_clients(view, actor)?;
    tasks.extend(waitlist::open_offers(view, actor)?.iter().map(Task::of_offer));
    tasks.extend(of_therapists(view, actor)?);
    tasks.extend(of_the_desk(view, actor)?);
    tasks.extend(credentials::to_judge(view, actor)?.iter().map(Task::of_credential));
    Ok(tasks)
}

fn of_clients(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Task>, Stop> {
    let forms = intake::to_answer(view, actor)?;
    let unanswered = bookings::lacking(view, actor, Remedy::AnswerForm)?;
    let clearances = bookings::lacking(view, actor, Remedy::BringClearance)?;
    let ties = clients::guardianships_asked(view, actor)?;
    let times = bookings::unseen_new_times(view, actor)?;
    let form = forms.iter().map(|form| {
        let task = Task::of_form(TaskKind::AnswerForm, form, form.created_at, &unanswered);
        // What was handed out for a session is asked for as long as some session waits for it.
        Some(task).filter(|task| task.booking.is_some() || form.booking.is_none())
    });
    let is_theirs = |remedy| remedy == Remedy::BringClearance;
    let clearance =
        clearances.iter().filter_map(|booking| Task::of_blocks(TaskKind::BringClearance, booking, is_theirs));
    let tie = ties.iter().map(|tie| Task::of_guardianship(TaskKind::AwaitGuardianship, tie));
    Ok(form.flatten().chain(clearance).chain(tie).chain(times.iter().map(Task::of_new_time)).collect())
}

fn of_therapists(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Task>, Stop> {
    let now = view.now();
    let answered = intake::to_review(view, actor)?;
    let awaited = intake::awaiting_clearance(view, actor)?;
    let sessions = bookings::to_treat(view, actor)?;
    let drafts = notes::drafts(view, actor)?;
    let review = answered.iter().map(|form| {
        let since = form.submitted_at.unwrap_or(form.created_at);
        Task::of_form(TaskKind::ReviewForm, form, since, &sessions)
    });
    let accept = awaited.iter();
    let accept = accept.map(|(form, since)| Task::of_form(TaskKind::AcceptClearance, form, *since, &sessions));
    let sign = drafts.iter().filter(|draft| draft.sign_by() <= now).map(Task::of_note);
    let cosign = notes::to_cosign(view, actor)?;
    Ok(review.chain(accept).chain(sign).chain(cosign.iter().map(Task::of_trainee)).collect())
}

/// Requests wait for the therapist who was asked for as well, and so do sessions that are at another local time than was promised.
fn of_the_desk(view: &mut View<'_>, actor: &Actor) -> Result<Vec<Task>, Stop> {
    let requests = bookings::to_confirm(view, actor)?;
    let blocked = bookings::blocked_within(view, actor, SOON)?;
    let ties = clients::guardianships_to_decide(view, actor)?;
    let zones = bookings::unseen_zone_changes(view, actor)?;
    let confirm = requests.iter().map(Task::of_request);
    let unblock = blocked.iter().filter_map(|booking| Task::of_blocks(TaskKind::UnblockBooking, booking, |_| true));
    let decide = ties.iter().map(|tie| Task::of_guardianship(TaskKind::DecideGuardianship, tie));
    Ok(confirm.chain(unblock).chain(decide).chain(zones.iter().map(Task::of_zone_change)).collect())
}
