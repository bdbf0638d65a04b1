pub mod bookings;
pub mod clients;
pub mod kernel;
pub mod notes;
