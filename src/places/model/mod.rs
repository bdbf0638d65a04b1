//! Practice, settings, locations, rooms and holidays as pure values.

mod currency;
mod holiday;
mod location;
mod practice;
mod room;
mod settings;
mod terms;

pub use currency::Currency;
pub use holiday::{Holiday, HolidayDraft};
pub use location::{Location, LocationDraft};
pub use practice::{Practice, PracticeDraft};
pub use room::{Room, RoomDraft, room_kind};
pub(crate) use settings::INCREMENTS;
pub use settings::{BookingApproval, ConsentTiming, IntakeTiming, Settings, SettingsDraft};
pub use terms::{ClientLimits, Terms};

use chrono_tz::Tz;

use crate::kernel::fields::Fields;

/// An IANA zone by its name.
fn zone(fields: &mut Fields, name: &str) -> Option<Tz> {
    fields.parsed("/zone", name.parse().ok(), "unknown_zone", "must be an IANA time zone such as Europe/Berlin")
}
