//! Stillpoint.
pub mod db;
pub mod kernel;
pub mod vault;
