pub mod availability;
pub mod kernel;
