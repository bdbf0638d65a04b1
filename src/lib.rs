//! Stillpoint.
pub mod accounts;
pub mod availability;
pub mod credentials;
pub mod db;
pub mod http;
pub mod intake;
pub mod kernel;
pub mod places;
pub mod session_types;
pub mod therapists;
pub mod vault;
