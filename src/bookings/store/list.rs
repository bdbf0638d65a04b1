//! Bookings by what a front desk asks for.

use chrono::{Datelike, IsoWeek, NaiveDate, TimeDelta};
use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

use super::{BookingRow, treated_by, with_blocks};
use crate::bookings::model::{BlockCode, Booked, Booking, BookingState, Source};
use crate::clients::store::wards;
use crate::db::schema::{booking_blocks, bookings};
use crate::db::{Fault, Stop, View};
use crate::kernel::actor::Actor;
use crate::kernel::ids::{BookingId, ClientId, LocationId, SessionTypeId, TherapistId};
use crate::kernel::page::{Page, PageAsk};
use crate::kernel::text_enum::TextEnum;
use crate::kernel::time::Timestamp;

/// No two sessions of one week begin further apart.
const WEEK: TimeDelta = TimeDelta::days(8);

/// In which order bookings are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::bookings) enum Order {
    /// As they were made.
    #[default]
    Made,
    /// As their sessions begin.
    Start,
}

/// Where a page of bookings ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::bookings) struct PageEnd {
    /// When the last booking's session was to begin as it was listed; it may have been moved since.
    pub start: Timestamp,
    /// Which it was.
    pub id: Uuid,
}

/// Which bookings are asked for.
#[derive(Clone, Debug, Default)]
pub(in crate::bookings) struct Wanted {
    /// On whose calendar.
    pub therapist: Option<TherapistId>,
    /// Whose sessions.
    pub client: Option<ClientId>,
    /// Where they are held.
    pub location: Option<LocationId>,
    /// Of what kind.
    pub session_type: Option<SessionTypeId>,
    /// Where they stand: in one of these states; in any, if there are none.
    pub states: Vec<BookingState>,
    /// Whether something keeps them from going ahead.
    pub blocked: Option<bool>,
    /// What keeps them from going ahead.
    pub block: Option<BlockCode>,
    /// How they came to be.
    pub source: Option<Source>,
    /// Starting then or later.
    pub from: Option<Timestamp>,
    /// Starting earlier than that.
    pub to: Option<Timestamp>,
    /// Changed then or later.
    pub updated_since: Option<Timestamp>,
    /// In which order.
    pub order: Order,
    /// After which; the page's own `after` is not looked at.
    pub after: Option<PageEnd>,
}

type Query<'a> = bookings::BoxedQuery<'a, crate::db::MultiBackend>;

/// The bookings an actor may know of: all for the desk; for others their own, their wards' and those of their own calendar.
pub(in crate::bookings) fn list(
    view: &mut View<'_>,
    actor: &Actor,
    wanted: &Wanted,
    ask: PageAsk,
) -> Result<Page<Booking>, Stop> {
    let mut query = bookings::table.limit(ask.limit + 1).into_boxed();
    if !actor.is_desk() {
        let mut own = wards(view, actor)?;
        own.extend(actor.client());
        query = match actor.therapist() {
            Some(id) => query.filter(bookings::client_id.eq_any(own).or(treated_by(id))),
            None => query.filter(bookings::client_id.eq_any(own)),
        };
    }
    let rows: Vec<BookingRow> = view.load(ordered(narrowed(query, wanted), wanted))?;
    let page = Page::cut(rows, ask, |row| row.id.0);
    Ok(Page { items: with_blocks(view, page.items)?, next_cursor: page.next_cursor })
}

fn narrowed<'a>(mut query: Query<'a>, wanted: &Wanted) -> Query<'a> {
    if let Some(therapist) = wanted.therapist {
        query = query.filter(treated_by(therapist));
    }
    if let Some(client) = wanted.client {
        query = query.filter(bookings::client_id.eq(client));
    }
    if let Some(location) = wanted.location {
        query = query.filter(bookings::location_id.eq(location));
    }
    if let Some(session_type) = wanted.session_type {
        query = query.filter(bookings::session_type_id.eq(session_type));
    }
    if !wanted.states.is_empty() {
        query = query.filter(bookings::state.eq_any(wanted.states.clone()));
    }
    if let Some(source) = wanted.source {
        query = query.filter(bookings::source.eq(source));
    }
    if let Some(from) = wanted.from {
        query = query.filter(bookings::starts_at.ge(from));
    }
    if let Some(to) = wanted.to {
        query = query.filter(bookings::starts_at.lt(to));
    }
    if let Some(since) = wanted.updated_since {
        query = query.filter(bookings::updated_at.ge(since));
    }
    let own = || booking_blocks::table.filter(booking_blocks::booking_id.eq(bookings::id));
    if let Some(code) = wanted.block {
        query = query.filter(exists(own().filter(booking_blocks::code.eq(code))));
    }
    match wanted.blocked {
        Some(true) => query.filter(exists(own())),
        Some(false) => query.filter(diesel::dsl::not(exists(own()))),
        None => query,
    }
}

fn ordered<'a>(query: Query<'a>, wanted: &Wanted) -> Query<'a> {
    let after = wanted.after.map(|place| (place.start, BookingId(place.id)));
    match (wanted.order, after) {
        (Order::Made, None) => query.order(bookings::id),
        (Order::Made, Some((_, id))) => query.order(bookings::id).filter(bookings::id.gt(id)),
        (Order::Start, None) => query.order((bookings::starts_at, bookings::id)),
        (Order::Start, Some((start, id))) => {
            let later = bookings::starts_at.eq(start).and(bookings::id.gt(id)).or(bookings::starts_at.gt(start));
            query.order((bookings::starts_at, bookings::id)).filter(later)
        }
    }
}

/// What a client has booked of late and from now on, as far as limits go by it. A session belongs to the week of its own place.
pub(in crate::bookings) struct Diary {
    /// Whether it is yet to take place, and its week.
    sessions: Vec<(bool, IsoWeek)>,
}

impl Diary {
    /// Loads it, for the program's own decisions.
    pub(in crate::bookings) fn of(view: &mut View<'_>, client: ClientId) -> Result<Self, Stop> {
        let now = view.now();
        let stands: Vec<_> = BookingState::ALL.iter().copied().filter(|state| state.claims_time()).collect();
        let rows: Vec<(BookingState, Timestamp, Timestamp, String)> = view.load(
            bookings::table
                .filter(bookings::client_id.eq(client))
                .filter(bookings::state.eq_any(stands))
                .filter(bookings::ends_at.gt(now.minus(WEEK)))
                .select((bookings::state, bookings::starts_at, bookings::ends_at, bookings::zone)),
        )?;
        let read = |(state, start, end, zone): (BookingState, Timestamp, Timestamp, String)| {
            let zone: chrono_tz::Tz = zone.parse().map_err(|_| Fault::Corrupt("a zone that is none"))?;
            Ok((state.is_open() && end > now, start.date_in(zone).iso_week()))
        };
        Ok(Self { sessions: rows.into_iter().map(read).collect::<Result<_, Fault>>()? })
    }

    /// How much is booked already, for a further session on a date. One that is `moved` there is none more, and in its own week no further one.
    pub(in crate::bookings) fn booked(&self, date: NaiveDate, moved: Option<&Booking>) -> Booked {
        let week = date.iso_week();
        let stays = moved.is_some_and(|moved| moved.placement.date().iso_week() == week);
        Booked {
            open: self.sessions.iter().filter(|(open, _)| moved.is_none() && *open).count(),
            in_week: self.sessions.iter().filter(|(_, other)| !stays && *other == week).count(),
        }
    }
}
