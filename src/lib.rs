//! Stillpoint.
pub mod accounts;
pub mod app;
pub mod audit;
pub mod availability;
pub mod bookings;
pub mod clients;
pub mod credentials;
pub mod db;
pub mod http;
pub mod intake;
pub mod kernel;
pub mod notes;
pub mod places;
pub mod session_types;
pub mod therapists;
pub mod vault;
