//! Courses of sessions: proposed, booked together, and changed from one session on.

mod asks;
mod following;
mod views;

use actix_web::{get, post};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::bookings::acts;
use crate::bookings::store;
use crate::clients;
use crate::http::answer::{created, made, shown, versioned};
use crate::http::extract::page_ask;
use crate::http::openapi::IdempotencyHeader;
use crate::http::{Answer, At, Guard, Json, Query};
use crate::kernel::ids::BookingSeriesId;
use crate::policies;
use asks::{ProposalAsk, SeriesAsk, SeriesQuery};
use views::{ProposalView, ProposalsView, SeriesListView, SeriesView};

policies! {
    /// Asking what a course could be.
    ProposeSeries = "booking_series.propose": [Client, Therapist, FrontDesk, Admin];
    /// Booking a course.
    BookSeries = "booking_series.book": [Client, Therapist, FrontDesk, Admin];
    /// Seeing a course.
    SeeSeries = "booking_series.see": [Client, Therapist, FrontDesk, Admin];
    /// Listing a client's courses.
    ListSeries = "booking_series.list": [Client, Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(propose_series).service(book_series).service(list_series).service(see_series);
    following::routes(config);
}

/// Propose a course of sessions
///
/// Of each session the start that is wished for, if it can be booked; else the nearest within the window; else why there is none. Sessions keep
/// the local time of the first, whatever the clocks do between, and each counts for those after it. What screening refuses, it refuses of the
/// whole course. Nothing is booked: a course that is to be as it was proposed is booked by its `starts`.
#[utoipa::path(tag = "bookings", request_body = ProposalAsk, responses((status = 200, body = ProposalsView),
    (status = 404, description = "not_found: no such client, therapist or session type for whoever asks"),
    (status = 422, description = "invalid_fields, policy_violation, intake_required, contraindicated or screening_blocked")))]
#[post("/booking-series/proposals")]
async fn propose_series(guard: Guard<ProposeSeries, Json<ProposalAsk>>) -> Answer {
    let proposal = guard.input.0.clone().parse()?;
    let proposals = guard
        .read(move |view| {
            let (sought, wished) = proposal.wished(view)?;
            acts::propose(view, &sought, &wished)
        })
        .await?;
    shown(&ProposalsView { occurrences: proposals.into_iter().map(ProposalView::from).collect() })
}

/// Book a course of sessions
///
/// By a first start and a cadence, as they would be proposed, or by the `starts` that were chosen. With `all` either each session is booked or
/// none; with `possible` those that can be, and the answer tells of each of the others why not. All else is as for single bookings: who may, who
/// must approve, what blocks and what is agreed.
#[utoipa::path(tag = "bookings", request_body = SeriesAsk, params(IdempotencyHeader), responses((status = 201, body = SeriesView),
    (status = 404, description = "not_found: no such client, therapist or session type for whoever asks"),
    (status = 409, description = "series_unavailable: `occurrences` tells of each session whether it could be; or idempotency_in_progress"),
    (status = 422, description = "invalid_fields, policy_violation, intake_required, contraindicated or screening_blocked")))]
#[post("/booking-series")]
async fn book_series(guard: Guard<BookSeries, Json<SeriesAsk>>) -> Answer {
    let course = guard.input.0.clone().parse()?;
    let vault = guard.vault();
    let receipt = guard
        .create(move |tx| {
            let ask = course.ask(tx)?;
            let (course, proposals) = acts::book_course(tx, &vault, &ask)?;
            let location = format!("/api/v1/booking-series/{}", course.series.id);
            created(location, course.version, &SeriesView::booked(course, proposals))
        })
        .await?;
    made(&receipt)
}

/// List a client's courses
///
/// Therapists see those in which they treat, with their own sessions.
#[utoipa::path(tag = "bookings", params(SeriesQuery), responses((status = 200, body = SeriesListView),
    (status = 404, description = "not_found: no such client for whoever asks")))]
#[get("/booking-series")]
async fn list_series(guard: Guard<ListSeries, Query<SeriesQuery>>) -> Answer {
    let SeriesQuery { client_id, limit, cursor } = guard.input.0;
    let ask = page_ask(limit, cursor)?;
    let page = guard
        .read(move |view| {
            let actor = view.actor();
            clients::store::client(view, &actor, client_id)?;
            store::series_of_client(view, &actor, client_id, ask)
        })
        .await?;
    let items = page.items.into_iter().map(SeriesView::from).collect();
    shown(&SeriesListView { items, next_cursor: page.next_cursor })
}

/// See a course of sessions
///
/// Each session is a booking of its own, and is moved or called off as one. Whoever may see one of them may see the course, with those they may.
/// The version grows with every change of any of its sessions.
#[utoipa::path(tag = "bookings", responses((status = 200, body = SeriesView)))]
#[get("/booking-series/{id}")]
async fn see_series(guard: Guard<SeeSeries, At<BookingSeriesId>>) -> Answer {
    let At(id) = guard.input;
    let course = guard
        .read(move |view| {
            let actor = view.actor();
            store::series(view, &actor, id)
        })
        .await?;
    versioned(course.version, &SeriesView::from(course))
}
