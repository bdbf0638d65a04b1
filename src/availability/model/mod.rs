//! The rules of availability, pure: local time to instants, weekly hours to openings, openings and claims to slots.

pub mod evaluator;
pub mod hours;
pub mod local;
pub mod occupancy;
pub mod offer;
pub mod schedule;
mod spans;
pub mod time_off;
pub mod waiver;
