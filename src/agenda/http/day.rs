//! A therapist's day.

use actix_web::get;
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::view::DayView;
use crate::agenda::model::Day;
use crate::agenda::store;
use crate::http::answer::shown;
use crate::http::{Answer, Guard, Problem, Query};
use crate::kernel::refusal::Violation;
use crate::policies;

policies! {
    /// Seeing one's own day.
    SeeMyDay = "therapists.my_day": [Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(see_my_day);
}

/// Which day.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DayQuery {
    /// Its date, by the clocks of the places where sessions are held; today there, if not said.
    #[param(example = "2027-03-02")]
    date: Option<NaiveDate>,
}

/// See one's own day, with everything the next session needs
///
/// For each session of the day: what it is, what keeps it from going ahead, which steps are open now, and of the client, why they come, what they
/// reported and how it was weighed, which clearances hold, and what the last signed note says. Records are opened only of those whom the
/// therapist treats now; a session of another says so in `opened`. One look at each client is kept on the client's record.
#[utoipa::path(tag = "agenda", params(DayQuery), responses((status = 200, body = DayView), (status = 422, description = "invalid_fields")))]
#[get("/therapists/me/day")]
async fn see_my_day(guard: Guard<SeeMyDay, Query<DayQuery>>) -> Answer {
    let date = guard.input.0.date;
    if date.is_some_and(|date| !(1900..=9999).contains(&date.year())) {
        return Err(Problem::field(Violation::at("date", "out_of_range", "the year must be between 1900 and 9999")));
    }
    let vault = guard.vault();
    let sheet = guard
        .write(move |tx| {
            let (actor, now) = (tx.actor(), tx.now());
            store::day(tx, &vault, &actor, Day::of(date, now))
        })
        .await?;
    shown(&DayView::from(sheet))
}
