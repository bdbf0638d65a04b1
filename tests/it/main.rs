//! The integration tests, one binary: what a practice sees through the server's doors, on each store it can run on.
//!
//! `cluster` is the PostgreSQL server the tests run against, made for this run and gone after it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::panic,
    reason = "a test may fail loudly; clippy's allow-in-tests settings do not reach a test binary's helpers"
)]

mod accounts;
mod agenda;
mod app;
mod approval;
mod audit;
mod availability;
mod bookings;
mod calendar;
mod chosen;
mod clients;
mod cluster;
mod consents;
mod contract;
mod credentials;
mod doors;
mod form_links;
mod forms;
mod handover;
mod histories;
mod holds;
mod house;
mod imports;
mod intake;
mod journeys;
mod keys;
mod log;
mod notes;
mod operation;
mod places;
mod policies;
mod races;
mod readme;
mod recorded;
mod rooms;
mod rules;
mod schema;
mod series;
mod session_types;
mod slots;
mod store;
mod therapists;
mod vault;
mod waitlist;
mod zones;
