//! Who works when and what is taken, as rows.
//!
//! Claims and each kind of rule have a file of their own, and [`calendars`] lays all of it before the evaluator.

mod calendars;
mod claims;
mod hours;
mod overrides;
mod sight;
mod standing;
mod terms;
mod time_off;

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use crate::db::Fault;
use crate::kernel::time::{Span, Timestamp};

pub use calendars::{calendars, for_client, offer, offer_of, rooms_for};
pub use claims::{holders, occupy, release};
pub(super) use hours::iso;
pub use hours::{week, workplaces};
pub(super) use overrides::{Dates, one_override, overrides};
pub(super) use sight::kept_by;
pub(super) use standing::{outside, standing, too_many};
pub(super) use terms::{day_limits, offerings};
pub use terms::{limits_of, offering};
pub(super) use time_off::{one_time_off, times_off};

/// However a place's clock differs from that of UTC, and whatever opens on a neighbouring day, these are all the dates that matter.
const SURROUNDINGS: TimeDelta = TimeDelta::days(4);

fn span(start: Timestamp, end: Timestamp) -> Result<Span, Fault> {
    Span::new(start, end).ok_or(Fault::Corrupt("a span that ends before it starts"))
}

fn zone(name: &str) -> Result<Tz, Fault> {
    name.parse().map_err(|_| Fault::Corrupt("a zone that is none"))
}

/// The first and the last local date that any place may show around a window.
fn dates_around(window: Span) -> (NaiveDate, NaiveDate) {
    let around = window.padded(SURROUNDINGS, SURROUNDINGS);
    (around.start().date_in(Tz::UTC), around.end().date_in(Tz::UTC))
}
