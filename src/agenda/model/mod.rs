//! Days and tasks as values.

mod day;
mod task;

pub use day::{ClientSheet, Day, DaySheet, Sitting};
pub use task::{Task, TaskKey, TaskKind, page};
