//! What the clock of the practice can have shown, and when.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Moment, NEVER, Window};

/// The clock of the practice, told by the moments of the run.
#[derive(Clone, Debug)]
pub enum Clock {
    /// It stands, and is turned: between when and when, to what.
    Turned { begins: DateTime<Utc>, turns: Vec<(Window, DateTime<Utc>)> },
    /// It runs, from what it showed at the beginning.
    Running { began: DateTime<Utc> },
}

impl Clock {
    /// The least it can show at a moment.
    pub fn earliest(&self, at: Moment) -> DateTime<Utc> {
        match self {
            Self::Turned { begins, turns } => {
                turns.iter().filter(|(window, _)| window.latest <= at).map(|(_, to)| *to).max().unwrap_or(*begins)
            }
            Self::Running { began } => *began + delta(at) - LEEWAY,
        }
    }

    /// The most it can show at a moment.
    pub fn latest(&self, at: Moment) -> DateTime<Utc> {
        match self {
            Self::Turned { begins, turns } => {
                turns.iter().filter(|(window, _)| window.earliest <= at).map(|(_, to)| *to).max().unwrap_or(*begins)
            }
            Self::Running { began } => *began + delta(at) + LEEWAY,
        }
    }
}

impl Clock {
    /// When it comes to show an instant.
    pub fn reaches(&self, at: DateTime<Utc>) -> Window {
        match self {
            Self::Turned { begins, turns } => {
                let to =
                    turns.iter().filter(|(_, to)| *to >= at).map(|(window, _)| *window).min_by_key(|one| one.earliest);
                let never = Window { earliest: NEVER, latest: NEVER };
                if *begins >= at {
                    Window { earliest: Moment::ZERO, latest: Moment::ZERO }
                } else {
                    to.unwrap_or(never)
                }
            }
            Self::Running { began } => {
                let until = |delta: TimeDelta| delta.to_std().unwrap_or_default();
                Window { earliest: until(at - *began - LEEWAY), latest: until(at - *began + LEEWAY) }
            }
        }
    }
}

/// How far the machine's two clocks may part in a run.
const LEEWAY: TimeDelta = TimeDelta::seconds(2);

fn delta(at: Moment) -> TimeDelta {
    // Never is a hundred years.
    TimeDelta::from_std(at.min(Duration::from_secs(100 * 366 * 86_400))).unwrap()
}
