//! Stillpoint.
pub mod availability;
pub mod db;
pub mod http;
pub mod intake;
pub mod kernel;
pub mod vault;
