//! Practice, settings and locations as pure values.

mod currency;
mod location;
mod practice;
mod settings;
mod terms;

pub use currency::Currency;
pub use location::{Location, LocationDraft};
pub use practice::{Practice, PracticeDraft};
pub(crate) use settings::INCREMENTS;
pub use settings::{BookingApproval, IntakeTiming, Settings, SettingsDraft};
pub use terms::{ClientLimits, Terms};

use chrono_tz::Tz;

use crate::kernel::fields::Fields;

/// An IANA zone by its name.
fn zone(fields: &mut Fields, name: &str) -> Option<Tz> {
    fields.parsed("/zone", name.parse().ok(), "unknown_zone", "must be an IANA time zone such as Europe/Berlin")
}
