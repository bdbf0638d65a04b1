//! What awaits somebody, gathered from the stores of earlier slices. This one has no tables.

mod day;
mod tasks;

pub(super) use day::day;
pub(super) use tasks::tasks;
