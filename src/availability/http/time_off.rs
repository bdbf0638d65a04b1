//! A therapist's time off.

use actix_web::{delete, get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::SeeHours;
use crate::availability::model::standing::{Finds, Standing};
use crate::availability::model::time_off::{Audience, TimeOff, TimeOffDraft, TimeOffReason, When, YearlyDraft};
use crate::availability::store;
use crate::db::Lock;
use crate::http::answer::{created, done, made, shown};
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, At, Guard, Json, PageQuery, Query, Under};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{BookingId, TherapistId, TimeOffId};
use crate::kernel::time::{Span, Timestamp};
use crate::{policies, text_schema, therapists};

text_schema!(Audience, TimeOffReason);

policies! {
    /// Taking time off.
    TakeTimeOff = "time_off.take": [Admin, Therapist];
    /// Taking time off back.
    RemoveTimeOff = "time_off.remove": [Admin, Therapist];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_time_off).service(take_time_off).service(remove_time_off);
}

/// The same days of every year, both included, as whole days of a zone's calendar.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct YearlyDays {
    /// Such as `12-24`. A 29 February is 1 March where a year has none.
    from: String,
    /// Such as `01-02`, then in the year after. A 29 February is the 28th where a year has none.
    until: String,
    /// An IANA time zone.
    zone: String,
}

/// When a therapist is to be off: from a start to an end, or on days of every year.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"start": "2027-08-02T00:00:00+02:00", "end": "2027-08-16T00:00:00+02:00", "reason": "vacation",
    "reason_visible_to": "staff"}))]
struct TimeOffAsk {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    yearly: Option<YearlyDays>,
    /// `other`, if not said.
    reason: Option<TimeOffReason>,
    /// A few words, at most 200 characters, for those who may know the reason.
    note: Option<String>,
    /// Who may know why, beside the therapist: nobody, if not said.
    reason_visible_to: Option<Audience>,
}

impl From<TimeOffAsk> for TimeOffDraft {
    fn from(ask: TimeOffAsk) -> Self {
        let yearly = ask.yearly.map(|days| YearlyDraft { from: days.from, until: days.until, zone: days.zone });
        Self {
            start: ask.start,
            end: ask.end,
            yearly,
            reason: ask.reason.unwrap_or(TimeOffReason::Other),
            note: ask.note,
            visible_to: ask.reason_visible_to.unwrap_or(Audience::Own),
        }
    }
}

/// Time off: once, from its start up to but not including its end, or on days of every year.
#[derive(Serialize, ToSchema)]
struct TimeOffView {
    id: TimeOffId,
    therapist_id: TherapistId,
    start: Option<Timestamp>,
    end: Option<Timestamp>,
    yearly: Option<YearlyDays>,
    /// For those who may know it, like what follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<TimeOffReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason_visible_to: Option<Audience>,
    /// The bookings that stand in it, to be moved or cancelled one by one.
    bookings_affected: Vec<BookingId>,
}

impl TimeOffView {
    fn of(off: TimeOff, actor: &Actor, standing: &[Standing]) -> Self {
        let (once, yearly) = match off.when {
            When::Once(span) => (Some(span), None),
            When::Yearly(yearly) => (None, Some(yearly)),
        };
        let why = off.why_for(actor);
        Self {
            id: off.id,
            therapist_id: off.therapist,
            start: once.map(Span::start),
            end: once.map(Span::end),
            yearly: yearly.map(|days| YearlyDays {
                from: days.from.to_string(),
                until: days.until.to_string(),
                zone: days.zone.name().to_owned(),
            }),
            reason: why.map(|why| why.reason),
            note: why.and_then(|why| why.note.clone()),
            reason_visible_to: why.map(|why| why.visible_to),
            bookings_affected: off.affected(standing),
        }
    }
}

/// A page of time off.
#[derive(Serialize, ToSchema)]
struct TimesOffView {
    items: Vec<TimeOffView>,
    next_cursor: Option<uuid::Uuid>,
}

/// List a therapist's time off
///
/// Why they are off is told to the therapist, and to the desk where it may know.
#[utoipa::path(tag = "availability", params(PageQuery), responses((status = 200, body = TimesOffView)))]
#[get("/therapists/{id}/time-off")]
async fn list_time_off(guard: Guard<SeeHours, (At<TherapistId>, Query<PageQuery>)>) -> Answer {
    let (At(id), Query(page)) = guard.input.clone();
    let ask = page.ask()?;
    let page = guard
        .read(move |view| {
            let actor = view.actor();
            let page = store::times_off(view, &actor, id, ask)?;
            let standing = store::standing(view, Some(id))?;
            Ok(page.map(|off| TimeOffView::of(off, &actor, &standing)))
        })
        .await?;
    shown(&TimesOffView { items: page.items, next_cursor: page.next_cursor })
}

/// Take time off, once or every year
///
/// Bookings that stand in it are not moved: people decide about those, and the answer names them.
#[utoipa::path(tag = "availability", request_body = TimeOffAsk, params(IdempotencyHeader),
    responses((status = 201, body = TimeOffView), (status = 409, description = "idempotency_in_progress")))]
#[post("/therapists/{id}/time-off")]
async fn take_time_off(guard: Guard<TakeTimeOff, (At<TherapistId>, Json<TimeOffAsk>)>) -> Answer {
    let (At(id), Json(ask)) = guard.input.clone();
    let draft = TimeOffDraft::from(ask);
    let receipt = guard
        .create(move |tx| {
            tx.lock(&[Lock::Therapist(id)])?;
            let actor = tx.actor();
            store::kept_by(&actor, id)?;
            therapists::store::therapist(tx, id)?;
            let off = tx.save(TimeOff::add(id, &draft, tx.now())?)?;
            let at = format!("/api/v1/therapists/{id}/time-off/{}", off.id);
            created(at, 1, &TimeOffView::of(off, &actor, &store::standing(tx, Some(id))?))
        })
        .await?;
    made(&receipt)
}

/// Take time off back
#[utoipa::path(tag = "availability", responses((status = 204)))]
#[delete("/therapists/{id}/time-off/{time_off_id}")]
async fn remove_time_off(guard: Guard<RemoveTimeOff, Under<TherapistId, TimeOffId>>) -> Answer {
    let Under(id, off) = guard.input;
    guard
        .write(move |tx| {
            tx.lock(&[Lock::Therapist(id)])?;
            let actor = tx.actor();
            store::kept_by(&actor, id)?;
            let off = store::one_time_off(tx, &actor, id, off)?;
            tx.save(off.remove()).map(drop)
        })
        .await?;
    done()
}
