//! Listing bookings.

use actix_web::get;
use chrono::Datelike;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::views::BookingView;
use crate::bookings::model::{BlockCode, BookingState, Source};
use crate::bookings::store::{self, Order, PageEnd, Wanted};
use crate::http::answer::shown;
use crate::http::extract::page_ask;
use crate::http::{Answer, Guard, Query};
use crate::kernel::ids::{ClientId, LocationId, SessionTypeId, TherapistId};
use crate::kernel::refusal::{Refusal, Violation};
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;
use crate::policies;

policies! {
    /// Listing bookings.
    ListBookings = "bookings.list": [Client, Therapist, FrontDesk, Admin];
}

pub(super) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_bookings);
}

/// Which bookings.
#[derive(Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BookingsQuery {
    /// On whose calendar.
    therapist_id: Option<TherapistId>,
    /// Whose sessions.
    client_id: Option<ClientId>,
    /// Where they are held.
    location_id: Option<LocationId>,
    /// Of what kind.
    session_type_id: Option<SessionTypeId>,
    /// Where they stand; several with commas between them, such as `pending,confirmed`.
    state: Option<String>,
    /// Whether something keeps them from going ahead: `true`, `false`, or the code of a block, such as `intake`.
    blocked: Option<String>,
    /// How they came to be.
    #[param(inline)]
    source: Option<Source>,
    /// Starting then or later.
    from: Option<Timestamp>,
    /// Starting earlier than that.
    to: Option<Timestamp>,
    /// Changed then or later.
    updated_since: Option<Timestamp>,
    /// As they were made, if not said; by their start with `starts_at`.
    order: Option<String>,
    /// How many at the most: 1 to 200, 50 if not said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Where the page before ended.
    cursor: Option<String>,
}

impl BookingsQuery {
    fn wanted(&self) -> Result<Wanted, Refusal> {
        let (blocked, block) = blocked(self.blocked.as_deref())?;
        Ok(Wanted {
            therapist: self.therapist_id,
            client: self.client_id,
            location: self.location_id,
            session_type: self.session_type_id,
            states: states(self.state.as_deref())?,
            blocked,
            block,
            source: self.source,
            from: self.from,
            to: self.to,
            updated_since: self.updated_since,
            order: order(self.order.as_deref())?,
            after: self.cursor.as_deref().map(place).transpose()?,
        })
    }
}

fn fault(name: &str, code: &'static str, message: &str) -> Refusal {
    Refusal::Fields(vec![Violation::at(name, code, message)])
}

fn states(words: Option<&str>) -> Result<Vec<BookingState>, Refusal> {
    let unknown = || fault("state", "unknown_value", "expected states of bookings with commas between them");
    let words = words.into_iter().flat_map(|words| words.split(','));
    words.map(|word| BookingState::parse(word).ok_or_else(unknown)).collect()
}

fn blocked(word: Option<&str>) -> Result<(Option<bool>, Option<BlockCode>), Refusal> {
    Ok(match word {
        None => (None, None),
        Some("true") => (Some(true), None),
        Some("false") => (Some(false), None),
        Some(code) => {
            let unknown = || fault("blocked", "unknown_value", "expected true, false or the code of a block");
            (None, Some(BlockCode::parse(code).ok_or_else(unknown)?))
        }
    })
}

fn order(word: Option<&str>) -> Result<Order, Refusal> {
    match word {
        None => Ok(Order::Made),
        Some("starts_at") => Ok(Order::Start),
        Some(_) => Err(fault("order", "unknown_value", "expected starts_at, or nothing")),
    }
}

/// A cursor holds both what a list may be ordered by, so that a booking that was moved since does not move the page.
fn place(cursor: &str) -> Result<PageEnd, Refusal> {
    let read = || {
        let (start, id) = cursor.split_once('.')?;
        let start = Timestamp::from_unix_micros(start.parse().ok()?)?;
        // Further than any calendar goes, one of the stores would fault.
        let known = (1900..=9999).contains(&start.utc().year());
        Some(PageEnd { start: known.then_some(start)?, id: id.parse().ok()? })
    };
    read().ok_or_else(|| fault("cursor", "invalid", "expected the cursor of a page before"))
}

/// A page of bookings.
#[derive(Serialize, ToSchema)]
struct BookingsView {
    items: Vec<BookingView>,
    next_cursor: Option<String>,
}

/// List bookings
///
/// Clients see their own and their wards', therapists those of their calendar, the desk all.
#[utoipa::path(tag = "bookings", params(BookingsQuery), responses((status = 200, body = BookingsView)))]
#[get("/bookings")]
async fn list_bookings(guard: Guard<ListBookings, Query<BookingsQuery>>) -> Answer {
    let Query(query) = &guard.input;
    let (ask, wanted) = (page_ask(query.limit, None)?, query.wanted()?);
    let page = guard
        .read(move |view| {
            let actor = view.actor();
            store::list(view, &actor, &wanted, ask)
        })
        .await?;
    let last = page.items.last().map(|booking| (booking.placement.session.start(), booking.id));
    let next_cursor = last.filter(|_| page.next_cursor.is_some());
    shown(&BookingsView {
        next_cursor: next_cursor.map(|(start, id)| format!("{}.{id}", start.unix_micros())),
        items: page.items.into_iter().map(BookingView::from).collect(),
    })
}
