//! What the practice and a client agree on when a session is booked.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::kernel::fields::Fields;

/// The terms of a booking. Each keeps those it was booked under; what the practice sets later binds later bookings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// Hours before the start from which on a cancellation at the client's wish is late.
    pub cancellation_window_hours: i32,
    /// Hours before the start from which on a client may no longer move the session.
    pub reschedule_window_hours: i32,
    /// What a late cancellation costs, as a share of the price; `None` where a client cannot cancel late.
    pub late_cancel_fee_percent: Option<i32>,
    /// What not coming costs, as a share of the price.
    pub no_show_fee_percent: i32,
    /// Hours in which staff answer a request that waits for them; `None` where it waits until its session was to begin.
    pub approval_hours: Option<i32>,
}

impl Default for Terms {
    /// What a practice begins with: nobody is charged who was not told so.
    fn default() -> Self {
        Self {
            cancellation_window_hours: 24,
            reschedule_window_hours: 24,
            late_cancel_fee_percent: None,
            no_show_fee_percent: 0,
            approval_hours: None,
        }
    }
}

impl Terms {
    /// How long before the start a cancellation is last in time.
    #[must_use]
    pub fn cancellation_window(&self) -> TimeDelta {
        TimeDelta::hours(self.cancellation_window_hours.into())
    }

    /// How long before the start a client may last move the session.
    #[must_use]
    pub fn reschedule_window(&self) -> TimeDelta {
        TimeDelta::hours(self.reschedule_window_hours.into())
    }

    /// How long a request waits at the most.
    #[must_use]
    pub fn patience(&self) -> Option<TimeDelta> {
        self.approval_hours.map(|hours| TimeDelta::hours(hours.into()))
    }

    pub(super) fn check(&self, fields: &mut Fields) {
        fields.within("/cancellation_window_hours", self.cancellation_window_hours, 0..=336);
        fields.within("/reschedule_window_hours", self.reschedule_window_hours, 0..=336);
        if let Some(percent) = self.late_cancel_fee_percent {
            fields.within("/late_cancel_fee_percent", percent, 0..=100);
        }
        fields.within("/no_show_fee_percent", self.no_show_fee_percent, 0..=100);
        // Else nobody would pay: what can no longer be called off freely would be moved first, and called off then.
        let is_closed = self.late_cancel_fee_percent.is_none_or(|percent| percent == 0)
            || self.reschedule_window_hours >= self.cancellation_window_hours;
        let message = "must not be shorter than the window of cancellation where cancelling late has its price";
        fields.require(is_closed, "/reschedule_window_hours", "shorter_than_cancellation", message);
        if let Some(hours) = self.approval_hours {
            fields.within("/approval_hours", hours, 1..=336);
        }
    }
}

/// How much one client may have booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientLimits {
    /// The most sessions that are yet to take place; any number if absent.
    pub max_open_bookings_per_client: Option<i32>,
    /// The most sessions in one week, Monday to Sunday where they are held; any number if absent.
    pub max_bookings_per_client_per_week: Option<i32>,
}

impl ClientLimits {
    pub(super) fn check(&self, fields: &mut Fields) {
        let limits = [
            ("/max_open_bookings_per_client", self.max_open_bookings_per_client),
            ("/max_bookings_per_client_per_week", self.max_bookings_per_client_per_week),
        ];
        for (pointer, limit) in limits {
            if let Some(limit) = limit {
                fields.within(pointer, limit, 1..=100);
            }
        }
    }
}
