//! The rules of availability, pure: local time to instants, weekly hours to openings, openings and claims to slots.

pub mod evaluator;
pub mod explain;
pub mod hours;
pub mod limits;
pub mod listing;
pub mod local;
pub mod occupancy;
pub mod offer;
pub mod offering;
pub mod openings;
pub mod overrides;
pub mod schedule;
mod spans;
pub mod standing;
pub mod time_off;
pub mod waiver;
pub mod yearly;
