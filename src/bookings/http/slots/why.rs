//! Why a start cannot be booked, told to those who keep the calendar.

use serde::Serialize;
use utoipa::ToSchema;

use super::choice::Choice;
use super::query::Asked;
use crate::availability::model::explain::{Closed, Obstacle};
use crate::http::Problem;
use crate::kernel::actor::Actor;
use crate::kernel::ids::TherapistId;
use crate::kernel::refusal::Refusal;
use crate::kernel::text_enum::TextEnum;

/// What stands in the way of a start with one therapist.
#[derive(Serialize, ToSchema)]
pub struct ExplanationView {
    therapist_id: TherapistId,
    /// Whether it can be booked; then nothing else is told.
    bookable: bool,
    /// The first rule that refuses it: a problem's code, or, for hours, `time_off`, `closed_that_day`, `holiday`, `outside_hours` or
    /// `no_hours_that_day`; `no_co_therapist` where the session takes two and nobody else is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The rule in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Refuses whoever keeps none of the calendars that are asked about: the desk keeps all, a therapist their own.
pub fn may_explain(actor: &Actor, asked: &Asked) -> Result<(), Refusal> {
    let own = actor.therapist().is_some_and(|own| asked.whom.with == [own]);
    match actor {
        _ if actor.is_desk() || own => Ok(()),
        Actor::Anonymous | Actor::FormLink(_) => Err(Refusal::Unauthenticated),
        Actor::Person(_) | Actor::System(_) => Err(Refusal::Forbidden { operation: "slots.explain" }),
    }
}

/// Of a therapist who is free where the session takes two.
const NO_PARTNER: &str = "Nobody is free to hold the session with the therapist";

/// Of each therapist who is asked about, whether the start can be booked or what refuses it.
pub fn explain(choice: &Choice, asked: &Asked) -> Vec<ExplanationView> {
    let with = &asked.whom.with;
    let wanted = choice.calendars.iter().filter(|(id, _)| with.is_empty() || with.contains(id));
    let admits = |date| choice.admits(date);
    let told = wanted.map(|(id, calendar)| {
        let explained = choice.offer.explain((*id, calendar), asked.window.start(), &admits);
        let obstacle = match explained {
            Ok(_) if choice.lacks_partner(*id, asked.window.start()) => {
                Some(("no_co_therapist", NO_PARTNER.to_owned()))
            }
            other => other.err().map(told),
        };
        let (code, detail) = obstacle.unzip();
        ExplanationView { therapist_id: *id, bookable: code.is_none(), code, detail }
    });
    told.collect()
}

fn told(obstacle: Obstacle) -> (&'static str, String) {
    match obstacle {
        Obstacle::Closed(closed) => (closed.as_str(), words(closed).to_owned()),
        Obstacle::Refused(refusal) => {
            let problem = Problem::from(refusal);
            (problem.code(), problem.words().to_owned())
        }
    }
}

fn words(closed: Closed) -> &'static str {
    match closed {
        Closed::NoHoursThatDay => "The therapist has no hours on that day",
        Closed::OutsideHours => "The session would not lie within the therapist's hours of that day",
        Closed::Holiday => "The place is closed for a holiday",
        Closed::ClosedThatDay => "The therapist does not work on that date",
        Closed::TimeOff => "The therapist is off",
    }
}
