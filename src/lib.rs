pub mod intake;
pub mod kernel;
